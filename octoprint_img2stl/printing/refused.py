"""How this room says no."""

from __future__ import annotations

from ..problems import Problem, Refusal


class QueueRefused(Refusal):
    """The queue cannot do what was asked."""

    @classmethod
    def of(cls, problem: Problem) -> QueueRefused:
        """The refusal that carries `problem`."""
        return cls(
            problem.code,
            problem.template,
            field=problem.field,
            suggest=problem.suggest,
            **problem.values,
        )
