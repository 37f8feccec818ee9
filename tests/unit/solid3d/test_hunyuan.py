"""The driver of Hunyuan's servers, against imitations that really listen."""

from __future__ import annotations

import base64
import contextlib
import threading
import tracemalloc

import pytest

from octoprint_img2stl.solid3d.driver import Cancel, RemoteRef
from octoprint_img2stl.solid3d.drivers.hunyuan import DRIVER
from octoprint_img2stl.solid3d.drivers.hunyuan_answer import status_of
from octoprint_img2stl.solid3d.drivers.sieve import BadAnswer, Sieve, TooMuch
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind, SolidRefused
from tests.fakes.glb import glb
from tests.fakes.plain_http import Asked, PlainFake, Reply
from tests.fakes.tencent import ManyViews, Ours, Tencent20, Tencent21, raw, text_of
from tests.unit.solid3d.handing import KEY, Notes, job, made


@contextlib.contextmanager
def fails(kind: ErrorKind, code: str):
    with pytest.raises(DriverFailed) as caught:
        yield caught
    assert (caught.value.kind, caught.value.code) == (kind, code)


@pytest.fixture
def v20():
    with Tencent20() as fake:
        yield fake


@pytest.fixture
def v21():
    with Tencent21() as fake:
        yield fake


@pytest.fixture
def many():
    with ManyViews() as fake:
        yield fake


@pytest.fixture
def ours():
    with Ours() as fake:
        yield fake


def ended(driver, ref):
    """The status once the long request ended."""
    long = driver._long[ref.ids["key"]]
    assert long.work.wait(20)
    return driver.poll(ref)


# -- what is there ---------------------------------------------------------------------------


@pytest.mark.parametrize("hides", [False, True])
@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_versions_are_told_apart(v20, v21, version, hides):
    fake = {"2.0": v20, "2.1": v21}[version]
    fake.hides = hides
    found = made(DRIVER, fake.url).probe()
    assert found.version == f"Hunyuan3D api_server {version}"
    assert found.needs_alpha == (version == "2.1")
    assert found.removes_background == found.seed == (version == "2.0")
    assert (found.views_max, found.roles) == (1, ())
    assert all(asked.method == "GET" for asked in fake.asked)


def test_fork_for_several_views(many):
    found = made(DRIVER, many.url).probe()
    assert (found.views_max, found.needs_alpha) == (4, True)
    assert set(found.roles) == {"front", "back", "left", "right"}


def test_our_own_server(ours):
    found = made(DRIVER, ours.url).probe()
    assert (found.views_min, found.views_max) == (1, 4)
    assert found.roles == ("front", "back", "left", "right")
    assert found.faces == (100, 1_000_000)
    assert found.submit_idempotent and found.cancel == "running"
    assert (found.progress, found.formats[0]) == ("percent", "glb")
    assert (found.version, found.model) == ("img2stl GPU server 0.3", "Silhouette")


def test_our_own_server_may_say_anything(ours):
    odd = {
        "views": 7,
        "faces": ["a", None],
        "formats": {"glb": 1},
        "progress": [],
        "x": 1e99,
    }
    ours.about = {"server": "img2stl-gpu-server", **odd, "backend": None, "seed": False}
    found = made(DRIVER, ours.url).probe()
    assert (found.views_max, found.faces, found.formats) == (1, None, ("glb",))
    assert (found.progress, found.seed) == ("none", False)


class Page(PlainFake):
    def answer(self, asked: Asked) -> Reply:
        return Reply(200, b"<!DOCTYPE html><h1>Router</h1>", "text/html")


class Neighbour(PlainFake):
    def __init__(self, path: str, says: dict) -> None:
        super().__init__()
        self.path, self.says = path, says

    def answer(self, asked: Asked) -> Reply:
        if asked.path == self.path:
            return Reply(200, self.says)
        return Reply(404, b"404: Not Found", "text/plain")


def test_something_else_answers():
    with Page() as page, fails(ErrorKind.BAD_RESULT, "solid.no_hunyuan"):
        made(DRIVER, page.url).probe()


