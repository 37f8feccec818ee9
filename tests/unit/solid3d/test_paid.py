"""Jobs of paid services on their whole way: whatever happens, nothing is paid for twice."""

from __future__ import annotations

import time

import pytest

from octoprint_img2stl.solid3d.courier import Courier
from octoprint_img2stl.solid3d.drivers import meshy, tripo
from octoprint_img2stl.solid3d.errand import Errand
from tests.fakes.meshy import MeshyFake
from tests.fakes.paid import DROP, REFUSE, Reply
from tests.fakes.tripo import TripoFake
from tests.unit.solid3d.paying import driver_for, job_of

SERVICES = {
    "tripo": (TripoFake, tripo.DRIVER, "/v3/generation/", "/v3/tasks/"),
    "meshy": (MeshyFake, meshy.DRIVER, "/openapi/v1/", "/openapi/v1/image-to-3d/"),
}


class Ended(Exception):
    """OctoPrint was switched off."""


class Way:
    """One job of one service, carried by the real courier; waiting takes no time.

    Attributes:
        saved: what is on disk.
        dies_at: OctoPrint dies when this state is saved.
    """

    def __init__(self, name: str, fake, folder) -> None:
        _, self.cls, self.orders, self.tasks = SERVICES[name]
        self.fake, self.folder = fake, folder
        self.skipped_s = 0.0
        self.dies_at = ""
        self.saved = Errand(seed=7, created=time.time()).to_json()

    @property
    def ordered(self) -> int:
        return len(self.fake.asked("POST", self.orders))

    def _pause(self, seconds: float) -> None:
        self.skipped_s += seconds

    def _save(self, errand: Errand) -> None:
        self.saved = errand.to_json()
        if errand.state == self.dies_at:
            self.dies_at = ""
            raise Ended

    def go(self, *, wanted: bool = True) -> Errand:
        """From what is on disk to the end."""
        driver = driver_for(self.cls, self.fake)
        courier = Courier(
            lambda: driver_for(self.cls, self.fake),
            driver.endpoint,
            self.cls.assumed,
            clock=lambda: time.time() + self.skipped_s,
            pause=self._pause,
        )
        errand = Errand.from_json(self.saved)
        courier.carry(
            errand,
            job_of(self.folder),
            self.folder / "candidate-1",
            save=self._save,
            cancelled=lambda: not wanted,
        )
        return errand


@pytest.fixture(params=SERVICES)
def way(request, tmp_path):
    with SERVICES[request.param][0]() as fake:
        yield Way(request.param, fake, tmp_path)


def test_a_job_arrives(way):
    assert way.go().state == "done"
    assert (way.folder / "candidate-1.glb").read_bytes()[:4] == b"glTF"
    assert (way.ordered, way.fake.billed) == (1, 20)


def test_an_order_without_an_answer_is_found_again(way):
    way.fake.fail("POST", way.orders, DROP)
    assert way.go().state == "done"
    assert (way.ordered, way.fake.billed) == (1, 20)


def test_after_a_power_cut_while_ordering_it_is_found_again(way):
    way.dies_at = "submitted"
    with pytest.raises(Ended):
        way.go()
    way.saved.update(state="submitting", ref=None)  # the answer never came to the disk
    assert way.go().state == "done"
    assert (way.ordered, way.fake.billed) == (1, 20)


def test_after_a_power_cut_the_job_is_looked_at_again(way):
    way.dies_at = "fetching"
    with pytest.raises(Ended):
        way.go()
    assert way.go().state == "done"
    assert (way.ordered, way.fake.billed) == (1, 20)


@pytest.mark.parametrize("how", [REFUSE, Reply(503, b"", {"Retry-After": "1"})])
def test_what_is_not_found_is_for_the_owner_to_decide(how, way):
    way.fake.fail("POST", way.orders, how)
    errand = way.go()
    assert (errand.state, errand.problem["code"]) == ("unsure", "solid.unsure")
    assert (way.ordered, way.fake.billed) == (1, 0)
    errand.resend()
    way.saved = errand.to_json()
    assert way.go().state == "done"
    assert way.fake.billed == 20


def test_a_full_queue_is_waited_for(way):
    busy = {"code": 2000, "message": "You have exceeded the limit of generation"}
    way.fake.fail("POST", way.orders, Reply(429, busy, {"Retry-After": "30"}))
    assert way.go().state == "done"
    assert way.skipped_s >= 30
    assert (way.ordered, way.fake.billed) == (2, 20)


def test_a_failure_is_not_tried_again(way):
    way.fake.script = ["failed" if way.cls is tripo.DRIVER else "FAILED"]
    errand = way.go()
    assert (errand.state, errand.kind, way.ordered) == ("failed", "remote", 1)


def test_a_lost_job_is_for_the_owner_to_decide(way):
    for _ in range(2):
        way.fake.fail("GET", way.tasks, Reply(404, {"code": 2001, "message": "gone"}))
    errand = way.go()
    assert (errand.state, errand.problem["code"]) == ("unsure", "solid.lost_paid")
    assert way.ordered == 1


def test_no_money_stops_at_once(way):
    way.fake.balance = 1.0
    errand = way.go()
    assert (errand.state, errand.kind, way.ordered) == ("failed", "credit", 1)


def test_a_mesh_that_breaks_off_is_fetched_again_not_made_again(way):
    way.dies_at = "fetching"
    with pytest.raises(Ended):
        way.go()
    (task,) = way.fake.tasks
    whole = way.fake.solid(task)
    way.fake.fail("GET", f"/{task}", Reply(200, whole[:-7], kind="model/gltf-binary"))
    way.fake.fail("GET", f"/{task}", DROP)
    assert way.go().state == "done"
    assert (way.ordered, way.fake.billed) == (1, 20)


def test_cancelling_before_it_starts_costs_nothing(way):
    assert way.go(wanted=False).state == "cancelled"
    assert way.fake.seen == []
