"""Why a solid could not be had, as every module of this room says it."""

from __future__ import annotations

from enum import Enum
from typing import Any

from ..problems import Refusal


class SolidRefused(Refusal):
    """Full 3D is not possible so: a setting, an endpoint's description, a photo."""


class ErrorKind(str, Enum):
    """What kind of failure it was; decides on what is done about it (see `courier`)."""

    OFFLINE = "offline"  # nobody answers there
    BUSY = "busy"  # it answers, but takes nothing now
    AUTH = "auth"  # the key is missing or wrong
    CREDIT = "credit"  # no money left there
    INPUT = "input"  # it does not want these photos or settings
    POLICY = "policy"  # it refuses the subject
    REMOTE = "remote"  # it tried and failed
    LOST = "lost"  # it knows nothing of the job (any more)
    TIMEOUT = "timeout"  # it took too long
    BAD_RESULT = "bad_result"  # what it sent is not what was asked for
    CANCELLED = "cancelled"  # by the owner, on our side


class DriverFailed(Refusal):
    """A request to an endpoint failed.

    Args:
        kind: see `ErrorKind`.
        sent: whether the endpoint may have received the request. After a submit that may have
            been received and was not answered nobody knows whether it is being worked on.
        retry_after_s: when to try again, as the endpoint itself says; None: it does not.

    The other arguments are those of `Refusal`.
    """

    def __init__(
        self,
        kind: ErrorKind,
        code: str,
        template: str,
        *,
        sent: bool = True,
        retry_after_s: float | None = None,
        **values: Any,
    ) -> None:
        super().__init__(code, template, **values)
        self.kind = kind
        self.sent = sent
        self.retry_after_s = retry_after_s
