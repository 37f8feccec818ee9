"""Services with a queue by their profiles, against imitations that really listen."""

from __future__ import annotations

import base64
import json
import random
import struct
import tracemalloc

import pytest

from octoprint_img2stl.solid3d.courier import Courier, Errand
from octoprint_img2stl.solid3d.driver import Cancel, RemoteRef, Status
from octoprint_img2stl.solid3d.drivers import queue_long, queue_read
from octoprint_img2stl.solid3d.drivers.queue import DRIVER
from octoprint_img2stl.solid3d.drivers.queue_answer import status_of
from octoprint_img2stl.solid3d.drivers.queue_places import at, filled, number_at, quoted
from octoprint_img2stl.solid3d.drivers.queue_presets import PRESETS, PROFILES
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.line import Line
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind, SolidRefused
from tests.fakes import queue_services as services
from tests.fakes.glb import glb
from tests.fakes.paid import DROP, Reply
from tests.fakes.queue_services import (
    MESH,
    CogFake,
    ComfyRouterFake,
    FalFake,
    OddService,
    ReplicateFake,
    RunPodFake,
    StabilityFake,
    ThreeDaigcFake,
    WaveSpeedFake,
    picture,
)
from tests.unit.solid3d.carrying import Clock
from tests.unit.solid3d.handing import KEY, Notes, job

SIDES = ("front", "back", "left", "right")
FAKES = {
    "fal": FalFake,
    "replicate": ReplicateFake,
    "runpod": RunPodFake,
    "comfy-router": ComfyRouterFake,
    "wavespeed": WaveSpeedFake,
    "3daigc": ThreeDaigcFake,
}
MODELS = {
    "fal": "fal-ai/hunyuan3d/v2",
    "replicate": "ndreca/hunyuan3d-2.1:06ccdcbe5c3b98ded359d439d21903bc9105f707bd6ecd31f1f181"
    "cfebe9b481",
    "comfy-router": "stability/stable-point-aware-3d",
    "wavespeed": "wavespeed-ai/hunyuan3d-v3/image-to-3d",
    "stability": "stable-fast-3d",
    "3daigc": "hunyuan3d_2_0_image_to_raw_mesh",
}


def made(profile, fake, model=None, url="", **options):
    model = MODELS.get(profile, "") if model is None else model
    found = Endpoint(
        "mine",
        "Mine",
        "queue",
        url or (fake.url + ("/v2/abc123" if profile == "runpod" else "")),
        auth="key" if profile == "fal" else "bearer",
        secret=fake.key,
        options={"profile": profile, "model": model, **options},
    )
    return DRIVER(found, Line(found, connect_s=2.0))


def until_done(driver, ref) -> list[Status]:
    seen = []
    for _ in range(20):
        seen.append(driver.poll(ref))
        if seen[-1].state in ("done", "failed", "lost"):
            return seen
    raise AssertionError(seen)


def failure(call, *args, **named) -> DriverFailed:
    with pytest.raises(DriverFailed) as caught:
        call(*args, **named)
    return caught.value


@pytest.fixture(params=sorted(FAKES))
def profile(request):
    return request.param


@pytest.fixture
def fake(profile):
    with FAKES[profile]() as service:
        yield service


@pytest.fixture
def fal():
    with FalFake() as service:
        yield service


@pytest.fixture
def replicate():
    with ReplicateFake() as service:
        yield service


@pytest.fixture
def odd():
    with OddService() as service:
        yield service


# -- all of them -----------------------------------------------------------------------------


def test_a_photo_becomes_a_mesh(profile, fake, tmp_path):
    driver = made(profile, fake)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    again = made(profile, fake)  # as after a restart
    ref = RemoteRef.from_json(json.loads(json.dumps(ref.to_json())))
    states = [each.state for each in until_done(again, ref)]
    assert states == ["queued", "running", "done"]
    found = again.fetch(ref, tmp_path / "candidate-1")
    assert found.path.read_bytes() == MESH and found.format == "glb"
    assert {each.name for each in tmp_path.glob("candidate*")} == {"candidate-1.glb"}
    assert len(fake.tasks) == 1
    (task,) = fake.tasks.values()
    assert fake.key not in str(ref.to_json())
    if profile in ("fal", "replicate", "runpod", "comfy-router"):
        assert task.asked.get("seed", task.asked.get("input", {}).get("seed")) == 7


def test_the_key_goes_to_the_service_only(profile, fake, tmp_path):
    driver = made(profile, fake)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    until_done(driver, ref)
    driver.fetch(ref, tmp_path / "one")
    for request in fake.seen:
        assert (request.host == "api") == request.mentions(fake.key)


def test_probe_asks_nothing_that_costs(profile, fake):
    found = made(profile, fake).probe()
    assert found.costs_money == (profile != "3daigc")
    assert found.version == PROFILES[profile]
    assert all(each.method == "GET" for each in fake.seen) and fake.tasks == {}
    driver = made(profile, fake)
    fake.key = "another-key"
    if profile != "3daigc":
        assert failure(driver.probe).kind is ErrorKind.AUTH


def test_a_job_that_failed(profile, fake, tmp_path):
    if profile in ("fal", "comfy-router"):
        return  # theirs is a completion, see below
    failed = {"replicate": "failed", "runpod": "FAILED"}.get(profile, "failed")
    fake.script = [failed]
    driver = made(profile, fake)
    status = driver.poll(driver.submit(job(tmp_path), KEY, Notes()))
    assert (status.state, status.error) == ("failed", ErrorKind.REMOTE)
    assert status.message == "The model failed."


