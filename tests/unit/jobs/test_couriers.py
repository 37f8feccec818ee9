"""Full 3D by an endpoint, in a job: carried, taken in, resumed after a restart, cancelled."""

import io
import json
import threading

import pytest
from PIL import Image

from octoprint_img2stl.jobs import candidates
from octoprint_img2stl.jobs.engine import Options
from octoprint_img2stl.jobs.generators import OnlyLocal, of_endpoint
from octoprint_img2stl.jobs.model import JobState
from octoprint_img2stl.jobs.params import Params
from octoprint_img2stl.jobs.refused import RunnerRefused
from octoprint_img2stl.jobs.runner import Runner
from octoprint_img2stl.jobs.store import JobStore
from octoprint_img2stl.jobs.warm import WarmWorker
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.solid3d import registry
from octoprint_img2stl.solid3d.endpoint import Endpoint
from tests.fakes.tencent import Ours, Tencent20
from tests.serving import free_port, wait_for

from .test_solids import RESTING, params, photo

SECRET = "key-that-nobody-may-see"


class Endpoints(OnlyLocal):
    """Endpoints as they are set up, with what each can do."""

    def __init__(self, **servers):
        self.known = {}
        self.took_s = []
        for name, url in servers.items():
            self.add(name, url)

    def add(self, name, url, driver="hunyuan", costs_money=False):
        endpoint = Endpoint(name, name, driver, url, "bearer", secret=SECRET)
        can = registry.driver_class(driver).assumed_for(endpoint)
        self.known[name] = of_endpoint(endpoint, can), endpoint

    def get(self, generator):
        return (
            self.known[generator][0] if generator in self.known else super().get("local")
        )

    def endpoint(self, generator):
        return self.known[generator][1]

    def took(self, generator, detail, seconds):
        self.took_s.append((generator, detail, seconds))


class House:
    def __init__(self, store, folder, endpoints):
        self.store = store
        self.changes = []
        self.warm = WarmWorker(folder, lambda: 2**31, lambda: 60.0)
        self.runner = Runner(
            store,
            lambda: Options(slicing=False),
            lambda job: self.changes.append(job.state),
            lambda size_px: Params.defaults("relief"),
            lambda: False,
            self.warm,
            endpoints,
        )
        self.runner.start()

    def open(self, file):
        job = self.store.create(file, file.name, "me", move=False)
        self.runner.open(job)
        wait_for(lambda: job.state is JobState.DRAFT, 60, "the photo")
        return job

    def generate(self, job, endpoint, **solid):
        self.runner.generate(job, params(endpoint=endpoint, **solid), Machine())
        return job.candidates[-1]

    def rest(self, job):
        wait_for(lambda: job.state in RESTING, 60, "the solid")


@pytest.fixture
def ours():
    with Ours() as server:
        yield server


@pytest.fixture
def endpoints(ours):
    return Endpoints(ours=ours.url)


@pytest.fixture
def house(store, tmp_path, endpoints):
    house = House(store, tmp_path, endpoints)
    yield house
    house.runner.stop()


@pytest.fixture
def job(house, tmp_path):
    return house.open(photo(tmp_path / "pear.png"))


def errand(candidate):
    return candidate.errand or {}


def test_there_and_back(house, job, ours, endpoints):
    candidate = house.generate(job, "ours", seed=7, max_faces=5000, size=70)
    wait_for(lambda: errand(candidate).get("queue_position") == 2, 30, "the queue")
    assert job.state is JobState.GENERATING and candidate.state == candidates.PENDING
    ours.says = {"status": "processing", "progress": 0.4, "stage": "sampling"}
    wait_for(lambda: errand(candidate).get("progress") == 0.4, 30, "the progress")
    assert errand(candidate)["stage"] == "sampling" and job.percent == 40
    ours.says = {"status": "completed"}
    house.rest(job)
    assert candidate.state == candidates.DONE, candidate.problem
    assert candidate.file == "candidate-1.glb" and candidate.mesh["format"] == "GLB"
    assert job.chosen is candidate and job.mesh["format"] == "GLB"
    assert job.params["mesh"]["size"] == 70 and job.params["mesh"]["up"] == "z"
    (sent,) = ours.jobs.values()
    assert sent["seed"] == 7 and sent["max_faces"] == 5000
    assert [entry[:2] for entry in endpoints.took_s] == [("ours", "draft")]
    ready = house.runner.preview(job, Params.from_json(job.params), Machine())
    assert max(ready["size"]) == pytest.approx(70, abs=0.1)


