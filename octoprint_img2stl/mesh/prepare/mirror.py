"""The mirror image; its faces still look outwards."""

from __future__ import annotations

import numpy as np

from ...machine import Machine
from ..model import Mesh
from ..settings import MeshSettings
from .step import Step


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Mirror along the chosen axis. Exact: only signs and the faces' order change."""
    if settings.mirror == "none":
        return Step(mesh)
    vertices = mesh.vertices.copy()
    axis = "xyz".index(settings.mirror)
    vertices[:, axis] = np.float32(0) - vertices[:, axis]
    return Step(Mesh(vertices, np.ascontiguousarray(mesh.faces[:, ::-1])))