def test_a_job_that_is_gone(profile, fake, tmp_path):
    driver = made(profile, fake)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    fake.tasks.clear()
    assert driver.poll(ref) == Status("lost")


def test_links_that_came_too_late(profile, fake, tmp_path):
    if profile in ("runpod", "3daigc"):
        return  # the mesh comes from the service itself
    driver = made(profile, fake)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    until_done(driver, ref)
    fake.forgets = True
    wrong = failure(driver.fetch, ref, tmp_path / "one")
    assert (wrong.kind, wrong.code) == (ErrorKind.LOST, "solid.gone")
    assert list(tmp_path.glob("one*")) == []


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_paid_orders_that_may_have_been_taken(profile, fake, tmp_path, status):
    """The courier looks for them, or asks; see `in_doubt`."""
    paths = {
        "fal": "/fal-ai", "replicate": "/v1/predictions", "runpod": "/v2/abc123/run",
        "comfy-router": "/v2/models", "wavespeed": "/api/v3/wavespeed-ai",
        "3daigc": "/api/v1/mesh",
    }  # fmt: skip
    fake.fail("POST", paths[profile], Reply(status, {"detail": "upstream"}))
    wrong = failure(made(profile, fake).submit, job(tmp_path), KEY, Notes())
    assert wrong.sent
    if profile in ("fal", "replicate", "runpod", "wavespeed"):
        assert (wrong.kind, wrong.code) == (ErrorKind.TIMEOUT, "solid.unclear")
    fake.fail(
        "POST", paths[profile], Reply(429, {"detail": "slow down"}, {"Retry-After": "9"})
    )
    busy = failure(made(profile, fake).submit, job(tmp_path), KEY, Notes())
    assert (busy.kind, busy.retry_after_s, busy.sent) == (ErrorKind.BUSY, 9.0, False)
    fake.fail("POST", paths[profile], Reply(402, {"detail": "no money"}))
    poor = failure(made(profile, fake).submit, job(tmp_path), KEY, Notes())
    assert (poor.kind, poor.sent) == (ErrorKind.CREDIT, False)


def test_presets_and_profiles_are_whole():
    names = [preset.name for preset in PRESETS]
    assert len(set(names)) == len(names)
    for preset in PRESETS:
        if preset.options["profile"] != "own":
            DRIVER.check_options(preset.options)
    for name in PROFILES:
        profile = queue_read.shipped(name)
        assert profile.label == PROFILES[name]
        for model in profile.models:
            found = profile.capabilities(model)
            assert found.costs_money == profile.costs_money
            assert found.views_max >= 1 and found.formats == ("glb",)


# -- fal -------------------------------------------------------------------------------------


def ordered(fal, tmp_path, model, roles=("front",), **how):
    driver = made("fal", fal, model)
    driver.submit(job(tmp_path, roles, **how), KEY, Notes())
    (task,) = fal.tasks.values()
    return task


@pytest.mark.parametrize("model", sorted(queue_read.shipped("fal").models))
def test_fal_models_get_what_they_know(fal, tmp_path, model):
    """The imitation refuses what is missing or unknown."""
    model = "somebody/else" if model == "*" else model
    roles = SIDES if "multi" in model else ("front",)
    task = ordered(fal, tmp_path, model, roles, max_faces=60_000)
    assert task.model == model
    assert task.asked.get("textured_mesh", False) is False
    assert task.asked.get("texture", False) is False


def test_fal_takes_the_subjects_left(fal, tmp_path):
    spec = job(tmp_path, ("left", "front", "right", "back"))
    photos = {view.role: view.path.read_bytes() for view in spec.views}
    driver = made("fal", fal)
    driver.submit(spec, KEY, Notes())
    (task,) = fal.tasks.values()
    assert task.model == "fal-ai/hunyuan3d/v2/multi-view"
    assert picture(task.asked["left_image_url"]) == photos["right"]
    assert picture(task.asked["front_image_url"]) == photos["front"]
    fal.tasks.clear()
    made("fal", fal, "tripo3d/h3.1/image-to-3d").submit(spec, KEY, Notes())
    (task,) = fal.tasks.values()
    assert [picture(each) for each in task.asked["image_urls"]] == [
        photos[role] for role in ("front", "right", "back", "left")
    ]


@pytest.mark.parametrize("roles", [("front", "back"), ("front", "left", "back")])
def test_too_few_sides_are_one_photo(fal, tmp_path, roles):
    task = ordered(fal, tmp_path, "tripo3d/h3.1/image-to-3d", roles)
    assert task.model == "tripo3d/h3.1/image-to-3d"
    assert ordered_front(task.asked["image_url"], tmp_path)


def ordered_front(uri, tmp_path):
    return picture(uri) == (tmp_path / "1.png").read_bytes()


def test_fal_trellis_of_many(fal, tmp_path):
    task = ordered(fal, tmp_path, "fal-ai/trellis", ("other", "other", "front"))
    assert task.model == "fal-ai/trellis/multi"
    first, *_ = task.asked["image_urls"]
    assert picture(first) == (tmp_path / "3.png").read_bytes()  # the front
    assert len(task.asked["image_urls"]) == 3


