"""What Tripo says of its tasks; see `tripo`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..driver import DONE, FAILED, LOST, QUEUED, RUNNING, Status
from ..refused import ErrorKind
from ..words import plain_words
from .paid import MOST_MESSAGE, number_in, time_in

# Its error codes (docs.tripo3d.ai, "Errors"); others are told by the status of HTTP.
KINDS = {
    1002: ErrorKind.AUTH,
    1003: ErrorKind.INPUT,
    1004: ErrorKind.INPUT,
    1005: ErrorKind.AUTH,
    1007: ErrorKind.BUSY,
    2000: ErrorKind.BUSY,  # ten tasks at once are the most
    2001: ErrorKind.LOST,
    2003: ErrorKind.INPUT,
    2004: ErrorKind.INPUT,
    2008: ErrorKind.POLICY,
    2010: ErrorKind.CREDIT,  # with HTTP 403
    2015: ErrorKind.INPUT,
    2017: ErrorKind.INPUT,
    2018: ErrorKind.INPUT,
    2019: ErrorKind.INPUT,
}


def status_of(task: Mapping[str, Any]) -> Status:
    """What ``GET /v3/tasks/{id}`` says."""
    word = plain_words(task.get("status") or "", 20).lower()
    progress = number_in(dict(task), "progress")
    part = None if progress is None else min(progress / 100, 1.0)
    words = task.get("error_msg") or task.get("error_message") or ""
    message = plain_words(words, MOST_MESSAGE)
    if word == "queued":
        place = number_in(dict(task), "queuing_num")
        return Status(QUEUED, queue_position=None if place is None else int(place))
    if word == "success":
        return Status(DONE, progress=1.0)
    if word == "banned":
        return Status(FAILED, message=message or word, error=ErrorKind.POLICY)
    if word == "expired":
        return Status(LOST, message=message or word)
    if word in ("failed", "cancelled"):
        code = task.get("error_code")
        kind = KINDS.get(code) if isinstance(code, int) else None
        shown = message or (f"error {code}" if isinstance(code, int) else word)
        return Status(FAILED, message=shown, error=kind or ErrorKind.REMOTE)
    # "unknown", and what a later version of theirs may say, is no end (as in their SDK).
    return Status(
        RUNNING,
        progress=part,
        stage="" if word == "running" else word,
        eta_s=number_in(dict(task), "running_left_time"),
    )


@dataclass(frozen=True)
class Row:
    """One task in the list of what the account used.

    Attributes:
        type: ``image_to_model`` and so on; empty: not told.
        made: seconds since 1970 by the service's clock; 0: not told.
    """

    task: str
    type: str
    made: float


def rows_of(data: Any, most: int) -> list[Row]:
    """The usage: a list, or an object with one in it."""
    rows = data.get("items") if isinstance(data, dict) else data
    return [
        Row(
            task=str(row.get("task_id") or ""),
            type=str(row.get("type") or "").replace("-", "_"),
            made=time_in(row.get("created_at")) or 0.0,
        )
        for row in (rows[:most] if isinstance(rows, list) else ())
        if isinstance(row, dict)
    ]


def likeness(task: Any, seed: int, tokens: Sequence[str]) -> int:
    """How sure it is that a task is ours: 2 by its photos, 1 by its time, 0 not at all.

    Args:
        task: as it was told; None: it was not.
        seed: that we asked for.
        tokens: of our photos; empty: they are not known any more.
    """
    told = task.get("input") if isinstance(task, dict) else None
    if not isinstance(told, dict):
        return 1
    text = json.dumps(told)
    if tokens and all(token in text for token in tokens):
        return 2
    return int(told.get("model_seed", seed) == seed)
