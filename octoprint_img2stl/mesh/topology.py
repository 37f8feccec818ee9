"""How triangles hang together: edges and connected bodies, found by sorting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import Mesh


@dataclass(frozen=True)
class EdgeFacts:
    """Counts over undirected edges.

    Attributes:
        open: with an odd number of faces: the border of a hole, or a face too many.
        crowded: with four or more faces, an even number: bodies that touch along an edge.
        flipped: with an even number of faces, not half of them running each way: the
            faces disagree on which side is outside.
    """

    open: int
    crowded: int
    flipped: int


def edge_facts(mesh: Mesh) -> EdgeFacts:
    """Count what is wrong with the edges; all zero means a clean closed surface.

    Every edge becomes one number, (lower vertex, higher vertex, direction), and sorting
    brings equal edges together. Takes 24 bytes a face for the keys and about as much
    while sorting.
    """
    if not len(mesh.faces):
        return EdgeFacts(0, 0, 0)
    total = np.int64(len(mesh.vertices))
    keys = np.empty((3, len(mesh.faces)), dtype=np.int64)
    for side in range(3):
        start = mesh.faces[:, side].astype(np.int64)
        end = mesh.faces[:, (side + 1) % 3]
        keys[side] = (np.minimum(start, end) * total + np.maximum(start, end)) * 2
        keys[side] += start > end
    keys = keys.ravel()
    keys.sort()
    backward = (keys & 1).astype(np.int32)
    keys >>= 1
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    faces = np.diff(first, append=len(keys))
    backward = np.add.reduceat(backward, first)
    even = faces % 2 == 0
    return EdgeFacts(
        open=int(np.count_nonzero(~even)),
        crowded=int(np.count_nonzero(even & (faces > 2))),
        flipped=int(np.count_nonzero(even & (2 * backward != faces))),
    )


def connected(faces: np.ndarray, vertices: int) -> np.ndarray:
    """Which vertices hang together: per vertex the lowest vertex of its body.

    Args:
        faces: (F, 3) int, those that connect.
        vertices: how many vertices there are.

    Returns:
        (vertices,) int32. A vertex of no face is a body of its own.

    Method: hook the higher of two neighbouring roots to the lower one and halve the paths
    until nothing changes (Shiloach & Vishkin 1982), a few rounds even for long strips.
    """
    roots = np.arange(vertices, dtype=np.int32)
    one = np.concatenate((faces[:, 0], faces[:, 1]))
    other = np.concatenate((faces[:, 1], faces[:, 2]))
    while True:
        root_one, root_other = roots[one], roots[other]
        apart = root_one != root_other
        if not apart.any():
            return roots
        one, other = one[apart], other[apart]
        root_one, root_other = root_one[apart], root_other[apart]
        np.minimum.at(
            roots, np.maximum(root_one, root_other), np.minimum(root_one, root_other)
        )
        while True:
            shorter = roots[roots]
            if np.array_equal(shorter, roots):
                break
            roots = shorter


def boxes(mesh: Mesh, roots: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bounding boxes of connected bodies.

    Args:
        roots: per vertex, as from `connected`; those with a negative root are left out.

    Returns:
        (B,) the bodies' roots, (B, 3) lowest and (B, 3) highest corner, float32, mm.
    """
    order = np.argsort(roots, kind="stable")
    order = order[np.searchsorted(roots[order], 0) :]
    names, first = np.unique(roots[order], return_index=True)
    points = mesh.vertices[order]
    return (
        names,
        np.minimum.reduceat(points, first, axis=0),
        np.maximum.reduceat(points, first, axis=0),
    )
