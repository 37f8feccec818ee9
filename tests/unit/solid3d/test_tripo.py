"""Tripo: what is asked, what is billed, and what comes back, against an imitation of it."""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from octoprint_img2stl.solid3d.driver import Cancel, RemoteRef, View
from octoprint_img2stl.solid3d.drivers.tripo import DRIVER, MODELS
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind, SolidRefused
from tests.fakes.paid import DROP, REFUSE, Reply
from tests.fakes.tripo import TripoFake
from tests.unit.solid3d.paying import KEY, SHADES, driver_for, job_of, photo, unnoted


@pytest.fixture
def fake():
    with TripoFake() as fake:
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


# -- what is asked -----------------------------------------------------------------------------


def test_a_photo_becomes_a_mesh(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    statuses = finished(driver, RemoteRef.from_json(ref.to_json()))
    mesh = driver.fetch(ref, tmp_path / "candidate-1")
    assert [each.state for each in statuses] == ["queued", "running", "running", "done"]
    assert statuses[0].queue_position == 3
    assert (statuses[2].progress, statuses[2].eta_s) == (0.42, 25)
    assert (mesh.format, mesh.up_axis, mesh.unit_hint) == ("glb", "y", None)
    assert mesh.path == tmp_path / "candidate-1.glb"
    assert trimesh.load(mesh.path, force="mesh").is_watertight
    assert not list(tmp_path.glob("*.part"))


def test_geometry_only_is_asked_and_paid(driver, fake, tmp_path):
    order(driver, job_of(tmp_path, seed=2**31 - 1))
    (task,) = fake.tasks.values()
    asked = dict(task.input)
    assert asked.pop("input") in fake.files
    assert asked == {
        "model": "v3.1-20260211",
        "texture": False,
        "pbr": False,
        "quad": False,
        "export_uv": False,
        "export_orientation": "-y",
        "model_seed": 2**31 - 1,
        "geometry_quality": "standard",
        "face_limit": 150_000,
    }
    assert fake.billed == 20  # with textures it would have been 30


def test_detail_and_faces_are_translated(driver, fake, tmp_path):
    for detail, faces in (("draft", 0), ("fine", 0), ("normal", 12_345), ("fine", 10**6)):
        order(driver, job_of(tmp_path, detail=detail, max_faces=faces))
    asked = [
        (t.input["geometry_quality"], t.input["face_limit"]) for t in fake.tasks.values()
    ]
    assert asked == [
        ("standard", 50_000),
        ("detailed", 400_000),
        ("standard", 12_345),
        ("detailed", 1_000_000),
    ]


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_asked_only_what_it_knows(model, fake, tmp_path):
    driver = driver_for(DRIVER, fake, model=model)
    order(driver, job_of(tmp_path, detail="fine", max_faces=1_000_000))
    (task,) = fake.tasks.values()
    assert task.input["face_limit"] == MODELS[model].faces[1] or model.startswith("v3.1")
    assert driver.probe().faces == MODELS[model].faces


def test_a_png_is_sent_as_one(driver, fake, tmp_path):
    job = job_of(tmp_path)
    path = photo(tmp_path, "cut-out", 90, "png")
    order(driver, replace(job, views=(View("front", path, True, (64, 64)),)))
    assert list(fake.files.values()) == [path.read_bytes()]


def test_no_name_of_a_file_leaves(driver, fake, tmp_path):
    job = job_of(tmp_path)
    secret = photo(tmp_path, "grandma-at-the-beach", 90)
    order(driver, replace(job, views=(View("other", secret, False, (64, 64)),)))
    assert not any(each.mentions("grandma") for each in fake.seen)


# -- sides -------------------------------------------------------------------------------------


def test_every_photo_lands_at_its_side(driver, tmp_path):
    """The camera of `left` stood at -x, the front looks to -y, z is up: as in `driver.ROLES`."""
    ref = order(driver, job_of(tmp_path, "right", "front", "left", "back"))
    finished(driver, ref)
    mesh = trimesh.load(driver.fetch(ref, tmp_path / "solid").path, force="mesh")
    points = mesh.vertices @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    boxes = points.reshape(-1, 8, 3)
    sizes = np.ptp(boxes, axis=1)[:, 0]
    middles = boxes.mean(axis=1)
    brightest_first = np.argsort(-sizes)
    assert np.allclose(middles[brightest_first[0]], 0)  # the cube itself
    towards = {"front": (0, -1), "back": (0, 1), "left": (-1, 0), "right": (1, 0)}
    in_order = sorted(towards, key=lambda role: -SHADES[role])
    for place, role in zip(brightest_first[1:], in_order, strict=True):
        assert np.allclose(middles[place][:2] / 0.4, towards[role]), role


def test_missing_sides_are_null(driver, fake, tmp_path):
    order(driver, job_of(tmp_path, "front", "back", "top", "other"))
    (request,) = fake.asked("POST", "/v3/generation/multiview-to-model")
    front, left, back, right = request.json["inputs"]
    assert (left, right) == (None, None)
    assert front != back
    assert len(fake.files) == 2  # what is left out is not uploaded either


def test_a_front_and_one_from_above_are_one_photo(driver, fake, tmp_path):
    order(driver, job_of(tmp_path, "top", "front"))
    (request,) = fake.asked("POST", "/v3/generation/")
    assert request.path == "/v3/generation/image-to-model"


def test_one_photo_is_the_front_whatever_it_shows(driver, fake, tmp_path):
    order(driver, job_of(tmp_path, "left"))
    (request,) = fake.asked("POST", "/v3/generation/")
    assert request.path == "/v3/generation/image-to-model"


def test_several_photos_without_a_front_are_refused_for_nothing(driver, fake, tmp_path):
    failed = failure(ErrorKind.INPUT, order, driver, job_of(tmp_path, "left", "back"))
    assert failed.code == "solid.no_front"
    assert not failed.sent
    assert fake.seen == []


def test_capabilities_name_the_sides():
    assert set(DRIVER.assumed.roles) == {"front", "left", "back", "right"}
    assert (DRIVER.assumed.costs_money, DRIVER.assumed.submit_idempotent) == (True, False)


# -- money -------------------------------------------------------------------------------------


def test_a_job_is_ordered_once(driver, fake, tmp_path):
    finished(driver, order(driver, job_of(tmp_path)))
    assert len(fake.asked("POST", "/v3/generation/")) == 1


@pytest.mark.parametrize(
    "how, kind",
    [
        (DROP, "offline"),
        (Reply(502, b"<html>Bad Gateway</html>"), "timeout"),
        (Reply(503, b"", {"Retry-After": "9"}), "timeout"),
        (Reply(500, {"code": 1001, "message": "Fatal error"}), "timeout"),
        (Reply(500, {"code": 2010, "message": "You need more credits"}), "timeout"),
        (Reply(408, b""), "timeout"),
    ],
)
def test_an_order_that_may_have_arrived_says_so(how, kind, driver, fake, tmp_path):
    fake.fail("POST", "/v3/generation/", how)
    assert failure(ErrorKind(kind), order, driver, job_of(tmp_path)).sent
    assert len(fake.asked("POST", "/v3/generation/")) == 1


@pytest.mark.parametrize("how", [DROP, REFUSE, Reply(503, b"", {"Retry-After": "9"})])
def test_what_fails_before_the_order_was_not_sent(how, driver, fake, tmp_path):
    fake.fail("POST", "/v3/files", how)
    with pytest.raises(DriverFailed) as caught:
        order(driver, job_of(tmp_path))
    assert not caught.value.sent
    assert fake.billed == 0


def test_an_order_nobody_listened_to_was_not_sent(tmp_path):
    with TripoFake() as gone:
        pass
    failed = failure(ErrorKind.OFFLINE, order, driver_for(DRIVER, gone), job_of(tmp_path))
    assert not failed.sent


def test_an_order_that_was_refused_is_known_not_to_be_taken(driver, fake, tmp_path):
    for _ in range(10):
        fake.made_by_others()
    failed = failure(ErrorKind.BUSY, order, driver, job_of(tmp_path))
    assert (failed.sent, failed.retry_after_s) == (False, 30)
    assert fake.balance == 1000


def test_an_answer_without_a_task_may_have_cost(driver, fake, tmp_path):
    fake.fail("POST", "/v3/generation/", Reply(200, {"code": 0, "data": {"id": 1}}))
    assert failure(ErrorKind.BAD_RESULT, order, driver, job_of(tmp_path)).sent


def test_a_lost_order_is_found_by_its_photos(driver, fake, tmp_path):
    job, since = job_of(tmp_path, "front", "back"), time.time()
    fake.fail("POST", "/v3/generation/", DROP)
    with pytest.raises(DriverFailed):
        order(driver, job)
    fake.made_by_others("multiview_to_model")
    fake.made_by_others()
    (ours,) = [task for task in fake.tasks.values() if "inputs" in task.input]
    again = driver_for(DRIVER, fake)  # as after a restart
    assert again.find(job, KEY, since).ids == {"task": ours.id}
    assert len(fake.asked("POST", "/v3/generation/")) == 1


def test_it_is_found_by_its_time_where_nothing_else_is_told(driver, fake, tmp_path):
    fake.usage_echoes = False
    job, since = job_of(tmp_path), time.time()
    fake.made_by_others(ago_s=60)
    fake.made_by_others("text_to_model")
    ours = order(driver, job)
    assert driver.find(job, KEY, since) == ours
    fake.made_by_others()
    assert driver.find(job, KEY, since) is None  # it could be either


def test_another_clock_there_does_not_matter(driver, fake, tmp_path):
    fake.usage_echoes, fake.lead_s = False, 3600.0
    job, since = job_of(tmp_path), time.time()
    ours = order(driver, job)
    assert driver.find(job, KEY, since) == ours


def test_a_task_of_another_seed_is_not_ours(driver, fake, tmp_path):
    job, since = job_of(tmp_path), time.time()
    other = fake.made_by_others()
    other.input["model_seed"] = 8
    assert driver.find(job, KEY, since) is None


def test_nothing_is_found_where_nothing_was_ordered(driver, fake, tmp_path):
    assert driver.find(job_of(tmp_path), KEY, time.time()) is None
    fake.made_by_others(ago_s=30)
    assert driver.find(job_of(tmp_path), KEY, time.time()) is None
    assert fake.asked("POST", "/v3/generation/") == []


def test_what_was_made_long_after_is_not_ours(driver, fake, tmp_path):
    fake.made_by_others()
    assert driver.find(job_of(tmp_path), KEY, time.time() - 3600) is None


@pytest.mark.parametrize(
    "rows", [None, "none", [1, {}, {"task_id": "../x"}], {"items": {"a": 1}}]
)
def test_odd_usage_finds_nothing(rows, driver, fake, tmp_path):
    fake.fail("GET", "/v3/account/usage", Reply(200, {"code": 0, "data": rows}))
    assert driver.find(job_of(tmp_path), KEY, time.time()) is None


# -- what goes wrong ---------------------------------------------------------------------------


def test_the_test_tells_the_credits(driver, fake):
    fake.balance = 47725
    found = driver.probe()
    assert found.version == "Tripo API v3 · 47725.00 credits"
    assert found.model == "Tripo 3.1"
    assert [(each.method, each.path) for each in fake.seen] == [
        ("GET", "/v3/account/balance")
    ]


def test_a_wrong_key_is_told(fake):
    driver = driver_for(DRIVER, fake)
    fake.key = "tsk_another"
    failed = failure(ErrorKind.AUTH, driver.probe)
    assert "Tripo" in str(failed)
    assert "Authentication failed" in str(failed)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>Welcome</html>", kind="text/html"),
        Reply(200, {"hello": "world"}),
        Reply(200, [1, 2]),
        Reply(200, {"code": 0, "data": None}),
        Reply(200, {"code": 0, "data": {"credits": 3}}),
    ],
)
def test_somebody_else_answering_is_told(reply, driver, fake):
    fake.fail("GET", "/v3/account/balance", reply)
    failure(ErrorKind.BAD_RESULT, driver.probe)


