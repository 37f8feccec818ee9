"""What OctoPrint's slicing calls of us, with its own classes and without a server."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import flask
import flask_babel
import pytest
from werkzeug.exceptions import BadRequest

from octoprint.slicing import SlicingCancelled, SlicingManager, TemporaryProfile

from octoprint_img2stl.jobs.engine import Options
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.plugin import slices
from octoprint_img2stl.plugin.hidden_profiles import FILE, HiddenProfiles
from octoprint_img2stl.plugin.house_profiles import HouseProfiles
from octoprint_img2stl.plugin.slicer_adapter import SLICER, SlicerAdapter
from octoprint_img2stl.plugin.slicer_profiles import (
    CHANGEABLE,
    Profile,
    gone_profiles,
    missing_profiles,
    ready_profiles,
    ready_words,
    saved_data,
    saved_name,
)
from octoprint_img2stl.plugin.slices import (
    SliceRefused,
    Slices,
    plain_name,
    require_middle,
    require_model,
)
from octoprint_img2stl.problems import Refusal
from octoprint_img2stl.slicing.registry import SLICERS
from octoprint_img2stl.slicing.saved import SavedProfile
from tests.unit.mesh.shapes import ascii_stl, box_corners

PRINTER = {
    "volume": {
        "width": 200.0,
        "depth": 200.0,
        "height": 200.0,
        "formFactor": "rectangular",
        "origin": "lowerleft",
        "custom_box": False,
    },
    "extruder": {"nozzleDiameter": 0.4},
    "heatedBed": True,
}


@pytest.fixture
def adapter(tmp_path):
    found = SlicerAdapter()
    found.house = HouseProfiles()
    found.house.usable_slicers = lambda: ["prusaslicer"]
    found.slices = Slices(tmp_path / "data", lambda: Options(), lambda: False)
    found.hidden = HiddenProfiles(tmp_path)
    return found


@pytest.fixture
def model(tmp_path):
    """A box that floats and stands beside the bed's corner, as text."""
    path = tmp_path / "a box.STL"
    path.write_text(ascii_stl(box_corners((10, 10, 2), at=(300, -40, 7))))
    return path


def saved(adapter, tmp_path, name="prusaslicer_draft", **changes):
    """The file that OctoPrint hands to `do_slice`."""
    path = tmp_path / f"{name}.profile"
    path.write_text(Profile(ready_profiles("prusaslicer")[name]).to_text())
    temporary = TemporaryProfile(
        adapter.save_slicer_profile, adapter.get_slicer_profile(str(path)), changes
    )
    return temporary.__enter__()


# -- profiles ---------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", SLICERS)
def test_ready_profiles_can_be_used(engine):
    ready = ready_profiles(engine)
    assert next(iter(ready)) == f"{engine}_standard" and len(ready) == 3
    for name, data in ready.items():
        assert Profile(data).settings().slicer == engine
        assert ready_words(name)[0] == SLICERS[engine].label
    assert ready_words("mine") is None


def test_a_deleted_profile_stays_deleted_but_a_new_slicer_gets_its_own():
    assert missing_profiles([], []) == {}
    first = missing_profiles(["curaengine"], [])
    assert list(first) == list(ready_profiles("curaengine"))
    assert missing_profiles(["curaengine"], ["curaengine_fine"]) == {}
    both = missing_profiles(SLICERS, ["curaengine_fine", "mine"])
    assert list(both) == list(ready_profiles("prusaslicer"))


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"post_process": "/bin/sh"}, "slicer.unknown_setting"),
        ({"start_gcode": "M112"}, "slicer.unknown_setting"),
        ({"slicer": "curaengine"}, "slicer.unknown_setting"),
        ({"first_layers": 2}, "slicer.unknown_setting"),
        ({"infill": 101}, "slicing.out_of_range"),
        ({"infill": float("nan")}, "slicing.out_of_range"),
        ({"infill": "20"}, "slicing.out_of_range"),
        ({"walls": [3]}, "slicing.out_of_range"),
        ({"quality": {"$": 1}}, "slicing.unknown_choice"),
        ({"\x1b[31mx\n" * 500: 1}, "slicer.unknown_setting"),
    ],
)
def test_changes_that_cannot_be_are_refused_only_when_slicing(
    adapter, model, tmp_path, changes, code
):
    path = saved(adapter, tmp_path, **changes)
    with pytest.raises(Refusal) as refused:
        Profile.read(path).settings()
    assert refused.value.code == code and len(str(refused.value)) < 400
    gcode = tmp_path / "tmp.gco"
    gcode.write_bytes(b"")
    done, reason = adapter.do_slice(str(model), PRINTER, str(gcode), path)
    assert not done and reason == str(refused.value)
    assert gcode.read_bytes() == b""


