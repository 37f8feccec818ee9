"""The driver of ComfyUI, against an imitation that really listens."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from octoprint_img2stl.solid3d.driver import Cancel, RemoteRef
from octoprint_img2stl.solid3d.drivers import comfy_watch
from octoprint_img2stl.solid3d.drivers.comfy_answer import best_output, outputs, status_of
from octoprint_img2stl.solid3d.drivers.comfy_workflow import PRESETS, preset
from octoprint_img2stl.solid3d.drivers.comfyui import DRIVER
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind
from tests.fakes.comfyui import ComfyUI, node
from tests.fakes.glb import glb
from tests.fakes.plain_http import Asked, PlainFake, Reply
from tests.unit.solid3d.handing import KEY, Notes, job, made

OTHER_KEY = KEY[::-1]
ID = "01234567-89ab-cdef-0123-456789abcdef"


@contextlib.contextmanager
def fails(kind: ErrorKind, code: str):
    with pytest.raises(DriverFailed) as caught:
        yield caught
    assert (caught.value.kind, caught.value.code) == (kind, code)


@pytest.fixture
def comfy():
    with ComfyUI() as fake:
        yield fake


@pytest.fixture
def old():
    with ComfyUI(old=True) as fake:
        yield fake


@pytest.fixture
def drivers():
    """Makes drivers, and lets go of them in the end."""
    every = []

    def make(fake, secret="", **options):
        every.append(made(DRIVER, fake.url, secret, **options))
        return every[-1]

    yield make
    for each in every:
        each.close()


def until(check):
    """What `check` gives once it is true; messages take their time."""
    for _ in range(2000):
        if found := check():
            return found
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def sent(fake):
    """The workflow of the newest job."""
    return fake.pending[-1][2]


def own(**changes):
    """A workflow of an owner's, with changes of inputs given as ``n7_seed=3``."""
    graph = {
        "1": node_of("LoadImage", image="example.png"),
        "2": node_of("ImageOnlyCheckpointLoader", ckpt_name="hunyuan_3d_v2.1.safetensors"),
        "4": node_of("CLIPVisionEncode", clip_vision=["2", 1], image=["1", 0], crop="none"),
        "5": node_of("Hunyuan3Dv2Conditioning", clip_vision_output=["4", 0]),
        "6": node_of("EmptyLatentHunyuan3Dv2", resolution=3072, batch_size=1),
        "7": node_of(
            "KSampler", model=["2", 0], positive=["5", 0], negative=["5", 1], steps=20,
            latent_image=["6", 0], seed=5, cfg=5.0, sampler_name="euler",
            scheduler="normal", denoise=1.0,
        ),
        "8": node_of(
            "VAEDecodeHunyuan3D", samples=["7", 0], vae=["2", 2], num_chunks=8000,
            octree_resolution=256,
        ),
        "9": node_of("VoxelToMesh", voxel=["8", 0], algorithm="basic", threshold=0.6),
        "10": node_of("SaveGLB", mesh=["9", 0], filename_prefix="mesh/ComfyUI"),
    }  # fmt: skip
    graph["7"]["_meta"] = {"title": "My <b>sampler</b>"}
    for name, value in changes.items():
        number, _, name = name.removeprefix("n").partition("_")
        if name == "class":
            graph[number]["class_type"] = value
        elif value is None:
            del graph[number]["inputs"][name]
        else:
            graph[number]["inputs"][name] = value
    return json.dumps(graph)


def node_of(kind, **inputs):
    return {"class_type": kind, "inputs": inputs}


# -- what is there ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "views", "faces"),
    [("hunyuan3d-2.1", 1, False), ("hunyuan3d-2mv", 4, False), ("trellis2", 1, True)],
)
def test_what_our_workflows_can_do(comfy, drivers, name, views, faces):
    found = drivers(comfy, preset=name).probe()
    assert (found.views_max, found.faces is not None) == (views, faces)
    assert len(found.roles) == (views if views > 1 else 0)
    assert found.needs_alpha and found.seed and found.submit_idempotent
    assert (found.progress, found.cancel) == ("percent", "running")
    assert found.version == "ComfyUI 0.33.0, NVIDIA GeForce RTX 4090 (24 GB)"
    assert found.model == PRESETS[name]
    assert found.max_upload_bytes == 100 * 2**20
    assert not found.costs_money
    assert all(asked.method == "GET" for asked in comfy.asked)


