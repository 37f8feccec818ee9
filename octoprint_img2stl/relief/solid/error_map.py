"""How far triangles would be from the heightmap, for every vertex they can be split at.

The hierarchy is that of right-triangulated irregular networks (RTIN: Evans, Kirkpatrick
and Townsend, Algorithmica 30, 2001) on tiles of `TILE` x `TILE` cells: right isosceles
triangles, each split at the middle of its hypotenuse. Every vertex but the tiles' corners
is the split vertex of one pair of triangles, its diamond. A square whose side s is TILE,
TILE/2 ... 2, and which starts at multiples of s, has these:

* its centre, which splits the two triangles on either side of its diagonal, and
* the middle of each side, which splits a triangle whose top is the square's centre.

`error_map` gives each vertex E = the greatest |z - plane| over all nodes in the two
unsplit triangles of its diamond, and at least the E of the vertices that split the
triangles which arise from its own split. Splitting wherever E > eps therefore gives a
mesh without cracks whose error is at most eps at every node. Martini (Agafonkin, 2019),
in comparison, looks at the split vertices only and goes well beyond its eps elsewhere.

A vertex on an edge of the grid belongs to one triangle only, all others to two.

Work goes in strips of 32 rows, so that it stays in the processor's cache and each matrix
product stays below the size at which OpenBLAS starts threads, which would only spin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

TILE = 32
STRIP_COLUMNS = 16 * TILE
SIDES = (2, 4, 8, 16, 32)
Sag = Callable[[int, slice, slice, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Grid:
    """Heights at nodes, padded to whole tiles.

    Attributes:
        z: (TILE * m + 1, TILE * n + 1) float32, beyond the last row and column repeated.
        last_row, last_column: where the grid ends; no triangle of a mesh made of it
            crosses these lines.
    """

    z: np.ndarray
    last_row: int
    last_column: int

    @classmethod
    def of(cls, z: np.ndarray) -> Grid:
        """Pad (rows, columns) heights, in place where `z` is the corner of a buffer of
        just the padded shape (see `room_for`)."""
        rows, columns = z.shape
        shape = padded_shape(rows, columns)
        whole = z.base
        if (
            not isinstance(whole, np.ndarray)
            or whole.shape != shape
            or whole.dtype != np.float32
            or whole.ctypes.data != z.ctypes.data
        ):
            whole = np.empty(shape, np.float32)
            whole[:rows, :columns] = z
        whole[rows:, :columns] = whole[rows - 1, :columns]
        whole[:, columns:] = whole[:, columns - 1 : columns]
        return cls(whole, rows - 1, columns - 1)


def padded_shape(rows: int, columns: int) -> tuple[int, int]:
    """Of the grid of whole tiles that holds rows x columns nodes."""
    return tuple(count + -(count - 1) % TILE for count in (rows, columns))


def room_for(rows: int, columns: int) -> np.ndarray:
    """(rows, columns) float32, not yet filled, that `Grid.of` can pad without a copy."""
    return np.empty(padded_shape(rows, columns), np.float32)[:rows, :columns]


def error_map(
    grid: Grid,
    *,
    forced: np.ndarray | None = None,
    outside: np.ndarray | None = None,
    sag: Sag | None = None,
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """The error of every vertex, shaped like `grid.z`: inf where the mesh must have one.

    The nodes with the greatest and the least height are made vertices, so that a mesh is
    exactly as thick as its heightmap. 0 at the tiles' corners, which always are vertices.

    Args:
        forced: indices into the raveled `grid.z` of nodes that must be vertices.
        outside: bool, shaped like `grid.z`: nodes whose heights do not count. Every
            triangle that holds nodes of either kind must be split by `forced` ones.
        sag: what a bend adds to the error of triangles, from the side of their squares in
            nodes, slices of the nodes' rows and columns, and how far their corners'
            heights are apart.
        progress: is called with 0..1.
    """
    z, last_row, last_column = grid.z, grid.last_row, grid.last_column
    error = np.zeros_like(z)
    for top in range(0, last_row, TILE):
        for left in range(0, last_column, STRIP_COLUMNS):
            _own_errors(grid, error, top, left)
        if progress:
            progress(min(1.0, (top + TILE) / last_row))
    _border_errors(z[:, last_column], error[:, last_column], last_column)
    _border_errors(z[last_row], error[last_row], last_row)
    if sag:
        for side in SIDES:
            _add_sag(z, error, side, sag)
    if outside is not None:
        error[outside] = 0
    error[last_row + 1 :] = 0
    error[:, last_column + 1 :] = 0
    force_border(error[:, last_column], last_column)
    force_border(error[last_row], last_row)
    counted = z[: last_row + 1, : last_column + 1]
    if outside is None:
        extremes = counted.argmax(), counted.argmin()
    else:
        there = ~outside[: last_row + 1, : last_column + 1]
        extremes = (
            np.where(there, counted, -np.inf).argmax(),
            np.where(there, counted, np.inf).argmin(),
        )
    for index in extremes:
        error[np.unravel_index(index, counted.shape)] = np.inf
    if forced is not None:
        error.ravel()[forced] = np.inf
    _propagate(error)
    error[::TILE, ::TILE] = 0
    return error


def _add_sag(z: np.ndarray, error: np.ndarray, side: int, sag: Sag) -> None:
    """Add what a bend does to the diamonds of all squares of one side."""
    half = side // 2
    every, middles = slice(None, None, side), slice(half, None, side)
    corners, centres = z[every, every], z[middles, middles]
    four = (corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1], corners[1:, 1:])
    rise = np.maximum.reduce(four) - np.minimum.reduce(four)
    error[middles, middles] += sag(side, middles, middles, rise)
    for rows, columns, ends, beside in (
        (every, middles, (corners[:, :-1], corners[:, 1:]), np.s_[:-1, :]),
        (middles, every, (corners[:-1], corners[1:]), np.s_[:, :-1]),
    ):
        high, low = np.maximum(*ends), np.minimum(*ends)
        after = np.s_[1:, :] if rows is every else np.s_[:, 1:]
        for part in (beside, after):
            np.maximum(high[part], centres, out=high[part])
            np.minimum(low[part], centres, out=low[part])
        error[rows, columns] += sag(side, rows, columns, high - low)


def _own_errors(grid: Grid, error: np.ndarray, top: int, left: int) -> None:
    """Each vertex's error over its own diamond, for one strip, all sides of squares.

    Nodes on the legs of a triangle need no look: they lie on the hypotenuses of the
    triangles that arise from its split, whose errors reach this vertex by `_propagate`.
    So every square looks at its inner nodes and at those on its upper and left side.
    Those on the lower and right side are seen by the neighbours, or at the end of the
    heightmap by `_border_errors`.
    """
    columns = min(STRIP_COLUMNS, grid.z.shape[1] - 1 - left)
    window = np.s_[top : top + TILE + 1, left : left + columns + 1]
    z = np.ascontiguousarray(grid.z[window])
    error = error[window]
    for side in SIDES:
        squares = _squares(side, columns)
        corners = z.take(squares.corners)
        nodes = z.take(squares.nodes)
        inside = squares.inside(grid.last_row - top, grid.last_column - left)

        # The plane on either side of the diagonal, of the square's own kind of diagonal.
        halves = np.concatenate([corners[:4] * squares.main, corners[:4] * ~squares.main])
        plane = squares.half_weights @ halves
        np.subtract(plane, nodes, out=plane)
        own = np.abs(plane, out=plane).max(axis=0)
        _raise(error[side // 2 :: side, side // 2 :: side], own * inside)

        plane = squares.quarter_weights @ corners
        np.subtract(plane, nodes, out=plane)
        np.abs(plane, out=plane)
        half = side // 2
        for group, view in zip(
            squares.groups,
            (
                error[:-1:side, half::side],
                error[side::side, half::side],
                error[half::side, :-1:side],
                error[half::side, side::side],
            ),
            strict=True,
        ):
            if group.start < group.stop:
                _raise(view, plane[group].max(axis=0) * inside)


def _raise(view: np.ndarray, errors: np.ndarray) -> None:
    np.maximum(view, errors.reshape(view.shape), out=view)


@dataclass(frozen=True, eq=False)
class _Squares:
    """All squares of one side in a strip, row by row, and how to look at them.

    Attributes:
        corners: (5, m) places in the strip: upper left, upper right, lower left, lower
            right, centre.
        nodes: (n, m) places of the nodes to look at, sorted by `groups`.
        groups: which of the n nodes lie in the upper, lower, left, right triangle to the
            centre.
        main: (m,) whether the diagonal runs from upper left to lower right. It always
            runs through the centre of the square of double side.
        half_weights: (n, 8) what the corners (main diagonal, other diagonal) weigh in the
            plane at a node; quarter_weights: (n, 5) the same for four triangles.
    """

    side: int
    across: int
    corners: np.ndarray
    nodes: np.ndarray
    groups: tuple[slice, ...]
    main: np.ndarray
    half_weights: np.ndarray
    quarter_weights: np.ndarray

    def inside(self, last_row: int, last_column: int) -> np.ndarray:
        """(m,) whether a square lies at least partly on the heightmap."""
        starts_y = np.arange(TILE // self.side) * self.side < last_row
        starts_x = np.arange(self.across) * self.side < last_column
        return (starts_y[:, None] & starts_x).ravel()


@lru_cache(maxsize=2 * len(SIDES))
def _squares(side: int, columns: int) -> _Squares:
    stride = columns + 1
    across, down = columns // side, TILE // side
    i, j = (grid.ravel() for grid in np.mgrid[0:down, 0:across])
    origins = (i * stride + j) * side
    half = side // 2
    corner_at = np.array(
        [0, side, side * stride, side * (stride + 1), half * (stride + 1)]
    )

    y, x = (grid.ravel()[1:] for grid in np.mgrid[0:side, 0:side])
    upper = (y <= x) & (y <= side - x)
    lower = (y >= x) & (y >= side - x) & ~upper
    left = (x < y) & ~lower
    right = ~(upper | lower | left)
    order, groups, end = [], [], 0
    for group in (upper, lower, left, right):
        order.append(np.flatnonzero(group))
        groups.append(slice(end, end + len(order[-1])))
        end = groups[-1].stop
    order = np.concatenate(order)
    y, x = y[order], x[order]
    return _Squares(
        side=side,
        across=across,
        corners=corner_at[:, None] + origins,
        nodes=(y * stride + x)[:, None] + origins,
        groups=tuple(groups),
        main=(i + j) % 2 == 0,
        half_weights=_half_weights(y / side, x / side),
        quarter_weights=_quarter_weights(y / side, x / side),
    )


def _half_weights(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Barycentric weights in the unit square halved by either diagonal."""
    zero = np.zeros_like(x)
    upper = x >= y
    main = [
        np.where(upper, 1 - x, 1 - y),
        np.where(upper, x - y, zero),
        np.where(upper, zero, y - x),
        np.where(upper, y, x),
    ]
    upper = x + y <= 1
    other = [
        np.where(upper, 1 - x - y, zero),
        np.where(upper, x, 1 - y),
        np.where(upper, y, 1 - x),
        np.where(upper, zero, x + y - 1),
    ]
    return np.array(main + other, np.float32).T


