"""What was chosen for a job, validated as a whole."""

import pytest

from octoprint_img2stl.jobs.params import Params, PhotoSettings
from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.problems import Refusal

SMALL = Machine(x_max=120, y_max=120, height=120)


@pytest.mark.parametrize("route", ["relief", "lithophane"])
def test_round_trip(route):
    params = Params.defaults(route)
    assert Params.from_json(params.to_json()) == params
    assert Params.from_json({"route": route}) == params


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


@pytest.mark.parametrize("size_px", [(3000, 4000), (4000, 3000), (1080, 1920)])
@pytest.mark.parametrize("route", ["relief", "lithophane"])
@pytest.mark.parametrize("machine", [SMALL, Machine(form=CIRCULAR, x_max=110, y_max=110)])
def test_fitting_params_fit_and_are_no_smaller_than_needed(size_px, route, machine):
    params = Params.fitting(route, machine, size_px)
    params.check_fits(size_px, machine)
    wider = Params.from_json(
        {"route": route, "relief": {"width": params.relief.width + 0.2}}
    )
    if params.relief.width < Params.defaults(route).relief.width:
        with pytest.raises(Refusal):
            wider.check_fits(size_px, machine)


def test_fitting_without_a_printer_is_the_default():
    assert Params.fitting("relief", None) == Params.defaults("relief")
