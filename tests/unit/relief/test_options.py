"""Every setting of a relief, from the one table: what it takes, and what it says otherwise."""

from __future__ import annotations

import json
import math
import random
from dataclasses import fields

import pytest

from octoprint_img2stl.relief import LIMITS, OPTIONS, ReliefRefused, ReliefSettings
from octoprint_img2stl.relief.options import (
    MOST_CURVE_POINTS,
    MOST_TEXT,
    Choice,
    Curve,
    Number,
    Switch,
    Text,
    shown,
)

from .drawn import drawn

HUGE = 10**400  # JSON knows no greatest number, a float does


def of_kind(kind):
    return [name for name, option in OPTIONS.items() if isinstance(option, kind)]


NUMBERS = of_kind(Number)
WHOLE = [name for name in NUMBERS if OPTIONS[name].whole]
OPTIONAL = [name for name in NUMBERS if OPTIONS[name].optional]


def refusal(name, value):
    """What is said about a value; it is one sentence that can be sent and filled in."""
    with pytest.raises(ReliefRefused) as caught:
        ReliefSettings.from_json("relief", {name: value})
    problem = caught.value.problem
    assert problem.field == f"relief.{name}"
    assert problem.message == problem.template % problem.values
    assert problem.message[0].isupper() and problem.message.endswith(".")
    assert problem.message.count(". ") == 0 and len(problem.message) < 200
    assert "%(" not in problem.message
    json.dumps(problem.to_json(), allow_nan=False)
    if problem.suggest is not None:
        OPTIONS[name].check(name, problem.suggest)
    return problem


# -- the table ---------------------------------------------------------------------------


def test_every_setting_is_in_the_table():
    known = {field.name for field in fields(ReliefSettings)}
    assert set(OPTIONS) == known - {"route", "shape"}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_default_is_allowed_and_stays_as_it_is(name):
    default = getattr(ReliefSettings(), name)
    checked = OPTIONS[name].check(name, default)
    assert checked == default and type(checked) is type(default)


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("seed", range(5))
def test_what_is_allowed_stays_as_it_is(name, seed):
    value = drawn(OPTIONS[name], random.Random(f"{name} {seed}"))
    checked = OPTIONS[name].check(name, value)
    assert json.loads(json.dumps(checked)) == value
    assert OPTIONS[name].check(name, checked) == checked


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("value", [{}, [1], [[]], {"a": 1}, object, 1j, b"1"])
def test_nonsense_is_refused_by_all(name, value):
    assert refusal(name, value).code.startswith("relief.")


def test_the_browser_gets_the_limits_of_all_numbers():
    assert sorted(LIMITS) == sorted(NUMBERS)
    for name, (least, most) in LIMITS.items():
        assert least < most and math.isfinite(most)
        assert (least, most) == (OPTIONS[name].least, OPTIONS[name].most)


def test_there_are_settings_of_every_kind():
    for kind in (Number, Switch, Choice, Text, Curve):
        assert of_kind(kind)
    assert WHOLE and OPTIONAL


# -- numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["100", "", True, False, [100], {}, "x" * 5000])
def test_numbers_of_the_wrong_type(name, value):
    problem = refusal(name, value)
    assert problem.code == "relief.wrong_type" and problem.suggest is None
    assert shown(value) in problem.message


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value", [-99, -3.001, math.nan, math.inf, -math.inf, 1e9, HUGE, -HUGE]
)
def test_numbers_out_of_range(name, value):
    problem = refusal(name, value)
    assert problem.code == "relief.out_of_range"
    if isinstance(value, float) and math.isnan(value):
        assert problem.suggest is None
    else:
        assert problem.suggest == LIMITS[name][value > 0]
    for limit in LIMITS[name]:
        assert str(limit) in problem.message


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_just_out_of_range(name):
    least, most = LIMITS[name]
    assert refusal(name, math.nextafter(least, -math.inf)).suggest == least
    assert refusal(name, math.nextafter(most, math.inf)).suggest == most


