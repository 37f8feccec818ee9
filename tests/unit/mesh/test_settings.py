"""What the owner may choose for a mesh."""

import math
import subprocess
import sys

import pytest

from octoprint_img2stl.mesh.refused import MeshRefused
from octoprint_img2stl.mesh.settings import (
    CHOICES,
    LIMITS,
    REPAIR_FIELDS,
    SWITCHES,
    MeshSettings,
)


def refused(**chosen) -> MeshRefused:
    with pytest.raises(MeshRefused) as caught:
        MeshSettings.from_json(chosen)
    return caught.value


def test_it_is_light_to_import():
    code = (
        "import sys, octoprint_img2stl.mesh.settings; "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'scipy', 'manifold3d')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_there_and_back():
    chosen = MeshSettings(
        unit="inch", turn=(0, 0, 2, 0), copies=3, pegs=False, hollow=1.5
    )
    assert MeshSettings.from_json(chosen.to_json()) == chosen
    assert MeshSettings.from_json({}) == MeshSettings()


def test_every_field_has_its_rule():
    known = set(LIMITS) | set(CHOICES) | set(SWITCHES) | {"turn"}
    assert known == set(MeshSettings.__dataclass_fields__)


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_limits_hold_and_the_nearest_is_suggested(name):
    low, high = LIMITS[name]
    for good in (low, high):
        assert getattr(MeshSettings.from_json({name: good}), name) == good
    for bad, nearest in ((low - 1, low), (high + 1, high)):
        problem = refused(**{name: bad}).problem
        assert problem.field == f"mesh.{name}"
        assert problem.suggest in (nearest, None) and str(bad) in problem.message


@pytest.mark.parametrize("value", ["12", None, True, math.nan, math.inf, [1]])
def test_only_numbers_are_numbers(value):
    assert refused(size=value).code == "mesh.out_of_range"


def test_counts_are_whole():
    assert refused(copies=2.5).code == "mesh.out_of_range"
    assert refused(smooth=0.5).code == "mesh.out_of_range"


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_only_known_choices(name):
    for choice in CHOICES[name]:
        assert getattr(MeshSettings.from_json({name: choice}), name) == choice
    problem = refused(**{name: "sideways"}).problem
    assert problem.field == f"mesh.{name}"
    assert all(choice in problem.message for choice in CHOICES[name])


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", [1, 0, "yes", None])
def test_switches_are_true_or_false(name, value):
    assert refused(**{name: value}).problem.field == f"mesh.{name}"


@pytest.mark.parametrize("value", [
    (0, 0, 0, 0), (1, 0, 0), "1000", None, (1, 0, 0, math.nan), (1, 0, 0, True), (1, 0, 0, "0"),
])  # fmt: skip
def test_no_turn(value):
    assert refused(turn=value).code == "mesh.bad_turn"


def test_a_turn_is_made_a_unit():
    assert MeshSettings(turn=(0, 3, 0, 4)).turn == (0, 0.6, 0, 0.8)


def test_unknown_settings_are_refused_by_name():
    problem = refused(unknown=1).problem
    assert problem.code == "mesh.unknown_setting" and "unknown" in problem.message


def test_repair_depends_on_nothing_that_comes_after_it():
    chosen = MeshSettings(openings="thicken", copies=3)
    assert tuple(chosen.repair_json()) == REPAIR_FIELDS
    assert chosen.repair_json()["openings"] == "thicken"
    assert "copies" not in chosen.repair_json()
