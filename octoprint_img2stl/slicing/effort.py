"""How much work each layer of a model is, guessed from its triangles.

The layers of a photo's relief differ a hundredfold: the base is a rectangle, the layers
above are thousands of islands. The engine tells which layer it is at, so only with their
weights does that say how far the work is.
"""

from __future__ import annotations

import struct
from itertools import accumulate
from pathlib import Path

from .stl import HEADER, RECORD

SAMPLES = 20_000  # triangles looked at
BLOCK = 50  # of them, one after the other
MOST_LAYERS = 20_000
# The work of a layer whose outline crosses n triangles is ALWAYS + n + n² / SQUARE: the
# engine looks for the shortest way between all islands. Fitted as `pace` tells.
ALWAYS, SQUARE = 200.0, 150.0


def layer_work(stl: Path, layer: float, first: float) -> list[float]:
    """Work done up to and with each layer, as a fraction of all; rises to 1.

    Args:
        stl: binary STL, mm.
        layer: height of a layer, mm.
        first: height of the first one, mm.

    Returns:
        A number a layer, the lowest first; about as many as there will be.

    Raises:
        OSError: the file cannot be read.
    """
    heights, share = _heights(stl)
    if not heights or not layer > 0:
        return [1.0]
    bottom = min(low for low, _ in heights)
    top = max(high for _, high in heights)
    count = min(MOST_LAYERS, max(1, round((top - bottom - first) / layer) + 1))
    begins = [0] * (count + 1)
    for low, high in heights:
        # the planes in which the engine slices lie in the middle of the layers
        begin = int(max(0.0, (low - bottom - first / 2) / layer + 1))
        end = int(max(0.0, (high - bottom - first / 2) / layer + 1))
        begins[min(begin, count)] += 1
        begins[min(end, count)] -= 1
    crossed = [number / share for number in accumulate(begins)][:count]
    work = [ALWAYS + number + number**2 / SQUARE for number in crossed]
    total = sum(work)
    return [done / total for done in accumulate(work)]


def infill_metres(
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


def _heights(stl: Path) -> tuple[list[tuple[float, float]], float]:
    """Lowest and highest point of some triangles, and which share of all they are."""
    found = []
    with open(stl, "rb") as file:
        count = struct.unpack("<I", file.read(HEADER)[80:])[0]
        stride = max(1, count // SAMPLES)
        for block in range(0, count, BLOCK * stride):
            file.seek(HEADER + RECORD * block)
            data = file.read(RECORD * BLOCK)
            data = data[: len(data) // RECORD * RECORD]
            for numbers in struct.iter_unpack("<12fH", data):
                z = numbers[5:12:3]
                found.append((min(z), max(z)))
    return found, min(1.0, len(found) / max(1, count))
