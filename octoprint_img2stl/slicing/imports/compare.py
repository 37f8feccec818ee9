"""Where a brought profile contradicts the printer that OctoPrint knows."""

from __future__ import annotations

from typing import NamedTuple

from ...machine import CIRCULAR, Machine, MachineRefused
from ..vendor.bed import BedSaid
from ..vendor.flat import Flat
from .imported import Imported

EDGE = 0.5  # mm by which a bed or height may differ without a word
NOZZLE_EDGE = 0.01
STRIP = 5.0  # mm at an edge of the bed that OctoPrint may have to say otherwise


class Contradiction(NamedTuple):
    """One thing said differently, to be shown side by side.

    Attributes:
        what: ``bed`` (width x depth, mm), ``origin`` (lower left corner of the bed's box,
            mm), ``form`` (`machine.RECTANGULAR`, `machine.CIRCULAR` or `bed.CUSTOM`),
            ``height``, ``nozzle`` (mm).
        theirs: the profile's.
        ours: the printer profile's.
    """

    what: str
    theirs: str
    ours: str


def contradictions(
    imported: Imported | Flat, machine: Machine
) -> tuple[Contradiction, ...]:
    """All that a profile says about the printer and `machine` says differently.

    Nothing is adopted: the printer profile always wins when it is sliced.
    """
    found = []
    bed = imported.bed
    if bed is not None and not _says_the_same(bed, machine):
        width, depth = bed.x_max - bed.x_min, bed.y_max - bed.y_min
        if _apart(width, machine.width) or _apart(depth, machine.depth):
            ours = f"{_text(machine.width)} x {_text(machine.depth)}"
            found.append(Contradiction("bed", f"{_text(width)} x {_text(depth)}", ours))
        if _apart(bed.x_min, machine.x_min) or _apart(bed.y_min, machine.y_min):
            ours = f"{_text(machine.x_min)}, {_text(machine.y_min)}"
            theirs = f"{_text(bed.x_min)}, {_text(bed.y_min)}"
            found.append(Contradiction("origin", theirs, ours))
        if bed.form != machine.form:
            found.append(Contradiction("form", bed.form, machine.form))
    if imported.height is not None and _apart(imported.height, machine.height):
        found.append(
            Contradiction("height", _text(imported.height), _text(machine.height))
        )
    if imported.nozzle is not None:
        if abs(imported.nozzle - machine.nozzle) > NOZZLE_EDGE:
            found.append(
                Contradiction("nozzle", _text(imported.nozzle), _text(machine.nozzle))
            )
    return tuple(found)


def _says_the_same(bed: BedSaid, machine: Machine) -> bool:
    """Whether OctoPrint, which knows fewer kinds of beds, says this one as well as it can.

    A bed that begins at 3, 3 or that is no rectangle could otherwise never be agreed on.
    """
    volume = bed.octoprint_volume(machine.height)
    try:
        closest = Machine.from_octoprint_profile({"volume": volume})
    except MachineRefused:
        return False
    if closest.form != machine.form or (bed.form == CIRCULAR) != (
        closest.form == CIRCULAR
    ):
        return False
    for side in ("x_min", "y_min", "x_max", "y_max"):
        said = getattr(closest, side)
        if _apart(said, getattr(machine, side)) or abs(said - getattr(bed, side)) > STRIP:
            return False
    return True


def _apart(one: float, other: float) -> bool:
    return abs(one - other) > EDGE


def _text(number: float) -> str:
    return f"{round(number, 2) + 0.0:g}"
