"""Where on a mesh a problem sits: for colouring faces and for turning the camera to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from .model import CHUNK, Mesh

if TYPE_CHECKING:
    from .subject import Finding

MOST_FLAGS = 31  # bits of an uint32, one kept free so that a signed reader is content
MOST_POINTS = 20_000  # of one problem
MOST_SAMPLES = 400_000  # of all faces near one problem
FINEST, COARSEST = 1, 64  # parts into which a large face's edges are cut for sampling
SMALLEST_VIEW = 3.0  # mm: a camera that goes nearer shows nothing but one face
UNSURE = 0.5  # a mean normal shorter than this says little: front and back cancel
SIDES = np.array([side for side in np.ndindex(3, 3, 3) if side != (1, 1, 1)]) - 1.0
SIDES /= np.linalg.norm(SIDES, axis=1)[:, None]


@dataclass(frozen=True, eq=False)
class Where:
    """A part of a mesh, by its faces or by points on it; mm, in the mesh's coordinates.

    Attributes:
        faces: indices into the mesh's faces, or None.
        points: (N, 3) float32, or None.
        reach: how far from a point a face still belongs to the problem, mm.
    """

    faces: np.ndarray | None = None
    points: np.ndarray | None = None
    reach: float = 0.5

    def as_points(self, mesh: Mesh) -> Where:
        """The same by points alone, so that it can be shown on a simplified mesh.

        Args:
            mesh: the one its faces belong to.
        """
        if self.points is not None or self.faces is None:
            return self
        faces, points = samples(mesh, self.faces, self.reach)
        del faces
        return Where(points=thinned(points), reach=max(self.reach, 0.5))


def thinned(points: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """At most `most` of the points, evenly chosen, float32."""
    every = max(1, -(-len(points) // most))
    return np.ascontiguousarray(points[::every], dtype=np.float32)


def flags(mesh: Mesh, findings: Sequence[Finding]) -> np.ndarray:
    """(F,) uint32: bit k is set where finding k touches the face.

    Only findings with a `where` are counted, the first 31 of them, in the order given; see
    `bits`.
    """
    marks = np.zeros(len(mesh.faces), dtype=np.uint32)
    for finding, bit in zip(findings, bits(findings), strict=True):
        if bit is not None:
            marks[touched(mesh, finding.where)] |= np.uint32(1 << bit)
    return marks


def bits(findings: Sequence[Finding]) -> list[int | None]:
    """Which bit of `flags` belongs to each finding."""
    given: list[int | None] = []
    count = 0
    for finding in findings:
        shown = finding.where is not None and count < MOST_FLAGS
        given.append(count if shown else None)
        count += shown
    return given


def touched(mesh: Mesh, where: Where) -> np.ndarray:
    """Indices of the faces that belong to a problem, ascending."""
    if where.faces is not None:
        return np.unique(where.faces)
    if where.points is None or not len(where.points):
        return np.empty(0, dtype=np.int64)
    low = where.points.min(axis=0) - where.reach
    high = where.points.max(axis=0) + where.reach
    near = []
    for part, corners in mesh.corner_chunks():
        inside = (corners.min(axis=1) <= high) & (corners.max(axis=1) >= low)
        near.append(np.flatnonzero(inside.all(axis=1)) + part.start)
    faces, points = samples(mesh, np.concatenate(near), where.reach)
    if not len(faces):
        return faces
    tree = cKDTree(where.points)
    distance, _ = tree.query(points, distance_upper_bound=where.reach)
    return np.unique(faces[np.isfinite(distance)])


def samples(mesh: Mesh, faces: np.ndarray, pitch: float) -> tuple[np.ndarray, np.ndarray]:
    """Points on faces at most about `pitch` apart: (N,) face of each, (N, 3) float64.

    A face is cut into n x n equal triangles, whose centres are taken: one for a small
    face, up to 64 x 64 for a large one. The pitch grows where there would be too many.
    """
    if not len(faces):
        return np.empty(0, dtype=np.int64), np.empty((0, 3))
    longest = longest_sides(mesh, faces)
    while True:
        cuts = np.clip(np.ceil(longest / max(pitch, 1e-6)), FINEST, COARSEST).astype(int)
        if (cuts**2).sum() <= max(MOST_SAMPLES, len(faces)):
            break
        pitch *= 1.5
    owners, points = [], []
    for cut in np.unique(cuts):
        chosen = faces[cuts == cut]
        weights = _centres(int(cut))
        corners = mesh.vertices[mesh.faces[chosen]].astype(np.float64)
        points.append(np.einsum("sk,fkx->fsx", weights, corners).reshape(-1, 3))
        owners.append(np.repeat(chosen, len(weights)))
    return np.concatenate(owners), np.concatenate(points)


def longest_sides(mesh: Mesh, faces: np.ndarray) -> np.ndarray:
    """(N,) float64, mm: the longest side of each of these faces."""
    longest = np.empty(len(faces))
    for start in range(0, len(faces), CHUNK):
        corners = mesh.vertices[mesh.faces[faces[start : start + CHUNK]]]
        sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
        longest[start : start + CHUNK] = sides.max(axis=1)
    return longest


def _centres(cut: int) -> np.ndarray:
    """(cut², 3) barycentric weights of the centres of a triangle's equal parts."""
    i, j = np.mgrid[:cut, :cut]
    upright = i + j < cut
    leaning = i + j < cut - 1
    first = np.concatenate((i[upright] + 1 / 3, i[leaning] + 2 / 3)) / cut
    second = np.concatenate((j[upright] + 1 / 3, j[leaning] + 2 / 3)) / cut
    return np.stack((first, second, 1 - first - second), axis=1)


