"""PrusaSlicer's flat ini files: writing ours, reading a user's through an allow-list.

A profile from outside is data, never instructions: `post_process` in it would be run as a
program by PrusaSlicer itself, so a file is never handed to the slicer. It is read here,
what is known to be harmless is kept, and the slicer gets a file that we wrote.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from ..problems import INFO, N_, WARNING, Problem
from .refused import SlicingRefused, clean_text

SIZE_LIMIT = 1_000_000  # bytes of a profile file; real ones have 10 to 40 kB
VALUE_LIMIT = 1_000  # characters of an ordinary value
GCODE_LIMIT = 20_000  # characters of a custom G-code

# Settings of the print and the filament, and those of the printer that say how it
# extrudes. Not here on purpose: everything that runs, sends, renames or rewrites
# something, the bed and the nozzle (ours, from the printer profile), several extruders,
# wipe tower, vase mode.
PLAIN_KEYS = frozenset(
    """
    arc_fitting automatic_extrusion_widths automatic_infill_combination
    automatic_infill_combination_max_layer_height avoid_crossing_curled_overhangs
    avoid_crossing_perimeters avoid_crossing_perimeters_max_detour bed_temperature
    bottom_fill_pattern bottom_solid_layers bottom_solid_min_thickness
    bridge_acceleration bridge_angle bridge_fan_speed bridge_flow_ratio bridge_speed
    brim_separation brim_type brim_width cooling default_acceleration deretract_speed
    disable_fan_first_layers dont_support_bridges dynamic_overhang_fan_speeds
    dynamic_overhang_speeds elefant_foot_compensation enable_dynamic_fan_speeds
    enable_dynamic_overhang_speeds ensure_vertical_shell_thickness
    external_perimeter_acceleration external_perimeter_extrusion_width
    external_perimeter_speed external_perimeters_first extra_perimeters
    extra_perimeters_on_overhangs extrusion_multiplier extrusion_width fan_always_on
    fan_below_layer_time filament_colour filament_cost filament_density
    filament_deretract_speed filament_diameter filament_infill_max_crossing_speed
    filament_infill_max_speed filament_max_volumetric_speed
    filament_retract_before_travel filament_retract_before_wipe
    filament_retract_layer_change filament_retract_length filament_retract_lift
    filament_retract_lift_above filament_retract_lift_below
    filament_retract_restart_extra filament_retract_speed filament_seam_gap_distance
    filament_shrinkage_compensation_xy filament_shrinkage_compensation_z
    filament_spool_weight filament_travel_lift_before_obstacle
    filament_travel_max_lift filament_travel_ramping_lift filament_travel_slope
    filament_type filament_vendor filament_wipe fill_angle fill_density fill_pattern
    first_layer_acceleration first_layer_acceleration_over_raft
    first_layer_bed_temperature first_layer_extrusion_width first_layer_height
    first_layer_infill_speed first_layer_speed first_layer_speed_over_raft
    first_layer_temperature full_fan_speed_layer fuzzy_skin fuzzy_skin_point_dist
    fuzzy_skin_thickness gap_fill_enabled gap_fill_speed gcode_comments gcode_flavor
    gcode_label_objects gcode_resolution infill_acceleration infill_anchor
    infill_anchor_max infill_every_layers infill_extrusion_width infill_first
    infill_overlap infill_speed interface_shells ironing ironing_flowrate
    ironing_spacing ironing_speed ironing_type layer_height machine_max_acceleration_e
    machine_max_acceleration_extruding machine_max_acceleration_retracting
    machine_max_acceleration_travel machine_max_acceleration_x
    machine_max_acceleration_y machine_max_acceleration_z machine_max_feedrate_e
    machine_max_feedrate_x machine_max_feedrate_y machine_max_feedrate_z
    machine_max_jerk_e machine_max_jerk_x machine_max_jerk_y machine_max_jerk_z
    machine_min_extruding_rate machine_min_travel_rate max_fan_speed max_layer_height
    max_print_speed max_volumetric_extrusion_rate_slope_negative
    max_volumetric_extrusion_rate_slope_positive max_volumetric_speed min_bead_width
    min_fan_speed min_feature_size min_layer_height min_print_speed
    only_one_perimeter_first_layer only_retract_when_crossing_perimeters
    over_bridge_speed overhang_fan_speed_0 overhang_fan_speed_1 overhang_fan_speed_2
    overhang_fan_speed_3 overhang_speed_0 overhang_speed_1 overhang_speed_2
    overhang_speed_3 overhangs perimeter_acceleration perimeter_extrusion_width
    perimeter_generator perimeter_speed perimeters prefer_clockwise_movements
    printer_model printer_notes raft_contact_distance raft_expansion
    raft_first_layer_density raft_first_layer_expansion raft_layers remaining_times
    resolution retract_before_travel retract_before_wipe retract_layer_change
    retract_length retract_lift retract_lift_above retract_lift_below
    retract_restart_extra retract_speed scarf_seam_entire_loop scarf_seam_length
    scarf_seam_max_segment_length scarf_seam_on_inner_perimeters
    scarf_seam_only_on_smooth scarf_seam_placement scarf_seam_start_height
    seam_gap_distance seam_position silent_mode skirt_distance skirt_height skirts
    slice_closing_radius slicing_mode slowdown_below_layer_time small_perimeter_speed
    solid_infill_acceleration solid_infill_below_area solid_infill_every_layers
    solid_infill_extrusion_width solid_infill_speed staggered_inner_seams
    support_material support_material_angle support_material_auto
    support_material_bottom_contact_distance support_material_bottom_interface_layers
    support_material_buildplate_only support_material_closing_radius
    support_material_contact_distance support_material_enforce_layers
    support_material_extrusion_width support_material_interface_contact_loops
    support_material_interface_layers support_material_interface_pattern
    support_material_interface_spacing support_material_interface_speed
    support_material_pattern support_material_spacing support_material_speed
    support_material_style support_material_synchronize_layers
    support_material_threshold support_material_with_sheath
    support_material_xy_spacing support_tree_angle support_tree_angle_slow
    support_tree_branch_diameter support_tree_branch_diameter_angle
    support_tree_branch_diameter_double_wall support_tree_branch_distance
    support_tree_tip_diameter support_tree_top_rate temperature thick_bridges
    thin_walls top_fill_pattern top_infill_extrusion_width top_one_perimeter_type
    top_solid_infill_acceleration top_solid_infill_speed top_solid_layers
    top_solid_min_thickness travel_acceleration travel_lift_before_obstacle
    travel_max_lift travel_ramping_lift travel_slope travel_speed travel_speed_z
    use_firmware_retraction wall_distribution_count wall_transition_angle
    wall_transition_filter_deviation wall_transition_length wipe xy_size_compensation
    z_offset
    """.split()
) | frozenset(
    # What makers' start G-code asks for: names, and numbers of what one nozzle never does.
    # The chamber's temperature is not here: from 2.9 on it makes the printer wait for it.
    """
    extra_loading_move filament_multitool_ramming filament_notes filament_settings_id
    idle_temperature nozzle_high_flow parking_pos_retraction print_settings_id
    printer_settings_id retract_length_toolchange standby_temperature_delta
    """.split()
)

# Kept only from a file of the owner: these lines reach the printer as they are.
RELATIVE_E = "use_relative_e_distances"  # with it: G1 E-2 means two different things
GCODE_KEYS = frozenset(
    "start_gcode end_gcode start_filament_gcode end_filament_gcode before_layer_gcode "
    "layer_gcode".split()
) | {RELATIVE_E}

# Named to the user when dropped, because somebody may have counted on them.
DANGEROUS = re.compile(
    r"post_process|gcode_substitutions|binary_gcode|host_type|(?:print_?host|printhost)_?.*"
    r"|octoprint_(?:host|apikey|cafile)"  # Slic3r's
    r"|slicing_pipeline_plugin|plugins|\w+_plugin_config_overrides"  # OrcaSlicer's
)

# Dropped without a word: every export has them, and they say nothing about one print with
# one nozzle on a bed that OctoPrint knows.
QUIET = re.compile(
    r"bed_.*|nozzle_.*|max_print_height|printer_.*|.*_settings_id|inherits.*|compatible_.*"
    r"|default_.*|thumbnails.*|output_filename_format|machine_limits_usage|config_version"
    r"|wip(?:e|ing)_.*|cooling_tube_.*|parking_pos_.*|single_extruder_.*|.*_toolchange"
    r"|.*_extruder|extruder_.*|filament_(?:cooling|loading|unloading|load|unload)_.*"
    r"|filament_(?:minimal|ramming|multitool|stamping|purge|soluble|toolchange)_?.*"
    r"|extra_loading_move|extrusion_axis|duplicate_distance|clip_multipart_objects"
    r"|colorprint_heights|mmu_.*|multimaterial_.*|standby_temperature_delta|threads|notes"
    r"|filament_notes|infill_only_where_needed|min_skirt_length|variable_layer_height"
    r"|interlocking_.*|idle_temperature|chamber_.*|filament_abrasive|.*_gcode"
    r"|autoemit_temperature_commands|serial_(?:port|speed)"
)
# Names of Slic3r's, which makers' bundles still have (``aliases`` in `PrintConfig.cpp`).
OLD_NAMES = {
    "external_fill_pattern": ("top_fill_pattern", "bottom_fill_pattern"),
    "solid_fill_pattern": ("top_fill_pattern", "bottom_fill_pattern"),
}
NOTHING = ("", "0", "nil", "disabled", '""')
FLAVORS = "marlin marlin2 reprap reprapfirmware repetier smoothie klipper".split()
NOT_AN_INI = N_(
    "The profile is not an ini file of PrusaSlicer; use File > Export > Export Config."
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,80}")


class Profile(NamedTuple):
    """A user's profile as far as we take it.

    Attributes:
        values: PrusaSlicer's keys and values, newlines written as ``\\n``; JSON-able.
        problems: what was left out, to tell the user.
    """

    values: dict[str, str]
    problems: tuple[Problem, ...]


def read_profile(path: Path | str, *, own_gcode: bool = False) -> Profile:
    """Read a flat PrusaSlicer ini (*File > Export > Export Config*).

    Args:
        path: the file.
        own_gcode: keep its start, end and layer G-code. Only for a file that the owner
            of the printer names (command line, set-up), never for an upload.

    Raises:
        SlicingRefused: ``slicing.bad_profile``: not such a file; it says what to do.
    """
    values, bundle = _parse(_text(Path(path)))
    if bundle:
        # PrusaSlicer would take it silently and use its defaults for everything.
        raise SlicingRefused(
            "slicing.profile_is_bundle",
            N_(
                "This file is a bundle of many profiles; in PrusaSlicer choose the "
                "printer, filament and print settings you want, then File > Export > "
                "Export Config, and use that file."
            ),
            field="profile",
        )
    kept, problems = allowed(values, own_gcode=own_gcode)
    if not kept:
        raise _bad(
            N_("The profile holds no setting that is known; export one from PrusaSlicer.")
        )
    return Profile(kept, problems)


def allowed(values: Mapping[str, str], *, own_gcode: bool) -> Profile:
    """What of a profile may be used, and problems that name what may not."""
    kept: dict[str, str] = {}
    dangerous, gcode, long, ignored = [], [], [], []
    for key, value in values.items():
        value = str(value)
        if DANGEROUS.fullmatch(key):
            if value not in NOTHING:
                dangerous.append(key)
        elif key in GCODE_KEYS:
            if own_gcode and len(value) <= GCODE_LIMIT:
                kept[key] = one_line(value)
            elif own_gcode:
                long.append(key)
            elif does_something(value) and key != RELATIVE_E:
                gcode.append(key)
        elif key in PLAIN_KEYS and _is_plain(key, value):
            kept[key] = value
        elif value not in NOTHING and not QUIET.fullmatch(key):
            ignored.append(key)
    return Profile(
        kept, left_out(dangerous=dangerous, gcode=gcode, long=long, ignored=ignored)
    )


def renamed(raw: Mapping[str, str]) -> dict[str, str]:
    """The same with today's names; what has today's name already wins."""
    values = dict(raw)
    for old in OLD_NAMES.keys() & raw.keys():
        value = values.pop(old)
        for name in OLD_NAMES[old]:
            values.setdefault(name, value)
    return values


def left_out(
    *,
    dangerous: Collection[str] = (),
    gcode: Collection[str] = (),
    long: Collection[str] = (),
    ignored: Collection[str] = (),
) -> tuple[Problem, ...]:
    """What to tell the user about settings of a profile that were not taken, grouped.

    Args:
        dangerous: they run, send or rewrite something.
        gcode: custom G-code of somebody who may not bring any.
        long: custom G-code beyond `GCODE_LIMIT`.
        ignored: everything else that cannot be used here.
    """
    problems = []
    if dangerous:
        problems.append(
            Problem(
                "slicing.profile_dangerous",
                WARNING,
                N_(
                    "Left out of the profile: %(keys)s. It would run programs, send files "
                    "away or change the result unseen."
                ),
                {"keys": names(dangerous)},
                "profile",
            )
        )
    if gcode:
        problems.append(
            Problem(
                "slicing.profile_gcode",
                WARNING,
                N_(
                    "The profile's own G-code (%(keys)s) was left out; ours homes, heats "
                    "and switches off. The owner of the printer can allow it."
                ),
                {"keys": names(gcode)},
                "profile",
            )
        )
    if long:
        problems.append(
            Problem(
                "slicing.profile_gcode_long",
                WARNING,
                N_(
                    "The profile's own G-code (%(keys)s) was left out because it is "
                    "longer than %(limit)s characters; shorten it in the slicer."
                ),
                {"keys": names(long), "limit": GCODE_LIMIT},
                "profile",
            )
        )
    if ignored:
        problems.append(
            Problem(
                "slicing.profile_ignored",
                INFO,
                N_(
                    "Settings of the profile that cannot be used here were left out: "
                    "%(keys)s."
                ),
                {"keys": names(ignored)},
                "profile",
            )
        )
    return tuple(problems)


def write_ini(path: Path | str, values: Mapping[str, str]) -> None:
    """Write values for ``prusa-slicer --load``.

    A line break inside a value becomes ``\\n``, PrusaSlicer's own way: it could otherwise
    begin a new line, and with it any setting.
    """
    lines = []
    for key, value in values.items():
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a PrusaSlicer key: {key!r}")
        text = "\\n".join(str(value).splitlines()).replace("\0", "")
        lines.append(f"{key} = {text}\n")
    Path(path).write_text("".join(lines), encoding="utf-8")


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _bad(N_("The profile's file cannot be read; check its name.")) from error
    if len(data) > SIZE_LIMIT:
        raise _bad(
            N_("The file is too large to be a profile; export one from PrusaSlicer.")
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(NOT_AN_INI) from error
    if "\0" in text:
        raise _bad(NOT_AN_INI)
    return text


def _parse(text: str) -> tuple[dict[str, str], bool]:
    """Keys and values (the last of equal keys wins), and whether there are sections."""
    values: dict[str, str] = {}
    sections = False
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if line.startswith("[") and line.endswith("]"):
            sections = True
            continue
        key, equals, value = line.partition("=")
        key = key.strip()
        if not equals or not _KEY.fullmatch(key):
            if sections:
                continue
            raise _bad(NOT_AN_INI)
        values[key] = value.strip()
    return values, sections


def _is_plain(key: str, value: str) -> bool:
    if len(value) > VALUE_LIMIT or any(ord(char) < 32 for char in value):
        return False
    return key != "gcode_flavor" or value in FLAVORS


def one_line(gcode: str) -> str:
    """A custom G-code as an ini has it, without what no printer could read."""
    return _CONTROL.sub("", "\\n".join(gcode.split("\n")))


def does_something(gcode: str) -> bool:
    """Whether a custom G-code, as a profile has it, is more than comments."""
    lines = gcode.strip().strip('"').replace("\\n", "\n").splitlines()
    return any(line.strip() and not line.strip().startswith(";") for line in lines)


def _bad(template: str) -> SlicingRefused:
    return SlicingRefused("slicing.bad_profile", template, field="profile")


def names(keys: Collection[str]) -> str:
    """Some keys for a sentence."""
    shown = ", ".join(clean_text(key, 60) for key in sorted(keys)[:5])
    return shown + ", …" if len(keys) > 5 else shown
