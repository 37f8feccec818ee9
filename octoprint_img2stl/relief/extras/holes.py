"""Holes right through, to hang the print by or to screw it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from ..shapes.canvas import Canvas
from .extra import Extra, refuse_without_rim, solid

if TYPE_CHECKING:
    from ...machine import Machine
    from ..settings import ReliefSettings
    from ..solid.body import Field

# Towards which places of the shape's box: (-1, -1) is the lower left corner.
TARGETS = {
    "one": ((0, 1),),
    "two": ((-1, 1), (1, 1)),
    "four": ((-1, 1), (1, 1), (-1, -1), (1, -1)),
}
# As the option allows; in tenths of a millimetre.
LEAST = 10


def active(settings: ReliefSettings) -> bool:
    return settings.holes != "none"


def check(settings: ReliefSettings, canvas: Canvas, machine: Machine) -> None:
    """Refuse holes where there is no rim.

    Raises:
        ReliefRefused: ``relief.extra_needs_plate``.
    """
    refuse_without_rim(canvas, "holes", "none")


def outline(settings: ReliefSettings, canvas: Canvas, field: Field | None) -> Field:
    """The outline with the holes.

    Raises:
        ReliefRefused: ``relief.holes_too_big`` with `suggest`, the largest that fit;
            ``relief.no_room_for_holes`` where none do.
    """
    from ..solid import sdf

    shape = solid(canvas, field)
    radius = settings.hole_diameter / 2
    return sdf.difference(
        shape, *(sdf.circle(u, v, radius) for u, v in places(settings, canvas, shape))
    )


def places(
    settings: ReliefSettings, canvas: Canvas, shape: Field
) -> list[tuple[float, float]]:
    """The centres (u, v) of the holes, as far out as their walls allow.

    Raises:
        ReliefRefused: as `outline`.
    """
    from .spots import Spots

    spots = Spots(shape, canvas.shape, TARGETS[settings.holes])
    found = spots.of(settings.hole_diameter / 2)
    if found is not None:
        return found
    for tenths in range(int(settings.hole_diameter * 10), LEAST - 1, -1):
        if spots.of(tenths / 20) is not None:
            raise ReliefRefused(
                "relief.holes_too_big",
                N_(
                    "There is no room for holes of %(diameter)s mm; make them at most "
                    "%(most)s mm wide."
                ),
                field="relief.hole_diameter",
                suggest=tenths / 10,
                diameter=round(settings.hole_diameter, 2),
                most=tenths / 10,
            )
    raise ReliefRefused(
        "relief.no_room_for_holes",
        N_(
            "There is no room for these holes in the shape; make the shape larger, or "
            "leave the holes out."
        ),
        field="relief.holes",
        suggest="none",
    )


EXTRA = Extra(active=active, check=check, outline=outline)
