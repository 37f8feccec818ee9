"""Further photos of a job: they come and go whole, and their settings stay with them."""

import json
import os
import random
import signal
import threading
import time

import pytest
from PIL import Image

from octoprint_img2stl.jobs import photos, pipeline
from octoprint_img2stl.jobs.model import Job, JobState, StepRecord
from octoprint_img2stl.jobs.params import Params, PhotoSettings
from octoprint_img2stl.jobs.runner import RunnerRefused
from octoprint_img2stl.jobs.store import JobStore, StoreRefused
from octoprint_img2stl.jobs.warm import DYING_S
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.problems import Refusal
from octoprint_img2stl.relief.sizes import GAP
from tests.serving import picture, wait_for
from tests.unit.jobs.test_runner import House

from .conftest import SAMPLE, SMALL

HALF = {"turn_deg": 90, "crop": [0.0, 0.0, 0.5, 1.0]}


@pytest.fixture
def house(store, tmp_path):
    house = House(store, tmp_path)
    yield house
    house.runner.stop()


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "further.png"
    path.write_bytes(picture(140, 100))
    return path


def names(store, job):
    return {path.name for path in store.path(job.id).iterdir()}


def further_files(store, job):
    return {name for name in names(store, job) if photos.FURTHER_FILE.fullmatch(name)}


def taken(store, job, photo, name="further"):
    """A further photo put into the store as the runner does, opened by nobody."""
    number = store.take_photo(job, photo, move=False)
    for file in photos.files(number)[1:]:
        store.path(job.id, file).write_text('{"notices": [], "size_px": [140, 100]}')
    job.add_photo(number, name, {"size_px": [140, 100], "notices": []})
    store.save(job)
    return number


def refusal(kind, action, *args, **kwargs):
    with pytest.raises(kind) as caught:
        action(*args, **kwargs)
    return caught.value.code


# -- names and settings -----------------------------------------------------------------------


def test_the_first_photo_is_called_as_before():
    assert photos.files(photos.FIRST) == (
        "photo.original",
        "photo.json",
        "photo.jpg",
        "thumb.jpg",
    )
    assert photos.files(3) == (
        "photo-3.original",
        "photo-3.json",
        "photo-3.jpg",
        "thumb-3.jpg",
    )
    ours = [name for number in photos.FURTHER for name in photos.files(number)]
    assert len(set(ours)) == 20 and all(map(photos.FURTHER_FILE.fullmatch, ours))
    assert not any(map(photos.FURTHER_FILE.fullmatch, photos.files(photos.FIRST)))


def test_settings_name_their_photo():
    params = Params.from_json({"photos": [{"number": 4, **HALF}, {"number": 2}]})
    assert params.photos == (
        PhotoSettings(90, (0, 0, 0.5, 1), number=4),
        PhotoSettings(number=2),
    )
    assert Params.from_json(json.loads(json.dumps(params.to_json()))) == params


def test_who_names_no_number_means_the_next_photo():
    params = Params.from_json({"photos": [{}, HALF, "nonsense"]})
    assert [each.number for each in params.photos] == [2, 3, 4]
    assert params.photos[1].crop == (0, 0, 0.5, 1)


def test_the_first_photo_stays_the_first():
    assert Params.from_json({"photo": {"number": 3}}).photo.number == 1


@pytest.mark.parametrize(
    "data, field",
    [
        ([{"number": 1}], "photos.0.number"),
        ([{"number": 7}], "photos.0.number"),
        ([{}, {"number": 2}], "photos.1.number"),
        ([{"number": True}], "photos.0.number"),
        ([{"number": "2"}], "photos.0.number"),
        ([{"number": [2]}], "photos.0.number"),
        ([{}] * 6, "photos.5.number"),
        ([{}, {"turn_deg": 45}], "photos.1.turn_deg"),
        ([{"crop": [0, 0, 2, 1]}], "photos.0.crop"),
    ],
)
def test_bad_settings_name_their_field(data, field):
    with pytest.raises(Refusal) as refused:
        Params.from_json({"photos": data})
    assert refused.value.problem.field == field


@pytest.mark.parametrize("data", [None, 3, "text", {"number": 2}])
def test_nonsense_is_no_further_photo(data):
    assert Params.from_json({"photos": data}).photos == ()


