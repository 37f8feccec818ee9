"""One job at a Gradio app: its calls, one after the other, read in a thread of their own.

A job lives as long as this thread does: the app ends it when nobody listens, and forgets what
it gave when it was told once. After a restart of OctoPrint, or a gap in the Wi-Fi, it is lost
and has to be asked for again, which costs nothing but time.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..background import Background
from ..driver import DONE, FAILED, LOST, QUEUED, RUNNING, Status
from ..refused import DriverFailed, ErrorKind
from ..words import plain_words
from . import gradio_events as events
from .gradio_app import App, Function
from .gradio_fill import Filling, best_mesh
from .gradio_recipe import Call, Way

# A queue can be long; how long a job may run is counted by others.
MOST_QUEUE_S = 12 * 3600.0
BUSY_AGAIN_S = 5.0
MOST_BUSY_S = 1800.0  # between two calls of one job
NO_QUOTA = re.compile(r"quota|credits? (left|exceeded)|daily limit|ZeroGPU", re.I)
REFUSED = re.compile(
    r"upload|provide\b.*\bimage|no (image|object|foreground)|nsfw|(image|photo).*invalid",
    re.I,
)


@dataclass(frozen=True)
class Step:
    """A call and the function it goes to."""

    call: Call
    function: Function


class Run:
    """A job while it runs.

    Args:
        steps: at least one.
        filling: its photos handed over already.
        session: name of the session.
        deadline_s: how long it may run.
        pause: waits that long or until the event is set.
    """

    def __init__(
        self,
        app: App,
        steps: tuple[Step, ...],
        filling: Filling,
        session: str,
        deadline_s: float,
        pause: Callable[[threading.Event, float], Any] = threading.Event.wait,
    ) -> None:
        self.app = app
        self.mesh: dict[str, Any] | None = None
        self._steps = steps
        self._filling = filling
        self._protocol = events.Protocol(app, session)
        self._total_s = MOST_QUEUE_S + deadline_s
        self._pause = pause
        self._unwanted = threading.Event()
        self._under_way: tuple[Function, str] | None = None
        self._weights = [step.call.weight for step in steps]
        self._bars = Bars()
        self._status = Status(QUEUED)
        self._work: Background[None] | None = None

    def begin(self) -> None:
        """Start the first call, and then all others in a thread.

        Raises:
            DriverFailed: the first call was not taken.
        """
        event = self._start(self._steps[0])
        self._work = Background(lambda: self._go(event), "img2stl-gradio")

    @property
    def status(self) -> Status:
        """How it is, at any time, from any thread."""
        if self._work is not None and self._work.done and not self._ended:
            return Status(LOST)  # the thread broke; nobody listens any more
        return self._status

    def cancel(self) -> Status:
        """Stop listening and ask the app to stop; how it was at that moment.

        In this order: a call that waits in 4.x is taken out of the queue only because nobody
        listens any more, in 6.x because it is asked for.
        """
        before = self._status
        self._unwanted.set()
        if self._under_way is not None and not self._ended:
            self.app.line.abort()
            self._protocol.cancel(*self._under_way)
        return before

    # -- in the thread -----------------------------------------------------------------------

    @property
    def _ended(self) -> bool:
        return self._status.state in (DONE, FAILED, LOST)

    def _go(self, event: str) -> None:
        try:
            self._all(event)
        except DriverFailed as failure:
            self._status = _status_of(failure)
        else:
            self._status = Status(DONE)

    def _all(self, event: str) -> None:
        outputs: Any = None
        for number, step in enumerate(self._steps):
            try:
                if number:
                    self._bars = Bars()
                    event = self._started_sometime(step)
                outputs = self._followed(number, step, event)
            except DriverFailed as failure:
                if not step.call.spare or self.mesh is None or failure.kind in LOSSES:
                    raise
                continue
            self._filling.given[step.call.name] = outputs
            self.mesh = best_mesh(outputs) or self.mesh

    def _start(self, step: Step) -> str:
        values = self._filling.values(step.call, step.function)
        event = self._protocol.start(step.function, values)
        self._under_way = (step.function, event)
        return event

    def _started_sometime(self, step: Step) -> str:
        """Between our calls somebody else may have filled the queue."""
        waited_s = 0.0
        while True:
            self._check_wanted()
            try:
                return self._start(step)
            except DriverFailed as failure:
                if failure.kind is not ErrorKind.BUSY or waited_s >= MOST_BUSY_S:
                    raise
                wait_s = failure.retry_after_s or BUSY_AGAIN_S
                self._pause(self._unwanted, wait_s)
                waited_s += wait_s

    def _followed(self, number: int, step: Step, event: str) -> list[Any]:
        """What a call gave.

        Raises:
            DriverFailed: it failed; ``lost``: it is gone.
        """
        try:
            followed = self._protocol.follow(step.function, self._total_s)
            for news in followed:
                self._check_wanted()
                if news.event and news.event != event:
                    continue  # of an earlier call of this session
                if news.kind == events.DONE:
                    if news.data is None:
                        raise _ended_by(ErrorKind.CANCELLED)
                    _let_end(followed)
                    return news.data
                if news.kind == events.FAILED:
                    raise _ended_by(_kind_of(news.words), news.words)
                if news.kind == events.GONE:
                    raise _ended_by(ErrorKind.LOST, news.words)
                self._note(number, step, news)
        except DriverFailed as failure:
            self._check_wanted()
            if failure.code != ENDED and failure.kind in LOSSES:
                raise _ended_by(ErrorKind.LOST) from None
            raise
        raise _ended_by(ErrorKind.LOST)  # the stream ended before the call did

    def _note(self, number: int, step: Step, news: events.News) -> None:
        if news.kind == events.WAITING:
            # Each call has to wait anew where others use the app as well.
            if self._status.state == QUEUED or news.rank:
                self._status = replace(
                    self._status,
                    state=QUEUED,
                    queue_position=news.rank,
                    eta_s=_ahead(news.eta_s),
                )
            return
        if news.kind == events.STARTED:
            self._status = Status(
                RUNNING,
                progress=self._overall(number, 0.0) if number else None,
                stage=_name_of(step),
                eta_s=_ahead(news.eta_s),
            )
        elif news.kind == events.PROGRESS and news.units:
            part, words = self._bars.read(news.units)
            self._status = replace(
                self._status,
                state=RUNNING,
                progress=self._overall(number, part),
                stage=words or _name_of(step),
                queue_position=None,
            )

    def _overall(self, number: int, part: float) -> float:
        done = sum(self._weights[:number]) + part * self._weights[number]
        return done / sum(self._weights)

    def _check_wanted(self) -> None:
        if self._unwanted.is_set():
            raise _ended_by(ErrorKind.CANCELLED)


class Bars:
    """Progress bars of one call: nobody says how many there will be.

    The first one fills half of the call, each further one half of what is left; so the whole
    never goes back.
    """

    def __init__(self) -> None:
        self._started = 0
        self._last = 0.0
        self._words: str | None = None

    def read(
        self, units: tuple[tuple[float, float | None, str], ...]
    ) -> tuple[float, str]:
        """(0..1 of the call, what is done) of what the app just said."""
        done, whole, words = units[0]  # the outermost
        share = min(1.0, done / whole) if whole else 0.0
        if self._started == 0 or words != self._words or share < self._last:
            self._started += 1
        self._last, self._words = share, words
        behind = 0.5 ** (self._started - 1)
        count = f" {int(done)}/{int(whole)}" if whole and whole > 1 else ""
        return 1.0 - behind + behind / 2 * share, plain_words(words + count, 60)


def _let_end(followed: Iterator[events.News]) -> None:
    """Hear an app out after a call: whoever hangs up before it closes the stream is taken for
    gone, and so is the next call of the same session.
    """
    try:
        for news in followed:
            if news.kind == events.BEAT:  # it closes, or has nothing more to say
                return
    except DriverFailed:
        pass  # what was wanted is here


ENDED = "solid.gradio_ended"
# The connection ended, and the call with it.
LOSSES = (ErrorKind.OFFLINE, ErrorKind.TIMEOUT, ErrorKind.LOST, ErrorKind.CANCELLED)


def _ended_by(kind: ErrorKind, words: str = "") -> DriverFailed:
    """Of a job; its words are for `Status.message`, no sentence is made of it here."""
    return DriverFailed(kind, ENDED, "%(said)s", said=words)


def _status_of(failure: DriverFailed) -> Status:
    if failure.kind is ErrorKind.LOST:
        return Status(LOST, message=failure.problem.message)
    return Status(FAILED, message=failure.problem.message, error=failure.kind)


def _kind_of(words: str) -> ErrorKind:
    """What a function's own error means."""
    if NO_QUOTA.search(words):
        return ErrorKind.CREDIT
    if REFUSED.search(words) and len(words) < 200:
        return ErrorKind.INPUT
    return ErrorKind.REMOTE


def _name_of(step: Step) -> str:
    return plain_words(step.function.name.strip("/").replace("_", " "), 60)


def _ahead(seconds: float | None) -> float | None:
    """A time of the server's as it is told: what passes since is not counted here."""
    return round(seconds, 1) if seconds is not None else None


def steps_of(app: App, way: Way, filling: Filling) -> tuple[Step, ...]:
    """The calls of a way that are wanted for this job; the app has their functions."""
    found = ((call, function_of(app, call)) for call in way.calls)
    return tuple(
        Step(call, function)
        for call, function in found
        if function is not None and filling.is_wanted(call)
    )


def unmatched(app: App, way: Way) -> Iterator[tuple[Call, str]]:
    """What a way wants to fill that the app's functions have not got."""
    for call in way.calls:
        function = function_of(app, call)
        if function is None:
            continue
        shown = [each for each in function.parameters if not each.hidden]
        there = {each.name for each in shown} | {each.label for each in shown}
        there |= {str(number) for number in range(len(shown))}
        for name in call.fill:
            if name not in there:
                yield call, name


def function_of(app: App, call: Call) -> Function | None:
    if isinstance(call.function, tuple):
        return app.triggers.get(call.function)
    return app.functions.get(call.function)
