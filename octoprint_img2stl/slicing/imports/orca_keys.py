"""OrcaSlicer's and Bambu Studio's settings in PrusaSlicer's words.

Both descend from PrusaSlicer and renamed its settings; the pairs were put together from the
lists of settings in OrcaSlicer's `Preset.cpp` and the definitions in both `PrintConfig.cpp`.
What is missing here has no counterpart, or one that means something else.
"""

from __future__ import annotations

import re

# -- the same thing under another name -------------------------------------------------------

RENAMED = dict(
    line.split()
    for line in """
    initial_layer_print_height first_layer_height
    wall_loops perimeters
    top_shell_layers top_solid_layers
    top_shell_thickness top_solid_min_thickness
    bottom_shell_layers bottom_solid_layers
    bottom_shell_thickness bottom_solid_min_thickness
    reduce_crossing_wall avoid_crossing_perimeters
    max_travel_detour_distance avoid_crossing_perimeters_max_detour
    detect_thin_wall thin_walls
    detect_overhang_wall overhangs
    only_one_wall_top top_one_perimeter_type
    only_one_wall_first_layer only_one_perimeter_first_layer
    wall_generator perimeter_generator
    wall_sequence external_perimeters_first
    is_infill_first infill_first
    sparse_infill_density fill_density
    sparse_infill_pattern fill_pattern
    top_surface_pattern top_fill_pattern
    bottom_surface_pattern bottom_fill_pattern
    infill_direction fill_angle
    infill_wall_overlap infill_overlap
    infill_combination automatic_infill_combination
    infill_combination_max_layer_height automatic_infill_combination_max_layer_height
    minimum_sparse_infill_area solid_infill_below_area
    reduce_infill_retraction only_retract_when_crossing_perimeters
    gap_fill_target gap_fill_enabled
    ironing_flow ironing_flowrate
    fuzzy_skin_point_distance fuzzy_skin_point_dist
    inner_wall_speed perimeter_speed
    outer_wall_speed external_perimeter_speed
    sparse_infill_speed infill_speed
    internal_solid_infill_speed solid_infill_speed
    top_surface_speed top_solid_infill_speed
    support_speed support_material_speed
    support_interface_speed support_material_interface_speed
    gap_infill_speed gap_fill_speed
    initial_layer_speed first_layer_speed
    initial_layer_infill_speed first_layer_infill_speed
    outer_wall_acceleration external_perimeter_acceleration
    inner_wall_acceleration perimeter_acceleration
    initial_layer_acceleration first_layer_acceleration
    top_surface_acceleration top_solid_infill_acceleration
    sparse_infill_acceleration infill_acceleration
    internal_solid_infill_acceleration solid_infill_acceleration
    line_width extrusion_width
    initial_layer_line_width first_layer_extrusion_width
    inner_wall_line_width perimeter_extrusion_width
    outer_wall_line_width external_perimeter_extrusion_width
    sparse_infill_line_width infill_extrusion_width
    internal_solid_infill_line_width solid_infill_extrusion_width
    top_surface_line_width top_infill_extrusion_width
    support_line_width support_material_extrusion_width
    seam_gap seam_gap_distance
    skirt_loops skirts
    brim_object_gap brim_separation
    enable_support support_material
    support_threshold_angle support_material_threshold
    enforce_support_layers support_material_enforce_layers
    support_base_pattern support_material_pattern
    support_base_pattern_spacing support_material_spacing
    support_angle support_material_angle
    support_interface_top_layers support_material_interface_layers
    support_interface_bottom_layers support_material_bottom_interface_layers
    support_interface_pattern support_material_interface_pattern
    support_interface_spacing support_material_interface_spacing
    support_interface_loop_pattern support_material_interface_contact_loops
    support_top_z_distance support_material_contact_distance
    support_bottom_z_distance support_material_bottom_contact_distance
    support_on_build_plate_only support_material_buildplate_only
    support_object_xy_distance support_material_xy_spacing
    tree_support_branch_angle_organic support_tree_angle
    tree_support_angle_slow support_tree_angle_slow
    tree_support_branch_diameter_organic support_tree_branch_diameter
    tree_support_branch_diameter_angle support_tree_branch_diameter_angle
    tree_support_branch_distance_organic support_tree_branch_distance
    tree_support_tip_diameter support_tree_tip_diameter
    tree_support_top_rate support_tree_top_rate
    bridge_no_support dont_support_bridges
    bridge_flow bridge_flow_ratio
    xy_contour_compensation xy_size_compensation
    enable_arc_fitting arc_fitting
    nozzle_temperature temperature
    nozzle_temperature_initial_layer first_layer_temperature
    fan_min_speed min_fan_speed
    fan_max_speed max_fan_speed
    overhang_fan_speed bridge_fan_speed
    close_fan_the_first_x_layers disable_fan_first_layers
    fan_cooling_layer_time fan_below_layer_time
    slow_down_layer_time slowdown_below_layer_time
    slow_down_min_speed min_print_speed
    slow_down_for_layer_cooling cooling
    reduce_fan_stop_start_freq fan_always_on
    filament_flow_ratio extrusion_multiplier
    default_filament_colour filament_colour
    filament_retraction_length filament_retract_length
    filament_z_hop filament_retract_lift
    filament_retraction_speed filament_retract_speed
    filament_deretraction_speed filament_deretract_speed
    filament_retraction_minimum_travel filament_retract_before_travel
    filament_retract_when_changing_layer filament_retract_layer_change
    filament_shrink filament_shrinkage_compensation_xy
    retraction_length retract_length
    retraction_speed retract_speed
    deretraction_speed deretract_speed
    retraction_minimum_travel retract_before_travel
    retract_when_changing_layer retract_layer_change
    z_hop retract_lift
    machine_max_speed_e machine_max_feedrate_e
    machine_max_speed_x machine_max_feedrate_x
    machine_max_speed_y machine_max_feedrate_y
    machine_max_speed_z machine_max_feedrate_z
    printable_area bed_shape
    printable_height max_print_height
    machine_start_gcode start_gcode
    machine_end_gcode end_gcode
    before_layer_change_gcode before_layer_gcode
    layer_change_gcode layer_gcode
    filament_start_gcode start_filament_gcode
    filament_end_gcode end_filament_gcode
    """.strip().splitlines()
)

