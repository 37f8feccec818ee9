"""Sharpening by an unsharp mask."""

from __future__ import annotations

import numpy as np

from .blur import Blur


def unsharp(
    picture: np.ndarray,
    amount: float,
    radius: float,
    pitch: tuple[float, float],
    *,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Exaggerate what a Gaussian would take away.

    With the width of an extruded line as the radius it works against the softness of the
    print itself, and leaves alone what is too fine to be printed anyway.

    Args:
        picture: (rows, columns) float32.
        amount: factor on the difference from the blurred picture, 0 for none.
        radius: sigma of the Gaussian, mm.
        pitch: mm per column and mm per row.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        The sharper picture, beyond 0..1 beside strong edges; `picture` itself for 0.
    """
    if amount == 0:
        return picture
    blur = Blur.gaussian(picture.shape, (radius / pitch[1], radius / pitch[0]))
    out = np.empty_like(picture) if out is None else out
    for rows, means in blur.strips(picture):
        np.subtract(picture[rows], means, out=means)
        means *= np.float32(amount)
        np.add(picture[rows], means, out=out[rows])
    return out
