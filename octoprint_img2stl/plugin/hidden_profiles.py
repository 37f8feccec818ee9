"""Saved profiles that somebody deleted from OctoPrint's list of slicing profiles.

They stay saved, and come back to that list when they are saved again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..slicing.saved import SavedProfile
from . import kept

FILE = "hidden_profiles.json"

_log = logging.getLogger(__name__)


class HiddenProfiles:
    """Which they are, in a file of the plugin's data folder; used by one thread."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        # id -> when the profile had been changed last
        self._hidden, _ = kept.load(self._file, _read, {})

    def __contains__(self, profile: SavedProfile) -> bool:
        return self._hidden.get(profile.id) == profile.changed

    def hide(self, profile: SavedProfile, known: Iterable[SavedProfile]) -> None:
        """Args: known: all that are saved; what is no longer saved is forgotten."""
        changed = {each.id: each.changed for each in known}
        left = {each: since for each, since in self._hidden.items() if each in changed}
        self._hidden = {**left, profile.id: profile.changed}
        try:
            kept.save(self._file, self._hidden)
        except OSError as error:  # it comes back with the next start of OctoPrint
            _log.warning("%s cannot be written (%s)", self._file.name, error.strerror)


def _read(data: Any) -> dict[str, float]:
    """Raises what `kept.load` takes for damage."""
    return {str(profile): float(since) for profile, since in data.items()}
