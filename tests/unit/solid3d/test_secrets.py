"""The key of an endpoint goes to the endpoint, and is nowhere else: in no other request, no
sentence, no file of a job, no log and nothing that is printed. For every driver there is."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from octoprint_img2stl.solid3d import registry
from octoprint_img2stl.solid3d.courier import Courier
from octoprint_img2stl.solid3d.driver import Driver, RemoteRef, Status
from octoprint_img2stl.solid3d.drivers.queue_presets import PROFILES
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.errand import Errand
from octoprint_img2stl.solid3d.line import Line
from octoprint_img2stl.solid3d.refused import DriverFailed
from octoprint_img2stl.solid3d.tidings import Tidings, tidy
from tests.fakes import gradio_app, queue_services
from tests.fakes.comfyui import ComfyUI
from tests.fakes.gradio_app import GradioFake
from tests.fakes.hostile import Behaviour, Hostile, Peer
from tests.fakes.meshy import MeshyFake
from tests.fakes.tencent import Ours, Tencent20
from tests.fakes.tripo import TripoFake
from tests.unit.solid3d.handing import KEY, job
from tests.unit.solid3d.wiretap import Tap, port_of, tapped

SECRET = "mrk-7Qf2-dont-tell-anybody"
MOST_PAUSES = 300


@dataclass
class Scene:
    """A server and the endpoint that is set up for it.

    Attributes:
        url: of the server.
        options, auth, user: of the endpoint.
        work: called whenever the courier waits: the server goes on with the job.
    """

    url: str
    options: dict[str, Any] = field(default_factory=dict)
    auth: str = "bearer"
    user: str = ""
    work: Callable[[], None] = lambda: None

    def endpoint(self, driver: str, secret: str = SECRET) -> Endpoint:
        return Endpoint(
            "mine",
            "Mine",
            driver,
            self.url,
            auth=self.auth,
            user=self.user,
            secret=secret,
            options=self.options,
        )


@contextlib.contextmanager
def ours() -> Iterator[Scene]:
    with Ours() as fake:
        fake.token = SECRET
        yield Scene(fake.url, work=lambda: fake.says.update(status="completed"))


@contextlib.contextmanager
def tencent() -> Iterator[Scene]:
    with Tencent20() as fake:
        fake.token = SECRET
        yield Scene(fake.url, work=lambda: fake.jobs and fake.finish())


@contextlib.contextmanager
def tripo() -> Iterator[Scene]:
    with TripoFake(key=SECRET) as fake:
        yield Scene(fake.url)


@contextlib.contextmanager
def meshy() -> Iterator[Scene]:
    with MeshyFake(key=SECRET) as fake:
        yield Scene(fake.url)


@contextlib.contextmanager
def comfyui() -> Iterator[Scene]:
    with ComfyUI() as fake:
        fake.token = SECRET

        def work() -> None:
            if fake.pending:
                fake.begin()
            elif fake.running:
                fake.finish()

        yield Scene(fake.url, work=work)


@contextlib.contextmanager
def private_space() -> Iterator[Scene]:
    with GradioFake(gradio_app.hunyuan) as fake:
        fake.token = SECRET
        yield Scene(fake.url, {"app": "hunyuan"})


@contextlib.contextmanager
def with_login() -> Iterator[Scene]:
    with GradioFake(gradio_app.triposr, "4.44.1") as fake:
        fake.user = ("somebody", SECRET)
        yield Scene(fake.url, {"app": "triposr"}, auth="login", user="somebody")


def queue_of(profile: str, service: type, model: str = "", path: str = "") -> Any:
    """The server of a profile."""

    @contextlib.contextmanager
    def scene() -> Iterator[Scene]:
        with service() as fake:
            fake.key = SECRET
            options = {"profile": profile, "model": model}
            auth = {"Key": "key"}.get(fake.scheme, "bearer")
            yield Scene(fake.url + path, options, auth=auth)

    scene.__name__ = profile
    return scene


QUEUES = (
    queue_of("fal", queue_services.FalFake, "fal-ai/hunyuan3d/v2"),
    queue_of(
        "replicate",
        queue_services.ReplicateFake,
        "ndreca/hunyuan3d-2.1:06ccdcbe5c3b98ded359d439d21903bc9105f707bd6ecd31f1f181"
        "cfebe9b481",
    ),
    queue_of("runpod", queue_services.RunPodFake, path="/v2/abc123"),
    queue_of(
        "comfy-router", queue_services.ComfyRouterFake, "stability/stable-point-aware-3d"
    ),
    queue_of(
        "wavespeed", queue_services.WaveSpeedFake, "wavespeed-ai/hunyuan3d-v3/image-to-3d"
    ),
    queue_of("stability", queue_services.StabilityFake, "stable-fast-3d"),
    queue_of("cog", queue_services.CogFake),
    queue_of("3daigc", queue_services.ThreeDaigcFake, "hunyuan3d_2_0_image_to_raw_mesh"),
)

# driver -> its servers
SCENES: dict[str, tuple[Callable[[], Any], ...]] = {
    "hunyuan": (ours, tencent),
    "comfyui": (comfyui,),
    "gradio": (private_space, with_login),
    "queue": QUEUES,
    "tripo": (tripo,),
    "meshy": (meshy,),
}
ALL = [(driver, scene) for driver, scenes in SCENES.items() for scene in scenes]
NAMES = [f"{driver}-{scene.__name__}" for driver, scene in ALL]


@dataclass
class Told:
    """Everything that a person, a file or a log gets to see."""

    texts: list[str] = field(default_factory=list)

    def failure(self, error: BaseException) -> None:
        self.texts += traceback.format_exception(error)
        self.texts += [str(error), repr(error), repr(error.args)]
        if isinstance(error, DriverFailed):
            self.texts.append(json.dumps(error.problem.to_json()))

    def outcome(self, outcome: Any, endpoint: Endpoint) -> None:
        """Of a driver's call, as the courier passes it on."""
        if isinstance(outcome, BaseException):
            self.failure(outcome)
        elif isinstance(outcome, Status):
            self.things(Tidings.said(outcome, endpoint))
            self.texts.append(tidy(outcome.message, endpoint))
        else:
            self.things(outcome)

    def things(self, *things: Any) -> None:
        self.texts += [repr(each) for each in things] + [str(each) for each in things]

    def log(self, records: list[logging.LogRecord]) -> None:
        formatter = logging.Formatter("%(name)s %(message)s")
        for record in records:
            self.texts += [formatter.format(record), repr(record.args)]

    def keeps(self, *secrets: str) -> None:
        for text in self.texts:
            assert not any(secret in text for secret in secrets), text[:2000]


