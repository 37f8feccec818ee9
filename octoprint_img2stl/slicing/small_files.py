"""Small files that may be damaged, huge or no files at all, read with distrust."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any


def read_bytes(path: Path, limit: int) -> bytes:
    """A regular file's bytes; a pipe does not block us, a huge file does not fill us.

    Args:
        path: the file.
        limit: bytes; a larger one is refused.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no regular file, or too large.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("no regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError("too large")
    return data


def strict_json(data: bytes) -> Any:
    """What JSON says; numbers that are none (NaN, Infinity) are not taken.

    Raises:
        ValueError, RecursionError: it is no such JSON.
    """
    return json.loads(data, parse_constant=_no_number)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
