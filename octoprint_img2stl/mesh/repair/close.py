"""From any triangles to closed, consistently wound parts: sew, orient, cap or thicken."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ...problems import N_, Problem
from .bodies import labels
from .geometry import areas, diagonal, sample, volumes
from .loops import rims
from .model import Surface, done
from .pairing import orient, pair, split
from .rays import winding
from .sheet import thickened
from .triangulate import over_loop

LARGE = 0.05  # of the diagonal: an opening that far across is said
MOST_CAP = 0.6  # share of a part's surface: beyond, there is no telling what it was
THIN = 0.005  # of the diagonal: a capped part of less mean thickness is a sheet
DEBRIS_SIZE, DEBRIS_AREA = 0.01, 0.003  # of the diagonal; of the area, all together
CAP_SAMPLES = 4000
PROBES = 24  # faces of a sheet looked at to see whether it is hidden in a solid


@dataclass
class Closed:
    """Attributes:

    surface: closed and oriented, its parts apart; the caps are in it.
    changes: what was done.
    caps: samples of large caps, (N, 3) mm.
    caps_area: mm2 of large caps.
    openings: how many large ones were capped.
    sheets: how many parts were thickened.
    capped: how many openings were capped in all.
    """

    surface: Surface
    changes: list[Problem] = field(default_factory=list)
    caps: np.ndarray | None = None
    caps_area: float = 0.0
    openings: int = 0
    sheets: int = 0
    capped: int = 0


@dataclass(frozen=True, eq=False)
class Sewn:
    """A surface cut into oriented two-manifolds with rims; see `pairing`."""

    surface: Surface
    mate: np.ndarray
    origin: np.ndarray
    turned: int
    crowded: int
    cut: int


def sew(surface: Surface) -> Sewn:
    """Pair faces at every edge, wind them alike, and cut where they do not belong together."""
    points, faces = surface.points, surface.faces
    weight = areas(surface)
    # First over plain edges alone: that many faces agree before the crowded ones are read.
    mate, half = pair(points, faces, crowded=False)
    faces, mate, turned, cut = orient(faces, mate, weight)
    if len(half):
        mate, half = pair(points, faces)
        faces, mate, again, more = orient(faces, mate, weight)
        turned, cut = turned + again, cut + more
        _, half = pair(points, faces, crowded=False)  # turned faces count anew
    crowded = _edges(faces, half)
    suspects = np.zeros(len(points), dtype=bool)
    flat = faces.ravel()
    for some in (half, np.flatnonzero(mate < 0)):
        suspects[flat[some]] = True
        suspects[flat[some - some % 3 + (some + 1) % 3]] = True
    faces, origin = split(points, faces, mate, suspects)
    return Sewn(Surface(points[origin], faces), mate, origin, turned, crowded, cut)


def _edges(faces: np.ndarray, half: np.ndarray) -> int:
    """How many edges these half-edges are of."""
    flat = faces.ravel()
    ends = np.stack((flat[half], flat[half - half % 3 + (half + 1) % 3]), axis=1)
    return len(np.unique(np.sort(ends, axis=1), axis=0)) if len(half) else 0


def close(
    surface: Surface, *, openings: str, thickness: float, line_width: float
) -> Closed:
    """Close every part of a surface.

    Args:
        openings: ``cap`` or ``thicken``.
        thickness: of what is thickened, mm.
        line_width: a part whose caps leave it thinner is thickened instead, mm.
    """
    sewn = sew(surface)
    changes: list[Problem] = []
    if sewn.crowded:
        changes.append(
            done(
                "mesh.repair_cut",
                N_("Edges at which more than two faces met were taken apart: %(count)s."),
                count=sewn.crowded,
            )
        )
    if sewn.turned:
        changes.append(
            done(
                "mesh.repair_turned",
                N_("Faces that were inside out were turned: %(count)s."),
                count=sewn.turned,
            )
        )
    if sewn.cut:
        changes.append(
            done(
                "mesh.repair_one_sided",
                N_(
                    "The surface had no inside and outside and was cut; edges cut: "
                    "%(count)s."
                ),
                count=sewn.cut,
            )
        )
    if (sewn.mate >= 0).all():
        return Closed(sewn.surface, changes)
    return _filled(sewn, changes, openings, thickness, line_width)


def _filled(
    sewn: Sewn,
    changes: list[Problem],
    openings: str,
    thickness: float,
    line_width: float,
) -> Closed:
    loops, same = rims(sewn.surface.faces, sewn.mate, sewn.origin)
    name = _united(len(sewn.surface.points), same)
    faces = name[sewn.surface.faces]
    points = sewn.surface.points
    caps = [name[np.array(loop)] for loop in loops]
    triangles, owner = [], []
    for number, loop in enumerate(caps):
        made = over_loop(points[loop])
        triangles.append(loop[made[:, ::-1]])
        owner.append(np.full(len(made), number))
    if triangles:
        cap_faces = np.concatenate(triangles).astype(np.int32)
        cap_loop = np.concatenate(owner)
    else:
        cap_faces = np.empty((0, 3), dtype=np.int32)
        cap_loop = np.empty(0, dtype=np.int64)
    whole = Surface(points, np.concatenate((faces, cap_faces)))
    is_cap = np.arange(len(whole.faces)) >= len(faces)
    label = labels(whole)
    count = int(label.max()) + 1
    area = areas(whole)
    total = np.bincount(label, area, minlength=count)
    cap_area = np.bincount(label[is_cap], area[is_cap], minlength=count)
    own_area = total - cap_area
    volume = np.abs(_volumes_each(whole, label, count))
    has_cap = np.bincount(label[is_cap], minlength=count) > 0
    size = diagonal(points)
    mean = 2 * volume / np.maximum(total, 1e-300)
    loop_size = np.array([float(np.ptp(points[loop], axis=0).max()) for loop in caps])
    large_loop = loop_size > LARGE * size
    wide = np.zeros(count, dtype=bool)
    if len(cap_loop):
        wide[label[is_cap][large_loop[cap_loop]]] = True
    part_size = _extents(whole, label, count)
    thin = has_cap & (
        (mean < min(line_width, THIN * size)) & (mean < 0.05 * part_size)
        | (cap_area > MOST_CAP * total)
    )
    if openings == "thicken":
        thin |= wide
    debris = _debris(thin, part_size, own_area, size)
    thin &= ~debris
    hidden = _hidden(whole, label, thin, ~thin & ~debris, 0.1 * thickness)
    thin &= ~hidden
    if hidden.any():
        changes.append(
            done(
                "mesh.repair_inner_walls",
                N_("Surfaces inside the solid were dropped: %(count)s."),
                count=int(hidden.sum()),
            )
        )
    if debris.any():
        changes.append(
            done(
                "mesh.repair_debris",
                N_("Loose scraps without volume were dropped: %(count)s."),
                count=int(debris.sum()),
            )
        )
    closed_part = ~thin & ~debris & ~hidden
    kept = whole.keep(closed_part[label])
    result = Closed(kept, changes)
    on_kept = is_cap & closed_part[label]
    _say_caps(result, whole, on_kept[is_cap], cap_faces, cap_loop, large_loop, size)
    if thin.any():
        # As they were, before their loops were sewn: a sheet keeps its rim.
        open_ = Surface(points, faces[thin[label[~is_cap]]])
        solid = thickened(open_, thickness)
        offset = len(kept.points)
        result.surface = Surface(
            np.concatenate((kept.points, solid.points)),
            np.concatenate((kept.faces, solid.faces + np.int32(offset))),
        )
        result.sheets = int(thin.sum())
        changes.append(
            done(
                "mesh.repair_thickened",
                N_(
                    "Surfaces without thickness were made %(thickness)s mm thick: "
                    "%(count)s."
                ),
                warn=True,
                count=result.sheets,
                thickness=float(f"{thickness:.3g}"),
            )
        )
    return result


def _say_caps(
    result: Closed,
    whole: Surface,
    kept: np.ndarray,
    cap_faces: np.ndarray,
    cap_loop: np.ndarray,
    large_loop: np.ndarray,
    size: float,
) -> None:
    used = np.unique(cap_loop[kept]) if len(cap_loop) else cap_loop
    result.capped = len(used)
    if not len(used):
        return
    large = kept & large_loop[cap_loop]
    result.openings = int(large_loop[used].sum())
    small = result.capped - result.openings
    if small:
        result.changes.append(
            done(
                "mesh.repair_small_holes",
                N_("Small holes that were closed: %(count)s."),
                count=small,
            )
        )
    if result.openings:
        lids = Surface(whole.points, cap_faces[large])
        result.caps_area = float(areas(lids).sum())
        result.caps = sample(lids, CAP_SAMPLES)[0].astype(np.float32)
        result.changes.append(
            done(
                "mesh.repair_large_holes",
                N_(
                    "Openings that were closed with a lid: %(count)s; if they were meant "
                    "to stay open, choose to thicken the surface instead."
                ),
                warn=True,
                count=result.openings,
            )
        )


def _united(count: int, same: list[tuple[int, int]]) -> np.ndarray:
    """(count,) int32: which vertex each has become."""
    name = np.arange(count, dtype=np.int32)
    if same:
        one, other = np.array(same).T
        _, group = connected_components(
            coo_matrix(
                (np.ones(len(one), dtype=np.int8), (one, other)), shape=(count,) * 2
            ),
            directed=False,
        )
        _, first = np.unique(group, return_index=True)
        name = first[group].astype(np.int32)
    return name


def _volumes_each(surface: Surface, label: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(label, volumes(surface), minlength=count)


def _extents(surface: Surface, label: np.ndarray, count: int) -> np.ndarray:
    """(count,) longest side of each part's box, mm."""
    longest = np.zeros(count)
    order = np.argsort(label, kind="stable")
    first = np.searchsorted(label[order], np.arange(count))
    for axis in range(3):
        along = surface.points[:, axis][surface.faces]
        low = np.minimum.reduceat(along.min(axis=1)[order], first)
        high = np.maximum.reduceat(along.max(axis=1)[order], first)
        np.maximum(longest, high - low, out=longest)
    return longest


