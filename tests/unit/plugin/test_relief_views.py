"""What the browser is told about reliefs: complete, valid, fitting, in its language."""

import json
from pathlib import Path

import flask
import flask_babel
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from octoprint_img2stl.jobs.params import Params
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.plugin import relief_views
from octoprint_img2stl.relief import LIMITS, OPTIONS, PRESETS, ROUTES, SHAPES
from octoprint_img2stl.relief.fonts import SHIPPED, font_name, font_path
from octoprint_img2stl.relief.options import Choice
from octoprint_img2stl.slicing.settings import choices as slicing_choices

MACHINE = Machine()
WORDS = ("label", "description")


def sentences():
    """All that people read of the tables."""
    tables = (*ROUTES.values(), *PRESETS.values(), *SHAPES.values())
    words = {getattr(each, word) for each in tables for word in WORDS}
    for option in OPTIONS.values():
        if isinstance(option, Choice):
            words |= set(option.choices.values())
    return words


@pytest.fixture
def asked(tmp_path):
    """Asks within a request whose language puts every sentence between asterisks."""
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalog = Catalog("de")
    for text in sentences():
        catalog.add(text, f"*{text}*")
    with open(folder / "messages.mo", "wb") as file:
        write_mo(file, catalog)
    app = flask.Flask("test")
    flask_babel.Babel(
        app,
        default_translation_directories=str(tmp_path),
        locale_selector=lambda: flask.request.args.get("l10n"),
    )

    def ask(view, *args, language="en"):
        with app.test_request_context(f"/?l10n={language}"):
            answer = view(*args)
        return json.loads(json.dumps(answer, allow_nan=False))

    return ask


def test_routes(asked):
    routes = asked(relief_views.state, MACHINE)["routes"]
    assert list(routes) == list(ROUTES)
    for name, route in routes.items():
        assert set(route) == {"label", "description", "params", "slicing", "needs"}
        assert route["label"] == ROUTES[name].label
        sent = {"route": name, "relief": route["params"], "slicing": route["slicing"]}
        assert Params.from_json(sent) == Params.defaults(name)
        assert "route" not in route["params"]
    assert routes["lithophane"]["needs"] == {"infill": 100}
    assert routes["relief"]["needs"] == {}


def test_presets(asked):
    presets = asked(relief_views.state, MACHINE)["presets"]
    assert [preset["name"] for preset in presets] == list(PRESETS)
    for preset in presets:
        known = PRESETS[preset["name"]]
        assert (preset["label"], preset["route"]) == (known.label, known.route)
        assert preset["description"] == known.description
        sent = {"relief": preset["params"], "slicing": preset["slicing"]}
        params = Params.from_json({"route": preset["route"], **sent})
        assert params == Params.preset(preset["name"]).fitted(MACHINE)


def test_shapes(asked):
    shapes = asked(relief_views.state, MACHINE)["shapes"]
    assert [shape["name"] for shape in shapes] == list(SHAPES)
    by_name = {shape["name"]: shape for shape in shapes}
    for name, shape in by_name.items():
        assert shape["label"] == SHAPES[name].label
        assert shape["options"] == list(SHAPES[name].options)
        assert shape["photos"] == list(SHAPES[name].photos)
    assert by_name["box"]["photos"] == [1, 5] and by_name["plate"]["photos"] == [1, 1]
    curved = {name for name, shape in by_name.items() if shape["curved"]}
    assert curved == {"arc", "cylinder", "dome", "box"}


def test_choices(asked):
    choices = asked(relief_views.choices)
    assert set(choices) == {
        name for name, option in OPTIONS.items() if isinstance(option, Choice)
    }
    for name, offers in choices.items():
        assert {each["value"]: each["label"] for each in offers} == OPTIONS[name].choices
        assert [each["value"] for each in offers] == list(OPTIONS[name].choices)
    # Both are sent as one table.
    assert not set(choices) & set(slicing_choices())


def test_fonts(asked):
    fonts = asked(relief_views.state, MACHINE)["fonts"]
    assert fonts[0] == font_name(SHIPPED) and len(set(fonts)) == len(fonts)
    for name in fonts:
        assert Path(font_path(name)).is_file()


@pytest.mark.parametrize("view", ["state", "choices"])
def test_all_words_are_translated(asked, view):
    view = getattr(relief_views, view)
    args = (MACHINE,) if view is relief_views.state else ()
    english, german = (asked(view, *args, language=each) for each in ("en", "de"))
    count = 0

    def compare(one, other, key=None):
        nonlocal count
        if isinstance(one, dict):
            assert one.keys() == other.keys()
            for name in one:
                compare(one[name], other[name], name)
        elif isinstance(one, list):
            for each, another in zip(one, other, strict=True):
                compare(each, another, key)
        elif key in WORDS:
            assert other == f"*{one}*"
            count += 1
        else:
            assert one == other

    compare(english, german)
    assert count > 15


def test_sizes_fit_the_machine(asked):
    small = Machine(x_max=90, y_max=90, height=100)
    ordinary, smaller, none = (
        asked(relief_views.state, machine) for machine in (MACHINE, small, None)
    )
    assert ordinary["routes"]["relief"]["params"]["width"] == 100
    for name, route in smaller["routes"].items():
        params = Params.from_json({"route": name, "relief": route["params"]})
        params.check_fits({1: (1, 1)}, small)
        assert params.relief.width < 100
    for preset, narrow in zip(ordinary["presets"], smaller["presets"], strict=True):
        assert narrow["params"]["width"] <= preset["params"]["width"]
        least, most = LIMITS["width"]
        assert least <= narrow["params"]["width"] <= most
    for preset in none["presets"]:
        relief = Params.preset(preset["name"]).relief.to_json()
        assert {"route": preset["route"], **preset["params"]} == relief