def test_nothing_of_the_owner_leaves_with_the_photo(house, tmp_path, ours):
    """No place, no camera, no profile; not larger than 2048 px."""
    exif = Image.Exif()
    exif[0x010F] = "Camera Maker"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    file = tmp_path / "photo.jpg"
    with Image.open(photo(tmp_path / "pear.png", size_px=(3000, 2500))) as image:
        image.save(file, exif=exif, comment=b"my secret garden", icc_profile=b"x" * 200)
    job = house.open(file)
    house.generate(job, "ours", cut="keep")
    wait_for(lambda: ours.jobs, 30, "the job to arrive")
    (sent,) = ours.jobs.values()
    image = sent.get("image") or sent["images"]["front"]
    import base64

    data = base64.b64decode(image)
    for private in (b"Camera Maker", b"secret garden", b"Exif", b"http://ns.adobe.com"):
        assert private not in data
    with Image.open(io.BytesIO(data)) as arrived:
        assert max(arrived.size) == 2048
        assert not arrived.getexif() and "icc_profile" not in arrived.info
    house.runner.cancel(job)
    house.rest(job)


def test_a_restart_goes_on_asking(house, job, ours, endpoints, tmp_path):
    candidate = house.generate(job, "ours")
    wait_for(lambda: errand(candidate).get("state") == "submitted", 30, "it to be sent")
    house.runner.stop()
    store = JobStore(house.store.folder)
    again = store.get(job.id)
    assert again.state is JobState.GENERATING
    assert again.candidates[0].errand["ref"] == candidate.errand["ref"]
    ours.says = {"status": "completed"}
    second = House(store, tmp_path, endpoints)
    try:
        second.rest(again)
        assert again.candidates[0].state == candidates.DONE, again.candidates[0].problem
        assert len(ours.jobs) == 1, "it was not sent twice"
    finally:
        second.runner.stop()


def test_the_key_is_in_no_file(house, job, ours):
    candidate = house.generate(job, "ours")
    wait_for(lambda: errand(candidate).get("state") == "submitted", 30, "it to be sent")
    assert ours.of("POST", "/send")[0].headers["authorization"] == f"Bearer {SECRET}"
    ours.says = {"status": "error", "message": "no " + SECRET, "error_kind": "remote"}
    house.rest(job)
    for file in house.store.path(job.id).rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file
    assert SECRET not in json.dumps(job.to_json())


def test_waits_for_an_endpoint_that_is_off(store, tmp_path):
    port = free_port()
    endpoints = Endpoints(off=f"http://127.0.0.1:{port}")
    house = House(store, tmp_path, endpoints)
    try:
        job = house.open(photo(tmp_path / "pear.png"))
        candidate = house.generate(job, "off")
        wait_for(lambda: errand(candidate).get("waiting_for"), 30, "it to wait")
        assert candidate.state == candidates.PENDING
        assert errand(candidate)["waiting_for"] == "offline"
        # other work is not held up by it
        other = house.open(photo(tmp_path / "other.png"))
        house.generate(other, "local")
        house.rest(other)
        assert other.chosen is not None
        with Ours() as server:
            server.says = {"status": "completed"}
            endpoints.add("off", server.url)  # back, at another address
            house.runner.cancel(job)
            house.rest(job)
            assert candidate.state == candidates.CANCELLED
            again = house.generate(job, "off")
            house.rest(job)
            assert again.state == candidates.DONE, again.problem
    finally:
        house.runner.stop()


