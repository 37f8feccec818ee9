"""Jobs with a real photo, worked on by real worker processes."""

import json
import shutil
from pathlib import Path

import pytest

import octoprint_img2stl
from octoprint_img2stl.jobs.model import JobState
from octoprint_img2stl.jobs.params import Params
from octoprint_img2stl.jobs.steps import answer
from octoprint_img2stl.jobs.store import JobStore
from octoprint_img2stl.machine import Machine

SAMPLE = Path(octoprint_img2stl.__file__).parent / "data" / "sample" / "cat.jpg"
SMALL = {
    "route": "relief",
    "relief": {"width": 25, "base": 0.6, "relief_height": 0.8},
    "slicing": {"quality": "draft"},
}


@pytest.fixture
def store(tmp_path):
    return JobStore(tmp_path / "jobs")


@pytest.fixture
def draft(store):
    """A job whose photo was opened, with parameters for a small relief."""
    job = store.create(SAMPLE, "cat.jpg", "me", move=False)
    opened = answer({"do": "open", "folder": str(store.path(job.id))})
    job.notices, job.photo = opened.pop("notices"), opened
    job.params = Params.from_json(json.loads(json.dumps(SMALL))).to_json()
    job.machine = Machine().to_json()
    job.state = JobState.DRAFT
    store.save(job)
    return job


@pytest.fixture
def fake_slicer(tmp_path):
    """Makes a program that passes for PrusaSlicer and does what the lines say."""

    def make(lines):
        path = tmp_path / "slicer" / "prusa-slicer"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            "#!/bin/sh\n"
            'case "$*" in *--help*) echo "PrusaSlicer-2.5.0+fake"; exit 0 ;; esac\n'
            + lines
        )
        path.chmod(0o755)
        return str(path)

    return make


@pytest.fixture(autouse=True)
def real_slicer():
    """PrusaSlicer is part of the set-up of the tests; without it they must not pass."""
    assert shutil.which("prusa-slicer"), "run extras/dev test: it installs PrusaSlicer"
