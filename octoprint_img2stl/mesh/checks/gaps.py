"""Are there gaps and holes so narrow that they fuse?

Narrower than the nozzle, a gap between two walls is closed by plastic pressed wider than it
was laid (printing services ask for at least one nozzle's width: arti90, my3dpm).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import INFO, N_, Problem
from ..pieces import where
from ..subject import Finding, Subject
from .walls import LEAST_LAYERS, SMOOTH

TALL_NOZZLES = 2.0
LONG_NOZZLES = 4.0  # shorter ones are the inner ends of notches
HAIRLINE = 0.05  # mm: bodies meant to touch; slicers close such cracks


def check(subject: Subject) -> Iterator[Finding]:
    survey = subject.survey
    if survey is None:
        return
    nozzle = subject.machine.nozzle
    fusing = [
        place
        for place in survey.gaps
        if place.height >= TALL_NOZZLES * nozzle
        and place.layers >= LEAST_LAYERS
        and place.length >= LONG_NOZZLES * nozzle
        and place.width >= HAIRLINE
    ]
    narrow = sum(place.volume for place in survey.gaps)
    if not fusing or sum(place.volume for place in fusing) < SMOOTH * narrow:
        return
    width = min(place.width for place in fusing)
    yield Finding(
        Problem(
            "mesh.gaps",
            INFO,
            N_(
                "Gaps only %(width)s mm wide (places: %(count)s) will fuse; make them at "
                "least %(least)s mm wide, or %(moving)s mm where parts shall move."
            ),
            {
                "width": round(width, 2),
                "count": len(fusing),
                "least": round(nozzle, 2),
                # 0.5 mm at 0.4 (arti90, file2forge)
                "moving": round(1.25 * nozzle, 2),
            },
            "mesh.size",
            subject.grown(nozzle / width),
        ),
        where([piece for place in fusing for piece in place.pieces], nozzle),
    )