def test_cancel_stops_it_over_there(house, job, ours):
    candidate = house.generate(job, "ours")
    wait_for(lambda: errand(candidate).get("state") == "submitted", 30, "it to be sent")
    house.runner.cancel(job)
    house.rest(job)
    assert candidate.state == candidates.CANCELLED and job.chosen is None
    assert ours.says == {"status": "cancelled"}
    assert not house.store.path(job.id, "work/remote").exists()


def test_cancel_of_one_behind_another(house, job, ours, tmp_path):
    first = house.generate(job, "ours")
    wait_for(lambda: errand(first).get("state") == "submitted", 30, "the first")
    other = house.open(photo(tmp_path / "other.png"))
    second = house.generate(other, "ours")
    wait_for(lambda: house.runner.couriers.has(other.id), 30, "the second in line")
    house.runner.cancel(other)
    house.rest(other)
    assert second.state == candidates.CANCELLED
    assert first.state == candidates.PENDING and len(ours.jobs) == 1
    ours.says = {"status": "completed"}
    house.rest(job)
    assert first.state == candidates.DONE


def test_deleting_a_job_on_its_way(house, job, ours):
    candidate = house.generate(job, "ours")
    wait_for(lambda: errand(candidate).get("state") == "submitted", 30, "it to be sent")
    house.runner.delete(job)
    assert not house.store.path(job.id).exists()
    assert not house.runner.couriers.has(job.id)


def test_the_servers_own_words_and_another_try(house, job, ours):
    candidate = house.generate(job, "ours")
    wait_for(lambda: errand(candidate).get("state") == "submitted", 30, "it to be sent")
    ours.says = {
        "status": "error",
        "message": "no object <b>found</b>",
        "error_kind": "input",
    }
    house.rest(job)
    assert candidate.state == candidates.FAILED and job.state is JobState.DRAFT
    assert "no object" in candidate.problem["message"]
    ours.says = {"status": "completed"}
    house.runner.send_again(job, 1)
    house.rest(job)
    assert candidate.state == candidates.DONE and len(ours.jobs) == 2
    with pytest.raises(RunnerRefused) as refused:
        house.runner.send_again(job, 1)
    assert refused.value.code == "jobs.not_to_be_sent"


def test_a_mesh_that_cannot_be_read_is_told_by_the_candidate(house, job, ours):
    from tests.fakes.glb import glb

    whole = bytearray(glb())
    whole[20:24] = b"\x00\xff\x00\xff"  # its JSON is none
    ours.mesh = bytes(whole)
    candidate = house.generate(job, "ours")
    ours.says = {"status": "completed"}
    house.rest(job)
    assert candidate.state == candidates.FAILED and candidate.problem
    assert job.mesh is None and job.chosen is None


def test_an_endpoint_deleted_meanwhile(house, job, ours, endpoints, tmp_path):
    candidate = house.generate(job, "ours")
    wait_for(lambda: errand(candidate).get("state") == "submitted", 30, "it to be sent")
    house.runner.stop()
    store = JobStore(house.store.folder)
    again = store.get(job.id)

    class None_(OnlyLocal):
        pass

    second = House(store, tmp_path, None_())
    try:
        second.rest(again)
        assert again.candidates[0].state == candidates.FAILED
        assert again.candidates[0].problem["code"] == "solid.endpoint_gone"
    finally:
        second.runner.stop()


def test_tencents_own_server(store, tmp_path):
    with Tencent20() as server:
        house = House(store, tmp_path, Endpoints(tencent=server.url))
        try:
            job = house.open(photo(tmp_path / "pear.png"))
            candidate = house.generate(job, "tencent")
            wait_for(lambda: server.jobs, 30, "the job to arrive")
            threading.Timer(0.5, server.finish).start()
            house.rest(job)
            assert candidate.state == candidates.DONE, candidate.problem
        finally:
            house.runner.stop()
