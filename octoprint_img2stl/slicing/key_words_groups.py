"""Under which heading a setting of PrusaSlicer's stands, which only its window knows."""

from __future__ import annotations

import re

from ..problems import N_

LAYERS, WALLS, INFILL = N_("Layers"), N_("Walls"), N_("Infill")
SUPPORTS, SKIRT, SPEED = N_("Supports and raft"), N_("Skirt and brim"), N_("Speed")
WIDTH, COOLING, FILAMENT = N_("Line width"), N_("Cooling"), N_("Filament")
RETRACTION, GCODE, LIMITS = N_("Retraction"), N_("G-code"), N_("Printer limits")
PRINTER, FURTHER = N_("Printer"), N_("Further settings")

# As they are shown.
GROUPS = (
    LAYERS, WALLS, INFILL, SUPPORTS, SKIRT, SPEED, WIDTH, COOLING, FILAMENT, RETRACTION,
    GCODE, LIMITS, PRINTER, FURTHER,
)  # fmt: skip
# A key belongs to the first that has it.
_PATTERNS = tuple(
    (group, re.compile("|".join(patterns.split())))
    for group, patterns in (
        (
            GCODE,
            r".*_gcode use_relative_e_distances gcode_.* arc_fitting remaining_times",
        ),
        (LIMITS, r"machine_.* silent_mode"),
        (COOLING, r".*fan_.* cooling slowdown_below_layer_time min_print_speed"),
        (
            RETRACTION,
            r"(?:filament_)?(?:retract|deretract|wipe)_?.* only_retract_.*"
            r" (?:filament_)?travel_(?!speed|acceleration).* use_firmware_retraction"
            r" extra_loading_move parking_pos_.*",
        ),
        (FILAMENT, r"filament_.* .*temperature.* extrusion_multiplier"),
        (WIDTH, r".*extrusion_width.*"),
        (SPEED, r".*speed.* .*acceleration.* max_volumetric_.*"),
        (SUPPORTS, r"support_.* raft_.* dont_support_.* interface_shells"),
        (SKIRT, r"skirt.* brim_.*"),
        (
            INFILL,
            r"(?:\w+_)?fill_(?!enabled).* (?:\w+_)?infill_.* ironing.* bridge_angle",
        ),
        (
            LAYERS,
            r".*layer_height (?:top|bottom)_solid_.* ensure_vertical_.* z_offset"
            r" slicing_mode",
        ),
        (
            WALLS,
            r".*perimeter.* .*seam.* thin_walls fuzzy_.* overhangs gap_fill_.* wall_.*"
            r" min_bead_.* min_feature_.* .*bridge.* avoid_crossing_.*",
        ),
        (PRINTER, r"printer_.* print_settings_.* nozzle_.*"),
    )
)


def group_of(key: str) -> str:
    """One of `GROUPS`."""
    return next((group for group, has in _PATTERNS if has.fullmatch(key)), FURTHER)
