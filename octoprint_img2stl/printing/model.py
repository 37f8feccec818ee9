"""The queue as data: its items, whom it waits for, and what of it is kept on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from ..problems import Problem

VERSION = 1
HISTORY_LENGTH = 50


class ItemState(str, Enum):
    """Where an item stands in its life."""

    QUEUED = "queued"
    AWAITING = "awaiting_bed_clear"  # next in line; a person must look at the bed
    STARTING = "starting"  # the printer was told, its event is awaited
    PRINTING = "printing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


WAITING = frozenset({ItemState.QUEUED, ItemState.AWAITING})
ACTIVE = frozenset({ItemState.STARTING, ItemState.PRINTING})
FINISHED = frozenset({ItemState.DONE, ItemState.FAILED, ItemState.CANCELLED})

Bounds = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Item:
    """One print to be made, once.

    Attributes:
        id: made by us, unique.
        job_id: the job it came from.
        name: how lists call it.
        path: the file as the printer's events name it.
        sha256: of the file that was checked, hexadecimal.
        bounds: (x0, y0, z0, x1, y1, z1) of the extrusion, printer coordinates, mm.
        machine: fingerprint of the machine it was sliced for.
        print_time_s: estimated, None if not known.
        owner: who put it here.
        copy, copies: this is the copy-th of so many put here together, from 1.
        added_at, started_at, ended_at: seconds since 1970.
        state: see `ItemState`.
        reason: why it failed, was cancelled, or could not be started last time.
        started_by: who confirmed the bed and started it.
    """

    id: str
    job_id: str
    name: str
    path: str
    sha256: str
    bounds: Bounds
    machine: str
    print_time_s: float | None
    owner: str
    copy: int
    copies: int
    added_at: float
    state: ItemState = ItemState.QUEUED
    reason: Problem | None = None
    started_by: str | None = None
    started_at: float | None = None
    ended_at: float | None = None

    def to_json(self) -> dict[str, Any]:
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        data["state"] = self.state.value
        data["bounds"] = list(self.bounds)
        data["reason"] = self.reason and self.reason.to_json()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Item:
        """Raises KeyError, TypeError or ValueError for what is not a stored item."""
        values = {field.name: data[field.name] for field in fields(cls)}
        for name in ("id", "job_id", "name", "path", "sha256", "machine", "owner"):
            if not isinstance(values[name], str):
                raise TypeError(name)
        for name in ("copy", "copies", "added_at"):
            values[name] = values[name] + 0  # TypeError for anything but a number
        for name in ("print_time_s", "started_at", "ended_at"):
            values[name] = None if values[name] is None else values[name] + 0
        values["state"] = ItemState(values["state"])
        values["bounds"] = bounds(values["bounds"])
        values["reason"] = _problem(values["reason"])
        return cls(**values)


def bounds(values: Any) -> Bounds:
    """Six finite numbers; raises ValueError or TypeError for anything else."""
    x0, y0, z0, x1, y1, z1 = (float(value) for value in values)
    box = (x0, y0, z0, x1, y1, z1)
    if not all(math.isfinite(value) for value in box):
        raise ValueError("bounds that are no numbers")
    return box


@dataclass(frozen=True)
class Confirmation:
    """Somebody looked at the bed for one item. Never stored, never shown.

    Attributes:
        item_id: for which item.
        user: who looked.
        token: what the start must bring along.
        expires_at: on the queue's own clock, seconds.
        used: a start is under way with it; it cannot be used again.
    """

    item_id: str
    user: str
    token: str
    expires_at: float
    used: bool = False


@dataclass(frozen=True)
class QueueState:
    """All that the queue knows. What is below `reason` is not kept on disk.

    Attributes:
        bed_generation: grows with every beginning and end of a print seen on this
            printer, whoever made it; who confirms a clear bed says which generation was
            seen.
        items: waiting and active, in order; at most one is active.
        history: finished ones, newest first.
        paused: nothing is offered for printing.
        reason: why it is paused; None when ready.
        confirmation: the one outstanding, for there is one bed.
        foreign: path of a print under way that is not ours, "" if not known, None if
            none.
        start_deadline: when a start not yet seen counts as not having happened.
        odd_since: since when the printer has not done what the events told.
    """

    bed_generation: int
    items: tuple[Item, ...] = ()
    history: tuple[Item, ...] = ()
    paused: bool = True
    reason: Problem | None = None
    confirmation: Confirmation | None = None
    foreign: str | None = None
    start_deadline: float | None = None
    odd_since: float | None = None

    def find(self, item_id: str) -> Item | None:
        """An item that waits or is active."""
        return next((item for item in self.items if item.id == item_id), None)

    @property
    def active(self) -> Item | None:
        return next((item for item in self.items if item.state in ACTIVE), None)

    @property
    def awaiting(self) -> Item | None:
        return next(
            (item for item in self.items if item.state is ItemState.AWAITING), None
        )

    def with_item(self, item_id: str, **changes: Any) -> QueueState:
        items = tuple(
            replace(item, **changes) if item.id == item_id else item
            for item in self.items
        )
        return replace(self, items=items)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "bed_generation": self.bed_generation,
            "paused": self.paused,
            "reason": self.reason and self.reason.to_json(),
            "items": [item.to_json() for item in self.items],
            "history": [item.to_json() for item in self.history],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> QueueState:
        """Raises KeyError, TypeError or ValueError for what is not a stored queue."""
        if data["version"] != VERSION:
            raise ValueError("another version")
        if type(data["bed_generation"]) is not int or type(data["paused"]) is not bool:
            raise TypeError("bed_generation, paused")
        state = cls(
            bed_generation=data["bed_generation"],
            items=tuple(Item.from_json(item) for item in data["items"]),
            history=tuple(Item.from_json(item) for item in data["history"]),
            paused=data["paused"],
            reason=_problem(data["reason"]),
        )
        if any(item.state in FINISHED for item in state.items) or not all(
            item.state in FINISHED for item in state.history
        ):
            raise ValueError("an item in the wrong list")
        ids = [item.id for item in (*state.items, *state.history)]
        if len(set(ids)) != len(ids):
            raise ValueError("an item twice")
        if sum(item.state in ACTIVE for item in state.items) > 1:
            raise ValueError("two items active")
        return state


def _problem(data: Any) -> Problem | None:
    problem = None if data is None else Problem.from_json(data)
    if problem is not None:
        _ = problem.message  # a template that does not fit its values is damage too
    return problem
