"""How far must plastic be drawn through the air between two ends?"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import INFO, N_, WARNING, Problem
from ..pieces import where
from ..subject import Finding, Subject

LONG = 10.0  # mm: rule of a printing service (my3dpm)
TOO_LONG = 16.0  # mm: PrusaSlicer's own warning, SupportSpotsGenerator


def check(subject: Subject) -> Iterator[Finding]:
    survey = subject.survey
    if survey is None or subject.supported:
        return
    long = [piece for piece in survey.bridges if piece.width > LONG]
    if not long:
        return
    length = max(piece.width for piece in long)
    yield Finding(
        Problem(
            "mesh.bridges",
            WARNING if length > TOO_LONG else INFO,
            N_(
                "A bridge of %(length)s mm will sag (%(count)s over %(least)s mm in all); "
                "switch supports on or shorten it."
            ),
            {
                "length": round(length, 1),
                "count": len(long),
                "least": round(LONG),
            },
            "slicing.supports",
            "everywhere",
        ),
        where(long, max(subject.line, subject.layer)),
    )
