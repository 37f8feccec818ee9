"""STL, binary and ASCII: read without trust, write binary.

The format: 80 bytes of header, a little-endian uint32 count, then per triangle a normal,
three corners (12 float32) and two spare bytes. It has no unit; we take millimetres.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from ..files import written_at_once
from ..problems import N_
from .formats.raw import Damaged, require_at_most
from .formats.text import Lines, blocks
from .model import CHUNK, Mesh
from .refused import MeshRefused

HEADER_BYTES, COUNT_BYTES = 80, 4
START_BYTES = HEADER_BYTES + COUNT_BYTES
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
HEADER = b"Binary STL in millimetres by OctoPrint-Img2STL"  # must not begin with "solid"


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


def _read_ascii(file: BinaryIO, name: str, max_triangles: int) -> np.ndarray:
    found: list[np.ndarray] = []
    loops = 0
    corners = 0  # of the loop that the last block left open
    try:
        for block in blocks(file):
            lines = Lines(block)
            word = lines.characters(4).astype(np.uint32) @ _PLACES
            known = np.isin(word, _KNOWN) | (word & 0xFF == ord("#"))
            vertex, end = word == _word(b"vert"), lines.characters(4 + 3)
            end = (word == _word(b"endl")) & (end[:, 4:] == tuple(b"oop")).all(axis=1)
            # All that matters: three corners before each end of a loop.
            steps = np.concatenate((np.ones(corners, bool), vertex[vertex | end]))
            whole = steps[: len(steps) // 4 * 4].reshape(-1, 4)
            good = (whole == (True, True, True, False)).all(axis=1)
            corners = len(steps) - whole.size
            if not (known.all() and good.all() and steps[whole.size :].all()):
                broken = np.flatnonzero(~known)
                limit = int(broken[0]) if len(broken) else len(lines)
                before = int(np.count_nonzero(end[:limit]))
                loops += before if good.all() else min(before, int(np.argmin(good)))
                raise Damaged("not as STL goes")
            if vertex.any():
                numbers, words = lines.numbers(vertex, skip=len(b"vertex"))
                if (words != 3).any():
                    raise Damaged("a corner without three coordinates")
                with np.errstate(over="ignore"):  # not finite is refused by the caller
                    found.append(numbers.astype(np.float32))
            loops += len(whole)
            require_at_most(loops, name, max_triangles)
        if corners:
            raise Damaged("ends within a triangle")
    except Damaged:
        raise MeshRefused(
            "mesh.unreadable",
            N_(
                "%(name)s begins like a text STL file, but it is damaged after triangle "
                "%(triangle)s; export it again, best as binary STL."
            ),
            name=name,
            triangle=loops,
        ) from None
    if not found:
        return np.empty((0, 3, 3), dtype=np.float32)
    return np.concatenate(found).reshape(-1, 3, 3)


_PLACES = np.array([1, 2**8, 2**16, 2**24], dtype=np.uint32)


def _word(start: bytes) -> int:
    return int.from_bytes(start, "little")


# How the lines of a text file may begin; the colours are an extension.
_KNOWN = np.array(
    [
        _word(start)
        for start in (
            *(b"soli", b"face", b"oute", b"vert", b"endl", b"endf", b"ends"),
            *(b"end ", b"end\r", b"end\n", b"end\t", b"colo"),
        )
    ],
    dtype=np.uint32,
)


def write_stl(mesh: Mesh, path: str | os.PathLike[str]) -> None:
    """Write binary STL; a reader sees all of the file or nothing of it.

    Raises:
        OSError: the folder is missing or the disk full; no half-written file stays.
    """
    with written_at_once(path) as file:
        write_stl_into(file, [mesh])


def write_stl_into(file: BinaryIO, meshes: Sequence[Mesh]) -> None:
    """Binary STL of all of them as one."""
    file.write(HEADER.ljust(HEADER_BYTES, b"\0"))
    file.write(struct.pack("<I", sum(len(mesh.faces) for mesh in meshes)))
    for mesh in meshes:
        for _, corners in mesh.corner_chunks():
            records = np.zeros(len(corners), dtype=TRIANGLE)
            normals = np.cross(
                corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
            )
            lengths = np.linalg.norm(normals, axis=1, keepdims=True)
            np.divide(normals, lengths, out=normals, where=lengths > 0)
            records["normal"], records["corners"] = normals, corners
            file.write(records.tobytes())
