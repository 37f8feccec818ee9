"""A job that begins with a mesh: opened, repaired, made ready, checked, sliced."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from octoprint_img2stl.jobs import pipeline, steps
from octoprint_img2stl.jobs.engine import Goal, Options, execute
from octoprint_img2stl.jobs.model import MESH, JobState
from octoprint_img2stl.jobs.params import MESH_ROUTE, Params
from octoprint_img2stl.jobs.report import repair_of
from octoprint_img2stl.jobs.store import JobStore
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.kernel import is_strict
from octoprint_img2stl.mesh.load import load
from octoprint_img2stl.mesh.prepare import product
from octoprint_img2stl.problems import Refusal

from . import shapes

LID = (2, 3)  # one side of the box: two triangles


def begin(store, file, **chosen):
    job = store.create(file, file.name, "me", move=False, kind=MESH)
    params = {"route": MESH_ROUTE, "mesh": chosen, "slicing": {"quality": "draft"}}
    job.params = Params.from_json(params).to_json()
    job.machine = Machine().to_json()
    return job


def work(store, job, *, goal=Goal.MAKE, slicing=False):
    execute(
        job,
        store.path(job.id),
        Options(slicing=slicing),
        save=store.save,
        progress=lambda job: None,
        cancelled=lambda: False,
        goal=goal,
    )
    return job


def change(job, **chosen):
    params = Params.from_json(
        {**job.params, "mesh": {**job.params["mesh"], **chosen}, "slicing": {}}
    )
    job.params = params.to_json()


@pytest.fixture
def open_box(tmp_path):
    return shapes.write(tmp_path / "open box.stl", shapes.box(), without=LID)


def test_opening_reads_and_repairs_and_leaves_a_draft(store, open_box):
    job = work(store, begin(store, open_box), goal=Goal.OPEN)
    assert job.state is JobState.DRAFT and job.problem is None
    assert set(job.steps) == {"load", "repair"}
    assert job.mesh["format"] == "STL" and job.mesh["triangles"] == 10
    assert job.mesh["size"] == [20, 20, 20] and job.mesh["unit"] is None
    repair = repair_of(job)
    assert repair["strict"] and repair["stage"] != "clean" and repair["changes"]
    with Image.open(store.path(job.id, "thumb.jpg")) as thumb:
        assert max(thumb.size) == steps.THUMB_PX
    # and it survives the disk
    again = JobStore(store.folder).get(job.id)
    assert again.kind == MESH and again.mesh == job.mesh
    assert not (store.path(job.id, pipeline.STL)).exists()


def test_the_whole_way_to_gcode(store, open_box):
    job = work(store, begin(store, open_box), goal=Goal.OPEN)
    work(store, job, slicing=True)
    assert job.state is JobState.DONE, job.problem
    assert set(job.steps) == {step.name for step in pipeline.MESH_STEPS}
    made = load(store.path(job.id, pipeline.STL))
    assert is_strict(made)
    assert np.ptp(made.vertices, axis=0) == pytest.approx([20, 20, 20], abs=1e-3)
    report = json.loads(store.path(job.id, pipeline.REPORT).read_text())
    assert report["route"] == MESH_ROUTE and report["watertight"]
    assert set(report["parameters"]) == {"mesh", "slicing"}
    assert report["mesh"]["triangles"] == 10
    assert report["repair"]["strict"]
    assert report["size"] == [20, 20, 20] and report["layers"] > 30
    assert [each["step"] for each in report["steps"]] == [
        step.name for step in pipeline.MESH_STEPS
    ]
    with Image.open(store.path(job.id, pipeline.PREVIEW)) as picture:
        assert max(picture.size) == steps.PICTURE_SIZE_PX


def test_undo_repair_takes_the_mesh_as_it_came_and_the_check_stops_it(store, open_box):
    job = work(store, begin(store, open_box), goal=Goal.OPEN)
    change(job, repair="off")
    work(store, job, slicing=True)
    assert job.state is JobState.FAILED and job.step == "check"
    assert job.problem["code"] == "mesh.open_edges"
    assert "check" in job.steps and "slice" not in job.steps
    assert len(load(store.path(job.id, pipeline.STL)).faces) == 10
    # what stops the print is shown where it is
    viewed = json.loads(store.path(job.id, pipeline.VIEW).read_text())
    (problem,) = [
        each
        for each in job.facts("check")["problems"]
        if each["code"] == "mesh.open_edges"
    ]
    flags = np.frombuffer(base64.b64decode(viewed["flags"]), "<u4")
    assert ((flags >> np.uint32(problem["bit"])) & 1).any()
    assert len(problem["target"]["centre"]) == 3
    # continuing does not slip past the check
    work(store, job, slicing=True)
    assert job.state is JobState.FAILED and "slice" not in job.steps
    # the original was kept: repairing again works
    change(job, repair="auto")
    work(store, job)
    assert job.state is JobState.DONE and is_strict(load(store.path(job.id, "model.stl")))


def test_anyway_goes_on_past_the_check(store, open_box):
    job = work(store, begin(store, open_box, repair="off"), goal=Goal.OPEN)
    job.params["anyway"] = True
    work(store, job, slicing=True)
    assert "slice" in job.steps or job.step == "slice"
    assert any(
        each["code"] == "mesh.open_edges" for each in job.facts("check")["problems"]
    )


def test_only_what_depends_on_a_change_is_done_again(store, open_box):
    job = work(store, begin(store, open_box), goal=Goal.OPEN)
    work(store, job)
    before = dict(job.steps)
    change(job, size_by="z", size=30)
    work(store, job)
    assert job.steps["load"] is before["load"] and job.steps["repair"] is before["repair"]
    assert job.facts("prepare")["size"] == pytest.approx([30, 30, 30], abs=1e-3)
    assert job.facts("check")["size"] == pytest.approx([30, 30, 30], abs=1e-3)
    change(job, cavities="fill")
    work(store, job)
    assert job.steps["load"] is before["load"]
    assert job.steps["repair"] is not before["repair"]


def test_a_mesh_too_big_is_stopped_with_a_size_that_fits(store, tmp_path):
    file = shapes.write(tmp_path / "big.stl", shapes.box((400.0, 30.0, 30.0)))
    job = work(store, begin(store, file), goal=Goal.OPEN)
    work(store, job)
    assert job.problem["code"] == "mesh.too_big_for_bed"
    assert job.problem["field"] == "mesh.size"
    change(job, size=job.problem["suggest"])
    work(store, job)
    assert job.state is JobState.DONE, job.problem


@pytest.mark.parametrize("size, guessed", [(1.0, True), (900.0, True), (300.0, False)])
def test_a_size_that_cannot_be_meant_is_guessed_and_told(store, tmp_path, size, guessed):
    file = shapes.write(tmp_path / "unit.stl", shapes.box((size,) * 3), without=LID)
    job = work(store, begin(store, file), goal=Goal.OPEN)
    mesh = job.params["mesh"]
    notes = [each["code"] for each in job.mesh["notices"]]
    assert (mesh["size_by"], mesh["size"]) == (
        ("longest", 100) if guessed else ("percent", 100)
    )
    assert ("mesh.size_guessed" in notes) == guessed
    assert job.mesh["size"] == [size] * 3  # as it came
    if guessed:
        before = job.steps["repair"]
        work(store, job)
        assert job.state is JobState.DONE, job.problem
        assert job.facts("check")["size"] == pytest.approx([100] * 3, abs=0.01)
        assert job.steps["repair"] is before


def test_a_size_that_was_chosen_is_not_guessed(store, tmp_path):
    file = shapes.write(tmp_path / "unit.stl", shapes.box((2.0,) * 3))
    job = work(store, begin(store, file, unit="inch"), goal=Goal.OPEN)
    assert job.params["mesh"]["size_by"] == "percent" and not job.mesh["notices"]


def test_what_cannot_be_read_fails_with_a_sentence(store, tmp_path):
    file = tmp_path / "broken.stl"
    file.write_bytes(b"\0" * 90)
    job = work(store, begin(store, file), goal=Goal.OPEN)
    assert job.state is JobState.FAILED and job.mesh is None
    assert job.problem["code"].startswith("mesh.") and job.step == "load"
    assert "broken" in job.problem["message"]


def preview(store, job, do="preview", **chosen):
    params = Params.from_json(
        {**job.params, "mesh": {**job.params["mesh"], **chosen}, "slicing": {}}
    )
    task = {
        "do": do,
        "folder": str(store.path(job.id)),
        "params": params.to_json(),
        "machine": Machine().to_json(),
    }
    answer = steps.answer(json.loads(json.dumps(task)))
    return json.loads(json.dumps(answer, allow_nan=False))


def test_previews_show_the_mesh_on_the_bed_and_its_problems(store, tmp_path):
    # a table: the top overhangs on all sides
    file = shapes.write(
        tmp_path / "table.stl",
        shapes.box((40.0, 40.0, 5.0), (-10.0, -10.0, 20.0)),
        shapes.box(),
    )
    job = work(store, begin(store, file), goal=Goal.OPEN)
    found = preview(store, job)
    vertices = np.frombuffer(base64.b64decode(found["mesh"]["vertices"]), "<f4")
    vertices = vertices.reshape(-1, 3)
    faces = np.frombuffer(base64.b64decode(found["mesh"]["faces"]), "<u4").reshape(-1, 3)
    flags = np.frombuffer(base64.b64decode(found["mesh"]["flags"]), "<u4")
    assert len(flags) == len(faces) and faces.max() < len(vertices)
    assert vertices[:, 2].min() == 0 and np.ptp(vertices[:, 2]) == pytest.approx(25)
    assert found["size"] == pytest.approx([40, 40, 25], abs=1e-3)
    (overhang,) = [f for f in found["findings"] if f["code"] == "mesh.overhang"]
    marked = faces[(flags >> np.uint32(overhang["bit"])) & 1 == 1]
    assert len(marked)
    middles = vertices[marked].mean(axis=1)
    assert (abs(middles[:, 2] - 20) < 6).all()
    assert overhang["field"] and overhang["suggest"] is not None
    assert found["printable"] and found["repair"]["strict"]
    turned = preview(store, job, turn=[0, 1, 0, 0])  # upside down: no overhang left
    assert not [f for f in turned["findings"] if f["code"] == "mesh.overhang"]


def test_previews_follow_repair_options_without_touching_the_job(store, open_box):
    job = work(store, begin(store, open_box), goal=Goal.OPEN)
    before = json.dumps(job.to_json())
    assert preview(store, job)["printable"]
    off = preview(store, job, repair="off")
    assert not off["printable"] and off["repair"]["stage"] == "off"
    assert preview(store, job)["printable"]
    assert json.dumps(job.to_json()) == before


def test_a_best_orientation_is_offered(store, tmp_path):
    file = shapes.write(tmp_path / "plate.stl", shapes.box((3.0, 40.0, 40.0)))
    job = work(store, begin(store, file), goal=Goal.OPEN)
    found = preview(store, job, do="orient")
    assert sum(each["current"] for each in found) == 1
    best = found[0]
    assert not best["current"] and best["height"] == pytest.approx(3, abs=0.01)
    laid = preview(store, job, turn=best["turn"])
    assert laid["size"][2] == pytest.approx(3, abs=0.01)
    assert laid["size"][2] < preview(store, job)["size"][2]


def test_turns_multiply_from_the_left():
    quarter = 0.5**0.5
    x, y = (quarter, quarter, 0, 0), (quarter, 0, quarter, 0)
    assert product(x, y) == pytest.approx((0.5, 0.5, 0.5, 0.5))
    assert product(y, x) == pytest.approx((0.5, 0.5, 0.5, -0.5))


@pytest.mark.parametrize("ending", pipeline.EXPORTS)
def test_a_finished_mesh_can_be_had_in_other_formats(store, open_box, ending):
    job = work(store, begin(store, open_box), goal=Goal.OPEN)
    work(store, job)
    folder = store.path(job.id)
    task = {"do": "export", "folder": str(folder), "ending": ending, "name": job.name}
    steps.answer(task)
    made = load(folder / f"model.{ending}")
    assert is_strict(made)
    assert np.ptp(made.vertices, axis=0) == pytest.approx([20, 20, 20], abs=1e-3)
    # it is not true any more once the mesh changes
    change(job, size=50)
    work(store, job)
    assert not (folder / f"model.{ending}").exists()


def test_a_copy_begins_from_the_same_mesh(store, open_box):
    job = work(store, begin(store, open_box, size=50), goal=Goal.OPEN)
    copy = store.copy(job, "you")
    assert copy.kind == MESH and copy.source == job.source and copy.owner == "you"
    copy.machine = job.machine
    work(store, copy, goal=Goal.OPEN)
    assert copy.mesh == job.mesh and copy.params == job.params


def test_a_job_whose_description_is_lost_begins_again(store, open_box):
    job = begin(store, open_box)
    store.path(job.id, "job.json").unlink()
    (again,) = JobStore(store.folder).all()
    assert again.id == job.id and again.kind == MESH and again.source == "mesh.stl"
    assert again.state is JobState.OPENING and not again.opened


@pytest.mark.parametrize("name", ["x.stl", "x.STL", "x", "../../x.stl", "x.exe", "x.3mf"])
def test_a_mesh_keeps_nothing_of_its_name_but_a_known_ending(store, open_box, name):
    job = store.create(open_box, name, "me", move=False, kind=MESH)
    assert job.source in ("mesh.stl", "mesh.3mf", "mesh.bin")
    assert store.path(job.id, job.source).is_file()


@pytest.mark.parametrize(
    "chosen, code, field",
    [
        ({"size": -1}, "mesh.out_of_range", "mesh.size"),
        ({"size": float("nan")}, "mesh.out_of_range", "mesh.size"),
        ({"unit": "furlong"}, "mesh.unknown_choice", "mesh.unit"),
        ({"turn": [0, 0, 0, 0]}, "mesh.bad_turn", "mesh.turn"),
        ({"shape": "heart"}, "mesh.unknown_setting", "mesh.shape"),
    ],
)
def test_settings_that_cannot_be(chosen, code, field):
    with pytest.raises(Refusal) as refused:
        Params.from_json({"route": MESH_ROUTE, "mesh": chosen})
    assert (refused.value.code, refused.value.problem.field) == (code, field)


def test_lengths_in_what_a_repair_says_are_as_printed(store, tmp_path):
    """A sheet in a file that is one unit long, printed 100 mm long."""
    file = shapes.write(tmp_path / "sheet.stl", shapes.box((1.0, 1.0, 1.0)), without=LID)
    job = work(store, begin(store, file, openings="thicken", sheet=2.0), goal=Goal.OPEN)
    (said,) = [
        each
        for each in repair_of(job)["changes"]
        if each["code"] == "mesh.repair_thickened"
    ]
    assert said["values"]["thickness"] == pytest.approx(2.0, rel=0.02)


def test_a_cancelled_repair_leaves_nothing_behind(store, tmp_path):
    """OpenSCAD works in a folder of its own, which a killed worker cannot remove."""
    file = tmp_path / "slow.scad"
    file.write_text("minkowski() { sphere(9, $fn = 200); sphere(5, $fn = 200); }")
    job = begin(store, file)
    folder = store.path(job.id)
    scratch = folder / pipeline.SCRATCH
    seen = []

    def cancelled():
        seen.extend(scratch.glob("*/model.scad"))
        return bool(seen)

    execute(
        job,
        folder,
        Options(slicing=False),
        save=store.save,
        progress=lambda job: None,
        cancelled=cancelled,
        goal=Goal.OPEN,
    )
    assert seen and job.state is JobState.CANCELLED
    assert not scratch.exists()