def test_fal_faces_stay_within_the_models_limits(fal, tmp_path):
    task = ordered(fal, tmp_path, "tripo3d/h3.1/image-to-3d", max_faces=100_000)
    assert task.asked["face_limit"] == 20_000
    fal.tasks.clear()
    task = ordered(fal, tmp_path, "tripo3d/h3.1/image-to-3d")
    assert "face_limit" not in task.asked


def test_fal_progress_and_place_in_the_queue(fal, tmp_path):
    driver = made("fal", fal)
    seen = until_done(driver, driver.submit(job(tmp_path), KEY, Notes()))
    assert [each.queue_position for each in seen] == [1, None, None]
    assert [each.progress for each in seen[:2]] == [None, 0.4]
    asked = [each for each in fal.seen if each.path.endswith("/status")]
    assert all(each.query == {"logs": "1"} for each in asked)


def test_fal_failures_are_completions(fal, tmp_path):
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path, seed=666), KEY, Notes())
    status = until_done(driver, ref)[-1]
    assert (status.state, status.error) == ("failed", ErrorKind.REMOTE)
    assert status.message == "Runner lost"


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ([{"loc": ["body", "input_image_url"], "msg": "Too small", "type": "image_too_small"}],
         ErrorKind.INPUT),
        ([{"loc": ["body"], "msg": "Refused", "type": "content_policy_violation"}],
         ErrorKind.POLICY),
        ("User is locked. Reason: Exhausted balance.", ErrorKind.CREDIT),
    ],
)  # fmt: skip
def test_fal_says_what_failed_with_the_result(fal, tmp_path, detail, kind):
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    fal.invalid = detail
    status = until_done(driver, ref)[-1]
    assert (status.state, status.error) == ("failed", kind)
    assert status.message


