"""The machine that a G-code file drives, moved line by line in plain Python.

`Scan.feed` is the only loop over all lines of a file; layers, bounds, times and the paths
of a picture all come out of it, so that they cannot disagree.
"""

from __future__ import annotations

import math
import re

from .gcode_layer import Path
from .gcode_remarks import HUGE
from .gcode_state import UNKNOWN, State

_MOVES = (b"G1 ", b"G0 ")
# How slicers write nearly all moves: the expression finds the words in half the time.
_USUAL = re.compile(
    rb"G[01](?: F([\d.]+))? X(-?[\d.]+) Y(-?[\d.]+)(?: Z(-?[\d.]+))?(?: E(-?[\d.]+))?"
    rb"(?: F([\d.]+))?\Z"
).match
SLOWEST = 1e-6  # mm/min; nothing smaller can be meant


class Scan(State):
    """See `State` for the arguments and what can be read from it."""

    def feed(self, lines: list[bytes]) -> None:
        """Go through complete lines, given without their line feed.

        Local names and unrolled comparisons on purpose: files have up to some million
        lines, and nearly all of them are plain moves.
        """
        finite, sqrt = math.isfinite, math.sqrt
        paths, travels = self.paths, self.travels
        middle_x, middle_y = self.centre
        x0, y0, z0, x1, y1, z1 = self.bounds
        tx0, ty0, tz0, tx1, ty1, tz1 = self.travel
        x, y, z, e = self.x, self.y, self.z, self.e
        offset, feedrate, scale = self.offset, self.feedrate, self.scale
        relative, relative_e = self.relative, self.relative_e or self.relative
        plain = not relative and scale == 1.0
        custom, fresh = self.custom, self.fresh
        layer_z, layer_end = self.layer_z, self.layer_end
        radius2, time_s = self.radius2, self.time_s
        filament, peak = self.filament, self.filament_peak
        laid, laying_s = self.laid, self.laying_s

        for line in lines:
            start = offset
            offset += len(line) + 1
            usual = plain and _USUAL(line)
            if not usual and line[:3] not in _MOVES:
                if not line:
                    continue
                self.x, self.y, self.z, self.e = x, y, z, e
                self.offset, self.feedrate, self.fresh = offset, feedrate, fresh
                self.layer_z, self.layer_end = layer_z, layer_end
                self.bounds = [x0, y0, z0, x1, y1, z1]
                self.radius2, self.time_s = radius2, time_s
                self.filament, self.filament_peak = filament, peak
                self.laid, self.laying_s = laid, laying_s
                moves = self.command(line, start)
                if moves:
                    # An arc, or a move spelt otherwise: as plain moves through this loop.
                    self.travel = [tx0, ty0, tz0, tx1, ty1, tz1]
                    self.feed(moves)
                    x0, y0, z0, x1, y1, z1 = self.bounds
                    tx0, ty0, tz0, tx1, ty1, tz1 = self.travel
                    layer_end = offset if self.layer_end > layer_end else layer_end
                    self.offset, self.layer_end = offset, layer_end
                    radius2, time_s = self.radius2, self.time_s
                    filament, peak = self.filament, self.filament_peak
                x, y, z, e = self.x, self.y, self.z, self.e
                feedrate, scale = self.feedrate, self.scale
                relative, relative_e = self.relative, self.relative_e or self.relative
                plain = not relative and scale == 1.0
                custom, fresh, layer_z = self.custom, self.fresh, self.layer_z
                laid, laying_s = self.laid, self.laying_s
                continue

            new_x, new_y, new_z, fed = x, y, z, 0.0
            try:
                if usual:
                    text_f, text_x, text_y, text_z, text_e, text_more = usual.groups()
                    new_x, new_y = float(text_x), float(text_y)
                    if text_z:
                        new_z = float(text_z)
                    if text_e:
                        value = float(text_e)
                        if relative_e:
                            fed = value
                            e += value
                        else:
                            fed = value - e
                            e = value
                    if text_f or text_more:
                        value = float(text_more or text_f)
                        if value > SLOWEST:
                            feedrate = value / 60
                    words = ()
                else:
                    words = line.split(b";", 1)[0].split()[1:]
                for word in words:
                    letter = word[0]
                    value = float(word[1:])
                    if letter == 88:  # X
                        new_x = value * scale + x if relative else value * scale
                    elif letter == 89:  # Y
                        new_y = value * scale + y if relative else value * scale
                    elif letter == 69:  # E
                        value *= scale
                        if relative_e:
                            fed = value
                            e += value
                        else:
                            fed = value - e
                            e = value
                    elif letter == 70:  # F
                        if value > SLOWEST:
                            feedrate = value * scale / 60
                    elif letter == 90:  # Z
                        new_z = value * scale + z if relative else value * scale
            except ValueError:
                new_x = UNKNOWN  # whatever the printer makes of it
                self.unknown_moves += not custom
            across = (new_x - x) * (new_x - x) + (new_y - y) * (new_y - y)
            up = new_z - z
            length = sqrt(across + up * up)
            if fed > length or -fed > length:
                length = abs(fed)
            took = length / feedrate if length < HUGE else 0.0
            time_s += took
            # `fed` is unknown (NaN) only where a single layer begins: then it prints
            if across != 0.0 and (fed > 0.0 or fed != fed):
                if not custom:
                    laying_s += took
                    if fed < HUGE:
                        laid += fed
                    if layer_z is None:
                        layer_z = new_z
                        if self.nozzle_first_c is None:
                            self.nozzle_first_c = self.nozzle_now_c
                    layer_end = offset
                    if fresh:
                        if finite(x) and finite(y):
                            x0, x1 = min(x0, x), max(x1, x)
                            y0, y1 = min(y0, y), max(y1, y)
                            far_x, far_y = x - middle_x, y - middle_y
                            radius2 = max(radius2, far_x * far_x + far_y * far_y)
                        else:
                            self.unknown_moves += 1
                    if not (
                        x0 <= new_x <= x1 and y0 <= new_y <= y1 and z0 <= new_z <= z1
                    ):
                        if finite(new_x) and finite(new_y) and finite(new_z):
                            x0, x1 = min(x0, new_x), max(x1, new_x)
                            y0, y1 = min(y0, new_y), max(y1, new_y)
                            z0, z1 = min(z0, new_z), max(z1, new_z)
                        else:
                            self.unknown_moves += 1
                    far_x, far_y = new_x - middle_x, new_y - middle_y
                    far = far_x * far_x + far_y * far_y
                    if far > radius2:
                        radius2 = far
                    if paths is not None:
                        if fresh:
                            paths.append(Path(self.kind, self.width, [(x, y)]))
                        paths[-1].points.append((new_x, new_y))
                fresh = False
            elif across != 0.0 or new_z != z:
                if travels is not None and across != 0.0:
                    if not travels or travels[-1][-1] != (x, y):
                        travels.append([(x, y)])
                    travels[-1].append((new_x, new_y))
                fresh = True
            if not (tx0 <= new_x <= tx1 and ty0 <= new_y <= ty1 and tz0 <= new_z <= tz1):
                # comparisons with an unknown position are false and change nothing
                if new_x < tx0 and finite(new_x):
                    tx0 = new_x
                if new_x > tx1 and finite(new_x):
                    tx1 = new_x
                if new_y < ty0 and finite(new_y):
                    ty0 = new_y
                if new_y > ty1 and finite(new_y):
                    ty1 = new_y
                if new_z < tz0 and finite(new_z):
                    tz0 = new_z
                if new_z > tz1 and finite(new_z):
                    tz1 = new_z
            if fed and -HUGE < fed < HUGE:
                filament += fed
                if filament > peak:
                    peak = filament
            x, y, z = new_x, new_y, new_z

        self.bounds = [x0, y0, z0, x1, y1, z1]
        self.travel = [tx0, ty0, tz0, tx1, ty1, tz1]
        self.x, self.y, self.z, self.e = x, y, z, e
        self.offset, self.feedrate, self.fresh = offset, feedrate, fresh
        self.layer_z, self.layer_end = layer_z, layer_end
        self.radius2, self.time_s = radius2, time_s
        self.filament, self.filament_peak = filament, peak
        self.laid, self.laying_s = laid, laying_s
