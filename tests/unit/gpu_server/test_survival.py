"""Stopped, killed, started again: no job is lost, none is made twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

from tests.unit.gpu_server.serving import ROOT, SERVER, eventually, picture, running

SLOW = ("--backend", "echo", "--echo-seconds", "40")
QUICK = ("--backend", "echo")


def test_killed_in_the_middle_and_started_again(tmp_path):
    with running(tmp_path, *SLOW) as server:
        uids = [server.send(idempotency_key=f"key {number}") for number in range(3)]
        server.until(uids[0], lambda told: told["progress"] > 0)
        server.stop(signal.SIGKILL)
    with running(tmp_path, *QUICK) as server:
        for uid in uids:
            assert server.ended(uid)["status"] == "completed"
            assert server.get(f"/result/{uid}").content[:4] == b"glTF"
        # Whoever was not sure whether it was heard asks again, and gets the same.
        assert server.send(idempotency_key="key 1") == uids[1]
        assert server.get("/health").json()["queue"]["waiting"] == 0


def test_a_result_survives_and_is_served_again(tmp_path):
    with running(tmp_path, *QUICK) as server:
        uid = server.send()
        server.ended(uid)
        before = server.get(f"/result/{uid}").content
    with running(tmp_path, *QUICK) as server:
        assert server.status(uid)["status"] == "completed"
        assert server.get(f"/result/{uid}").content == before


def test_it_stops_when_asked_to_and_a_stop_is_no_failure(tmp_path):
    with running(tmp_path, *SLOW) as server:
        runs, waits = server.send(), server.send()
        server.until(runs, lambda told: told["progress"] > 0)
        assert server.stop(signal.SIGTERM) == 0
    record = json.loads((tmp_path / "jobs" / "jobs" / runs / "job.json").read_text())
    assert record["state"] == "queued" and record["tries"] == 0
    with running(tmp_path, *QUICK) as server:
        assert (
            server.ended(runs)["status"] == server.ended(waits)["status"] == "completed"
        )


def test_who_waits_for_generate_is_told_of_a_stop(tmp_path):
    command = (
        "import requests, sys\n"
        "answer = requests.post(sys.argv[1] + '/generate', json={'image': sys.argv[2]})\n"
        "print(answer.status_code)"
    )
    with running(tmp_path, *SLOW) as server:
        client = subprocess.Popen(
            [sys.executable, "-c", command, server.url, picture()],
            stdout=subprocess.PIPE,
            text=True,
        )
        eventually(
            lambda: server.get("/health").json()["queue"], lambda load: load["running"]
        )
        server.stop(signal.SIGTERM)
        assert client.communicate(timeout=60)[0].strip() == "503"


def test_a_job_that_ends_the_server_is_given_up(tmp_path):
    with running(tmp_path, "--backend", "echo", "--echo-fail", "crash") as server:
        uid = server.send()
        server.process.wait(60)
    for _ in range(2):
        with running(tmp_path, "--backend", "echo", "--echo-fail", "crash") as server:
            server.process.wait(60)
    with running(tmp_path, "--backend", "echo", "--echo-fail", "crash") as server:
        told = server.status(uid)
        assert told["status"] == "error" and "3 times" in told["message"]
        assert server.get("/health").status_code == 200


def test_a_folder_is_for_one_server(tmp_path):
    with running(tmp_path, *QUICK) as server:
        done = start("--folder", str(tmp_path / "jobs"))
        assert done.returncode == 1 and "Another server" in done.stderr
        assert server.get("/health").status_code == 200


def test_damaged_and_left_over_folders_do_no_harm(tmp_path):
    jobs = tmp_path / "jobs" / "jobs"
    halfway, damaged = jobs / ("0" * 8 + "-0000-4000-8000-" + "0" * 12), jobs / "damaged"
    halfway.mkdir(parents=True)
    (halfway / "view-1.png").write_bytes(b"half a pict")
    damaged.mkdir()
    (damaged / "job.json").write_text('{"uid": "../../etc"}')
    with running(tmp_path, *QUICK) as server:
        assert server.ended(server.send())["status"] == "completed"
    assert not halfway.exists()  # never accepted: nobody was told its uid
    assert damaged.exists()  # of whoever put it there


def test_what_it_cannot_start_with_is_said_in_a_sentence(tmp_path):
    folder = ("--folder", str(tmp_path / "jobs"))
    done = start("--backend", "hunyuan2mini", *folder)
    assert done.returncode == 1
    for word in (
        "European Union",
        "United Kingdom",
        "South Korea",
        "--accept-tencent-licence",
    ):
        assert word in done.stderr
    done = start("--host", "203.0.113.1", *folder)
    assert done.returncode == 1 and "can't listen" in done.stderr
    (tmp_path / "file").write_text("")
    done = start("--folder", str(tmp_path / "file"))
    assert done.returncode == 1
    (tmp_path / "empty").write_text("\n")
    done = start("--token-file", str(tmp_path / "empty"), *folder)
    assert done.returncode == 1 and "no token" in done.stderr
    done = start(
        "--backend", "echo", "--load-now", "--echo-file", "/no/such.stl", *folder
    )
    assert done.returncode == 1 and "no file such.stl" in done.stderr
    for each in done.stderr.splitlines():
        assert "Traceback" not in each


def start(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "img2stl_gpu_server", "--port", "0", *options],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": f"{ROOT}:{SERVER}", "PATH": "/usr/bin:/bin"},
    )
