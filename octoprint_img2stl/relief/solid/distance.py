"""How far each node of a grid is from a line between its nodes: the distance transform.

The line is where a *level* (positive inside) is zero, linearly interpolated along the
edges of the grid and straight across its cells (marching squares), so that the soft rim
of an antialiased mask gives a smooth outline between the nodes.

Each node next to the line, or one further, gets the exact nearest point of the line in the
cells there. Four sweeps then hand these points on from node to node (vector propagation:
Danielsson, Computer Graphics and Image Processing 14, 1980; the sweeps by quarters of
Mullikin's vector distance transform, CVGIP 54, 1992). They work on whole rows at once.
"""

from __future__ import annotations

from itertools import product

import numpy as np

# Farther than any grid reaches, and its square still a 32-bit float.
NOWHERE = np.float32(1e12)


def signed_distance(level: np.ndarray, pitch: tuple[float, float]) -> np.ndarray:
    """Distance from the zero line of `level`, positive inside.

    Within 0.15 of the pitch, within a pitch of a straight line to a hundredth of that.

    Args:
        level: (H, W) bool, or numbers that are positive inside and cross zero on the
            line, e.g. coverage - 0.5, or a distance to be made even again after an
            offset. All finite.
        pitch: mm from column to column, from row to row.

    Returns:
        (H, W) float32, mm. Without any line: the grid's diagonal, with its sign.
    """
    level = _as_level(level)
    inside = level > 0
    closest = nearest_points(level, pitch)
    rows, columns = level.shape
    if closest is None:
        diagonal = np.hypot(columns * pitch[0], rows * pitch[1])
        return np.where(inside, diagonal, -diagonal).astype(np.float32)
    x, y = _axes(level.shape, pitch)
    across, down = closest[:, 0], closest[:, 1]
    across -= x
    down -= y[:, None]
    distance = np.hypot(across, down)
    np.negative(distance, out=distance, where=~inside)
    return distance


def nearest_points(level: np.ndarray, pitch: tuple[float, float]) -> np.ndarray | None:
    """The point of the zero line nearest to each node.

    Args:
        level, pitch: as for `signed_distance`.

    Returns:
        (H, 2, W) float32: x and y in mm from the node of row 0, column 0, y along the
        rows' indices; None without any line.
    """
    level = _as_level(level)
    closest = _seeded(level, pitch)
    if closest is None:
        return None
    x, y = _axes(level.shape, pitch)
    _sweep(closest, x, y, along=0)
    turned = np.ascontiguousarray(closest.transpose(2, 1, 0))
    _sweep(turned, y, x, along=1)
    return np.ascontiguousarray(turned.transpose(2, 1, 0))


def _as_level(level: np.ndarray) -> np.ndarray:
    if level.dtype == bool:
        return level.astype(np.float32) - np.float32(0.5)
    return level


