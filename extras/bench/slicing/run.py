#!/usr/bin/env python3
"""What relief mode saves, from a photo to the verified G-code, and what it changes.

    .venv/bin/python extras/bench/slicing/run.py [--quick] [--tables …] [--pictures a,b] …

Tables, in Markdown:

* the whole way in one process: the *dense* mesh (the heightmap with all of the photo's
  grain, every node, two triangles each) as the slicer does by itself (`default`: what
  relief mode sets is left at the slicer's own default) and with our ordinary settings
  (`ordinary`), beside our mesh in relief mode, with all the grain (`relief, grain`) and as
  the route's own smoothing leaves it (`relief`). Everything else is equal: layers, walls,
  shells, infill, speeds;
* how far the printed contour is from our mesh, in relief mode and without any
  simplification (see `contour.py`);
* what that smoothing does to the heights (see `calm.py`);
* with --tables tried, settings tried one by one, as changes to relief mode.

CPU seconds are those of the whole process with the slicer, user and system, the least of
all runs: other work on the machine only adds. Run it where little else runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

from calm import GRAIN, calmed, difference  # noqa: E402
from pictures import PICTURES, Picture, draw  # noqa: E402
from tried import DEFAULTS, FINE, TRIED  # noqa: E402

MEASURE = HERE.parent / "relief/measure.py"
DEFINITIONS = ROOT / ".cura/usr/share/cura/resources"
LIMIT_S = 3600
LAYERS_COMPARED = 60  # at most


class Way(NamedTuple):
    """One way from photo to G-code."""

    name: str
    dense: bool
    relief: bool
    profile: dict[str, str]
    grain: bool = False


class Bench:
    """Runs ways in a folder of its own."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.stl, self.gcode = folder / "model.stl", folder / "model.gcode"
        draw(folder)

    def run(self, slicer: str, picture: Picture, way: Way, runs: int) -> dict[str, Any]:
        """Do it; the figures of the run that took least CPU."""
        from octoprint_img2stl.slicing.registry import find

        definitions = self.options.definitions or DEFINITIONS
        task = {
            "picture": str(self.folder / picture.file),
            "route": picture.route,
            "dense": way.dense,
            "slicer": slicer,
            "program": find(slicer).path,
            "definitions": str(definitions) if Path(definitions).is_dir() else None,
            "relief": way.relief,
            "profile": way.profile,
            "changes": GRAIN if way.grain else {},
            "folder": str(self.folder),
        }
        found = []
        for _ in range(runs):
            out, result = self.folder / "out.json", self.folder / "used.json"
            command = [sys.executable, str(HERE / "route.py"), json.dumps(task)]
            line = [sys.executable, str(MEASURE), str(result), str(LIMIT_S), *command]
            with open(out, "w") as file:  # measure.py gives its output as messages
                done = subprocess.run(line, stderr=file)
            used = json.loads(result.read_text())
            if done.returncode or used["exit"]:
                sys.exit(f"{slicer}, {picture.name}, {way.name}: {out.read_text()}")
            found.append({**json.loads(out.read_text()), **used})
        return min(found, key=lambda each: each["cpu_s"])


def relief_values(slicer: str, size: tuple[float, float, float]) -> dict[str, str]:
    """What relief mode sets, as a profile's values."""
    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.slicing import relief_mode

    line = Machine().line_width
    if slicer == "curaengine":
        return {key: str(value) for key, value in relief_mode.cura(line).items()}
    return relief_mode.prusa(line, size)


def ways(slicer: str, picture: Picture, quick: bool) -> list[Way]:
    listed = [
        Way("default", True, False, DEFAULTS[slicer], grain=True),
        Way("ordinary", True, False, {}, grain=True),
        Way("relief, grain", False, True, {}, grain=True),
        Way("relief", False, True, {}),
    ]
    leave = set()
    if not DEFAULTS[slicer] or quick:  # where both are the same, or time is short
        leave.add("ordinary")
    if not calmed(picture.route):
        leave.add("relief, grain")
    return [way for way in listed if way.name not in leave]


def routes(bench: Bench, slicer: str, picture: Picture) -> None:
    options = bench.options
    first = None
    for way in ways(slicer, picture, options.quick):
        used = bench.run(slicer, picture, way, options.runs)
        first = first or used["cpu_s"]
        mesh = "every node" if way.dense else "ours"
        # Linux counts into the slicer's peak what the process that starts it holds.
        less = "< " if used["slicer_mb"] < 1.05 * used["own_mb"] else ""
        print(
            f"| {slicer} | {picture.name} | {mesh}, {way.name} | {used['triangles']:,} | "
            f"{used['mesh_s']:.1f} | {used['slicer_s']:.1f} | {used['rest_s']:.1f} | "
            f"**{used['cpu_s']:.1f}** | {used['wall_s']:.0f} | {less}{used['slicer_mb']:.0f} | "
            f"{used['gcode_mb']:.2f} | {used['filament_mm']:.0f} | "
            f"{used['print_s'] / 60:.0f} | {first / used['cpu_s']:.1f} |",
            flush=True,
        )


