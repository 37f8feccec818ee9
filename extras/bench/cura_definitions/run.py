#!/usr/bin/env python3
"""Every machine that the installed Cura knows, resolved by our own formulas; some sliced.

    .venv/bin/python extras/bench/cura_definitions/run.py [FOLDER]
        [--engine CuraEngine] [--slice NAME,NAME… | --slice all] [--exported FILE [--machine NAME]]

FOLDER holds Cura's definition files (default: .cura of this checkout, else the usual
places). Every visible machine is resolved with all its settings; printed are the errors,
the settings whose formula could not be evaluated (mistakes in Cura's own files), seconds
and the peak memory of this process. The machines of --slice are sliced by the engine, a
cube of 20 mm on the machine's own bed with its own G-code, and the file is verified.

--exported compares the formulas with values that Cura itself worked out: FILE has a line
``key=value`` for every setting, as CuraEngine's own tests/test_global_settings.txt has.
For each setting with a formula everything else is taken from the file; what disagrees is
what the profile or the machine of the export says otherwise.
"""

from __future__ import annotations

import argparse
import collections
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from octoprint_img2stl.machine import CIRCULAR, Machine  # noqa: E402
from octoprint_img2stl.process import Limits  # noqa: E402
from octoprint_img2stl.slicing.cura.bounds import Trouble  # noqa: E402
from octoprint_img2stl.slicing.cura.definitions import Definitions  # noqa: E402
from octoprint_img2stl.slicing.cura.engine import CuraEngine  # noqa: E402
from octoprint_img2stl.slicing.cura.files import settings  # noqa: E402
from octoprint_img2stl.slicing.cura.resolve import Resolver, converted  # noqa: E402
from octoprint_img2stl.slicing.refused import SlicingRefused  # noqa: E402
from octoprint_img2stl.slicing.settings import SliceSettings  # noqa: E402
from tests.unit.slicing.conftest import boxes_stl  # noqa: E402

SOME = (
    "creality_ender3,prusa_i3_mk3,anycubic_kossel_linear_plus,artillery_sidewinder_x1,"
    "lulzbot_taz_pro_dual,makerbotreplicator,skriware_2,strateo3d,ultimaker2,zav_max"
)
CUBE = (-10, -10, 0, 10, 10, 20)


def resolve_all(definitions: Definitions) -> None:
    begun = time.process_time()
    machines = definitions.machines()
    listed = time.process_time() - begun
    slowest, errors = 0.0, []
    mistakes: dict[str, list[str]] = collections.defaultdict(list)
    for machine in machines:
        at = time.process_time()
        try:
            resolved = definitions.resolve(machine.id, {})
        except Exception as error:
            errors.append(f"{machine.id}: {type(error).__name__} {error}")
            continue
        slowest = max(slowest, time.process_time() - at)
        for key in resolved.fallen_back:
            mistakes[key].append(machine.id)
    spent = time.process_time() - begun - listed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(machines)} visible machines, listed in {listed:.2f} CPU s")
    print(
        f"resolved in {spent:.1f} CPU s, {spent / len(machines):.3f} s each, "
        f"slowest {slowest:.3f} s; peak memory of this process {peak:.0f} MB"
    )
    print(f"errors: {len(errors)}", *errors, sep="\n  ")
    print(f"settings that fell back to their default: {len(mistakes)}")
    for key, who in sorted(mistakes.items()):
        print(f"  {key}: {len(who)} machines ({', '.join(who[:20])})")


def bed(definitions: Definitions, machine: str) -> Machine:
    """The machine as its own definition describes it."""
    values = definitions.resolve(machine, {}).values
    width, depth = float(values["machine_width"]), float(values["machine_depth"])
    circular = values["machine_shape"] == "elliptic"
    if circular:
        width = depth = min(width, depth)
    left, front = (
        (-width / 2, -depth / 2)
        if circular or values["machine_center_is_zero"]
        else (0.0, 0.0)
    )
    return Machine(
        left,
        front,
        left + width,
        front + depth,
        float(values["machine_height"]),
        CIRCULAR if circular else "rectangular",
        float(values["machine_nozzle_size"]),
        bool(values["machine_heated_bed"]),
    )


def slice_some(engine: CuraEngine, definitions: Definitions, which: list[str]) -> None:
    outcomes: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stl = boxes_stl(folder / "cube.stl", CUBE)
        for machine in which:
            try:
                result = engine.slice(
                    stl,
                    folder / "cube.gcode",
                    bed(definitions, machine),
                    SliceSettings(),
                    work=folder,
                    limits=Limits(time_s=120),
                    profile={"definition": machine},
                )
            except SlicingRefused as refusal:
                outcomes[refusal.code] += 1
                print(f"  {machine}: {refusal.code}: {refusal.problem.message}")
                continue
            outcomes["sliced"] += 1
            facts = result.facts
            warnings = ", ".join(problem.code for problem in result.warnings)
            left = "; tokens left" if "{" in (folder / "cube.gcode").read_text() else ""
            print(
                f"  {machine}: {len(facts.layers)} layers, {facts.filament_g:.2f} g, "
                f"{facts.print_time_s:.0f} s, {result.cpu_s:.2f} CPU s {warnings}{left}",
                flush=True,
            )
    print(dict(outcomes))


def compare(definitions: Definitions, path: Path, machine: str) -> None:
    exported = dict(
        line.split("=", 1) for line in path.read_text().splitlines() if "=" in line
    )
    known, _ = settings(definitions.files.machine(machine))
    given = {key: value for key, value in exported.items() if key in known}
    formulas = [key for key in given if "value" in known[key]]
    agree, others = 0, []
    for key in formulas:
        rest = {name: value for name, value in given.items() if name != key}
        try:
            ours = Resolver(known, {}, rest).raw(key)
        except Trouble as trouble:
            ours = f"({trouble})"
        theirs = converted(known[key]["type"], given[key])
        if str(ours) == str(theirs) or (
            isinstance(ours, (int, float))
            and isinstance(theirs, (int, float))
            and abs(ours - theirs) <= 1e-9 * max(1, abs(theirs))
        ):
            agree += 1
        else:
            others.append(f"{key}: ours {ours}, exported {theirs}")
    print(f"formulas that give the exported value: {agree} of {len(formulas)}")
    print("the others:", *others, sep="\n  ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="Cura's definition files")
    parser.add_argument("--engine", default="/usr/bin/CuraEngine")
    parser.add_argument("--slice", default=SOME, help="machines to slice with, or all")
    parser.add_argument("--exported", type=Path)
    parser.add_argument("--machine", default="fdmprinter", help="that of the export")
    options = parser.parse_args()
    local = ROOT / ".cura"
    folder = options.folder or (str(local) if local.is_dir() else None)
    engine = CuraEngine(options.engine, folder)
    version = engine.version()
    definitions = Definitions.find(version, folder)
    print(f"CuraEngine {version}, setting_version {definitions.setting_version}")
    resolve_all(definitions)
    which = options.slice.split(",")
    if options.slice == "all":
        which = [machine.id for machine in definitions.machines()]
    slice_some(engine, definitions, which)
    if options.exported:
        compare(definitions, options.exported, options.machine)


if __name__ == "__main__":
    main()
