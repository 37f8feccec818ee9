"""The queue as the browser sees it: no paths, no hashes, no tokens."""

from __future__ import annotations

from typing import Any

from .model import WAITING, Item, QueueState


def to_json(state: QueueState, now: float) -> dict[str, Any]:
    """The whole queue, with what may be done next.

    Args:
        now: on the queue's own clock, for how long a confirmation still holds.
    """
    waiting = [item for item in state.items if item.state in WAITING]
    return {
        "bed_generation": state.bed_generation,
        "paused": state.paused,
        "reason": state.reason and state.reason.to_json(),
        "foreign_print": state.foreign is not None,
        "can_pause": not state.paused,
        "can_resume": state.paused,
        "can_clear_finished": bool(state.history),
        "print_time_s": sum(item.print_time_s or 0.0 for item in waiting),
        "items": [_item(state, item, now) for item in state.items],
        "history": [_facts(item) for item in state.history],
    }


def _item(state: QueueState, item: Item, now: float) -> dict[str, Any]:
    waits = item.state in WAITING
    held = state.confirmation
    checking = held is not None and held.used
    ours = held is not None and held.item_id == item.id and now < held.expires_at
    return {
        **_facts(item),
        "confirmed_by": held.user if held and ours else None,
        "confirmed_for_s": round(held.expires_at - now) if held and ours else None,
        "checking": bool(checking and ours),
        "can_confirm": waits
        and not checking
        and state.active is None
        and state.foreign is None,
        "can_remove": waits,
        "can_move": waits,
    }


def _facts(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "job_id": item.job_id,
        "name": item.name,
        "owner": item.owner,
        "state": item.state.value,
        "reason": item.reason and item.reason.to_json(),
        "copy": item.copy,
        "copies": item.copies,
        "print_time_s": item.print_time_s,
        "added_at": item.added_at,
        "started_by": item.started_by,
        "started_at": item.started_at,
        "ended_at": item.ended_at,
    }
