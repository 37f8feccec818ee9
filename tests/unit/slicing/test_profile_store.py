from __future__ import annotations

import json
import os
import stat
import threading

import pytest

from octoprint_img2stl.problems import WARNING, Problem
from octoprint_img2stl.slicing import profile_store
from octoprint_img2stl.slicing.profile_store import ProfileStore, load_saved
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.vendor.bed import BedSaid

VALUES = {
    "layer_height": "0.2",
    "filament_type": "PLA",
    "fill_density": "15%",
    "start_gcode": "G28\\nM117 hi",
}


def a_profile(name="Maker One", engine="prusaslicer", values=None, **more):
    return SavedProfile(
        name=name,
        engine=engine,
        values=dict(VALUES if values is None else values),
        source="vendor",
        **more,
    )


@pytest.fixture
def store(tmp_path):
    return ProfileStore(tmp_path / "profiles")


def refused(call, *args, **kwargs):
    with pytest.raises(SlicingRefused) as caught:
        call(*args, **kwargs)
    return caught.value.code, caught.value.problem.field


def test_what_is_added_is_there_after_a_restart(store):
    bed = BedSaid("rectangular", 0.0, 0.0, 220.0, 210.0)
    told = Problem("slicing.x", WARNING, "Something %(what)s.", {"what": "left"})
    given = a_profile(
        material="pla", bed=bed, problems=(told,), layer_height=0.2, about={"a": "b"}
    )
    added = store.add(given, "Ina")
    assert len(added.id) == 12 and added.owner == "Ina" and added.changed > 0
    again = ProfileStore(store.folder)
    assert again.all() == [added] == [again.get(added.id)]
    assert load_saved(str(store.folder), added.id) == added
    path = store.folder / f"{added.id}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in store.folder.iterdir()] == [path.name]


def test_names_are_each_once_readable_and_sorted(store):
    names = ["zebra", "Apple", "apple", "  \u202e\n", "Apple (2)", "x" * 200, "x" * 200]
    added = [store.add(a_profile(name), "").name for name in names]
    assert added[:5] == ["zebra", "Apple", "apple (2)", "Profile", "Apple (2) (2)"]
    assert len(added[5]) == 80 and len(added[6]) == 80 and added[6].endswith(" (2)")
    assert [each.name for each in store.all()][0] == "Apple"
    assert store.all()[-1].name == "zebra"


def test_what_runs_programs_is_never_kept(store):
    added = store.add(a_profile(values={**VALUES, "post_process": "/bin/evil"}), "")
    assert dict(added.values) == VALUES


def test_a_change_is_kept_and_what_the_profile_says_follows(store):
    added = store.add(a_profile(material="pla", layer_height=0.2), "")
    changes = {"layer_height": "0.3", "filament_type": "PETG", "fill_density": None}
    now = store.change(added.id, name="Other", values=changes, own_gcode=False)
    assert (now.name, now.layer_height, now.filament_type) == ("Other", 0.3, "PETG")
    assert now.material == "petg" and "fill_density" not in now.values
    assert now.values["start_gcode"] == VALUES["start_gcode"]
    assert now.fingerprint != added.fingerprint
    assert load_saved(store.folder, added.id) == now
    named = store.change(added.id, material="asa", own_gcode=False)
    assert (named.material, named.filament_type) == ("asa", "PETG")


def test_a_name_may_stay_and_an_unreadable_one_changes_nothing(store):
    one, two = store.add(a_profile("One"), ""), store.add(a_profile("Two"), "")
    assert store.change(one.id, name="ONE", own_gcode=False).name == "ONE"
    assert store.change(two.id, name="one", own_gcode=False).name == "one (2)"
    assert store.change(one.id, name=" \u200b ", own_gcode=False).name == "ONE"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("post_process", "/bin/evil"),
        ("nozzle_diameter", "0.8"),
        ("nonsense", "1"),
        ("layer_height", "thick"),
        ("layer_height", "nan"),
        ("layer_height", ""),
        ("layer_height", "0.2\npost_process = /bin/evil"),
        ("fill_pattern", "squiggle"),
        ("perimeters", "20%"),
        ("filament_vendor", "x" * 1001),
        ("start_gcode", "G28"),
        ("start_gcode", None),
        ("use_relative_e_distances", "1"),
        ("layer_height", 0.2),
    ],
)
def test_what_may_not_be_is_refused_by_its_key_and_nothing_changes(store, key, value):
    added = store.add(a_profile(), "")
    changes = {"fill_density": "20%", key: value}
    found = refused(store.change, added.id, name="N", values=changes, own_gcode=False)
    assert found == ("slicing.profile_bad_value", f"profile.values.{key}")
    assert store.get(added.id) == added == load_saved(store.folder, added.id)


