"""Why something was not done, as every module says it. No octoprint_img2stl in here."""

from __future__ import annotations

# Kinds, as clients see them in `error_kind`.
INPUT, BUSY, AUTH, LOST = "input", "busy", "auth", "lost"
REMOTE, MEMORY, LICENCE = "remote", "memory", "licence"

# What a kind is in HTTP where nothing more special was said.
STATUS = {INPUT: 422, BUSY: 503, AUTH: 401, LOST: 404, MEMORY: 507, LICENCE: 403}


class Refused(Exception):
    """A request or a job cannot be done; the sentence is for the person who asked.

    Args:
        kind: one of the above.
        message: a plain sentence.
        status: of HTTP; None: that of the kind.
        retry_after_s: when it is worth trying again.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status or STATUS.get(kind, 500)
        self.retry_after_s = retry_after_s

    def __reduce__(self):  # crosses from one process to another
        return _rebuilt, (self.kind, self.message, self.status, self.retry_after_s)


def _rebuilt(
    kind: str, message: str, status: int, retry_after_s: float | None
) -> Refused:
    return Refused(kind, message, status=status, retry_after_s=retry_after_s)


class Cancelled(Exception):
    """Nobody wants the result any more."""


class Stopping(Exception):
    """The server ends; the job is taken up again when it is next started."""