@pytest.mark.parametrize("seed", range(20))
def test_settings_match_the_photos_that_are_there(seed):
    chance = random.Random(seed)
    there = chance.sample(photos.FURTHER, chance.randint(0, 5))
    named = chance.sample(photos.FURTHER, chance.randint(0, 5))
    settings = [{"number": n, "turn_deg": 90, "crop": None} for n in named]
    got = photos.matched(settings, there)
    assert sorted(each["number"] for each in got) == sorted(there)
    kept = [each["number"] for each in got if each["turn_deg"] == 90]
    assert kept == [number for number in named if number in there]
    assert photos.matched(got, there) == got


def test_a_job_of_an_earlier_version_has_one_photo():
    old = Job("0" * 16, "me", "cat", "photo.original", 1.0, 1.0).to_json()
    del old["photos"]
    old["params"] = {"route": "relief", "photo": {"turn_deg": 0, "crop": None}}
    job = Job.from_json(old)
    assert job.photos == []
    job.add_photo(2, "dog", {"size_px": [9, 9], "notices": []})
    assert [each.number for each in Params.from_json(job.params).photos] == [2]


# -- the store --------------------------------------------------------------------------------


def test_numbers_are_given_again_and_settings_stay_with_their_photo(store, draft, photo):
    assert [taken(store, draft, photo) for _ in range(3)] == [2, 3, 4]
    draft.params["photos"][1].update(HALF)
    draft.remove_photo(2)
    store.tidy_photos(draft)
    assert draft.further_numbers == [3, 4]
    assert further_files(store, draft) == {*photos.files(3), *photos.files(4)}
    assert taken(store, draft, photo) == 2
    assert draft.further_numbers == [3, 4, 2]
    settings = Params.from_json(draft.params).photos
    assert [each.number for each in settings] == [3, 4, 2]
    assert settings[0].turn_deg == 90 and settings[1].turn_deg == 0


def test_six_photos_at_most(store, draft, photo):
    for _ in range(5):
        taken(store, draft, photo)
    before = names(store, draft)
    code = refusal(StoreRefused, store.take_photo, draft, photo, move=True)
    assert code == "jobs.too_many_photos"
    assert names(store, draft) == before and photo.exists()


def test_a_further_photo_counts_in_the_quota(store, draft, photo):
    used = store.used_bytes
    size = photo.stat().st_size
    taken(store, draft, photo)
    store.measure(draft.id)
    assert store.used_bytes > used + size
    store.quota_bytes = store.used_bytes + 1
    before = names(store, draft)
    code = refusal(StoreRefused, store.take_photo, draft, photo, move=True)
    assert code == "jobs.quota_full"
    assert names(store, draft) == before and photo.exists()


def test_moved_or_copied(store, draft, photo):
    data = photo.read_bytes()
    store.take_photo(draft, photo, move=False)
    assert photo.read_bytes() == data
    draft.add_photo(2, "a", {"notices": []})
    assert store.take_photo(draft, photo, move=True) == 3
    assert not photo.exists()
    for name in ("photo-2.original", "photo-3.original"):
        assert store.path(draft.id, name).read_bytes() == data
        assert store.path(draft.id, name).stat().st_mode & 0o777 == 0o600


def test_another_photo_means_all_is_made_again(store, draft, photo):
    for change in (
        lambda: taken(store, draft, photo),
        lambda: draft.remove_photo(2),
    ):
        draft.steps = {
            step.name: StepRecord("key", {}, 0.1, 1) for step in pipeline.STEPS
        }
        for step in pipeline.STEPS:
            for file in step.files:
                store.path(draft.id, file).parent.mkdir(exist_ok=True)
                store.path(draft.id, file).write_text("made")
        wanted = dict.fromkeys(draft.steps, "key")
        assert pipeline.todo(draft, store.path(draft.id), wanted) == []
        change()
        everything = [step.name for step in pipeline.STEPS]
        assert pipeline.todo(draft, store.path(draft.id), wanted) == everything


def test_all_comes_back_after_a_restart(store, draft, photo):
    taken(store, draft, photo, "dog")
    taken(store, draft, photo, "cow")
    again = JobStore(store.folder).get(draft.id)
    assert again == draft
    assert [each["name"] for each in again.photos] == ["dog", "cow"]


def test_what_was_cut_off_leaves_nothing(store, draft, photo):
    taken(store, draft, photo)
    whole = names(store, draft)
    for name in (*photos.files(3), "photo-4.original.part", "photo-5.jpg.part"):
        store.path(draft.id, name).write_text("half")
    again = JobStore(store.folder)
    assert again.get(draft.id).further_numbers == [2]
    assert names(again, draft) == whole


