"""Triangles over a closed loop of points in space: all of its corners, and no others.

Small loops get the triangulation of least area, found by dynamic programming (Barequet &
Sharir 1995, "Filling gaps in the boundary of a polyhedron"); flat ones are cut into ears in
their plane (mapbox earcut, ISC licence); what is left is cut into ears in space.
"""

from __future__ import annotations

import heapq

import mapbox_earcut
import numpy as np

EXACT_UP_TO = 48  # corners: costs n^2 / 2 small numpy steps
FLAT = 0.01  # of the loop's extent: nearer to a plane counts as lying in it


def over_loop(points: np.ndarray) -> np.ndarray:
    """Triangulate one loop.

    Args:
        points: (n, 3) float64, n >= 3, in order.

    Returns:
        (n - 2, 3) int64 into `points`, wound as the loop runs.
    """
    count = len(points)
    if count == 3:
        return np.array([[0, 1, 2]])
    if count <= EXACT_UP_TO:
        return _least_area(points)
    flat, off = in_plane(points)
    if off <= 0.2:
        triangles = _ears_in_plane(flat)
        if triangles is not None:
            return triangles
    return _ears_in_space(points)


def in_plane(points: np.ndarray) -> tuple[np.ndarray, float]:
    """(n, 2) in the loop's mean plane (Newell), and how far it leaves it, of its extent."""
    normal = np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0)
    centred = points - points.mean(axis=0)
    length = np.linalg.norm(normal)
    extent = float(np.ptp(points, axis=0).max()) or 1.0
    if length > 1e-12 * extent**2:
        normal = normal / length
    else:
        normal = np.linalg.svd(centred, full_matrices=False)[2][2]
    helper = np.eye(3)[np.abs(normal).argmin()]
    across = np.cross(normal, helper)
    across /= np.linalg.norm(across)
    up = np.cross(normal, across)
    return centred @ np.stack((across, up), axis=1), float(
        np.abs(centred @ normal).max() / extent
    )


def _least_area(points: np.ndarray) -> np.ndarray:
    count = len(points)
    sides = points[:, None, :] - points[None, :, :]
    cost = np.zeros((count, count))
    choice = np.zeros((count, count), dtype=np.int64)
    for gap in range(2, count):
        for first in range(count - gap):
            last = first + gap
            middle = np.arange(first + 1, last)
            area = np.linalg.norm(
                np.cross(sides[middle, first], sides[middle, last]), axis=1
            )
            # A hair for long diagonals: many triangulations of a flat loop are equal.
            total = cost[first, middle] + cost[middle, last] + area
            best = int(total.argmin())
            cost[first, last] = total[best]
            choice[first, last] = middle[best]
    triangles = []
    open_ = [(0, count - 1)]
    while open_:
        first, last = open_.pop()
        if last - first < 2:
            continue
        middle = int(choice[first, last])
        triangles.append((first, middle, last))
        open_ += [(first, middle), (middle, last)]
    return np.array(triangles)


def _ears_in_plane(flat: np.ndarray) -> np.ndarray | None:
    """None when the outline crosses itself or has corners that earcut leaves out."""
    count = len(flat)
    found = mapbox_earcut.triangulate_float64(
        np.ascontiguousarray(flat), np.array([count], dtype=np.uint32)
    )
    triangles = np.asarray(found, dtype=np.int64).reshape(-1, 3)
    if len(triangles) != count - 2:
        return None
    a, b, c = (flat[triangles[:, side]] for side in range(3))
    doubled = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (
        c[:, 0] - a[:, 0]
    )
    # Wound as the loop runs, whichever way earcut prefers.
    if doubled.sum() < 0:
        triangles = triangles[:, ::-1]
    return triangles if _covers(triangles, count) else None


def _covers(triangles: np.ndarray, count: int) -> bool:
    """Each side of the loop once, in its direction, all other edges twice, opposite."""
    start, end = triangles, np.roll(triangles, -1, axis=1)
    one = (start * count + end).ravel()
    other = (end * count + start).ravel()
    if len(np.unique(one)) != len(one):
        return False
    loop = np.arange(count)
    rim = loop * count + (loop + 1) % count
    return np.array_equal(np.sort(np.setdiff1d(one, other)), np.sort(rim))


def _ears_in_space(points: np.ndarray) -> np.ndarray:
    """Cut off the corner whose triangle is best, again and again."""
    count = len(points)
    before, after = [*range(-1, count - 1)], [*range(1, count + 1)]
    before[0], after[-1] = count - 1, 0
    version = [0] * count
    place = points.tolist()

    def badness(corner: int) -> float:
        a, b, c = place[before[corner]], place[corner], place[after[corner]]
        base = sum((p - q) ** 2 for p, q in zip(a, c, strict=True))
        one = sum((p - q) ** 2 for p, q in zip(a, b, strict=True))
        other = sum((p - q) ** 2 for p, q in zip(b, c, strict=True))
        # Short new edges first, and sharp corners before blunt ones.
        return base / (one + other + 1e-300) * (base + 1e-300)

    heap = [(badness(corner), 0, corner) for corner in range(count)]
    heapq.heapify(heap)
    triangles = []
    while len(triangles) < count - 2:
        _, made, corner = heapq.heappop(heap)
        if version[corner] != made:
            continue
        one, other = before[corner], after[corner]
        triangles.append((one, corner, other))
        after[one], before[other] = other, one
        version[corner] = -1
        for touched in (one, other):
            version[touched] += 1
            heapq.heappush(heap, (badness(touched), version[touched], touched))
    return np.array(triangles)