def _quarter_weights(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Barycentric weights in the unit square cut in four by both diagonals.

    At distance d from the nearest side the centre weighs 2 d; the two corners of that
    side share the rest.
    """
    distance = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    weights = np.zeros((5, len(x)))
    weights[4] = 2 * distance
    sides = (
        (y == distance, 0, 1, x),
        (1 - y == distance, 2, 3, x),
        (x == distance, 0, 2, y),
        (1 - x == distance, 1, 3, y),
    )
    for near, first, second, along in sides:
        fresh = near & (weights[:4].sum(axis=0) == 0)
        weights[first] += np.where(fresh, 1 - along - distance, 0)
        weights[second] += np.where(fresh, along - distance, 0)
    return weights.astype(np.float32).T


def _border_errors(z: np.ndarray, error: np.ndarray, place: int) -> None:
    """Errors of the last row or column along itself, where sides of squares lie on it.

    Args:
        z, error: that row or column.
        place: its index.
    """
    for side in SIDES:
        if place % side == 0:
            ends = z[::side]
            along = np.arange(side, dtype=np.float32) / side
            plane = ends[:-1, None] * (1 - along) + ends[1:, None] * along
            apart = np.abs(plane - z[:-1].reshape(-1, side)).max(axis=1)
            _raise(error[side // 2 :: side], apart)


def force_border(vertex: np.ndarray, place: int) -> None:
    """Make the last row or column a line of edges, so that no triangle crosses it.

    With a the largest power of two in `place`, the vertices at multiples of 2 a on the
    line split sides of squares, and the centres between them follow by `_propagate`;
    together they part the line into edges of length a. Edges of tiles are such lines by
    themselves.
    """
    power = place & -place
    if power < TILE:
        vertex[:: 2 * power] = np.inf


def _propagate(error: np.ndarray) -> None:
    """Raise each vertex to the greatest error among those that need it, in place."""
    for side in SIDES:
        half = side // 2
        level = error[::side, half::side]
        upright = error[half::side, ::side]
        if side > 2:
            centres = error[half // 2 :: half, half // 2 :: half]
            pairs = np.maximum(centres[:, ::2], centres[:, 1::2])
            _raise(level[:-1], pairs[::2])
            _raise(level[1:], pairs[1::2])
            pairs = np.maximum(centres[::2], centres[1::2])
            _raise(upright[:, :-1], pairs[:, ::2])
            _raise(upright[:, 1:], pairs[:, 1::2])
        centres = error[half::side, half::side]
        for middles in (level[:-1], level[1:], upright[:, :-1], upright[:, 1:]):
            _raise(centres, middles)
