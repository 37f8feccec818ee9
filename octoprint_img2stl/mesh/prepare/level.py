"""A closed surface where numbers on a grid pass zero: marching tetrahedra."""

from __future__ import annotations

import itertools

import numpy as np

# Kuhn's six tetrahedra of a cell: walks from its low to its high corner along the axes.
# They meet face to face with those of the next cell, so the surface has no cracks.
WALKS = list(itertools.permutations(range(3)))
CLEAR = 0.02  # how near to a node of the grid a vertex may lie, of the edge's length


def surface(values: np.ndarray, low: np.ndarray, pitch: float):
    """Vertices (V, 3) float64, mm, and faces (F, 3) int64 round where values are over 0.

    Args:
        values: (X, Y, Z); not over 0 on the grid's own rim, so that the surface is closed.
        low: position of the first node, mm.
        pitch: distance of the nodes, mm.

    Doi & Koide 1991. Every vertex lies on an edge of a tetrahedron, named by the two nodes
    of that edge, so neighbours share it: each edge of the surface has exactly two faces.
    """
    shape = values.shape
    strides = np.array((shape[1] * shape[2], shape[2], 1))
    flat = values.ravel()
    inside = values > 0
    cells = _mixed_cells(inside)
    first = cells @ strides
    pieces = []
    for walk in WALKS:
        steps = np.concatenate(([0], np.cumsum(strides[list(walk)])))
        nodes = first[:, None] + steps[None, :]
        even = _parity(walk)
        pieces.extend(_triangles(nodes, flat, even))
    pairs = np.concatenate(pieces).reshape(-1, 2)
    pairs = np.sort(pairs, axis=1)
    names, index = np.unique(pairs[:, 0] * flat.size + pairs[:, 1], return_inverse=True)
    a, b = names // flat.size, names % flat.size
    share = flat[a] / (flat[a] - flat[b])
    share = np.clip(share, CLEAR, 1 - CLEAR)[:, None]
    start, end = (np.stack(np.unravel_index(node, shape), axis=1) for node in (a, b))
    vertices = low + pitch * (start + share * (end - start))
    return vertices, index.reshape(-1, 3)


def _mixed_cells(inside: np.ndarray) -> np.ndarray:
    """(N, 3) low nodes of the cells that are neither all in nor all out."""
    count = np.zeros(tuple(size - 1 for size in inside.shape), dtype=np.uint8)
    for x, y, z in itertools.product((0, 1), repeat=3):
        count += inside[
            x : inside.shape[0] - 1 + x,
            y : inside.shape[1] - 1 + y,
            z : inside.shape[2] - 1 + z,
        ]
    return np.argwhere((count > 0) & (count < 8))


def _parity(walk: tuple[int, ...]) -> bool:
    swaps = sum(a > b for a, b in itertools.combinations(walk, 2))
    return swaps % 2 == 0


def _triangles(nodes: np.ndarray, flat: np.ndarray, even: bool):
    """Triangles as (n, 3, 2): each corner the two nodes of the edge it lies on.

    A tetrahedron 0123 of positive volume with only node a inside gives one triangle, with
    two inside two, with three inside one; each looks away from the inside.
    """
    inside = flat[nodes] > 0
    code = inside @ (1, 2, 4, 8)
    for a in range(4):
        b, c, d = _others(a)
        yield _faces(nodes[code == 1 << a], ((a, b), (a, c), (a, d)), even)
        yield _faces(nodes[code == 15 - (1 << a)], ((a, b), (a, d), (a, c)), even)
    for a, b in itertools.combinations(range(4), 2):
        c, d = _rest(a, b)
        chosen = nodes[code == (1 << a) + (1 << b)]
        yield _faces(chosen, ((a, c), (b, c), (b, d)), not even)
        yield _faces(chosen, ((a, c), (b, d), (a, d)), not even)


def _others(a: int) -> tuple[int, int, int]:
    """b, c, d so that a, b, c, d is an even order of 0, 1, 2, 3."""
    rest = [node for node in range(4) if node != a]
    return tuple(rest) if _parity((a, *rest)) else (rest[0], rest[2], rest[1])


def _rest(a: int, b: int) -> tuple[int, int]:
    """c, d so that a, b, c, d is an even order of 0, 1, 2, 3."""
    c, d = (node for node in range(4) if node not in (a, b))
    return (c, d) if _parity((a, b, c, d)) else (d, c)


def _faces(nodes: np.ndarray, corners, even: bool) -> np.ndarray:
    made = np.stack([nodes[:, list(corner)] for corner in corners], axis=1)
    return (made if even else made[:, ::-1]).reshape(-1, 2)
