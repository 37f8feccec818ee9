"""The size that was asked for, always the same factor along all axes."""

from __future__ import annotations

import numpy as np

from ...machine import CIRCULAR, Machine
from ...problems import INFO, N_, Problem
from ..model import Mesh
from ..refused import MeshRefused
from ..settings import MeshSettings
from .step import Step, box, settled

MARGIN = 5.0  # room for brim or skirt round a print that fills the bed, mm
SLACK = 1e-6  # so that rounding to float32 does not make it a hair too big


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Scale by percent, to a length along an axis, or to the bed.

    Raises:
        MeshRefused: it has no extent along that axis, or the bed has no room.
    """
    low, high = box(mesh)
    factor = _factor(mesh, high - low, settings, machine)
    if factor == 1.0:
        return Step(mesh)
    points = (mesh.vertices - (low + high) / 2) * factor
    notes = ()
    if settings.size_by == "bed":
        notes = (
            Problem(
                "mesh.sized_to_bed",
                INFO,
                N_("The model was scaled to %(percent)s %% so that it fills the bed."),
                {"percent": round(factor * 100, 1)},
            ),
        )
    return Step(settled(points, mesh.faces), notes)


def _factor(mesh: Mesh, size: np.ndarray, settings, machine: Machine) -> float:
    if settings.size_by == "percent":
        return settings.size / 100
    if settings.size_by == "bed":
        factor = bed_factor(mesh, settings, machine)
        if not factor > 0:
            raise MeshRefused(
                "mesh.no_room_on_bed",
                N_("The bed has no room for this model; choose its size in mm."),
                field="mesh.size_by",
                suggest="longest",
            )
        return factor
    axis = {"x": 0, "y": 1, "z": 2}.get(settings.size_by, int(size.argmax()))
    if not size[axis] > 0:
        raise MeshRefused(
            "mesh.flat",
            N_(
                "The model has no extent along %(axis)s; give its size along another axis."
            ),
            field="mesh.size_by",
            suggest="longest",
            axis="xyz"[axis],
        )
    return settings.size / float(size[axis])


def bed_factor(mesh: Mesh, settings: MeshSettings, machine: Machine) -> float:
    """Largest factor with which the model, its plinth and a margin still fit."""
    low, high = box(mesh)
    width, depth, height = high - low
    margin = MARGIN + (settings.plinth_margin if settings.plinth else 0.0)
    room = machine.height - settings.plinth
    factors = [room / height if height > 0 else np.inf]
    if machine.form == CIRCULAR:
        radius = min(machine.width, machine.depth) / 2 - margin
        reach = reach_of_box(mesh)
        factors.append(radius / reach if reach > 0 else np.inf)
    else:
        for side, bed in ((width, machine.width), (depth, machine.depth)):
            factors.append((bed - 2 * margin) / side if side > 0 else np.inf)
    return float(min(factors)) * (1 - SLACK)


def reach_of_box(mesh: Mesh) -> float:
    """Half the diagonal of the box seen from above: how the room checks a round bed."""
    low, high = box(mesh)
    return float(np.hypot(*(high - low)[:2]) / 2)
