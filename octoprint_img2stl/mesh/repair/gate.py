"""Is it still the same model? Samples both ways, and a verdict.

A sample of the surface that came in is *lost* when it is further than 1 % of the diagonal
from the result and could be seen from outside. Inside a union it could not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .geometry import areas, diagonal, sample, squared_distances
from .model import Surface
from .rays import hidden_from, winding

SAMPLES = 8000
TARGET = 24000  # samples of the surface measured against
NEAREST = 6
FAR = 0.01  # of the diagonal
MOST_LOST_PERCENT = 0.8  # 1 is the promise; the rest is for the samples' noise
LOOKED_AT = 600  # of the far samples, whether they can be seen
VIEWS = 64
MOVES = 150  # of the samples furthest off, whether they moved or were buried
MOST_CENTRES = 150_000
WORK = 4_000_000  # faces looked at for the largest move


@dataclass(frozen=True)
class Verdict:
    """Attributes: see `Repaired`."""

    lost_percent: float
    added_percent: float
    largest_move: float

    @property
    def faithful(self) -> bool:
        return self.lost_percent <= MOST_LOST_PERCENT


class Gate:
    """Remembers what came in, for all candidates."""

    def __init__(self, original: Surface) -> None:
        self.original = original
        self.size = diagonal(original.points)
        self.area = areas(original)
        self.points, self.face = sample(original, SAMPLES, area=self.area)
        self._seen: dict[int, bool] = {}
        self._target: _Target | None = None

    def judge(self, result: Surface) -> Verdict:
        """How a candidate compares with what came in."""
        far = FAR * self.size
        there = np.zeros(len(self.points))
        changed = np.flatnonzero(~self._unchanged(result))
        target = _Target(result)
        if len(changed):
            there[changed] = target.distances(self.points[changed], far)
        lost = np.flatnonzero(there > far)
        seen = self._visible(lost)
        share = seen.sum() / max(len(seen), 1) * len(lost) / max(len(self.points), 1)
        if self._target is None:
            self._target = _Target(self.original)
        made, _ = sample(result, SAMPLES, seed=1)
        added = self._target.distances(made, far) > far
        near = self._moved(result, there, far)
        return Verdict(
            lost_percent=100 * float(share),
            added_percent=100 * float(added.mean()) if len(added) else 0.0,
            largest_move=target.largest(self.points[near], there[near]),
        )

    def _moved(self, result: Surface, there: np.ndarray, far: float) -> np.ndarray:
        """Samples whose distance is a move: not lost, not buried in what was united."""
        near = np.flatnonzero((there <= far) & (there > 1e-6 * self.size))
        near = near[np.argsort(-there[near])][:MOVES]
        if not len(near):
            return near
        inside = winding(result, self.points[near]) != 0
        buried = inside.copy()
        buried[inside] = ~self._visible(near[inside])
        return near[~buried]

    def _unchanged(self, result: Surface) -> np.ndarray:
        """(SAMPLES,) bool: the face it lies on is in the result as it was."""
        if not len(self.points):
            return np.zeros(0, dtype=bool)
        face, back = np.unique(self.face, return_inverse=True)
        keys = _face_keys(self.original.points, self.original.faces[face])
        return np.isin(keys, _face_keys(result.points, result.faces))[back]

    def _visible(self, samples: np.ndarray) -> np.ndarray:
        """(n,) bool for at most `LOOKED_AT` of them."""
        if len(samples) > LOOKED_AT:
            samples = samples[
                np.linspace(0, len(samples) - 1, LOOKED_AT).astype(np.int64)
            ]
        unknown = np.array(
            [each for each in samples.tolist() if each not in self._seen], dtype=np.int64
        )
        if len(unknown):
            seen = visible(self.original, self.points[unknown], 2e-4 * self.size)
            self._seen.update(zip(unknown.tolist(), seen.tolist(), strict=True))
        return np.array([self._seen[each] for each in samples.tolist()], dtype=bool)


def visible(surface: Surface, points: np.ndarray, clearance: float) -> np.ndarray:
    """(n,) bool: whether the sky can be seen from points on the surface, in some direction."""
    seen = np.zeros(len(points), dtype=bool)
    for direction in sphere(VIEWS):
        left = np.flatnonzero(~seen)
        if not len(left):
            break
        seen[left] = ~hidden_from(surface, points[left], direction, clearance)
    return seen


def sphere(count: int) -> np.ndarray:
    """(count, 3) directions evenly round (golden spiral), neighbours in the list far apart."""
    index = np.arange(count) + 0.5
    height = 1 - 2 * index / count
    turn = np.pi * (1 + 5**0.5) * index
    flat = np.sqrt(1 - height**2)
    found = np.stack((flat * np.cos(turn), flat * np.sin(turn), height), axis=1)
    return found[(np.arange(count) * 27) % count]


def _face_keys(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(F,) uint64 that are equal for faces with corners at the same three places.

    Different faces share one by accident once in 10^19 / F^2.
    """
    bits = (points.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.uint64)
    corner = bits[:, 0]
    for axis in (1, 2):
        corner = _mixed(corner) + bits[:, axis]
    corner = _mixed(_mixed(corner))
    total = corner[faces[:, 0]]
    for side in (1, 2):  # a sum: whatever corner comes first
        total = total + corner[faces[:, side]]
    return total


