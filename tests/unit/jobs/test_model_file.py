"""A model file that belongs to no job."""

import shutil

import pytest

from octoprint_img2stl.jobs import pipeline
from octoprint_img2stl.jobs.model_file import place_model
from octoprint_img2stl.jobs.params import MESH_ROUTE
from octoprint_img2stl.jobs.steps import Context, Task
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.load import load
from octoprint_img2stl.mesh.refused import MeshRefused
from tests.unit.mesh.formats.step_files import step_box


@pytest.mark.parametrize("is_set", [True, False])
def test_a_step_file_is_read_by_the_owners_prusaslicer(tmp_path, monkeypatch, is_set):
    real = shutil.which("prusa-slicer") or pytest.fail("PrusaSlicer is not installed")
    (tmp_path / "mesh.step").write_bytes(step_box(30, 20, 10))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("octoprint_img2stl.slicing.prusaslicer.PrusaSlicer.places", ())
    paths = {"prusaslicer": [real, ""]} if is_set else {}
    params = {"route": MESH_ROUTE}
    task = Task(params, Machine().to_json(), ["model"], slicers=paths)
    ctx = Context(task, tmp_path, progress=lambda _: None, started=lambda _: None)
    if not is_set:
        with pytest.raises(MeshRefused, match="PrusaSlicer"):
            place_model(ctx)
        return
    place_model(ctx)
    size = load(tmp_path / pipeline.STL).vertices.max(axis=0)
    assert size.tolist() == pytest.approx([15, 10, 10])
