"""What an endpoint says of a job, made fit for people and for the disk."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from ..problems import Problem
from .credentials import secrets_of, without
from .driver import Status
from .endpoint import Endpoint
from .errand import Errand
from .words import plain_words

MOST_STAGE, MOST_MESSAGE = 80, 300


@dataclass(frozen=True)
class Tidings:
    """How a job is, cleaned: see `Status`."""

    state: str
    progress: float | None
    stage: str
    message: str
    queue_position: int | None
    eta_s: float | None

    @classmethod
    def said(cls, status: Status, endpoint: Endpoint) -> Tidings:
        place = _number(status.queue_position, 1e6)
        return cls(
            state=status.state,
            progress=_number(status.progress, 1.0),
            stage=tidy(status.stage, endpoint, MOST_STAGE),
            message=tidy(status.message, endpoint, MOST_MESSAGE),
            queue_position=None if place is None else int(place),
            eta_s=_number(status.eta_s, 1e7),
        )

    @classmethod
    def of(cls, errand: Errand) -> Tidings:
        return cls(
            state="running" if errand.running_since else "queued",
            progress=errand.progress,
            stage=errand.stage,
            message="",
            queue_position=errand.queue_position,
            eta_s=None,  # counts down anyway
        )

    def to(self, errand: Errand) -> None:
        errand.progress, errand.stage = self.progress, self.stage
        errand.queue_position, errand.eta_s = self.queue_position, self.eta_s
        errand.message = self.message


def tidy(
    text: Any, endpoint: Endpoint, most: int = MOST_MESSAGE, lines: bool = False
) -> str:
    """Plain, short and without the endpoint's key.

    Args:
        lines: keep line breaks.
    """
    text = without(str(text or ""), secrets_of(endpoint))
    if lines:
        return text[-most:]
    return plain_words(text, most)


def hidden(problem: Problem, endpoint: Endpoint) -> Problem:
    """The problem with the endpoint's key in none of its values."""
    values = {
        name: tidy(value, endpoint) if isinstance(value, str) else value
        for name, value in problem.values.items()
    }
    return replace(problem, values=values)


def _number(value: Any, most: float) -> float | None:
    """Between 0 and `most`; None for what is no number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(number, 0.0), most) if math.isfinite(number) else None
