"""What Hunyuan's servers, their forks and ours say of a job, understood alike.

Tencent's own say ``processing`` and ``completed`` alone; 2.1 adds ``texturing``, by which time
the shape is done. Forks add words of their own, and numbers in several ways.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ..driver import DONE, FAILED, LOST, QUEUED, RUNNING, Status
from ..refused import ErrorKind
from ..words import plain_words, words_in

WORDS = {
    QUEUED: ("queued", "pending", "waiting", "in_queue", "submitted", "accepted"),
    DONE: ("completed", "complete", "done", "success", "succeeded", "finished", "ready"),
    FAILED: ("error", "failed", "failure", "fail", "exception", "timeout"),
    LOST: ("not_found", "notfound", "unknown", "expired", "missing"),
}
CANCELLED = ("cancelled", "canceled", "aborted", "stopped")
KINDS = {
    "input": ErrorKind.INPUT,
    "policy": ErrorKind.POLICY,
    "licence": ErrorKind.POLICY,
    "license": ErrorKind.POLICY,
    "timeout": ErrorKind.TIMEOUT,
    "busy": ErrorKind.BUSY,
    "lost": ErrorKind.LOST,
    "cancelled": ErrorKind.CANCELLED,
}
STAGES = ("stage", "step", "current_step", "phase")
ETAS = ("eta_s", "eta", "remaining_s", "estimated_time_remaining")
POSITIONS = ("queue_position", "position")
MOST_STAGE = 60
LONGEST_S = 7 * 24 * 3600.0
NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%?\s*")


def status_of(data: Any) -> Status:
    """What a decoded answer to ``/status`` means.

    A word nobody knows means that it is being worked on: forks call their stages so.
    """
    if not isinstance(data, Mapping):
        return Status(RUNNING)
    word = plain_words(data.get("status") or data.get("state") or "", 40).lower()
    word = word.replace(" ", "_").replace("-", "_")
    if word in CANCELLED:
        return Status(FAILED, message=words_in(data), error=ErrorKind.CANCELLED)
    state = next((each for each, words in WORDS.items() if word in words), RUNNING)
    if state == FAILED:
        said = data.get("error_kind")
        kind = KINDS.get(said, ErrorKind.REMOTE) if isinstance(said, str) else None
        return Status(FAILED, message=words_in(data), error=kind or ErrorKind.REMOTE)
    if state in (DONE, LOST):
        return Status(state)
    return Status(
        state,
        progress=_progress(data.get("progress", data.get("percent"))),
        stage=_stage(data, word),
        queue_position=_whole(_first(data, POSITIONS)),
        eta_s=_seconds(_first(data, ETAS)),
    )


def _stage(data: Mapping[str, Any], word: str) -> str:
    said = _first(data, STAGES)
    if isinstance(said, (str, int)) and not isinstance(said, bool):
        return plain_words(said, MOST_STAGE)
    known = ("processing", "running", "queued", "pending", "")
    return "" if word in known else plain_words(word.replace("_", " "), MOST_STAGE)


def _first(data: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((data[name] for name in names if data.get(name) is not None), None)


def number(value: Any) -> float | None:
    """A finite number, also from a text such as ``45 %``; None for anything else."""
    if isinstance(value, str) and len(value) < 40 and (found := NUMBER.fullmatch(value)):
        value = float(found[1])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def _progress(value: Any) -> float | None:
    """0..1 from a fraction or from percent, which are told apart by the sign or the size."""
    found = number(value)
    if found is None:
        return None
    if found > 1 or (isinstance(value, str) and "%" in value):
        found /= 100
    return min(max(found, 0.0), 1.0)


def _seconds(value: Any) -> float | None:
    found = number(value)
    return found if found is not None and 0 <= found < LONGEST_S else None


def _whole(value: Any) -> int | None:
    found = number(value)
    return int(found) if found is not None and 0 <= found < 1e6 else None
