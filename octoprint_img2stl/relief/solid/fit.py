"""Fewer triangles at the same greatest error: vertices may leave the heightmap a little.

A plane through points of a curved surface lies on one side of it. Moved by half of its
greatest distance it errs half as much, so triangles may be larger. `fit` starts with the
vertices that a larger error allows, moves each towards the middle of the errors around
it, at most as far as the error that is allowed, and then splits what is still too far
off, until no node is: the bound is strict. Photos take about a fifth fewer triangles.

Each node is the middle of the hypotenuse of one pair of triangles. Top-down, the mean of
its ends is therefore the height of the mesh wherever a node is no vertex; bottom-up, a
node's error concerns both ends, and in the end all three corners of its triangle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .error_map import SIDES, TILE, Grid
from .hierarchy import close

# How much larger the error may be at first, where vertices are rare and where every
# `OFTEN`-th node is one: the fewer, the more it takes to split them again.
START, MOST_START, OFTEN = 1.15, 1.38, 0.3
# How far vertices go towards the middle.
STEPS = (0.8, 0.7)
# A little less than asked for, to be on the safe side of rounding.
STRICT = 1 - 1e-4
# Where nearly every node is a vertex, nothing can be won.
DENSE = 0.8
# Where fewer tiles are concerned, one does not look at whole rows of them.
SPARSE = 0.25
BATCH = 128


@dataclass(frozen=True, eq=False)
class Fitted:
    """The vertices of a mesh and their heights.

    Attributes:
        active: bool, shaped like `grid.z`: which nodes besides the tiles' corners.
        offset: int8, shaped like `grid.z`, by how many `unit` mm each vertex leaves the
            heightmap; None for not at all.
        unit: mm.
        low, high: what vertices may not leave: the heightmap's own range.
        max_error: greatest distance of the mesh from the heightmap, over all nodes.
    """

    grid: Grid
    active: np.ndarray
    offset: np.ndarray | None
    unit: float
    low: float
    high: float
    max_error: float

    def heights(self, nodes: np.ndarray) -> np.ndarray:
        """float32 heights of vertices, given as indices into the raveled grid."""
        z = self.grid.z.take(nodes)
        if self.offset is None:
            return z
        return _moved(z, self.offset.take(nodes), self.unit, self.low, self.high)


def _moved(
    z: np.ndarray, offset: np.ndarray, unit: float, low: float, high: float
) -> np.ndarray:
    moved = offset * np.float32(unit)
    moved += z
    return np.clip(moved, low, high, out=moved)


def exact(grid: Grid, active: np.ndarray, max_error: float) -> Fitted:
    """Vertices that all lie on the heightmap."""
    return Fitted(grid, active, None, 0.0, 0.0, 0.0, max_error)


def start(share: float) -> float:
    """By how much the error may be larger at first.

    Args:
        share: of the nodes that are vertices of the mesh that is on the heightmap.
    """
    return START + (MOST_START - START) * min(1.0, share / OFTEN)


def fit(
    grid: Grid,
    active: np.ndarray,
    tolerance: float,
    *,
    outside: np.ndarray | None = None,
    strict: bool = True,
) -> Fitted:
    """Move vertices towards the middle of the errors around them.

    Args:
        grid: the heightmap.
        active: bool, its vertices so far; with `strict`, split ones are added in place.
        tolerance: the greatest error and the furthest a vertex may move, mm.
        outside: bool, nodes that do not count.
        strict: split where the error would be above the tolerance.
    """
    work = _Work(grid, active, tolerance * STRICT, outside)
    for step in STEPS:
        work.move(step)
    worst = work.split() if strict else work.worst_of_tiles()
    return Fitted(
        grid,
        active,
        work.offset,
        work.unit,
        work.low,
        work.high,
        float(worst.max(initial=0.0)),
    )


class _Work:
    """The passes over a grid, a row of tiles at a time, so that it stays in the cache."""

    def __init__(
        self,
        grid: Grid,
        active: np.ndarray,
        tolerance: float,
        outside: np.ndarray | None,
    ) -> None:
        self.grid, self.active, self.tolerance = grid, active, tolerance
        # 127 of them stay below the tolerance whatever rounding does.
        self.unit = tolerance / 128
        self.offset = np.zeros(grid.z.shape, np.int8)
        self._outside = outside
        counted = grid.z[: grid.last_row + 1, : grid.last_column + 1]
        there = True
        if outside is not None:
            there = ~outside[: grid.last_row + 1, : grid.last_column + 1]
        self.low = float(np.min(counted, where=there, initial=np.inf))
        self.high = float(np.max(counted, where=there, initial=-np.inf))
        # Vertices for the sake of the thickness, see `error_map`: they stay.
        self._extremes = tuple(
            np.unravel_index(((counted == height) & there).argmax(), counted.shape)
            for height in (self.low, self.high)
        )
        self._main = np.arange((grid.z.shape[1] - 1) // TILE) % 2 == 0

    def _strip(self, top: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Heights of the vertices, errors of the mesh, what is no vertex: (33, columns)."""
        rows = np.s_[top : top + TILE + 1]
        z = self.grid.z[rows]
        inactive = ~self.active[rows]
        inactive[::TILE, ::TILE] = False
        heights = _moved(z, self.offset[rows], self.unit, self.low, self.high)
        mesh = heights.copy()
        _interpolate(mesh, inactive, self._main)
        np.subtract(z, mesh, out=mesh)
        return heights, mesh, inactive

    def _left_out(self, top: int) -> np.ndarray | None:
        """bool, nodes of a strip that do not count, or None."""
        beyond = top + TILE > self.grid.last_row or (
            self.grid.z.shape[1] - 1 > self.grid.last_column
        )
        if self._outside is None and not beyond:
            return None
        left_out = np.zeros((TILE + 1, self.grid.z.shape[1]), bool)
        if self._outside is not None:
            left_out |= self._outside[top : top + TILE + 1]
        left_out[max(0, self.grid.last_row + 1 - top) :] = True
        left_out[:, self.grid.last_column + 1 :] = True
        return left_out

    def move(self, step: float) -> None:
        """One round: each vertex by `step` of the way to the middle of its errors."""
        carried = None
        tops = range(0, self.grid.z.shape[0] - 1, TILE)
        for top in tops:
            heights, error, inactive = self._strip(top)
            # Greatest error, and greatest error downwards.
            reach = np.stack([error, -error])
            left_out = self._left_out(top)
            if left_out is not None:
                reach[:, left_out] = -np.inf
            _gather(reach, inactive, self._main)
            if carried is not None:
                np.maximum(reach[:, 0], carried, out=reach[:, 0])
            carried = reach[:, TILE].copy()
            count = TILE + (top == tops[-1])
            rows = np.s_[top : top + count]
            with np.errstate(invalid="ignore"):  # -inf on both sides, where left out
                middle = reach[0, :count] - reach[1, :count]
            middle *= 0.5 * step
            target = heights[:count]
            target += middle
            np.clip(target, self.low, self.high, out=target)
            target -= self.grid.z[rows]
            target *= 1 / self.unit
            np.clip(target, -127, 127, out=target)
            np.rint(target, out=target)
            target[inactive[:count]] = 0
            if left_out is not None:
                target[left_out[:count]] = 0
            self.offset[rows] = target
        for node in self._extremes:
            self.offset[node] = 0

    def worst_of_tiles(self) -> np.ndarray:
        """(tile rows, tile columns) greatest error of any node in or on each tile."""
        tops = range(0, self.grid.z.shape[0] - 1, TILE)
        return np.array([_of_tiles(self._errors(top)[0]) for top in tops])

    def split(self) -> np.ndarray:
        """Split triangles until no node errs more than the tolerance.

        Returns:
            (tile rows, tile columns) greatest errors in or on each tile.
        """
        worst = np.zeros([count // TILE for count in self.grid.z.shape])
        tiles = np.argwhere(worst == 0)
        while len(tiles):
            if len(tiles) > SPARSE * worst.size:
                bad, new = self._look_at_rows(np.unique(tiles[:, 0]), worst)
            else:
                bad, new = self._look_at_tiles(tiles, worst)
            if not len(bad):
                break
            if not len(new):
                raise AssertionError("an error that no split can mend")
            close(self.active, new)
            tiles = self._tiles_at(np.concatenate([new, bad]))
        return worst

    def _errors(self, top: int) -> tuple[np.ndarray, np.ndarray]:
        """Absolute errors of a strip, and what is no vertex of it."""
        _, error, inactive = self._strip(top)
        np.abs(error, out=error)
        left_out = self._left_out(top)
        if left_out is not None:
            error[left_out] = 0
        return error, inactive

    def _look_at_rows(
        self, rows: np.ndarray, worst: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The nodes beyond the tolerance, and the vertices that split their triangles.

        Args:
            rows: of tiles, indices.
            worst: greatest errors of all tiles, made up to date for these.
        """
        bad, new = [], []
        stride = self.grid.z.shape[1]
        for row in rows.tolist():
            error, inactive = self._errors(row * TILE)
            worst[row] = _of_tiles(error)
            wrong = error > self.tolerance
            first = row * TILE * stride
            bad.append(first + np.flatnonzero(wrong))
            new.append(first + np.flatnonzero(_splitting(wrong, ~inactive, inactive)))
        return np.concatenate(bad), np.concatenate(new)

    def _look_at_tiles(
        self, tiles: np.ndarray, worst: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same for (k, 2) tiles here and there."""
        bad, new = [], []
        stride = self.grid.z.shape[1]
        for start in range(0, len(tiles), BATCH):
            part = tiles[start : start + BATCH]
            # Tiles along the last axis: the loops inside numpy are long ones then.
            z, offset, active = (
                np.ascontiguousarray(
                    _tiles(array)[part[:, 0], part[:, 1]].transpose(1, 2, 0)
                )
                for array in (self.grid.z, self.offset, self.active)
            )
            active[::TILE, ::TILE] = True
            inactive = ~active
            error = _moved(z, offset, self.unit, self.low, self.high)
            _interpolate(error, inactive, part[:, 1] % 2 == 0)
            error -= z
            np.abs(error, out=error)
            rows = part[:, 0] * TILE + np.arange(TILE + 1)[:, None]
            columns = part[:, 1] * TILE + np.arange(TILE + 1)[:, None]
            if (rows > self.grid.last_row).any():
                error.transpose(0, 2, 1)[rows > self.grid.last_row] = 0
            if (columns > self.grid.last_column).any():
                error.transpose(1, 2, 0)[columns > self.grid.last_column] = 0
            if self._outside is not None:
                left_out = _tiles(self._outside)[part[:, 0], part[:, 1]]
                error[left_out.transpose(1, 2, 0)] = 0
            worst[part[:, 0], part[:, 1]] = error.max(axis=(0, 1))
            wrong = error > self.tolerance
            for nodes, found in (
                (bad, wrong),
                (new, _splitting(wrong, active, inactive)),
            ):
                i, j, k = np.nonzero(found)
                nodes.append(rows[i, k] * stride + columns[j, k])
        return np.concatenate(bad), np.concatenate(new)

    def _tiles_at(self, nodes: np.ndarray) -> np.ndarray:
        """(k, 2) tiles that hold any of the nodes, or have one on their edge."""
        tiles = np.array(self.grid.z.shape) // TILE
        row, column = np.divmod(nodes, self.grid.z.shape[1])
        marked = np.zeros(tiles + 1, bool)
        for i in (row // TILE, (row - 1) // TILE):
            for j in (column // TILE, (column - 1) // TILE):
                marked[i, j] = True  # -1 is the spare last one
        return np.argwhere(marked[:-1, :-1])


def _tiles(array: np.ndarray) -> np.ndarray:
    """View of a grid as (tile rows, tile columns, 33, 33), edges shared."""
    rows, columns = (count // TILE for count in array.shape)
    down, across = array.strides
    return np.lib.stride_tricks.as_strided(
        array,
        (rows, columns, TILE + 1, TILE + 1),
        (TILE * down, TILE * across, down, across),
        writeable=False,
    )


def _of_tiles(error: np.ndarray) -> np.ndarray:
    """Greatest values in or on each tile of a (33, 32 n + 1) strip."""
    columns = error.max(axis=0)
    inner = columns[:-1].reshape(-1, TILE).max(axis=1)
    return np.maximum(inner, columns[TILE::TILE])


def _splitting(wrong: np.ndarray, active: np.ndarray, inactive: np.ndarray) -> np.ndarray:
    """The vertices that split the triangles in which nodes are wrong.

    Args:
        wrong: bool (33, 32 n + 1, ...).
        active, inactive: bool, the same shape: what is a vertex already, and what is not.
    """
    needed = wrong & inactive
    for side in SIDES:
        half = side // 2
        level, upright = needed[::side, half::side], needed[half::side, ::side]
        if side > 2:
            inner = needed[half // 2 :: half, half // 2 :: half]
            pairs = inner[:, ::2] | inner[:, 1::2]
            level[:-1] |= pairs[::2]
            level[1:] |= pairs[1::2]
            pairs = inner[::2] | inner[1::2]
            upright[:, :-1] |= pairs[:, ::2]
            upright[:, 1:] |= pairs[:, 1::2]
        centre = needed[half::side, half::side]
        for middles in (level[:-1], level[1:], upright[:, :-1], upright[:, 1:]):
            centre |= middles
    needed &= inactive
    # Of those, the ones whose parents in the tile are there already.
    for side in SIDES:
        half = side // 2
        centres = active[half::side, half::side]
        level, upright = needed[::side, half::side], needed[half::side, ::side]
        level[:-1] &= centres
        level[1:] &= centres
        upright[:, :-1] &= centres
        upright[:, 1:] &= centres
        if side < TILE:
            level = active[:: 2 * side, side :: 2 * side]
            upright = active[side :: 2 * side, :: 2 * side]
            inner = needed[half::side, half::side]
            for place in (0, 1):
                inner[::2, place::2] &= level[:-1]
                inner[1::2, place::2] &= level[1:]
                inner[place::2, ::2] &= upright[:, :-1]
                inner[place::2, 1::2] &= upright[:, 1:]
    return needed


def _quarters() -> list[tuple[tuple, bool]]:
    """Which squares of one side have the main diagonal: every other, as a chessboard."""
    return [
        ((slice(row, None, 2), slice(column, None, 2)), row == column)
        for row in (0, 1)
        for column in (0, 1)
    ]


def _interpolate(mesh: np.ndarray, inactive: np.ndarray, main: np.ndarray) -> None:
    """Give what is no vertex the height of its triangle, in place.

    Args:
        mesh: (33, 32 n + 1, ...) heights of the vertices.
        inactive: bool, the same shape.
        main: bool, which tiles' own diagonal runs from upper left to lower right.
    """
    for side in reversed(SIDES):
        half = side // 2
        corners = mesh[::side, ::side]
        upper_left, upper_right = corners[:-1, :-1], corners[:-1, 1:]
        lower_left, lower_right = corners[1:, :-1], corners[1:, 1:]
        centre = mesh[half::side, half::side]
        free = inactive[half::side, half::side]
        if side == TILE:
            mean = np.where(main, upper_left + lower_right, upper_right + lower_left)
            mean *= 0.5
            np.copyto(centre, mean, where=free)
        else:
            for part, is_main in _quarters():
                if is_main:
                    mean = upper_left[part] + lower_right[part]
                else:
                    mean = upper_right[part] + lower_left[part]
                mean *= 0.5
                np.copyto(centre[part], mean, where=free[part])
        for here, first, second in (
            (np.s_[::side, half::side], corners[:, :-1], corners[:, 1:]),
            (np.s_[half::side, ::side], corners[:-1], corners[1:]),
        ):
            mean = first + second
            mean *= 0.5
            np.copyto(mesh[here], mean, where=inactive[here])


def _gather(reach: np.ndarray, inactive: np.ndarray, main: np.ndarray) -> None:
    """Raise each vertex to the greatest value in the triangles around it, in place.

    Args:
        reach: (2, 33, 32 n + 1).
        inactive: bool (33, 32 n + 1).
        main: as in `_interpolate`.
    """
    lowest = np.float32(-np.inf)
    for side in SIDES:
        half = side // 2
        corners = reach[:, ::side, ::side]
        for here in (np.s_[::side, half::side], np.s_[half::side, ::side]):
            values = np.where(inactive[here], reach[(slice(None), *here)], lowest)
            if here[0].start is None:
                ends = corners[:, :, :-1], corners[:, :, 1:]
            else:
                ends = corners[:, :-1], corners[:, 1:]
            for end in ends:
                np.maximum(end, values, out=end)
        here = np.s_[half::side, half::side]
        values = np.where(inactive[here], reach[(slice(None), *here)], lowest)
        upper_left, upper_right = corners[:, :-1, :-1], corners[:, :-1, 1:]
        lower_left, lower_right = corners[:, 1:, :-1], corners[:, 1:, 1:]
        if side == TILE:
            along = np.where(main, values, lowest)
            against = np.where(main, lowest, values)
            for end, value in (
                (upper_left, along),
                (lower_right, along),
                (upper_right, against),
                (lower_left, against),
            ):
                np.maximum(end, value, out=end)
            continue
        for part, is_main in _quarters():
            part = (slice(None), *part)
            ends = (upper_left, lower_right) if is_main else (upper_right, lower_left)
            for end in ends:
                np.maximum(end[part], values[part], out=end[part])
