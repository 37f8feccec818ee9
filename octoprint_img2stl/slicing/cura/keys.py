"""Which of Cura's settings a profile may set: by name, whatever a definition file says.

Not here on purpose: the machine (ours, from the printer profile), where the model stands,
several extruders, modifiers of meshes, moulds, vase mode and wires, one model after
another, nozzle wiping somewhere on the machine, and the two ``…_density_image``, which
are paths of files that the engine would open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..profile_file import (
    GCODE_LIMIT,
    VALUE_LIMIT,
    Profile,
    does_something,
    left_out,
)

PLAIN_KEYS = frozenset(
    """
    acceleration_enabled acceleration_infill acceleration_ironing acceleration_layer_0
    acceleration_prime_tower acceleration_print acceleration_print_layer_0
    acceleration_roofing acceleration_skirt_brim acceleration_support
    acceleration_support_bottom acceleration_support_infill
    acceleration_support_interface acceleration_support_roof acceleration_topbottom
    acceleration_travel acceleration_travel_layer_0 acceleration_wall
    acceleration_wall_0 acceleration_wall_x adaptive_layer_height_enabled
    adaptive_layer_height_threshold adaptive_layer_height_variation
    adaptive_layer_height_variation_step adhesion_type alternate_extra_perimeter
    bottom_layers bottom_skin_expand_distance bottom_skin_preshrink bottom_thickness
    bridge_enable_more_layers bridge_fan_speed bridge_fan_speed_2 bridge_fan_speed_3
    bridge_settings_enabled bridge_skin_density bridge_skin_density_2
    bridge_skin_density_3 bridge_skin_material_flow bridge_skin_material_flow_2
    bridge_skin_material_flow_3 bridge_skin_speed bridge_skin_speed_2
    bridge_skin_speed_3 bridge_skin_support_threshold bridge_sparse_infill_max_density
    bridge_wall_coast bridge_wall_material_flow bridge_wall_min_length bridge_wall_speed
    brim_gap brim_line_count brim_outside_only brim_replaces_support brim_width
    coasting_enable coasting_min_volume coasting_speed coasting_volume
    conical_overhang_angle conical_overhang_enabled conical_overhang_hole_size
    connect_infill_polygons connect_skin_polygons cool_fan_enabled
    cool_fan_full_at_height cool_fan_full_layer cool_fan_speed cool_fan_speed_0
    cool_fan_speed_max cool_fan_speed_min cool_lift_head cool_min_layer_time
    cool_min_layer_time_fan_speed_max cool_min_speed cross_infill_pocket_size
    default_material_bed_temperature default_material_print_temperature
    draft_shield_dist draft_shield_enabled draft_shield_height
    draft_shield_height_limitation expand_skins_expand_distance fill_outline_gaps
    fill_perimeter_gaps filter_out_tiny_gaps flow_rate_extrusion_offset_factor
    flow_rate_max_extrusion_offset gradual_infill_step_height gradual_infill_steps
    gradual_support_infill_step_height gradual_support_infill_steps hole_xy_offset
    infill_angles infill_before_walls infill_enable_travel_optimization
    infill_line_distance infill_line_width infill_material_flow infill_multiplier
    infill_offset_x infill_offset_y infill_overlap infill_overlap_mm infill_pattern
    infill_randomize_start_location infill_sparse_density infill_sparse_thickness
    infill_support_angle infill_support_enabled infill_wall_line_count infill_wipe_dist
    initial_bottom_layers initial_layer_line_width_factor inset_direction
    ironing_enabled ironing_flow ironing_inset ironing_line_spacing ironing_monotonic
    ironing_only_highest_layer ironing_pattern jerk_enabled jerk_infill jerk_ironing
    jerk_layer_0 jerk_prime_tower jerk_print jerk_print_layer_0 jerk_roofing
    jerk_skirt_brim jerk_support jerk_support_bottom jerk_support_infill
    jerk_support_interface jerk_support_roof jerk_topbottom jerk_travel
    jerk_travel_layer_0 jerk_wall jerk_wall_0 jerk_wall_x layer_0_z_overlap layer_height
    layer_height_0 layer_start_x layer_start_y lightning_infill_overhang_angle
    lightning_infill_prune_angle lightning_infill_straightening_angle
    lightning_infill_support_angle limit_support_retractions line_width
    magic_fuzzy_skin_enabled magic_fuzzy_skin_outside_only
    magic_fuzzy_skin_point_density magic_fuzzy_skin_point_dist
    magic_fuzzy_skin_thickness material_bed_temperature material_bed_temperature_layer_0
    material_diameter material_extrusion_cool_down_speed
    material_final_print_temperature material_flow material_flow_dependent_temperature
    material_flow_layer_0 material_flow_temp_graph material_initial_print_temperature
    material_print_temperature material_print_temperature_layer_0
    material_shrinkage_percentage material_shrinkage_percentage_xy
    material_shrinkage_percentage_z max_skin_angle_for_expansion
    meshfix_extensive_stitching meshfix_keep_open_polygons meshfix_maximum_deviation
    meshfix_maximum_resolution meshfix_maximum_travel_resolution meshfix_union_all
    meshfix_union_all_remove_holes min_bead_width min_even_wall_line_width
    min_feature_size min_infill_area min_odd_wall_line_width
    min_skin_width_for_expansion min_wall_line_width minimum_bottom_area
    minimum_interface_area minimum_polygon_circumference minimum_roof_area
    minimum_support_area optimize_wall_printing_order outer_inset_first
    raft_acceleration raft_airgap raft_base_acceleration raft_base_fan_speed
    raft_base_jerk raft_base_line_spacing raft_base_line_width raft_base_speed
    raft_base_thickness raft_fan_speed raft_interface_acceleration
    raft_interface_fan_speed raft_interface_jerk raft_interface_line_spacing
    raft_interface_line_width raft_interface_speed raft_interface_thickness raft_jerk
    raft_margin raft_smoothing raft_speed raft_surface_acceleration
    raft_surface_fan_speed raft_surface_jerk raft_surface_layers
    raft_surface_line_spacing raft_surface_line_width raft_surface_speed
    raft_surface_thickness remove_empty_first_layers retract_at_layer_change
    retraction_amount retraction_combing retraction_combing_max_distance
    retraction_count_max retraction_enable retraction_extra_prime_amount
    retraction_extrusion_window retraction_hop retraction_hop_enabled
    retraction_hop_only_when_collides retraction_min_travel retraction_prime_speed
    retraction_retract_speed retraction_speed roofing_angles roofing_layer_count
    roofing_line_width roofing_material_flow roofing_monotonic roofing_pattern
    skin_angles skin_edge_support_layers skin_edge_support_thickness skin_line_width
    skin_material_flow skin_monotonic skin_no_small_gaps_heuristic skin_outline_count
    skin_overlap skin_overlap_mm skin_preshrink skirt_brim_line_width
    skirt_brim_material_flow skirt_brim_minimal_length skirt_brim_speed skirt_gap
    skirt_line_count slicing_tolerance small_feature_max_length
    small_feature_speed_factor small_feature_speed_factor_0 small_hole_max_size
    speed_equalize_flow_enabled speed_equalize_flow_max speed_equalize_flow_width_factor
    speed_infill speed_ironing speed_layer_0 speed_prime_tower speed_print
    speed_print_layer_0 speed_roofing speed_slowdown_layers speed_support
    speed_support_bottom speed_support_infill speed_support_interface speed_support_roof
    speed_topbottom speed_travel speed_travel_layer_0 speed_wall speed_wall_0
    speed_wall_x speed_z_hop sub_div_rad_add support_angle support_bottom_angles
    support_bottom_density support_bottom_distance support_bottom_enable
    support_bottom_height support_bottom_line_distance support_bottom_line_width
    support_bottom_material_flow support_bottom_offset support_bottom_pattern
    support_bottom_stair_step_height support_bottom_stair_step_min_slope
    support_bottom_stair_step_width support_brim_enable support_brim_line_count
    support_brim_width support_conical_angle support_conical_enabled
    support_conical_min_width support_connect_zigzags support_enable support_fan_enable
    support_infill_angles support_infill_rate support_infill_sparse_thickness
    support_initial_layer_line_distance support_interface_angles
    support_interface_density support_interface_enable support_interface_height
    support_interface_line_width support_interface_material_flow
    support_interface_offset support_interface_pattern support_interface_skip_height
    support_join_distance support_line_distance support_line_width support_material_flow
    support_offset support_pattern support_roof_angles support_roof_density
    support_roof_enable support_roof_height support_roof_line_distance
    support_roof_line_width support_roof_material_flow support_roof_offset
    support_roof_pattern support_skip_some_zags support_skip_zag_per_mm
    support_structure support_supported_skin_fan_speed support_top_distance
    support_tower_diameter support_tower_maximum_supported_diameter
    support_tower_roof_angle support_tree_angle support_tree_branch_diameter
    support_tree_branch_diameter_angle support_tree_branch_distance
    support_tree_collision_resolution support_type
    support_use_towers support_wall_count support_xy_distance
    support_xy_distance_overhang support_xy_overrides_z support_z_distance
    support_zag_skip_count top_bottom_pattern top_bottom_pattern_0 top_bottom_thickness
    top_layers top_skin_expand_distance top_skin_preshrink top_thickness
    travel_avoid_distance travel_avoid_other_parts travel_avoid_supports
    travel_compensate_overlapping_walls_0_enabled
    travel_compensate_overlapping_walls_enabled
    travel_compensate_overlapping_walls_x_enabled travel_retract_before_outer_wall
    wall_0_inset wall_0_material_flow wall_0_wipe_dist wall_distribution_count
    wall_line_count wall_line_width wall_line_width_0 wall_line_width_x
    wall_material_flow wall_min_flow wall_min_flow_retract wall_overhang_angle
    wall_overhang_speed_factor wall_thickness wall_transition_angle
    wall_transition_filter_deviation wall_transition_filter_distance
    wall_transition_length wall_x_material_flow xy_offset xy_offset_layer_0
    z_seam_corner z_seam_position z_seam_relative z_seam_type z_seam_x z_seam_y
    zig_zaggify_infill zig_zaggify_support
    """.split()
)
# Not a setting of Cura's: the id of the machine's definition that the values are for.
MACHINE = "definition"
# Kept only from a file of the owner: these lines reach the printer as they are.
GCODE_KEYS = frozenset({"machine_start_gcode", "machine_end_gcode"})
RELATIVE_E = "relative_extrusion"  # with it: G1 E-2 means two different things

# Named to the user when dropped, because somebody may have counted on them.
DANGEROUS = re.compile(r".*_density_image|post_?process.*|.*plugin.*")
# Dropped without a word: what OctoPrint's printer profile says, what a profile of several
# extruders always has, and what says nothing about one model on one printer.
QUIET = re.compile(
    r"machine_.*|extruder.*|.*_extruder_nr(?:_layer_0)?|material_guid|mesh_.*|center_object"
    r"|prime_.*|ooze_.*|switch_extruder_.*|gantry_height|print_sequence"
    r"|retraction_hop_after_extruder_switch.*|command_line_settings|material_standby_.*"
)
NOTHING = ("", "0", "false", "False", "none", "[]", "[ ]")
_NOT_FINITE = re.compile(r"[-+]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_MACHINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,80}")


def allowed(values: Mapping[str, str], *, own_gcode: bool) -> Profile:
    """What of a profile may be used, and problems that name what may not.

    Values are text as Cura's own files have it, G-code with ``\\n`` written as two
    characters; one that begins with ``=`` is a formula, which is evaluated by us. No
    definition file is needed; whether a value fits its setting is looked at later.
    """
    kept: dict[str, str] = {}
    dangerous, gcode, long, ignored = [], [], [], []
    for key, value in values.items():
        value = str(value)
        if DANGEROUS.fullmatch(key):
            if value not in NOTHING:
                dangerous.append(key)
        elif key in GCODE_KEYS:
            if own_gcode and len(value) <= GCODE_LIMIT and "\0" not in value:
                kept[key] = value
            elif does_something(value):
                (long if own_gcode else gcode).append(key)
        elif key == RELATIVE_E:
            if own_gcode:
                kept[key] = value
        elif key in PLAIN_KEYS and _is_plain(value):
            kept[key] = value
        elif key == MACHINE:
            if _MACHINE.fullmatch(value):
                kept[key] = value
        elif value not in NOTHING and not QUIET.fullmatch(key):
            ignored.append(key)
    told = left_out(dangerous=dangerous, gcode=gcode, long=long, ignored=ignored)
    return Profile(kept, told)


def _is_plain(value: str) -> bool:
    if len(value) > VALUE_LIMIT or _NOT_FINITE.fullmatch(value.strip()):
        return False
    return all(ord(char) >= 32 for char in value)
