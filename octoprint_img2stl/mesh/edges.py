"""The edges at which a surface is not that of a solid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import Mesh


@dataclass(frozen=True, eq=False)
class BadEdges:
    """Pairs of vertices, each (n, 2) int64; sorted into kinds as in `topology.EdgeFacts`."""

    open: np.ndarray
    crowded: np.ndarray
    flipped: np.ndarray


def bad_edges(mesh: Mesh) -> BadEdges:
    """The edges that `topology.edge_facts` counts. Takes about 100 bytes a face."""
    total = np.int64(len(mesh.vertices))
    keys = []
    for side in range(3):
        start = mesh.faces[:, side].astype(np.int64)
        end = mesh.faces[:, (side + 1) % 3]
        key = (np.minimum(start, end) * total + np.maximum(start, end)) * 2
        keys.append(key + (start > end))
    key = np.sort(np.concatenate(keys))
    backward, key = key & 1, key >> 1
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    faces = np.diff(first, append=len(key))
    backward = np.add.reduceat(backward, first)
    even = faces % 2 == 0

    def pairs(chosen: np.ndarray) -> np.ndarray:
        return np.stack(np.divmod(key[first[chosen]], total), axis=1)

    return BadEdges(
        pairs(~even), pairs(even & (faces > 2)), pairs(even & (2 * backward != faces))
    )


def points_along(mesh: Mesh, pairs: np.ndarray, pitch: float) -> np.ndarray:
    """(N, 3) float64: points on edges, at most about `pitch` mm apart, ends included."""
    start = mesh.vertices[pairs[:, 0]].astype(np.float64)
    end = mesh.vertices[pairs[:, 1]].astype(np.float64)
    length = np.linalg.norm(end - start, axis=1)
    parts = np.clip(np.ceil(length / pitch), 1, 500).astype(int) + 1
    owner = np.repeat(np.arange(len(pairs)), parts)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = (number / (parts[owner] - 1))[:, None]
    return start[owner] + share * (end[owner] - start[owner])