def target(mesh: Mesh, where: Where) -> dict[str, Any] | None:
    """What the camera should turn to: the largest coherent part of a problem.

    Returns:
        ``{"centre": [x, y, z], "normal": [x, y, z], "radius": mm}``: look against the
        normal, which points out of the mesh; None where nothing of the mesh is touched.
    """
    faces = touched(mesh, where)
    if not len(faces):
        return None
    owners, points = samples(mesh, faces, max(where.reach, 0.5))
    count = np.bincount(owners, minlength=len(mesh.faces))
    if where.points is not None and len(where.points):
        near, _ = cKDTree(where.points).query(
            points, distance_upper_bound=where.reach * 1.5
        )
        keep = np.isfinite(near)
        if keep.any():
            owners, points = owners[keep], points[keep]
    corners = mesh.vertices[mesh.faces[owners]].astype(np.float64)
    doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    # Each sample stands for its share of its face.
    doubled /= count[owners][:, None]
    weight = np.linalg.norm(doubled, axis=1)
    group = _groups(points, where.reach)
    heaviest = np.bincount(group, weights=weight).argmax()
    inside = group == heaviest
    points, doubled, weight = points[inside], doubled[inside], weight[inside]
    centre = (points * weight[:, None]).sum(axis=0) / max(weight.sum(), 1e-30)
    radius = float(np.linalg.norm(points - centre, axis=1).max())
    return {
        "centre": [round(float(value), 3) for value in centre],
        "normal": [round(float(value), 4) for value in _facing(doubled, weight)],
        "radius": round(max(radius, SMALLEST_VIEW), 3),
    }


def _facing(doubled: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean direction of faces; of the largest side only where sides cancel."""
    mean = doubled.sum(axis=0) / max(float(weight.sum()), 1e-30)
    if np.linalg.norm(mean) < UNSURE:
        towards = np.maximum(doubled @ SIDES.T, 0) / np.maximum(weight, 1e-30)[:, None]
        side = SIDES[(weight[:, None] * towards**4).sum(axis=0).argmax()]
        mean = doubled[doubled @ side > 0.5 * weight].sum(axis=0)
    length = np.linalg.norm(mean)
    return mean / length if length > 1e-12 else np.array((0.0, 0.0, 1.0))


def _groups(points: np.ndarray, reach: float) -> np.ndarray:
    """(N,) int: which points hang together, by cubes that share a side or a corner."""
    extent = float(np.ptp(points, axis=0).max())
    cube = max(2 * reach, extent / 60, 1e-6)
    cells, place = np.unique(
        np.floor(points / cube).astype(np.int64), axis=0, return_inverse=True
    )
    pairs = cKDTree(cells).query_pairs(1.8, output_type="ndarray")
    links = coo_matrix(
        (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(cells),) * 2
    )
    return connected_components(links, directed=False)[1][place.ravel()]
