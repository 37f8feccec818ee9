"""Judging a finished G-code file: never trust a slicer's exit code."""

from __future__ import annotations

import math

from ..machine import CIRCULAR, Machine
from ..problems import N_
from .gcode_facts import GcodeFacts
from .refused import SlicingRefused

TOLERANCE = 0.05  # mm over the edge that rounding explains
NOTHING = N_("The G-code prints nothing; the model may be too small or too thin.")


def verify(
    facts: GcodeFacts,
    machine: Machine,
    objects: int | None = None,
    *,
    model: bool = False,
) -> None:
    """Refuse a file that prints nothing, or not all, or cold, or outside the printer.

    Args:
        objects: how many objects were to be sliced; checked where the file names its
            objects.
        model: whether there must be more than skirt, brim, raft and supports; a file that
            was cut to its first layers may have no more.

    Raises:
        SlicingRefused: ``slicing.binary_gcode``, ``slicing.empty``,
            ``slicing.too_many_layers``, ``slicing.unknown_position``,
            ``slicing.too_tall``, ``slicing.below_bed``, ``slicing.off_bed``,
            ``slicing.objects_missing``, ``slicing.cold``.
    """
    _something_is_printed(facts)
    if model and facts.layers[0].kinds and not facts.model_layers:
        # CuraEngine 5.0 prints a skirt around walls that are thinner than a line.
        raise SlicingRefused("slicing.empty", NOTHING)
    _it_is_inside(facts, machine)
    if objects is not None and facts.objects is not None and facts.objects < objects:
        raise SlicingRefused(
            "slicing.objects_missing",
            N_(
                "Only %(count)s of %(wanted)s objects are in the G-code; put them closer "
                "together, or slice them one by one."
            ),
            count=facts.objects,
            wanted=objects,
        )
    if facts.heated is False:
        raise SlicingRefused(
            "slicing.cold",
            N_(
                "The G-code never heats the nozzle before it prints; set a nozzle "
                "temperature, or heat it in the start G-code."
            ),
        )


def _something_is_printed(facts: GcodeFacts) -> None:
    if facts.binary:
        raise SlicingRefused(
            "slicing.binary_gcode",
            N_(
                "This is binary G-code, which OctoPrint cannot print; switch it off in "
                "the slicer's printer settings and slice again."
            ),
        )
    if not facts.layers or facts.bounds is None:
        raise SlicingRefused("slicing.empty", NOTHING)
    if facts.too_many_layers:
        raise SlicingRefused(
            "slicing.too_many_layers",
            N_("The G-code has over %(count)s layers; choose a greater layer height."),
            count=len(facts.layers),
        )
    if facts.unknown_moves:
        raise SlicingRefused(
            "slicing.unknown_position",
            N_("The G-code prints where nobody can tell the position; slice it again."),
        )


def _it_is_inside(facts: GcodeFacts, machine: Machine) -> None:
    assert facts.bounds is not None
    x0, y0, z0, x1, y1, z1 = facts.bounds
    if z1 > machine.height + TOLERANCE:
        raise SlicingRefused(
            "slicing.too_tall",
            N_(
                "The model is %(height)s mm tall, the printer reaches %(limit)s mm; "
                "make it smaller."
            ),
            height=round(z1, 1),
            limit=round(machine.height, 1),
        )
    if z0 <= 0:
        raise SlicingRefused(
            "slicing.below_bed",
            N_("The G-code prints at or below the bed (%(z)s mm); check the profile."),
            z=round(z0, 2),
        )
    if machine.form == CIRCULAR:
        # the facts may be about another centre; then this is the worst that it can be
        apart = math.dist(facts.centre, machine.centre)
        over = facts.radius + apart - min(machine.width, machine.depth) / 2
    else:
        over_x = max(machine.x_min - x0, x1 - machine.x_max)
        over = max(over_x, machine.y_min - y0, y1 - machine.y_max)
    if not over <= TOLERANCE:
        raise SlicingRefused(
            "slicing.off_bed",
            N_(
                "The print would leave the bed by %(over)s mm; make it smaller, or "
                "choose a smaller brim or no supports."
            ),
            over=round(over, 1),
        )