@pytest.mark.parametrize(
    ("path", "says", "program"),
    [
        ("/config", {"dependencies": []}, "Gradio"),
        ("/system_stats", {"devices": []}, "ComfyUI"),
    ],
)
def test_another_program_is_named(path, says, program):
    with Neighbour(path, says) as fake:
        with fails(ErrorKind.BAD_RESULT, "solid.other_program") as caught:
            made(DRIVER, fake.url).probe()
    assert program in str(caught.value)


def test_nobody_answers(v20):
    v20.stop()
    with fails(ErrorKind.OFFLINE, "solid.offline"):
        made(DRIVER, v20.url).probe()


def test_owner_knows_better(v20):
    assert made(DRIVER, v20.url, kind="2.1").probe().needs_alpha
    v20.hides = True
    assert made(DRIVER, v20.url, kind="2.1").probe().needs_alpha


def test_key_is_wrong(ours):
    ours.token = "right"
    with fails(ErrorKind.AUTH, "solid.auth"):
        made(DRIVER, ours.url, secret="wrong-key").probe()
    assert made(DRIVER, ours.url, secret="right").probe().views_max == 4


# -- 2.0 -------------------------------------------------------------------------------------


def test_20_from_photo_to_mesh(v20, tmp_path):
    driver = made(DRIVER, v20.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    (body,) = v20.jobs.values()
    assert base64.b64decode(body["image"]).startswith(b"\x89PNG")
    assert (body["type"], body["texture"], body["seed"]) == ("glb", False, 7)
    assert body["octree_resolution"] == 256
    assert driver.poll(ref).state == "running"
    v20.finish()
    assert driver.poll(ref).state == "done"
    fractions = []
    found = driver.fetch(ref, tmp_path / "candidate-1", progress=fractions.append)
    assert found.path.read_bytes() == glb(note="sent")
    assert (found.path.name, found.format, found.up_axis) == (
        "candidate-1.glb",
        "glb",
        "y",
    )
    assert fractions[-1] == 1.0
    assert list(tmp_path.glob("*.part")) == []
    assert driver.cancel(ref) is Cancel.UNSUPPORTED


def test_20_is_found_again_after_a_restart(v20, tmp_path):
    ref = made(DRIVER, v20.url).submit(job(tmp_path), KEY, Notes())
    v20.finish()
    again = made(DRIVER, v20.url)
    ref = RemoteRef.from_json(ref.to_json())
    assert again.poll(ref).state == "done"
    assert again.fetch(ref, tmp_path / "one").size_bytes == len(glb(note="sent"))


def test_20_failed_or_unknown_jobs_are_processing_for_ever(v20, tmp_path):
    driver = made(DRIVER, v20.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    v20.fails = True
    v20.finish()
    assert driver.poll(ref).state == "running"
    unknown = RemoteRef("hunyuan", "mine", {"kind": "2.0", "uid": "never-was"})
    assert driver.poll(unknown).state == "running"


def test_20_mesh_that_is_just_being_written(v20, tmp_path):
    driver = made(DRIVER, v20.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    v20.finish(glb()[:-40])
    with fails(ErrorKind.BAD_RESULT, "solid.cut_short"):
        driver.fetch(ref, tmp_path / "one")
    assert list(tmp_path.glob("one*")) == []
    v20.finish(glb())
    assert driver.fetch(ref, tmp_path / "one").format == "glb"


def test_20_answers_nobody_while_it_generates(v20, tmp_path, monkeypatch):
    """So a status that does not come is late, not a sign of an endpoint that is off."""
    driver = made(DRIVER, v20.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    v20.hold.clear()
    image = {"image": text_of(b"\x89PNG")}
    other = threading.Thread(
        target=lambda: made(DRIVER, v20.url).line.post("/generate", json=image)
    )
    other.start()
    assert v20.generating.wait(20)
    monkeypatch.setattr(
        "octoprint_img2stl.solid3d.drivers.hunyuan.POLL_S", {"read_s": 0.2}
    )
    with fails(ErrorKind.TIMEOUT, "solid.no_answer"):
        driver.poll(ref)
    v20.hold.set()
    other.join(20)
    assert driver.poll(ref).state == "running"


def test_20_going_away_is_offline(v20, tmp_path):
    driver = made(DRIVER, v20.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    v20.stop()
    with fails(ErrorKind.OFFLINE, "solid.offline") as caught:
        driver.submit(job(tmp_path), KEY, Notes())
    assert not caught.value.sent
    with fails(ErrorKind.OFFLINE, "solid.offline"):
        driver.poll(ref)


def test_20_follows_the_quality(v20, tmp_path):
    orders = []
    for detail in ("draft", "normal", "fine"):
        made(DRIVER, v20.url).submit(job(tmp_path, detail=detail), KEY, Notes())
        body = list(v20.jobs.values())[-1]
        orders.append((body["octree_resolution"], body["num_inference_steps"]))
    assert orders == sorted(orders) and len(set(orders)) == 3
    made(DRIVER, v20.url, steps=5).submit(job(tmp_path), KEY, Notes())
    assert list(v20.jobs.values())[-1]["num_inference_steps"] == 5


class Odd(Tencent20):
    """A 2.0 whose status and whose send can be anything."""

    said: Reply | None = None
    sent: Reply | None = None

    def status(self, uid: str) -> Reply:
        return self.said or super().status(uid)

    def send(self, body: dict) -> Reply:
        return self.sent or super().send(body)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"status": "completed", "model_base64": "Z2xURg=="}, "done"),
        ({"model_base64": "Z2xURg==", "status": "completed"}, "done"),
        ({"status": "texturing", "model_base64_initial": "Z2xURg=="}, "done"),
        ({"status": "processing", "model_base64": None}, "running"),
        ({"status": "processing", "model_base64": ""}, "running"),
        ({"status": "error", "message": "CUDA out of memory"}, "failed"),
        ({"status": "not found"}, "lost"),
        ({"status": 7}, "running"),
        ([1, 2], "running"),
    ],
)
def test_statuses_of_forks(tmp_path, said, state):
    with Odd() as fake:
        driver = made(DRIVER, fake.url)
        ref = driver.submit(job(tmp_path), KEY, Notes())
        fake.said = Reply(200, said)
        assert driver.poll(ref).state == state


def test_data_uris_and_escaped_slashes(tmp_path):
    with Odd() as fake:
        driver = made(DRIVER, fake.url)
        ref = driver.submit(job(tmp_path), KEY, Notes())
        uri = f"data:model/gltf-binary;base64,{text_of(glb())}"
        fake.said = Reply(200, raw({"status": "completed", "model_base64": uri}))
        assert driver.fetch(ref, tmp_path / "one").path.read_bytes() == glb()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b'{"status":"completed","model_base64":"Z2xURgIA', "solid.cut_short"),
        (b'{"status":"completed","model_base64":"Z2xU!gIA"}', "solid.cut_short"),
        (b'{"status":"completed","model_base64":"' + b"A" * 4000 + b'"}', "solid.mesh_too_large"),
        (b'{"status":"completed"}', "solid.no_mesh"),
        (b'{"status":"completed","model_base64":"PGh0bWw+PC9odG1sPg=="}', "solid.no_mesh"),
        (b'{"status":"completed","model_base64":"Z2xURgIAAAD/////"}', "solid.cut_short"),
        (b"<html>gateway</html>", "solid.cut_short"),
        (b"[" * 100_000, "solid.cut_short"),
    ],
)  # fmt: skip
def test_answers_without_a_mesh(tmp_path, said, code):
    with Odd() as fake:
        driver = made(DRIVER, fake.url)
        ref = driver.submit(job(tmp_path), KEY, Notes())
        fake.said = Reply(200, said)
        with fails(ErrorKind.BAD_RESULT, code):
            driver.fetch(ref, tmp_path / "one", max_bytes=2000)
    assert list(tmp_path.glob("one*")) == []


