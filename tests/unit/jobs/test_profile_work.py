"""What the warm worker answers about profiles, with the bundles of the real PrusaSlicer."""

from __future__ import annotations

import json
import shutil

import pytest

from octoprint_img2stl.jobs import profile_work, steps
from octoprint_img2stl.problems import Refusal
from octoprint_img2stl.slicing.saved import SavedProfile

COMMON = {"do": "profiles", "cura": "", "definitions": ""}
MINI = {"vendor": "PrusaResearch", "model": "MINI"}


@pytest.fixture
def ask():
    program = shutil.which("prusa-slicer") or pytest.fail("PrusaSlicer is not installed")

    def answer(what, **more):
        found = steps.answer({**COMMON, "program": program, "what": what, **more})
        return json.loads(json.dumps(found))

    return answer


def test_the_makers_are_read_once(ask):
    assert ask("models", q="mini")["models"]
    first = dict(profile_work._vendors)
    ask("options", **MINI)
    assert len(first) == 1
    assert {id(each) for each in profile_work._vendors.values()} == {
        id(each) for each in first.values()
    }


def test_without_prusaslicer_the_packages_bundles_do(ask):
    assert (
        ask("models", q="mini", program="")["models"]
        == (ask("models", q="mini")["models"])
    )


def test_no_more_models_than_a_list_can_show(ask):
    every = ask("models", q="", limit=10_000)
    assert len(every["models"]) == profile_work.MODELS_LIMIT < every["total"]
    assert ask("models", q="", limit=3)["models"] == every["models"][:3]


def test_a_draft_is_what_can_be_saved(ask):
    found = ask("options", **MINI)
    wanted = {name: found[name] for name in ("printer", "print", "filament")}
    draft = ask("draft_vendor", vendor=MINI["vendor"], **wanted, own_gcode=True)
    profile = SavedProfile.from_json(draft["profile"])
    assert profile.engine == "prusaslicer" and profile.bed.width == 180
    assert "G28" in profile.values["start_gcode"] and not draft["undecided"]
    less = ask("draft_vendor", vendor=MINI["vendor"], **wanted, own_gcode=False)
    assert "start_gcode" not in less["profile"]["values"]
    codes = [problem["code"] for problem in less["profile"]["problems"]]
    assert "slicing.profile_gcode" in codes


def test_what_builds_on_a_makers_preset_gets_its_values(ask, tmp_path):
    path = tmp_path / "mine.ini"
    path.write_text(
        "[print:mine]\ninherits = 0.15mm QUALITY @MK3\nfill_density = 7%\n"
        "[presets]\nprint = mine\n"
    )
    more = {"path": str(path), "name": "mine.ini", "own_gcode": False, "choose": {}}
    values = ask("draft_file", **more)["profile"]["values"]
    assert values["fill_density"] == "7%" and values["layer_height"] == "0.15"


def test_a_file_that_is_gone_is_refused(ask, tmp_path):
    more = {"name": "x.ini", "own_gcode": False, "choose": {}}
    with pytest.raises(Refusal) as refused:
        ask("draft_file", path=str(tmp_path / "none"), **more)
    assert refused.value.code == "slicing.bad_profile"
