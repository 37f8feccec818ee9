"""The owner does not want a job any more."""

from __future__ import annotations

from . import verdicts
from .driver import Cancel
from .errand import CANCELLED, SUBMITTED, SUBMITTING
from .refused import DriverFailed, ErrorKind
from .trip import Trip


def cancel(trip: Trip) -> None:
    """Here at once, over there as far as it goes."""
    errand, before = trip.errand, trip.errand.state
    errand.state, errand.kind = CANCELLED, ErrorKind.CANCELLED.value
    errand.problem = errand.notice = None
    trip.still()
    if before == SUBMITTING:
        _find(trip)
    if errand.ref is None and before != SUBMITTING:
        return
    stopped = trip.stop_there()
    if before == SUBMITTING and not trip.free and stopped is not Cancel.STOPPED:
        errand.notice = verdicts.maybe_charged(trip.host).to_json()
    elif before == SUBMITTED and stopped is not Cancel.STOPPED:
        errand.notice = verdicts.goes_on(trip.host).to_json()
    trip.keep()


def _find(trip: Trip) -> None:
    """The job may have been taken while the request was broken off."""
    errand = trip.errand
    since = errand.submitting_since or errand.created
    try:
        ref = trip.ask(
            trip.driver.find, trip.spec_now(), errand.key, since, unwanted=trip.stopping
        )
    except DriverFailed:
        return
    if ref is not None:  # else what was noted before may do
        errand.ref = ref.to_json()
