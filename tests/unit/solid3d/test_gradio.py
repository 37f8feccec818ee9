"""The driver of Gradio apps, against imitations of 4.44.1 and 6.31.0 that really listen."""

from __future__ import annotations

import json
import random
import tracemalloc
from functools import partial

import pytest

from octoprint_img2stl.solid3d.courier import Courier, Errand
from octoprint_img2stl.solid3d.driver import Cancel, RemoteRef, Status
from octoprint_img2stl.solid3d.drivers import gradio_events, gradio_recipe, gradio_run
from octoprint_img2stl.solid3d.drivers.gradio import APPS, DRIVER, recipe_of
from octoprint_img2stl.solid3d.drivers.gradio_app import read_app
from octoprint_img2stl.solid3d.drivers.gradio_fill import best_mesh
from octoprint_img2stl.solid3d.drivers.gradio_guess import guess
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.line import Line
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind, SolidRefused
from tests.fakes import gradio_app as apps
from tests.fakes.glb import glb
from tests.fakes.gradio_app import GradioFake
from tests.fakes.plain_http import PlainFake, Reply
from tests.unit.solid3d.carrying import Clock
from tests.unit.solid3d.handing import KEY, Notes, job, made

VERSIONS = ("4.44.1", "6.31.0")
SIDES = ("front", "back", "left", "right")


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def app(version):
    """Starts an imitation of a page, in each version."""
    running = []

    def start(page, **how):
        fake = GradioFake(page, version)
        for name, value in how.items():
            setattr(fake, name, value)
        running.append(fake.__enter__())
        return fake

    yield start
    for fake in running:
        fake.stop()


def ended(driver, ref) -> Status:
    """The status once the thread that listens came to an end."""
    assert driver._run(ref)._work.wait(20)
    return driver.poll(ref)


def done(driver, spec, key=KEY) -> RemoteRef:
    ref = driver.submit(spec, key, Notes())
    status = ended(driver, ref)
    assert status.state == "done", status
    return ref


def failure(call, *args) -> DriverFailed:
    with pytest.raises(DriverFailed) as caught:
        call(*args)
    return caught.value


# -- our recipes -----------------------------------------------------------------------------


def test_hunyuan_makes_a_solid_of_one_photo(app, tmp_path):
    fake = app(apps.hunyuan)
    driver, notes = made(DRIVER, fake.url, app="hunyuan"), Notes()
    spec = job(tmp_path, detail="fine", seed=2**31 - 1)
    ref = driver.submit(spec, KEY, notes)
    assert notes == [ref]
    assert ended(driver, ref).state == "done"
    found = driver.fetch(ref, tmp_path / "candidate-1")
    seed = (2**31 - 1) % 10_000_001  # the field ends at 10 millions
    assert found.path.read_bytes() == glb(8, f"seed {seed}")
    assert (found.format, found.up_axis) == ("glb", "y")
    ((name, values),) = fake.called
    photo = spec.front.path.read_bytes()
    assert name == "shape_generation"
    assert values == [None, photo, None, None, None, None, 5, 5.0, seed, 384, False, 8000,
                      False]  # fmt: skip


def test_hunyuan_gets_fewer_faces_where_they_are_asked_for(app, tmp_path):
    fake = app(apps.hunyuan)
    driver = made(DRIVER, fake.url, app="hunyuan")
    ref = done(driver, job(tmp_path, alpha=False, max_faces=20_000))
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == glb(4, "faces 20000")
    (_, shape), (_, export) = fake.called
    assert shape[10] is True  # the photo was not cut out
    assert export == [glb(8, "seed 7"), None, "glb", True, False, 20_000]


def test_a_stream_is_heard_to_its_end_before_the_next_call(app, tmp_path):
    fake = app(apps.trellis2, lingers_s=0.3)
    done(made(DRIVER, fake.url, app="trellis-2"), job(tmp_path))
    assert len(fake.called) > 2


def test_failure_of_the_reduction_does_not_matter(app, tmp_path):
    fake = app(apps.hunyuan)
    fake.works[2].does = lambda job, *values: 1 / 0
    driver = made(DRIVER, fake.url, app="hunyuan")
    ref = done(driver, job(tmp_path, max_faces=20_000))
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == glb(8, "seed 7")


