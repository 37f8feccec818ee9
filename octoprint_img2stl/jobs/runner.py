"""The queue of work: one job at a time in a worker process, with cancel and progress."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..machine import Machine
from ..problems import INFO, N_, Problem, Refusal
from . import candidates, photos
from .couriers import Couriers
from .engine import Goal, Options, execute
from .generators import Generators, OnlyLocal
from .model import MESH, Job, JobState
from .params import MESH_ROUTE, Params
from .pipeline import STL
from .refused import RunnerRefused, busy, no_photo
from .runner_solids import SolidRuns
from .store import JobStore, StoreRefused, display_name
from .warm import WarmWorker

__all__ = ["Runner", "RunnerRefused"]

ROOM_FOR_RESULTS_BYTES = 150 * 2**20  # mesh and G-code of a large, detailed relief
CANCEL_WAIT_S = 5.0
HOLD_TICK_S = 1.0

_log = logging.getLogger(__name__)


class Runner(SolidRuns):
    """Works on jobs in the background, in the order they were asked for.

    Args:
        store: where the jobs are.
        options: returns the limits and paths for the next run.
        changed: called with a job after every change; must be quick.
        first_params: returns what a job starts with, given its photo's size in pixels.
        hold: True keeps waiting jobs waiting (a print is running that must not be disturbed).
        warm: answers the short questions.
        generators: what can make a solid of photos.
    """

    def __init__(
        self,
        store: JobStore,
        options: Callable[[], Options],
        changed: Callable[[Job], None],
        first_params: Callable[[tuple[int, int]], Params],
        hold: Callable[[], bool],
        warm: WarmWorker,
        generators: Generators | None = None,
    ) -> None:
        self.store = store
        self.generators = generators or OnlyLocal()
        self.couriers = Couriers(
            store,
            self.generators,
            changed=changed,
            arrived=self._arrived,
            settled=self._came_back,
        )
        self.warm = warm
        self._options = options
        self._changed = changed
        self._first_params = first_params
        self._hold = hold
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._waiting: deque[str] = deque()
        self._opening: deque[str] = deque()
        self._running: str | None = None
        self._cancel: set[str] = set()
        self._photos_turn = threading.Lock()  # one further photo comes or goes at a time
        self._adding: str | None = None  # the job to which one is being added
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._loop, daemon=True, name="img2stl-runner"),
            threading.Thread(target=self._open_loop, daemon=True, name="img2stl-opener"),
        ]

    def start(self) -> None:
        """Begin to work; photos whose opening was cut off are opened again."""
        with self._lock:
            for job in self.store.all():
                if job.state is JobState.OPENING and job.kind == MESH:
                    self.open(job, Machine.from_json(job.machine or {}))
                elif job.state is JobState.OPENING:
                    self._opening.append(job.id)
                elif job.state is JobState.GENERATING:
                    self._go_on_generating(job)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all processes; a running job will be found interrupted at the next start."""
        with self._lock:
            self._stopping = True
            self._wake.notify_all()
        self.warm.close()
        self.couriers.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(CANCEL_WAIT_S)

    # -- what may be asked of a job ---------------------------------------------------------

    def open(self, job: Job, machine: Machine | None = None) -> None:
        """Have a new job's photo looked at, or its mesh read and repaired.

        Args:
            machine: whose nozzle decides how thick the walls are that a repair gives a mesh.
        """
        with self._lock:
            if job.kind == MESH:
                job.params = job.params or Params.defaults(MESH_ROUTE).to_json()
                job.machine = (machine or Machine()).to_json()
                self.store.save(job)
            # a photo is opened in no time; a mesh is work like any other
            line = self._waiting if job.kind == MESH else self._opening
            line.append(job.id)
            self._wake.notify_all()

    def make(self, job: Job, params: Params, machine: Machine) -> None:
        """Put a job in line with these parameters for this printer.

        Raises:
            RunnerRefused: the job is busy or its photo was never read.
            StoreRefused: disk or quota would not suffice.
        """
        with self._lock:
            self._require_idle(job)
            if not job.opened:
                raise no_photo()
            if params.solid is not None:
                params = self._of_the_chosen(job, params)
            self.store.require_room(ROOM_FOR_RESULTS_BYTES)
            job.params, job.machine = params.to_json(), machine.to_json()
            job.match_photos()
            self._enqueue(job)

    def resume(self, job: Job, machine: Machine) -> None:
        """Continue an interrupted, cancelled or failed job where it stopped.

        Args:
            job: the job.
            machine: the printer as it is set up now; what was done for another is done again.
        """
        with self._lock:
            self._require_idle(job)
            unread = not job.opened or (job.kind == MESH and "repair" not in job.steps)
            if unread:
                job.state, job.problem = JobState.OPENING, None
                self.store.save(job)
                self.open(job, machine)
                self._changed(job)
                return
            if job.machine is None or self._lacks_solid(job):
                raise RunnerRefused(
                    "jobs.nothing_to_continue",
                    N_("There is nothing to continue; choose what to make first."),
                )
            self.store.require_room(ROOM_FOR_RESULTS_BYTES)
            job.machine = machine.to_json()
            self._enqueue(job)

    def cancel(self, job: Job) -> None:
        """Stop waiting or working; returns at once, the processes end within two seconds."""
        with self._lock:
            if job.state is JobState.GENERATING and self.couriers.has(job.id):
                self.couriers.cancel(job.id)
            elif job.id in self._waiting and job.state is JobState.GENERATING:
                self._waiting.remove(job.id)
                self._give_up(job)
            elif job.id in self._waiting:
                self._waiting.remove(job.id)
                self._settle(job, JobState.CANCELLED)
            elif job.id == self._running:
                self._cancel.add(job.id)
            elif job.state is JobState.OPENING:
                if job.id in self._opening:
                    self._opening.remove(job.id)
                self._settle(job, JobState.CANCELLED)

    def delete(self, job: Job) -> None:
        """Cancel if need be, then remove the job with all its files."""
        self.cancel(job)
        deadline = time.monotonic() + CANCEL_WAIT_S
        while self._at_work(job) and time.monotonic() < deadline:
            time.sleep(0.05)
        with self._photos_turn:
            self.store.delete(job.id)

    def add_photo(self, job: Job, photo: Path, name: str, *, move: bool) -> int:
        """Give a job one more photo, once it was opened and found good.

        Args:
            photo: the file, moved or copied.
            name: what its owner calls it.

        Returns:
            Its number.

        Raises:
            RunnerRefused: the job is busy.
            StoreRefused: no room, or the job holds as many as it can.
            Refusal: the photo cannot be used; nothing of it is left then.
        """
        with self._photos_turn:
            with self._lock:
                self._require_not_at_work(job)
                self._adding = job.id
            try:
                number = self.store.take_photo(job, photo, move=move)
                task = {"do": "open", "folder": self._folder(job), "number": number}
                facts = self.warm.ask(task)
                with self._lock:
                    job.add_photo(number, display_name(name), facts)
                    self.store.save(job)
            finally:
                self._adding = None
                self.store.tidy_photos(job)
        self._changed(job)
        return number

    def remove_photo(self, job: Job, number: int) -> None:
        """Take a further photo out of a job again.

        Raises:
            RunnerRefused: the job is busy or has no such photo, or it is the first.
        """
        with self._photos_turn:
            with self._lock:
                self._require_not_at_work(job)
                if number == photos.FIRST:
                    raise RunnerRefused(
                        "jobs.first_photo",
                        N_(
                            "The first photo cannot be taken out of its job; begin a new job "
                            "with another one."
                        ),
                    )
                if number not in job.further_numbers:
                    raise RunnerRefused(
                        "jobs.no_such_photo",
                        N_("This job has no photo %(number)s any more; reload the page."),
                        number=number,
                    )
                job.remove_photo(number)
                self.store.save(job)
            self.store.tidy_photos(job)
        self._changed(job)

    def preview(self, job: Job, params: Params, machine: Machine) -> dict[str, Any]:
        """A mesh for the 3D view; see `relief.preview.coarse_mesh`, `meshes.preview`."""
        chosen = params.to_json()
        if "photos" in chosen:
            chosen["photos"] = photos.matched(chosen["photos"], job.further_numbers)
        task = {
            "do": "preview",
            "params": chosen,
            "machine": machine.to_json(),
            "folder": self._folder(job),
            "profiles": self._options().profiles,
        }
        return self.warm.ask(task, kind=f"preview {job.id}")

    def layer_picture(self, job: Job, layer: int) -> bytes:
        """One layer of the G-code as PNG; `layer` counts from 0."""
        return base64.b64decode(self._ask_layer("layer", job, layer))

    def layer_data(self, job: Job, layer: int) -> bytes:
        """One layer's lines as JSON, gzip; see `layer_work.lines`."""
        return base64.b64decode(self._ask_layer("layer_data", job, layer))

    def _ask_layer(self, do: str, job: Job, layer: int) -> str:
        task = {"do": do, "layer": layer, "machine": job.machine}
        return self.warm.ask({**task, "folder": self._folder(job)}, kind=f"{do} {job.id}")

    def orientations(
        self, job: Job, params: Params, machine: Machine
    ) -> list[dict[str, Any]]:
        """Ways to lay a job's mesh on the bed, the best first; see `meshes.orientations`."""
        task = {"do": "orient", "params": params.to_json(), "machine": machine.to_json()}
        return self.warm.ask(
            {**task, "folder": self._folder(job)}, kind=f"orient {job.id}"
        )

    def export(self, job: Job, ending: str) -> None:
        """Write the finished mesh in another format, `pipeline.EXPORTS`, into the folder.

        Raises:
            RunnerRefused: the job is busy.
            StoreRefused: no room.
        """
        with self._lock:
            self._require_idle(job)
        stl = self.store.path(job.id, STL)
        self.store.require_room(3 * stl.stat().st_size)
        task = {"do": "export", "folder": self._folder(job), "ending": ending}
        self.warm.ask({**task, "name": job.name}, kind=f"export {job.id}")
        self.store.measure(job.id)

    # -- inside -----------------------------------------------------------------------------

    def _folder(self, job: Job) -> str:
        return str(self.store.path(job.id))

    def _require_idle(self, job: Job) -> None:
        if job.active or job.id == self._adding:
            raise busy()

    def _require_not_at_work(self, job: Job) -> None:
        """While the first photo is being opened, others may already come."""
        self.store.get(job.id)  # refuses a job that was deleted meanwhile
        if job.state in (JobState.WAITING, JobState.RUNNING):
            raise busy()

    def _enqueue(self, job: Job) -> None:
        self._waiting.append(job.id)
        self._settle(job, JobState.WAITING)
        self._wake.notify_all()

    def _settle(self, job: Job, state: JobState) -> None:
        job.state, job.step, job.problem, job.percent = state, None, None, 0.0
        self.store.save(job)
        self._changed(job)

    def _next(self) -> Job | None:
        """Wait for a job that may be worked on now; None when stopping."""
        with self._lock:
            while not self._stopping:
                if self._waiting and not self._holding():
                    try:
                        job = self.store.get(self._waiting.popleft())
                    except StoreRefused:
                        continue
                    self._running = job.id
                    self._cancel.discard(job.id)
                    return job
                self._wake.wait(HOLD_TICK_S if self._waiting else None)
        return None

    def _holding(self) -> bool:
        if not self._hold():
            return False
        job = self.store.get(self._waiting[0])
        if job.problem is None:
            job.problem = Problem(
                "jobs.held",
                INFO,
                N_(
                    "Waits until the running print is finished, so as not to disturb it; "
                    "the settings can allow both at once."
                ),
            ).to_json()
            self._changed(job)
        return True

    def _loop(self) -> None:
        while (job := self._next()) is not None:
            try:
                goal = self._goal(job)
                to_be_sent = execute(
                    job,
                    self.store.path(job.id),
                    self._options_for(job),
                    save=self.store.save,
                    progress=self._changed,
                    cancelled=lambda job=job: self._stopping or job.id in self._cancel,
                    goal=goal,
                    stopping=lambda: self._stopping,
                )
                if self._stopping and job.state is JobState.CANCELLED:
                    # not the owner's wish; what was being opened is opened again
                    opening = goal is Goal.OPEN
                    job.state = JobState.OPENING if opening else JobState.INTERRUPTED
                    self.store.save(job)
                elif to_be_sent and not self._stopping:
                    self.couriers.take(job)
            except Exception as error:
                _log.exception("Job %s could not be worked on", job.id)
                self._fail(job, error)
            finally:
                with self._lock:
                    self._running = None
                    self._cancel.discard(job.id)
                self._measure(job)
                self._changed(job)

    def _fail(self, job: Job, error: Exception) -> None:
        """Last resort, for what should not happen: the disk gone, a folder deleted by hand."""
        problem = error.problem if isinstance(error, Refusal) else _unexpected(error)
        generating = job.state is JobState.GENERATING
        job.state, job.problem = JobState.FAILED, problem.to_json()
        if generating and job.pending is not None:
            job.pending.problem, job.problem = job.problem, None
            job.pending.state = candidates.FAILED
            job.rest()
        try:
            self.store.save(job)
        except OSError:
            _log.exception("Job %s could not be saved", job.id)

    def _open_loop(self) -> None:
        while True:
            with self._lock:
                while not self._opening and not self._stopping:
                    self._wake.wait()
                if self._stopping:
                    return
                try:
                    job = self.store.get(self._opening.popleft())
                except StoreRefused:
                    continue
            try:
                self._open(job)
            except Exception as error:
                _log.exception("The photo of job %s could not be opened", job.id)
                self._fail(job, error)
            self._measure(job)
            self._changed(job)

    def _open(self, job: Job) -> None:
        facts = problem = None
        try:
            facts = self.warm.ask({"do": "open", "folder": self._folder(job)})
        except Refusal as refusal:
            problem = refusal.problem
        with self._lock:
            if job.state is not JobState.OPENING or self._stopping:
                return
            if facts is not None:
                job.notices = facts.pop("notices")
                job.photo = facts
                if not job.params:  # a copy has its own
                    job.params = self._first_params(tuple(facts["size_px"])).to_json()
                    job.match_photos()
                job.state = JobState.DRAFT
            else:
                job.state, job.problem = JobState.FAILED, problem.to_json()
            self.store.save(job)

    def _measure(self, job: Job) -> None:
        if Path(self._folder(job)).is_dir():
            self.store.measure(job.id)


def _unexpected(error: Exception) -> Problem:
    return RunnerRefused(
        "jobs.runner_failed",
        N_("The work could not be done (%(kind)s); OctoPrint's log has the details."),
        kind=type(error).__name__,
    ).problem
