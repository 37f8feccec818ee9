"""Meshes for the tests, made from nothing."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from octoprint_img2stl.mesh.model import Mesh, weld

BOX_FACES = np.array(
    [
        (0, 2, 1), (0, 3, 2), (4, 5, 6), (4, 6, 7), (0, 1, 5), (0, 5, 4),
        (1, 2, 6), (1, 6, 5), (2, 3, 7), (2, 7, 6), (3, 0, 4), (3, 4, 7),
    ]
)  # fmt: skip


def box_corners(size=(10, 10, 10), at=(0, 0, 0)) -> np.ndarray:
    """(12, 3, 3) float32 of a box with its low corner at `at`."""
    unit = np.array(
        [
            (0, 0, 0),
            (1, 0, 0),
            (1, 1, 0),
            (0, 1, 0),
            (0, 0, 1),
            (1, 0, 1),
            (1, 1, 1),
            (0, 1, 1),
        ]
    )
    return (unit * size + np.array(at)).astype(np.float32)[BOX_FACES]


def box(size=(10, 10, 10), at=(0, 0, 0)) -> Mesh:
    return weld(box_corners(size, at))


def several(*corners: np.ndarray) -> Mesh:
    return weld(np.concatenate(corners))


def relief(columns: int, rows: int, pitch: float, base=1.0, height=2.0, seed=1) -> Mesh:
    """A closed plate with a rough top: columns x rows nodes, `pitch` mm apart."""
    z = base + height * np.random.default_rng(seed).random((rows, columns))
    y, x = np.mgrid[:rows, :columns] * pitch
    top = np.stack((x, y, z), axis=2)
    bottom = np.stack((x, y, np.zeros_like(z)), axis=2)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    up = np.concatenate([np.stack(f, -1).reshape(-1, 3) for f in ((a, b, c), (a, c, d))])
    rim = np.concatenate(
        (index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0])
    )
    after = np.roll(rim, -1)
    low = rows * columns
    walls = np.concatenate(
        (
            np.stack((rim + low, after + low, after), 1),
            np.stack((rim + low, after, rim), 1),
        )
    )
    faces = np.concatenate((up, up[:, ::-1] + low, walls))
    points = np.concatenate((top, bottom)).reshape(-1, 3).astype(np.float32)
    return weld(points[faces])


def standing(mesh: Mesh) -> Mesh:
    """Turned up by 90 degrees about x: what lay on top faces -y."""
    x, y, z = mesh.vertices.T
    return weld(np.stack((x, -z, y), axis=1)[mesh.faces])


def stl_bytes(
    corners: np.ndarray, header: bytes = b"test", count: int | None = None
) -> bytes:
    data = header.ljust(80, b"\0") + struct.pack(
        "<I", len(corners) if count is None else count
    )
    for triangle in np.asarray(corners, dtype="<f4"):
        data += bytes(12) + triangle.tobytes() + b"\0\0"
    return data


def ascii_stl(corners: np.ndarray) -> str:
    lines = ["solid thing"]
    for triangle in corners:
        lines += ["facet normal 0 0 0", "  outer loop"]
        lines += [f"    vertex {x:.6e} {y:.6e} {z:.6e}" for x, y, z in triangle]
        lines += ["  endloop", "endfacet"]
    return "\n".join([*lines, "endsolid thing"]) + "\n"


def save(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
