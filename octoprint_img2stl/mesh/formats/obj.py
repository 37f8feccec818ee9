"""Wavefront OBJ: points and polygons in text, no unit; materials lie in other files.

Format: Wavefront's "Object Files" specification, 3.0. Corners are numbered from 1, or from
the last point so far backwards. Colours of points are the extension most scanners write:
three more numbers, 0 to 1, behind the coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from ..model import CHUNK
from .colours import of_faces, to_bytes
from .part import Part
from .polygons import triangulate
from .raw import Damaged, Raw, point_cloud, require_at_most, valid_faces
from .text import Lines, blocks

WORDS = frozenset(
    "v vt vn vp f fo l p o g s mg usemtl mtllib usemap maplib bevel c_interp d_interp lod "
    "shadow_obj trace_obj cstype deg bmat step curv curv2 surf parm trim hole scrv sp end "
    "con call csh".split()
)


def read_obj(file: BinaryIO, name: str, max_triangles: int) -> Raw:
    """Raises `Damaged`, `MeshRefused` (`mesh.too_big`, `mesh.point_cloud`)."""
    points, colours, corners, counts = [], [], [], []
    found = triangles = objects = 0
    for block in blocks(file):
        if b"\\" in block:  # a line that goes on
            block = block.replace(b"\\\r\n", b"  ").replace(b"\\\n", b"  ")
        lines = Lines(block, comment=b"#", within=b"/")
        letter, after = lines.characters(2).T
        alone = after <= 32
        is_point = alone & (letter == ord("v"))
        is_face = alone & (letter == ord("f"))
        objects += int(np.count_nonzero(alone & (letter == ord("o"))))
        here = 0
        if is_point.any():
            numbers, words = lines.numbers(is_point, skip=1)
            new, new_colours = _points(numbers, words)
            here = len(new)
            # A closed mesh has fewer points than triangles; loose ones have three each.
            require_at_most((found + here) // 3, name, max_triangles)
            points.append(new)
            colours.append(new_colours)
        if is_face.any():
            index, words = lines.numbers(is_face, np.int64, skip=1)
            if (words < 3).any():
                raise Damaged("a face with fewer than three corners")
            triangles += int((words - 2).sum())
            require_at_most(triangles, name, max_triangles)
            before = found + np.cumsum(is_point)[is_face]
            corners.append(_absolute(index, np.repeat(before, words)))
            counts.append(words)
        found += here
    if not triangles:
        if found:
            raise point_cloud(name)
        return Raw(np.empty((0, 3), np.float32), np.empty((0, 3), np.int32))
    all_points = np.concatenate(points or [np.empty((0, 3), np.float32)])
    all_corners = valid_faces(np.concatenate(corners), found)
    faces, _ = triangulate(all_points, all_corners, np.concatenate(counts))
    coloured = bool(colours) and all(each is not None for each in colours)
    return Raw(
        all_points,
        faces,
        parts=max(1, objects),
        colours=of_faces(np.concatenate(colours), faces) if coloured else None,
    )


def _points(
    numbers: np.ndarray, words: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """(n, 3) float32 points and (n, 3) uint8 colours, None where there are none."""
    if (words < 3).any():
        raise Damaged("a point with fewer than three numbers")
    starts = np.cumsum(words) - words
    with np.errstate(over="ignore"):
        points = numbers[starts[:, None] + np.arange(3)].astype(np.float32)
    if (words < 6).any():
        return points, None
    return points, to_bytes(numbers[starts[:, None] + np.arange(3, 6)])


def _absolute(index: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Corners from 0, int32; -1 for the impossible, so that it is refused later."""
    index = np.where(index < 0, before + index, index - 1)
    limit = np.iinfo(np.int32).max
    return np.where((index < 0) | (index > limit), -1, index).astype(np.int32)


def write_obj(file: BinaryIO, parts: Sequence[Part], title: str) -> None:
    """Millimetres, z up, without colours, which would need a second file."""
    file.write(f"# {title or 'model'}, in millimetres, by OctoPrint-Img2STL\n".encode())
    before = 1
    for number, part in enumerate(parts, 1):
        mesh = part.mesh
        file.write(f"o {_word(part.name) or f'part{number}'}\n".encode())
        for start in range(0, len(mesh.vertices), CHUNK):
            rows = mesh.vertices[start : start + CHUNK]
            line = "v %.9g %.9g %.9g\n"
            file.write((line * len(rows) % tuple(rows.ravel().tolist())).encode())
        for start in range(0, len(mesh.faces), CHUNK):
            rows = mesh.faces[start : start + CHUNK] + np.int64(before)
            line = "f %d %d %d\n"
            file.write((line * len(rows) % tuple(rows.ravel().tolist())).encode())
        before += len(mesh.vertices)


def _word(name: str) -> str:
    """A name that stays one word on one line."""
    return "_".join(name.split())
