"""Doing one job from beginning to end by a worker process; the same with and without OctoPrint."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from ..files import tidy, write_json
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
from ..slicing.owner_paths import OwnerPaths, key_of, paths_to_json
from ..slicing.profile_files import load_saved
from ..solid3d.driver import Capabilities
from . import candidates, pipeline, report
from .candidates import Candidate
from .model import Job, JobState, StepRecord
from .params import Params
from .steps import Task
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


class Goal(str, Enum):
    """Up to where a job is worked on."""

    MAKE = "make"  # to the end
    OPEN = "open"  # a mesh that was brought is read and repaired
    GENERATE = (
        "generate"  # a solid is made of the photos, or they are made ready to be sent
    )
    TAKE_IN = "take_in"  # a solid that came from an endpoint is looked at
    CHOOSE = "choose"  # the chosen solid is read and repaired

    @property
    def of_a_solid(self) -> bool:
        return self in (Goal.GENERATE, Goal.TAKE_IN, Goal.CHOOSE)


# The state while it is worked on, and the one afterwards where all went well.
STATES = {
    Goal.MAKE: (JobState.RUNNING, JobState.DONE),
    Goal.OPEN: (JobState.OPENING, JobState.DRAFT),
    **dict.fromkeys(
        (Goal.GENERATE, Goal.TAKE_IN, Goal.CHOOSE), (JobState.GENERATING, JobState.DRAFT)
    ),
}


@dataclass(frozen=True)
class Options:
    """How jobs are worked on.

    Attributes:
        memory_bytes: limit of the worker and of the slicer, each.
        time_s: limit of one run, the slicer's included.
        slicers: where the owner has the slicers.
        profile: file with the owner's own slicer settings, or None.
        profiles: folder of the saved profiles, or None.
        paces: file with what slices took, for the progress, or None.
        slicing: False stops after the checks.
        spare_core: leave one processor core to a running print.
        guess: give a mesh whose size cannot be meant so another one.
        needs_alpha: photos must be cut out for the generator that was chosen.
        cuts_itself: it cuts them out itself.
    """

    memory_bytes: int | None = None
    time_s: float | None = None
    slicers: OwnerPaths = field(default_factory=dict)
    profile: str | None = None
    profiles: str | None = None
    paces: str | None = None
    slicing: bool = True
    spare_core: bool = False
    guess: bool = False
    needs_alpha: bool = True
    cuts_itself: bool = False

    def for_photos_of(self, can: Capabilities) -> Options:
        """The same, with photos as a generator wants them that can do this."""
        return replace(
            self,
            needs_alpha=can.needs_alpha,
            cuts_itself=can.removes_background and not can.needs_alpha,
        )


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
    goal: Goal = Goal.MAKE,
    stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Do what is still to be done of a job; its state says afterwards how it went.

    Args:
        job: `params` and `machine` must be set; steps, state and problem are updated.
        folder: the job's folder.
        options: limits and paths.
        save: called whenever the job changed in a way worth keeping.
        progress: called on every sign of life, `step` and `percent` being up to date.
        cancelled: asked several times a second.
        goal: how far to go.
        stopping: whether it was cancelled only because we end; a solid is gone on with later.

    Returns:
        Whether the job's photos are ready and its endpoint is to be asked now. The state does
        not tell: as soon as a job rests, its owner may have begun something else with it.
    """
    wanted = _keys(job, options)
    steps = _steps(job, folder, wanted, options, goal)
    _forget(job, folder, steps, options.slicing)
    steps = _up_to(goal, steps)
    running, well = STATES[goal]
    job.state = running
    job.problem, job.percent = None, 0.0
    job.step = steps[0] if steps else None
    save(job)
    progress(job)
    started = time.monotonic()
    outcome = None
    if steps:
        write_json(folder / TASK_FILE, _task(job, options, steps, goal).to_json())
        outcome = _work(job, folder, options, steps, wanted, save, progress, cancelled)
    state, problem = _verdict(outcome)
    job.problem = problem and problem.to_json()
    shutil.rmtree(folder / pipeline.WORK / "slicer", ignore_errors=True)
    shutil.rmtree(folder / pipeline.SCRATCH, ignore_errors=True)
    for part in (folder / pipeline.WORK).glob("*.part"):
        part.unlink(missing_ok=True)
    tidy(folder / pipeline.WORK)
    if job.steps and goal is Goal.MAKE:
        write_json(folder / pipeline.REPORT, report.build(job))
    _log(folder, f"{state.value} after {time.monotonic() - started:.1f} s")
    to_be_sent = False
    if goal.of_a_solid:
        if not (state is JobState.CANCELLED and stopping()):
            to_be_sent = _settle_solid(job, goal, state)
    else:
        if state is JobState.DONE:
            state = well
            job.percent = 100.0 if well is JobState.DONE else 0.0
        if state is not JobState.FAILED:
            job.step = None
        job.state = state  # last, because others look at it: everything is in place now
    save(job)
    progress(job)
    return to_be_sent


def _steps(
    job: Job, folder: Path, wanted: dict[str, str], options: Options, goal: Goal
) -> list[str]:
    """What is to be done, in order; for a solid also what is no longer true because of it."""
    if goal not in (Goal.GENERATE, Goal.TAKE_IN):
        return pipeline.todo(job, folder, wanted, slicing=options.slicing)
    candidate, steps = job.pending, []
    if goal is Goal.GENERATE:
        steps += ["views"]
    if goal is Goal.GENERATE and candidate.is_local:
        steps += ["generate"]
    if goal is Goal.TAKE_IN or candidate.is_local:
        steps += ["look"]
        if job.chosen is candidate:
            job.steps.clear()
            steps += pipeline.todo(job, folder, wanted, slicing=options.slicing)
    return steps


