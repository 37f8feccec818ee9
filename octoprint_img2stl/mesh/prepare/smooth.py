"""Light smoothing that takes the roughness and leaves the edges.

Taubin 1995 (A signal processing approach to fair surface design): a step towards the mean
of the neighbours and a slightly larger one back, so that waves longer than the pass band
stay and the body does not shrink. Vertices on sharp edges do not move at all, none moves
by more than half a printed line, and what volume is still lost is given back along the
normals.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from ...machine import Machine
from ...problems import INFO, N_, WARNING, Problem
from ..kernel import is_strict
from ..model import Mesh
from ..settings import MeshSettings
from .step import Step, settled

FORWARD, BACK = 0.5, -0.53  # Taubin's lambda and mu: pass band at 0.11
SHARP = np.cos(np.radians(30.0))  # faces that meet at more than this make an edge
REACH = 0.5  # of a printed line: how far a vertex may move
DRIFT = 0.01  # of the volume
FLIPPED = 0.0  # cosine between a face before and after


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Smooth by the rounds asked for, fewer if the volume would not keep."""
    rounds = int(settings.smooth)
    if not rounds:
        return Step(mesh)
    free = ~_on_edges(mesh)
    strict = is_strict(mesh)
    before = _volume(mesh.vertices.astype(np.float64), mesh.faces)
    while rounds:
        points = _smoothed(mesh, free, rounds, REACH * machine.line_width)
        made = settled(points, mesh.faces)
        after = _volume(made.vertices.astype(np.float64), made.faces)
        kept = abs(after - before) <= DRIFT * abs(before)
        if (kept or not strict) and (is_strict(made) or not strict):
            break
        rounds //= 2
    else:
        return Step(mesh, (_none(),))
    share = round(100 * float(np.count_nonzero(free)) / len(free), 1)
    if not free.any():
        return Step(mesh, (_none(),))
    note = Problem(
        "mesh.smoothed",
        INFO,
        N_(
            "The surface was smoothed in %(rounds)s rounds; %(share)s %% of its points "
            "could move, sharp edges stayed."
        ),
        {"rounds": rounds, "share": share},
    )
    return Step(made, (note,))


def _none() -> Problem:
    return Problem(
        "mesh.not_smoothed",
        WARNING,
        N_(
            "The surface was not smoothed: it has only sharp edges or its volume would not "
            "keep; set smoothing to 0."
        ),
        {},
        "mesh.smooth",
        0,
    )


def _smoothed(mesh: Mesh, free, rounds: int, reach: float) -> np.ndarray:
    start = mesh.vertices.astype(np.float64)
    middle = start.mean(axis=0)
    start = start - middle
    mean = _mean_of_neighbours(mesh.faces, len(start))
    points = start.copy()
    movable = free.astype(np.float64)[:, None]
    for _ in range(rounds):
        for part in (FORWARD, BACK):
            points += part * movable * (mean @ points - points)
    points = _give_volume_back(start, points, mesh.faces, movable)
    moved = points - start
    length = np.linalg.norm(moved, axis=1)
    over = length > reach
    moved[over] *= (reach / length[over])[:, None]
    return _unfold(start, moved, mesh.faces) + middle


def _give_volume_back(start, points, faces, movable) -> np.ndarray:
    """Move the free vertices along their normals by the lost volume over their area."""
    lost = _volume(start, faces) - _volume(points, faces)
    corners = points[faces]
    doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    ways = np.stack(
        [
            np.bincount(faces.T.ravel(), np.tile(doubled[:, axis], 3), len(points))
            for axis in range(3)
        ],
        axis=1,
    )  # a sixth of each is the change of the volume per move of its vertex
    length = np.linalg.norm(ways, axis=1)
    area = float((length[:, None] * movable).sum()) / 6
    if not area > 0:
        return points
    normals = ways / np.where(length > 0, length, 1.0)[:, None]
    return points + lost / area * normals * movable


def _unfold(start, moved, faces) -> np.ndarray:
    """Take back the moves round faces that would turn over."""
    before = _normals(start[faces])
    for _ in range(5):
        after = _normals((start + moved)[faces])
        turned = np.einsum("ij,ij->i", before, after) < FLIPPED
        if not turned.any():
            break
        moved[faces[turned]] = 0.0
    return start + moved


def _normals(corners: np.ndarray) -> np.ndarray:
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _mean_of_neighbours(faces: np.ndarray, vertices: int) -> csr_matrix:
    start = np.concatenate((faces.T.ravel(), np.roll(faces, 1, axis=1).T.ravel()))
    end = np.concatenate((np.roll(faces, 1, axis=1).T.ravel(), faces.T.ravel()))
    beside = csr_matrix((np.ones(len(start)), (start, end)), (vertices, vertices))
    beside.data[:] = 1.0
    counts = np.asarray(beside.sum(axis=1)).ravel()
    beside.data /= np.repeat(np.where(counts > 0, counts, 1.0), np.diff(beside.indptr))
    return beside


def _on_edges(mesh: Mesh) -> np.ndarray:
    """(V,) bool: vertices of an edge that is sharp, or has not exactly two faces."""
    faces = mesh.faces.astype(np.int64)
    normals = _normals(mesh.vertices.astype(np.float64)[mesh.faces])
    length = np.linalg.norm(normals, axis=1)
    normals /= np.where(length > 0, length, 1.0)[:, None]
    start, end = faces.T.ravel(), np.roll(faces, -1, axis=1).T.ravel()
    total = len(mesh.vertices)
    keys = np.minimum(start, end) * total + np.maximum(start, end)
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], (order % len(faces))
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    counts = np.diff(first, append=len(keys))
    paired = first[counts == 2]
    cosines = np.einsum("ij,ij->i", normals[owners[paired]], normals[owners[paired + 1]])
    names = np.concatenate((keys[first[counts != 2]], keys[paired[cosines < SHARP]]))
    fixed = np.zeros(total, dtype=bool)
    fixed[names // total] = fixed[names % total] = True
    return fixed


def _volume(points: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (points[faces[:, side]] for side in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6