def test_fal_without_money(fal, tmp_path):
    words = {"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}
    fal.fail("POST", "/fal-ai", Reply(403, words))
    wrong = failure(made("fal", fal).submit, job(tmp_path), KEY, Notes())
    assert (wrong.kind, wrong.sent) == (ErrorKind.CREDIT, False)


def test_fal_cancel(fal, tmp_path):
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert driver.cancel(ref) is Cancel.REQUESTED
    (task,) = fal.tasks.values()
    assert task.cancelled
    until_done(driver, ref)
    assert driver.cancel(ref) is Cancel.TOO_LATE


def test_urls_of_a_known_host_are_asked_at_our_own_address(fal, tmp_path):
    """The endpoint is a proxy, or a backup host: the key stays with it."""
    fal.public = "https://queue.fal.run"
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert ref.ids["status_url"].startswith("https://queue.fal.run/")
    until_done(driver, ref)
    assert driver.fetch(ref, tmp_path / "one").format == "glb"


@pytest.mark.parametrize(
    "public",
    ["https://evil.example", "https://queue.fal.run@evil.example", "https://[", "ftp://x",
     "https://queue.fal.run.evil.example", "//evil.example"],
)  # fmt: skip
def test_urls_of_strangers_are_not_asked(fal, tmp_path, public):
    fal.public = public
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert [each.state for each in until_done(driver, ref)][-1] == "done"
    assert all(each.host == "api" for each in fal.seen)  # by the profile's own paths
    assert driver.cancel(ref) is Cancel.TOO_LATE


def test_results_in_our_own_network_are_not_fetched(fal, tmp_path):
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    fal.output = {"model_mesh": {"url": "http://192.168.1.1/mesh.glb"}}
    until_done(driver, ref)
    wrong = failure(driver.fetch, ref, tmp_path / "one")
    assert wrong.code == "solid.foreign_refused"


def test_a_result_without_a_mesh(fal, tmp_path):
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    fal.output = {"images": [{"url": "https://x.example/a.png"}]}
    until_done(driver, ref)
    assert failure(driver.fetch, ref, tmp_path / "one").kind is ErrorKind.BAD_RESULT


def test_html_instead_of_a_mesh(fal, tmp_path):
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    until_done(driver, ref)
    fal.mesh = b"<!doctype html><title>gone</title>"
    assert failure(driver.fetch, ref, tmp_path / "one").kind is ErrorKind.BAD_RESULT
    fal.mesh = MESH[:-20]
    assert failure(driver.fetch, ref, tmp_path / "one").code == "solid.cut_short"
    assert list(tmp_path.glob("one*")) == []


def test_fal_polls_that_fail_say_nothing_of_the_job(fal, tmp_path):
    driver = made("fal", fal)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    for status, kind in (
        (500, ErrorKind.REMOTE),
        (503, ErrorKind.BUSY),
        (401, ErrorKind.AUTH),
    ):
        fal.fail("GET", "/fal-ai", Reply(status, {"detail": "x"}))
        assert failure(driver.poll, ref).kind is kind
    fal.fail("GET", "/fal-ai", Reply(200, b"<html>", kind="text/html"))
    assert failure(driver.poll, ref).code == "solid.not_json"
    fal.fail("GET", "/fal-ai", DROP)
    assert failure(driver.poll, ref).kind is ErrorKind.OFFLINE
    assert until_done(driver, ref)[-1].state == "done"


# -- Replicate -------------------------------------------------------------------------------


def test_replicate_uploads_first(replicate, tmp_path):
    spec = job(tmp_path, ("front", "back"), alpha=False, max_faces=5)
    driver = made("replicate", replicate, services_trellis())
    driver.submit(spec, KEY, Notes())
    (task,) = replicate.tasks.values()
    assert task.model == services_trellis()
    sent = [replicate.uploads[url] for url in task.asked["images"]]
    assert sent == [view.path.read_bytes() for view in spec.views]
    assert task.asked["randomize_seed"] is False


def services_trellis() -> str:
    return next(m for m in queue_read.shipped("replicate").models if "trellis" in m)


def test_an_upload_that_fails_is_no_order(replicate, tmp_path):
    replicate.fail("POST", "/v1/files", DROP)
    wrong = failure(made("replicate", replicate).submit, job(tmp_path), KEY, Notes())
    assert not wrong.sent and replicate.tasks == {}


def test_replicate_progress_is_in_its_logs(replicate, tmp_path):
    driver = made("replicate", replicate)
    seen = until_done(driver, driver.submit(job(tmp_path), KEY, Notes()))
    assert [each.progress for each in seen[:2]] == [None, 0.62]


def test_replicate_cancel(replicate, tmp_path):
    driver = made("replicate", replicate)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert driver.cancel(ref) is Cancel.REQUESTED
    status = driver.poll(ref)
    assert (status.state, status.error) == ("failed", ErrorKind.CANCELLED)


def test_replicate_refuses_a_subject(replicate, tmp_path):
    replicate.script = ["failed"]
    replicate.error = "The input was flagged as sensitive. Please try again (E005)"
    driver = made("replicate", replicate)
    status = driver.poll(driver.submit(job(tmp_path), KEY, Notes()))
    assert status.error is ErrorKind.POLICY


def test_an_order_that_was_not_answered_is_found(replicate, tmp_path):
    spec = job(tmp_path, seed=1234)
    driver = made("replicate", replicate)
    replicate.lead_s = 3000.0  # its clock is ahead
    since = replicate.now() - replicate.lead_s
    replicate.make("x", {"seed": 1234}, ago_s=500.0)  # an older one
    replicate.make("x", {"seed": 99})  # of the same account
    replicate.fail("POST", "/v1/predictions", DROP)
    wrong = failure(driver.submit, spec, KEY, Notes())
    assert (wrong.kind, wrong.sent) == (ErrorKind.OFFLINE, True)
    ours = [task for task in replicate.tasks.values() if "image" in task.asked]
    found = driver.find(spec, KEY, since)
    assert found.ids["id"] == ours[0].id
    assert until_done(driver, found)[-1].state == "done"
    assert driver.fetch(found, tmp_path / "one").format == "glb"


def test_a_job_that_is_not_there_is_not_found(replicate, tmp_path):
    spec = job(tmp_path, seed=1234)
    driver, since = made("replicate", replicate), replicate.now()
    assert driver.find(spec, KEY, since) is None
    replicate.make("x", {"seed": 5})
    replicate.make("x", "odd")
    assert driver.find(spec, KEY, since) is None
    plain = made("replicate", replicate, "tencent/hunyuan-3d-3.1")
    assert plain.find(job(tmp_path, seed=6), KEY, since) is None
    replicate.fail("GET", "/v1/predictions", Reply(500, {"detail": "x"}))
    assert failure(driver.find, spec, KEY, since).kind is ErrorKind.REMOTE
    replicate.fail("GET", "/v1/predictions", Reply(200, {"results": "none"}))
    assert driver.find(spec, KEY, since) is None


def carried(driver, spec, target, capabilities):
    clock = Clock()
    errand = Errand.new(seed=7, now=clock.now)
    courier = Courier(
        lambda: driver,
        driver.endpoint,
        capabilities,
        clock=clock,
        pause=clock.pause,
        chance=random.Random(1),
    )
    courier.carry(
        errand,
        spec,
        target,
        save=lambda errand: None,
        cancelled=lambda: False,
        stopping=lambda: False,
    )
    return errand


def test_the_courier_never_pays_twice(fal, tmp_path):
    """Real service, real driver, real courier: only the clock is not."""
    driver = made("fal", fal)
    fal.fail("POST", "/fal-ai", DROP)  # after it took the order
    errand = carried(
        driver, job(tmp_path), tmp_path / "one", DRIVER.assumed_for(driver.endpoint)
    )
    assert errand.state == "unsure" and len(fal.tasks) == 1


def test_the_courier_brings_a_mesh(fal, tmp_path):
    driver = made("fal", fal)
    fal.fail("POST", "/fal-ai", Reply(429, {"detail": "later"}, {"Retry-After": "60"}))
    errand = carried(
        driver, job(tmp_path), tmp_path / "one", DRIVER.assumed_for(driver.endpoint)
    )
    assert errand.state == "done" and len(fal.tasks) == 1
    assert (tmp_path / "one.glb").read_bytes() == MESH


# -- RunPod ----------------------------------------------------------------------------------


@pytest.fixture
def runpod():
    with RunPodFake() as service:
        yield service


def test_a_large_mesh_inside_of_json_needs_no_memory(runpod, tmp_path):
    noise = random.Random(1).randbytes(8_000_000)
    body = MESH[12:] + struct.pack("<I4s", len(noise), b"MORE") + noise
    runpod.mesh = struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
    driver = made("runpod", runpod)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    driver.poll(ref), driver.poll(ref)
    answer = runpod.answer  # made once, so that only our memory is measured
    done = runpod.served(services.Seen("api", "GET", f"/v2/abc123/status/{ref.ids['id']}", {},
                                       {}, b""))  # fmt: skip
    body = json.dumps(done.body).encode()
    runpod.answer = lambda request: Reply(200, body)
    tracemalloc.start()
    try:
        assert driver.poll(ref).state == "done"
        found = driver.fetch(ref, tmp_path / "one")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        runpod.answer = answer
    assert found.path.read_bytes() == runpod.mesh
    assert peak < 5 * 2**20


@pytest.mark.parametrize(
    "output",
    [
        {"glb": base64.b64encode(MESH).decode()},
        {"mesh_base64": base64.b64encode(MESH).decode().replace("/", "\\/")},
        {"a": "x" * 5000, "b": [{"c": "data:model/gltf-binary;base64,"
                                      + base64.b64encode(MESH).decode()}]},
        {"preview": "data:image/png;base64," + base64.b64encode(b"\x89PNG" * 99).decode(),
         "model": base64.b64encode(MESH).decode()},
        base64.b64encode(MESH).decode(),
    ],
)  # fmt: skip
def test_meshes_inside_of_json(runpod, tmp_path, output):
    driver = made("runpod", runpod)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    runpod.output = output
    until_done(driver, ref)
    if "\\/" in str(output):  # as PHP writes it
        runpod.answer = lambda request: Reply(
            200, json.dumps({"status": "COMPLETED", "output": 1})[:-2].encode()
            + b'"' + output["mesh_base64"].encode() + b'"}'
        )  # fmt: skip
    assert driver.fetch(ref, tmp_path / "one").path.read_bytes() == MESH


@pytest.mark.parametrize(
    "output",
    [
        {"glb": "Z2xURgIAAA" + "!" * 50},
        {"glb": base64.b64encode(MESH).decode()[:-3]},
        {"glb": "not a mesh at all, but a sentence"},
        {"error": "CUDA out of memory"},
        7,
        [],
    ],
)
def test_no_mesh_inside_of_json(runpod, tmp_path, output):
    driver = made("runpod", runpod)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    runpod.output = output
    status = until_done(driver, ref)[-1]
    if status.state == "failed":
        assert status.message == "CUDA out of memory"
        return
    assert failure(driver.fetch, ref, tmp_path / "one").kind is ErrorKind.BAD_RESULT
    assert list(tmp_path.glob("one*")) == []


def test_photos_that_are_too_large(runpod, tmp_path):
    spec = job(tmp_path)
    spec.front.path.write_bytes(b"x" * 9_000_000)
    wrong = failure(made("runpod", runpod).submit, spec, KEY, Notes())
    assert (wrong.kind, wrong.code, wrong.sent) == (
        ErrorKind.INPUT, "solid.order_too_large", False,
    )  # fmt: skip
    spec.front.path.unlink()
    wrong = failure(made("runpod", runpod).submit, spec, KEY, Notes())
    assert (wrong.kind, wrong.sent) == (ErrorKind.INPUT, False)
    assert runpod.seen == []


def test_runpod_cancel(runpod, tmp_path):
    driver = made("runpod", runpod)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert driver.cancel(ref) is Cancel.REQUESTED
    assert driver.poll(ref).error is ErrorKind.CANCELLED


# -- Comfy Router, WaveSpeed -----------------------------------------------------------------


@pytest.fixture
def comfy():
    with ComfyRouterFake() as service:
        yield service


def test_comfy_router_makes_one_job_of_two_orders(comfy, tmp_path):
    driver, notes = made("comfy-router", comfy), Notes()
    assert driver.probe().submit_idempotent
    first = driver.submit(job(tmp_path), KEY, notes)
    second = driver.submit(job(tmp_path), KEY, notes)
    assert first.ids["id"] == second.ids["id"] and len(comfy.tasks) == 1
    status = driver.poll(first)
    assert (status.queue_position, status.retry_after_s) == (4, 7.0)
    (task,) = comfy.tasks.values()
    put = task.asked["image"].partition("?")[0]
    assert comfy.uploads[put] == (tmp_path / "1.png").read_bytes()


@pytest.mark.parametrize(
    ("error_type", "kind"),
    [
        ("content_policy_violation", ErrorKind.POLICY),
        ("insufficient_credits", ErrorKind.CREDIT),
        ("deadline_exceeded", ErrorKind.TIMEOUT),
        ("something_new", ErrorKind.REMOTE),
    ],
)
def test_comfy_router_failures_are_completions(comfy, tmp_path, error_type, kind):
    comfy.error_type = error_type
    driver = made("comfy-router", comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    status = until_done(driver, ref)[-1]
    assert (status.state, status.error, status.message) == (
        "failed",
        kind,
        "It was refused.",
    )


def test_comfy_router_is_not_open_to_all(comfy, tmp_path):
    comfy.closed = True
    wrong = failure(made("comfy-router", comfy).submit, job(tmp_path), KEY, Notes())
    assert wrong.kind is ErrorKind.AUTH and "not enabled" in str(wrong)


def test_an_upload_ticket_that_leads_elsewhere(comfy, tmp_path):
    said = {"upload_url": "http://192.168.1.1/x", "download_url": "https://a/b"}
    comfy.fail("POST", "/customers", Reply(200, said))
    wrong = failure(made("comfy-router", comfy).submit, job(tmp_path), KEY, Notes())
    assert wrong.code == "solid.foreign_refused" and not wrong.sent
    for said in ({}, [], {"upload_url": 7, "download_url": None}):
        comfy.fail("POST", "/customers", Reply(200, said))
        wrong = failure(made("comfy-router", comfy).submit, job(tmp_path), KEY, Notes())
        assert wrong.kind is ErrorKind.BAD_RESULT and not wrong.sent


# -- without a queue -------------------------------------------------------------------------


@pytest.fixture
def stability():
    with StabilityFake() as service:
        yield service


@pytest.fixture
def cog():
    with CogFake() as service:
        yield service


def ended(driver, ref) -> Status:
    assert driver._long[ref.ids["key"]].work.wait(20)
    return driver.poll(ref)


def test_stability_answers_with_the_mesh(stability, tmp_path):
    driver, notes = made("stability", stability), Notes()
    ref = driver.submit(job(tmp_path, max_faces=9000), KEY, notes)
    assert notes == [ref]
    assert ended(driver, ref).state == "done"
    assert driver.fetch(ref, tmp_path / "one").path.read_bytes() == MESH
    assert driver.fetch(ref, tmp_path / "two").path.read_bytes() == MESH
    (form,) = stability.orders
    assert form["image"] == ("photo1.png", (tmp_path / "1.png").read_bytes())
    assert form["vertex_count"] == (None, b"4500") and form["remesh"] == (
        None,
        b"triangle",
    )
    assert not driver.probe().survives_disconnect


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (403, "content_moderation", ErrorKind.POLICY), (401, "unauthorized", ErrorKind.AUTH),
        (402, "payment_required", ErrorKind.CREDIT), (429, "rate_limit", ErrorKind.BUSY),
        (413, "payload_too_large", ErrorKind.INPUT), (500, "internal", ErrorKind.TIMEOUT),
    ],
)  # fmt: skip
def test_orders_that_are_refused_at_once(stability, tmp_path, status, name, kind):
    said = {"id": "x", "name": name, "errors": ["Your request was declined."]}
    stability.refusal = Reply(status, said)
    wrong = failure(made("stability", stability).submit, job(tmp_path), KEY, Notes())
    assert (wrong.kind, wrong.sent) == (kind, status == 500)
    assert status == 402 or "declined" in str(wrong)