def test_poll_gets_a_web_page(tmp_path):
    with Odd() as fake:
        driver = made(DRIVER, fake.url)
        ref = driver.submit(job(tmp_path), KEY, Notes())
        fake.said = Reply(200, b"<html>gateway</html>")
        with fails(ErrorKind.BAD_RESULT, "solid.not_json"):
            driver.poll(ref)
        fake.said = Reply(500, b"<html>gateway</html>")
        with pytest.raises(DriverFailed) as caught:
            driver.poll(ref)
        assert caught.value.kind is ErrorKind.REMOTE


@pytest.mark.parametrize(
    "sent", [{}, {"uid": None}, {"uid": ["x"]}, {"uid": "u" * 999}, "x"]
)
def test_no_job_id(tmp_path, sent):
    with Odd() as fake:
        fake.sent = Reply(200, sent)
        with fails(ErrorKind.BAD_RESULT, "solid.no_job_id"):
            made(DRIVER, fake.url).submit(job(tmp_path), KEY, Notes())


def test_job_id_stays_within_its_place(tmp_path):
    with Odd() as fake:
        fake.sent = Reply(200, {"uid": "../capabilities?x=1#y"})
        driver = made(DRIVER, fake.url)
        driver.poll(driver.submit(job(tmp_path), KEY, Notes()))
        assert fake.asked[-1].path == "/status/../capabilities?x=1#y"  # quoted on the way


