"""What several outlines leave of space: the visual hull, with rounded cross-sections.

The visual hull (Laurentini, IEEE Transactions on Pattern Analysis and Machine Intelligence
16, 1994) of two outlines has rectangular cross-sections, which nothing alive has. As the
outlines say nothing about them, each rectangle is replaced by the superellipse in it, which
touches all its sides, so that every outline stays what it was. A photo from above says how
full it is to be.

Cameras are far away and level: x to the right, y away from the viewer of the front, z up.
Whoever looks from the left sees the front on the right; from the right, on the left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ...problems import N_, WARNING, Problem
from .silhouettes import PAIRS, Box, Silhouette, box_of, nothing_left, resampled

PER_CELL = 3  # pixels of the outlines' common scale
MARGIN = 2  # cells around
# Of the superellipse: 2 is an ellipse. The higher, the more like a rectangle.
POWER, LEAST_POWER, MOST_POWER = 2.5, 2.0, 16.0
REACH = 3.0  # cells; further away a distance is only "far"
FAR = 100.0  # half widths, likewise; its power is a number still
SMOOTH, SMOOTH_LEVELS = 0.8, 1.5  # cells
# Outlines of one thing differ by less: in proportions, and in what two have in common.
PROPORTION, ALIKE = 0.15, 0.85
STAYS = 0.85  # of an outline


@dataclass(frozen=True, eq=False)
class _Side:
    """An outline in cells, seen along one axis; its first axis is the later one in x, y, z.

    Attributes:
        away: (A, B) float32 signed distance from the outline at the grid's nodes, positive
            inside, in cells, for axes a and b of the grid in that order.
        cover: (B', A') float32, the outline itself, `PER_CELL` pixels a cell, row 0 lowest.
    """

    away: np.ndarray
    cover: np.ndarray


def hull(
    views: Sequence[Silhouette], cells: int, progress: Callable[[float], None]
) -> tuple[np.ndarray, list[np.ndarray], list[Problem]]:
    """The hull over a grid of cells.

    Args:
        views: of at least two different axes.
        cells: along the longest side.
        progress: told how much is done, 0 to 1.

    Returns:
        (X, Y, Z) bool, which nodes are inside; the fields that are all positive there, each
        (X, Y, Z) float32 or to be broadcast to that, about distances from the surface in
        cells; and what of the photos does not fit.

    Raises:
        SolidRefused: ``solid.nothing_left``.
    """
    by_role = {view.role: (view, box_of(view.mask)) for view in views}
    sizes, problems = _sizes({role: box for role, (_, box) in by_role.items()})
    cell = max(sizes) / cells
    extents = [size / cell for size in sizes]
    nodes = [math.ceil(extent) + 2 * MARGIN + 1 for extent in extents]
    sides: dict[int, _Side] = {}
    for axis, pair in enumerate(PAIRS):
        # front: along y, left: along x, top: along z
        along = (1, 0, 2)[axis]
        seen = [by_role[role] for role in pair if role in by_role]
        if seen:
            across = [k for k in range(3) if k != along]
            sides[along], alike = _side(seen, pair, across, extents, nodes)
            problems += [views_differ()] if alike < ALIKE else []
    progress(0.3)
    fields = _carved(sides, nodes, extents)
    progress(0.8)
    inside = np.ones(nodes, bool)
    for field in fields:
        inside &= field > 0
    if not inside.any():
        raise nothing_left()
    if any(_kept(inside, along, side) < STAYS for along, side in sides.items()):
        problems.append(views_differ())
    return inside, fields, problems[:1]


def _sizes(boxes: dict[str, Box]) -> tuple[list[float], list[Problem]]:
    """Extents along x, y, z, all in pixels of one photo: the front where there is one.

    The others are scaled to it by the height, the one from above by the width.
    """
    front = boxes.get("front") or boxes.get("back")
    side = boxes.get("left") or boxes.get("right")
    top = boxes.get("top")
    deep = []
    if front is not None:
        wide, high = front.width, front.height
        if side is not None:
            deep.append(side.width * high / side.height)
        if top is not None:
            deep.append(top.height * wide / top.width)
    else:
        assert side is not None and top is not None
        deep.append(side.width)
        high = side.height
        wide = top.width * side.width / top.height
    apart = max(deep) / min(deep) - 1
    return [wide, deep[0], high], [views_differ()] if apart > PROPORTION else []


def _side(
    seen: list[tuple[Silhouette, Box]],
    pair: tuple[str, ...],
    across: list[int],
    extents: list[float],
    nodes: list[int],
) -> tuple[_Side, float]:
    """The outline of one axis from its one or two photos, and how alike these are."""
    size = [max(2, round(extents[k] * PER_CELL)) for k in across]
    covers = []
    for view, box in seen:
        # The grid's axis runs to the right in photos from the front, the right and above.
        mirrored = view.role in ("back", "left")
        covers.append(resampled(view.mask, box, (size[0], size[1]), mirrored)[::-1])
    cover = np.minimum.reduce(covers)
    union = np.maximum.reduce(covers)
    alike = float(cover.sum() / max(union.sum(), 1e-6))
    pad = MARGIN * PER_CELL
    away = _distance(np.pad(cover, pad)) / PER_CELL
    places = [
        (np.arange(nodes[k]) - MARGIN) * (size[n] / extents[k]) + pad - 0.5
        for n, k in enumerate(across)
    ]
    grid = np.meshgrid(places[1], places[0], indexing="ij")
    # Beyond the picture: far outside.
    at_nodes = ndimage.map_coordinates(away, grid, order=1, mode="constant", cval=-REACH)
    return _Side(at_nodes.T.astype(np.float32), cover), alike


def _distance(cover: np.ndarray) -> np.ndarray:
    """Signed distance from the line where coverage is a half, in pixels, positive inside.

    To the nearest pixel on the other side, and what is left from there, as that pixel's
    coverage and slope tell it.
    """
    soft = ndimage.gaussian_filter(cover, 0.7)
    slope = np.maximum(np.hypot(*np.gradient(soft)), 0.1)
    rest = np.clip((soft - 0.5) / slope, -1, 1)
    inside = soft > 0.5
    away = np.empty(cover.shape, np.float32)
    for side, sign in ((inside, 1), (~inside, -1)):
        far, at = ndimage.distance_transform_edt(side, return_indices=True)
        whole = sign * far + rest[tuple(at)]
        away[side] = whole[side]
    return away


def _carved(
    sides: dict[int, _Side], nodes: list[int], extents: list[float]
) -> list[np.ndarray]:
    outlines = [np.expand_dims(side.away, along) for along, side in sides.items()]
    if 0 in sides and 1 in sides:
        field = _rounded(sides, nodes, extents)
        # Only along z, where cross-sections change abruptly.
        ndimage.gaussian_filter1d(field, SMOOTH_LEVELS, 2, output=field, mode="nearest")
        return [field, *outlines]
    field = np.full(nodes, REACH, np.float32)
    for outline in outlines:
        np.minimum(field, outline, out=field)
    return [ndimage.gaussian_filter(field, SMOOTH, output=field, mode="nearest")]


def _rounded(
    sides: dict[int, _Side], nodes: list[int], extents: list[float]
) -> np.ndarray:
    """About the signed distance from superellipses in each level's rectangles, in cells.

    Above and below the outlines it goes on as it ends: it is they that end the solid there.
    """
    field = np.empty(nodes, np.float32)
    power = _power(sides[2].cover) if 2 in sides else POWER
    known = []
    for z in range(nodes[2]):
        part = [
            _runs(sides[along].cover, z, nodes[axis], extents[axis], extents[2])
            for axis, along in ((0, 1), (1, 0))
        ]
        if part[0] is None or part[1] is None:
            continue
        (one, wide), (two, deep) = part
        half = np.minimum(wide[:, None], deep[None, :])
        level = (1 - one[:, None] ** power - two[None, :] ** power) * half / power
        field[:, :, z] = np.clip(level, -REACH, REACH)
        known.append(z)
    if not known:
        raise nothing_left()
    field[:, :, : known[0]] = field[:, :, known[0], None]
    field[:, :, known[-1] + 1 :] = field[:, :, known[-1], None]
    return field


def _runs(
    cover: np.ndarray, z: int, nodes: int, extent: float, height: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """How far nodes along a level are from the middle of the part of the outline there.

    Returns:
        (nodes,) float32: 0 in its middle, 1 where it ends; and half its width in cells.
        None where there is nothing of the outline on that level.
    """
    per_z, per_x = cover.shape[0] / height, cover.shape[1] / extent
    row = (z - MARGIN) * per_z - 0.5
    low = math.floor(row)
    share = row - low
    rows = [
        cover[k] if 0 <= k < len(cover) else np.zeros(cover.shape[1], np.float32)
        for k in (low, low + 1)
    ]
    line = np.pad(rows[0] * (1 - share) + rows[1] * share, 1)
    inside = line > 0.5
    begins = np.flatnonzero(~inside[:-1] & inside[1:])
    ends = np.flatnonzero(inside[:-1] & ~inside[1:])
    if not len(begins):
        return None
    # Between the middles of two pixels; the padded first one's middle is at -0.5.
    first = begins - 0.5 + (0.5 - line[begins]) / (line[begins + 1] - line[begins])
    last = ends - 0.5 + (line[ends] - 0.5) / (line[ends] - line[ends + 1])
    middle, half = (
        (first + last) / 2 / per_x,
        np.maximum((last - first) / 2 / per_x, 0.05),
    )
    at = np.arange(nodes) - MARGIN
    off = np.abs(at[:, None] - middle) / half
    # The part it lies in, or whose end is nearest.
    nearest = ((off - 1) * half).argmin(axis=1)
    each = np.arange(nodes)
    far = np.minimum(off[each, nearest], FAR)
    return far.astype(np.float32), half[nearest].astype(np.float32)


def _power(cover: np.ndarray) -> float:
    """Of the superellipse that fills its rectangle as much as an outline does."""
    powers = np.linspace(LEAST_POWER, MOST_POWER, 100)
    # Its area: Dirichlet's integral.
    full = [math.gamma(1 + 1 / p) ** 2 / math.gamma(1 + 2 / p) for p in powers]
    return float(np.interp(cover.mean(), full, powers))


def _kept(inside: np.ndarray, along: int, side: _Side) -> float:
    """Share of an outline that the hull still has."""
    wanted = side.away > 0
    return float(inside.any(axis=along)[wanted].mean()) if wanted.any() else 1.0


def views_differ() -> Problem:
    return Problem(
        "solid.views_differ",
        WARNING,
        N_(
            "The outlines of the photos do not fit one another well; take them from the same "
            "distance and height, turn the subject without changing its pose, and check which "
            "photo shows which side."
        ),
        field="solid.roles",
    )
