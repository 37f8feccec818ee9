"""A keyhole in the back: over the head of a screw, then down, and it hangs.

For screws with a shank of 4 mm and a head of 8 mm. Behind the slot the pocket is wider,
so that a lip holds the head. Printed on its back, the ceiling over it is a bridge of 8.4
mm over the slot and 9.6 mm over the entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from ..shapes.canvas import Canvas, middle
from .extra import WALL, Extra, refuse_without_rim
from .stand import above_foot

if TYPE_CHECKING:
    from ...machine import Machine
    from ..settings import ReliefSettings
    from ..solid.body import Field, Region

# Radii, with play.
HEAD = 4.2
SHANK = 2.1
# The pocket around the entry: its own wall keeps clear of the entry's.
ENTRY = HEAD + 0.6
# From the entry to the slot's upper end: the whole head gets behind the lip.
TRAVEL = 9.0
LIP = 1.2
# Of the pocket, lip included.
DEPTH = 4.0
CEILING = 0.8
STEPS = 180  # in one TRAVEL


def active(settings: ReliefSettings) -> bool:
    return settings.keyhole


def check(settings: ReliefSettings, canvas: Canvas, machine: Machine) -> None:
    """Refuse a base that is too thin.

    Raises:
        ReliefRefused: ``relief.extra_needs_plate``; ``relief.base_too_thin_for_keyhole``
            with `suggest`, the least base.
    """
    refuse_without_rim(canvas, "keyhole", False)
    least = DEPTH + CEILING
    if settings.base < least:
        raise ReliefRefused(
            "relief.base_too_thin_for_keyhole",
            N_(
                "A base of %(base)s mm is too thin for a keyhole in its back; make it at "
                "least %(least)s mm thick."
            ),
            field="relief.base",
            suggest=least,
            base=round(settings.base, 2),
            least=least,
        )


def lower_regions(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[Region]:
    """The pocket behind its lip, then the opening in the lip.

    Raises:
        ReliefRefused: ``relief.no_room_for_keyhole``.
    """
    from ..solid import sdf
    from ..solid.body import Region

    entry, end = _ends(settings, canvas, outline)
    opening = sdf.union(sdf.circle(*entry, HEAD), sdf.capsule(entry, end, SHANK))
    return [
        Region(pocket(settings, canvas, outline), 0.0, hollow=(LIP, DEPTH)),
        Region(opening, DEPTH),
    ]


def pocket(settings: ReliefSettings, canvas: Canvas, outline: Field | None) -> Field:
    """All that is hollow behind the back.

    Raises:
        ReliefRefused: ``relief.no_room_for_keyhole``.
    """
    from ..solid import sdf

    entry, end = _ends(settings, canvas, outline)
    return sdf.union(sdf.circle(*entry, ENTRY), sdf.capsule(entry, end, HEAD))


def _ends(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> tuple[tuple[float, float], tuple[float, float]]:
    """(u, v) of the entry and of the slot's upper end, as high up as there is room.

    Never with the end below the middle of the shape: it would turn over on its screw.
    """
    import numpy as np

    step = TRAVEL / STEPS
    u, low = middle(canvas.shape)
    v = np.arange(canvas.shape[3], low - TRAVEL - step / 2, -step)
    depth = above_foot(settings, canvas, outline)(np.full_like(v, u), v)
    ways = np.lib.stride_tricks.sliding_window_view(depth, STEPS + 1)
    fitting = (ways.min(axis=1) >= HEAD + WALL) & (ways[:, -1] >= ENTRY + WALL)
    if not fitting.any():
        raise ReliefRefused(
            "relief.no_room_for_keyhole",
            N_(
                "There is no room for a keyhole in the upper half of the back; make the "
                "shape larger, or leave the keyhole out."
            ),
            field="relief.keyhole",
            suggest=False,
        )
    end = float(v[np.argmax(fitting)])
    return (u, end - TRAVEL), (u, end)


EXTRA = Extra(active=active, check=check, lower_regions=lower_regions)
