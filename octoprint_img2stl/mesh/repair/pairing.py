"""Which faces belong together at each edge, and cutting a surface where none do.

A *half-edge* is one side of one face: number ``3 * face + side``, running from corner `side`
to the next. Its *mate* is the half-edge of the neighbour it is sewn to, or -1 at a rim.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

SAME_ANGLE_RAD = 1e-6


def pair(
    points: np.ndarray, faces: np.ndarray, *, crowded: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Sew faces together along their edges.

    Where two faces meet they are neighbours. Where more meet, they are taken in the order
    of their angle round the edge, and each is paired with the next that bounds the same
    wedge of solid: bodies that touch along the edge come apart. What finds no partner stays
    open.

    Args:
        points: (V, 3) float64, mm.
        faces: (F, 3) int32.
        crowded: also where more than two meet; else those stay open.

    Returns:
        mates (3F,) int32, and the half-edges (n,) int32 at which more than two faces meet.
    """
    order, first, count = _edges(faces, len(points))
    mate = np.full(3 * len(faces), -1, dtype=np.int32)
    two = first[count == 2]
    one, other = order[two], order[two + 1]
    mate[one], mate[other] = other, one
    many = count > 2
    if not many.any():
        return mate, np.empty(0, dtype=np.int32)
    where = _ranges(first[many], count[many])
    half = order[where]
    if crowded:
        edge = np.repeat(np.arange(int(many.sum())), count[many])
        _pair_by_angle(points, faces, half, edge, mate)
    return mate, half


