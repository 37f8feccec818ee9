"""Profile files that somebody sent and has not saved yet.

They are only kept here; what is in them the worker finds out.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..problems import N_, Refusal

KEPT_S = 3600.0
MOST = 4  # waiting files of one user; the oldest makes room
NAME_LENGTH = 200  # characters of what a file was called


class NotWaiting(Refusal):
    """There is no such file, or it is somebody else's, which is nobody's business."""

    def __init__(self) -> None:
        super().__init__(
            "profiles.no_such_upload",
            N_("This file is not here any more; choose it once more."),
        )


@dataclass(frozen=True)
class Waiting:
    """A file that waits to be saved.

    Attributes:
        token: its name on the disk.
        path: where it is.
        name: what its sender called it.
        owner: who sent it.
        since: monotonic seconds.
    """

    token: str
    path: Path
    name: str
    owner: str
    since: float


class ProfileUploads:
    """All of them; may be used from several threads.

    Args:
        folder: of these files alone, emptied: what an earlier run left nobody asks for.
        now: seconds of a monotonic clock.
    """

    def __init__(self, folder: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._now = now
        self._lock = threading.Lock()
        self._waiting: dict[str, Waiting] = {}
        shutil.rmtree(folder, ignore_errors=True)

    def take(self, file: Path, name: str, owner: str) -> Waiting:
        """Move a file here. Raises OSError."""
        token = secrets.token_hex(8)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / token
        try:
            shutil.move(file, path)
            os.chmod(path, 0o600)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        made = Waiting(token, path, name[:NAME_LENGTH], owner, self._now())
        with self._lock:
            own = [each for each in self._waiting.values() if each.owner == owner]
            for each in own[: max(0, len(own) - MOST + 1)]:
                self._forget(each)
            self._waiting[token] = made
        return made

    def get(self, token: str, owner: str) -> Waiting:
        """Raises `NotWaiting`."""
        self.tidy()
        with self._lock:
            found = self._waiting.get(token)
        if found is None or found.owner != owner:
            raise NotWaiting
        return found

    def drop(self, token: str, owner: str) -> None:
        """Remove a file. Raises `NotWaiting`."""
        self.done(self.get(token, owner))

    def done(self, waiting: Waiting) -> None:
        """Remove a file, if it is still there."""
        with self._lock:
            self._forget(waiting)

    def tidy(self) -> None:
        """Remove those for which nobody came back."""
        with self._lock:
            for each in list(self._waiting.values()):
                if self._now() - each.since > KEPT_S:
                    self._forget(each)

    def _forget(self, waiting: Waiting) -> None:
        self._waiting.pop(waiting.token, None)
        waiting.path.unlink(missing_ok=True)
