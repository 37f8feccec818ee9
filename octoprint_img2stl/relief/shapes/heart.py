"""The heart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...problems import N_
from .canvas import MIN_PICTURE, Canvas, covering, refuse_border
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field

# Shares of the width, see `sdf.heart`: a square on its corner, whose diagonal is 1 there,
# with a half circle of radius sqrt(2)/4 on either upper side.
DEPTH = (3 + math.sqrt(2)) / (2 + 2 * math.sqrt(2))
LOBE = math.sqrt(2) / (2 + 2 * math.sqrt(2))
# The tip is a right angle: a border moves it up by more than its own width.
TIP = math.sqrt(2)


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """As wide as asked; the photo covers all that the border leaves.

    Raises:
        ReliefRefused: ``relief.border_too_wide``.
    """
    width, border = settings.width, settings.border
    depth = DEPTH * width
    # With less left in its round parts it is a heart no more.
    most = LOBE * width - MIN_PICTURE / 2
    if border > most:
        refuse_border(border, width, most)
    left = border - width / 2
    bottom, top = TIP * border - depth / 2, depth / 2 - border
    return Canvas(width, depth, covering((left, bottom, -left, top), aspect))


def outline(settings: ReliefSettings, canvas: Canvas) -> Field:
    from ..solid import sdf

    left, bottom, right, _ = canvas.shape
    return sdf.heart(left, bottom, right)


SHAPE = Shape(
    label=N_("Heart"),
    description=N_("A heart that shows the middle of the photo."),
    options=(),
    canvas=canvas,
    outline=outline,
)
