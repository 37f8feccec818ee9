"""Put a mesh where a slicer expects it."""

from __future__ import annotations

import numpy as np

from .model import CHUNK, Mesh


def place(mesh: Mesh, scale: float = 1.0) -> Mesh:
    """The mesh scaled, its bounding box centred on x = y = 0, its lowest point on z = 0.

    Args:
        scale: factor, over 0. It is for the caller to refuse others.
    """
    low = mesh.vertices.min(axis=0).astype(np.float64)
    high = mesh.vertices.max(axis=0).astype(np.float64)
    base = (low + high) / 2
    base[2] = low[2]
    # Chunk by chunk: only a slice of the mesh exists in double precision at a time.
    moved = np.empty_like(mesh.vertices)
    for start in range(0, len(moved), CHUNK):
        part = slice(start, start + CHUNK)
        moved[part] = (mesh.vertices[part] - base) * scale
    return Mesh(moved, mesh.faces)
