"""Rows of a file that hold a polygon among other numbers, as PLY and OFF have them."""

from __future__ import annotations

import numpy as np

from .raw import Damaged

SIDES = 2**20  # corners of one polygon that anybody means


def polygons(
    numbers: np.ndarray, counts: np.ndarray, before: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The polygons in rows of numbers: how many corners, those, and the rest of the row.

    Args:
        numbers: all rows in a row, float64.
        counts: (N,) how many each row has.
        before: how many stand before the number of corners.

    Returns:
        (N,) number of corners, int64; all corners, int64; (N,) where in `numbers` the rest
        of each row begins.

    Raises:
        Damaged: a row that is too short, or corners that are no whole numbers.
    """
    if (counts <= before).any():
        raise Damaged("a face without corners")
    starts = np.cumsum(counts) - counts
    sides = numbers[starts + before]
    if not ((sides >= 0) & (sides <= SIDES) & (sides == np.floor(sides))).all():
        raise Damaged("a face whose number of corners is none")
    sides = sides.astype(np.int64)
    if (before + 1 + sides > counts).any():
        raise Damaged("a face with too few corners")
    first = starts + before + 1
    inside = np.repeat(first - (np.cumsum(sides) - sides), sides)
    corners = numbers[inside + np.arange(len(inside))]
    if not ((corners >= -1) & (corners < 2**31) & (corners == np.floor(corners))).all():
        raise Damaged("a face with a corner that is no number of a point")
    return sides, corners.astype(np.int64), first + sides
