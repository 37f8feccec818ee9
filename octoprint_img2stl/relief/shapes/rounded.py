"""The rectangular plate with round corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import Canvas, floor, framed
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """As for a plate.

    Raises:
        ReliefRefused: also ``relief.corners_too_round`` with `suggest`, the largest
            radius that fits.
    """
    plate = framed(settings.width, settings.border, aspect)
    most = min(plate.width, plate.depth) / 2
    if settings.corner_radius > most:
        raise ReliefRefused(
            "relief.corners_too_round",
            N_(
                "Corners of %(radius)s mm do not fit on a plate of %(width)s x %(depth)s "
                "mm; make their radius at most %(most)s mm."
            ),
            field="relief.corner_radius",
            suggest=floor(most),
            radius=round(settings.corner_radius, 2),
            width=round(plate.width, 2),
            depth=round(plate.depth, 2),
            most=floor(most),
        )
    return plate


def outline(settings: ReliefSettings, canvas: Canvas) -> Field | None:
    if settings.corner_radius == 0:
        return None
    from ..solid import sdf

    return sdf.rounded_rectangle(*canvas.shape, settings.corner_radius)


SHAPE = Shape(
    label=N_("Rounded plate"),
    description=N_("A rectangular plate with round corners."),
    options=("corner_radius",),
    canvas=canvas,
    stands=True,
    outline=outline,
)
