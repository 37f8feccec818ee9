"""The one shape of a problem: a stable code, a severity, a plain sentence, and where it sits.

A *problem* is what a check found; a *refusal* is a problem that stops the work. Both carry
their sentence as an English template with named values, so that the front of the house can
translate the template and fill in the values afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)


def N_(text: str) -> str:
    """Mark `text` for the translation catalogue without translating it here."""
    return text


@dataclass(frozen=True)
class Problem:
    """What a check found, or why something was refused.

    Attributes:
        code: stable key `room.what`, e.g. ``mesh.too_big_for_bed``.
        severity: ``error`` (will fail), ``warning`` (may fail) or ``info`` (good to know).
        template: one English sentence with ``%(name)s`` places, naming what to do.
        values: what fills the places; JSON-able.
        field: the parameter concerned, dotted as in a job's params (``relief.width``), or None.
        suggest: a value for that parameter that would work, or None.
    """

    code: str
    severity: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    field: str | None = None
    suggest: Any = None

    @property
    def message(self) -> str:
        """The English sentence with its values filled in."""
        return self.template % dict(self.values)

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "template": self.template,
            "values": dict(self.values),
            "field": self.field,
            "suggest": self.suggest,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Problem:
        return cls(
            code=data["code"],
            severity=data["severity"],
            template=data["template"],
            values=dict(data.get("values") or {}),
            field=data.get("field"),
            suggest=data.get("suggest"),
        )


class Refusal(Exception):
    """Work was refused or gave up for a reason the user can act on.

    Each room derives its own class (``PhotoRefused``, ``SlicingRefused`` …) so that a caller
    may tell them apart; the `problem` inside is all that anybody shows.
    """

    def __init__(
        self,
        code: str,
        template: str,
        *,
        field: str | None = None,
        suggest: Any = None,
        **values: Any,
    ) -> None:
        self.problem = Problem(code, ERROR, template, values, field, suggest)
        super().__init__(self.problem.message)

    @classmethod
    def of(cls, problem: Problem) -> Refusal:
        """A refusal that passes on a problem found elsewhere."""
        refusal = cls(problem.code, problem.template, **problem.values)
        refusal.problem = replace(problem, severity=ERROR)
        return refusal

    @property
    def code(self) -> str:
        return self.problem.code