def test_hunyuan_of_four_sides_means_the_subjects_left(app, tmp_path):
    fake = app(partial(apps.hunyuan, several=True))
    driver = made(DRIVER, fake.url, app="hunyuan-mv")
    found = driver.probe()
    assert (found.views_max, found.roles) == (4, SIDES)
    spec = job(tmp_path, ("left", "front", "back"))
    done(driver, spec)
    photos = {view.role: view.path.read_bytes() for view in spec.views}
    ((_, values),) = fake.called
    assert values[1:6] == [None, photos["front"], photos["back"], None, photos["left"]]


def test_hunyuan_with_the_model_of_four_sides_is_noticed(app, tmp_path):
    fake = app(partial(apps.hunyuan, several=True))
    driver = made(DRIVER, fake.url, app="hunyuan")
    assert driver.probe().views_max == 4
    done(driver, job(tmp_path))


def test_triposr_is_two_calls(app, tmp_path):
    fake = app(apps.triposr, most_queue=1)
    driver = made(DRIVER, fake.url, app="triposr")
    ref = done(driver, job(tmp_path, detail="draft"))
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == glb(6)  # of an OBJ and a GLB
    assert [name for name, _ in fake.called] == ["preprocess", "generate"]
    assert fake.called[1][1][1] == 128
    assert not driver.probe().seed


@pytest.mark.parametrize("roles", [("front",), SIDES])
def test_trellis_keeps_its_session(app, tmp_path, roles):
    fake = app(apps.trellis)
    driver = made(DRIVER, fake.url, app="trellis")
    ref = done(driver, job(tmp_path, roles))
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == glb(5, f"{len(roles)} pictures, seed 7")
    assert driver.probe().views_max == 6


@pytest.mark.parametrize(("faces", "asked"), [(0, 200_000), (300_000, 300_000), (9, 1e5)])
def test_trellis_2(app, tmp_path, faces, asked):
    fake = app(apps.trellis2)
    driver = made(DRIVER, fake.url, app="trellis-2")
    ref = done(driver, job(tmp_path, detail="draft", max_faces=faces))
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == glb(5, f"512, {int(asked)} faces")


@pytest.mark.parametrize("cut", [True, False])
def test_stable_fast_3d_presses_its_button(app, tmp_path, cut):
    fake = app(apps.stable_fast_3d)
    driver = made(DRIVER, fake.url, app="stable-fast-3d")
    ref = done(driver, job(tmp_path, alpha=cut, max_faces=9000))
    found = driver.fetch(ref, tmp_path / "one")
    assert found.path.read_bytes() == glb(7, "4500 vertices")
    first = "requires_bg_remove" if cut else "run_button"
    assert [name for name, _ in fake.called] == [first, "run_button"]


def test_recipes_of_ours_are_all_there():
    for name in APPS:
        assert recipe_of(name).ways
    assert {preset.options["app"] for preset in DRIVER.presets} == {*APPS, "guess"}
    for preset in DRIVER.presets:
        DRIVER.check_options(preset.options)
        endpoint = Endpoint(
            "a", "A", "gradio", "http://127.0.0.1", options=preset.options
        )
        assert not DRIVER.assumed_for(endpoint).survives_disconnect


# -- other apps ------------------------------------------------------------------------------


def test_an_unknown_app_is_guessed(app, tmp_path):
    fake = app(apps.unknown)
    driver = made(DRIVER, fake.url)
    found = driver.probe()
    assert (found.views_max, found.roles) == (2, ("front", "right"))
    assert (found.faces, found.seed, found.removes_background) == (
        (500, 20_000),
        True,
        True,
    )
    assert "My mesh maker" in found.version and fake.version in found.version
    spec = job(tmp_path, ("front", "left", "right"), alpha=False, seed=2**31 - 1)
    done(driver, spec)
    photos = {view.role: view.path.read_bytes() for view in spec.views}
    ((name, values),) = fake.called
    assert name == "make"
    assert values == [photos["front"], photos["right"], (2**31 - 1) % 1000, 5000, True,
                      False, None]  # fmt: skip


def test_a_known_app_is_recognised(app):
    fake = app(partial(apps.hunyuan, several=True))
    assert made(DRIVER, fake.url).probe().model == "Hunyuan3D-2mv"
    for page in (apps.triposr, apps.trellis, apps.trellis2, apps.stable_fast_3d):
        found = made(DRIVER, app(page).url).probe()
        assert found.model in APPS.values()


def test_an_app_is_used_as_its_owner_describes_it(app, tmp_path):
    fake = app(apps.unknown)
    mapping = {
        "able": {"views_max": 1, "seed": True, "formats": ["glb"], "model": "Mine"},
        "ways": [{"calls": [{
            "call": "make",
            "fill": {"0": {"view": "front"}, "Number of faces": 777, "seed": {"seed": True}},
        }]}],
    }  # fmt: skip
    driver = made(DRIVER, fake.url, app="own", mapping=json.dumps(mapping))
    assert driver.probe().model == "Mine"
    done(driver, job(tmp_path))
    assert fake.called[0][1][2:4] == [7, 777]


