"""The state machine: what each wish and each event makes of the queue. Pure functions.

    queued -> awaiting_bed_clear -> starting -> printing -> done | failed | cancelled

A start refused or not seen leads from awaiting_bed_clear or starting back to queued. The
queue is paused after every restart and everything that was not a success.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import replace

from ..problems import Problem
from . import reasons
from .model import HISTORY_LENGTH, WAITING, Confirmation, Item, ItemState, QueueState
from .printer import PrinterState
from .refused import QueueRefused

MAX_ITEMS = 200
START_TIMEOUT_S = 10.0  # from telling the printer until its event
GRACE_S = 10.0  # events lag behind the printer's state; only longer counts as missed

# ---- wishes of people


def add(state: QueueState, items: Sequence[Item]) -> QueueState:
    """Append items. Raises `QueueRefused` (`queue.full`)."""
    if len(state.items) + len(items) > MAX_ITEMS:
        raise reasons.full(MAX_ITEMS)
    return replace(state, items=(*state.items, *items))


def remove(state: QueueState, item_id: str) -> QueueState:
    """Raises `QueueRefused` (`queue.unknown_item`, `queue.item_busy`)."""
    _waiting_item(state, item_id)
    state = _withdraw(state, item_id)
    return replace(state, items=tuple(item for item in state.items if item.id != item_id))


def move(state: QueueState, item_id: str, position: int) -> QueueState:
    """Move an item to a place counted from 0 among those that wait, or the nearest.

    Raises:
        QueueRefused: `queue.unknown_item`, `queue.item_busy`.
    """
    if state.confirmation is None:
        state = _withdraw(state)  # who is next in line is decided anew
    moved = _waiting_item(state, item_id)
    active = [item for item in state.items if item.state not in WAITING]
    waiting = [item for item in state.items if item.state in WAITING]
    waiting.remove(moved)
    waiting.insert(max(0, position), moved)
    return replace(state, items=(*active, *waiting))


def pause(state: QueueState, reason: Problem) -> QueueState:
    """Offer nothing more; a print under way goes on."""
    return replace(_withdraw(state), paused=True, reason=reason)


def resume(state: QueueState) -> QueueState:
    return replace(state, paused=False, reason=None)


def clear_finished(state: QueueState) -> QueueState:
    return replace(state, history=())


def confirm(
    state: QueueState, confirmation: Confirmation, seen_generation: int
) -> QueueState:
    """Take somebody's word that the bed is clear for one item; makes the queue ready.

    Raises:
        QueueRefused: `queue.unknown_item`, `queue.busy`, `queue.bed_changed`.
    """
    if state.find(confirmation.item_id) is None:
        raise reasons.unknown_item()
    checking = state.confirmation is not None and state.confirmation.used
    if state.active or state.foreign is not None or checking:
        raise QueueRefused.of(reasons.busy())
    if seen_generation != state.bed_generation:
        raise reasons.bed_changed()
    state = _withdraw(state).with_item(
        confirmation.item_id, state=ItemState.AWAITING, reason=None
    )
    return replace(state, paused=False, reason=None, confirmation=confirmation)


# ---- a start, in three strokes: use the confirmation, tell the printer, or give up


def use(state: QueueState, item_id: str, token: str, user: str, now: float) -> QueueState:
    """Use up a confirmation, before the slow checks.

    Raises:
        QueueRefused: `queue.unknown_item`, `queue.not_confirmed`,
            `queue.confirmation_expired`.
    """
    if state.find(item_id) is None:
        raise reasons.unknown_item()
    held = state.confirmation
    if held is None or held.used or (held.item_id, held.user) != (item_id, user):
        raise reasons.not_confirmed()
    if not _same(held.token, token):
        raise reasons.not_confirmed()
    if now >= held.expires_at:
        raise reasons.confirmation_expired()
    return replace(state, confirmation=replace(held, used=True))


def begin(state: QueueState, token: str, now: float) -> QueueState:
    """The checks are passed; from here on the printer's event is awaited.

    Raises:
        QueueRefused: `queue.not_confirmed`: the confirmation was withdrawn meanwhile.
    """
    held = state.confirmation
    if held is None or held.token != token:
        raise reasons.not_confirmed()
    state = state.with_item(
        held.item_id, state=ItemState.STARTING, reason=None, started_by=held.user
    )
    first = [item for item in state.items if item.id == held.item_id]
    others = [item for item in state.items if item.id != held.item_id]
    return replace(
        state,
        items=(*first, *others),
        confirmation=None,
        start_deadline=now + START_TIMEOUT_S,
    )


def give_up(state: QueueState, token: str, reason: Problem) -> QueueState:
    """The checks failed; the item waits again, and the queue with it."""
    held = state.confirmation
    if held is None or held.token != token:
        return state
    return pause(state.with_item(held.item_id, reason=reason), reason)


def undo_start(state: QueueState, item_id: str, reason: Problem) -> QueueState:
    """A start that did not happen; the item waits again, and the queue with it."""
    item = state.find(item_id)
    if item is None or item.state is not ItemState.STARTING:
        return state
    state = state.with_item(
        item_id, state=ItemState.QUEUED, reason=reason, started_by=None
    )
    return pause(replace(state, start_deadline=None), reason)


# ---- what is seen of the printer


def print_started(state: QueueState, path: str, at: float) -> QueueState:
    """A print began, ours if it is the one we are just starting, otherwise foreign."""
    active = state.active
    state = replace(_bed_used(state), odd_since=None)
    if active and active.path == path:
        if active.state is ItemState.STARTING:
            state = state.with_item(active.id, state=ItemState.PRINTING, started_at=at)
        return replace(state, start_deadline=None)
    state = replace(state, foreign=path)
    if active and active.state is ItemState.STARTING:
        return undo_start(state, active.id, reasons.foreign_print())
    if active:
        return _finish(
            state, active, ItemState.FAILED, reasons.lost_track(active.name), at
        )
    return state


def print_ended(
    state: QueueState, path: str, outcome: ItemState, reason: str, at: float
) -> QueueState:
    """A print ended, ours or foreign.

    Args:
        outcome: `DONE`, `FAILED` or `CANCELLED`.
        reason: the printer's word for a failure, perhaps empty.
    """
    active = state.active
    state = replace(_bed_used(state), odd_since=None)
    if active and active.path == path:
        return _finish(state, active, outcome, _why(outcome, active.name, reason), at)
    state = replace(state, foreign=None)
    problem = _why(outcome, path.rpartition("/")[2], reason)
    # An end may be told twice (as failed and as cancelled): the first word stays.
    return pause(state, problem) if problem and not state.paused else state


def disconnected(state: QueueState, at: float) -> QueueState:
    """The line is dead: what was printing is lost, and the bed may hold anything."""
    active = state.active
    state = replace(_bed_used(state), foreign=None, odd_since=None)
    reason = reasons.disconnected()
    if active:
        return _finish(state, active, ItemState.FAILED, reason, at)
    return state if state.paused else pause(state, reason)


def reconcile(
    state: QueueState, printer: PrinterState, now: float, at: float
) -> QueueState:
    """Compare with what the printer does, for events can be missed; then offer the next.

    Events lag behind the printer's state, so what does not match is believed only when it
    has lasted for `GRACE_S`.

    Args:
        now: on the queue's own clock, as are all deadlines.
        at: seconds since 1970, for the record.
    """
    held = state.confirmation
    if held and not held.used and now >= held.expires_at:
        state = replace(state, confirmation=None)
    active = state.active
    if active and active.state is ItemState.STARTING:
        return _reconcile_start(state, active, printer, now, at)
    expected = active.path if active else state.foreign
    if _matches(expected, printer):
        state = replace(state, odd_since=None)
        return _offer_next(state) if printer.ready and expected is None else state
    if state.odd_since is None:
        if expected is None:  # whatever it is, nobody's word on the bed outlasts it
            state = _bed_used(state)
        return replace(state, odd_since=now)
    if now - state.odd_since < GRACE_S:
        return state
    if printer.printing:
        return print_started(state, printer.path or "", at)
    if not printer.connected:
        return disconnected(state, at)
    state = replace(_bed_used(state), foreign=None, odd_since=None)
    if active is None:
        return state
    return _finish(state, active, ItemState.FAILED, reasons.lost_track(active.name), at)


def _matches(expected: str | None, printer: PrinterState) -> bool:
    """Whether the printer does what the events have told; an unknown path is any."""
    if printer.printing and expected is not None:
        return not printer.path or not expected or printer.path == expected
    # Between two states, perhaps for minutes, the event may be to come or long past.
    between = printer.connected and not printer.ready
    return not printer.printing and (expected is None or between)


def _reconcile_start(
    state: QueueState, item: Item, printer: PrinterState, now: float, at: float
) -> QueueState:
    if printer.printing and printer.path is not None:
        return print_started(state, printer.path, at)
    if state.start_deadline is not None and now >= state.start_deadline:
        reason = reasons.start_not_seen(item.name, START_TIMEOUT_S)
        return undo_start(state, item.id, reason)
    return state


def _offer_next(state: QueueState) -> QueueState:
    if state.paused or state.awaiting or not state.items:
        return state
    return state.with_item(state.items[0].id, state=ItemState.AWAITING)


# ---- beginning anew


def restarted(state: QueueState, at: float) -> QueueState:
    """What a stored queue becomes when it is read: paused, nothing under way."""
    active = state.active
    state = _bed_used(state)
    if active:
        return _finish(
            state, active, ItemState.FAILED, reasons.interrupted(active.name), at
        )
    return replace(state, paused=True, reason=state.reason or reasons.restarted())


# ---- shared


def _same(token: str, given: str) -> bool:
    """Compare without telling by the time taken how much of it was right."""
    return hmac.compare_digest(token.encode(), given.encode(errors="replace"))


def _waiting_item(state: QueueState, item_id: str) -> Item:
    item = state.find(item_id)
    if item is None:
        raise reasons.unknown_item()
    if item.state not in WAITING:
        raise reasons.item_busy(item.name)
    return item


def _withdraw(state: QueueState, item_id: str | None = None) -> QueueState:
    """Forget a confirmation and who is next: of this item, or whoever it is."""
    awaiting = state.awaiting
    if awaiting is None or item_id not in (None, awaiting.id):
        return state  # a confirmation is always for the item that is awaiting
    state = state.with_item(awaiting.id, state=ItemState.QUEUED)
    return replace(state, confirmation=None)


def _bed_used(state: QueueState) -> QueueState:
    """Something began or ended on the bed: who looked before has seen another bed."""
    return replace(_withdraw(state), bed_generation=state.bed_generation + 1)


def _finish(
    state: QueueState, item: Item, outcome: ItemState, reason: Problem | None, at: float
) -> QueueState:
    ended = replace(item, state=outcome, reason=reason, ended_at=at)
    state = replace(
        state,
        items=tuple(other for other in state.items if other.id != item.id),
        history=(ended, *state.history)[:HISTORY_LENGTH],
        start_deadline=None,
    )
    return state if reason is None else pause(state, reason)


def _why(outcome: ItemState, name: str, reason: str) -> Problem | None:
    if outcome is ItemState.DONE:
        return None
    if outcome is ItemState.CANCELLED:
        return reasons.cancelled(name)
    return reasons.failed(name, reason)
