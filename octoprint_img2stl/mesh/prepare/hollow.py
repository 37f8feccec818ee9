"""Hollow with a wall of even thickness, and a hole to drain it."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold, Mesh64, OpType
from scipy import ndimage
from scipy.spatial import cKDTree

from ...machine import Machine
from ...problems import INFO, N_, WARNING, Problem
from ..kernel import from_kernel
from ..model import Mesh
from ..refused import MeshRefused
from ..settings import MeshSettings
from .level import surface
from .quadrics import collapse
from .section import deepest
from .step import Step, box, solid_of

PITCH = 0.4  # of the wall: distance of the grid's nodes
COARSEST = 0.9  # of the wall: coarser, the two sides of a wall would run together
NODES = 3_000_000  # of the grid at most: about 80 MB for a while
SPACING = 0.4  # of the wall: distance of the samples on the surface
SAMPLES = 600_000  # about, at most
ERROR = 0.04  # of the wall: how far simplifying the cavity may move it
SMALLEST = 1.0  # cavities of less than this many cubes of the wall are not worth having
ROUGHLY = 64  # nodes along the longest side, to look for a wall that would do
THINNER = 0.4  # of the deepest point, a wall that leaves something worth while
TOUCHING = np.ones((3, 3, 3), dtype=bool)
SEGMENTS = 48


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Take out what is farther from the surface than the wall.

    Raises:
        MeshRefused: the wall leaves nothing to take out, or is too thin for a model of
            this size.
        NotASolid: the mesh has no inside.
    """
    if not settings.hollow:
        return Step(mesh)
    wall = settings.hollow
    solid = solid_of(mesh)
    hollow, cavities = _worth_while(cavity(solid, mesh, wall), wall)
    if not cavities:
        raise _nothing_left(wall, None)
    made = solid - hollow
    notes = [_done(wall, solid, made)]
    if settings.drain:
        floor = float(box(mesh)[0][2])
        drains = [_drain(part, floor, settings.drain) for part in cavities]
        made = made - Manifold.batch_boolean(drains, OpType.Add)
    sealed = sum(part.volume() < 0 for part in made.decompose())
    if sealed:
        notes.append(_sealed(sealed, settings))
    return Step(from_kernel(made), tuple(notes))


def _worth_while(hollow: Manifold, wall: float) -> tuple[Manifold, list[Manifold]]:
    """The cavity without its smallest parts, and its parts.

    A part may have a hole in which a piece of the solid floats; the kernel tells shells,
    and such a hole is a shell of its own with negative volume.
    """
    parts = [part for part in hollow.decompose() if part.volume() > 0]
    large = [part for part in parts if part.volume() > SMALLEST * wall**3]
    if len(large) == len(parts):
        return hollow, parts
    small = [part for part in parts if part.volume() <= SMALLEST * wall**3]
    return hollow - Manifold.batch_boolean(small, OpType.Add), large


def cavity(solid: Manifold, mesh: Mesh, wall: float) -> Manifold:
    """All that lies more than `wall` mm inside the solid.

    Distances are those to samples on the surface, so dense that they are at most
    sqrt(1 + (SPACING / 2)^2) - 1 = 2 % of the wall too long, on a grid. Only near the new
    surface are they calculated; a distance transform of the grid finds where that is.

    Raises:
        MeshRefused: nothing lies so far inside, or the grid would have too many nodes.
    """
    low, high = box(mesh)
    pitch = max(wall * PITCH, (float(np.prod(high - low)) / NODES) ** (1 / 3))
    if pitch > wall * COARSEST:
        least = round(pitch / COARSEST + 0.05, 1)
        raise MeshRefused(
            "mesh.wall_too_thin",
            N_(
                "A wall of %(wall)s mm is too thin to hollow a model of this size; choose "
                "%(least)s mm or more."
            ),
            field="mesh.hollow",
            suggest=least,
            wall=wall,
            least=least,
        )
    samples = _samples(solid, SPACING * wall)
    rough, start = _roughly(samples, low, high, pitch)
    inside = _inside(mesh, rough, wall, start, pitch)
    if not inside.any():
        raise _nothing_left(wall, _thinner(solid, mesh))
    # The nodes next to the inside lie in the wall; what is beyond it never counts.
    about = ndimage.binary_dilation(inside, TOUCHING)
    values = np.where(about, rough - np.float32(wall), np.float32(-wall))
    # Between nodes the transform is up to a cell's diagonal wrong.
    near = np.argwhere(about & (np.abs(values) < 2 * pitch))
    tree = cKDTree(samples, balanced_tree=False, compact_nodes=False)
    exact = tree.query(start + pitch * near)[0]
    values[tuple(near.T)] = exact - wall
    if not (values > 0).any():
        raise _nothing_left(wall, None)
    points, faces = surface(values, start, pitch)
    fine = Mesh(points.astype(np.float32), faces.astype(np.int32))
    points, faces = collapse(fine, ERROR * wall, ERROR * wall / 3)
    return Manifold(Mesh64(vert_properties=points, tri_verts=faces.astype(np.uint64)))


