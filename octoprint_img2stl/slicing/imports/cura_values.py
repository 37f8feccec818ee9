"""Which values Cura's settings take.

Whether a value fits is worked out again for every slice, by the definition files of the
engine that is there; what cannot fit with any of them is found here and said, before
somebody waits for a slice. Types, words and limits: ``fdmprinter.def.json`` of Cura 4.8,
4.13 and 5.0, as far as a limit is a number that all of them have; limits that are
formulas depend on the printer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..cura.bounds import Trouble
from ..cura.formulas import Failed, parse
from ..cura.keys import GCODE_KEYS, MACHINE, RELATIVE_E
from ..cura.resolve import converted, is_formula
from .imported import sorted_out

SWITCHES = frozenset(
    f"""
    {RELATIVE_E} acceleration_enabled adaptive_layer_height_enabled
    alternate_extra_perimeter bridge_enable_more_layers bridge_settings_enabled
    brim_outside_only brim_replaces_support coasting_enable conical_overhang_enabled
    connect_infill_polygons connect_skin_polygons cool_fan_enabled cool_lift_head
    draft_shield_enabled fill_outline_gaps filter_out_tiny_gaps infill_before_walls
    infill_enable_travel_optimization infill_randomize_start_location
    infill_support_enabled ironing_enabled ironing_monotonic ironing_only_highest_layer
    jerk_enabled limit_support_retractions magic_fuzzy_skin_enabled
    magic_fuzzy_skin_outside_only material_flow_dependent_temperature
    meshfix_extensive_stitching meshfix_keep_open_polygons meshfix_union_all
    meshfix_union_all_remove_holes optimize_wall_printing_order outer_inset_first
    remove_empty_first_layers retract_at_layer_change retraction_enable
    retraction_hop_enabled retraction_hop_only_when_collides roofing_monotonic
    skin_monotonic skin_no_small_gaps_heuristic speed_equalize_flow_enabled
    support_bottom_enable support_brim_enable support_conical_enabled
    support_connect_zigzags support_enable support_fan_enable support_interface_enable
    support_roof_enable support_skip_some_zags support_use_towers
    travel_avoid_other_parts travel_avoid_supports
    travel_compensate_overlapping_walls_0_enabled
    travel_compensate_overlapping_walls_enabled
    travel_compensate_overlapping_walls_x_enabled travel_retract_before_outer_wall
    wall_min_flow_retract z_seam_relative zig_zaggify_infill zig_zaggify_support
    """.split()
)
_SKINS = "lines concentric zigzag"
_INTERFACES = "lines grid triangles concentric zigzag"
WORDS = {
    key: frozenset(words.split())
    for key, words in {
        "adhesion_type": "skirt brim raft none",
        "draft_shield_height_limitation": "full limited",
        "fill_perimeter_gaps": "nowhere everywhere",
        "infill_pattern": "grid lines triangles trihexagon cubic cubicsubdiv tetrahedral "
        "quarter_cubic concentric zigzag cross cross_3d gyroid lightning",
        "inset_direction": "inside_out outside_in",
        "ironing_pattern": "concentric zigzag",
        "retraction_combing": "off all no_outer_surfaces noskin infill",
        "roofing_pattern": _SKINS,
        "slicing_tolerance": "middle exclusive inclusive",
        "support_bottom_pattern": _INTERFACES,
        "support_interface_pattern": _INTERFACES,
        "support_pattern": "lines grid triangles concentric zigzag cross gyroid",
        "support_roof_pattern": _INTERFACES,
        "support_structure": "normal tree",
        "support_type": "buildplate everywhere",
        "support_xy_overrides_z": "xy_overrides_z z_overrides_xy",
        "top_bottom_pattern": _SKINS,
        "top_bottom_pattern_0": _SKINS,
        "z_seam_corner": "z_seam_corner_none z_seam_corner_inner z_seam_corner_outer "
        "z_seam_corner_any z_seam_corner_weighted",
        "z_seam_position": "backleft back backright right frontright front frontleft left",
        "z_seam_type": "back shortest random sharpest_corner",
    }.items()
}
ANGLES = frozenset(
    """
    infill_angles roofing_angles skin_angles support_bottom_angles support_infill_angles
    support_interface_angles support_roof_angles
    """.split()
)
# Numbers that may be less than nothing; every other may not.
SIGNED = frozenset(
    """
    adaptive_layer_height_threshold adaptive_layer_height_variation
    bottom_skin_expand_distance conical_overhang_angle cool_min_layer_time_fan_speed_max
    default_material_bed_temperature default_material_print_temperature
    expand_skins_expand_distance hole_xy_offset infill_offset_x infill_offset_y
    infill_overlap infill_overlap_mm infill_sparse_thickness infill_wipe_dist
    ironing_inset layer_start_x layer_start_y material_bed_temperature
    material_bed_temperature_layer_0 material_final_print_temperature
    material_initial_print_temperature material_print_temperature
    material_print_temperature_layer_0 min_even_wall_line_width min_odd_wall_line_width
    min_wall_line_width raft_margin retraction_amount retraction_extra_prime_amount
    retraction_hop skin_overlap skin_overlap_mm skirt_gap sub_div_rad_add
    support_bottom_offset support_conical_angle support_interface_offset
    support_join_distance support_offset support_roof_offset top_skin_expand_distance
    wall_0_inset xy_offset xy_offset_layer_0 z_seam_x z_seam_y
    """.split()
)
# Numbers that may not be nothing either.
ABOVE_NOTHING = re.compile(
    r"(?:(?!min_)\w+_)?line_width(?:_0|_x|_factor)?|layer_height(?:_0)?"
    r"|(?:raft_(?:\w+_)?)?acceleration(?:_\w+)?|(?:\w+_)?material_flow(?:_layer_0|_[23])?"
    r"|speed_(?:infill|ironing|layer_0|prime_tower|print|print_layer_0|roofing|topbottom"
    r"|travel|travel_layer_0|support(?:_bottom|_infill|_interface|_roof)?|wall(?:_0|_x)?)"
    r"|(?:raft|raft_base|raft_interface|raft_surface|skirt_brim)_speed"
    r"|retraction(?:_retract|_prime)?_speed|material_diameter"
)
# key -> the most that it may be: °C
MOST = {
    **dict.fromkeys(
        """
        default_material_print_temperature material_final_print_temperature
        material_initial_print_temperature material_print_temperature
        material_print_temperature_layer_0
        """.split(),
        365.0,
    ),
    **dict.fromkeys(
        """
        default_material_bed_temperature material_bed_temperature
        material_bed_temperature_layer_0
        """.split(),
        200.0,
    ),
}
_UNTYPED = GCODE_KEYS | {MACHINE, "material_flow_temp_graph"}
_ANGLES = re.compile(r"\[\s*(?:[-+]?\d{1,4}(?:\.\d*)?\s*(?:,\s*|(?=\])))*\]")


def fitting(values: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The values that Cura can have, and the others as ``key = value``."""
    return sorted_out(values, _fits)


def _fits(key: str, value: str) -> bool:
    if key in _UNTYPED:
        return True
    if not value.strip():
        return False  # no setting of Cura's is an empty text
    if is_formula(value):
        return not isinstance(parse(value), Failed)
    if key in WORDS:
        return value in WORDS[key]
    if key in ANGLES:
        return bool(_ANGLES.fullmatch(value.strip()))
    try:
        if key in SWITCHES:
            converted("bool", value)
            return True
        number = converted("float", value)
    except Trouble:
        return False
    if ABOVE_NOTHING.fullmatch(key) and number <= 0:
        return False
    return (key in SIGNED or number >= 0) and number <= MOST.get(key, number)
