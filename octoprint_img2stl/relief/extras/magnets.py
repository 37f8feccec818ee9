"""Round pockets in the back, for magnets to be glued in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from ..shapes.canvas import Canvas, ceil, size
from . import keyhole
from .extra import Extra, refuse_without_rim
from .stand import above_foot

if TYPE_CHECKING:
    from ...machine import Machine
    from ..settings import ReliefSettings
    from ..solid.body import Field, Region

CLEARANCE = 0.2
CEILING = 0.6

_CORNERS = ((-1, 1), (1, 1), (-1, -1), (1, -1))
_SIDES, _ENDS, _MIDDLE = ((-1, 0), (1, 0)), ((0, 1), (0, -1)), ((0, 0),)


def active(settings: ReliefSettings) -> bool:
    return settings.magnets > 0


def depth(settings: ReliefSettings) -> float:
    """Of a pocket."""
    return settings.magnet_depth + CLEARANCE


def radius(settings: ReliefSettings) -> float:
    """Of a pocket."""
    return (settings.magnet_diameter + CLEARANCE) / 2


def check(settings: ReliefSettings, canvas: Canvas, machine: Machine) -> None:
    """Refuse a base that is too thin.

    Raises:
        ReliefRefused: ``relief.extra_needs_plate``; ``relief.base_too_thin_for_magnets``
            with `suggest`, the least base.
    """
    refuse_without_rim(canvas, "magnets", 0)
    least = ceil(depth(settings) + CEILING)
    if settings.base < depth(settings) + CEILING - 1e-9:
        raise ReliefRefused(
            "relief.base_too_thin_for_magnets",
            N_(
                "A base of %(base)s mm is too thin for magnets of %(depth)s mm; make it "
                "at least %(least)s mm thick, or take thinner magnets."
            ),
            field="relief.base",
            suggest=least,
            base=round(settings.base, 2),
            depth=round(settings.magnet_depth, 2),
            least=least,
        )


def lower_regions(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[Region]:
    from ..solid import sdf
    from ..solid.body import Region

    pockets = [
        sdf.circle(u, v, radius(settings)) for u, v in places(settings, canvas, outline)
    ]
    return [Region(sdf.union(*pockets), depth(settings))]


def places(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[tuple[float, float]]:
    """The centres (u, v) of the pockets, as far out as their walls allow.

    Raises:
        ReliefRefused: ``relief.too_many_magnets`` with `suggest`, how many fit;
            ``relief.no_room_for_magnets`` where none does.
    """
    from ..solid import sdf
    from .spots import Spots

    room = above_foot(settings, canvas, outline)
    if keyhole.active(settings):
        room = sdf.difference(room, keyhole.pocket(settings, canvas, outline))
    for count in range(settings.magnets, 0, -1):
        found = Spots(room, canvas.shape, _targets(count, canvas)).of(radius(settings))
        if found is None:
            continue
        if count == settings.magnets:
            return found
        raise ReliefRefused(
            "relief.too_many_magnets",
            N_(
                "There is no room for %(count)s magnets of %(diameter)s mm on the back; "
                "take at most %(most)s, or smaller ones."
            ),
            field="relief.magnets",
            suggest=count,
            count=settings.magnets,
            diameter=round(settings.magnet_diameter, 2),
            most=count,
        )
    raise ReliefRefused(
        "relief.no_room_for_magnets",
        N_(
            "There is no room for a magnet of %(diameter)s mm on the back; take smaller "
            "ones, or leave them out."
        ),
        field="relief.magnets",
        suggest=0,
        diameter=round(settings.magnet_diameter, 2),
    )


def _targets(count: int, canvas: Canvas) -> tuple[tuple[int, int], ...]:
    """Towards which places of the shape's box, spread as evenly as may be."""
    width, height = size(canvas.shape)
    longer = _ENDS if width > height else _SIDES
    return {
        1: _MIDDLE,
        2: _SIDES if width >= height else _ENDS,
        3: (*_CORNERS[:2], _ENDS[1]),
        4: _CORNERS,
        5: _CORNERS + _MIDDLE,
        6: _CORNERS + longer,
        7: _CORNERS + longer + _MIDDLE,
        8: _CORNERS + _SIDES + _ENDS,
    }[count]


EXTRA = Extra(active=active, check=check, lower_regions=lower_regions)
