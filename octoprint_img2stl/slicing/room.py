"""Room on the bed: whether a model fits with what is printed around it.

Every slicer's configuration asks this before anybody waits for its G-code.
"""

from __future__ import annotations

import math

from ..machine import CIRCULAR, Machine
from ..problems import N_
from .refused import SlicingRefused
from .settings import SliceSettings

Size = tuple[float, float, float]

SHORTEST_BRIM = 1.0
EDGE = 1e-3  # mm by which single precision may be wrong


def fitting_brim(machine: Machine, settings: SliceSettings, size: Size | None) -> float:
    """The brim's width, mm; an automatic one gives way where the bed has no room for it."""
    if size is None:
        return float(settings.brim or 0)
    brim = settings.brim_for(*size)
    if settings.brim is None and not machine.fits(*size, brim):
        width, depth, _ = size
        if machine.form == CIRCULAR:
            room = (min(machine.width, machine.depth) - math.hypot(width, depth)) / 2
        else:
            room = min(machine.width - width, machine.depth - depth) / 2
        brim = min(brim, math.floor(room * 10) / 10)
        brim = brim if brim >= SHORTEST_BRIM else 0.0
    return brim


def refuse_size(machine: Machine, size: Size, needed: float) -> None:
    """Raise for a model that surely does not fit, before anybody waits for its G-code.

    On a circular bed a round model fits where its box does not; the G-code will tell.

    Args:
        machine: the printer.
        size: of the model (width, depth, height), mm.
        needed: what is printed beyond it on each side, mm.

    Raises:
        SlicingRefused: ``slicing.too_tall``, ``slicing.off_bed``.
    """
    width, depth, height = (round(side, 1) for side in size)
    if size[2] > machine.height + EDGE:
        raise SlicingRefused(
            "slicing.too_tall",
            N_(
                "The model is %(height)s mm tall, the printer reaches %(limit)s mm; "
                "make it smaller."
            ),
            height=height,
            limit=round(machine.height, 1),
        )

    def fits(margin: float) -> bool:
        room_x, room_y = machine.width - 2 * margin, machine.depth - 2 * margin
        return size[0] <= room_x + EDGE and size[1] <= room_y + EDGE

    if not fits(0.0):
        raise SlicingRefused(
            "slicing.off_bed",
            N_(
                "The model of %(width)s x %(depth)s mm does not fit on the bed; make it "
                "smaller."
            ),
            width=width,
            depth=depth,
        )
    if not fits(needed):
        raise SlicingRefused(
            "slicing.off_bed",
            N_(
                "The model of %(width)s x %(depth)s mm needs %(margin)s mm around it "
                "for brim or supports and does not fit on the bed; make it smaller or "
                "choose less of them."
            ),
            field="slicing.brim",
            width=width,
            depth=depth,
            margin=round(needed, 1),
        )
