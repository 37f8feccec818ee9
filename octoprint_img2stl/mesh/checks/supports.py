"""How much room must supports fill?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...problems import INFO, N_, Problem
from ..subject import COLUMN, Finding, Need, Subject
from ..where import Where, samples
from .bridges import LONG
from .islands import islands_of
from .overhang import LARGE_SHARE, SMALL, undersides

# Share of that room that becomes plastic, where it is not known how a slicer does it:
# lines 2.5 mm apart.
FILLED = 0.15
REACHED = 0.9  # share of what hangs over that supports from the bed must reach
ALL = 0.99  # the same where parts begin in mid-air, which fail without


def check(subject: Subject) -> Iterator[Finding]:
    faces, areas, level = undersides(subject)
    area = float(areas.sum())
    if area < SMALL or not (subject.supported or area > LARGE_SHARE * subject.facts.area):
        return
    volume = support_volume(subject, faces, areas * level)
    plastic = FILLED * volume
    if subject.supports is not None:
        from_bed = subject.printing.supports == "plate"
        plastic = subject.supports.plate if from_bed else subject.supports.everywhere
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
                "plastic": round(plastic / 1000, 1),
            },
        ),
        Where(faces=faces),
    )


def need(subject: Subject) -> Need | None:
    """What supports would take, and which of them the model needs.

    They are needed for what begins in mid-air, for large undersides, and for bridges that
    are long. None where nobody asked or the mesh has no inside.
    """
    if subject.printing.support_style is None or subject.survey is None:
        return None
    _, areas, _ = undersides(subject)
    area = float(areas.sum())
    floating = islands_of(subject)
    bridged = any(piece.width > LONG for piece in subject.survey.bridges)
    if area < SMALL and not floating and not bridged:
        return Need(0.0, 0.0, False, "none")  # and the work is saved
    large = area >= SMALL and area > LARGE_SHARE * subject.facts.area
    needed = large or bridged or bool(floating)
    found = subject.supports
    enough = found.reached >= (ALL if floating else REACHED)
    suggest = ("plate" if enough else "everywhere") if needed else "none"
    return Need(found.plate, found.everywhere, needed, suggest)


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
