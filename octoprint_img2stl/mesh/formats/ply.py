"""PLY, text or binary: points and polygons, colours of either; no unit.

Format: Greg Turk's "The PLY Polygon File Format" (1994): a header of words that describes
rows of numbers, some of them lists with their length before them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from ..model import CHUNK
from .colours import of_faces, to_bytes
from .part import Part
from .polygons import triangulate
from .raw import Damaged, Raw, point_cloud, require_at_most, valid_faces
from .rows import SIDES, polygons
from .text import Table, column_table

HEADER_BYTES = 64 * 1024
TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
CORNERS = ("vertex_indices", "vertex_index")
RGB = ("red", "green", "blue")


@dataclass
class _Element:
    """Rows of one kind. A property: its name, type, and the type of a list's length."""

    name: str
    count: int
    properties: list[tuple[str, str, str | None]] = field(default_factory=list)

    @property
    def lists(self) -> int:
        return sum(length is not None for _, _, length in self.properties)

    def least_bytes(self, order: str) -> int:
        """Of a row: in text a digit and its end, or what is before each list."""
        if not order:
            return 2 * max(1, len(self.properties))
        kinds = [length or kind for _, kind, length in self.properties]
        return sum(np.dtype(kind).itemsize for kind in kinds)

    def place(self, name: str) -> int:
        names = [each for each, _, _ in self.properties]
        return names.index(name) if name in names else -1


