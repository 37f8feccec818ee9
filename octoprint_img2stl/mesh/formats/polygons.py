"""Polygons of any number of corners as triangles that cover them."""

from __future__ import annotations

import mapbox_earcut
import numpy as np

EAR_LIMIT = (
    10_000  # corners; beyond, cutting ears takes minutes on what was made to be bad
)


def triangulate(
    points: np.ndarray, corners: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Cut polygons into triangles, in their order and with their direction.

    Four corners are cut along the diagonal that does not fold them over; more are fanned
    where convex and have their ears cut otherwise.

    Args:
        points: (P, 3), perhaps not finite.
        corners: (sum of counts,) int into `points`, polygon after polygon.
        counts: (N,) corners of each; those with fewer than three are left out.

    Returns:
        (F, 3) faces and (F,) which polygon each is of; None: the polygons are triangles.
    """
    if (counts == 3).all():
        return corners.reshape(-1, 3), None
    starts = np.cumsum(counts) - counts
    faces, owners = [], []
    for count in np.unique(counts[counts >= 3]):
        which = np.flatnonzero(counts == count)
        rows = corners[starts[which][:, None] + np.arange(count)]
        cut = _fanned(rows) if count == 3 else _cut(points, rows)
        faces.append(cut.reshape(-1, 3))
        owners.append(np.repeat(which, count - 2))
    if not faces:
        return np.empty((0, 3), dtype=corners.dtype), np.empty(0, dtype=np.int64)
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return np.concatenate(faces)[order], owner[order]


def _fanned(rows: np.ndarray) -> np.ndarray:
    """(n, k) corners as (n, k - 2, 3) triangles about the first."""
    first = np.broadcast_to(rows[:, :1], rows[:, 2:].shape)
    return np.stack((first, rows[:, 1:-1], rows[:, 2:]), axis=2)


def _cut(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    faces = _fanned(rows)
    with np.errstate(all="ignore"):  # what is not finite is refused by the caller
        at = points[rows].astype(np.float64)
        if rows.shape[1] == 4:
            folded = _folded(at)
            faces[folded] = _fanned(np.roll(rows[folded], -1, axis=1))
            return faces
        after = np.roll(at, -1, axis=1)
        normals = np.cross(at, after).sum(axis=1)  # Newell
        edges = after - at
        turns = np.cross(edges, np.roll(edges, -1, axis=1))
        turns = np.einsum("nki,ni->nk", turns, normals)
        concave = (turns < 0).any(axis=1) & np.isfinite(at).all(axis=(1, 2))
    if rows.shape[1] <= EAR_LIMIT:
        for row in np.flatnonzero(concave):
            ears = _ears(at[row], normals[row])
            if ears is not None:
                faces[row] = rows[row][ears]
    return faces


def _folded(at: np.ndarray) -> np.ndarray:
    """Which of (n, 4, 3) quadrilaterals the diagonal from 0 to 2 cuts into opposite faces."""
    diagonal = at[:, 2] - at[:, 0]
    one = np.cross(at[:, 1] - at[:, 0], diagonal)
    other = np.cross(diagonal, at[:, 3] - at[:, 0])
    return np.einsum("ni,ni->n", one, other) < 0


def _ears(at: np.ndarray, normal: np.ndarray) -> np.ndarray | None:
    """(k - 2, 3) corners of the triangles of one polygon; None if it cannot be cut."""
    length = np.linalg.norm(normal)
    if not np.isfinite(length) or length == 0:
        return None
    drop = int(np.argmax(np.abs(normal)))
    axes = [(1, 2), (2, 0), (0, 1)][drop]
    flat = np.ascontiguousarray(at[:, axes])
    found = mapbox_earcut.triangulate_float64(flat, np.array([len(at)], np.uint32))
    faces = np.asarray(found).reshape(-1, 3)
    if len(faces) != len(at) - 2:
        return None
    a, b, c = (flat[faces[:, k]] for k in range(3))
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    if (ux * vy - uy * vx).sum() * normal[drop] < 0:
        faces = faces[:, ::-1]
    return faces