def test_long_orders_are_running_until_they_are_not(stability, tmp_path, monkeypatch):
    monkeypatch.setattr(queue_long, "SOON_S", 0.0)
    stability.gate.clear()
    driver = made("stability", stability)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert driver.poll(ref) == Status("running")
    assert failure(driver.fetch, ref, tmp_path / "one").kind is ErrorKind.LOST
    assert made("stability", stability).poll(ref) == Status("lost")  # after our restart
    said = {"id": "x", "name": "content_moderation", "errors": ["No."]}
    stability.refusal = Reply(403, said)
    stability.gate.set()
    status = ended(driver, ref)
    assert (status.state, status.error, status.message) == (
        "failed",
        ErrorKind.POLICY,
        "No.",
    )


def test_a_long_order_can_be_let_go(stability, tmp_path, monkeypatch):
    monkeypatch.setattr(queue_long, "SOON_S", 0.0)
    stability.gate.clear()
    driver = made("stability", stability)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert driver.cancel(ref) is Cancel.UNSUPPORTED
    assert ended(driver, ref).error is ErrorKind.CANCELLED
    stability.gate.set()


def test_a_long_order_whose_connection_breaks_is_lost(stability, tmp_path, monkeypatch):
    monkeypatch.setattr(queue_long, "SOON_S", 0.0)
    stability.fail("POST", "/v2beta", DROP)
    driver = made("stability", stability)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert ended(driver, ref) == Status("lost")


