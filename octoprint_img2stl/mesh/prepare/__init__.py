"""Getting a mesh ready for the printer.

    from octoprint_img2stl.mesh.prepare import prepare

    ready = prepare(mesh, MeshSettings(size_by="z", size=80, base_cut=1), machine)

An operation is a module with a function ``apply(mesh, settings, machine) -> Step``; adding
one is adding its file and its line in the table of `run`.
"""

from __future__ import annotations

from .orient import Orientation, orientations, proposed, stands
from .run import OPERATIONS, Prepared, as_it_came, prepare
from .turn import flat_on, product
from .unit import guessed_size, unit_suspicion

__all__ = [
    "OPERATIONS",
    "Orientation",
    "Prepared",
    "as_it_came",
    "flat_on",
    "guessed_size",
    "orientations",
    "prepare",
    "product",
    "proposed",
    "stands",
    "unit_suspicion",
]
