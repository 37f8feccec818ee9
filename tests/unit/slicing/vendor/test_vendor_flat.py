from __future__ import annotations

import math

import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.slicing.imports.compare import contradictions
from octoprint_img2stl.slicing.profile_file import allowed
from octoprint_img2stl.slicing.vendor.bed import CUSTOM, bed_said
from octoprint_img2stl.slicing.vendor.bundle import FILAMENT, PRINT, PRINTER, Bundle
from octoprint_img2stl.slicing.vendor.flat import flattened
from octoprint_img2stl.slicing.vendor.ini import parse_sections


def flat(printer: str = "", print_: str = "", filament: str = ""):
    """Of three presets given by their lines."""
    text = f"[printer:A]\n{printer}\n[print:B]\n{print_}\n[filament:C]\n{filament}\n"
    made = Bundle("X", parse_sections(text))
    presets = (
        made.preset(PRINTER, "A"),
        made.preset(PRINT, "B"),
        made.preset(FILAMENT, "C"),
    )
    return flattened("X", *presets)


def round_bed(radius: float, corners: int = 72, x: float = 0, y: float = 0) -> str:
    turns = [2 * math.pi * (corner + 0.5) / corners for corner in range(corners)]
    return ",".join(
        f"{x + radius * math.cos(turn):.4f}x{y + radius * math.sin(turn):.4f}"
        for turn in turns
    )


def test_all_three_are_in_it_and_nothing_about_the_bundle():
    made = flat(
        "printer_model = ONE\nprinter_notes = N\ndefault_print_profile = B\nhost_type = x",
        "layer_height = 0.2\ncompatible_printers = A\nalias = b",
        "temperature = 205\ncompatible_prints_condition = true\nrenamed_from = c",
    )
    values = {**made.values}
    assert values.pop("bed_shape") == "0x0,200x0,200x200,0x200"
    assert values == {
        "printer_model": "ONE",
        "printer_notes": "N",
        "layer_height": "0.2",
        "temperature": "205",
        "printer_settings_id": "A",
        "print_settings_id": "B",
        "filament_settings_id": '"C"',
    }
    kept = allowed(made.values, own_gcode=True).values
    assert kept["printer_model"] == "ONE" and kept["printer_notes"] == "N"


def test_what_runs_or_rewrites_goes_no_further_than_the_allow_list():
    made = flat(
        "gcode_substitutions = a;b", "layer_height = 0.2\npost_process = /bin/evil"
    )
    kept, problems = allowed(made.values, own_gcode=True)
    assert "post_process" not in kept and "gcode_substitutions" not in kept
    assert [problem.code for problem in problems] == ["slicing.profile_dangerous"]
    assert problems[0].values["keys"] == "gcode_substitutions, post_process"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r'"; a\nG1 \"x\"; y\n"', r'"; a\nG1 \"x\"; y\n"'),
        ('"M900 K1";"M900 K2"', '"M900 K1"'),
        ('"M900 K1" ; ""', '"M900 K1"'),
        ("M900 K1", "M900 K1"),
        ("M900 K1 ; say;more", "M900 K1 "),
        ("; no quotes", ""),
        ("", ""),
        ('"open', '"open'),  # PrusaSlicer refuses it, and says so
    ],
)
def test_of_several_filaments_gcode_the_first_counts(written, expected):
    values = flat(filament=f"end_filament_gcode = {written}").values
    assert values["end_filament_gcode"] == expected


@pytest.mark.parametrize("flavor", ["reprapfirmware", "klipper", "smoothie"])
def test_only_marlin_needs_a_reset_of_relative_extrusion(flavor):
    made = flat(f"gcode_flavor = {flavor}\nuse_relative_e_distances = 1")
    assert "layer_gcode" not in made.values


@pytest.mark.parametrize(
    ("print_", "key", "expected"),
    [
        ("layer_height = 0.2\nfirst_layer_height = 150%", "first_layer_height", "0.3"),
        ("layer_height = 0.3\nfirst_layer_height = 100%", "first_layer_height", "0.3"),
        ("first_layer_height = 50%", "first_layer_height", "0.15"),
        ("layer_height = 2\nfirst_layer_height = 500%", "first_layer_height", "10"),
        ("first_layer_height = 0.2", "first_layer_height", "0.2"),
        ("first_layer_height = x%", "first_layer_height", "x%"),
        ("gap_fill_speed = 0", "gap_fill_enabled", "0"),
        ("gap_fill_speed = 20", "gap_fill_enabled", None),
        ("binary_gcode = 1", "binary_gcode", "0"),
        ("use_relative_e_distances = 1", "layer_gcode", "G92 E0"),
        ("use_relative_e_distances = 0", "layer_gcode", None),
        (
            "use_relative_e_distances = 1\nlayer_gcode = ;L\\nM117 x",
            "layer_gcode",
            ";L\\nM117 x\\nG92 E0",
        ),
        (
            "use_relative_e_distances = 1\nlayer_gcode = ;L\\ng92e0.0 ; r",
            "layer_gcode",
            None,
        ),
        (
            "use_relative_e_distances = 1\nbefore_layer_gcode = G92 E0",
            "layer_gcode",
            None,
        ),
        (
            "use_relative_e_distances = 1\nlayer_gcode = ;G92 E0 not",
            "layer_gcode",
            ";G92 E0 not\\nG92 E0",
        ),
    ],
)
def test_what_the_command_line_would_stumble_over_is_mended(print_, key, expected):
    values = flat("gcode_flavor = marlin2", print_).values
    if expected is None:
        before = dict(line.split(" = ", 1) for line in print_.splitlines())
        assert values.get(key) == before.get(key)
    else:
        assert values[key] == expected


