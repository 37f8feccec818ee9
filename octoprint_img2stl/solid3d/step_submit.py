"""A job is handed over, at most once where it costs money."""

from __future__ import annotations

from . import verdicts
from .driver import RemoteRef
from .errand import SUBMITTED, SUBMITTING, WAITING
from .refused import DriverFailed, ErrorKind
from .trip import FINAL, UNREACHED, Trip

MOST_DOUBTS = 10
LOOKS = 2  # for a job that may have been taken: lists can be late
LOOK_AGAIN_S = 15.0


def submit(trip: Trip) -> None:
    """From ``waiting`` through ``submitting`` to ``submitted``, or wherever it ends."""
    errand = trip.errand
    errand.state, errand.submitting_since = SUBMITTING, trip.clock()
    errand.attempts, errand.ref = errand.attempts + 1, None
    trip.keep()

    def note(ref: RemoteRef) -> None:
        errand.ref = ref.to_json()
        trip.keep()

    # The end of OctoPrint does not break off what may already have been charged.
    unwanted = trip.unwanted if trip.repeatable else trip.cancelled
    try:
        ref = trip.ask(
            trip.driver.submit, trip.spec_now(), errand.key, note, unwanted=unwanted
        )
    except DriverFailed as failure:
        _failed(trip, failure)
    else:
        _handed_over(trip, ref)


def look_for_it(trip: Trip) -> None:
    """Nobody knows whether a submit was received: it was not answered, or OctoPrint ended."""
    errand = trip.errand
    since = errand.submitting_since or errand.created
    try:
        ref = trip.ask(trip.driver.find, trip.spec_now(), errand.key, since)
    except DriverFailed as failure:
        if failure.kind is ErrorKind.CANCELLED and trip.unwanted():
            return
        if failure.kind in (*UNREACHED, ErrorKind.CANCELLED):
            trip.later(failure)
            return
        ref, trip.looks = None, LOOKS
    if ref is not None:
        _handed_over(trip, ref)
    elif trip.repeatable:
        errand.state = WAITING  # with the same key and the same seed
        trip.keep()
    else:
        trip.looks += 1
        if trip.looks < LOOKS:
            trip.rest(LOOK_AGAIN_S)
        else:
            trip.ask_owner(verdicts.unsure(trip.host))


def _handed_over(trip: Trip, ref: RemoteRef) -> None:
    errand = trip.errand
    errand.ref, errand.state = ref.to_json(), SUBMITTED
    errand.submitted, errand.running_since = trip.clock(), None
    trip.polls, trip.lost_before = 0, False
    trip.keep()
    trip.reached()


def _failed(trip: Trip, failure: DriverFailed) -> None:
    errand, kind = trip.errand, failure.kind
    if kind is ErrorKind.CANCELLED and trip.unwanted():
        if not failure.sent:
            errand.state, errand.ref = WAITING, None
            trip.keep()
    elif _in_doubt(trip, failure):
        errand.doubts += 1
        trip.looks = 0
        if trip.free and not trip.capabilities.submit_idempotent:
            if errand.doubts > MOST_DOUBTS:
                trip.fail(verdicts.doubted_too_often(trip.host))
                return
        trip.later(failure)  # the state stays, so that it is looked for
    elif kind in UNREACHED:
        errand.state, errand.ref = WAITING, None
        trip.later(failure)
    elif kind is ErrorKind.LOST:
        trip.lost()
    elif kind is ErrorKind.REMOTE:
        trip.once_more(failure)
    else:
        trip.fail(failure)


def _in_doubt(trip: Trip, failure: DriverFailed) -> bool:
    """Whether the job may have been taken."""
    if not failure.sent or failure.kind in (*FINAL, ErrorKind.LOST):
        return False
    if not trip.repeatable:  # an error over there, an answer that nobody can read
        return True
    return failure.kind in (ErrorKind.OFFLINE, ErrorKind.TIMEOUT, ErrorKind.CANCELLED)