def _debris(
    thin: np.ndarray, part_size: np.ndarray, own_area: np.ndarray, size: float
) -> np.ndarray:
    """Parts without volume too small to matter, smallest first, up to a share of the area."""
    small = np.flatnonzero(thin & (part_size < DEBRIS_SIZE * size))
    small = small[np.argsort(own_area[small])]
    within = np.cumsum(own_area[small]) <= DEBRIS_AREA * own_area.sum()
    debris = np.zeros(len(thin), dtype=bool)
    debris[small[within]] = True
    return debris


def _hidden(
    whole: Surface,
    label: np.ndarray,
    thin: np.ndarray,
    solid: np.ndarray,
    offset: float,
) -> np.ndarray:
    """(B,) bool: sheets that lie in the solid of other parts, on both sides."""
    hidden = np.zeros(len(thin), dtype=bool)
    if not thin.any() or not solid.any():
        return hidden
    order = np.argsort(label, kind="stable")
    first = np.searchsorted(label[order], np.arange(len(thin) + 1))
    probes, owner = [], []
    for part in np.flatnonzero(thin).tolist():
        mine = order[first[part] : first[part + 1]]
        mine = mine[np.linspace(0, len(mine) - 1, min(len(mine), PROBES)).astype(int)]
        corners = whole.corners(mine)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        np.divide(normal, length, out=normal, where=length > 0)
        centre = corners.mean(axis=1)
        probes += [centre + offset * normal, centre - offset * normal]
        owner.append(np.full(2 * len(mine), part))
    inside = winding(whole.keep(solid[label]), np.concatenate(probes)) != 0
    owner = np.concatenate(owner)
    count = np.bincount(owner, minlength=len(thin))
    hidden[thin] = (np.bincount(owner, inside, minlength=len(thin)) == count)[thin]
    return hidden
