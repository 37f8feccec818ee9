"""The start and end G-code that are ours, whichever slicer writes them into its file."""

from __future__ import annotations

from ..machine import CIRCULAR, Machine

START = ("G21", "G90", "M82", "G28 ; home all axes", "G92 E0", "G1 Z5 F3000")


def end_gcode(machine: Machine, lift: str) -> list[str]:
    """Switch off, move away upwards, and park.

    ``G92 E0`` makes ``E-2`` the same in absolute and relative mode. A delta parks by
    homing.

    Args:
        machine: the printer.
        lift: the command that moves upwards, but never beyond the top, in the slicer's
            own words.
    """
    bed = ["M140 S0 ; bed off"] if machine.heated_bed else []
    park = "G28" if machine.form == CIRCULAR else "G28 X0 Y0"
    off = ["M104 S0 ; nozzle off", *bed, "M107"]
    return [*off, "G92 E0", "G1 E-2 F1800", lift, park, "M84"]