def test_what_is_changed_beside_a_saved_profile_counts():
    kept = SavedProfile("Mine", "curaengine", {}, "vendor", id="0123456789ab")
    settings = Profile(saved_data(kept), {"infill": 40, "brim": None}).settings()
    assert (settings.slicer, settings.profile) == ("curaengine", kept.id)
    assert settings.over == ("infill", "brim") and settings.infill == 40
    with pytest.raises(Refusal) as refused:
        Profile(saved_data(kept), {"profile": "ba9876543210"}).settings()
    assert refused.value.code == "slicer.unknown_setting"
    assert Profile({"slicer": "curaengine"}, {"infill": 40}).settings().over == ()


class Manager:
    """OctoPrint's slicing manager, as far as it is asked."""

    def __init__(self, *names):
        self.there = {name: SimpleNamespace(display_name=name) for name in names}
        self.saved = []

    def all_profiles(self, slicer):
        return dict(self.there)

    def save_profile(self, slicer, name, data, display_name=None):
        self.saved.append(name)
        self.there[name] = SimpleNamespace(display_name=display_name, data=data)

    def delete_profile(self, slicer, name):
        del self.there[name]


def test_octoprints_profiles_follow_the_saved_ones(adapter):
    one, two = (
        SavedProfile(name, "prusaslicer", {}, "vendor", id=name * 6)
        for name in ("aa", "bb")
    )
    manager = adapter._slicing_manager = Manager(
        "own", "saved_mine", "saved_cccccccccccc"
    )
    adapter.house.profiles = SimpleNamespace(all=lambda: [one, two])
    adapter.match_saved_profiles()
    assert set(manager.there) == {
        "own", "saved_mine", saved_name(one.id), saved_name(two.id)
    }  # fmt: skip
    assert manager.there[saved_name(one.id)].display_name == "aa"
    assert manager.there[saved_name(one.id)].data["profile"] == one.id
    manager.saved.clear()
    adapter.match_saved_profiles()
    assert manager.saved == []
    renamed = replace(two, name="Other")
    adapter.house.profiles = SimpleNamespace(all=lambda: [renamed])
    adapter.match_saved_profiles()
    assert manager.saved == [saved_name(two.id)]
    assert set(manager.there) == {"own", "saved_mine", saved_name(two.id)}
    assert gone_profiles([], manager.there) == [saved_name(two.id)]


def test_what_is_deleted_in_octoprints_list_stays_away_until_it_is_saved_again(
    adapter, tmp_path
):
    one, two = (
        SavedProfile(name, "prusaslicer", {}, "vendor", id=name * 6, changed=7.5)
        for name in ("aa", "bb")
    )
    manager = adapter._slicing_manager = Manager()
    adapter.house.profiles = SimpleNamespace(all=lambda: [one, two])
    adapter.match_saved_profiles()
    manager.delete_profile(SLICER, saved_name(one.id))
    for slicer, name in (("other", saved_name(two.id)), (SLICER, "mine"), (SLICER, None)):
        adapter.slicing_profile_deleted(slicer, name)
    adapter.slicing_profile_deleted(SLICER, saved_name(one.id))
    adapter.hidden = HiddenProfiles(tmp_path)  # as after a restart
    adapter.match_saved_profiles()
    assert set(manager.there) == {saved_name(two.id)}

    again = replace(one, name="Better", changed=8.0)
    adapter.house.profiles = SimpleNamespace(all=lambda: [again, two])
    adapter.match_saved_profiles()
    assert manager.there[saved_name(one.id)].display_name == "Better"
    # ours is deleted with the saved one; that hides nothing
    adapter.house.profiles = SimpleNamespace(all=lambda: [two])
    adapter.match_saved_profiles()
    adapter.slicing_profile_deleted(SLICER, saved_name(one.id))
    found = HiddenProfiles(tmp_path)
    assert again not in found and two not in found


