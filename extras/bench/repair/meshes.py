"""Triangles as every tool gets them: corners in float32, the longest side 100 mm."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("flags", "<u2")])
LONGEST_MM = 100.0


class Unreadable(ValueError):
    """The file holds no triangles; the message says what trimesh says of it."""


def from_file(path: Path) -> np.ndarray:
    """(n, 3, 3) float32 corners of any file that trimesh reads, its parts placed.

    Files of unknown or very different units are compared at one size: the longest side of
    the box becomes 100 mm, by one factor for all three axes and without a shift, so that
    corners in one place stay in one place.

    Raises:
        Unreadable: no triangles, or not all of them finite.
    """
    import trimesh

    try:
        mesh = trimesh.load(path, process=False, force="mesh", skip_materials=True)
        corners = np.asarray(mesh.vertices, dtype=np.float64)[np.asarray(mesh.faces)]
    except Exception as problem:
        raise Unreadable(f"{type(problem).__name__}: {problem}") from problem
    if not len(corners) or not np.isfinite(corners).all():
        raise Unreadable("no triangles" if not len(corners) else "not all finite")
    points = corners.reshape(-1, 3)
    side = float((points.max(axis=0) - points.min(axis=0)).max())
    if side <= 0:
        raise Unreadable("all in one point")
    return (corners * (LONGEST_MM / side)).astype(np.float32)


def read_stl(path: Path) -> np.ndarray:
    """(n, 3, 3) float32 corners of a binary or ASCII STL; empty if it holds none."""
    data = Path(path).read_bytes()
    count = int.from_bytes(data[80:84], "little")
    if len(data) >= 84 and len(data) == 84 + 50 * count:
        return np.frombuffer(data, FACET, count, 84)["corners"].copy()
    words = [line.split()[1:4] for line in data.split(b"\n") if b"vertex" in line]
    return np.array(words, dtype=np.float32).reshape(-1, 3, 3)


def write_stl(path: Path, corners: np.ndarray) -> None:
    """Write a binary STL.

    With normals: ADMesh and PrusaSlicer take a small file of round coordinates for ASCII
    when no byte of its first facets is above 127.
    """
    facets = np.zeros(len(corners), FACET)
    facets["corners"] = corners
    a, b, c = corners.astype(float).transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    size = np.linalg.norm(normals, axis=1, keepdims=True)
    facets["normal"] = np.divide(
        normals, size, out=np.zeros_like(normals), where=size > 0
    )
    with open(path, "wb") as file:
        file.write(b"bench".ljust(80) + len(facets).to_bytes(4, "little"))
        facets.tofile(file)


def weld(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(v, 3) different points and (n, 3) which of them each corner is.

    Only equal float32 values are one point; -0 and 0 are equal.
    """
    points = np.ascontiguousarray(corners.reshape(-1, 3) + np.float32(0))
    keys = points.view(np.dtype((np.void, 12))).ravel()
    _, first, faces = np.unique(keys, return_index=True, return_inverse=True)
    return points[first], faces.reshape(-1, 3)
