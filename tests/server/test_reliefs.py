"""What the browser needs to offer presets and shapes, its previews, and what is made of them."""

import base64

import numpy as np
import pytest

from tests.serving import PREFIX, picture

MESH = {"vertices": "<f4", "faces": "<u4", "thickness": "<f4"}


@pytest.fixture(scope="module")
def state(bob):
    return bob.api("GET", "/state")


@pytest.fixture(scope="module")
def job(bob):
    job = bob.draft(picture(160, 120))
    yield job
    bob.api("DELETE", f"/jobs/{job['id']}")


def params_of(state, name, **relief):
    preset = next(each for each in state["presets"] if each["name"] == name)
    return {
        "route": preset["route"],
        "relief": {**preset["params"], **relief},
        "slicing": {**preset["slicing"], "quality": "draft"},
    }


def preview(client, job, params, expect=200):
    path = f"/jobs/{job['id']}/preview"
    answer = client.api("POST", path, expect, json={"params": params})
    return answer["preview"] if expect == 200 else answer["problem"]


def made(client, job, params):
    client.api("POST", f"/jobs/{job['id']}/make", 202, json={"params": params})
    job = client.wait_state(job["id"], "done", "failed", timeout_s=300)
    assert job["state"] == "done", job["problem"]
    return job


# -- the state ------------------------------------------------------------------------------


def test_everything_to_choose_from_is_listed(state):
    relief = state["routes"]["relief"]["params"]
    presets = {each["name"]: each for each in state["presets"]}
    assert {"plaque", "medal", "lamp", "light_box", "cutter", "map"} <= set(presets)
    for preset in presets.values():
        assert preset["label"] and preset["description"].endswith(".")
        assert preset["params"].keys() == relief.keys()
        assert preset["slicing"].keys() == state["routes"]["relief"]["slicing"].keys()
    shapes = {each["name"]: each for each in state["shapes"]}
    assert {each["params"]["shape"] for each in presets.values()} <= set(shapes)
    for shape in shapes.values():
        assert shape["label"] and shape["description"].endswith(".")
        assert set(shape["options"]) <= relief.keys()
    assert shapes["box"]["photos"] == [1, 5] and shapes["box"]["curved"]
    for name, offers in state["choices"].items():
        if name in relief:
            assert relief[name] in [each["value"] for each in offers]
    assert {"source", "holes", "stand", "subject", "quality"} <= set(state["choices"])
    fields = dict(state["limits"]["fields"])
    others = {
        "mesh": state["routes"]["mesh"]["params"],
        "solid": state["routes"]["solid3d"]["params"]["solid"],
    }
    for route, params in others.items():
        for name, (least, most) in fields.pop(route).items():
            assert least <= params[name] <= most
    for name, (least, most) in fields.items():
        value = relief[name]
        assert value is None or least <= value <= most
    assert len(state["fonts"]) >= 1 and all(state["fonts"])


def test_in_the_language_of_the_page(bob, state):
    german = bob.get(f"{PREFIX}/state?l10n=de", headers={"Accept-Language": "de"}).json()

    def label(state, kind, name):
        if kind == "routes":
            return state["routes"][name]["label"]
        return next(each["label"] for each in state[kind] if each["name"] == name)

    for kind, name in (("routes", "lithophane"), ("presets", "lithophane")):
        assert label(state, kind, name) == "Lithophane" != label(german, kind, name)
    assert german["fonts"] == state["fonts"]
    for mine, theirs in zip(state["presets"], german["presets"], strict=True):
        assert mine["params"] == theirs["params"]


