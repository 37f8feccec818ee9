"""A finished mesh is brought here."""

from __future__ import annotations

from .errand import DONE
from .patience import REFETCH_S
from .refused import DriverFailed, ErrorKind
from .trip import FINAL, Trip

# What is no better when it is fetched again.
FUTILE = (
    "solid.too_large", "solid.mesh_too_large", "solid.redirected", "solid.plain_http",
    "solid.foreign_refused", "solid.encoded", "solid.bad_target", "solid.disk_full",
)  # fmt: skip
MOST_ERRORS = 10


def fetch(trip: Trip) -> None:
    """From ``fetching`` to ``done``, or one try nearer to the end of patience."""
    ref = trip.ref()
    if ref is None:
        trip.lost()
        return

    def progress(fraction: float) -> None:
        trip.errand.progress = min(1.0, max(0.0, float(fraction)))
        trip.keep_soon()

    try:
        mesh = trip.ask(
            trip.driver.fetch,
            ref,
            trip.target,
            max_bytes=trip.max_bytes,
            progress=progress,
        )
    except DriverFailed as failure:
        _failed(trip, failure)
        return
    trip.reached()
    errand = trip.errand
    errand.state, errand.progress, errand.notice = DONE, 1.0, None
    errand.file, errand.up_axis = mesh.path.name, mesh.up_axis
    errand.unit_hint = mesh.unit_hint
    errand.stage = errand.message = ""
    trip.keep()


def _failed(trip: Trip, failure: DriverFailed) -> None:
    errand, kind = trip.errand, failure.kind
    if kind is ErrorKind.CANCELLED and trip.unwanted():
        return
    if kind in (ErrorKind.LOST, ErrorKind.INPUT):  # gone, whatever it calls that
        trip.lost()
    elif kind in FINAL:
        trip.fail(failure)
    elif kind is ErrorKind.BAD_RESULT:
        _bad(trip, failure)
    elif kind is ErrorKind.REMOTE and trip.fetch_errors >= MOST_ERRORS:
        errand.bad_fetches += 1
        trip.fail(failure)
    else:
        trip.fetch_errors += 1
        trip.later(failure)


def _bad(trip: Trip, failure: DriverFailed) -> None:
    """It may still be being written over there, or have been cut short on its way."""
    errand = trip.errand
    errand.bad_fetches += 1
    if failure.code in FUTILE or errand.bad_fetches > len(REFETCH_S):
        trip.fail(failure)
    else:
        trip.keep()
        trip.rest(REFETCH_S[errand.bad_fetches - 1])
