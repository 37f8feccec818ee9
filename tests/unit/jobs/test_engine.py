"""One job from beginning to end in a worker process, and what happens when things die."""

import json
import os
import signal
import time

import pytest

from octoprint_img2stl.jobs import pipeline
from octoprint_img2stl.jobs.engine import Options, execute
from octoprint_img2stl.jobs.model import JobState
from octoprint_img2stl.slicing.owner_paths import OwnerPath
from tests.unit.slicing.cura.here import resources

from .programs import prusaslicer_at


def work(store, job, options=None, cancelled=lambda: False, progress=lambda job: None):
    execute(
        job,
        store.path(job.id),
        options or Options(),
        save=store.save,
        progress=progress,
        cancelled=cancelled,
    )
    return job


def files(store, job):
    return {path.name for path in store.path(job.id).iterdir()}


def group_alive(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_all_the_way(store, draft):
    seen = []
    work(store, draft, progress=lambda job: seen.append((job.step, job.percent)))
    assert draft.state is JobState.DONE and draft.problem is None
    assert set(draft.steps) == {step.name for step in pipeline.STEPS}
    assert {"model.stl", "model.gcode", "preview.png", "report.json"} <= files(
        store, draft
    )
    report = json.loads((store.path(draft.id) / "report.json").read_text())
    assert report["size"][0] == pytest.approx(25, abs=0.001)
    assert report["watertight"] and report["triangles"] > 100 and report["volume"] > 100
    assert report["layers"] == 5 and report["filament_mm"] > 0
    percents = [percent for _, percent in seen]
    assert percents[0] == 0 and percents[-1] == 100
    assert percents == sorted(percents)
    assert (
        len({step for step, _ in seen}) == len(pipeline.STEPS) + 1
    )  # and None at the end


def test_with_curaengine(store, draft):
    draft.params["slicing"].update(slicer="curaengine", brim=3)
    own = {"curaengine": OwnerPath("", str(resources()))}
    work(store, draft, Options(slicers=own))
    assert draft.state is JobState.DONE, draft.problem
    facts = draft.steps["gcode"].facts
    assert facts["layers"] == 5 and facts["filament_g"] > 0.3
    gcode = (store.path(draft.id) / "model.gcode").read_text()
    assert "Cura_SteamEngine" in gcode and "; thumbnail begin 32x" in gcode


def test_a_brought_profile_chooses_the_slicer(store, draft, tmp_path):
    profile = tmp_path / "mine.ini"
    profile.write_text("printer_technology = FFF\nlayer_height = 0.16\nperimeters = 2\n")
    work(store, draft, Options(profile=str(profile)))
    assert draft.state is JobState.DONE, draft.problem
    assert draft.steps["slice"].facts["slicer"]["name"] == "prusaslicer"
    gcode = (store.path(draft.id) / "model.gcode").read_text()
    assert "; layer_height = 0.16" in gcode
    draft.params["slicing"]["slicer"] = "curaengine"
    work(store, draft, Options(profile=str(profile)))
    assert draft.state is JobState.FAILED
    assert draft.problem["code"] == "slicing.profile_of_another"


def test_only_what_changed_is_done_again(store, draft):
    work(store, draft)
    relief, gcode = draft.steps["relief"], draft.steps["gcode"]
    work(store, draft)
    assert draft.steps["gcode"] is gcode  # nothing to do
    draft.params["slicing"]["infill"] = 40
    work(store, draft)
    assert draft.steps["relief"] is relief
    assert draft.steps["gcode"] is not gcode
    draft.params["relief"]["contrast"] = 2.0
    work(store, draft)
    assert draft.steps["relief"] is not relief and draft.state is JobState.DONE


def test_a_lost_file_is_made_again(store, draft):
    work(store, draft)
    (store.path(draft.id) / "model.gcode").unlink()
    work(store, draft)
    assert "model.gcode" in files(store, draft)


def test_without_slicing(store, draft):
    work(store, draft, Options(slicing=False))
    assert draft.state is JobState.DONE
    assert "model.stl" in files(store, draft) and "model.gcode" not in files(store, draft)


def test_without_a_slicer_the_rest_is_made(store, draft):
    work(store, draft, Options(slicers=prusaslicer_at("/nonexistent/prusa-slicer")))
    assert draft.state is JobState.DONE
    assert draft.problem["code"] == "slicing.bad_path"
    assert draft.problem["severity"] == "warning"
    assert "model.stl" in files(store, draft)


@pytest.mark.parametrize("at", ["photo", "relief", "check", "slice"])
def test_cancel_in_each_step_then_continue(store, draft, at):
    stop = []

    def progress(job):
        if job.step == at:
            stop.append(at)

    work(store, draft, cancelled=lambda: bool(stop), progress=progress)
    # a step may be over before the worker hears of the end, but then a later one is cut
    assert draft.state in (JobState.CANCELLED, JobState.DONE)
    assert draft.problem is None
    assert not [name for name in files(store, draft) if name.endswith((".part", ".tmp"))]
    work(store, draft)
    assert draft.state is JobState.DONE


def test_cancel_ends_the_slicer_and_what_it_started(store, draft, fake_slicer, tmp_path):
    pids = tmp_path / "pids"
    slicer = fake_slicer(f"sleep 600 & echo $! $$ > {pids}; wait\n")
    work(store, draft, Options(slicers=prusaslicer_at(slicer)), cancelled=pids.exists)
    assert draft.state is JobState.CANCELLED
    time.sleep(0.5)
    assert not any(group_alive(int(pid)) for pid in pids.read_text().split())


def test_killed_worker_takes_the_slicer_along(store, draft, fake_slicer, tmp_path):
    pids = tmp_path / "pids"
    # the slicer's parent is the worker
    slicer = fake_slicer(f"echo $$ $PPID > {pids}; sleep 600\n")

    def kill():
        if pids.exists() and pids.read_text().strip():
            os.kill(int(pids.read_text().split()[1]), signal.SIGKILL)
        return False

    work(store, draft, Options(slicers=prusaslicer_at(slicer)), cancelled=kill)
    assert draft.state is JobState.FAILED
    assert draft.problem["code"] == "jobs.worker_killed"
    time.sleep(0.5)
    assert not group_alive(int(pids.read_text().split()[0]))
    assert "model.stl" in files(store, draft)


def test_crashing_slicer(store, draft, fake_slicer):
    work(store, draft, Options(slicers=prusaslicer_at(fake_slicer("kill -SEGV $$\n"))))
    assert draft.state is JobState.FAILED and draft.step == "slice"
    assert draft.problem["code"] == "slicing.crashed"


def test_hanging_slicer(store, draft, fake_slicer):
    work(
        store,
        draft,
        Options(slicers=prusaslicer_at(fake_slicer("sleep 600\n")), time_s=6),
    )
    assert draft.state is JobState.FAILED
    assert draft.problem["code"] in ("slicing.timeout", "jobs.timeout")


def test_slicer_that_writes_nothing(store, draft, fake_slicer):
    work(store, draft, Options(slicers=prusaslicer_at(fake_slicer("exit 0\n"))))
    assert draft.state is JobState.FAILED
    assert draft.problem["code"].startswith("slicing.")


# too little to load numpy, whose OpenBLAS then ends the process, and too little for the work
@pytest.mark.parametrize("limit_mb", [35, 80])
def test_too_little_memory(store, draft, limit_mb):
    draft.params["relief"].update(width=215, samples_per_mm=20, max_error=0.005)
    draft.params["relief"]["smoothing"] = 0.0
    work(store, draft, Options(memory_bytes=limit_mb * 2**20))
    assert draft.state is JobState.FAILED
    assert draft.problem["code"] == "jobs.out_of_memory"


def test_hanging_worker(store, draft):
    """A photo that never ends: the worker waits for it until its time is over."""
    source = store.path(draft.id) / draft.source
    source.unlink()
    os.mkfifo(source)
    work(store, draft, Options(time_s=3))
    assert draft.state is JobState.FAILED
    assert draft.problem["code"] == "jobs.timeout"


def test_vanished_photo_is_a_sentence(store, draft):
    (store.path(draft.id) / draft.source).unlink()
    work(store, draft)
    assert draft.state is JobState.FAILED
    assert "Traceback" not in draft.problem["message"]


def test_result_that_does_not_fit_is_refused(store, draft):
    draft.params["relief"]["width"] = 400.0
    work(store, draft)
    assert draft.state is JobState.FAILED
    assert draft.problem["code"] == "relief.too_big_for_bed"
    assert draft.problem["suggest"] == pytest.approx(220, abs=1)


def test_another_filament_at_a_height_and_the_first_layers_alone(store, draft):
    slicing = draft.params["slicing"]
    slicing.update(changes=[1.0], change_command="M600")
    work(store, draft)
    assert draft.state is JobState.DONE, draft.problem
    path = store.path(draft.id) / "model.gcode"
    lines = path.read_text().splitlines()
    at = lines.index("M600")
    before = [line for line in lines[:at] if line.startswith(";Z:")]
    assert before[-1] == ";Z:1.12" and lines.count("M600") == 1
    layers = json.loads((store.path(draft.id) / "layers.json").read_text())
    data = path.read_bytes()
    starts = [data[layer[1] :].partition(b"\n")[0] for layer in layers]
    assert starts == [b";LAYER_CHANGE"] * 5

    whole = draft.steps["gcode"].facts["filament_mm"]
    slicing.update(changes=[1.0], first_layers=2)
    work(store, draft)
    facts = draft.steps["gcode"].facts
    assert facts["layers"] == 2 and facts["filament_mm"] < 0.7 * whole
    gcode = path.read_text()
    assert "M104 S0" in gcode and "\nM600\n" not in gcode

    slicing.update(changes=[9.0], first_layers=0)
    work(store, draft)
    assert draft.state is JobState.FAILED
    assert draft.problem["code"] == "slicing.change_above"