# -- the same thing under the same name ------------------------------------------------------

SAME = frozenset(
    """
    layer_height slice_closing_radius slicing_mode extra_perimeters_on_overhangs
    ensure_vertical_shell_thickness staggered_inner_seams seam_position ironing_speed
    ironing_spacing fuzzy_skin fuzzy_skin_thickness bridge_speed travel_speed
    travel_speed_z small_perimeter_speed default_acceleration travel_acceleration
    bridge_acceleration skirt_distance skirt_height brim_width raft_layers
    raft_first_layer_density raft_first_layer_expansion raft_contact_distance
    raft_expansion thick_bridges bridge_angle interface_shells infill_anchor
    infill_anchor_max elefant_foot_compensation resolution wall_transition_length
    wall_transition_filter_deviation wall_transition_angle wall_distribution_count
    min_feature_size min_bead_width filament_diameter filament_type filament_density
    filament_cost filament_vendor filament_max_volumetric_speed full_fan_speed_layer
    filament_retract_before_wipe filament_retract_restart_extra
    filament_retract_lift_above filament_retract_lift_below filament_wipe
    filament_shrinkage_compensation_z retract_before_wipe retract_restart_extra
    retract_lift_above retract_lift_below wipe use_firmware_retraction z_offset
    min_layer_height max_layer_height printer_notes printer_model gcode_flavor
    nozzle_diameter use_relative_e_distances printer_technology
    machine_max_acceleration_e machine_max_acceleration_extruding
    machine_max_acceleration_retracting machine_max_acceleration_travel
    machine_max_acceleration_x machine_max_acceleration_y machine_max_acceleration_z
    machine_max_jerk_e machine_max_jerk_x machine_max_jerk_y machine_max_jerk_z
    machine_min_extruding_rate machine_min_travel_rate
    """.split()
)

# -- values (keys are PrusaSlicer's) ---------------------------------------------------------

