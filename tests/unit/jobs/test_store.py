"""Jobs on disk survive whatever happens, and nothing half-written stays."""

import json
import shutil

import pytest

from octoprint_img2stl.jobs.model import JobState, StepRecord
from octoprint_img2stl.jobs.store import (
    JobStore,
    StoreRefused,
    display_name,
    require_small,
)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "in.jpg"
    path.write_bytes(b"\xff\xd8" + bytes(1000))
    return path


@pytest.fixture
def store(tmp_path):
    return JobStore(tmp_path / "jobs")


@pytest.mark.parametrize(
    "given, shown",
    [
        ("holiday.jpg", "holiday"),
        ("../../evil.jpg", "evil"),
        ("..\\..\\evil.jpg", "evil"),
        ("--help.stl", "help"),
        ("<img src=x onerror=alert(1)>.png", "img src x onerror alert 1"),
        ("Überraschung 1.JPEG", "Überraschung 1"),
        ("", "photo"),
        ("....", "photo"),
        ("x" * 500 + ".jpg", "x" * 60),
    ],
)
def test_display_name_is_harmless(given, shown):
    assert display_name(given) == shown


def test_move_and_copy(store, photo):
    copied = store.create(photo, "a.jpg", "me", move=False)
    assert photo.exists()
    moved = store.create(photo, "b.jpg", "me", move=True)
    assert not photo.exists()
    for job in (copied, moved):
        assert store.path(job.id, job.source).read_bytes().startswith(b"\xff\xd8")
        assert job.state is JobState.OPENING
    assert [job.id for job in store.all()] == [moved.id, copied.id]


def test_everything_comes_back_after_a_restart(store, photo, tmp_path):
    job = store.create(photo, "a.jpg", "me", move=False)
    job.state = JobState.DONE
    job.photo = {"size_px": [3, 4]}
    job.steps["photo"] = StepRecord("key", {"a": 1}, 0.5, 1000)
    store.save(job)
    again = JobStore(tmp_path / "jobs").get(job.id)
    assert again == job


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.RUNNING])
def test_work_cut_off_is_marked_interrupted(store, photo, tmp_path, state):
    job = store.create(photo, "a.jpg", "me", move=False)
    job.state = state
    store.save(job)
    assert JobStore(tmp_path / "jobs").get(job.id).state is JobState.INTERRUPTED


def test_broken_description_keeps_the_photo(store, photo, tmp_path):
    job = store.create(photo, "a.jpg", "me", move=False)
    store.path(job.id, "job.json").write_text('{"id": "')
    again = JobStore(tmp_path / "jobs").get(job.id)
    assert again.state is JobState.OPENING


def test_cut_off_creation_and_deletion_are_tidied_up(store, photo, tmp_path):
    folder = tmp_path / "jobs"
    for name in (".new-0123456789abcdef", ".gone-0123456789abcdef-00"):
        (folder / name).mkdir()
        (folder / name / "file").write_text("x")
    (folder / "something else").mkdir()
    assert JobStore(folder).all() == []
    assert [entry.name for entry in folder.iterdir()] == ["something else"]


def test_deleted_stays_deleted(store, photo):
    job = store.create(photo, "a.jpg", "me", move=False)
    store.delete(job.id)
    store.save(job)  # a late worker
    assert not store.path(job.id).exists()
    with pytest.raises(StoreRefused) as refused:
        store.get(job.id)
    assert refused.value.code == "jobs.not_found"
    assert store.used_bytes == 0


@pytest.mark.parametrize(
    "bad", ["", "..", "../../etc", "0123456789abcde", "0123456789ABCDEF"]
)
def test_only_our_ids_become_paths(store, bad):
    with pytest.raises(ValueError):
        store.path(bad)
    with pytest.raises(StoreRefused):
        store.get(bad)


def test_quota(photo, tmp_path):
    store = JobStore(tmp_path / "jobs", quota_bytes=5000)
    store.create(photo, "a.jpg", "me", move=False)
    assert 1000 < store.used_bytes < 5000
    with pytest.raises(StoreRefused) as refused:
        store.require_room(4000)
    assert refused.value.code == "jobs.quota_full"
    photo.write_bytes(bytes(3000))
    with pytest.raises(StoreRefused):
        store.create(photo, "b.jpg", "me", move=True)
    assert photo.exists() and len(store.all()) == 1


def test_full_disk_is_refused_before_work(store, photo, monkeypatch):
    usage = shutil.disk_usage(store.folder)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: usage._replace(free=50 * 2**20)
    )
    with pytest.raises(StoreRefused) as refused:
        store.create(photo, "a.jpg", "me", move=True)
    assert refused.value.code == "jobs.disk_full"
    assert photo.exists() and list(store.folder.iterdir()) == []


def test_what_a_killed_writer_left_is_gone_when_the_store_is_opened_again(store, photo):
    job = store.create(photo, "a.jpg", "me", move=False)
    left = store.path(job.id, ".job.json.0badcafe.tmp")
    left.write_text("{")
    again = JobStore(store.folder)
    assert again.get(job.id).name == "a" and not left.exists()


def test_too_big_a_photo(photo):
    require_small(photo, 2000)
    with pytest.raises(StoreRefused) as refused:
        require_small(photo, 500)
    assert refused.value.code == "photo.file_too_big"


def test_stored_json_is_plain(store, photo):
    job = store.create(photo, "a.jpg", "me", move=False)
    data = json.loads(store.path(job.id, "job.json").read_text())
    assert data["version"] == 1 and data["state"] == "opening"
