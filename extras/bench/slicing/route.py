#!/usr/bin/env python3
"""The whole way in one process: a photo to the verified G-code.

    python route.py '{"picture": …, "route": …, "dense": …, "slicer": …, "program": …,
                      "definitions": …, "relief": …, "profile": …, "changes": …,
                      "folder": …}'

It leaves model.stl and model.gcode in the folder and prints what it took and what came
out as JSON. `dense` is the heightmap with every node, two triangles each; `relief` is
whether relief mode is used; `profile` has values that win over our own; `changes` are the
relief's settings that differ from the route's defaults.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
TIME_LIMIT_S = 3600.0


def cpu_s() -> float:
    """Of this process, without its children."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def mesh(task: dict[str, Any], stl: Path) -> int:
    """Make the solid; how many triangles it has."""
    from dataclasses import replace

    from PIL import Image

    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.photo import open_photo
    from octoprint_img2stl.relief import (
        Picture,
        ReliefSettings,
        build_bodies,
        photo_side_px,
        write_stl,
    )

    machine = Machine()
    settings = replace(ReliefSettings.defaults(task["route"]), **task["changes"])
    with Image.open(task["picture"]) as image:
        size_px = image.size
    side = photo_side_px(settings, size_px, machine)
    photo = open_photo(task["picture"], max_side_px=side)
    picture = Picture(photo.grey, photo.cropped_px, photo.bits > 8)
    bodies = build_bodies([picture], settings, machine).bodies
    exact = task["dense"]
    return write_stl(
        bodies,
        stl,
        machine,
        max_error=0.0 if exact else settings.max_error,
        budget=None if exact else settings.budget,
    ).triangles


def main() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the plugin starts its worker
    sys.path.insert(0, str(ROOT))
    task = json.loads(sys.argv[1])
    folder = Path(task["folder"])
    stl, gcode = folder / "model.stl", folder / "model.gcode"
    triangles = mesh(task, stl)
    meshed_s = cpu_s()

    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.process import Limits
    from octoprint_img2stl.slicing.registry import SLICERS
    from octoprint_img2stl.slicing.settings import SliceSettings

    slicer = SLICERS[task["slicer"]](task["program"], task["definitions"])
    done = slicer.slice(
        stl,
        gcode,
        Machine(),
        SliceSettings.defaults(task["route"]),
        work=folder,
        limits=Limits(time_s=TIME_LIMIT_S, nice=0),
        profile=task["profile"] or None,
        relief=task["relief"],
    )
    facts = done.facts
    print(
        json.dumps(
            {
                "triangles": triangles,
                "mesh_s": meshed_s,
                "slicer_s": done.cpu_s,
                "rest_s": cpu_s() - meshed_s,
                "slicer_mb": done.peak_memory_bytes / 2**20,
                "own_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "gcode_mb": facts.size_bytes / 1e6,
                "layers": len(facts.layers),
                "print_s": facts.print_time_s,
                "filament_mm": facts.filament_mm,
                "kinds": {kind: use.filament_mm for kind, use in facts.kinds.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
