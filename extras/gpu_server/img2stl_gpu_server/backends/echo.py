"""Gives a mesh file that lies there, after a while, or fails as it is told. For tests."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from ..order import ROLES, Order
from ..refused import INPUT, Refused
from ..watch import Watch
from .backend import About, Backend, Picture, RawMesh

STEPS = 100


class Echo(Backend):
    """Does as if it worked."""

    about = About(
        name="echo",
        label="Echo",
        licence="none",
        notice="Always gives the same mesh; for tests only.",
        views_max=6,
        roles=ROLES,
    )

    def load(self) -> None:
        import numpy as np

        from octoprint_img2stl.mesh.load import load_any
        from octoprint_img2stl.problems import Refusal

        if not self.settings.echo_file:
            self._raw = RawMesh(np.array(CORNERS, np.float32), np.array(FACES, np.int32))
            return
        try:
            loaded = load_any(self.settings.echo_file)
        except Refusal as error:
            raise Refused(INPUT, error.problem.message, status=500) from None
        mesh = loaded.mesh
        self._raw = RawMesh(mesh.vertices, mesh.faces, loaded.up or "z")

    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> RawMesh:
        for step in range(STEPS):
            watch.report(step / STEPS, "repeating")
            if step == STEPS // 2:
                self._fail(self.settings.echo_fail)
            time.sleep(self.settings.echo_seconds / STEPS)
        return self._raw

    def _fail(self, how: str) -> None:
        if how == "memory":
            raise MemoryError
        if how == "crash":
            os._exit(9)  # as a driver of a graphics card ends a process
        if how == "bug":
            raise ZeroDivisionError
        if how:
            raise Refused(how, f"As asked for, it failed ({how}).")


# A tetrahedron that stands on its base, y up.
CORNERS = ((-1, -1, 0.7), (1, -1, 0.7), (0, -1, -1), (0, 1, 0))
FACES = ((0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3))
