from __future__ import annotations

import subprocess

import pytest

from octoprint_img2stl.slicing.imports import read_any
from octoprint_img2stl.slicing.imports.prusa import KNOWN
from octoprint_img2stl.slicing.imports.prusa_values import EITHER, PERCENT, TEXT, WORDS
from octoprint_img2stl.slicing.profile_file import GCODE_LIMIT
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.vendor.bed import BedSaid
from tests.unit.slicing.imports.conftest import codes, said


def test_a_whole_export_of_the_installed_slicer(prusaslicer, tmp_path):
    path = tmp_path / "all.ini"
    command = [prusaslicer.path, "--save", str(path)]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    imported = read_any(path, own_gcode=True, name="from my desk.ini")
    assert imported.engine == "prusaslicer" and imported.name == "from my desk"
    assert len(imported.values) > 170 and "start_gcode" in imported.values
    assert not imported.problems and not imported.choices and not imported.undecided
    assert imported.bed == BedSaid("rectangular", 0, 0, 200, 200)
    assert (imported.nozzle, imported.height) == (0.4, 200)
    assert (imported.material, imported.layer_height) == ("PLA", 0.3)
    assert imported.to_json()["values"]["layer_height"] == "0.3"


def test_the_value_table_names_only_keys_that_are_known():
    assert PERCENT | EITHER | TEXT | WORDS.keys() <= KNOWN
    kinds = [PERCENT, EITHER, TEXT, WORDS.keys()]
    assert sum(map(len, kinds)) == len(set().union(*kinds))


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("layer_height = abc", False),
        ("layer_height = nan", False),
        ("layer_height = inf", False),
        ("layer_height = 1e999", False),
        ("layer_height = 20%", False),
        ("layer_height = nil", False),
        ("layer_height = ", False),
        ("layer_height = 0.2", True),
        ("temperature = 215,215", True),
        ("temperature = 215,", False),
        ("fill_density = 15%", True),
        ("first_layer_height = 75%", True),
        ("filament_retract_length = nil", True),
        ("fill_pattern = gyroid", True),
        ("fill_pattern = crosshatch", False),
        ("support_material = 1", True),
        ("filament_type = PLA", True),
        ("filament_type = Ελλάς", True),
    ],
)
def test_values_that_prusaslicer_could_not_read_are_left_out_and_said(read, line, kept):
    imported = read(f"perimeters = 3\n{line}\n")
    key = line.partition(" ")[0]
    assert (key in imported.values) == kept
    assert imported.values["perimeters"] == "3"
    if not kept:
        assert key in said(imported, "slicing.profile_values")


def test_what_runs_sends_or_rewrites_is_dropped_and_said(read):
    imported = read(
        "layer_height = 0.2\npost_process = /bin/evil\nprint_host = 10.0.0.1\n"
        "gcode_substitutions = G1;G0\nbinary_gcode = 1\nprinthost_apikey = secret\n",
        own_gcode=True,
    )
    assert imported.values == {"layer_height": "0.2"}
    message = said(imported, "slicing.profile_dangerous")
    assert "post_process" in message and "secret" not in message


def test_gcode_of_somebody_who_may_not_bring_any_is_left_out(read):
    text = "layer_height = 0.2\nstart_gcode = G28\\n{if layer_num}M104 S999{endif}\n"
    imported = read(text)
    assert imported.values == {"layer_height": "0.2"}
    assert codes(imported) == ["slicing.profile_gcode"]
    assert "{if layer_num}" in read(text, own_gcode=True).values["start_gcode"]


def test_a_start_gcode_of_a_megabyte_is_left_out_and_said(read):
    long = "G1 X1\\n" * 150_000
    imported = read(f"layer_height = 0.2\nstart_gcode = {long}\n", own_gcode=True)
    assert imported.values == {"layer_height": "0.2"}
    assert str(GCODE_LIMIT) in said(imported, "slicing.profile_gcode_long")


def test_only_line_breaks_end_a_line(read):
    imported = read("printer_notes = a\u2028post_process = b\x0cc\nperimeters = 2\r\n")
    assert imported.values["perimeters"] == "2"
    assert "slicing.profile_dangerous" not in codes(imported)


