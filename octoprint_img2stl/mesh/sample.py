"""A piece of a model to print before the whole: a sample of its details, or a smaller copy.

Where the details are is measured by the directions into which the surface looks. Seen from
one side and sorted into small cells, the faces of a cell have areas a and normals n; with
A the sum of a and N the sum of a n,

    1 - |N|² / A²  =  sum of a |n - N/A|² / A

is the variance of the normals in the cell, weighted by area: zero for a plane, next to
nothing for a smooth curve, large for engraved lines, letters, hair, and never over one, so
that a tall wall counts no more than a step. The model's outline is on every piece, so that
cells at it do not count. The sample is the window with the largest sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manifold3d import Manifold, OpType
from scipy import ndimage

from ..problems import N_
from .kernel import NotASolid, from_kernel
from .model import Mesh
from .prepare.step import box, placed, settled, solid_of
from .refused import MeshRefused
from .where import samples

SIDE = 20.0  # mm
CELL = 2.0  # mm; a window is ten cells wide
MOST_CELLS = 1000  # in a row; those of a model too large for any printer are larger
AWAY = -0.05  # a face whose normal looks away from the eye by more is on the back
PLAIN = 1e-3  # what a cell without details counts: the model rather than a hole in it
GAPS = 3  # cells: large faces are sampled so sparsely that some cells stay empty
UPRIGHT = 1.05  # times its narrower side, from which a model is one that stands
SPARE = 2.0  # mm that would be left under a sample are left on it
STANDS = 0.3  # mm above the lowest point a part still stands on the bed
CRUMB = 0.5  # mm³; smaller parts cut off by the way are dropped
X, Y, Z = range(3)


@dataclass(frozen=True, eq=False)
class Piece:
    """A test print.

    Attributes:
        mesh: standing on z = 0, its box centred on x = y = 0.
        lifted: how far above the model's lowest point its lowest was before, mm.
        scale: its size over that of the model.
    """

    mesh: Mesh
    lifted: float = 0.0
    scale: float = 1.0

    @property
    def size(self) -> tuple[float, float, float]:
        low, high = box(self.mesh)
        return tuple((high - low).tolist())


@dataclass(frozen=True, eq=False)
class _Map:
    """A mesh seen from one side.

    Attributes:
        across, up: axes of the picture; towards: the axis that it is seen along.
        sign: 1 if the eye is where that axis' numbers are large.
        cell: width of a cell, mm.
        detail: (A, U) how much the normals vary in each cell, 0 to 1.
        nearest: (A, U) the place nearest to the eye along `towards` times `sign`, mm;
            -inf where there is nothing.
        score, window: of the best window, and the number of its first cell.
    """

    across: int
    up: int
    towards: int
    sign: int
    cell: float
    detail: np.ndarray
    nearest: np.ndarray
    score: float
    window: tuple[int, int]


def scaled(mesh: Mesh, percent: float) -> Piece:
    """A smaller copy, standing on the bed."""
    scale = percent / 100
    low, high = box(mesh)
    base = np.array([*(low + high)[:2] / 2, low[Z]])
    return Piece(settled((mesh.vertices - base) * scale, mesh.faces), scale=scale)


def sample(mesh: Mesh, side: float = SIDE) -> Piece:
    """A cube of the model, `side` mm wide at most, from where its details are.

    It is seen from above; a model that is taller than its narrower side from there, where
    it is thinnest, from both sides. What hangs in the air without the rest is left out. A
    model that is no larger is its own sample.

    Raises:
        MeshRefused: ``mesh.no_sample``: it encloses no volume, or nothing can be cut out.
    """
    low, high = box(mesh)
    if ((high - low) <= side).all():
        return Piece(placed(mesh))
    seen = max(
        (_seen(mesh, *view, side) for view in _views(high - low)),
        key=lambda view: view.score,
    )
    try:
        corner, opposite = _cube(seen, low, high, side)
        cut = _cut(solid_of(mesh), corner, opposite)
        lowest = cut.bounding_box()[2]
        made = placed(from_kernel(cut.translate((0.0, 0.0, -lowest))))
    except NotASolid:
        raise MeshRefused(
            "mesh.no_sample",
            N_(
                "No sample can be cut out of this model, because it is not closed all "
                "around; repair it, or print a smaller copy or its first layers instead."
            ),
            field="slicing.test_print",
            suggest="scaled",
        ) from None
    return Piece(made, lifted=float(lowest - low[Z]))


def _views(size: np.ndarray) -> list[tuple[int, int, int, int]]:
    """From where to look: across, up, towards, sign as in `_Map`."""
    if size[Z] <= UPRIGHT * min(size[X], size[Y]):
        return [(X, Y, Z, 1)]
    across, towards = (X, Y) if size[Y] <= size[X] else (Y, X)
    return [(across, Z, towards, -1), (across, Z, towards, 1)]


def _seen(mesh: Mesh, across: int, up: int, towards: int, sign: int, side: float) -> _Map:
    low, high = box(mesh)
    extent = (high - low)[[across, up]]
    cell = max(CELL, float(extent.max()) / MOST_CELLS)
    counts = np.maximum(np.ceil(extent / cell - 1e-6), 1).astype(int)
    faces, areas, normals = _facing(mesh, towards, sign)
    owners, points = samples(mesh, faces, cell / 2)
    place = np.searchsorted(faces, owners)
    share = areas[place] / np.bincount(place, minlength=len(faces))[place]
    flat = (points - low)[:, [across, up]]
    cells = np.clip((flat / cell).astype(int), 0, counts - 1)
    key = cells[:, 0] * counts[1] + cells[:, 1]
    near = points[:, towards] * sign
    nearest = np.full(counts[0] * counts[1], -np.inf)
    np.maximum.at(nearest, key, near)
    # What lies far behind is not seen, nor would it be in the piece.
    chosen = near >= nearest[key] - side
    key, share, place = key[chosen], share[chosen], place[chosen]

    def sums(weights: np.ndarray) -> np.ndarray:
        return np.bincount(key, weights=weights, minlength=len(nearest))

    area = sums(share)
    squared = sum(sums(share * normals[place, axis]) ** 2 for axis in range(3))
    likeness = np.divide(squared, area**2, out=np.ones_like(area), where=area > 0)
    taken = (area > 0).reshape(counts)
    detail = np.maximum(1 - likeness, 0).reshape(counts) * _inside(taken)
    detail += PLAIN * taken
    best = _best(detail, max(1, round(side / cell)))
    return _Map(across, up, towards, sign, cell, detail, nearest.reshape(counts), *best)


def _facing(
    mesh: Mesh, towards: int, sign: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Faces that do not look away: numbers, areas (mm²) and normals."""
    faces, areas, normals = [], [], []
    for part, corners in mesh.corner_chunks():
        doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(doubled, axis=1)
        found = (doubled[:, towards] * sign >= AWAY * length) & (length > 0)
        faces.append(np.flatnonzero(found) + part.start)
        areas.append(length[found] / 2)
        normals.append(doubled[found] / length[found][:, None])
    return np.concatenate(faces), np.concatenate(areas), np.concatenate(normals)


