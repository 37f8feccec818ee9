"""Depth that takes little height: a bas-relief of a depth map, as on a coin.

Not the depths are compressed but their slopes, the steep ones more than the gentle ones,
and from these the surface is put together again: so the cliff between a head and the wall
behind it takes hardly more height than the nose (Weyrich, Deng, Barnes, Rusinkiewicz and
Finkelstein, Digital bas-relief from 3D scenes, SIGGRAPH 2007; attenuation by a power as
Fattal, Lischinski and Werman, Gradient domain high dynamic range compression, 2002).
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from .poisson import surface_of
from .strips import strips

# Longest side of the grid on which the surface is put together.
SOLVED = 1024
# Longest side of the grid from which the usual slope is taken: too coarse for noise and
# for the steps of an 8-bit source, and few of its slopes are cliffs.
COARSE = 64
# Of the whole depth, over the length of the longer side: what is flatter is background.
FLAT = 0.05


def compress(depth: np.ndarray, amount: float, pitch: tuple[float, float]) -> np.ndarray:
    """Give the gentle slopes of a depth map most of the height.

    A slope g becomes g / (1 + g / usual) ** amount, where the usual slope is the median of
    this very map. Details of maps above `SOLVED` nodes a side are added afterwards,
    attenuated like the slopes around them.

    Args:
        depth: (rows, columns) float32, high is near.
        amount: 0 leaves everything as it is, 1 lets hardly a slope be steeper than the
            usual one.
        pitch: mm per column and mm per row.

    Returns:
        A new array that has the extremes of `depth`; `depth` itself for 0, or if it is
        level.
    """
    low, high = depth.min(), depth.max()
    if amount == 0 or high == low:
        return depth
    small = _resized(depth, _size(depth, SOLVED))
    steps = _pitch(depth, small, pitch)
    across, down = _slopes(small, steps)
    kept = _steepness(across, down)
    kept /= np.float32(_usual_slope(depth, pitch))
    kept += 1
    kept **= np.float32(-amount)
    across *= (kept[:, 1:] + kept[:, :-1]) / 2
    down *= (kept[1:] + kept[:-1]) / 2
    surface = surface_of(across, down, steps)
    if small is not depth:
        surface = _detailed(surface, depth, small, kept)
    surface -= surface.min()
    surface *= (high - low) / surface.max()
    surface += low
    return surface


def _slopes(
    depth: np.ndarray, pitch: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes between neighbours in a row, and between neighbours in a column."""
    across, down = np.diff(depth, axis=1), np.diff(depth, axis=0)
    across /= np.float32(pitch[0])
    down /= np.float32(pitch[1])
    return across, down


def _steepness(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(rows, columns) greatest slope at each node, from those to its neighbours."""
    squares = np.zeros((len(across), down.shape[1]), np.float32)
    for slopes, before, after in (
        (across, np.s_[:, 1:], np.s_[:, :-1]),
        (down, np.s_[1:], np.s_[:-1]),
    ):
        # The mean of both sides; at the edges half of the only one.
        half = slopes * slopes
        half *= 0.5
        squares[before] += half
        squares[after] += half
    return np.sqrt(squares, out=squares)


def _usual_slope(depth: np.ndarray, pitch: tuple[float, float]) -> float:
    coarse = _resized(depth, _size(depth, COARSE))
    steps = _pitch(depth, coarse, pitch)
    steepness = _steepness(*_slopes(coarse, steps))
    length = max(depth.shape[1] * pitch[0], depth.shape[0] * pitch[1])
    flat = FLAT * float(depth.max() - depth.min()) / length
    steep = steepness[steepness > flat]
    # None: nothing but specks, of which nothing is left at this size.
    return float(np.median(steep)) if len(steep) else flat


def _detailed(
    surface: np.ndarray, depth: np.ndarray, small: np.ndarray, kept: np.ndarray
) -> np.ndarray:
    """The surface at all nodes, with what the small depth map lacks of the whole one."""
    size = depth.shape[::-1]
    surface, small, kept = (_resized(part, size) for part in (surface, small, kept))
    for rows in strips(depth.shape):
        surface[rows] += kept[rows] * (depth[rows] - small[rows])
    return surface


def _size(depth: np.ndarray, longest: int) -> tuple[int, int]:
    """(columns, rows) of a smaller picture, or its own."""
    share = min(1.0, longest / max(depth.shape))
    rows, columns = (max(2, round(length * share)) for length in depth.shape)
    return columns, rows


def _pitch(
    depth: np.ndarray, resized: np.ndarray, pitch: tuple[float, float]
) -> tuple[float, float]:
    """mm per column and row of the resized map; each node counts as an area."""
    across = pitch[0] * depth.shape[1] / resized.shape[1]
    return across, pitch[1] * depth.shape[0] / resized.shape[0]


def _resized(depth: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if size == depth.shape[::-1]:
        return depth
    image = Image.fromarray(np.ascontiguousarray(depth, np.float32))
    return np.array(image.resize(size, Image.Resampling.BILINEAR))
