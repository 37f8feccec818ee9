"""OrcaSlicer's presets, written after its `Preset.cpp` and `CreatePresetsDialog.cpp`."""

from __future__ import annotations

import json
import subprocess

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.imports import orca_keys as keys
from octoprint_img2stl.slicing.imports import read_any
from octoprint_img2stl.slicing.imports.orca_macros import in_prusas_words
from octoprint_img2stl.slicing.imports.orca_values import translated
from octoprint_img2stl.slicing.imports.prusa import KNOWN
from octoprint_img2stl.slicing.profile_file import DANGEROUS, write_ini
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings
from octoprint_img2stl.slicing.vendor.bed import BedSaid
from octoprint_img2stl.slicing.vendor.ini import unescaped
from tests.unit.slicing.imports.conftest import codes, orca_zip, said, zipped

MACHINE = {
    "type": "machine",
    "name": "My printer 0.4",
    "from": "User",
    "inherits": "common machine",
    "printable_area": ["0x0", "235x0", "235x230", "0x230"],
    "printable_height": "245",
    "nozzle_diameter": ["0.4"],
    "gcode_flavor": "marlin2",
    "retraction_length": ["4.5", "4.5"],
    "z_hop": ["0.2"],
    "machine_max_acceleration_x": ["1500", "1250"],
    "machine_start_gcode": "M104 S[nozzle_temperature_initial_layer]\nG28\n"
    "M190 S{bed_temperature_initial_layer[0]}\nM109 S[nozzle_temperature_initial_layer]",
    "machine_end_gcode": "M104 S0\nM84",
    "layer_change_gcode": ";[layer_z]",
    "print_host": "10.0.0.7",
    "use_relative_e_distances": "0",
}
COMMON_MACHINE = {
    "type": "machine",
    "name": "common machine",
    "instantiation": "false",
    "retraction_length": ["1"],
    "retraction_speed": ["35"],
}
PROCESS = {
    "type": "process",
    "name": "0.20mm mine",
    "layer_height": "0.2",
    "initial_layer_print_height": "0.25",
    "wall_loops": "3",
    "sparse_infill_density": "12",
    "sparse_infill_pattern": "zig-zag",
    "top_surface_pattern": "monotonicline",
    "infill_wall_overlap": "20",
    "line_width": "110%",
    "outer_wall_line_width": "0.42",
    "outer_wall_speed": "40",
    "inner_wall_speed": "60",
    "sparse_infill_speed": "80",
    "small_perimeter_speed": "50%",
    "default_acceleration": "1000",
    "sparse_infill_acceleration": "80%",
    "wall_sequence": "outer wall/inner wall",
    "seam_position": "back",
    "ironing_type": "topmost",
    "brim_type": "outer_only",
    "brim_width": "4",
    "enable_support": "1",
    "support_type": "normal(manual)",
    "support_style": "snug",
    "only_one_wall_top": "1",
    "gap_fill_target": "nowhere",
    "skirt_loops": "2",
    "min_bead_width": "85",
    "post_process": ["/bin/evil", "and more"],
    "slicing_pipeline_plugin": "evil",
    "spiral_mode": "1",
    "overhang_1_4_speed": "20",
}
FILAMENT = {
    "type": "filament",
    "name": "My PETG",
    "filament_type": ["PETG"],
    "nozzle_temperature": ["235"],
    "nozzle_temperature_initial_layer": ["240"],
    "hot_plate_temp": ["75"],
    "hot_plate_temp_initial_layer": ["80"],
    "textured_plate_temp": ["65"],
    "filament_flow_ratio": ["0.95"],
    "filament_diameter": ["1.75"],
    "fan_cooling_layer_time": ["29.7"],
    "fan_max_speed": ["60"],
    "fan_min_speed": ["20"],
    "filament_retraction_length": ["nil"],
    "filament_shrink": ["99.6%"],
    "close_fan_the_first_x_layers": ["3"],
}
EVERYTHING = orca_zip(MACHINE, COMMON_MACHINE, PROCESS, FILAMENT)