def _mixed(value: np.ndarray) -> np.ndarray:
    """A step of splitmix64 (Steele, Lea & Flood 2014)."""
    value = (value + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
    return value ^ (value >> np.uint64(29))


class _Target:
    """Samples of a surface to measure distances to."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        area = areas(surface)
        points, self.face = sample(surface, TARGET, seed=2, area=area)
        if len(surface.faces) <= MOST_CENTRES:
            # Every face has a say, however small.
            points = np.concatenate((points, surface.corners().mean(axis=1)))
            self.face = np.concatenate((self.face, np.arange(len(surface.faces))))
        self.tree = cKDTree(points) if len(points) else None
        # How much too far a sample may seem, for want of a target right beneath it.
        self.blur = 3 * float(np.sqrt(area.sum() / TARGET))

    def distances(self, points: np.ndarray, far: float) -> np.ndarray:
        """(n,) mm: to the faces of the nearest samples, and to all where that decides."""
        if self.tree is None or not len(points):
            return np.full(len(points), np.inf)
        _, near = self.tree.query(points, NEAREST)
        best = np.full(len(points), np.inf)
        for column in near.T:
            column = np.minimum(column, len(self.face) - 1)
            corners = self.surface.corners(self.face[column])
            np.minimum(best, squared_distances(points, corners), out=best)
        best = np.sqrt(best)
        unsure = np.flatnonzero((best > far) & (best < far + self.blur))
        if 0 < len(unsure) <= LOOKED_AT:
            best[unsure] = self._exact(points[unsure], best[unsure])
        return best

    def largest(self, points: np.ndarray, known: np.ndarray) -> float:
        """The largest of the distances, mm; `known` may be a little too large."""
        order = np.argsort(-known)
        largest = 0.0
        budget = int(np.clip(WORK / max(len(self.surface.faces), 1), 8, 128))
        for at in order[:budget].tolist():
            if known[at] <= largest:
                return largest
            exact = self._exact(points[at : at + 1], known[at : at + 1])
            largest = max(largest, float(exact[0]))
        rest = order[budget:]
        return max(largest, float(known[rest[0]])) if len(rest) else largest

    def _exact(self, points: np.ndarray, known: np.ndarray) -> np.ndarray:
        """The faces whose box is nearer than the best known."""
        best = known.copy()
        for start in range(0, len(self.surface.faces), 65536):
            corners = self.surface.corners(slice(start, start + 65536))
            low, high = corners.min(axis=1), corners.max(axis=1)
            for number, point in enumerate(points):
                gap = np.maximum(np.maximum(low - point, point - high), 0)
                face = np.flatnonzero(np.einsum("ij,ij->i", gap, gap) < best[number] ** 2)
                if len(face):
                    found = squared_distances(
                        np.broadcast_to(point, (len(face), 3)), corners[face]
                    )
                    best[number] = min(best[number], float(np.sqrt(found.min())))
        return best
