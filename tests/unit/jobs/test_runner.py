"""The background runner and the warm worker."""

import os
import signal
import threading
import time

import pytest

from octoprint_img2stl.jobs.engine import Options
from octoprint_img2stl.jobs.model import MESH, JobState
from octoprint_img2stl.jobs.params import Params
from octoprint_img2stl.jobs.runner import Runner, RunnerRefused
from octoprint_img2stl.jobs.store import JobStore, StoreRefused
from octoprint_img2stl.jobs.warm import Superseded, WarmWorker
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.problems import Refusal
from tests.serving import wait_for

from . import shapes
from .conftest import SAMPLE, SMALL
from .programs import prusaslicer_at


class House:
    """A runner with what it needs."""

    def __init__(self, store, folder, options=None, idle_s=60.0):
        self.store = store
        self.held = False
        self.changes = []
        self.warm = WarmWorker(folder, lambda: 2**31, lambda: idle_s)
        self.runner = Runner(
            store,
            lambda: options or Options(slicing=False),
            lambda job: self.changes.append((job.id, job.state)),
            lambda size_px: Params.defaults("relief").fitted(Machine(x_max=90), size_px),
            lambda: self.held,
            self.warm,
        )
        self.runner.start()

    def wait(self, job, *states):
        return wait_for(lambda: job.state in states, 60, f"{states}")

    def make(self, job, **relief):
        params = Params.from_json({**SMALL, "relief": {**SMALL["relief"], **relief}})
        self.runner.make(job, params, Machine())

    def open(self):
        job = self.store.create(SAMPLE, "cat.jpg", "me", move=False)
        self.runner.open(job)
        self.wait(job, JobState.DRAFT)
        return job


@pytest.fixture
def house(store, tmp_path):
    house = House(store, tmp_path)
    yield house
    house.runner.stop()


def test_open_and_make(house):
    job = house.open()
    assert job.photo["size_px"][0] > 100
    assert job.params["relief"]["width"] == 90  # what fits on the bed of 90 mm
    house.make(job)
    wait_for(lambda: (job.id, JobState.DONE) in house.changes, 60, "the job to be done")
    states = [state for id, state in house.changes if id == job.id]
    assert states.index(JobState.WAITING) < states.index(JobState.RUNNING)
    assert states[-1] is JobState.DONE


def test_busy_job_refuses(house):
    job = house.open()
    house.held = True
    house.make(job)
    with pytest.raises(RunnerRefused) as refused:
        house.make(job)
    assert refused.value.code == "jobs.busy"


def test_held_while_printing(house):
    job = house.open()
    house.held = True
    house.make(job)
    wait_for(lambda: job.problem, 10, "the reason")
    assert job.state is JobState.WAITING and job.problem["code"] == "jobs.held"
    house.held = False
    house.wait(job, JobState.DONE)
    assert job.problem is None


def test_cancel_waiting_and_delete(house):
    job, other = house.open(), house.open()
    house.held = True
    house.make(job)
    house.make(other)
    house.runner.cancel(job)
    assert job.state is JobState.CANCELLED
    house.runner.delete(other)
    with pytest.raises(StoreRefused):
        house.store.get(other.id)
    house.held = False
    house.runner.resume(job, Machine())
    house.wait(job, JobState.DONE)


def continued(house, job, machine):
    job.state = JobState.INTERRUPTED
    house.runner.resume(job, machine)
    house.wait(job, JobState.DONE)


def test_continuing_on_another_printer_checks_again(house):
    job = house.open()
    house.make(job)
    house.wait(job, JobState.DONE)
    made = dict(job.steps)
    continued(house, job, Machine(name="the same under another name"))
    assert job.steps == made and all(job.steps[name] is made[name] for name in made)
    # Its bed decides how things lie beside each other, its nozzle how fine they are.
    continued(house, job, Machine(x_max=300))
    assert not any(job.steps[name] is made[name] for name in made)
    assert job.facts("check")["size"] == made["check"].facts["size"]


def test_unreadable_photo_fails_with_its_sentence(house, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"not a picture")
    job = house.store.create(bad, "bad.jpg", "me", move=False)
    house.runner.open(job)
    house.wait(job, JobState.FAILED)
    assert job.problem["code"] == "photo.not_an_image"
    with pytest.raises(RunnerRefused) as refused:
        house.make(job)
    assert refused.value.code == "jobs.no_photo"


def test_full_disk_is_refused_before_the_work(house, monkeypatch):
    job = house.open()
    monkeypatch.setattr(JobStore, "free_bytes", 0)
    with pytest.raises(StoreRefused) as refused:
        house.make(job)
    assert refused.value.code == "jobs.disk_full"
    assert job.state is JobState.DRAFT


def test_stopping_marks_interrupted_not_cancelled(store, tmp_path, fake_slicer):
    options = Options(slicers=prusaslicer_at(fake_slicer("sleep 600\n")))
    house = House(store, tmp_path, options)
    job = house.open()
    house.make(job)
    wait_for(lambda: job.step == "slice", 60, "slicing")
    house.runner.stop()
    house.wait(job, JobState.INTERRUPTED)
    assert JobStore(store.folder).get(job.id).state is JobState.INTERRUPTED


