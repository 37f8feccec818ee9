from __future__ import annotations

import pytest

from octoprint_img2stl.slicing.needs import NEEDS, required, with_needs
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.settings import PLAIN, SliceSettings

ID = "0123456789ab"


def profile(**values):
    return SavedProfile("Mine", "prusaslicer", values, "vendor")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"fill_density": "15%"}, {"infill": 100}),
        ({}, {"infill": 100}),
        ({"fill_density": "100%"}, {}),
    ],
)
def test_a_lithophane_is_solid_whatever_the_profile_says(said, expected):
    assert required("lithophane", profile(**said)) == expected
    assert required("relief", profile(**said)) == {}
    settings = SliceSettings(profile=ID, over=("brim",), brim=5)
    now = with_needs(settings, "lithophane", profile(**said))
    assert set(now.over) == {"brim", *expected}
    assert now.infill == (100 if expected else settings.infill) and now.brim == 5
    assert with_needs(settings, "mesh", profile(**said)) == settings


def test_a_choice_of_the_users_own_stays():
    settings = SliceSettings(profile=ID, over=("infill",), infill=60)
    given = profile(fill_density="15%")
    assert with_needs(settings, "lithophane", given) == settings


def test_without_a_profile_the_choices_count_as_they_are():
    settings = SliceSettings(infill=15)
    assert required("lithophane", None) == {}
    assert with_needs(settings, "lithophane", None) == settings


def test_needs_are_plain_choices_that_can_be():
    for needs in NEEDS.values():
        assert set(needs) <= set(PLAIN)
        SliceSettings(**needs)
