#!/usr/bin/env python3
"""How long a cancel takes until worker, slicer and the slicer's own children are gone.

The slicer is a script that hangs with a child of its own; the goal is under 2 s.

    .venv/bin/python extras/bench/cancel_time.py [--runs 10]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from octoprint_img2stl.jobs.engine import Options, execute  # noqa: E402
from octoprint_img2stl.jobs.params import Params  # noqa: E402
from octoprint_img2stl.jobs.steps import answer  # noqa: E402
from octoprint_img2stl.jobs.store import JobStore  # noqa: E402
from octoprint_img2stl.machine import Machine  # noqa: E402

SAMPLE = ROOT / "octoprint_img2stl" / "data" / "sample" / "cat.jpg"
HANGING = (
    "#!/bin/sh\nsleep 600 &\necho $! $$ $PPID > {pids}.new; mv {pids}.new {pids}\nwait\n"
)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def cancel_once(folder: Path) -> float:
    """Seconds from the cancel to the end of the last process."""
    store = JobStore(folder / "jobs")
    job = store.create(SAMPLE, "cat.jpg", "me", move=False)
    job.photo = answer({"do": "open", "folder": str(store.path(job.id))})
    params = Params.from_json({"relief": {"width": 30}})
    job.params, job.machine = params.to_json(), Machine().to_json()
    pids, slicer = folder / "pids", folder / "prusa-slicer"
    pids.unlink(missing_ok=True)
    slicer.write_text(HANGING.format(pids=pids))
    slicer.chmod(0o755)
    cancelled = threading.Event()
    work = threading.Thread(
        target=execute,
        args=(job, store.path(job.id), Options(slicer_path=str(slicer))),
        kwargs={
            "save": store.save,
            "progress": lambda job: None,
            "cancelled": cancelled.is_set,
        },
    )
    work.start()
    while not pids.exists():
        time.sleep(0.01)
    processes = [int(pid) for pid in pids.read_text().split()]
    started = time.monotonic()
    cancelled.set()
    while any(alive(pid) for pid in processes):
        time.sleep(0.005)
    seconds = time.monotonic() - started
    work.join()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        seconds = [cancel_once(Path(folder)) for _ in range(runs)]
    print(
        f"cancel of {runs} runs: median {statistics.median(seconds):.2f} s, "
        f"slowest {max(seconds):.2f} s (goal: under 2 s)"
    )


if __name__ == "__main__":
    main()