def test_a_photo_whose_file_is_gone_is_forgotten(store, draft, photo):
    taken(store, draft, photo)
    taken(store, draft, photo)
    store.path(draft.id, "photo-2.original").unlink()
    again = JobStore(store.folder)
    job = again.get(draft.id)
    assert job.further_numbers == [3]
    assert [each.number for each in Params.from_json(job.params).photos] == [3]
    assert further_files(again, job) == set(photos.files(3))
    stored = json.loads(again.path(job.id, "job.json").read_text())
    assert [each["number"] for each in stored["photos"]] == [3]


def test_broken_description_keeps_all_photos(store, draft, photo):
    taken(store, draft, photo)
    store.path(draft.id, "job.json").write_text('{"id": "')
    job = JobStore(store.folder).get(draft.id)
    assert job.state is JobState.OPENING and job.further_numbers == [2]
    assert job.photos[0]["size_px"] == [140, 100]
    assert further_files(store, job) == set(photos.files(2))


def test_copy(store, draft, photo):
    taken(store, draft, photo, "dog")
    draft.params["photos"][0].update(HALF)
    copy = store.copy(draft, "you")
    assert copy.id != draft.id and copy.owner == "you" and copy.name == draft.name
    assert copy.state is JobState.OPENING
    assert copy.photos == draft.photos and copy.params == draft.params
    originals = {"photo.original", "job.json", *photos.files(2)}
    assert names(store, copy) == originals
    copy.remove_photo(2)
    store.tidy_photos(copy)
    assert draft.further_numbers == [2] and draft.params["photos"]
    assert set(photos.files(2)) <= names(store, draft)


def test_copy_needs_room_for_all(store, draft, photo):
    photo.write_bytes(bytes(3_000_000))
    taken(store, draft, photo)
    store.measure(draft.id)
    store.quota_bytes = store.used_bytes + 4_000_000
    assert refusal(StoreRefused, store.copy, draft, "me") == "jobs.quota_full"
    assert store.all() == [draft]


# -- the runner -------------------------------------------------------------------------------


def test_add_and_remove(house, photo):
    job = house.open()
    number = house.runner.add_photo(job, photo, "My dog.png", move=True)
    assert number == 2 and not photo.exists()
    (facts,) = job.photos
    assert facts["name"] == "My dog" and facts["size_px"] == [140, 100]
    assert facts["format"] == "PNG" and facts["bits"] == 8
    assert [notice["code"] for notice in facts["notices"]] == ["photo.low_resolution"]
    folder = house.store.path(job.id)
    assert further_files(house.store, job) == set(photos.files(2))
    with (
        Image.open(folder / "photo-2.jpg") as copy,
        Image.open(folder / "photo.jpg") as own,
    ):
        assert copy.size == (140, 100) != own.size
    assert job.params["photos"] == [{"number": 2, "turn_deg": 0, "crop": None}]
    assert (job.id, JobState.DRAFT) in house.changes
    house.changes.clear()
    house.runner.remove_photo(job, 2)
    assert job.photos == [] and job.params["photos"] == []
    assert further_files(house.store, job) == set()
    assert house.changes == [(job.id, JobState.DRAFT)]
    assert (folder / "photo.jpg").exists()


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "photo.empty"),
        (b"this is no picture at all", "photo.not_an_image"),
        (picture(800, 600)[:3000], "photo.truncated"),
    ],
)
def test_a_bad_photo_leaves_nothing_and_the_job_as_it_was(house, photo, data, code):
    job = house.open()
    house.runner.add_photo(job, photo, "good.png", move=False)
    job.steps["photo"] = StepRecord("key", {}, 0.1, 1)
    before, used = job.to_json(), house.store.used_bytes
    photo.write_bytes(data)
    assert (
        refusal(Refusal, house.runner.add_photo, job, photo, "x.png", move=True) == code
    )
    assert job.to_json() == before and house.store.used_bytes == used
    assert further_files(house.store, job) == set(photos.files(2))
    house.make(job)  # it is not busy any more


def test_busy_jobs_keep_their_photos(house, photo):
    job = house.open()
    house.runner.add_photo(job, photo, "dog.png", move=False)
    house.held = True
    house.make(job)
    add, remove = house.runner.add_photo, house.runner.remove_photo
    assert refusal(RunnerRefused, add, job, photo, "x.png", move=True) == "jobs.busy"
    assert refusal(RunnerRefused, remove, job, 2) == "jobs.busy"
    assert photo.exists() and job.further_numbers == [2]


