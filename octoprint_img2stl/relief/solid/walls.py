"""Upright walls: between regions of a side, along an outline, at the edges of the grid.

All take (n, 3) points (u, v, h) and give (m, 3, 3) triangles. Some have no area, where
two heights are the same; they are dropped once their corners are rounded, and since both
of their long sides then are the same edge, nothing opens.
"""

from __future__ import annotations

import numpy as np


def lifted(places: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """(n, 3) points from (n, 2) places and (n,) heights."""
    return np.concatenate([places, heights[:, None]], axis=1)


def walls(
    start: np.ndarray,
    end: np.ndarray,
    top: tuple[np.ndarray, np.ndarray],
    bottom: tuple[np.ndarray, np.ndarray],
    middles: tuple[list[np.ndarray], list[np.ndarray]] = ([], []),
) -> np.ndarray:
    """Walls that face to the left of the way from start to end, seen from above.

    Args:
        start, end: (n, 2) u, v.
        top, bottom: heights at start and at end, (n,) each. Top may be below bottom: the
            wall then faces the other way.
        middles: heights at start and at end at which other walls end on this one, used
            where they lie between top and bottom; NaN for none.
    """
    starts = _upright(start, top[0], bottom[0], middles[0])
    ends = _upright(end, top[1], bottom[1], middles[1])
    found = [
        np.stack([starts[0], here, below], axis=1)
        for here, below in zip(ends, ends[1:], strict=False)
    ]
    found += [
        np.stack([here, ends[-1], below], axis=1)
        for here, below in zip(starts, starts[1:], strict=False)
    ]
    return np.concatenate(found)


def _upright(
    place: np.ndarray, top: np.ndarray, bottom: np.ndarray, middles: list[np.ndarray]
) -> list[np.ndarray]:
    """Points from the top to the bottom of one upright edge; some may be the same."""
    low, high = np.minimum(top, bottom), np.maximum(top, bottom)
    between = [
        np.where((middle > low) & (middle < high), middle, bottom) for middle in middles
    ]
    if len(between) > 1:
        falling = np.sort(between, axis=0)
        between = list(np.where(top >= bottom, falling[::-1], falling))
    return [lifted(place, heights) for heights in (top, *between, bottom)]
