"""A mesh as every part of this room sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

CHUNK = 65536  # faces worked on at a time, to keep temporary arrays at a few megabytes


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles over shared vertices.

    Attributes:
        vertices: (V, 3) float32, mm, z up. Each is used by a face and no two are equal:
            what an STL reader sees after joining equal corners.
        faces: (F, 3) int32 into `vertices`, counter-clockwise seen from outside. No face
            uses a vertex twice.
    """

    vertices: np.ndarray
    faces: np.ndarray

    def corner_chunks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Slices of `faces`, each with its corners, (n, 3, 3) float64, n <= CHUNK."""
        for start in range(0, len(self.faces), CHUNK):
            part = slice(start, start + CHUNK)
            yield part, self.vertices[self.faces[part]].astype(np.float64)


def weld(corners: np.ndarray) -> Mesh:
    """Join corners of equal float32 position; drop faces collapsed to an edge or point.

    Args:
        corners: (F, 3, 3) float32, finite.
    """
    vertices, index = _joined(corners.reshape(-1, 3))
    return _without_collapsed(vertices, index.reshape(-1, 3))[0]


def weld_shared(points: np.ndarray, faces: np.ndarray) -> tuple[Mesh, np.ndarray | None]:
    """The same as `weld(points[faces])`, in a sixth of the memory where points are shared.

    Args:
        points: (P, 3) float32, finite, each used by a face (see `only_used`).
        faces: (F, 3) int into `points`.

    Returns:
        The mesh, and (F,) bool which of the faces it has; None: all of them.
    """
    vertices, index = _joined(points)
    return _without_collapsed(vertices, index[faces])


def only_used(points: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points that a face uses, in their order, and the faces into them, int32."""
    used = np.zeros(len(points), dtype=bool)
    used[faces] = True
    if used.all():
        return points, faces
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    return points[used], renumbered[faces]


def _joined(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different points, by z, y, x, and for each point its number among them, int32."""
    order = np.lexsort(points.T)
    points = points[order]
    new = np.ones(len(points), dtype=bool)
    new[1:] = (points[1:] != points[:-1]).any(axis=1)
    index = np.empty(len(points), dtype=np.int32)
    index[order] = np.cumsum(new, dtype=np.int32) - 1
    return points[new], index


def _without_collapsed(
    vertices: np.ndarray, faces: np.ndarray
) -> tuple[Mesh, np.ndarray | None]:
    a, b, c = faces.T
    good = (a != b) & (b != c) & (c != a)
    if good.all():
        return Mesh(vertices, faces), None
    return Mesh(*only_used(vertices, faces[good])), good