def test_cog_at_home(cog, tmp_path):
    driver = made("cog", cog)
    found = driver.probe()
    assert (found.costs_money, found.submit_idempotent) == (False, True)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert ended(driver, ref).state == "done"
    assert driver.fetch(ref, tmp_path / "one").path.read_bytes() == MESH
    ((asked),) = cog.inputs
    assert picture(asked["image"]) == (tmp_path / "1.png").read_bytes()
    assert [each.path for each in cog.seen if each.method == "PUT"] == [
        f"/predictions/{KEY}"
    ]


def test_cog_is_busy(cog, tmp_path):
    cog.running = "another"
    wrong = failure(made("cog", cog).submit, job(tmp_path), KEY, Notes())
    assert (wrong.kind, wrong.sent) == (ErrorKind.BUSY, False)


@pytest.mark.parametrize(
    ("told", "state", "kind"),
    [
        ({"status": "failed", "error": "CUDA out of memory"}, "failed", ErrorKind.REMOTE),
        ({"status": "canceled"}, "failed", ErrorKind.CANCELLED),
        ({"status": "processing", "id": "x"}, "lost", None),
        ({"status": "succeeded", "output": None}, "done", None),
    ],
)
def test_cog_answers(cog, tmp_path, told, state, kind):
    cog.told = told
    driver = made("cog", cog)
    status = ended(driver, driver.submit(job(tmp_path), KEY, Notes()))
    assert (status.state, status.error) == (state, kind)


def test_cog_wants_another_name_for_the_photo(cog, tmp_path):
    detail = [{"loc": ["body", "input", "img"], "msg": "field required"}]
    cog.refusal = Reply(422, {"detail": detail})
    wrong = failure(made("cog", cog).submit, job(tmp_path), KEY, Notes())
    assert wrong.kind is ErrorKind.INPUT and "img" in str(wrong)