def test_a_full_disk_or_a_damaged_list_hides_nothing_for_good(
    adapter, tmp_path, monkeypatch
):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    one = SavedProfile("aa", "prusaslicer", {}, "vendor", id="aa" * 6, changed=7.5)
    with monkeypatch.context() as context:
        context.setattr("octoprint_img2stl.plugin.kept.write_json", full)
        adapter.hidden.hide(one, [one])
    assert one in adapter.hidden and one not in HiddenProfiles(tmp_path)
    (tmp_path / FILE).write_text('["no", "such", "list"]')
    assert one not in HiddenProfiles(tmp_path)


def test_changes_of_one_slice_count():
    data = ready_profiles("curaengine")["curaengine_fine"]
    changes = {"infill": 40, "material": "petg", "supports": "plate", "brim": 3}
    settings = Profile(data, {**changes, "quality": "draft", "walls": 2}).settings()
    assert (settings.slicer, settings.quality, settings.walls) == (
        "curaengine",
        "draft",
        2,
    )
    assert all(getattr(settings, name) == value for name, value in changes.items())
    assert set(CHANGEABLE) == {*changes, "quality", "walls"}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"data": 3}', '{"data": {}}', "[" * 60_000, "layer = 0.2"],
)
def test_damaged_profile_slices_nothing(adapter, model, tmp_path, text):
    path = tmp_path / "mine.profile"
    path.write_text(text)
    profile = adapter.get_slicer_profile(str(path))
    assert profile.name == "mine" and not profile.data
    with TemporaryProfile(adapter.save_slicer_profile, profile) as temporary:
        done, reason = adapter.do_slice(str(model), PRINTER, None, temporary)
    assert not done and "empty or damaged" in reason
    assert not model.with_suffix(".gcode").exists()


def test_in_octoprints_thread_saving_never_raises(adapter, tmp_path):
    profile = adapter.get_slicer_default_profile()
    adapter.save_slicer_profile(str(tmp_path / "no" / "folder"), profile)
    profile.data = 7
    adapter.save_slicer_profile(str(tmp_path / "x.profile"), profile)
    adapter.save_slicer_profile(str(tmp_path / "x.profile"), None)
    assert not (tmp_path / "x.profile").exists()


def test_what_is_kept_is_checked_at_once(adapter, tmp_path):
    path = tmp_path / "prusaslicer_fine.profile"
    profile = adapter.get_slicer_default_profile()
    profile.display_name = "My own"
    app = flask.Flask(__name__)
    flask_babel.Babel(app)
    with app.test_request_context():
        with pytest.raises(BadRequest) as refused:
            adapter.save_slicer_profile(str(path), profile, overrides={"exec": "x"})
        assert "exec cannot be set" in refused.value.description
        assert not path.exists()
        adapter.save_slicer_profile(str(path), profile, overrides={"infill": 40})
        with pytest.raises(OSError):
            adapter.save_slicer_profile(str(path), profile, allow_overwrite=False)
    kept = adapter.get_slicer_profile(str(path))
    assert kept.display_name == "My own"
    assert kept.data["infill"] == 40 and json.loads(path.read_text())["changes"] == {}


def test_ready_profiles_have_no_words_of_one_language_on_disk(adapter, tmp_path):
    path = tmp_path / "prusaslicer_draft.profile"
    path.write_text(Profile(ready_profiles("prusaslicer")["prusaslicer_draft"]).to_text())
    shown = adapter.get_slicer_profile(str(path))
    assert shown.display_name == "PrusaSlicer: Draft (fast, visible layers)"
    adapter.save_slicer_profile(str(path), shown)
    assert json.loads(path.read_text())["display_name"] is None


def test_octoprint_accepts_the_properties(adapter):
    manager = SlicingManager("/nowhere", None)
    manager._slicers = {adapter.get_slicer_properties()["type"]: adapter}
    assert manager.configured_slicers == [SLICER]
    adapter.house.usable_slicers = list
    assert manager.configured_slicers == []


# -- slicing ----------------------------------------------------------------------------------


def test_folder_instead_of_a_model(adapter, tmp_path):
    path = saved(adapter, tmp_path)
    done, reason = adapter.do_slice(str(tmp_path), PRINTER, str(tmp_path / "x"), path)
    assert not done and "Move the model into a folder" in reason
    with pytest.raises(SliceRefused, match="not there any more"):
        require_model(tmp_path / "gone.stl")


@pytest.mark.parametrize("printer", [{}, {"volume": None}, None])
def test_nothing_unexpected_gets_out(adapter, model, tmp_path, printer):
    path = saved(adapter, tmp_path)
    done, reason = adapter.do_slice(str(model), printer, str(tmp_path / "x"), path)
    assert not done and "unexpected" in reason
    done, reason = adapter.do_slice(None, PRINTER, str(tmp_path / "x"), path)
    assert not done and "unexpected" in reason


