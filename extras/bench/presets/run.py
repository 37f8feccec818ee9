#!/usr/bin/env python3
"""Every printer of the installed PrusaSlicer slices a cube with its default settings.

    .venv/bin/python extras/bench/presets/run.py [--only creality] [--jobs 2] [--product]
                                                 [--profiles FOLDER] [--program PATH]

Of every printer preset of every maker: our flat values, through the allow-list with the
printer's own G-code, and the forced keys, on the preset's own bed; what a preset does not
say has PrusaSlicer's default. A cube of 20 mm is sliced by the real program and the G-code
read and verified as any other: layers, inside the bed, not too tall. --product takes the
way of the plugin instead, where our own choices fill what a preset does not say.

The table counts by maker; below it every failure has its reason.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from octoprint_img2stl import process  # noqa: E402
from octoprint_img2stl.problems import Refusal  # noqa: E402
from octoprint_img2stl.process import Limits  # noqa: E402
from octoprint_img2stl.slicing.gcode import read_gcode, verify  # noqa: E402
from octoprint_img2stl.slicing.profile_file import allowed, write_ini  # noqa: E402
from octoprint_img2stl.slicing.profiles import FORCED, prusa_ini  # noqa: E402
from octoprint_img2stl.slicing.prusaslicer import PrusaSlicer, _argv  # noqa: E402
from octoprint_img2stl.slicing.settings import SliceSettings  # noqa: E402
from octoprint_img2stl.slicing.vendor.flat import Flat  # noqa: E402
from octoprint_img2stl.slicing.vendor.index import Vendors, places  # noqa: E402
from tests.unit.slicing.conftest import boxes_stl  # noqa: E402

LIMITS = Limits(time_s=300.0)
OURS = ("bed_shape", "max_print_height", "nozzle_diameter")


class Row(NamedTuple):
    """A printer preset: its maker, its name, and why it failed; empty: it did not."""

    vendor: str
    printer: str
    reason: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="presets with this in maker or name")
    parser.add_argument("--jobs", type=int, default=2, help="slicers at once")
    parser.add_argument("--product", action="store_true", help="as the plugin slices")
    parser.add_argument("--program", default=shutil.which("prusa-slicer"))
    parser.add_argument("--profiles", type=Path, help="folder of the bundles")
    options = parser.parse_args()
    start = time.process_time()
    folders = [options.profiles] if options.profiles else places(options.program)
    vendors = Vendors.read(folders)
    print(f"index: {time.process_time() - start:.3f} s CPU", *folders)
    slicer = PrusaSlicer(options.program)
    print(f"PrusaSlicer {slicer.version()}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cube = boxes_stl(folder / "cube.stl", (-10, -10, 0, 10, 10, 20))
        how = product if options.product else plain

        def run(preset: tuple[str, str]) -> Row:
            try:
                how(slicer, vendors.flat(*preset), cube, folder)
            except Refusal as refused:
                return Row(*preset, f"{refused.code}: {refused}")
            return Row(*preset, "")

        with ThreadPoolExecutor(options.jobs) as pool:
            table(list(pool.map(run, presets(vendors, options.only))))


def presets(vendors: Vendors, only: str) -> Iterator[tuple[str, str]]:
    for vendor, _ in vendors.vendors():
        for printer in vendors.bundle(vendor).printers():
            if only.casefold() in f"{vendor} {printer.name}".casefold():
                yield vendor, printer.name


def plain(slicer: PrusaSlicer, flat: Flat, cube: Path, folder: Path) -> None:
    """Slice with nothing but the preset; raises Refusal."""
    machine = flat.machine()
    ours = prusa_ini(machine, SliceSettings())
    ini = {
        **{key: ours[key] for key in OURS},
        **allowed(flat.values, own_gcode=True).values,
        **FORCED,
    }
    with tempfile.TemporaryDirectory(dir=folder) as name:
        config, output = Path(name, "config.ini"), Path(name, "out.gcode")
        write_ini(config, ini)
        argv = _argv(slicer.path, config, machine, output, cube)
        said: list[str] = []
        process.run(
            argv,
            cwd=name,
            limits=LIMITS,
            on_line=lambda stream, line: stream == "stderr" and said.append(line),
        )
        if not output.exists():
            raise Refusal("bench.no_gcode", "%(said)s", said=" ".join(said)[-300:])
        verify(read_gcode(output, None, machine.centre), machine)


def product(slicer: PrusaSlicer, flat: Flat, cube: Path, folder: Path) -> None:
    """Slice as the plugin does; raises Refusal."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        slicer.slice(
            cube,
            work / "out.gcode",
            flat.machine(),
            SliceSettings(),
            work=work,
            limits=LIMITS,
            profile=allowed(flat.values, own_gcode=True).values,
            relief=False,
        )


def table(rows: list[Row]) -> None:
    counts, failed = Counter(), Counter()
    for row in rows:
        counts[row.vendor] += 1
        failed[row.vendor] += bool(row.reason)
    print("| maker | printer presets | sliced | failed |\n|---|---|---|---|")
    for vendor, count in counts.items():
        print(f"| {vendor} | {count} | {count - failed[vendor]} | {failed[vendor]} |")
    whole, bad = len(rows), sum(failed.values())
    print(f"| **all** | **{whole}** | **{whole - bad}** | **{bad}** |")
    for row in rows:
        if row.reason:
            print(f"\n{row.vendor}, {row.printer}: {row.reason}")


if __name__ == "__main__":
    main()
