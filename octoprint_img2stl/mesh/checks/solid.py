"""Does the surface enclose a volume, seen from the right side?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...problems import ERROR, INFO, N_, WARNING, Problem
from ..edges import bad_edges, points_along
from ..subject import Finding, Subject
from ..where import Where, thinned

NOTHING = 1e-6  # volume over (area x longest side): a sheet folded back on itself
REACH = 1e-2  # share of the longest side within which a face shows a bad edge
REPAIR = ("mesh.repair", "auto")


def check(subject: Subject) -> Iterator[Finding]:
    facts = subject.facts
    if not (facts.watertight and facts.winding_ok):
        yield from _edges(subject)
    if facts.closed:
        if abs(facts.volume) <= NOTHING * facts.area * max(facts.size):
            yield Finding(
                Problem(
                    "mesh.no_volume",
                    ERROR,
                    N_("The model is a sheet without any thickness; give it some."),
                    {},
                    "mesh.openings",
                    "thicken",
                )
            )
        elif facts.volume < 0:
            yield Finding(
                Problem(
                    "mesh.inside_out",
                    ERROR,
                    N_(
                        "The model is turned inside out; flip its normals in a modelling "
                        "program or let it be repaired."
                    ),
                    {},
                    *REPAIR,
                )
            )
    if not subject.sliceable:
        yield Finding(
            Problem(
                "mesh.layers_unchecked",
                INFO,
                N_(
                    "Walls, gaps, islands and bridges could not be looked for, because "
                    "the surface encloses no volume; repair the model first."
                ),
                {},
                *REPAIR,
            )
        )


def _edges(subject: Subject) -> Iterator[Finding]:
    facts, edges = subject.facts, bad_edges(subject.mesh)
    if facts.open_edges:
        yield Finding(
            Problem(
                "mesh.open_edges",
                ERROR,
                N_(
                    "The surface is not closed (%(count)s open edges), so inside and "
                    "outside are not defined; let it be repaired or close the holes in "
                    "a modelling program."
                ),
                {"count": facts.open_edges},
                *REPAIR,
            ),
            _along(subject, edges.open),
        )
    if facts.flipped_edges:
        yield Finding(
            Problem(
                "mesh.winding",
                ERROR,
                N_(
                    "Some faces are turned inside out (%(count)s edges disagree); let it "
                    "be repaired or let a modelling program recalculate the normals."
                ),
                {"count": facts.flipped_edges},
                *REPAIR,
            ),
            _along(subject, edges.flipped),
        )
    if facts.crowded_edges:
        yield Finding(
            Problem(
                "mesh.touching_edges",
                WARNING,
                N_(
                    "The surface touches itself along %(count)s edges; it may be sliced "
                    "right, but look at the layers or let it be repaired."
                ),
                {"count": facts.crowded_edges},
                *REPAIR,
            ),
            _along(subject, edges.crowded),
        )


def _along(subject: Subject, pairs: np.ndarray) -> Where:
    reach = max(subject.line / 2, REACH * max(subject.facts.size))
    return Where(points=thinned(points_along(subject.mesh, pairs, reach)), reach=reach)