def test_opening_cut_off_is_taken_up_again(store, tmp_path):
    job = store.create(SAMPLE, "cat.jpg", "me", move=False)
    house = House(store, tmp_path)
    try:
        house.wait(job, JobState.DRAFT)
    finally:
        house.runner.stop()


def preview(house, job, **relief):
    params = Params.from_json({**SMALL, "relief": {**SMALL["relief"], **relief}})
    return house.runner.preview(job, params, Machine())


def test_preview_comes_from_one_warm_worker(house):
    job = house.open()
    pid = house.warm.pid
    shown = preview(house, job)
    other = preview(house, job, invert=True)
    assert house.warm.pid == pid
    assert shown["triangles"] > 50 and shown["mesh"] != other["mesh"]


def test_killed_warm_worker_is_a_sentence_then_replaced(house):
    job = house.open()
    os.kill(house.warm.pid, signal.SIGSTOP)  # so that it cannot answer before it dies
    pid = house.warm.pid
    threading.Timer(1.5, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(Refusal) as refused:
        preview(house, job)
    assert refused.value.code == "jobs.worker_killed"
    assert preview(house, job)["triangles"] > 50


def test_warm_worker_killed_before_it_was_asked_is_not_noticed(house):
    job = house.open()
    for _ in range(5):
        os.kill(house.warm.pid, signal.SIGKILL)  # it may take a while to be gone
        assert preview(house, job)["triangles"] > 50


def test_newest_preview_wins(house):
    job = house.open()
    os.kill(house.warm.pid, signal.SIGSTOP)
    answers = {}

    def ask(name):
        try:
            answers[name] = preview(house, job)["triangles"]
        except Superseded:
            answers[name] = "superseded"

    threads = []
    for name in "abc":  # a is being answered, b waits and is overtaken by c
        threads.append(threading.Thread(target=ask, args=(name,)))
        threads[-1].start()
        time.sleep(0.3)
    os.kill(house.warm.pid, signal.SIGCONT)
    for thread in threads:
        thread.join(30)
    assert answers["b"] == "superseded"
    assert answers["a"] == answers["c"] > 50


def test_warm_worker_leaves_when_idle(store, tmp_path):
    house = House(store, tmp_path, idle_s=1.0)
    try:
        job = house.open()
        pid = house.warm.pid
        wait_for(lambda: house.warm.pid is None, 20, "the worker to leave")
        assert not os.path.exists(f"/proc/{pid}")
        assert preview(house, job)["triangles"] > 50
    finally:
        house.runner.stop()


# -- meshes -------------------------------------------------------------------------------


def begin_mesh(house, file):
    job = house.store.create(file, file.name, "me", move=False, kind=MESH)
    house.runner.open(job, Machine(x_max=90))
    return job


@pytest.fixture
def open_box(tmp_path):
    return shapes.write(tmp_path / "box.stl", shapes.box(), without=(2, 3))


def test_a_mesh_is_opened_by_the_runner_with_its_steps_told(house, open_box):
    job = begin_mesh(house, open_box)
    house.wait(job, JobState.DRAFT, JobState.FAILED)
    assert job.state is JobState.DRAFT and job.mesh["triangles"] == 10
    assert job.params["route"] == "mesh" and job.machine["x_max"] == 90
    # told right after it is so
    wait_for(lambda: (job.id, JobState.DRAFT) in house.changes, 30, "the news")
    states = {state for id, state in house.changes if id == job.id}
    assert states == {JobState.OPENING, JobState.DRAFT}


def test_opening_a_mesh_waits_for_a_print_like_other_work(house, open_box):
    house.held = True
    job = begin_mesh(house, open_box)
    wait_for(lambda: job.problem is not None, 10, "the notice")
    assert job.state is JobState.OPENING and job.problem["code"] == "jobs.held"
    house.runner.cancel(job)
    assert job.state is JobState.CANCELLED
    house.held = False
    house.runner.resume(job, Machine())
    house.wait(job, JobState.DRAFT)
    assert job.mesh is not None


def test_a_mesh_whose_opening_was_cut_off_is_opened_again(store, tmp_path, open_box):
    house = House(store, tmp_path)
    house.held = True
    job = begin_mesh(house, open_box)
    house.runner.stop()
    again = JobStore(store.folder)
    (found,) = again.all()
    assert found.id == job.id and found.state is JobState.OPENING
    second = House(again, tmp_path)
    try:
        second.wait(found, JobState.DRAFT)
        assert found.mesh["triangles"] == 10
    finally:
        second.runner.stop()


def test_continuing_after_a_cut_off_make_does_not_read_again(house, open_box):
    job = begin_mesh(house, open_box)
    house.wait(job, JobState.DRAFT)
    before = job.steps["repair"]
    job.state = JobState.INTERRUPTED
    house.runner.resume(job, Machine(x_max=90))
    house.wait(job, JobState.DONE, JobState.FAILED)
    assert job.state is JobState.DONE and job.steps["repair"] is before
