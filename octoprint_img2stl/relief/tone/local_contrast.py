"""Contrast within each part of the picture: contrast limited adaptive histogram equalisation.

After Zuiderveld, Contrast limited adaptive histogram equalization, Graphics Gems IV
(1994). Where his maps are tables of 8-bit greys, these are continuous, straight between
256 places, so that a smooth picture stays smooth.
"""

from __future__ import annotations

import numpy as np

from .strips import strips

# Tiles along the longer side.
TILES = 8
BINS = 256
# No contrast grows by more than about this factor.
LIMIT = 3.0
# Over neighbouring bins: an 8-bit source whose levels were stretched leaves gaps between
# its greys, which would come out as steps.
SOFTENED = np.array([1, 4, 6, 4, 1]) / 16


def equalise(
    picture: np.ndarray, strength: float, *, out: np.ndarray | None = None
) -> np.ndarray:
    """Bring out detail that is weak for its surroundings.

    Args:
        picture: (rows, columns) float32; is clipped to 0..1.
        strength: 0..1, how much of the effect is blended in.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        float32 in 0..1; `picture` itself for 0.
    """
    if strength == 0:
        return picture
    tiles = _tiles(picture.shape)
    maps = _maps(picture, tiles)
    rows_of, columns_of = (
        _neighbours(length, count)
        for length, count in zip(picture.shape, tiles, strict=True)
    )
    out = np.empty_like(picture) if out is None else out
    for rows in strips(picture.shape):
        out[rows] = _mapped(
            np.clip(picture[rows], 0, 1),
            maps,
            tuple(part[rows] for part in rows_of),
            columns_of,
            strength,
        )
    return out


def _tiles(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of tiles, about square, none without nodes."""
    side = max(shape) / TILES
    rows, columns = (max(1, min(round(length / side), length)) for length in shape)
    return rows, columns


def _maps(picture: np.ndarray, tiles: tuple[int, int]) -> np.ndarray:
    """(tile rows, tile columns, BINS + 1) float32: the new grey at each bin's edge."""
    tile_of, across = (
        ((2 * np.arange(length) + 1) * count) // (2 * length)
        for length, count in zip(picture.shape, tiles, strict=True)
    )
    shares = np.empty((*tiles, BINS))
    for row in range(tiles[0]):
        greys = np.clip(picture[tile_of == row], 0, 1)
        which = np.minimum((greys * np.float32(BINS)).astype(np.intp), BINS - 1)
        which += across * BINS
        counts = np.bincount(which.ravel(), minlength=tiles[1] * BINS)
        shares[row] = counts.reshape(tiles[1], BINS)
    shares /= shares.sum(axis=-1, keepdims=True)
    beyond = len(SOFTENED) // 2
    shares = np.pad(shares, [(0, 0), (0, 0), (beyond, beyond)], mode="edge")
    shares = sum(
        weight * shares[..., by : by + BINS] for by, weight in enumerate(SOFTENED)
    )
    np.minimum(shares, LIMIT / BINS, out=shares)
    # What was cut off is spread over all greys alike.
    shares += (1 - shares.sum(axis=-1, keepdims=True)) / BINS
    maps = np.zeros((*tiles, BINS + 1), np.float32)
    np.cumsum(shares, axis=-1, out=maps[..., 1:])
    return maps


def _neighbours(length: int, tiles: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each node the tiles whose centres lie on either side, and the second's weight."""
    at = (np.arange(length) + 0.5) * (tiles / length) - 0.5
    at = np.clip(at, 0, tiles - 1)
    first = np.minimum(at.astype(np.intp), max(tiles - 2, 0))
    return first, np.minimum(first + 1, tiles - 1), (at - first).astype(np.float32)


def _mapped(
    greys: np.ndarray,
    maps: np.ndarray,
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    strength: float,
) -> np.ndarray:
    """Some rows of the result, bilinear between the maps of the four nearest tiles."""
    upper, lower, weight = rows
    weight = weight[:, None, None]
    # First between the two rows of tiles: that leaves one map per row and tile column.
    tables = maps[upper] * (1 - weight) + maps[lower] * weight
    slopes = np.diff(tables, append=1).ravel()
    row_starts = np.arange(len(greys))[:, None] * (maps.shape[1] * (BINS + 1))
    tables = tables.ravel()

    scaled = greys * np.float32(BINS)
    bins = scaled.astype(np.intp)
    scaled -= bins
    left, right, share = columns
    results = []
    for tile in (left, right):
        places = bins + (row_starts + tile * (BINS + 1))
        result = slopes.take(places)
        result *= scaled
        result += tables.take(places)
        results.append(result)
    equalised = results[0]
    equalised += share * (results[1] - results[0])
    equalised -= greys
    equalised *= np.float32(strength)
    equalised += greys
    return np.clip(equalised, 0, 1, out=equalised)
