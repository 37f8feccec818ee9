"""Does the surface enclose a volume, seen from the right side?"""

from __future__ import annotations

from collections.abc import Iterator

from ...machine import Machine
from ...problems import ERROR, N_, WARNING, Problem
from ..measure import MeshFacts
from ..model import Mesh

NOTHING = 1e-6  # volume over (area x longest side): a sheet folded back on itself


def check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterator[Problem]:
    if facts.open_edges:
        yield Problem(
            "mesh.open_edges",
            ERROR,
            N_(
                "The surface is not closed (%(count)s open edges), so inside and "
                "outside are not defined; close the holes in a modelling program."
            ),
            {"count": facts.open_edges},
        )
    if facts.flipped_edges:
        yield Problem(
            "mesh.winding",
            ERROR,
            N_(
                "Some faces are turned inside out (%(count)s edges disagree); let a "
                "modelling program recalculate the normals."
            ),
            {"count": facts.flipped_edges},
        )
    if facts.closed:
        if abs(facts.volume) <= NOTHING * facts.area * max(facts.size):
            yield Problem(
                "mesh.no_volume",
                ERROR,
                N_("The model is a sheet without any thickness; give it some."),
            )
        elif facts.volume < 0:
            yield Problem(
                "mesh.inside_out",
                ERROR,
                N_(
                    "The model is turned inside out; flip its normals in a modelling "
                    "program."
                ),
            )
    if facts.crowded_edges:
        yield Problem(
            "mesh.touching_edges",
            WARNING,
            N_(
                "The surface touches itself along %(count)s edges; it may be sliced "
                "right, but look at the layers."
            ),
            {"count": facts.crowded_edges},
        )
