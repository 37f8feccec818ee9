#!/usr/bin/env python3
"""What a photo costs from file to G-code: seconds and peak memory of every step.

Runs `make` on the sample photo and on a made-up 12-megapixel JPEG, as relief and as lithophane,
several times in turn, and prints the medians from report.json:

    .venv/bin/python extras/bench/photo_cost.py [--runs 3] [--no-slice]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "octoprint_img2stl" / "data" / "sample" / "cat.jpg"


def phone_photo(path: Path) -> None:
    """The sample enlarged to 4000 x 3000 px, with a sensor's noise."""
    with Image.open(SAMPLE) as sample:
        large = sample.convert("RGB").resize((4000, 3000), Image.Resampling.BICUBIC)
    noise = Image.effect_noise(large.size, 12).convert("RGB")
    ImageChops.add(large, noise, offset=-128).save(path, "JPEG", quality=92)


def make(photo: Path, route: str, out: Path, more: list[str]) -> dict:
    command = [sys.executable, "-m", "octoprint_img2stl", "make", str(photo)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [*command, "--route", route, "--out", str(out), *more],
        check=True,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return json.loads((out / "report.json").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-slice", action="store_true")
    arguments = parser.parse_args()
    more = ["--no-slice"] if arguments.no_slice else []
    with tempfile.TemporaryDirectory() as folder:
        phone = Path(folder) / "phone.jpg"
        phone_photo(phone)
        cases = [
            (photo, route)
            for photo in (SAMPLE, phone)
            for route in ("relief", "lithophane")
        ]
        reports: dict = {case: [] for case in cases}
        for _ in range(arguments.runs):
            for photo, route in cases:
                reports[photo, route].append(
                    make(photo, route, Path(folder) / "out", more)
                )
        for (photo, route), found in reports.items():
            print(
                f"{photo.name} as {route}: {found[0]['triangles']} triangles, "
                f"{found[0]['layers']} layers"
            )
            for steps in zip(*(report["steps"] for report in found), strict=True):
                seconds = statistics.median(step["seconds"] for step in steps)
                memory = statistics.median(step["peak_memory_bytes"] for step in steps)
                print(f"  {steps[0]['step']:7} {seconds:7.2f} s {memory / 2**20:6.0f} MB")


if __name__ == "__main__":
    main()
