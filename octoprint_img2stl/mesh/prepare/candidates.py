"""Directions in which a mesh may be laid down."""

from __future__ import annotations

import itertools

import numpy as np
from manifold3d import Manifold

from ..model import Mesh

FACETS = 40  # of the convex hull, the largest
NORMALS = 40  # directions with the most area
GROUPS = 25.0  # normals are taken together to a twentyfifth of their length
ALIKE = np.cos(np.radians(1.5))


def hull_of(mesh: Mesh) -> tuple[Mesh, float] | None:
    """The convex hull and its volume, mm3; None where the mesh is flat."""
    hull = Manifold.hull_points(mesh.vertices.astype(np.float64))
    if hull.is_empty() or not hull.volume() > 0:
        return None
    made = hull.to_mesh()
    return Mesh(
        np.array(made.vert_properties[:, :3], dtype=np.float32),
        np.array(made.tri_verts).astype(np.int32),
    ), float(hull.volume())


def directions(normals: np.ndarray, areas: np.ndarray, hull: Mesh) -> np.ndarray:
    """(N, 3) unit vectors that may become down, no two within 1.5 degrees.

    The sides on which the model can lie without tipping (facets of its hull), the
    directions in which most of its surface looks (Tweaker's "area-cumulated" normals,
    Schranz 2016), and the 26 along axes and diagonals.

    Args:
        normals: (F, 3) unit; areas: (F,).
    """
    ways = np.concatenate(
        (
            _largest(*facing(hull), FACETS),
            _diagonals(),
            _largest(normals, areas, NORMALS),
        )
    )
    alike = ways @ ways.T > ALIKE
    first = np.argmax(alike, axis=1)  # the first direction that is like this one
    return ways[first == np.arange(len(ways))]


def facing(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Unit normals (F, 3) and areas (F,) of the faces that have one, float64."""
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled = np.sqrt(np.einsum("ij,ij->i", normals, normals))
    return normals / np.where(doubled > 0, doubled, 1.0)[:, None], doubled / 2


def _largest(normals: np.ndarray, areas: np.ndarray, count: int) -> np.ndarray:
    cells = np.round(normals * GROUPS).astype(np.int64) + 32
    keys = (cells[:, 0] * 64 + cells[:, 1]) * 64 + cells[:, 2]
    _, group = np.unique(keys, return_inverse=True)
    total = np.bincount(group, areas)
    best = np.argsort(total)[::-1][:count]
    sums = np.stack(
        [np.bincount(group, areas * normals[:, axis]) for axis in range(3)], axis=1
    )[best]
    length = np.linalg.norm(sums, axis=1)
    return sums[length > 0] / length[length > 0, None]


def _diagonals() -> np.ndarray:
    ways = [way for way in itertools.product((-1, 0, 1), repeat=3) if any(way)]
    return np.array(ways) / np.linalg.norm(ways, axis=1)[:, None]
