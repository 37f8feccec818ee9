"""The queue on disk: one file, replaced as a whole."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from ..files import tidy, write_json
from ..problems import Problem
from . import reasons
from .model import QueueState

FILE = "queue.json"

_log = logging.getLogger(__name__)


class QueueStore:
    """Reads and writes the queue in a folder, which is made if missing."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._file = self._folder / FILE

    def load(self) -> tuple[QueueState | None, Problem | None]:
        """The stored queue, or None if there is none; and what went wrong, if anything.

        A file that makes no sense is renamed, never deleted nor overwritten.

        Raises:
            QueueRefused: `queue.unreadable`, the folder or file cannot be accessed.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            tidy(self._folder)
            text = self._file.read_bytes()
        except FileNotFoundError:
            return None, None
        except OSError as error:
            raise reasons.unreadable(error.strerror or str(error)) from error
        try:
            return QueueState.from_json(json.loads(text)), None
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            _log.exception("the stored queue is damaged")
        try:
            return None, reasons.corrupt(self._set_aside())
        except OSError as error:
            raise reasons.unreadable(error.strerror or str(error)) from error

    def _set_aside(self) -> str:
        number = 1
        while (aside := self._folder / f"{FILE}.corrupt-{number}").exists():
            number += 1
        self._file.rename(aside)
        return aside.name

    def save(self, state: QueueState) -> None:
        """Write so that a crash leaves the old queue or the new one. Raises OSError."""
        write_json(self._file, state.to_json())
        self._sync_folder()

    def _sync_folder(self) -> None:
        """The new name must survive a power cut as well as the new content."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
