"""A finished mesh as files: kept once, written in other formats when they are asked for."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np

from octoprint_img2stl.mesh.formats.write import write
from octoprint_img2stl.mesh.model import Mesh

# Tencent's models lie in a cube from -1 to 1; its clients expect things of that size.
OLD_SIZE = 2.0
TO_MM = 1000.0


def pack(mesh: Mesh) -> bytes:
    """The mesh as bytes, for `unpack`."""
    buffer = io.BytesIO()
    np.savez(buffer, vertices=mesh.vertices, faces=mesh.faces)
    return buffer.getvalue()


def unpack(raw: bytes | Path) -> Mesh:
    """Raises ValueError or OSError for what is none."""
    with np.load(io.BytesIO(raw) if isinstance(raw, bytes) else raw) as data:
        return Mesh(data["vertices"], data["faces"])


def write_result(mesh: Mesh, path: Path, format: str, *, api: int) -> None:
    """Write it whole or not at all.

    STL and 3MF are in millimetres with z up, GLB in metres and OBJ with y up, as their
    readers expect. For clients of Tencent's server GLB and OBJ are two units large.

    Args:
        path: its name is not that of another format's.
        api: 0 for clients of Tencent's server.
    """
    vertices = mesh.vertices
    if format in ("glb", "obj", "ply") and not api:
        longest = float(np.ptp(vertices, axis=0).max())
        scale = OLD_SIZE / longest * (TO_MM if format == "glb" else 1.0)
        middle = np.array([0, 0, float(vertices[:, 2].max()) / 2], np.float32)
        vertices = (vertices - middle) * np.float32(scale)
    if format == "obj":
        x, y, z = vertices.T
        vertices = np.stack((x, z, -y), axis=1)
    write(Mesh(vertices.astype(np.float32), mesh.faces), path, format, name="solid")


def write_at_once(path: Path, raw: bytes) -> None:
    """A file that is there as a whole or not at all, also after a power cut."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
