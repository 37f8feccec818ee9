"""How much work a model is, and which of it each layer, guessed from its triangles.

The layers of a photo's relief differ a hundredfold: the base is a rectangle, the layers
above are thousands of islands. The engine tells which layer it is at, so only with their
weights does that say how far the work is.

A plane cuts a triangle of area A, whose normal is turned by the angle t from the vertical,
along A sin t / h in the mean of planes h apart; so all outlines are as long as the sum of
that. How long those of a layer are for the box that they lie in tells how many islands there
are: of one circle their square over the box's area is about ten, of a thousand a thousand
times that.
"""

from __future__ import annotations

import math
import struct
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from .stl import HEADER, RECORD

SAMPLES = 20_000  # triangles looked at
BLOCK = 50  # of them, one after the other
MOST_LAYERS = 20_000
# The work of a layer whose outline crosses n triangles is ALWAYS + n + n² / SQUARE: the
# engine looks for the shortest way between all islands. Fitted as `pace` tells.
ALWAYS, SQUARE = 200.0, 150.0
ONE = 12.0  # the square of an outline over its box's area that no second island explains


class Effort(NamedTuple):
    """What is known of the work before anything is sliced.

    Attributes:
        triangles: of the model.
        work: share of it that is done after each layer, rising to 1.
        infill_m: length of the lines that would fill the model's box, m.
        outline_m: length of the outlines of all layers, m.
        cuts: how often a layer's plane cuts a triangle.
        crowd: cuts times how many islands there are in a layer.
    """

    triangles: int
    work: list[float]
    infill_m: float = 0.0
    outline_m: float = 0.0
    cuts: float = 0.0
    crowd: float = 0.0

    @property
    def layers(self) -> int:
        return len(self.work)

    def seconds(
        self,
        base: float,
        *,
        triangles: float = 0.0,
        layers: float = 0.0,
        infill: float = 0.0,
        outline: float = 0.0,
        cuts: float = 0.0,
        crowd: float = 0.0,
    ) -> float:
        """What a stage takes: `base` seconds, and what each of these costs.

        Args:
            base: s.
            triangles, cuts: µs for each.
            layers: ms for each.
            infill, outline: ms for each metre.
            crowd: ns for each.
        """
        micro = triangles * self.triangles + cuts * self.cuts
        milli = layers * self.layers + infill * self.infill_m + outline * self.outline_m
        return base + 1e-6 * micro + 1e-3 * milli + 1e-9 * crowd * self.crowd


class _Seen(NamedTuple):
    """Of some triangles the lowest and highest z (mm), and area times sin t (mm²)."""

    low: float
    high: float
    upright: float


def effort(
    stl: Path,
    size: tuple[float, float, float],
    *,
    layer: float,
    first: float,
    density: float,
    line: float,
) -> Effort:
    """The effort of one model.

    Args:
        stl: binary STL, mm.
        size: of its box, mm.
        layer: height of a layer, mm.
        first: height of the first one, mm.
        density: of the infill, percent.
        line: width of a line, mm.

    Raises:
        OSError: the file cannot be read.
    """
    count, seen, share = _samples(stl)
    work = _work(seen, share, layer, first)
    infill_m = _infill_metres(size, density, line, layer)
    area = size[0] * size[1]
    if not layer > 0 or not area > 0:
        return Effort(count, work, infill_m)
    outline = sum(each.upright for each in seen) / share / layer
    cuts = sum(each.high - each.low for each in seen) / share / layer
    islands = max(0.0, (outline / len(work)) ** 2 / area - ONE)
    return Effort(count, work, infill_m, outline / 1000, cuts, islands * cuts)


def _work(seen: list[_Seen], share: float, layer: float, first: float) -> list[float]:
    """Work done up to and with each layer, the lowest first; rises to 1.

    Args:
        seen: some triangles.
        share: of all, that those are.
        layer, first: as for `effort`.
    """
    if not seen or not layer > 0:
        return [1.0]
    bottom = min(each.low for each in seen)
    top = max(each.high for each in seen)
    count = min(MOST_LAYERS, max(1, round((top - bottom - first) / layer) + 1))
    begins = [0] * (count + 1)
    for low, high, _ in seen:
        # the planes in which the engine slices lie in the middle of the layers
        begin = int(max(0.0, (low - bottom - first / 2) / layer + 1))
        end = int(max(0.0, (high - bottom - first / 2) / layer + 1))
        begins[min(begin, count)] += 1
        begins[min(end, count)] -= 1
    crossed = [number / share for number in accumulate(begins)][:count]
    work = [ALWAYS + number + number**2 / SQUARE for number in crossed]
    total = sum(work)
    return [done / total for done in accumulate(work)]


def _infill_metres(
    size: tuple[float, float, float], percent: float, line: float, layer: float
) -> float:
    """Length of the lines that would fill a model's box, m.

    Args:
        size: of the box, mm.
        percent: density of the infill.
        line, layer: width and height of a line, mm.
    """
    width, depth, height = size
    if not line > 0 or not layer > 0:
        return 0.0
    return width * depth * height * percent / 100 / line / layer / 1000


def _samples(stl: Path) -> tuple[int, list[_Seen], float]:
    """How many triangles there are, some of them, and which share of all those are."""
    found = []
    with open(stl, "rb") as file:
        count = struct.unpack("<I", file.read(HEADER)[80:])[0]
        stride = max(1, count // SAMPLES)
        for block in range(0, count, BLOCK * stride):
            file.seek(HEADER + RECORD * block)
            data = file.read(RECORD * BLOCK)
            data = data[: len(data) // RECORD * RECORD]
            for numbers in struct.iter_unpack("<12fH", data):
                ax, ay, az, bx, by, bz, cx, cy, cz = numbers[3:12]
                # of the cross product of two sides what is horizontal
                across = (by - ay) * (cz - az) - (bz - az) * (cy - ay)
                along = (bz - az) * (cx - ax) - (bx - ax) * (cz - az)
                upright = math.hypot(across, along) / 2
                found.append(_Seen(min(az, bz, cz), max(az, bz, cz), upright))
    return count, found, min(1.0, len(found) / max(1, count))
