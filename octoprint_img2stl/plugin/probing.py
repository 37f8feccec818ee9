"""*Test connection*: what an endpoint answers, put into a kind and a sentence."""

from __future__ import annotations

import ipaddress
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..problems import ERROR, INFO, N_, WARNING, Problem
from ..solid3d.background import Background
from ..solid3d.driver import Capabilities, Driver
from ..solid3d.endpoint import Endpoint
from ..solid3d.refused import DriverFailed, ErrorKind, SolidRefused

LIMIT_S = 20.0
GRACE_S = 2.0  # for a request under way to notice that it was ended

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a test went.

    Attributes:
        problem: what it came to, in words; its severity is ``info`` when all is well.
        kind: of failure (`ErrorKind`), empty: it answered.
        capabilities: what it can do, if it answered.
    """

    problem: Problem
    kind: str = ""
    capabilities: Capabilities | None = None


def probe(
    endpoint: Endpoint, make: Callable[[Endpoint], Driver], limit_s: float = LIMIT_S
) -> Outcome:
    """Ask an endpoint what it is; nothing is started there and nothing costs money.

    Args:
        endpoint: with its secret.
        make: makes its driver (`solid3d.registry.make`).
        limit_s: after which it counts as one that does not answer.
    """
    try:
        driver = make(endpoint)
    except SolidRefused as refusal:
        return Outcome(refusal.problem, ErrorKind.INPUT.value)
    asked = Background(driver.probe, "img2stl-test")
    try:
        if not asked.wait(limit_s):
            driver.abort()
            asked.wait(GRACE_S)
            return Outcome(_too_slow(endpoint, limit_s), ErrorKind.TIMEOUT.value)
        found = asked.result()
    except DriverFailed as failure:
        return Outcome(failure.problem, failure.kind.value)
    except Exception as error:
        # where and what, but not its words: they may hold a header, and that a key
        where = "".join(traceback.format_tb(error.__traceback__))
        _log.error("The test of an endpoint broke (%s)\n%s", type(error).__name__, where)
        return Outcome(_broke(endpoint), ErrorKind.BAD_RESULT.value)
    finally:
        driver.close()
    what = ", ".join(filter(None, (found.version, found.model))) or driver.label
    return Outcome(_answers(endpoint, what), capabilities=found)


def notices(endpoint: Endpoint) -> list[Problem]:
    """What the owner should know of an endpoint as it is set up.

    Args:
        endpoint: with its secret.
    """
    found = []
    if endpoint.auth != "none" and not endpoint.secret:
        found.append(
            Problem(
                "solid.key_missing",
                WARNING,
                N_(
                    "The key is missing. Keys are left out of backups: after one was restored "
                    "they must be given again."
                ),
            )
        )
    if endpoint.is_plain and not _is_here(endpoint):
        found.append(
            Problem(
                "solid.readable_on_the_way",
                INFO,
                N_(
                    "Photos, results and the key travel to %(host)s unencrypted: others in "
                    "the same network can read them."
                ),
                {"host": endpoint.host},
            )
        )
    return found


def _is_here(endpoint: Endpoint) -> bool:
    """Whether it is this machine, whose own traffic nobody else hears."""
    host = urlsplit(endpoint.url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _answers(endpoint: Endpoint, what: str) -> Problem:
    return Problem(
        "solid.answers",
        INFO,
        N_("%(what)s answers at %(host)s."),
        {"what": what, "host": endpoint.host},
    )


def _too_slow(endpoint: Endpoint, limit_s: float) -> Problem:
    return Problem(
        "solid.test_too_slow",
        ERROR,
        N_(
            "%(host)s did not say within %(limit)s seconds what it is. It may be busy with a "
            "job; try again when that is done."
        ),
        {"host": endpoint.host, "limit": round(limit_s)},
    )


def _broke(endpoint: Endpoint) -> Problem:
    return Problem(
        "solid.test_broke",
        ERROR,
        N_(
            "%(host)s answered in a way that was not foreseen; check the address, the port "
            "and the kind of endpoint. OctoPrint's log says more."
        ),
        {"host": endpoint.host},
    )
