"""Where the work is done: in this process, or (see `on_ray`) in replicas elsewhere."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .backends.backend import About, Backend, Picture
from .order import Order
from .refused import MEMORY, REMOTE, Cancelled, Refused, Stopping
from .watch import Watch

log = logging.getLogger(__name__)
FINISHING = 0.9  # share of the progress that the back end gets


@dataclass(frozen=True)
class Made:
    """A result.

    Attributes:
        mesh: as `results.pack` makes it.
        triangles: how many.
        notes: what its owner should know.
        where: which of several makers made it, for people.
    """

    mesh: bytes
    triangles: int
    notes: tuple[str, ...]
    where: str = ""


class Maker(Protocol):
    """What the keeper asks of whoever does the work."""

    about: About
    cuts_anything: bool  # it removes backgrounds that are not plain
    at_once: int  # how many jobs it can do side by side

    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> Made:
        """Raises Refused, Cancelled, Stopping."""


class HereMaker:
    """Does the work in this process, one job after another."""

    at_once = 1

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.about = backend.about
        self.cuts_anything = backend.settings.cuts_anything
        self._one = threading.Lock()
        self._loaded = False

    def load(self) -> None:
        """Raises Refused."""
        with self._one:
            self._load()

    def _load(self) -> None:
        if not self._loaded:
            self._backend.load()
            self._loaded = True

    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> Made:
        with self._one:
            try:
                return self._make(order, pictures, watch)
            except (Refused, Cancelled, Stopping):
                raise
            except MemoryError:
                raise Refused(
                    MEMORY, "The memory was not enough for this; choose less detail."
                ) from None
            except Exception as error:
                # The log has the whole story; a client is not told paths and code.
                log.exception("%s failed", self.about.label)
                raise Refused(
                    REMOTE,
                    f"{self.about.label} failed ({type(error).__name__}); the server's log "
                    "says more. Try again, or with another seed.",
                ) from None
            finally:
                self._backend.recover()

    def _make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> Made:
        from .finishing import finish
        from .results import pack

        watch.report(0.0, "loading" if not self._loaded else "starting")
        self._load()
        raw = self._backend.make(order, pictures, _Part(watch, 0.0, FINISHING))
        about = self.about
        done = finish(
            raw,
            order,
            _Part(watch, FINISHING, 1.0),
            solid=about.solid,
            own_size=about.own_size,
        )
        return Made(pack(done.mesh), len(done.mesh.faces), done.notes)


class _Part(Watch):
    """A watch for a piece of the work."""

    def __init__(self, whole: Watch, start: float, end: float) -> None:
        self._whole, self._start, self._span = whole, start, end - start

    def check(self) -> None:
        self._whole.check()

    def report(self, share: float, stage: str) -> None:
        share = min(max(share, 0.0), 1.0)
        self._whole.report(self._start + self._span * share, stage)
