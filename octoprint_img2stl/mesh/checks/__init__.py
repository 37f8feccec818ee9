"""The registry of checks: whether a mesh will come out of this printer as meant.

A check is a module with one function ``check(subject: Subject) -> Iterable[Finding]``;
adding one is adding its file and its line below. The mesh is judged as it stands, its
lowest point on the bed. Thresholds are in nozzle diameters (n), line widths (w) and layers,
their sources beside them.

From a plain prompt::

    inspected = inspect(load("model.stl"), Machine(), Printing(layer_height=0.2))
    marks = flags(mesh, inspected.findings)  # which faces each finding touches
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...machine import Machine
from ...problems import SEVERITIES, Problem
from ..measure import MeshFacts
from ..model import Mesh
from ..subject import Finding, Inspected, Printing, Subject
from ..where import Where, bits, flags, target
from . import (
    bed,
    bridges,
    cavities,
    contact,
    detail,
    gaps,
    islands,
    loose_parts,
    overhang,
    pillars,
    roofs,
    solid,
    supports,
    thin,
    tips_over,
    triangles,
    units,
    walls,
)

__all__ = [
    "CHECKS",
    "Finding",
    "Inspected",
    "Printing",
    "Where",
    "bits",
    "flags",
    "inspect",
    "run_checks",
    "target",
]

Check = Callable[[Subject], Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "solid": solid.check,
    "bed": bed.check,
    "units": units.check,
    "thin": thin.check,
    "walls": walls.check,
    "loose_parts": loose_parts.check,
    "islands": islands.check,
    "contact": contact.check,
    "tips_over": tips_over.check,
    "pillars": pillars.check,
    "overhang": overhang.check,
    "bridges": bridges.check,
    "supports": supports.check,
    "gaps": gaps.check,
    "detail": detail.check,
    "roofs": roofs.check,
    "cavities": cavities.check,
    "triangles": triangles.check,
}


def inspect(
    mesh: Mesh,
    machine: Machine,
    printing: Printing | None = None,
    *,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Inspected:
    """Measure a mesh and run every check, the gravest findings first.

    Args:
        progress: told the share of the layers looked at, 0 to 1.
    """
    subject = Subject(mesh, machine, printing or Printing(), progress)
    findings = [finding for check in CHECKS.values() for finding in check(subject)]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.problem.severity))
    return Inspected(subject.facts, findings, supports.need(subject))


def run_checks(mesh: Mesh, machine: Machine) -> tuple[MeshFacts, list[Problem]]:
    """The measures of a mesh and its problems, the gravest first; default layers."""
    inspected = inspect(mesh, machine)
    return inspected.facts, inspected.problems
