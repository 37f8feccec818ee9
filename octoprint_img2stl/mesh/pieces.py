"""Parts of layers, and how they continue from layer to layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from manifold3d import CrossSection
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .where import Where, thinned

MOST_PIECES = 200  # of one layer: what has more is rough, not walled
MOST_WITH_HOLES = 400
MOST_SHOWN = 2000
SAME = 0.05  # mm: boxes of the same part
STEEP = 0.6  # of two pieces above one another, the smaller has at least this share


@dataclass(frozen=True, eq=False)
class Piece:
    """A coherent part of one layer.

    Attributes:
        layer: its number.
        z, height: of the layer and what it stands for, mm.
        area: mm2.
        width: mm, of the rectangle with the same area and outline length.
        length: mm, of that rectangle.
        alone: it is a whole part of its layer, not the edge of one.
        outline: (n, 2) float64, all its lines in a row, mm.
        low, high: (2,) its box.
    """

    layer: int
    z: float
    height: float
    area: float
    width: float
    length: float
    alone: bool
    outline: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def with_width(self, width: float) -> Piece:
        return replace(self, width=width)


@dataclass(frozen=True, eq=False)
class Place:
    """Pieces of successive layers that lie above one another."""

    pieces: tuple[Piece, ...]

    @cached_property
    def height(self) -> float:
        """mm from the lowest to the highest layer, both included."""
        low, high = self.pieces[0], self.pieces[-1]
        return high.z - low.z + (low.height + high.height) / 2

    @cached_property
    def width(self) -> float:
        """The median of its layers, each weighed by its area, mm."""
        return self._median([piece.width for piece in self.pieces])

    @cached_property
    def length(self) -> float:
        """Of its layers, each weighed by its area, the median, mm."""
        return self._median([piece.length for piece in self.pieces])

    def _median(self, values: list[float]) -> float:
        order = np.argsort(values)
        weights = np.cumsum(np.array([piece.area for piece in self.pieces])[order])
        return values[order[np.searchsorted(weights, weights[-1] / 2)]]

    @cached_property
    def volume(self) -> float:
        return sum(piece.area * piece.height for piece in self.pieces)

    @cached_property
    def alone(self) -> bool:
        """Most of its layers are whole parts."""
        return 2 * sum(piece.alone for piece in self.pieces) > len(self.pieces)

    @cached_property
    def layers(self) -> int:
        """How many layers it was seen in."""
        return len({piece.layer for piece in self.pieces})


@dataclass(frozen=True, eq=False)
class Loops:
    """Measures of closed lines, mm; `area` is negative where the inside is on the right."""

    lines: list[np.ndarray]
    area: np.ndarray  # (n,)
    around: np.ndarray  # (n,)
    low: np.ndarray  # (n, 2)
    high: np.ndarray  # (n, 2)

    @classmethod
    def of(cls, shape: CrossSection) -> Loops:
        lines = [line for line in shape.to_polygons() if len(line) > 2]
        if not lines:
            nothing = np.empty((0, 2))
            return cls([], nothing[:, 0], nothing[:, 0], nothing, nothing)
        sizes = np.array([len(line) for line in lines])
        first = np.cumsum(sizes) - sizes
        points = np.concatenate(lines)
        after = np.arange(1, len(points) + 1)
        after[first + sizes - 1] = first
        x, y = points.T
        doubled = x * y[after] - x[after] * y
        step = np.hypot(*(points[after] - points).T)
        return cls(
            lines,
            np.add.reduceat(doubled, first) / 2,
            np.add.reduceat(step, first),
            np.minimum.reduceat(points, first),
            np.maximum.reduceat(points, first),
        )


def pieces_of(
    shape: CrossSection,
    layer: int,
    z: float,
    height: float,
    least: float = 0.0,
    parts: Loops | None = None,
) -> list[Piece]:
    """The coherent parts of a shape over `least` mm2, the largest 200 of them.

    Args:
        parts: the layer's own outlines, to tell whole parts.
    """
    loops = Loops.of(shape)
    holes = loops.area < 0
    if holes.any() and len(loops.lines) <= MOST_WITH_HOLES:
        found = []
        for part in shape.decompose():
            one = Loops.of(part)
            area = float(one.area.sum())
            if area > least:
                found.append(
                    (
                        area,
                        float(one.around.sum()),
                        one.low.min(axis=0),
                        one.high.max(axis=0),
                        one.lines,
                    )
                )
        found.sort(key=lambda one: -one[0])
        found = found[:MOST_PIECES]
    else:
        chosen = np.flatnonzero(loops.area > max(least, 1e-9))
        chosen = chosen[np.argsort(-loops.area[chosen], kind="stable")][:MOST_PIECES]
        found = [
            (
                float(loops.area[k]),
                float(loops.around[k]),
                loops.low[k],
                loops.high[k],
                [loops.lines[k]],
            )
            for k in chosen.tolist()
        ]
    if not found:
        return []
    alone = np.zeros(len(found), dtype=bool)
    if parts is not None and len(parts.lines):
        low = np.array([one[2] for one in found])
        high = np.array([one[3] for one in found])
        whole = parts.area > 0
        alone = (
            (np.abs(parts.low[whole] - low[:, None]) < SAME).all(axis=2)
            & (np.abs(parts.high[whole] - high[:, None]) < SAME).all(axis=2)
        ).any(axis=1)
    return [
        Piece(
            layer,
            z,
            height,
            area,
            *_rectangle(area, around),
            bool(whole_part),
            np.concatenate(lines),
            low,
            high,
        )
        for (area, around, low, high, lines), whole_part in zip(found, alone, strict=True)
    ]


def _rectangle(area: float, around: float) -> tuple[float, float]:
    """Width and length of the rectangle with this area and outline length.

    Rounder than a square there is none; then the disc's diameter 4 A / P counts.
    """
    root = around * around - 16 * area
    if root <= 0:
        return 4 * area / around, 4 * area / around
    width = (around - root**0.5) / 4
    return width, area / width


def link(pieces: Sequence[Piece], reach: float, stride: int) -> list[Place]:
    """Join like pieces of successive layers whose boxes meet within `reach`, mm.

    Those of a slope differ in area from layer to layer and stay apart.

    Args:
        pieces: by ascending layer.
        stride: how many numbers successive layers are apart at most.
    """
    if not pieces:
        return []
    layers = np.array([piece.layer for piece in pieces])
    low = np.array([piece.low for piece in pieces]) - reach / 2
    high = np.array([piece.high for piece in pieces]) + reach / 2
    areas = np.array([piece.area for piece in pieces])
    first = np.flatnonzero(np.diff(layers, prepend=-1))
    pairs = []
    for start, middle, end in zip(
        first, first[1:], [*first[2:], len(pieces)], strict=False
    ):
        if layers[middle] - layers[start] > stride:
            continue
        before, here = slice(start, middle), slice(middle, end)
        near = (low[before] <= high[here][:, None]) & (high[before] >= low[here][:, None])
        smaller = np.minimum(areas[before], areas[here][:, None])
        alike = smaller > STEEP * np.maximum(areas[before], areas[here][:, None])
        one, other = np.nonzero(near.all(axis=2) & alike)
        pairs.append(np.stack((one + middle, other + start)))
    pair = np.concatenate(pairs, axis=1) if pairs else np.empty((2, 0), dtype=int)
    links = coo_matrix((np.ones(pair.shape[1]), pair), shape=(len(pieces),) * 2)
    group = connected_components(links, directed=False)[1]
    groups: dict[int, list[Piece]] = {}
    for piece, number in zip(pieces, group.tolist(), strict=True):
        groups.setdefault(number, []).append(piece)
    return [Place(tuple(some)) for some in groups.values()]


def where(pieces: Sequence[Piece], reach: float) -> Where:
    """Points along the outlines of pieces, no two neighbours farther apart than `reach`."""
    if not pieces:
        return Where(points=np.empty((0, 3), dtype=np.float32), reach=reach)
    pieces = pieces[:: -(-len(pieces) // MOST_SHOWN)]
    return Where(
        points=thinned(np.concatenate([_dense(piece, reach) for piece in pieces])),
        reach=reach,
    )


def _dense(piece: Piece, reach: float) -> np.ndarray:
    """Corners of a piece and points between them, (n, 3)."""
    start = piece.outline
    end = np.roll(start, -1, axis=0)
    parts = np.ceil(np.hypot(*(end - start).T) / reach).astype(int)
    parts = np.clip(parts, 1, 200)
    owner = np.repeat(np.arange(len(start)), parts)
    first = np.repeat(np.cumsum(parts) - parts, parts)
    share = ((np.arange(len(owner)) - first) / parts[owner])[:, None]
    flat = start[owner] + share * (end[owner] - start[owner])
    return np.column_stack((flat, np.full(len(flat), piece.z)))
