"""How far a call of a Gradio app is, as it comes over the wire.

Two protocols: the browser's (``/queue/join``, ``/queue/data``) tells progress and the place
in the queue; the API's (``/call/…``) is there where the first is not. Both are streams of
server-sent events that can be read once; a connection that breaks ends the call over there.
A stream that is opened too late sends heartbeats for ever (6.x) or nothing (4.x).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from ...problems import N_
from ..line import Answer, Line, Stream, failed_by_status, said
from ..refused import DriverFailed, ErrorKind
from ..words import plain_words
from .gradio_app import App, Function

WAITING, STARTED, PROGRESS, DONE, FAILED, GONE, BEAT = (
    "waiting", "started", "progress", "done", "failed", "gone", "beat",
)  # fmt: skip
# TRELLIS.2's page has 48 pictures in one event, about 6 MB.
MOST_EVENT_BYTES = 24 * 2**20
MOST_STREAM_BYTES = 256 * 2**20
SILENCE_S = 120.0  # heartbeats come every 15 s, unless a function holds Python up
JOIN_S = {"read_s": 60.0, "total_s": 90.0}


@dataclass(frozen=True)
class News:
    """One thing an app says of a call.

    Attributes:
        kind: ``waiting``, ``started``, ``progress``, ``done``, ``failed`` (by the function),
            ``gone`` (the app does not know the call, or ended), ``beat`` (nothing new).
        event: id of the call, where it is told.
        rank: calls before it.
        eta_s: until it starts, or how long the function usually takes.
        units: of the progress: (done so far, all, description); all may be None.
        words: what went wrong.
        data: what the function gave; None: nothing, as after a cancel.
    """

    kind: str
    event: str = ""
    rank: int | None = None
    eta_s: float | None = None
    units: tuple[tuple[float, float | None, str], ...] = ()
    words: str = ""
    data: list[Any] | None = None


class Protocol:
    """Starts calls within one session and follows them.

    Args:
        app: which.
        session: its name; states of the app belong to it.
    """

    def __init__(self, app: App, session: str) -> None:
        self.app = app
        self.session = session
        self.by_queue = True

    def start(self, function: Function, values: Sequence[Any]) -> str:
        """Begin a call.

        Returns:
            Its id.

        Raises:
            DriverFailed: ``busy`` where the queue is full; as `Line`.
        """
        if self.by_queue and function.index is not None:
            answer = self._post(
                "/queue/join",
                {
                    "data": list(values),
                    "fn_index": function.index,
                    "session_hash": self.session,
                    "event_data": None,
                    "trigger_id": None,
                },
            )
            if answer.status not in (404, 405):
                return _started(answer, function)
            self.by_queue = False
        # 4.x wants the hidden parameters here as well, and 6.x takes them.
        body = {"data": list(values), "session_hash": self.session}
        return _started(self._post(f"/call{quote(function.name)}", body), function)

    def follow(self, function: Function, total_s: float) -> Iterator[News]:
        """What is said of the calls of this session; closing it breaks the connection."""
        if self.by_queue and function.index is not None:
            target = f"/queue/data?session_hash={quote(self.session)}"
        else:
            # Its last part is named the event, but up to 5.x it is taken for the session.
            target = f"/call{quote(function.name)}/{quote(self.session)}"
        with self.app.line.stream(
            "GET",
            self.app.prefix + target,
            headers={"Accept": "text/event-stream"},
            read_s=SILENCE_S,
            total_s=total_s,
            most_bytes=MOST_STREAM_BYTES,
        ) as stream:
            if not stream.ok:
                answer = stream.whole()
                if answer.status == 404:
                    yield News(GONE, words=said(answer))
                    return
                raise failed_by_status(answer)
            for name, text in events(stream):
                news = _news(name, text)
                yield replace(news, words=stream.shown(news.words, 300))

    def cancel(self, function: Function, event: str) -> None:
        self._post(
            "/cancel",
            {
                "session_hash": self.session,
                "fn_index": function.index or 0,
                "event_id": event,
            },
        )

    def _post(self, path: str, body: dict[str, Any]) -> Answer:
        return self.app.line.post(self.app.prefix + path, json=body, **JOIN_S)


def log_in(line: Line, user: str, password: str) -> None:
    """As the app's own login page does; the line keeps the cookie.

    Raises:
        DriverFailed: ``auth``.
    """
    form = {"username": user, "password": password}
    answer = line.post("/login", data=form)
    if answer.status in (400, 401, 403, 422):
        raise DriverFailed(
            ErrorKind.AUTH,
            "solid.gradio_login",
            N_(
                "The app at %(host)s does not know this user name and password; correct them "
                "in the endpoint's settings."
            ),
            host=answer.host,
        )
    if answer.status >= 400 and answer.status != 404:
        raise failed_by_status(answer)


def _started(answer: Answer, function: Function) -> str:
    if answer.status in (404, 500):  # Gradio says 500 for a function it has not
        raise DriverFailed(
            ErrorKind.REMOTE,
            "solid.gradio_no_function",
            N_(
                "The app at %(host)s could not begin %(function)s; see whether it was updated, "
                "and check how it is used in the endpoint's settings."
            ),
            host=answer.host,
            function=plain_words(function.name or function.index, 60),
        )
    if not answer.ok:
        raise failed_by_status(answer)
    data = answer.json()
    event = data.get("event_id") if isinstance(data, dict) else None
    if not isinstance(event, str) or not event:
        raise DriverFailed(
            ErrorKind.BAD_RESULT,
            "solid.gradio_no_event",
            N_("The app at %(host)s did not say which job it began; try again."),
            host=answer.host,
        )
    return event[:200]


def events(stream: Stream) -> Iterator[tuple[str, str]]:
    """Server-sent events: (name, data), each of bounded size.

    Raises:
        DriverFailed: `solid.too_large`.
    """
    waiting, name, data, taken = bytearray(), "", [], 0
    for piece in stream.chunks():
        *lines, rest = piece.split(b"\n")
        for line in lines:
            waiting += line
            text = waiting.decode("utf-8", "replace").rstrip("\r")
            waiting.clear()
            if not text:
                if data or name:
                    yield name, "\n".join(data)
                name, data, taken = "", [], 0
            elif text.startswith("event:"):
                name = text[6:].strip()[:100]
            elif text.startswith("data:"):
                data.append(text[5:].strip())
                taken += len(text)
        waiting += rest
        if taken + len(waiting) > MOST_EVENT_BYTES:
            raise _too_much(stream.host)
    if data:
        yield name, "\n".join(data)


def _too_much(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.gradio_too_much",
        N_(
            "The app at %(host)s says more of a job than can be taken; check in the endpoint's "
            "settings which app it is."
        ),
        host=host,
    )


def _news(name: str, text: str) -> News:
    try:
        data = json.loads(text) if text else None
    except (ValueError, RecursionError):
        data = None
    if name:
        return _of_call(name, data)
    return _of_queue(data) if isinstance(data, dict) else News(BEAT)


def _of_call(name: str, data: Any) -> News:
    if name == "complete":
        return News(DONE, data=data if isinstance(data, list) else None)
    if name == "error":
        # 4.x tells nothing, or that it does not know the session; 6.x an object.
        words = data.get("error") if isinstance(data, dict) else data
        words = plain_words(words) if isinstance(words, str) else ""
        return News(GONE if _is_gone(words) else FAILED, words=words)
    return News(BEAT)


def _is_gone(words: str) -> bool:
    return words.startswith("404:") or words.startswith("Server stopped")


def _of_queue(data: dict[str, Any]) -> News:
    kind, event = data.get("msg"), str(data.get("event_id") or "")
    if kind == "estimation":
        rank = _count(data.get("rank"))
        return News(WAITING, event, rank=rank, eta_s=_seconds(data.get("rank_eta")))
    if kind == "process_starts":
        return News(STARTED, event, eta_s=_seconds(data.get("eta")))
    if kind == "progress":
        return News(PROGRESS, event, units=_units(data.get("progress_data")))
    if kind == "process_completed":
        output = data.get("output")
        output = output if isinstance(output, dict) else {}
        if data.get("success") is False:
            words = output.get("error")
            said = plain_words(words) if isinstance(words, str) else ""
            return News(FAILED, event, words=said)
        values = output.get("data")
        return News(DONE, event, data=values if isinstance(values, list) else None)
    if kind in ("unexpected_error", "server_stopped"):
        return News(GONE, event, words=plain_words(data.get("message") or ""))
    return News(BEAT, event)


def _units(value: Any) -> tuple[tuple[float, float | None, str], ...]:
    found = []
    for each in value[:10] if isinstance(value, list) else ():
        if not isinstance(each, dict):
            continue
        words = plain_words(each.get("desc") or "", 60).rstrip(":… ")
        share, index = _seconds(each.get("progress")), _seconds(each.get("index"))
        length = _seconds(each.get("length"))
        if share is not None:
            found.append((min(1.0, share), 1.0, words))
        elif index is not None:
            found.append((index, length, words))
    return tuple(found)


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e9 else None
