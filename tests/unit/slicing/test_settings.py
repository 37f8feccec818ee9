from __future__ import annotations

import json
import math

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.choices import (
    MATERIALS,
    QUALITIES,
    first_layer_height,
    layer_height,
)
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings, choices, margin


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("slicer", "slic3r", "slicing.unknown_choice"),
        ("material", "PLA", "slicing.unknown_choice"),
        ("material", None, "slicing.unknown_choice"),
        ("material", ["pla"], "slicing.unknown_choice"),
        ("quality", "", "slicing.unknown_choice"),
        ("supports", True, "slicing.unknown_choice"),
        ("infill", -1, "slicing.out_of_range"),
        ("infill", 100.1, "slicing.out_of_range"),
        ("infill", math.nan, "slicing.out_of_range"),
        ("infill", math.inf, "slicing.out_of_range"),
        ("infill", "15", "slicing.out_of_range"),
        ("infill", True, "slicing.out_of_range"),
        ("infill", None, "slicing.out_of_range"),
        ("brim", -0.1, "slicing.out_of_range"),
        ("brim", 21, "slicing.out_of_range"),
        ("brim", "auto", "slicing.out_of_range"),
        ("walls", 0, "slicing.out_of_range"),
        ("walls", 2.5, "slicing.out_of_range"),
        ("walls", 11, "slicing.out_of_range"),
        ("post_process", "/bin/true", "slicing.unknown_setting"),
    ],
)
def test_bad_values_are_refused_with_their_field(field, value, code):
    with pytest.raises(SlicingRefused) as caught:
        SliceSettings.from_json({field: value})
    assert caught.value.code == code
    assert caught.value.problem.field == f"slicing.{field}"
    assert "%(" not in caught.value.problem.message


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"infill": 0},
        {"infill": 100},
        {"infill": 12.5},
        {"brim": None},
        {"brim": 20},
        {"walls": 10, "supports": "everywhere", "material": "tpu", "quality": "draft"},
    ],
)
def test_good_values_survive_json(given):
    settings = SliceSettings.from_json(given)
    again = SliceSettings.from_json(json.loads(json.dumps(settings.to_json())))
    assert again == settings
    for name, value in given.items():
        assert getattr(again, name) == value


def test_out_of_range_suggests_the_nearest_good_value():
    with pytest.raises(SlicingRefused) as caught:
        SliceSettings(infill=140)
    assert caught.value.problem.suggest == 100


def test_defaults_follow_the_route():
    assert SliceSettings.defaults("relief") == SliceSettings()
    lithophane = SliceSettings.defaults("lithophane")
    assert (lithophane.infill, lithophane.quality, lithophane.brim) == (100, "fine", 5)


def test_every_offer_is_accepted_and_labelled():
    offers = json.loads(json.dumps(choices()))
    fields = {"slicer", "material", "quality", "supports", "infill", "brim", "walls"}
    fields |= {"change_command", "test_print"}
    assert set(offers) == fields
    for field, entries in offers.items():
        for entry in entries:
            if isinstance(entry, dict):
                assert entry["label"]
                entry = entry["value"]
            assert getattr(SliceSettings.from_json({field: entry}), field) == entry
    infills = {entry["value"]: entry["label"] for entry in offers["infill"]}
    assert {0, 10, 15, 20, 40, 100} <= set(infills) and infills[40] == "Strong"
    assert all(1 < entry["density"] < 1.4 for entry in offers["material"])


@pytest.mark.parametrize("nozzle", [0.1, 0.25, 0.4, 0.6, 0.8, 1.2])
def test_layer_heights_follow_the_nozzle_and_never_exceed_it(nozzle):
    heights = [layer_height(quality, nozzle) for quality in ("fine", "standard", "draft")]
    assert heights == sorted(heights) and heights[0] > 0
    assert heights[-1] <= 0.75 * nozzle + 1e-9
    for height in heights:
        first = first_layer_height(height, nozzle)
        assert height <= first <= 0.75 * nozzle + 1e-9


def test_layer_heights_of_the_usual_nozzle():
    assert [layer_height(q, 0.4) for q in QUALITIES] == [0.28, 0.2, 0.12]
    assert first_layer_height(0.12, 0.4) == 0.2
    assert first_layer_height(0.28, 0.4) == 0.28


@pytest.mark.parametrize(
    ("brim", "size", "expected"),
    [
        (None, (100, 100, 3), 0),
        (None, (100, 3, 75), 5),  # a standing plate
        (None, (20, 20, 60), 0),
        (None, (20, 20, 61), 5),
        (0, (100, 3, 75), 0),  # an explicit choice is kept
        (8, (100, 100, 3), 8),
    ],
)
def test_automatic_brim_is_for_slim_standing_models(brim, size, expected):
    assert SliceSettings(brim=brim).brim_for(*size) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SliceSettings(), 0),
        (SliceSettings(brim=5), 5),
        (SliceSettings(supports="plate"), 0.9),
        (SliceSettings(supports="everywhere", brim=3), 3),
    ],
)
def test_margin_counts_brim_and_supports(settings, expected):
    assert margin(settings, Machine(nozzle=0.4)) == pytest.approx(expected)


def test_material_table_is_sane():
    for material in MATERIALS.values():
        assert 180 <= material.temperature_c <= material.first_temperature_c <= 260
        assert 0 <= material.fan_min <= material.fan_max <= 100
        assert 0.9 <= material.density <= 1.4


def test_heights_for_another_filament_are_sorted_and_bounded():
    settings = SliceSettings.from_json({"changes": [2, 0.4, 2.0]})
    assert settings.changes == (0.4, 2.0)
    assert SliceSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings
    for bad in (None, "0.4", 3, ["0.4"], [True], [-1], [float("nan")], [0.1] * 51):
        with pytest.raises(SlicingRefused) as caught:
            SliceSettings(changes=bad)
        assert caught.value.problem.field == "slicing.changes"
    for field, bad in (("first_layers", 1.5), ("change_command", "M112")):
        with pytest.raises(SlicingRefused):
            SliceSettings.from_json({field: bad})