def test_no_credits(driver, fake, tmp_path):
    fake.balance = 3
    failed = failure(ErrorKind.CREDIT, order, driver, job_of(tmp_path))
    assert "more credits" in str(failed)
    assert not failed.sent


def test_a_forbidden_picture(driver, fake, tmp_path):
    job = job_of(tmp_path)
    fake.bad_word = job.front.path.read_bytes()[-40:]
    failed = failure(ErrorKind.POLICY, order, driver, job)
    assert failed.code == "solid.policy"
    assert "content policy" in str(failed)


def test_an_error_in_a_success_is_one(driver, fake):
    body = {"code": 2010, "message": "Insufficient credits"}
    fake.fail("GET", "/v3/account/balance", Reply(200, body))
    failure(ErrorKind.CREDIT, driver.probe)
    fake.fail("GET", "/v3/account/balance", Reply(200, {"code": 9999, "message": "Hm"}))
    assert "Hm" in str(failure(ErrorKind.REMOTE, driver.probe))


@pytest.mark.parametrize(
    "status, error, kind, message",
    [
        ("failed", (1001, "Fatal error on server side"), "remote", "Fatal error"),
        ("failed", (2018, "too complex"), "input", "too complex"),
        ("failed", (2008, ""), "policy", "error 2008"),
        ("banned", (0, ""), "policy", "banned"),
        ("cancelled", (0, ""), "remote", "cancelled"),
    ],
)
def test_ends_that_are_none(status, error, kind, message, driver, fake, tmp_path):
    fake.script, fake.error = [status], error
    found = driver.poll(order(driver, job_of(tmp_path)))
    assert (found.state, found.error) == ("failed", ErrorKind(kind))
    assert message in found.message