def test_gcode_is_changed_by_those_who_may_and_left_alone_by_others(store):
    added = store.add(a_profile(), "")
    new = {"start_gcode": "G28\r\nM117 don't\n"}
    now = store.change(added.id, values=new, own_gcode=True)
    assert now.values["start_gcode"] == "G28\\nM117 don't\\n"
    same = {"start_gcode": now.values["start_gcode"], "perimeters": "4"}
    assert (
        store.change(added.id, values=same, own_gcode=False).values["perimeters"] == "4"
    )
    gone = store.change(added.id, values={"start_gcode": None}, own_gcode=True)
    assert "start_gcode" not in gone.values
    long = {"start_gcode": "G1 X1\n" * 4000}
    assert refused(store.change, added.id, values=long, own_gcode=True) == (
        "slicing.profile_bad_value",
        "profile.values.start_gcode",
    )


def test_curas_values_may_be_formulas_but_not_other_peoples_files(store):
    added = store.add(a_profile(engine="curaengine", values={"wall_line_count": "2"}), "")
    good = {"layer_height": "=0.1 * 2", "machine_end_gcode": "M84\nM140 S0"}
    now = store.change(added.id, values=good, own_gcode=True)
    assert now.values["machine_end_gcode"] == "M84\\nM140 S0"
    assert now.values["layer_height"] == "=0.1 * 2" and now.layer_height is None
    for key, value in (
        ("cross_infill_density_image", "/etc/passwd"),
        ("layer_height", ""),
        ("layer_height", "inf"),
        ("layer_height", "thick"),
        ("layer_height", "=0.1 *"),
        ("layer_height", "0"),
        ("speed_print", "-50"),
        ("material_print_temperature", "2000"),
        ("infill_pattern", "squiggle"),
        ("infill_angles", "45"),
        ("support_enable", "perhaps"),
        ("machine_end_gcode", None),
    ):
        code, _ = refused(store.change, added.id, values={key: value}, own_gcode=False)
        assert code == "slicing.profile_bad_value"


def test_a_removed_profile_is_no_default_any_more(store):
    one, two = store.add(a_profile("One"), ""), store.add(a_profile("Two"), "")
    store.set_default("_default", "pla", one.id)
    store.set_default("_default", "petg", two.id)
    store.set_default("other", "pla", two.id)
    again = ProfileStore(store.folder)
    assert again.defaults("_default") == {"pla": one.id, "petg": two.id}
    again.remove(one.id)
    assert again.defaults("_default") == {"petg": two.id}
    assert again.default("other", "pla") == two.id and again.default("x", "pla") == ""
    again.set_default("other", "pla", "")
    last = ProfileStore(store.folder)
    assert last.all() == [two] and last.defaults("other") == {}
    assert one.id not in (store.folder / "defaults.json").read_text()
    assert refused(load_saved, store.folder, one.id)[0] == "slicing.no_such_profile"


def test_what_is_not_there_is_said(store):
    gone = ("slicing.no_such_profile", "slicing.profile")
    for bad in ("0" * 12, "", "../../etc/passwd", None, "0" * 13):
        assert refused(store.get, bad) == gone
        assert refused(load_saved, store.folder, bad) == gone
        assert refused(store.remove, bad) == gone
        assert refused(store.change, bad, own_gcode=True) == gone
    assert refused(store.set_default, "_default", "pla", "0" * 12) == gone
    assert refused(store.set_default, "_default", "gold", "") == (
        "slicing.profile_bad_material",
        "profile.material",
    )


