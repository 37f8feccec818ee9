"""What `gcode.read_gcode` finds out about a file, in the form in which it is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

from .gcode_kinds import SKIRT, SUPPORTS, TOWER, family
from .gcode_layer import Layer, Stop
from .gcode_remarks import FILAMENT_DIAMETER, HUGE, SELF_HEATING, Said, generator
from .gcode_scan import Scan

BESIDE = frozenset((SKIRT, TOWER, *SUPPORTS))  # lines that are not of the model itself
MAGIC_OF_BINARY = b"GCDE"  # the first bytes of a .bgcode file

Box = tuple[float, float, float, float, float, float]


class Use(NamedTuple):
    """What a type of line, such as supports, takes: filament (mm) and time (s).

    Only moves that lay plastic after the first layer marker are counted; the rest of a
    print's time is travel, retraction, heating.
    """

    filament_mm: float
    time_s: float


def layer_heights(layers: Sequence[Sequence[float]]) -> list[float]:
    """How far each layer is above the next lower one, wherever that is in the file.

    Layers need not come from below: objects may be printed one after another, and Cura
    presses the layer above a raft deeper than the one after it.
    """
    zs = sorted({layer[0] for layer in layers})
    height = {z: round(z - low, 4) for low, z in zip([0.0, *zs], zs, strict=False)}
    return [height[layer[0]] for layer in layers]


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
            None where nobody tells the density.
        generator: name and version, e.g. ``PrusaSlicer 2.5.0``, or empty.
        nozzle_c, bed_c: highest temperatures asked for, 0 if none.
        relative_e: whether the layers use relative extrusion.
        size_bytes, sha256: of the file.
        first_layer: x0, y0, x1, y1 of the first layer's extrusion, or None.
        kinds: what each type of line takes, by the slicer's name for it. The times are
            our estimate, stretched to `print_time_s`.
        objects: how many objects the file names as printed; None if it names none.
        tools: filament that each extruder pushes through its lines, by its number, mm.
        heated: whether the nozzle is heated before the first layer; None where a macro or
            the firmware may do it unseen.
        fan_percent: strongest part cooling in the layers.
        stops: pauses and filament changes, with the number of the layer at whose
            beginning or in which they are.
        binary: a .bgcode file, of which nothing else is known.
        too_many_layers: more than can be, so the last one holds the rest of the file.
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
    first_layer: tuple[float, float, float, float] | None = None
    kinds: Mapping[str, Use] = field(default_factory=dict)
    objects: int | None = None
    tools: Mapping[int, float] = field(default_factory=dict)
    heated: bool | None = None
    fan_percent: int = 0
    stops: tuple[Stop, ...] = ()
    binary: bool = False
    too_many_layers: bool = False

    @property
    def heights(self) -> list[float]:
        """How high each layer is, mm; see `layer_heights`."""
        return layer_heights(self.layers)

    @property
    def support(self) -> Use:
        """What the supports take."""
        uses = [use for kind, use in self.kinds.items() if family(kind) in SUPPORTS]
        return Use(
            round(sum(use.filament_mm for use in uses), 3),
            round(sum(use.time_s for use in uses), 1),
        )

    @property
    def model_layers(self) -> list[int]:
        """Numbers of the layers with lines of the model itself, the lowest first.

        Not those with a raft, supports, skirt or brim alone.
        """
        kinds = list(self.kinds)
        model = sum(1 << n for n, kind in enumerate(kinds) if family(kind) not in BESIDE)
        there = (n for n, layer in enumerate(self.layers) if layer.kinds & model)
        return sorted(there, key=lambda number: self.layers[number].z)

    @property
    def filament_diameter(self) -> float | None:
        """What the length and the volume tell of the filament's diameter, mm."""
        if not self.filament_mm or not self.filament_cm3:
            return None
        return math.sqrt(4000 * self.filament_cm3 / self.filament_mm / math.pi)

    @property
    def density(self) -> float | None:
        """What the volume and the weight tell of the filament's density, g/cm³."""
        if not self.filament_cm3 or not self.filament_g:
            return None
        return self.filament_g / self.filament_cm3

    def cm3(self, filament_mm: float) -> float:
        """The volume of a length of this print's filament, cm³."""
        if not self.filament_mm:
            return 0.0
        return filament_mm * self.filament_cm3 / self.filament_mm

    def to_json(self) -> dict[str, Any]:
        """All of it, JSON-able; `from_json` reads it back."""
        return asdict(self) | {
            "layers": [list(layer) for layer in self.layers],
            "kinds": {kind: list(use) for kind, use in self.kinds.items()},
            "tools": {str(tool): length for tool, length in self.tools.items()},
            "stops": [list(stop) for stop in self.stops],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GcodeFacts:
        """What `to_json` gave, also that of an earlier version, which said less."""
        known = {each.name: data[each.name] for each in fields(cls) if each.name in data}
        first = data.get("first_layer")
        kinds, tools = data.get("kinds") or {}, data.get("tools") or {}
        return cls(
            **{
                **known,
                "layers": tuple(Layer(*layer) for layer in data["layers"]),
                "bounds": data["bounds"] and tuple(data["bounds"]),
                "travel": data["travel"] and tuple(data["travel"]),
                "centre": tuple(data["centre"]),
                "first_layer": first and tuple(first),
                "kinds": {kind: Use(*use) for kind, use in kinds.items()},
                "tools": {int(tool): length for tool, length in tools.items()},
                "stops": tuple(Stop(*stop) for stop in data.get("stops") or ()),
            }
        )


def facts_of(
    scan: Scan,
    size_bytes: int,
    sha256: str,
    *,
    binary: bool = False,
    diameter: float = FILAMENT_DIAMETER,
    density: float | None = None,
) -> GcodeFacts:
    """The facts from a scan that has seen the whole file; see `read_gcode`."""
    said = Said.of(scan.remarks)
    length = said.filament_mm or scan.filament_peak
    diameter = said.diameter or diameter
    density = said.density or density
    volume = said.filament_cm3 or length * math.pi * diameter * diameter / 4000
    ours = scan.time_s + scan.dwell_s
    time_s = said.time_s or scan.elapsed_s or 0.0
    # Cura's clock is the truth for its layers; others tell the sum only.
    stretch = (scan.elapsed_s or time_s or ours) / ours if ours else 1.0
    own_clock = 1.0 if scan.elapsed_s else stretch
    layers = tuple(
        layer._replace(
            z=round(layer.z, 4),
            time_s=_rounded(layer.time_s * own_clock, 2),
            filament_mm=_rounded(layer.filament_mm, 3),
        )
        for layer in scan.layers
    )
    first = scan.first_layer
    if first is not None:
        known = all(map(math.isfinite, first))
        first = tuple(round(edge, 4) for edge in first) if known else None  # type: ignore
    return GcodeFacts(
        layers=layers,
        bounds=_box(scan.bounds),
        centre=scan.centre,
        radius=_rounded(math.sqrt(scan.radius2), 4),
        travel=_box(scan.travel),
        unknown_moves=scan.unknown_moves,
        print_time_s=_rounded(time_s or ours, 1),
        time_estimated=not time_s,
        filament_mm=_rounded(length, 3),
        filament_g=said.filament_g
        or (_rounded(volume * density, 3) if density else None),
        filament_cm3=_rounded(volume, 4),
        generator=generator(scan.remarks.get("generator", "")),
        nozzle_c=scan.nozzle_c,
        bed_c=scan.bed_c,
        relative_e=scan.layers_relative_e,
        size_bytes=size_bytes,
        sha256=sha256,
        first_layer=first,
        kinds={
            kind: Use(_rounded(laid, 3), _rounded(laying_s * stretch, 2))
            for kind, (laid, laying_s) in scan.kinds.items()
        },
        objects=len(scan.objects) or None,
        tools=_tools(scan, said),
        heated=_heated(scan),
        fan_percent=round(100 * scan.fan),
        stops=tuple(stop for stop in scan.stops if stop.layer < len(layers)),
        binary=binary,
        too_many_layers=scan.too_many_layers,
    )


def _tools(scan: Scan, said: Said) -> dict[int, float]:
    used = {tool: _rounded(length, 3) for tool, length in sorted(scan.tools.items())}
    if len(used) > 1 and len(said.tools_mm) > max(used):
        return {tool: _rounded(said.tools_mm[tool], 3) for tool in used}
    return used


def _heated(scan: Scan) -> bool | None:
    if scan.nozzle_first_c is None:
        return None  # nothing is printed
    if scan.nozzle_first_c > 0:
        return True
    if scan.macros or scan.remarks.get("flavour") in SELF_HEATING:
        return None
    return False


def _box(box: list[float]) -> Box | None:
    if not all(math.isfinite(edge) for edge in box):
        return None
    return tuple(round(edge, 4) for edge in box)  # type: ignore[return-value]


def _rounded(value: float, digits: int) -> float:
    """Also of a hostile file's numbers, which may be beyond all sense."""
    return round(min(value, HUGE), digits) if value == value else HUGE