def test_three_presets_become_one_profile(read):
    imported = read(EVERYTHING, own_gcode=True, file="x.orca_printer")
    assert imported.engine == "prusaslicer" and imported.name == "0.20mm mine / My PETG"
    assert {
        "layer_height": "0.2",
        "first_layer_height": "0.25",
        "perimeters": "3",
        "fill_density": "12%",
        "fill_pattern": "rectilinear",
        "top_fill_pattern": "monotoniclines",
        "infill_overlap": "20%",
        "extrusion_width": "0.44",
        "external_perimeter_extrusion_width": "0.42",
        "external_perimeter_speed": "40",
        "perimeter_speed": "60",
        "infill_speed": "80",
        "small_perimeter_speed": "20",
        "infill_acceleration": "800",
        "external_perimeters_first": "1",
        "seam_position": "rear",
        "ironing": "1",
        "ironing_type": "topmost",
        "brim_type": "outer_only",
        "brim_width": "4",
        "support_material": "1",
        "support_material_auto": "0",
        "support_material_style": "snug",
        "top_one_perimeter_type": "top",
        "gap_fill_enabled": "0",
        "skirts": "2",
        "min_bead_width": "85%",
        "filament_type": "PETG",
        "temperature": "235",
        "first_layer_temperature": "240",
        "bed_temperature": "75",
        "first_layer_bed_temperature": "80",
        "extrusion_multiplier": "0.95",
        "fan_below_layer_time": "30",
        "max_fan_speed": "60",
        "filament_retract_length": "nil",
        "filament_shrinkage_compensation_xy": "0.4%",
        "disable_fan_first_layers": "3",
        "retract_length": "4.5",
        "retract_speed": "35",
        "retract_lift": "0.2",
        "machine_max_acceleration_x": "1500",
        "gcode_flavor": "marlin2",
        "start_gcode": "M104 S[first_layer_temperature]\\nG28\\n"
        "M190 S{first_layer_bed_temperature[0]}\\nM109 S[first_layer_temperature]",
        "layer_gcode": ";[layer_z]",
        "use_relative_e_distances": "0",
    }.items() <= imported.values.items()
    assert imported.bed == BedSaid("rectangular", 0, 0, 235, 230)
    assert (imported.height, imported.nozzle) == (245, 0.4)
    assert (imported.material, imported.layer_height) == ("PETG", 0.2)
    assert not imported.undecided and not imported.choices


def test_what_runs_or_sends_is_dropped_and_the_rest_said(read):
    imported = read(EVERYTHING)
    message = said(imported, "slicing.profile_dangerous")
    for word in ("post_process", "print_host", "slicing_pipeline_plugin"):
        assert word in message and word not in imported.values
    ignored = said(imported, "slicing.profile_ignored")
    assert "spiral_mode" in ignored and "overhang_1_4_speed" in ignored
    assert "start_gcode" not in imported.values
    assert "slicing.profile_gcode" in codes(imported)


def test_it_slices(read, prusaslicer, cube, do_slice):
    imported = read(EVERYTHING, own_gcode=True)
    machine = Machine(x_max=235, y_max=230, height=245)
    _, gcode = do_slice(
        prusaslicer, cube, machine, SliceSettings(), profile=imported.values
    )
    text = gcode.read_text()
    assert "; temperature = 235\n" in text and "; extrusion_width = 0.44\n" in text
    assert "M190 S80\nM109 S240\n" in text.replace(" ; set", "\n; set")


def test_a_percentage_of_what_is_not_known_is_left_out_and_said(read):
    """Without the printer: PrusaSlicer would take it for a share of the layer's height."""
    preset = {**PROCESS, "outer_wall_speed": ""}
    imported = read(json.dumps(preset))
    assert not {"extrusion_width", "small_perimeter_speed"} & imported.values.keys()
    found = translated(preset)
    assert {"extrusion_width", "small_perimeter_speed"} <= set(found.unmatched)
    assert imported.values["infill_acceleration"] == "800"


def test_extrusion_is_relative_unless_a_printer_says_otherwise(
    read, prusaslicer, cube, do_slice
):
    """Its default is unsaid, and its G-code counts on it."""
    printer = {**MACHINE, "before_layer_change_gcode": "G92 E0"}
    del printer["use_relative_e_distances"]
    imported = read(orca_zip(printer, PROCESS), own_gcode=True)
    assert imported.values["use_relative_e_distances"] == "1"
    machine = Machine(x_max=235, y_max=230, height=245)
    _, gcode = do_slice(
        prusaslicer, cube, machine, SliceSettings(), profile=imported.values
    )
    assert "\nM83" in gcode.read_text()
    assert "use_relative_e_distances" not in read(orca_zip(printer, PROCESS)).values


