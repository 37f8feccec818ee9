"""Faces of one kind that hang together."""

from __future__ import annotations

import numpy as np

from .model import Mesh
from .topology import boxes, connected


def patches(mesh: Mesh, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coherent patches of some of a mesh's faces.

    Args:
        faces: (n, 3) corners, n > 0.

    Returns:
        (n,) number of each face's patch, (P, 3) lowest and (P, 3) highest corners, mm.
    """
    roots = connected(faces, len(mesh.vertices))
    marked = np.full(len(mesh.vertices), -1, dtype=np.int32)
    marked[faces] = roots[faces]
    names, low, high = boxes(mesh, marked)
    return np.searchsorted(names, roots[faces[:, 0]]), low, high