def carried(driver: str, scene: Scene, folder: Any) -> tuple[Errand, list[str]]:
    """A job by the real courier; and all that was written to disk."""
    endpoint, saved, pauses = scene.endpoint(driver), [], []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        assert len(pauses) < MOST_PAUSES, saved[-1]
        scene.work()
        time.sleep(0.01)

    errand = Errand(seed=3, created=time.time())
    Courier(
        lambda: registry.make(endpoint),
        endpoint,
        registry.assumed(endpoint),
        clock=lambda: time.time() + sum(pauses),
        pause=pause,
    ).carry(
        errand,
        job(folder / "photos"),
        folder / "candidate-1",
        save=lambda each: saved.append(json.dumps(each.to_json())),
        cancelled=lambda: False,
    )
    return errand, saved


def every_call(driver: Driver, ref: RemoteRef, folder: Any) -> Iterator[Any]:
    """Whatever the driver gives back or raises."""
    order = job(folder / "photos", ("front",))
    for call, given in (
        (driver.probe, ()),
        (driver.submit, (order, KEY, lambda noted: None)),
        (driver.poll, (ref,)),
        (driver.fetch, (ref, folder / "mesh")),
        (driver.cancel, (ref,)),
        (driver.find, (order, KEY, time.time())),
    ):
        try:
            yield call(*given)
        except Exception as error:
            yield error


@pytest.fixture(autouse=True)
def everything_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "octoprint_img2stl", "websocket"):
        caplog.set_level(logging.DEBUG, logger=name)


@pytest.fixture
def tap(monkeypatch) -> Tap:
    return tapped(monkeypatch)


def test_every_driver_and_profile_is_looked_at():
    assert set(SCENES) == set(registry.DRIVERS)
    assert {scene.__name__ for scene in QUEUES} == set(PROFILES)


