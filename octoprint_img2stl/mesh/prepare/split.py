"""Cut in two where the printer is not high enough, with pegs to join the halves."""

from __future__ import annotations

import numpy as np
from manifold3d import Manifold

from ...machine import Machine
from ...problems import INFO, N_, WARNING, Problem
from ..kernel import from_kernel
from ..model import Mesh
from ..refused import MeshRefused
from ..settings import MeshSettings
from . import pegs as joints
from .size import MARGIN
from .step import Step, box, solid_of

CHOICES = 9  # heights tried for the cut
MIDDLE = 0.3  # how much a cut at the edge of the range counts less than one in its middle
INSET = 3.0  # a section counts as far as a peg of middling size finds room, mm


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Cut, add pegs, and stand the halves side by side.

    The lower half stands as it stood, with the pegs on its cut face; the upper one stands
    on its cut face, which is flat.

    Raises:
        MeshRefused: the height of the cut is not inside the model.
        NotASolid: the mesh has no inside.
    """
    low, high = box(mesh)
    height = float(high[2] - low[2])
    auto = settings.split == "auto"
    if settings.split == "none" or (auto and height <= machine.height):
        return Step(mesh)
    if not auto and not 0 < settings.split_at < height:
        raise MeshRefused(
            "mesh.split_outside",
            N_(
                "The model cannot be cut at %(at)s mm, it is %(height)s mm high; choose a "
                "height inside it."
            ),
            field="mesh.split_at",
            suggest=round(height / 2, 2),
            at=round(settings.split_at, 2),
            height=round(height, 2),
        )
    solid = solid_of(mesh).translate((0.0, 0.0, -float(low[2])))
    peg = joints.longest() if settings.pegs else 0.0
    at = _best_height(solid, height, machine.height, peg) if auto else settings.split_at
    upper, lower = solid.split_by_plane((0.0, 0.0, 1.0), at)
    notes = [_cut(at)]
    if settings.pegs:
        share = 0.4 * min(at, height - at)
        found = joints.find(solid, at, settings.peg_clearance, share)
        if found:
            add, take = joints.bodies(found, at, settings.peg_clearance)
            lower, upper = lower + add, upper - take
        if not found or len(found.middles) < 2:
            notes.append(_few_pegs(bool(found)))
    upper = upper.translate((0.0, 0.0, -at))
    for half in (lower, upper):
        tall = half.bounding_box()[5]
        if tall > machine.height + 1e-6:
            notes.append(_still_too_tall(tall, machine))
            break
    both, fit = _beside(lower, upper, settings, machine)
    if not fit:
        notes.append(_not_beside())
    return Step(from_kernel(both), tuple(notes))


def _best_height(solid: Manifold, height: float, room: float, peg: float) -> float:
    """Where both halves fit and the section has the most room for pegs."""
    first, last = max(height - room, 0.0), min(room - peg, height)
    if first >= last:
        return height / 2
    middle, reach = (first + last) / 2, (last - first) / 2
    # Not at the very ends: there the slightest rounding makes a half too tall.
    heights = middle + reach * np.linspace(-0.95, 0.95, CHOICES)
    worth = [
        solid.slice(float(z)).offset(-INSET).area()
        * (1 - MIDDLE * abs(z - middle) / reach)
        for z in heights
    ]
    return float(heights[int(np.argmax(worth))]) if max(worth) > 0 else middle


def _beside(
    lower: Manifold, upper: Manifold, settings: MeshSettings, machine: Machine
) -> tuple[Manifold, bool]:
    """Next to one another along x or y, whichever leaves more room; and whether it fits."""
    gap = max(settings.gap, machine.line_width)
    best = None
    for axis in (0, 1):
        pair = []
        start = 0.0
        for half in (lower, upper):
            bounds = np.array(half.bounding_box()).reshape(2, 3)
            move = -bounds.mean(axis=0)
            move[axis] = start - bounds[0, axis]
            move[2] = -bounds[0, 2]
            start += bounds[1, axis] - bounds[0, axis] + gap
            pair.append(half.translate(tuple(move.tolist())))
        whole = pair[0] + pair[1]
        bounds = np.array(whole.bounding_box()).reshape(2, 3)
        width, depth, height = bounds[1] - bounds[0]
        fit = machine.fit_scale(width, depth, 0.0, margin=MARGIN)
        if best is None or fit > best[0]:
            best = (fit, whole)
    return best[1], best[0] >= 1.0


def _cut(at: float) -> Problem:
    return Problem(
        "mesh.split",
        INFO,
        N_(
            "The model was cut in two %(at)s mm above the bed; the halves stand side by side."
        ),
        {"at": round(at, 1)},
    )


def _few_pegs(one: bool) -> Problem:
    if one:
        return Problem(
            "mesh.one_peg",
            INFO,
            N_(
                "There was room for one peg only; mind the direction when you join the halves."
            ),
        )
    return Problem(
        "mesh.no_room_for_pegs",
        WARNING,
        N_("There was no room for pegs where the model was cut; cut at another height."),
        {},
        "mesh.split_at",
    )


def _not_beside() -> Problem:
    return Problem(
        "mesh.halves_not_beside",
        WARNING,
        N_("The two halves do not fit on the bed side by side; make the model smaller."),
        {},
        "mesh.size_by",
        "bed",
    )


def _still_too_tall(tall: float, machine: Machine) -> Problem:
    return Problem(
        "mesh.half_too_tall",
        WARNING,
        N_(
            "One half is still %(tall)s mm high and the printer reaches %(room)s mm; make "
            "the model smaller or cut at another height."
        ),
        {"tall": round(tall, 1), "room": round(machine.height, 1)},
        "mesh.size_by",
        "bed",
    )
