"""A tab with a hole at the top middle, for a key ring or a ribbon."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from ..shapes.canvas import Canvas, floor, middle, size
from . import frame
from .extra import Extra, refuse_without_rim, solid

if TYPE_CHECKING:
    from ...machine import Machine
    from ..settings import ReliefSettings
    from ..solid.body import Field, Region

# Of plastic around the hole: it bears the whole plate.
WALL = 2.0
WALL_SHARE = 0.25
MIN_THICKNESS = 2.0
STEP = 0.05


def wall(hole: float) -> float:
    """Width of the plastic around a hole of this diameter."""
    return max(WALL, WALL_SHARE * hole)


def half_width(settings: ReliefSettings) -> float:
    """Of the tab: the hole's radius and the wall."""
    return settings.ring_hole / 2 + wall(settings.ring_hole)


def height(settings: ReliefSettings) -> float:
    """Thickness of the tab: flush with the frame, thick enough to bear anyway."""
    flush = frame.height(settings) if frame.active(settings) else settings.base
    return max(flush, MIN_THICKNESS)


def active(settings: ReliefSettings) -> bool:
    return settings.ring


def check(settings: ReliefSettings, canvas: Canvas, machine: Machine) -> None:
    """Refuse a tab that is wider than the plate.

    Raises:
        ReliefRefused: ``relief.extra_needs_plate``; ``relief.ring_on_dome``;
            ``relief.ring_outside_plate`` with
            `suggest`, the largest hole.
    """
    refuse_without_rim(canvas, "ring", False)
    if settings.shape == "dome":
        raise ReliefRefused(
            "relief.ring_on_dome",
            N_(
                "A dome stands on its rim, where a tab for a ring would be in the way; "
                "use holes instead, or another shape."
            ),
            field="relief.ring",
            suggest=False,
        )
    width = size(canvas.shape)[0]
    if 2 * half_width(settings) > width + 1e-6:
        most = floor(min(width - 2 * WALL, width / (1 + 2 * WALL_SHARE)))
        raise ReliefRefused(
            "relief.ring_outside_plate",
            N_(
                "The tab for a ring with a hole of %(hole)s mm is wider than the plate "
                "of %(width)s mm; make the hole at most %(most)s mm wide."
            ),
            field="relief.ring_hole",
            suggest=most,
            hole=round(settings.ring_hole, 2),
            width=round(width, 2),
            most=most,
        )


def extend(settings: ReliefSettings, canvas: Canvas) -> Canvas:
    return canvas.taller(2 * half_width(settings))


def outline(settings: ReliefSettings, canvas: Canvas, field: Field | None) -> Field:
    """The outline with the tab and its hole.

    Raises:
        ReliefRefused: ``relief.ring_holds_nothing`` where the shape has a gap below.
    """
    from ..solid import sdf

    shape = solid(canvas, field)
    u, v, foot = _place(settings, canvas, shape)
    hole = sdf.circle(u, v, settings.ring_hole / 2)
    return sdf.difference(sdf.union(shape, _tab(settings, u, v, foot)), hole)


def upper_regions(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[Region]:
    from ..solid import sdf
    from ..solid.body import Region

    shape = solid(canvas, outline)
    tab = _tab(settings, *_place(settings, canvas, shape))
    return [Region(sdf.difference(tab, shape), height(settings))]


def reach(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float]:
    return 0.0, height(settings)


def _tab(settings: ReliefSettings, u: float, v: float, foot: float) -> Field:
    from ..solid import sdf

    half = half_width(settings)
    neck = sdf.rectangle(u - half, foot, u + half, v)
    return sdf.union(sdf.circle(u, v, half), neck)


def _place(
    settings: ReliefSettings, canvas: Canvas, shape: Field
) -> tuple[float, float, float]:
    """Where the hole is and where the tab begins: u and v of its centre, v of its foot.

    From above the shape down along its middle: the hole stays a wall away from it, so
    that no picture is lost, also in a notch; the tab goes on into the shape by its own
    half width.
    """
    import numpy as np

    half = half_width(settings)
    u, end = middle(canvas.shape)
    start = canvas.shape[3] + half
    v = np.linspace(start, end, math.ceil((start - end) / STEP) + 1)
    depth = shape(np.full_like(v, u), v)
    if not (depth > 0).any():
        raise ReliefRefused(
            "relief.ring_holds_nothing",
            N_(
                "There is nothing below the top middle that could hold a ring; leave the "
                "ring out, or make holes."
            ),
            field="relief.ring",
            suggest=False,
        )
    # The first place is free whatever the field says: all of the shape is below it.
    near = np.flatnonzero(depth[1:] > -half + 1e-6)
    centre = near[0]
    deep = np.flatnonzero(depth >= half)
    foot = deep[0] if len(deep) else int(np.argmax(depth))
    return u, float(v[centre]), float(v[foot])


EXTRA = Extra(
    active=active,
    check=check,
    extend=extend,
    outline=outline,
    upper_regions=upper_regions,
    reach=reach,
)