@pytest.mark.parametrize(
    ("shape", "form", "box"),
    [
        ("0x0,220x0,220x210,0x210", "rectangular", (0, 0, 220, 210)),
        ("-107x-93, 107x-93, 107x93, -107x93", "rectangular", (-107, -93, 107, 93)),
        ("5x2.5,5x222.5,225x222.5,225x2.5", "rectangular", (5, 2.5, 225, 222.5)),
        ("0x0,200x0,200x200", CUSTOM, (0, 0, 200, 200)),
        ("0x0,100x-5,200x0,200x200,0x200", CUSTOM, (0, -5, 200, 200)),
        ("100x0,200x100,100x200,0x100", CUSTOM, (0, 0, 200, 200)),  # a rhombus
        ("1.5e-14x0,2e2x-1.6e-014,200x200,.0x200.", "custom", (0, -1.6e-14, 200, 200)),
    ],
)
def test_beds_with_corners(shape, form, box):
    bed = bed_said(shape)
    assert (bed.form, bed.x_min, bed.y_min, bed.x_max, bed.y_max) == (form, *box)


@pytest.mark.parametrize("corners", [12, 71, 72, 360])
def test_round_beds(corners):
    bed = bed_said(round_bed(90, corners))
    assert bed.form == CIRCULAR and bed.centred
    assert 90 * 2 * 0.96 < bed.width <= 180
    assert bed.machine(200, 0.4).form == CIRCULAR


@pytest.mark.parametrize(
    "shape",
    [
        *(
            "",
            "0x0",
            "0x0,10x0",
            "0x0,0x0,0x0",
            "0x0,1e9x0,1x1",
            "0x0,1e999x0,1x1",
            "nanx0,5x5,9x9",
            "axb",
        ),
        *("0x0,200x0,200x200,0x200;", "0x0,99999x0,99999x9,0x9", "0x0," * 3000 + "9x9"),
    ],
)
def test_no_bed(shape):
    assert bed_said(shape) is None
    made = flat(f"bed_shape = {shape}")
    assert made.bed is None and made.machine().width == 200
    assert [problem.code for problem in made.problems] == ["slicing.profile_without_bed"]
    assert made.values["bed_shape"] == "0x0,200x0,200x200,0x200"
    found = contradictions(made, Machine(height=150))
    assert [each.what for each in found] == ["height"]


def test_a_custom_bed_is_said():
    made = flat("bed_shape = 0x0,200x0,200x200")
    assert [problem.code for problem in made.problems] == ["slicing.profile_bed_custom"]
    assert made.machine().width == 200


def test_several_extruders_are_said():
    made = flat(f"{RECTANGLE}\nnozzle_diameter = 0.4,0.4,0.4")
    assert [problem.code for problem in made.problems] == [
        "slicing.profile_several_extruders"
    ]
    assert made.problems[0].values["count"] == 3


@pytest.mark.parametrize(
    ("printer", "nozzle", "height"),
    [
        ("nozzle_diameter = 0.6,0.4\nmax_print_height = 300", 0.6, 300),
        ("", 0.4, 200),
        ("nozzle_diameter = 9\nmax_print_height = 0", 0.4, 200),
        ("nozzle_diameter = nan\nmax_print_height = 1e9", 0.4, 200),
    ],
)
def test_nozzle_and_height(printer, nozzle, height):
    made = flat(printer)
    assert (made.nozzle, made.height) == (nozzle, height)


RECTANGLE = "bed_shape = 0x0,220x0,220x210,0x210\nmax_print_height = 250"


@pytest.mark.parametrize(
    ("shape", "same"),
    [
        ("0x0,220x0,220x210,0x210", True),
        ("-107x-93,107x-93,107x93,-107x93", True),
        (round_bed(90, 360), True),
        # OctoPrint knows no such beds; only of the first it can say what is almost the same
        ("5x5,225x5,225x215,5x215", True),
        ("25x25,225x25,225x215,25x215", False),
        ("-33x-93,0x-93,0x93,-33x93", False),
    ],
)
def test_octoprints_own_profile_of_it(shape, same):
    made = flat(f"bed_shape = {shape}\nmax_print_height = 250")
    volume = made.bed.octoprint_volume(made.height)
    machine = Machine.from_octoprint_profile(
        {"volume": volume, "extruder": {"nozzleDiameter": made.nozzle}}
    )
    assert (contradictions(made, machine) == ()) is same
