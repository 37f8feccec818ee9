"""Meshes: load, measure, check against the printer, place on its bed.

From a plain prompt::

    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.mesh.checks import run_checks
    from octoprint_img2stl.mesh.load import load

    facts, problems = run_checks(load("model.stl"), Machine.from_bed("220x220x250"))

Everything but this file and `refused` imports numpy and belongs in the worker process.
"""

from __future__ import annotations

from .refused import MeshRefused

__all__ = ["MeshRefused"]
