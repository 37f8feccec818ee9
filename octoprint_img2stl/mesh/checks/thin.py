"""Is the whole part thinner than the printer can lay?

Thin places within a thicker part are not looked for here; that needs the layers.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...machine import Machine
from ...problems import ERROR, N_, WARNING, Problem
from ..footprint import narrowest
from ..measure import MeshFacts
from ..model import Mesh

SAFE_LAYERS, SAFE_LINES = 2, 2
NOISE = 1e-3  # mm: a part of exactly two layers is not thin


def check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterator[Problem]:
    layer, line = machine.nozzle / 2, machine.line_width
    height = facts.size[2]
    if height < SAFE_LAYERS * layer - NOISE:
        yield Problem(
            "mesh.too_flat",
            ERROR if height < layer - NOISE else WARNING,
            N_(
                "The whole part is only %(height)s mm high; make it at least %(least)s "
                "mm, two layers of this nozzle."
            ),
            {"height": round(height, 2), "least": round(SAFE_LAYERS * layer, 2)},
        )
    width = narrowest(mesh)
    if width < SAFE_LINES * line - NOISE:
        vanishes = width < line - NOISE
        yield Problem(
            "mesh.thin",
            ERROR if vanishes else WARNING,
            N_(
                "The whole part is only %(width)s mm thick, less than one printed line "
                "(%(line)s mm), and would vanish; make it at least %(least)s mm."
            )
            if vanishes
            else N_(
                "The whole part is only %(width)s mm thick, less than two printed "
                "lines; make it at least %(least)s mm."
            ),
            {
                "width": round(width, 2),
                "line": round(line, 2),
                "least": round(SAFE_LINES * line, 2),
            },
        )
