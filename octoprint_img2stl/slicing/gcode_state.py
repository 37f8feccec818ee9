"""What is known of the machine that a G-code file drives, and all commands but moves."""

from __future__ import annotations

import math
import re

from .gcode_arcs import arc_points
from .gcode_layer import Layer, Path, Stop
from .gcode_remarks import HUGE, number, remark, text_of

INCH = 25.4
UNKNOWN = math.nan
# A print has some hundred layers, some ten types of lines and some pauses. A file with
# more than these is none of a slicer, and must not fill the memory.
MOST_LAYERS, MOST_KINDS, MOST_OBJECTS, MOST_STOPS = 100_000, 40, 10_000, 1000
MOST_TOOLS = 32

_COMMAND = re.compile(rb"\s*(?:N\d+\s*)?([GMT])0*(\d+)", re.IGNORECASE)
_WORD = re.compile(rb"([A-Z])\s*([-+]?(?:\d+\.?\d*|\.\d+))", re.IGNORECASE)
_AXIS = re.compile(rb"[XYZ]", re.IGNORECASE)
# What makes a printer or OctoPrint wait for somebody, or change the filament: Marlin's
# M0, M1, M25, M226, M600, Prusa's M601, OctoPrint's own command, Klipper's macro.
_STOPS = {b"M0", b"M1", b"M25", b"M226", b"M600", b"M601"}
_STOP_WORDS = {"@PAUSE": "@pause", "PAUSE": "PAUSE"}
_LABEL = b"; printing object "  # PrusaSlicer with gcode_label_objects, OrcaSlicer


