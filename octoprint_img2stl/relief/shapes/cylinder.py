"""The upright tube, such as a lampshade, the photo once around it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import MAX_WIDTH, MIN_PICTURE_DEPTH, Canvas, ceil, floor, size
from .curved import (
    MIN_RADIUS,
    check_socket,
    greatest_height,
    middle_height,
    nearest,
    refuse_slim,
    stripe,
)
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Bend, Region


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """Once around the back; the border is above and below the photo.

    Raises:
        ReliefRefused: ``relief.cylinder_too_small``, ``relief.too_slim``,
            ``relief.floor_too_thick``, ``relief.socket_hole_too_small``,
            ``relief.socket_hole_too_big``; each with `suggest` where there is a value
            that would do.
    """
    radius, wall = _radius(settings), greatest_height(settings)
    # The tolerance keeps a width that was suggested, and rounded up, from being refused.
    if radius < MIN_RADIUS - 1e-9:
        enough = ceil(2 * (MIN_RADIUS + wall))
        raise ReliefRefused(
            "relief.cylinder_too_small",
            N_(
                "A cylinder %(width)s mm wide has no room for its walls of %(wall)s mm; "
                "make it at least %(enough)s mm wide."
            ),
            field="relief.width",
            suggest=enough,
            width=round(settings.width, 2),
            wall=round(wall, 2),
            enough=enough,
        )
    picture = _picture_depth(settings, aspect)
    if picture < MIN_PICTURE_DEPTH:

        def deep(wider: ReliefSettings) -> bool:
            return _picture_depth(wider, aspect) >= MIN_PICTURE_DEPTH

        refuse_slim(picture, nearest(settings, "width", MAX_WIDTH, deep))
    around, depth = 2 * math.pi * radius, picture + 2 * settings.border
    if settings.floor > 0:
        if settings.floor > depth / 2:
            raise ReliefRefused(
                "relief.floor_too_thick",
                N_(
                    "A floor of %(floor)s mm is too thick for a cylinder that is %(depth)s "
                    "mm high; make it at most %(most)s mm."
                ),
                field="relief.floor",
                suggest=floor(depth / 2),
                floor=round(settings.floor, 2),
                depth=round(depth, 2),
                most=floor(depth / 2),
            )
        check_socket(settings, 2 * radius)
    box = (-around / 2, -picture / 2, around / 2, picture / 2)
    return Canvas(around, depth, box, wraps=True)


def bend(settings: ReliefSettings, canvas: Canvas) -> Bend:
    from ..solid.bend import Tube

    return Tube(canvas.width)


def printed(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float, float]:
    """The box: as wide as asked, as high as the canvas."""
    return settings.width, settings.width, size(canvas.shape)[1]


def lower_regions(settings: ReliefSettings, canvas: Canvas) -> list[Region]:
    """The floor, from the wall to the socket's hole."""
    if settings.floor == 0:
        return []
    from ..solid.body import Region

    bottom = canvas.shape[1]
    # From below the rim, so that its lower end is the body's own.
    inside = stripe(bottom - settings.floor, bottom + settings.floor)
    return [Region(inside, settings.socket_hole / 2 - canvas.width / (2 * math.pi))]


def _radius(settings: ReliefSettings) -> float:
    """Of the back; not above 0 if the cylinder is all wall."""
    return settings.width / 2 - greatest_height(settings)


def _picture_depth(settings: ReliefSettings, aspect: float) -> float:
    """The photo's height, true to its aspect amid the wall."""
    return 2 * math.pi * (_radius(settings) + middle_height(settings)) / aspect


SHAPE = Shape(
    label=N_("Cylinder"),
    description=N_("A round lampshade with the photo once around it."),
    options=("floor", "socket_hole"),
    canvas=canvas,
    bend=bend,
    size=printed,
    lower_regions=lower_regions,
)
