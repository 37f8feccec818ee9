"""Reading a finished G-code file once.

One pass in plain Python finds the layers, the box that is printed, times and filament,
and the hash. Both PrusaSlicer's and Cura's markers are understood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import gcode_file
from .gcode_facts import MAGIC_OF_BINARY, Box, GcodeFacts, Use, facts_of
from .gcode_file import Edit, Feeder, moved, splice
from .gcode_layer import Layer, Stop
from .gcode_remarks import FILAMENT_DIAMETER
from .gcode_scan import Scan
from .gcode_verify import verify
from .thumbnails import thumbnail_blocks

__all__ = [
    "GcodeFacts",
    "Layer",
    "Stop",
    "Use",
    "add_thumbnails",
    "analysis",
    "read_again",
    "read_gcode",
    "verify",
]


def read_gcode(
    path: Path | str,
    progress: Callable[[float], None] | None = None,
    centre: tuple[float, float] = (0.0, 0.0),
    *,
    diameter: float = FILAMENT_DIAMETER,
    density: float | None = None,
) -> GcodeFacts:
    """Read a whole G-code file.

    Args:
        path: the file; any bytes are survived.
        progress: called with 0..1.
        centre: the point from which `GcodeFacts.radius` is measured: a circular bed's
            centre.
        diameter: of the filament, mm, where the file does not tell; Cura's never does.
        density: of the filament, g/cm³, where the file does not tell.

    Raises:
        OSError: the file cannot be read.
    """
    scan = Scan(centre)
    feeder = Feeder(scan)
    digest = hashlib.sha256()
    total = max(1, Path(path).stat().st_size)
    done, binary = 0, False
    with open(path, "rb") as file:
        while block := file.read(gcode_file.BLOCK):
            if not done:
                binary = block.startswith(MAGIC_OF_BINARY)
            digest.update(block)
            done += len(block)
            if not binary:
                feeder.block(block)
            if progress:
                progress(min(1.0, done / total))
    feeder.end()
    scan.close_layer()
    return facts_of(
        scan,
        done,
        digest.hexdigest(),
        binary=binary,
        diameter=diameter,
        density=density,
    )


def read_again(path: Path | str, facts: GcodeFacts) -> GcodeFacts:
    """Read a file that was changed, with what was known of its filament before."""
    return read_gcode(
        path,
        centre=facts.centre,
        diameter=facts.filament_diameter or FILAMENT_DIAMETER,
        density=facts.density,
    )


def analysis(facts: GcodeFacts) -> dict[str, Any]:
    """The facts as OctoPrint's own analysis would give them, so that it need not run.

    As there, heights count from the bed, and the key for the filament is the tool.
    """
    lengths = dict(facts.tools)
    if len(lengths) < 2:
        lengths = {tool: facts.filament_mm for tool in lengths or (0,)}
    return {
        "printingArea": _area(facts.bounds),
        "dimensions": _dimensions(facts.bounds),
        "travelArea": _area(facts.travel),
        "travelDimensions": _dimensions(facts.travel),
        "estimatedPrintTime": facts.print_time_s,
        "filament": {
            f"tool{tool}": {"length": length, "volume": round(facts.cm3(length), 4)}
            for tool, length in lengths.items()
        },
    }


def add_thumbnails(
    path: Path | str,
    pngs: list[tuple[int, int, bytes]],
    facts: GcodeFacts | None = None,
) -> GcodeFacts | None:
    """Put pictures into a G-code file; PrusaSlicer's command line cannot.

    They come behind the first line, which names the generator, as the blocks that its
    window writes. The file is replaced atomically.

    Args:
        path: the file.
        pngs: (width_px, height_px, PNG file) each; viewers take the one they like.
        facts: of the file as it is now.

    Returns:
        The facts of the new file (offsets, size, hash) if facts were given.
    """
    with open(path, "rb") as file:
        at = len(file.readline(gcode_file.BLOCK))
    edits = [Edit(at, at, thumbnail_blocks(pngs))]
    size_bytes, sha256 = splice(Path(path), edits)
    if facts is None:
        return None
    layers = moved(facts.layers, edits)
    return replace(facts, layers=layers, size_bytes=size_bytes, sha256=sha256)


def _area(box: Box | None) -> dict[str, float]:
    x0, y0, _, x1, y1, z1 = box or (0.0,) * 6
    return {"minX": x0, "maxX": x1, "minY": y0, "maxY": y1, "minZ": 0.0, "maxZ": z1}


def _dimensions(box: Box | None) -> dict[str, float]:
    x0, y0, _, x1, y1, z1 = box or (0.0,) * 6
    return {"width": round(x1 - x0, 4), "depth": round(y1 - y0, 4), "height": z1}
