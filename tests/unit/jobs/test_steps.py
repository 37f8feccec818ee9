"""What the steps find and leave, and what the warm worker answers."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from octoprint_img2stl.jobs import pipeline, steps
from octoprint_img2stl.jobs.engine import Options, execute
from octoprint_img2stl.jobs.model import JobState
from octoprint_img2stl.jobs.params import Params
from octoprint_img2stl.jobs.report import problems
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.problems import INFO, WARNING, Refusal
from octoprint_img2stl.relief import PRESETS, SHAPES, ReliefSettings
from octoprint_img2stl.relief.write import Written

from .conftest import SMALL


def work(store, job, **relief):
    job.params["relief"].update(relief)
    execute(
        job,
        store.path(job.id),
        Options(slicing=False),
        save=store.save,
        progress=lambda job: None,
        cancelled=lambda: False,
    )
    assert job.state is JobState.DONE, job.problem
    return json.loads(store.path(job.id, pipeline.REPORT).read_text())


# -- the budget --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "max_error, met, budget, code, severity",
    [
        (0.04, True, 5000, None, None),
        (0.05, True, 5000, None, None),
        (0.05, True, None, None, None),
        (0.2, True, 5000, "relief.error_grew", INFO),
        (0.2, False, 5000, "relief.budget_not_met", WARNING),
        (0.01, False, 5000, "relief.budget_not_met", WARNING),
    ],
)
def test_what_a_budget_did_is_said(max_error, met, budget, code, severity):
    written = Written(6000, (30, 20, 3), max_error, met, 1)
    settings = ReliefSettings(max_error=0.05, budget=budget)
    problem = steps.budget_problem(written, settings)
    if code is None:
        assert problem is None
        return
    assert (problem.code, problem.severity) == (code, severity)
    assert problem.field in ("relief.budget", "relief.samples_per_mm")
    assert "5000" in problem.message and problem.message.endswith(".")
    assert ("0.2 mm" in problem.message) == (severity == INFO)
    assert ("6000" in problem.message) == (severity == WARNING)
    json.dumps(problem.to_json(), allow_nan=False)


def found(report, code):
    return [each for each in report["problems"] if each["code"] == code]


def test_an_error_that_grew_is_in_the_report(store, draft):
    report = work(store, draft, max_error=0.005, budget=1500)
    assert report["triangles"] <= 1500 and report["max_error"] > 0.005
    (problem,) = found(report, "relief.error_grew")
    assert problem["severity"] == INFO and problem["field"] == "relief.budget"
    assert problem["values"]["budget"] == 1500
    assert problem["values"]["error"] == round(report["max_error"], 3)
    assert problem in problems(draft)
    again = work(store, draft, budget=None)
    assert again["triangles"] > 1500 and again["max_error"] <= 0.005
    assert not found(again, "relief.error_grew")


def test_a_budget_that_cannot_be_met_is_in_the_report(store, draft):
    report = work(store, draft, width=60, shape="cylinder", budget=1000)
    (problem,) = found(report, "relief.budget_not_met")
    assert problem["severity"] == WARNING
    assert problem["field"] == "relief.samples_per_mm"
    assert problem["values"] == {"triangles": report["triangles"], "budget": 1000}
    assert report["triangles"] > 1000 and not found(report, "relief.error_grew")
    assert report["watertight"]


def test_the_budget_is_for_all_bodies_together(store, draft):
    """A body above its share is no matter while the others leave it room."""
    folder = store.path(draft.id)
    flat = Image.new("L", (451, 300), 90)
    flat.save(folder / "photo-2.original", "PNG")
    steps.answer({"do": "open", "folder": str(folder), "number": 2})
    draft.add_photo(2, "flat", {"size_px": [451, 300], "notices": []})
    report = work(store, draft, steps=3, smoothing=0, budget=None)
    least = report["triangles"]
    assert draft.facts("relief")["bodies"] == 2
    report = work(store, draft, budget=least)
    assert report["triangles"] == least and not found(report, "relief.budget_not_met")
    report = work(store, draft, budget=least // 2)
    assert found(report, "relief.budget_not_met") or report["triangles"] <= least // 2


# -- presets and shapes ------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_goes_through_the_steps(store, draft, shape):
    relief = {"shape": shape, "width": 40, "samples_per_mm": 2, "max_error": 0.2}
    draft.params = Params.from_json({**SMALL, "relief": relief}).to_json()
    task = steps.Task(draft.params, draft.machine, [])
    facts = {}
    for name in ("photo", "relief", "check"):
        facts[name] = steps.run(
            name,
            task,
            store.path(draft.id),
            progress=lambda share: None,
            started=lambda pid: None,
        )
        json.dumps(facts[name], allow_nan=False)
    assert facts["check"]["watertight"]
    assert facts["check"]["triangles"] == facts["relief"]["triangles"]
    assert facts["check"]["size"][0] == pytest.approx(40, abs=1)
    with Image.open(store.path(draft.id, pipeline.PREVIEW)) as picture:
        assert max(picture.size) == steps.PICTURE_SIZE_PX
    assert not store.path(draft.id, pipeline.GREY).exists()


# -- previews ----------------------------------------------------------------------------


def preview(store, job, route="relief", photos=(), **relief):
    params = Params.from_json({"route": route, "relief": relief, "photos": list(photos)})
    task = {
        "do": "preview",
        "folder": str(store.path(job.id)),
        "params": params.to_json(),
        "machine": Machine().to_json(),
    }
    answer = steps.answer(json.loads(json.dumps(task)))
    return json.loads(json.dumps(answer, allow_nan=False))


def decoded(answer):
    """Corners (n, 3, 3) of the triangles."""
    mesh = answer["mesh"]
    vertices = np.frombuffer(base64.b64decode(mesh["vertices"]), "<f4").reshape(-1, 3)
    faces = np.frombuffer(base64.b64decode(mesh["faces"]), "<u4").reshape(-1, 3)
    assert faces.max() == len(vertices) - 1 and len(faces) == answer["triangles"]
    return vertices[faces]


def closed(corners):
    """Whether every edge has a partner that runs the other way."""
    flat = np.ascontiguousarray(corners).reshape(-1, 3) + np.float32(0)
    keys = flat.view(np.dtype((np.void, 12))).ravel()
    faces = np.unique(keys, return_inverse=True)[1].reshape(-1, 3).astype(np.int64)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    many = faces.max() + 1
    there, back = edges[:, 0] * many + edges[:, 1], edges[:, 1] * many + edges[:, 0]
    return np.array_equal(np.sort(there), np.sort(back))


@pytest.mark.parametrize("name", PRESETS)
def test_previews_of_presets_are_closed_meshes(store, draft, name):
    relief = ReliefSettings.preset(name).to_json()
    answer = preview(store, draft, relief.pop("route"), **relief)
    assert set(answer) == {"mesh", "triangles", "histogram", "size"}
    assert sum(answer["histogram"]) == pytest.approx(1, abs=0.01)
    assert len(answer["histogram"]) == 64
    corners = decoded(answer)
    assert closed(corners)
    box = corners.reshape(-1, 3).min(axis=0), corners.reshape(-1, 3).max(axis=0)
    assert box[1] - box[0] == pytest.approx(answer["size"], abs=0.01)
    assert answer["size"][0] == pytest.approx(relief["width"], rel=0.02)
    assert box[0][2] == 0 and box[0] + box[1] == pytest.approx(
        [0, 0, box[1][2]], abs=0.01
    )
    assert ("thickness" in answer["mesh"]) == (PRESETS[name].route == "lithophane")
    assert len(json.dumps(answer)) < 2_500_000


def test_previews_show_the_settings_and_the_photo(store, draft):
    first = preview(store, draft, width=50)
    assert preview(store, draft, width=50) == first
    for change in ({"invert": True}, {"text": "Cat"}, {"shape": "heart"}, {"steps": 3}):
        assert preview(store, draft, width=50, **change)["mesh"] != first["mesh"]
    assert preview(store, draft, width=50, source="red")["mesh"] != first["mesh"]
    assert preview(store, draft, width=50) == first
    Image.linear_gradient("L").resize((451, 300)).save(
        store.path(draft.id, draft.source), "PNG"
    )
    assert preview(store, draft, width=50)["histogram"] != first["histogram"]


def test_previews_of_several_photos_stand_side_by_side(store, draft):
    folder = store.path(draft.id)
    Image.linear_gradient("L").save(folder / "photo-2.original", "PNG")
    one = preview(store, draft, width=50)
    two = preview(store, draft, width=50, photos=[{"number": 2}])
    assert two["size"][0] > 2 * one["size"][0] and closed(decoded(two))
    turned = preview(store, draft, width=50, photos=[{"number": 2, "turn_deg": 90}])
    assert turned["mesh"] != two["mesh"]


def test_previews_of_what_cannot_be_are_sentences(store, draft):
    with pytest.raises(Refusal) as refused:
        preview(store, draft, width=30, border=14)
    assert refused.value.problem.field == "relief.border"
    with pytest.raises(Refusal) as refused:
        preview(store, draft, source="alpha")
    assert refused.value.problem.field == "relief.source"
