"""The triangles of one side, from the coarsest to the finest, a row of tiles at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .error_map import TILE, Grid
from .paint import OUT, Paint

# Triangles at a time: enough that numpy's loops are long, few enough for the cache.
FEW, MANY = 1 << 13, 1 << 15


def triangles(
    grid: Grid, active: np.ndarray | None, paint: Paint
) -> Iterator[np.ndarray]:
    """Triangles of one label within the outline, (n, 3) nodes, counter-clockwise from above.

    Args:
        active: bool, shaped like `grid.z`: vertices besides the tiles' corners; None for
            all nodes.
        paint: the side's regions; triangles of several labels are left out.
    """
    for chunk in _gathered(_all(grid, active)):
        if paint.label is not None:
            labels = paint.label.take(chunk)
            first = labels[:, 0]
            chunk = chunk[
                (first == labels[:, 1]) & (first == labels[:, 2]) & (first != OUT)
            ]
        yield chunk


def _all(grid: Grid, active: np.ndarray | None) -> Iterator[np.ndarray]:
    for top in range(0, grid.last_row, TILE):
        if active is None:
            yield from _finest(grid, top)
            continue
        lefts = np.arange(0, grid.last_column, TILE)
        # Only tiles that reach beyond the grid have triangles on its padding.
        if top + TILE > grid.last_row:
            yield from _split(grid, active, top, lefts, padded=True)
            continue
        whole = lefts + TILE <= grid.last_column
        yield from _split(grid, active, top, lefts[whole], padded=False)
        if not whole.all():
            yield from _split(grid, active, top, lefts[~whole], padded=True)


def _gathered(chunks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The same triangles in chunks of about one size."""
    kept: list[np.ndarray] = []
    count = 0
    for chunk in chunks:
        for start in range(0, len(chunk), MANY):
            part = chunk[start : start + MANY]
            kept.append(part)
            count += len(part)
            if count >= FEW:
                yield np.concatenate(kept) if len(kept) > 1 else part
                kept, count = [], 0
    if kept:
        yield np.concatenate(kept)


def _finest(grid: Grid, top: int) -> Iterator[np.ndarray]:
    """Both triangles of every cell in a row of tiles."""
    stride = grid.z.shape[1]
    for row in range(top, min(top + TILE, grid.last_row)):
        upper_left = row * stride + np.arange(grid.last_column, dtype=np.int32)
        lower_left = upper_left + stride
        # The diagonal joins the two corners whose row and column have an even sum.
        even, odd = np.s_[row % 2 :: 2], np.s_[1 - row % 2 :: 2]
        a, b = upper_left[even], lower_left[even]
        c, d = upper_left[odd], lower_left[odd]
        yield np.concatenate(
            [
                np.stack([a, b + 1, a + 1], axis=1),
                np.stack([a, b, b + 1], axis=1),
                np.stack([c, d, c + 1], axis=1),
                np.stack([d, d + 1, c + 1], axis=1),
            ]
        )


def _split(
    grid: Grid, active: np.ndarray, top: int, lefts: np.ndarray, *, padded: bool
) -> Iterator[np.ndarray]:
    """Triangles of the tiles of a row that begin at the columns `lefts`.

    A triangle is (end, other end, apex) of its hypotenuse; its split gives two of the
    same kind.

    Args:
        padded: whether some may lie beyond the grid, on its padding, and are left out.
    """
    stride = grid.z.shape[1]
    upper_left = top * stride + lefts
    upper_right, lower_left = upper_left + TILE, upper_left + TILE * stride
    lower_right = lower_left + TILE
    # As `error_map` wants it: the diagonal from upper left to lower right in every other.
    main = lefts // TILE % 2 == 0
    ends = (
        np.where(main, upper_left, upper_right),
        np.where(main, lower_right, lower_left),
    )
    apexes = (
        np.where(main, upper_right, lower_right),
        np.where(main, lower_left, upper_left),
    )
    found = np.concatenate(
        [
            np.stack([ends[0], ends[1], apexes[0]], axis=1),
            np.stack([ends[1], ends[0], apexes[1]], axis=1),
        ]
    ).astype(np.int32)
    for _ in range(2 * int(np.log2(TILE))):
        first, second, apex = found.T
        middle = (first + second) // 2
        split = active.take(middle)
        done = found[~split]
        yield _inside(done, grid) if padded else done
        first, second, apex, middle = (
            corner[split] for corner in (first, second, apex, middle)
        )
        found = np.concatenate(
            [
                np.stack([apex, first, middle], axis=1),
                np.stack([second, apex, middle], axis=1),
            ]
        )
    yield _inside(found, grid) if padded else found


def _inside(found: np.ndarray, grid: Grid) -> np.ndarray:
    """Those triangles that lie on the grid, not on its padding."""
    row, column = np.divmod(found, grid.z.shape[1])
    return found[((row <= grid.last_row) & (column <= grid.last_column)).all(axis=1)]
