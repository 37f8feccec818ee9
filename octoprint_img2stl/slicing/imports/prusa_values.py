"""Which values PrusaSlicer's keys take.

A number that is none is fatal to every PrusaSlicer, a word that is none to 2.3; newer ones
replace it. So what does not fit is found here and said, before somebody waits for a slice.
Types and words: `PrintConfig.cpp` of PrusaSlicer 2.9.4; words of 2.3 to 2.8 that are gone
are added.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ..profile_file import GCODE_KEYS, RELATIVE_E
from .imported import sorted_out

PERCENT = frozenset(
    """
    fill_density filament_retract_before_wipe filament_shrinkage_compensation_xy
    filament_shrinkage_compensation_z ironing_flowrate raft_first_layer_density
    retract_before_wipe scarf_seam_start_height support_tree_top_rate
    """.split()
)
# A number in mm, mm/s …, or a percentage of something else.
EITHER = frozenset(
    """
    automatic_infill_combination_max_layer_height avoid_crossing_perimeters_max_detour
    external_perimeter_extrusion_width external_perimeter_speed extrusion_width
    filament_seam_gap_distance first_layer_extrusion_width first_layer_height
    first_layer_infill_speed first_layer_speed first_layer_speed_over_raft infill_anchor
    infill_anchor_max infill_extrusion_width infill_overlap min_bead_width
    min_feature_size over_bridge_speed overhang_speed_0 overhang_speed_1
    overhang_speed_2 overhang_speed_3 perimeter_extrusion_width seam_gap_distance
    small_perimeter_speed solid_infill_extrusion_width solid_infill_speed
    support_material_extrusion_width support_material_interface_speed
    support_material_xy_spacing top_infill_extrusion_width top_solid_infill_speed
    wall_transition_filter_deviation wall_transition_length
    """.split()
)
TEXT = frozenset(
    """
    dynamic_overhang_fan_speeds dynamic_overhang_speeds filament_colour filament_notes
    filament_settings_id filament_type filament_vendor print_settings_id printer_model
    printer_notes printer_settings_id
    """.split()
)
_INFILLS = (
    "rectilinear monotonic monotoniclines alignedrectilinear grid triangles stars cubic "
    "line concentric honeycomb 3dhoneycomb gyroid hilbertcurve archimedeanchords "
    "octagramspiral adaptivecubic supportcubic lightning zigzag"
)
WORDS = {
    key: frozenset(words.split())
    for key, words in {
        "arc_fitting": "disabled emit_center",
        "bottom_fill_pattern": _INFILLS,
        "brim_type": "no_brim outer_only inner_only outer_and_inner",
        "ensure_vertical_shell_thickness": "0 1 disabled partial enabled",
        "fill_pattern": _INFILLS,
        "fuzzy_skin": "none external all",
        "gcode_flavor": "marlin marlin2 reprap reprapfirmware repetier smoothie klipper",
        "gcode_label_objects": "0 1 disabled octoprint firmware",
        "ironing_type": "top topmost solid",
        "perimeter_generator": "classic arachne",
        "scarf_seam_placement": "nowhere contours everywhere",
        "seam_position": "random nearest aligned rear",
        "slicing_mode": "regular even_odd close_holes",
        "support_material_interface_pattern": "auto rectilinear concentric",
        "support_material_pattern": "rectilinear rectilinear-grid honeycomb",
        "support_material_style": "grid snug tree organic",
        "top_fill_pattern": _INFILLS,
        "top_one_perimeter_type": "none top topmost",
    }.items()
}
_UNTYPED = TEXT | (GCODE_KEYS - {RELATIVE_E})
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")


def fitting(values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The values that PrusaSlicer can read, and the others as ``key = value``."""
    return sorted_out(values, _fits)


def _fits(key: str, value: str) -> bool:
    if key in _UNTYPED:
        return True
    if key in WORDS:
        return value in WORDS[key]
    return all(_is_number(key, part.strip()) for part in value.split(","))


def _is_number(key: str, text: str) -> bool:
    if text == "nil":  # a filament leaves it to the printer
        return key.startswith("filament_") or key == "idle_temperature"
    if text.endswith("%"):
        if key not in PERCENT and key not in EITHER:
            return False
        text = text[:-1].rstrip()
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))