# -- 2.1 -------------------------------------------------------------------------------------


def test_21_is_one_long_request(v21, tmp_path):
    driver, notes = made(DRIVER, v21.url), Notes()
    v21.hold.clear()
    ref = driver.submit(job(tmp_path), KEY, notes)
    assert notes == [ref]
    assert v21.generating.wait(20)
    assert driver.poll(ref).state == "running"
    v21.hold.set()
    assert ended(driver, ref).state == "done"
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == glb(note="generated")
    (body,) = v21.jobs.values()
    assert body["remove_background"] is False and body["num_inference_steps"] <= 20
    driver.close()


def test_21_gets_numbers_it_takes(v21, tmp_path):
    for detail, faces in (("draft", 20), ("fine", 900_000)):
        driver = made(DRIVER, v21.url, steps=50)
        ref = driver.submit(job(tmp_path, detail=detail, max_faces=faces), KEY, Notes())
        assert ended(driver, ref).state == "done"


def test_21_failure_says_nothing_of_the_cause(v21, tmp_path):
    v21.fails = True
    driver = made(DRIVER, v21.url)
    status = ended(driver, driver.submit(job(tmp_path), KEY, Notes()))
    assert (status.state, status.error) == ("failed", ErrorKind.REMOTE)
    assert "TRAFFIC" not in status.message


def test_21_refuses_the_photo(v21, tmp_path):
    v21.LIMITS = {"seed": (9, 10)}
    driver = made(DRIVER, v21.url)
    status = ended(driver, driver.submit(job(tmp_path), KEY, Notes()))
    assert (status.state, status.error) == ("failed", ErrorKind.INPUT)
    assert "seed" in status.message


def test_21_is_lost_when_we_restart(v21, tmp_path):
    ref = made(DRIVER, v21.url).submit(job(tmp_path), KEY, Notes())
    driver = made(DRIVER, v21.url)
    assert driver.poll(ref).state == "lost"
    with fails(ErrorKind.LOST, "solid.lost"):
        driver.fetch(ref, tmp_path / "one")
    assert not driver.probe().survives_disconnect


