"""How far a bent surface bulges out of the finest triangles: what no vertex can mend."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from .body import Bend
from .error_map import Grid
from .paint import OUT, STRIP_ROWS, Paint


def finest_sag(bend: Bend, grid: Grid, paint: Paint, pitch: tuple[float, float]) -> float:
    """Greatest distance of the bent picture side from triangles with legs of one node, mm.

    Args:
        pitch: mm per column and mm per row.
    """
    worst, h_max = 0.0, float(grid.z.max())
    across, down = pitch
    u = paint.nodes.u[: grid.last_column] + across / 2
    for top in range(0, grid.last_row, STRIP_ROWS):
        last = min(top + STRIP_ROWS, grid.last_row)
        corners = [
            np.s_[top + row : last + row, column : grid.last_column + column]
            for row in (0, 1)
            for column in (0, 1)
        ]
        rise = np.zeros((last - top, grid.last_column), np.float32)
        for one, other in combinations(corners, 2):
            apart = np.abs(grid.z[one] - grid.z[other])
            if paint.label is not None:
                # Between two regions there is a wall, and outside there is nothing.
                labels = paint.label[one]
                apart[(labels != paint.label[other]) | (labels == OUT)] = 0
            np.maximum(rise, apart, out=rise)
        v = paint.nodes.v[top:last, None] - down / 2
        worst = max(worst, float(bend.sag_at(u, v, across, down, h_max, rise).max()))
    return worst
