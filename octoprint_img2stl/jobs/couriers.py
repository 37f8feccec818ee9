"""Solids on their way to an endpoint and back: one thread for each endpoint.

They run beside the queue of work, because a job may wait for days for an endpoint that is
off, and cost nothing meanwhile. One after the other for each endpoint: most of those at home
have one graphics card.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ..problems import N_, Problem, Refusal
from ..solid3d import registry
from ..solid3d.courier import Courier, Errand
from ..solid3d.driver import Driver, JobSpec
from ..solid3d.endpoint import Endpoint
from ..solid3d.refused import DriverFailed
from ..solid3d.settings import SolidSettings
from . import candidates
from .candidates import Candidate
from .generators import Generator, Generators
from .model import Job
from .pipeline import REMOTE, VIEWS_FACTS
from .sending import views_for
from .store import JobStore, StoreRefused

STOP_WAIT_S = 5.0

_log = logging.getLogger(__name__)


class Couriers:
    """Carries candidates of jobs to their endpoints.

    Args:
        store: where the jobs are.
        generators: where endpoints are found.
        changed: called with a job after every change of its candidate; must be quick.
        arrived: called with a job whose candidate's mesh is there.
        settled: called with a job whose candidate will not come.
    """

    def __init__(
        self,
        store: JobStore,
        generators: Generators,
        *,
        changed: Callable[[Job], None],
        arrived: Callable[[Job], None],
        settled: Callable[[Job], None],
    ) -> None:
        self._store = store
        self._generators = generators
        self._changed = changed
        self._arrived = arrived
        self._settled = settled
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}
        self._stopping = False

    def take(self, job: Job) -> None:
        """Carry the job's pending candidate, whose photos are ready."""
        with self._lock:
            if self._stopping:
                return
            endpoint = job.pending.endpoint
            line = self._lines.get(endpoint)
            if line is None:
                line = self._lines[endpoint] = _Line(endpoint, self._carry)
            line.add(job.id)

    def has(self, job_id: str) -> bool:
        """Whether a job is waiting for, or at, its endpoint."""
        return any(line.has(job_id) for line in list(self._lines.values()))

    def cancel(self, job_id: str) -> None:
        """Give up a job's candidate, at its endpoint as well; returns at once."""
        for line in list(self._lines.values()):
            line.cancel(job_id)

    def wake(self, endpoint: str) -> None:
        """The endpoint answers again: ask it at once."""
        line = self._lines.get(endpoint)
        if line is not None:
            line.wake.set()

    def stop(self) -> None:
        """End all threads; the jobs go on at their endpoints and are found again."""
        with self._lock:
            self._stopping = True
        for line in list(self._lines.values()):
            line.stop()
        deadline = time.monotonic() + STOP_WAIT_S
        for line in list(self._lines.values()):
            line.thread.join(max(0.0, deadline - time.monotonic()))

    # -- in the endpoint's thread -----------------------------------------------------------

    def _carry(self, line: _Line, job_id: str) -> None:
        try:
            job = self._store.get(job_id)
        except StoreRefused:
            return
        candidate = job.pending
        if candidate is None or candidate.endpoint != line.endpoint:
            return
        try:
            errand = self._errand(line, job, candidate)
        except Exception as error:
            problem = error.problem if isinstance(error, Refusal) else unexpected(error)
            if not isinstance(error, Refusal):
                _log.exception("Candidate of job %s could not be carried", job.id)
            candidate.state, candidate.problem = candidates.FAILED, problem.to_json()
            errand = None
        if line.stopping:
            return
        if errand is not None:
            _conclude(candidate, errand)
        shutil.rmtree(self._store.path(job.id, REMOTE), ignore_errors=True)
        if candidate.state == candidates.PENDING:
            if errand.running_since and errand.seed is not None:
                detail = candidate.settings.get("detail", "normal")
                candidate.seconds = max(0.0, time.time() - errand.running_since)
                self._generators.took(candidate.endpoint, detail, candidate.seconds)
            self._store.save(job)
            self._arrived(job)
        else:
            self._store.save(job)
            self._settled(job)

    def _driver(self, line: _Line, job_id: str, endpoint: Endpoint) -> Driver:
        driver = registry.make(endpoint)
        if line.is_at(job_id):
            line.driver = driver
        return driver

    def _asked(self, line: _Line, job_id: str, endpoint: Endpoint) -> Generator:
        """What the endpoint can do; it is asked where nobody ever did."""
        if not self._generators.is_known(endpoint.id):
            driver = self._driver(line, job_id, endpoint)
            try:
                self._generators.learned(endpoint.id, driver.probe())
            except DriverFailed as failure:  # it will be told when the job is sent
                _log.debug("%s could not be asked: %s", endpoint.host, failure.code)
            finally:
                driver.close()
        return self._generators.get(endpoint.id)

    def _errand(self, line: _Line, job: Job, candidate: Candidate) -> Errand:
        endpoint = self._generators.endpoint(candidate.endpoint)
        generator = self._asked(line, job.id, endpoint)
        folder = self._store.path(job.id)
        spec = spec_of(folder, candidate, generator, endpoint)
        errand = (
            Errand.from_json(candidate.errand)
            if candidate.errand
            else Errand.new(seed=spec.seed, now=time.time())
        )

        def save(errand: Errand) -> None:
            candidate.errand = errand.to_json()
            job.step = "generate"
            job.percent = 100 * (errand.progress or 0.0)
            self._store.save(job)
            self._changed(job)

        courier = Courier(
            lambda: self._driver(line, job.id, endpoint),
            endpoint,
            generator.capabilities,
            pause=line.pause,
        )
        courier.carry(
            errand,
            spec,
            folder / candidates.stem(candidate.number),
            save=save,
            cancelled=lambda: job.id in line.cancelled,
            stopping=lambda: line.stopping,
        )
        candidate.errand = errand.to_json()
        return errand


