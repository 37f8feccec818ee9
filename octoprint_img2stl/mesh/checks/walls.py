"""Are there walls and pins thinner than one and than two printed lines?

As the slicer sees them: by the width within a layer. Only what is upright counts here, for
a bump of a relief that is narrower than a line is fine detail (see `detail`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...problems import ERROR, INFO, N_, WARNING, Problem
from ..pieces import Place, where
from ..subject import Finding, Subject
from .thin import NOISE

# A wall is at least twice as high as a line is wide and spans three layers.
TALL_LINES, TALL_LAYERS = 2.0, 3.0
LEAST_LAYERS = 3  # of those looked at
# A leftover shorter than this along the wall is the tip of a wedge.
LONG_LINES = 3.0
NEARLY, LITTLE = 1.7, 0.01
# Shares by volume of all that is too narrow, specks per wall, mm; measured on photos'
# reliefs, lithophanes and noise: they have shares up to 0.45 and 20 specks and more.
SMOOTH, MOSTLY, SPECKS, RELIEF = 0.2, 0.5, 12, 3.0
MUCH = 0.5  # share of the layers' area: then the print as a whole fails


def check(subject: Subject) -> Iterator[Finding]:
    survey, line = subject.survey, subject.line
    if survey is None or subject.thickness < 2 * line - NOISE:
        return  # the whole part is thin, and `thin` says so
    vanishing = upright(survey.below_one, subject)
    if vanishing:
        width = min(place.width for place in vanishing)
        all_of_it = survey.lost > MUCH * survey.area
        yield Finding(
            Problem(
                "mesh.thin_walls",
                ERROR if all_of_it else WARNING,
                N_(
                    "Walls or pins only %(width)s mm thick (places: %(count)s, up to "
                    "%(height)s mm high) are thinner than one printed line of %(line)s "
                    "mm and may vanish; make them at least %(least)s mm."
                ),
                {
                    "width": round(width, 2),
                    "count": len(vanishing),
                    "height": round(max(place.height for place in vanishing), 1),
                    "line": round(line, 2),
                    "least": round(2 * line, 2),
                },
                "mesh.size",
                subject.grown(line / width),
            ),
            _where(vanishing, subject),
        )
    total = survey.area * survey.pitch
    weak = [
        place
        for place in upright(survey.below_two, subject)
        if place.width > line and not _inside(place, vanishing)
    ]
    # Two lines pressed a little narrower hold as well, if it is not much of the model.
    if min((place.width for place in weak), default=0) > NEARLY * line and (
        sum(place.volume for place in weak) < LITTLE * total
    ):
        weak = []
    if weak:
        width = min(place.width for place in weak)
        yield Finding(
            Problem(
                "mesh.weak_walls",
                INFO,
                N_(
                    "Walls or pins only %(width)s mm thick (places: %(count)s, up to "
                    "%(height)s mm high) get less than two printed lines and stay weak; "
                    "make them at least %(least)s mm."
                ),
                {
                    "width": round(width, 2),
                    "count": len(weak),
                    "height": round(max(place.height for place in weak), 1),
                    "least": round(2 * line, 2),
                },
                "mesh.size",
                subject.grown(2 * line / width),
            ),
            _where(weak, subject),
        )


def upright(places: Sequence[Place], subject: Subject) -> list[Place]:
    """Those that are walls or pins, not the roughness of a surface.

    Where most of what is too narrow has slopes, the few steep bits belong to it; and of a
    surface full of specks only what is higher than a relief is called a wall.
    """
    line = subject.line
    tall = max(TALL_LINES * line, TALL_LAYERS * subject.layer)
    found = [
        place
        for place in places
        if place.height >= tall
        and place.layers >= LEAST_LAYERS
        and (place.alone or place.length >= LONG_LINES * line)
    ]
    all_of_it = sum(place.volume for place in places)
    share = sum(place.volume for place in found) / max(all_of_it, 1e-12)
    specks = sum(place.layers == 1 for place in places)
    if share < SMOOTH:
        return []
    if share < MOSTLY and specks > SPECKS * len(found):
        return [place for place in found if place.height > RELIEF]
    return found


def _inside(place: Place, others: Sequence[Place]) -> bool:
    """Whether a place is the surroundings of one found already."""
    pieces = {(piece.layer, *piece.low.round(1)) for piece in place.pieces}
    return any(
        (piece.layer, *piece.low.round(1)) in pieces
        for other in others
        for piece in other.pieces
    )


def _where(places: Sequence[Place], subject: Subject):
    assert subject.survey is not None
    reach = max(subject.line, 0.75 * subject.survey.pitch)
    return where([piece for place in places for piece in place.pieces], reach)