def test_a_function_can_be_named(app, tmp_path):
    fake = app(apps.unknown)
    driver = made(DRIVER, fake.url, function="/describe")
    ref = done(driver, job(tmp_path))
    assert (
        failure(driver.fetch, ref, tmp_path / "one").code == "solid.gradio_gave_nothing"
    )
    driver = made(DRIVER, fake.url, function="/nowhere")
    assert failure(driver.probe).code == "solid.gradio_no_mesh_function"


def test_the_wrong_app_is_said(app, tmp_path):
    fake = app(apps.triposr)
    wrong = failure(made(DRIVER, fake.url, app="trellis").probe)
    assert (wrong.kind, wrong.code) == (ErrorKind.BAD_RESULT, "solid.gradio_other_app")
    assert "/start_session" in str(wrong)
    wrong = failure(
        made(DRIVER, fake.url, app="trellis").submit, job(tmp_path), KEY, Notes()
    )
    assert not wrong.sent


def test_a_parameter_that_is_not_there_is_said(app):
    fake = app(apps.triposr)
    mapping = '{"call": "/generate", "fill": {"image": {"view": "front"}, "sed": 1}}'
    wrong = failure(made(DRIVER, fake.url, app="own", mapping=mapping).probe)
    assert wrong.code == "solid.gradio_no_parameter"
    assert "sed" in str(wrong) and "mc_resolution" in str(wrong)


def test_a_description_without_a_photo_is_refused(app, tmp_path):
    fake = app(apps.triposr)
    mapping = '{"call": "/generate", "fill": {"mc_resolution": 64}}'
    driver = made(DRIVER, fake.url, app="own", mapping=mapping)
    wrong = failure(driver.submit, job(tmp_path), KEY, Notes())
    assert (wrong.kind, wrong.code) == (ErrorKind.INPUT, "solid.gradio_no_place")


@pytest.mark.parametrize(
    ("mapping", "place"),
    [
        ("", ""),
        ("[1]", ""),
        ("[" * 50_000, ""),
        ('{"ways": []}', "ways"),
        ('{"ways": [{"calls": []}]}', "ways.0.calls"),
        ('{"ways": [{"views": [2, 1], "calls": [{"call": "/a"}]}]}', "ways.0.views"),
        ('{"call": 7}', "ways.0.calls.0.call"),
        ('{"call": "/a", "fil": {}}', "ways.0.calls.0.fil"),
        ('{"call": "/a", "only": "x"}', "ways.0.calls.0.only"),
        ('{"call": "/a", "weight": 0}', "ways.0.calls.0.weight"),
        ('{"call": "/a", "fill": {"x": {"view": "up"}}}', "ways.0.calls.0.fill.x.view"),
        ('{"call": "/a", "fill": {"x": {"from": "b"}}}', "ways.0.calls.0.fill.x.from"),
        ('{"call": "/a", "fill": {"x": {"from": ["b"]}}}', "ways.0.calls.0.fill.x.from"),
        ('{"call": "/a", "fill": {"x": {"detail": 1}}}', "ways.0.calls.0.fill.x.detail"),
        ('{"able": {"seed": 1}, "ways": [{"calls": [{"call": "/a"}]}]}', "able.seed"),
        ('{"able": {"costs": 1}, "ways": [{"calls": [{"call": "/a"}]}]}', "able.costs"),
        ('{"able": {"faces": [5]}, "ways": [{"calls": [{"call": "/a"}]}]}', "able.faces"),
        ('{"able": {"views_max": 9}, "ways": [{"calls": [{"call": "/a"}]}]}',
         "able.views_max"),
    ],
)  # fmt: skip
def test_bad_descriptions_are_refused_with_their_place(mapping, place):
    with pytest.raises(SolidRefused) as caught:
        DRIVER.check_options({"app": "own", "mapping": mapping})
    problem = caught.value.problem
    assert problem.field == "endpoint.mapping"
    assert problem.values.get("place", "") == place


