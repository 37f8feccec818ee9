#!/usr/bin/env python3
"""What supports are said to take, and what the slicers that are installed really lay.

    python supports.py [--definitions FOLDER] [--quality standard] …

For each of twelve shapes, both slicers, and supports from the bed and everywhere: the
estimate, the plastic in the G-code (cm³), and the factor between the two.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILAMENT_MM2 = math.pi * (1.75 / 2) ** 2
TIME_LIMIT_S = 600.0


def shapes():
    """Name -> solid of the kernel."""
    from manifold3d import Manifold, OpType

    def cuboid(size, at=(0, 0, 0)):
        return Manifold.cube(size).translate(at)

    def cone(height, low, high, z=0):
        return Manifold.cylinder(height, low, high, 64).translate((0, 0, z))

    def union(*parts):
        return Manifold.batch_boolean(list(parts), OpType.Add)

    def table(width, depth, height, leg):
        corners = [(x, y) for x in (0, width - leg) for y in (0, depth - leg)]
        legs = [cuboid((leg, leg, height + 1), (x, y, 0)) for x, y in corners]
        return union(cuboid((width, depth, 3), (0, 0, height)), *legs)

    cap = Manifold.sphere(20, 64) ^ cuboid((60, 60, 30), (-30, -30, 0))
    vault = cone(30, 22, 22).rotate((90, 0, 0)).translate((30, 20, 8))
    ball = Manifold.sphere
    return {
        "table": table(50, 40, 25, 5),
        "wide table": table(120, 90, 12, 8),
        "mushroom": union(cone(26, 5, 5), cap.translate((0, 0, 25))),
        "arch": cuboid((60, 15, 35)) - vault - cuboid((44, 30, 8), (8, -5, 0)),
        "sphere": ball(15, 64).translate((0, 0, 15)),
        "large sphere": ball(30, 64).translate((0, 0, 30)),
        "T": union(cuboid((10, 10, 31), (25, 0, 0)), cuboid((60, 10, 8), (0, 0, 30))),
        "tall T": union(cuboid((8, 8, 81), (26, 0, 0)), cuboid((60, 8, 6), (0, 0, 80))),
        "shelf": union(
            cuboid((60, 40, 4)), cuboid((6, 40, 32)), cuboid((50, 40, 4), (0, 0, 30))
        ),
        "half a shelf": union(
            cuboid((30, 30, 4)), cuboid((10, 30, 30)), cuboid((70, 30, 3), (0, 0, 27))
        ),
        "goblet": union(cone(3, 15, 15), cone(20, 3, 3), cone(10, 3, 25, 20)),
        "figure": union(
            cone(30, 12, 9),
            ball(9, 48).translate((0, 0, 38)),
            cuboid((50, 6, 6), (-25, -3, 22)),
            ball(5, 32).translate((25, 0, 22)),
        ),
    }


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from octoprint_img2stl.jobs import meshes
    from octoprint_img2stl.jobs.params import MESH_ROUTE, Params
    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.mesh.kernel import from_kernel
    from octoprint_img2stl.mesh.place import place
    from octoprint_img2stl.mesh.stl import write_stl
    from octoprint_img2stl.process import Limits
    from octoprint_img2stl.slicing.chosen import choose
    from octoprint_img2stl.slicing.owner_paths import OwnerPath
    from octoprint_img2stl.slicing.registry import SLICERS
    from octoprint_img2stl.slicing.settings import SliceSettings

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--definitions", default="", help="Cura's, if not in their place")
    parser.add_argument("--quality", default="standard")
    given = parser.parse_args()
    own = {"curaengine": OwnerPath("", given.definitions)}
    machine, worst = Machine(), 1.0
    for name, solid in shapes().items():
        mesh = place(from_kernel(solid))
        for engine in SLICERS:
            for where in ("plate", "everywhere"):
                settings = SliceSettings(
                    slicer=engine, quality=given.quality, supports=where, brim=0
                )
                params = Params(slicing=settings).to_json()
                params = Params.from_json({**params, "route": MESH_ROUTE})
                need = meshes.inspect(mesh, params, machine).supports
                said = getattr(need, where) / 1000
                with tempfile.TemporaryDirectory() as folder:
                    stl, work = Path(folder, "model.stl"), Path(folder, "work")
                    write_stl(mesh, stl)
                    work.mkdir()
                    laid = choose(settings, own).slicer.slice(
                        stl,
                        Path(folder, "out.gcode"),
                        machine,
                        replace(settings, infill=0),
                        work=work,
                        limits=Limits(None, TIME_LIMIT_S),
                        relief=False,
                    )
                real = laid.facts.support.filament_mm * FILAMENT_MM2 / 1000
                factor = max(said / real, real / said) if said and real else 1.0
                worst = max(worst, factor)
                print(
                    f"{name:13} {engine:12} {where:11} said {said:6.2f} laid {real:6.2f} "
                    f"cm3, factor {factor:4.2f}",
                    flush=True,
                )
    print(f"worst factor: {worst:.2f}")


if __name__ == "__main__":
    main()
