"""Do thin pillars stand free so high that the nozzle sways or breaks them?"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import N_, WARNING, Problem
from ..pieces import Place, where
from ..subject import Finding, Subject
from ..survey import THIN_PILLAR

SLENDER = 10.0  # height over thickness, as for the whole part (see tips_over)
LOW = 10.0  # mm


def check(subject: Subject) -> Iterator[Finding]:
    survey = subject.survey
    if (
        survey is None
        or max(subject.facts.size[:2]) < THIN_PILLAR * subject.machine.nozzle
    ):
        return  # the whole model is a pillar: for tips_over
    slender = [place for place in survey.pillars if _sways(place, subject)]
    if not slender:
        return
    worst = max(slender, key=lambda place: place.height / place.width)
    yield Finding(
        Problem(
            "mesh.pillars",
            WARNING,
            N_(
                "Thin pillars stand free (%(count)s of them, the slimmest %(width)s mm thick "
                "and %(height)s mm high) and may break off while printing; make them at "
                "least %(least)s mm thick."
            ),
            {
                "count": len(slender),
                "width": round(worst.width, 2),
                "height": round(worst.height, 1),
                "least": round(THIN_PILLAR * subject.machine.nozzle, 1),
            },
            "mesh.size",
            subject.grown(THIN_PILLAR * subject.machine.nozzle / worst.width),
        ),
        where([piece for place in slender for piece in place.pieces], subject.line),
    )


def _sways(place: Place, subject: Subject) -> bool:
    return place.width < THIN_PILLAR * subject.machine.nozzle and place.height > max(
        LOW, SLENDER * place.width
    )
