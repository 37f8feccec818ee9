"""What is behind the subject: colours, a smooth model of a plain background, its shadows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

# sRGB to XYZ and the white of D65: IEC 61966-2-1, annex; the rows divided by that white.
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
) / np.array([[0.95047], [1.0], [1.08883]])
_LINEAR = np.arange(256) / 255
_LINEAR = np.where(
    _LINEAR <= 0.04045, _LINEAR / 12.92, ((_LINEAR + 0.055) / 1.055) ** 2.4
).astype(np.float32)

RING = 0.03  # of the shorter side: what is looked at along the border
LOWER_SIDES = 0.6  # y, -1 on top: below this a bust's shoulders may reach the sides
ROUNDS = 12
LEAST_NOISE = 0.4  # Lab; a drawing has none
# A 3-dimensional normal distribution has half of its lengths below this many sigmas.
MEDIAN_LENGTH = 1.538
LIKE_NOISES, LIKE_LEAST, LIKE_MOST = 5.0, 6.0, 12.0
# Shadows: darker down to this share of the light, in the same colour, without edges.
DEEPEST_SHADOW = 0.15
SHADOW_COLOUR = 7.0  # Lab, across the direction in which a shadow goes
STEEP = 2.2  # Lab per pixel


@dataclass(frozen=True, eq=False)
class Backdrop:
    """A plain background, as far as there is one.

    Attributes:
        lab: (H, W, 3) float32, the colour it has, or would have behind the subject.
        noise: standard deviation of its colours about that, in Lab, one channel.
        share: how much of the picture's upper, left and right border looks like it, 0 to 1;
            along the lower one many a subject stands.
    """

    lab: np.ndarray
    noise: float
    share: float


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b* of sRGB (CIE 015:2018, 8.2.1), D65.

    Args:
        rgb: (..., 3) uint8.

    Returns:
        (..., 3) float32.
    """
    xyz = _LINEAR[rgb] @ _TO_XYZ.T.astype(np.float32)
    small = xyz <= (6 / 29) ** 3
    bent = np.where(small, xyz * (29 / 6) ** 2 / 3 + 4 / 29, np.cbrt(xyz))
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def backdrop(lab: np.ndarray) -> Backdrop:
    """Fit a smooth surface to the colours along the picture's border.

    Of the second order in both directions, so that light from one side and darker corners
    are part of it. What does not fit (the subject, where it reaches the border) counts less
    and less: iteratively reweighted least squares with the weights of Geman and McClure
    (Bulletin of the International Statistical Institute 52, 1987).

    Args:
        lab: (H, W, 3).
    """
    rows, columns = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    wide = max(2, round(RING * min(rows, columns)))
    ring = np.ones((rows, columns), bool)
    ring[wide:-wide, wide:-wide] = False
    terms = _terms(x[ring], y[ring])
    colours = lab[ring].astype(np.float64)

    off = np.linalg.norm(colours - _commonest(colours), axis=1)
    # Curvature is only believed where much of the border speaks for it.
    stiff = np.diag([0, 0, 0, 1, 1, 1]) * (0.01 * len(colours))
    for _ in range(ROUNDS):
        scale = max(np.median(off), LEAST_NOISE) * 2
        weights = 1 / (1 + (off / min(scale, LIKE_MOST)) ** 2) ** 2
        weighted = terms * weights[:, None]
        surface = np.linalg.solve(terms.T @ weighted + stiff, weighted.T @ colours)
        off = np.linalg.norm(colours - terms @ surface, axis=1)

    near = off < LIKE_MOST
    noise = np.median(off[near]) / MEDIAN_LENGTH if near.any() else LIKE_MOST
    noise = max(float(noise), LEAST_NOISE)
    like = np.clip(LIKE_NOISES * noise, LIKE_LEAST, LIKE_MOST)
    whole = _terms(x.ravel(), y.ravel()) @ surface
    above = (np.nonzero(ring)[0] < rows - wide) & (y[ring] < LOWER_SIDES)
    share = float(np.mean(off[above] < like))
    return Backdrop(whole.reshape(lab.shape).astype(np.float32), noise, share)


def _terms(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    one = np.ones_like(x)
    return np.stack((one, x, y, x * x, x * y, y * y), axis=1).astype(np.float64)


def _commonest(colours: np.ndarray) -> np.ndarray:
    """The middle of those colours of which there are most, in boxes of 8 Lab."""
    boxes = np.floor(colours / 8).astype(np.int64)
    _, which, counts = np.unique(boxes, axis=0, return_inverse=True, return_counts=True)
    return np.median(colours[which.reshape(-1) == counts.argmax()], axis=0)


def shadows(lab: np.ndarray, behind: Backdrop, certain: np.ndarray) -> np.ndarray:
    """Where the background is only darker, by a shadow that begins softly.

    A shadow leaves a colour's chromaticity as it is: in linear light it multiplies, and
    since Lab's three are cube roots of such, it scales L* + 16, a* and b* alike (Salvador,
    Cavallaro and Ebrahimi, Computer Vision and Image Understanding 95, 2004, for the
    assumption). A grey subject does the same to a grey background, but begins with an edge;
    so a shadow is only followed from the background over colours without steep steps.

    Args:
        lab: (H, W, 3).
        behind: the background.
        certain: (H, W) bool, where it shows.

    Returns:
        (H, W) bool, without `certain`.
    """
    offset = np.array([16, 0, 0], np.float32)
    base, seen = behind.lab + offset, lab + offset
    scale = (seen * base).sum(axis=2) / np.maximum((base * base).sum(axis=2), 1e-6)
    across = np.linalg.norm(seen - scale[..., None] * base, axis=2)
    deepest = DEEPEST_SHADOW ** (1 / 3)
    # Bounced light tints shadows a little, more so the deeper they are.
    candidate = (scale > deepest) & (scale < 1) & (across < SHADOW_COLOUR)
    smooth = ndimage.gaussian_filter(lab, (1.2, 1.2, 0))
    steps = [ndimage.sobel(smooth[..., k], axis) for k in range(3) for axis in (0, 1)]
    steep = np.sqrt(sum(step * step for step in steps)) / 8
    passable = candidate & (steep < max(STEEP, behind.noise))
    # Two pixels wide at least, not through every gap in an outline.
    ways = ndimage.binary_erosion(passable | certain, np.ones((3, 3)), border_value=1)
    labels, _ = ndimage.label(ways)
    reached = np.unique(labels[certain & ways])
    reached = np.isin(labels, reached[reached > 0])
    reached = ndimage.binary_dilation(reached, np.ones((3, 3)))
    return reached & candidate & ~certain
