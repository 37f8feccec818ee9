"""Doing one job from beginning to end by a worker process; the same with and without OctoPrint."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..machine import Machine
from ..problems import N_, WARNING, Problem, Refusal
from ..process import (
    CANCELLED,
    KILLED,
    MEMORY,
    TIMEOUT,
    Finished,
    Limits,
    kill_group,
    run,
)
from . import pipeline, report
from .model import Job, JobState, StepRecord
from .params import Params
from .steps import Task
from .store import write_json
from .worker import SHORT_OF_MEMORY, TASK_FILE, out_of_memory

WORKER = "octoprint_img2stl.jobs.worker"
PACKAGE_HOME = Path(__file__).parents[2]
WORKER_ENV = {
    # the worker must find this very package, wherever it was loaded from
    "PYTHONPATH": os.pathsep.join(
        filter(None, [str(PACKAGE_HOME), os.environ.get("PYTHONPATH")])
    ),
    # one thread each: the pools of numerical libraries only cost memory here
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
LOG_LIMIT = 400_000  # characters of a job's log


class EngineRefused(Refusal):
    """The worker process ended without finishing."""


@dataclass(frozen=True)
class Options:
    """How jobs are worked on.

    Attributes:
        memory_bytes: limit of the worker and of the slicer, each.
        time_s: limit of one run, the slicer's included.
        slicer_path: the slicer's program, empty to look for it.
        profile: file with the owner's own slicer settings, or None.
        slicing: False stops after the checks.
        spare_core: leave one processor core to a running print.
        guess: give a mesh whose size cannot be meant so another one.
    """

    memory_bytes: int | None = None
    time_s: float | None = None
    slicer_path: str = ""
    profile: str | None = None
    slicing: bool = True
    spare_core: bool = False
    guess: bool = False


def worker_argv(*arguments: str) -> list[str]:
    return [sys.executable, "-m", WORKER, *arguments]


def execute(
    job: Job,
    folder: Path,
    options: Options,
    *,
    save: Callable[[Job], None],
    progress: Callable[[Job], None],
    cancelled: Callable[[], bool],
    opening: bool = False,
) -> None:
    """Do what is still to be done of a job; its state says afterwards how it went.

    Args:
        job: `params` and `machine` must be set; steps, state and problem are updated.
        folder: the job's folder.
        options: limits and paths.
        save: called whenever the job changed in a way worth keeping.
        progress: called on every sign of life, `step` and `percent` being up to date.
        cancelled: asked several times a second.
        opening: a mesh is only read and repaired, its state being `OPENING` meanwhile
            and `DRAFT` afterwards.
    """
    params, machine = Params.from_json(job.params), Machine.from_json(job.machine)
    wanted = _keys(job, options)
    steps = pipeline.todo(job, folder, wanted, slicing=options.slicing)
    _forget(job, folder, steps, options.slicing)
    if opening:
        steps = [name for name in steps if name in pipeline.OPENING_STEPS]
    job.state = JobState.OPENING if opening else JobState.RUNNING
    job.problem, job.percent = None, 0.0
    job.step = steps[0] if steps else None
    save(job)
    progress(job)
    started = time.monotonic()
    outcome = None
    if steps:
        task = Task(
            params=params.to_json(),
            machine=machine.to_json(),
            steps=steps,
            slicer_path=options.slicer_path,
            profile=options.profile,
            slicer_memory_bytes=options.memory_bytes,
            slicer_time_s=options.time_s,
            name=job.name,
            guess=opening or options.guess,
        )
        write_json(folder / TASK_FILE, task.to_json())
        outcome = _work(job, folder, options, steps, wanted, save, progress, cancelled)
    state, problem = _verdict(outcome)
    job.problem = problem and problem.to_json()
    shutil.rmtree(folder / pipeline.WORK / "slicer", ignore_errors=True)
    shutil.rmtree(folder / pipeline.SCRATCH, ignore_errors=True)
    for part in (folder / pipeline.WORK).glob("*.part"):
        part.unlink(missing_ok=True)
    if job.steps and not opening:
        write_json(folder / pipeline.REPORT, report.build(job))
    _log(folder, f"{state.value} after {time.monotonic() - started:.1f} s")
    if state is JobState.DONE:
        job.percent = 100.0
    if opening and state is JobState.DONE:
        state, job.percent = JobState.DRAFT, 0.0
    if state is not JobState.FAILED:
        job.step = None
    job.state = state  # last, because others look at it: everything is in place now
    save(job)
    progress(job)


def _keys(job: Job, options: Options) -> dict[str, str]:
    return pipeline.keys(
        Params.from_json(job.params),
        Machine.from_json(job.machine),
        options.slicer_path + (options.profile or ""),
    )


def _verdict(outcome: Problem | None) -> tuple[JobState, Problem | None]:
    """The state a job ends in, and what its owner is told."""
    if outcome is None:
        return JobState.DONE, None
    if outcome.code in pipeline.NO_SLICER:
        return JobState.DONE, replace(outcome, severity=WARNING)
    if outcome.code == "jobs.cancelled":
        return JobState.CANCELLED, None
    return JobState.FAILED, outcome


def _forget(job: Job, folder: Path, steps: list[str], slicing: bool) -> None:
    """Drop the results of steps that will be done again, and of what came after them."""
    doomed = set(steps)
    if not slicing:
        doomed.update(pipeline.SLICING_STEPS)
    for step in pipeline.steps_of(job.params.get("route")):
        if step.name in doomed:
            job.steps.pop(step.name, None)
            for file in step.files:
                if step.name != "check":  # its file is the relief's
                    (folder / file).unlink(missing_ok=True)
            if step.name == "check":
                (folder / pipeline.VIEW).unlink(missing_ok=True)
                for ending in pipeline.EXPORTS:
                    (folder / f"model.{ending}").unlink(missing_ok=True)
    (folder / pipeline.REPORT).unlink(missing_ok=True)


def _work(
    job: Job,
    folder: Path,
    options: Options,
    steps: list[str],
    wanted: dict[str, str],
    save: Callable[[Job], None],
    progress: Callable[[Job], None],
    cancelled: Callable[[], bool],
) -> Problem | None:
    """Run the worker process; None means that it finished all steps."""
    groups: set[int] = set()
    ending: dict[str, Problem | None] = {}
    short_of_memory: list[str] = []

    def hear(stream: str, line: str) -> None:
        event = _event(line) if stream == "stdout" else None
        if event is None:
            _log(folder, line)
            if SHORT_OF_MEMORY.search(line):
                short_of_memory.append(line)
            return
        kind = event["event"]
        if kind == "process":
            groups.add(int(event["pid"]))
        elif kind == "finished":
            ending["end"] = None
        elif kind == "refused":
            job.step = event["step"]
            ending["end"] = Problem.from_json(event["problem"])
        elif kind == "done":
            facts = event["facts"]
            peak = max(int(event["peak_memory_bytes"]), facts.pop("peak_memory_bytes", 0))
            name = event["step"]
            if "params" in facts:
                job.params = facts.pop("params")
                wanted.update(_keys(job, options))
            job.steps[name] = StepRecord(wanted[name], facts, event["seconds"], peak)
            if name == "load":
                job.mesh = dict(facts)
            job.percent = pipeline.percent(steps, name, 1.0)
            save(job)
            progress(job)
        else:
            job.step = event["step"]
            job.percent = pipeline.percent(steps, job.step, event.get("fraction", 0.0))
            progress(job)

    scratch = folder / pipeline.SCRATCH
    scratch.mkdir(parents=True, exist_ok=True)
    finished = run(
        worker_argv("job", str(folder)),
        cwd=folder,
        limits=Limits(
            options.memory_bytes, options.time_s, spare_core=options.spare_core
        ),
        on_line=hear,
        cancelled=cancelled,
        # what a killed worker leaves behind must be found again
        env={**WORKER_ENV, "TMPDIR": str(scratch)},
        stdin=True,
    )
    for group in groups:  # a slicer whose worker is gone has nobody to work for
        kill_group(group)
    if finished.ended == CANCELLED:
        return EngineRefused("jobs.cancelled", N_("The job was cancelled.")).problem
    if "end" in ending:
        return ending["end"]
    return out_of_memory() if short_of_memory else how_it_ended(finished)


def how_it_ended(finished: Finished) -> Problem:
    """The plain sentence for a worker that ended without saying why."""
    if finished.ended == TIMEOUT:
        return EngineRefused(
            "jobs.timeout",
            N_(
                "The work took longer than the limit of %(minutes)s minutes and was ended; "
                "choose a smaller size, or raise the time limit in the settings."
            ),
            minutes=round(finished.wall_s / 60, 1),
        ).problem
    if finished.ended == MEMORY:
        return out_of_memory()
    if finished.ended == KILLED:
        return EngineRefused(
            "jobs.worker_killed",
            N_(
                "The system ended the work, most likely because memory ran out; continue "
                "when less is running, or choose a smaller size."
            ),
        ).problem
    return EngineRefused(
        "jobs.worker_crashed",
        N_(
            "The working process crashed (%(how)s); continue to try once more. The job's "
            "log has the details."
        ),
        how=_how(finished.returncode),
    ).problem


def _how(returncode: int) -> str:
    if returncode < 0:
        try:
            return signal.Signals(-returncode).name
        except ValueError:
            pass
    return f"status {returncode}"


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _log(folder: Path, line: str) -> None:
    path = folder / pipeline.LOG
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.write_text(path.read_text(errors="replace")[-LOG_LIMIT // 2 :])
    with open(path, "a", encoding="utf-8") as file:
        file.write(time.strftime("%Y-%m-%d %H:%M:%S ") + line + "\n")