def heights(bench: Bench, picture: Picture) -> None:
    if not calmed(picture.route):
        return
    found = difference(bench.folder / picture.file, picture.route)
    print(
        f"| {picture.name} | {found.parts_before} | {found.parts} | {found.mean:.3f} | "
        f"{found.most:.3f} | {100 * found.changed:.1f} | {100 * found.far:.2f} |",
        flush=True,
    )


def contours(bench: Bench, slicer: str, picture: Picture) -> None:
    from contour import deviation

    from octoprint_img2stl.machine import Machine

    for way in (
        Way("not simplified", False, False, FINE[slicer]),
        Way("relief mode", False, True, {}),
    ):
        used = bench.run(slicer, picture, way, 1)
        every = max(1, used["layers"] // LAYERS_COMPARED)
        found = deviation(bench.stl, bench.gcode, Machine(), every)
        print(
            f"| {slicer} | {picture.name} | {way.name} | {1000 * found.mean:.1f} | "
            f"{1000 * found.most_of:.0f} | {1000 * found.most:.0f} | "
            f"{100 * found.beyond:.2f} | {100 * found.bare:.1f} | "
            f"{100 * found.drawable:.1f} | {100 * found.drawable_beyond:.2f} | "
            f"{100 * found.roomy:.1f} | {100 * found.roomy_beyond:.2f} | "
            f"{found.walls / 1000:.1f} | {used['gcode_mb']:.2f} |",
            flush=True,
        )


def tries(bench: Bench, slicer: str, picture: Picture) -> None:
    from octoprint_img2stl.slicing.stl import stl_size

    bench.run(slicer, picture, Way("relief", False, True, {}), 1)
    relief = relief_values(slicer, stl_size(bench.stl))
    first = None
    for name, changes in {"relief mode": {}, **TRIED[slicer]}.items():
        way = Way(name, False, False, {**relief, **changes})
        used = bench.run(slicer, picture, way, bench.options.runs)
        first = first or used
        filament = 100 * (used["filament_mm"] / first["filament_mm"] - 1)
        time = 100 * (used["print_s"] / first["print_s"] - 1)
        print(
            f"| {slicer} | {name} | {used['slicer_s']:.2f} | {used['gcode_mb']:.2f} | "
            f"{filament:+.1f} | {time:+.1f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", help="names, with commas between; default: all")
    parser.add_argument("--slicers", default="prusaslicer,curaengine")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--definitions", help="folder of Cura's definition files")
    parser.add_argument("--tables", default="routes,contours,heights", help="also: tried")
    parser.add_argument("--quick", action="store_true", help="less pictures, one run")
    options = parser.parse_args()
    names = options.pictures or ("cat,texture" if options.quick else "")
    chosen = [p for p in PICTURES if not names or p.name in names.split(",")]
    if options.quick:
        options.runs = 1
    folder = Path(tempfile.mkdtemp(prefix="bench-slicing-"))
    try:
        bench = Bench(options, folder)
        tables = options.tables.split(",")
        if "routes" in tables:
            print(ROUTES)
            _each(routes, bench, chosen)
        if "contours" in tables:
            print(CONTOURS)
            _each(contours, bench, chosen)
        if "heights" in tables:
            print(HEIGHTS)
            for picture in chosen:
                heights(bench, picture)
        if "tried" in tables:
            print(TRIES)
            _each(tries, bench, chosen[:1])
    finally:
        shutil.rmtree(folder)


def _each(table, bench: Bench, pictures: list[Picture]) -> None:
    for slicer in bench.options.slicers.split(","):
        for picture in pictures:
            table(bench, slicer, picture)


ROUTES = """
| slicer | picture | mesh, settings | triangles | mesh CPU s | slicer CPU s | \
reading CPU s | CPU s | wall s | slicer MB | G-code MB | filament mm | print min | times |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"""
CONTOURS = """
| slicer | picture | sliced | mean µm | 99 % below µm | most µm | beyond 45 µm, % | \
mesh without wall, % | a line follows, % | of it beyond 45 µm, % | two lines follow, % | \
of it beyond 45 µm, % | walls m | G-code MB |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"""
HEIGHTS = """
| picture | islands and holes with grain | without | mean mm | most mm | \
another layer, % of area | two or more layers, % |
|---|---|---|---|---|---|---|"""
TRIES = """
| slicer | setting | slicer CPU s | G-code MB | filament % | print time % |
|---|---|---|---|---|---|"""


if __name__ == "__main__":
    main()
