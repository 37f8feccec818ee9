"""Workflows of ComfyUI: which are taken, where photos go, what is left out, how far one is."""

from __future__ import annotations

import json

import pytest

from octoprint_img2stl.solid3d.drivers.comfy_graph import below, links, read_graph
from octoprint_img2stl.solid3d.drivers.comfy_places import find_places, without_photos
from octoprint_img2stl.solid3d.drivers.comfy_progress import Progress
from octoprint_img2stl.solid3d.drivers.comfy_workflow import OWN, PRESETS, preset
from octoprint_img2stl.solid3d.drivers.comfyui import DRIVER
from octoprint_img2stl.solid3d.refused import SolidRefused
from tests.fakes.comfyui import ComfyUI


def node(kind, title="", **inputs):
    found = {"class_type": kind, "inputs": inputs}
    return {**found, "_meta": {"title": title}} if title else found


def photo(title=""):
    return node("LoadImage", title, image="example.png")


SAVE = {"99": node("SaveGLB", mesh=["98", 0]), "98": node("Mesh", image=["1", 0])}


def images(graph, mapping=""):
    found = find_places({**graph, **SAVE}, mapping).images
    return {role: place.node for role, place in found.items()}


# -- what is taken ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_our_workflows_are_whole(name):
    """Every link and every place leads somewhere, and each node is one that ComfyUI has."""
    workflow = preset(name)
    graph, places = workflow.graph, workflow.places
    for number, each in graph.items():
        linked = [value for value in each["inputs"].values() if isinstance(value, list)]
        assert len(linked) == len(list(links(graph, number)))
    assert set(below(graph, {place.node for place in places.images.values()})) >= set(
        places.outputs
    )
    assert places.seeds and set(places.detail) == {"draft", "normal", "fine"}
    with ComfyUI() as fake:
        fake.photos[""] = b""
        assert fake.wrong_with(graph) is None
    names = {
        value
        for each in graph.values()
        for value in each["inputs"].values()
        if isinstance(value, str) and value.endswith(".safetensors")
    }
    assert names == set(workflow.models)


def test_trellis_is_made_solid():
    remesh = [
        each["inputs"]
        for each in preset("trellis2").graph.values()
        if each["class_type"] == "RemeshMesh"
    ]
    assert [each["sign_mode"] for each in remesh] == ["solid"]


