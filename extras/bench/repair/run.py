#!/usr/bin/env python3
"""Our repair beside its peers: how many real meshes become solids, and stay what they were.

One command, on a Debian machine with python3-venv and a network, after `fetch.py`:

    python extras/bench/repair/run.py [--only ours] [--files 'admesh-*'] [--out table.md]

Every tool gets the same triangles (each file's longest side becomes 100 mm), in a process of
its own with limits on CPU time (60 s) and memory; `judge.py` says what strict, closed and
faithful mean, and judges without any code of the tools. Costs are CPU seconds and megabytes
above what the loaded file takes, of the repair alone; of programs those of the whole process.

Figures in brackets are those of the files that are broken as they come (not strict). Files
that lie in one plane are left out of all rates: no tool can know their volume.

Each peer gets an environment of its own below `relief/.cache`, nothing is installed into the
machine; one that cannot be had is listed with the reason. All rows also go into a .json
beside the table; with --only, the rows of the other tools are kept from there.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.append(str(HERE.parent / "relief"))

# For reading all formats and for the sky test; no part of the plugin needs them.
BESIDES = ("charset_normalizer", "embreex", "networkx", "lxml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, help="folder of the meshes")
    parser.add_argument("--only", help="names of tools, separated by commas")
    parser.add_argument("--without", default="", help="names of tools to leave out")
    parser.add_argument("--files", default="*", help="only files whose names match")
    parser.add_argument("--jobs", type=int, default=1, help="files at once")
    parser.add_argument("--out", type=Path, help="write the table here, and a .json")
    parser.add_argument("--failures", type=Path, help="list here what ours did not do")
    arguments = parser.parse_args()
    at_home()
    from compare import compare

    compare(arguments)


def at_home() -> None:
    """Go on in an interpreter with the project's dependencies and the bench's own."""
    import tomllib  # Python 3.11 and later
    from environments import venv

    with open(ROOT / "pyproject.toml", "rb") as file:
        needed = tomllib.load(file)["project"]["dependencies"]
    python = venv("repair", *needed, *BESIDES)
    if Path(sys.prefix) != python.parents[1]:
        os.execv(python, [str(python), *sys.argv])


if __name__ == "__main__":
    main()
