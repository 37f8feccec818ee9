"""The border: a flat frame along the outline, whatever its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from ..shapes.canvas import (
    MIN_PICTURE,
    MIN_PICTURE_DEPTH,
    Canvas,
    refuse_border,
    size,
)
from .extra import Extra, solid

if TYPE_CHECKING:
    from ...machine import Machine
    from ..settings import ReliefSettings
    from ..solid.body import Field, Region


def height(settings: ReliefSettings) -> float:
    """How high the frame stands above the back."""
    if settings.frame_height is None:
        return settings.base + settings.relief_height
    return settings.frame_height


def active(settings: ReliefSettings) -> bool:
    return settings.border > 0


def check(settings: ReliefSettings, canvas: Canvas, machine: Machine) -> None:
    """Refuse a frame that leaves no picture, or that would be a ditch in the plate.

    Raises:
        ReliefRefused: ``relief.border_too_wide`` and ``relief.frame_too_low`` with
            `suggest`.
    """
    width, depth = size(canvas.shape)
    most = (depth - MIN_PICTURE_DEPTH) / 2
    if not canvas.wraps:
        most = min(most, (width - MIN_PICTURE) / 2)
    # Shapes whose depth follows from the border have their own word on it; theirs may be
    # just the least, less its rounding.
    if settings.border > most + 1e-6:
        refuse_border(settings.border, width, max(most, 0.0))
    if height(settings) < settings.base:
        raise ReliefRefused(
            "relief.frame_too_low",
            N_(
                "A frame %(height)s mm high would lie below the base; make it at least "
                "%(least)s mm high."
            ),
            field="relief.frame_height",
            suggest=settings.base,
            height=round(height(settings), 2),
            least=round(settings.base, 2),
        )


def upper_regions(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[Region]:
    from ..solid.body import Region

    rim, border = solid(canvas, outline), settings.border
    return [Region(lambda u, v: border - rim(u, v), height(settings))]


def reach(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float]:
    return 0.0, height(settings)


EXTRA = Extra(active=active, check=check, upper_regions=upper_regions, reach=reach)