@pytest.mark.parametrize(
    ("options", "code", "field"),
    [
        ({"preset": "sd15"}, "solid.unknown_choice", "preset"),
        ({"preset": OWN}, "solid.workflow_empty", "workflow"),
        ({"workflow": "{"}, "solid.workflow_not_json", "workflow"),
        ({"workflow": "[" * 99_999}, "solid.workflow_not_json", "workflow"),
        ({"workflow": "[]"}, "solid.workflow_unknown", "workflow"),
        ({"workflow": "{}"}, "solid.workflow_unknown", "workflow"),
        ({"workflow": '{"1": {"inputs": {}}}'}, "solid.workflow_unknown", "workflow"),
        (
            {"workflow": json.dumps({"nodes": [{"id": 1}], "links": []})},
            "solid.workflow_of_the_editor",
            "workflow",
        ),
        ({"workflow": json.dumps(SAVE)}, "solid.workflow_no_image", "workflow"),
        (
            {"workflow": json.dumps({"1": photo(), "2": node("SaveImage")})},
            "solid.workflow_no_mesh",
            "workflow",
        ),
        *(
            ({"workflow": json.dumps({"1": photo(), **SAVE}), "mapping": text}, code, "mapping")
            for text, code in (
                ("{", "solid.mapping_unknown"),
                ('["1.image"]', "solid.mapping_unknown"),
                ('{"photos": {}}', "solid.mapping_unknown"),
                ('{"images": {"front": "7.image"}}', "solid.mapping_wrong"),
                ('{"images": {"front": "1.picture"}}', "solid.mapping_wrong"),
                ('{"images": {"inside": "1.image"}}', "solid.mapping_wrong"),
                ('{"images": ["1.image"]}', "solid.mapping_wrong"),
                ('{"seed": ["1"]}', "solid.mapping_wrong"),
                ('{"seed": {"a": 1}}', "solid.mapping_wrong"),
                ('{"output": ["5"]}', "solid.mapping_wrong"),
                ('{"detail": {"best": {}}}', "solid.mapping_wrong"),
                ('{"detail": {"fine": {"1.image": []}}}', "solid.mapping_wrong"),
                ('{"images": {}}', "solid.workflow_no_image"),
            )
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(options, code, field):
    with pytest.raises(SolidRefused) as caught:
        DRIVER.check_options(options)
    assert caught.value.code == code
    fields = ("endpoint." + field, "endpoint.workflow")
    assert caught.value.problem.field in fields


def test_message_says_how_to_export():
    with pytest.raises(SolidRefused) as caught:
        read_graph('{"nodes": [], "links": [], "version": 0.4}')
    assert "Export (API)" in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{}, {"preset": "trellis2"}, {"workflow": json.dumps({"1": photo(), **SAVE})}],
)
def test_good_options(options):
    DRIVER.check_options(options)


def test_a_whole_request_is_taken_too():
    graph = {"1": photo(), **SAVE}
    assert read_graph(json.dumps({"prompt": graph, "client_id": "x"})) == graph


# -- where photos go ---------------------------------------------------------------------------


def test_by_what_they_feed():
    """Before their titles: those who wrote them may mean their own left."""
    graph = {
        "1": photo(),
        "2": photo("left"),
        "3": photo(),
        "4": node("CLIPVisionEncode", image=["2", 0], clip_vision=["9", 0]),
        "5": node("CLIPVisionEncode", image=["3", 0], clip_vision=["9", 0]),
        "6": node("MultiView", front=["1", 0], left=["4", 0], mv_image_right=["5", 0]),
        "9": node("CLIPVisionLoader", clip_name="x"),
    }
    assert images(graph) == {"front": "1", "right": "2", "left": "3"}


def test_by_title():
    graph = {
        "1": photo("Load Image"),
        "2": photo("The BACK, please"),
        "3": photo("Left (side)"),
        "4": photo("background"),
    }
    assert images(graph) == {"front": "1", "back": "2", "left": "3"}


def test_by_order():
    graph = {"5": photo(), "1": photo(), "3": node("LoadImageMask", image="x")}
    assert images(graph) == {"front": "5", "back": "1"}


def test_as_the_owner_says():
    graph = {"1": photo("front"), "2": photo("left")}
    assert images(graph, '{"images": {"back": "2.image"}}') == {"back": "2"}


def test_custom_loaders_and_linked_names():
    graph = {
        "1": node("Hy3D21LoadImageWithTransparency", image="x.png"),
        "2": node("LoadImage", image=["7", 0]),
        "7": node("PrimitiveString", value="x.png"),
    }
    assert images(graph) == {"front": "1"}


def test_numbers():
    graph = {
        "1": photo(),
        "2": node("KSampler", seed=3, steps=4),
        "3": node("RandomNoise", noise_seed=["4", 0]),
        "4": node("PrimitiveInt", value=8),
        "5": node("Noise", seed=["6", 0]),
        "6": node("Math", value=8),
        "7": node("DecimateMesh", target_face_count=9),
        "8": node("RemeshMesh", target_faces=0),
        "9": node("Reduce", max_facenum=True),
        **SAVE,
    }
    places = find_places(graph)
    assert [str(place) for place in places.seeds] == ["2.seed", "4.value"]
    assert [str(place) for place in places.faces] == ["7.target_face_count"]
    mapping = '{"seed": [], "faces": "2.steps", "output": 98}'
    places = find_places(graph, mapping)
    assert places.seeds == () and str(places.faces[0]) == "2.steps"
    assert places.outputs == ("98",)


# -- what is left out --------------------------------------------------------------------------


def without(graph, *roles):
    graph = {**graph, **SAVE}
    return without_photos(graph, find_places(graph), roles)


def test_what_only_an_absent_photo_needs_goes_with_it():
    graph = {
        "1": photo("front"),
        "2": photo("back"),
        "3": node("Encode", image=["2", 0], model=["9", 0]),
        "4": node("Join", a=["1", 0], b=["3", 0], also=[1, 2]),
        "9": node("Loader"),
    }
    found = without(graph, "front")
    assert set(found) == {"1", "4", "9", "98", "99"}
    assert found["4"]["inputs"] == {"a": ["1", 0], "also": [1, 2]}
    assert set(graph) == {"1", "2", "3", "4", "9"} and "b" in graph["4"]["inputs"]


def test_joined_photos_go_past_the_one_that_is_missing():
    graph = {
        "1": photo("front"),
        "2": photo("back"),
        "3": photo("left"),
        "4": node("ImageBatch", image1=["1", 0], image2=["2", 0]),
        "5": node("ImageBatch", image1=["4", 0], image2=["3", 0]),
        "6": node("Use", images=["5", 0]),
    }
    assert without(graph, "front")["6"]["inputs"] == {"images": ["1", 0]}
    assert without(graph, "left")["6"]["inputs"] == {"images": ["3", 0]}
    found = without(graph, "front", "left")
    assert found["5"]["inputs"] == {"image1": ["1", 0], "image2": ["3", 0]}
    assert "4" not in found


# -- how far it is -----------------------------------------------------------------------------

GRAPH = {
    "1": photo(),
    "2": node("CheckpointLoaderSimple", "Model"),
    "3": node("KSampler", "Shape", image=["1", 0], model=["2", 0]),
    "4": node("VAEDecode3D", "Volume", samples=["3", 0]),
    "5": node("SaveGLB", "Save", mesh=["4", 0]),
    "6": node("PreviewImage", "Not wanted", image=["1", 0]),
}


def after(*messages, outputs=("5",)):
    progress = Progress(GRAPH, outputs, "mine")
    for kind, data in messages:
        progress.take({"type": kind, "data": {"prompt_id": "mine", **data}})
    return progress


def test_a_sampler_is_most_of_it():
    begun = after(("executing", {"node": "3"})).fraction
    sampled = after(("executing", {"node": "3"}), ("executing", {"node": "4"}))
    assert begun == 0.0 and 0.5 < sampled.fraction < 0.9
    assert sampled.stage == "Volume"


def test_it_ends_at_one():
    every = [("executed", {"node": number}) for number in ("1", "2", "3", "4", "5")]
    assert after(*every).fraction == 1.0
    assert after(("execution_success", {})).fraction == 1.0
    assert after(("execution_cached", {"nodes": ["1", "2"]})).fraction < 0.3


def test_it_never_goes_back():
    """A node counts from nothing again when another begins."""
    progress = after(("progress", {"node": "3", "value": 10, "max": 10}))
    before = progress.fraction
    for value in (1, 5, 100):
        data = {"prompt_id": "mine", "node": "4", "value": value, "max": 100}
        progress.take({"type": "progress", "data": data})
        assert progress.fraction >= before
        before = progress.fraction
    progress.take(
        {"type": "progress", "data": {**data, "node": "3", "value": 0, "max": 10}}
    )
    assert progress.fraction == before


def test_states_of_all_nodes_at_once():
    nodes = {
        "1": {"state": "finished"},
        "3.0.2": {"state": "running", "value": 5, "max": 10},
        "x": {"state": "running"},
        "4": {"state": "pending"},
        "5": 3,
    }
    found = after(("progress_state", {"nodes": nodes})).fraction
    assert found == after(("progress_state", {"nodes": {"1": nodes["1"], "3": nodes["3.0.2"]}})
                          ).fraction > 0.2  # fmt: skip


def test_others_jobs_and_nonsense_are_passed_over():
    progress = Progress(GRAPH, (), "mine")
    for message in (
        None, [], 3, {"type": "progress"}, {"type": "progress", "data": 3},
        {"type": "executing", "data": {"node": "3", "prompt_id": "other"}},
    ):  # fmt: skip
        progress.take(message)
    assert progress.fraction is None
    odd = after(
        ("progress", {"node": "3", "value": "a", "max": 3}),
        ("progress", {"node": "3", "value": 3, "max": 0}),
        ("progress", {"node": ["3"], "value": 3, "max": 3}),
        ("executing", {"node": None}),
        ("execution_cached", {"nodes": 5}),
        ("progress_state", {"nodes": [1]}),
    )
    assert odd.fraction == 0.0
    assert Progress({}, (), "mine").fraction is None
