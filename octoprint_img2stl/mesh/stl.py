"""STL, binary and ASCII: read without trust, write binary.

The format: 80 bytes of header, a little-endian uint32 count, then per triangle a normal,
three corners (12 float32) and two spare bytes. It has no unit; we take millimetres.
"""

from __future__ import annotations

import os
import struct
from array import array
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..problems import N_
from .model import CHUNK, Mesh
from .refused import MeshRefused

HEADER_BYTES, COUNT_BYTES = 80, 4
START_BYTES = HEADER_BYTES + COUNT_BYTES
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
HEADER = b"Binary STL in millimetres by OctoPrint-Img2STL"  # must not begin with "solid"
ASCII_LINE_BYTES = 1000  # the longest line of an ASCII file that anybody means


def read_stl(file: BinaryIO, name: str, max_triangles: int) -> np.ndarray:
    """Corners, (F, 3, 3) float32, as they stand in the file (perhaps not finite).

    Args:
        file: open, at its beginning, seekable.
        name: how the file is called in sentences.
        max_triangles: more are refused.

    Raises:
        MeshRefused: `mesh.truncated`, `mesh.unreadable`, `mesh.too_big`.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(START_BYTES)
    count = int.from_bytes(start[HEADER_BYTES:], "little")
    room = max(0, size - START_BYTES) // TRIANGLE.itemsize
    # Many programs begin binary files with "solid" too: a size that fits decides.
    exact = size == START_BYTES + count * TRIANGLE.itemsize
    if not exact and start.lstrip()[:5].lower() == b"solid":
        file.seek(0)
        return _read_ascii(file, name, max_triangles)
    if size < START_BYTES or count > room:
        raise MeshRefused(
            "mesh.truncated",
            N_(
                "%(name)s is cut short or is no STL file: it announces %(announced)s "
                "triangles and has room for %(room)s; export or copy it again."
            ),
            name=name,
            announced=count,
            room=room,
        )
    require_at_most(count, name, max_triangles)
    corners = np.empty((count, 3, 3), dtype=np.float32)
    for first in range(0, count, CHUNK):
        part = np.fromfile(file, dtype=TRIANGLE, count=min(CHUNK, count - first))
        corners[first : first + len(part)] = part["corners"]
    return corners


def require_at_most(count: int, name: str, max_triangles: int) -> None:
    """Raises `MeshRefused` (`mesh.too_big`) for more triangles than can be handled."""
    if count > max_triangles:
        raise MeshRefused(
            "mesh.too_big",
            N_(
                "%(name)s has %(count)s triangles, more than the %(most)s that can be "
                "handled; simplify it in a modelling program first."
            ),
            name=name,
            count=count,
            most=max_triangles,
        )


def _read_ascii(file: BinaryIO, name: str, max_triangles: int) -> np.ndarray:
    numbers = array("f")
    loops = 0
    try:
        while line := file.readline(ASCII_LINE_BYTES):
            words = line.split()
            if not words:
                continue
            word = words[0].lower()
            if word == b"vertex":
                x, y, z = words[1:]
                numbers.extend((float(x), float(y), float(z)))
            elif word == b"endloop":
                loops += 1
                if len(numbers) != 9 * loops:
                    raise ValueError("a loop that is no triangle")
                require_at_most(loops, name, max_triangles)
            elif word not in _ASCII_WORDS and not word.startswith(_ASCII_ENDS):
                raise ValueError("a line that is no STL")
        if len(numbers) != 9 * loops:
            raise ValueError("ends within a triangle")
    except (ValueError, OverflowError):
        raise MeshRefused(
            "mesh.unreadable",
            N_(
                "%(name)s begins like a text STL file, but it is damaged after triangle "
                "%(triangle)s; export it again, best as binary STL."
            ),
            name=name,
            triangle=loops,
        ) from None
    return np.frombuffer(numbers, dtype=np.float32).reshape(-1, 3, 3)


_ASCII_WORDS = frozenset({b"solid", b"facet", b"outer", b"endfacet", b"endsolid", b"end"})
_ASCII_ENDS = (b"#", b"color", b"colour")


def write_stl(mesh: Mesh, path: str | os.PathLike[str]) -> None:
    """Write binary STL; a reader sees all of the file or nothing of it.

    Raises:
        OSError: the folder is missing or the disk full; no half-written file stays.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(HEADER.ljust(HEADER_BYTES, b"\0"))
            file.write(struct.pack("<I", len(mesh.faces)))
            for _, corners in mesh.corner_chunks():
                records = np.zeros(len(corners), dtype=TRIANGLE)
                normals = np.cross(
                    corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
                )
                lengths = np.linalg.norm(normals, axis=1, keepdims=True)
                np.divide(normals, lengths, out=normals, where=lengths > 0)
                records["normal"], records["corners"] = normals, corners
                records.tofile(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