def _inside(taken: np.ndarray) -> np.ndarray:
    """(A, U) bool: cells with the model all around."""
    padded = np.pad(taken, GAPS)
    around = np.ones((3, 3), dtype=bool)
    filled = ndimage.binary_closing(padded, around, iterations=GAPS)
    return ndimage.binary_erosion(filled, around)[GAPS:-GAPS, GAPS:-GAPS]


def _best(detail: np.ndarray, width: int) -> tuple[float, tuple[int, int]]:
    """The largest sum over `width` x `width` cells, and its first cell.

    Among equal ones that in the middle.
    """
    total = np.pad(detail, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    wide, high = (min(width, count) for count in detail.shape)
    sums = (
        total[wide:, high:]
        - total[:-wide, high:]
        - total[wide:, :-high]
        + total[:-wide, :-high]
    )
    best = float(sums.max())
    places = np.argwhere(sums >= best - 1e-6 * max(best, 1.0))
    middle = (np.array(sums.shape) - 1) / 2
    first = places[np.abs(places - middle).sum(axis=1).argmin()]
    return best, (int(first[0]), int(first[1]))


def _cube(
    seen: _Map, low: np.ndarray, high: np.ndarray, side: float
) -> tuple[np.ndarray, np.ndarray]:
    """The corners of what is cut out; beyond the model where it ends there."""
    corner, opposite = low - 1.0, high + 1.0
    for axis, first in zip((seen.across, seen.up), seen.window, strict=True):
        if high[axis] - low[axis] > side:
            start = min(low[axis] + first * seen.cell, high[axis] - side)
            corner[axis], opposite[axis] = start, start + side
    axis = seen.towards
    if high[axis] - low[axis] > side:
        near, far = _depth(seen, side)
        begin, end = sorted((near * seen.sign, far * seen.sign))
        if begin - low[axis] > SPARE:
            corner[axis] = begin
        opposite[axis] = end
    return corner, opposite


def _depth(seen: _Map, side: float) -> tuple[float, float]:
    """The depth that has most of the window's details: its near and its far end.

    Raises:
        NotASolid: nothing of the model looks towards the eye.
    """
    width = max(1, round(side / seen.cell))
    rows, columns = (slice(first, first + width) for first in seen.window)
    near = seen.nearest[rows, columns].ravel()
    weight = seen.detail[rows, columns].ravel()
    weight, near = weight[np.isfinite(near)], near[np.isfinite(near)]
    if not len(near):
        raise NotASolid("nothing is seen")
    begins = np.unique(near)[::-1]
    inside = (near <= begins[:, None]) & (near >= begins[:, None] - 0.9 * side)
    begin = float(begins[(inside * weight).sum(axis=1).argmax()])
    if begin == begins[0]:
        return begin + 0.01, begin + 0.01 - side
    return begin, begin - side


def _cut(solid: Manifold, corner: np.ndarray, opposite: np.ndarray) -> Manifold:
    """What of a solid is in a cuboid, without what would hang in the air.

    Raises:
        NotASolid: nothing is.
    """
    cuboid = Manifold.cube(tuple(opposite - corner)).translate(tuple(corner))
    cut = solid ^ cuboid
    parts = cut.decompose()
    solids = [part for part in parts if part.volume() > 0]
    if not solids:
        raise NotASolid("nothing is there")
    # Parts that overlap hang together.
    bodies = Manifold.batch_boolean(solids, OpType.Add).decompose()
    main = max(bodies, key=lambda body: body.volume())
    floor = main.bounding_box()[2]
    kept = [
        body
        for body in bodies
        if abs(body.bounding_box()[2] - floor) <= STANDS and body.volume() > CRUMB
    ] or [main]
    if len(solids) == len(parts):
        return Manifold.compose(kept)
    # There are hollows inside, which the union has filled.
    return cut if len(kept) == len(bodies) else cut ^ Manifold.compose(kept)
