"""What lies above or below a point of the surface, by samples sorted into columns.

Rays would answer exactly and cost a hundred times as much; a sample of the nearest face,
extended along that face, is right to a fraction of the column's width on smooth surfaces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import Mesh
from .where import samples

LEVEL = (
    0.2  # faces steeper than this (their normal's |z|) hold nothing up and roof nothing
)


@dataclass(frozen=True, eq=False)
class Columns:
    """Samples of the faces that look up, by column of `width` mm and by height."""

    width: float
    origin: np.ndarray
    rows: int
    keys: np.ndarray  # (S,) column number, ascending
    points: np.ndarray  # (S, 3) by column, then z
    normals: np.ndarray  # (S, 3)

    @classmethod
    def of(cls, mesh: Mesh, width: float) -> Columns:
        faces, normals = _looking_up(mesh)
        owners, points = samples(mesh, faces, width)
        order = np.searchsorted(faces, owners)
        low = mesh.vertices.min(axis=0)[:2].astype(np.float64)
        high = mesh.vertices.max(axis=0)[1]
        rows = int((high - low[1]) / width) + 2
        key = _column(points, low, width, rows)
        by = np.lexsort((points[:, 2], key))
        return cls(width, low, rows, key[by], points[by], normals[order][by])

    def above(self, points: np.ndarray) -> np.ndarray:
        """(N,) z of the next upper surface over each point; inf where none was sampled."""
        return self._next(points, up=True)

    def below(self, points: np.ndarray) -> np.ndarray:
        """(N,) z of the next upper surface under each point; -inf where there is none."""
        return self._next(points, up=False)

    def _next(self, points: np.ndarray, *, up: bool) -> np.ndarray:
        found = np.full(len(points), np.inf if up else -np.inf)
        if not len(self.keys):
            return found
        key = _column(points, self.origin, self.width, self.rows)
        scale = float(np.ptp(np.concatenate((self.points[:, 2], points[:, 2])))) + 1.0
        floor = min(self.points[:, 2].min(), points[:, 2].min())
        # One ascending number for column and height.
        ours = self.keys + (self.points[:, 2] - floor) / scale * 0.999
        at = np.searchsorted(ours, key + (points[:, 2] - floor) / scale * 0.999)
        at = at if up else at - 1
        fits = (at >= 0) & (at < len(ours))
        fits[fits] = self.keys[at[fits]] == key[fits]
        hit, normal = self.points[at[fits]], self.normals[at[fits]]
        aside = points[fits, :2] - hit[:, :2]
        found[fits] = hit[:, 2] - (normal[:, :2] * aside).sum(axis=1) / normal[:, 2]
        return found


def _column(
    points: np.ndarray, origin: np.ndarray, width: float, rows: int
) -> np.ndarray:
    cell = np.floor((points[:, :2] - origin) / width).astype(np.int64)
    return cell[:, 0] * rows + cell[:, 1]


def _looking_up(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    faces, normals = [], []
    for part, corners in mesh.corner_chunks():
        doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(doubled, axis=1)
        chosen = doubled[:, 2] > LEVEL * length
        faces.append(np.flatnonzero(chosen) + part.start)
        normals.append(doubled[chosen] / length[chosen][:, None])
    return np.concatenate(faces), np.concatenate(normals)
