"""Greys to greys, the same everywhere: levels, gamma, contrast and a curve; the histogram.

Values outside 0..1 are kept where the operation has a meaning for them (levels and
contrast), so that a later one may bring them back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .strips import strips

# Share of the greys that automatic levels may clip at either end.
CLIPPED = 0.005
# Five of 255 grey levels: what varies less is a blank sheet and its noise, not a picture.
LEAST_RANGE = 0.02
# Every how many rows and columns the limit of a tail is guessed from, and the share of
# the nodes expected below it.
GUESS_STEP = 8
GUESSED = 0.02
# Straight pieces of a curve.
PIECES = 4095


def auto_levels(picture: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """Put the darkest and the brightest of the greys, but for `CLIPPED`, at 0 and 1.

    Args:
        picture: (rows, columns) float32.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        `picture` itself if its greys vary by less than `LEAST_RANGE`.
    """
    rank = round(CLIPPED * (picture.size - 1))
    low = _extreme(picture, rank, brightest=False)
    high = _extreme(picture, rank, brightest=True)
    if high - low < LEAST_RANGE:
        return picture
    return _stretched(picture, low, high, out)


def levels(
    picture: np.ndarray, black: float, white: float, *, out: np.ndarray | None = None
) -> np.ndarray:
    """Put the greys `black` and `white` at 0 and 1.

    A white not above black is taken for one just above it: what is brighter becomes
    white, all else black.

    Args:
        picture: (rows, columns) float32.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        `picture` itself for 0 and 1.
    """
    if (black, white) == (0, 1):
        return picture
    return _stretched(picture, black, max(white, black + 1e-6), out)


def gamma(
    picture: np.ndarray, gamma: float, *, out: np.ndarray | None = None
) -> np.ndarray:
    """Greys to the power of 1 / gamma, after a clip to 0..1: above 1 mid greys brighten.

    Args:
        picture: (rows, columns) float32.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        `picture` itself for 1.
    """
    if gamma == 1:
        return picture
    out = np.clip(picture, 0, 1, out=out)
    return np.power(out, np.float32(1 / gamma), out=out)


def contrast(
    picture: np.ndarray, factor: float, *, out: np.ndarray | None = None
) -> np.ndarray:
    """Multiply the distance from mid grey.

    Args:
        picture: (rows, columns) float32.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        `picture` itself for 1.
    """
    if factor == 1:
        return picture
    out = np.subtract(picture, np.float32(0.5), out=out)
    out *= np.float32(factor)
    out += np.float32(0.5)
    return out


def clipped(picture: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """Limit the greys to 0..1.

    Args:
        picture: (rows, columns) float32.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        `picture` itself if there is nothing to do.
    """
    if picture.min() >= 0 and picture.max() <= 1:
        return picture
    return np.clip(picture, 0, 1, out=out)


def curve(
    picture: np.ndarray,
    points: Sequence[Sequence[float]] | None,
    *,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """A smooth curve through the owner's points.

    It is looked up in a table of straight pieces, between which it is linear, so that it
    makes no steps in a picture of more than 8 bits.

    Args:
        picture: (rows, columns) float32; is clipped to 0..1.
        points: at least two [x, y] in 0..1, x rising; see `curve_at`. None for none.
        out: where to put the result, may be `picture`; None for a new array.

    Returns:
        `picture` itself without points.
    """
    if not points:
        return picture
    table = curve_at(points, np.linspace(0, 1, PIECES + 1)).astype(np.float32)
    # A last, level piece, for greys of exactly 1.
    slopes = np.diff(table, append=table[-1])
    out = np.empty_like(picture) if out is None else out
    for rows in strips(picture.shape):
        at = np.clip(picture[rows], 0, 1)
        at *= np.float32(PIECES)
        pieces = at.astype(np.intp)
        at -= pieces
        at *= slopes.take(pieces)
        at += table.take(pieces)
        out[rows] = at
    return out


def curve_at(points: Sequence[Sequence[float]], x: np.ndarray) -> np.ndarray:
    """The monotone piecewise cubic curve of Fritsch and Carlson, SIAM J. Numer. Anal. 17 (1980).

    It rises only where the points do and never goes beyond them: their method 3b, a limit
    on the tangents at both ends of every piece. Before the first point and after the last
    it is level.

    Args:
        points: at least two [x, y], x rising.
        x: any shape.

    Returns:
        float64, like x.
    """
    at, values = np.asarray(points, np.float64).T
    widths = np.diff(at)
    secants = np.diff(values) / widths
    tangents = np.concatenate(
        [secants[:1], (secants[:-1] + secants[1:]) / 2, secants[-1:]]
    )
    # Level at every point where the rise ends, turns or pauses.
    tangents[1:-1][secants[:-1] * secants[1:] <= 0] = 0
    for piece, secant in enumerate(secants):
        if secant == 0:
            tangents[piece : piece + 2] = 0
            continue
        left, right = tangents[piece : piece + 2] / secant
        steep = np.hypot(left, right)
        if steep > 3:
            tangents[piece : piece + 2] *= 3 / steep
    x = np.clip(x, at[0], at[-1])
    piece = np.clip(np.searchsorted(at, x, side="right") - 1, 0, len(secants) - 1)
    width = widths[piece]
    t = (x - at[piece]) / width
    return (
        values[piece] * (1 + 2 * t) * (1 - t) ** 2
        + values[piece + 1] * t**2 * (3 - 2 * t)
        + width
        * (tangents[piece] * t * (1 - t) ** 2 - tangents[piece + 1] * t**2 * (1 - t))
    )


def histogram(picture: np.ndarray, bins: int = 64) -> list[float]:
    """The share of the nodes in each of `bins` equal parts of 0..1, darkest first.

    Greys outside count for the first or the last.
    """
    counts = np.zeros(bins, np.int64)
    for rows in strips(picture.shape):
        # Clipped as floats: an integer cannot hold whatever a float can.
        which = np.clip(picture[rows] * np.float32(bins), 0, bins - 1).astype(np.intp)
        counts += np.bincount(which.ravel(), minlength=bins)
    return (counts / picture.size).tolist()


def _stretched(
    picture: np.ndarray, low: float, high: float, out: np.ndarray | None
) -> np.ndarray:
    out = np.subtract(picture, np.float32(low), out=out)
    out /= np.float32(high - low)
    return out


def _extreme(picture: np.ndarray, rank: int, *, brightest: bool) -> float:
    """The grey beyond which `rank` nodes lie, without a sorted copy of all of them."""
    sample = picture[::GUESS_STEP, ::GUESS_STEP]
    guess = np.quantile(sample, 1 - GUESSED if brightest else GUESSED)
    tail = picture[picture >= guess if brightest else picture <= guess]
    if len(tail) <= rank:
        tail = picture.ravel()
    place = len(tail) - 1 - rank if brightest else rank
    return float(np.partition(tail, place)[place])
