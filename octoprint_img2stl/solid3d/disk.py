"""Room on this machine's disk for what an endpoint sends."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from . import sentences

SPARE_BYTES = 200 * 2**20  # left free for everybody else


def check_room(path: Path, wanted_bytes: int) -> None:
    """Raises `DriverFailed` (`solid.disk_full`), or OSError where there is no such folder."""
    if shutil.disk_usage(path.parent).free < wanted_bytes + SPARE_BYTES:
        raise sentences.disk_full(free_mb(path))


def free_mb(path: Path) -> int:
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free // 2**20
    return 0
