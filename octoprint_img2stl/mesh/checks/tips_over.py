"""Does it stand so tall and slim that the nozzle may push it over?"""

from __future__ import annotations

from collections.abc import Iterator

from ...machine import Machine
from ...problems import N_, WARNING, Problem
from ..footprint import narrowest
from ..measure import MeshFacts
from ..model import Mesh

SLENDER = 10.0  # height over thickness
LOW = 20.0  # mm: lower than this nothing tips over
BRIM = 5.0  # mm


def check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterator[Problem]:
    height = facts.size[2]
    if height < LOW:
        return
    thickness = narrowest(mesh)
    if height > SLENDER * thickness:
        yield Problem(
            "mesh.tips_over",
            WARNING,
            N_(
                "The part stands %(height)s mm high and %(thickness)s mm thick and may "
                "tip over while printing; give it a brim of %(brim)s mm."
            ),
            {"height": round(height, 1), "thickness": round(thickness, 1), "brim": BRIM},
            "slicing.brim",
            BRIM,
        )
