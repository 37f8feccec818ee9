"""What the warm worker says of a job's layers."""

import base64
import gzip
import io
import json

import pytest
from PIL import Image

from octoprint_img2stl.jobs import pipeline
from octoprint_img2stl.jobs.engine import Options, execute
from octoprint_img2stl.jobs.model import JobState
from octoprint_img2stl.jobs.steps import answer
from octoprint_img2stl.slicing.gcode import read_gcode
from octoprint_img2stl.slicing.gcode_lines import columns, layer_data, layer_summary


@pytest.fixture
def made(store, draft):
    """A job with its G-code."""
    execute(
        draft,
        store.path(draft.id),
        Options(),
        save=store.save,
        progress=lambda job: None,
        cancelled=lambda: False,
    )
    assert draft.state is JobState.DONE, draft.problem
    return draft


def test_layers_are_told_as_lines_and_as_a_picture(store, made):
    folder = store.path(made.id)
    facts = read_gcode(folder / pipeline.GCODE)
    task = {"folder": str(folder), "machine": made.machine, "layer": 1}
    packed = base64.b64decode(answer({**task, "do": "layer_data"}))
    told = layer_data(folder / pipeline.GCODE, facts.layers, 1)
    assert json.loads(gzip.decompress(packed)) == json.loads(json.dumps(told))
    assert len(packed) < 0.6 * len(gzip.decompress(packed))

    drawn = base64.b64decode(answer({**task, "do": "layer"}))
    assert Image.open(io.BytesIO(drawn)).size == (640, 640)

    # what is kept is what the finished file says, thumbnails included
    kept = json.loads((folder / pipeline.SUMMARY).read_text())
    assert kept == json.loads(json.dumps(layer_summary(facts)))
    assert {row["family"] for row in kept["legend"]} >= {"outer", "inner", "skirt"}
    layers = json.loads((folder / pipeline.LAYERS).read_text())
    known = columns(layers)
    assert known == {name: kept[name] for name in known}
    short = columns([layer[:3] for layer in layers])  # as a layer was once kept
    assert short["z"] == kept["z"] and set(short["time_s"]) == {0.0}