class _Line:
    """The jobs of one endpoint, and the thread that carries them."""

    def __init__(self, endpoint: str, carry: Callable[[_Line, str], None]) -> None:
        self.endpoint = endpoint
        self.wake = threading.Event()
        self.cancelled: set[str] = set()
        self.driver: Driver | None = None
        self.stopping = False
        self._carry = carry
        self._waiting: deque[str] = deque()
        self._now: str | None = None
        self._ending: set[str] = set()  # cancelled before their turn
        self._news = threading.Condition()
        self.thread = threading.Thread(
            target=self._loop, daemon=True, name=f"img2stl-courier-{endpoint}"
        )
        self.thread.start()

    def is_at(self, job_id: str) -> bool:
        return job_id == self._now

    def add(self, job_id: str) -> None:
        with self._news:
            self.cancelled.discard(job_id)
            if job_id not in self._waiting and job_id != self._now:
                self._waiting.append(job_id)
            self._news.notify()

    def has(self, job_id: str) -> bool:
        with self._news:
            return job_id in (self._now, *self._waiting, *self._ending)

    def cancel(self, job_id: str) -> None:
        with self._news:
            if job_id == self._now:
                self.cancelled.add(job_id)
                if self.driver is not None:
                    self.driver.abort()
                self.wake.set()
            elif job_id in self._waiting:
                # The one before it may take days; it may be at the endpoint all the same.
                self._waiting.remove(job_id)
                self._ending.add(job_id)
                self.cancelled.add(job_id)
                threading.Thread(
                    target=self._do, args=(job_id,), daemon=True, name=self.thread.name
                ).start()

    def _do(self, job_id: str) -> None:
        try:
            self._carry(self, job_id)
        except Exception:
            _log.exception("Something went wrong on the way to an endpoint")
        finally:
            with self._news:
                self.cancelled.discard(job_id)
                self._ending.discard(job_id)

    def stop(self) -> None:
        with self._news:
            self.stopping = True
            if self.driver is not None:
                self.driver.abort()
            self._news.notify()
        self.wake.set()

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until something happens."""
        self.wake.wait(seconds)
        self.wake.clear()

    def _loop(self) -> None:
        while True:
            with self._news:
                while not self._waiting and not self.stopping:
                    self._news.wait()
                if self.stopping:
                    return
                self._now = self._waiting.popleft()
            self._do(self._now)
            with self._news:
                self._now = self.driver = None


def _conclude(candidate: Candidate, errand: Errand) -> None:
    """What became of a candidate; it stays pending where its mesh arrived."""
    candidate.problem = errand.problem
    if errand.state == "done":
        candidate.file, candidate.up_axis = errand.file, errand.up_axis
    elif errand.state == "cancelled":
        candidate.state = candidates.CANCELLED
    elif errand.state == "unsure":
        candidate.state = candidates.UNSURE
    else:
        candidate.state = candidates.FAILED


def spec_of(
    folder: Path, candidate: Candidate, generator: Generator, endpoint: Endpoint
) -> JobSpec:
    """What is asked of the endpoint, from what lies in the job's folder.

    Raises:
        GeneratorRefused: the photos are not what it takes.
    """
    solid = SolidSettings.from_json(candidate.settings)
    keep = folder / REMOTE
    keep.mkdir(parents=True, exist_ok=True)
    return JobSpec(
        views=views_for(folder / VIEWS_FACTS, generator),
        seed=solid.seed,
        detail=solid.detail,
        max_faces=solid.max_faces,
        folder=keep,
        max_bytes=int(endpoint.max_mb * 2**20),
    )


def unexpected(error: Exception) -> Problem:
    return Refusal(
        "solid.unexpected",
        N_(
            "Something unexpected went wrong on the way to the endpoint (%(kind)s); "
            "OctoPrint's log has the details."
        ),
        kind=type(error).__name__,
    ).problem
