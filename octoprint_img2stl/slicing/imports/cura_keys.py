"""Which of Cura's settings may come in with somebody's profile.

CuraEngine runs nothing and sends nothing; what must stay out is what reads a file of this
machine, what belongs to the printer (bed, nozzle, firmware: from OctoPrint's printer
profile), what makes another kind of print (several extruders, spiral vase, wire printing,
one object after the other, moulds), and custom G-code of somebody who may not bring any.
Names: `fdmprinter.def.json` of Cura 4.8 to 5.0; families, so that a setting added to one
of them later comes in as well. Whether the installed engine knows it is its definitions'
to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ...problems import Problem
from ..profile_file import GCODE_LIMIT, VALUE_LIMIT, left_out

GCODE = frozenset({"machine_start_gcode", "machine_end_gcode"})
# With it ``G1 E-2`` means something else, so it comes and goes with the G-code.
RELATIVE = "relative_extrusion"

# Named to the user when dropped: they open files, or are programs of Cura's own.
DANGEROUS = re.compile(
    r"cross_(?:infill|support)_density_image|post_processing_.*|.*plugin.*"
)
# The printer's, or of several extruders; every profile may have them, nobody misses them.
QUIET = re.compile(
    r"machine_.*|material_(?:guid|diameter|bed_temp_\w+|print_temp_\w+)|.*extruder.*"
    r"|nozzle_.*|gantry_height|center_object|mesh_.*|prime_(?:tower|blob)_.*|ooze_shield_.*"
)
NEVER = re.compile(
    r"cutting_mesh|infill_mesh.*|support_mesh.*|anti_overhang_mesh|mold_.*"
    r"|magic_(?:spiralize|mesh_surface_mode)|smooth_spiralized_contours|wireframe_.*"
    r"|print_sequence|material_flow_temp_graph"
)
ALLOWED = re.compile(
    r"layer_height(?:_0)?|(?:\w+_)?line_width(?:_\w+)?|initial_layer_line_width_factor"
    r"|initial_bottom_layers|layer_0_z_overlap|layer_start_[xy]"
    r"|(?:wall|top|bottom|roofing|flooring|skin|infill|support|raft|brim|skirt)_\w+"
    r"|(?:speed|acceleration|jerk|retraction|retract|travel|cool|coasting|bridge|wipe)_\w+"
    r"|(?:default_material|material|build_volume)_\w+|adhesion_type|meshfix_\w+"
    r"|(?:ironing|lightning|conical|draft_shield|magic_fuzzy_skin|flow_rate|small)_\w+"
    r"|(?:adaptive_layer|expand_skins|max_skin|min_skin|gradual|zig_zaggify|z_seam)_\w+"
    r"|(?:hole_)?xy_(?:hole_)?offset(?:_layer_0)?|hole_xy_\w+|min_\w+|minimum_\w+"
    r"|outer_inset_first|inset_direction|optimize_wall_printing_order"
    r"|alternate_extra_perimeter|fill_(?:perimeter|outline)_gaps|filter_out_tiny_gaps"
    r"|connect_(?:skin|infill)_polygons|sub_div_rad_add|limit_support_retractions"
    r"|multiple_mesh_overlap|carve_multiple_volumes|alternate_carve_order"
    r"|remove_empty_first_layers|slicing_tolerance|cross_infill_pocket_size"
    r"|clean_between_layers|max_extrusion_before_wipe|extra_infill_lines\w*"
)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)


class CuraValues(NamedTuple):
    """What of a Cura profile may be used, and problems that name what may not."""

    values: dict[str, str]
    problems: tuple[Problem, ...]
    unfit: list[str]


def allowed(values: Mapping[str, str], *, own_gcode: bool) -> CuraValues:
    """The last gate for Cura's values; `unfit` are known keys whose value is nonsense."""
    kept: dict[str, str] = {}
    dangerous, gcode, long, ignored, unfit = [], [], [], [], []
    for key, value in values.items():
        if DANGEROUS.fullmatch(key):
            if value.strip():
                dangerous.append(key)
        elif key in GCODE:
            if not own_gcode:
                gcode.append(key)
            elif len(value) > GCODE_LIMIT:
                long.append(key)
            else:
                kept[key] = value
        elif key == RELATIVE:
            if own_gcode:
                kept[key] = value
        elif NEVER.fullmatch(key):
            ignored.append(key)
        elif QUIET.fullmatch(key):
            pass
        elif not ALLOWED.fullmatch(key):
            ignored.append(key)
        elif _is_plain(value):
            kept[key] = value
        else:
            unfit.append(f"{key} = {value[:40]}")
    problems = left_out(dangerous=dangerous, gcode=gcode, long=long, ignored=ignored)
    return CuraValues(kept, problems, unfit)


def _is_plain(value: str) -> bool:
    if not value or len(value) > VALUE_LIMIT or _NOT_FINITE.fullmatch(value):
        return False
    return not any(ord(char) < 32 for char in value)
