"""Values of a photo at the nodes of a body.

The photo covers its window edge to edge, and its pixels count as areas, not as points:
whatever the sizes of photo and grid, each part of the photo lies where it belongs, in a
preview and in the print.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

# Up to here a node's window holds hardly more than one pixel.
REDUCES = 1.5
STRIP_ROWS = 256


@dataclass(frozen=True)
class Nodes:
    """The nodes of one axis that carry the picture.

    Attributes:
        first: index of the first among the grid's nodes.
        count: how many, may be 0.
        start: place of the first in pixels of the photo, 0 at the outer side of pixel 0.
        step: pixels from node to node.
    """

    first: int
    count: int
    start: float
    step: float


def nodes_within(
    count: int, pitch: float, low: float, high: float, length_px: int
) -> Nodes:
    """Which nodes lie within a window.

    Args:
        count: nodes of the axis, the first at 0, `pitch` mm apart.
        low, high: the window, mm, over which the photo's `length_px` pixels stretch; may
            reach beyond the nodes.
    """
    # Without the tolerance, rounding alone would decide about nodes right on the edge.
    first = max(0, math.ceil(low / pitch - 1e-6))
    last = min(count - 1, math.floor(high / pitch + 1e-6))
    per_mm = length_px / (high - low)
    return Nodes(first, last - first + 1, (first * pitch - low) * per_mm, pitch * per_mm)


def resample(values: np.ndarray, across: Nodes, down: Nodes) -> np.ndarray:
    """Antialiased values of the photo at the nodes, (down.count, across.count) float32.

    A node's window reaches half a step beyond it, at the edges beyond the photo, whose
    outermost pixels are repeated there. Work goes in strips, so that little besides the
    result is held in memory.
    """
    # Hamming for a reduction: no halos, sharper than a triangle; which, however, is exact
    # linear interpolation where hardly anything is reduced.
    reduces = max(across.step, down.step) > REDUCES
    filter_ = Image.Resampling.HAMMING if reduces else Image.Resampling.BILINEAR
    found = np.empty((down.count, across.count), np.float32)
    pad = math.ceil(across.step / 2) + 1
    left = pad + across.start - across.step / 2
    right = left + across.count * across.step
    for first in range(0, down.count, STRIP_ROWS):
        count = min(STRIP_ROWS, down.count - first)
        top = down.start + (first - 0.5) * down.step
        bottom = top + count * down.step
        # As many rows around as any filter asks for.
        reach = math.ceil(max(1.0, down.step)) + 1
        low, high = math.floor(top) - reach, math.ceil(bottom) + reach
        rows = np.clip(np.arange(low, high), 0, len(values) - 1)
        strip = np.pad(values[rows], [(0, 0), (pad, pad)], mode="edge")
        image = Image.fromarray(np.ascontiguousarray(strip, dtype=np.float32))
        image = image.resize(
            (across.count, count), filter_, box=(left, top - low, right, bottom - low)
        )
        found[first : first + count] = np.asarray(image)
    return found
