"""The plain rectangular plate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from .canvas import Canvas, framed
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """As wide as asked; the depth follows from the photo, which fills it to the border."""
    return framed(settings.width, settings.border, aspect)


SHAPE = Shape(
    label=N_("Plate"),
    description=N_("A rectangular plate as wide as asked, as high as the photo needs."),
    options=(),
    canvas=canvas,
    stands=True,
)
