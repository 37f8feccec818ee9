"""Where a ray meets a surface: inside or outside, seen or hidden. No acceleration structure.

All rays of one call run the same way, so that in the plane across them a ray is a point and
a face a triangle; points are sorted along one axis of that plane and each face finds those
within its extent by bisection.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

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
    corners: np.ndarray, points: np.ndarray, direction: np.ndarray = ODD
) -> np.ndarray:
    """How often a closed surface goes round each point; 0 outside.

    Args:
        corners: (F, 3, 3) float64. points: (N, 3).

    Returns:
        (N,) int64: faces met from behind minus faces met from the front, on a ray that
        way.
    """
    turned = points @ frame(direction).T
    found = np.zeros(len(points), dtype=np.int64)
    for point, height, upward, _ in _crossings(corners, turned, direction):
        ahead = height > turned[point, 2]
        np.add.at(found, point[ahead], np.where(upward[ahead], 1, -1))
    return found


def hidden_from(
    corners: np.ndarray, points: np.ndarray, direction: np.ndarray, clearance: float
) -> np.ndarray:
    """(N,) bool: whether something stands between the point and infinity that way.

    Args:
        clearance: what is nearer than this is the surface the point lies on, mm.
    """
    turned = points @ frame(direction).T
    found = np.zeros(len(points), dtype=bool)
    for point, height, _, _ in _crossings(corners, turned, direction):
        found[point[height > turned[point, 2] + clearance]] = True
    return found


def _crossings(
    corners: np.ndarray, turned: np.ndarray, direction: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Points whose line meets a face: point, height, whether the face looks ahead, face."""
    rotation = frame(direction).T
    for start in range(0, len(corners), FACES):
        part = corners[start : start + FACES] @ rotation
        for point, height, upward, face in _crossings_along(part, turned[:, :2]):
            yield point, height, upward, face + start


def _crossings_along(
    corners: np.ndarray, points: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """The same for rays along z; points are (N, 2)."""
    order = np.argsort(points[:, 0], kind="stable")
    xs, ys = points[order, 0], points[order, 1]
    for start in range(0, len(corners), FACES):
        part = corners[start : start + FACES]
        low, high = part[:, :, :2].min(axis=1), part[:, :, :2].max(axis=1)
        first = np.searchsorted(xs, low[:, 0])
        count = np.searchsorted(xs, high[:, 0], side="right") - first
        ends = np.cumsum(count)
        begin = 0
        while begin < len(part):
            done = ends[begin - 1] if begin else 0
            stop = max(begin + 1, int(np.searchsorted(ends, done + PAIRS, side="right")))
            face = np.repeat(np.arange(begin, stop), count[begin:stop])
            if len(face):
                offset = np.concatenate(([0], np.cumsum(count[begin:stop])[:-1]))
                at = np.arange(len(face)) + np.repeat(
                    first[begin:stop] - offset, count[begin:stop]
                )
                near = (ys[at] >= low[face, 1]) & (ys[at] <= high[face, 1])
                face, at = face[near], at[near]
                yield from _inside(part, face, xs[at], ys[at], order[at], start)
            begin = stop


def _inside(
    part: np.ndarray,
    face: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    point: np.ndarray,
    start: int,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    a, b, c = part[face, 0], part[face, 1], part[face, 2]
    sides = [
        (q[:, 0] - p[:, 0]) * (y - p[:, 1]) - (q[:, 1] - p[:, 1]) * (x - p[:, 0])
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
            side[keep] * corner[keep, 2]
            for side, corner in zip(sides, (a, b, c), strict=True)
        )
        yield point[keep], height / total[keep], upward[keep], face[keep] + start


def columns(
    corners: np.ndarray,
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
    turned = corners[:, :, order]
    i, j = np.divmod(np.arange(wide * deep), deep)
    at = np.stack((low[order[0]] + i * pitch, low[order[1]] + j * pitch), axis=1)
    change = np.zeros(wide * deep * (tall + 1), dtype=np.int16)
    for point, height, upward, _ in _crossings_along(turned, at):
        # Nodes below the crossing are met by a ray upward.
        level = np.clip(np.ceil((height - low[axis]) / pitch), 0, tall).astype(np.int64)
        flat = point * (tall + 1) + level
        np.add.at(change, flat, np.where(upward, 1, -1).astype(np.int16))
    change = change.reshape(wide * deep, tall + 1)
    above = np.cumsum(change[:, ::-1], axis=1, dtype=np.int16)[:, ::-1]
    inside = above[:, 1:] > 0
    inside[above[:, 0] != 0] = False
    return np.moveaxis(inside.reshape(wide, deep, tall), [0, 1, 2], order)
