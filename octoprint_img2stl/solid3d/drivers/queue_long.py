"""Orders whose answer is the mesh: one long request in a thread of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..background import Background
from ..driver import DONE, FAILED, LOST, RUNNING, Status
from ..line import Line, Stream
from ..refused import DriverFailed, ErrorKind
from .queue_answer import refused, shown, status_of
from .queue_carve import is_json, read_file
from .queue_order import Order, target_of
from .queue_profile import Profile

KEPT = "answer.part"
SPARE_S = 60.0
# A service that refuses an order does so at once; one that takes it works first.
SOON_S = 3.0
ABORT_AGAIN_S, MOST_ABORTS = 0.05, 200
UNANSWERED = (ErrorKind.OFFLINE, ErrorKind.TIMEOUT, ErrorKind.CANCELLED)


class LongOrder:
    """An order while it is waited for.

    Args:
        request: body and headers.
        most_bytes: of the answer.

    Raises:
        DriverFailed: it was refused at once.
    """

    def __init__(
        self, line: Line, order: Order, request: dict[str, Any], most_bytes: int
    ) -> None:
        self._line = line
        self._profile = order.profile
        self._kept = order.job.folder / KEPT
        self._cancelled = False
        self._answer: Stream | None = None
        total_s = order.job.deadline_s + SPARE_S
        how = {**request, "read_s": total_s, "total_s": total_s, "most_bytes": most_bytes}
        submit = order.profile.submit
        target = target_of(line, order.profile, submit, order.values)

        def work() -> Path:
            with line.stream(submit.method, target, **how) as stream:
                self._answer = stream
                if not stream.ok:
                    raise refused(order.profile, stream.whole(), order=True)
                with open(self._kept, "wb") as file:
                    for piece in stream.chunks():
                        file.write(piece)
            return self._kept

        self.work: Background[Path] = Background(work, "img2stl-order")
        if self.work.wait(SOON_S):
            self.work.result()

    def status(self) -> Status:
        if not self.work.done:
            return Status(RUNNING)
        try:
            kept = self.work.result()
        except DriverFailed as failure:
            return self._ended(failure)
        except OSError:
            return Status(FAILED, error=ErrorKind.BAD_RESULT)
        status = told(self._profile, kept)
        return shown(status, self._answer) if self._answer is not None else status

    def answer(self) -> Path | None:
        """The file with the answer; None: there is none (any more)."""
        if not self.work.done:
            return None
        try:
            kept = self.work.result()
        except (DriverFailed, OSError):
            return None
        return kept if kept.is_file() else None

    def cancel(self) -> None:
        """Wait no longer; the service is not told."""
        self._cancelled = not self.work.done
        for _ in range(MOST_ABORTS):  # it may not have begun yet
            if self.work.done:
                return
            self._line.abort()
            self.work.wait(ABORT_AGAIN_S)

    def _ended(self, failure: DriverFailed) -> Status:
        """How an order ended whose answer never came."""
        if self._cancelled:
            return Status(FAILED, error=ErrorKind.CANCELLED)
        if failure.kind in UNANSWERED:
            return Status(LOST)
        words = str(failure.problem.values.get("said") or failure.problem.message)
        return Status(FAILED, message=words, error=failure.kind)


def told(profile: Profile, kept: Path) -> Status:
    """What an answer in a file says of its order."""
    if not profile.state_at or not is_json(kept):
        return Status(DONE)
    status = status_of(profile, read_file(kept, profile.label))
    # A second order with the same key is told how the first one is, and nothing more.
    return status if status.state in (DONE, FAILED) else Status(LOST)
