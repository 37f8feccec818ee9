"""Where round things go: as far out as they fit. Needs numpy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..shapes.canvas import Box, middle, size
from ..solid.body import Field
from .extra import WALL

Point = tuple[float, float]

STEP = 0.05


class Spots:
    """The ways from places on a box's rim inwards, and how much room there is on them.

    Each way first goes in from both sides alike, as the diagonal of a corner does, then
    along the longer side to the middle. So a hole in the corner of any rectangle ends as
    far from either side, and every way ends in the middle.
    """

    def __init__(self, room: Field, box: Box, targets: Sequence[Point]) -> None:
        """
        Args:
            room: where the things may lie.
            targets: (-1, -1) for the lower left corner of `box` ... (1, 1).
        """
        (u, v), (width, height) = middle(box), size(box)
        self._ways = []
        for across, up in targets:
            way = _way(across * width / 2, up * height / 2) + (u, v)
            self._ways.append((way, room(way[:, 0].copy(), way[:, 1].copy())))

    def of(self, radius: float) -> list[Point] | None:
        """The centres of things that keep `WALL` to the rim and to each other.

        Returns:
            one (u, v) for each target, None if they do not all fit.
        """
        found: list[Point] = []
        for way, depth in self._ways:
            fitting = np.flatnonzero(depth >= radius + WALL)
            if not len(fitting):
                return None
            u, v = way[fitting[0]]
            if any(math.dist((u, v), other) < 2 * radius + WALL for other in found):
                return None
            found.append((float(u), float(v)))
        return found


def _way(du: float, dv: float) -> np.ndarray:
    """(n, 2) points from (du, dv) to (0, 0), at most `STEP` apart."""
    both = min(abs(du), abs(dv))
    bend = (du - math.copysign(both, du), dv - math.copysign(both, dv))
    legs = [((du, dv), bend), (bend, (0.0, 0.0))]
    return np.concatenate(
        [
            np.linspace(start, end, math.ceil(math.dist(start, end) / STEP) + 1)
            for start, end in legs
        ]
    )
