"""Are there parts that hang in the air without touching anything?

A part counts only if its bounding box reaches neither the bed nor the box of any other
part: then it is certainly loose. Parts whose boxes overlap may belong together and are
left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...machine import Machine
from ...problems import N_, WARNING, Problem
from ..measure import MeshFacts
from ..model import Mesh
from ..topology import boxes, connected

MOST = 1000  # parts compared with all others; a heap of more is reported by these alone


def check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterator[Problem]:
    if facts.bodies < 2 or not facts.closed:  # a torn surface falls into parts by itself
        return
    _, low, high = boxes(mesh, connected(mesh.faces, len(mesh.vertices)))
    gap = machine.nozzle / 2
    raised = np.flatnonzero(low[:, 2] > facts.low[2] + gap)
    count = 0
    for body in raised[:MOST]:
        near = ((low <= high[body] + gap) & (high >= low[body] - gap)).all(axis=1)
        count += int(np.count_nonzero(near) == 1)  # only itself
    if count:
        yield Problem(
            "mesh.loose_parts",
            WARNING,
            N_(
                "Parts hang in the air without touching anything (%(count)s of them); "
                "remove them or switch supports on."
            ),
            {"count": count},
            "slicing.supports",
            "everywhere",
        )
