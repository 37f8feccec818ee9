"""The oval plate, such as a portrait's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import (
    MIN_PICTURE,
    MIN_PICTURE_DEPTH,
    Canvas,
    floor,
    framed,
    refuse_border,
)
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """As for a plate; the ellipse touches its four sides.

    Raises:
        ReliefRefused: as `framed`, which knows nothing of an ellipse's narrow ends.
    """
    width, most = settings.width, settings.border
    try:
        plate = framed(width, most, aspect)
    except ReliefRefused as refused:
        if refused.code != "relief.border_too_wide":
            raise
        most = refused.problem.suggest
        plate = framed(width, most, aspect)
    while not _has_picture(plate, most):
        most = floor(most - 0.1)
        plate = framed(width, most, aspect)
    if most < settings.border:
        refuse_border(settings.border, width, most)
    return plate


def _has_picture(plate: Canvas, border: float) -> bool:
    width, depth = (2 * half for half in _left_by(border, plate.width, plate.depth))
    return width >= MIN_PICTURE - 1e-6 and depth >= MIN_PICTURE_DEPTH - 1e-6


def _left_by(border: float, width: float, depth: float) -> tuple[float, float]:
    """How far from the middle, across and up, a border lets the picture be seen.

    A point (x, 0) within an ellipse with half axes a > b is a - x from its rim near the
    end of the axis, and b sqrt(1 - x^2 / (a^2 - b^2)) where that is nearer to its sides.
    """
    (b, short), (a, long) = sorted([(width / 2, 0), (depth / 2, 1)])
    seen = {short: b - border, long: a - border}
    if border > b * b / a:
        squared = (a * a - b * b) * (1 - (border / b) ** 2)
        seen[long] = math.sqrt(max(squared, 0.0))
    return seen[0], seen[1]


def outline(settings: ReliefSettings, canvas: Canvas) -> Field:
    from ..solid import sdf

    return sdf.ellipse(*canvas.shape)


SHAPE = Shape(
    label=N_("Oval"),
    description=N_("An oval plate that follows the sides of the photo."),
    options=(),
    canvas=canvas,
    outline=outline,
)
