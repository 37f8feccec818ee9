"""Are there plates thinner than the layers that should make them?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...problems import INFO, N_, WARNING, Problem
from ..subject import COLUMN, Finding, Subject
from ..where import Where, samples
from .overhang import undersides

SAFE_LAYERS = 2.0  # the whole part's rule (see thin)
# The rim of every rounded underside is thin: only a good part of the undersides counts.
SMALL, SHARE = 16.0, 0.03  # mm2, of all undersides
NOISE = 1e-3


def check(subject: Subject) -> Iterator[Finding]:
    if not subject.sliceable:
        return
    faces, areas, level = undersides(subject)
    if areas.sum() < SMALL:
        return
    least = SAFE_LAYERS * subject.layer
    owners, points = samples(subject.mesh, faces, COLUMN)
    place = np.searchsorted(faces, owners)
    share = (areas * level)[place] / np.bincount(place, minlength=len(faces))[place]
    roof = subject.columns.above(points + (0, 0, 1e-4))
    thick = roof - points[:, 2]
    thin = (thick < least - NOISE) & (thick > 0)
    area = float(share[thin].sum())
    if area < max(SMALL, SHARE * float(areas.sum())):
        return
    thickness = float(np.median(thick[thin]))
    lost = thickness < subject.layer - NOISE
    yield Finding(
        Problem(
            "mesh.thin_roof",
            WARNING if lost else INFO,
            N_(
                "%(area)s mm² of roof are only %(thickness)s mm thick, less than one "
                "layer, and may be left out; make them at least %(least)s mm thick."
            )
            if lost
            else N_(
                "%(area)s mm² of roof are only %(thickness)s mm thick and get a single "
                "layer; make them at least %(least)s mm thick."
            ),
            {
                "area": round(area),
                "thickness": round(thickness, 2),
                "least": round(least, 2),
            },
        ),
        Where(faces=np.unique(owners[thin])),
    )
