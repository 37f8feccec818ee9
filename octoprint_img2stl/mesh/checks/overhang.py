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

from ...machine import Machine
from ...problems import INFO, N_, WARNING, Problem
from ..measure import MeshFacts
from ..model import Mesh
from ..topology import boxes, connected

STEEP = math.cos(math.radians(45)) + 1e-3  # exactly 45 degrees still prints
LEDGE = 6.0  # nozzle diameters that may stick out
SMALL = 25.0  # mm2, less is not worth a word
LARGE_SHARE = 0.05  # of the surface


def check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterator[Problem]:
    steep, areas = _steep_undersides(mesh, facts.low[2] + machine.nozzle / 2)
    area = _wide_area(mesh, steep, areas, LEDGE * machine.nozzle)
    if area < SMALL:
        return
    yield Problem(
        "mesh.overhang",
        WARNING if area > LARGE_SHARE * facts.area else INFO,
        N_(
            "%(area)s mm2 of undersides overhang by more than 45 degrees; switch "
            "supports on or turn the model."
        ),
        {"area": round(area)},
        "slicing.supports",
        "everywhere",
    )


def _steep_undersides(mesh: Mesh, ceiling: float) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) faces and (n,) areas, mm2; faces wholly below `ceiling` rest on the bed."""
    faces, areas = [], []
    for part, corners in mesh.corner_chunks():
        doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(doubled, axis=1)
        found = (-doubled[:, 2] > STEEP * length) & (
            corners[:, :, 2].max(axis=1) > ceiling
        )
        faces.append(mesh.faces[part][found])
        areas.append(length[found] / 2)
    return np.concatenate(faces), np.concatenate(areas)


def _wide_area(mesh: Mesh, faces: np.ndarray, areas: np.ndarray, ledge: float) -> float:
    """Area, mm2, of connected patches of `faces` over `ledge` wide in both x and y."""
    if not len(faces):
        return 0.0
    roots = connected(faces, len(mesh.vertices))
    patch = roots[faces[:, 0]]
    marked = np.full(len(mesh.vertices), -1, dtype=np.int32)
    marked[faces] = roots[faces]
    names, low, high = boxes(mesh, marked)
    wide = ((high - low)[:, :2] > ledge).all(axis=1)
    return float(areas[wide[np.searchsorted(names, patch)]].sum())
