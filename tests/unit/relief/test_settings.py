"""Settings, sizes and what fits, all without numpy."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import fields, replace

import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.relief import (
    LIMITS,
    ROUTES,
    ReliefRefused,
    ReliefSettings,
    check_fits,
    outer_size,
    sample_size,
)

MACHINE = Machine()
ROUND = Machine(x_min=-100, y_min=-100, x_max=100, y_max=100, height=150, form=CIRCULAR)


def test_light_to_import():
    script = (
        "import sys; from octoprint_img2stl.relief import ReliefSettings, check_fits;"
        "print({'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize("route", ROUTES)
def test_defaults_are_valid_and_travel_as_json(route):
    settings = ReliefSettings.defaults(route)
    data = json.loads(json.dumps(settings.to_json()))
    assert ReliefSettings.from_json(route, data) == settings
    assert ReliefSettings.from_json(route, {}) == settings


def test_every_number_has_limits():
    numbers = {
        field.name
        for field in fields(ReliefSettings)
        if str(field.type).startswith("float")
    }
    assert set(LIMITS) == numbers


def test_defaults_of_the_routes_differ_where_they_should():
    relief, lithophane = map(ReliefSettings.defaults, ("relief", "lithophane"))
    assert (relief.base, relief.relief_height, relief.border) == (1.0, 2.0, 0.0)
    assert (lithophane.base, lithophane.relief_height, lithophane.border) == (0.8, 2.2, 3)
    assert relief.bright_is_high and not replace(relief, invert=True).bright_is_high
    assert replace(lithophane, invert=True).bright_is_high and lithophane.standing


def refusal(route, data):
    with pytest.raises(ReliefRefused) as caught:
        ReliefSettings.from_json(route, data)
    problem = caught.value.problem
    assert problem.message.endswith(".") and len(problem.message) < 200
    json.dumps(problem.to_json(), allow_nan=False)
    return problem


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    "value", [-1, -0.001, math.nan, math.inf, -math.inf, 1e9, 10**400, -(10**400)]
)
def test_out_of_range(name, value):
    problem = refusal("relief", {name: value})
    assert (problem.code, problem.field) == ("relief.out_of_range", f"relief.{name}")
    if problem.suggest is None:
        assert math.isnan(value)
    else:
        assert problem.suggest in LIMITS[name]
        assert (problem.suggest == LIMITS[name][1]) == (value > 0)


@pytest.mark.parametrize("name", sorted(set(LIMITS) - {"border", "smoothing"}))
def test_zero(name):
    assert refusal("lithophane", {name: 0}).code == "relief.out_of_range"


@pytest.mark.parametrize("name", LIMITS)
def test_limits_themselves_are_allowed(name):
    for value in LIMITS[name]:
        data = {name: value}
        if name == "border":
            data["width"] = 1000
        if name == "width":
            data["border"] = 0
        assert getattr(ReliefSettings.from_json("lithophane", data), name) == value


@pytest.mark.parametrize("value", ["100", None, True, [100], {}, "x" * 5000])
def test_wrong_type(value):
    problem = refusal("relief", {"width": value})
    assert (problem.code, problem.field) == ("relief.wrong_type", "relief.width")


@pytest.mark.parametrize("name", ["invert", "auto_levels"])
@pytest.mark.parametrize("value", [1, 0, "true", None])
def test_switches(name, value):
    problem = refusal("relief", {name: value})
    assert (problem.code, problem.field) == ("relief.wrong_type", f"relief.{name}")
    assert getattr(ReliefSettings.from_json("relief", {name: True}), name) is True


def test_other_refusals():
    assert refusal("relief", {"colour": 1}).code == "relief.unknown_setting"
    assert refusal("relief", {1: 1}).code == "relief.unknown_setting"
    assert refusal("relief", {"route": "lithophane"}).code == "relief.unknown_setting"
    assert refusal("relief", [1]).code == "relief.wrong_type"
    for route in ("sculpture", None, ["relief"]):
        assert refusal(route, {}).code == "relief.unknown_route"


def test_border_leaves_room():
    problem = refusal("relief", {"width": 50, "border": 22.6})
    assert (problem.code, problem.suggest) == ("relief.border_too_wide", 22.5)
    ReliefSettings.from_json("relief", {"width": 50, "border": 22.5})


def test_outer_size():
    relief = ReliefSettings.from_json("relief", {"width": 90})
    assert outer_size(relief, (3000, 2000), MACHINE) == (90, 60, 3)
    framed = replace(relief, border=5)
    assert outer_size(framed, (800, 400), MACHINE) == (90, 50, 3)
    lithophane = replace(ReliefSettings.defaults("lithophane"), width=106)
    size = outer_size(lithophane, (300, 600), MACHINE)
    assert size == pytest.approx((106, 3, 206))


@pytest.mark.parametrize("machine", [MACHINE, ROUND, Machine(x_max=80, height=60)])
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("size_px", [(400, 300), (300, 400), (2000, 100), (100, 400)])
@pytest.mark.parametrize("border", [0, 3, 11.3])
@pytest.mark.parametrize("margin", [0, 5])
def test_suggested_width_is_the_largest_that_fits(
    machine, route, size_px, border, margin
):
    settings = replace(ReliefSettings.defaults(route), width=990.0, border=border)
    with pytest.raises(ReliefRefused) as caught:
        check_fits(settings, size_px, machine, margin)
    problem = caught.value.problem
    assert (problem.code, problem.field) == ("relief.too_big_for_bed", "relief.width")
    fitting = replace(settings, width=problem.suggest)
    assert machine.fits(*outer_size(fitting, size_px, machine), margin)
    more = replace(settings, width=problem.suggest + 0.1)
    assert not machine.fits(*outer_size(more, size_px, machine), margin)
    assert round(problem.suggest, 1) == problem.suggest


def test_what_fits_passes():
    check_fits(ReliefSettings.from_json("relief", {"width": 220}), (500, 500), MACHINE)
    litho = ReliefSettings.from_json("lithophane", {"width": 220})
    check_fits(litho, (400, 400), MACHINE)
    check_fits(ReliefSettings.from_json("relief", {"width": 141}), (500, 500), ROUND)
    with pytest.raises(ReliefRefused):
        check_fits(ReliefSettings.from_json("relief", {"width": 142}), (500, 500), ROUND)


def test_no_width_helps():
    thick = ReliefSettings.from_json("relief", {"relief_height": 30, "width": 50})
    with pytest.raises(ReliefRefused) as caught:
        check_fits(thick, (400, 300), Machine(height=20))
    assert caught.value.code == "relief.no_width_fits"
    assert caught.value.problem.suggest is None
    tall = ReliefSettings.from_json("lithophane", {"border": 0})
    with pytest.raises(ReliefRefused) as caught:
        check_fits(tall, (100, 2000), Machine(height=150))
    assert caught.value.code == "relief.no_width_fits"


def test_too_slim():
    settings = ReliefSettings.from_json("relief", {"width": 15})
    with pytest.raises(ReliefRefused) as caught:
        check_fits(settings, (2000, 100), MACHINE)
    assert (caught.value.code, caught.value.problem.suggest) == ("relief.too_slim", 20)
    check_fits(replace(settings, width=20.0), (2000, 100), MACHINE)


def test_samples_follow_the_nozzle_or_the_owner():
    settings = ReliefSettings.defaults("relief")
    large = (8000, 4000)
    assert sample_size(settings, large, MACHINE) == (1001, 501)
    assert sample_size(settings, large, Machine(nozzle=0.8)) == (501, 251)
    fine = replace(settings, samples_per_mm=20.0)
    assert sample_size(fine, large, MACHINE) == (2001, 1001)
    assert sample_size(replace(settings, width=1000.0), large, MACHINE) == (4096, 2049)


@pytest.mark.parametrize("size_px", [(400, 300), (16, 16), (100, 2000), (999, 1001)])
def test_samples_never_exceed_the_photo(size_px):
    settings = ReliefSettings.defaults("relief")
    columns, rows = sample_size(settings, size_px, Machine(nozzle=0.1))
    assert columns <= size_px[0] and rows <= size_px[1]
    assert max(columns - size_px[0], rows - size_px[1]) == 0 or max(columns, rows) == 4096


def test_border_of_a_small_photo_keeps_its_wall_upright():
    settings = ReliefSettings.from_json("lithophane", {})
    columns, _ = sample_size(settings, (32, 32), MACHINE)
    assert 100 / (columns - 1) <= settings.border / 7
    narrow = replace(settings, border=0.01, samples_per_mm=50.0)
    assert sample_size(narrow, (32, 32), MACHINE)[0] <= 501
