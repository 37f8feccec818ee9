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
    points = corners.reshape(-1, 3)
    order = np.lexsort(points.T)
    points = points[order]
    new = np.ones(len(points), dtype=bool)
    new[1:] = (points[1:] != points[:-1]).any(axis=1)
    index = np.empty(len(points), dtype=np.int32)
    index[order] = np.cumsum(new, dtype=np.int32) - 1
    del order
    vertices = points[new]
    faces = index.reshape(-1, 3)
    a, b, c = faces.T
    good = (a != b) & (b != c) & (c != a)
    if good.all():
        return Mesh(vertices, faces)
    return _without_unused(vertices, faces[good])


def _without_unused(vertices: np.ndarray, faces: np.ndarray) -> Mesh:
    used = np.zeros(len(vertices), dtype=bool)
    used[faces] = True
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    return Mesh(vertices[used], renumbered[faces])
