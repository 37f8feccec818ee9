"""Is it so small that its file is probably in another unit?"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import ERROR, N_, WARNING, Problem
from ..settings import LIMITS, UNITS
from ..subject import Finding, Subject

# Longest side, mm: under a nozzle or two nothing of it would be seen; the few real models
# under a centimetre are worth a question.
TINY, SMALL = 2.0, 10.0
GUESSES = ("inch", "m")  # in the order of how often files come in them
SENSIBLE = (
    50.0  # mm: a size to hold in the hand, offered where no unit explains the model
)


def check(subject: Subject) -> Iterator[Finding]:
    longest = max(subject.facts.size)
    if longest >= SMALL:
        return
    severity = ERROR if longest < TINY else WARNING
    values = {"longest": float(f"{longest:.3g}")}
    unit = _unit(subject)
    if unit is not None:
        factor = UNITS[unit]
        yield Finding(
            Problem(
                "mesh.tiny",
                severity,
                N_(
                    "The model is only %(longest)s mm long; if it was made in %(unit)s, "
                    "say so and it becomes %(then)s mm long."
                ),
                {**values, "unit": unit, "then": round(longest * factor, 1)},
                "mesh.unit",
                unit,
            )
        )
        return
    percent = round(100 * SENSIBLE / longest)
    yield Finding(
        Problem(
            "mesh.tiny",
            severity,
            N_("The model is only %(longest)s mm long; scale it up."),
            values,
            "mesh.size",
            percent if percent <= LIMITS["size"][1] else None,
        )
    )


def _unit(subject: Subject) -> str | None:
    """The unit that would give a model of a sensible size."""
    for unit in GUESSES:
        size = [side * UNITS[unit] for side in subject.facts.size]
        if max(size) >= SMALL and subject.machine.fits(*size):
            return unit
    return None
