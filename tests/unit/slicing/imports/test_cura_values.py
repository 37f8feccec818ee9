"""Values in a Cura profile that no print could want."""

from __future__ import annotations

import pytest

from octoprint_img2stl.slicing.cura.files import BASE, BASE_EXTRUDER, Files, settings
from octoprint_img2stl.slicing.cura.keys import PLAIN_KEYS
from octoprint_img2stl.slicing.imports.cura_values import (
    ABOVE_NOTHING,
    ANGLES,
    MOST,
    SIGNED,
    SWITCHES,
    WORDS,
    fitting,
)
from tests.unit.slicing.cura.here import resources
from tests.unit.slicing.imports.conftest import codes, said, zipped


def profile(**values):
    """A .curaprofile of the printer's container alone."""
    lines = ["[general]", "version = 4", "name = x", "definition = creality_ender3"]
    lines += ["[values]", *(f"{key} = {value}" for key, value in values.items())]
    return zipped({"x": "\n".join(lines)})


def test_a_start_gcode_of_a_megabyte_is_left_out_and_said(read):
    content = profile(layer_height="0.2", machine_start_gcode="G1 X1\n\t" * 100_000)
    imported = read(content, own_gcode=True)
    assert imported.values["layer_height"] == "0.2"
    assert "machine_start_gcode" not in imported.values
    assert "slicing.profile_gcode_long" in codes(imported)


@pytest.mark.parametrize("value", ["nan", "-Infinity", "1\x07", "9" * 2000])
def test_values_that_are_nonsense_are_left_out_and_said(read, value):
    imported = read(profile(layer_height=value, speed_print="50"))
    assert "layer_height" not in imported.values and imported.layer_height is None
    assert "layer_height" in said(imported, "slicing.profile_ignored")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("speed_print", "fast"),
        ("speed_print", "-5"),
        ("speed_print", "0"),
        ("wall_line_count", "3 lines"),
        ("material_print_temperature", "400"),
        ("infill_pattern", "honeycomb"),
        ("support_enable", "perhaps"),
        ("skin_angles", "45, 135"),
        ("line_width", "=machine_nozzle_size *"),
    ],
)
def test_a_value_that_cura_cannot_have_is_left_out_when_it_is_brought(read, key, value):
    imported = read(profile(layer_height="0.2", **{key: value}))
    assert imported.values == {"layer_height": "0.2", "definition": "creality_ender3"}
    assert f"{key} = {value}" in said(imported, "slicing.profile_values")


def test_a_profile_of_nothing_but_mistakes_is_told_and_not_refused(read):
    imported = read(profile(layer_height="thick"))
    assert "layer_height = thick" in said(imported, "slicing.profile_values")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("material_print_temperature", "-10"),
        ("retraction_amount", "-1"),
        ("infill_angles", "[ ]"),
        ("skin_angles", "[45, -135.5]"),
        ("support_enable", "True"),
        ("wall_line_count", "3.0"),
        ("line_width", "=machine_nozzle_size * 1.1"),
        ("material_flow_temp_graph", "[[3.5,200],[7.0,240]]"),
        ("machine_end_gcode", ""),
    ],
)
def test_what_cura_may_have_stays(key, value):
    assert fitting({key: value}) == ({key: value}, [])


def test_nothing_is_refused_that_curas_own_files_allow():
    """Types, words and limits against the real definitions."""
    files = Files.at(str(resources()))
    own = settings(files.machine(BASE))[0] | settings(files.extruder(BASE_EXTRUDER))[0]
    known = {key: own[key] for key in PLAIN_KEYS & own.keys()}
    assert len(known) > 380
    of_type = {}
    for key, each in known.items():
        of_type.setdefault(each["type"], set()).add(key)
    assert of_type["bool"] <= SWITCHES
    assert of_type["enum"] <= WORDS.keys()
    assert of_type["[int]"] == ANGLES
    numbers = of_type["float"] | of_type["int"]
    assert not numbers & (SWITCHES | WORDS.keys() | ANGLES)
    for key in of_type["enum"]:
        assert known[key]["options"].keys() <= WORDS[key], key
    for key in numbers:
        least = number(known[key].get("minimum_value"))
        if key not in SIGNED:
            assert least is None or least >= 0, key
        if ABOVE_NOTHING.fullmatch(key):
            assert least is not None and least > 0, key
        if least is not None:
            assert (least < 0) == (key in SIGNED), key
        if key in MOST:
            assert number(known[key]["maximum_value"]) == MOST[key]
    assert len([key for key in numbers if ABOVE_NOTHING.fullmatch(key)]) > 80


def number(limit):
    """A limit that is a number; None for a formula, and for none."""
    try:
        return float(limit)
    except (TypeError, ValueError):
        return None
