"""The round disc, such as a medal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from .canvas import MIN_PICTURE, Canvas, covering, middle, refuse_border
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """A square; the photo covers all that the border leaves, its longer side is cropped.

    Raises:
        ReliefRefused: ``relief.border_too_wide``.
    """
    half = settings.width / 2
    inner = half - settings.border
    if 2 * inner < MIN_PICTURE:
        refuse_border(settings.border, settings.width, half - MIN_PICTURE / 2)
    picture = covering((-inner, -inner, inner, inner), aspect)
    return Canvas(settings.width, settings.width, picture)


def outline(settings: ReliefSettings, canvas: Canvas) -> Field:
    from ..solid import sdf

    return sdf.circle(*middle(canvas.shape), settings.width / 2)


SHAPE = Shape(
    label=N_("Disc"),
    description=N_("A round disc that shows the middle of the photo."),
    options=(),
    canvas=canvas,
    outline=outline,
)
