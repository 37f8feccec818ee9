"""What PrusaSlicer's command line would stumble over in a profile, said differently."""

from __future__ import annotations

import re

from .ini_values import count, number, percent, text
from .profile_file import RELATIVE_E

DEFAULT_LAYER = 0.3  # mm, of PrusaSlicer's (PrintConfig.cpp)
SOLID = 99.0  # percent of infill above which nothing is left open
# With which every version from 2.3 on prints solid infill: those of its `top_fill_pattern`
# (PrintConfig.cpp). It refuses a density of 100 % with any other.
SOLID_PATTERNS = frozenset(
    "rectilinear monotonic concentric hilbertcurve archimedeanchords octagramspiral".split()
)


# PrusaSlicer wants a reset on every layer of these flavours only, "G92 E0" on a line of
# its own, however the zero is written (Print.cpp).
MARLIN = ("marlin", "marlin2")
_RESET = re.compile(r"^[ \t]*G92[ \t]*E(?:0(?:\.0*)?|\.0+)[ \t]*(?:;.*)?$", re.I | re.M)


def mend(ini: dict[str, str]) -> None:
    """Change values in place until PrusaSlicer takes them, meaning the same."""
    absolute_first_layer(ini)
    reset_on_every_layer(ini)
    _solid_pattern(ini)


def absolute_first_layer(ini: dict[str, str]) -> None:
    """``150%`` -> mm: the command line of 2.5 mistakes the percentage for millimetres."""
    value = ini.get("first_layer_height", "")
    factor = percent(value)
    if value.strip().endswith("%") and factor is not None:
        layer = number(ini, "layer_height") or DEFAULT_LAYER
        ini["first_layer_height"] = text(factor / 100 * layer)


def reset_on_every_layer(ini: dict[str, str]) -> None:
    """PrusaSlicer refuses relative extrusion for Marlin without it."""
    if not count(ini, RELATIVE_E) or ini.get("gcode_flavor") not in MARLIN:
        return
    gcodes = (ini.get(key, "") for key in ("before_layer_gcode", "layer_gcode"))
    if not any(_RESET.search(gcode.replace("\\n", "\n")) for gcode in gcodes):
        gcode = ini.get("layer_gcode", "")
        ini["layer_gcode"] = f"{gcode}\\nG92 E0" if gcode else "G92 E0"


def _solid_pattern(ini: dict[str, str]) -> None:
    density = percent(ini.get("fill_density"))
    if density is not None and density > SOLID:
        if ini.get("fill_pattern") not in SOLID_PATTERNS:
            ini["fill_pattern"] = "rectilinear"
