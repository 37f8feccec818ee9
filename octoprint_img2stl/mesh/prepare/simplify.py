"""Fewer triangles: no more than the printer can resolve."""

from __future__ import annotations

from ...machine import Machine
from ...problems import INFO, N_, Problem
from ..kernel import is_strict
from ..model import Mesh
from ..settings import MeshSettings
from .deviation import deviation
from .quadrics import collapse
from .step import Step, settled

ENOUGH = 20_000  # faces below which there is nothing to gain
GAIN = 0.9  # of the faces may be left for it to be worth while
OF_LINE = 0.1  # bound on the error, in widths of the printed line
OF_BOUND = 1 / 3  # rms distance at which the largest one was just under the bound
TRIES = 3


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Collapse edges while the surface stays within the bound, and measure that it did."""
    bound = settings.max_error or OF_LINE * machine.line_width
    if not settings.simplify or len(mesh.faces) < ENOUGH:
        return Step(mesh)
    strict = is_strict(mesh)
    rms = bound * OF_BOUND
    for _ in range(TRIES):
        made = settled(*collapse(mesh, bound, rms))
        if len(made.faces) > GAIN * len(mesh.faces) or not len(made.faces):
            return Step(mesh)
        moved = deviation(mesh, made)
        if moved <= bound and (not strict or is_strict(made)):
            break
        rms /= 2
    else:
        return Step(mesh)
    note = Problem(
        "mesh.simplified",
        INFO,
        N_(
            "%(before)s triangles became %(after)s; the surface moved by "
            "%(moved)s mm at most."
        ),
        {"before": len(mesh.faces), "after": len(made.faces), "moved": round(moved, 3)},
    )
    return Step(made, (note,), deviation=moved)