def _axes(
    shape: tuple[int, int], pitch: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    return tuple(
        np.arange(count, dtype=np.float32) * np.float32(step)
        for count, step in zip(shape[::-1], pitch, strict=True)
    )


def _sweep(closest: np.ndarray, x: np.ndarray, y: np.ndarray, along: int) -> None:
    """Offer each row the points of the row before it, straight and diagonally, both ways.

    Args:
        closest: (rows, 2, columns), changed in place.
        x, y: places of the columns and of the rows.
        along: which of the two coordinates runs along the columns.
    """
    rows, _, columns = closest.shape
    here = np.empty((2, columns), np.float32)
    here[along] = x
    shifts = (
        (slice(None), slice(None)),
        (slice(None, -1), slice(1, None)),
        (slice(1, None), slice(None, -1)),
    )

    def squared(points: np.ndarray, to: np.ndarray) -> np.ndarray:
        apart = points - to
        apart *= apart
        return apart[0] + apart[1]

    for step, order in ((1, range(1, rows)), (-1, range(rows - 2, -1, -1))):
        for row in order:
            here[1 - along] = y[row]
            own, before = closest[row], closest[row - step]
            best = squared(own, here)
            for source, target in shifts:
                offered = before[:, source]
                apart = squared(offered, here[:, target])
                nearer = apart < best[target]
                np.copyto(own[:, target], offered, where=nearer)
                np.copyto(best[target], apart, where=nearer)


def _seeded(level: np.ndarray, pitch: tuple[float, float]) -> np.ndarray | None:
    """(H, 2, W) float32: for the nodes of and next to each cell that the line crosses the
    nearest point in it, `NOWHERE` for all others; None without any line."""
    inside = level > 0
    corners = inside[:-1, :-1], inside[:-1, 1:], inside[1:, 1:], inside[1:, :-1]
    some = corners[0] | corners[1] | corners[2] | corners[3]
    every = corners[0] & corners[1] & corners[2] & corners[3]
    row, column = np.nonzero(some & ~every)
    if not len(row):
        return None
    # Corners clockwise from the upper left; edge k runs from corner k to the next one.
    rows = row + np.array([[0], [0], [1], [1]])
    columns = column + np.array([[0], [1], [1], [0]])
    values = level[rows, columns].astype(np.float64)
    following = np.roll(values, -1, axis=0)
    crossed = (values > 0) != (following > 0)
    share = np.divide(
        values, values - following, out=np.zeros_like(values), where=crossed
    )
    x = (columns + share * (np.roll(columns, -1, axis=0) - columns)) * pitch[0]
    y = (rows + share * (np.roll(rows, -1, axis=0) - rows)) * pitch[1]

    # One node of room on all sides, for the neighbours of cells at the edge.
    closest = np.full((level.shape[0] + 2, 2, level.shape[1] + 2), NOWHERE, np.float32)
    for cells, first, second in _segments(values, crossed):
        start = np.stack([x[first, cells], y[first, cells]])
        end = np.stack([x[second, cells], y[second, cells]])
        for i, j in product(range(-1, 3), repeat=2):
            at = row[cells] + i, column[cells] + j
            node = np.stack([at[1] * pitch[0], at[0] * pitch[1]])
            at = at[0] + 1, at[1] + 1
            _offer(closest, at, node, _nearest_on(start, end, node))
    return np.ascontiguousarray(closest[1:-1, :, 1:-1])


def _segments(
    values: np.ndarray, crossed: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Pieces of the line: cells (m,) and the two edges that each piece connects.

    No cell is twice in one entry. In a saddle, where all four edges are crossed, the mean
    of the corners decides which two of them are connected.
    """
    simple = np.flatnonzero(crossed.sum(axis=0) == 2)
    order = np.argsort(~crossed[:, simple], axis=0, kind="stable")
    pieces = [(simple, order[0], order[1])]
    saddle = np.flatnonzero(crossed.all(axis=0))
    if len(saddle):
        joined = (values[0, saddle] > 0) == (values[:, saddle].mean(axis=0) > 0)
        # Cut off the corners 1 and 3 (edges 0 1 and 2 3), or 0 and 2 (edges 3 0 and 1 2).
        pieces.append((saddle, np.where(joined, 0, 3), np.where(joined, 1, 0)))
        pieces.append((saddle, np.where(joined, 2, 1), np.where(joined, 3, 2)))
    return pieces


def _nearest_on(start: np.ndarray, end: np.ndarray, node: np.ndarray) -> np.ndarray:
    """(2, n) points of the segments from start to end that are nearest to the nodes."""
    run = end - start
    length = (run * run).sum(axis=0)
    share = ((node - start) * run).sum(axis=0) / np.where(length > 0, length, 1)
    return start + np.clip(share, 0, 1) * run


def _offer(
    closest: np.ndarray,
    at: tuple[np.ndarray, np.ndarray],
    node: np.ndarray,
    points: np.ndarray,
) -> None:
    row, column = at
    own = closest[row, :, column].T - node
    apart = points - node
    nearer = (apart * apart).sum(axis=0) < (own * own).sum(axis=0)
    closest[row[nearer], :, column[nearer]] = points[:, nearer].T
