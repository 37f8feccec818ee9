"""The life of jobs, with a clock that the test moves."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from img2stl_gpu_server.backends.echo import Echo
from img2stl_gpu_server.job import COMPLETED, ERROR
from img2stl_gpu_server.keeper import Keeper, Limits
from img2stl_gpu_server.maker import Made
from img2stl_gpu_server.order import Order
from img2stl_gpu_server.refused import Refused
from img2stl_gpu_server.store import Store
from img2stl_gpu_server.watch import Watch
from tests.unit.gpu_server.serving import picture

PICTURES = [("front", base64.b64decode(picture()))]


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Hand:
    """A maker that does what the test tells it to."""

    about = Echo.about
    cuts_anything = False

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once
        self.go = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.does: Callable[[], Made] = lambda: Made(b"mesh", 4, ("Well done.",))

    def make(self, order, pictures, watch: Watch) -> Made:
        self.begun.release()
        while not self.go.acquire(timeout=0.02):
            watch.check()
        return self.does()


class Place:
    """A keeper, its clock and its maker."""

    def __init__(self, folder: Path, at_once: int = 1, **limits: float) -> None:
        self.clock, self.hand = Clock(), Hand(at_once)
        self.store = Store(folder)
        self.keeper = Keeper(self.store, self.hand, Limits(**limits), clock=self.clock)
        self.keeper.start()

    def submit(self, **order) -> str:
        return self.keeper.submit(Order(**order), PICTURES)

    def done(self, seconds: float = 0.0, **order) -> str:
        """A job that took so long."""
        uid = self.submit(**order)
        self.hand.begun.acquire()
        self.clock.now += seconds
        self.hand.go.release()
        assert self.keeper.wait(uid, 30)
        return uid

    def close(self) -> None:
        self.keeper.stop(5)
        self.store.close()


@pytest.fixture
def place(tmp_path) -> Iterator[Place]:
    made = Place(tmp_path, ttl_s=1000, kept=3)
    yield made
    made.close()


def test_what_is_told_of_a_finished_job(place: Place):
    job = place.keeper.job(place.done(seconds=30))
    assert job.state == COMPLETED and job.message == "Well done." and job.triangles == 4
    assert job.ended - job.started == 30


def test_results_are_forgotten_after_their_time(place: Place):
    old = place.done(key="old")
    place.clock.now += 900
    young = place.done()
    place.keeper.sweep()
    assert place.keeper.job(old)
    place.clock.now += 200
    place.keeper.sweep()
    with pytest.raises(Refused):
        place.keeper.job(old)
    assert place.keeper.job(young)
    assert not place.store.path(old).exists()
    # Its key makes a new one now.
    assert place.done(key="old") != old


def test_only_so_many_results_are_kept(place: Place):
    uids = []
    for _ in range(5):
        uids.append(place.done())
        place.clock.now += 1
    place.keeper.sweep()
    for uid, kept in zip(uids, [False, False, True, True, True], strict=True):
        assert place.store.path(uid).exists() is kept


def test_what_waits_or_runs_is_never_swept(place: Place):
    runs, waits = place.submit(), place.submit()
    place.hand.begun.acquire()
    place.clock.now += 1e9
    place.keeper.sweep()
    assert place.keeper.job(runs) and place.keeper.job(waits)


def test_how_long_it_takes_is_learned_by_detail(place: Place):
    assert place.keeper.typical_s() is None
    for seconds in (50, 60, 100):
        place.done(seconds=seconds)
    place.done(seconds=500, detail="fine")
    assert place.keeper.typical_s() == 60
    assert place.keeper.typical_s("fine") == 500
    runs, waits = place.submit(), place.submit()
    place.hand.begun.acquire()
    keeper = place.keeper
    assert keeper.eta_s(keeper.job(runs)) == 60 and keeper.eta_s(keeper.job(waits)) == 120
    place.clock.now += 45
    assert keeper.eta_s(keeper.job(runs)) == 15
    place.clock.now += 500
    assert keeper.eta_s(keeper.job(runs)) == 1  # soon, surely


def test_what_was_learned_outlives_a_restart(tmp_path):
    one = Place(tmp_path)
    one.done(seconds=42)
    one.close()
    two = Place(tmp_path)
    assert two.keeper.typical_s() == 42
    two.close()


def test_several_at_once_where_the_maker_can(tmp_path):
    place = Place(tmp_path, at_once=3)
    uids = [place.submit() for _ in range(5)]
    for _ in range(3):
        place.hand.begun.acquire()
    assert place.keeper.load() == {"running": 3, "waiting": 2, "most": 8}
    assert [place.keeper.before(place.keeper.job(uid)) for uid in uids] == [0, 0, 0, 3, 4]
    for _ in uids:
        place.hand.go.release()
    assert all(place.keeper.wait(uid, 30) for uid in uids)
    place.close()


def test_the_pictures_are_gone_when_they_are_no_longer_needed(place: Place):
    uid = place.submit()
    assert len(list(place.store.path(uid).glob("*.png"))) == 1
    place.hand.go.release()
    place.keeper.wait(uid, 30)
    assert not list(place.store.path(uid).glob("*.png"))


def test_a_bug_of_the_maker_does_not_stop_the_work(place: Place):
    def broken() -> Made:
        raise ZeroDivisionError

    good, place.hand.does = place.hand.does, broken
    job = place.keeper.job(place.done())
    assert job.state == ERROR and job.error_kind == "remote"
    place.hand.does = good
    assert place.keeper.job(place.done()).state == COMPLETED


def test_a_full_disk_does_not_stop_the_work(place: Place, monkeypatch):
    def full(uid: str, raw: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(place.store, "put_mesh", full)
    job = place.keeper.job(place.done())
    assert job.state == ERROR and "log" in job.message
    monkeypatch.undo()
    assert place.keeper.job(place.done()).state == COMPLETED


def test_nothing_is_taken_in_on_a_full_disk(place: Place, monkeypatch):
    def full(job: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(place.store, "save", full)
    with pytest.raises(OSError):
        place.submit(key="k")
    monkeypatch.undo()
    assert place.keeper.load() == {"running": 0, "waiting": 0, "most": 8}
    place.done(key="k")


def test_a_result_that_somebody_deleted(place: Place):
    uid = place.done()
    (place.store.path(uid) / "mesh.npz").unlink()
    with pytest.raises(Refused, match="gone") as refused:
        place.keeper.result(place.keeper.job(uid), "stl")
    assert refused.value.status == 404


def test_a_job_has_its_time(tmp_path):
    now = [0.0]
    watch = Watch(deadline_s=60, clock=lambda: now[0])
    watch.report(0.5, "shaping")
    now[0] = 61
    with pytest.raises(Refused, match="longer than 60 seconds"):
        watch.report(0.6, "shaping")
