from __future__ import annotations

import json

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.heights import heights_of
from octoprint_img2stl.slicing.plain import as_printed, plain_of
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.settings import SliceSettings

ID = "0123456789ab"
WHOLE = {
    "layer_height": "0.16",
    "first_layer_height": "150%",
    "perimeters": "2",
    "fill_density": "12.5%",
    "perimeter_speed": "60",
    "temperature": "215,215",
    "bed_temperature": "70",
    "retract_length": "0.8",
    "extrusion_width": "0.45",
}
SILENT = {
    "layer_height": None,
    "infill": None,
    "supports": None,
    "brim": None,
    "walls": None,
    "temperature_c": None,
    "bed_c": None,
    "filament_type": None,
    "material": None,
    "nozzle": None,
    "automatic_brim": False,
}


def saved(values, engine="prusaslicer", **more):
    return SavedProfile("Mine", engine, values, "vendor", **more)


def said(values, engine="prusaslicer"):
    return {key: value for key, value in plain_of(saved(values, engine)).items() if value}


def test_what_a_whole_profile_says():
    profile = saved(WHOLE, filament_type="PETG", material="petg", nozzle=0.4)
    assert plain_of(profile) == {
        "layer_height": 0.16,
        "infill": 12.5,
        "supports": "none",  # PrusaSlicer's own, where a whole profile is silent
        "brim": 0.0,
        "walls": 2,
        "temperature_c": 215.0,
        "bed_c": 70.0,
        "filament_type": "PETG",
        "material": "petg",
        "nozzle": 0.4,
        "automatic_brim": False,
    }
    assert json.loads(json.dumps(plain_of(profile))) == plain_of(profile)


@pytest.mark.parametrize("engine", ["prusaslicer", "curaengine"])
def test_nobody_guesses_what_a_few_changes_do_not_say(engine):
    assert plain_of(saved({}, engine)) == SILENT
    broken = {
        "layer_height": "x",
        "temperature": "nan",
        "perimeters": "",
        "brim_width": "-",
    }
    broken |= {
        "infill_sparse_density": "=20",
        "wall_line_count": "inf",
        "fill_density": "%",
    }
    assert plain_of(saved(broken, engine)) == SILENT


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"support_material": "0", "support_material_buildplate_only": "1"}, "none"),
        ({"support_material": "1"}, "everywhere"),
        ({"support_material": "1", "support_material_buildplate_only": "1"}, "plate"),
        ({"support_material": "1", "support_material_auto": "0"}, "none"),
    ],
)
def test_supports_of_prusaslicer(values, expected):
    assert plain_of(saved(values))["supports"] == expected


def test_a_brim_that_is_switched_off_has_no_width():
    assert said({"brim_width": "5"}) == {"brim": 5.0}
    assert said({"brim_width": "5", "brim_type": "outer_only"}) == {"brim": 5.0}
    assert plain_of(saved({"brim_width": "5", "brim_type": "no_brim"}))["brim"] == 0.0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"infill_sparse_density": "25.0", "layer_height": "0.2"}, [25.0, 0.2]),
        ({"infill_sparse_density": "25", "infill_line_distance": "3"}, []),
        ({"infill_sparse_density": "=20 + 5"}, []),
        ({"support_enable": "True"}, ["everywhere"]),
        ({"support_enable": "true", "support_type": "buildplate"}, ["plate"]),
        ({"support_enable": "False", "support_type": "buildplate"}, ["none"]),
        ({"support_enable": "=layer_height > 0.1"}, []),
        ({"adhesion_type": "brim", "brim_width": "8"}, [8.0]),
        ({"adhesion_type": "brim", "brim_width": "8", "brim_line_count": "3"}, []),
        ({"wall_line_count": "4", "wall_thickness": "9"}, [4]),
        ({"wall_thickness": "0.8"}, []),
        ({"default_material_print_temperature": "195"}, [195.0]),
        ({"material_print_temperature": "=1", "material_bed_temperature": "60"}, [60.0]),
    ],
)
def test_curas_formulas_and_derived_settings_are_not_guessed(values, expected):
    assert sorted(map(str, said(values, "curaengine").values())) == sorted(
        map(str, expected)
    )


def test_curas_other_adhesions_are_no_brim():
    raft = {"adhesion_type": "raft", "brim_width": "8"}
    assert plain_of(saved(raft, "curaengine"))["brim"] == 0.0


def test_what_is_printed_is_the_profiles_but_for_what_counts_over_it():
    profile = saved({**WHOLE, "brim_width": "30", "perimeters": "25"}, material="petg")
    stale = SliceSettings(profile=ID, supports="everywhere", walls=5, infill=80, brim=1)
    printed = as_printed(stale, profile)
    assert (printed.supports, printed.walls, printed.infill) == ("none", 10, 12.5)
    assert (printed.brim, printed.material) == (20, "petg")  # as far as we have words
    chosen = SliceSettings(**{**stale.to_json(), "over": ["supports", "material"]})
    printed = as_printed(chosen, profile)
    assert (printed.supports, printed.material) == ("everywhere", "pla")
    assert printed.infill == 12.5
    assert as_printed(SliceSettings(walls=5), profile).walls == 5
    assert as_printed(stale, saved({})).infill == 15


@pytest.mark.parametrize(
    ("settings", "values", "engine", "expected"),
    [
        ({}, None, "", (0.2, 0.2)),
        ({"quality": "fine"}, None, "", (0.12, 0.2)),
        ({"profile": ID}, WHOLE, "prusaslicer", (0.16, 0.24)),
        ({"profile": ID, "quality": "draft"}, WHOLE, "prusaslicer", (0.16, 0.24)),
        (
            {"profile": ID, "quality": "draft", "over": ("quality",)},
            WHOLE,
            "prusaslicer",
            (0.28, 0.28),
        ),
        (
            {"profile": ID},
            {**WHOLE, "first_layer_height": "0.3,0.3"},
            "prusaslicer",
            (0.16, 0.3),
        ),
        (
            {"profile": ID},
            {key: WHOLE[key] for key in WHOLE if key != "first_layer_height"},
            "prusaslicer",
            (0.16, 0.35),
        ),
        ({"profile": ID, "quality": "fine"}, {}, "prusaslicer", (0.2, 0.2)),
        ({"profile": ID}, {"layer_height": "0"}, "prusaslicer", (0.2, 0.2)),
        (
            {"profile": ID},
            {"layer_height": "0.1", "layer_height_0": "0.27"},
            "curaengine",
            (0.1, 0.27),
        ),
        ({"profile": ID}, {"layer_height": "=0.1"}, "curaengine", (0.2, 0.2)),
    ],
)
def test_the_heights_of_layers_are_those_that_are_printed(
    settings, values, engine, expected
):
    profile = None if values is None else saved(values, engine)
    found = heights_of(SliceSettings(**settings), Machine(), profile)
    assert found == pytest.approx(expected)
