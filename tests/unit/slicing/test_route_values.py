from __future__ import annotations

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.route_values import route_values
from octoprint_img2stl.slicing.settings import SliceSettings

FAST = {
    "layer_height": "0.2",
    "perimeters": "2",
    "fill_density": "15%",
    "temperature": "215",
    "retract_length": "0.8",
    "extrusion_width": "0.45",
    "perimeter_speed": "180",
    "external_perimeter_speed": "50%",
    "infill_speed": "0",
    "gap_fill_speed": "15",
    "first_layer_speed": "30",
    "travel_speed": "300",
}


def changed(route, engine, values, **choices):
    settings = SliceSettings(profile="0123456789ab", **choices)
    now, problems = route_values(route, engine, values, settings, Machine())
    difference = {key: now[key] for key in now if now[key] != values.get(key)}
    assert now.keys() >= values.keys()
    return difference, [problem.code for problem in problems]


def test_a_lithophane_is_printed_slowly_whatever_the_profile_says():
    slow, told = changed("lithophane", "prusaslicer", FAST)
    assert slow.pop("perimeter_speed") == "40" and slow.pop("infill_speed") == "60"
    # what a whole profile leaves out is as fast as PrusaSlicer has it
    left_out = {"small_perimeter_speed", "solid_infill_speed", "top_solid_infill_speed"}
    assert slow.keys() == left_out | {"bridge_speed"}
    assert told == ["slicing.slowed"]
    few = {"perimeter_speed": "180", "infill_speed": "20"}
    assert changed("lithophane", "prusaslicer", few)[0] == {"perimeter_speed": "40"}


def test_curas_speeds_as_well():
    own = {"speed_print": "120", "speed_wall": "=speed_print", "speed_wall_0": "20"}
    own["speed_travel"] = "200"
    assert changed("lithophane", "curaengine", own) == (
        {"speed_print": "60"},
        ["slicing.slowed"],
    )


@pytest.mark.parametrize("route", ["relief", "mesh", ""])
def test_other_routes_are_as_fast_as_the_profile(route):
    assert changed(route, "prusaslicer", FAST) == ({}, [])


def test_a_slow_profile_stays_as_it_is_and_nothing_is_said():
    slow = {"perimeter_speed": "30", "speed_print": "30"}
    assert changed("lithophane", "prusaslicer", slow) == ({}, [])
    assert changed("lithophane", "curaengine", slow) == ({}, [])


def test_layers_are_alike_where_another_filament_is_loaded():
    own = {"adaptive_layer_height_enabled": "True"}
    assert changed("relief", "curaengine", own) == ({}, [])
    assert changed("relief", "curaengine", own, changes=(1.2,)) == (
        {"adaptive_layer_height_enabled": "false"},
        ["slicing.layers_alike"],
    )


def test_without_a_profile_there_is_nothing_to_change():
    for nothing in (None, {}):
        given = ("lithophane", "prusaslicer", nothing, SliceSettings(), Machine())
        assert route_values(*given) == (nothing, ())
