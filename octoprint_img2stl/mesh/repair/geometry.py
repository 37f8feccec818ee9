"""Areas, volumes, normals, samples and distances of triangles, in mm."""

from __future__ import annotations

import numpy as np

from .model import Surface

CHUNK = 65536


def areas(surface: Surface) -> np.ndarray:
    """(F,) float64, mm2."""
    found = np.empty(len(surface.faces))
    for start in range(0, len(found), CHUNK):
        part = slice(start, start + CHUNK)
        found[part] = np.linalg.norm(_doubled(surface.corners(part)), axis=1) / 2
    return found


def volumes(surface: Surface, centre: np.ndarray | None = None) -> np.ndarray:
    """(F,) float64: signed tetrahedra to `centre`; their sum is a closed body's volume."""
    if centre is None:
        centre = middle(surface)
    found = np.empty(len(surface.faces))
    for start in range(0, len(found), CHUNK):
        part = slice(start, start + CHUNK)
        corners = surface.corners(part) - centre
        found[part] = np.einsum("ij,ij->i", corners[:, 0], _doubled(corners)) / 6
    return found


def middle(surface: Surface) -> np.ndarray:
    points = surface.points
    return (points.min(axis=0) + points.max(axis=0)) / 2


def diagonal(points: np.ndarray) -> float:
    """Of the bounding box, mm."""
    low, high = points.min(axis=0), points.max(axis=0)
    return float(np.linalg.norm(high.astype(np.float64) - low))


def vertex_normals(surface: Surface) -> np.ndarray:
    """(V, 3) unit normals, faces weighted by their angle at the vertex (Thuermer 1998).

    Zero where the faces cancel.
    """
    normals = np.zeros((len(surface.points), 3))
    corners = surface.corners()
    face_normal = _doubled(corners)
    length = np.linalg.norm(face_normal, axis=1, keepdims=True)
    np.divide(face_normal, length, out=face_normal, where=length > 0)
    for side in range(3):
        one = corners[:, (side + 1) % 3] - corners[:, side]
        other = corners[:, (side + 2) % 3] - corners[:, side]
        angle = np.arctan2(
            np.linalg.norm(np.cross(one, other), axis=1),
            np.einsum("ij,ij->i", one, other),
        )
        for axis in range(3):
            normals[:, axis] += np.bincount(
                surface.faces[:, side],
                face_normal[:, axis] * angle,
                minlength=len(normals),
            )
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.divide(normals, length, out=np.zeros_like(normals), where=length > 1e-9)


def sample(
    surface: Surface, count: int, seed: int = 0, area: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Points spread evenly over the surface.

    Returns:
        (n, 3) float64 points, mm, and (n,) the face each lies on; n is `count`, or 0 for
        a surface without area.
    """
    area = areas(surface) if area is None else area
    total = np.cumsum(area)
    if not len(total) or not total[-1] > 0:
        return np.empty((0, 3)), np.empty(0, dtype=np.int64)
    random = np.random.default_rng(seed)
    # One in each of `count` equal shares of the area: smoother than independent draws.
    at = (np.arange(count) + random.random(count)) / count * total[-1]
    face = np.minimum(np.searchsorted(total, at, side="right"), len(total) - 1)
    a, b = random.random((2, count))
    over = a + b > 1
    a[over], b[over] = 1 - a[over], 1 - b[over]
    corners = surface.corners(face)
    return (
        corners[:, 0]
        + a[:, None] * (corners[:, 1] - corners[:, 0])
        + b[:, None] * (corners[:, 2] - corners[:, 0])
    ), face


def squared_distances(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(n,) squared distance of each point to its triangle, mm2.

    Args:
        points: (n, 3). corners: (n, 3, 3).

    The nearest point is on the plane inside the triangle, or on one of its sides.
    """
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    best = np.minimum(_to_segment(points, a, b), _to_segment(points, b, c))
    np.minimum(best, _to_segment(points, c, a), out=best)
    one, other, to = b - a, c - a, points - a
    d11, d12, d22 = _dot(one, one), _dot(one, other), _dot(other, other)
    p1, p2 = _dot(to, one), _dot(to, other)
    scale = d11 * d22 - d12 * d12
    u, v = d22 * p1 - d12 * p2, d11 * p2 - d12 * p1
    over = (u >= 0) & (v >= 0) & (u + v <= scale) & (scale > 1e-12 * d11 * d22)
    normal = np.cross(one[over], other[over])
    height = _dot(to[over], normal)
    best[over] = np.minimum(best[over], height * height / _dot(normal, normal))
    return best


def _to_segment(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along, to = end - start, points - start
    length = _dot(along, along)
    share = np.divide(
        _dot(to, along), length, out=np.zeros_like(length), where=length > 0
    )
    to -= np.clip(share, 0, 1)[:, None] * along
    return _dot(to, to)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", one, other)


def _doubled(corners: np.ndarray) -> np.ndarray:
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
