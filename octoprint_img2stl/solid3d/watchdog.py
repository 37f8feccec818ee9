"""Ends a request that nobody wants any more, and notices a job in which nothing changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

LOOKS_EVERY_S = 0.2
QUIET_S = 600.0


class Watcher:
    """Looks, in a thread of its own, whether the call under way is still wanted.

    Args:
        abort: ends the call, from any thread; is called again and again, since a call may
            consist of several requests.
        unwanted: whether it is to be ended.
    """

    def __init__(self, abort: Callable[[], None], unwanted: Callable[[], bool]) -> None:
        self._abort = abort
        self._unwanted = unwanted
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._armed = threading.Event()  # else the thread sleeps
        self._asked = unwanted
        self._thread = threading.Thread(
            target=self._run, name="img2stl-watcher", daemon=True
        )

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._armed.set()
        self._thread.join()

    @contextmanager
    def watching(self, unwanted: Callable[[], bool] | None = None) -> Iterator[None]:
        """While this lasts an unwanted call is ended.

        Args:
            unwanted: in place of that of the watcher.
        """
        with self._lock:
            self._asked = unwanted or self._unwanted
            self._armed.set()
        try:
            yield
        finally:
            with self._lock:
                self._armed.clear()

    def _run(self) -> None:
        while self._armed.wait() and not self._ended.wait(LOOKS_EVERY_S):
            with self._lock:
                if self._armed.is_set() and self._asked():
                    with suppress(Exception):
                        self._abort()


class Unchanged:
    """How long something has been the same, by the clock that is given."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: Hashable = None
        self._since = clock()

    def for_s(self, seen: Hashable) -> float:
        """Seconds since `seen` was different."""
        if seen != self._seen:
            self._seen, self._since = seen, self._clock()
        return max(0.0, self._clock() - self._since)
