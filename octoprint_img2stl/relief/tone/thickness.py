"""How thick a lithophane must be for the light that the photo shows, and the way back.

Light falls off exponentially in the plate (Lambert and Beer): a tenth of it is left after
each `transmission` mm.
"""

from __future__ import annotations

import numpy as np

from .strips import strips


def true_light(
    picture: np.ndarray,
    thin: float,
    thick: float,
    transmission: float,
    *,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Thickness that lets through light in proportion to the photo's linear light.

    White is as bright as the thinnest part, black as dark as the thickest; the light of
    the photo is spread evenly in between.

    Args:
        picture: (rows, columns) float32 in 0..1, sRGB-encoded.
        thin, thick: least and greatest thickness, mm.
        transmission: mm of the material that let a tenth of the light through.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        float32 in 0..1: 0 for `thin`, 1 for `thick`.
    """
    # Light through the thickest part, relative to the thinnest.
    darkest = transmitted(thick - thin, transmission)
    out = np.empty_like(picture) if out is None else out
    for rows in strips(picture.shape):
        light = linear(picture[rows])
        light *= np.float32(1 - darkest)
        light += np.float32(darkest)
        # No light at all is as thick as it gets: a thick plate's darkest may be 0.
        with np.errstate(divide="ignore"):
            np.log10(light, out=light)
        light *= np.float32(-transmission / (thick - thin))
        np.clip(light, 0, 1, out=out[rows])
    return out


def transmitted(thickness: float | np.ndarray, transmission: float) -> float | np.ndarray:
    """The share of linear light that gets through.

    Args:
        thickness: mm.
        transmission: mm of the material that let a tenth of the light through.
    """
    return 10 ** (-thickness / transmission)


def linear(encoded: np.ndarray) -> np.ndarray:
    """Linear light of sRGB-encoded values in 0..1 (IEC 61966-2-1), a new array."""
    light = encoded + np.float32(0.055)
    light /= np.float32(1.055)
    np.power(light, np.float32(2.4), out=light)
    dark = encoded <= np.float32(0.04045)
    light[dark] = encoded[dark] / np.float32(12.92)
    return light
