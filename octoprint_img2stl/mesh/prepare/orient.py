"""On which side a model prints best: least support, most contact, not too high."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manifold3d import CrossSection, Manifold

from ...machine import Machine
from ..kernel import NotASolid, to_kernel
from ..model import Mesh
from ..settings import UPRIGHT
from . import support
from .candidates import directions, facing, hull_of
from .step import box
from .turn import Quaternion, between, matrix, product

SAMPLES = 6000  # of the surface, for the first look at all directions
FINALISTS = 8  # are sliced
COARSE = 1 / 300  # of the size: what may be simplified away before slicing
MANY = 4000  # faces up to which it is not worth while
# The score: support in volumes of the model, and what else counts beside it.
HEIGHT = 0.05  # per side of a cube of the model's volume
CONTACT = 0.3  # when it stands on a point
TIPS = np.tan(np.radians(10.0))  # what stands firmly may lean so far before it falls over
ENOUGH = 0.02  # contact that is good, of the side of that cube, squared


@dataclass(frozen=True)
class Orientation:
    """A way to stand on the bed.

    Attributes:
        turn: unit quaternion w, x, y, z from the mesh as it was given.
        score: lower is better; support over volume, plus a little for height and contact.
        support_volume: mm3, from slices; from the faces where the mesh has no inside.
        contact_area: of the first layer, mm2.
        height: mm.
        current: whether it is the one the model has now.
    """

    turn: Quaternion
    score: float
    support_volume: float
    contact_area: float
    height: float
    current: bool = False


@dataclass(frozen=True, eq=False)
class _Faces:
    normals: np.ndarray
    areas: np.ndarray
    middles: np.ndarray
    extremes: np.ndarray  # of the hull
    size: float

    def look(self, ways: np.ndarray):
        """Support volume, contact and height for each direction down."""
        reach = self.extremes @ -ways.T
        lows = reach.min(axis=0)
        heights = self.middles @ -ways.T
        hangs, rests = support.of_faces(
            self.normals, self.areas, heights, ways, lows, self.size
        )
        return hangs, rests, reach.max(axis=0) - lows


def orientations(
    mesh: Mesh, machine: Machine, present: Quaternion = UPRIGHT
) -> list[Orientation]:
    """Ways to stand on the bed, best first; the present one is among them.

    All candidates (`candidates.directions`) are looked at by samples of the surface, the
    best are sliced. None that needs more support than the present one, by either measure,
    or does not fit where the present one does, comes before it.

    Args:
        present: how the mesh is turned now; turns in the result replace it.
    """
    normals, areas = facing(mesh)
    around = hull_of(mesh)
    low, high = box(mesh)
    size = float(np.linalg.norm(high - low))
    if around is None or not areas.sum() > 0:
        return [Orientation(present, 0.0, 0.0, 0.0, float(high[2] - low[2]), True)]
    hull, room = around
    down = -matrix(present)[2]  # what is down now, seen from the mesh as it was given
    ways = np.concatenate((down[None], directions(normals, areas, hull)))
    middles = _middles(mesh)
    extremes = hull.vertices.astype(np.float64)
    volume, solid = _volume(mesh, room)
    whole = _Faces(normals, areas, middles, extremes, size)
    look = _sampled(whole).look(ways)
    first = np.argsort(_score(*look, volume)[1:], kind="stable")[:FINALISTS] + 1
    ways = ways[np.concatenate(([0], first))]

    hangs, contacts, heights = whole.look(ways)
    supports = hangs.copy()
    if solid is not None:
        coarse = solid.simplify(size * COARSE) if len(mesh.faces) > MANY else solid
        turned = [coarse.transform(_laid(way)) for way in ways]
        supports, contacts = np.array([support.layers(each) for each in turned]).T
    scores = _score(supports, contacts, heights, volume)
    fits = _fits(whole, ways, machine)
    made = [
        Orientation(
            present if not each else product(_to_down(matrix(present) @ way), present),
            float(scores[each]),
            float(supports[each]),
            float(contacts[each]),
            float(heights[each]),
            not each,
        )
        for each, way in enumerate(ways)
    ]
    spare = 1e-9 * volume
    worse = (hangs > hangs[0] + spare) | (supports > supports[0] + spare)
    worse |= (scores >= scores[0]) | (fits < fits[0])
    worse[0] = False
    # The present one is the last of those that are not worse.
    rank = np.where(worse, 2, 0)
    rank[0] = 1
    return [made[each] for each in np.lexsort((scores, rank))]


def stands(mesh: Mesh, machine: Machine, present: Quaternion = UPRIGHT) -> bool:
    """Whether the model arrives standing: on something flat, and not about to tip over.

    Such a model (a figurine on its base) keeps its orientation unless the owner asks.
    """
    try:
        solid = to_kernel(mesh)
    except NotASolid:
        return False
    solid = solid.transform(np.hstack((matrix(present), np.zeros((3, 1)))))
    low_z = solid.bounding_box()[2]
    section = solid.slice(low_z + 0.25 * machine.nozzle)
    side = max(solid.volume(), 0.0) ** (1 / 3)
    if section.area() < ENOUGH * side**2:
        return False
    x, y, z = (matrix(present) @ _centre(mesh)).tolist()
    reach = TIPS * (z - low_z)
    base = CrossSection.circle(reach, 32).translate((x, y))
    return (base - section.hull()).is_empty()


def proposed(mesh: Mesh, machine: Machine, present: Quaternion = UPRIGHT) -> Orientation:
    """The best orientation, or the present one of a model that arrives standing."""
    found = orientations(mesh, machine, present)
    if stands(mesh, machine, present):
        return next(each for each in found if each.current)
    return found[0]


def _score(supports, contacts, heights, volume: float) -> np.ndarray:
    side = volume ** (1 / 3)
    touch = np.exp(-np.asarray(contacts) / (ENOUGH * side**2))
    return supports / volume + HEIGHT * heights / side + CONTACT * touch


def _volume(mesh: Mesh, room: float) -> tuple[float, Manifold | None]:
    try:
        solid = to_kernel(mesh)
        if solid.volume() > 0:
            return float(solid.volume()), solid
    except NotASolid:
        pass
    return room, None


def _sampled(faces: _Faces) -> _Faces:
    """The same surface by faces drawn evenly over its area, each with its share."""
    if len(faces.areas) <= SAMPLES:
        return faces
    total = np.cumsum(faces.areas)
    at = (np.arange(SAMPLES) + 0.5) / SAMPLES * total[-1]
    drawn = np.searchsorted(total, at).clip(max=len(total) - 1)
    return _Faces(
        faces.normals[drawn],
        np.full(SAMPLES, total[-1] / SAMPLES),
        faces.middles[drawn],
        faces.extremes,
        faces.size,
    )


def _fits(faces: _Faces, ways: np.ndarray, machine: Machine) -> np.ndarray:
    fits = []
    for way in ways:
        turned = faces.extremes @ matrix(_to_down(way)).T
        size = turned.max(axis=0) - turned.min(axis=0)
        fits.append(min(machine.fit_scale(*size), 1.0))
    return np.array(fits)


def _to_down(way: np.ndarray) -> Quaternion:
    return between(way, (0.0, 0.0, -1.0))


def _laid(way: np.ndarray) -> np.ndarray:
    return np.hstack((matrix(_to_down(way)), np.zeros((3, 1))))


def _middles(mesh: Mesh) -> np.ndarray:
    points = mesh.vertices.astype(np.float64)
    return (
        points[mesh.faces[:, 0]] + points[mesh.faces[:, 1]] + points[mesh.faces[:, 2]]
    ) / 3


def _centre(mesh: Mesh) -> np.ndarray:
    """Centre of mass of the enclosed volume."""
    base = mesh.vertices.mean(axis=0, dtype=np.float64)
    total, moment = 0.0, np.zeros(3)
    for _, corners in mesh.corner_chunks():
        a, b, c = ((corners - base)[:, side] for side in range(3))
        six = np.einsum("ij,ij->i", a, np.cross(b, c))
        total += float(six.sum())
        moment += (six[:, None] * (a + b + c)).sum(axis=0) / 4
    return base + moment / total if total else base