_INFILLS = {
    "zig-zag": "rectilinear",
    "zigzag": "rectilinear",
    "monotonicline": "monotoniclines",
    "tri-hexagon": "stars",
}
WORDS = {
    "fill_pattern": _INFILLS,
    "top_fill_pattern": _INFILLS,
    "bottom_fill_pattern": _INFILLS,
    "seam_position": {"back": "rear", "aligned_back": "rear"},
    "external_perimeters_first": {
        "inner wall/outer wall": "0",
        "outer wall/inner wall": "1",
    },
    "top_one_perimeter_type": {"0": "none", "1": "top"},
    "ensure_vertical_shell_thickness": {
        "ensure_all": "1",
        "ensure_moderate": "0",
        "ensure_critical_only": "0",
        "none": "0",
    },
    "gap_fill_enabled": {"everywhere": "1", "topbottom": "1", "nowhere": "0"},
    "fuzzy_skin": {"allwalls": "all"},
    "support_material_pattern": {"default": "rectilinear"},
    "support_material_interface_pattern": {"rectilinear_interlaced": "rectilinear"},
    "arc_fitting": {"0": "disabled", "1": "emit_center"},
}
# Free text, and of that the lists with one for each extruder.
TEXTS = frozenset({"start_filament_gcode", "end_filament_gcode"})
TEXT = TEXTS | frozenset(
    "start_gcode end_gcode before_layer_gcode layer_gcode printer_notes printer_model "
    "filament_vendor".split()
)
# Percentages even where no sign is written; PrusaSlicer would take ``25`` for millimetres.
PERCENT = frozenset(
    "fill_density infill_overlap raft_first_layer_density ironing_flowrate "
    "wall_transition_length wall_transition_filter_deviation min_feature_size "
    "min_bead_width retract_before_wipe filament_retract_before_wipe "
    "support_tree_top_rate".split()
)
# key -> the key (PrusaSlicer's) that a percentage is of, where that differs here
OF = {
    "small_perimeter_speed": "external_perimeter_speed",
    "bridge_acceleration": "external_perimeter_acceleration",
    "infill_acceleration": "default_acceleration",
    "solid_infill_acceleration": "default_acceleration",
}
WHOLE_NUMBERS = frozenset({"fan_below_layer_time", "slowdown_below_layer_time"})
# 100 % stands for no shrinkage there, 0 % here.
SHRINKAGE = frozenset(
    {"filament_shrinkage_compensation_xy", "filament_shrinkage_compensation_z"}
)
# Bed temperatures by the plate that lies on it: name of the plate -> beginning of the key.
PLATES = {
    "High Temp Plate": "hot_plate_temp",
    "Textured PEI Plate": "textured_plate_temp",
    "Engineering Plate": "eng_plate_temp",
    "Cool Plate": "cool_plate_temp",
    "Textured Cool Plate": "textured_cool_plate_temp",
}
BED_KEYS = frozenset(
    key + end for key in PLATES.values() for end in ("", "_initial_layer")
)

# -- what is not taken -----------------------------------------------------------------------

# Of the file, of several extruders, of Bambu's hardware, or of the program's windows.
QUIET = re.compile(
    r"type|name|from|inherits\w*|version|setting_id|filament_id|instantiation|is_custom\w*"
    r"|compatible_\w+|\w*_settings_id|filename_format|printer_variant|default_\w+|description"
    r"|prime_\w+|wipe_tower\w*|flush_\w+|\w+_filament|\w+_filament_id|enable_prime_tower"
    r"|nozzle_(?:type|volume|hrc|height)|\w*extruder\w*|auxiliary_fan|bed_\w+|thumbnails\w*"
    r"|\w*(?:chamber|air_filtration|exhaust|additional|plate_temp|ams|long_retraction)\w*"
    r"|\w*retraction_distances\w*|machine_(?:load|unload|tool|pause|hotend)\w+|printer_agent"
    r"|change_filament_gcode|time_lapse_gcode|template_custom_gcode|timelapse_type"
    r"|(?:single|multi)_\w+|cooling_tube_\w+|parking_pos_\w+|extra_loading_move|silent_mode"
    r"|high_current_\w+|filament_(?:cooling|loading|unloading|stamping|ramming)_\w+"
    r"|filament_(?:toolchange|multitool|minimal|soluble|is_support|notes|printable)\w*"
    r"|nozzle_temperature_range_\w+|required_nozzle_hrc|temperature_vitrification"
    r"|renamed_from|printer_is_bbl_printer|scan_first_layer|support_(?:ironing|filament)\w*"
    r"|upward_compatible_machine|bbl_\w+|notes|fan_(?:kickstart|speedup)\w*|host_\w+"
    r"|z_hop_types|retract_\w+_toolchange|standby_temperature_delta|disable_m73"
    r"|manual_filament_change|printer_structure|gcode_add_line_number|gcode_label_objects"
    r"|exclude_object|adaptive_layer_height|independent_support_layer_height",
    re.IGNORECASE,
)