@pytest.mark.parametrize("driver, scene", ALL, ids=NAMES)
def test_on_the_whole_way_the_key_goes_to_the_endpoint_only(
    driver, scene, tap, caplog, tmp_path
):
    told = Told()
    with scene() as here:
        endpoint = here.endpoint(driver)
        made = registry.make(endpoint)
        capabilities = made.probe()
        errand, saved = carried(driver, here, tmp_path)
        told.things(endpoint, made, made.line, capabilities, errand)
        made.close()
    assert errand.state == "done", errand.problem
    told.texts += saved + [json.dumps(endpoint.to_json())]
    told.log(caplog.records)
    told.keeps(SECRET, base64.b64encode(SECRET.encode()).decode())
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in path.read_bytes() for path in kept)
    assert tap.ports_that_got(SECRET) <= {port_of(endpoint.url)}
    assert not any(SECRET in line for line in tap.first_lines())
    assert tap.ports_that_got(SECRET), "the key was never used"


class Parrot(Hostile):
    """Answers everything in the same manner."""

    def __init__(self, manner: Behaviour) -> None:
        self._manner = manner
        super().__init__()

    def _behaviour(self, path: str) -> Behaviour:
        return self._manner


def shouting(peer: Peer) -> None:
    """Says everything it heard, as an error."""
    heard = {**peer.headers, "body": peer.body[-2000:].decode("latin-1")}
    peer.reply({"error": f"I do not like {heard}", "detail": list(heard.values())}, 401)


def blurting(peer: Peer) -> None:
    """Says everything it heard, as if that was an answer."""
    heard = list(peer.headers.values()) + [peer.body[-2000:].decode("latin-1")]
    places = ("status", "message", "error", "version", "balance", "server", "detail")
    said = {name: str(heard) for name in places}
    peer.reply({"code": 0, **said, "data": said})


def printing(peer: Peer) -> None:
    """A web page with everything it heard."""
    page = f"<html><title>Error</title>{peer.headers}{peer.body[-500:]!r}</html>"
    peer.reply(page.encode(), 500)


@pytest.mark.parametrize("manner", [shouting, blurting, printing])
@pytest.mark.parametrize("auth", ["bearer", "key", "basic", "header", "login"])
@pytest.mark.parametrize("driver, scene", ALL, ids=NAMES)
def test_a_server_that_says_the_key_does_not_make_us_say_it(
    driver, scene, auth, manner, caplog, tmp_path
):
    told = Told()
    with scene() as there:
        ref = reference(driver, there, tmp_path)
    with Parrot(manner) as here:
        user = "X-Key" if auth == "header" else "somebody"
        endpoint = Endpoint(
            "mine",
            "Mine",
            driver,
            here.url,
            auth=auth,
            user=user,
            secret=SECRET,
            options=there.options,
        )
        made = registry.driver_class(driver)(endpoint, Line(endpoint))
        for outcome in every_call(made, ref, tmp_path):
            unexpected = isinstance(outcome, Exception)
            assert not unexpected or isinstance(outcome, DriverFailed), outcome
            told.outcome(outcome, endpoint)
        told.things(made, endpoint)
        made.close()
        assert here.asked
    basic = base64.b64encode(f"somebody:{SECRET}".encode()).decode()
    told.log(caplog.records)
    told.keeps(SECRET, basic)


def reference(driver: str, scene: Scene, folder: Any) -> RemoteRef:
    """As a good server gave it for another job."""
    made = registry.make(scene.endpoint(driver))
    try:
        return made.submit(job(folder / "other", ("front",)), KEY, lambda noted: None)
    finally:
        made.close()


@pytest.mark.parametrize("driver, scene", ALL, ids=NAMES)
def test_a_wrong_key_is_not_repeated(driver, scene, caplog, tmp_path):
    wrong, told = "mrk-wrong-one", Told()
    with scene() as here:
        endpoint = here.endpoint(driver, wrong)
        made = registry.make(endpoint)
        ref = reference(driver, here, tmp_path)
        for outcome in every_call(made, ref, tmp_path):
            told.outcome(outcome, endpoint)
        made.close()
    told.log(caplog.records)
    assert told.texts
    told.keeps(wrong)


@pytest.mark.parametrize("driver", SCENES)
def test_a_key_that_cannot_be_sent_is_not_shown(driver, caplog, tmp_path):
    told, odd = Told(), "mrk-with\nline-break-ä"
    endpoint = Endpoint(
        "mine", "Mine", driver, "http://127.0.0.1:1", auth="bearer", secret=odd
    )
    made = registry.make(endpoint)
    with pytest.raises(DriverFailed) as caught:
        made.probe()
    told.failure(caught.value)
    told.things(endpoint, made)
    told.log(caplog.records)
    told.keeps("mrk-with")
