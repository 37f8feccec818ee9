"""One job under way: what every step of it needs. The steps are modules of their own."""

from __future__ import annotations

import logging
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..problems import Problem, Refusal
from . import verdicts
from .driver import Cancel, Capabilities, Driver, JobSpec, RemoteRef
from .endpoint import Endpoint
from .errand import FAILED, FOR_BUSY, FOR_OFFLINE, SUBMITTING, UNSURE, Errand
from .patience import MOST_REST_S, backoff_s, deadline_s, near, poll_s, told_s
from .refused import DriverFailed, ErrorKind
from .settings import SEEDS
from .tidings import hidden, tidy
from .watchdog import Unchanged, Watcher

log = logging.getLogger(__name__)

# Nobody is there now; says nothing about the job.
UNREACHED = (ErrorKind.OFFLINE, ErrorKind.TIMEOUT, ErrorKind.BUSY)
# Trying again would change nothing.
FINAL = (ErrorKind.AUTH, ErrorKind.CREDIT, ErrorKind.INPUT, ErrorKind.POLICY)
MOST_LOST = 2
SAVE_EVERY_S = 2.0
SPIN_S = 0.1


@dataclass
class Trip:
    """The fields are the arguments of `Courier` and `Courier.carry`."""

    driver: Driver
    endpoint: Endpoint
    capabilities: Capabilities
    errand: Errand
    spec: JobSpec
    target: Path
    clock: Callable[[], float]
    pause: Callable[[float], None]
    chance: random.Random
    save: Callable[[Errand], None]
    cancelled: Callable[[], bool]
    stopping: Callable[[], bool]
    watcher: Watcher = field(init=False)

    def __post_init__(self) -> None:
        self.host = self.endpoint.host
        self.free = not self.capabilities.costs_money
        # Handing the job over once more may be done without asking.
        self.repeatable = self.free or self.capabilities.submit_idempotent
        self.near = near(self.endpoint)
        self.deadline_s = deadline_s(self.endpoint)
        self.max_bytes = int(self.endpoint.max_mb * 2**20)
        self.unchanged = Unchanged(self.clock)
        self.watcher = Watcher(self.driver.abort, self.unwanted)
        # of the present step
        self.polls = self.looks = self.fetch_errors = 0
        self.lost_before = False
        self._saved_at = float("-inf")
        self._owes = False  # a change that is not on disk yet

    def unwanted(self) -> bool:
        return self.cancelled() or self.stopping()

    def spec_now(self) -> JobSpec:
        """What is asked in the present attempt."""
        return replace(
            self.spec,
            seed=self.errand.seed,
            deadline_s=self.deadline_s,
            max_bytes=self.max_bytes,
        )

    def ref(self) -> RemoteRef | None:
        """How the job is found; None: that is not known."""
        try:
            return RemoteRef.from_json(self.errand.ref or {})
        except (KeyError, TypeError, ValueError):
            return None

    # -- asking ------------------------------------------------------------------------------

    def ask(
        self,
        call: Callable[..., Any],
        *args: Any,
        unwanted: Callable[[], bool] | None = None,
        **named: Any,
    ) -> Any:
        """Call the driver; all it raises is `DriverFailed`.

        Args:
            unwanted: when the call is to be broken off; None: when the job is cancelled or
                OctoPrint ends.
        """
        try:
            with self.watcher.watching(unwanted):
                return call(*args, **named)
        except DriverFailed:
            raise
        except Refusal as refusal:
            raise _refused(refusal.problem) from None
        except Exception:
            # A mistake in a driver, most likely met in an answer that nobody foresaw.
            trace = tidy(traceback.format_exc(limit=-4), self.endpoint, 4000, lines=True)
            log.error("The driver of %s failed:\n%s", self.host, trace)
            raise verdicts.driver_broke(self.host) from None

    def stop_there(self) -> Cancel | None:
        """Ask the endpoint to stop; None: it cannot be asked."""
        ref = self.ref()
        if ref is None:
            return None
        try:
            return self.ask(self.driver.cancel, ref, unwanted=self.stopping)
        except DriverFailed as failure:
            log.info("Could not cancel at %s: %s", self.host, failure.code)
            return None

    # -- waiting -----------------------------------------------------------------------------

    def reached(self) -> None:
        """There was a good answer."""
        errand = self.errand
        waited = bool(errand.waiting_for or errand.tries)
        errand.quiet_since, errand.tries, errand.waiting_for = None, 0, ""
        if waited:
            errand.notice = None
            self.keep()

    def later(self, failure: DriverFailed) -> None:
        """Try again later, unless the endpoint has been of no use for too long."""
        errand, now = self.errand, self.clock()
        errand.quiet_since = now if errand.quiet_since is None else errand.quiet_since
        errand.quiet_since = min(errand.quiet_since, now)
        errand.notice = hidden(failure.problem, self.endpoint).to_json()
        quiet_days = (now - errand.quiet_since) / 86400
        if quiet_days >= self.endpoint.age_limit_days:
            if errand.state == SUBMITTING and not self.repeatable:
                self.ask_owner(verdicts.unsure(self.host))
            else:
                self.fail(verdicts.waited_too_long(self.host, quiet_days))
            return
        errand.waiting_for = {
            ErrorKind.BUSY: FOR_BUSY,
            ErrorKind.REMOTE: "",
            ErrorKind.BAD_RESULT: "",
        }.get(failure.kind, FOR_OFFLINE)
        wait_s = told_s(failure.retry_after_s, backoff_s(errand.tries, self.chance))
        errand.tries, errand.not_before = errand.tries + 1, now + wait_s
        self.keep()

    def rest_until(self, moment: float) -> None:
        """Being woken ends it, except where the endpoint asked for the time."""
        errand = self.errand
        while not self.unwanted():
            before = self.clock()
            # The clock may have been set back.
            left_s = min(moment - before, MOST_REST_S)
            if left_s > 0:
                self.pause(left_s)
            if errand.waiting_for != FOR_BUSY or left_s <= 0:
                errand.not_before = None
                return
            if self.clock() <= before:
                time.sleep(SPIN_S)  # whoever wakes us does not let us wait

    def rest(self, wait_s: float) -> None:
        if self._owes:
            self.keep_soon()
        if not self.unwanted():
            self.pause(wait_s)

    def poll_s(self) -> float:
        since = self.clock() - (self.errand.submitted or self.clock())
        return poll_s(self.near, max(0.0, since), self.polls)

    # -- once more ---------------------------------------------------------------------------

    def lost(self) -> None:
        """The endpoint knows nothing of the job."""
        errand = self.errand
        errand.lost += 1
        if not self.free:
            self.ask_owner(verdicts.lost_paid(self.host))
        elif errand.lost > MOST_LOST:
            self.fail(verdicts.lost_too_often(self.host))
        else:
            errand.anew()
            self.keep()

    def once_more(self, failure: DriverFailed) -> None:
        """The endpoint tried and failed; one failure is forgiven where trying is free."""
        errand = self.errand
        errand.remote += 1
        if not self.free or errand.remote > 1:
            self.fail(failure)
            return
        errand.anew()
        seed = self.chance.randrange(SEEDS)
        errand.seed = seed if seed != errand.seed else (seed + 1) % SEEDS
        errand.notice = verdicts.another_seed(self.host).to_json()
        self.keep()

    # -- the ends ----------------------------------------------------------------------------

    def fail(self, failure: DriverFailed) -> None:
        errand = self.errand
        errand.state, errand.kind = FAILED, failure.kind.value
        errand.problem = hidden(failure.problem, self.endpoint).to_json()
        self.still()

    def ask_owner(self, problem: Problem) -> None:
        """It may have been charged."""
        self.errand.state, self.errand.problem = UNSURE, problem.to_json()
        self.still()

    def still(self) -> None:
        """Nothing goes on any more."""
        errand = self.errand
        errand.not_before, errand.waiting_for = None, ""
        errand.progress = errand.queue_position = errand.eta_s = None
        self.keep()

    def keep(self) -> None:
        self._saved_at = self.clock()
        self._owes = False
        self.save(self.errand)

    def keep_soon(self) -> None:
        """For what changes often: now, or with a later rest."""
        self._owes = True
        if not 0 <= self.clock() - self._saved_at < SAVE_EVERY_S:
            self.keep()


def _refused(problem: Problem) -> DriverFailed:
    """A driver refuses the photos or the settings before it asks anybody."""
    failure = DriverFailed(ErrorKind.INPUT, problem.code, "", sent=False)
    failure.problem, failure.args = problem, (problem.message,)
    return failure