def test_21_can_be_let_go(v21, tmp_path):
    v21.hold.clear()
    driver = made(DRIVER, v21.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert v21.generating.wait(20)
    work = driver._long[KEY].work
    assert driver.cancel(ref) is Cancel.UNSUPPORTED
    assert work.wait(20)
    assert driver.poll(ref).state == "lost"


def test_21_without_generate_prefers_the_shape(v21, tmp_path):
    v21.routes = ("/send", "/health", "/status/{uid}")
    driver = made(DRIVER, v21.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    uid = v21.finish()
    assert driver.poll(ref).state == "running"
    v21.shapes[uid] = glb(note="shape")
    assert driver.poll(ref).state == "done"
    assert driver.fetch(ref, tmp_path / "one").path.read_bytes() == glb(note="shape")
    v21.shapes[uid] = b""
    assert driver.fetch(ref, tmp_path / "two").path.read_bytes() == glb(note="sent")


def test_21_texturing_is_a_stage(v21, tmp_path):
    v21.routes = ("/send", "/status/{uid}")
    driver = made(DRIVER, v21.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    v21.shapes[list(v21.jobs)[0]] = glb()
    status = driver.poll(ref)
    assert (status.state, status.stage) == ("running", "texturing")


# -- several views ---------------------------------------------------------------------------


def test_sides_go_by_hunyuans_names(many, tmp_path):
    """Hunyuan's left is the subject's own: what stands to our right before the front."""
    driver = made(DRIVER, many.url)
    wanted = job(tmp_path, ("front", "left", "back", "right", "top"))
    ref = driver.submit(wanted, KEY, Notes())
    (body,) = many.jobs.values()
    sent = {name: base64.b64decode(text) for name, text in body["images"].items()}
    files = {view.role: view.path.read_bytes() for view in wanted.views}
    assert sent == {
        "front": files["front"],
        "back": files["back"],
        "left": files["right"],
        "right": files["left"],
    }
    many.says = {"status": "processing", "progress": 45, "stage": "shape", "eta": "12"}
    status = driver.poll(ref)
    assert (status.progress, status.stage, status.eta_s) == (0.45, "shape", 12.0)
    many.says = {"status": "error", "message": "out of\nmemory"}
    status = driver.poll(ref)
    assert (status.error, status.message) == (ErrorKind.REMOTE, "out of memory")


def test_without_a_front_the_first_photo_stands_for_it(many, tmp_path):
    wanted = job(tmp_path, ("left", "back"))
    made(DRIVER, many.url).submit(wanted, KEY, Notes())
    (body,) = many.jobs.values()
    assert set(body["images"]) == {"front", "back"}
    first = wanted.views[0].path.read_bytes()
    assert base64.b64decode(body["images"]["front"]) == first


# -- ours ------------------------------------------------------------------------------------


def test_ours_from_photos_to_mesh(ours, tmp_path):
    driver = made(DRIVER, ours.url)
    wanted = job(tmp_path, ("front", "left", "other"), detail="fine", max_faces=5000)
    ref = driver.submit(wanted, KEY, Notes())
    (body,) = ours.jobs.values()
    assert set(body["images"]) == {"front", "left"}
    left = wanted.views[1].path.read_bytes()
    assert base64.b64decode(body["images"]["left"]) == left
    assert (body["api"], body["detail"], body["max_faces"]) == (1, "fine", 5000)
    assert body["remove_background"] is False and body["idempotency_key"] == KEY
    assert driver.poll(ref).queue_position == 2
    ours.says = {"status": "processing", "progress": 0.5, "stage": "carving", "eta_s": 3}
    status = driver.poll(ref)
    assert (status.state, status.progress, status.stage) == ("running", 0.5, "carving")
    ours.says = {"status": "completed"}
    assert driver.poll(ref).state == "done"
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == glb(note="ours")
    assert not any(each.query.get("model") != "0" for each in ours.of("GET", "/status/"))


def test_ours_is_not_started_twice(ours, tmp_path):
    refs = [made(DRIVER, ours.url).submit(job(tmp_path), KEY, Notes()) for _ in range(2)]
    assert refs[0] == refs[1] and len(ours.jobs) == 1


def test_ours_is_full(ours, tmp_path):
    ours.full = True
    with fails(ErrorKind.BUSY, "solid.busy") as caught:
        made(DRIVER, ours.url).submit(job(tmp_path), KEY, Notes())
    assert caught.value.retry_after_s == 17


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("input", ErrorKind.INPUT),
        ("licence", ErrorKind.POLICY),
        ("memory", ErrorKind.REMOTE),
        (None, ErrorKind.REMOTE),
        ({}, ErrorKind.REMOTE),
    ],
)
def test_ours_fails_for_a_reason(ours, tmp_path, said, kind):
    driver = made(DRIVER, ours.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    ours.says = {"status": "error", "error_kind": said, "message": "there is no subject"}
    status = driver.poll(ref)
    assert (status.state, status.error) == ("failed", kind)
    assert status.message == "there is no subject"


def test_ours_forgot(ours, tmp_path):
    driver = made(DRIVER, ours.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    ours.mesh = None
    with fails(ErrorKind.LOST, "solid.lost"):
        driver.fetch(ref, tmp_path / "one")
    ours.jobs.clear()
    assert driver.poll(ref).state == "lost"
    assert driver.cancel(ref) is Cancel.TOO_LATE


def test_ours_is_cancelled(ours, tmp_path):
    driver = made(DRIVER, ours.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert driver.cancel(ref) is Cancel.STOPPED
    status = driver.poll(ref)
    assert (status.state, status.error) == ("failed", ErrorKind.CANCELLED)
    ours.says = {"status": "completed"}
    assert driver.cancel(ref) is Cancel.TOO_LATE


# -- options ---------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"kind": "auto", "steps": 0}, {"steps": "30"}])
def test_good_options(options):
    DRIVER.check_options(options)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"kind": "3.0"}, "endpoint.kind"),
        ({"steps": -1}, "endpoint.steps"),
        ({"steps": 1.5}, "endpoint.steps"),
        ({"steps": "many"}, "endpoint.steps"),
    ],
)
def test_bad_options(options, field):
    with pytest.raises(SolidRefused) as caught:
        DRIVER.check_options(options)
    assert caught.value.problem.field == field