class State:
    """The state of the machine, and what was seen on the way.

    Args:
        centre: point from which the farthest extrusion is measured.
        paths: a list to which all lines of plastic are added, or None.
        travels: a list to which the points of all other movements are added, or None.
    """

    def __init__(
        self,
        centre: tuple[float, float] = (0.0, 0.0),
        paths: list[Path] | None = None,
        travels: list[list[tuple[float, float]]] | None = None,
    ) -> None:
        self.centre, self.paths, self.travels = centre, paths, travels
        self.offset = 0  # of the next line, bytes
        self.x = self.y = self.z = UNKNOWN
        self.e = 0.0
        self.feedrate = 25.0  # mm/s until the file says otherwise
        self.scale = 1.0
        self.relative = self.relative_e = False
        # Before the first layer all is start G-code: what it extrudes is priming, often
        # beside the bed on purpose.
        self.custom = True
        self.fresh = True  # no line of plastic ends where the nozzle is
        self.kind, self.width, self.tool = "", 0.0, 0
        self.layers: list[Layer] = []
        self.layers_relative_e = False
        self.layer_start: int | None = None
        self.layer_z: float | None = None
        self.layer_end = 0
        self.too_many_layers = False
        self.bounds = [math.inf] * 3 + [-math.inf] * 3
        self.travel = [math.inf] * 3 + [-math.inf] * 3
        self.first_layer: tuple[float, float, float, float] | None = None
        self.radius2 = 0.0
        self.unknown_moves = 0
        self.time_s = self.dwell_s = 0.0
        self.elapsed_s: float | None = None  # Cura tells it after every layer
        self.filament = self.filament_peak = 0.0
        self.nozzle_c = self.bed_c = 0.0  # highest
        self.nozzle_now_c = 0.0  # of the hottest tool
        self._nozzles_c: dict[int, float] = {}
        self.nozzle_first_c: float | None = None  # when the first layer began to print
        self.macros = False  # commands of the printer's own before the first layer
        self.fan = 0.0
        self.remarks: dict[str, str] = {}
        self.objects: set[str] = set()
        self.stops: list[Stop] = []
        self._open_stops: list[tuple[int, int]] = []  # of the layer at hand, and where
        # Plastic (mm) and time (s) of printing moves since they were last booked, and
        # those booked: of each type, of each tool, and of the layer at hand.
        self.laid = self.laying_s = 0.0
        self.kinds: dict[str, list[float]] = {}
        self.tools: dict[int, float] = {}
        self._layer_kinds, self._layer_mm = 0, 0.0
        self._before = (0.0, 0.0)  # both clocks when the layer at hand began

    def close_layer(self) -> None:
        """The layer at hand is over; one without plastic is no layer."""
        self._book()
        ours, told = self.time_s + self.dwell_s, self.elapsed_s or 0.0
        took = told - self._before[1]
        if took <= 0:
            took = ours - self._before[0]
        if self.layer_start is not None and self.layer_z is not None:
            if not self.layers:
                x0, y0, _, x1, y1, _ = self.bounds
                self.first_layer = (x0, y0, x1, y1)
            layer = Layer(
                self.layer_z if math.isfinite(self.layer_z) else 0.0,
                self.layer_start,
                self.layer_end,
                took,
                self._layer_mm,
                self._layer_kinds,
            )
            for place, at in self._open_stops:
                if at > self.layer_end:  # behind its plastic is before the next layer's
                    self.stops[place] = self.stops[place]._replace(
                        layer=len(self.layers) + 1
                    )
            self._open_stops.clear()
            self.layers.append(layer)
            self._before = (ours, told)
        elif not self.layers:
            self._before = (ours, told)
        self.layer_start = self.layer_z = None
        self._layer_kinds, self._layer_mm = 0, 0.0

    def _book(self) -> None:
        """Put what was laid down to its type, its tool and its layer."""
        if not self.laying_s and not self.laid:
            return
        if self.kind not in self.kinds and len(self.kinds) >= MOST_KINDS:
            self.kind = ""
        sums = self.kinds.setdefault(self.kind, [0.0, 0.0])
        sums[0] += self.laid
        sums[1] += self.laying_s
        self.tools[self.tool] = self.tools.get(self.tool, 0.0) + self.laid
        self._layer_kinds |= 1 << list(self.kinds).index(self.kind)
        self._layer_mm += self.laid
        self.laid = self.laying_s = 0.0

    def command(self, line: bytes, start: int) -> list[bytes]:
        """Anything but a plain move; returns the plain moves that it amounts to."""
        if line.startswith(b";"):
            self._comment(line, start)
            return []
        command = _COMMAND.match(line)
        if not command:
            self._macro(line)
            return []
        code = command[1].upper() + command[2]
        text = line[command.end() :].split(b";", 1)[0].split(b"*", 1)[0]
        values = {
            word[1].upper().decode(): float(word[2]) for word in _WORD.finditer(text)
        }
        if code in (b"G0", b"G1"):
            return [_move(values)]
        if code in (b"G2", b"G3"):
            return self._arc(values, clockwise=code == b"G2")
        if code == b"G92":
            values = values or dict.fromkeys("XYZE", 0.0)
            for name in "XYZE":
                if name in values:
                    setattr(self, name.lower(), values[name] * self.scale)
                    self.fresh = self.fresh or name != "E"
        elif code == b"G28":
            # where homing ends is the printer's affair
            axes = {axis.upper() for axis in _AXIS.findall(text)} or {b"X", b"Y", b"Z"}
            self.x = UNKNOWN if b"X" in axes else self.x
            self.y = UNKNOWN if b"Y" in axes else self.y
            self.z = UNKNOWN if b"Z" in axes else self.z
            self.fresh = True
        elif code in (b"G90", b"G91"):
            self.relative = code == b"G91"
        elif code in (b"M82", b"M83"):
            self.relative_e = code == b"M83"
        elif code in (b"G20", b"G21"):
            self.scale = INCH if code == b"G20" else 1.0
        elif code[:1] == b"T":
            self._book()
            self.tool = min(int(code[1:9]), MOST_TOOLS - 1)
        elif code in _STOPS:
            self._stop(code.decode())
        else:
            self._settle(
                code, {name: each for name, each in values.items() if abs(each) < HUGE}
            )
        return []

    def _settle(self, code: bytes, values: dict[str, float]) -> None:
        """Commands that set a temperature, the fan, or wait."""
        if code in (b"M104", b"M109", b"M568") or (code == b"G10" and "P" in values):
            # G10 P and M568 are RepRapFirmware's
            wanted = values.get("S", values.get("R"))
            tool = values.get("P" if code in (b"G10", b"M568") else "T", self.tool)
            if wanted is not None:
                # others may be cooled or parked while one prints
                self._nozzles_c[min(abs(int(tool)), MOST_TOOLS - 1)] = wanted
                self.nozzle_now_c = max(self._nozzles_c.values())
                self.nozzle_c = max(self.nozzle_c, wanted)
        elif code in (b"M140", b"M190"):
            self.bed_c = max(self.bed_c, values.get("S", 0.0), values.get("R", 0.0))
        elif code == b"G4":
            self.dwell_s += values.get("S", 0.0) + values.get("P", 0.0) / 1000
        elif code == b"M106" and not self.custom:
            self.fan = max(self.fan, min(values.get("S", 255.0), 255.0) / 255)
        elif code == b"M98" and self.layer_start is None:
            self.macros = True  # RepRapFirmware: a file of the printer's own

    def _macro(self, line: bytes) -> None:
        words = line[:60].split(b";", 1)[0].split()
        if not words:
            return
        word = words[0].decode("latin-1").upper()
        if word in _STOP_WORDS:
            self._stop(_STOP_WORDS[word])
        elif self.layer_start is None and not self.layers:
            self.macros = True

    def _stop(self, command: str) -> None:
        if len(self.stops) < MOST_STOPS:
            self.stops.append(Stop(command, len(self.layers)))
            self._open_stops.append((len(self.stops) - 1, self.offset))

    def _comment(self, line: bytes, start: int) -> None:
        if line.startswith(b";TYPE:"):
            self._book()
            self.kind, self.fresh = text_of(line[6:], 40), True
            if self.layer_start is not None:
                self.custom = self.kind == "Custom"
        elif line.startswith(b";WIDTH:"):
            width = number(line[7:])
            if width is not None:
                self.width, self.fresh = width, True
        elif line.startswith((b";LAYER_CHANGE", b";LAYER:")):
            if len(self.layers) + (self.layer_z is not None) >= MOST_LAYERS:
                self.too_many_layers = True
                return
            self.close_layer()
            self.layer_start, self.custom, self.fresh = start, False, True
            if not self.layers:
                self.layers_relative_e = self.relative_e or self.relative
        elif line.startswith(b";TIME_ELAPSED:"):
            self.custom = True  # Cura: this layer is over, its end G-code may follow
            self.elapsed_s = number(line[14:]) or self.elapsed_s
        elif line.startswith((b";MESH:", _LABEL)):
            name = text_of(line)
            if name != ";MESH:NONMESH" and len(self.objects) < MOST_OBJECTS:
                self.objects.add(name)
        elif found := remark(line):
            self.remarks[found[0]] = found[1]

    def _arc(self, values: dict[str, float], *, clockwise: bool) -> list[bytes]:
        """G2/G3 as plain moves."""
        values = {name: value * self.scale for name, value in values.items()}
        off_x, off_y = (self.x, self.y) if self.relative else (0.0, 0.0)
        end = (
            values["X"] + off_x if "X" in values else self.x,
            values["Y"] + off_y if "Y" in values else self.y,
        )
        points = arc_points((self.x, self.y), end, values, clockwise=clockwise)
        if points is None:
            return [b"G1 Xnan"]
        lines, last_x, last_y, last_e = [], self.x, self.y, self.e
        for step, (x, y) in enumerate(points, 1):
            words = {"X": x, "Y": y}
            if self.relative:
                words = {"X": x - last_x, "Y": y - last_y}
            if "E" in values:
                if self.relative or self.relative_e:
                    words["E"] = values["E"] / len(points)
                else:
                    words["E"] = last_e + (values["E"] - last_e) * step / len(points)
            if step == 1 and "F" in values:
                words["F"] = values["F"]
            if step == len(points) and "Z" in values:
                words["Z"] = values["Z"]
            lines.append(
                _move({name: value / self.scale for name, value in words.items()})
            )
            last_x, last_y = x, y
        return lines


def _move(words: dict[str, float]) -> bytes:
    return (
        b"G1 " + " ".join(f"{name}{value:.6f}" for name, value in words.items()).encode()
    )
