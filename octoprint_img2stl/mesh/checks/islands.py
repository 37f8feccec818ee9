"""Do parts begin in mid-air, with nothing below them in the layer before?"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import INFO, N_, WARNING, Problem
from ..pieces import where
from ..subject import Finding, Subject
from ..survey import Island
from .loose_parts import loose_bodies

# A bump on an underside that joins the rest within two layers sags, but prints.
BRIEF = 2
LINES2 = 5.0  # area in squares of a line from which a brief one is told all the same


def check(subject: Subject) -> Iterator[Finding]:
    islands = islands_of(subject)
    if not islands:
        return
    lowest = min(islands, key=lambda island: island.z)
    yield Finding(
        Problem(
            "mesh.islands",
            INFO if subject.supported else WARNING,
            N_(
                "Parts begin in mid-air (%(count)s of them, the lowest %(height)s mm above "
                "the bed) and stand on supports."
            )
            if subject.supported
            else N_(
                "Parts begin in mid-air (%(count)s of them, the lowest %(height)s mm above "
                "the bed); switch supports on or turn the model."
            ),
            {
                "count": len(islands),
                "height": round(lowest.z - subject.floor, 1),
            },
            *(() if subject.supported else ("slicing.supports", "everywhere")),
        ),
        where([piece for island in islands for piece in island.pieces], subject.line),
    )


def islands_of(subject: Subject) -> list[Island]:
    """Those that are worth a word and are not told as loose parts."""
    if subject.survey is None:
        return []
    loose = set(loose_bodies(subject).tolist())
    return [
        island
        for island in subject.survey.islands
        if _matters(island, subject.line) and not _belongs(island, loose, subject)
    ]


def _matters(island: Island, line: float) -> bool:
    return island.layers > BRIEF or island.area > LINES2 * line**2


def _belongs(island: Island, loose: set[int], subject: Subject) -> bool:
    """Whether the island is a loose part, which is told as such."""
    if not loose:
        return False
    face = (subject.mesh.faces == island.vertex).any(axis=1).argmax()
    return int(subject.bodies.of_face[face]) in loose
