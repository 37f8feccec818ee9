"""G-code files as streams: read piece by piece, and rewritten in one step."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..files import written_at_once
from .gcode_layer import Layer
from .gcode_scan import Scan

BLOCK = 1 << 19
LINE_LIMIT = 1 << 16  # longer lines are no commands; only their beginning is looked at
RUN_UP_BYTES = 1 << 16  # before a layer, read to learn where the nozzle is
MOST_START_BYTES = 4 << 20  # of start G-code that is read for a single layer


class Feeder:
    """Cuts blocks into lines for a scan; survives lines of any length."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self._carry, self._cut = b"", 0

    def block(self, block: bytes) -> None:
        lines = (self._carry + block).split(b"\n")
        carry = lines.pop()
        if self._cut and lines:
            self.scan.feed(lines[:1])
            self.scan.offset += self._cut
            lines, self._cut = lines[1:], 0
        self.scan.feed(lines)
        if len(carry) > LINE_LIMIT:
            self._cut += len(carry) - LINE_LIMIT
            carry = carry[:LINE_LIMIT]
        self._carry = carry

    def end(self) -> None:
        """What is left has no line feed, but may be a line."""
        scan = self.scan
        scan.feed([self._carry])
        scan.offset -= 1
        scan.layer_end = min(scan.layer_end, scan.offset)
        self._carry = b""


def feed_range(scan: Scan, file: BinaryIO, start: int, end: int) -> None:
    """Feed the bytes from `start` to `end`; offsets in the scan are those of the file."""
    file.seek(start)
    scan.offset = start
    feeder = Feeder(scan)
    left = end - start
    while left > 0 and (block := file.read(min(BLOCK, left))):
        left -= len(block)
        feeder.block(block)
    feeder.end()


def scan_before(
    file: BinaryIO, layers: Sequence[Sequence[float]], number: int, scan: Scan
) -> Layer:
    """Bring a scan to the state in which a layer begins, without reading all before it.

    The start G-code tells how E is meant; what comes right before the layer tells where
    the nozzle is. What that does not tell stays unknown (NaN).

    Args:
        layers: (z, first byte, last byte + 1, …) of each, as in `GcodeFacts.layers`.
        number: which, from 0.

    Returns:
        The layer.

    Raises:
        IndexError: there is no such layer.
    """
    if number < 0:
        raise IndexError(number)
    layer = Layer(*layers[number])
    first, start = int(layers[0][1]), int(layer.start)
    feed_range(scan, file, 0, min(first, MOST_START_BYTES))
    if start > first:
        scan.x = scan.y = scan.z = scan.e = float("nan")
        begin = max(first, start - RUN_UP_BYTES)
        file.seek(begin)
        if begin > first:
            begin += len(file.readline(RUN_UP_BYTES))  # where a line is cut
        feed_range(scan, file, begin, start)
    return layer


class Edit(NamedTuple):
    """Bytes `start` to `end` of a file become `data`; equal ones insert it there."""

    start: int
    end: int
    data: bytes


def splice(path: Path, edits: Iterable[Edit]) -> tuple[int, str]:
    """Rewrite a file with some of its parts replaced.

    The new file takes the old one's place in one step; on any error the old one stays.

    Args:
        edits: in the file's order, not overlapping.

    Returns:
        Size of the new file in bytes, its SHA-256.

    Raises:
        OSError: the file cannot be read, or the disk is full.
    """
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as old:
        there = os.fstat(old.fileno())
        length = there.st_size
        with written_at_once(path, mode=stat.S_IMODE(there.st_mode)) as new:
            for start, end, data in [*edits, Edit(length, length, b"")]:
                left = start - old.tell()
                while left > 0 and (part := old.read(min(BLOCK, left))):
                    left -= len(part)
                    size += new.write(part)
                    digest.update(part)
                size += new.write(data)
                digest.update(data)
                old.seek(end)
    return size, digest.hexdigest()


def moved(layers: Iterable[Layer], edits: Sequence[Edit]) -> tuple[Layer, ...]:
    """The layers after `splice`; an insertion at a layer's first byte is before it."""

    def shifted(at: int, closing: bool) -> int:
        return at + sum(
            len(edit.data) - (edit.end - edit.start)
            for edit in edits
            if (edit.start < at if closing else edit.start <= at)
        )

    return tuple(
        layer._replace(start=shifted(layer.start, False), end=shifted(layer.end, True))
        for layer in layers
    )