def test_old_one_has_our_hunyuan_but_no_trellis(old, drivers):
    assert drivers(old, preset="hunyuan3d-2.1").probe().views_max == 1
    with fails(ErrorKind.INPUT, "solid.missing_nodes") as caught:
        drivers(old, preset="trellis2").probe()
    assert "CFGOverride, DecimateMesh" in str(caught.value)


def test_missing_models_are_named(comfy, drivers):
    comfy.nodes["VAELoader"] = node(vae_name=[[], {}])
    comfy.nodes["UNETLoader"] = node(unet_name=[["else.sft"], {}], weight_dtype="COMBO")
    with fails(ErrorKind.INPUT, "solid.missing_models") as caught:
        drivers(comfy, preset="trellis2").probe()
    said = str(caught.value)
    assert "trellis_2_shape_vae_bf16.safetensors" in said
    assert "models/vae" in said and "models/diffusion_models" in said
    assert "https://huggingface.co/Comfy-Org/TRELLIS.2" in said


def test_owners_models_are_named(comfy, drivers):
    driver = drivers(comfy, workflow=own(n2_ckpt_name="mine.ckpt"))
    with fails(ErrorKind.INPUT, "solid.missing_models") as caught:
        driver.probe()
    assert "mine.ckpt" in str(caught.value)
    assert "models/checkpoints" in str(caught.value)