@pytest.mark.parametrize(
    "number, code",
    [(1, "jobs.first_photo"), (0, "jobs.no_such_photo"), (3, "jobs.no_such_photo")],
)
def test_only_further_photos_can_be_removed(house, photo, number, code):
    job = house.open()
    house.runner.add_photo(job, photo, "dog.png", move=False)
    before = names(house.store, job)
    assert refusal(RunnerRefused, house.runner.remove_photo, job, number) == code
    assert names(house.store, job) == before


def test_others_may_come_while_the_first_is_being_opened(store, photo, tmp_path):
    house = House(store, tmp_path)
    try:
        job = store.create(SAMPLE, "cat.jpg", "me", move=False)
        house.runner.add_photo(job, photo, "dog.png", move=False)
        assert job.state is JobState.OPENING and job.params == {}
        house.runner.open(job)
        house.wait(job, JobState.DRAFT)
        assert [each["number"] for each in job.params["photos"]] == [2]
    finally:
        house.runner.stop()


def test_several_at_once(house, photo):
    """Six requests for five places: five get in, one is told that there is no room."""
    job, answers = house.open(), []

    def add():
        try:
            answers.append(house.runner.add_photo(job, photo, "x.png", move=False))
        except StoreRefused as refused:
            answers.append(refused.code)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, answers)) == ["2", "3", "4", "5", "6", "jobs.too_many_photos"]
    assert sorted(job.further_numbers) == [2, 3, 4, 5, 6]


def test_a_job_is_busy_while_a_photo_comes_and_a_dead_worker_leaves_nothing(house, photo):
    job = house.open()
    pid, ended = house.warm.pid, []
    os.kill(pid, signal.SIGSTOP)

    def add():
        ended.append(
            refusal(Refusal, house.runner.add_photo, job, photo, "x.png", move=True)
        )

    thread = threading.Thread(target=add)
    thread.start()
    wait_for(lambda: further_files(house.store, job), 20, "the file")
    assert refusal(RunnerRefused, house.make, job) == "jobs.busy"
    time.sleep(2 * DYING_S)  # one that died sooner would be replaced without a word
    os.kill(pid, signal.SIGKILL)
    thread.join(20)
    assert ended == ["jobs.worker_killed"]
    assert further_files(house.store, job) == set() and job.photos == []
    house.make(job)


def test_a_deleted_job_takes_no_photo(house, photo):
    job = house.open()
    house.runner.delete(job)
    add = house.runner.add_photo
    assert refusal(StoreRefused, add, job, photo, "x.png", move=True) == "jobs.not_found"
    assert refusal(StoreRefused, house.runner.remove_photo, job, 2) == "jobs.not_found"
    assert photo.exists()


def test_making_asks_for_the_photos_that_are_there(house, photo):
    job = house.open()
    for name in "abc":
        house.runner.add_photo(job, photo, name, move=False)
    house.runner.remove_photo(job, 3)
    house.held = True
    chosen = {"photos": [{"number": 4, **HALF}, {"number": 3}]}
    house.runner.make(job, Params.from_json({**SMALL, **chosen}), Machine())
    params = Params.from_json(job.params)
    assert [each.number for each in params.photos] == [4, 2]
    assert params.photos[0].turn_deg == 90 and params.photos[1].turn_deg == 0


def test_made_with_further_photos(house, photo):
    """Each becomes a plate of its own, one beside the other."""
    job = house.open()
    house.runner.add_photo(job, photo, "dog", move=False)
    house.make(job)
    wait_for(lambda: not job.active, 60, "the job to end")
    assert job.state is JobState.DONE, job.problem
    report = json.loads(house.store.path(job.id, pipeline.REPORT).read_text())
    assert report["photos"] == [
        {"number": 2, "size_px": [140, 100], "format": "PNG", "bits": 8}
    ]
    assert [each["number"] for each in report["parameters"]["photos"]] == [2]
    width = SMALL["relief"]["width"]
    assert report["size"][0] == pytest.approx(2 * width + GAP, abs=0.01)
    assert report["size"][1] == pytest.approx(width * 100 / 140, abs=0.01)
    assert report["watertight"] and job.facts("relief")["bodies"] == 2
