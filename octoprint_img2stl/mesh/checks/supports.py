"""How much room must supports fill?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...problems import INFO, N_, Problem
from ..subject import COLUMN, Finding, Subject
from ..where import Where, samples
from .overhang import LARGE_SHARE, SMALL, undersides

FILLED = (
    0.15  # share of that room that becomes plastic: lines 2.5 mm apart, as slicers do
)


def check(subject: Subject) -> Iterator[Finding]:
    faces, areas, level = undersides(subject)
    area = float(areas.sum())
    if area < SMALL or not (subject.supported or area > LARGE_SHARE * subject.facts.area):
        return
    volume = support_volume(subject, faces, areas * level)
    yield Finding(
        Problem(
            "mesh.support_volume",
            INFO,
            N_(
                "Supports would fill about %(volume)s cm³ of room with some %(plastic)s "
                "cm³ of plastic; turning the model may save some."
            ),
            {
                "volume": round(volume / 1000, 1),
                "plastic": round(FILLED * volume / 1000, 1),
            },
        ),
        Where(faces=faces),
    )


def support_volume(subject: Subject, faces: np.ndarray, areas: np.ndarray) -> float:
    """mm3 between undersides and what lies below them: the model or the bed.

    Args:
        areas: (n,) of the faces, seen from above, mm2.
    """
    owners, points = samples(subject.mesh, faces, COLUMN)
    place = np.searchsorted(faces, owners)
    share = areas[place] / np.bincount(place, minlength=len(faces))[place]
    beneath = np.maximum(subject.columns.below(points + (0, 0, 1e-2)), subject.floor)
    on_bed = beneath <= subject.floor
    drop = np.maximum(points[:, 2] - beneath, 0)
    if subject.printing.supports == "plate":
        drop = np.where(on_bed, drop, 0)
    return float((drop * share).sum())