def test_bad_options_are_refused():
    for options, field in (
        ({"app": "nonsense"}, "endpoint.app"),
        ({"app": ["guess"]}, "endpoint.app"),
        ({"function": "a b"}, "endpoint.function"),
        ({"function": 7}, "endpoint.function"),
        ({"app": "own", "mapping": 7}, "endpoint.mapping"),
    ):
        with pytest.raises(SolidRefused) as caught:
            DRIVER.check_options(options)
        assert caught.value.problem.field == field
    DRIVER.check_options({"app": "guess", "function": "/make_3d", "mapping": "unused"})


# -- how far it is ---------------------------------------------------------------------------


def test_progress_and_place_in_the_queue(app, tmp_path):
    fake = app(apps.trellis2)
    fake.gate.clear()
    others = [made(DRIVER, fake.url, app="trellis-2") for _ in range(2)]
    refs = [
        each.submit(job(tmp_path), f"{number:032x}", Notes())
        for number, each in enumerate(others)
    ]
    driver = made(DRIVER, fake.url, app="trellis-2")
    ref = driver.submit(job(tmp_path), KEY, Notes())
    seen: list[Status] = []
    run = driver._run(ref)
    while not run._work.done:
        status = driver.poll(ref)
        if not seen or seen[-1] != status:
            seen.append(status)
        if status.state == "queued" and status.queue_position:
            fake.gate.set()
    assert driver.poll(ref).state == "done"
    assert any(each.state == "queued" and each.queue_position for each in seen)
    for other, its in zip(others, refs, strict=True):
        assert ended(other, its).state == "done"


def test_progress_never_goes_back(app, tmp_path, monkeypatch):
    heard: list[Status] = []
    note = gradio_run.Run._note

    def listening(run, *args):
        note(run, *args)
        heard.append(run.status)

    monkeypatch.setattr(gradio_run.Run, "_note", listening)
    fake = app(apps.trellis2)
    driver = made(DRIVER, fake.url, app="trellis-2")
    done(driver, job(tmp_path))
    running = [each for each in heard if each.state == "running"]
    told = [each.progress for each in running if each.progress is not None]
    assert told == sorted(told) and told[-1] < 1
    assert "Sampling shape SLat 1/2" in [each.stage for each in running]
    assert any(each.stage == "extract glb" for each in running)
    assert any(each.eta_s == 1.5 for each in running)


def test_bars_share_what_is_left():
    bars = gradio_run.Bars()
    assert bars.read(((1.0, 2.0, "a"),)) == (0.25, "a 1/2")
    assert bars.read(((2.0, 2.0, "a"),)) == (0.5, "a 2/2")
    assert bars.read(((1.0, 2.0, "b"),)) == (0.625, "b 1/2")
    assert bars.read(((0.0, 2.0, "b"),))[0] == 0.75  # begun anew
    assert bars.read(((5.0, None, "c"),)) == (0.875, "c")


@pytest.mark.parametrize("page", ["hunyuan", "trellis", "stable_fast_3d"])
def test_the_other_protocol_is_used_where_the_first_is_not(app, tmp_path, page):
    fake = app(getattr(apps, page), no_queue_protocol=True)
    driver = made(DRIVER, fake.url)
    ref = done(driver, job(tmp_path))
    assert driver.fetch(ref, tmp_path / "one").format == "glb"
    joined = [each for each in fake.asked if each.path.endswith("/queue/join")]
    assert len(joined) == 1  # it is not tried for each call


def test_an_address_below_the_root(version, tmp_path):
    fake = GradioFake(apps.triposr, version, root="/gpu/triposr")
    with fake:
        driver = made(DRIVER, f"{fake.url}/gpu/triposr", app="triposr")
        ref = done(driver, job(tmp_path))
        assert driver.fetch(ref, tmp_path / "one").path.read_bytes() == glb(6)


# -- what goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["queue", "call"])
def test_errors_of_a_function(app, tmp_path, protocol):
    fake = app(apps.triposr, no_queue_protocol=protocol == "call")
    driver = made(DRIVER, fake.url, app="triposr")
    fake.works[2].does = lambda job, *values: 1 / 0  # tells nothing: "error": null
    status = ended(driver, driver.submit(job(tmp_path), KEY, Notes()))
    assert (status.state, status.error, status.message) == (
        "failed",
        ErrorKind.REMOTE,
        "",
    )

    def told(job, *values):
        raise apps.AppError("No image <b>uploaded</b>!\x1b[31m")

    fake.works[2].does = told
    status = ended(driver, driver.submit(job(tmp_path), "a" * 32, Notes()))
    mute = protocol == "call" and fake.is_old
    assert status.error is (ErrorKind.REMOTE if mute else ErrorKind.INPUT)
    assert mute or status.message == "No image <b>uploaded</b>! [31m"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            "You have exceeded your GPU quota (60s requested vs. 0s left).",
            ErrorKind.CREDIT,
        ),
        ("Please provide either a caption or an image.", ErrorKind.INPUT),
        ("CUDA out of memory. Tried to allocate 2 GiB", ErrorKind.REMOTE),
        ("CUDA error: invalid device function", ErrorKind.REMOTE),
        ("", ErrorKind.REMOTE),
    ],
)
def test_what_errors_mean(words, kind):
    assert gradio_run._kind_of(words) is kind