# -- profiles of an owner --------------------------------------------------------------------

OWN = {
    "label": "My server",
    "able": {
        "views_max": 4,
        "roles": ["front", "left"],
        "up_axis": "z",
        "formats": ["glb"],
    },
    "photos": "base64",
    "submit": {
        "path": "/api/convert",
        "headers": {"X-Request": "{key}"},
        "query": {"m": "{model}"},
        "json": {
            "pictures": {"views": ["front", "left"]},
            "options": {
                "seed": {"seed": 65535},
                "key": "job-{key}",
                "faces": {"faces": 2},
            },
            "cut": {"uncut": True},
            "top": {"view": "top"},
        },
    },
    "take": {"id": "job.id"},
    "status": {"path": "/api/status/{id}"},
    "state": {
        "at": "job.state",
        "queued": ["waiting"],
        "done": ["ready"],
        "failed": ["bad"],
    },
    "progress": {"at": "job.percent", "of": 100},
    "eta_s": "job.left",
    "stage": "job.step",
    "error": {"at": ["job.why"], "kinds": {"input": ["*no subject*"]}},
    "result": {"path": "/api/download/{id}", "file": True},
    "cancel": {"method": "DELETE", "path": "/api/jobs/{id}", "stopped": [204]},
}


def own(fake, **changes) -> object:
    text = json.dumps({**OWN, **changes})
    DRIVER.check_options({"profile": "own", "own_profile": text})
    return made("own", fake, "big", own_profile=text)


def test_a_service_of_the_owners_own(odd, tmp_path):
    told = {"job": {"id": "a/../b?c", "state": "waiting"}}
    odd.said = {
        ("POST", "/api/convert"): Reply(200, told),
        ("GET", "/api/status/a%2F..%2Fb%3Fc"): Reply(
            200,
            {"job": {"state": "Working", "percent": "42%", "left": 9, "step": "x" * 99}},
        ),
        ("GET", "/api/download/a%2F..%2Fb%3Fc"): Reply(200, MESH),
        ("DELETE", "/api/jobs/a%2F..%2Fb%3Fc"): Reply(204, b""),
    }
    driver = own(odd)
    spec = job(
        tmp_path, ("left", "other", "front"), alpha=False, seed=65540, max_faces=500
    )
    ref = driver.submit(spec, KEY, Notes())
    request = odd.seen[0]
    assert request.query == {"m": "big"} and request.headers["x-request"] == KEY
    asked = request.json
    assert [picture(each) for each in asked["pictures"]] == [
        (tmp_path / name).read_bytes() for name in ("3.jpg", "1.jpg")
    ]
    assert asked["options"] == {"seed": 4, "key": f"job-{KEY}", "faces": 1000}
    assert asked["cut"] is True and "top" not in asked
    status = driver.poll(ref)
    assert (status.state, status.progress, status.eta_s) == ("running", 0.42, 9.0)
    assert len(status.stage) == 60
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == MESH
    assert driver.cancel(ref) is Cancel.STOPPED
    found = driver.probe()  # any answer will do
    assert (found.version, found.views_max, found.up_axis) == ("My server", 4, "z")


def test_own_errors(odd, tmp_path):
    said = {"job": {"state": "bad", "why": "There is no subject here"}}
    odd.said = {
        ("POST", "/api/convert"): Reply(200, {"job": {"id": 5}}),
        ("GET", "/api/status/5"): Reply(200, said),
    }
    driver = own(odd)
    status = driver.poll(driver.submit(job(tmp_path), KEY, Notes()))
    assert (status.state, status.error) == ("failed", ErrorKind.INPUT)


@pytest.mark.parametrize(
    "answer", [{}, [], 7, None, {"job": {}}, {"job": {"id": {"a": 1}}}, {"job": {"id": ""}},
               {"job": {"id": "x" * 999}}, {"job": {"id": True}}],
)  # fmt: skip
def test_orders_without_an_id(odd, tmp_path, answer):
    odd.said = {("POST", "/api/convert"): Reply(200, answer)}
    wrong = failure(own(odd).submit, job(tmp_path), KEY, Notes())
    assert (wrong.kind, wrong.code) == (ErrorKind.BAD_RESULT, "solid.no_job_id")


