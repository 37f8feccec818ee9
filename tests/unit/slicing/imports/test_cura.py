"""Cura's profiles, written after `CuraProfileWriter.py`, `GCodeWriter.py` of Cura 4.13."""

from __future__ import annotations

import json

import pytest

from octoprint_img2stl.slicing.imports.cura_keys import allowed
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.vendor.bed import BedSaid
from tests.unit.slicing.imports.conftest import codes, said, zipped


def container(values, position=None, *, name="My fine one", scripts=""):
    """A container's text as Python's configparser writes it."""
    lines = ["[general]", "version = 4", f"name = {name}", "definition = creality_ender3"]
    lines += ["", "[metadata]", "type = quality_changes", "quality_type = standard"]
    lines += ["setting_version = 19"]
    lines += [f"position = {position}"] if position is not None else []
    lines += [f"post_processing_scripts = {scripts}"] if scripts else []
    lines += ["", "[values]"]
    lines += [f"{key} = {value}" for key, value in values.items()]
    return "\n".join(lines) + "\n\n"


WHOLE = {"layer_height": "0.16", "adhesion_type": "brim", "infill_sparse_density": "5"}
EXTRUDER = {
    "infill_sparse_density": "25.0",
    "wall_line_count": "=2 if layer_height > 0.1 else 3",
    "material_print_temperature": "207",
}


def curaprofile(*texts):
    return zipped(
        {f"creality_ender3_{number}": text for number, text in enumerate(texts)}
    )


def escaped(data) -> str:
    """What Cura appends to its G-code: escaped, cut into lines of 80 characters."""
    text = json.dumps(data)
    for char, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(char, escape)
    room = 80 - len(";SETTING_3 ")
    pieces = [text[start : start + room] for start in range(0, len(text), room)]
    return "".join(f";SETTING_3 {piece}\n" for piece in pieces)


def gcode(*texts):
    whole, *extruders = texts
    data = {"global_quality": whole, "extruder_quality": extruders}
    return ";FLAVOR:Marlin\nG28\n;LAYER_COUNT:1\n;End of Gcode\n" + escaped(data)


@pytest.fixture(params=[curaprofile, gcode], ids=["curaprofile", "gcode"])
def make(request):
    return request.param


def test_the_extruder_wins_over_the_printer(read, make):
    imported = read(make(container(WHOLE), container(EXTRUDER, 0)), file="some.thing")
    assert imported.engine == "curaengine" and imported.name == "My fine one"
    assert imported.values == {**WHOLE, **EXTRUDER}
    assert imported.layer_height == 0.16
    assert imported.about["definition"] == "creality_ender3"
    assert imported.about["quality_type"] == "standard"
    assert imported.about["setting_version"] == "19"
    assert codes(imported) == ["slicing.profile_only_changes"]
    assert "standard" in said(imported, "slicing.profile_only_changes")


def test_a_second_extruder_is_left_out_and_said(read, make):
    other = {"speed_print": "99"}
    imported = read(make(container(WHOLE), container(other, 1), container(EXTRUDER, 0)))
    assert "speed_print" not in imported.values
    assert "speed_print (2)" in said(imported, "slicing.profile_ignored")


GCODE = {"layer_height": "0.2", "machine_start_gcode": "G28\n\tG1 Z5 ;up\n\n\tM117 = [x]"}


def test_gcode_only_from_whom_may_bring_it(read, make):
    imported = read(make(container(GCODE)))
    assert imported.values == {"layer_height": "0.2"}
    assert "machine_start_gcode" in said(imported, "slicing.profile_gcode")
    imported = read(make(container(GCODE)), own_gcode=True)
    assert imported.values["machine_start_gcode"] == "G28\\nG1 Z5 ;up\\n\\nM117 = [x]"


def test_a_start_gcode_of_a_megabyte_is_left_out_and_said(read):
    text = container({**GCODE, "machine_start_gcode": "G1 X1\n\t" * 100_000})
    imported = read(curaprofile(text), own_gcode=True)
    assert imported.values == {"layer_height": "0.2"}
    assert "slicing.profile_gcode_long" in codes(imported)


def test_what_opens_files_or_runs_is_dropped_and_said(read, make):
    values = {"layer_height": "0.2", "cross_infill_density_image": "/etc/passwd"}
    imported = read(make(container(values, scripts="SearchAndReplace")))
    assert imported.values == {"layer_height": "0.2"}
    message = said(imported, "slicing.profile_dangerous")
    assert "cross_infill_density_image" in message and "post_processing" in message