def test_expired_and_unknown_tasks_are_lost(driver, fake, tmp_path):
    fake.script = ["expired"]
    ref = order(driver, job_of(tmp_path))
    assert driver.poll(ref).state == "lost"
    fake.tasks.clear()
    found = driver.poll(ref)
    assert (found.state, "Task not found" in found.message) == ("lost", True)
    assert failure(ErrorKind.LOST, driver.fetch, ref, tmp_path / "x").code == "solid.gone"


def test_a_status_nobody_knows_is_no_end(driver, fake, tmp_path):
    fake.script = ["unknown", "Polishing"]
    ref = order(driver, job_of(tmp_path))
    assert [driver.poll(ref).state for _ in range(2)] == ["running"] * 2
    assert driver.poll(ref).stage == "polishing"


@pytest.mark.parametrize(
    "task",
    [
        {"status": "running", "progress": "half", "running_left_time": -1},
        {"status": "running", "progress": float("1e300")},
        {"status": ["running"], "progress": {}, "output": 3},
        {},
    ],
)
def test_odd_statuses_are_survived(task, driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    fake.fail("GET", "/v3/tasks/", Reply(200, {"code": 0, "data": task}))
    found = driver.poll(ref)
    assert (found.state, found.progress, found.eta_s) == ("running", None, None)


def test_no_way_out_of_the_api_by_an_id(driver, fake):
    ref = RemoteRef("tripo", "paid", {"task": "../account/balance?x="})
    assert driver.poll(ref).state == "lost"
    assert fake.seen[0].path.startswith("/v3/tasks/..%2F")


def test_there_is_no_cancelling(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    asked = len(fake.seen)
    assert driver.cancel(ref) is Cancel.UNSUPPORTED
    assert len(fake.seen) == asked


# -- results -----------------------------------------------------------------------------------


def test_a_link_that_died_is_asked_for_again(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    fake.fail("GET", f"/{ref.ids['task']}", Reply(403, b"expired", kind="text/xml"))
    assert driver.fetch(ref, tmp_path / "mesh").format == "glb"


def test_a_link_that_stays_dead_is_lost_not_a_wrong_key(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    for _ in range(2):
        fake.fail("GET", f"/{ref.ids['task']}", Reply(403, b"expired", kind="text/xml"))
    failure(ErrorKind.LOST, driver.fetch, ref, tmp_path / "mesh")
    assert not list(tmp_path.glob("mesh*"))


def test_the_key_goes_to_the_service_only(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    driver.fetch(ref, tmp_path / "mesh")
    keyed = {each.host for each in fake.seen if each.mentions(fake.key)}
    assert keyed == {"api"}
    assert {each.host for each in fake.seen} == {"api", "results"}
    assert fake.key not in json.dumps(ref.to_json())


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"model_url": None, "rendered_image_url": "https://cdn.example.org/x.webp"},
        {"model_url": "file:///etc/passwd"},
        ["https://cdn.example.org/x.webp"],
    ],
)
def test_a_success_without_a_mesh(output, driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    task = {"status": "success", "output": output}
    fake.fail("GET", "/v3/tasks/", Reply(200, {"code": 0, "data": task}))
    failed = failure(ErrorKind.BAD_RESULT, driver.fetch, ref, tmp_path / "mesh")
    assert failed.code == "solid.no_mesh"


def test_what_is_no_mesh_is_not_taken(driver, fake, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    for content in (b"<html>Sorry</html>", fake.tasks[ref.ids["task"]].glb[:-5], b""):
        fake.tasks[ref.ids["task"]].glb = content
        failure(ErrorKind.BAD_RESULT, driver.fetch, ref, tmp_path / "mesh")
        assert not list(tmp_path.glob("mesh*"))


def test_a_mesh_that_is_too_large_is_not_taken(driver, tmp_path):
    ref = order(driver, job_of(tmp_path))
    finished(driver, ref)
    with pytest.raises(DriverFailed) as caught:
        driver.fetch(ref, tmp_path / "mesh", max_bytes=100)
    assert caught.value.code == "solid.too_large"


# -- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["v2.0-20240919", ["v3.1-20260211"], 3, None])
def test_models_nobody_knows_are_refused(model, fake):
    DRIVER.check_options({})
    with pytest.raises(SolidRefused) as caught:
        DRIVER.check_options({"model": model})
    assert caught.value.problem.field == "endpoint.model"
    # as another version of us may have left it
    assert driver_for(DRIVER, fake, model=model).probe().model == "Tripo 3.1"


def test_the_presets_are_endpoints_of_both_places():
    assert [each.url for each in DRIVER.presets] == [
        "https://openapi.tripo3d.ai",
        "https://openapi.tripo3d.com",
    ]
    for preset in DRIVER.presets:
        DRIVER.check_options(preset.options)
        assert preset.costs_money


@pytest.mark.parametrize(
    "content, code",
    [(b"GIF89a", "solid.photo_format"), (bytes(21 * 2**20), "solid.photo_too_large")],
    ids=["gif", "large"],
)
def test_photos_it_does_not_take(content, code, driver, fake, tmp_path):
    job = job_of(tmp_path)
    job.front.path.write_bytes(content)
    assert failure(ErrorKind.INPUT, order, driver, job).code == code
    job.front.path.unlink()
    assert failure(ErrorKind.INPUT, order, driver, job).code == "solid.photo_gone"
    assert fake.seen == []


def test_the_imitation_makes_real_meshes(fake, driver, tmp_path):
    order(driver, job_of(tmp_path, "front", "back"))
    (task,) = fake.tasks.values()
    mesh = trimesh.load(io.BytesIO(task.glb), file_type="glb", force="mesh")
    assert len(mesh.split()) == 3
