"""The G-code before and after the print, which CuraEngine copies without a look at it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...machine import Machine
from ..room import Size
from .bounds import Value

# Cura leaves out its own heating where the start G-code has one of these tokens (source:
# Cura's StartSliceJob). We pass over comments and know the commands as well.
_BED_TOKENS = re.compile(r"\{material_bed_temperature(?:_layer_0)?\s*(?:,[^}]*)?\}")
_NOZZLE_TOKENS = re.compile(
    r"\{(?:(?:default_)?material_print_temperature(?:_layer_0)?|print_temperature"
    r"|material_(?:initial_print|final_print|standby)_temperature)\s*(?:,[^}]*)?\}"
)
_HEATS_BED = re.compile(r"^\s*M1[49]0\b", re.MULTILINE)
_HEATS_NOZZLE = re.compile(r"^\s*M10[49]\b", re.MULTILINE)
_RELATIVE = re.compile(r"^\s*M83\b", re.MULTILINE)
_TOKEN = re.compile(r"\{([a-z][a-z0-9_]{0,80})(?:\s*,\s*-?[a-z0-9_]{1,40})?\}")
# Names that Cura has for tokens only.
_ALIASES = {
    "print_temperature": "material_print_temperature",
    "print_bed_temperature": "material_bed_temperature",
    "initial_extruder_nr": "extruder_nr",
    "travel_speed": "speed_travel",
}
_COMMENT = re.compile(r";.*")


def lift(machine: Machine, size: Size | None) -> str:
    """Away upwards but never beyond the top.

    CuraEngine knows no macros, so the height is worked out here; it is rounded up, as
    layers are.
    """
    top = machine.height if size is None else min(size[2] + 6, machine.height)
    return f"G1 Z{round(top, 2):g} F3000"


def finish(values: dict[str, Value], density: float) -> list[str]:
    """Fill in the G-codes, and say to the engine whether it has to heat.

    Args:
        values: all settings; changed in place.
        density: of the filament, g/cm³.

    Returns:
        Names in commands that nobody can fill in.
    """
    start = str(values.get("machine_start_gcode") or "")
    end = str(values.get("machine_end_gcode") or "")
    commands = _COMMENT.sub("", start)
    heats_bed = _BED_TOKENS.search(commands) or _HEATS_BED.search(commands)
    heats_nozzle = _NOZZLE_TOKENS.search(commands) or _HEATS_NOZZLE.search(commands)
    values["material_bed_temp_prepend"] = not heats_bed
    values["material_print_temp_prepend"] = not heats_nozzle
    diameter = values.get("material_diameter") or 1.75
    # Remarks that readers of G-code know from PrusaSlicer: weight and cost need them.
    remarks = f"; filament_diameter = {diameter}\n; filament_density = {density:g}\n"
    start = substituted(start, values)
    if _RELATIVE.search(start) and not values.get("relative_extrusion"):
        # The engine counts on its own M82 before this G-code and says it only once.
        start += "\nM82"
    values["machine_start_gcode"] = remarks + start
    end = values["machine_end_gcode"] = substituted(end, values)
    for key in ("machine_extruder_start_code", "machine_extruder_end_code"):
        if key in values:
            values[key] = ""
    left = _TOKEN.findall(_COMMENT.sub("", f"{start}\n{end}"))
    return sorted(set(left))


def substituted(gcode: str, values: Mapping[str, Value]) -> str:
    """A G-code with ``{setting}`` replaced by its value, which the engine does not do.

    As in Cura (source: its GcodeStartEndFormatter) unknown names stay as they are, and
    ``{setting, 0}`` is that of an extruder, of which there is one.
    """

    def value(found: re.Match[str]) -> str:
        key = _ALIASES.get(found[1], found[1])
        known = values.get(key)
        if known is None or key.endswith("_gcode"):
            return found[0]
        if isinstance(known, float):
            return f"{round(known, 4):.10g}"
        return str(known)

    return _TOKEN.sub(value, gcode)


def with_lines(gcode: str) -> str:
    """A G-code whose line breaks were written as two characters."""
    return gcode.replace("\\r", "").replace("\\n", "\n")
