"""Plain choices over a profile of PrusaSlicer's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping

from .choices import MATERIALS
from .ini_values import number, percent, said, text

Values = Mapping[str, str]

FILAMENT_TYPE = "filament_type"
# Of the filament that the profile was made for, whatever is loaded now (the filament's
# settings of `Preset.cpp`, without the diameter, which is the printer's).
_FILAMENTS_OWN = re.compile(
    r"(?:start|end)_filament_gcode|idle_temperature|full_fan_speed_layer"
    r"|fan_below_layer_time|(?:enable_)?dynamic_(?:overhang_)?fan_speeds"
    r"|overhang_fan_speed_\d"
    r"|filament_(?:retract|deretract|wipe|travel|seam|shrinkage|infill).*"
    r"|filament_(?:cost|spool_weight|vendor|notes|colour)"
)
_FILAMENT = (
    FILAMENT_TYPE, "filament_density", "filament_max_volumetric_speed",
    "extrusion_multiplier", "temperature", "first_layer_temperature", "bed_temperature",
    "first_layer_bed_temperature", "cooling", "fan_always_on", "min_fan_speed",
    "max_fan_speed", "bridge_fan_speed", "disable_fan_first_layers",
    "slowdown_below_layer_time", "min_print_speed",
)  # fmt: skip
# A retraction that is shorter than this is the material's wish and not our guess.
ORDINARY_RETRACTION = MATERIALS["pla"].retract


def laid_over(profile: Values, ours: Values, over: Collection[str]) -> dict[str, str]:
    """The profile's values with ours for some plain choices.

    Args:
        profile: its keys and values.
        ours: of `profiles.prusa_ini`, of the same choices.
        over: names of the choices.
    """
    values = dict(profile)
    for name in over:
        _LAY[name](values, ours)
    return values


def _material(values: dict[str, str], ours: Values) -> None:
    for key in [key for key in values if _FILAMENTS_OWN.fullmatch(key)]:
        del values[key]
    _take(values, ours, *_FILAMENT)
    # Start G-code may ask for the name of the filament's preset.
    values["filament_settings_id"] = f'"{ours[FILAMENT_TYPE]}"'
    # How far the filament is drawn back depends on the printer, so the profile knows
    # better; but soft filament jams where it is drawn far.
    wanted = number(ours, "retract_length")
    if wanted < ORDINARY_RETRACTION:
        theirs = said(values.get("retract_length"))
        values["retract_length"] = text(min(wanted, wanted if theirs is None else theirs))


def _quality(values: dict[str, str], ours: Values) -> None:
    was, now = number(values, "layer_height"), number(ours, "layer_height")
    for key in ("top_solid_layers", "bottom_solid_layers"):
        theirs = said(values.get(key))
        if theirs is None or not was:
            values[key] = ours[key]
        else:  # as thick as the profile has it
            values[key] = str(math.ceil(theirs * was / now - 1e-6))
    _take(values, ours, "layer_height", "first_layer_height")


def _infill(values: dict[str, str], ours: Values) -> None:
    # The pattern stays, or is mended where it cannot be solid.
    _take(values, ours, "fill_density")
    if (percent(values.get("solid_infill_every_layers")) or 0) == 1:
        values["solid_infill_every_layers"] = "0"  # it would be solid all the same


def _supports(values: dict[str, str], ours: Values) -> None:
    _take(values, ours, "support_material", "support_material_buildplate_only")
    if values["support_material"] == "0":
        values["support_material_enforce_layers"] = "0"  # they are made even so
    else:
        values["support_material_auto"] = "1"


def _brim(values: dict[str, str], ours: Values) -> None:
    _take(values, ours, "brim_width", "brim_type")
    values.setdefault("skirts", ours["skirts"])  # none where a brim primes the nozzle
    if number(ours, "brim_width"):
        values["raft_layers"] = "0"  # PrusaSlicer prints no brim around a raft


def _walls(values: dict[str, str], ours: Values) -> None:
    _take(values, ours, "perimeters")


def _take(values: dict[str, str], ours: Values, *keys: str) -> None:
    for key in keys:
        values[key] = ours[key]


_LAY: dict[str, Callable[[dict[str, str], Values], None]] = {
    "material": _material,
    "quality": _quality,
    "infill": _infill,
    "supports": _supports,
    "brim": _brim,
    "walls": _walls,
}