def broken(*path, to=None, without=False):
    """`OWN` with one thing wrong."""
    data = json.loads(json.dumps(OWN))
    inner = data
    for name in path[:-1]:
        inner = inner[name]
    if without:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ""),
        ("{", ""),
        ("[" * 90_000, ""),
        ("x" * 200_000, ""),
        ("[]", "profile"),
        (broken("submitt", to={}), "submitt"),
        (broken("submit", without=True), "submit"),
        (broken("submit", "path", to="/x/{id}"), "submit.path ({id})"),
        (broken("submit", "path", to="//evil.example/x"), "submit.path"),
        (broken("submit", "path", to="/a/../b"), "submit.path"),
        (broken("submit", "path", to="https://evil.example/"), "submit.path"),
        (broken("submit", "method", to="BREW"), "submit.method"),
        (broken("submit", "headers", to={"Authorization": "x"}),
         "submit.headers.Authorization"),
        (broken("submit", "headers", to={"X-A": "a\r\nX-B: b"}), "submit.headers.X-A"),
        (broken("submit", "json", to={"a": {"view": "up"}}), "submit.json.a.view"),
        (broken("submit", "json", to={"a": "{0.__class__}"}),
         "submit.json.a ({0.__class__})"),
        (broken("submit", "json", to={"a": 1}), "submit.json"),
        (broken("submit", "busy", to=["x"]), "submit.busy"),
        (broken("take", "id", to="a..b"), "take.id"),
        (broken("take", to={"key": "x"}), "take.key"),
        (broken("take", to=7), "take"),
        (broken("status", without=True), "status"),
        (broken("status", to={"use": "nothing"}), "status.use"),
        (broken("state", "at", without=True), "state.at"),
        (broken("state", "done", without=True), "state.done"),
        (broken("state", "don", to=[]), "state.don"),
        (broken("state", "done", to="ready"), "state.done"),
        (broken("progress", "of", to=0), "progress.of"),
        (broken("progress", "at", to=5), "progress.at"),
        (broken("error", "kinds", to={"bad": []}), "error.kinds.bad"),
        (broken("error", "kinds", to={"input": ["*" * 9]}), "error.kinds.input"),
        (broken("photos", to="fax"), "photos"),
        (broken("photos", to="upload"), "upload"),
        (broken("photos", to="file"), "submit.form"),
        (broken("upload", to={"path": "/u", "take": "a"}), "upload"),
        (broken("upload", to={"path": "/u", "file": "f"}), "upload.take"),
        (broken("costs_money", to="no"), "costs_money"),
        (broken("trusted_hosts", to=["https://x"]), "trusted_hosts"),
        (broken("able", "views_max", to=7), "able.views_max"),
        (broken("able", "views_max", to=True), "able.views_max"),
        (broken("able", "roles", to=["up"]), "able.roles"),
        (broken("able", "formats", to=[]), "able.formats"),
        (broken("able", "up_axis", to="x"), "able.up_axis"),
        (broken("able", "faces", to=[9, 1]), "able.faces"),
        (broken("able", "cost", to=1), "able.cost"),
        (broken("cancel", "stopped", to=[99]), "cancel.stopped"),
        (broken("find", to={"path": "/x", "list": "a"}), "find"),
        (broken("models", to={"a b": {}}), "models.a b"),
        (broken("models", to={"a": {"several": "b"}}), "models.a.several"),
        (broken("models", to={"a": {"needs": ["up"]}}), "models.a.needs"),
        (broken("models", to={"a": {"json": []}}), "models.a.json"),
    ],
)  # fmt: skip
def test_bad_profiles_are_refused_with_their_place(text, place):
    with pytest.raises(SolidRefused) as caught:
        DRIVER.check_options({"profile": "own", "own_profile": text})
    problem = caught.value.problem
    assert problem.field == "endpoint.own_profile"
    assert problem.values.get("place", "") == place, problem.message


def test_bad_options_are_refused():
    for options, field in (
        ({"profile": "nobody"}, "endpoint.profile"),
        ({"profile": ["fal"]}, "endpoint.profile"),
        ({"profile": "fal"}, "endpoint.model"),
        ({"profile": "fal", "model": "../admin"}, "endpoint.model"),
        ({"profile": "fal", "model": 7}, "endpoint.model"),
        ({"profile": "fal", "model": "a b"}, "endpoint.model"),
        ({"profile": "stability", "model": "other"}, "endpoint.model"),
        ({"profile": "own", "own_profile": 7}, "endpoint.own_profile"),
    ):
        with pytest.raises(SolidRefused) as caught:
            DRIVER.check_options(options)
        assert caught.value.problem.field == field, options
    DRIVER.check_options({"profile": "cog"})
    DRIVER.check_options({"profile": "fal", "model": "me/my-model"})


def test_places_are_only_filled():
    values = {"id": "{key} %s {0}", "key": "k"}
    assert filled("/x/{id}/{other}/{id.__class__}", values) == (
        "/x/{key} %s {0}/{other}/{id.__class__}"
    )
    assert quoted({"id": "a/../?#b", "model": "o/n", "x": ".."}) == {
        "id": "a%2F..%2F%3F%23b", "model": "o/n", "x": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "path", "found"),
    [
        ({"a": [{"b": 1}]}, "a.0.b", 1), ([[5]], "0.0", 5), ({"a": [1]}, "a.1", None),
        ({"a": [1]}, "a.-1", None), ({"a": "xyz"}, "a.0", None), (None, "a", None),
        ({"0": 3}, "0", 3), ({"a": [1]}, "a.x", None),
    ],
)  # fmt: skip
def test_paths(data, path, found):
    assert at(data, path) == found


def test_numbers_are_taken_as_they_come():
    values = {"5": 5.0, "42%": 42.0, "x": None, "-1": None, "1e99": None, "nan": None}
    for text, number in values.items():
        assert number_at({"a": text}, "a") == number
    for odd in (True, [], {}, None, float("inf")):
        assert number_at({"a": odd}, "a") is None


ODD = [
    None, [], {}, "x", 7, True, [[["x"]]], {"status": []}, {"status": {}},
    {"status": "COMPLETED", "error": 5},
    {"status": "IN_QUEUE", "queue_position": "x", "logs": 7},
    {"status": "IN_PROGRESS", "logs": [None, {"message": 9}]},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize("name", sorted(PROFILES))
def test_odd_answers_do_no_harm(name, odd):
    found = status_of(queue_read.shipped(name), odd)
    assert found.state in ("queued", "running", "done", "failed")


def test_meshes_of_services_are_whole():
    assert services.MESH == glb(10, "of a service")
