"""How far the upper side of a mesh is from a heightmap, at every node of it.

All triangles but upright ones and those of the floor are drawn into the grid of nodes: each
is cut along the grid's rows, each cut is filled from node to node with the triangle's own
plane. Nodes on the edge of a triangle belong to it. Where several lie above each other, the
highest counts; which way a triangle faces does not, so a solid that is inside out can be
measured as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CHUNK = 1 << 18
# Of a node's distance. Vertices that are meant to lie on a node do so after rounding to 32
# bits only about; beyond that, they are put onto it.
SNAP = 2e-3
ON_EDGE = 1e-6
# Twice the area over the plate, in squares between nodes.
UPRIGHT = 1e-9


@dataclass(frozen=True)
class Grid:
    """Where the nodes lie.

    Attributes:
        columns, rows: how many there are.
        left, back: of the first column and row; right, front: of the last, mm.
    """

    columns: int
    rows: int
    left: float
    right: float
    back: float
    front: float


def upper_side(corners: np.ndarray, grid: Grid) -> np.ndarray:
    """Greatest height of the mesh over each node.

    Args:
        corners: (n, 3, 3) float32 corners of the whole mesh.

    Returns:
        (rows, columns) float64, row 0 at the back; -inf where there is no mesh.
    """
    floor = corners[..., 2].min()
    top = np.full(grid.rows * grid.columns, -np.inf)
    for start in range(0, len(corners), CHUNK):
        part = corners[start : start + CHUNK].astype(float)
        x = (part[:, :, 0] - grid.left) * ((grid.columns - 1) / (grid.right - grid.left))
        y = (part[:, :, 1] - grid.back) * ((grid.rows - 1) / (grid.front - grid.back))
        x, y, z = _snapped(x), _snapped(y), part[:, :, 2]
        double_area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0])
        double_area -= (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
        drawn = (np.abs(double_area) > UPRIGHT) & (z.max(axis=1) > floor)
        _fill(top, grid, x[drawn], y[drawn], z[drawn], double_area[drawn])
    return top.reshape(grid.rows, grid.columns)


def _snapped(values: np.ndarray) -> np.ndarray:
    nearest = np.rint(values)
    return np.where(np.abs(values - nearest) < SNAP, nearest, values)


def _fill(
    top: np.ndarray,
    grid: Grid,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    double_area: np.ndarray,
) -> None:
    """Draw triangles, (n, 3) coordinates each in columns, rows and mm."""
    first = np.maximum(np.ceil(y.min(axis=1) - ON_EDGE), 0).astype(np.int64)
    last = np.minimum(np.floor(y.max(axis=1) + ON_EDGE), grid.rows - 1).astype(np.int64)
    of, row = _spread(first, last)
    if not len(of):
        return
    low, high = _cut(x[of], y[of], row)
    first = np.maximum(np.ceil(low - ON_EDGE), 0).astype(np.int64)
    last = np.minimum(np.floor(high + ON_EDGE), grid.columns - 1).astype(np.int64)
    cut, column = _spread(first, last)
    of, row = of[cut], row[cut]

    x0, y0, z0 = x[:, 0], y[:, 0], z[:, 0]
    dx, dy, dz = ((v[:, 1:] - v[:, :1]).T for v in (x, y, z))
    along_x = (dz[0] * dy[1] - dz[1] * dy[0]) / double_area
    along_y = (dz[1] * dx[0] - dz[0] * dx[1]) / double_area
    height = z0[of] + along_x[of] * (column - x0[of]) + along_y[of] * (row - y0[of])
    # A hair outside a steep triangle its plane would go on.
    np.clip(height, z.min(axis=1)[of], z.max(axis=1)[of], out=height)
    np.maximum.at(top, row * grid.columns + column, height)


def _spread(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All whole numbers of many ranges: which range each comes from, and the number."""
    counts = np.maximum(last - first + 1, 0)
    of = np.repeat(np.arange(len(counts)), counts)
    start = np.cumsum(counts) - counts
    return of, np.arange(len(of)) - start[of] + first[of]


def _cut(x: np.ndarray, y: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where rows enter and leave triangles, in columns."""
    low = np.full(len(row), np.inf)
    high = np.full(len(row), -np.inf)
    for a in range(3):
        b = (a + 1) % 3
        rise = y[:, b] - y[:, a]
        level = rise == 0
        share = (row - y[:, a]) / np.where(level, 1, rise)
        crosses = ~level & (share >= -ON_EDGE) & (share <= 1 + ON_EDGE)
        place = x[:, a] + np.clip(share, 0, 1) * (x[:, b] - x[:, a])
        low = np.where(crosses, np.minimum(low, place), low)
        high = np.where(crosses, np.maximum(high, place), high)
    return np.where(np.isfinite(low), low, 1), np.where(np.isfinite(high), high, 0)
