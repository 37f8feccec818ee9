"""What `http.client` reads from in place of a socket, and the head of a request in bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence


class Paced(io.RawIOBase):
    """What is read from the socket, each piece within the time that is left."""

    def __init__(self, receive: Callable[[memoryview], int]) -> None:
        self._receive = receive

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._receive(buffer)


class Opened:
    """Looks to `http.client` like a socket."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file

    def makefile(self, *_: object) -> io.BufferedReader:
        return self._file


def head_of(method: str, target: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """The bytes before the body.

    Raises:
        ValueError: something in it would begin a line of its own; says no more, since a key
            may be among it.
    """
    lines = [f"{method} {target} HTTP/1.1"] + [
        f"{name}: {text}" for name, text in headers
    ]
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise ValueError("a line break in a header")
    try:
        return "\r\n".join([*lines, "", ""]).encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a letter that no header may have") from None
