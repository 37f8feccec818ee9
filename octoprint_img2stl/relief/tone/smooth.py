"""Smoothing over a distance in mm: everywhere alike, or between the edges only."""

from __future__ import annotations

import math

import numpy as np

from .blur import LEAST_SIGMA, Blur
from .strips import strips

# Grey: what varies by this much over the radius (standard deviation) is half smoothed,
# noise much more, an edge of a fifth of black to white hardly.
EDGE = 0.05


def gaussian(
    picture: np.ndarray,
    sigma: float,
    pitch: tuple[float, float],
    *,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """A Gaussian; the outermost nodes are repeated beyond the edges.

    Args:
        picture: (rows, columns) float32.
        sigma: mm.
        pitch: mm per column and mm per row.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        `picture` itself if sigma is far below the pitch.
    """
    nodes = (sigma / pitch[1], sigma / pitch[0])
    if max(nodes) < LEAST_SIGMA:
        return picture
    out = np.empty_like(picture) if out is None else out
    for rows, means in Blur.gaussian(picture.shape, nodes).strips(picture):
        out[rows] = means
    return out


def edge_preserving(
    picture: np.ndarray,
    radius: float,
    pitch: tuple[float, float],
    *,
    edge: float = EDGE,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Even out noise and texture, keep edges: the guided filter, guided by the picture.

    In each window the picture becomes a * picture + b with a = variance / (variance +
    edge²) and b = (1 - a) * mean; at each node the a and b of all windows around it are
    averaged (He, Sun and Tang, Guided image filtering, ECCV 2010). The windows here are
    Gaussian, as wide as a box of the given radius in the sense of the variance: they
    leave no boxes in the relief. a and b are found at samples a sigma apart only (He and
    Sun, Fast guided filter, 2015), between which they do not vary.

    Args:
        picture: (rows, columns) float32 in 0..1.
        radius: of the windows, mm.
        pitch: mm per column and mm per row.
        edge: the standard deviation in a window that counts as an edge.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        `picture` itself if the radius is far below the pitch.
    """
    sigma = radius / math.sqrt(3)
    nodes = (sigma / pitch[1], sigma / pitch[0])
    if max(nodes) < LEAST_SIGMA:
        return picture
    blur = Blur.in_halves(picture.shape, nodes, nodes)
    # About mid grey, where 32 bits resolve a difference of squares best.
    mean = blur.thinned(picture, lambda grey: grey - np.float32(0.5))
    factor = blur.thinned(picture, lambda grey: np.square(grey - np.float32(0.5)))
    for rows in strips(mean.shape):
        a, b = factor[rows], mean[rows]
        a -= b * b
        np.maximum(a, 0, out=a)
        a /= a + np.float32(edge * edge)
        b += np.float32(0.5)
        b -= a * b
    out = np.empty_like(picture) if out is None else out
    for (rows, a), (_, b) in zip(blur.spreaded(factor), blur.spreaded(mean), strict=True):
        a *= picture[rows]
        np.add(a, b, out=out[rows])
    return out
