"""A colour change at a height in a finished G-code file."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ..machine import CIRCULAR, Machine
from ..problems import N_
from .gcode import read_again
from .gcode_facts import GcodeFacts
from .gcode_file import Edit, moved, scan_before, splice
from .gcode_layer import Stop
from .gcode_scan import Scan
from .refused import SlicingRefused

M600, PAUSE = "M600", "@pause"
COMMANDS = (M600, PAUSE)
TOLERANCE = 0.005  # mm by which a layer may be lower than the height asked for
MOST_LINES = 100_000  # of a layer before its first plastic

RETRACT, RETRACT_SPEED = 2.0, 1800  # mm, mm/min
LIFT, LIFT_SPEED, TRAVEL_SPEED = 5.0, 600, 6000
BESIDE = 5.0  # mm from the edges of the bed where the nozzle waits


def colour_change(
    path: Path | str,
    facts: GcodeFacts,
    heights: Sequence[float],
    command: str,
    machine: Machine,
) -> GcodeFacts:
    """Stop the print for another filament before the layers at some heights.

    The command comes right before the first move that lays plastic in the first layer
    whose plastic is at the height or above it: then the nozzle is where that layer
    begins, nothing of it is printed, and the filament is not retracted. That is so in the
    files of all slicers, while their markers and height moves come in different orders.
    Supports have layers of their own; the change comes before them, too.

    With ``M600`` the printer does the rest (Marlin's advanced pause, Prusa, RepRap
    firmware's macro) and comes back by itself. With ``@pause`` OctoPrint pauses, and knows
    nothing of where the nozzle stood unless the owner wrote scripts for it; so the file
    itself retracts, lifts and parks the nozzle before, and afterwards brings it back and
    sets the modes and the E counter, whatever was extruded by hand meanwhile.

    Args:
        path: the file.
        facts: of the file as it is now.
        heights: of the first layers in the next colour, mm from the bed to their top,
            as slicers and `Layer.z` name a layer's height.
        command: ``M600`` or ``@pause``.
        machine: the printer; in its corner the nozzle waits at ``@pause``.

    Returns:
        The facts of the new file; of the same if there was nothing to do.

    Raises:
        SlicingRefused: ``slicing.change_above``, ``slicing.change_first_layer``,
            ``slicing.change_one_by_one``, ``slicing.change_position``.
        OSError: the file cannot be written; it is then as it was.
    """
    if command not in COMMANDS:
        raise ValueError(command)
    done = {stop.layer for stop in facts.stops if stop.command in COMMANDS}
    wanted = sorted({_layer_at(facts, height) for height in heights} - done)
    if not wanted:
        return facts
    path = Path(path)
    edits = []
    with open(path, "rb") as file:
        for number in wanted:
            scan = Scan()
            layer = scan_before(file, facts.layers, number, scan)
            at, scan = _first_plastic(file, scan, layer.start, layer.end)
            remark = f"; colour change at {layer.z:g} mm"
            lines = [remark, M600]
            if command == PAUSE:
                lines = [remark, *_pause(scan, machine)]
            edits.append(Edit(at, at, "".join(f"{line}\n" for line in lines).encode()))
    size_bytes, sha256 = splice(path, edits)
    if command == PAUSE:  # its moves are part of the travel and of the time
        return read_again(path, facts)
    stops = sorted(
        [*facts.stops, *(Stop(M600, number) for number in wanted)],
        key=lambda stop: stop.layer,
    )
    return replace(
        facts,
        layers=moved(facts.layers, edits),
        stops=tuple(stops),
        size_bytes=size_bytes,
        sha256=sha256,
    )


def _layer_at(facts: GcodeFacts, height: float) -> int:
    """The first layer at a height or above it, from 0."""
    zs = [layer.z for layer in facts.layers]
    above = next((n for n, z in enumerate(zs) if z > zs[0] + TOLERANCE), len(zs))
    if any(z <= zs[0] + TOLERANCE for z in zs[above:]):
        raise SlicingRefused(
            "slicing.change_one_by_one",
            N_(
                "The objects are printed one after another, so there is no colour change "
                "at a height; print them together."
            ),
        )
    number = next((n for n, z in enumerate(zs) if z >= height - TOLERANCE), None)
    if number is None:
        raise SlicingRefused(
            "slicing.change_above",
            N_(
                "The colour change at %(height)s mm is above the print, whose last layer "
                "is at %(top)s mm; choose a lower one."
            ),
            height=round(height, 2),
            top=round(zs[-1], 2) if zs else 0.0,
        )
    if number == 0:
        raise SlicingRefused(
            "slicing.change_first_layer",
            N_(
                "The colour change at %(height)s mm is in the first layer; load that "
                "colour before the print, or choose a height above %(first)s mm."
            ),
            height=round(height, 2),
            first=round(zs[0], 2),
        )
    return number


def _first_plastic(file: BinaryIO, scan: Scan, start: int, end: int) -> tuple[int, Scan]:
    """Where a layer's first move with plastic begins, and the machine just before it."""
    file.seek(start)
    at = start
    for _ in range(MOST_LINES):
        line = file.readline(end - at)
        if not line:
            break
        before = copy.copy(scan)  # one line replaces values, it changes none in place
        scan.feed([line.rstrip(b"\r\n")])
        if scan.layer_z is not None:
            return at, before
        at += len(line)
    raise _unknown_position()


def parking(machine: Machine) -> tuple[float, float]:
    """Where the nozzle waits beside a print: in front, on the left."""
    if machine.form == CIRCULAR:
        return machine.centre[0], machine.y_min + BESIDE
    inset_x, inset_y = min(BESIDE, machine.width / 2), min(BESIDE, machine.depth / 2)
    return machine.x_min + inset_x, machine.y_min + inset_y


def _unknown_position() -> SlicingRefused:
    return SlicingRefused(
        "slicing.change_position",
        N_(
            "Nobody can tell where the nozzle is at the colour change, so the print "
            "could not go on after it; slice it again."
        ),
    )


def _pause(scan: Scan, machine: Machine) -> list[str]:
    """What stands around ``@pause``: away from the print, and back to where it was."""
    x, y, z, e = scan.x, scan.y, scan.z, scan.e
    relative_e = scan.relative_e or scan.relative
    needed = [x, y, z] if relative_e else [x, y, z, e]
    if not all(map(math.isfinite, needed)):
        raise _unknown_position()
    park_x, park_y = parking(machine)
    top = min(z + LIFT, max(z, machine.height))
    millimetres = ("G21", "G90", "M83")
    retract = f"G1 E-{RETRACT:g} F{RETRACT_SPEED}"
    prime = f"G1 E{RETRACT:g} F{RETRACT_SPEED}"
    up = f"G1 Z{top:.3f} F{LIFT_SPEED}"
    lines = [
        *(*millimetres, retract, up, f"G1 X{park_x:.3f} Y{park_y:.3f} F{TRAVEL_SPEED}"),
        # The nozzle is full when the pause begins, as it is when somebody has pushed the
        # new filament until it flows.
        *(prime, PAUSE, *millimetres, retract, up),
        f"G1 X{x:.3f} Y{y:.3f} F{TRAVEL_SPEED}",
        *(f"G1 Z{z:.3f} F{LIFT_SPEED}", prime),
    ]
    lines.append("M83" if scan.relative_e else "M82")
    if not scan.relative_e and math.isfinite(e):
        lines.append(f"G92 E{e:.5f}")
    if scan.relative:
        lines.append("G91")
    lines.append(f"G1 F{60 * scan.feedrate:g}")
    if scan.scale != 1.0:
        lines.append("G20")
    return lines
