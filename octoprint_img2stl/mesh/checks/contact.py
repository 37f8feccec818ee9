"""Does enough of it lie on the bed to stick there?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...machine import Machine
from ...problems import N_, WARNING, Problem
from ..measure import MeshFacts
from ..model import Mesh

SMALL = 25.0  # mm2: two of three models that come off the bed have less
SMALL_SHARE = 0.01  # of the footprint's box


def check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterator[Problem]:
    area = _contact_area(mesh, facts.low[2] + machine.nozzle / 2)
    if area < max(SMALL, SMALL_SHARE * facts.size[0] * facts.size[1]):
        yield Problem(
            "mesh.small_contact",
            WARNING,
            N_(
                "Only %(area)s mm2 of the model lie on the bed; turn a flat side down or "
                "print it with a brim."
            ),
            {"area": round(area, 1)},
            "slicing.brim",
            5.0,
        )


def _contact_area(mesh: Mesh, ceiling: float) -> float:
    """Area seen from below, mm2, of the faces that lie wholly below z = `ceiling`."""
    area = 0.0
    for _, corners in mesh.corner_chunks():
        corners = corners[corners[:, :, 2].max(axis=1) <= ceiling]
        one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        up = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
        area -= float(np.minimum(up, 0).sum()) / 2
    return area