def test_a_full_queue_is_busy(app, tmp_path):
    fake = app(apps.hunyuan, most_queue=0)
    driver = made(DRIVER, fake.url, app="hunyuan")
    busy = failure(driver.submit, job(tmp_path), KEY, Notes())
    assert busy.kind is ErrorKind.BUSY and "Queue is full" in str(busy)


def test_a_queue_that_is_full_between_two_calls_is_waited_for(app, tmp_path, monkeypatch):
    fake = app(apps.triposr)
    waits = []

    def pause(event, seconds):
        waits.append(seconds)
        fake.most_queue = None

    whole = gradio_run.Run.__init__
    monkeypatch.setattr(
        gradio_run.Run, "__init__", lambda *args: whole(*args, pause=pause)
    )
    does = fake.works[1].does

    def filling(job, *values):
        fake.most_queue = 0
        return does(job, *values)

    fake.works[1].does = filling
    done(made(DRIVER, fake.url, app="triposr"), job(tmp_path))
    assert waits == [gradio_run.BUSY_AGAIN_S]


def test_a_photo_that_is_too_large(app, tmp_path):
    fake = app(apps.hunyuan, most_upload_bytes=20)
    driver = made(DRIVER, fake.url, app="hunyuan")
    wrong = failure(driver.submit, job(tmp_path), KEY, Notes())
    assert (wrong.kind, wrong.code) == (ErrorKind.INPUT, "solid.photo_too_large")
    assert not wrong.sent and fake.called == []


def test_a_function_that_went_away(app, tmp_path, monkeypatch):
    fake = app(apps.hunyuan)
    driver = made(DRIVER, fake.url, app="hunyuan")
    known = read_app(driver.line)
    monkeypatch.setattr(driver, "_app", lambda: known)
    fake.works.clear()
    wrong = failure(driver.submit, job(tmp_path), KEY, Notes())
    assert (wrong.kind, wrong.code) == (ErrorKind.REMOTE, "solid.gradio_no_function")


def test_a_broken_connection_loses_the_job(app, tmp_path):
    fake = app(apps.hunyuan, drops=1)
    fake.gate.clear()
    driver = made(DRIVER, fake.url, app="hunyuan")
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert ended(driver, ref) == Status("lost")
    assert failure(driver.fetch, ref, tmp_path / "one").kind is ErrorKind.LOST


def test_an_app_that_forgot_its_sessions_loses_the_job(app, tmp_path):
    fake = app(apps.hunyuan)
    fake.gate.clear()
    driver = made(DRIVER, fake.url, app="hunyuan")
    ref = driver.submit(job(tmp_path), KEY, Notes())
    fake.forget()
    assert ended(driver, ref).state == "lost"


def test_our_restart_loses_the_job(app, tmp_path):
    fake = app(apps.hunyuan)
    ref = done(made(DRIVER, fake.url, app="hunyuan"), job(tmp_path))
    again = made(DRIVER, fake.url, app="hunyuan")
    assert again.poll(RemoteRef.from_json(ref.to_json())).state == "lost"
    assert again.cancel(ref) is Cancel.TOO_LATE


def test_a_result_that_is_gone(app, tmp_path):
    fake = app(apps.hunyuan)
    driver = made(DRIVER, fake.url, app="hunyuan")
    ref = done(driver, job(tmp_path))
    fake.files.clear()
    wrong = failure(driver.fetch, ref, tmp_path / "one")
    assert (wrong.kind, wrong.code) == (ErrorKind.LOST, "solid.gradio_gone")
    assert list(tmp_path.glob("one*")) == []


def test_a_result_that_is_cut_short_is_fetched_again(app, tmp_path):
    fake = app(apps.hunyuan)
    driver = made(DRIVER, fake.url, app="hunyuan")
    ref = done(driver, job(tmp_path))
    fake.cut_short = True
    assert failure(driver.fetch, ref, tmp_path / "one").kind is not ErrorKind.LOST
    assert driver.fetch(ref, tmp_path / "one").format == "glb"


