"""Cross-sections of a solid, cut in the kernel's float64."""

from __future__ import annotations

import numpy as np
from manifold3d import CrossSection, Manifold

from ...machine import Machine

SOLE = 0.25  # nozzle diameters above the bed at which the first layer is looked at


def contact(solid: Manifold, machine: Machine) -> float:
    """Area of the first layer's middle, mm²."""
    low = solid.bounding_box()[2]
    return float(solid.slice(low + SOLE * machine.nozzle).area())


def silhouette(points: np.ndarray) -> CrossSection:
    """Convex outline of the points (N, 2 or more) seen from above."""
    return CrossSection.hull_points(np.ascontiguousarray(points[:, :2], dtype=np.float64))


def deepest(section: CrossSection) -> tuple[float, float]:
    """A point well inside a section that is not empty: shrink it while anything is left."""
    low_x, low_y, high_x, high_y = section.bounds()
    low, high = 0.0, min(high_x - low_x, high_y - low_y) / 2
    left = section
    for _ in range(12):
        middle = (low + high) / 2
        smaller = section.offset(-middle)
        if smaller.is_empty():
            high = middle
        else:
            low, left = middle, smaller
    first = np.asarray(left.to_polygons()[0])
    return tuple(map(float, first.mean(axis=0)))
