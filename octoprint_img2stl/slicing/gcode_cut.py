"""A test print: the first layers of a finished G-code file only."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import BinaryIO

from ..machine import Machine
from .gcode import read_again
from .gcode_edit import (
    LIFT,
    LIFT_SPEED,
    RETRACT,
    RETRACT_SPEED,
    TRAVEL_SPEED,
    parking,
)
from .gcode_facts import GcodeFacts
from .gcode_file import Edit, feed_range, scan_before, splice
from .gcode_remarks import duration_text
from .gcode_scan import Scan

HEAD_BYTES = 1 << 18  # within which the slicer's first remarks are
MOST_TAIL_BYTES = 4 << 20  # of what comes after the last layer
# The nozzle's heater goes off: Marlin's and everybody's command, or a macro for the end.
_OFF = re.compile(
    rb"\s*(?:M10[49]\b[^;\r\n]*\bS0+(?:\.0*)?(?![\d.])|[A-Z]\w*_END\b|END_\w+|END\b)",
    re.IGNORECASE,
)
# What would begin or end a layer in what comes after the last one.
_MARKER = re.compile(rb";(?:TIME_ELAPSED:|LAYER_CHANGE|LAYER:)")
# What belongs to the last layer that is kept but comes behind its last line of plastic:
# Cura's clock, and where the object ends for those who let it be cancelled.
_CLOSING = re.compile(
    rb"^(?:;TIME_ELAPSED:[\d.]+|; stop printing object [^\r\n]*|M486 S-1"
    rb"|EXCLUDE_OBJECT_END[^\r\n]*)",
    re.MULTILINE,
)
# PrusaSlicer's sums, which are those of the whole print.
_SUMS = (b"; filament used", b"; total filament", b"; filament cost", b"; estimated ")


def first_layers(
    path: Path | str, facts: GcodeFacts, count: int, machine: Machine
) -> GcodeFacts:
    """Keep the first layers and end the print well.

    The file's own end G-code is kept if it switches the nozzle off; before it the nozzle
    is lifted, not higher than the whole print was, and the E counter set to what that
    G-code expects. Otherwise an end of ours follows: heaters off, up, aside, motors off.
    Time and filament in the slicer's remarks become those of what is left.

    Args:
        path: the file.
        facts: of the file as it is now.
        count: how many layers, as `facts.layers` counts them; at least one is kept.
        machine: the printer.

    Returns:
        The facts of the new file; of the same if it has no more layers.

    Raises:
        OSError: the file cannot be written; it is then as it was.
    """
    count = max(1, count)
    if count >= len(facts.layers):
        return facts
    path = Path(path)
    cut, end = facts.layers[count - 1].end, facts.layers[-1].end
    with open(path, "rb") as file:
        here, there = _after(file, facts, count - 1), _after(file, facts, -1)
        file.seek(cut)
        between = file.read(min(facts.layers[count].start - cut, HEAD_BYTES))
        file.seek(end)
        tail = file.read(min(facts.size_bytes - end, MOST_TAIL_BYTES + 1))
        file.seek(0)
        head = file.read(min(facts.layers[0].start, HEAD_BYTES))
    if len(tail) > MOST_TAIL_BYTES:
        tail = b""
    time_s, filament_mm = _left(facts, count)
    lines = [f"; the first {count} of {len(facts.layers)} layers".encode()]
    lines += _CLOSING.findall(between)
    lines.append(b";TYPE:Custom")
    tail_lines = [line for line in tail.splitlines() if not _MARKER.match(line)]
    if any(map(_OFF.match, tail_lines)):
        lines += _bridge(here, there, facts, machine)
    else:
        lines += _own_end(here, machine)
        tail_lines = [line for line in tail_lines if line.startswith(b";")]
    sums = [line for line in tail_lines if line.startswith(_SUMS)]
    tail_lines = [line for line in tail_lines if not line.startswith(_SUMS)]
    if sums:
        lines += _sums(facts, time_s, filament_mm)
    new_tail = b"\n".join([*lines, *tail_lines, b""])
    edits = [
        *_head(head, count, time_s, filament_mm),
        Edit(cut, facts.size_bytes, new_tail),
    ]
    splice(path, edits)
    return read_again(path, facts)


def _after(file: BinaryIO, facts: GcodeFacts, number: int) -> Scan:
    """The machine when a layer's last plastic is laid."""
    scan = Scan()
    number %= len(facts.layers)
    layer = scan_before(file, facts.layers, number, scan)
    feed_range(scan, file, layer.start, layer.end)
    return scan


def _left(facts: GcodeFacts, count: int) -> tuple[float, float]:
    """Time (s) and filament (mm) of what is left."""
    gone = facts.layers[count:]
    time_s = facts.print_time_s - sum(layer.time_s for layer in gone)
    filament_mm = facts.filament_mm - sum(layer.filament_mm for layer in gone)
    return max(1.0, time_s), max(0.0, filament_mm)


def _bridge(here: Scan, there: Scan, facts: GcodeFacts, machine: Machine) -> list[bytes]:
    """From the end of the last layer that is kept to the file's own end G-code."""
    top = max(layer.z for layer in facts.layers)
    lift = min(here.z + LIFT, max(here.z, min(top, machine.height)))
    lines = ["G21", "G90", "M83", f"G1 E-{RETRACT:g} F{RETRACT_SPEED}"]
    if math.isfinite(lift):
        lines.append(f"G1 Z{lift:.3f} F{LIFT_SPEED}")
    lines.append("M83" if there.relative_e else "M82")
    if not there.relative_e and math.isfinite(there.e):
        lines.append(f"G92 E{there.e:.5f}")
    if there.relative:
        lines.append("G91")
    return [line.encode() for line in lines]


def _own_end(here: Scan, machine: Machine) -> list[bytes]:
    lift = min(here.z + LIFT, max(here.z, machine.height))
    x, y = parking(machine)
    lines = ["M104 S0", "M140 S0", "M107", "G21", "G90", "M83"]
    lines.append(f"G1 E-{RETRACT:g} F{RETRACT_SPEED}")
    if math.isfinite(lift):
        lines.append(f"G1 Z{lift:.3f} F{LIFT_SPEED}")
        lines.append(f"G1 X{x:.3f} Y{y:.3f} F{TRAVEL_SPEED}")
    return [line.encode() for line in (*lines, "M84")]


def _sums(facts: GcodeFacts, time_s: float, filament_mm: float) -> list[bytes]:
    """PrusaSlicer's remarks on time and filament."""
    lines = [
        f"; filament used [mm] = {filament_mm:.2f}",
        f"; filament used [cm3] = {facts.cm3(filament_mm):.2f}",
    ]
    if facts.filament_g and facts.filament_mm:
        grams = facts.filament_g * filament_mm / facts.filament_mm
        lines.append(f"; filament used [g] = {grams:.2f}")
    lines.append(f"; estimated printing time (normal mode) = {duration_text(time_s)}")
    return [line.encode() for line in lines]


def _head(head: bytes, count: int, time_s: float, filament_mm: float) -> list[Edit]:
    """Cura's remarks on time, filament and layers."""
    values = {
        "TIME": str(round(time_s)),
        "Filament used": f"{filament_mm / 1000:.5f}m",
        "LAYER_COUNT": str(count),
    }
    edits = []
    for name, value in values.items():
        place = re.search(rb"^;%s:([^\r\n]*)" % name.encode(), head, re.MULTILINE)
        if place:
            edits.append(Edit(*place.span(1), value.encode()))
    return sorted(edits)
