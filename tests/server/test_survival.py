"""Killing things: OctoPrint, the worker, the slicer; and what is left afterwards."""

import io
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from tests.serving import Server, wait_for

HANGING = """#!/bin/sh
case "$*" in
  *--help*) echo "PrusaSlicer-2.5.0+fake"; exit 0 ;;
esac
sleep 600 &
wait
"""


def processes(base, *words):
    """Command lines with all the words, of processes that name or work in a base folder."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                place = os.readlink(entry / "cwd")
            except OSError:
                continue
            ours = str(base) in line or Path(place).is_relative_to(base)
            if ours and all(word in line for word in words):
                found[int(entry.name)] = line
    return found


@pytest.fixture
def hanging_slicer(tmp_path):
    path = tmp_path / "prusa-slicer"
    path.write_text(HANGING)
    path.chmod(0o755)
    return path


@pytest.fixture
def slow_server(tmp_path, hanging_slicer):
    """An OctoPrint whose slicer never ends, so that there is time to kill somebody."""
    server = Server(tmp_path / "octoprint", prusaslicer_path=str(hanging_slicer)).start()
    yield server
    server.stop()


def start_slicing(client):
    job = client.draft()
    client.make(job)
    client.wait_step(job["id"], "slice")
    return job["id"]


def test_nobody_is_left_and_octoprint_lives_on(slow_server, hanging_slicer):
    """Cancel, then a killed worker, then a killed slicer, on one server to save starts."""
    bob = slow_server.login("bob")

    def slicers():
        return processes(slow_server.base, "prusa-slicer", "--export-gcode")

    def workers():
        return processes(slow_server.base, "jobs.worker job ")

    job_id = start_slicing(bob)
    wait_for(slicers, 10, "the slicer to run")
    bob.api("POST", f"/jobs/{job_id}/cancel")
    # how fast it is, extras/bench/cancel_time.py measures
    wait_for(lambda: not slicers() and not workers(), 30, "the processes to end")
    job = bob.wait_state(job_id, "cancelled")
    assert job["can"]["continue"] and job["result"]["stl_url"]

    bob.api("POST", f"/jobs/{job_id}/continue")
    bob.wait_step(job_id, "slice")
    wait_for(slicers, 10, "the slicer to run")
    os.kill(next(iter(workers())), signal.SIGKILL)
    job = bob.wait_state(job_id, "failed")
    assert job["problem"]["code"] == "jobs.worker_killed"
    wait_for(lambda: not slicers(), 10, "the orphaned slicer to end")

    bob.api("POST", f"/jobs/{job_id}/continue")
    bob.wait_step(job_id, "slice")
    os.kill(next(iter(wait_for(slicers, 10, "the slicer to run"))), signal.SIGSEGV)
    job = bob.wait_state(job_id, "failed")
    assert job["problem"]["code"] == "slicing.crashed"
    assert job["result"]["stl_url"]  # everything up to the STL is there

    # the preview's worker is another process; it may be killed as well
    def warm():
        return processes(slow_server.base, "jobs.worker serve ")

    for pid in wait_for(warm, 10, "the warm worker"):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not warm(), 10, "the warm worker to end")
    params = {"params": {"route": "relief", "relief": {"width": 30}}}
    answer = bob.api("POST", f"/jobs/{job_id}/preview", json=params)
    assert answer["preview"]["triangles"] > 10


def test_kill_9_while_slicing_then_continue(slow_server, hanging_slicer):
    bob = slow_server.login("bob")
    job_id = start_slicing(bob)
    wait_for(
        lambda: processes(slow_server.base, "--export-gcode"), 10, "the slicer to run"
    )
    slow_server.kill()
    wait_for(
        lambda: (
            not processes(slow_server.base, "jobs.worker job ")
            and not processes(slow_server.base, "--export-gcode")
        ),
        5,
        "worker and slicer to follow OctoPrint",
    )
    hanging_slicer.unlink()
    hanging_slicer.symlink_to("/usr/bin/prusa-slicer")
    slow_server.start()
    bob = slow_server.login("bob")
    job = bob.job(job_id)
    assert job["state"] == "interrupted" and job["can"]["continue"]
    bob.api("POST", f"/jobs/{job_id}/continue")
    job = bob.wait_state(job_id, "done", "failed")
    assert job["state"] == "done", job["problem"]
    report = bob.get("/" + job["result"]["report_url"]).json()
    assert report["layers"] > 5


def test_kill_9_at_any_moment(own_server):
    """In every step and with a queue: the jobs are there and the queue comes back paused."""
    bob = own_server.login("bob")
    finished = bob.made()
    item = bob.api("POST", "/queue", 201, json={"job": finished["id"]})["item"]
    bob.api("POST", "/queue/resume")
    assert bob.queue()["paused"] is False
    cut = []
    # a large and detailed relief, so that each step takes its time
    job = bob.draft()
    for step in ("photo", "relief", "check"):
        params = {
            "route": "relief",
            "relief": {
                "width": 200,
                "max_error": 0.005,
                "samples_per_mm": 8,
                "smoothing": 0,
            },
        }
        job = bob.api("POST", f"/jobs/{job['id']}/copy", 201)["job"]
        job = bob.wait_state(job["id"], "draft")
        bob.api("POST", f"/jobs/{job['id']}/make", 202, json={"params": params})
        wait_for(
            lambda job=job, bob=bob: bob.job(job["id"])["state"] != "waiting",
            20,
            "the start",
            0.01,
        )
        own_server.kill()
        wait_for(
            lambda: not processes(own_server.base, "jobs.worker"),
            10,
            "the workers to follow",
        )
        own_server.start()
        bob = own_server.login("bob")
        again = bob.job(job["id"])
        assert again["state"] in ("interrupted", "done"), step
        cut.append(again["state"])
        bob.api("DELETE", f"/jobs/{job['id']}")
        job = finished
    assert "interrupted" in cut
    assert bob.job(finished["id"])["state"] == "done"
    queue = bob.queue()
    assert queue["paused"] is True and [entry["id"] for entry in queue["items"]] == [item]
    leftovers = [path.name for path in own_server.jobs_folder.rglob("*.tmp")]
    assert leftovers == []


def test_print_cut_off_by_kill_9(own_server):
    bob = own_server.login("bob")
    job = bob.made()
    item = bob.api("POST", "/queue", 201, json={"job": job["id"]})["item"]
    token = bob.api(
        "POST",
        f"/queue/{item}/bed-clear",
        json={"bed_generation": bob.queue()["bed_generation"]},
    )["token"]
    bob.api("POST", f"/queue/{item}/start", 202, json={"token": token})
    wait_for(
        lambda: [i for i in bob.queue()["items"] if i["state"] == "printing"], 60, "print"
    )
    own_server.kill()
    own_server.start()
    bob = own_server.login("bob")
    queue = bob.queue()
    assert queue["paused"] is True and queue["items"] == []
    assert queue["history"][0]["id"] == item and queue["history"][0]["state"] == "failed"
    assert queue["history"][0]["problem"]["message"]


def test_no_slicer_and_too_little_memory(tmp_path):
    """Without a slicer all but the G-code is made; with too little memory nothing dies."""
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    server = Server(tmp_path / "octoprint", prusaslicer_path=str(broken)).start()
    try:
        admin = server.login("admin")
        problem = admin.api("GET", "/state")["slicers"][0]["problem"]
        assert problem["message"]
        job = admin.draft()
        admin.make(job)
        job = admin.wait_state(job["id"], "done", "failed")
        assert job["result"]["stl_url"] and job["result"]["gcode_url"] is None
        assert job["problem"]["message"]

        admin.post("/api/settings", json={"plugins": {"img2stl": {"memory_mb": 200}}})
        params = {
            "route": "relief",
            "relief": {
                "width": 195,
                "max_error": 0.005,
                "samples_per_mm": 19,
                "smoothing": 0,
            },
        }
        noise = io.BytesIO()
        Image.effect_noise((3000, 3000), 80).save(noise, "JPEG")
        copy = admin.draft(noise.getvalue())
        admin.api("POST", f"/jobs/{copy['id']}/make", 202, json={"params": params})
        copy = admin.wait_state(copy["id"], "done", "failed", timeout_s=180)
        assert copy["state"] == "failed"
        assert copy["problem"]["code"] == "jobs.out_of_memory"
        assert admin.get("/api/version").ok
    finally:
        server.stop()
