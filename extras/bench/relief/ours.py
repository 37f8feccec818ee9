#!/usr/bin/env python3
"""The relief engine in one process, photo to STL: the one file that knows its functions.

    python ours.py PICTURE OUT.stl WIDTH DEPTH BASE RELIEF MAX_ERROR [MODE] [HEIGHTS.npy]

MODE is `pixels` (default: one node for every pixel of the picture), `photo` (a camera's photo
with the default number of nodes and smoothing) or `mesh` (as `pixels`, but the picture is
read as a heightmap, so that the mesh alone is compared, on the very nodes of the peers).
HEIGHTS.npy, if named, is where to leave the heights the mesh was made from.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "drivers"), str(HERE.parents[2])]

from task import Task, heights, task  # noqa: E402


def shape(job: Task, mode: str):
    """The picture as the engine's body, with all of its pixels or as a usual photo.

    The settings are those of `cli_arguments`.
    """
    from PIL import Image

    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.photo import open_photo
    from octoprint_img2stl.relief import (
        Picture,
        ReliefSettings,
        build_bodies,
        photo_side_px,
    )

    machine = Machine()
    with Image.open(job.picture) as image:
        size_px = image.size
    chosen = {"width": job.width, "base": job.base, "relief_height": job.relief}
    chosen |= {"invert": True, "max_error": job.max_error, "budget": None}
    if mode == "pixels":
        chosen |= {"smoothing": 0.0, "samples_per_mm": (size_px[0] - 1) / job.width}
        chosen |= {"debanding": "off", "auto_levels": False}
    settings = ReliefSettings.from_json("relief", chosen)
    side = photo_side_px(settings, size_px, machine)
    photo = open_photo(job.picture, max_side_px=side)
    picture = Picture(photo.grey, photo.cropped_px, photo.bits > 8)
    return build_bodies([picture], settings, machine).bodies[0]


def plain(z, width: float, depth: float):
    """A body of given heights, lying flat.

    Args:
        z: (rows, columns) float32 heights above the flat bottom, mm; row 0 is at the back.
    """
    from octoprint_img2stl.relief.solid.bend import FLAT
    from octoprint_img2stl.relief.solid.body import Body

    return Body(width, depth, z, FLAT)


def write(body, out: str | Path, max_error: float) -> int:
    """Write a body as a closed solid; how many triangles it took."""
    from octoprint_img2stl.machine import Machine
    from octoprint_img2stl.relief import write_stl

    return write_stl([body], out, Machine(), max_error=max_error).triangles


def cli_arguments(
    picture: Path,
    size_px: tuple[int, int],
    width: float,
    base: float,
    relief: float,
    max_error: float,
    photo: bool,
) -> list[str]:
    """The same for `python -m octoprint_img2stl`; it writes `model.stl` below `--out`."""
    chosen = ["make", str(picture), "--route", "relief", "--no-slice", "--invert"]
    chosen += ["--width", str(width), "--base", str(base)]
    chosen += ["--relief-height", str(relief), "--max-error", str(max_error)]
    chosen += ["--budget", "none"]
    if not photo:
        chosen += ["--smoothing", "0"]
        chosen += ["--samples-per-mm", str((size_px[0] - 1) / width)]
        chosen += ["--set", "debanding=off", "--set", "auto_levels=false"]
    return chosen


def main() -> None:
    # As the plugin starts its own worker: more threads would only spin.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    job = task()
    mode = sys.argv[8] if len(sys.argv) > 8 else "pixels"
    if mode == "mesh":
        body = plain(heights(job), job.width, job.depth)
    else:
        body = shape(job, mode)
    if len(sys.argv) > 9:
        import numpy as np

        np.save(sys.argv[9], body.upper)
    write(body, job.out, job.max_error)


if __name__ == "__main__":
    main()
