#!/usr/bin/env python3
"""Our reading of makers' bundles beside PrusaSlicer's own, which can be asked since 2.8.

    .venv/bin/python extras/bench/presets/oracle.py PROGRAM FOLDER [--moves 14] [--lists 60]
                                                    [--seed 1] [--only creality]

PROGRAM is a PrusaSlicer of 2.8 or later; it may be one that is only unpacked somewhere and
started by a script, as long as it sees the folder for temporary files ($TMPDIR). FOLDER
holds the bundles, its own or those of an older one. Two questions about printer presets
drawn at random, makers in turn:

- lists: which print and filament presets go with it (--query-print-filament-profiles);
- moves: a model sliced with the presets by name, and once more with our flat values; the
  G-code has to be the same to the byte, but for comments, or both are refused. Only of
  printers with one extruder: of others PrusaSlicer fills up the second one by itself.

Every maker's bundle is put alone into a data folder in which all models and filaments are
installed.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from octoprint_img2stl.slicing.profile_file import write_ini  # noqa: E402
from octoprint_img2stl.slicing.vendor.index import Vendors  # noqa: E402
from tests.unit.slicing.conftest import boxes_stl  # noqa: E402

# A table: walls, a bridge, top and bottom, and room for supports.
BOXES = ((-15, -10, 0, -8, 10, 8), (8, -10, 0, 15, 10, 8), (-15, -10, 8, 15, 10, 11))
TIME_S = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--moves", type=int, default=14, help="presets to slice with")
    parser.add_argument("--lists", type=int, default=60, help="presets to list for")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="presets with this in maker or name")
    options = parser.parse_args()
    vendors = Vendors.read([options.folder])
    drawn = draw(vendors, options.only, random.Random(options.seed))
    with tempfile.TemporaryDirectory() as name:
        oracle = Oracle(options.program, options.folder, vendors, Path(name))
        for what, count in (("lists", options.lists), ("moves", options.moves)):
            same, other = 0, []
            alone = [each for each in drawn if what == "lists" or usable(vendors, *each)]
            for vendor, printer in alone[:count]:
                found = getattr(oracle, what)(vendor, printer)
                same += not found
                if found:
                    other.append(f"  {vendor}, {printer}: {found}")
            print(f"{what}: {same} of {same + len(other)} the same", *other, sep="\n")


def draw(vendors: Vendors, only: str, dice: random.Random) -> list[tuple[str, str]]:
    """(maker, printer preset), each maker's shuffled, the makers in turn."""
    piles = []
    for vendor, _ in vendors.vendors():
        names = [printer.name for printer in vendors.bundle(vendor).printers()]
        names = [
            name for name in names if only.casefold() in f"{vendor} {name}".casefold()
        ]
        dice.shuffle(names)
        piles.append([(vendor, name) for name in names])
    dice.shuffle(piles)
    most = max(map(len, piles), default=0)
    return [pile[turn] for turn in range(most) for pile in piles if turn < len(pile)]


def usable(vendors: Vendors, vendor: str, printer: str) -> bool:
    """Whether there is something to slice with: one extruder, a filament."""
    preset = vendors.bundle(vendor).preset("printer", printer)
    prints = vendors.prints(vendor, printer)
    return (
        "," not in preset.get("nozzle_diameter")
        and bool(prints)
        and bool(vendors.filaments(vendor, printer, prints[0].id))
    )


class Oracle:
    """PrusaSlicer with a data folder for each maker; answers are empty or a difference."""

    def __init__(self, program: str, bundles: Path, vendors: Vendors, work: Path) -> None:
        self.program, self.bundles, self.vendors, self.work = (
            program,
            bundles,
            vendors,
            work,
        )
        self.model = boxes_stl(work / "table.stl", *BOXES)

    def lists(self, vendor: str, printer: str) -> str:
        query = ("--query-print-filament-profiles", "--printer-profile", printer)
        said = self.run("--datadir", str(self.data(vendor)), *query)
        try:
            profiles = json.loads(said[said.index("{") :])["print_profiles"]
        except (ValueError, KeyError):
            return f"no answer: {said[-200:]}"
        theirs = {
            each["name"]: {
                name.removesuffix(" (modified)") for name in each["filament_profiles"]
            }
            for each in profiles
        }
        ours = {
            each.id: {
                filament.id
                for filament in self.vendors.filaments(vendor, printer, each.id)
                # A name that begins with a space cannot be written into PrusaSlicer.ini.
                if filament.id == filament.id.strip()
            }
            for each in self.vendors.prints(vendor, printer)
        }
        if set(ours) != set(theirs):
            return f"prints: {sorted(set(ours) ^ set(theirs))[:5]}"
        for name in ours:
            if ours[name] != theirs[name]:
                other = sorted(ours[name] ^ theirs[name])
                return f"filaments of {name}: {len(other)}, {other[:5]}"
        return ""

    def moves(self, vendor: str, printer: str) -> str:
        flat = self.vendors.flat(vendor, printer)
        ini = self.work / "flat.ini"
        write_ini(ini, {**flat.values, "post_process": ""})
        theirs = self.sliced(
            flat.machine().centre,
            *("--datadir", str(self.data(vendor)), "--printer-profile", printer),
            *("--print-profile", flat.print_, "--material-profile", flat.filament),
        )
        ours = self.sliced(flat.machine().centre, "--load", str(ini))
        if isinstance(theirs, str) and isinstance(ours, str):
            return ""  # neither can be sliced by this version, and both say so
        if isinstance(theirs, str) or isinstance(ours, str):
            return f"theirs: {theirs!s:.200}; ours: {ours!s:.200}"
        for number, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            if one != other:
                return f"line {number} of {len(theirs)}: {one!r} / {other!r}"
        return "" if len(theirs) == len(ours) else "one ends earlier"

    def sliced(self, centre: tuple[float, float], *options: str) -> list[bytes] | str:
        """The lines of the G-code without comments; what it said instead."""
        output = self.work / "out.gcode"
        output.unlink(missing_ok=True)
        place = ("--center", "{:.4f},{:.4f}".format(*centre), "--dont-arrange")
        plain = ("--no-binary-gcode",)  # a MINI's and an MK4's would be binary
        said = self.run(
            "--export-gcode",
            *options,
            *plain,
            *place,
            "--output",
            str(output),
            str(self.model),
        )
        if not output.exists():
            return said[-300:] or "no file"
        data = output.read_bytes()
        if data.startswith(b"GCDE"):
            return "binary G-code"
        lines = [line.partition(b";")[0].strip() for line in data.split(b"\n")]
        return [line for line in lines if line]

    def data(self, vendor: str) -> Path:
        """A data folder with everything of one maker installed."""
        folder = self.work / vendor
        if not folder.exists():
            (folder / "vendor").mkdir(parents=True)
            shutil.copy(self.bundles / f"{vendor}.ini", folder / "vendor")
            bundle = self.vendors.bundle(vendor)
            lines = [f"[vendor:{vendor}]"]
            for model in bundle.models.values():
                variants = ";".join(f'"{variant}"' for variant in model.variants)
                lines.append(f"model:{model.id} = {variants}")
            lines += ["", "[filaments]"]
            lines += [f"{name} = 1" for name in bundle.names("filament")]
            (folder / "PrusaSlicer.ini").write_text("\n".join(lines) + "\n")
        return folder

    def run(self, *options: str) -> str:
        done = subprocess.run(
            [self.program, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIME_S,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
