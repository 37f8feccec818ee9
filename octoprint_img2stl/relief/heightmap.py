"""From grey values to the height of every node of the plate.

Lengths are millimetres. The photo covers the picture inside the border edge to edge, and
its pixels count as areas, not as points: whatever the sizes of photo and grid, each part
of the photo lies where it belongs, in a preview and in the print.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..machine import Machine
from .settings import ReliefSettings, check_picture, plate_size, sample_size

# Shares of the greys that automatic levels may clip at either end.
CLIPPED = (0.005, 0.995)
# Five of 255 grey levels: what varies less is a blank sheet and its noise, not a picture.
LEAST_RANGE = 0.02
# The Gaussian is cut where its weight is below 0.2 % of the middle's.
GAUSS_REACH = 3.5


@dataclass(frozen=True, eq=False)
class Heightmap:
    """The upper side of a plate that lies flat.

    Attributes:
        z: (rows, columns) float32, at least 2 x 2: heights of the nodes above the flat
            bottom. Row 0 is the top of the photo, column 0 its left.
        width: distance of the first column from the last.
        depth: distance of the first row from the last.
    """

    z: np.ndarray
    width: float
    depth: float


def heightmap(
    grey: np.ndarray,
    settings: ReliefSettings,
    machine: Machine,
    *,
    size_px: tuple[int, int] | None = None,
) -> Heightmap:
    """Shape a photo.

    In this order: resampling to the nodes (antialiased), smoothing, automatic levels,
    contrast about mid grey, invert. The levels come after the smoothing so that the plate
    reaches its full height and its base whatever the smoothing took away.

    Height is linear in the sRGB-encoded grey, for a lithophane too: thickness =
    base + relief_height * (1 - grey). That is the map nearly every lithophane maker uses:
    light falls off exponentially with thickness while sRGB is roughly logarithmic in
    light, so the two nearly cancel.

    Args:
        grey: (H, W) float32 in 0..1, sRGB-encoded, row 0 on top, e.g. `Photo.grey`.
        settings: as `ReliefSettings.from_json` checked them.
        machine: its nozzle sets the finest pitch.
        size_px: (width, height) of the photo before `grey` was reduced, for its exact
            aspect; None if it was not.

    Raises:
        ReliefRefused: ``relief.too_slim``.
    """
    grey_px = (grey.shape[1], grey.shape[0])
    check_picture(settings, size_px or grey_px)
    width, depth = plate_size(settings, size_px or grey_px)
    columns, rows = sample_size(settings, grey_px, machine)
    pitch = (width / (columns - 1), depth / (rows - 1))

    across, down = (
        _picture_nodes(count, step, settings.border, grey_length)
        for count, step, grey_length in zip((columns, rows), pitch, grey_px, strict=True)
    )
    picture = _resample(grey, across, down)
    if settings.smoothing > 0:
        picture = _smooth(picture, settings.smoothing / pitch[1], axis=0)
        picture = _smooth(picture, settings.smoothing / pitch[0], axis=1)
    if settings.auto_levels:
        _stretch(picture)
    picture -= 0.5
    picture *= settings.contrast if settings.bright_is_high else -settings.contrast
    picture += 0.5
    np.clip(picture, 0, 1, out=picture)

    z = np.full((rows, columns), settings.height, np.float32)
    picture *= settings.relief_height
    picture += settings.base
    z[
        down.first : down.first + down.count, across.first : across.first + across.count
    ] = picture
    return Heightmap(z, width, depth)


@dataclass(frozen=True)
class _Nodes:
    """The nodes of one axis that carry the picture.

    Attributes:
        first: index of the first among the plate's nodes.
        count: how many.
        start: place of the first in pixels of the photo, 0 at the outer side of pixel 0.
        step: pixels from node to node.
    """

    first: int
    count: int
    start: float
    step: float


def _picture_nodes(count: int, pitch: float, border: float, length_px: int) -> _Nodes:
    # Without the tolerance, rounding alone would decide about nodes right on the wall.
    first = math.ceil(border / pitch - 1e-6)
    last = count - 1 - first
    per_mm = length_px / ((count - 1) * pitch - 2 * border)
    return _Nodes(
        first, last - first + 1, (first * pitch - border) * per_mm, pitch * per_mm
    )


def _resample(grey: np.ndarray, across: _Nodes, down: _Nodes) -> np.ndarray:
    """Antialiased values of the photo at the nodes, in Pillow's 32-bit floats.

    A node's window reaches half a step beyond it, at the edges beyond the photo, whose
    outermost pixels are repeated there.
    """
    pads = [math.ceil(axis.step / 2) + 1 for axis in (down, across)]
    padded = np.pad(grey, [(pad, pad) for pad in pads], mode="edge")
    image = Image.fromarray(np.ascontiguousarray(padded, dtype=np.float32))
    del padded
    box = []
    for axis, pad in ((across, pads[1]), (down, pads[0])):
        low = pad + axis.start - axis.step / 2
        box.append((low, low + axis.count * axis.step))
    # Hamming for a reduction: no halos, sharper than a triangle; which, however, is exact
    # linear interpolation where hardly anything is reduced.
    reduces = max(across.step, down.step) > 1.5
    filter_ = Image.Resampling.HAMMING if reduces else Image.Resampling.BILINEAR
    size = (across.count, down.count)
    return np.array(
        image.resize(size, filter_, box=(box[0][0], box[1][0], box[0][1], box[1][1]))
    )


def _smooth(values: np.ndarray, sigma: float, axis: int) -> np.ndarray:
    """Gaussian along one axis, the outermost nodes repeated beyond the edges.

    Args:
        sigma: in nodes.
    """
    reach = math.ceil(GAUSS_REACH * sigma)
    weights = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
    weights /= weights[0] + 2 * weights[1:].sum()
    length = values.shape[axis]
    pads = [(0, 0), (0, 0)]
    pads[axis] = (reach, reach)
    padded = np.pad(values, pads, mode="edge")

    def shifted(by: int) -> np.ndarray:
        window = slice(reach + by, reach + by + length)
        return padded[window] if axis == 0 else padded[:, window]

    smooth = shifted(0) * np.float32(weights[0])
    for by in range(1, reach + 1):
        smooth += (shifted(by) + shifted(-by)) * np.float32(weights[by])
    return smooth


def _stretch(picture: np.ndarray) -> None:
    """Put the `CLIPPED` percentiles at 0 and 1, in place."""
    ranks = [round(share * (picture.size - 1)) for share in CLIPPED]
    low, high = np.partition(picture, ranks, axis=None)[ranks]
    if high - low >= LEAST_RANGE:
        picture -= low
        picture /= high - low
