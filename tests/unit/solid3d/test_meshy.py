"""Meshy: what is asked, what is billed, and what comes back, against an imitation of it."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace

import pytest
import trimesh

from octoprint_img2stl.solid3d.driver import Cancel, RemoteRef, View
from octoprint_img2stl.solid3d.drivers.meshy import DRIVER, MODELS
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.line import Line
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind, SolidRefused
from tests.fakes.meshy import TEST_KEY, MeshyFake
from tests.fakes.paid import DROP, Reply
from tests.unit.solid3d.paying import KEY, driver_for, job_of, photo, unnoted

ONE, SEVERAL = "/openapi/v1/image-to-3d", "/openapi/v1/multi-image-to-3d"


@pytest.fixture
def fake():
    with MeshyFake() as fake:
        yield fake


@pytest.fixture
def driver(fake):
    driver = driver_for(DRIVER, fake)
    yield driver
    driver.close()


def order(driver, job):
    return driver.submit(job, KEY, unnoted)


def finished(driver, ref):
    """Poll until it is done; all statuses on the way."""
    statuses = [driver.poll(ref)]
    while statuses[-1].state in ("queued", "running"):
        statuses.append(driver.poll(ref))
        assert len(statuses) < 20
    return statuses


def failure(kind, call, *given):
    with pytest.raises(DriverFailed) as caught:
        call(*given)
    assert caught.value.kind is kind
    return caught.value


def asked_for(fake):
    """What the only task was asked with, its pictures apart."""
    (task,) = fake.tasks.values()
    wishes = dict(task.asked)
    pictures = wishes.pop("image_urls", None) or [wishes.pop("image_url")]
    return wishes, pictures


# -- what is asked -----------------------------------------------------------------------------


def test_a_photo_becomes_a_mesh(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    statuses = finished(driver, RemoteRef.from_json(ref.to_json()))
    mesh = driver.fetch(ref, tmp_path / "candidate-1")
    assert [each.state for each in statuses] == ["queued", "running", "running", "done"]
    assert (statuses[0].queue_position, statuses[2].progress) == (4, 0.55)
    assert [each.retry_after_s for each in statuses] == [7, 7, 7, None]
    assert (mesh.format, mesh.up_axis, mesh.unit_hint) == ("glb", "y", None)
    assert trimesh.load(mesh.path, force="mesh").is_watertight
    assert not list(tmp_path.glob("*.part"))


def test_geometry_only_is_asked_and_paid(driver, fake, tmp_path):
    job = job_of(tmp_path)
    order(driver, job)
    wishes, (picture,) = asked_for(fake)
    assert wishes == {
        "ai_model": "latest",
        "should_texture": False,
        "target_formats": ["glb"],
        "should_remesh": True,
        "topology": "triangle",
        "target_polycount": 200_000,
    }
    head, _, data = picture.partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(data) == job.front.path.read_bytes()
    assert fake.billed == 20  # with textures it would have been 30


@pytest.mark.parametrize(
    "detail, faces, expected",
    [
        ("draft", 0, (True, 50_000, None)),
        ("fine", 0, (False, None, "2k")),
        ("fine", 12_345, (True, 12_345, "2k")),
        ("normal", 1_000_000, (True, 300_000, None)),
    ],
)
def test_detail_and_faces_are_translated(detail, faces, expected, driver, fake, tmp_path):
    order(driver, job_of(tmp_path, detail=detail, max_faces=faces))
    wishes, _ = asked_for(fake)
    names = ("should_remesh", "target_polycount", "geometry_resolution")
    assert tuple(wishes.get(name) for name in names) == expected


@pytest.mark.parametrize("roles", [("front",), ("front", "left")])
@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_asked_only_what_it_knows(model, roles, fake, tmp_path):
    driver = driver_for(DRIVER, fake, model=model)
    order(driver, job_of(tmp_path, *roles, detail="fine"))
    assert asked_for(fake)[0]["ai_model"] == model


def test_the_front_comes_first(driver, fake, tmp_path):
    job = job_of(tmp_path, "top", "left", "other", "front", "back", "right")
    ref = order(driver, job)
    _, pictures = asked_for(fake)
    sent = [base64.b64decode(each.partition(",")[2]) for each in pictures]
    photos = {view.path.read_bytes(): view.role for view in job.views}
    assert [photos[each] for each in sent] == ["front", "back", "left", "right"]
    assert fake.asked("POST")[0].path == SEVERAL
    assert finished(driver, ref)[-1].state == "done"
    assert driver.fetch(ref, tmp_path / "mesh").format == "glb"


def test_photos_of_no_side_keep_their_order(driver, fake, tmp_path):
    job = job_of(tmp_path, "other", "other", shades={"other": 40})
    job.views[1].path.write_bytes(photo(tmp_path, "second", 80).read_bytes())
    order(driver, job)
    _, pictures = asked_for(fake)
    sent = [base64.b64decode(each.partition(",")[2]) for each in pictures]
    assert sent == [view.path.read_bytes() for view in job.views]


def test_a_png_is_sent_as_one(driver, fake, tmp_path):
    job = job_of(tmp_path)
    path = photo(tmp_path, "cut-out", 90, "png")
    order(driver, replace(job, views=(View("front", path, True, (64, 64)),)))
    assert asked_for(fake)[1][0].startswith("data:image/png;base64,")


def test_capabilities_say_what_it_cannot():
    assert (DRIVER.assumed.seed, DRIVER.assumed.roles) == (False, ())
    assert (DRIVER.assumed.costs_money, DRIVER.assumed.submit_idempotent) == (True, False)
    assert DRIVER.assumed.result_ttl_s == 3 * 86400


# -- money -------------------------------------------------------------------------------------


def test_a_job_is_ordered_once(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    driver.fetch(ref, tmp_path / "mesh")
    assert len(fake.asked("POST")) == 1


def test_the_test_key_costs_nothing(fake, tmp_path):
    endpoint = Endpoint("e", "Meshy", "meshy", fake.url, "bearer", secret=TEST_KEY)
    order(DRIVER(endpoint, Line(endpoint)), job_of(tmp_path))
    assert (len(fake.tasks), fake.billed) == (1, 0)
    assert TEST_KEY in DRIVER.presets[0].help


@pytest.mark.parametrize(
    "how, kind",
    [
        (DROP, "offline"),
        (Reply(504, b"<html>Gateway Timeout</html>"), "timeout"),
        (Reply(503, {"message": "maintenance"}, {"Retry-After": "9"}), "timeout"),
        (Reply(500, {"message": "Internal Server Error"}), "timeout"),
    ],
)
def test_an_order_that_may_have_arrived_says_so(how, kind, driver, fake, tmp_path):
    fake.fail("POST", ONE, how)
    assert failure(ErrorKind(kind), order, driver, job_of(tmp_path)).sent
    assert len(fake.asked("POST")) == 1


def test_an_order_nobody_listened_to_was_not_sent(tmp_path):
    with MeshyFake() as gone:
        pass
    failed = failure(ErrorKind.OFFLINE, order, driver_for(DRIVER, gone), job_of(tmp_path))
    assert not failed.sent


@pytest.mark.parametrize(
    "reply, kind",
    [
        (Reply(429, {"message": "Too Many Requests"}, {"Retry-After": "20"}), "busy"),
        (Reply(400, {"code": "TooManyPendingTasks", "message": "wait"}), "busy"),
        (Reply(403, {"error_code": "InsufficientCredits", "message": "pay"}), "credit"),
        (Reply(402, {"message": "Insufficient funds"}), "credit"),
        (Reply(401, {"message": "Invalid API key"}), "auth"),
        (Reply(400, {"message": "Image violates our content policy"}), "policy"),
        (Reply(422, {"message": "image_url: unreachable"}), "input"),
    ],
)
def test_refusals_are_told_in_its_words(reply, kind, driver, fake, tmp_path):
    fake.fail("POST", ONE, reply)
    failed = failure(ErrorKind(kind), order, driver, job_of(tmp_path))
    assert not failed.sent
    assert reply.body["message"] in str(failed)
    assert "Meshy" in str(failed)
    assert fake.billed == 0


def test_a_full_queue_is_busy(driver, fake, tmp_path):
    for _ in range(10):
        fake.made_by_others()
    failed = failure(ErrorKind.BUSY, order, driver, job_of(tmp_path))
    assert (failed.sent, failed.retry_after_s) == (False, 20)


@pytest.mark.parametrize("body", [{}, {"result": 7}, {"result": "../1"}, ["x"], "x"])
def test_an_answer_without_a_task_may_have_cost(body, driver, fake, tmp_path):
    fake.fail("POST", ONE, Reply(202, body))
    assert failure(ErrorKind.BAD_RESULT, order, driver, job_of(tmp_path)).sent


def test_a_lost_order_is_found(driver, fake, tmp_path):
    job, since = job_of(tmp_path, "front", "back"), time.time()
    fake.made_by_others("multi-image-to-3d", ago_s=60)
    fake.made_by_others()
    fake.fail("POST", SEVERAL, DROP)
    with pytest.raises(DriverFailed):
        order(driver, job)
    again = driver_for(DRIVER, fake)  # as after a restart
    found = again.find(job, KEY, since)
    assert fake.tasks[found.ids["task"]].asked["image_urls"]
    assert finished(again, found)[-1].state == "done"
    assert len(fake.asked("POST")) == 1


def test_one_of_two_is_not_guessed(driver, fake, tmp_path):
    job, since = job_of(tmp_path), time.time()
    order(driver, job)
    fake.made_by_others()
    assert driver.find(job, KEY, since) is None


def test_another_clock_there_does_not_matter(driver, fake, tmp_path):
    fake.lead_s = -3600.0
    job, since = job_of(tmp_path), time.time()
    ours = order(driver, job)
    assert driver.find(job, KEY, since) == ours


def test_nothing_is_found_where_nothing_was_ordered(driver, fake, tmp_path):
    fake.made_by_others(ago_s=30)
    assert driver.find(job_of(tmp_path), KEY, time.time()) is None
    fake.made_by_others()
    assert driver.find(job_of(tmp_path), KEY, time.time() - 3600) is None
    assert fake.asked("POST") == []


@pytest.mark.parametrize(
    "tasks", [[], [None, {}, {"id": 4}, {"id": "a", "created_at": "x"}]]
)
def test_odd_lists_find_nothing(tasks, driver, fake, tmp_path):
    fake.fail("GET", ONE, Reply(200, tasks))
    assert driver.find(job_of(tmp_path), KEY, time.time()) is None


# -- cancelling --------------------------------------------------------------------------------


def test_a_job_under_way_is_stopped(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    assert driver.cancel(ref) is Cancel.STOPPED
    assert fake.deleted == [ref.ids["task"]]
    assert driver.poll(ref).state == "lost"
    assert driver.cancel(ref) is Cancel.TOO_LATE


def test_what_was_paid_for_is_not_deleted(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    assert driver.cancel(ref) is Cancel.TOO_LATE
    assert fake.deleted == []


def test_one_that_ends_meanwhile_is_too_late(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    fake.fail("DELETE", ONE, Reply(400, {"message": "Task is already completed"}))
    assert driver.cancel(ref) is Cancel.TOO_LATE
    fake.fail("DELETE", ONE, Reply(500, {"message": "Oops"}))
    failure(ErrorKind.REMOTE, driver.cancel, ref)


# -- what goes wrong ---------------------------------------------------------------------------


def test_the_test_tells_the_credits(driver, fake):
    fake.balance = 480
    found = driver.probe()
    assert found.version == "Meshy API · 480 credits"
    assert [(each.method, each.path) for each in fake.seen] == [
        ("GET", "/openapi/v1/balance")
    ]
    assert driver_for(DRIVER, fake, model="meshy-6").probe().model == "Meshy 6"


def test_a_wrong_key_is_told(fake):
    driver = driver_for(DRIVER, fake)
    fake.key = "msy_another"
    assert "Invalid API key" in str(failure(ErrorKind.AUTH, driver.probe))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>Welcome</html>", kind="text/html"),
        Reply(200, {"hello": "world"}),
        Reply(200, [1]),
        Reply(200, {"balance": True}),
    ],
)
def test_somebody_else_answering_is_told(reply, driver, fake):
    fake.fail("GET", "/openapi/v1/balance", reply)
    failure(ErrorKind.BAD_RESULT, driver.probe)


@pytest.mark.parametrize(
    "status, error, kind",
    [
        ("FAILED", "The model could not be generated.", "remote"),
        ("FAILED", "Rejected by content moderation", "policy"),
        ("CANCELED", "", "remote"),
    ],
)
def test_ends_that_are_none(status, error, kind, driver, fake, tmp_path):
    fake.script, fake.error = [status], error
    found = driver.poll(order(driver, job_of(tmp_path)))
    assert (found.state, found.error) == ("failed", ErrorKind(kind))
    assert found.message == (error or "canceled")


def test_expired_tasks_are_lost(driver, fake, tmp_path):
    fake.script = ["EXPIRED"]
    assert driver.poll(order(driver, job_of(tmp_path))).state == "lost"
    fake.script = ["SUCCEEDED"]
    ref = order(driver, job_of(tmp_path))
    fake.lead_s = 3 * 86400 + 60.0  # results are kept for three days
    assert driver.poll(ref).state == "lost"
    failure(ErrorKind.LOST, driver.fetch, ref, tmp_path / "mesh")


@pytest.mark.parametrize(
    "task",
    [
        {"status": "IN_PROGRESS", "progress": "half"},
        {"status": "REMESHING", "progress": -4, "task_error": 7},
    ],
)
def test_odd_statuses_are_survived(task, driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    fake.fail("GET", ONE, Reply(200, task))
    found = driver.poll(ref)
    assert (found.state, found.progress) == ("running", None)


def test_a_poll_that_fails_says_nothing_of_the_job(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    for reply, kind in (
        (Reply(500, {"message": "Oops"}), "remote"),
        (Reply(429, {"message": "slow down"}, {"Retry-After": "3"}), "busy"),
        (Reply(401, {"message": "Invalid API key"}), "auth"),
        (Reply(200, {"balance": 3}), "bad_result"),
    ):
        fake.fail("GET", ONE, reply)
        failure(ErrorKind(kind), driver.poll, ref)


def test_no_way_out_of_the_api_by_an_id(driver, fake):
    ref = RemoteRef("meshy", "paid", {"kind": "../../x", "task": "../balance"})
    assert driver.poll(ref).state == "lost"
    assert fake.seen[0].path == f"{ONE}/..%2Fbalance"


# -- results -----------------------------------------------------------------------------------


def test_the_key_goes_to_the_service_only(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    driver.fetch(ref, tmp_path / "mesh")
    assert {each.host for each in fake.seen if each.mentions(fake.key)} == {"api"}
    assert {each.host for each in fake.seen} == {"api", "results"}
    assert fake.key not in json.dumps(ref.to_json())


def test_a_dead_link_is_lost_not_a_wrong_key(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    fake.fail("GET", f"/{ref.ids['task']}", Reply(404, b"", kind="text/plain"))
    assert driver.fetch(ref, tmp_path / "first").format == "glb"
    for _ in range(2):
        fake.fail("GET", f"/{ref.ids['task']}", Reply(403, b"", kind="text/plain"))
    failure(ErrorKind.LOST, driver.fetch, ref, tmp_path / "second")


@pytest.mark.parametrize("urls", [None, {}, {"glb": ""}, {"fbx": "https://x.org/a.fbx"}])
def test_a_success_without_a_mesh(urls, driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    fake.fail("GET", ONE, Reply(200, {"status": "SUCCEEDED", "model_urls": urls}))
    failed = failure(ErrorKind.BAD_RESULT, driver.fetch, ref, tmp_path / "mesh")
    assert failed.code == "solid.no_mesh"


def test_what_is_no_mesh_is_not_taken(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    for content in (b"<html>Sorry</html>", fake.mesh[:-5], b""):
        fake.mesh = content
        failure(ErrorKind.BAD_RESULT, driver.fetch, ref, tmp_path / "mesh")
        assert not list(tmp_path.glob("mesh*"))


# -- photos and settings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "content, code",
    [(b"GIF89a", "solid.photo_format"), (bytes(21 * 2**20), "solid.photo_too_large")],
    ids=["gif", "large"],
)
def test_photos_it_does_not_take(content, code, driver, fake, tmp_path):
    job = job_of(tmp_path)
    job.front.path.write_bytes(content)
    failed = failure(ErrorKind.INPUT, order, driver, job)
    assert (failed.code, failed.sent) == (code, False)
    assert fake.seen == []


def test_models_nobody_knows_are_refused():
    for preset in DRIVER.presets:
        DRIVER.check_options(preset.options)
    with pytest.raises(SolidRefused) as caught:
        DRIVER.check_options({"model": "meshy-1"})
    assert caught.value.problem.field == "endpoint.model"
