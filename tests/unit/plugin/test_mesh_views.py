"""What the browser is told about meshes: complete, valid, in its language."""

import flask
import flask_babel
import pytest

from octoprint_img2stl.jobs.params import MESH_ROUTE, Params
from octoprint_img2stl.mesh import settings, words
from octoprint_img2stl.plugin import mesh_views
from octoprint_img2stl.plugin.views import problem_view, repair_view
from octoprint_img2stl.problems import WARNING, Problem


@pytest.fixture
def asked():
    app = flask.Flask("test")
    flask_babel.Babel(app, locale_selector=lambda: flask.request.args.get("l10n"))

    def ask(view, *args, language="en"):
        with app.test_request_context(f"/?l10n={language}"):
            return view(*args)

    return ask


def test_every_choice_has_its_words_and_every_number_its_limits(asked):
    choices = asked(mesh_views.choices)
    assert set(choices) == set(settings.CHOICES)
    for name, known in settings.CHOICES.items():
        assert tuple(choice["value"] for choice in choices[name]) == known
        assert all(choice["label"] for choice in choices[name])
    assert set(asked(mesh_views.limits)) == set(settings.LIMITS)


def test_the_defaults_can_be_used_as_they_are(asked):
    route = asked(mesh_views.route)
    params = {"route": MESH_ROUTE, "mesh": route["params"], "slicing": route["slicing"]}
    assert Params.from_json(params) == Params.defaults(MESH_ROUTE)


@pytest.mark.parametrize("stage", words.STAGES)
def test_every_stage_of_a_repair_has_its_words(asked, stage):
    change = Problem("mesh.x", WARNING, "Holes: %(count)s.", {"count": 3}).to_json()
    told = asked(repair_view, {"stage": stage, "changes": [change]})
    assert told["label"] == words.STAGES[stage]
    assert told["changes"][0]["message"] == "Holes: 3."
    assert asked(repair_view, None) is None


@pytest.mark.parametrize(
    "language, said", [("en", "0.5 of 12 mm"), ("de", "0,5 of 12 mm")]
)
def test_numbers_are_written_as_the_reader_writes_them(asked, language, said):
    problem = Problem("mesh.x", WARNING, "%(a)s of %(b)s mm", {"a": 0.5, "b": 12.0})
    assert asked(problem_view, problem, language=language)["message"] == said


def test_a_unit_is_a_word(asked):
    problem = Problem("mesh.x", WARNING, "Made in %(unit)s?", {"unit": "inch"})
    assert asked(problem_view, problem)["message"] == "Made in inches?"


def test_a_place_is_passed_on_where_there_is_one(asked):
    data = Problem("mesh.x", WARNING, "Here.").to_json()
    assert "bit" not in asked(problem_view, data)
    told = asked(problem_view, {**data, "bit": 3, "target": {"radius": 1}})
    assert told["bit"] == 3 and told["target"] == {"radius": 1}