def test_choices_that_ceased_to_be(comfy, drivers):
    comfy.nodes["RemeshMesh"] = node(
        sign_mode=["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "udf"}]}]
    )
    with fails(ErrorKind.INPUT, "solid.missing_choice") as caught:
        drivers(comfy, preset="trellis2").probe()
    assert "Solid" in str(caught.value) and "udf" in str(caught.value)


def test_nodes_that_are_paid_for(comfy, drivers):
    comfy.nodes["TripoImageToModelNode"] = {**node(image="IMAGE"), "api_node": True}
    workflow = own(n9_class="TripoImageToModelNode")
    assert drivers(comfy, workflow=workflow).probe().costs_money


class Elsewhere(PlainFake):
    says = Reply(200, b"<html>a router</html>", "text/html")

    def answer(self, asked: Asked) -> Reply:
        return self.says


@pytest.mark.parametrize(
    "says",
    [
        Reply(200, b"<html>"),
        Reply(404, {"detail": "Not Found"}),
        Reply(200, {"system": 3}),
    ],
)
def test_something_else_answers(drivers, says):
    with Elsewhere() as fake, fails(ErrorKind.BAD_RESULT, "solid.no_comfyui"):
        fake.says = says
        drivers(fake).probe()


def test_nobody_answers(comfy, drivers):
    comfy.stop()
    with fails(ErrorKind.OFFLINE, "solid.offline"):
        drivers(comfy).probe()


def test_the_key_opens_all_of_it(comfy, drivers, tmp_path):
    comfy.token = "the-right-key"
    with fails(ErrorKind.AUTH, "solid.auth"):
        drivers(comfy, secret="another-key").probe()
    driver = drivers(comfy, secret="the-right-key")
    assert driver.probe().views_max == 1
    ref = driver.submit(job(tmp_path), KEY, Notes())
    until(lambda: comfy.ears)
    comfy.begin()
    comfy.step("7", 15, 30)
    until(lambda: driver.poll(ref).stage == "Shape")
    comfy.finish()
    assert driver.fetch(ref, tmp_path / "one").format == "glb"


# -- a job -----------------------------------------------------------------------------------


def test_from_photo_to_mesh(comfy, drivers, tmp_path):
    driver, notes = drivers(comfy), Notes()
    wanted = job(tmp_path, detail="fine", seed=11)
    ref = driver.submit(wanted, KEY, notes)
    assert notes == [ref] and ref.ids["prompt_id"] == ID
    name = f"img2stl/{KEY}-front.png"
    assert comfy.photos == {name: wanted.front.path.read_bytes()}
    graph = sent(comfy)
    assert graph["1"]["inputs"]["image"] == name
    assert graph["7"]["inputs"]["seed"] == 11 and graph["7"]["inputs"]["steps"] == 50
    assert graph["8"]["inputs"]["octree_resolution"] == 384
    assert driver.poll(ref).state == "queued"
    until(lambda: comfy.ears)
    comfy.begin()
    assert driver.poll(ref).state == "running"
    fractions = []
    for number, value, most in (("2", 0, 0), ("7", 10, 50), ("7", 50, 50), ("8", 0, 0)):
        comfy.step(number, value, most)
        title = graph[number]["_meta"]["title"]
        until(lambda title=title: driver.poll(ref).stage == title)
        fractions.append(driver.poll(ref).progress)
    assert fractions == sorted(fractions) and fractions[-1] > 0.5
    comfy.finish()
    assert driver.poll(ref).state == "done"
    found = driver.fetch(ref, tmp_path / "candidate-2")
    assert found.path.read_bytes() == glb(note=ID)
    assert (found.path.name, found.up_axis) == ("candidate-2.glb", "y")
    assert until(lambda: not comfy.ears) is True


def test_jpeg_stays_jpeg(comfy, drivers, tmp_path):
    drivers(comfy).submit(job(tmp_path, alpha=False), KEY, Notes())
    assert list(comfy.photos) == [f"img2stl/{KEY}-front.jpg"]


def test_faces_are_followed(comfy, drivers, tmp_path):
    driver = drivers(comfy, preset="trellis2")
    driver.submit(job(tmp_path, max_faces=7777), KEY, Notes())
    graph = sent(comfy)
    assert graph["20"]["inputs"]["target_face_count"] == 7777
    assert graph["19"]["inputs"]["sign_mode"] == "solid"
    assert {graph[number]["inputs"]["seed"] for number in ("10", "15", "17")} == {7}
    driver.submit(job(tmp_path), OTHER_KEY, Notes())
    assert sent(comfy)["20"]["inputs"]["target_face_count"] == 300_000


def test_place_in_the_queue(comfy, drivers, tmp_path):
    keys = ("1" * 32, "2" * 32, KEY)
    refs = [drivers(comfy).submit(job(tmp_path), key, Notes()) for key in keys]
    driver = drivers(comfy)
    assert [driver.poll(ref).queue_position for ref in refs] == [0, 1, 2]
    comfy.begin()
    assert driver.poll(refs[0]).queue_position is None
    assert [driver.poll(ref).queue_position for ref in refs[1:]] == [1, 2]


def test_sides_go_where_hunyuan_wants_them(comfy, drivers, tmp_path):
    """Its left is the subject's own; what no photo is there for is left out."""
    driver = drivers(comfy, preset="hunyuan3d-2mv")
    driver.submit(job(tmp_path, ("front", "left", "top")), KEY, Notes())
    graph = sent(comfy)
    joined = graph["5"]["inputs"]
    assert set(joined) == {"front", "right"}

    def photo_of(number):
        while graph[number]["class_type"] != "LoadImage":
            inputs = graph[number]["inputs"]
            number = inputs.get("image", inputs.get("images"))[0]
        return graph[number]["inputs"]["image"]

    assert photo_of(joined["front"][0]) == f"img2stl/{KEY}-front.png"
    assert photo_of(joined["right"][0]) == f"img2stl/{KEY}-left.png"
    loaders = [each for each in graph.values() if each["class_type"] == "LoadImage"]
    assert len(loaders) == 2 and len(comfy.photos) == 2


@pytest.mark.parametrize("roles", [("front", "left", "back", "right"), ("back", "left")])
def test_every_set_of_sides_is_taken(comfy, drivers, tmp_path, roles):
    driver = drivers(comfy, preset="hunyuan3d-2mv")
    driver.submit(job(tmp_path, roles), KEY, Notes())
    assert len(comfy.photos) == len(roles)
    assert "front" in sent(comfy)["5"]["inputs"]


def test_old_one_gets_nodes_it_knows(old, drivers, tmp_path):
    drivers(old, preset="hunyuan3d-2.1").submit(job(tmp_path), KEY, Notes())
    graph = sent(old)
    composite = graph["1c"]
    assert composite["class_type"] == "ImageCompositeMasked"
    assert (composite["inputs"]["x"], composite["inputs"]["y"]) == (0, 5)  # of 40 x 30
    canvas = graph[composite["inputs"]["destination"][0]]["inputs"]
    assert (canvas["width"], canvas["height"], canvas["color"]) == (40, 40, 0xFFFFFF)


def test_preset_is_not_changed_by_jobs(comfy, old, drivers, tmp_path):
    before = json.dumps(preset("hunyuan3d-2mv").graph)
    for number, fake in enumerate((comfy, old)):
        driver = drivers(fake, preset="hunyuan3d-2mv")
        driver.submit(job(tmp_path), str(number) * 32, Notes())
    assert json.dumps(preset("hunyuan3d-2mv").graph) == before


def test_owners_workflow(comfy, drivers, tmp_path):
    driver = drivers(comfy, preset="own", workflow=own())
    assert driver.probe().model == ""
    ref = driver.submit(job(tmp_path, ("left",)), KEY, Notes())
    assert sent(comfy)["1"]["inputs"]["image"] == f"img2stl/{KEY}-front.png"
    comfy.begin()
    comfy.finish()
    assert driver.fetch(ref, tmp_path / "one").format == "glb"


# -- again -----------------------------------------------------------------------------------


def test_a_job_is_never_started_twice(comfy, drivers, tmp_path):
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert driver.submit(job(tmp_path), KEY, Notes()) == ref
    comfy.begin()
    assert driver.submit(job(tmp_path), KEY, Notes()) == ref
    comfy.finish()
    assert drivers(comfy).submit(job(tmp_path), KEY, Notes()) == ref
    assert len(comfy.of("POST", "/prompt")) == len(comfy.of("POST", "/upload/image")) == 1


def test_answer_got_lost_but_the_job_did_not(comfy, drivers, tmp_path):
    driver, notes = drivers(comfy), Notes()
    assert driver.find(job(tmp_path), KEY, 0.0) is None
    comfy.drops = True
    with fails(ErrorKind.OFFLINE, "solid.connection_lost") as caught:
        driver.submit(job(tmp_path), KEY, notes)
    assert caught.value.sent
    comfy.drops = False
    assert drivers(comfy).find(job(tmp_path), KEY, 0.0) == notes[0]
    assert drivers(comfy).submit(job(tmp_path), KEY, Notes()) == notes[0]
    assert len(comfy.pending) == 1


def test_we_were_restarted(comfy, drivers, tmp_path):
    ref = drivers(comfy).submit(job(tmp_path), KEY, Notes())
    drivers(comfy).close()
    comfy.begin()
    driver = drivers(comfy)
    ref = RemoteRef.from_json(json.loads(json.dumps(ref.to_json())))
    assert driver.poll(ref).state == "running"
    until(lambda: driver._watch[1].listening.is_set())
    comfy.step("7", 20, 30)
    until(lambda: driver.poll(ref).stage == "Shape")
    comfy.finish()
    assert driver.fetch(ref, tmp_path / "one").size_bytes == len(glb(note=ID))


def test_comfyui_was_restarted(comfy, drivers, tmp_path):
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    comfy.restart()
    assert driver.poll(ref).state == "lost"
    with fails(ErrorKind.LOST, "solid.lost"):
        driver.fetch(ref, tmp_path / "one")


def test_one_that_makes_its_own_ids(comfy, drivers, tmp_path):
    comfy.mints_ids = True
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    assert ref.ids["prompt_id"] == comfy.pending[0][1] != ID
    assert driver.poll(ref).state == "queued"


# -- what goes wrong ---------------------------------------------------------------------------


def refused(fake, drivers, tmp_path, workflow, code):
    driver = drivers(fake, workflow=workflow)
    with fails(ErrorKind.INPUT, code) as caught:
        driver.submit(job(tmp_path), KEY, Notes())
    assert driver._watch is None
    return str(caught.value)


def test_unknown_nodes(comfy, old, drivers, tmp_path):
    for fake in (comfy, old):
        workflow = own(n9_class="Hy3D Export Mesh")
        said = refused(fake, drivers, tmp_path, workflow, "solid.missing_nodes")
        assert "Hy3D Export Mesh" in said


def test_model_that_is_not_there(comfy, drivers, tmp_path):
    workflow = own(n2_ckpt_name="mine.safetensors")
    said = refused(comfy, drivers, tmp_path, workflow, "solid.missing_models")
    assert "mine.safetensors" in said and "models/checkpoints" in said


def test_node_that_complains_is_named_by_its_title(comfy, drivers, tmp_path):
    workflow = own(n7_steps=0)
    said = refused(comfy, drivers, tmp_path, workflow, "solid.workflow_refused")
    assert "My <b>sampler</b>" in said and "Value 0 smaller than min of 1" in said
    workflow = own(n9_voxel=None)
    said = refused(comfy, drivers, tmp_path, workflow, "solid.workflow_refused")
    assert "VoxelToMesh" in said and "Required input is missing: voxel" in said


@pytest.mark.parametrize(
    "said",
    [
        {}, [], "no", {"error": None}, {"error": "bad"}, {"error": {"message": 7}},
        {"node_errors": []}, {"node_errors": {"7": 3}},
        {"node_errors": {"7": {"errors": [None, {"message": ["x"]}]}}},
    ],
)  # fmt: skip
def test_refusals_of_any_shape(comfy, drivers, tmp_path, said):
    comfy.wrong_with = lambda graph: said or {"x": 1}
    driver = drivers(comfy)
    with fails(ErrorKind.INPUT, "solid.workflow_refused"):
        driver.submit(job(tmp_path), KEY, Notes())


def test_node_fails_while_it_runs(comfy, drivers, tmp_path):
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    comfy.begin()
    comfy.fail("7", "Allocation on device\n\x1b[31m" + "x" * 5000, "OutOfMemoryError")
    status = driver.poll(ref)
    assert (status.state, status.error) == ("failed", ErrorKind.REMOTE)
    assert status.message.startswith("Shape: Allocation on device [31mxxx")
    assert len(status.message) <= 300 and "secret.py" not in status.message


def test_somebody_stopped_it_there(comfy, drivers, tmp_path):
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    comfy.begin()
    comfy._interrupt(None)
    status = driver.poll(ref)
    assert (status.state, status.error) == ("failed", ErrorKind.CANCELLED)


@pytest.mark.parametrize(
    "entry",
    [
        {}, {"status": None}, {"status": {"status_str": "success", "messages": 4}},
        {"outputs": []}, {"prompt": "x"},
    ],
)  # fmt: skip
def test_entries_of_any_shape_have_status_of(entry):
    assert status_of(entry, {}).state == "done"
    assert list(outputs(entry)) == []


@pytest.mark.parametrize(
    "messages",
    [None, [None], [["execution_error"]], [["execution_error", {}]], [[1, {}]]],
)
def test_errors_of_any_shape(messages):
    entry = {"status": {"status_str": "error", "messages": messages}}
    assert status_of(entry, {}).error is ErrorKind.REMOTE


@pytest.mark.parametrize(
    "queue", [{}, [], {"queue_running": 3, "queue_pending": [1, []]}]
)
def test_queues_of_any_shape(drivers, queue):
    with Elsewhere() as fake:
        fake.says = Reply(200, queue)
        ref = RemoteRef("comfyui", "mine", {"prompt_id": ID})
        assert drivers(fake).poll(ref).state == "lost"


def test_workflow_was_spoilt_after_it_was_saved(comfy, drivers, tmp_path):
    driver = drivers(comfy, preset="own", workflow="{")
    with fails(ErrorKind.INPUT, "solid.workflow_not_json"):
        driver.probe()
    with fails(ErrorKind.INPUT, "solid.workflow_not_json") as caught:
        driver.submit(job(tmp_path), KEY, Notes())
    assert not caught.value.sent


# -- cancelling --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["new", "old"])
def test_only_our_own_job_is_stopped(comfy, old, drivers, tmp_path, kind):
    fake = {"new": comfy, "old": old}[kind]
    driver = drivers(fake)
    refs = [driver.submit(job(tmp_path), key, Notes()) for key in (OTHER_KEY, KEY)]
    fake.begin()  # the other's
    assert driver.cancel(refs[1]) is Cancel.STOPPED
    assert driver.poll(refs[1]).state == "lost"
    assert driver.poll(refs[0]).state == "running" and fake.interrupted == []
    assert driver.cancel(refs[1]) is Cancel.TOO_LATE
    assert driver.cancel(refs[0]) is Cancel.REQUESTED
    assert driver.poll(refs[0]).error is ErrorKind.CANCELLED
    assert fake.interrupted == [refs[0].ids["prompt_id"]]  # never without an id
    assert driver.cancel(refs[0]) is Cancel.TOO_LATE


def test_it_begins_while_it_is_cancelled(old, drivers, tmp_path):
    driver = drivers(old)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    old._dequeue = lambda number: old.begin()  # just then
    assert driver.cancel(ref) is Cancel.REQUESTED
    assert old.interrupted == [ID]


# -- the mesh ----------------------------------------------------------------------------------

GLB = {"filename": "a.glb", "subfolder": "3d", "type": "output"}


@pytest.mark.parametrize(
    ("made_of", "place"),
    [
        ({"3": {"3d": [GLB]}}, ("3d", "a.glb", "output")),
        ({"3": {"result": ["3d/a.glb", None]}}, ("3d", "a.glb", "output")),
        ({"3": {"text": ["3d\\deep\\a.glb"]}}, ("3d/deep", "a.glb", "output")),
        (
            {"3": {"mesh": ["/home/me/ComfyUI/output/x/a.glb"]}},
            ("x", "a.glb", "output"),
        ),
        ({"3": {"mesh": ["C:\\ComfyUI\\temp\\a.obj"]}}, ("", "a.obj", "temp")),
        ({"3": {"mesh": "/somewhere/a.ply"}}, ("", "a.ply", "output")),
        (
            {"1": {"3d": [{**GLB, "filename": "b.stl"}]}, "2": {"3d": [GLB]}},
            ("3d", "a.glb", "output"),
        ),
        (
            {"1": {"3d": [{**GLB, "type": "temp"}]}, "2": {"3d": [{**GLB, "subfolder": "x"}]}},
            ("x", "a.glb", "output"),
        ),
        ({"1": {"3d": [{**GLB, "filename": "b.glb"}, GLB]}}, ("3d", "a.glb", "output")),
        (
            {"9": {"3d": [GLB]}, "10": {"3d": [{**GLB, "filename": "b.glb"}]}},
            ("3d", "a.glb", "output"),
        ),
        ({"3": {"images": [{"filename": "a.png", "subfolder": "", "type": "temp"}]}}, None),
        ({"3": {"3d": [{"filename": 7}, None, 3, {"filename": "x.fbx"}]}}, None),
        ({"3": None, "4": {"3d": {"filename": "a.glb"}}}, ("", "a.glb", "output")),
    ],
)  # fmt: skip
def test_where_the_mesh_is(made_of, place):
    found = best_output({"outputs": made_of}, ("9",))
    assert (found and (found.subfolder, found.filename, found.type)) == place


@pytest.mark.parametrize(
    ("outputs_of", "mesh", "code"),
    [
        ({}, b"", "solid.no_mesh_made"),
        ({"3": {"3d": [{"filename": "a.fbx"}]}}, b"", "solid.other_format"),
        (None, b"<html>x</html>", "solid.no_mesh"),
        (None, glb()[:-9], "solid.cut_short"),
        (None, glb(300), "solid.too_large"),
    ],
)
def test_no_good_mesh(comfy, drivers, tmp_path, outputs_of, mesh, code):
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    comfy.begin()
    comfy.finish(mesh, outputs_of)
    with fails(ErrorKind.BAD_RESULT, code):
        driver.fetch(ref, tmp_path / "one", max_bytes=8000)
    assert list(tmp_path.glob("one*")) == []


# -- the websocket -----------------------------------------------------------------------------


def test_without_a_websocket_there_is_only_no_bar(comfy, drivers, tmp_path):
    comfy.deaf = True
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    comfy.begin()
    status = driver.poll(ref)
    assert (status.state, status.progress, status.stage) == ("running", None, "")
    comfy.finish()
    assert driver.poll(ref).state == "done"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (1, b"no json"),
        (1, b"[" * 5000),
        (
            1,
            b'{"type": "progress", "data": {"prompt_id": "%s", "value": []}}'
            % ID.encode(),
        ),
        (2, bytes(100_000)),  # a preview
        (1, b'"' + b"x" * 2**21 + b'"'),
        (9, b"ping"),
    ],
)
def test_messages_of_any_kind(comfy, drivers, tmp_path, kind, message):
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    (ear,) = until(lambda: comfy.ears)
    comfy.begin()
    comfy.say(ear, message, kind)
    comfy.step("7", 15, 30)
    until(lambda: driver.poll(ref).stage == "Shape")


