"""How long to wait before something is tried again, and how long a job may take."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

from .addresses import is_near
from .answer import MOST_RETRY_AFTER_S
from .endpoint import Endpoint

FIRST_S, LONGEST_S = 5.0, 300.0  # of the back-off
JITTER = 0.2  # of it, so that several printers do not all ask at once
NEAR_POLLS_S = (1.0, 3.0)
NEAR_EAGER_S = 10.0
FAR_POLLS_S = (5.0, 30.0)
FAR_GROWTH = 1.3
NEAR_DEADLINE_S, FAR_DEADLINE_S = 20 * 60.0, 60 * 60.0
MOST_REST_S = 2 * MOST_RETRY_AFTER_S  # whatever the clock says
REFETCH_S = (3.0, 10.0, 20.0)  # a mesh that is still being written over there
# Endings of names that are given in a home's network (RFC 6762, RFC 8375, routers' own).
NEAR_NAMES = (
    "localhost", ".localhost", ".local", ".lan", ".home", ".internal", ".intranet",
    ".home.arpa", ".fritz.box", ".box",
)  # fmt: skip


def backoff_s(tries: int, chance: random.Random) -> float:
    """5 s after the first failure, doubling to 5 minutes, some of it by chance."""
    step = min(LONGEST_S, FIRST_S * 2 ** min(tries, 10))
    return step * (1 - JITTER * chance.random())


def told_s(retry_after_s: float | None, otherwise_s: float) -> float:
    """What the endpoint asks for wins, within reason."""
    if retry_after_s is None:
        return otherwise_s
    return min(max(retry_after_s, 0.5), MOST_RETRY_AFTER_S)


def poll_s(near: bool, since_submitted_s: float, polls: int) -> float:
    """Seconds until a job is asked for again."""
    if near:
        return NEAR_POLLS_S[since_submitted_s >= NEAR_EAGER_S]
    return min(FAR_POLLS_S[1], FAR_POLLS_S[0] * FAR_GROWTH ** min(polls, 20))


def deadline_s(endpoint: Endpoint) -> float:
    """How long an endpoint may work on a job, the time in its queue left aside."""
    if endpoint.deadline_min > 0:
        return endpoint.deadline_min * 60.0
    return NEAR_DEADLINE_S if near(endpoint) else FAR_DEADLINE_S


def near(endpoint: Endpoint) -> bool:
    """Whether an endpoint is in the owner's network, as far as its address tells.

    Plain http is: nothing else is spoken to so.
    """
    parts = urlsplit(endpoint.url)
    host = (parts.hostname or "").lower().rstrip(".")
    if parts.scheme == "http" or is_near(host):
        return True
    named = host.endswith(NEAR_NAMES) or "." not in host
    return named and ":" not in host
