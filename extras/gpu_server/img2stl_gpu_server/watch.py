"""What a back end tells while it works, and how it hears that nobody waits any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .refused import REMOTE, Cancelled, Refused, Stopping


class Watch:
    """Progress out, the wish to stop in; asked between two steps of the work.

    Args:
        tell: called with the share that is done, 0 to 1, and a word for the stage.
        deadline_s: how long the work may take.
    """

    def __init__(
        self,
        tell: Callable[[float, str], None] = lambda share, stage: None,
        *,
        deadline_s: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._clock = tell, clock
        self._until = clock() + deadline_s
        self._deadline_s = deadline_s
        self.cancelled = threading.Event()
        self.stopping = threading.Event()

    def check(self) -> None:
        """Raises:
        Cancelled, Stopping: nobody wants the rest.
        Refused: it took too long.
        """
        if self.cancelled.is_set():
            raise Cancelled
        if self.stopping.is_set():
            raise Stopping
        if self._clock() > self._until:
            raise Refused(
                REMOTE,
                f"It took longer than {self._deadline_s:.0f} seconds and was ended.",
            )

    def report(self, share: float, stage: str) -> None:
        """Say how far it is, then `check`."""
        self.check()
        self._tell(min(max(share, 0.0), 1.0), stage)

    def part(self, start: float, end: float) -> Callable[[float, str], None]:
        """`report` for a piece of the work that goes from `start` to `end`."""
        return lambda share, stage: self.report(start + (end - start) * share, stage)
