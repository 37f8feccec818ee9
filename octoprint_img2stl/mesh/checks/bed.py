"""Does it fit on the bed and under the gantry, placed in the middle?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...machine import CIRCULAR, Machine
from ...problems import ERROR, N_, Problem
from ..measure import MeshFacts
from ..model import Mesh


def check(mesh: Mesh, facts: MeshFacts, machine: Machine) -> Iterator[Problem]:
    width, depth, height = facts.size
    scale = machine.fit_scale(width, depth, height)
    if scale >= 1 - 1e-6:  # float32 corners of a part exactly as wide as the bed
        return
    # Down to a thousandth, so that the suggested scale really fits.
    suggest = math.floor(scale * 1000) / 1000 or None
    values = {
        "width": round(width, 1),
        "depth": round(depth, 1),
        "height": round(height, 1),
        "percent": round((suggest or scale) * 100, 1),
    }
    if machine.fit_scale(width, depth, 0.0) >= 1 - 1e-6:
        yield Problem(
            "mesh.too_tall",
            ERROR,
            N_(
                "The model is %(height)s mm high and the printer reaches %(room)s mm; "
                "scale it to %(percent)s %%."
            ),
            {**values, "room": round(machine.height, 1)},
            "mesh.scale",
            suggest,
        )
    elif machine.form == CIRCULAR:
        yield Problem(
            "mesh.too_big_for_bed",
            ERROR,
            N_(
                "The model is %(width)s x %(depth)s x %(height)s mm, too big for the "
                "round bed of %(room)s mm; scale it to %(percent)s %%."
            ),
            {**values, "room": round(min(machine.width, machine.depth), 1)},
            "mesh.scale",
            suggest,
        )
    else:
        yield Problem(
            "mesh.too_big_for_bed",
            ERROR,
            N_(
                "The model is %(width)s x %(depth)s x %(height)s mm, too big for the "
                "bed of %(bed_width)s x %(bed_depth)s mm; scale it to %(percent)s %%."
            ),
            {
                **values,
                "bed_width": round(machine.width, 1),
                "bed_depth": round(machine.depth, 1),
            },
            "mesh.scale",
            suggest,
        )
