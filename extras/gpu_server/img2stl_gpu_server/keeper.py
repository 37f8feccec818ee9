"""The jobs and their life: taken in, queued, worked on, kept a while, forgotten.

One lock guards all that is shared. State is on disk before anybody is told of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .backends.backend import Picture
from .body import write_view
from .job import CANCELLED, COMPLETED, ERROR, PROCESSING, QUEUED, Job, new_uid
from .maker import Made, Maker
from .order import Order
from .refused import BUSY, INPUT, LOST, REMOTE, Cancelled, Refused, Stopping
from .store import Store
from .watch import Watch

log = logging.getLogger(__name__)
MOST_TRIES = 3
SWEEP_S = 60.0
REMEMBERED = 20  # durations, by which the usual one is judged
LEAST_RETRY_S, MOST_RETRY_S, USUAL_RETRY_S = 5.0, 600.0, 30.0


@dataclass(frozen=True)
class Limits:
    """Attributes:
    waiting: most jobs that wait.
    deadline_s: how long one may take.
    ttl_s: how long one is kept after its end.
    kept: most ended jobs that are kept; the oldest go first.
    """

    waiting: int = 8
    deadline_s: float = 3600.0
    ttl_s: float = 7 * 86400.0
    kept: int = 200


class Keeper:
    """Takes jobs and has them made.

    Args:
        store: where they lie.
        maker: who makes them; `maker.at_once` threads ask it.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        maker: Maker,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store, self.maker, self.limits = store, maker, limits
        self._clock = clock
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._jobs: dict[str, Job] = {}
        self._keys: dict[str, str] = {}  # idempotency key -> uid
        self._taking: set[str] = set()  # keys whose pictures are being looked at
        self._waiting: deque[str] = deque()
        self._reserved = 0  # places of the queue given to requests on their way in
        self._watches: dict[str, Watch] = {}  # of those that are being made
        self._stopping = False
        self._times = store.load_times()
        self._threads: list[threading.Thread] = []
        with self._lock:
            self._take_up()

    # ---- life of the keeper

    def start(self) -> None:
        for number in range(self.maker.at_once):
            self._begin(self._work, f"work-{number}")
        self._begin(self._sweep_for_ever, "sweep")

    def _begin(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self, grace_s: float = 10.0) -> None:
        """End the work; what was begun is taken up at the next start."""
        with self._changed:
            self._stopping = True
            for watch in self._watches.values():
                watch.stopping.set()
            self._changed.notify_all()
        until = time.monotonic() + grace_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _take_up(self) -> None:
        """What lay on disk when we came."""
        for job in sorted(self.store.load_all(), key=lambda job: (job.created, job.uid)):
            self._jobs[job.uid] = job
            if job.order.key:
                self._keys[job.order.key] = job.uid
            if job.has_ended:
                continue
            if job.tries >= MOST_TRIES:
                job.message = (
                    f"The server ended {job.tries} times while it worked on this; its log may "
                    "say why."
                )
                self._end(job, ERROR, REMOTE)
                continue
            job.state = QUEUED
            self._waiting.append(job.uid)
            log.info("job %s is taken up again", job.uid)

    # ---- what clients ask

    def submit(self, order: Order, pictures: Sequence[tuple[str, bytes]]) -> str:
        """Take a job in; the same key again gives the same uid and begins nothing.

        Raises:
            Refused: the queue is full, or the pictures cannot be used.
        """
        with self._changed:
            while order.key and order.key in self._taking:
                self._changed.wait()
            if order.key in self._keys:
                return self._keys[order.key]
            self._check_room()
            self._reserved += 1
            if order.key:
                self._taking.add(order.key)
        try:
            job = self._taken(order, pictures)
        except BaseException:
            self._not_taken(order.key)
            raise
        with self._changed:
            self._not_taken(order.key)
            self._jobs[job.uid] = job
            if order.key:
                self._keys[order.key] = job.uid
            self._waiting.append(job.uid)
            self._changed.notify_all()
        log.info("job %s: %d picture(s), %s", job.uid, len(job.views), order.detail)
        return job.uid

    def _not_taken(self, key: str) -> None:
        with self._changed:
            self._reserved -= 1
            self._taking.discard(key)
            self._changed.notify_all()

    def _check_room(self) -> None:
        if self._stopping:
            raise Refused(
                BUSY, "The server is being stopped.", retry_after_s=USUAL_RETRY_S
            )
        if len(self._waiting) + self._reserved >= self.limits.waiting:
            usual = self.typical_s() or USUAL_RETRY_S
            raise Refused(
                BUSY,
                "The queue is full; try again later.",
                retry_after_s=min(max(usual, LEAST_RETRY_S), MOST_RETRY_S),
            )

    def _taken(self, order: Order, pictures: Sequence[tuple[str, bytes]]) -> Job:
        uid = new_uid()
        folder = self.store.make_folder(uid)
        try:
            views = []
            for number, (role, raw) in enumerate(pictures, 1):
                name = f"view-{number}.png"
                views.append((role, name, write_view(raw, folder / name, role)))
            job = Job(uid, order, views, self._clock())
            self.store.save(job)
        except BaseException:
            self.store.forget(uid)
            raise
        return job

    def job(self, uid: str) -> Job:
        """Raises `Refused` for one nobody knows."""
        with self._lock:
            if uid not in self._jobs:
                raise Refused(LOST, "This server knows no such job (any more).")
            return self._jobs[uid]

    def before(self, job: Job) -> int:
        """How many jobs are done before this one; 0 for the next, and for those begun."""
        with self._lock:
            if job.uid not in self._waiting:
                return 0
            return self._waiting.index(job.uid) + len(self._watches)

    def eta_s(self, job: Job) -> float | None:
        """How long it may still take; None: nobody knows."""
        with self._lock:
            usual = self.typical_s(job.order.detail)
            if usual is None or job.has_ended:
                return None
            if job.state == PROCESSING and job.started is not None:
                return max(usual - (self._clock() - job.started), 1.0)
            rounds = -(-(self.before(job) + 1) // self.maker.at_once)
            return usual * rounds

    def cancel(self, uid: str) -> Job:
        """Nobody wants it any more. One that is being made ends at its next step.

        Raises:
            Refused: nobody knows it.
        """
        with self._changed:
            job = self.job(uid)
            if job.has_ended:
                return job
            if uid in self._waiting:
                self._waiting.remove(uid)
            if uid in self._watches:
                self._watches[uid].cancelled.set()
            self._end(job, CANCELLED)
            return job

    def wait(self, uid: str, timeout_s: float) -> bool:
        """Wait until a job has ended; whether it has.

        Raises:
            Refused: nobody knows it.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self.job(uid).has_ended or self._stopping, timeout_s
            )
            if self._stopping and not self.job(uid).has_ended:
                raise Refused(BUSY, "The server is being stopped; the job goes on after.")
            return self.job(uid).has_ended

    def result(self, job: Job, format: str) -> Path:
        """Raises `Refused` where there is none (409), or none any more (404)."""
        if job.state != COMPLETED:
            raise Refused(
                INPUT, f"There is no result: the job is {job.state}.", status=409
            )
        try:
            return self.store.result(job, format)
        except (OSError, ValueError):
            log.exception("the result of %s cannot be read", job.uid)
            raise Refused(LOST, "The result is gone; make it again.") from None

    def load(self) -> dict[str, int]:
        """How much there is to do."""
        with self._lock:
            return {
                "running": len(self._watches),
                "waiting": len(self._waiting),
                "most": self.limits.waiting,
            }

    def typical_s(self, detail: str = "normal") -> float | None:
        with self._lock:
            found = self._times.get(f"{self.maker.about.name}/{detail}")
            return round(median(found), 1) if found else None

    # ---- the work

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                if self._stopping:
                    return
                job = self._jobs[self._waiting.popleft()]
                watch = self._watch(job)
                self._watches[job.uid] = watch
                job.state, job.started = PROCESSING, self._clock()
                job.tries += 1
                self._save(job)
            try:
                self._make(job, watch)
            except Exception:
                log.exception("job %s", job.uid)  # a bug of ours, or a full disk
                self._failed(job, Refused(REMOTE, "The server failed; its log says why."))
            finally:
                with self._changed:
                    del self._watches[job.uid]
                    self._changed.notify_all()

    def _watch(self, job: Job) -> Watch:
        def tell(share: float, stage: str) -> None:
            job.progress, job.stage = max(job.progress, share), stage

        return Watch(tell, deadline_s=self.limits.deadline_s)

    def _make(self, job: Job, watch: Watch) -> None:
        folder = self.store.path(job.uid)
        pictures = [
            Picture(role, folder / name, alpha) for role, name, alpha in job.views
        ]
        try:
            made = self.maker.make(job.order, pictures, watch)
        except Cancelled:
            return
        except Stopping:
            with self._lock:
                if (
                    not job.has_ended
                ):  # taken up at the next start; this try did not count
                    job.state, job.tries = QUEUED, job.tries - 1
                    self._save(job)
            return
        except Refused as error:
            self._failed(job, error)
            return
        self._keep(job, made)

    def _keep(self, job: Job, made: Made) -> None:
        with self._lock:
            if job.has_ended:
                return  # cancelled in its last moment
        self.store.put_mesh(job.uid, made.mesh)
        with self._changed:
            if job.has_ended:
                return
            job.message = " ".join(made.notes)[:1000]
            job.triangles, job.worker, job.progress = made.triangles, made.where, 1.0
            self._end(job, COMPLETED)
            self._remember(job)
        log.info("job %s: %d triangles %s", job.uid, made.triangles, made.where)

    def _failed(self, job: Job, error: Refused) -> None:
        with self._changed:
            if job.has_ended:
                return
            job.message = error.message[:1000]
            self._end(job, ERROR, error.kind)
        log.warning("job %s failed: %s", job.uid, error.message)

    def _end(self, job: Job, state: str, kind: str = "") -> None:
        """Under the lock: nobody sees it before it is on disk."""
        job.state, job.error_kind, job.ended = state, kind, self._clock()
        self._save(job)
        self.store.forget_pictures(job)
        self._changed.notify_all()

    def _save(self, job: Job) -> None:
        try:
            self.store.save(job)
        except OSError:
            # The job goes on; after a restart its last step would be done once more.
            log.exception("job %s cannot be saved", job.uid)

    def _remember(self, job: Job) -> None:
        name = f"{self.maker.about.name}/{job.order.detail}"
        taken = max((job.ended or 0.0) - (job.started or 0.0), 0.1)
        self._times[name] = [*self._times.get(name, []), round(taken, 1)][-REMEMBERED:]
        try:
            self.store.save_times(self._times)
        except OSError:
            log.exception("the usual times cannot be saved")

    # ---- forgetting

    def _sweep_for_ever(self) -> None:
        while True:
            self.sweep()
            with self._changed:
                if self._changed.wait_for(lambda: self._stopping, SWEEP_S):
                    return

    def sweep(self) -> None:
        """Forget the jobs whose time is over."""
        with self._lock:
            ended = [job for job in self._jobs.values() if job.has_ended]
            ended.sort(key=lambda job: job.ended or 0.0, reverse=True)
            oldest = self._clock() - self.limits.ttl_s
            for place, job in enumerate(ended):
                over = place >= self.limits.kept or (job.ended or 0.0) < oldest
                if over and job.uid not in self._watches:
                    del self._jobs[job.uid]
                    self._keys.pop(job.order.key, None)
                    self.store.forget(job.uid)
