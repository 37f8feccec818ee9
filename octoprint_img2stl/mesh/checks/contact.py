"""Does enough of it lie on the bed to stick there, and what would a flat cut gain?

Most models from AI stand on a few points; cutting a little off below makes a base.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...problems import N_, WARNING, Problem
from ..model import Mesh
from ..subject import Finding, Subject
from ..where import Where, thinned

SMALL = 25.0  # mm2: two of three models that come off the bed have less
SMALL_SHARE = 0.01  # of the footprint's box
CUTS = (0.3, 0.5, 1.0, 1.5, 2.0)  # mm: the shallowest that is enough is suggested
DEEPEST = 0.05  # of the height
GAIN = 2.0  # times the area, or the cut is not worth it
BRIM = 5.0


def check(subject: Subject) -> Iterator[Finding]:
    area, enough = contact_area(subject), enough_contact(subject)
    if area >= enough:
        return
    cut = _cut(subject, area, enough)
    if cut is None:
        problem = Problem(
            "mesh.small_contact",
            WARNING,
            N_(
                "Only %(area)s mm² of the model lie on the bed; turn a flat side down or "
                "print it with a brim."
            ),
            {"area": round(area, 1)},
            "slicing.brim",
            BRIM,
        )
    else:
        problem = Problem(
            "mesh.small_contact",
            WARNING,
            N_(
                "Only %(area)s mm² of the model lie on the bed; cut %(cut)s mm off flat "
                "below and it stands on %(then)s mm², or turn a flat side down."
            ),
            {"area": round(area, 1), "cut": cut[0], "then": round(cut[1], 1)},
            "mesh.base_cut",
            cut[0],
        )
    yield Finding(problem, _lowest(subject))


def enough_contact(subject: Subject) -> float:
    """mm² that hold the model."""
    return max(SMALL, SMALL_SHARE * subject.facts.size[0] * subject.facts.size[1])


def contact_area(subject: Subject) -> float:
    """mm² of the first layer; of the lowest faces where the mesh has no inside."""
    if subject.sliceable:
        return subject.slicer.at(subject.floor + subject.first_layer / 2).area()
    return _area_below(subject.mesh, subject.floor + subject.machine.nozzle / 2)


def _cut(subject: Subject, area: float, enough: float) -> tuple[float, float] | None:
    """Depth, mm, and the area then standing on the bed, mm²."""
    if not subject.sliceable:
        return None
    best = None
    for depth in CUTS:
        if depth > DEEPEST * subject.facts.size[2]:
            break
        best = depth, subject.slicer.at(subject.floor + depth).area()
        if best[1] >= enough:
            return best
    return best if best and best[1] >= max(GAIN * area, 1.0) else None


def _area_below(mesh: Mesh, ceiling: float) -> float:
    """Area seen from below, mm², of the faces that lie wholly below z = `ceiling`."""
    area = 0.0
    for _, corners in mesh.corner_chunks():
        corners = corners[corners[:, :, 2].max(axis=1) <= ceiling]
        one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        up = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
        area -= float(np.minimum(up, 0).sum()) / 2
    return area


def _lowest(subject: Subject) -> Where:
    vertices = subject.mesh.vertices
    low = vertices[vertices[:, 2] <= subject.floor + subject.first_layer]
    return Where(points=thinned(low), reach=max(2.0, 0.02 * max(subject.facts.size)))
