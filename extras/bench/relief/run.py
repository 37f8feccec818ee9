#!/usr/bin/env python3
"""The relief engine beside its peers: CPU time, memory, size and exactness of what they make.

One command, on a Debian machine with python3-venv and a network:

    python extras/bench/relief/run.py [--quick] [--slice] [--out table.md]

Every tool makes the same plate of the same picture (100 mm wide, 0.8 to 3.0 mm thick, dark =
thick), one process at a time. What is compared is the CPU seconds (user + system) of the
whole process with its children, interpreter start included; wall seconds mean little on a
busy machine. Figures are medians of --repeat runs, "*" marks a single run (the first took
over a minute). Tools without a maximum error make every pixel a vertex, whatever it shows;
they run on the first picture only, unless --all.

Each peer gets an environment of its own below `.cache`, nothing is installed into the
machine; one that cannot be had is listed with the reason. The numbers also go into a .json
file beside the table. `limits.py` measures what no tool can go below, `ratio.py` how many
triangles ours takes for one of pydelatin's.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bootstrap import at_home

QUICK = {"pictures": "astronaut,logo,phone", "sizes": "512", "repeat": 1}
FULL = {
    "pictures": "astronaut,ladybird,elephants,depth16,logo,phone,texture",
    "sizes": "512,1024,2048",
    "repeat": 3,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one size, one run each")
    parser.add_argument("--peers", help="names, separated by commas; all by default")
    parser.add_argument("--pictures", help="names in pictures.py, or all")
    parser.add_argument("--sizes", help="px of the square pictures")
    parser.add_argument("--errors", default="0.02,0.05", help="maximum errors, mm")
    parser.add_argument("--repeat", type=int, help="runs of each")
    parser.add_argument("--all", action="store_true", help="all peers on all pictures")
    parser.add_argument("--slice", action="store_true", help="slice each solid as well")
    parser.add_argument("--limit", type=float, default=900, help="seconds a run may take")
    parser.add_argument("--hmm", help="the built program of fogleman/hmm")
    parser.add_argument("--out", type=Path, help="write the table here, and a .json")
    arguments = parser.parse_args()
    for name, value in (QUICK if arguments.quick else FULL).items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    if arguments.hmm:
        os.environ["HMM"] = os.path.abspath(arguments.hmm)

    at_home()
    import json

    from compare import compare
    from table import markdown

    found = compare(arguments)
    text = markdown(found)
    print(text)
    if arguments.out:
        arguments.out.write_text(text)
        arguments.out.with_suffix(".json").write_text(json.dumps(found, indent=1))
    if not found["rows"]:
        sys.exit("nothing could be run")


if __name__ == "__main__":
    main()
