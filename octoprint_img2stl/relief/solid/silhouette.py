"""Outlines that can be printed, made from the subject of a photo. Needs numpy."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..shapes.canvas import Canvas
from .body import Field
from .components import largest, without_holes
from .distance import signed_distance
from .raster import Raster, RasterField

# Narrower parts of a plate break off; they are left out.
NECK = 1.2
# Narrower gaps would be closed by the plastic anyhow.
GAP = 0.8


# Asked for the outline and again for regions along it.
@lru_cache(maxsize=1)
def silhouette(mask: Field, canvas: Canvas, margin: float) -> RasterField | None:
    """One piece without holes around the subject, how far a place is from its rim, mm.

    The subject grown by `margin`, closed with a disc of `GAP`, then opened with one of
    `NECK` (Serra, *Image Analysis and Mathematical Morphology*, 1982): nothing is narrower
    than the latter, every corner is round. The largest part is kept.

    Args:
        mask: the subject's field, hashable.
        margin: mm from the subject to the rim.

    Returns:
        The field, whose values are the distance outside and inside; None where nothing is
        wide enough.
    """
    raster = Raster.over(canvas, GAP / 2)
    level = raster.sample(mask) + (margin + GAP / 2)
    inside = level > 0
    distance = signed_distance(level, raster.pitch)
    whole = largest(without_holes(inside))
    if (whole != inside).any():
        distance = signed_distance(with_sign(distance, whole), raster.pitch)
    # Back by what it was grown to close gaps, and in further to lose the necks.
    core = distance - np.float32((GAP + NECK) / 2)
    kept = largest(core > 0)
    if not kept.any():
        return None
    distance = signed_distance(with_sign(core, kept), raster.pitch)
    distance += np.float32(NECK / 2)
    return RasterField(raster, distance)


def with_sign(level: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The same sizes, positive where `inside` and negative elsewhere."""
    # Zero would be outside.
    sizes = np.maximum(np.abs(level), np.float32(1e-6))
    return np.where(inside, sizes, -sizes)
