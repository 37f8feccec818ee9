"""Cutting the subject out: by the photo's own transparency, or from a plain background.

No weights, no guessing of what a thing is: where the background is not plain it says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from ..problems import N_, WARNING, Problem
from .backdrop import Backdrop, backdrop, shadows, to_lab
from .refused import PhotoRefused

ALPHA, PLAIN, WHOLE = "alpha", "plain", "whole"
# Alpha that differs less than this over the photo was not meant as a mask.
ALPHA_RANGE = 0.1
DECIDE_SIDE_PX = 512
# Share of the border that must look like one background, to believe in it at all, and
# to say nothing about it.
SOME_PLAIN, ALL_PLAIN = 0.75, 0.92
LEAST_TOLERANCE, MOST_TOLERANCE, NOISES = 6.0, 20.0, 4.5
# Parts of the subject beside its largest are as large as this share of it.
PART = 0.1
LEAST_PART = 0.0004  # of the photo
# A hole is one if it is this large and looks quite like the background.
HOLE = 0.002  # of the subject
LEAST_HOLE_PX = 20
HOLE_LIKE = 0.6
NEARLY_ALL, NEARLY_NOTHING = 0.95, 0.005
TOUCHES = 0.03  # of a side
BAND_PX = 3  # of the reduced picture, on both sides of the edge


@dataclass(frozen=True, eq=False)
class CutOut:
    """The subject of a photo.

    Attributes:
        mask: (H, W) float32 in 0..1, how much of each pixel belongs to the subject.
        how: ``alpha``, ``plain`` (from a plain background) or ``whole`` (nothing was cut).
        coverage: share of the photo that is subject, 0 to 1.
        notices: what the owner should know.
    """

    mask: np.ndarray
    how: str
    coverage: float
    notices: tuple[Problem, ...]


def cut_out(
    rgb: np.ndarray, alpha: np.ndarray | None, *, tolerance: float = 0.0
) -> CutOut:
    """Find the subject.

    Where anything is transparent, that decides. Else a plain background is looked for along
    the border, what differs from it is the subject, soft shadows are not, holes through
    which the background is seen stay holes, and the edge follows the picture's own. Without
    a plain background the photo stays whole.

    Args:
        rgb: (H, W, 3) uint8, sRGB.
        alpha: (H, W) float32 in 0..1, or None.
        tolerance: how unlike the background a pixel must be to belong to the subject, as a
            distance in CIE Lab, 1 to 100; 0: found automatically. With one the subject is
            cut out whatever the background looks like.

    Raises:
        PhotoRefused: ``photo.no_subject``.
    """
    if alpha is not None and (np.ptp(alpha) >= ALPHA_RANGE or alpha.max() < ALPHA_RANGE):
        mask = np.asarray(alpha, np.float32)
        if not (mask > 0.5).any():
            raise _no_subject(tolerance)
        return _told(mask, ALPHA, [])
    return _from_background(rgb, float(tolerance))


def _from_background(rgb: np.ndarray, tolerance: float) -> CutOut:
    small = _reduced(rgb)
    lab = ndimage.gaussian_filter(to_lab(small), (0.6, 0.6, 0))
    behind = backdrop(lab)
    notices = [] if behind.share >= ALL_PLAIN else [_not_plain()]
    if behind.share < SOME_PLAIN and not tolerance:
        return CutOut(np.ones(rgb.shape[:2], np.float32), WHOLE, 1.0, tuple(notices))
    threshold = tolerance or float(
        np.clip(NOISES * behind.noise, LEAST_TOLERANCE, MOST_TOLERANCE)
    )
    inside = _subject(lab, behind, threshold)
    if inside is None:
        raise _no_subject(tolerance)
    # Once in small, which mends burrs, and once more about the edge found so.
    better = ndimage.median_filter(_at_full_size(small, small, inside), 3) > 0.5
    inside = better if better.any() else inside
    return _told(_at_full_size(rgb, small, inside), PLAIN, notices)


def _reduced(rgb: np.ndarray) -> np.ndarray:
    rows, columns = rgb.shape[:2]
    shrink = min(1.0, DECIDE_SIDE_PX / max(rows, columns))
    if shrink == 1:
        return rgb
    size = max(1, round(columns * shrink)), max(1, round(rows * shrink))
    image = Image.fromarray(rgb)
    return np.asarray(image.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0))


def _subject(lab: np.ndarray, behind: Backdrop, threshold: float) -> np.ndarray | None:
    """(H, W) bool, None where nothing stands out."""
    distance = np.linalg.norm(lab - behind.lab, axis=2)
    like = distance < threshold
    outside = _reached_from_border(like)
    outside |= shadows(lab, behind, outside)
    inside = ndimage.binary_opening(~outside, np.ones((2, 2)))
    inside = _main_parts(inside & ~_holes(lab, behind, distance, like, inside))
    return inside if inside.any() else None


def _reached_from_border(mask: np.ndarray) -> np.ndarray:
    labels, _ = ndimage.label(mask)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.isin(labels, np.unique(rim[rim > 0]))


def _main_parts(inside: np.ndarray) -> np.ndarray:
    """The largest part and those of about its size."""
    labels, count = ndimage.label(inside, np.ones((3, 3)))
    if not count:
        return inside
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    keep = sizes >= max(PART * sizes.max(), LEAST_PART * inside.size, 4)
    return keep[labels]


def _holes(
    lab: np.ndarray,
    behind: Backdrop,
    distance: np.ndarray,
    like: np.ndarray,
    inside: np.ndarray,
) -> np.ndarray:
    """Where the background is seen through the subject, as through a mug's handle.

    A white belly before a white wall is as much of its colour; but a surface has shading,
    so a hole must keep to the background's own noise over most of its area.
    """
    labels, count = ndimage.label(inside & like)
    if not count:
        return np.zeros_like(inside)
    sizes = np.bincount(labels.ravel())
    close = max(2.5 * behind.noise, 3.0)
    share = np.bincount(labels.ravel(), distance.ravel() < close) / np.maximum(sizes, 1)
    large = sizes >= max(HOLE * inside.sum(), LEAST_HOLE_PX)
    large[0] = False
    found = (large & (share >= HOLE_LIKE))[labels]
    return found | (inside & shadows(lab, behind, found)) if found.any() else found


def _at_full_size(rgb: np.ndarray, small: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The mask at the photo's size, with an edge that lies where the picture's own does.

    In a band about the edge each pixel is a mixture of the subject's and the background's
    colours nearby; its place between the two is how much it belongs to the subject.

    Args:
        rgb: (H, W, 3) uint8.
        small: (h, w, 3) uint8, `rgb` reduced.
        inside: (h, w) bool.
    """
    rows, columns = rgb.shape[:2]
    soft = ndimage.gaussian_filter(inside.astype(np.float32), 0.8)
    smooth = Image.fromarray(soft).resize((columns, rows), Image.Resampling.BICUBIC)
    mask = np.clip(np.array(smooth), 0, 1)
    square = np.ones((2 * BAND_PX + 1, 2 * BAND_PX + 1))
    band = ndimage.binary_dilation(inside, square)
    band &= ~ndimage.binary_erosion(inside, square, border_value=1)
    large = Image.fromarray(band).resize((columns, rows), Image.Resampling.NEAREST)
    at = np.nonzero(np.array(large))
    mask[~np.array(large)] = np.rint(mask[~np.array(large)])
    if not len(at[0]):
        return mask
    here = (
        (at[0] + 0.5) * inside.shape[0] / rows - 0.5,
        (at[1] + 0.5) * inside.shape[1] / columns - 0.5,
    )
    front = _colours_nearby(small, inside, here)
    back = _colours_nearby(small, ~inside, here)
    apart = front - back
    length = (apart * apart).sum(axis=1)
    seen = rgb[at].astype(np.float32) - back
    share = (seen * apart).sum(axis=1) / np.maximum(length, 1)
    # Where the two are hardly told apart the reduced mask knows better.
    trust = np.clip((np.sqrt(length) - 12) / 24, 0, 1)
    share = np.clip(share, 0, 1)
    guess = mask[at]
    share = trust * share + (1 - trust) * guess
    # Nor may it leave what is certain: at the band's rims it goes back to the reduced mask.
    share = np.where(guess > 0.985, 1, np.where(guess < 0.015, 0, share))
    mask[at] = share
    return mask