def _roughly(samples, low, high, pitch: float) -> tuple[np.ndarray, np.ndarray]:
    """Distances from the samples on a grid round the box, float32; its first node."""
    start = low - 2.5 * pitch
    empty = np.ones(tuple(np.ceil((high - low) / pitch).astype(int) + 6), dtype=bool)
    empty[tuple(np.round((samples - start) / pitch).astype(np.int64).T)] = False
    rough = ndimage.distance_transform_edt(empty, sampling=pitch)
    return rough.astype(np.float32), start


def _thinner(solid: Manifold, mesh: Mesh) -> float | None:
    """A wall that would leave something, mm."""
    low, high = box(mesh)
    pitch = float((high - low).max()) / ROUGHLY
    rough, start = _roughly(_samples(solid, pitch), low, high, pitch)
    inside = _inside(mesh, rough, 1.5 * pitch, start, pitch)
    if not inside.any():
        return None
    return round(THINNER * float(rough[inside].max()), 1) or None


def _samples(solid: Manifold, spacing: float) -> np.ndarray:
    """(N, 3) float64 on the surface, not farther apart than the spacing."""
    spacing = max(spacing, (2.3 * solid.surface_area() / SAMPLES) ** 0.5)
    fine = solid.refine_to_length(spacing).to_mesh64()
    return np.asarray(fine.vert_properties)[:, :3]


def _inside(mesh: Mesh, rough, depth: float, start, pitch: float) -> np.ndarray:
    """Bool per node: deeper than that, and on the inner side of the surface.

    What is so far from the surface falls into pieces that the surface keeps apart, so one
    point says on which side a whole piece lies.
    """
    names, count = ndimage.label(rough > depth)
    inner = np.zeros(count + 1, dtype=bool)
    outer = np.unique(np.concatenate([names[at].ravel() for at in _rim(names.shape)]))
    rest = np.setdiff1d(np.arange(1, count + 1), outer)
    if len(rest):
        deepest = ndimage.maximum_position(rough, names, rest)
        for name, node in zip(rest, deepest, strict=True):
            inner[name] = winding(mesh, start + pitch * np.asarray(node)) > 0.5
    return inner[names]


def _rim(shape):
    for axis in range(3):
        for at in (0, shape[axis] - 1):
            yield tuple(at if each == axis else slice(None) for each in range(3))


def winding(mesh: Mesh, point: np.ndarray) -> float:
    """How often the surface goes round the point: the sum of the solid angles over 4 pi.

    (Van Oosterom & Strackee 1983.)
    """
    total = 0.0
    for _, corners in mesh.corner_chunks():
        ways = corners - point
        a, b, c = ways[:, 0], ways[:, 1], ways[:, 2]
        la, lb, lc = (np.linalg.norm(way, axis=1) for way in (a, b, c))
        over = np.einsum("ij,ij->i", a, np.cross(b, c))
        under = la * lb * lc + np.einsum("ij,ij->i", a, b) * lc
        under += np.einsum("ij,ij->i", b, c) * la + np.einsum("ij,ij->i", c, a) * lb
        total += float(np.arctan2(over, under).sum()) * 2
    return total / (4 * np.pi)


def _drain(part: Manifold, floor: float, diameter: float) -> Manifold:
    """A cylinder from under the floor into the cavity where that is lowest."""
    _, _, low, _, _, high = part.bounding_box()
    top = low + min(diameter, (high - low) / 3)
    x, y = deepest(part.slice(top))
    hole = Manifold.cylinder(top - floor + 1.0, diameter / 2, circular_segments=SEGMENTS)
    return hole.translate((x, y, floor - 1.0))


def _done(wall: float, solid: Manifold, made: Manifold) -> Problem:
    return Problem(
        "mesh.hollowed",
        INFO,
        N_(
            "The model was hollowed with a wall of %(wall)s mm; %(share)s %% of it are left."
        ),
        {"wall": wall, "share": round(100 * made.volume() / solid.volume(), 1)},
    )


def _nothing_left(wall: float, thinner: float | None) -> MeshRefused:
    return MeshRefused(
        "mesh.nothing_to_hollow",
        N_(
            "With a wall of %(wall)s mm nothing of the model is left to hollow; choose a "
            "thinner wall or none."
        ),
        field="mesh.hollow",
        suggest=thinner or 0.0,
        wall=wall,
    )


def _sealed(count: int, settings: MeshSettings) -> Problem:
    if settings.drain:
        return Problem(
            "mesh.hollow_not_drained",
            WARNING,
            N_("%(count)s hollows are still closed; make the drain hole wider."),
            {"count": count},
            "mesh.drain",
            2 * settings.drain,
        )
    return Problem(
        "mesh.hollow_sealed",
        INFO,
        N_(
            "The hollow is closed all round; give it a drain hole if it is to be opened or "
            "filled."
        ),
        {"count": count},
        "mesh.drain",
        4.0,
    )
