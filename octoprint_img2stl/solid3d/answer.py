"""What an endpoint answered, and what is to be made of its status."""

from __future__ import annotations

import json
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from ..problems import N_
from . import sentences
from .credentials import without
from .refused import DriverFailed, ErrorKind
from .words import MARKUP, plain_words, words_in

MOST_RETRY_AFTER_S = 600.0
MOST_TEXT = 4000
MOST_LINE_BYTES = 2**20
ERROR_BYTES = 256 * 1024


@dataclass(frozen=True)
class _Head:
    status: int
    headers: Mapping[str, str]  # in whatever case one asks
    host: str = ""  # who answered, for people
    hidden: tuple[str, ...] = field(default=(), repr=False)  # what no sentence may show

    @property
    def ok(self) -> bool:
        """Whether the request was done (2xx)."""
        return 200 <= self.status < 300

    @property
    def retry_after_s(self) -> float | None:
        """When to ask again, as the header Retry-After says (RFC 9110, section 10.2.3)."""
        said = str(self.headers.get("Retry-After") or "").strip()
        try:
            seconds = float(said) if said[:1].isdigit() else _seconds_until(said)
        except (TypeError, ValueError, OverflowError):
            return None
        return min(max(seconds, 0.0), MOST_RETRY_AFTER_S)

    def shown(self, text: str, most: int) -> str:
        """Its words as a sentence may have them: plain, short and without our key."""
        return plain_words(without(text, self.hidden), most)


@dataclass(frozen=True)
class Answer(_Head):
    """A whole answer.

    Attributes:
        status: of HTTP.
        headers: in whatever case one asks.
        body: bytes as sent.
        host: who answered, for people.
    """

    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON. Raises `DriverFailed` (``bad_result``) where it is none."""
        start = self.body[:200].lstrip().lower()
        if start.startswith((b"<!doctype", b"<html", b"<head", b"<!--")):
            raise sentences.web_page(self.host)
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise sentences.not_json(self.host) from None

    @property
    def text(self) -> str:
        """The body as plain text, for people."""
        text = self.body[: 4 * MOST_TEXT].decode("utf-8", "replace")
        return self.shown(text, MOST_TEXT)


@dataclass(frozen=True)
class Stream(_Head):
    """An answer whose body is still to be read, once.

    Attributes:
        pieces: the body.
        length: as announced; None: it was not.
    """

    pieces: Iterator[bytes] = field(default=iter(()), repr=False)
    length: int | None = None

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes, in pieces of at most 64 KiB."""
        yield from self.pieces

    def lines(self) -> Iterator[str]:
        """The body's lines as they come, each cut at 1 MiB, without their ends."""
        kept = bytearray()
        for piece in self.pieces:
            *whole, rest = piece.split(b"\n")
            for part in whole:
                _add(kept, part)
                yield _decoded(kept)
                kept.clear()
            _add(kept, rest)
        if kept:
            yield _decoded(kept)

    def start(self, most_bytes: int = ERROR_BYTES) -> Answer:
        """The answer with as much of its body as says why something failed."""
        body = b""
        with suppress(DriverFailed):
            for piece in self.pieces:
                body += piece
                if len(body) > most_bytes:
                    break
        return Answer(self.status, self.headers, self.host, self.hidden, body)

    def whole(self) -> Answer:
        """The answer with its body, which is read now."""
        body = b"".join(self.pieces)
        return Answer(self.status, self.headers, self.host, self.hidden, body)


def _add(kept: bytearray, part: bytes) -> None:
    kept += part[: max(0, MOST_LINE_BYTES - len(kept))]


def _decoded(line: bytearray) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


def _seconds_until(date: str) -> float:
    return parsedate_to_datetime(date).timestamp() - time.time()


# -- statuses --------------------------------------------------------------------------------


def said(answer: Answer) -> str:
    """What the server itself says of a failure, plain and short; empty where it says nothing."""
    try:
        found = words_in(json.loads(answer.body))
    except (ValueError, RecursionError):
        start = answer.body[:200].lstrip().lower()
        page = start.startswith(b"<") or "html" in answer.headers.get("Content-Type", "")
        text = answer.body[:2000].decode("utf-8", "replace")
        found = "" if page or "\ufffd" in text else MARKUP.sub(" ", text)
    return answer.shown(found, 300)


def failed_by_status(answer: Answer, what: str = "") -> DriverFailed:
    """What a status that is no success means.

    A 4xx, and "ask again later" with a time, say for sure that the request was not taken
    (`sent` is false); after other failures over there nobody knows.

    Args:
        answer: whose status is 300 or more.
        what: who answered, for people, such as ``Meshy``; empty: the host.
    """
    kind, code, template = _meaning(answer.status)
    refused = answer.status < 500 or answer.retry_after_s is not None
    return DriverFailed(
        kind,
        code,
        template,
        sent=not refused,
        retry_after_s=answer.retry_after_s,
        host=what or answer.host,
        said=said(answer) or _status_words(answer.status),
    )


def _status_words(status: int) -> str:
    try:
        return f"HTTP {status}, {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _meaning(status: int) -> tuple[ErrorKind, str, str]:
    for statuses, meaning in MEANINGS:
        if status in statuses:
            return meaning
    return REMOTE


@contextmanager
def starts_nothing() -> Iterator[None]:
    """Around the requests of a submit that start no job yet, such as uploads.

    Whatever fails there is known not to have started (and billed) anything.
    """
    try:
        yield
    except DriverFailed as failure:
        failure.sent = False
        raise


AUTH = (
    ErrorKind.AUTH,
    "solid.auth",
    N_(
        "%(host)s does not let us in (%(said)s); check the key or password in the "
        "endpoint's settings."
    ),
)
CREDIT = (
    ErrorKind.CREDIT,
    "solid.credit",
    N_("There is no money left at %(host)s (%(said)s); add credit there."),
)
BUSY = (
    ErrorKind.BUSY,
    "solid.busy",
    N_("%(host)s takes nothing at the moment (%(said)s); it is asked again later."),
)
INPUT = (
    ErrorKind.INPUT,
    "solid.input",
    N_("%(host)s does not accept this (%(said)s); try another photo or other settings."),
)
REMOTE = (
    ErrorKind.REMOTE,
    "solid.remote_error",
    N_(
        "%(host)s reports an error of its own (%(said)s); look at what its program says, and "
        "try again."
    ),
)
# Said by what stands before the program: nobody knows whether it got the request.
GATEWAY = (
    ErrorKind.TIMEOUT,
    "solid.gateway",
    N_("%(host)s is there, but the program behind it does not answer (%(said)s)."),
)
MEANINGS: tuple[tuple[Container[int], tuple[ErrorKind, str, str]], ...] = (
    ((401, 403, 407), AUTH),
    ((402,), CREDIT),
    ((408, 425, 429, 503), BUSY),
    ((502, 504, *range(520, 525)), GATEWAY),
    (range(400, 500), INPUT),
)
