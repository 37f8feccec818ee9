"""Does it stand so tall and slim, or so far beside its foot, that it may fall over?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...problems import N_, WARNING, Problem
from ..subject import Finding, Subject
from .contact import contact_area, enough_contact

SLENDER = 10.0  # height over thickness
LOW = 20.0  # mm: lower than this nothing tips over
BRIM = 5.0  # mm


def check(subject: Subject) -> Iterator[Finding]:
    height = subject.facts.size[2]
    if height < LOW:
        return
    thickness = subject.thickness
    if height > SLENDER * thickness:
        yield Finding(
            Problem(
                "mesh.tips_over",
                WARNING,
                N_(
                    "The part stands %(height)s mm high and %(thickness)s mm thick and may "
                    "tip over while printing; give it a brim of %(brim)s mm."
                ),
                {
                    "height": round(height, 1),
                    "thickness": round(thickness, 1),
                    "brim": BRIM,
                },
                "slicing.brim",
                BRIM,
            )
        )
    # What stands on next to nothing is for `contact` to tell.
    if subject.supported or contact_area(subject) < enough_contact(subject):
        return
    beside = _beside(subject)
    if beside > 0:
        yield Finding(
            Problem(
                "mesh.falls_over",
                WARNING,
                N_(
                    "The model's weight lies %(beside)s mm outside what it stands on, so "
                    "it may fall over while printing; turn it or switch supports on."
                ),
                {"beside": round(beside, 1)},
                "slicing.supports",
                "plate",
            )
        )


def _beside(subject: Subject) -> float:
    """How far the centre of mass lies outside the hull of the first layer, mm."""
    if not subject.sliceable:
        return 0.0
    foot = subject.slicer.at(subject.floor + subject.first_layer / 2)
    if foot.is_empty():
        return 0.0
    (hull,) = foot.hull().to_polygons()[:1] or (np.empty((0, 2)),)
    if len(hull) < 3:
        return 0.0
    side = np.roll(hull, -1, axis=0) - hull
    outward = np.stack((side[:, 1], -side[:, 0]), axis=1)
    outward /= np.maximum(np.linalg.norm(outward, axis=1), 1e-12)[:, None]
    centre = subject.centre_of_mass[:2]
    return float((outward * (centre - hull)).sum(axis=1).max())
