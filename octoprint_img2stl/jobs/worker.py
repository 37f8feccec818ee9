"""The separate process in which every heavy step runs.

    python -m octoprint_img2stl.jobs.worker job FOLDER    does the steps of FOLDER/task.json
    python -m octoprint_img2stl.jobs.worker serve SECONDS answers tasks on standard input, and
                                                          leaves after SECONDS without one

It speaks JSON lines on standard output. Standard input is a pipe held by the parent: its end
means that the parent is gone, and then this process and its slicer go too.
"""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import select
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..problems import N_, Problem, Refusal
from ..process import kill_group

TASK_FILE = "task.json"
# How libraries put it when they got no memory and did not raise MemoryError: the dynamic
# linker, the C library, Python's threads, OpenBLAS, C++.
SHORT_OF_MEMORY = re.compile(
    r"failed to map segment|cannot allocate memory|can't start new thread"
    r"|memory allocation (still )?failed|bad_alloc",
    re.IGNORECASE,
)
NEAR_THE_LIMIT = 0.75


class WorkerRefused(Refusal):
    """The worker could not finish for a reason of its own."""


class Voice:
    """Where a worker's events go: one JSON line each."""

    def __init__(self) -> None:
        # Libraries may print; that must not end up between our lines.
        self._out = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def say(self, event: str, **data: Any) -> None:
        line = json.dumps({"event": event, **data})
        try:
            with self._lock:
                self._out.write(line + "\n")
                self._out.flush()
        except BrokenPipeError:
            leave_with_slicer()


class Slicers:
    """Process groups started from here, to be ended with us."""

    groups: set[int] = set()


def leave_with_slicer() -> None:
    for group in tuple(Slicers.groups):
        kill_group(group)
    os._exit(1)


def watch_parent() -> None:
    """Leave when the pipe from the parent closes, whatever the main thread is doing."""

    def watch() -> None:
        while sys.stdin.buffer.raw.read(4096):
            pass
        leave_with_slicer()

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()


def guarded(work: Callable[[], Any]) -> tuple[Any, Problem | None]:
    """Run `work`; any failure becomes a problem with a plain sentence, never a traceback."""
    try:
        return work(), None
    except Refusal as refusal:
        return None, refusal.problem
    except Exception as error:
        traceback.print_exc()  # to the job's log
        if _is_lack_of_memory(error):
            return None, out_of_memory()
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return None, WorkerRefused(
                "jobs.disk_full_while_working",
                N_("The disk became full during the work; free some space and continue."),
            ).problem
        return None, _unexpected(error)


def _is_lack_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError) or SHORT_OF_MEMORY.search(str(error)):
        return True
    # A library that cannot be loaded next to the limit fails in any of a hundred ways.
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    if (
        not isinstance(error, (ImportError, SystemError))
        or limit == resource.RLIM_INFINITY
    ):
        return False
    with open("/proc/self/status") as status:
        used = next(line for line in status if line.startswith("VmData:"))
    return int(used.split()[1]) * 1024 > NEAR_THE_LIMIT * limit


def out_of_memory() -> Problem:
    return WorkerRefused(
        "jobs.out_of_memory",
        N_(
            "The memory set aside for the work ran out; choose a smaller size or a larger "
            "error bound, or raise the memory limit in the settings."
        ),
    ).problem


def _unexpected(error: Exception) -> Problem:
    return WorkerRefused(
        "jobs.unexpected",
        N_(
            "Something unexpected went wrong (%(kind)s); the job's log has the details. "
            "Trying again with other settings may help."
        ),
        kind=type(error).__name__,
    ).problem


def do_job(folder: Path, voice: Voice) -> int:
    """Do the steps that FOLDER/task.json asks for, reporting each."""
    from . import steps

    watch_parent()
    task = steps.Task.from_json(json.loads((folder / TASK_FILE).read_text()))
    for name in task.steps:
        voice.say("step", step=name)
        meter = steps.Meter()
        facts, problem = guarded(
            lambda name=name, task=task: steps.run(
                name,
                task,
                folder,
                progress=lambda fraction, name=name: voice.say(
                    "progress", step=name, fraction=round(fraction, 4)
                ),
                started=lambda pid: (
                    Slicers.groups.add(pid),
                    voice.say("process", pid=pid),
                ),
            )
        )
        if problem is not None:
            voice.say("refused", step=name, problem=problem.to_json())
            return 1
        voice.say("done", step=name, facts=facts, **meter.read())
        if facts.get("params"):  # what the step found out changes what is to be done
            task = replace(task, params=facts["params"])
        if facts.get("refused"):  # done, but there is no use in going on
            voice.say("refused", step=name, problem=facts["refused"])
            return 1
    voice.say("finished")
    return 0


def serve(idle_s: float, voice: Voice) -> int:
    """Answer one task a line until nobody asks for a while."""
    from . import steps

    asked = sys.stdin.buffer.raw
    buffer = b""
    while select.select([asked], [], [], idle_s)[0]:
        data = asked.read(65536)
        if not data:
            break
        buffer += data
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            task = json.loads(line)
            answer, problem = guarded(lambda task=task: steps.answer(task))
            if problem is not None:
                voice.say("refused", problem=problem.to_json())
            else:
                voice.say("answer", answer=answer)
    return 0


def main(arguments: list[str]) -> int:
    voice = Voice()
    if arguments[0] == "job":
        return do_job(Path(arguments[1]), voice)
    return serve(float(arguments[1]), voice)


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)  # the parent-watching thread must not hold us up