DAMAGE = {
    "cut off": lambda data: json.dumps(data)[:-20],
    "no json": lambda data: "\x00\xff",
    "a list": lambda data: "[]",
    "without a name": lambda data: json.dumps({k: data[k] for k in data if k != "name"}),
    "another engine": lambda data: json.dumps({**data, "engine": "other"}),
    "numbers for texts": lambda data: json.dumps({**data, "values": {"layer_height": 1}}),
    "another id": lambda data: json.dumps({**data, "id": "0" * 12}),
    "nan": lambda data: json.dumps({**data, "changed": float("nan")}),
    "a number too large": lambda data: json.dumps(data).replace("0.4", "1e999"),
    "a deep nest": lambda data: "[" * 100_000,
    "huge": lambda data: " " * 2_000_001,
    "a bed of nothing": lambda data: json.dumps({**data, "bed": {"form": "round"}}),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_is_set_aside_and_told(store, kind):
    good = store.add(a_profile("Good"), "")
    bad = store.add(a_profile("Bad", nozzle=0.4), "")
    path = store.folder / f"{bad.id}.json"
    text = DAMAGE[kind](json.loads(path.read_text()))
    path.write_text(text)
    again = ProfileStore(store.folder)
    assert again.all() == [good]
    assert [notice.code for notice in again.notices] == ["slicing.profile_damaged"]
    assert path.name in again.notices[0].message
    assert not path.exists()
    assert path.with_name(f"{path.name}.broken").read_text() == text
    assert ProfileStore(store.folder).notices == []
    assert refused(load_saved, store.folder, bad.id)[0] == "slicing.no_such_profile"


def test_damaged_defaults_are_none_and_set_aside(store):
    added = store.add(a_profile(), "")
    path = store.folder / "defaults.json"
    path.write_text('{"_default": ["pla"]}')
    again = ProfileStore(store.folder)
    assert again.defaults("_default") == {} and len(again.notices) == 1
    assert not path.exists()
    again.set_default("_default", "pla", added.id)
    assert ProfileStore(store.folder).default("_default", "pla") == added.id
    path.write_text('{"_default": {"gold": "000000000000", "pla": "0"}}')
    assert ProfileStore(store.folder).defaults("_default") == {}


def test_a_pipe_blocks_nobody(store):
    store.folder.mkdir(parents=True)
    os.mkfifo(store.folder / f"{'a' * 12}.json")
    assert store.all() == [] and len(store.notices) == 1


def test_a_material_that_is_not_known_any_more_is_none(store):
    added = store.add(a_profile(material="pla"), "")
    path = store.folder / f"{added.id}.json"
    path.write_text(path.read_text().replace('"material": "pla"', '"material": "gold"'))
    assert ProfileStore(store.folder).get(added.id).material == ""


def test_a_full_disk_changes_nothing(store, monkeypatch):
    added = store.add(a_profile(), "")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        store.change(added.id, name="New", own_gcode=False)
    with pytest.raises(OSError):
        store.add(a_profile("More"), "")
    assert store.all() == [added] == ProfileStore(store.folder).all()
    assert len(list(store.folder.iterdir())) == 1


def test_there_is_a_most(store, monkeypatch):
    monkeypatch.setattr(profile_store, "MOST", 2)
    for _ in range(2):
        store.add(a_profile(), "")
    assert refused(store.add, a_profile(), "")[0] == "slicing.too_many_profiles"
    assert len(store.all()) == 2


def test_many_threads_lose_nothing(store):
    def work(number):
        added = store.add(a_profile("Same"), str(number))
        store.change(added.id, values={"perimeters": str(number)}, own_gcode=False)
        store.set_default(f"printer{number}", "pla", added.id)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = ProfileStore(store.folder)
    assert len({each.name for each in again.all()}) == 8
    for each in again.all():
        assert each.values["perimeters"] == each.owner
        assert again.default(f"printer{each.owner}", "pla") == each.id