# -- previews -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plaque", "lithophane", "medal", "lamp", "stencil"])
def test_a_preview_is_a_mesh(bob, state, job, name):
    params = params_of(state, name)
    shown = preview(bob, job, params)
    assert shown["route"] == params["route"] and shown["fits"] is None
    assert shown["standing"] is (name in ("lithophane", "lamp"))
    mesh = {
        part: np.frombuffer(base64.b64decode(text), MESH[part])
        for part, text in shown["mesh"].items()
    }
    vertices = mesh["vertices"].reshape(-1, 3)
    assert len(mesh["faces"]) == 3 * shown["triangles"] > 300
    assert mesh["faces"].max() == len(vertices) - 1
    box = vertices.max(axis=0) - vertices.min(axis=0)
    assert box == pytest.approx(shown["size"], abs=0.01)
    assert shown["size"][0] == pytest.approx(params["relief"]["width"], rel=0.02)
    assert ("thickness" in mesh) == (params["route"] == "lithophane")
    if "thickness" in mesh:
        assert len(mesh["thickness"]) == len(vertices)
        # Frame and floor are no thicker than what the photo may be.
        relief = params["relief"]
        assert mesh["thickness"].max() <= relief["base"] + relief["relief_height"] + 0.01
    assert len(shown["histogram"]) == 64
    assert sum(shown["histogram"]) == pytest.approx(1, abs=0.01)


def test_a_preview_says_what_does_not_fit(bob, state, job):
    shown = preview(bob, job, params_of(state, "plaque", width=300))
    assert shown["fits"]["code"] == "relief.too_big_for_bed"
    assert 150 < shown["fits"]["suggest"] <= 220
    assert shown["size"][0] == pytest.approx(300, abs=0.1)
    again = params_of(state, "plaque", width=shown["fits"]["suggest"])
    assert preview(bob, job, again)["fits"] is None


@pytest.mark.parametrize(
    "name, relief, field",
    [
        ("plaque", {"border": 49}, "relief.border"),
        ("lamp", {"keyhole": True}, "relief.keyhole"),
        ("lamp", {"socket_hole": 90}, "relief.socket_hole"),
        ("plaque", {"curve": [[0, 0], [0, 1]]}, "relief.curve"),
        ("plaque", {"shape": "star"}, "relief.shape"),
        ("plaque", {"source": "alpha"}, "relief.source"),
        ("plaque", {"steps": 1}, "relief.steps"),
        ("plaque", {"magnets": 10**400}, "relief.magnets"),
    ],
)
def test_what_cannot_be_shown_names_its_field(bob, state, job, name, relief, field):
    problem = preview(bob, job, params_of(state, name, **relief), 422)
    assert problem["field"] == field and problem["message"].endswith(".")


# -- what is made ---------------------------------------------------------------------------


def test_a_preset_becomes_a_print(bob, state):
    job = bob.draft(picture(160, 120))
    params = params_of(state, "keychain", width=30, text="Bob", border=5, text_size=3)
    job = made(bob, job, params)
    assert job["params"]["relief"] == params["relief"]
    result = job["result"]
    assert result["watertight"] and result["gcode_url"] and result["layers"] > 5
    assert result["size"][0] == pytest.approx(30, abs=0.1)
    assert result["size"][1] > 30  # the ring


def test_what_a_budget_did_is_told(bob):
    job = bob.made(budget=2500, max_error=0.005)
    assert job["result"]["triangles"] <= 2500
    (problem,) = [
        each for each in job["result"]["problems"] if each["code"] == "relief.error_grew"
    ]
    assert problem["severity"] == "info" and "2500" in problem["message"]
    assert problem["field"] == "relief.budget"


def test_a_box_of_two_photos(bob, state):
    job = bob.draft(picture(160, 120))
    path = f"/jobs/{job['id']}/photos"
    bob.api("POST", path, 201, files={"file": ("two.png", picture(120, 120))})
    params = params_of(state, "light_box", width=45, socket_hole=10)
    params["photos"] = [{"number": 2, "turn_deg": 90}]
    alone = preview(bob, job, params_of(state, "light_box", width=45, socket_hole=10))
    shown = preview(bob, job, params)
    assert shown["size"] == alone["size"] and shown["triangles"] > 1000
    job = made(bob, job, params)
    assert job["result"]["watertight"]
    assert job["result"]["size"] == pytest.approx(shown["size"], abs=0.1)
