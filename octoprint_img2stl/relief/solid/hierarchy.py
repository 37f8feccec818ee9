"""Which vertex needs which: the order in which right triangles are split.

See `error_map` for the hierarchy. A vertex splits one or two triangles; these exist once
its parents, two other vertices (one at an edge of the grid), are there. Nodes are indices
into a raveled grid of `stride` columns.
"""

from __future__ import annotations

import numpy as np

from .error_map import TILE, Grid, force_border

NONE = -1


def parents(nodes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The (n, 2) vertices that must be there before each node can be one; -1 for none.

    Args:
        nodes: (n,) indices into the raveled grid.
        shape: (rows, columns) of the padded grid.
    """
    stride = shape[1]
    row, column = np.divmod(nodes.astype(np.int64), stride)
    # The lowest set bit; a multiple of TILE counts as one.
    row_bit = (row | TILE) & -(row | TILE)
    column_bit = (column | TILE) & -(column | TILE)
    half = np.minimum(row_bit, column_bit)
    found = np.full((len(nodes), 2), NONE, np.int64)

    # The middle of a level or upright side of a square: the centres beside it.
    level = column_bit < row_bit
    upright = row_bit < column_bit
    for chosen, along, across, last in (
        (level, column, row, shape[0] - 1),
        (upright, row, column, shape[1] - 1),
    ):
        for place, sign in enumerate((-1, 1)):
            beside = across + sign * half
            there = chosen & (beside >= 0) & (beside <= last)
            if chosen is level:
                node = beside * stride + along
            else:
                node = along * stride + beside
            found[there, place] = node[there]

    # A square's centre: two side middles of the square of double side around it.
    centre = (row_bit == column_bit) & (half < TILE // 2)
    side = 2 * half
    top, left = row // (2 * side) * (2 * side), column // (2 * side) * (2 * side)
    near_row = top + 2 * side * (row > top + side)
    near_column = left + 2 * side * (column > left + side)
    found[centre, 0] = (near_row * stride + left + side)[centre]
    found[centre, 1] = ((top + side) * stride + near_column)[centre]
    return found


def close(active: np.ndarray, nodes: np.ndarray) -> None:
    """Make nodes vertices, and all that must be there before them, in place.

    Args:
        active: bool, shaped like the padded grid.
        nodes: indices of any nodes but tiles' corners.
    """
    flat = active.reshape(-1)
    new = nodes[~flat[nodes]]
    while len(new):
        flat[new] = True
        needed = parents(new, active.shape).ravel()
        needed = needed[needed != NONE]
        new = np.unique(needed[~flat[needed]])


def coarsest(grid: Grid, forced: np.ndarray) -> np.ndarray:
    """Vertices of a side without heights: as few as its edges and forced nodes allow.

    A tile at an edge of the grid is split at its centre, so that none of its triangles
    has two sides on the edges.

    Args:
        grid: its heights do not count.
        forced: indices of nodes that must be vertices.

    Returns:
        bool, shaped like the padded grid.
    """
    active = np.zeros(grid.z.shape, bool)
    half = TILE // 2
    rows, columns = grid.last_row, grid.last_column
    stride = grid.z.shape[1]
    wanted = [forced]
    across = np.arange(half, grid.z.shape[1], TILE)
    down = np.arange(half, grid.z.shape[0], TILE)
    for row in (half, (rows - 1) // TILE * TILE + half):
        wanted.append(row * stride + across)
    for column in (half, (columns - 1) // TILE * TILE + half):
        wanted.append(down * stride + column)
    # The last row and column as lines of edges.
    for line, place, first, step in (
        (np.zeros(grid.z.shape[0]), columns, columns, stride),
        (np.zeros(stride), rows, rows * stride, 1),
    ):
        force_border(line, place)
        wanted.append(first + np.flatnonzero(line) * step)
    nodes = np.concatenate(wanted)
    row, column = np.divmod(nodes, stride)
    close(active, nodes[(row % TILE != 0) | (column % TILE != 0)])
    active[::TILE, ::TILE] = False
    return active