def test_the_courier_asks_again_for_a_lost_job(app, tmp_path):
    """With everything real but the clock."""
    fake = app(apps.hunyuan, drops=1)
    endpoint = Endpoint("mine", "Mine", "gradio", fake.url, options={"app": "hunyuan"})
    driver, clock = DRIVER(endpoint, Line(endpoint)), Clock()
    errand, saved = Errand.new(seed=7, now=clock.now), []

    def pause(seconds):
        run = next(iter(driver._runs.values()), None)
        if run is not None:
            run._work.wait(20)
        clock.pause(seconds)

    courier = Courier(
        lambda: driver,
        endpoint,
        DRIVER.assumed_for(endpoint),
        clock=clock,
        pause=pause,
        chance=random.Random(1),
    )
    courier.carry(
        errand,
        job(tmp_path),
        tmp_path / "candidate-1",
        save=lambda errand: saved.append(errand.to_json()),
        cancelled=lambda: False,
        stopping=lambda: False,
    )
    assert (errand.state, errand.lost, errand.attempts) == ("done", 1, 2)
    assert (tmp_path / "candidate-1.glb").read_bytes() == glb(8, "seed 7")


# -- cancel ----------------------------------------------------------------------------------


def test_cancel(app, tmp_path):
    fake = app(apps.hunyuan)
    fake.gate.clear()
    first, second = (made(DRIVER, fake.url, app="hunyuan") for _ in range(2))
    running = first.submit(job(tmp_path), "1" * 32, Notes())
    waiting = second.submit(job(tmp_path), "2" * 32, Notes())
    while first.poll(running).state != "running":
        pass
    while second.poll(waiting).queue_position is None:
        pass
    assert second.cancel(waiting) is Cancel.STOPPED
    assert first.cancel(running) is Cancel.REQUESTED  # a plain function goes on
    for driver, ref in ((first, running), (second, waiting)):
        assert ended(driver, ref).error is ErrorKind.CANCELLED
    assert len(fake.cancelled) == 2
    while fake._waiting:
        pass  # until 4.x noticed that nobody listens
    fake.gate.set()
    done(first, job(tmp_path))
    ran = [values[8] for name, values in fake.called]
    assert len(ran) == 2  # the one that waited never ran
    assert first.cancel(first.submit(job(tmp_path), "3" * 32, Notes())) in Cancel


def test_abort_and_close_end_the_thread(app, tmp_path):
    fake = app(apps.hunyuan)
    fake.gate.clear()
    for end in ("abort", "close"):
        driver = made(DRIVER, fake.url, app="hunyuan")
        ref = driver.submit(job(tmp_path), KEY, Notes())
        getattr(driver, end)()
        assert ended(driver, ref).state == "lost"


# -- who may come in -------------------------------------------------------------------------


def test_login(app, tmp_path):
    fake = app(apps.hunyuan, user=("me", "pass word"))

    def driver(**how):
        endpoint = Endpoint(
            "a", "A", "gradio", fake.url, options={"app": "hunyuan"}, **how
        )
        return DRIVER(endpoint, Line(endpoint))

    assert failure(driver().probe).kind is ErrorKind.AUTH
    wrong = failure(driver(auth="login", user="me", secret="no").probe)
    assert (wrong.kind, wrong.code) == (ErrorKind.AUTH, "solid.gradio_login")
    good = driver(auth="login", user="me", secret="pass word")
    assert good.probe().model == "Hunyuan3D-2"
    ref = done(good, job(tmp_path))
    assert good.fetch(ref, tmp_path / "one").format == "glb"
    fake._tokens.clear()  # the app was started anew
    done(good, job(tmp_path), "f" * 32)
    assert "pass word" not in str([(each.path, each.headers) for each in fake.asked])


def test_a_private_space_gets_its_token(app, tmp_path):
    fake = app(apps.hunyuan, token="hf_abc")
    driver = made(DRIVER, fake.url, "hf_abc", app="hunyuan")
    ref = done(driver, job(tmp_path))
    assert driver.fetch(ref, tmp_path / "one").format == "glb"
    assert failure(made(DRIVER, fake.url, "hf_no").probe).kind is ErrorKind.AUTH


# -- strangers -------------------------------------------------------------------------------


