#!/usr/bin/env python3
"""What no Python tool can go below on this machine, in CPU seconds (least of --runs).

Starting the interpreter and importing numpy and Pillow, decoding a 12-megapixel JPEG as far
as it is needed, and putting the bytes of the triangles into a file.

    python extras/bench/relief/limits.py [--runs 5] [--triangles 100000,390000,1000000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bootstrap import at_home
from environments import CACHE

HERE = Path(__file__).resolve().parent
NODES = 1001


def process(code: str) -> tuple[float, float]:
    """CPU seconds and peak megabytes of an interpreter that runs `code`."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        measure = [sys.executable, "-I", str(HERE / "measure.py"), str(result), "600"]
        subprocess.run([*measure, sys.executable, "-c", code], check=True)
        run = json.loads(result.read_text())
    if run["exit"]:
        sys.exit(f"exit {run['exit']}: {code}")
    return run["cpu_s"], run["rss_mb"]


def least(task: Callable[[], object], runs: int) -> float:
    found = []
    for _ in range(runs):
        started = time.process_time()
        task()
        found.append(time.process_time() - started)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--triangles", default="100000,390000,1000000")
    arguments = parser.parse_args()
    at_home()
    import numpy as np
    from check import FACET
    from pictures import PICTURES
    from PIL import Image

    CACHE.mkdir(exist_ok=True)
    print("| what | CPU s | peak MB |")
    print("| --- | ---: | ---: |")
    for code in ("pass", "import numpy", "import numpy, PIL.Image"):
        found = min(process(code) for _ in range(arguments.runs))
        print(f"| python -c '{code}' | {found[0]:.3f} | {found[1]:.0f} |", flush=True)

    for picture in (picture for picture in PICTURES if picture.photo):
        path = picture.find()

        def whole(path: Path = path) -> None:
            with Image.open(path) as photo:
                photo.convert("L")

        def draft(path: Path = path, side: int = NODES) -> None:
            with Image.open(path) as photo:
                photo.draft("L", (side, side))
                photo.load()

        def reduced(path: Path = path) -> None:
            with Image.open(path) as photo:
                photo.draft("L", (NODES, NODES))
                photo.resize((NODES, 751), Image.Resampling.HAMMING)

        size = f"{picture.name}, 12 MP, {path.stat().st_size / 1e6:.1f} MB"
        for name, task in (
            ("decoded whole, grey", whole),
            (f"decoded to at least {NODES} px", draft),
            ("the same and resized", reduced),
            ("decoded to an eighth", lambda path=path: draft(path, 1)),
        ):
            seconds = least(task, arguments.runs)
            print(f"| {size}: {name} | {seconds:.3f} | |", flush=True)

    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        out = Path(folder) / "bytes.stl"
        for count in map(int, arguments.triangles.split(",")):
            facets = np.zeros(count, FACET)
            seconds = least(lambda facets=facets: facets.tofile(out), arguments.runs)
            print(
                f"| {count} triangles, {count * 50 / 1e6:.1f} MB to a file | "
                f"{seconds:.3f} | |",
                flush=True,
            )


if __name__ == "__main__":
    main()
