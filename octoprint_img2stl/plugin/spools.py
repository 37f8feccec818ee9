"""The spools that are loaded now, asked of the plugins that keep spools.

`spool_sources` says which, and how.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from ..solid3d.background import Background
from .spool import Spool, enough
from .spool_sources import LIMIT_S, NOTHING_SELECTED, SOURCES, selected

__all__ = ["Spool", "Spools", "enough", "loaded_spools"]

KEEP_S = 30.0
KEEP_NOTHING_S = 120.0  # a spool is selected, but nothing was to be learnt about it

_log = logging.getLogger(__name__)


class Spools:
    """The loaded spools, remembered for a while. Safe to be used by several threads.

    Args:
        plugin_manager: OctoPrint's.
        settings: our plugin's; only those of other plugins are read.
    """

    def __init__(self, plugin_manager: Any, settings: Any) -> None:
        self._plugin_manager = plugin_manager
        self._settings = settings
        self._lock = threading.Lock()
        self._reading: Background[None] | None = None
        self._since = 0.0
        self._known: tuple[Spool, ...] = ()
        self._known_for = ""
        self._good_until = 0.0

    def loaded(self, wait_s: float = LIMIT_S) -> tuple[Spool, ...]:
        """One spool per tool that has one, by tool. Never raises.

        Args:
            wait_s: how long to wait for news; then what was known last is returned, if the
                same spools are selected still. 0: not at all.
        """
        try:
            chosen = selected(self._settings)
            with self._lock:
                now = time.monotonic()
                if chosen == self._known_for and now < self._good_until:
                    return self._known
                if self._reading is None:
                    self._since = now
                    self._reading = Background(
                        lambda: self._read(chosen), "img2stl-spools"
                    )
                reading, waited_s = self._reading, now - self._since
            # One that hangs holds up the first who ask, but not everybody after them.
            reading.wait(max(wait_s - waited_s, 0.0))
            with self._lock:
                return self._known if chosen == self._known_for else ()
        except Exception as error:
            _log.warning("Could not ask for spools (%s)", type(error).__name__)
            return ()

    def _read(self, chosen: str) -> None:
        found: tuple[Spool, ...] = ()
        try:
            found = loaded_spools(self._plugin_manager, self._settings)
        finally:
            # Of a Filament Manager it is not known whether anything is selected.
            failed = not found and chosen != NOTHING_SELECTED
            with self._lock:
                self._known, self._known_for = found, chosen
                keep_s = KEEP_NOTHING_S if failed else KEEP_S
                self._good_until = time.monotonic() + keep_s
                self._reading = None


def loaded_spools(plugin_manager: Any, settings: Any) -> tuple[Spool, ...]:
    """Ask now; `Spools.loaded` asks less often and waits less long. Never raises.

    The first plugin where a spool is selected is the one that counts, also when it cannot
    say more: what another one was told once would only be old.

    Args:
        plugin_manager, settings: as for `Spools`.
    """
    for source, read in SOURCES.items():
        try:
            plugin = plugin_manager.get_plugin_info(source)
            found = read(source, plugin, settings) if plugin is not None else None
            if found is not None:
                return tuple(sorted(found, key=lambda spool: spool.tool))
        except Exception as error:
            # not its words: they may hold a password
            _log.info("%s did not tell its spools (%s)", source, type(error).__name__)
    return ()
