"""The registry of checks: whether a mesh will come out of this printer as meant.

A check is a module with one function
``check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterable[Problem]``; adding one
is adding its file and its line below. The mesh is judged as it stands, its lowest point
on the bed. Thresholds are in nozzle diameters (n), line widths (w = 1.125 n) and layers
(n / 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...machine import Machine
from ...problems import SEVERITIES, Problem
from ..measure import MeshFacts, measure
from ..model import Mesh
from . import bed, contact, loose_parts, overhang, solid, thin, tips_over, units

Check = Callable[[Mesh, MeshFacts, Machine], Iterable[Problem]]

CHECKS: dict[str, Check] = {
    "solid": solid.check,
    "bed": bed.check,
    "units": units.check,
    "thin": thin.check,
    "loose_parts": loose_parts.check,
    "contact": contact.check,
    "tips_over": tips_over.check,
    "overhang": overhang.check,
}


def run_checks(mesh: Mesh, machine: Machine) -> tuple[MeshFacts, list[Problem]]:
    """Measure a mesh and run every check, the gravest problems first."""
    facts = measure(mesh)
    problems = [
        problem for check in CHECKS.values() for problem in check(mesh, facts, machine)
    ]
    problems.sort(key=lambda problem: SEVERITIES.index(problem.severity))
    return facts, problems
