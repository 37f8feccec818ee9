"""What a result is worth, found without any code of the tools that are compared.

*Strict*: every edge has exactly two faces that run it in opposite directions, after welding
equal float32 positions, and the volume is positive. *Closed*: as many faces run every edge
one way as the other, and the volume is positive; it slices right but may touch itself.
*Faithful*: at most 1 % of the visible surface of the original lies more than 1 % of its
diagonal away from the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from meshes import weld
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

SAMPLES = 6000
RAYS = 64
# Of the original's diagonal.
AWAY = 0.01
LOST = 0.01
# Points that stand for the result's surface, besides one in every triangle.
DENSE = 200_000
# Triangles looked at around a sample, and samples looked at at once.
NEAR = 12
CHUNK = 20_000


@dataclass(frozen=True)
class Edges:
    """Counts over edges; an edge is two points, whichever way it runs.

    Attributes:
        open: with one face.
        crowded: with more than two.
        flipped: with two that run the same way.
        uneven: that more faces run one way than the other.
    """

    open: int
    crowded: int
    flipped: int
    uneven: int


class Shape:
    """A triangle mesh as it comes out of a file.

    Args:
        corners: (n, 3, 3) float32.
    """

    def __init__(self, corners: np.ndarray) -> None:
        self.corners = corners
        self.points, self.faces = weld(corners)

    @cached_property
    def diagonal(self) -> float:
        return float(np.linalg.norm(np.ptp(self.points.astype(float), axis=0)))

    @cached_property
    def flat(self) -> bool:
        """Whether it lies in one plane, so that no tool can know its volume."""
        points = self.points.astype(float)
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        return len(spread) < 3 or bool(spread[2] <= 1e-6 * spread[0])

    @cached_property
    def volume(self) -> float:
        """mm³, about the middle of the box, in float64."""
        middle = (self.points.min(axis=0).astype(float) + self.points.max(axis=0)) / 2
        a, b, c = (self.corners - middle).transpose(1, 0, 2)
        return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6

    @cached_property
    def edges(self) -> Edges:
        start = self.faces.ravel().astype(np.int64)
        end = np.roll(self.faces, -1, axis=1).ravel()
        keys = np.minimum(start, end) * np.int64(len(self.points)) + np.maximum(
            start, end
        )
        # A triangle with two corners in one place has an edge of no length. It is counted
        # as open, since no face can lie on its other side.
        way = np.where(start < end, 1, -1)
        _, edge, count = np.unique(keys, return_inverse=True, return_counts=True)
        sums = np.bincount(edge, weights=way, minlength=len(count)).astype(int)
        none = np.zeros(len(count), dtype=bool)
        none[edge[start == end]] = True
        return Edges(
            open=int(np.count_nonzero((count == 1) | none)),
            crowded=int(np.count_nonzero((count > 2) & ~none)),
            flipped=int(np.count_nonzero((count == 2) & (sums != 0) & ~none)),
            uneven=int(np.count_nonzero((sums != 0) & ~none)),
        )

    @property
    def strict(self) -> bool:
        found = self.edges
        return not (found.open or found.crowded or found.flipped) and self.volume > 0

    @property
    def closed(self) -> bool:
        return len(self.faces) > 0 and not self.edges.uneven and self.volume > 0

    @cached_property
    def bodies(self) -> int:
        """How many parts hang together by points."""
        ones = np.ones(len(self.faces) * 2, dtype=np.int8)
        one = np.concatenate((self.faces[:, 0], self.faces[:, 1]))
        other = np.concatenate((self.faces[:, 1], self.faces[:, 2]))
        size = len(self.points)
        graph = coo_matrix((ones, (one, other)), shape=(size, size))
        return int(connected_components(graph, directed=False)[0])

    @cached_property
    def doubled(self) -> int:
        """Faces that lie on another one with the same three corners."""
        rows = np.sort(self.faces, axis=1)
        return int(len(rows) - len(np.unique(rows, axis=0)))

    @cached_property
    def rows(self) -> np.ndarray:
        """(n, 3) the faces in an order of their own, each begun at its least point."""
        turns = (self.faces.argmin(axis=1)[:, None] + np.arange(3)) % 3
        turned = np.take_along_axis(self.faces, turns, axis=1)
        return turned[np.lexsort(turned.T)]

    def same_as(self, other: Shape) -> bool:
        """Whether the triangles are the very same, in any order."""
        return bool(
            self.faces.shape == other.faces.shape
            and np.array_equal(self.points, other.points)
            and np.array_equal(self.rows, other.rows)
        )

    def has(self, corners: np.ndarray) -> np.ndarray:
        """Which of (k, 3, 3) float32 triangles are among its own, either way round."""
        both = np.concatenate((self.corners, corners))
        _, faces = weld(both)
        faces = np.sort(faces, axis=1).astype(np.int32)
        keys = np.ascontiguousarray(faces).view(np.dtype((np.void, 12))).ravel()
        return np.isin(keys[len(self.corners) :], keys[: len(self.corners)])


@dataclass(frozen=True)
class Visible:
    """Points of an original's surface that can be seen from outside.

    Attributes:
        points: (k, 3).
        corners: (k, 3, 3) float32, the triangle that each lies on.
    """

    points: np.ndarray
    corners: np.ndarray


def visible_samples(shape: Shape) -> Visible:
    """Points of the surface that see the sky in at least one of 64 directions.

    The points are spread evenly over the area, the directions over the sphere; both sides
    of a triangle count, for some originals do not know their outside.
    """
    from trimesh import Trimesh
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    points, which = sampled(shape.corners, SAMPLES, np.random.default_rng(7))
    number = np.arange(RAYS) + 0.5
    height = 1 - 2 * number / RAYS
    turn = number * np.pi * (1 + 5**0.5)
    ring = np.sqrt(1 - height**2)
    sky = np.column_stack((ring * np.cos(turn), ring * np.sin(turn), height))
    origins = points[:, None, :] + sky[None] * (1e-4 * shape.diagonal)
    ways = np.broadcast_to(sky, origins.shape)
    rays = RayMeshIntersector(Trimesh(shape.points, shape.faces, process=False))
    hidden = rays.intersects_any(origins.reshape(-1, 3), ways.reshape(-1, 3))
    seen = ~hidden.reshape(len(points), RAYS).all(axis=1)
    return Visible(points[seen], shape.corners[which[seen]])


def sampled(
    corners: np.ndarray, count: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """`count` points spread evenly over the area, and the triangle of each."""
    a, b, c = corners.astype(float).transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    if not area.sum() > 0:
        area = np.ones(len(corners))
    ends = np.cumsum(area)
    steps = (np.arange(count) + random.random(count)) / count * ends[-1]
    which = np.minimum(np.searchsorted(ends, steps), len(corners) - 1)
    one, two = random.random((2, count))
    over = one + two > 1
    one[over], two[over] = 1 - one[over], 1 - two[over]
    points = a[which] + one[:, None] * (b - a)[which] + two[:, None] * (c - a)[which]
    return points, which


def distances(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(k,) how far each point is from the nearest triangle.

    Exact to the nearest of the triangles around the 12 nearest of many points on the
    surface (every triangle has one); a nearer triangle that has none of the twelve is
    missed, so the figure is never too small.
    """
    on, which = sampled(corners, DENSE, np.random.default_rng(11))
    on = np.concatenate((on, corners.mean(axis=1, dtype=float)))
    which = np.concatenate((which, np.arange(len(corners))))
    tree = cKDTree(on)
    least = np.empty(len(points))
    for start in range(0, len(points), CHUNK):
        some = points[start : start + CHUNK]
        _, near = tree.query(some, k=NEAR)
        around = corners[which[near]].astype(float)
        least[start : start + CHUNK] = _to_triangles(some[:, None, :], around).min(axis=1)
    return least


