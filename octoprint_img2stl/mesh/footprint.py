"""The outline of a mesh seen from above."""

from __future__ import annotations

import numpy as np

from .model import Mesh

DIRECTIONS = 180
REFINEMENTS = 4  # each narrows the angle twentyfold: 1 degree, then 0.05, ...


def narrowest(mesh: Mesh) -> float:
    """Distance of the closest two parallel walls between which the mesh could stand, mm.

    The extreme points in 180 directions stand for the convex hull; the angle is refined
    around the best direction.
    """
    points = _extreme_points(mesh.vertices[:, :2].astype(np.float64))
    angles = np.arange(DIRECTIONS) * (np.pi / DIRECTIONS)
    step = np.pi / DIRECTIONS
    for _ in range(REFINEMENTS):
        widths = np.ptp(_along(points, angles), axis=0)
        best = angles[widths.argmin()]
        angles = best + np.linspace(-step, step, 41)
        step /= 20
    return float(np.ptp(_along(points, angles), axis=0).min())


def _extreme_points(points: np.ndarray) -> np.ndarray:
    chosen = set()
    for angle in np.arange(DIRECTIONS) * (np.pi / DIRECTIONS):
        reach = points @ (np.cos(angle), np.sin(angle))
        chosen.update((int(reach.argmin()), int(reach.argmax())))
    return points[sorted(chosen)]


def _along(points: np.ndarray, angles: np.ndarray) -> np.ndarray:
    return points @ np.stack((np.cos(angles), np.sin(angles)))
