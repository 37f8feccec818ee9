"""What an operation gives back, and how moved points become a mesh again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manifold3d import Manifold, Mesh64

from ...problems import Problem
from ..kernel import NotASolid, from_kernel, is_strict, to_kernel
from ..model import Mesh, weld


@dataclass(frozen=True, eq=False)
class Step:
    """A mesh after an operation.

    Attributes:
        mesh: the very mesh that was given in if there was nothing to do.
        notes: what was done or could not be done, for the owner.
        deviation: how far simplifying moved the surface at most, mm.
        placements: where copies stand: x, y (mm) and the turn about z (degrees).
    """

    mesh: Mesh
    notes: tuple[Problem, ...] = ()
    deviation: float | None = None
    placements: tuple[tuple[float, float, float], ...] = ()


def box(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner, float64, mm."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    return low.astype(np.float64), high.astype(np.float64)


def settled(points: np.ndarray, faces: np.ndarray) -> Mesh:
    """A mesh of points in float64, as float32.

    Rounding may let two points fall together. Then the mesh goes once through the kernel,
    which mends it; where the kernel cannot take it, equal points are simply joined.
    """
    rounded = (points + 0.0).astype(np.float32) + np.float32(0)  # no negative zeros
    if _all_differ(rounded):
        return Mesh(rounded, np.ascontiguousarray(faces, dtype=np.int32))
    welded = weld(rounded[faces])
    if is_strict(welded):
        return welded
    solid = Manifold(
        Mesh64(
            vert_properties=np.ascontiguousarray(points, dtype=np.float64),
            tri_verts=np.ascontiguousarray(faces, dtype=np.uint64),
        )
    )
    try:
        return from_kernel(solid)
    except NotASolid:
        return welded


def solid_of(mesh: Mesh) -> Manifold:
    """The mesh as a solid with something inside.

    Raises:
        NotASolid: it is open, or its faces look inwards.
    """
    solid = to_kernel(mesh)
    if not solid.volume() > 0:
        raise NotASolid("its faces look inwards")
    return solid


def _all_differ(points: np.ndarray) -> bool:
    """Whether no two points (V, 3) float32 are equal: by a hash of their bits, sorted."""
    bits = np.ascontiguousarray(points).view(np.uint32).astype(np.uint64)
    factors = np.array(
        (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9), dtype=np.uint64
    )
    hashes = (bits * factors).sum(axis=1, dtype=np.uint64)
    hashes ^= hashes >> np.uint64(29)
    hashes.sort()
    if (hashes[1:] != hashes[:-1]).all():
        return True
    # Equal hashes may be chance; only then is it worth comparing the points.
    ordered = points[np.lexsort(points.T)]
    return bool((ordered[1:] != ordered[:-1]).any(axis=1).all())


def placed(mesh: Mesh) -> Mesh:
    """The mesh with its box centred on x = y = 0 and its lowest point on z = 0."""
    low, high = box(mesh)
    base = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    if not base.any():
        return mesh
    return settled(mesh.vertices - base, mesh.faces)