def read_ply(file: BinaryIO, name: str, max_triangles: int) -> Raw:
    """Raises `Damaged`, `MeshRefused` (`mesh.too_big`, `mesh.point_cloud`)."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    order, elements = _header(file)
    by_name = {each.name: each for each in elements}
    if len(by_name) != len(elements):
        raise Damaged("two elements of one name")
    vertex, face = by_name.get("vertex"), by_name.get("face")
    if vertex is None or not vertex.count:
        return Raw(np.empty((0, 3), np.float32), np.empty((0, 3), np.int32))
    if face is None or not face.count:
        raise point_cloud(name)
    for each in elements:
        least = each.count * each.least_bytes(order)
        if each.count and not 0 < least <= size - file.tell():
            raise Damaged(f"it announces {each.count} of {each.name}, but is shorter")
    require_at_most(face.count, name, max_triangles)
    require_at_most(vertex.count // 3, name, max_triangles)
    table = Table(file) if not order else None
    points = tints = rows = None
    for each in elements:
        if each is vertex:
            points, tints = _vertices(table, file, order, each)
        elif each is face:
            rows = _faces(table, file, order, each)
        elif table:
            for _ in table.take(each.count):
                pass
        else:
            _skip(file, order, each)
        if points is not None and rows is not None:
            break
    sides, corners, colours = rows
    require_at_most(int(np.maximum(sides - 2, 0).sum()), name, max_triangles)
    faces, owner = triangulate(points, valid_faces(corners, len(points)), sides)
    if colours is not None and owner is not None:
        colours = colours[owner]
    if colours is None and tints is not None:
        colours = of_faces(tints, faces)
    return Raw(points, faces, colours=colours)


def _header(file: BinaryIO) -> tuple[str, list[_Element]]:
    order: str | None = None
    elements: list[_Element] = []
    if file.readline(16).strip() != b"ply":
        raise Damaged("it does not begin with ply")
    while file.tell() < HEADER_BYTES:
        line = file.readline(HEADER_BYTES)
        words = line.decode("latin-1").split()
        match words:
            case ["format", kind, *_] if kind in ORDERS:
                order = ORDERS[kind]
            case ["element", name, count] if count.isascii() and count.isdigit():
                if len(count) > 15:
                    raise Damaged("an endless number of rows")
                elements.append(_Element(name, int(count)))
            case ["property", "list", length, kind, name] if elements:
                elements[-1].properties.append((name, TYPES[kind], TYPES[length]))
            case ["property", kind, name] if elements:
                elements[-1].properties.append((name, TYPES[kind], None))
            case ["end_header"]:
                if order is None:
                    raise Damaged("a header without a format")
                return order, elements
            case ["element" | "property" | "format", *_]:
                raise Damaged("a line in its header that means nothing")
            case _:  # remarks; some programs forget to say that they are
                if not line:
                    break
    raise Damaged("a header without end")


# ---- points


def _vertices(
    table: Table | None, file: BinaryIO, order: str, element: _Element
) -> tuple[np.ndarray, np.ndarray | None]:
    """(P, 3) float32 and (P, 3) uint8 colours, or None."""
    if element.lists:
        raise Damaged("points with lists")
    columns = [element.place(axis) for axis in "xyz"]
    if min(columns) < 0:
        raise Damaged("points without x, y and z")
    tints = [element.place(each) for each in RGB]
    coloured = min(tints) >= 0
    points = np.empty((element.count, 3), dtype=np.float32)
    colours = np.empty((element.count, 3), dtype=np.uint8) if coloured else None
    start = 0
    for rows in _rows(table, file, order, element):
        part = slice(start, start + len(rows[0]))
        with np.errstate(over="ignore"):
            for axis, column in enumerate(columns):
                points[part, axis] = rows[column]
        if coloured:
            values = np.stack([rows[column] for column in tints], axis=1)
            colours[part] = _tint(values, element.properties[tints[0]][1])
        start = part.stop
    return points, colours


def _rows(table: Table | None, file: BinaryIO, order: str, element: _Element):
    """Pieces of rows without lists, each as a list of its columns."""
    width = len(element.properties)
    if table:
        for numbers, counts in table.take(element.count):
            yield list(column_table(numbers, counts, width).T)
        return
    dtype = np.dtype(
        [(str(at), order + kind) for at, (_, kind, _) in enumerate(element.properties)]
    )
    for start in range(0, element.count, CHUNK):
        rows = _from_file(file, dtype, min(CHUNK, element.count - start))
        yield [rows[str(at)] for at in range(width)]


def _tint(values: np.ndarray, kind: str) -> np.ndarray:
    if kind[0] == "f":
        return to_bytes(values.astype(np.float64))
    return np.clip(values, 0, 255).astype(np.uint8)


def _from_file(file: BinaryIO, dtype: np.dtype, count: int) -> np.ndarray:
    rows = np.frombuffer(file.read(count * dtype.itemsize), dtype=np.uint8)
    if len(rows) != count * dtype.itemsize:
        raise Damaged("it ends before all that it announces")
    return rows.view(dtype)


# ---- faces: each as (number of corners, all corners, colours or None)

_Faces = tuple[np.ndarray, np.ndarray, "np.ndarray | None"]


def _faces(table: Table | None, file: BinaryIO, order: str, element: _Element) -> _Faces:
    at = max(element.place(name) for name in CORNERS)
    if at < 0 or element.properties[at][2] is None:
        raise Damaged("faces without a list of corners")
    pieces = []
    if table:
        for numbers, counts in table.take(element.count):
            pieces.append(_text_faces(numbers, counts, element, at))
    else:
        done = 0
        if element.lists == 1:
            done = _even_faces(file, order, element, at, pieces)
        if done < element.count:
            pieces.append(_uneven_faces(file, order, element, at, element.count - done))
    sides, corners, colours = zip(*pieces, strict=True)
    coloured = all(each is not None for each in colours)
    return (
        np.concatenate(sides),
        np.concatenate(corners),
        np.concatenate(colours) if coloured else None,
    )


def _text_faces(
    numbers: np.ndarray, counts: np.ndarray, element: _Element, at: int
) -> _Faces:
    if any(length for _, _, length in element.properties[:at]):
        raise Damaged("a list before the corners")
    sides, corners, rest = polygons(numbers, counts, at)
    tints = [element.place(each) for each in RGB]
    if min(tints) <= at or element.lists > 1:
        return sides, corners, None
    if (counts - sides < len(element.properties)).any():
        raise Damaged("a line with too few numbers")
    values = numbers[rest[:, None] + np.array(tints) - at - 1]
    return sides, corners, _tint(values, element.properties[tints[0]][1])


def _even_faces(
    file: BinaryIO, order: str, element: _Element, at: int, pieces: list[_Faces]
) -> int:
    """Read faces as long as all have as many corners as the first; how many were read."""
    _, kind, length = element.properties[at]
    before = sum(np.dtype(each[1]).itemsize for each in element.properties[:at])
    here = file.tell()
    start = file.read(before + np.dtype(length).itemsize)
    file.seek(here)
    if len(start) < before + np.dtype(length).itemsize:
        raise Damaged("it ends before all that it announces")
    corners = int(np.frombuffer(start[before:], order + length)[0])
    if not 0 < corners <= 16:
        return 0
    dtype = np.dtype(
        [
            field
            for place, (_, each, _) in enumerate(element.properties)
            for field in (
                [("count", order + length), ("corners", order + kind, (corners,))]
                if place == at
                else [(str(place), order + each)]
            )
        ]
    )
    tints = [element.place(name) for name in RGB]
    done = 0
    while done < element.count:
        here = file.tell()
        wanted = min(CHUNK, element.count - done)
        data = file.read(wanted * dtype.itemsize)
        rows = np.frombuffer(data[: len(data) // dtype.itemsize * dtype.itemsize], dtype)
        same = rows["count"] == corners
        good = len(rows) if same.all() else int(np.argmin(same))
        rows = rows[:good]
        colours = None
        if min(tints) >= 0:
            values = np.stack([rows[str(place)] for place in tints], axis=1)
            colours = _tint(values, element.properties[tints[0]][1])
        index = rows["corners"].reshape(-1).astype(np.int64)
        pieces.append((np.full(good, corners), index, colours))
        done += good
        if good < wanted:
            file.seek(here + good * dtype.itemsize)
            break
    return done


def _uneven_faces(
    file: BinaryIO, order: str, element: _Element, at: int, count: int
) -> _Faces:
    """Faces of differing length. Where each begins is only known from the one before."""
    data = file.read()
    offsets, sides, _ = _walk(data, order, element, at, count)
    kind = np.dtype(order + element.properties[at][1])
    raw = np.frombuffer(data, dtype=np.uint8)
    corners = np.empty(int(sides.sum()), dtype=np.int64)
    first = np.cumsum(sides) - sides
    for each in np.unique(sides[sides > 0]):
        which = np.flatnonzero(sides == each)
        for start in range(0, len(which), CHUNK):
            some = which[start : start + CHUNK]
            found = raw[offsets[some][:, None] + np.arange(each * kind.itemsize)]
            corners[first[some][:, None] + np.arange(each)] = found.view(kind)
    return sides, corners, None


def _walk(
    data: bytes, order: str, element: _Element, at: int, count: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Where one of the lists of each row begins, how long it is, and where all ends."""
    steps = []
    for _, kind, length in element.properties:
        if length is None:
            steps.append((0, np.dtype(kind).itemsize))
        elif length[0] == "f":
            raise Damaged("a length that is no whole number")
        else:
            steps.append((np.dtype(length).itemsize, np.dtype(kind).itemsize))
    byteorder = "big" if order == ">" else "little"
    offsets = np.empty(count, dtype=np.int64)
    sides = np.empty(count, dtype=np.int64)
    here, end = 0, len(data)
    for row in range(count):
        for place, (length, kind) in enumerate(steps):
            if not length:
                here += kind
                continue
            many = int.from_bytes(data[here : here + length], byteorder)
            here += length
            if place == at:
                offsets[row], sides[row] = here, many
            here += many * kind
        if here > end or sides[row] > SIDES:
            raise Damaged("it ends before all that it announces")
    return offsets, sides, here