def _up_to(goal: Goal, steps: list[str]) -> list[str]:
    """Those of the steps that this goal is about."""
    if goal is Goal.MAKE:
        return steps
    solid = [step.name for step in pipeline.GENERATING_STEPS]
    return [name for name in steps if name in (*solid, *pipeline.OPENING_STEPS)]


def _task(job: Job, options: Options, steps: list[str], goal: Goal) -> Task:
    candidate = job.pending if goal.of_a_solid else None
    return Task(
        params=Params.from_json(job.params).to_json(),
        machine=Machine.from_json(job.machine).to_json(),
        steps=steps,
        slicers=paths_to_json(options.slicers),
        profile=options.profile,
        profiles=options.profiles,
        paces=options.paces,
        slicer_memory_bytes=options.memory_bytes,
        slicer_time_s=options.time_s,
        name=job.name,
        guess=goal is Goal.OPEN or options.guess,
        candidate=candidate.number if candidate else 0,
        candidate_file=candidate.file if candidate else "",
        up_axis=candidate.up_axis if candidate else "z",
        needs_alpha=options.needs_alpha,
        cuts_itself=options.cuts_itself,
    )


def _settle_solid(job: Job, goal: Goal, state: JobState) -> bool:
    """How it went with a solid is told by the candidate; the job goes back to where it was.

    Returns:
        Whether the photos are ready and an endpoint is to be asked for the solid.
    """
    candidate = job.pending or job.chosen
    problem, job.problem = job.problem, None
    if state is JobState.DONE:
        if job.pending and not job.pending.mesh:
            return True
        if job.pending:
            job.pending.state = candidates.DONE
    elif candidate is not None:
        cancelled = state is JobState.CANCELLED
        if goal is not Goal.CHOOSE:
            candidate.state = candidates.CANCELLED if cancelled else candidates.FAILED
        candidate.problem = problem
        if job.chosen is candidate:
            forget_choice(job)
    job.rest()
    return False


def forget_choice(job: Job) -> None:
    """No solid is chosen any more."""
    job.params = {**job.params, "solid": {**job.params["solid"], "candidate": 0}}
    job.mesh = None
    job.steps.clear()


def _keys(job: Job, options: Options) -> dict[str, str]:
    params = Params.from_json(job.params)
    profile_key = (options.profile or "") + _saved_key(params, options)
    return pipeline.keys(
        params, Machine.from_json(job.machine), key_of(options.slicers) + profile_key
    )


def _saved_key(params: Params, options: Options) -> str:
    """Of the saved profile as it is now; one that is gone is refused by the step itself."""
    profile = params.slicing.profile
    if not profile or options.profiles is None:
        return ""
    try:
        return load_saved(options.profiles, profile).fingerprint
    except Refusal:
        return ""


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
    if doomed and doomed <= {step.name for step in pipeline.GENERATING_STEPS}:
        return  # another solid beside a finished one leaves that alone
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

    def heard(event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "refused":
            job.step = event["step"]
        elif kind == "done":
            facts = event["facts"]
            peak = max(int(event["peak_memory_bytes"]), facts.pop("peak_memory_bytes", 0))
            name = event["step"]
            if "params" in facts:
                job.params = facts.pop("params")
                wanted.update(_keys(job, options))
            if name in wanted:
                record = StepRecord(wanted[name], facts, event["seconds"], peak)
                job.steps[name] = record
            else:
                _note(job.pending, name, facts, event["seconds"])
            if name == "load":
                job.mesh = dict(facts)
            job.percent = pipeline.percent(steps, name, 1.0)
            save(job)
            progress(job)
        else:
            job.step = event["step"]
            job.percent = pipeline.percent(steps, job.step, event.get("fraction", 0.0))
            progress(job)

    return run_worker(folder, options, heard, cancelled)


def run_worker(
    folder: Path,
    options: Options,
    heard: Callable[[dict[str, Any]], None],
    cancelled: Callable[[], bool],
) -> Problem | None:
    """Have a worker process do the steps of FOLDER/task.json; None: it finished them all.

    Args:
        folder: holds the task; what the worker and its slicer say goes to its log.
        options: limits.
        heard: called with what the worker tells of its steps: ``step``, ``progress``,
            ``done`` and ``refused``, see `worker.do_job`.
        cancelled: asked several times a second; the answer is then ``jobs.cancelled``.
    """
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
        else:
            if kind == "refused":
                ending["end"] = Problem.from_json(event["problem"])
            heard(event)

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


def _note(candidate: Candidate, step: str, facts: dict[str, Any], seconds: float) -> None:
    """What a step on the way to a solid found."""
    if step == "views":  # begins anew
        candidate.findings, candidate.views = [], facts["views"]
        candidate.seconds = 0.0
    elif step == "generate":
        candidate.file, candidate.up_axis = facts["file"], facts["up_axis"]
        candidate.seconds = seconds
    elif step == "look":
        candidate.mesh = facts["mesh"]
    candidate.findings = [*candidate.findings, *facts["problems"]]


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
