"""From the picture at the nodes to the share of the relief's height at each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from . import bas_relief, debanding, levels, local_contrast, sharpen, smooth
from .steps import clean_steps, thresholds_for
from .thickness import true_light


@dataclass(frozen=True, eq=False)
class Tone:
    """What the picture asks of the surface.

    Attributes:
        share: (rows, columns) float32 in 0..1 of the relief's height above the base; may
            be the very array that `tone` was given.
        thresholds: where `share` is cut into flat levels, rising; empty for a continuous
            relief. `steps.heights` has the levels' heights.
        histogram: shares of the nodes in 64 equal parts of black to white, as black and
            white point, gamma and curve see them.
    """

    share: np.ndarray
    thresholds: list[float]
    histogram: list[float]


def tone(
    picture: np.ndarray,
    settings: Any,
    pitch: tuple[float, float],
    *,
    line_width: float,
    level: float,
    overwrite: bool = False,
) -> Tone:
    """Do to a picture whatever the owner asked for.

    In this order: debanding, edge-preserving smoothing, smoothing, bas-relief (of a depth
    map), automatic levels, black and white point, gamma, curve, local contrast, contrast,
    sharpening, height, clean steps. The levels come after the smoothing so that the relief
    reaches its full height and its base whatever the smoothing took away. What is at its
    neutral value costs nothing.

    Args:
        picture: (rows, columns) float32 in 0..1, sRGB-encoded grey (or depth, high is
            near) at the nodes, at least 2 x 2; is left as it is.
        settings: a relief's settings.
        pitch: mm per column and mm per row.
        line_width: of the extruded line: radius of the sharpening, least width of steps.
        level: height of one level of the source the picture was made from, 1/255 for
            8 bits; 0 if the levels are too many to be seen.
        overwrite: whether `picture` may be used up, which saves memory.
    """
    kept = None if overwrite else picture
    deband = debanding.METHODS[settings.debanding]
    # Noise is there to stay: it comes when all smoothing is done.
    dithers = settings.debanding == "dither"
    work = picture if dithers else deband(picture, level)
    work = smooth.edge_preserving(
        work, settings.edge_smoothing, pitch, out=_own(work, kept)
    )
    work = smooth.gaussian(work, settings.smoothing, pitch, out=_own(work, kept))
    if dithers:
        work = deband(work, level)
    if settings.source == "depth":
        work = bas_relief.compress(work, settings.compression, pitch)
    if settings.auto_levels:
        work = levels.auto_levels(work, out=_own(work, kept))
    histogram = levels.histogram(work)
    for operation in (
        partial(levels.levels, black=settings.black, white=settings.white),
        partial(levels.gamma, gamma=settings.gamma),
        partial(levels.curve, points=settings.curve),
        partial(local_contrast.equalise, strength=settings.local_contrast),
        partial(levels.contrast, factor=settings.contrast),
        levels.clipped,
        partial(
            sharpen.unsharp, amount=settings.sharpening, radius=line_width, pitch=pitch
        ),
        levels.clipped,
        partial(height, settings=settings),
    ):
        work = operation(work, out=_own(work, kept))
    cuts = thresholds(settings)
    if cuts:
        work = clean_steps(work, cuts, line_width, pitch)
    return Tone(work, cuts, histogram)


def height(
    grey: np.ndarray, settings: Any, *, out: np.ndarray | None = None
) -> np.ndarray:
    """How high a grey stands on this route, in shares of the relief's height.

    A relief is high where the picture is bright. A lithophane is thin there: for the light
    of the photo or, without `light_true`, in proportion to the grey, which nearly does
    since sRGB is about logarithmic in light. `invert` makes a negative of the picture.

    Args:
        grey: (rows, columns) float32 in 0..1.
        out: where to put the result, may be `grey`; None for a new array.

    Returns:
        float32 in 0..1; `grey` itself for a relief that is not inverted.
    """
    lithophane = settings.route == "lithophane"
    by_light = lithophane and settings.light_true
    if settings.invert != (lithophane and not by_light):
        grey = out = np.subtract(np.float32(1), grey, out=out)
    if by_light:
        thick = settings.base + settings.relief_height
        return true_light(grey, settings.base, thick, settings.transmission, out=out)
    return grey


def thresholds(settings: Any) -> list[float]:
    """The shares of the height at which a relief of flat levels is cut.

    The owner's threshold is a grey of the picture; the cut is at the height of that grey.
    """
    grey = np.full((1, 1), settings.threshold)
    return thresholds_for(settings.steps, float(height(grey, settings)[0, 0]))


def _own(work: np.ndarray, picture: np.ndarray | None) -> np.ndarray | None:
    """Where an operation may put its result: not into the caller's picture."""
    return None if work is picture else work