def test_one_preset_alone_says_what_it_lacks(read):
    preset = {"name": "Mine", "from": "User", "inherits": "Generic PLA @System"}
    preset |= {"filament_settings_id": ["Mine"], "nozzle_temperature": ["199"]}
    imported = read("\ufeff" + json.dumps(preset), file="Mine.json")
    assert imported.values == {"temperature": "199"} and imported.name == "Mine"
    assert "Generic PLA" in said(imported, "slicing.profile_parent_missing")


def test_a_preset_that_others_build_on_can_be_given_alone(read):
    imported = read(json.dumps(COMMON_MACHINE))
    assert imported.values == {"retract_length": "1", "retract_speed": "35"}


def test_of_several_presets_one_has_to_be_chosen(read):
    other = {**PROCESS, "name": "0.12mm mine", "layer_height": "0.12"}
    content = orca_zip(PROCESS, other, FILAMENT)
    imported = read(content)
    assert imported.undecided and not imported.values
    assert imported.choices == {"print": ("0.20mm mine", "0.12mm mine")}
    imported = read(content, choose={"print": "0.12mm mine"})
    assert imported.layer_height == 0.12 and not imported.undecided


@pytest.mark.parametrize(
    ("plate", "temperature"),
    [("Textured PEI Plate", "65"), ("High Temp Plate", "75"), ("Moon", "75")],
)
def test_the_beds_temperature_is_the_plates(plate, temperature):
    found = translated({**FILAMENT, "curr_bed_type": plate})
    assert found.values["bed_temperature"] == temperature


def test_an_automatic_brim_is_left_to_us(read):
    imported = read(json.dumps({**PROCESS, "brim_type": "auto_brim"}))
    assert not {"brim_type", "brim_width"} & imported.values.keys()


def test_trees_are_organic():
    found = translated({"support_type": "tree(auto)", "support_style": "tree_slim"})
    assert found.values == {
        "support_material_auto": "1",
        "support_material_style": "organic",
    }


def test_the_older_order_of_walls_and_infill():
    found = translated({"wall_infill_order": "infill/outer wall/inner wall"})
    assert found.values == {"infill_first": "1", "external_perimeters_first": "1"}


def test_a_value_without_counterpart_is_said(read):
    imported = read(json.dumps({**PROCESS, "sparse_infill_pattern": "crosshatch"}))
    assert "fill_pattern = crosshatch" in said(imported, "slicing.profile_values")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("M104 S[nozzle_temperature]", "M104 S[temperature]"),
        ("{if layer_z > 1}M106{endif}", "{if layer_z > 1}M106{endif}"),
        (
            'M{filament_type[0]=="nozzle_temperature"}',
            'M{filament_type[0]=="nozzle_temperature"}',
        ),
        ("G1 X{print_bed_max[0]/2}", "G1 X{print_bed_max[0]/2}"),
        ("plain ; text", "plain ; text"),
        (
            "{if printer_notes=~/.*(MK3.9S|CORE One).*/}M1{endif}",
            "{if printer_notes=~/.*(MK3.9S|CORE One).*/}M1{endif}",
        ),
    ],
)
def test_placeholders(theirs, ours):
    assert in_prusas_words(theirs) == (ours, [])


@pytest.mark.parametrize(
    ("gcode", "names"),
    [
        ("M1002 {overall_chamber_temperature}", ["overall_chamber_temperature"]),
        ("[curr_bed_type] [temperature]", ["curr_bed_type"]),
    ],
)
def test_placeholders_that_prusaslicer_does_not_know(gcode, names):
    assert in_prusas_words(gcode)[1] == names


def test_gcode_with_a_placeholder_of_their_own_is_left_out_and_said(read):
    gcode = "M1002 [overall_chamber_temperature]"
    imported = read(json.dumps({**MACHINE, "machine_start_gcode": gcode}), own_gcode=True)
    assert "start_gcode" not in imported.values and "end_gcode" in imported.values
    message = said(imported, "slicing.profile_gcode_foreign")
    assert "machine_start_gcode" in message and "overall_chamber_temperature" in message


