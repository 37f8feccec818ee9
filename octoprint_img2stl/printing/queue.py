"""The print queue: the state machine with a lock, a file and a printer around it."""

from __future__ import annotations

import logging
import math
import os
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from ..machine import Machine
from ..problems import Problem, Refusal
from . import reasons, transitions, view
from .model import Confirmation, Item, ItemState, QueueState, bounds
from .printer import Printer
from .recheck import item_obstacle, printer_obstacle, sha256_of
from .refused import QueueRefused
from .store import QueueStore

CONFIRMATION_S = 600.0
MAX_COPIES = 50
CANCELLED_REASON = "cancelled"

_log = logging.getLogger(__name__)


class PrintQueue:
    """Prints that wait for a clear bed and a person who has seen it.

    Every method may be called from any thread. All slow or foreign things (the printer,
    hashing, `changed`) happen outside the lock.

    Args:
        folder: where the queue is kept; made if missing.
        printer: see `Printer`.
        machine: the current machine; may raise a `Refusal`.
        hash_file: hexadecimal SHA-256 of the file that the printer knows by this path,
            None if it is gone.
        changed: called after every change.
        clock: seconds that never go back, for deadlines.
        wall_clock: seconds since 1970, for the record.
        confirmation_s: how long somebody's word on the bed holds.

    Raises:
        QueueRefused: `queue.unreadable`: the folder or file cannot be accessed.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        printer: Printer,
        machine: Callable[[], Machine],
        *,
        hash_file: Callable[[str], str | None] = sha256_of,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        confirmation_s: float = CONFIRMATION_S,
    ) -> None:
        self._store = QueueStore(folder)
        self._printer = printer
        self._machine = machine
        self._hash_file = hash_file
        self._changed = changed
        self._clock = clock
        self._wall_clock = wall_clock
        self._confirmation_s = confirmation_s
        self._lock = threading.Lock()
        self._changes = 0  # grows with every event and change, to know a stale look
        self._unsaved = False
        stored, problem = self._store.load()
        # Without a file the generation must not repeat one that an old page still shows.
        state = stored or QueueState(int(wall_clock()), reason=problem)
        self._state = transitions.restarted(state, wall_clock())
        self._save(self._state, essential=False)

    # ---- what people wish

    def add(
        self,
        *,
        job_id: str,
        name: str,
        path: str,
        sha256: str,
        bounds: tuple[float, float, float, float, float, float],
        machine: str,
        print_time_s: float | None,
        owner: str,
        copies: int = 1,
    ) -> list[str]:
        """Append a print, once per copy. The arguments are described at `Item`.

        Returns:
            The ids of the new items.

        Raises:
            QueueRefused: `queue.bad_copies`, `queue.full`, `queue.not_saved`.
            ValueError: bounds that are not six finite numbers.
        """
        if type(copies) is not int or not 1 <= copies <= MAX_COPIES:
            raise reasons.bad_copies(MAX_COPIES)
        items = [
            Item(
                id=secrets.token_hex(8),
                job_id=job_id,
                name=name,
                path=path,
                sha256=sha256,
                bounds=_bounds(bounds),
                machine=machine,
                print_time_s=_finite(print_time_s),
                owner=owner,
                copy=number,
                copies=copies,
                added_at=self._wall_clock(),
            )
            for number in range(1, copies + 1)
        ]
        self._change(lambda state: transitions.add(state, items))
        return [item.id for item in items]

    def remove(self, item_id: str) -> None:
        """Take out an item that waits.

        Raises:
            QueueRefused: `queue.unknown_item`, `queue.item_busy`, `queue.not_saved`.
        """
        self._change(lambda state: transitions.remove(state, item_id))

    def move(self, item_id: str, position: int) -> None:
        """Move an item that waits to a place, from 0, among those that wait.

        Raises:
            QueueRefused: `queue.unknown_item`, `queue.item_busy`, `queue.not_saved`.
        """
        self._change(lambda state: transitions.move(state, item_id, position))

    def pause(self, user: str) -> None:
        """Offer nothing more; confirmations are void, a print under way goes on.

        Raises:
            QueueRefused: `queue.not_saved`.
        """
        reason = reasons.paused_by(user)
        self._change(lambda state: transitions.pause(state, reason))

    def resume(self) -> None:
        """Offer the next item when the printer is ready. Raises `queue.not_saved`."""
        self._change(transitions.resume)

    def clear_finished(self) -> None:
        """Forget the history. Raises `queue.not_saved`."""
        self._change(transitions.clear_finished)

    def confirm(self, item_id: str, bed_generation: int, user: str) -> str:
        """Take a person's word that the bed is clear for this one item.

        It may be any item that waits, and the queue may be paused; it is ready
        afterwards. The word holds until it is used, some minutes have passed, the queue
        is paused, or anything begins or ends on the printer. A later word, for whichever
        item, replaces
        it: there is one bed.

        Args:
            item_id: the item.
            bed_generation: as the person's page showed it.
            user: who has looked; only this user can start.

        Returns:
            The token for `start`.

        Raises:
            QueueRefused: `queue.unknown_item`, `queue.busy`, `queue.bed_changed`,
                `queue.printer_not_ready`, `queue.not_saved`.
        """
        obstacle = printer_obstacle(self._printer.state())
        confirmation = Confirmation(
            item_id,
            user,
            secrets.token_urlsafe(32),
            expires_at=self._clock() + self._confirmation_s,
        )

        def transition(state: QueueState) -> QueueState:
            new = transitions.confirm(state, confirmation, bed_generation)
            if obstacle:
                raise QueueRefused.of(obstacle)
            return new

        self._change(transition)
        return confirmation.token

    def start(self, item_id: str, token: str, user: str) -> None:
        """Check everything once more and tell the printer to begin.

        Returns when the printer was told; whether it began is known by `print_started`,
        or undone by `tick` after 10 s. What is refused after the token was accepted
        leaves the item waiting and the queue paused, with the reason.

        Raises:
            QueueRefused: `queue.unknown_item`, `queue.not_confirmed`,
                `queue.confirmation_expired`; then `queue.busy`,
                `queue.printer_not_ready`, `queue.file_missing`, `queue.file_changed`,
                `queue.machine_changed`, `queue.out_of_bounds`, `queue.start_failed`,
                `queue.not_saved`, or the code of the machine's refusal.
        """
        now = self._clock()
        state = self._change(
            lambda state: transitions.use(state, item_id, token, user, now)
        )
        item = state.find(item_id)
        assert item is not None  # `use` has found it
        try:
            obstacle = self._obstacle(item)
            if obstacle:
                raise QueueRefused.of(obstacle)
            now = self._clock()
            self._change(lambda state: transitions.begin(state, token, now))
        except QueueRefused as refusal:
            problem = refusal.problem
            self._note(lambda state: transitions.give_up(state, token, problem))
            raise
        try:
            self._printer.start(item.path, user)
        except Exception as error:
            _log.exception("the printer could not be told to start")
            reason = reasons.start_failed(item.name, str(error))
            self._note(lambda state: transitions.undo_start(state, item_id, reason))
            raise QueueRefused.of(reason) from error

    def _obstacle(self, item: Item) -> Problem | None:
        try:
            return printer_obstacle(self._printer.state()) or item_obstacle(
                item, self._machine(), self._hash_file(item.path)
            )
        except Refusal as refusal:
            return refusal.problem
        except Exception as error:  # unreadable file, printer that cannot be asked
            _log.exception("the checks before the start failed")
            return reasons.start_failed(item.name, str(error))

    # ---- what is seen of the printer

    def print_started(self, path: str, user: str | None = None) -> None:
        """A print began, whoever began it."""
        _log.debug("a print of %s began for %s", path, user)
        at = self._wall_clock()
        self._note(lambda state: transitions.print_started(state, path, at))

    def print_done(self, path: str) -> None:
        """A print came to its end."""
        self._ended(path, ItemState.DONE)

    def print_failed(self, path: str, reason: str = "") -> None:
        """A print failed; the reason `cancelled` means that somebody cancelled it."""
        cancelled = reason == CANCELLED_REASON
        self._ended(
            path, ItemState.CANCELLED if cancelled else ItemState.FAILED, reason or ""
        )

    def print_cancelled(self, path: str) -> None:
        """A print was cancelled."""
        self._ended(path, ItemState.CANCELLED)

    def _ended(self, path: str, outcome: ItemState, reason: str = "") -> None:
        at = self._wall_clock()
        self._note(
            lambda state: transitions.print_ended(state, path, outcome, reason, at)
        )

    def disconnected(self) -> None:
        """The line to the printer is dead."""
        at = self._wall_clock()
        self._note(lambda state: transitions.disconnected(state, at))

    def tick(self, now: float | None = None) -> None:
        """Look at the printer and the clock; to be called every few seconds.

        The only place that offers the next item, because right after a print has ended
        the printer is not ready for some moments.

        Args:
            now: on the queue's clock; None: ask it.
        """
        with self._lock:
            seen = self._changes
        printer = self._printer.state()
        now, at = self._clock() if now is None else now, self._wall_clock()

        def transition(state: QueueState) -> QueueState:
            if self._changes != seen:  # the look at the printer is older than the state
                return state
            return transitions.reconcile(state, printer, now, at)

        self._note(transition, counts=False)

    # ---- to be looked at

    def to_json(self, now: float | None = None) -> dict[str, Any]:
        """The queue for the browser, see `view`; `saved` is false while the disk refuses.

        Args:
            now: on the queue's clock; None: ask it.
        """
        with self._lock:
            state, unsaved = self._state, self._unsaved
        now = self._clock() if now is None else now
        return {**view.to_json(state, now), "saved": not unsaved}

    @property
    def state(self) -> QueueState:
        """The queue at this moment, immutable."""
        with self._lock:
            return self._state

    # ---- shared

    def _change(self, transition: Callable[[QueueState], QueueState]) -> QueueState:
        """A wish: granted only if it can be kept on disk."""
        return self._apply(transition, essential=True, counts=True)

    def _note(
        self, transition: Callable[[QueueState], QueueState], *, counts: bool = True
    ) -> None:
        """A fact: true even if it cannot be kept on disk."""
        self._apply(transition, essential=False, counts=counts)

    def _apply(
        self,
        transition: Callable[[QueueState], QueueState],
        *,
        essential: bool,
        counts: bool,
    ) -> QueueState:
        with self._lock:
            old = self._state
            new = transition(old)
            changed = new != old
            if counts or changed:
                self._changes += 1
            if self._unsaved or (changed and new.to_json() != old.to_json()):
                self._save(new, essential=essential)
            self._state = new
        if changed:
            try:
                self._changed()
            except Exception:  # who listens must not be able to stop the queue
                _log.exception("a listener failed")
        return new

    def _save(self, state: QueueState, *, essential: bool) -> None:
        try:
            self._store.save(state)
            self._unsaved = False
        except OSError as error:
            if essential:
                raise reasons.not_saved(error.strerror or str(error)) from error
            _log.exception("the queue could not be written")
            self._unsaved = True


_bounds = bounds  # `PrintQueue.add` has an argument of that name


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
