"""The rims of an open surface, as simple loops."""

from __future__ import annotations

import numpy as np


def rims(
    faces: np.ndarray, mate: np.ndarray, origin: np.ndarray
) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """Loops of vertices along open edges, as the faces run.

    A rim that comes by the same place twice is taken apart there, so that two holes that
    meet in a point are two holes; the copies of that place grow together again.

    Args:
        faces: (F, 3) int32, oriented and split, so that one rim at most leaves a vertex.
        mate: (3F,) int32, -1 at a rim.
        origin: (V,) int32: which place a vertex is at.

    Returns:
        Loops of at least three vertices, and pairs of vertices that are one. A loop of two,
        a slit, is sewn up by such pairs alone.
    """
    half = np.flatnonzero(mate < 0)
    start = faces.ravel()[half]
    end = faces.ravel()[half - half % 3 + (half + 1) % 3]
    follow = dict(zip(start.tolist(), end.tolist(), strict=True))
    place = origin.tolist()
    loops: list[list[int]] = []
    same: list[tuple[int, int]] = []
    while follow:
        first, at = next(iter(follow.items()))
        del follow[first]
        walk = [first]
        while at != first and at in follow:
            walk.append(at)
            at = follow.pop(at)
        _take_apart(walk, place, loops, same)
    return loops, same


def _take_apart(
    walk: list[int],
    place: list[int],
    loops: list[list[int]],
    same: list[tuple[int, int]],
) -> None:
    path: list[int] = []
    seen: dict[int, int] = {}  # place -> its index in `path`
    for vertex in walk:
        here = place[vertex]
        if here in seen:
            back = seen[here]
            same.append((path[back], vertex))
            loop = path[back:]
            for gone in loop[1:]:
                del seen[place[gone]]
            del path[back + 1 :]
            if len(loop) > 2:
                loops.append(loop)
            continue
        seen[here] = len(path)
        path.append(vertex)
    if len(path) > 2:
        loops.append(path)