def test_the_tables_fit_together():
    to = set(keys.RENAMED.values()) | keys.SAME
    printers = {"bed_shape", "max_print_height", "nozzle_diameter", "printer_technology"}
    assert to - KNOWN == printers
    assert len(set(keys.RENAMED.values())) == len(keys.RENAMED)
    assert not keys.RENAMED.keys() & keys.SAME
    assert keys.WORDS.keys() | keys.PERCENT | keys.OF.keys() <= to
    taken = keys.RENAMED.keys() | keys.SAME
    assert not [key for key in taken if DANGEROUS.fullmatch(key)]


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"a": 1}',
        '{"type": "machine_model", "name": "x", "nozzle_diameter": "0.4"}',
        '{"layer_height": ',
        "{" * 100_000,
        '{"layer_height": ' + "[" * 100_000,
        zipped({"bundle_structure.json": "{}", "a.txt": "b"}),
    ],
    ids=range(7),
)
def test_what_is_no_preset_is_refused(read, content):
    with pytest.raises(SlicingRefused) as caught:
        read(content, file="x.json")
    assert caught.value.code == "slicing.bad_profile"


@pytest.mark.parametrize(
    "value", [None, 7, True, {}, [], [1], [None], [[]], "", "\ud83d", "a\nb"], ids=repr
)
@pytest.mark.parametrize("key", ["layer_height", "name", "inherits", "printable_area"])
def test_strange_values_do_no_harm(read, key, value):
    preset = {**PROCESS, "printable_area": ["0x0"], key: value}
    assert read(json.dumps(preset)).values["perimeters"] == "3"


BLOCK = """\
; CONFIG_BLOCK_START
; layer_height = 0.16
; wall_loops = 3
; nozzle_diameter = 0.4,0.4
; line_width = 105%
; retraction_length = 0.8,0.9
; filament_type = PETG;PLA
; filament_start_gcode = "; start\\nM900 K0.1 ; \\"now\\"";"; second"
; machine_start_gcode = G28\\nM104 S[nozzle_temperature_initial_layer]
; printable_area = 0x0,180x0,180x180,0x180
; curr_bed_type = Textured PEI Plate
; textured_plate_temp = 66,67
; print_settings_id = 0.16mm Fine @X
; post_process = "/bin/evil"
; sparse_infill_density = 15%
; CONFIG_BLOCK_END
"""


@pytest.mark.parametrize(
    "text",
    [
        "; HEADER_BLOCK_START\n; HEADER_BLOCK_END\nG28\nG1 X1 E1\n\n" + BLOCK + "\n",
        "; HEADER_BLOCK_END\n\n" + BLOCK + "\nG28\n" + "G1 X1.234 E1\n" * 200_000,
        "; HEADER_BLOCK_END\n\n" + BLOCK.replace("\n", "\r\n") + "\nG28\n",
    ],
    ids=["at the end", "at the beginning", "Windows"],
)
def test_the_settings_in_a_gcode(read, text):
    imported = read(text, file="x.gcode", own_gcode=True)
    assert imported.engine == "prusaslicer" and imported.name == "0.16mm Fine @X"
    assert imported.values == {
        "layer_height": "0.16",
        "perimeters": "3",
        "extrusion_width": "0.42",
        "retract_length": "0.8",
        "filament_type": "PETG",
        "bed_temperature": "66",
        "start_filament_gcode": r'"; start\nM900 K0.1 ; \"now\""',
        "start_gcode": r"G28\nM104 S[first_layer_temperature]",
        "use_relative_e_distances": "1",
        "fill_density": "15%",
    }
    assert imported.bed == BedSaid("rectangular", 0, 0, 180, 180)
    assert codes(imported) == ["slicing.profile_dangerous"]


def test_texts_arrive_in_the_slicer_as_they_were(read, prusaslicer, tmp_path):
    """Backslashes, quotes, semicolons and line breaks, through PrusaSlicer and back."""
    text = '; first\nM117 "a \\ b"\nM118 c'
    texts = {"machine_start_gcode": text, "filament_start_gcode": [text]}
    imported = read(json.dumps({**MACHINE, **texts}), own_gcode=True)
    write_ini(tmp_path / "a.ini", imported.values)
    command = [prusaslicer.path, "--load", "a.ini", "--save", "b.ini"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    values = read_any(tmp_path / "b.ini", own_gcode=True).values
    assert unescaped(values["start_gcode"]) == text
    assert unescaped(values["start_filament_gcode"][1:-1]) == text
