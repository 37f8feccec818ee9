"""The separate pieces of a model, in plain Python: one file may hold several of them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .stl import HEADER, RECORD

# A large mesh takes 2 s and 150 MB for that; of more we do not know the pieces.
MOST_TRIANGLES = 400_000
MOST_SHELLS = 2_000  # of a heap of loose triangles nobody wants to know the pieces
CORNERS = (12, 24, 36)  # where the three corners begin in a record, bytes
BLOCK = 20_000  # triangles read at once
_POINT = struct.Struct("<3f")

Box = tuple[float, float, float, float, float, float]
# How far one side of the box reaches, and the z at which it does, mm.
Side = tuple[float, float]


@dataclass(frozen=True)
class Piece:
    """What belongs together, because it is connected or because its boxes overlap.

    Attributes:
        box: x0, y0, z0, x1, y1, z1 in the file's coordinates, mm.
        left, front, right, back: the outermost x or y and the z of that point.
    """

    box: Box
    left: Side
    front: Side
    right: Side
    back: Side


def stl_pieces(path: Path | str) -> list[Piece]:
    """The pieces of a binary STL, the largest box first; empty: nobody knows.

    Triangles that share a corner belong together, and so do shells whose boxes overlap or
    touch: whether one of them is inside the other is not to be known from a box.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        head = file.read(HEADER)
        count = struct.unpack("<I", head[80:])[0]
        if count > MOST_TRIANGLES:
            return []
        shells = _Shells()
        while data := file.read(RECORD * BLOCK):
            shells.add(data)
    found = shells.pieces()
    return _joined(found) if len(found) <= MOST_SHELLS else []


class _Shells:
    """Corners by their bytes, and which of them are connected (union-find)."""

    def __init__(self) -> None:
        self._number: dict[bytes, int] = {}
        self._parent: list[int] = []

    def add(self, data: bytes) -> None:
        number, parent = self._number, self._parent
        for start in range(0, len(data) // RECORD * RECORD, RECORD):
            root = -1
            for offset in CORNERS:
                corner = data[start + offset : start + offset + 12]
                at = number.get(corner)
                if at is None:
                    number[corner] = at = len(parent)
                    parent.append(at if root < 0 else root)
                    root = at if root < 0 else root
                    continue
                while parent[at] != at:
                    parent[at] = parent[parent[at]]
                    at = parent[at]
                if root >= 0:
                    parent[root] = at
                root = at

    def pieces(self) -> list[Piece]:
        """One for each shell."""
        parent = self._parent
        corners: dict[int, list[tuple[float, ...]]] = {}
        for corner, at in self._number.items():
            while parent[at] != at:
                at = parent[at]
            corners.setdefault(at, []).append(_POINT.unpack(corner))
        return [_piece(points) for points in corners.values()]


def _piece(points: list[tuple[float, ...]]) -> Piece:
    left, right = min(points), max(points)
    front = min(points, key=lambda point: point[1])
    back = max(points, key=lambda point: point[1])
    heights = [point[2] for point in points]
    return Piece(
        (left[0], front[1], min(heights), right[0], back[1], max(heights)),
        (left[0], left[2]),
        (front[1], front[2]),
        (right[0], right[2]),
        (back[1], back[2]),
    )


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces whose boxes overlap or touch as one, until none do."""
    apart: list[Piece] = []
    for piece in sorted(pieces, key=_volume, reverse=True):
        while True:
            near = [other for other in apart if _touch(piece.box, other.box)]
            if not near:
                break
            for other in near:
                apart.remove(other)
                piece = _union(piece, other)
        apart.append(piece)
    return sorted(apart, key=_volume, reverse=True)


def _touch(one: Box, other: Box) -> bool:
    return all(
        one[axis] <= other[axis + 3] and other[axis] <= one[axis + 3] for axis in range(3)
    )


def _union(one: Piece, other: Piece) -> Piece:
    a, b = one.box, other.box
    low = [min(pair) for pair in zip(a[:3], b[:3], strict=True)]
    high = [max(pair) for pair in zip(a[3:], b[3:], strict=True)]
    return Piece(
        (low[0], low[1], low[2], high[0], high[1], high[2]),
        min(one.left, other.left),
        min(one.front, other.front),
        max(one.right, other.right),
        max(one.back, other.back),
    )


def _volume(piece: Piece) -> float:
    x0, y0, z0, x1, y1, z1 = piece.box
    return (x1 - x0) * (y1 - y0) * (z1 - z0)
