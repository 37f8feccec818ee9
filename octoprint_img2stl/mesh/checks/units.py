"""Is it so small that its file is probably in another unit?"""

from __future__ import annotations

from collections.abc import Iterator

from ...machine import Machine
from ...problems import ERROR, N_, WARNING, Problem
from ..measure import MeshFacts
from ..model import Mesh

TINY, SMALL = 2.0, 10.0  # longest side, mm
INCH, METRE = 25.4, 1000.0


def check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterator[Problem]:
    longest = max(facts.size)
    if longest >= SMALL:
        return
    suggest = _factor(facts, machine)
    values = {"longest": float(f"{longest:.3g}"), "factor": suggest}
    severity = ERROR if longest < TINY else WARNING
    if suggest is None:
        template = N_("The model is only %(longest)s mm long; scale it up.")
    else:
        template = N_(
            "The model is only %(longest)s mm long; was it made in another unit? "
            "Scale it by %(factor)s."
        )
    yield Problem("mesh.tiny", severity, template, values, "mesh.scale", suggest)


def _factor(facts: MeshFacts, machine: Machine) -> float | None:
    """The unit that would give a model of a sensible size."""
    for factor in (INCH, METRE):
        size = [side * factor for side in facts.size]
        if max(size) >= SMALL and machine.fits(*size):
            return factor
    return None
