"""One job to its endpoint and back, whatever happens on the way.

What is known of the job is on disk before anything is asked that could start (and bill) it,
and after; so whatever ends, `Courier.carry` goes on from there. A job that may have been
charged is never sent again without its owner.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from pathlib import Path

from .driver import Capabilities, Driver, JobSpec
from .endpoint import Endpoint
from .errand import (
    CANCELLED,
    DONE,
    FAILED,
    FETCHING,
    SUBMITTED,
    SUBMITTING,
    UNSURE,
    WAITING,
    Errand,
)
from .refused import DriverFailed, ErrorKind, SolidRefused
from .step_cancel import cancel
from .step_fetch import fetch
from .step_poll import poll
from .step_submit import look_for_it, submit
from .trip import Trip

__all__ = [
    "CANCELLED", "DONE", "FAILED", "FETCHING", "SUBMITTED", "SUBMITTING", "UNSURE",
    "WAITING", "Courier", "Errand",
]  # fmt: skip

log = logging.getLogger(__name__)


class Courier:
    """Carries jobs to one endpoint, one after the other.

    Args:
        make_driver: makes a driver with a line of its own.
        endpoint: where.
        capabilities: what it can do, as it was probed, or as its driver assumes.
        clock: seconds since 1970.
        pause: waits that long or until it is woken (by a wish to cancel, by the end of
            OctoPrint, or because the owner tested the connection); each waking ends one pause.
        chance: for seeds and for the jitter of the waiting.
    """

    def __init__(
        self,
        make_driver: Callable[[], Driver],
        endpoint: Endpoint,
        capabilities: Capabilities,
        *,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None],
        chance: random.Random | None = None,
    ) -> None:
        self._make_driver = make_driver
        self._endpoint = endpoint
        self._capabilities = capabilities
        self._clock = clock
        self._pause = pause
        self._chance = chance or random.SystemRandom()

    def carry(
        self,
        errand: Errand,
        spec: JobSpec,
        target: Path,
        *,
        save: Callable[[Errand], None],
        cancelled: Callable[[], bool],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Carry a job until it has ended (``done``, ``failed``, ``cancelled``, ``unsure``).

        Args:
            errand: how far it is; is changed. One read from disk goes on where it was.
            spec: what is asked; seed, deadline and size limit are those of `errand` and of
                the endpoint.
            target: where the mesh goes; its ending becomes that of its format.
            save: writes the errand to disk; is called at every change that matters, and at
                most every few seconds for progress.
            cancelled: whether the owner does not want it any more; it is stopped over there.
                Is asked from a second thread, too, which ends the request under way.
            stopping: whether OctoPrint ends: then this returns, with everything as it is.
                Asked like `cancelled`.
        """
        if errand.ended:
            return
        try:
            driver = self._make_driver()
        except SolidRefused as refused:
            errand.state, errand.problem = FAILED, refused.problem.to_json()
            errand.kind = ErrorKind.INPUT.value
            save(errand)
            return
        trip = Trip(
            driver=driver,
            endpoint=self._endpoint,
            capabilities=self._capabilities,
            errand=errand,
            spec=spec,
            target=target,
            clock=self._clock,
            pause=self._pause,
            chance=self._chance,
            save=save,
            cancelled=cancelled,
            stopping=stopping,
        )
        with trip.watcher:
            try:
                _go(trip)
            finally:
                _close(driver)


STEPS = {WAITING: submit, SUBMITTING: look_for_it, SUBMITTED: poll, FETCHING: fetch}


def _go(trip: Trip) -> None:
    """Step by step, until the errand has ended or OctoPrint does."""
    errand = trip.errand
    while errand.state in STEPS and not trip.stopping():
        if trip.cancelled():
            cancel(trip)
        elif errand.not_before is not None:
            trip.rest_until(errand.not_before)
        else:
            STEPS[errand.state](trip)


def _close(driver: Driver) -> None:
    try:
        driver.close()
    except (DriverFailed, OSError):
        log.debug("A driver could not be closed", exc_info=True)