def test_what_the_worker_could_not_explain_is_in_octoprints_log(
    adapter, model, tmp_path, monkeypatch, caplog
):
    def crash(model, gcode, folder, *_, **__):
        (folder / "log.txt").write_text("its last words")
        raise Refusal("jobs.worker_crashed", "The job's log has the details.")

    monkeypatch.setattr(slices, "slice_file", crash)
    path = saved(adapter, tmp_path)
    done, reason = adapter.do_slice(str(model), PRINTER, str(tmp_path / "x"), path)
    assert not done and "OctoPrint's log" in reason
    assert "its last words" in caplog.text


@pytest.mark.parametrize(
    "position, good",
    [
        (None, True),
        ({}, True),
        ({"x": 100, "y": 100.3}, True),
        ({"x": "100", "y": 100}, True),
        ({"x": 101, "y": 100}, False),
        ({"x": float("nan"), "y": 100}, False),
        ({"x": 100}, False),
        ({"x": None, "y": []}, False),
    ],
)
def test_only_the_middle_of_the_bed(position, good):
    machine = Machine.from_octoprint_profile(PRINTER)
    if good:
        require_middle(machine, position)
    else:
        with pytest.raises(SliceRefused, match="bed's middle"):
            require_middle(machine, position)


def test_names_bring_nothing_into_shell_commands():
    assert plain_name(Path("/x/$(rm -rf ~);`a`'b\".stl")) == "__rm -rf ____a__b_.stl"
    assert plain_name(Path("/x/größe 2.stl")) == "größe 2.stl"


def test_while_printing(adapter, model, tmp_path):
    adapter.slices = Slices(tmp_path / "data", lambda: Options(), lambda: True)
    path = saved(adapter, tmp_path)
    done, reason = adapter.do_slice(str(model), PRINTER, str(tmp_path / "x"), path)
    assert not done and "A print is running" in reason


def test_cancelled_before_it_began(adapter, model, tmp_path):
    path = saved(adapter, tmp_path)
    adapter.cancel_slicing(str(tmp_path / "x"))
    with pytest.raises(SlicingCancelled):
        adapter.do_slice(str(model), PRINTER, str(tmp_path / "x"), path)
    assert adapter.slices._ends == {}


def test_a_slice_waits_for_the_one_before_and_can_be_called_off(
    adapter, model, tmp_path, monkeypatch
):
    path = saved(adapter, tmp_path)

    def meanwhile(model, gcode, folder, *_, cancelled, **__):
        assert folder.is_dir() and not cancelled()
        adapter.slices._end_of(tmp_path / "second").set()
        with pytest.raises(SlicingCancelled):
            adapter.do_slice(str(model), PRINTER, str(tmp_path / "second"), path)
        adapter.slices.stop()
        assert cancelled()
        return SimpleNamespace(analysis={"told": True}, problems=())

    monkeypatch.setattr(slices, "slice_file", meanwhile)
    done, result = adapter.do_slice(str(model), PRINTER, str(tmp_path / "first"), path)
    assert done and result == {"analysis": {"told": True}}
    assert list((tmp_path / "data" / "slicing").iterdir()) == []


def test_text_stl_that_floats_becomes_gcode(adapter, model, tmp_path):
    told = []
    gcode = tmp_path / "tmp.gco"
    gcode.write_bytes(b"")
    done, result = adapter.do_slice(
        str(model),
        PRINTER,
        str(gcode),
        saved(adapter, tmp_path, infill=20),
        on_progress=lambda *args, **kwargs: told.append((args, kwargs)),
        on_progress_args=("a",),
        on_progress_kwargs=None,
    )
    assert done, result
    analysis = result["analysis"]
    assert analysis["printingArea"]["maxZ"] == pytest.approx(2, abs=0.3)
    assert analysis["estimatedPrintTime"] > 30
    assert analysis["filament"]["tool0"]["length"] > 30
    text = gcode.read_text()
    assert "fill_density = 20%" in text and "layer_height = 0.28" in text
    assert all(args == ("a",) for args, _ in told)
    fractions = [kwargs["_progress"] for _, kwargs in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(told) > 5
    assert list((tmp_path / "data" / "slicing").iterdir()) == []
    assert model.is_file()
