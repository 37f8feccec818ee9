"""What PrusaSlicer's command line would stumble over in a profile, said differently."""

from __future__ import annotations

from .ini_values import count, number, percent, text
from .profile_file import RELATIVE_E

SOLID = 99.0  # percent of infill above which nothing is left open
# With which every version from 2.3 on prints solid infill: those of its `top_fill_pattern`
# (PrintConfig.cpp). It refuses a density of 100 % with any other.
SOLID_PATTERNS = frozenset(
    "rectilinear monotonic concentric hilbertcurve archimedeanchords octagramspiral".split()
)


def mend(ini: dict[str, str]) -> None:
    """Change values in place until PrusaSlicer takes them, meaning the same."""
    _absolute_first_layer(ini)
    _relative_e_needs_reset(ini)
    _solid_pattern(ini)


def _absolute_first_layer(ini: dict[str, str]) -> None:
    """``150%`` -> mm: the command line of 2.5 mistakes the percentage for millimetres."""
    value = ini.get("first_layer_height", "")
    factor = percent(value)
    if value.strip().endswith("%") and factor is not None:
        ini["first_layer_height"] = text(factor / 100 * number(ini, "layer_height"))


def _relative_e_needs_reset(ini: dict[str, str]) -> None:
    """PrusaSlicer refuses relative extrusion without a reset on every layer."""
    if count(ini, RELATIVE_E) and "G92 E0" not in ini.get("layer_gcode", ""):
        gcode = ini.get("layer_gcode", "")
        ini["layer_gcode"] = f"{gcode}\\nG92 E0" if gcode else "G92 E0"


def _solid_pattern(ini: dict[str, str]) -> None:
    density = percent(ini.get("fill_density"))
    if density is not None and density > SOLID:
        if ini.get("fill_pattern") not in SOLID_PATTERNS:
            ini["fill_pattern"] = "rectilinear"
