"""Does it fit on the bed and under the gantry, placed in the middle, with its brim?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...machine import CIRCULAR
from ...problems import ERROR, INFO, N_, WARNING, Problem
from ..subject import Finding, Subject

EXACT = 1 - 1e-6  # float32 corners of a part exactly as wide as the bed
SMALLEST_PERCENT = 0.1


def check(subject: Subject) -> Iterator[Finding]:
    machine, size = subject.machine, subject.facts.size
    if machine.fit_scale(*size) < EXACT:
        yield Finding(_too_big(subject))
    elif machine.fit_scale(*size, subject.margin) < EXACT:
        yield Finding(_no_room(subject))
    elif machine.fit_scale(*size, subject.margin + subject.printing.skirt) < EXACT:
        yield Finding(
            Problem(
                "mesh.no_room_for_skirt",
                INFO,
                N_(
                    "There is no room for a skirt around the model (%(skirt)s mm), so it "
                    "is printed without one."
                ),
                {"skirt": round(subject.printing.skirt, 1)},
            )
        )


def _percent(scale: float) -> float | None:
    """For `mesh.size`, down to a tenth of a percent, so that the suggestion really fits."""
    percent = math.floor(scale * 1000) / 10
    return percent if percent >= SMALLEST_PERCENT else None


def _too_big(subject: Subject) -> Problem:
    machine, (width, depth, height) = subject.machine, subject.facts.size
    scale = machine.fit_scale(width, depth, height, subject.margin)
    suggest = _percent(scale)
    values = {
        "width": round(width, 1),
        "depth": round(depth, 1),
        "height": round(height, 1),
        "percent": suggest or float(f"{scale * 100:.2g}"),
    }
    if machine.fit_scale(width, depth, 0.0) >= EXACT:
        return Problem(
            "mesh.too_tall",
            ERROR,
            N_(
                "The model is %(height)s mm high and the printer reaches %(room)s mm; "
                "scale it to %(percent)s %% or cut it in two."
            ),
            {**values, "room": round(machine.height, 1)},
            "mesh.size",
            suggest,
        )
    if machine.form == CIRCULAR:
        return Problem(
            "mesh.too_big_for_bed",
            ERROR,
            N_(
                "The model is %(width)s x %(depth)s x %(height)s mm, too big for the "
                "round bed of %(room)s mm; scale it to %(percent)s %%."
            ),
            {**values, "room": round(min(machine.width, machine.depth), 1)},
            "mesh.size",
            suggest,
        )
    return Problem(
        "mesh.too_big_for_bed",
        ERROR,
        N_(
            "The model is %(width)s x %(depth)s x %(height)s mm, too big for the "
            "bed of %(bed_width)s x %(bed_depth)s mm; scale it to %(percent)s %%."
        ),
        {
            **values,
            "bed_width": round(machine.width, 1),
            "bed_depth": round(machine.depth, 1),
        },
        "mesh.size",
        suggest,
    )


def _no_room(subject: Subject) -> Problem:
    """The model fits, but not what is printed around it."""
    machine, size, brim = subject.machine, subject.facts.size, subject.brim
    percent = _percent(machine.fit_scale(*size, subject.margin))
    if brim < subject.margin or percent is None:
        return Problem(
            "mesh.no_room_for_supports",
            WARNING,
            N_(
                "The model leaves no room on the bed for supports around it "
                "(%(margin)s mm); scale it to %(percent)s %% or print without them."
            ),
            {"margin": round(subject.margin, 1), "percent": percent},
            "mesh.size",
            percent,
        )
    return Problem(
        "mesh.no_room_for_brim",
        WARNING,
        N_(
            "The model leaves no room on the bed for a brim of %(brim)s mm; scale it to "
            "%(percent)s %% or choose a brim of at most %(room)s mm."
        ),
        {"brim": round(brim, 1), "percent": percent, "room": _room(subject)},
        "slicing.brim",
        _room(subject),
    )


def _room(subject: Subject) -> float:
    """Widest brim for which there is room, mm, down to a tenth; found by halving."""
    low, high = 0.0, subject.brim
    for _ in range(20):
        middle = (low + high) / 2
        fits = subject.machine.fit_scale(*subject.facts.size, middle) >= EXACT
        low, high = (middle, high) if fits else (low, middle)
    return math.floor(low * 10 + 1e-3) / 10
