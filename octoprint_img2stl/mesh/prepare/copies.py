"""Several copies on one bed."""

from __future__ import annotations

import numpy as np

from ...machine import CIRCULAR, Machine
from ...problems import N_, WARNING, Problem
from ..model import Mesh
from ..settings import MeshSettings
from .size import MARGIN
from .step import Step, box, placed, settled

MOST_FACES = 3_000_000  # of all copies together: what a small computer can still slice
EPSILON = 1e-4  # rounding of sizes, mm


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """As many copies as asked for and as fit, in rows round the middle of the bed.

    They are at least a printed line apart, or they would become one.
    """
    mesh = placed(mesh)
    alone = ((0.0, 0.0, 0.0),)
    if settings.copies == 1:
        return Step(mesh, placements=alone)
    low, high = box(mesh)
    size = (high - low)[:2]
    gap = max(settings.gap, machine.line_width)
    spots, turn_deg = _spots(size, gap, settings.copies, machine)
    room = max(1, MOST_FACES // len(mesh.faces))
    notes = ()
    if len(spots) < settings.copies:
        notes = (_fewer(len(spots), settings.copies),)
    if room < len(spots):
        notes = (_too_many_faces(room, settings.copies),)
        spots = spots[:room]
    if len(spots) == 1:
        return Step(mesh, notes, placements=alone)
    spots = _centred(spots, size[::-1] if turn_deg else size, machine)
    points = mesh.vertices.astype(np.float64)
    if turn_deg:
        points = np.stack((-points[:, 1], points[:, 0], points[:, 2]), axis=1)
    places = np.concatenate((spots, np.zeros((len(spots), 1))), axis=1)
    whole = (points[None] + places[:, None]).reshape(-1, 3)
    starts = np.arange(len(spots), dtype=np.int64)[:, None, None] * len(points)
    faces = (mesh.faces[None] + starts).reshape(-1, 3)
    return Step(
        settled(whole, faces),
        notes,
        placements=tuple((float(x), float(y), turn_deg) for x, y in spots),
    )


def _spots(size, gap, wanted, machine) -> tuple[np.ndarray, float]:
    """Middles of the copies, nearest to the middle of the bed first; and their turn."""
    straight = _grid(size, gap, machine)
    if len(straight) < wanted:
        across = _grid(size[::-1], gap, machine)
        if len(across) > len(straight):
            return across[:wanted], 90.0
    return straight[:wanted], 0.0


def _grid(size, gap, machine) -> np.ndarray:
    """(N, 2) all middles of copies that fit, by their distance from the middle."""
    best = np.zeros((1, 2))  # one is placed in any case; whether it fits is a check's
    for shift in (0.0, 0.5):  # a row in the middle, or a gap
        for rows_along in (0, 1):
            found = _rows(size, gap, machine, shift, rows_along)
            if len(found) > len(best):
                best = found
    return best[np.argsort(np.hypot(*best.T), kind="stable")]


def _rows(size, gap, machine, shift: float, along: int) -> np.ndarray:
    """Rows along an axis, each with as many copies as fit in it, around its middle."""
    across = 1 - along
    bed = np.array((machine.width, machine.depth))
    pitch = size + gap
    count = int(bed[across] / pitch[across] / 2) + 1
    spots = []
    for row in (np.arange(-count, count + 1) + shift) * pitch[across]:
        for many in range(int(bed[along] / pitch[along]) + 1, 0, -1):
            places = np.zeros((many, 2))
            places[:, along] = (np.arange(many) - (many - 1) / 2) * pitch[along]
            places[:, across] = row
            if _fits(places, size, machine).all():
                spots.append(places)
                break
    return np.concatenate(spots) if spots else np.empty((0, 2))


def _fits(spots, size, machine) -> np.ndarray:
    reach = np.abs(spots) + size / 2
    if machine.form == CIRCULAR:
        radius = min(machine.width, machine.depth) / 2 - MARGIN
        return np.hypot(*reach.T) <= radius + EPSILON
    room = np.array((machine.width, machine.depth)) / 2 - MARGIN
    return (reach <= room + EPSILON).all(axis=1)


def _centred(spots, size, machine) -> np.ndarray:
    """Moved so that the whole is in the middle, where it still fits there."""
    moved = spots - (spots.min(axis=0) + spots.max(axis=0)) / 2
    if machine.form == CIRCULAR and not _fits(moved, size, machine).all():
        return spots
    return moved


def _fewer(count: int, wanted: int) -> Problem:
    return Problem(
        "mesh.fewer_copies",
        WARNING,
        N_(
            "Only %(count)s of %(wanted)s copies fit on the bed; print the others "
            "afterwards or make the model smaller."
        ),
        {"count": count, "wanted": wanted},
        "mesh.copies",
        count,
    )


def _too_many_faces(count: int, wanted: int) -> Problem:
    return Problem(
        "mesh.copies_too_heavy",
        WARNING,
        N_(
            "%(count)s of %(wanted)s copies were placed, more have too many triangles to "
            "be sliced; simplify the model more."
        ),
        {"count": count, "wanted": wanted},
        "mesh.copies",
        count,
    )
