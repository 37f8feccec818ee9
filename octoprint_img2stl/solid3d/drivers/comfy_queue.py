"""Where a job is at a ComfyUI: waiting, running, ended, or unknown; and how it is stopped.

What ``/history`` and ``/queue`` say is the truth; both are in memory and gone when it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..driver import Cancel
from ..line import Answer, Line, failed_by_status
from .comfy_graph import Graph, is_graph
from .comfy_probe import ABSENT, decoded

# An entry holds its whole workflow.
MOST_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Queued:
    """A job that has not ended.

    Attributes:
        before: jobs before it; None: it runs.
        graph: its workflow.
    """

    before: int | None
    graph: Graph


def ended_job(line: Line, number: str) -> Mapping[str, Any] | None:
    """Its entry of the history; None: it has not ended, or is not known."""
    answer = line.get(f"/history/{quote(number, safe='')}", most_bytes=MOST_BYTES)
    if answer.status == 404:
        return None
    _must_be_good(answer)
    found = answer.json()
    entry = found.get(number) if isinstance(found, Mapping) else None
    return entry if isinstance(entry, Mapping) else None


def queued_job(line: Line, number: str) -> Queued | None:
    """None: it is in no queue."""
    answer = line.get("/queue", most_bytes=MOST_BYTES)
    _must_be_good(answer)
    found = answer.json()
    found = found if isinstance(found, Mapping) else {}
    running = _items(found.get("queue_running"))
    for item in running:
        if item[1] == number:
            return Queued(None, graph_of(item))
    waiting = _items(found.get("queue_pending"))
    for item in waiting:
        if item[1] == number:
            before = sum(_rank(each) < _rank(item) for each in waiting)
            return Queued(len(running) + before, graph_of(item))
    return None


def _items(value: Any) -> list[list[Any]]:
    """Of a queue: number, id, workflow and more of each."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, list) and len(item) > 1]


def _rank(item: list[Any]) -> float:
    return item[0] if isinstance(item[0], (int, float)) else 0.0


def graph_of(item: Any) -> Graph:
    """The workflow in an item of a queue or of the history; empty where there is none."""
    data = item[2] if isinstance(item, list) and len(item) > 2 else None
    if not is_graph(data):
        return {}
    return {str(number): dict(node) for number, node in data.items()}


def stop(line: Line, number: str) -> Cancel:
    """Stop a job, and no other."""
    found = queued_job(line, number)
    if found is None:
        return Cancel.TOO_LATE
    answer = line.post(f"/api/jobs/{quote(number, safe='')}/cancel")
    if answer.status in ABSENT:
        return _stop_at_old(line, number, found)
    _must_be_good(answer)
    said = decoded(answer)
    if isinstance(said, Mapping) and said.get("cancelled") is False:
        return Cancel.TOO_LATE
    return Cancel.REQUESTED if found.before is None else Cancel.STOPPED


def _stop_at_old(line: Line, number: str, found: Queued) -> Cancel:
    """For a ComfyUI before June 2026 (its pull request 14493)."""
    if found.before is not None:
        _must_be_good(line.post("/queue", json={"delete": [number]}))
        if queued_job(line, number) is None:
            return Cancel.STOPPED
    # Without the id this would stop whatever runs.
    _must_be_good(line.post("/interrupt", json={"prompt_id": number}))
    return Cancel.REQUESTED


def _must_be_good(answer: Answer) -> None:
    if not answer.ok:
        raise failed_by_status(answer)