def _to_triangles(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Distances of points (…, 3) to triangles (…, 3, 3), elementwise.

    The nearest point is inside the triangle or on one of its three edges.
    """
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    edges = [_to_segments(points, *pair) for pair in ((a, b), (b, c), (c, a))]
    nearest = np.minimum(np.minimum(edges[0], edges[1]), edges[2])
    normal = np.cross(b - a, c - a)
    size = (normal**2).sum(axis=-1)
    inside = size > 0
    for one, two in ((a, b), (b, c), (c, a)):
        turn = (np.cross(two - one, points - one) * normal).sum(axis=-1)
        inside &= turn >= 0
    height = np.abs(((points - a) * normal).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(inside, height / np.sqrt(size), nearest)


def _to_segments(points: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    way = two - one
    size = (way**2).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        along = ((points - one) * way).sum(axis=-1) / size
    along = np.clip(np.where(size > 0, along, 0.0), 0.0, 1.0)
    return np.linalg.norm(points - one - along[..., None] * way, axis=-1)


def losses(visible: Visible, diagonal: float, made: Shape, lift: float) -> tuple:
    """(share of the visible surface that is away, mean distance in diagonals).

    Args:
        diagonal: of the original.
        made: the result.
        lift: mm to move the result up before it is compared.
    """
    if not len(visible.points):
        return 0.0, 0.0
    away = np.zeros(len(visible.points))
    gone = np.ones(len(away), dtype=bool) if lift else ~made.has(visible.corners)
    if gone.any():
        corners = made.corners + np.array([0.0, 0.0, lift])
        away[gone] = distances(visible.points[gone], corners) / diagonal
    return float(np.mean(away > AWAY)), float(np.mean(away))
