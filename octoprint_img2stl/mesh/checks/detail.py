"""Does raised detail stand too narrow to be printed?

Letters and ornaments have upright sides and are too low to be walls. The roughness of a
photo's relief has slopes and is left out: it is printed as far as it goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import INFO, N_, Problem
from ..pieces import where
from ..subject import Finding, Subject
from .walls import MOSTLY, TALL_LAYERS, TALL_LINES

# Together, in mm2 of outline seen from above: less is not worth a word.
LEAST_AREA = 2.0
LONG_LINES = 2.0


def check(subject: Subject) -> Iterator[Finding]:
    survey = subject.survey
    if survey is None:
        return
    line = subject.line
    tall = max(TALL_LINES * line, TALL_LAYERS * subject.layer)
    low = [
        place
        for place in survey.below_one
        if place.height < tall and place.layers >= 2 and place.length >= LONG_LINES * line
    ]
    area = sum(place.volume / place.height for place in low)
    rough = sum(place.volume for place in low) < MOSTLY * sum(
        place.volume for place in survey.below_one if place.height < tall
    )
    if area < LEAST_AREA or rough:
        return
    width = min(place.width for place in low)
    yield Finding(
        Problem(
            "mesh.fine_detail",
            INFO,
            N_(
                "Raised detail only %(width)s mm wide (places: %(count)s) is narrower than "
                "one printed line of %(line)s mm and will be lost; make its strokes at "
                "least %(least)s mm wide."
            ),
            {
                "width": round(width, 2),
                "count": len(low),
                "line": round(line, 2),
                # 1.5 n: rule of printing services for embossed strokes (my3dpm, arti90).
                "least": round(max(line, 1.5 * subject.machine.nozzle), 2),
            },
            "mesh.size",
            subject.grown(line / width),
        ),
        where([piece for place in low for piece in place.pieces], line),
    )
