"""How far plastic must be drawn through the air under a bridge.

As a slicer does, the direction is sought in which the lines are held at both ends and the
longest of them is shortest.
"""

from __future__ import annotations

import math

import numpy as np
from manifold3d import CrossSection

TURNS_DEG = range(0, 180, 22)
HELD = 0.8  # share of the lines' length that must be held at both ends
MOST_LINES = 24


def span(
    over: CrossSection, below: CrossSection, *, pitch: float, anchor: float
) -> float | None:
    """Length of the longest line in the best direction, mm.

    Args:
        over: what has nothing below.
        below: the layer below.
        pitch: distance of the lines, mm.
        anchor: how far beyond its end a line must find the layer below, mm.

    Returns:
        None where no direction holds the lines at both ends: then it is no bridge.
    """
    best = None
    for turn_deg in TURNS_DEG:
        length = _in_direction(
            over.rotate(turn_deg), below.rotate(turn_deg), pitch, anchor
        )
        if length is not None and (best is None or length < best):
            best = length
    return best


def held_direction(
    over: CrossSection, below: CrossSection, *, anchor: float, pitch: float = 1.0
) -> int | None:
    """The direction in which most of it is held at both ends, degrees; None: in none.

    Args:
        over, below, pitch, anchor: as for `span`.
    """
    best, found = 0.0, None
    for turn_deg in TURNS_DEG:
        turned = over.rotate(turn_deg), below.rotate(turn_deg)
        held, total, _ = _lines(*turned, pitch, anchor)
        if total and held / total > best:
            best, found = held / total, turn_deg
    return found


def _in_direction(
    over: CrossSection, below: CrossSection, pitch: float, anchor: float
) -> float | None:
    held, total, longest = _lines(over, below, pitch, anchor)
    return longest if total and held >= HELD * total else None


def _lines(
    over: CrossSection, below: CrossSection, pitch: float, anchor: float
) -> tuple[float, float, float]:
    """Length of the lines along x that are held at both ends, of all, and the longest, mm."""
    _, low, _, high = over.bounds()
    count = min(MOST_LINES, max(3, math.ceil((high - low) / pitch)))
    heights = low + (np.arange(count) + 0.5) * (high - low) / count
    hanging, standing = _crossed(over, heights), _crossed(below, heights)
    held = total = longest = 0.0
    for free, solid in zip(hanging, standing, strict=True):
        for start, end in free:
            length = end - start
            total += length
            if _covers(solid, start - anchor / 2) and _covers(solid, end + anchor / 2):
                held += length
                longest = max(longest, length)
    return held, total, longest


def _crossed(shape: CrossSection, heights: np.ndarray) -> list[np.ndarray]:
    """Per height the stretches of x inside the shape, each (n, 2)."""
    found: list[list[float]] = [[] for _ in heights]
    for loop in shape.to_polygons():
        start, end = loop, np.roll(loop, -1, axis=0)
        across = (start[:, 1] <= heights[:, None]) != (end[:, 1] <= heights[:, None])
        rows, edges = np.nonzero(across)
        one, other = start[edges], end[edges]
        share = (heights[rows] - one[:, 1]) / (other[:, 1] - one[:, 1])
        for row, x in zip(
            rows.tolist(), one[:, 0] + share * (other[:, 0] - one[:, 0]), strict=True
        ):
            found[row].append(float(x))
    return [np.sort(np.array(row)).reshape(-1, 2) for row in found]


def _covers(stretches: np.ndarray, x: float) -> bool:
    return bool(((stretches[:, 0] <= x) & (stretches[:, 1] >= x)).any())
