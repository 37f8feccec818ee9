"""How far two surfaces lie apart, measured, not promised."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..model import Mesh

SAMPLES = 7500  # from each side
SPREAD = 50_000  # points about, by which near triangles are found
NEAREST = 4  # of them tried for every sample
SECOND = 1 / 8  # of the samples, those that seem farthest, are tried with more of them
MORE = 16
REFINED = 300  # samples at least that are compared with every triangle in reach
COMPARED = 10_000_000  # pairs of sample and triangle for that, where triangles are few


def deviation(one: Mesh, other: Mesh, samples: int = SAMPLES) -> float:
    """Largest distance of a sample on either surface from the other, mm.

    Samples are vertices, and the middles of edges and faces, evenly over the lists. A
    sample's distance is the exact one to a triangle (`to_triangles`); which triangle is
    nearest is guessed from points spread over them, and the guess is checked against all in
    reach where it decides the result. So the figure is exact for these samples, and a
    lower bound of the true largest distance (Hausdorff).
    """
    return max(
        farthest(_samples(one, samples), other), farthest(_samples(other, samples), one)
    )


def farthest(points: np.ndarray, mesh: Mesh) -> float:
    """Largest distance of the points (N, 3) from the mesh, mm."""
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    spots, owners = _spread(corners)
    # Not to the balanced middle: twice as fast to build, and as good for even surfaces.
    tree = cKDTree(spots, balanced_tree=False, compact_nodes=False)
    distances = _guess(points, corners, tree, owners, NEAREST)
    seem_far = np.argsort(distances)[::-1][: int(len(points) * SECOND) + 1]
    distances[seem_far] = _guess(points[seem_far], corners, tree, owners, MORE)
    a, b, c = (corners[:, side] for side in range(3))
    low = np.minimum(np.minimum(a, b), c)
    high = np.maximum(np.maximum(a, b), c)
    largest = 0.0
    most = max(REFINED, COMPARED // len(corners))
    for count, index in enumerate(np.argsort(distances)[::-1]):
        if distances[index] <= largest:
            break
        if count >= most:
            # Honest to the safe side: what is left is reported as it was guessed.
            return float(distances[index])
        reach, point = distances[index], points[index]
        near = ((low <= point + reach) & (high >= point - reach)).all(axis=1)
        exact = to_triangles(np.broadcast_to(point, (near.sum(), 3)), corners[near])
        largest = max(largest, min(reach, float(exact.min(initial=np.inf))))
    return float(largest)


def _spread(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points spread over the triangles (F, 3, 3), at least one on each; whose they are.

    In rows along the longest side, so that large triangles and needles are found from
    anywhere near them.
    """
    sides = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    longest = sides.argmax(axis=1)
    each = np.arange(len(corners))
    a, b, c = (corners[each, (longest + turn) % 3] for turn in range(3))
    length = sides[each, longest]
    doubled = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    pitch = np.sqrt(doubled.sum() / 2 / SPREAD) or 1.0
    along = np.ceil(length / pitch).clip(1, 10_000).astype(np.int64)
    height = doubled / np.where(length > 0, length, 1.0)
    across = np.ceil(height / pitch).clip(1, 10_000).astype(np.int64)
    counts = along * across
    owners = np.repeat(each, counts)
    index = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    u = ((index % along[owners] + 0.5) / along[owners])[:, None]
    v = ((index // along[owners] + 0.5) / across[owners])[:, None]
    low = a[owners]
    return (1 - v) * (low + u * (b[owners] - low)) + v * c[owners], owners


def _guess(points, corners, tree, owners, count) -> np.ndarray:
    """Distance from the nearest of the triangles to which the `count` nearest points belong."""
    count = min(count, tree.n)
    nearest = owners[tree.query(points, k=count)[1].reshape(len(points), count)]
    distances = to_triangles(
        np.repeat(points, count, axis=0), corners[nearest.ravel()]
    ).reshape(nearest.shape)
    return distances.min(axis=1)


def to_triangles(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Distance of each point (N, 3) from its own triangle (N, 3, 3), mm.

    Inside the prism over the triangle it is the distance from its plane, elsewhere that
    from the nearest of its three sides (Ericson, Real-Time Collision Detection, 5.1).
    """
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    squared = np.full(len(points), np.inf)
    normal = np.cross(b - a, c - a)
    length = np.einsum("ij,ij->i", normal, normal)
    inside = length > 0
    for start, end in ((a, b), (b, c), (c, a)):
        side, way = end - start, points - start
        inside &= np.einsum("ij,ij->i", np.cross(side, way), normal) >= 0
        total = np.einsum("ij,ij->i", side, side)
        share = np.einsum("ij,ij->i", side, way) / np.where(total > 0, total, 1.0)
        way -= np.clip(share, 0.0, 1.0)[:, None] * side
        np.minimum(squared, np.einsum("ij,ij->i", way, way), out=squared)
    height = np.einsum("ij,ij->i", points - a, normal)
    plane = height**2 / np.where(length > 0, length, 1.0)
    return np.sqrt(np.where(inside, plane, squared))


def _samples(mesh: Mesh, count: int) -> np.ndarray:
    """Vertices, middles of sides and of faces, `count` at most, evenly over the lists."""
    third = max(count // 3, 1)
    points = mesh.vertices[_evenly(len(mesh.vertices), third)].astype(np.float64)
    faces = mesh.faces[_evenly(len(mesh.faces), third)]
    corners = mesh.vertices[faces].astype(np.float64)
    sides = (corners[:, 0] + corners[:, 1]) / 2
    return np.concatenate((points, sides, corners.mean(axis=1)))


def _evenly(total: int, count: int) -> np.ndarray:
    if total <= count:
        return np.arange(total)
    return np.linspace(0, total - 1, count).astype(np.int64)
