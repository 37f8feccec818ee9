"""Reading a finished G-code file once, and judging it: never trust a slicer's exit code.

One pass in plain Python finds the layers, the box that is printed, times and filament,
and the hash. Both PrusaSlicer's and Cura's markers are understood.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..machine import CIRCULAR, Machine
from ..problems import N_
from .gcode_scan import Layer, Scan
from .refused import SlicingRefused, clean_text
from .thumbnails import insert_thumbnails

BLOCK = 1 << 20
LINE_LIMIT = 1 << 16  # longer lines are no commands; only their beginning is looked at
TOLERANCE = 0.05  # mm over the edge that rounding explains
FILAMENT_DIAMETER = 1.75  # where the file does not tell
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

Box = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class GcodeFacts:
    """What a G-code file says and does. Lengths in mm, printer coordinates.

    Attributes:
        layers: those in which plastic is laid, in the file's order. Supports have layers
            of their own, so find a layer by its z.
        bounds: x0, y0, z0, x1, y1, z1 of all extrusion after the first layer marker,
            start and end G-code excluded; None if there is none.
        centre, radius: how far from `centre` the farthest of that extrusion lies.
        travel: the same as bounds for every movement with a known position, or None.
        unknown_moves: extruding moves whose position cannot be known.
        print_time_s: the slicer's estimate, or ours (`time_estimated`; it knows no
            accelerations and is too short).
        filament_mm: the slicer's figure, or what the E words add up to.
        filament_g, filament_cm3: the slicer's figures, or worked out; the weight is
            None where the file does not tell the density.
        generator: name and version, e.g. ``PrusaSlicer 2.5.0``, or empty.
        nozzle_c, bed_c: highest temperatures asked for, 0 if none.
        relative_e: whether the layers use relative extrusion.
        size_bytes, sha256: of the file.
    """

    layers: tuple[Layer, ...]
    bounds: Box | None
    centre: tuple[float, float]
    radius: float
    travel: Box | None
    unknown_moves: int
    print_time_s: float
    time_estimated: bool
    filament_mm: float
    filament_g: float | None
    filament_cm3: float
    generator: str
    nozzle_c: float
    bed_c: float
    relative_e: bool
    size_bytes: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"layers": [list(layer) for layer in self.layers]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GcodeFacts:
        return cls(
            **{
                **data,
                "layers": tuple(Layer(*layer) for layer in data["layers"]),
                "bounds": data["bounds"] and tuple(data["bounds"]),
                "travel": data["travel"] and tuple(data["travel"]),
                "centre": tuple(data["centre"]),
            }
        )


def read_gcode(
    path: Path | str,
    progress: Callable[[float], None] | None = None,
    centre: tuple[float, float] = (0.0, 0.0),
) -> GcodeFacts:
    """Read a whole G-code file.

    Args:
        path: the file; any bytes are survived.
        progress: called with 0..1.
        centre: the point from which `GcodeFacts.radius` is measured: a circular bed's
            centre.

    Raises:
        OSError: the file cannot be read.
    """
    scan = Scan(centre)
    digest = hashlib.sha256()
    total = max(1, Path(path).stat().st_size)
    done, carry, cut = 0, b"", 0
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            lines = (carry + block).split(b"\n")
            carry = lines.pop()
            if cut and lines:
                scan.feed(lines[:1])
                scan.offset += cut
                lines, cut = lines[1:], 0
            scan.feed(lines)
            if len(carry) > LINE_LIMIT:
                cut += len(carry) - LINE_LIMIT
                carry = carry[:LINE_LIMIT]
            if progress:
                progress(min(1.0, done / total))
    scan.feed([carry])
    scan.close_layer()
    return _facts(scan, done, digest.hexdigest())


def verify(facts: GcodeFacts, machine: Machine) -> None:
    """Refuse a file that prints nothing, or outside the printer.

    Raises:
        SlicingRefused: ``slicing.empty``, ``slicing.off_bed``, ``slicing.too_tall``,
            ``slicing.below_bed``, ``slicing.unknown_position``.
    """
    if not facts.layers or facts.bounds is None:
        raise SlicingRefused(
            "slicing.empty",
            N_("The G-code prints nothing; the model may be too small or too thin."),
        )
    if facts.unknown_moves:
        raise SlicingRefused(
            "slicing.unknown_position",
            N_("The G-code prints where nobody can tell the position; slice it again."),
        )
    x0, y0, z0, x1, y1, z1 = facts.bounds
    if z1 > machine.height + TOLERANCE:
        raise SlicingRefused(
            "slicing.too_tall",
            N_(
                "The model is %(height)s mm tall, the printer reaches %(limit)s mm; "
                "make it smaller."
            ),
            height=round(z1, 1),
            limit=round(machine.height, 1),
        )
    if z0 <= 0:
        raise SlicingRefused(
            "slicing.below_bed",
            N_("The G-code prints at or below the bed (%(z)s mm); check the profile."),
            z=round(z0, 2),
        )
    if machine.form == CIRCULAR:
        # the facts may be about another centre; then this is the worst that it can be
        apart = math.dist(facts.centre, machine.centre)
        over = facts.radius + apart - min(machine.width, machine.depth) / 2
    else:
        over_x = max(machine.x_min - x0, x1 - machine.x_max)
        over = max(over_x, machine.y_min - y0, y1 - machine.y_max)
    if not over <= TOLERANCE:
        raise SlicingRefused(
            "slicing.off_bed",
            N_(
                "The print would leave the bed by %(over)s mm; make it smaller, or "
                "choose a smaller brim or no supports."
            ),
            over=round(over, 1),
        )


def analysis(facts: GcodeFacts) -> dict[str, Any]:
    """The facts as OctoPrint's own analysis would give them, so that it need not run.

    As there, heights count from the bed, and the key for the filament is the tool.
    """
    return {
        "printingArea": _area(facts.bounds),
        "dimensions": _dimensions(facts.bounds),
        "travelArea": _area(facts.travel),
        "travelDimensions": _dimensions(facts.travel),
        "estimatedPrintTime": facts.print_time_s,
        "filament": {
            "tool0": {"length": facts.filament_mm, "volume": facts.filament_cm3}
        },
    }


def add_thumbnails(
    path: Path | str,
    pngs: list[tuple[int, int, bytes]],
    facts: GcodeFacts | None = None,
) -> GcodeFacts | None:
    """Put pictures into a G-code file; PrusaSlicer's command line cannot.

    They come as the blocks that its window writes. The file is replaced atomically.

    Args:
        path: the file.
        pngs: (width_px, height_px, PNG file) each; viewers take the one they like.
        facts: of the file as it is now.

    Returns:
        The facts of the new file (offsets, size, hash) if facts were given.
    """
    shift, size_bytes, sha256 = insert_thumbnails(Path(path), pngs)
    if facts is None:
        return None
    layers = tuple(
        Layer(layer.z, layer.start + shift, layer.end + shift) for layer in facts.layers
    )
    return replace(facts, layers=layers, size_bytes=size_bytes, sha256=sha256)


def _facts(scan: Scan, size_bytes: int, sha256: str) -> GcodeFacts:
    said = scan.remarks
    time_s = _seconds(said.get("time", "")) or _number(said.get("seconds"))
    metres = _number(said.get("filament_m")) or 0.0
    length = _number(said.get("filament_mm")) or 1000 * metres or scan.filament_peak
    diameter = _number(said.get("diameter")) or FILAMENT_DIAMETER
    volume = _number(said.get("filament_cm3")) or length * math.pi * diameter**2 / 4000
    weight = _number(said.get("filament_g"))
    density = _number(said.get("density"))
    return GcodeFacts(
        layers=tuple(scan.layers),
        bounds=_box(scan.bounds),
        centre=scan.centre,
        radius=math.sqrt(scan.radius2),
        travel=_box(scan.travel),
        unknown_moves=scan.unknown_moves,
        print_time_s=time_s or round(scan.time_s + scan.dwell_s, 1),
        time_estimated=not time_s,
        filament_mm=round(length, 3),
        filament_g=weight or (round(volume * density, 3) if density else None),
        filament_cm3=round(volume, 4),
        generator=_generator(said.get("generator", "")),
        nozzle_c=scan.nozzle_c,
        bed_c=scan.bed_c,
        relative_e=scan.layers_relative_e,
        size_bytes=size_bytes,
        sha256=sha256,
    )


def _box(box: list[float]) -> Box | None:
    if not all(math.isfinite(edge) for edge in box):
        return None
    return tuple(round(edge, 4) for edge in box)  # type: ignore[return-value]


def _area(box: Box | None) -> dict[str, float]:
    x0, y0, _, x1, y1, z1 = box or (0.0,) * 6
    return {"minX": x0, "maxX": x1, "minY": y0, "maxY": y1, "minZ": 0.0, "maxZ": z1}


def _dimensions(box: Box | None) -> dict[str, float]:
    x0, y0, _, x1, y1, z1 = box or (0.0,) * 6
    return {"width": round(x1 - x0, 4), "depth": round(y1 - y0, 4), "height": z1}


def _seconds(text: str) -> float | None:
    """``1d 2h 3m 4s`` -> seconds."""
    parts = re.findall(r"(\d+)\s*([dhms])", text)
    return sum(int(count) * _UNITS[unit] for count, unit in parts) or None


def _number(text: str | None) -> float | None:
    """The first positive number of a remark such as ``1409.23`` or ``1.3414m, 0m``."""
    match = re.match(r"\s*(\d+(?:\.\d+)?)", text or "")
    return float(match[1]) or None if match else None


def _generator(text: str) -> str:
    """``PrusaSlicer 2.5.0+UNKNOWN on …`` or ``Cura_SteamEngine 4.13.0``, shortened."""
    match = re.match(r"([\w-]+)[ +](\d+(?:\.\d+)+)", text)
    return f"{match[1]} {match[2]}" if match else clean_text(text, 60)
