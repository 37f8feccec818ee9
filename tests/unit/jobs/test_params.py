"""What was chosen for a job, validated as a whole."""

import json

import pytest

from octoprint_img2stl.jobs.params import Params, PhotoSettings
from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.problems import Refusal
from octoprint_img2stl.relief import PRESETS, ROUTES, ReliefSettings
from octoprint_img2stl.relief.sizes import GAP
from octoprint_img2stl.slicing.settings import SliceSettings
from tests.unit.relief.drawn import drawn_settings

SMALL = Machine(x_max=120, y_max=120, height=120)


@pytest.mark.parametrize("route", ["relief", "lithophane"])
def test_round_trip(route):
    params = Params.defaults(route)
    assert Params.from_json(params.to_json()) == params
    assert Params.from_json({"route": route}) == params


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("seed", range(20))
def test_round_trip_of_every_setting(route, seed):
    relief = drawn_settings(seed)
    data = {
        "route": route,
        "photo": {"number": 1, "turn_deg": 270, "crop": [0.1, 0.2, 0.9, 1.0]},
        "photos": [
            {"number": 5, "turn_deg": 90, "crop": None},
            {"number": 2, "turn_deg": 0, "crop": [0.0, 0.0, 0.5, 0.5]},
        ],
        "relief": relief,
        "slicing": {**SliceSettings.defaults(route).to_json(), "infill": seed},
    }
    params = Params.from_json(data)
    sent = json.loads(json.dumps(params.to_json(), allow_nan=False))
    assert sent == data
    assert Params.from_json(sent) == params
    assert params.relief == ReliefSettings.from_json(route, relief)
    if relief["curve"] is not None:
        assert params.relief.curve == tuple(map(tuple, relief["curve"]))


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name):
    params = Params.preset(name)
    assert params.route == PRESETS[name].route
    assert params.relief == ReliefSettings.preset(name)
    assert params.slicing == SliceSettings.defaults(params.route)
    assert params.photo == PhotoSettings() and params.photos == ()
    assert Params.from_json(params.to_json()) == params


def test_unknown_preset():
    with pytest.raises(Refusal) as refused:
        Params.preset("statue")
    assert refused.value.code == "relief.unknown_preset"


def test_what_is_left_out_takes_the_routes_default():
    params = Params.from_json({"route": "lithophane", "relief": {"width": 50}})
    assert params.relief.width == 50 and params.relief.border == 3
    assert params.slicing.infill == 100


@pytest.mark.parametrize(
    "data, field",
    [
        ({"route": "hologram"}, "route"),
        ({"route": ["relief"]}, "route"),
        ({"relief": {"width": "wide"}}, "relief.width"),
        ({"relief": {"shape": "star"}}, "relief.shape"),
        ({"relief": {"curve": [[0, 0]]}}, "relief.curve"),
        ({"relief": {"steps": 1}}, "relief.steps"),
        ({"relief": {"source": "smell"}}, "relief.source"),
        ({"relief": {"text": 5}}, "relief.text"),
        ({"relief": {"budget": 0}}, "relief.budget"),
        ({"photo": {"turn_deg": 45}}, "photo.turn_deg"),
        ({"photo": {"crop": [0, 0, 2, 1]}}, "photo.crop"),
        ({"photo": {"crop": "all"}}, "photo.crop"),
        ({"slicing": {"material": "cheese"}}, "slicing.material"),
        ({"slicing": {"infill": float("nan")}}, "slicing.infill"),
    ],
)
def test_bad_values_name_their_field(data, field):
    with pytest.raises(Refusal) as refused:
        Params.from_json(data)
    assert refused.value.problem.field == field


@pytest.mark.parametrize("data", [None, [], "text", {"photo": 3, "relief": []}])
def test_nonsense_is_the_default(data):
    assert Params.from_json(data) == Params.defaults("relief")


def test_cropped_size():
    settings = PhotoSettings(90, (0.25, 0, 0.75, 1))
    assert settings.cropped_size_px((400, 300)) == (150, 400)


# -- sizes ----------------------------------------------------------------------------------


def test_sizes_of_all_photos_in_the_owners_order():
    params = Params.from_json(
        {
            "photo": {"turn_deg": 90},
            "photos": [{"number": 4, "crop": [0, 0, 0.5, 1]}, {"number": 2}],
        }
    )
    sizes_px = {1: (400, 300), 2: (200, 100), 4: (600, 60)}
    laid = params.laid_sizes_px(sizes_px)
    assert laid == [(300, 400), (300, 60), (200, 100)]
    # A photo that went meanwhile, and one of which the settings say nothing.
    del sizes_px[4]
    assert params.laid_sizes_px({**sizes_px, 6: (9, 9)}) == [(300, 400), (200, 100)]


def test_all_photos_have_to_fit():
    two = {"relief": {"width": 100}, "photos": [{"number": 3}]}
    params = Params.from_json(two)
    beside, behind = Machine(x_max=200 + GAP, y_max=75), Machine(x_max=110, y_max=160)
    for machine in (beside, behind):
        params.check_fits({1: (400, 300), 3: (400, 300)}, machine)
        params.check_fits({1: (400, 300)}, machine)
    sizes_px = {1: (400, 300), 3: (300, 400)}
    for machine in (beside, behind):
        with pytest.raises(Refusal) as refused:
            params.check_fits(sizes_px, machine)
        problem = refused.value.problem
        assert (problem.code, problem.field) == ("relief.too_big_for_bed", "relief.width")
        two["relief"]["width"] = problem.suggest
        Params.from_json(two).check_fits(sizes_px, machine)


def test_a_brim_takes_room():
    bed = Machine(x_max=100, y_max=100)
    for brim, good in ((0, True), (5, False)):
        params = Params.from_json({"slicing": {"brim": brim}})
        if good:
            params.check_fits({1: (100, 100)}, bed)
        else:
            with pytest.raises(Refusal) as refused:
                params.check_fits({1: (100, 100)}, bed)
            assert refused.value.problem.suggest == 90


@pytest.mark.parametrize("size_px", [(3000, 4000), (4000, 3000), (1080, 1920)])
@pytest.mark.parametrize("route", ["relief", "lithophane"])
@pytest.mark.parametrize("machine", [SMALL, Machine(form=CIRCULAR, x_max=110, y_max=110)])
def test_fitting_params_fit_and_are_no_smaller_than_needed(size_px, route, machine):
    params = Params.defaults(route).fitted(machine, size_px)
    params.check_fits({1: size_px}, machine)
    wider = Params.from_json(
        {"route": route, "relief": {"width": params.relief.width + 0.2}}
    )
    if params.relief.width < Params.defaults(route).relief.width:
        with pytest.raises(Refusal):
            wider.check_fits({1: size_px}, machine)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fit_the_bed_as_they_are_or_smaller(name):
    params = Params.preset(name)
    ordinary = params.fitted(Machine())
    ordinary.check_fits({1: (1, 1)}, Machine())
    small = params.fitted(SMALL)
    assert small.relief.width <= ordinary.relief.width <= params.relief.width
    assert {**small.relief.to_json(), "width": 0} == {
        **params.relief.to_json(),
        "width": 0,
    }


def test_what_fits_stays_as_it_is():
    params = Params.from_json({"relief": {"width": 60}})
    assert params.fitted(Machine(), (400, 300)) is params
    assert params.fitted(None, (400, 300)) is params


def test_what_no_width_helps_stays_as_it_is():
    for relief in ({"border": 45, "width": 90}, {"relief_height": 30, "base": 20}):
        params = Params.from_json({"relief": relief})
        assert params.fitted(Machine(height=40), (400, 300)) is params
