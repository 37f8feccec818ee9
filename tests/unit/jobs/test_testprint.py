"""A test print: a piece is sliced instead of the model, which stays as it is."""

import json

import numpy as np
import pytest

from octoprint_img2stl.jobs import pipeline
from octoprint_img2stl.jobs.model import JobState
from octoprint_img2stl.jobs.testprint import piece_of
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.refused import MeshRefused
from octoprint_img2stl.slicing.settings import SliceSettings

from . import shapes
from .test_meshes import begin, work


@pytest.fixture
def plate(tmp_path):
    """70 x 50 x 4 mm, and a block on it at one end up to 6 mm."""
    parts = shapes.box((70, 50, 4)), shapes.box((6, 6, 4), (50, 30, 2))
    return shapes.write(tmp_path / "plate.stl", *parts)


def extent(job):
    """Of the plastic in the G-code, mm."""
    bounds = job.steps["gcode"].facts["bounds"]
    return [bounds[axis + 3] - bounds[axis] for axis in range(3)]


def make(store, job, **slicing):
    job.params["slicing"].update(slicing)
    return work(store, job, slicing=True)


def test_a_sample_then_the_whole(store, plate):
    job = begin(store, plate)
    make(store, job, test_print="sample", brim=0)
    assert job.state is JobState.DONE, job.problem
    piece = job.steps["slice"].facts["test_print"]
    assert piece["kind"] == "sample" and piece["size"] == pytest.approx([20, 20, 6])
    # with the skirt around it, which is 3 mm away
    wide, deep, high = extent(job)
    assert 20 < wide < 29 and 20 < deep < 29 and high == pytest.approx(6, abs=0.5)
    model = store.path(job.id, pipeline.STL).read_bytes()
    assert job.steps["check"].facts["size"] == [70, 50, 6]
    report = json.loads(store.path(job.id, pipeline.REPORT).read_text())
    assert report["test_print"] == piece and report["size"] == [70, 50, 6]

    checked = job.steps["check"].seconds
    make(store, job, test_print="none")
    assert job.state is JobState.DONE, job.problem
    assert extent(job)[0] > 70 and "test_print" not in job.steps["slice"].facts
    # only sliced anew
    assert job.steps["check"].seconds == checked
    assert store.path(job.id, pipeline.STL).read_bytes() == model


def test_another_filament_comes_where_it_does_in_the_whole_if_at_all(store, plate):
    job = begin(store, plate)
    make(store, job, test_print="scaled", scale_percent=50, changes=[4.4, 50.0])
    assert job.state is JobState.DONE, job.problem
    text = store.path(job.id, pipeline.GCODE).read_text()
    # 2.2 mm lie in the layer that ends there or above; what comes at 25 mm is past
    assert text.count("; colour change at") == 1
    before = text[: text.index("; colour change at")].splitlines()
    assert [line for line in before if line.startswith(";Z:")][-1] == ";Z:2.24"
    assert extent(job)[2] == pytest.approx(3, abs=0.5)

    make(store, job, test_print="sample", first_layers=3, changes=[4.4])
    assert job.state is JobState.DONE, job.problem
    assert job.steps["gcode"].facts["layers"] == 3
    assert "colour change" not in store.path(job.id, pipeline.GCODE).read_text()


def copy(size, percent):
    settings = SliceSettings(test_print="scaled", scale_percent=percent)
    return piece_of(shapes.mesh(shapes.box(size)), settings, Machine())


def test_a_copy_that_becomes_thin_is_said_with_a_size_that_would_do():
    piece, said = copy((60, 40, 2), 15)
    assert np.allclose(piece.size, (9, 6, 0.3))
    assert [each.code for each in said] == ["mesh.too_flat"]
    assert said[0].field == "slicing.scale_percent" and 20 <= said[0].suggest <= 22
    assert copy((60, 40, 2), said[0].suggest)[1] == []


def test_a_copy_too_thin_for_any_layer_is_refused():
    with pytest.raises(MeshRefused) as caught:
        copy((60, 40, 2), 5)
    assert caught.value.problem.field == "slicing.scale_percent"
    assert caught.value.problem.suggest is None or caught.value.problem.suggest > 10


def test_the_whole_model_is_no_piece():
    whole = SliceSettings()
    assert piece_of(shapes.mesh(shapes.box()), whole, Machine()) == (None, [])