# -- the sieve -------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 64, 10_000])
def test_sieve_in_any_pieces(tmp_path, step):
    data = bytes(range(256)) * 5
    answer = raw(
        {
            'key "model\\': "model_base64",
            "status": "completed",
            "deep": [{"model_base64": text_of(data), "long": "é" * 5000, "n": None}],
        }
    )
    with Sieve({"model_base64": tmp_path / "part"}, 10_000) as sieve:
        for start in range(0, len(answer), step):
            sieve.feed(answer[start : start + step])
    rest = sieve.rest()
    assert (tmp_path / "part").read_bytes() == data
    assert rest['key "model\\'] == "model_base64"  # a value is no name
    assert rest["deep"][0]["model_base64"] == "" and len(rest["deep"][0]["long"]) < 5000


@pytest.mark.parametrize(
    "answer",
    [
        b'{"m": "QUI',
        b'{"m": "QUI\\',
        b'{"m": "Q"}',
        b'{"m": "QU==QUJD"}',
        b'{"m": "QU\\x"}',
        b'{"m": "data:' + b"x" * 500,
        b'{"m": "QUJD"',
        b'{"x": ' + b"[1]," * 400_000,
        b"",
    ],
)
def test_sieve_refuses(answer):
    with pytest.raises(BadAnswer), Sieve({"m": None}, 100) as sieve:
        sieve.feed(answer)
        sieve.rest()


def test_sieve_keeps_within_memory(tmp_path):
    """A mesh of 12 MB goes through a megabyte."""
    piece = text_of(bytes(12 * 1024)).encode()
    tracemalloc.start()
    try:
        with Sieve({"model_base64": tmp_path / "part"}, 2**26) as sieve:
            sieve.feed(b'{"status": "completed", "model_base64": "')
            for _ in range(1024):
                sieve.feed(piece)
            sieve.feed(b'"}')
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "part").stat().st_size == 12 * 2**20
    assert most < 2**20
    with pytest.raises(TooMuch), Sieve({"m": None}, 2) as sieve:
        sieve.feed(b'{"m": "QUJDRA=="}')


# -- words of forks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "fraction"),
    [
        (0.5, 0.5), (50, 0.5), ("50", 0.5), ("50%", 0.5), ("0.5 %", 0.005), (1, 1.0),
        (250, 1.0), (-3, 0.0), (True, None), ("half", None), (float("nan"), None),
        (10**400, None), ([], None),
    ],
)  # fmt: skip
def test_progress_in_many_words(progress, fraction):
    found = status_of({"status": "processing", "progress": progress}).progress
    assert found == (fraction if fraction is None else pytest.approx(fraction))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", "queued"), ("IN_QUEUE", "queued"), ("In-Queue", "queued"),
        ("generating_shape", "running"), ("Succeeded", "done"), ("FAILURE", "failed"),
        ("canceled", "failed"), ("expired", "lost"), (None, "running"),
    ],
)  # fmt: skip
def test_states_in_many_words(word, state):
    assert status_of({"status": word}).state == state
    assert status_of({"status": "generating_shape"}).stage == "generating shape"
