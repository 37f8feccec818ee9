"""OFF, Geomview's text format: counts, points, polygons with colours perhaps; no unit.

Format: Geomview manual, "OFF files". The letters before OFF say what follows a point's
coordinates: N a normal, C a colour, ST a place in a picture.
"""

from __future__ import annotations

import os
import re
from typing import BinaryIO

import numpy as np

from .colours import of_faces, to_bytes
from .polygons import triangulate
from .raw import Damaged, Raw, point_cloud, require_at_most, valid_faces
from .rows import polygons
from .text import Lines, Table, blocks, column_table

# Some files have the counts right behind the word.
KEYWORD = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])*(ST)?(C)?(N)?(4)?(n)?OFF(\s+BINARY)?")
MAX_FREE_BYTES = 20 * 2**20  # of a file whose lines break anywhere
LEAST_ROW = 2  # bytes of the shortest line there can be: a digit and its end


def read_off(file: BinaryIO, name: str, max_triangles: int) -> Raw:
    """Raises `Damaged`, `MeshRefused` (`mesh.too_big`, `mesh.point_cloud`)."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = KEYWORD.match(file.read(4096))
    if not start:
        raise Damaged("it does not begin with OFF")
    _, coloured, normals, four, many, binary = start.groups()
    if four or many or binary:
        raise Damaged("binary, or not of three dimensions")
    plain = not (coloured or normals) and size <= MAX_FREE_BYTES
    try:
        return _by_lines(file, start, size, name, max_triangles)
    except Damaged:
        if not plain:
            raise
        found = _by_numbers(file, start.end(), name, max_triangles)
        if found is None:
            raise
        return found


def _by_numbers(file: BinaryIO, start: int, name: str, max_triangles: int) -> Raw | None:
    """A file whose lines break anywhere, which the format allows; None if it is none."""
    file.seek(start)
    found = [Lines(block, comment=b"#") for block in blocks(file)]
    numbers = np.concatenate(
        [lines.numbers(np.ones(len(lines), dtype=bool))[0] for lines in found]
    )
    if len(numbers) < 3 or not ((numbers[:2] >= 0) & (numbers[:2] < 2**40)).all():
        return None
    points_count, faces_count = numbers[:2].astype(np.int64).tolist()
    if 3 + 3 * points_count + faces_count > len(numbers):
        return None
    points = numbers[3 : 3 + 3 * points_count].reshape(-1, 3).astype(np.float32)
    rest = numbers[3 + 3 * points_count :]
    counts, place = [], 0
    for _ in range(faces_count):
        if place >= len(rest) or not 0 <= rest[place] <= len(rest):
            return None
        counts.append(1 + int(rest[place]))
        place += counts[-1]
    if place != len(rest):
        return None
    sides, corners, _ = polygons(rest, np.array(counts, dtype=np.int64), 0)
    require_at_most(int(np.maximum(sides - 2, 0).sum()), name, max_triangles)
    faces, _ = triangulate(points, valid_faces(corners, points_count), sides)
    return Raw(points, faces)


def _by_lines(
    file: BinaryIO, start: re.Match[bytes], size: int, name: str, max_triangles: int
) -> Raw:
    """A file with a point or a face on each line, as nearly all have it."""
    _, coloured, normals, *_ = start.groups()
    file.seek(start.end())
    table = Table(file, comment=b"#")
    points_count, faces_count = _counts(table, size)
    if points_count and not faces_count:
        raise point_cloud(name)
    require_at_most(faces_count, name, max_triangles)
    require_at_most(points_count // 3, name, max_triangles)

    points, tints = [], []
    first_tint = 6 if normals else 3
    for numbers, counts in table.take(points_count):
        rows = column_table(numbers, counts, first_tint + 3 if coloured else 3)
        with np.errstate(over="ignore"):
            points.append(rows[:, :3].astype(np.float32))
        if coloured:
            tints.append(_tint(rows[:, first_tint : first_tint + 3]))
    all_points = np.concatenate(points or [np.empty((0, 3), np.float32)])

    faces, colours, triangles = [], [], 0
    for numbers, counts in table.take(faces_count):
        sides, corners, rest = polygons(numbers, counts, 0)
        triangles += int(np.maximum(sides - 2, 0).sum())
        require_at_most(triangles, name, max_triangles)
        corners = valid_faces(corners, points_count)
        cut, owner = triangulate(all_points, corners, sides)
        faces.append(cut)
        if (counts - 1 - sides >= 3).all():
            tint = _tint(numbers[rest[:, None] + np.arange(3)])
            colours.append(tint if owner is None else tint[owner])
    all_faces = np.concatenate(faces or [np.empty((0, 3), np.int32)])
    if len(colours) == len(faces) and colours:
        face_colours = np.concatenate(colours)
    elif tints:
        face_colours = of_faces(np.concatenate(tints), all_faces)
    else:
        face_colours = None
    return Raw(all_points, all_faces, colours=face_colours)


def _counts(table: Table, size: int) -> tuple[int, int]:
    ((numbers, counts),) = table.take(1)
    if counts[0] < 2:
        raise Damaged("no numbers of points and faces")
    points, faces = numbers[:2].tolist()
    if not (0 <= points < 2**40 and 0 <= faces < 2**40):
        raise Damaged("no numbers of points and faces")
    if (points + faces) * LEAST_ROW > size:
        raise Damaged(
            f"it announces {points:.0f} points and {faces:.0f} faces, too many for its size"
        )
    return int(points), int(faces)


def _tint(values: np.ndarray) -> np.ndarray:
    """Colours as whole numbers up to 255 or as fractions of 1; (n, 3) uint8."""
    if len(values) and np.nanmax(values) > 1:
        values = values / 255
    return to_bytes(values)
