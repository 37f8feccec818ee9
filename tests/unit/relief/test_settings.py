"""The settings of a relief as a whole, its routes and its presets."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

import octoprint_img2stl
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.checks import run_checks
from octoprint_img2stl.mesh.load import load
from octoprint_img2stl.photo import open_photo
from octoprint_img2stl.problems import ERROR
from octoprint_img2stl.relief import (
    OPTIONS,
    PRESETS,
    ROUTES,
    SHAPES,
    Picture,
    ReliefRefused,
    ReliefSettings,
    build_bodies,
    outer_size,
    write_stl,
)

from .drawn import drawn_settings

MACHINE = Machine()
SAMPLE = Path(octoprint_img2stl.__file__).parent / "data" / "sample" / "cat.jpg"


def test_light_to_import():
    script = (
        "import sys; from octoprint_img2stl.relief import EXTRAS, PRESETS, SHAPES;"
        "from octoprint_img2stl.relief import ReliefSettings, check_fits, outer_size;"
        "print({'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


# -- to and from JSON --------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES)
def test_defaults_are_valid_and_travel_as_json(route):
    settings = ReliefSettings.defaults(route)
    data = json.loads(json.dumps(settings.to_json()))
    assert ReliefSettings.from_json(route, data) == settings
    assert ReliefSettings.from_json(route, {}) == settings


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("seed", range(30))
def test_every_setting_travels_as_json(route, seed):
    data = drawn_settings(seed)
    settings = ReliefSettings.from_json(route, data)
    sent = json.loads(json.dumps(settings.to_json(), allow_nan=False))
    assert sent == {**data, "route": route}
    assert ReliefSettings.from_json(route, sent) == settings
    assert hash(settings) == hash(ReliefSettings.from_json(route, sent))


def test_what_is_left_out_takes_the_routes_default():
    settings = ReliefSettings.from_json("lithophane", {"width": 50})
    assert settings == replace(ReliefSettings.defaults("lithophane"), width=50.0)


def refusal(route, data):
    with pytest.raises(ReliefRefused) as caught:
        ReliefSettings.from_json(route, data)
    problem = caught.value.problem
    assert problem.message.endswith(".") and len(problem.message) < 250
    json.dumps(problem.to_json(), allow_nan=False)
    return problem


def test_other_refusals():
    for name in ("colour", 1, "", "x" * 5000, "route ", "Width", "__class__"):
        problem = refusal("relief", {name: 1})
        assert problem.code == "relief.unknown_setting"
        assert problem.field.startswith("relief.") and len(problem.field) < 50
    assert refusal("relief", {"route": "lithophane"}).code == "relief.unknown_setting"
    for nonsense in ([1], None, "width", 3):
        assert refusal("relief", nonsense).code == "relief.wrong_type"
    for route in ("sculpture", None, ["relief"], ""):
        problem = refusal(route, {})
        assert (problem.code, problem.field) == ("relief.unknown_route", "route")
        assert problem.suggest in ROUTES


@pytest.mark.parametrize("value", ["", "Plate", "plate ", None, ["plate"], 1, "x" * 5000])
def test_unknown_shapes(value):
    problem = refusal("relief", {"shape": value})
    assert (problem.code, problem.field) == ("relief.unknown_shape", "relief.shape")
    assert problem.suggest in SHAPES
    assert all(name in problem.message for name in SHAPES)


@pytest.mark.parametrize("shape", SHAPES)
def test_known_shapes(shape):
    assert ReliefSettings.from_json("relief", {"shape": shape}).shape == shape


def test_one_step_shows_nothing():
    problem = refusal("relief", {"steps": 1})
    assert (problem.code, problem.field) == ("relief.one_step", "relief.steps")
    assert problem.suggest == 2
    for steps in (0, 2, 16):
        assert ReliefSettings.from_json("relief", {"steps": steps}).steps == steps


@pytest.mark.parametrize(
    "black, white, suggest", [(0.5, 0.5, 0.0), (1, 0.2, 0.0), (0, 0, None), (1, 1, 0.0)]
)
def test_black_stays_below_white(black, white, suggest):
    problem = refusal("relief", {"black": black, "white": white})
    assert (problem.code, problem.field) == ("relief.black_above_white", "relief.black")
    assert problem.suggest == suggest
    if suggest is not None:
        ReliefSettings.from_json("relief", {"black": suggest, "white": white})


# -- routes ------------------------------------------------------------------------------


def test_defaults_of_the_routes_differ_where_they_should():
    relief, lithophane = map(ReliefSettings.defaults, ("relief", "lithophane"))
    assert (relief.base, relief.relief_height, relief.border) == (1.0, 2.0, 0.0)
    assert (lithophane.base, lithophane.relief_height, lithophane.border) == (0.8, 2.2, 3)
    assert relief.bright_is_high and not replace(relief, invert=True).bright_is_high
    assert not lithophane.bright_is_high
    assert replace(lithophane, invert=True).bright_is_high
    assert relief.height == 3 and lithophane.height == 3


@pytest.mark.parametrize("route", ROUTES)
def test_routes_name_settings_that_there_are(route):
    info = ROUTES[route]
    assert set(info.defaults) <= set(OPTIONS)
    checked = ReliefSettings.from_json(route, info.defaults)
    assert checked == ReliefSettings.defaults(route)
    assert info.label and info.description.endswith(".")


@pytest.mark.parametrize("shape", SHAPES)
def test_what_stands(shape):
    """Lithophanes with a straight edge below stand; so do, always, walls that are bent."""
    relief, lithophane = (
        replace(ReliefSettings.defaults(route), shape=shape)
        for route in ("relief", "lithophane")
    )
    straight, bent = shape in ("plate", "rounded"), SHAPES[shape].bend is not None
    assert not relief.standing and lithophane.standing == straight
    assert relief.upright == bent and lithophane.upright == (straight or bent)
    assert not (straight and bent)


# -- shapes ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_say_what_the_browser_asks(shape):
    info = SHAPES[shape]
    assert info.label[0].isupper() and info.description.endswith(".")
    assert set(info.options) <= set(OPTIONS)
    assert 1 <= info.photos[0] <= info.photos[1] <= 6


# -- presets -----------------------------------------------------------------------------


def test_presets_there_are():
    assert {"plaque", "sign", "medal", "coaster", "lithophane", "stamp"} <= set(PRESETS)
    assert {"map", "keychain", "lamp", "light_box", "cutter", "stencil"} <= set(PRESETS)
    labels = [preset.label for preset in PRESETS.values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid(name):
    preset, settings = PRESETS[name], ReliefSettings.preset(name)
    assert preset.label[0].isupper() and preset.description.endswith(".")
    assert settings.route == preset.route
    assert ReliefSettings.from_json(preset.route, preset.changes) == settings
    assert ReliefSettings.from_json(preset.route, settings.to_json()) == settings
    for field in fields(ReliefSettings):
        if field.name not in ("route", *preset.changes):
            default = getattr(ReliefSettings.defaults(preset.route), field.name)
            assert getattr(settings, field.name) == default


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_made_as_large_as_they_say(tmp_path, name):
    settings = replace(ReliefSettings.preset(name), samples_per_mm=1.5, max_error=0.2)
    photo = open_photo(SAMPLE, max_side_px=160, with_alpha=True)
    picture = Picture(photo.grey, photo.cropped_px, alpha=photo.alpha)
    box = outer_size(settings, [photo.cropped_px], MACHINE)
    assert MACHINE.fits(*box)
    assert box[0] == pytest.approx(settings.width)
    built = build_bodies([picture], settings, MACHINE)
    assert sum(built.histogram) == pytest.approx(1)
    written = write_stl(
        built.bodies,
        tmp_path / "model.stl",
        MACHINE,
        max_error=settings.max_error,
        budget=settings.budget,
    )
    facts, problems = run_checks(load(tmp_path / "model.stl"), MACHINE)
    assert facts.watertight and facts.triangles == written.triangles
    assert [each.code for each in problems if each.severity == ERROR] == []
    # Round outlines and subjects end somewhere between two samples.
    assert facts.size == pytest.approx(box, abs=2 / settings.samples_per_mm)
    assert facts.size[2] == pytest.approx(box[2], abs=0.01)


@pytest.mark.parametrize("name", ["", "Medal", "nothing", "x" * 5000])
def test_unknown_presets(name):
    with pytest.raises(ReliefRefused) as caught:
        ReliefSettings.preset(name)
    problem = caught.value.problem
    assert (problem.code, problem.field) == ("relief.unknown_preset", "preset")
    assert all(known in problem.message for known in PRESETS)
    assert len(problem.message) < 300