class Strange(PlainFake):
    """Answers what a test says, by the end of the path."""

    said: dict[str, Reply] = {}
    pieces: list[bytes] = []

    def answer(self, asked):
        return self.said.get(asked.path.rpartition("/")[2], Reply(404, {"detail": "no"}))

    def take_over(self, asked, handler):
        if not asked.path.endswith("/data"):
            return False
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        handler.wfile.write(b"Connection: close\r\n\r\n")
        try:
            for piece in self.pieces:
                handler.wfile.write(piece)
        except OSError:
            pass
        return True


@pytest.fixture
def strange():
    with Strange() as fake:
        yield fake


@pytest.mark.parametrize(
    "config",
    [
        Reply(404, {"detail": "Not Found"}),
        Reply(200, b"<!doctype html><title>nginx</title>", "text/html"),
        Reply(200, []),
        Reply(200, {"version": None}),
        Reply(200, {"version": "6.31.0", "dependencies": {"a": 1}}),
        Reply(200, b"{" * 1000),
    ],
)
def test_what_is_no_gradio_app(strange, config):
    strange.said = {"config": config}
    wrong = failure(made(DRIVER, strange.url).probe)
    assert (wrong.kind, wrong.code) == (ErrorKind.BAD_RESULT, "solid.not_gradio")


def test_an_app_that_is_too_old(strange):
    config = {"version": "3.50.2\n", "dependencies": [], "components": []}
    strange.said = {"config": Reply(200, config)}
    wrong = failure(made(DRIVER, strange.url).probe)
    assert wrong.code == "solid.gradio_too_old" and "3.50.2" in str(wrong)


@pytest.mark.parametrize("status", [500, 503])
def test_an_app_that_is_just_being_built(strange, status):
    strange.said = {"config": Reply(status, b"<html>Building</html>", "text/html")}
    kinds = {500: ErrorKind.REMOTE, 503: ErrorKind.BUSY}
    assert failure(made(DRIVER, strange.url).probe).kind is kinds[status]


ODD = [None, 7, "x", [], {}, [None], [{"id": []}], {"a": {"b": 1}}, [["x"]], True]


@pytest.mark.parametrize("place", ["dependencies", "components", "targets", "parameters"])
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_odd_descriptions_do_no_harm(strange, place, odd):
    dependency = {
        "id": 0,
        "api_name": "make",
        "inputs": [1],
        "outputs": [],
        "targets": [],
    }
    config = {
        "version": "6.1", "api_prefix": "/gradio_api", "dependencies": [dependency],
        "components": [{"id": 1, "type": "image", "props": {}}],
    }  # fmt: skip
    info = {"named_endpoints": {"/make": {"parameters": [{}], "returns": odd}}}
    if place in config:
        config[place] = odd if isinstance(odd, list) else [odd]
    elif place == "targets":
        dependency[place] = odd
        dependency["inputs"] = odd
    else:
        info["named_endpoints"]["/make"] = {"parameters": odd}
    strange.said = {"config": Reply(200, config), "info": Reply(200, info)}
    driver = made(DRIVER, strange.url)
    assert guess(read_app(driver.line)) is None or True
    with pytest.raises(DriverFailed):
        made(DRIVER, strange.url, app="hunyuan").probe()


def simple(strange) -> None:
    """An app with one function, whose stream says what a test wants."""
    config = {
        "version": "6.1", "api_prefix": "/gradio_api",
        "dependencies": [
            {"id": 0, "api_name": "make", "inputs": [1], "outputs": [2], "targets": []}
        ],
        "components": [
            {"id": 1, "type": "image", "props": {}}, {"id": 2, "type": "model3d", "props": {}}
        ],
    }  # fmt: skip
    info = {
        "named_endpoints": {
            "/make": {
                "parameters": [{"parameter_name": "image", "component": "Image"}],
                "returns": [{"component": "Model3d"}],
            }
        }
    }
    strange.said = {
        "config": Reply(200, config),
        "info": Reply(200, info),
        "upload": Reply(200, ["/tmp/a.png"]),
        "join": Reply(200, {"event_id": "e1"}),
    }


def heard(strange, tmp_path, *pieces: bytes) -> tuple[Status, object]:
    simple(strange)
    strange.pieces = list(pieces)
    driver = made(DRIVER, strange.url)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    return ended(driver, ref), (driver, ref)


def said(**message) -> bytes:
    return b"data: " + json.dumps(message).encode() + b"\n\n"


def completed(*data) -> bytes:
    return said(msg="process_completed", event_id="e1", success=True,
                output={"data": list(data)})  # fmt: skip


