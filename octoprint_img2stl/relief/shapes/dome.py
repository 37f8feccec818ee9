"""The spherical cap, printed on its rim, the photo on its outside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import MAX_WIDTH, MIN_PICTURE, Canvas, covering, middle, refuse_border, size
from .curved import (
    MIN_RADIUS,
    frame_height,
    greatest_height,
    nearest,
    solve,
)
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Bend, Field


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """A square around the disc; the photo covers all that the border leaves of it.

    Raises:
        ReliefRefused: ``relief.dome_too_small``, ``relief.border_too_wide``; each with
            `suggest`.
    """
    if not _reaches(settings):
        enough = nearest(settings, "width", MAX_WIDTH, _reaches)
        raise ReliefRefused(
            "relief.dome_too_small",
            N_(
                "A dome of %(cap)s degrees with walls of %(wall)s mm cannot be %(width)s "
                "mm wide; make it at least %(enough)s mm wide."
            ),
            field="relief.width",
            suggest=enough,
            cap=round(settings.cap_deg, 1),
            wall=round(greatest_height(settings), 2),
            width=round(settings.width, 2),
            enough=enough,
        )
    if not _has_room(settings):
        most = nearest(settings, "border", 0.0, _has_room)
        refuse_border(settings.border, settings.width, most or 0.0)
    rim = _radius(settings) * math.radians(settings.cap_deg)
    inner = rim - settings.border
    return Canvas(2 * rim, 2 * rim, covering((-inner, -inner, inner, inner), aspect))


def outline(settings: ReliefSettings, canvas: Canvas) -> Field:
    from ..solid import sdf

    return sdf.circle(*middle(canvas.shape), size(canvas.shape)[0] / 2)


def bend(settings: ReliefSettings, canvas: Canvas) -> Bend:
    from ..solid.bend import Dome

    return Dome(_back(settings, canvas), settings.cap_deg)


def printed(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float, float]:
    """The box: as wide as asked, from the rim to the pole, or to a higher frame."""
    radius = _back(settings, canvas)
    rim = radius * math.radians(settings.cap_deg)
    top = max(
        _place(settings, radius, 0.0, settings.height)[1],
        _place(settings, radius, rim - settings.border, frame_height(settings))[1],
    )
    floor = radius * math.cos(math.radians(settings.cap_deg))
    return settings.width, settings.width, top - floor


def _back(settings: ReliefSettings, canvas: Canvas) -> float:
    """Radius of the sphere on which the canvas lies."""
    return size(canvas.shape)[0] / 2 / math.radians(settings.cap_deg)


def _place(
    settings: ReliefSettings, radius: float, rho: float, height: float
) -> tuple[float, float]:
    """Distance from the axis and from the sphere's middle plane; see `bend.Dome`."""
    cap, theta = math.radians(settings.cap_deg), rho / radius
    lean = height / math.tan(cap) * (theta / cap) ** 3
    sine, cosine = math.sin(theta), math.cos(theta)
    out = radius + height
    return out * sine + lean * cosine, out * cosine - lean * sine


def _radius(settings: ReliefSettings) -> float:
    """Of the back, 0 if there is none for the width that was asked for."""
    cap = math.radians(settings.cap_deg)

    def width(radius: float) -> float:
        """The rim's outer edge, or the picture's within a lower frame."""
        rim = radius * cap
        inner = max(rim - settings.border, 0.0)
        return 2 * max(
            _place(settings, radius, rim, frame_height(settings))[0],
            _place(settings, radius, inner, settings.height)[0],
        )

    return solve(width, settings.width, settings.width / math.sin(cap))


def _reaches(settings: ReliefSettings) -> bool:
    """Whether there is such a dome."""
    return _radius(settings) * math.sin(math.radians(settings.cap_deg)) >= MIN_RADIUS


def _has_room(settings: ReliefSettings) -> bool:
    """Whether the border leaves room for the picture."""
    rim = _radius(settings) * math.radians(settings.cap_deg)
    return 2 * (rim - settings.border) >= MIN_PICTURE


SHAPE = Shape(
    label=N_("Dome"),
    description=N_(
        "A round dome that stands on its rim and shows the middle of the photo."
    ),
    options=("cap_deg",),
    canvas=canvas,
    outline=outline,
    bend=bend,
    size=printed,
)
