"""How much work a model is, and which of it each layer, guessed from its triangles.

The layers of a photo's relief differ a hundredfold: the base is a rectangle, the layers
above are thousands of islands. The engine tells which layer it is at, so only with their
weights does that say how far the work is.

A plane cuts a triangle of area A, whose normal is turned by the angle t from the vertical,
along A sin t / h in the mean of planes h apart; so all outlines are as long as the sum of
that. How long those of a layer are for the box that they lie in tells how many islands there
are: of one circle their square over the box's area is about ten, of a thousand a thousand
times that. The volume is what lies between the triangles and a plane below them, those
that look at it counted negative (Gauss); along the model's shortest axis a few large
triangles that are not looked at count least.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .stl import HEADER, RECORD

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SAMPLES = 20_000  # triangles looked at
BLOCK = 50  # of them, one after the other
MOST_LAYERS = 20_000
# The work of a layer whose outline crosses n triangles is ALWAYS + n + n² / SQUARE: the
# engine looks for the shortest way between all islands. Fitted as `pace` tells.
ALWAYS, SQUARE = 200.0, 150.0
ONE = 12.0  # the square of an outline over its box's area that no second island explains
SHELL = 0.8  # mm below each surface that are filled whole
MOST_SHELLS = 20
CLOSE = 0.25  # mm between two corners; what is closer is straightened by the slicer
UPRIGHT = 0.02  # of its area, what is seen of a slope from the side at least
STEEP = 0.7  # cosine of 45 degrees: what looks down more than that is supported
BED = 0.3  # mm above the bed, below which nothing is


class Effort(NamedTuple):
    """What is known of the work before anything is sliced.

    Attributes:
        triangles: of the model.
        work: share of its outlines' work that is done after each layer, rising to 1.
        filling: work of filling each layer, in no unit.
        layer: height of a layer, mm.
        outline_m: length of the outlines of all layers, m.
        cuts: how often a layer's plane cuts a triangle.
        busy: sum over the layers of the square of their cuts.
        islands: in a layer, in the mean, about; of one thing without holes none.
        crowd: sum over the layers of the square of their outline over the box's area.
        slope: area of what is neither flat nor upright, seen from above, mm².
        spread: areas of the boxes around all triangles over that of the model's: how many
            triangles somebody who looks for the first one in his way has to look at.
        lines: how many lines fill it: their length over how far they reach from outline
            to outline, which in the mean is pi times an area over its outline (Cauchy).
        overhang_m: length of lines that would fill what is below overhangs, m.
    """

    triangles: int
    work: Sequence[float]
    filling: Sequence[float] = ()
    layer: float = 0.2
    outline_m: float = 0.0
    cuts: float = 0.0
    busy: float = 0.0
    islands: float = 0.0
    crowd: float = 0.0
    slope: float = 0.0
    spread: float = 0.0
    lines: float = 0.0
    overhang_m: float = 0.0

    @property
    def layers(self) -> int:
        return len(self.work)

    @property
    def corners(self) -> float:
        """Corners of all outlines: fewer than cuts where those are very close."""
        return min(self.cuts, 1000 * self.outline_m / CLOSE)

    @property
    def slope_outline(self) -> float:
        """Slopes, mm², times the length of a layer's outline, m: what each layer leaves
        bare of the one below it is a strip along its outline."""
        return self.slope * self.outline_m / self.layers

    @property
    def shells(self) -> float:
        """How many layers are filled whole below a surface."""
        return SHELL / max(self.layer, SHELL / MOST_SHELLS)


class _Seen(NamedTuple):
    """Of some triangles, one value for each; numpy is there, as it is in every worker.

    Attributes:
        low, high: z, mm.
        upright: area times sin t, mm².
        flat: area seen from above, mm², negative for one that looks down.
        area: mm².
        box: half the surface of its box, mm².
        side: area seen along the model's shortest axis, signed as `flat`, mm².
        place: where on that axis its middle is, mm.
    """

    low: Floats
    high: Floats
    upright: Floats
    flat: Floats
    area: Floats
    box: Floats
    side: Floats
    place: Floats

    @property
    def is_slope(self) -> Any:
        return self.upright > UPRIGHT * self.area


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
    count, seen, share = _samples(stl, size.index(min(size)))
    width, depth, height = size
    area = width * depth
    if not len(seen.low) or not layer > 0 or not line > 0 or not area > 0:
        return Effort(count, [1.0], layer=layer)
    bottom, top = float(seen.low.min()), float(seen.high.max())
    count_layers = min(MOST_LAYERS, max(1, round((top - bottom - first) / layer) + 1))
    cut, outlines, bare = _by_layer(seen, share, bottom + first / 2, layer, count_layers)
    outline = float(seen.upright.sum()) / share / layer
    volume = float((seen.side * (seen.place - seen.place.min())).sum()) / share
    volume = min(max(volume, 0.0), area * height)
    solid = min(volume, SHELL * float(abs(seen.flat).sum()) / share)
    filled = solid + (volume - solid) * density / 100
    above = (seen.low + seen.high) / 2 - bottom
    hangs = (above > BED) & (-seen.flat > STEEP * seen.area)
    below = -float((seen.flat * above)[hangs].sum())
    slope = float(abs(seen.flat)[seen.is_slope].sum())
    metre = 1000 * line * layer  # mm³ of a line of that length
    return Effort(
        triangles=count,
        work=_work(cut),
        filling=_filling(outlines, bare, layer, volume / height * density / 100),
        layer=layer,
        outline_m=outline / 1000,
        cuts=float((seen.high - seen.low).sum()) / share / layer,
        busy=sum(number**2 for number in cut),
        islands=max(0.0, (outline / count_layers) ** 2 / area - ONE),
        crowd=sum(length**2 for length in outlines) / area,
        slope=slope / share,
        spread=float(seen.box.sum()) / share / (area + (width + depth) * height),
        lines=filled / line / layer * outline / math.pi / max(volume / layer, 1.0),
        overhang_m=below / share / metre,
    )


def _by_layer(
    seen: _Seen, share: float, plane: float, layer: float, count: int
) -> tuple[list[float], list[float], list[float]]:
    """How many triangles each layer's plane cuts, how long its outlines are, mm, and which
    area of slopes each layer has, mm².

    Args:
        seen: some triangles.
        share: of all, that those are.
        plane: in which the lowest layer is sliced, in its middle, z in mm.
        layer: height of a layer, mm.
        count: of the layers.
    """
    import numpy as np

    def layer_of(z: Floats) -> Any:
        return np.clip((z - plane) / layer + 1, 0, count).astype(int)

    def each_layer(layers: Any, amounts: Floats) -> Floats:
        return np.bincount(layers, amounts, minlength=count + 1)

    begin, end = layer_of(seen.low), layer_of(seen.high)
    cuts = (each_layer(begin, None) - each_layer(end, None)) / share
    # a triangle that no plane cuts stands for others that one does
    over = np.maximum(end - begin, 1)
    length = seen.upright / layer / over / share
    outlines = each_layer(begin, length)
    outlines -= each_layer(np.minimum(begin + over, count), length)
    sloped = seen.is_slope
    middle = np.minimum((begin + end)[sloped] // 2, count - 1)
    bare = each_layer(middle, abs(seen.flat)[sloped] / share)
    return (
        np.cumsum(cuts)[:count].tolist(),
        np.cumsum(outlines)[:count].tolist(),
        bare[:count].tolist(),
    )


def _work(cuts: list[float]) -> list[float]:
    """Work done up to and with each layer, the lowest first; rises to 1."""
    work = [ALWAYS + number + number**2 / SQUARE for number in cuts]
    total = sum(work)
    return [done / total for done in accumulate(work)]


def _filling(
    outlines: list[float], bare: list[float], layer: float, sparse: float
) -> list[float]:
    """Work of filling each layer: its lines end at its outlines, and there are as many
    as what is bare of the next layers, and of the sparse lines below, has room for.

    Args:
        outlines, bare: of each layer, see `_by_layer`.
        layer: its height, mm.
        sparse: area of sparse infill, as if it were filled whole, mm².
    """
    shells = round(SHELL / max(layer, SHELL / MOST_SHELLS)) + 1
    below = [0.0, *accumulate(bare)]
    top = len(bare)
    return [
        (max(length, 0.0) + 1.0) * (below[min(n + shells, top)] - below[n] + sparse + 1.0)
        for n, length in enumerate(outlines)
    ]


def _samples(stl: Path, axis: int) -> tuple[int, _Seen, float]:
    """How many triangles there are, some of them, and which share of all those are.

    Args:
        stl: the model.
        axis: its shortest.
    """
    import numpy as np

    found = bytearray()
    with open(stl, "rb") as file:
        count = struct.unpack("<I", file.read(HEADER)[80:])[0]
        stride = max(1, count // SAMPLES)
        for block in range(0, count, BLOCK * stride):
            file.seek(HEADER + RECORD * block)
            data = file.read(RECORD * BLOCK)
            found += data[: len(data) // RECORD * RECORD]
    records = np.frombuffer(found, np.dtype([("numbers", "<f4", 12), ("", "<u2")]))
    corners = records["numbers"][:, 3:].astype(float).reshape(-1, 3, 3)
    return count, _look(corners, axis), min(1.0, len(records) / max(1, count))


def _look(corners: Floats, axis: int) -> _Seen:
    """Args: corners: of the triangles, shape (n, 3, 3), mm."""
    import numpy as np

    low, high = corners.min(axis=1), corners.max(axis=1)
    width, depth, height = (high - low).T
    # as long as two triangles are large
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    upright = np.hypot(normal[:, 0], normal[:, 1])
    return _Seen(
        low=low[:, 2],
        high=high[:, 2],
        upright=upright / 2,
        flat=normal[:, 2] / 2,
        area=np.hypot(upright, normal[:, 2]) / 2,
        box=width * depth + (width + depth) * height,
        side=normal[:, axis] / 2,
        place=corners[:, :, axis].mean(axis=1),
    )
