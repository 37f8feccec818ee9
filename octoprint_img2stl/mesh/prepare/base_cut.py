"""A flat base: cut off what is below a height, so that the model stands on more."""

from __future__ import annotations

from ...machine import Machine
from ...problems import INFO, N_, Problem
from ..kernel import from_kernel
from ..model import Mesh
from ..refused import MeshRefused
from ..settings import MeshSettings
from .section import contact
from .step import Step, box, solid_of


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Cut it off and say what it stands on before and after.

    Raises:
        MeshRefused: nothing would be left.
        NotASolid: the mesh has no inside.
    """
    if not settings.base_cut:
        return Step(mesh)
    low, high = box(mesh)
    height = float(high[2] - low[2])
    percent = settings.base_cut_in == "percent"
    cut = settings.base_cut * height / 100 if percent else settings.base_cut
    if cut >= 0.95 * height:
        raise MeshRefused(
            "mesh.cut_too_high",
            N_(
                "Cutting %(cut)s mm off the bottom leaves nothing of a model %(height)s mm "
                "high; cut off less."
            ),
            field="mesh.base_cut",
            suggest=5.0 if percent else round(0.05 * height, 3),
            cut=round(cut, 2),
            height=round(height, 2),
        )
    solid = solid_of(mesh)
    made = solid.trim_by_plane((0.0, 0.0, 1.0), float(low[2]) + cut)
    note = Problem(
        "mesh.base_cut",
        INFO,
        N_(
            "%(cut)s mm were cut off the bottom: the model stands on %(after)s mm² instead "
            "of %(before)s mm²."
        ),
        {
            "cut": round(cut, 2),
            "before": round(contact(solid, machine), 1),
            "after": round(contact(made, machine), 1),
        },
    )
    return Step(from_kernel(made), (note,))