@pytest.mark.parametrize("name", NUMBERS)
def test_limits_themselves_are_allowed(name):
    kind = int if OPTIONS[name].whole else float
    for value in LIMITS[name]:
        checked = OPTIONS[name].check(name, value)
        assert checked == value and type(checked) is kind


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers(name):
    least = round(LIMITS[name][0])
    problem = refusal(name, least + 2.25)
    assert (problem.code, problem.suggest) == ("relief.out_of_range", least + 2)
    checked = OPTIONS[name].check(name, least + 3.0)
    assert checked == least + 3 and type(checked) is int


@pytest.mark.parametrize("name", NUMBERS)
def test_only_some_numbers_may_be_left_to_us(name):
    if name in OPTIONAL:
        assert OPTIONS[name].check(name, None) is None
    else:
        assert refusal(name, None).code == "relief.wrong_type"


# -- switches and words ------------------------------------------------------------------


@pytest.mark.parametrize("name", of_kind(Switch))
@pytest.mark.parametrize("value", [1, 0, 1.0, "true", "", None, []])
def test_switches(name, value):
    assert refusal(name, value).code == "relief.wrong_type"
    for state in (True, False):
        assert OPTIONS[name].check(name, state) is state


@pytest.mark.parametrize("name", of_kind(Choice))
@pytest.mark.parametrize(
    "value", ["", "nothing", "None", None, True, 0, ["x"], "x" * 5000]
)
def test_choices(name, value):
    problem = refusal(name, value)
    assert problem.code == "relief.unknown_choice"
    for word in OPTIONS[name].choices:
        assert word in problem.message
        assert OPTIONS[name].check(name, word) == word


@pytest.mark.parametrize("name", of_kind(Choice))
def test_choices_have_names_for_people(name):
    labels = list(OPTIONS[name].choices.values())
    assert all(label[0].isupper() for label in labels)
    assert len(set(labels)) == len(labels) > 1


@pytest.mark.parametrize("name", of_kind(Text))
def test_texts(name):
    most = OPTIONS[name].most
    for value in ("", "a", "é" * most):
        assert OPTIONS[name].check(name, value) == value
    for value in ("a" * (most + 1), "x" * 100_000, None, 7, True, ["a"]):
        assert refusal(name, value).code == "relief.text_too_long"
    assert OPTIONS["text"].most == MOST_TEXT


# -- the curve ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None,
        [[0, 0], [1, 1]],
        [(0.2, 1), (0.3, 0)],
        [[n / (MOST_CURVE_POINTS - 1), 0.5] for n in range(MOST_CURVE_POINTS)],
    ],
)
def test_curves(value):
    checked = OPTIONS["curve"].check("curve", value)
    if value is None:
        assert checked is None
    else:
        assert checked == tuple(map(tuple, value))
        assert all(type(number) is float for point in checked for number in point)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [[0, 0]],
        [[0, 0], [0, 1]],
        [[0.5, 0], [0.4, 1]],
        [[0, 0], [1.001, 1]],
        [[0, -0.001], [1, 1]],
        [[0, 0], [math.nan, 1]],
        [[0, math.nan], [1, 1]],
        [[0, 0], [1, math.inf]],
        [[0, 0], [1, HUGE]],
        [[0, 0], [1]],
        [[0, 0, 0], [1, 1, 1]],
        [[0, None], [1, 1]],
        [["a", 0], ["b", 1]],
        [n / 10 for n in range(11)],
        [[n / MOST_CURVE_POINTS, 0.5] for n in range(MOST_CURVE_POINTS + 1)],
        "linear",
        3,
        True,
    ],
)
def test_bad_curves(value):
    problem = refusal("curve", value)
    assert problem.code == "relief.bad_curve"
    assert str(MOST_CURVE_POINTS) in problem.message


# -- values of strangers -----------------------------------------------------------------


def test_what_strangers_send_is_shown_short():
    assert shown("abc") == "abc" and shown(None) == "None"
    assert shown("x" * 40) == "x" * 40
    assert shown("x" * 41) == "x" * 39 + "…" and len(shown("x" * 10**6)) == 40