def _skip(file: BinaryIO, order: str, element: _Element) -> None:
    if not element.lists:
        file.seek(element.count * element.least_bytes(order), os.SEEK_CUR)
        return
    here = file.tell()
    place = next(at for at, (*_, length) in enumerate(element.properties) if length)
    *_, end = _walk(file.read(), order, element, place, element.count)
    file.seek(here + end)


def write_ply(file: BinaryIO, parts: Sequence[Part], title: str) -> None:
    """Binary, little-endian, millimetres, z up; colours of faces where a part has any."""
    coloured = any(part.colours is not None for part in parts)
    points = sum(len(part.mesh.vertices) for part in parts)
    faces = sum(len(part.mesh.faces) for part in parts)
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        "comment in millimetres, by OctoPrint-Img2STL",
        *([f"comment {title}"] if title else []),
        f"element vertex {points}",
        *(f"property float {axis}" for axis in "xyz"),
        f"element face {faces}",
        "property list uchar int vertex_indices",
        *(f"property uchar {name}" for name in RGB if coloured),
        "end_header",
    ]
    file.write(("\n".join(lines) + "\n").encode("ascii", "replace"))
    for part in parts:
        file.write(np.ascontiguousarray(part.mesh.vertices, dtype="<f4").data)
    fields = [("count", "u1"), ("corners", "<i4", 3)]
    dtype = np.dtype([*fields, ("rgb", "u1", 3)] if coloured else fields)
    before = 0
    for part in parts:
        colours = part.face_colours()
        for start in range(0, len(part.mesh.faces), CHUNK):
            some = slice(start, start + CHUNK)
            rows = np.empty(len(part.mesh.faces[some]), dtype=dtype)
            rows["count"], rows["corners"] = 3, part.mesh.faces[some] + before
            if coloured:
                rows["rgb"] = 255 if colours is None else colours[some]
            file.write(rows.tobytes())
        before += len(part.mesh.vertices)