@pytest.mark.parametrize(
    "piece",
    [
        b"", b"data: {\n\n", b"data: 7\n\n", b"\n\n\n\n", b"event:\ndata:\n\n", b"\xff\xfe\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n", said(msg="estimation", rank="x", rank_eta=[]),
        said(msg="progress", progress_data=[{"index": "x"}, 7, {"progress": 1e308}]),
        said(msg="progress", progress_data=[{"index": 5, "length": 0, "desc": 7}]),
        said(msg="process_starts", eta=float("nan")), said(msg=["x"]),
        said(msg="unexpected_error", message="Server stopped unexpectedly."),
        said(msg="process_completed", event_id="other", success=True, output={"data": []}),
    ],
)  # fmt: skip
def test_streams_that_end_too_early(strange, tmp_path, piece):
    status, _ = heard(strange, tmp_path, said(msg="process_starts", event_id="e1"), piece)
    assert status.state == "lost"


def test_a_stream_without_end_is_cut(strange, tmp_path):
    """An event of its own that never ends; nor does our memory grow."""
    tracemalloc.start()
    try:
        status, _ = heard(strange, tmp_path, b"data: ", *[b"x" * 2**20] * 60)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (status.state, status.error) == ("failed", ErrorKind.BAD_RESULT)
    assert peak < 4 * gradio_events.MOST_EVENT_BYTES


@pytest.mark.parametrize(
    "data", [(), (None,), ("x.glb",), ({"path": 7, "meta": {}},), ([[[[{}]]]],)]
)
def test_a_function_that_gives_no_mesh(strange, tmp_path, data):
    status, (driver, ref) = heard(strange, tmp_path, completed(*data))
    assert status.state == "done"
    wrong = failure(driver.fetch, ref, tmp_path / "one")
    assert (wrong.kind, wrong.code) == (ErrorKind.BAD_RESULT, "solid.gradio_gave_nothing")


def test_a_mesh_at_a_place_of_our_own_network_is_not_fetched(strange, tmp_path):
    file = {"path": "http://192.168.1.1/a.glb", "meta": {"_type": "gradio.FileData"}}
    status, (driver, ref) = heard(strange, tmp_path, completed(file))
    assert status.state == "done"
    wrong = failure(driver.fetch, ref, tmp_path / "one")
    assert wrong.code == "solid.foreign_refused"


def test_paths_are_quoted(strange, tmp_path):
    file = {"path": "/tmp/a b/ü?x=1#y.glb", "meta": {"_type": "gradio.FileData"}}
    _, (driver, ref) = heard(strange, tmp_path, completed(file))
    failure(driver.fetch, ref, tmp_path / "one")
    assert strange.asked[-1].path == "/gradio_api/file=/tmp/a b/ü?x=1#y.glb"
    assert strange.asked[-1].query == {}


def test_no_event_is_no_job(strange, tmp_path):
    simple(strange)
    strange.said["join"] = Reply(200, {"event_id": None})
    wrong = failure(made(DRIVER, strange.url).submit, job(tmp_path), KEY, Notes())
    assert wrong.code == "solid.gradio_no_event"


def test_upload_that_answers_nonsense(strange, tmp_path):
    simple(strange)
    strange.said["upload"] = Reply(200, {"a": 1})
    wrong = failure(made(DRIVER, strange.url).submit, job(tmp_path), KEY, Notes())
    assert wrong.code == "solid.not_gradio" and not wrong.sent


def test_meshes_are_found_however_they_are_wrapped():
    meta = {"_type": "gradio.FileData"}
    mesh = {"path": "/tmp/a.GLB", "meta": meta}
    obj = {"path": "/tmp/a.obj", "meta": meta}
    video = {"path": "/tmp/a.mp4", "meta": meta}
    for data in (
        [video, obj, mesh],
        [[{"value": mesh, "__type__": "update"}], {"value": obj}],
        {"video": {"value": [video, [mesh]]}},
    ):
        assert best_mesh(data) is mesh
    assert best_mesh([video, "a.glb", 7, None]) is None
    deep: list = [mesh]
    for _ in range(2000):
        deep = [deep]
    assert best_mesh(deep) is None  # and does not end our stack


def test_recipe_capabilities_come_from_the_ways():
    recipe = gradio_recipe.parse(
        '{"ways": [{"views": [1, 1], "calls": [{"call": "/a"}]},'
        ' {"views": [2, 4], "calls": [{"call": ["Many", "select"]}, {"call": "/b"}]}]}'
    )
    found = gradio_recipe.capabilities(recipe, version="x")
    assert (found.views_min, found.views_max, found.version) == (1, 4, "x")
    assert (found.cancel, found.survives_disconnect) == ("queued", False)