def _edges(faces: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half-edges sorted by undirected edge, where each edge begins, how many it has."""
    start = faces.astype(np.int64)
    end = np.roll(start, -1, axis=1)
    keys = (np.minimum(start, end) * points + np.maximum(start, end)).ravel()
    del start, end
    order = np.argsort(keys, kind="stable").astype(np.int32)
    keys = keys[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return order, first, np.diff(first, append=len(keys))


def _ranges(start: np.ndarray, count: np.ndarray) -> np.ndarray:
    """All of ``start[i] … start[i] + count[i] - 1``, one after another."""
    offset = np.repeat(start - np.concatenate(([0], np.cumsum(count)[:-1])), count)
    return offset + np.arange(int(count.sum()))


def _pair_by_angle(
    points: np.ndarray,
    faces: np.ndarray,
    half: np.ndarray,
    edge: np.ndarray,
    mate: np.ndarray,
) -> None:
    face, side = half // 3, half % 3
    begin, finish = faces[face, side], faces[face, (side + 1) % 3]
    backward = begin > finish
    low, high = np.minimum(begin, finish), np.maximum(begin, finish)
    axis = points[high] - points[low]
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-300)
    arm = points[faces[face, (side + 2) % 3]] - points[low]
    arm -= np.einsum("ij,ij->i", arm, axis)[:, None] * axis
    zero = arm[np.flatnonzero(np.concatenate(([True], edge[1:] != edge[:-1])))][edge]
    across = np.cross(axis, zero)
    angle = np.arctan2(
        np.einsum("ij,ij->i", arm, across), np.einsum("ij,ij->i", arm, zero)
    )
    angle = np.mod(angle + SAME_ANGLE_RAD, 2 * np.pi)
    # Faces at the same angle: first those that end a wedge, then those that begin one.
    order = np.lexsort((backward, np.round(angle / (2 * SAME_ANGLE_RAD)), edge))
    half, backward, edge = half[order], backward[order], edge[order]
    bounds = np.flatnonzero(np.concatenate(([True], edge[1:] != edge[:-1])))
    halves, opens = half.tolist(), backward.tolist()
    for start, stop in zip(
        bounds.tolist(), [*bounds[1:].tolist(), len(halves)], strict=True
    ):
        for one, other in _match(halves[start:stop], opens[start:stop]):
            mate[one], mate[other] = other, one


def _match(halves: list[int], opens: list[bool]) -> list[tuple[int, int]]:
    """Pairs among the faces round one edge, like brackets round a circle.

    Seen against the edge's direction, from its lower to its higher vertex, a face that runs
    backward has its solid counter-clockwise of it, one that runs forward clockwise.
    """
    pairs: list[tuple[int, int]] = []
    waiting: list[int] = []
    early: list[int] = []  # ends of wedges that began before the first face
    for half, begins in zip(halves, opens, strict=True):
        if begins:
            waiting.append(half)
        elif waiting:
            pairs.append((waiting.pop(), half))
        else:
            early.append(half)
    while waiting and early:
        pairs.append((waiting.pop(), early.pop(0)))
    # What is left faces the same way all: the winding is wrong somewhere. Neighbours are
    # sewn nevertheless, and orienting decides.
    rest = waiting or early
    return pairs + list(zip(rest[::2], rest[1::2], strict=False))


def orient(
    faces: np.ndarray, mate: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Turn faces so that neighbours agree; cut where that cannot be (a Moebius strip).

    Args:
        faces: (F, 3) int32.
        mate: (3F,) as from `pair`.
        weight: (F,) area, mm2: the larger share of a body keeps its side.

    Returns:
        faces, mates (of the turned faces), how many faces were turned and how many edges cut.
    """
    total = len(faces)
    half = np.flatnonzero(mate > np.arange(3 * total, dtype=np.int32)).astype(np.int32)
    if not len(half):
        return faces, mate, 0, 0
    other = mate[half]
    one_face, other_face = half // 3, other // 3
    same = faces.ravel()[half] == faces.ravel()[other]
    if not same.any():
        return faces, mate, 0, 0
    # Each face twice, as it is and turned; neighbours that disagree link one to the other.
    # The face and its turned self in one component: no side is right (double cover).
    rows = np.concatenate((one_face, one_face + total))
    columns = np.concatenate(
        (
            np.where(same, other_face + total, other_face),
            np.where(same, other_face, other_face + total),
        )
    )
    graph = coo_matrix(
        (np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(2 * total,) * 2
    )
    _, label = connected_components(graph, directed=False)
    del graph, rows, columns
    straight, turned = label[:total], label[total:]
    flip = straight > turned
    conflict = straight == turned
    cut = 0
    mate = mate.copy()
    if conflict.any():
        flip[conflict] = _parity(one_face, other_face, same, conflict)[conflict]
        wrong = (flip[one_face] ^ flip[other_face]) != same
        mate[half[wrong]] = mate[other[wrong]] = -1
        cut = int(wrong.sum())
    # The larger share keeps its side. Both labels of a body name it; take the lower.
    name = np.minimum(straight, turned)
    share = np.bincount(name, np.where(flip, weight, -weight), minlength=name.max() + 1)
    flip ^= share[name] > 0
    return *turn(faces, mate, flip), int(flip.sum()), cut


def _parity(
    one: np.ndarray, other: np.ndarray, same: np.ndarray, conflict: np.ndarray
) -> np.ndarray:
    """Turn or not, by walking outward from one face of every body that has no right side."""
    total = len(conflict)
    inside = conflict[one]
    one, other, same = one[inside], other[inside], same[inside]
    graph = coo_matrix(
        (np.where(same, 2, 1).astype(np.int8), (one, other)), shape=(total, total)
    ).tocsr()
    graph.data = np.minimum(graph.data, 2)
    graph = graph.maximum(graph.T)
    flip = np.zeros(total, dtype=bool)
    _, label = connected_components(graph, directed=False)
    _, starts = np.unique(np.where(conflict, label, -1), return_index=True)
    for start in starts[conflict[starts]]:
        order, before = breadth_first_order(graph, start, directed=False)
        for face in order[1:]:
            flip[face] = flip[before[face]] ^ (graph[before[face], face] == 2)
    return flip


def turn(
    faces: np.ndarray, mate: np.ndarray, flip: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Reverse the chosen faces; their half-edges change places 0, 1, 2 -> 2, 1, 0."""
    if not flip.any():
        return faces, mate
    faces = faces.copy()
    faces[flip] = faces[flip][:, [0, 2, 1]]
    moved = mate.reshape(-1, 3).copy()
    moved[flip] = moved[flip][:, ::-1]
    moved = moved.ravel()
    there = moved >= 0
    face, side = moved[there] // 3, moved[there] % 3
    moved[there] = 3 * face + np.where(flip[face], 2 - side, side)
    return faces, moved


def split(
    points: np.ndarray, faces: np.ndarray, mate: np.ndarray, suspects: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give every sheet of faces at a suspect vertex a vertex of its own.

    Args:
        points: (V, 3), or anything with V rows.
        faces: (F, 3) int32, oriented: mates run opposite ways.
        suspects: (V,) bool: vertices at which the surface may have to come apart.

    Returns:
        faces into the new vertices, and `origin` (V',) int32: which vertex each was.
    """
    origin = np.arange(len(points), dtype=np.int32)
    flat = faces.ravel()
    corner = np.flatnonzero(suspects[flat]).astype(np.int32)
    if not len(corner):
        return faces, origin
    number = np.full(len(flat), -1, dtype=np.int32)
    number[corner] = np.arange(len(corner), dtype=np.int32)
    half = corner[mate[corner] >= 0]
    # The start of a half-edge is the corner of its number; the mate ends there.
    after = mate[half]
    after = after - after % 3 + (after + 1) % 3
    graph = coo_matrix(
        (np.ones(len(half), dtype=np.int8), (number[half], number[after])),
        shape=(len(corner),) * 2,
    )
    copies, label = connected_components(graph, directed=False)
    vertex = np.empty(copies, dtype=np.int32)
    vertex[label] = flat[corner]
    # The first copy of each vertex keeps its number.
    _, firsts = np.unique(vertex, return_index=True)
    fresh = np.ones(copies, dtype=bool)
    fresh[firsts] = False
    name = vertex.copy()
    name[fresh] = len(points) + np.arange(int(fresh.sum()), dtype=np.int32)
    flat = flat.copy()
    flat[corner] = name[label]
    return flat.reshape(-1, 3), np.concatenate((origin, vertex[fresh]))
