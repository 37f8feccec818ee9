"""How a job ended or what holds it up, as sentences for its owner."""

from __future__ import annotations

from ..problems import INFO, N_, WARNING, Problem
from .answer import AUTH, CREDIT, INPUT
from .driver import Status
from .refused import DriverFailed, ErrorKind

NOTHING_CHANGED = "solid.nothing_changed"
POLICY = (
    ErrorKind.POLICY,
    "solid.policy",
    N_("%(host)s refuses this subject (%(said)s); try another photo."),
)
REMOTE = (
    ErrorKind.REMOTE,
    "solid.remote_failed",
    N_(
        "%(host)s could not make the solid (%(said)s); try another photo or another seed, "
        "and look at what its program says."
    ),
)
OVER_THERE = {meaning[0]: meaning for meaning in (AUTH, CREDIT, INPUT, POLICY)}


def failed_over_there(status: Status, host: str, said: str) -> DriverFailed:
    """What a failed job's status means.

    Args:
        status: of state ``failed``.
        host: for people.
        said: the endpoint's words; may be empty.
    """
    kind = status.error or ErrorKind.REMOTE
    if kind is ErrorKind.CANCELLED:
        return DriverFailed(
            kind,
            "solid.cancelled_there",
            N_(
                "The job was cancelled at %(host)s; start it again if that was not meant."
            ),
            host=host,
        )
    if kind is ErrorKind.TIMEOUT:
        return DriverFailed(
            kind,
            "solid.timeout_there",
            N_(
                "%(host)s gave up because it took too long; try less detail, or again later."
            ),
            host=host,
        )
    _, code, template = OVER_THERE.get(kind, REMOTE)
    if said or kind in OVER_THERE:
        return DriverFailed(kind, code, template, host=host, said=said or kind.value)
    return DriverFailed(
        kind,
        "solid.remote_failed_silently",
        N_(
            "%(host)s could not make the solid and did not say why; try another photo or "
            "another seed, and look at what its program says."
        ),
        host=host,
    )


def timed_out(host: str, minutes: float) -> DriverFailed:
    return DriverFailed(
        ErrorKind.TIMEOUT,
        "solid.timeout",
        N_(
            "%(host)s was not ready after %(minutes)s minutes, so it was given up; look at "
            "what its program says, ask for less detail, or allow more time in the endpoint's "
            "settings."
        ),
        host=host,
        minutes=round(minutes),
    )


def waited_too_long(host: str, days: float) -> DriverFailed:
    return DriverFailed(
        ErrorKind.OFFLINE,
        "solid.waited_too_long",
        N_(
            "%(host)s could not be used for %(days)s days, so the job was given up; start it "
            "again when the endpoint is back."
        ),
        host=host,
        days=round(days, 1),
    )


def lost_too_often(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.LOST,
        "solid.lost",
        N_(
            "%(host)s forgot the job again and again; see whether its program is restarted "
            "or runs out of memory."
        ),
        host=host,
    )


def doubted_too_often(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.TIMEOUT,
        "solid.never_answers",
        N_(
            "%(host)s was sent the photos several times and never said that it took them; "
            "see what its program says."
        ),
        host=host,
    )


def driver_broke(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.driver_broke",
        N_(
            "What %(host)s answered was not understood; check that its address and kind are "
            "right. The log of OctoPrint says more."
        ),
        host=host,
    )


def unsure(host: str) -> Problem:
    return Problem(
        "solid.unsure",
        WARNING,
        N_(
            "Nobody knows whether %(host)s took the job, so it may have been charged. Look "
            "there; send it again only if it is not there."
        ),
        {"host": host},
    )


def lost_paid(host: str) -> Problem:
    return Problem(
        "solid.lost_paid",
        WARNING,
        N_(
            "%(host)s does not know the job any more, though it may have been charged. Look "
            "there; sending it again costs again."
        ),
        {"host": host},
    )


def nothing_changed(host: str, minutes: int) -> Problem:
    return Problem(
        NOTHING_CHANGED,
        WARNING,
        N_(
            "At %(host)s nothing has changed for %(minutes)s minutes; it may still be working."
        ),
        {"host": host, "minutes": minutes},
    )


def another_seed(host: str) -> Problem:
    return Problem(
        "solid.another_seed",
        INFO,
        N_("%(host)s failed at the first try, so it tries again with another seed."),
        {"host": host},
    )


def goes_on(host: str) -> Problem:
    return Problem(
        "solid.goes_on_there",
        INFO,
        N_("The job is cancelled here; %(host)s may work on it to its end."),
        {"host": host},
    )


def maybe_charged(host: str) -> Problem:
    return Problem(
        "solid.maybe_charged",
        WARNING,
        N_("The job is cancelled here, but %(host)s may have taken and charged it."),
        {"host": host},
    )
