"""The edges of the grid where they are edges of the body: chains of corners, their walls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cut import Cuts, Pieces
from .error_map import TILE, Grid
from .paint import Paint
from .walls import walls


@dataclass(frozen=True, eq=False)
class Line:
    """One edge of the grid: the nodes along it, clockwise seen from above.

    Attributes:
        nodes: (n,) indices into the raveled grid, every node of the edge.
    """

    nodes: np.ndarray


def lines(grid: Grid, paint: Paint, wraps: bool) -> list[Line]:
    """The edges of the grid that are edges of the body.

    Raises:
        ValueError: an edge that lies within the outline in part only.
    """
    stride = grid.z.shape[1]
    across = np.arange(grid.last_column + 1)
    down = np.arange(grid.last_row + 1)
    every = [across, grid.last_row * stride + across[::-1]]
    if not wraps:
        every += [down * stride + grid.last_column, down[::-1] * stride]
    outside = paint.outside
    found = []
    for nodes in every:
        if outside is not None:
            out = outside.ravel()[nodes]
            if out.all():
                continue
            if out.any():
                raise ValueError("an outline crosses the edge of its grid")
        found.append(Line(nodes))
    return found


@dataclass(frozen=True, eq=False)
class Chain:
    """The corners of the picture side along one edge, and what stands on each stretch.

    Attributes:
        line: the edge.
        at: (n + 1,) places along the line, in nodes, a cut halfway between its two.
        places: (n + 1, 2) u, v of the corners.
        first, second: (n,) nodes whose heights hold at either end of each stretch.
    """

    line: Line
    at: np.ndarray
    places: np.ndarray
    first: np.ndarray
    second: np.ndarray


def chain(
    line: Line, active: np.ndarray | None, sides: list[tuple[Paint, Cuts | None]]
) -> Chain:
    """The corners along an edge: its vertices, and cuts between regions.

    Args:
        active: bool, which nodes are vertices besides the tiles' corners; None for all.
        sides: both sides of the body with their cuts. Where both have one between the
            same two nodes, it must be the same one.
    """
    nodes, spots = line.nodes, sides[0][0].nodes
    if active is None:
        vertex = np.ones(len(nodes), bool)
    else:
        row, column = np.divmod(nodes, len(spots.u))
        vertex = active.ravel()[nodes] | ((row % TILE == 0) & (column % TILE == 0))
    at = np.flatnonzero(vertex)
    kept = nodes[at]
    places = np.stack(spots.places(kept), axis=1)
    found: dict[int, np.ndarray] = {}
    for side, cuts in sides:
        if side.label is None or cuts is None:
            continue
        labels = side.label.ravel()[kept]
        change = np.flatnonzero(labels[1:] != labels[:-1])
        cut = cuts.at(np.stack([kept[change], kept[change + 1]], axis=1))
        found = {**dict(zip(change.tolist(), cut, strict=True)), **found}
    if not found:
        return Chain(line, at, places, kept[:-1], kept[1:])
    change = np.array(sorted(found))
    return Chain(
        line,
        np.insert(at.astype(float), change + 1, at[change] + 0.5),
        np.insert(places, change + 1, [found[k] for k in change.tolist()], axis=0),
        np.insert(kept[:-1], change + 1, kept[change + 1]),
        np.insert(kept[1:], change, kept[change]),
    )


def rim_walls(chain: Chain, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """The wall below a chain, (m, 3, 3).

    Args:
        upper: (n, 2) heights of the picture side at both ends of each stretch.
        lower: the same of the back.
    """
    # Where two stretches meet at different heights, each has the other's corners as well.
    none = [np.nan]
    before = [np.concatenate([none, side[:-1, 1]]) for side in (upper, lower)]
    after = [np.concatenate([side[1:, 0], none]) for side in (upper, lower)]
    return walls(
        chain.places[:-1],
        chain.places[1:],
        (upper[:, 0], upper[:, 1]),
        (lower[:, 0], lower[:, 1]),
        (before, after),
    )


Corner = tuple[list[float], int]


class Fringe:
    """Gives triangles of the back the corners that the picture side has on their edges.

    Args:
        chains: the corners of the picture side.
        paint: of the back.
    """

    def __init__(self, chains: list[Chain], paint: Paint) -> None:
        self._chains, self._paint = chains, paint
        # What each node on an edge is to each line: its place along it.
        self._along = [
            dict(
                zip(chain.line.nodes.tolist(), range(len(chain.line.nodes)), strict=True)
            )
            for chain in chains
        ]
        self._has_cuts = any(chain.at.dtype.kind == "f" for chain in chains)
        self._on_edge = np.zeros(len(paint.nodes.u) * len(paint.nodes.v), bool)
        for chain in chains:
            self._on_edge[chain.line.nodes] = True

    def touched(self, triangles: np.ndarray) -> np.ndarray:
        """bool (n,), whether triangles have a side on an edge that may have corners.

        Args:
            triangles: (n, 3) nodes.
        """
        found = self._on_edge.take(triangles).sum(axis=1) >= 2
        if not self._has_cuts:
            # Between neighbours there is nothing then.
            row, column = np.divmod(triangles, len(self._paint.nodes.u))
            found &= (np.ptp(row, axis=1) > 1) | (np.ptp(column, axis=1) > 1)
        for index in np.flatnonzero(found).tolist():
            corners = triangles[index].tolist()
            found[index] = any(
                sum(node in along for node in corners) >= 2 for along in self._along
            )
        return found

    def cut(self, triangles: np.ndarray) -> Pieces:
        """Cut triangles into ones between the corners on their edges.

        Args:
            triangles: (n, 3) nodes, counter-clockwise from above.
        """
        places, nodes = [], []
        spots = np.stack(self._paint.nodes.places(triangles), axis=-1).tolist()
        for triangle, own in zip(triangles.tolist(), spots, strict=True):
            sides = []
            for here, there, place in zip(
                triangle, triangle[1:] + triangle[:1], own, strict=True
            ):
                sides.append([(place, here), *self._between(here, there)])
            for fan in _fan(sides):
                places.append([place for place, _ in fan])
                nodes.append([node for _, node in fan])
        return Pieces(
            np.array(places, float).reshape(-1, 3, 2),
            np.array(nodes, np.int64).reshape(-1, 3),
        )

    def _between(self, here: int, there: int) -> list[Corner]:
        """Corners strictly between two nodes of an edge, in that direction."""
        for chain, along in zip(self._chains, self._along, strict=True):
            first, last = along.get(here), along.get(there)
            if first is None or last is None:
                continue
            low = np.searchsorted(chain.at, min(first, last), side="right")
            high = np.searchsorted(chain.at, max(first, last), side="left")
            inner = chain.places[low:high]
            if first > last:
                inner = inner[::-1]
            return [(place, here) for place in inner.tolist()]
        return []


def _fan(sides: list[list[Corner]]) -> list[list[Corner]]:
    """Cut a triangle with corners on up to two of its sides into triangles.

    Args:
        sides: for each side its first corner and those along it.
    """
    busy = [k for k in range(3) if len(sides[k]) > 1]
    if not busy:
        return [[side[0] for side in sides]]
    # Start so that the third side is free.
    start = busy[0] if len(busy) < 2 or busy[1] == busy[0] + 1 else busy[1]
    first, second, third = (sides[(start + k) % 3] for k in range(3))
    apex = third[0]
    found = [[a, b, apex] for a, b in zip(first, first[1:], strict=False)]
    chain = [*second, apex]
    found += [[first[-1], a, b] for a, b in zip(chain, chain[1:], strict=False)]
    return found