def _colours_nearby(
    small: np.ndarray, where: np.ndarray, at: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """(n, 3) float32: the mean colour of `where` about each of n places, `at` (row, column).

    What lies deeper inside counts more: along the edge there may be mixtures, sharpening and
    what a JPEG smears over it.
    """
    weight = where * np.float32(1e-4)
    for width, part in ((3, 0.02), (7, 1.0)):
        square = np.ones((width, width))
        weight += part * ndimage.binary_erosion(where, square, border_value=1)
    # Wider means as well, for places to which the narrow one does not reach.
    known = small[where].mean(axis=0, dtype=np.float32) if where.any() else np.zeros(3)
    total = np.full(where.shape, 1e-9, np.float32)
    mean = np.multiply(total[..., None], known, dtype=np.float32)
    for sigma, part in ((2.5, 1.0), (8.0, 1e-3)):
        total += part * ndimage.gaussian_filter(weight, sigma, truncate=3)
        for k in range(3):
            coloured = weight * small[..., k]
            mean[..., k] += part * ndimage.gaussian_filter(coloured, sigma, truncate=3)
    mean /= total[..., None]
    places = np.stack(at)
    parts = [
        ndimage.map_coordinates(mean[..., k], places, order=1, mode="nearest")
        for k in range(3)
    ]
    return np.stack(parts, axis=1)


def _told(mask: np.ndarray, how: str, notices: list[Problem]) -> CutOut:
    coverage = float(mask.mean())
    if coverage > NEARLY_ALL:
        notices.append(
            Problem(
                "photo.cut_nearly_all",
                WARNING,
                N_(
                    "Nearly the whole photo was taken as the subject; raise the tolerance, "
                    "or use a photo before a plain background of another colour."
                ),
                field="solid.tolerance",
            )
        )
    elif coverage < NEARLY_NOTHING:
        notices.append(
            Problem(
                "photo.cut_nearly_nothing",
                WARNING,
                N_(
                    "Only %(percent)s %% of the photo was taken as the subject; crop the "
                    "photo closer to it, or lower the tolerance."
                ),
                {"percent": round(coverage * 100, 2)},
                field="solid.tolerance",
            )
        )
    elif _cut_off(mask):
        notices.append(
            Problem(
                "photo.cut_touches_border",
                WARNING,
                N_(
                    "The subject reaches the edge of the photo and ends there with a "
                    "straight cut; use a photo that shows all of it with some background "
                    "around."
                ),
                field="photo",
            )
        )
    return CutOut(mask, how, coverage, tuple(notices))


def _cut_off(mask: np.ndarray) -> bool:
    """Whether the subject goes on beyond the left, right or upper edge; busts may below."""
    return any(
        np.mean(edge > 0.5) > TOUCHES for edge in (mask[0], mask[:, 0], mask[:, -1])
    )


def _not_plain() -> Problem:
    return Problem(
        "photo.background_not_plain",
        WARNING,
        N_(
            "The background is not plain enough to cut the subject out here; take the photo "
            "before a plain wall or sheet, use a picture with a transparent background, or "
            "choose a generator that cuts out itself."
        ),
        field="solid.cut",
    )


def _no_subject(tolerance: float) -> PhotoRefused:
    if tolerance:
        return PhotoRefused(
            "photo.no_subject",
            N_(
                "With a tolerance of %(tolerance)s nothing of the photo is left as the "
                "subject; lower it, or set it to 0 to have it found."
            ),
            field="solid.tolerance",
            suggest=0,
            tolerance=round(tolerance, 1),
        )
    return PhotoRefused(
        "photo.no_subject",
        N_(
            "Nothing in the photo stands out from its background; use a photo in which the "
            "subject differs from it in colour or brightness."
        ),
        field="photo",
    )
