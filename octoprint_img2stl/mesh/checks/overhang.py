"""Are there large undersides that would be printed on air?

An underside counts when it is steeper than 45 degrees from the vertical, does not lie on
the bed, and belongs to a patch that sticks out far: the roughness of a relief or a
lithophane has many tiny undersides that print well, so patches narrower than a short
ledge are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ...problems import INFO, N_, WARNING, Problem
from ..model import Mesh
from ..patches import patches
from ..subject import Finding, Subject
from ..where import Where

STEEP = math.cos(math.radians(45)) + 1e-3  # exactly 45 degrees still prints
LEDGE = 6.0  # nozzle diameters that may stick out
SMALL = 25.0  # mm2, less is not worth a word
LARGE_SHARE = 0.05  # of the surface


def check(subject: Subject) -> Iterator[Finding]:
    faces, areas, steepness = undersides(subject)
    area = float(areas.sum())
    if area < SMALL:
        return
    severe = area > LARGE_SHARE * subject.facts.area and not subject.supported
    angle_deg = math.degrees(math.acos(min(1.0, float(np.median(steepness)))))
    values = {"area": round(area), "angle": round(90 - angle_deg)}
    yield Finding(
        Problem(
            "mesh.overhang",
            WARNING if severe else INFO,
            N_(
                "%(area)s mm² of undersides overhang by more than 45 degrees (half of "
                "them by %(angle)s or more) and stand on supports."
            )
            if subject.supported
            else N_(
                "%(area)s mm² of undersides overhang by more than 45 degrees (half of "
                "them by %(angle)s or more); switch supports on or turn the model."
            ),
            values,
            *(() if subject.supported else ("slicing.supports", "everywhere")),
        ),
        Where(faces=faces),
    )


def undersides(subject: Subject) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) faces that need something below, (n,) their areas, mm², (n,) how level, 0 to 1."""
    mesh, nozzle = subject.mesh, subject.machine.nozzle
    faces, areas, level = _steep_undersides(mesh, subject.floor + nozzle / 2)
    wide = _wide(mesh, faces, LEDGE * nozzle)
    return faces[wide], areas[wide], level[wide]


def _steep_undersides(
    mesh: Mesh, ceiling: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Faces wholly below `ceiling` rest on the bed and are left out."""
    faces, areas, level = [], [], []
    for part, corners in mesh.corner_chunks():
        doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(doubled, axis=1)
        found = (-doubled[:, 2] > STEEP * length) & (
            corners[:, :, 2].max(axis=1) > ceiling
        )
        faces.append(np.flatnonzero(found) + part.start)
        areas.append(length[found] / 2)
        level.append(-doubled[found, 2] / length[found])
    return np.concatenate(faces), np.concatenate(areas), np.concatenate(level)


def _wide(mesh: Mesh, numbers: np.ndarray, ledge: float) -> np.ndarray:
    """(n,) bool: faces of connected patches over `ledge` wide in both x and y."""
    if not len(numbers):
        return np.zeros(0, dtype=bool)
    patch, low, high = patches(mesh, mesh.faces[numbers])
    return ((high - low)[:, :2] > ledge).all(axis=1)[patch]
