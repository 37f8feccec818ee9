"""Against the terraces of an 8-bit source.

A source level is some micrometres high on a plate, more after its levels were stretched;
in an even sky or a depth map the steps show as contour lines.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .blur import Blur
from .strips import strips

# In nodes: as wide as the terraces of an even sky are, and twice that.
SIGMAS = (6.0, 12.0)
SEED = 20


def smoothed(picture: np.ndarray, level: float) -> np.ndarray:
    """Move greys by up to half a source level, as far as that makes the picture smooth.

    A step between two levels is a slope that was rounded: its blurred value is within half
    a level of it. A blurred value that is further away says that there is an edge or
    detail, to be kept; the grey then moves less, and beyond a level not at all.

    A Gaussian takes sigma² / 2 of the curvature off every hill; two of different widths
    tell how much, and what they say together leaves hills as high as they are (Richardson's
    extrapolation).

    Args:
        picture: (rows, columns) float32.
        level: height of one level of the source, 0 if there are too many to be seen.

    Returns:
        A new array; `picture` itself for level 0.
    """
    if level == 0:
        return picture
    narrow, wide = (
        Blur.gaussian(picture.shape, (sigma, sigma)).strips(picture) for sigma in SIGMAS
    )
    per_curvature = SIGMAS[0] ** 2 / (SIGMAS[1] ** 2 - SIGMAS[0] ** 2)
    out = np.empty_like(picture)
    for (rows, moved), (_, wider) in zip(narrow, wide, strict=True):
        np.subtract(moved, wider, out=wider)
        wider *= np.float32(per_curvature)
        moved += wider
        moved -= picture[rows]
        most = np.abs(moved, out=wider)
        np.subtract(np.float32(level), most, out=most)
        np.clip(most, 0, np.float32(level / 2), out=most)
        np.minimum(moved, most, out=moved)
        np.negative(most, out=most)
        np.maximum(moved, most, out=moved)
        np.add(picture[rows], moved, out=out[rows])
    return out


def dithered(picture: np.ndarray, level: float) -> np.ndarray:
    """Blur the steps by noise of up to one source level, the same one at each call.

    The noise is high-pass: of four random numbers each, two are added and two subtracted,
    so that neighbours nearly cancel each other and no blotches appear (the triangular
    high-pass dither of Lipshitz, Wannamaker and Vanderkooy, J. Audio Eng. Soc. 40 (1992),
    in two dimensions).

    Args:
        picture: (rows, columns) float32; the result stays between its extremes.
        level: height of one level of the source, 0 if there are too many to be seen.

    Returns:
        A new array; `picture` itself for level 0.
    """
    if level == 0:
        return picture
    dice = np.random.default_rng(SEED)
    low, high = picture.min(), picture.max()
    out = np.empty_like(picture)
    columns = picture.shape[1] + 1
    above = dice.random((1, columns), np.float32)
    for rows in strips(picture.shape):
        size = (rows.stop - rows.start, columns)
        thrown = np.concatenate([above, dice.random(size, np.float32)])
        above = thrown[-1:]
        slanted = thrown[1:] - thrown[:-1]
        noise = slanted[:, 1:] - slanted[:, :-1]
        noise *= np.float32(level / 2)
        noise += picture[rows]
        np.clip(noise, low, high, out=out[rows])
    return out


METHODS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "smooth": smoothed,
    "dither": dithered,
    "off": lambda picture, level: picture,
}
