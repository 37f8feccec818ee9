"""The body of an answer of HTTP, piece by piece, without the patience of most readers.

RFC 9112, sections 6 and 7. Raises `OSError` for one that ends before it should, or is no body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader

SLICE_BYTES = 64 * 1024
LINE_BYTES = 1024
MOST_TRAILERS = 100
SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")


def counted(file: BufferedReader, length: int | None) -> Iterator[bytes]:
    """So many bytes; None: all until the connection ends."""
    while length is None or length > 0:
        most = SLICE_BYTES if length is None else min(SLICE_BYTES, length)
        piece = file.read1(most)
        if not piece:
            if length:
                raise ConnectionError("cut short")
            return
        if length is not None:
            length -= len(piece)
        yield piece


def chunked(file: BufferedReader) -> Iterator[bytes]:
    """Chunks until an empty one, and what trails after it."""
    while size := _size(file):
        yield from counted(file, size)
        if _line(file).strip():
            raise ConnectionError("a chunk longer than its size")
    for _ in range(MOST_TRAILERS):
        if not _line(file).strip():
            return
    raise ConnectionError("trailers without end")


def _size(file: BufferedReader) -> int:
    found = SIZE.fullmatch(_line(file).partition(b";")[0].strip())
    if not found:
        raise ConnectionError("no chunk")
    return int(found[0], 16)


def _line(file: BufferedReader) -> bytes:
    line = file.readline(LINE_BYTES)
    if not line.endswith(b"\n"):
        raise ConnectionError("no line")
    return line
