"""What a runner does with the solids that are made of a job's photos."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..machine import Machine
from ..problems import N_
from . import candidates
from .candidates import Candidate
from .couriers import Couriers
from .engine import Goal, Options, forget_choice
from .generators import Generators
from .model import Job, JobState
from .params import SOLID_ROUTE, Params
from .refused import RunnerRefused, no_photo, no_solid
from .sending import check_views
from .store import JobStore
from .warm import WarmWorker

ROOM_BYTES = 150 * 2**20  # a mesh as detailed as a phone can show it, and its G-code


class SolidRuns:
    """The part of `Runner` that is about solids; it uses the rest of it."""

    store: JobStore
    warm: WarmWorker
    generators: Generators
    couriers: Couriers
    _changed: Callable[[Job], None]
    _options: Callable[[], Options]
    _lock: threading.RLock
    _wake: threading.Condition
    _waiting: deque[str]
    _running: str | None
    _stopping: bool
    _require_idle: Callable[[Job], None]
    _folder: Callable[[Job], str]

    def generate(self, job: Job, params: Params, machine: Machine) -> Candidate:
        """Have one more solid made of a job's photos; it is the chosen one if it is the first.

        Raises:
            RunnerRefused: the job is busy, its photo was never read, it has candidates enough.
            GeneratorRefused: there is no such endpoint, or it cannot use these photos.
            StoreRefused: disk or quota would not suffice.
        """
        generator = self.generators.get(params.solid.endpoint)
        with self._lock:
            self._require_idle(job)
            if not job.opened:
                raise no_photo()
            if len(job.candidates) >= candidates.MOST_CANDIDATES:
                raise RunnerRefused(
                    "jobs.too_many_candidates",
                    N_("A job keeps %(most)s solids and has them all; delete one first."),
                    most=candidates.MOST_CANDIDATES,
                )
            self.store.require_room(ROOM_BYTES)
            number = max((each.number for each in job.candidates), default=0) + 1
            chosen = job.chosen
            keeps = chosen is not None and job.mesh is not None
            solid = replace(params.solid, candidate=chosen.number if keeps else number)
            mesh = params.mesh
            if keeps:  # its own settings stay as they are
                mesh = Params.from_json(job.params).mesh
            candidate = Candidate.asked_of(generator, number, solid)
            job.params = replace(params, solid=solid, mesh=mesh).to_json()
            job.match_photos()
            laid = Params.from_json(job.params)
            shown = [
                {"role": solid.role_of(photo.number, place)}
                for place, photo in enumerate((laid.photo, *laid.photos))
            ]
            check_views(shown, generator)
            job.candidates = [*job.candidates, candidate]
            job.machine = machine.to_json()
            self._begin_generating(job)
            return candidate

    def choose(self, job: Job, number: int) -> None:
        """Go on with another of a job's solids.

        Raises:
            RunnerRefused: the job is busy or has no such solid.
        """
        with self._lock:
            self._require_idle(job)
            candidate = self.candidate(job, number)
            if not candidate.file:
                raise RunnerRefused(
                    "jobs.no_mesh_yet",
                    N_("This solid was not finished; have it made again."),
                )
            params = Params.from_json(job.params)
            start = candidates.first_mesh_settings(
                params.solid, candidate.file, candidate.up_axis
            )
            solid = replace(params.solid, candidate=number)
            job.params = replace(params, solid=solid, mesh=start).to_json()
            candidate.problem = None
            if candidate.mesh is None:  # it came, but could not be read the last time
                candidate.state = candidates.PENDING
            self._begin_generating(job)

    def send_again(self, job: Job, number: int) -> None:
        """Have a solid made after all that was perhaps being made already; may be paid twice.

        Raises:
            RunnerRefused: the job is busy or has no such solid.
        """
        with self._lock:
            self._require_idle(job)
            candidate = self.candidate(job, number)
            if candidate.state not in (candidates.UNSURE, candidates.FAILED):
                raise RunnerRefused(
                    "jobs.not_to_be_sent",
                    N_("This solid need not be sent again; reload the page."),
                )
            self.generators.get(candidate.endpoint)
            candidate.send_again()
            self._begin_generating(job)

    def remove_candidate(self, job: Job, number: int) -> None:
        """Forget a solid with its files.

        Raises:
            RunnerRefused: the job is busy, has no such solid, or goes on with this one.
        """
        with self._lock:
            self._require_idle(job)
            candidate = self.candidate(job, number)
            if job.chosen is candidate and job.mesh is not None:
                raise RunnerRefused(
                    "jobs.candidate_in_use",
                    N_("The job goes on with this solid; choose another one first."),
                )
            job.candidates = [each for each in job.candidates if each is not candidate]
            self.store.save(job)
            self.store.tidy_candidates(job)
        self._changed(job)

    def candidate(self, job: Job, number: int) -> Candidate:
        """Raises `RunnerRefused` (`jobs.no_such_candidate`) where the job has none such."""
        found = job.candidate(number)
        if found is None:
            raise RunnerRefused(
                "jobs.no_such_candidate",
                N_("This job has no solid %(number)s any more; reload the page."),
                number=number,
            )
        return found

    def cut_outs(
        self, job: Job, params: Params, *, needs_alpha: bool
    ) -> list[dict[str, Any]]:
        """The job's photos as full 3D would use them; see `solids.cut_outs`."""
        task = {
            "do": "cutout",
            "folder": self._folder(job),
            "params": params.to_json(),
            "needs_alpha": needs_alpha,
        }
        return self.warm.ask(task, kind=f"cutout {job.id}")

    # -- inside -----------------------------------------------------------------------------

    def _of_the_chosen(self, job: Job, params: Params) -> Params:
        """Parameters to make the chosen solid, whatever else was sent along."""
        if job.chosen is None or job.mesh is None:
            raise no_solid()
        solid = replace(params.solid, candidate=job.chosen.number)
        return replace(params, solid=solid)

    def _lacks_solid(self, job: Job) -> bool:
        return job.params.get("route") == SOLID_ROUTE and job.mesh is None

    def _begin_generating(self, job: Job) -> None:
        job.resting, job.state = job.state.value, JobState.GENERATING
        job.step, job.problem, job.percent = None, None, 0.0
        self.store.save(job)
        self._waiting.append(job.id)
        self._changed(job)
        self._wake.notify_all()

    def _go_on_generating(self, job: Job) -> None:
        """After a restart: where a solid was at its endpoint it is asked for again there."""
        candidate = job.pending
        at_endpoint = candidate is not None and candidate.errand and not candidate.file
        if at_endpoint and candidate.views:
            self.couriers.take(job)
        else:
            self._waiting.append(job.id)

    def _goal(self, job: Job) -> Goal:
        if job.state is JobState.OPENING:
            return Goal.OPEN
        if job.state is not JobState.GENERATING:
            return Goal.MAKE
        candidate = job.pending
        if candidate is None:
            return Goal.CHOOSE
        return Goal.TAKE_IN if candidate.file else Goal.GENERATE

    def _options_for(self, job: Job) -> Options:
        """Limits for a run, and how the photos are wanted where they are sent away."""
        options = self._options()
        candidate = job.pending if job.state is JobState.GENERATING else None
        if candidate is None:
            return options
        can = self.generators.get(candidate.endpoint).capabilities
        return options.for_photos_of(can)

    def _arrived(self, job: Job) -> None:
        """A solid came from its endpoint: look at it."""
        with self._lock:
            if not self._stopping:
                self._waiting.append(job.id)
                self._wake.notify_all()
        self._changed(job)

    def _came_back(self, job: Job) -> None:
        """A solid will not come."""
        with self._lock:
            if job.chosen is not None and job.mesh is None:
                forget_choice(job)
            job.problem = None
            job.rest()
            self.store.save(job)
        self._changed(job)

    def _give_up(self, job: Job) -> None:
        """Cancel a solid that nobody has begun with."""
        if job.pending is not None:
            job.pending.state = candidates.CANCELLED
        self._came_back(job)

    def _at_work(self, job: Job) -> bool:
        return self._running == job.id or self.couriers.has(job.id)
