"""What is done again when a saved profile is another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octoprint_img2stl.jobs.engine import Options, _keys
from octoprint_img2stl.jobs.model import Job
from octoprint_img2stl.jobs.params import Params
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.profile_store import ProfileStore
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.settings import SliceSettings

MADE = SavedProfile("Mine", "prusaslicer", {"perimeters": "2"}, "vendor", material="pla")


@pytest.fixture
def store(tmp_path):
    return ProfileStore(tmp_path / "profiles")


@pytest.fixture
def keys(store):
    def found(profile, **more):
        job = Job("0" * 16, "bob", "x", "photo", 0.0, 0.0)
        settings = SliceSettings(profile=profile, **more)
        job.params = replace(Params.defaults("relief"), slicing=settings).to_json()
        job.machine = Machine().to_json()
        return _keys(job, Options(profiles=str(store.folder)))

    return found


def test_steps_that_depend_on_a_profile_are_done_again_with_another(store, keys):
    kept = store.add(MADE, "bob").id
    first = keys(kept)
    assert first == keys(kept)
    store.change(kept, name="Other", own_gcode=False)
    assert keys(kept) == first
    for change in ({"values": {"perimeters": "3"}}, {"material": "petg"}):
        before = keys(kept)
        store.change(kept, **change, own_gcode=False)
        after = keys(kept)
        assert {name for name in after if after[name] == before[name]} == {
            "photo",
            "relief",
        }


def test_of_a_profile_that_is_gone_nothing_stands(store, keys):
    kept = store.add(MADE, "bob").id
    before = keys(kept)
    store.remove(kept)
    assert keys(kept)["slice"] != before["slice"]


def test_without_a_profile_the_store_does_not_matter(store, keys):
    before = keys("")
    store.add(MADE, "bob")
    assert keys("") == before
    assert keys("", over=("infill",))["check"] == before["check"]
