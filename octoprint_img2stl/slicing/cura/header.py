"""The true first lines of a G-code of CuraEngine's, written over its placeholders.

The engine writes its header before it knows anything (``;TIME:6666``,
``;MINX:2.14748e+06``) and tells the true one at the end, on its error output. The true
lines are hardly ever longer than the placeholders, so they go into the very same bytes,
filled up with spaces: nothing in the file moves and nothing is copied, and the one
reading pass that follows sees the right file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

HEAD_LIMIT = 4_096  # bytes within which the header ends; Cura's own has about 170
_GENERATED = b";Generated with "
_ROUNDED = re.compile(r";(?:MIN|MAX)[XYZ]:")
# What our reader and OctoPrint would believe; blank is better than 6666 seconds.
_FIGURES = re.compile(rb";(?:TIME|MATERIAL2?|Filament used|MIN[XYZ]|MAX[XYZ]):[^\n]*")


def set_header(path: Path, header: Sequence[str]) -> bool:
    """Write the true header over the placeholders, in place.

    Args:
        path: the engine's file.
        header: the true lines, as the engine told them; empty: not known.

    Returns:
        Whether the header is the true one now. If not, its false figures were blanked.

    Raises:
        OSError: the file cannot be read or written.
    """
    with open(path, "r+b") as file:
        head = file.read(HEAD_LIMIT)
        end = head.find(_GENERATED)
        if end < 0:
            return False
        true = _fitted(header, head[:end])
        file.seek(0)
        if true is None:
            file.write(_FIGURES.sub(lambda found: b";".ljust(len(found[0])), head[:end]))
        else:
            file.write(true)
        file.flush()
        os.fsync(file.fileno())
    return true is not None


def _fitted(header: Sequence[str], place: bytes) -> bytes | None:
    """The lines in exactly as many bytes as the placeholders have, or None.

    Where they are too long, the bounds give up decimals first, then themselves: our
    reader finds them anyway.
    """
    if not header:
        return None
    lines = list(header)
    without = [line for line in lines if not _ROUNDED.match(line)]
    for tried in (lines, [_rounded(line) for line in lines], without):
        data = "".join(f"{line}\n" for line in tried).encode("utf-8", "replace")
        spare = len(place) - len(data)
        if spare == 0:
            return data
        if spare > 0:
            # as a line of its own: white space inside another might be read as text
            return data + b" " * (spare - 1) + b"\n"
    return None


def _rounded(line: str) -> str:
    name, _, number = line.partition(":")
    try:
        return f"{name}:{float(number):.1f}" if _ROUNDED.match(line) else line
    except ValueError:
        return line