def test_a_resin_printer_is_refused(read):
    with pytest.raises(SlicingRefused) as caught:
        read("printer_technology = SLA\nlayer_height = 0.05\n")
    assert "resin" in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "bed"),
    [
        ("0x0,220x0,220x210,0x210", BedSaid("rectangular", 0, 0, 220, 210)),
        ("-90x-90,90x-90,90x90,-90x90", BedSaid("rectangular", -90, -90, 90, 90)),
        ("0x0,9x0,9x9,5x5,0x9", BedSaid("custom", 0, 0, 9, 9)),
        ("0x0,9x0,9x9,0x9,0x0", BedSaid("rectangular", 0, 0, 9, 9)),
        ("0x0,9x0", None),
        ("0x0,9x0,9xnan", None),
        ("0x0,9x0,9x1e99", None),
        ("0x0,0x0,0x0", None),
        ("what", None),
    ],
)
def test_the_bed(read, shape, bed):
    assert read(f"perimeters = 2\nbed_shape = {shape}\n").bed == bed


def test_the_printers_own_values_are_only_told(read):
    imported = read(
        "perimeters = 2\nbed_shape = 0x0,9x0,9x9,0x9\nnozzle_diameter = 0.6,0.4\n"
        "max_print_height = 99\n"
    )
    assert imported.values == {"perimeters": "2"}
    assert (imported.nozzle, imported.height) == (0.6, 99)


def test_slic3rs_names(read):
    imported = read("external_fill_pattern = concentric\nbottom_fill_pattern = line\n")
    assert imported.values == {
        "top_fill_pattern": "concentric",
        "bottom_fill_pattern": "line",
    }
    imported = read("perimeters = 2\noctoprint_apikey = secret\n")
    message = said(imported, "slicing.profile_dangerous")
    assert "octoprint_apikey" in message and "secret" not in message


SUPERSLICER = """\
# generated by SuperSlicer 2.5.59 on 2024-07-01
nozzle_diameter = 0.4
layer_height = 0.2
first_layer_height = 75%
extrusion_width = 110%
external_perimeter_extrusion_width = 0.5
default_speed = 80
perimeter_speed = 50%
solid_infill_speed = 75%
infill_speed = 100%
gap_fill_speed = 50%
external_perimeter_speed = 50%
default_acceleration = 1000
perimeter_acceleration = 80%
bridge_flow_ratio = 90%
fill_pattern = scatteredrectilinear
top_fill_pattern = monotonicgapfill
seam_position = cost
first_layer_size_compensation = -0.15
perimeter_loop = 0
infill_connection = connected
"""


def test_superslicers_percentages_are_worked_out(read):
    imported = read(SUPERSLICER)
    assert {
        "first_layer_height": "0.3",
        "extrusion_width": "0.44",
        "external_perimeter_extrusion_width": "0.5",
        "perimeter_speed": "40",
        "solid_infill_speed": "60",
        "infill_speed": "60",
        "gap_fill_speed": "20",
        "external_perimeter_speed": "50%",
        "perimeter_acceleration": "800",
        "bridge_flow_ratio": "0.9",
        "fill_pattern": "rectilinear",
        "top_fill_pattern": "monotonic",
        "seam_position": "nearest",
        "elefant_foot_compensation": "0.15",
    }.items() <= imported.values.items()
    assert codes(imported) == ["slicing.profile_ignored"]
    assert "infill_connection" in said(imported, "slicing.profile_ignored")


def test_superslicers_percentage_of_what_is_missing_is_said(read):
    """PrusaSlicer would take it for a percentage of something else."""
    text = "perimeter_loop = 0\nperimeters = 2\nperimeter_speed = 50%\n"
    imported = read(text + "extrusion_width = 110%\nfirst_layer_height = 75%\n")
    assert imported.values == {"perimeters": "2"}
    message = said(imported, "slicing.profile_ignored")
    for key in ("perimeter_speed", "extrusion_width", "first_layer_height"):
        assert key in message
