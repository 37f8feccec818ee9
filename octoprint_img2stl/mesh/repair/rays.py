"""Where a ray meets a surface: inside or outside, seen or hidden. No acceleration structure.

All rays of one call run the same way, so that in the plane across them a ray is a point and
a face a triangle; points are sorted along one axis of that plane and each face finds those
within its extent by bisection.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .model import Surface

PAIRS = 1_000_000  # of a face and a point worked on at a time: about 100 MB
FACES = 65536
# A direction no modelling program favours: rays shall not run along faces.
ODD = np.array([0.3010299957, 0.1760912591, 0.9371])


def frame(direction: np.ndarray) -> np.ndarray:
    """(3, 3): two unit vectors across `direction` and the direction itself, in rows."""
    along = direction / np.linalg.norm(direction)
    helper = np.eye(3)[np.abs(along).argmin()]
    across = np.cross(along, helper)
    across /= np.linalg.norm(across)
    return np.stack((across, np.cross(along, across), along))


def winding(
    surface: Surface, points: np.ndarray, direction: np.ndarray = ODD
) -> np.ndarray:
    """How often a closed surface goes round each point; 0 outside.

    Args:
        points: (N, 3) float64, mm.

    Returns:
        (N,) int64: faces met from behind minus faces met from the front, on a ray that
        way.
    """
    rotation = frame(direction).T
    turned = points @ rotation
    found = np.zeros(len(points), dtype=np.int64)
    for point, height, upward in _crossings(surface, rotation, turned[:, :2]):
        ahead = height > turned[point, 2]
        np.add.at(found, point[ahead], np.where(upward[ahead], 1, -1))
    return found


def hidden_from(
    surface: Surface, points: np.ndarray, direction: np.ndarray, clearance: float
) -> np.ndarray:
    """(N,) bool: whether something stands between the point and infinity that way.

    Args:
        clearance: what is nearer than this is the surface the point lies on, mm.
    """
    rotation = frame(direction).T
    turned = points @ rotation
    found = np.zeros(len(points), dtype=bool)
    for point, height, _ in _crossings(surface, rotation, turned[:, :2]):
        found[point[height > turned[point, 2] + clearance]] = True
    return found


def columns(
    surface: Surface,
    low: np.ndarray,
    pitch: float,
    shape: tuple[int, int, int],
    axis: int,
) -> np.ndarray:
    """Nodes of a grid that rays along an axis find inside.

    Args:
        low, pitch, shape: the grid's nodes are at ``low + index * pitch``, mm.

    Returns:
        `shape` bool; columns whose crossings do not cancel hold none.
    """
    order = [(axis + 1) % 3, (axis + 2) % 3, axis]
    wide, deep, tall = (shape[each] for each in order)
    i, j = np.divmod(np.arange(wide * deep), deep)
    at = np.stack((low[order[0]] + i * pitch, low[order[1]] + j * pitch), axis=1)
    change = np.zeros(wide * deep * (tall + 1), dtype=np.int16)
    for point, height, upward in _crossings(surface, np.eye(3)[:, order], at):
        # Nodes below the crossing are met by a ray upward.
        level = np.clip(np.ceil((height - low[axis]) / pitch), 0, tall).astype(np.int64)
        flat = point * (tall + 1) + level
        np.add.at(change, flat, np.where(upward, 1, -1).astype(np.int16))
    change = change.reshape(wide * deep, tall + 1)
    above = np.cumsum(change[:, ::-1], axis=1, dtype=np.int16)[:, ::-1]
    inside = above[:, 1:] > 0
    inside[above[:, 0] != 0] = False
    return np.moveaxis(inside.reshape(wide, deep, tall), [0, 1, 2], order)


def _crossings(
    surface: Surface, rotation: np.ndarray, points: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Points whose line meets a face: point, height, whether the face looks ahead.

    Args:
        rotation: (3, 3), applied to the surface from the right; rays then run along z.
        points: (N, 2), turned already.
    """
    order = np.argsort(points[:, 0], kind="stable")
    xs, ys = points[order, 0], points[order, 1]
    if not len(xs):
        return
    x, y, z = (surface.points @ rotation).T
    lowest, highest = ys.min(), ys.max()
    for start in range(0, len(surface.faces), FACES):
        a, b, c = surface.faces[start : start + FACES].T
        first = np.searchsorted(xs, np.minimum(np.minimum(x[a], x[b]), x[c]))
        last = np.searchsorted(xs, np.maximum(np.maximum(x[a], x[b]), x[c]), side="right")
        hit = np.flatnonzero(last > first)
        a, b, c = a[hit], b[hit], c[hit]
        low = np.minimum(np.minimum(y[a], y[b]), y[c])
        high = np.maximum(np.maximum(y[a], y[b]), y[c])
        near = (low <= highest) & (high >= lowest)
        a, b, c, low, high = a[near], b[near], c[near], low[near], high[near]
        first = first[hit[near]]
        count = last[hit[near]] - first
        ends = np.cumsum(count)
        begin = 0
        while begin < len(count):
            done = ends[begin - 1] if begin else 0
            stop = max(begin + 1, int(np.searchsorted(ends, done + PAIRS, side="right")))
            number = count[begin:stop]
            face = np.repeat(np.arange(begin, stop), number)
            offset = first[begin:stop] - np.concatenate(([0], np.cumsum(number)[:-1]))
            at = np.arange(len(face)) + np.repeat(offset, number)
            within = (ys[at] >= low[face]) & (ys[at] <= high[face])
            face, at = face[within], at[within]
            if len(face):
                corner = (a[face], b[face], c[face])
                yield from _inside(x, y, z, corner, xs[at], ys[at], order[at])
            begin = stop


def _inside(
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    corner: tuple[np.ndarray, np.ndarray, np.ndarray],
    at_x: np.ndarray,
    at_y: np.ndarray,
    point: np.ndarray,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    a, b, c = corner
    sides = [
        (x[q] - x[p]) * (at_y - y[p]) - (y[q] - y[p]) * (at_x - x[p])
        for p, q in ((b, c), (c, a), (a, b))
    ]
    total = sides[0] + sides[1] + sides[2]
    upward = total > 0
    # The same sign thrice; on a shared side one of two neighbours counts.
    within = np.where(
        upward,
        (sides[0] >= 0) & (sides[1] >= 0) & (sides[2] >= 0),
        (sides[0] < 0) & (sides[1] < 0) & (sides[2] < 0),
    ) & (total != 0)
    keep = np.flatnonzero(within)
    if len(keep):
        height = sum(
            side[keep] * z[each[keep]] for side, each in zip(sides, corner, strict=True)
        )
        yield point[keep], height / total[keep], upward[keep]
