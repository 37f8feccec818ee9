"""Loose islands of a sheet are held by straight bars, as in any stencil. Needs numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import sdf
from .components import components, largest
from .distance import nearest_points
from .raster import Raster
from .silhouette import with_sign

# Smaller islands would be mere dots on a bar: they are left out, mm2.
LEAST_ISLAND = 2.0
# An island whose box has a diagonal of so many bars' widths gets a second bar...
BIG = 10.0
# ... this share of the diagonal away from the first, or it would hold nothing.
APART = 0.4
# Bars must be seen by the raster.
LEAST_BAR_NODES = 3.0
# One round joins everything but in odd cases, such as islands that touch at a corner.
ROUNDS = 3


@dataclass(frozen=True, eq=False)
class _Links:
    """Places where two parts face each other, shortest first.

    Attributes:
        parts: (n, 2) labels of the two.
        ends: (n, 2, 2) places (x, y) on their rims, mm from the first node.
        length: (n,) of the gap, mm.
    """

    parts: np.ndarray
    ends: np.ndarray
    length: np.ndarray


def bridged(solid: np.ndarray, raster: Raster, bridge: float) -> np.ndarray:
    """The sheet in one piece.

    Each island is joined where the gap to another part is least, so that all bars
    together are as short as they can be (a minimum spanning tree: Kruskal, Proceedings of
    the American Mathematical Society 7, 1956). Whether two parts face each other is told
    by the nearest rim of neighbouring nodes in the gap.

    Args:
        solid: (rows, columns) signed distance to the sheet's rim, mm.
        bridge: width of the bars, mm.

    Returns:
        The same with bars and without the smallest islands, 4-connected where positive.
    """
    solid = _without_dots(solid, raster)
    radius = max(bridge, LEAST_BAR_NODES * max(raster.pitch)) / 2
    for _ in range(ROUNDS):
        labels, sizes = components(solid > 0)
        if len(sizes) <= 2:
            return solid
        links = _links(solid, labels, raster)
        for start, end in _bars(links, labels, sizes, raster, BIG * 2 * radius):
            _draw(solid, start, end, radius, raster)
    return with_sign(solid, largest(solid > 0))


def _without_dots(solid: np.ndarray, raster: Raster) -> np.ndarray:
    labels, sizes = components(solid > 0)
    small = sizes * (raster.pitch[0] * raster.pitch[1]) < LEAST_ISLAND
    small[[0, 1 + sizes[1:].argmax()]] = False
    return with_sign(solid, (solid > 0) & ~small[labels])


def _links(solid: np.ndarray, labels: np.ndarray, raster: Raster) -> _Links:
    rows, columns = solid.shape
    closest = nearest_points(solid, raster.pitch)
    # A rim point lies on an edge or in a cell of which at least one corner is inside.
    j = np.clip((closest[:, 0] / raster.pitch[0]).astype(np.intp), 0, columns - 2)
    i = np.clip((closest[:, 1] / raster.pitch[1]).astype(np.intp), 0, rows - 2)
    nearest = np.maximum(
        np.maximum(labels[i, j], labels[i, j + 1]),
        np.maximum(labels[i + 1, j], labels[i + 1, j + 1]),
    )
    nearest = np.where(labels > 0, labels, nearest)
    points = closest.transpose(0, 2, 1)
    parts, ends = [], []
    for one, other in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
    ):
        border = (
            (nearest[one] != nearest[other]) & (nearest[one] > 0) & (nearest[other] > 0)
        )
        parts.append(np.stack([nearest[one][border], nearest[other][border]], axis=1))
        ends.append(np.stack([points[one][border], points[other][border]], axis=1))
    parts, ends = np.concatenate(parts), np.concatenate(ends).astype(np.float64)
    length = np.hypot(*(ends[:, 0] - ends[:, 1]).T)
    order = np.argsort(length, kind="stable")
    return _Links(parts[order], ends[order], length[order])


def _bars(
    links: _Links, labels: np.ndarray, sizes: np.ndarray, raster: Raster, big: float
) -> list[np.ndarray]:
    """(2, 2) ends of the bars to draw."""
    group = list(range(len(sizes)))

    def root(part: int) -> int:
        while group[part] != part:
            group[part] = group[group[part]]
            part = group[part]
        return part

    # The shortest link of each pair of parts is enough for the tree.
    pairs = np.sort(links.parts, axis=1)
    _, first = np.unique(pairs[:, 0] * len(sizes) + pairs[:, 1], return_index=True)
    chosen = []
    for link in np.sort(first):
        one, other = (root(int(part)) for part in links.parts[link])
        if one != other:
            group[one] = other
            chosen.append(int(link))

    main = 1 + int(sizes[1:].argmax())
    diagonals = _diagonals(labels, len(sizes), raster)
    for part in np.flatnonzero(diagonals > big):
        if part != main:
            chosen += _second(links, chosen, int(part), APART * diagonals[part])
    return [links.ends[link] for link in chosen]


def _second(links: _Links, chosen: list[int], part: int, apart: float) -> list[int]:
    """The shortest link of `part` that is far from all those chosen, if any is needed."""
    own = links.parts == part
    touching = np.flatnonzero(own.any(axis=1))
    places = links.ends[touching, own[touching].argmax(axis=1)]
    held = places[np.isin(touching, chosen)]
    if not len(held):
        return []
    between = np.hypot(*(places[:, None] - held[None]).transpose(2, 0, 1))
    if np.hypot(*(held[:, None] - held[None]).transpose(2, 0, 1)).max() >= apart:
        return []
    return [int(link) for link in touching[between.min(axis=1) >= apart][:1]]


def _diagonals(labels: np.ndarray, count: int, raster: Raster) -> np.ndarray:
    """(count,) diagonals of the parts' boxes, mm."""
    squares = np.zeros(count)
    for axis, step in enumerate(raster.pitch[::-1]):
        places = np.nonzero(labels)[axis]
        least, most = np.full(count, labels.size), np.zeros(count, int)
        inside = labels[labels > 0]
        np.minimum.at(least, inside, places)
        np.maximum.at(most, inside, places)
        squares += (step * np.maximum(most - least, 0)) ** 2
    return np.sqrt(squares)


def _draw(
    solid: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    radius: float,
    raster: Raster,
) -> None:
    """Add a bar with round ends, which reach into the parts it joins, in place."""
    around = radius + 2 * max(raster.pitch)
    windows = []
    for axis, (step, count) in enumerate(
        zip(raster.pitch, solid.shape[::-1], strict=True)
    ):
        low = min(start[axis], end[axis]) - around
        high = max(start[axis], end[axis]) + around
        windows.append(slice(max(0, int(low / step)), min(count, int(high / step) + 2)))
    x, y = (
        np.arange(window.start, window.stop) * step
        for window, step in zip(windows, raster.pitch, strict=True)
    )
    bar = sdf.capsule(tuple(start), tuple(end), radius)(*np.meshgrid(x, y))
    view = solid[windows[1], windows[0]]
    np.maximum(view, bar, out=view)
