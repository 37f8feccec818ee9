"""What the repair works on, and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...problems import INFO, WARNING, Problem
from ..model import Mesh


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles on their way to being a solid; unlike a `Mesh`, anything goes.

    Attributes:
        points: (V, 3) float64, mm. Several may be at the same place: the surface is cut there.
        faces: (F, 3) int32 into `points`.
    """

    points: np.ndarray
    faces: np.ndarray

    @classmethod
    def of(cls, mesh: Mesh) -> Surface:
        return cls(mesh.vertices.astype(np.float64), mesh.faces)

    def corners(self, chosen: Any = slice(None)) -> np.ndarray:
        """(n, 3, 3) float64 of the chosen faces, mm."""
        return self.points[self.faces[chosen]]

    def keep(self, faces: np.ndarray) -> Surface:
        """Only the chosen faces; points stay where they are, even if unused."""
        return Surface(self.points, self.faces[faces])


@dataclass(frozen=True)
class Floater:
    """A small loose part away from the body.

    Attributes:
        low, high: corners of its box, mm.
        volume: mm3.
        triangles: number of faces.
        kept: whether it is still in the mesh.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    volume: float
    triangles: int
    kept: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "low": [round(value, 4) for value in self.low],
            "high": [round(value, 4) for value in self.high],
            "volume": round(self.volume, 4),
            "triangles": self.triangles,
            "kept": self.kept,
        }


@dataclass(frozen=True, eq=False)
class Repaired:
    """A mesh that is solid, and what was done to it.

    Attributes:
        mesh: the result; the very object that came in when nothing was done.
        stage: key of `words.STAGES`: the heaviest step that was needed.
        changes: what was done, in order, in plain words.
        lost_percent: share of the visible surface that came in and is now further than 1 %
            of the diagonal from the result.
        added_percent: share of the result's surface that is as far from what came in.
        largest_move: largest distance from what came in, dropped parts aside, to the
            result, mm, as measured on samples and corners.
        floaters: small loose parts, dropped or kept.
        caps_percent: share of the result's surface that closes openings which were there.
        caps: (N, 3) float32, mm, points on those, for the 3D view; None where there are none.
        strict: every edge has exactly two opposite faces and the volume is positive.
        self_intersections: faces that pass through others; None when not counted.
    """

    mesh: Mesh
    stage: str
    changes: tuple[Problem, ...] = ()
    lost_percent: float = 0.0
    added_percent: float = 0.0
    largest_move: float = 0.0
    floaters: tuple[Floater, ...] = ()
    caps_percent: float = 0.0
    caps: np.ndarray | None = None
    strict: bool = True
    self_intersections: int | None = None

    def to_json(self) -> dict[str, Any]:
        """All but the arrays; sentences in English, for whoever translates them."""
        return {
            "stage": self.stage,
            "strict": self.strict,
            "changes": [change.to_json() for change in self.changes],
            "lost_percent": round(self.lost_percent, 3),
            "added_percent": round(self.added_percent, 3),
            "largest_move": round(self.largest_move, 5),
            "caps_percent": round(self.caps_percent, 2),
            "floaters": [floater.to_json() for floater in self.floaters],
            "self_intersections": self.self_intersections,
        }


def done(code: str, template: str, *, warn: bool = False, **values: Any) -> Problem:
    """One step's sentence: what it did and how much."""
    return Problem(code, WARNING if warn else INFO, template, values)
