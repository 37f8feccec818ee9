"""The curved plate that stands on its own, such as a lithophane before a candle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import MAX_WIDTH, MIN_PICTURE, MIN_PICTURE_DEPTH, Canvas, refuse_border, size
from .curved import (
    MIN_RADIUS,
    frame_height,
    greatest_height,
    middle_height,
    nearest,
    refuse_slim,
    solve,
)
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Bend


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """As wide as the back is long, so that the finished arc is as wide as asked.

    Raises:
        ReliefRefused: ``relief.arc_too_tight``, ``relief.border_too_wide``,
            ``relief.too_slim``; each with `suggest` where there is a value that would do.
    """
    radius, angle = _radius(settings), math.radians(settings.angle_deg)
    if not _reaches(settings):
        enough = nearest(settings, "width", MAX_WIDTH, _reaches)
        raise ReliefRefused(
            "relief.arc_too_tight",
            N_(
                "An arc of %(angle)s degrees with walls of %(wall)s mm cannot be %(width)s "
                "mm wide; make it at least %(enough)s mm wide."
            ),
            field="relief.width",
            suggest=enough,
            angle=round(settings.angle_deg, 1),
            wall=round(greatest_height(settings), 2),
            width=round(settings.width, 2),
            enough=enough,
        )
    if not _has_room(settings):
        most = nearest(settings, "border", 0.0, _has_room)
        refuse_border(settings.border, radius * angle, most or 0.0)
    inner, depth = _picture(settings, aspect)
    if depth < MIN_PICTURE_DEPTH:

        def deep(wider: ReliefSettings) -> bool:
            return _picture(wider, aspect)[1] >= MIN_PICTURE_DEPTH

        refuse_slim(depth, nearest(settings, "width", MAX_WIDTH, deep))
    picture = (-inner / 2, -depth / 2, inner / 2, depth / 2)
    return Canvas(radius * angle, depth + 2 * settings.border, picture)


def bend(settings: ReliefSettings, canvas: Canvas) -> Bend:
    from ..solid.bend import Arc

    return Arc(size(canvas.shape)[0] / math.radians(settings.angle_deg))


def printed(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float, float]:
    """The box: from end to end, from the front to the ends' inner edges, upright."""
    wide, deep = size(canvas.shape)
    radius = wide / math.radians(settings.angle_deg)
    inner = radius * math.cos(math.radians(settings.angle_deg) / 2)
    return settings.width, greatest_height(settings) + radius - inner, deep


def _radius(settings: ReliefSettings) -> float:
    """Of the back, 0 if there is none for the width that was asked for."""
    half = math.radians(settings.angle_deg) / 2

    def width(radius: float) -> float:
        """The ends' outer edges, or the picture's within a lower frame."""
        turn = max(half - settings.border / radius, 0.0)
        ends = (radius + frame_height(settings)) * math.sin(half)
        return 2 * max(ends, (radius + settings.height) * math.sin(turn))

    return solve(width, settings.width, settings.width / math.sin(half))


def _reaches(settings: ReliefSettings) -> bool:
    """Whether there is such an arc, with room for a picture."""
    radius, angle = _radius(settings), math.radians(settings.angle_deg)
    return radius >= MIN_RADIUS and radius * angle >= MIN_PICTURE


def _has_room(settings: ReliefSettings) -> bool:
    """Whether the border leaves room for the picture."""
    length = _radius(settings) * math.radians(settings.angle_deg)
    return length - 2 * settings.border >= MIN_PICTURE


def _picture(settings: ReliefSettings, aspect: float) -> tuple[float, float]:
    """The photo's width on the back and its height, true to its aspect amid the wall."""
    radius = max(_radius(settings), MIN_RADIUS)
    inner = radius * math.radians(settings.angle_deg) - 2 * settings.border
    return inner, inner * (1 + middle_height(settings) / radius) / aspect


SHAPE = Shape(
    label=N_("Arc"),
    description=N_("A curved plate that stands upright, the photo on its outside."),
    options=("angle_deg",),
    canvas=canvas,
    bend=bend,
    size=printed,
)
