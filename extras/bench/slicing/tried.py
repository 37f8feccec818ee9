"""Settings that were tried, each alone, as changes to relief mode."""

from __future__ import annotations

PRUSASLICER = {
    "overhangs = 1": {"overhangs": "1"},
    "seam_position = aligned": {"seam_position": "aligned"},
    "extra_perimeters = 1": {"extra_perimeters": "1"},
    "perimeter_generator = arachne": {"perimeter_generator": "arachne"},
    "both resolutions 0.0125": {"resolution": "0.0125", "gcode_resolution": "0.0125"},
    "both resolutions 0.05": {"resolution": "0.05", "gcode_resolution": "0.05"},
    "both resolutions 0.1": {"resolution": "0.1", "gcode_resolution": "0.1"},
    "thin_walls = 0": {"thin_walls": "0"},
    "gap_fill_enabled = 0": {"gap_fill_enabled": "0"},
    "ensure_vertical_shell_thickness = 0": {"ensure_vertical_shell_thickness": "0"},
    "rectilinear top and bottom": {
        "top_fill_pattern": "rectilinear",
        "bottom_fill_pattern": "rectilinear",
    },
    "slice_closing_radius = 0.1": {"slice_closing_radius": "0.1"},
    "solid_infill_below_area = 70": {"solid_infill_below_area": "70"},
    "external_perimeters_first = 1": {"external_perimeters_first": "1"},
    "perimeters = 2": {"perimeters": "2"},
    "thick_bridges = 0": {"thick_bridges": "0"},
}
CURAENGINE = {
    "skin_no_small_gaps_heuristic = False": {"skin_no_small_gaps_heuristic": "False"},
    "Cura's own resolution": {
        "meshfix_maximum_deviation": "0.025",
        "meshfix_maximum_resolution": "0.5",
    },
    "meshfix_maximum_deviation = 0.1": {"meshfix_maximum_deviation": "0.1"},
    "meshfix_maximum_travel_resolution = 5": {"meshfix_maximum_travel_resolution": "5"},
    "retraction_combing = off": {"retraction_combing": "off"},
    "retraction_combing = infill": {"retraction_combing": "infill"},
    "minimum_polygon_circumference = 3": {"minimum_polygon_circumference": "3"},
    "fill_perimeter_gaps = nowhere": {
        "fill_perimeter_gaps": "nowhere",
        "fill_outline_gaps": "False",
    },
    "skin_outline_count = 0": {"skin_outline_count": "0"},
    "no overlap compensation": {"travel_compensate_overlapping_walls_enabled": "False"},
    "z_seam_type = shortest": {"z_seam_type": "shortest"},
    "skin_preshrink = 1.35": {"skin_preshrink": "1.35"},
    "wall_line_count = 2": {"wall_line_count": "2"},
}
TRIED = {"prusaslicer": PRUSASLICER, "curaengine": CURAENGINE}

# What each slicer does by itself with what relief mode sets; of Cura our own ordinary
# settings say nothing about it.
DEFAULTS = {
    "prusaslicer": {
        "perimeter_generator": "arachne",
        "resolution": "0",
        "gcode_resolution": "0.0125",
        "extra_perimeters": "1",
        "overhangs": "1",
        "seam_position": "aligned",
    },
    "curaengine": {},
}
# No simplification at all: what a wall's deviation is compared with.
FINE = {
    "prusaslicer": {"resolution": "0", "gcode_resolution": "0"},
    "curaengine": {"meshfix_maximum_deviation": "0.001"},
}
