"""Are there parts that hang in the air without touching anything?

A part counts only if its bounding box reaches neither the bed nor the box of any other
part: then it is certainly loose. Parts whose boxes overlap may belong together; where they
do not, they begin in mid-air, and `islands` tells of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...problems import N_, WARNING, Problem
from ..subject import Finding, Subject
from ..where import Where

MOST = 1000  # parts compared with all others; a heap of more is reported by these alone


def check(subject: Subject) -> Iterator[Finding]:
    loose = loose_bodies(subject)
    if len(loose):
        yield Finding(
            Problem(
                "mesh.loose_parts",
                WARNING,
                N_(
                    "Parts hang in the air without touching anything (%(count)s of them); "
                    "remove them or switch supports on."
                ),
                {"count": len(loose)},
                "slicing.supports",
                "everywhere",
            ),
            Where(faces=np.flatnonzero(np.isin(subject.bodies.of_face, loose))),
        )


def loose_bodies(subject: Subject) -> np.ndarray:
    """Numbers of the bodies that are certainly loose."""
    facts = subject.facts
    if facts.bodies < 2 or not facts.closed:  # a torn surface falls into parts by itself
        return np.empty(0, dtype=np.int64)
    bodies, gap = subject.bodies, subject.machine.nozzle / 2
    raised = np.flatnonzero(bodies.low[:, 2] > subject.floor + gap)
    loose = []
    for body in raised[:MOST]:
        near = (bodies.low <= bodies.high[body] + gap) & (
            bodies.high >= bodies.low[body] - gap
        )
        if np.count_nonzero(near.all(axis=1)) == 1:  # only itself
            loose.append(body)
    return np.array(loose, dtype=np.int64)
