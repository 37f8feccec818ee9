"""A plate under the model."""

from __future__ import annotations

from ...machine import Machine
from ...problems import N_, WARNING, Problem
from ..kernel import from_kernel
from ..model import Mesh
from ..settings import MeshSettings
from .section import silhouette
from .step import Step, box, solid_of

OVERLAP = 0.5  # nozzle diameters the model sinks into the plate: a layer
SEGMENTS = 64  # of a full round corner


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Stand the model on a plate under its outline, with round corners, as one body.

    The plate is as high as asked and the model sinks into it by a layer, so even one that
    touches the bed in a point holds.

    Raises:
        NotASolid: the mesh has no inside.
    """
    if not settings.plinth:
        return Step(mesh)
    solid = solid_of(mesh)
    overlap = min(OVERLAP * machine.nozzle, settings.plinth / 2)
    outline = silhouette(mesh.vertices).offset(
        settings.plinth_margin, circular_segments=SEGMENTS
    )
    low, _ = box(mesh)
    plate = outline.extrude(settings.plinth).translate(
        (0.0, 0.0, float(low[2]) + overlap - settings.plinth)
    )
    made = solid + plate
    notes = ()
    loose = [
        part
        for part in made.decompose()
        if part.volume() > 0 and part.bounding_box()[2] > low[2] + overlap
    ]
    if loose:
        notes = (
            Problem(
                "mesh.plinth_not_reached",
                WARNING,
                N_(
                    "%(count)s parts of the model float above the plinth and do not touch "
                    "it; cut the base flat first."
                ),
                {"count": len(loose)},
                "mesh.base_cut",
                5.0 if settings.base_cut_in == "percent" else 1.0,
            ),
        )
    return Step(from_kernel(made), notes)