def test_the_printers_own_values_are_only_told(read, make):
    values = {
        "layer_height": "0.2",
        "machine_width": "180",
        "machine_depth": "180",
        "machine_height": "170",
        "machine_shape": "elliptic",
        "machine_center_is_zero": "True",
        "machine_nozzle_size": "0.6",
        "machine_gcode_flavor": "Griffin",
    }
    imported = read(make(container(values)))
    assert imported.values == {"layer_height": "0.2"}
    assert imported.bed == BedSaid("circular", -90, -90, 90, 90)
    assert (imported.height, imported.nozzle) == (170, 0.6)
    assert codes(imported) == ["slicing.profile_only_changes"]


@pytest.mark.parametrize(
    "key",
    "magic_spiralize print_sequence infill_mesh cutting_mesh mold_enabled "
    "wireframe_enabled what_is_this material_flow_temp_graph".split(),
)
def test_other_kinds_of_prints_and_unknown_keys_are_left_out_and_said(key):
    values, problems, unfit = allowed({key: "True"}, own_gcode=True)
    assert not values and not unfit
    assert [problem.code for problem in problems] == ["slicing.profile_ignored"]


@pytest.mark.parametrize(
    "key", "infill_extruder_nr prime_tower_enable mesh_position_x".split()
)
def test_what_nobody_misses_goes_without_a_word(key):
    assert allowed({key: "1"}, own_gcode=True) == ({}, (), [])


@pytest.mark.parametrize("value", ["nan", "-Infinity", "", "1\x07", "9" * 2000])
def test_values_that_are_nonsense_are_said(value):
    values, _, unfit = allowed({"layer_height": value}, own_gcode=True)
    assert not values and len(unfit) == 1


# Settings of each of Cura's categories, of 4.8 to 5.0; the last line is new in 5.0.
REAL = """
layer_height layer_height_0 line_width wall_line_width_0 skirt_brim_line_width
initial_layer_line_width_factor wall_line_count wall_thickness wall_0_inset
outer_inset_first optimize_wall_printing_order alternate_extra_perimeter
travel_compensate_overlapping_walls_enabled fill_perimeter_gaps filter_out_tiny_gaps
xy_offset xy_offset_layer_0 hole_xy_offset z_seam_type z_seam_x roofing_layer_count
top_layers top_bottom_pattern_0 initial_bottom_layers skin_outline_count
connect_skin_polygons ironing_enabled expand_skins_expand_distance
max_skin_angle_for_expansion min_skin_width_for_expansion infill_sparse_density
zig_zaggify_infill connect_infill_polygons sub_div_rad_add gradual_infill_steps
min_infill_area lightning_infill_support_angle default_material_print_temperature
material_print_temperature material_flow build_volume_temperature speed_print
skirt_brim_speed acceleration_enabled jerk_print retraction_amount
retract_at_layer_change limit_support_retractions travel_avoid_distance layer_start_x
cool_fan_speed support_enable zig_zaggify_support minimum_support_area adhesion_type
skirt_line_count brim_width raft_margin layer_0_z_overlap meshfix_union_all
multiple_mesh_overlap carve_multiple_volumes remove_empty_first_layers slicing_tolerance
minimum_polygon_circumference draft_shield_enabled conical_overhang_enabled
coasting_enable magic_fuzzy_skin_enabled flow_rate_max_extrusion_offset
adaptive_layer_height_enabled bridge_settings_enabled clean_between_layers
max_extrusion_before_wipe wipe_pause small_hole_max_size
inset_direction min_wall_line_width wall_transition_angle min_bead_width min_feature_size
""".split()


@pytest.mark.parametrize("key", REAL)
def test_settings_of_every_category_come_in(key):
    assert allowed({key: "1"}, own_gcode=False).values == {key: "1"}


def test_an_old_profile_that_is_no_zip(read):
    assert read(container(WHOLE), file="old.curaprofile").values == WHOLE


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(curaprofile(container({})), id="nothing changed"),
        pytest.param(";SETTING_3 {\n;SETTING_3 what\n", id="damaged"),
        pytest.param(escaped(["no", "object"]), id="a list"),
        pytest.param(escaped({"global_quality": 7}), id="numbers"),
        pytest.param(escaped({"extruder_quality": ["no ini"]}), id="no container"),
    ],
)
def test_what_is_no_profile_is_refused_in_one_sentence(read, content):
    with pytest.raises(SlicingRefused) as caught:
        read(content, file="x.gcode")
    assert caught.value.code == "slicing.bad_profile" and "Cura" in str(caught.value)
