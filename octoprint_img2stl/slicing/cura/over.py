"""Plain choices over a profile of Cura's.

What Cura works out of a setting (its children in the definitions) counts more than that
setting wherever a profile says it; so it is taken out of the profile together with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..choices import MATERIALS
from .flat import text

ORDINARY_RETRACTION = MATERIALS["pla"].retract
SOLID_PATTERNS = ("lines", "zigzag", "concentric")
ALL_BOTTOM = 1_000  # bottom layers that no model has: Cura's way to say solid
# As many lines as are not wider than the brim that was asked for, with any line width.
BRIM_LINES = (
    "=max(1, math.floor(brim_width / (skirt_brim_line_width"
    " * initial_layer_line_width_factor / 100) + 0.000001))"
)
_FILAMENT = (
    "material_print_temperature", "material_print_temperature_layer_0",
    "material_initial_print_temperature", "material_final_print_temperature",
    "material_bed_temperature", "material_bed_temperature_layer_0", "cool_fan_enabled",
    "cool_fan_speed_min", "cool_fan_speed_max", "cool_fan_speed_0", "cool_fan_full_layer",
    "cool_min_layer_time", "cool_min_speed",
)  # fmt: skip
_PRINTING_SPEED = re.compile(
    r"speed_(?:print|infill|wall|topbottom|roofing|support|layer_0|print_layer_0|ironing)"
    r"(?:_0|_x|_infill|_interface|_roof|_bottom)?|skirt_brim_speed|raft_(?:\w+_)?speed"
)


def laid_over(
    profile: Mapping[str, str],
    ours: Mapping[str, Any],
    over: Collection[str],
    max_flow: float,
) -> dict[str, str]:
    """The profile's values with ours for some plain choices.

    Args:
        profile: its settings, text as Cura's own files have it.
        ours: of `config.cura_values`, of the same choices.
        over: names of the choices.
        max_flow: most that is melted of the chosen material, mm³/s.
    """
    values = dict(profile)
    for name in over:
        _LAY[name](values, ours)
    if "material" in over:
        _bound_speeds(values, ours, max_flow)
    return values


def _material(values: dict[str, str], ours: Mapping[str, Any]) -> None:
    _drop(
        values, "default_material_print_temperature", "default_material_bed_temperature",
        "cool_fan_speed", "cool_fan_full_at_height", "cool_min_layer_time_fan_speed_max",
    )  # fmt: skip
    _take(values, ours, *_FILAMENT)
    # The printer's distance is the profile's, but soft filament jams where it is drawn far.
    wanted = float(ours["retraction_amount"])
    if wanted < ORDINARY_RETRACTION:
        theirs = number(values.get("retraction_amount"))
        values["retraction_amount"] = text(
            wanted if theirs is None else min(wanted, theirs)
        )


def _bound_speeds(
    values: dict[str, str], ours: Mapping[str, Any], max_flow: float
) -> None:
    """Print no faster than the material melts; Cura itself has no such limit."""
    line, layer = (
        number(values.get(key)) or float(ours[key])
        for key in ("line_width", "layer_height")
    )
    fastest = max_flow / (line * layer)
    for key, value in values.items():
        speed = number(value)
        if _PRINTING_SPEED.fullmatch(key) and speed is not None and speed > fastest:
            values[key] = text(round(fastest, 2))


def _quality(values: dict[str, str], ours: Mapping[str, Any]) -> None:
    was = number(values.get("layer_height"))
    for key in ("top_layers", "bottom_layers", "initial_bottom_layers"):
        layers = number(values.get(key))
        if layers is not None and was and layers < ALL_BOTTOM:  # as thick as it was
            values[key] = f"=math.ceil({text(layers * was)} / layer_height - 0.000001)"
        elif layers is None or layers < ALL_BOTTOM:
            _drop(values, key)
    _drop(values, "infill_sparse_thickness", "support_infill_sparse_thickness")
    _take(values, ours, "layer_height", "layer_height_0")
    if "adaptive_layer_height_enabled" in values:
        values["adaptive_layer_height_enabled"] = "false"


def _infill(values: dict[str, str], ours: Mapping[str, Any]) -> None:
    was_solid = (number(values.get("bottom_layers")) or 0) >= ALL_BOTTOM
    _drop(values, "infill_line_distance")
    _take(values, ours, "infill_sparse_density")
    if "gradual_infill_steps" in values:
        values["gradual_infill_steps"] = "0"
    solid = float(ours["infill_sparse_density"]) > 99
    if solid or was_solid:
        _drop(
            values, "top_layers", "bottom_layers", "initial_bottom_layers",
            "top_thickness", "bottom_thickness", "top_bottom_thickness",
        )  # fmt: skip
    if solid:
        if values.get("infill_pattern") not in SOLID_PATTERNS:
            _drop(values, "infill_pattern")
        _drop(
            values, "infill_support_enabled", "infill_multiplier", "infill_overlap",
            "infill_overlap_mm",
        )  # fmt: skip


def _supports(values: dict[str, str], ours: Mapping[str, Any]) -> None:
    _take(values, ours, "support_enable", "support_type")


def _brim(values: dict[str, str], ours: Mapping[str, Any]) -> None:
    _drop(values, "brim_line_count")
    if ours["adhesion_type"] == "brim":
        _take(values, ours, "adhesion_type", "brim_width")
        values["brim_line_count"] = BRIM_LINES
    elif values.get("adhesion_type", "brim") == "brim":
        _take(values, ours, "adhesion_type")


def _walls(values: dict[str, str], ours: Mapping[str, Any]) -> None:
    _drop(values, "wall_thickness")
    _take(values, ours, "wall_line_count")


def _take(values: dict[str, str], ours: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        values[key] = text(ours[key])


def _drop(values: dict[str, str], *keys: str) -> None:
    for key in keys:
        values.pop(key, None)


def number(value: str | None) -> float | None:
    """The number that a setting is; None for a formula, a word, or nothing."""
    try:
        found = float(value or "")
    except ValueError:
        return None
    return found if abs(found) < 1e15 else None


_LAY: dict[str, Callable[[dict[str, str], Mapping[str, Any]], None]] = {
    "material": _material,
    "quality": _quality,
    "infill": _infill,
    "supports": _supports,
    "brim": _brim,
    "walls": _walls,
}
