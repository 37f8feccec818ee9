"""The hexagonal plate, such as a coaster or a tile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...problems import N_
from .canvas import MIN_PICTURE, Canvas, covering, middle, refuse_border
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field

# A regular hexagon lying on a side: height over width.
FLATNESS = math.sqrt(3) / 2


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """As wide as asked from corner to corner, with level sides at the top and the bottom:
    a writing lies well on them. The photo covers all that the border leaves.

    Raises:
        ReliefRefused: ``relief.border_too_wide``.
    """
    depth = FLATNESS * settings.width
    inner = depth - 2 * settings.border
    if inner < MIN_PICTURE:
        refuse_border(settings.border, settings.width, (depth - MIN_PICTURE) / 2)
    half = (inner / FLATNESS / 2, inner / 2)
    picture = covering((-half[0], -half[1], *half), aspect)
    return Canvas(settings.width, depth, picture)


def outline(settings: ReliefSettings, canvas: Canvas) -> Field:
    from ..solid import sdf

    return sdf.regular_polygon(*middle(canvas.shape), settings.width / 2, sides=6)


SHAPE = Shape(
    label=N_("Hexagon"),
    description=N_("A plate with six equal sides, one of them at the bottom."),
    options=(),
    canvas=canvas,
    outline=outline,
)
