"""What PrusaSlicer makes of a solid: the same settings for all, plates standing upright."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

PROGRAMS = ("prusa-slicer", "PrusaSlicer")
SETTINGS = {
    "nozzle-diameter": "0.4",
    "layer-height": "0.2",
    "first-layer-height": "0.2",
    "perimeters": "2",
    "fill-density": "100%",
    "fill-pattern": "rectilinear",
    "skirts": "0",
    "bed-shape": "0x0,250x0,250x210,0x210",
    "center": "125,105",
    "rotate-x": "90",
}


def find() -> str | None:
    """The slicer's program."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def command(program: str, model: Path, gcode: Path, scale: float) -> list[str]:
    """Slice a plate that lies flat.

    Args:
        scale: factor from the file's units to mm.
    """
    chosen = [f"--{name}={value}" for name, value in SETTINGS.items()]
    if scale != 1:
        chosen.append(f"--scale={scale!r}")
    return [program, "--export-gcode", "--output", str(gcode), *chosen, str(model)]


def facts(gcode: Path) -> dict[str, float | str]:
    """Size and what the slicer says about the print, from the end of its file."""
    with open(gcode, "rb") as file:
        file.seek(max(0, gcode.stat().st_size - 100_000))
        end = file.read().decode("utf-8", "replace")
    filament = re.search(r"; filament used \[mm\] = ([\d.]+)", end)
    time = re.search(r"; estimated printing time \(normal mode\) = (.+)", end)
    return {
        "gcode_mb": gcode.stat().st_size / 1e6,
        "filament_mm": float(filament[1]) if filament else 0.0,
        "print_time": time[1] if time else "",
    }
