"""The cookie cutter along the subject of the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import MIN_PICTURE, Canvas
from .outline import around_photo, subject_outline
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field, Region

# Thin enough to cut dough, thick enough for two lines of a usual nozzle.
WALL = 1.0
# To press on, outside of the wall.
FLANGE = 4.0
FLANGE_HEIGHT = 2.0


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """The photo, the margin around it, the wall and the flange.

    Raises:
        ReliefRefused: ``relief.too_slim`` with `suggest`, the least width; else as
            `around_photo`.
    """
    least = MIN_PICTURE + 2 * (WALL + FLANGE)
    if settings.width < least:
        raise ReliefRefused(
            "relief.too_slim",
            N_("A cookie cutter is at least %(least)s mm wide; make it wider."),
            field="relief.width",
            suggest=least,
            least=least,
        )
    return around_photo(settings, aspect, WALL + FLANGE)


def outline(settings: ReliefSettings, canvas: Canvas, mask: Field) -> Field:
    """The flange's outer rim and the wall's inner face: open within."""
    cookie = subject_outline(mask, canvas, settings.outline_margin)

    def ring(u, v):
        inside = cookie(u, v)
        # Half the ring's width less the distance from its middle line.
        half = (WALL + FLANGE) / 2
        return half - abs(inside + half)

    return ring


def upper_regions(settings: ReliefSettings, canvas: Canvas, mask: Field) -> list[Region]:
    """The flange, and the wall that rises from its inner rim."""
    from ..solid import sdf
    from ..solid.body import Region
    from ..solid.raster import everywhere

    cookie = subject_outline(mask, canvas, settings.outline_margin)
    return [
        Region(everywhere, FLANGE_HEIGHT),
        Region(sdf.offset(cookie, WALL), settings.cutter_height),
    ]


def size(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float, float]:
    return canvas.width, canvas.depth, settings.cutter_height


SHAPE = Shape(
    label=N_("Cookie cutter"),
    description=N_(
        "A cutter along the outline of the subject, its edge up, open within."
    ),
    options=("cutter_height", "outline_margin", "subject", "subject_threshold"),
    canvas=canvas,
    outline=outline,
    size=size,
    upper_regions=upper_regions,
    needs_mask=True,
    plain=True,
)
