"""A job that was handed over is asked for until it is ready."""

from __future__ import annotations

from . import verdicts
from .driver import DONE, FAILED, LOST, RUNNING, Status
from .errand import FETCHING
from .patience import told_s
from .refused import DriverFailed, ErrorKind
from .tidings import Tidings, tidy
from .trip import FINAL, Trip
from .watchdog import QUIET_S

LOST_AGAIN_S = 2.0  # "lost" has to be said twice: jobs move from list to list over there


def poll(trip: Trip) -> None:
    """One look at a job that was ``submitted``, and the rest until the next."""
    trip.polls += 1
    ref = trip.ref()
    try:
        status = Status(LOST) if ref is None else trip.ask(trip.driver.poll, ref)
    except DriverFailed as failure:
        _failed(trip, failure)
    else:
        _take(trip, status)


def _failed(trip: Trip, failure: DriverFailed) -> None:
    """The endpoint could not be asked."""
    errand, kind = trip.errand, failure.kind
    if kind is ErrorKind.CANCELLED and trip.unwanted():
        return
    if kind in FINAL:
        trip.fail(failure)
    elif kind is ErrorKind.LOST:
        _take(trip, Status(LOST))
    elif kind in (ErrorKind.OFFLINE, ErrorKind.BUSY, ErrorKind.CANCELLED):
        trip.later(failure)
    elif _is_overdue(trip, errand.running_since or errand.submitted):
        # It is there, but says nothing of use.
        _give_up(trip, None if kind is ErrorKind.TIMEOUT else failure)
    elif kind is ErrorKind.TIMEOUT:
        # While they work, some servers answer nothing: that is not "offline".
        _watch_changes(trip)
        trip.rest(trip.poll_s())
    else:
        trip.later(failure)


def _take(trip: Trip, status: Status) -> None:
    errand = trip.errand
    if status.state == LOST and not trip.lost_before:
        trip.lost_before = True
        trip.rest(LOST_AGAIN_S)
        return
    trip.lost_before = False
    trip.reached()
    if status.state == LOST:
        trip.lost()
    elif status.state == FAILED:
        _failed_there(trip, status)
    elif status.state == DONE:
        errand.state = FETCHING
        errand.progress = errand.queue_position = errand.eta_s = None
        trip.keep()
    else:
        _going_on(trip, status)


def _failed_there(trip: Trip, status: Status) -> None:
    said = tidy(status.message, trip.endpoint)
    failure = verdicts.failed_over_there(status, trip.host, said)
    if failure.kind is ErrorKind.LOST:
        trip.lost()
    elif failure.kind in (*FINAL, ErrorKind.TIMEOUT, ErrorKind.CANCELLED):
        trip.fail(failure)
    else:
        trip.once_more(failure)


def _going_on(trip: Trip, status: Status) -> None:
    errand = trip.errand
    before, since = Tidings.of(errand), errand.running_since
    # The time in the queue does not count.
    errand.running_since = (since or trip.clock()) if status.state == RUNNING else None
    Tidings.said(status, trip.endpoint).to(errand)
    if _is_overdue(trip, errand.running_since):
        _give_up(trip, None)
        return
    _watch_changes(trip)
    if errand.running_since != since:
        trip.keep()
    elif Tidings.of(errand) != before:
        trip.keep_soon()
    trip.rest(told_s(status.retry_after_s, trip.poll_s()))


def _is_overdue(trip: Trip, since: float | None) -> bool:
    return since is not None and trip.clock() - since > trip.deadline_s


def _give_up(trip: Trip, failure: DriverFailed | None) -> None:
    trip.stop_there()
    trip.fail(failure or verdicts.timed_out(trip.host, trip.deadline_s / 60))


def _watch_changes(trip: Trip) -> None:
    """Say so when nothing changes; that is no failure."""
    errand = trip.errand
    quiet_s = trip.unchanged.for_s((errand.attempts, Tidings.of(errand)))
    before = errand.notice
    if quiet_s >= QUIET_S:
        notice = verdicts.nothing_changed(trip.host, int(quiet_s // 60))
        errand.notice, errand.message = notice.to_json(), notice.message
    elif (errand.notice or {}).get("code") == verdicts.NOTHING_CHANGED:
        errand.notice = None
    if errand.notice != before:
        trip.keep_soon()