def test_messages_without_end(comfy, drivers, tmp_path, monkeypatch):
    monkeypatch.setattr(comfy_watch, "MOST_MESSAGE_BYTES", 50_000)
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    (ear,) = until(lambda: comfy.ears)
    comfy.say(ear, bytes(2**20), 2)
    assert until(lambda: not comfy.ears) is True
    assert driver.poll(ref).state == "queued"


def test_it_listens_again(comfy, drivers, tmp_path, monkeypatch):
    monkeypatch.setattr(comfy_watch, "AGAIN_S", 0.01)
    driver = drivers(comfy)
    ref = driver.submit(job(tmp_path), KEY, Notes())
    (ear,) = until(lambda: comfy.ears)
    comfy.say(ear, b"", 8)  # good-bye
    until(lambda: comfy.ears and comfy.ears != [ear])
    comfy.begin()
    comfy.step("7", 15, 30)
    until(lambda: driver.poll(ref).stage == "Shape")


class Away(ComfyUI):
    """Sends whoever wants to listen to another host."""

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/ws":
            where = {"Location": self.elsewhere.replace("http", "ws") + "/ws"}
            return Reply(302, headers=where)
        return super().answer(asked)


def test_the_key_does_not_follow_a_redirect(drivers, tmp_path):
    with Elsewhere() as other, Away() as fake:
        fake.elsewhere, fake.deaf, fake.token = other.url, True, "the-right-key"
        driver = drivers(fake, secret="the-right-key")
        driver.submit(job(tmp_path), KEY, Notes())
        until(lambda: fake.of("GET", "/ws"))
        driver.close()
        assert other.asked == []


def test_letting_go_ends_the_listening(comfy, drivers, tmp_path):
    driver = drivers(comfy)
    driver.submit(job(tmp_path), KEY, Notes())
    until(lambda: comfy.ears)
    thread = driver._watch[1]._thread
    driver.close()
    thread.join(20)
    assert not thread.is_alive() and comfy.pending
