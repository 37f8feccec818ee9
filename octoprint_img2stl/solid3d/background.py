"""A long call in a thread of its own, for protocols whose submit is one long request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """Runs `work` at once, in a daemon thread: nothing waits for it when Python ends.

    Args:
        work: called without arguments.
        name: of the thread.
    """

    def __init__(self, work: Callable[[], T], name: str = "img2stl-background") -> None:
        self._work = work
        self._ended = threading.Event()
        self._result: T | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as failure:  # handed on by `result`, whatever it is
            self._failure = failure
        finally:
            self._ended.set()

    @property
    def done(self) -> bool:
        """Whether it ended, well or not."""
        return self._ended.is_set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it ended, at most `timeout_s`; whether it did."""
        return self._ended.wait(timeout_s)

    def result(self) -> T:
        """What `work` returned; waits for it. Raises what `work` raised."""
        self._ended.wait()
        if self._failure is not None:
            raise self._failure
        return self._result  # type: ignore[return-value]
