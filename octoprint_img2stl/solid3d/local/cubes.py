"""The surface around those nodes of a grid that are inside, closed and manifold by construction.

Marching cubes, its table made by rule rather than copied: on every face of a cube with two
inside corners across from each other these are kept apart, on both sides of the face alike,
so that every edge of the surface has two triangles (the disambiguation of Montani, Scateni
and Scopigno, The Visual Computer 10, 1994). No triangulation of a loop has an edge within a
cube's face, or two neighbouring cubes could have the same one and four triangles meet there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

# Corners by the bits x, y, z of their number; edges as pairs of corners, axis by axis.
EDGES = [(a, a | 1 << k) for k in range(3) for a in range(8) if not a >> k & 1]
# Each face's corners, counter-clockwise seen from outside.
FACES = (
    (0, 4, 6, 2), (1, 3, 7, 5), (0, 1, 5, 4), (2, 6, 7, 3), (0, 2, 3, 1), (4, 5, 7, 6),
)  # fmt: skip
LEAST = 1e-3  # from a corner, in cells


def surface(
    inside: np.ndarray, fields: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Triangles around the nodes that are inside.

    Args:
        inside: (X, Y, Z) bool, False on the grid's outermost nodes.
        fields: each (X, Y, Z) float32 or to be broadcast to that. Where an edge of the grid
            leaves the inside, the surface is where the first of them passes zero, so that
            fields of different steepness may be intersected.

    Returns:
        points: (V, 3) float64 in cells, the grid's first node at 0.
        faces: (F, 3) int64, counter-clockwise seen from outside.
    """
    fields = [np.broadcast_to(field, inside.shape) for field in fields]
    points, ids = [], []
    count = 0
    for axis in range(3):
        low = [slice(None)] * 3
        high = [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        cut = inside[tuple(low)] != inside[tuple(high)]
        at = np.nonzero(cut)
        upward = inside[tuple(low)][at]  # from which of both ends it leaves the inside
        share = np.full(len(upward), 1.0)
        for field in fields:
            one, two = field[tuple(low)][at], field[tuple(high)][at]
            begin, end = np.where(upward, one, two), np.where(upward, two, one)
            falls = (begin > 0) & (end <= 0)
            crossing = begin[falls] / (begin[falls] - end[falls]).astype(np.float64)
            share[falls] = np.minimum(share[falls], crossing)
        share = np.clip(share, LEAST, 1 - LEAST)
        place = np.stack(at, axis=1).astype(np.float64)
        place[:, axis] += np.where(upward, share, 1 - share)
        number = np.full(inside.shape, -1, np.int32)
        number[at] = count + np.arange(len(share), dtype=np.int32)
        ids.append(number)
        points.append(place)
        count += len(share)

    case = np.zeros([side - 1 for side in field.shape], np.uint8)
    for corner in range(8):
        case |= inside[_shift(corner)].astype(np.uint8) << corner
    cubes = np.nonzero((case > 0) & (case < 255))
    kinds = case[cubes]
    edges = np.empty((len(kinds), len(EDGES)), np.int32)
    for n, (a, b) in enumerate(EDGES):
        axis = (a ^ b).bit_length() - 1
        edges[:, n] = ids[axis][tuple(at + (a >> k & 1) for k, at in enumerate(cubes))]
    table = _table()
    faces = []
    for kind in np.unique(kinds):
        mine = edges[kinds == kind]
        faces.append(mine[:, np.array(table[kind]).ravel()].reshape(-1, 3))
    return np.concatenate(points), np.concatenate(faces).astype(np.int64)


def _shift(corner: int) -> tuple[slice, ...]:
    return tuple(
        slice(1, None) if corner >> axis & 1 else slice(None, -1) for axis in range(3)
    )


@lru_cache(maxsize=1)
def _table() -> list[list[tuple[int, int, int]]]:
    """For each of 256 sets of inside corners the triangles, as triples of cut edges."""
    return [
        [triangle for loop in _loops(case) for triangle in _triangles(loop)]
        for case in range(256)
    ]


def _edge(a: int, b: int) -> int:
    return EDGES.index((min(a, b), max(a, b)))


def _loops(case: int) -> list[tuple[int, ...]]:
    """The closed lines in which the surface passes a cube's faces, by the edges they cut."""
    after: dict[int, int] = {}
    for face in FACES:
        for k in range(4):
            before, corner = face[k - 1], face[k]
            if case >> before & 1 or not case >> corner & 1:
                continue
            # Inside begins at this corner; it ends behind the last of the run.
            last = k
            while case >> face[(last + 1) % 4] & 1:
                last += 1
            begin = _edge(before, corner)
            end = _edge(face[last % 4], face[(last + 1) % 4])
            # Seen from outside with the inside on the right, so counter-clockwise around
            # the inside of the cube's neighbour, and the right way round for this one.
            after[begin] = end
    loops = []
    while after:
        first = min(after)
        loop, edge = [], first
        while edge in after:
            loop.append(edge)
            edge = after.pop(edge)
        loops.append(tuple(loop))
    return loops


def _triangles(loop: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """A loop cut into triangles by diagonals none of which lies in a cube's face."""
    best = _cut(loop)
    if best is None:
        raise AssertionError(f"no triangulation of {loop}")
    return best


def _cut(loop: tuple[int, ...]) -> list[tuple[int, int, int]] | None:
    if len(loop) == 3:
        return [loop]
    for k in range(1, len(loop) - 1):
        # The triangle on the edge from the last to the first.
        one, two = loop[: k + 1], loop[k:]
        if any(len(part) > 2 and _share_face(part[0], part[-1]) for part in (one, two)):
            continue
        parts = [_cut(part) if len(part) > 2 else [] for part in (one, two)]
        if all(part is not None for part in parts):
            return [*parts[0], *parts[1], (loop[0], loop[k], loop[-1])]
    return None


def _share_face(one: int, two: int) -> bool:
    corners = {*EDGES[one], *EDGES[two]}
    return any(corners <= set(face) for face in FACES)
