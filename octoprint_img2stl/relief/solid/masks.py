"""Which part of the photo is its subject, and how far a place is from the subject's rim."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ...problems import N_
from ..refused import ReliefRefused
from ..settings import ReliefSettings
from ..shapes.canvas import Canvas
from .components import without_specks
from .distance import signed_distance
from .raster import Raster, RasterField

# Share of the photo's pixels below which a part, or a hole, is noise.
SPECK = 0.001
# Alpha that differs less than this over the photo was not meant as a mask.
ALPHA_RANGE = 0.1
GREYS = 256
# Pixels along the longer side of a mask and the canvas around it.
MAX_SIDE = 800


def subject_mask(
    grey: np.ndarray, alpha: np.ndarray | None, settings: ReliefSettings
) -> np.ndarray:
    """How much of each pixel belongs to the subject.

    `settings.subject` says what the subject is: ``alpha``, what is less transparent than
    `settings.subject_threshold`; ``dark`` or ``bright``, what is darker or brighter than
    it; ``auto``, alpha where there is any, else that side of Otsu's threshold (IEEE
    Transactions on Systems, Man, and Cybernetics 9, 1979) that is less at the photo's
    edge. Parts and holes below a thousandth of the photo are removed.

    Args:
        grey: (H, W) in 0..1.
        alpha: (H, W) in 0..1, or None for a photo without transparency.

    Returns:
        (H, W) float32 in 0..1; the subject's rim is where it is 0.5.

    Raises:
        ReliefRefused: ``relief.no_alpha``, ``relief.no_subject``.
    """
    transparent = alpha is not None and np.ptp(alpha) >= ALPHA_RANGE
    subject, threshold = settings.subject, settings.subject_threshold
    if subject == "alpha" and not transparent:
        raise ReliefRefused(
            "relief.no_alpha",
            N_(
                "The photo has no transparent background; choose the dark or the bright "
                "part as the subject."
            ),
            field="relief.subject",
            suggest="auto",
        )
    if subject == "auto" and transparent:
        subject = "alpha"
    elif subject == "auto":
        threshold = otsu_threshold(grey)
        rim = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
        subject = "bright" if np.mean(rim > threshold) < 0.5 else "dark"

    values = alpha if subject == "alpha" else grey
    above = np.asarray(values, np.float32) - np.float32(threshold)
    if subject == "dark":
        above = -above
    # Not steeper than this, or greys would be cut off and the rim be less smooth.
    mask = 0.5 + above / np.float32(2 * max(threshold, 1 - threshold))
    inside = mask > 0.5
    clean = without_specks(inside, SPECK * inside.size)
    if not clean.any() or clean.all():
        raise _no_subject(grey, settings)
    mask[clean & ~inside] = 1
    mask[inside & ~clean] = 0
    return np.clip(mask, 0, 1)


def otsu_threshold(grey: np.ndarray) -> float:
    """The grey that parts dark from bright with the greatest variance between the two.

    In the middle of all greys that part them equally well.
    """
    shades = np.clip(grey * (GREYS - 1), 0, GREYS - 1).round().astype(np.intp)
    counts = np.bincount(shades.ravel(), minlength=GREYS) / grey.size
    below = np.cumsum(counts)[:-1]
    sums = np.cumsum(counts * np.arange(GREYS))
    apart = (sums[-1] * below - sums[:-1]) ** 2
    spread = below * (1 - below)
    variance = np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 1e-12)
    best = np.flatnonzero(variance >= variance.max() * (1 - 1e-9))
    return float((best.mean() + 0.5) / (GREYS - 1))


def _no_subject(grey: np.ndarray, settings: ReliefSettings) -> ReliefRefused:
    if settings.subject in ("dark", "bright") and np.ptp(grey) > 0:
        better = round(otsu_threshold(grey), 2)
        return ReliefRefused(
            "relief.no_subject",
            N_(
                "At a threshold of %(threshold)s all or nothing of the photo is the "
                "subject; set it to about %(better)s."
            ),
            field="relief.subject_threshold",
            suggest=better,
            threshold=round(settings.subject_threshold, 2),
            better=better,
        )
    return ReliefRefused(
        "relief.no_subject",
        N_(
            "No subject stands out from the background of the photo; choose which part of "
            "it is meant, or another shape."
        ),
        field="relief.subject",
    )


def mask_field(mask: np.ndarray, canvas: Canvas) -> RasterField:
    """How far places on the canvas are from the subject's rim, mm, positive inside.

    The mask covers `canvas.picture` edge to edge; all beyond it is no subject.

    Args:
        mask: (H, W) in 0..1, as `subject_mask` gives it.
    """
    left, bottom, right, top = canvas.picture
    size = right - left, top - bottom
    # Distances are exact over the canvas only if the raster covers it.
    pads = (
        max(0.0, left + canvas.width / 2),
        max(0.0, canvas.width / 2 - right),
        max(0.0, canvas.depth / 2 - top),
        max(0.0, bottom + canvas.depth / 2),
    )
    whole = size[0] + pads[0] + pads[1], size[1] + pads[2] + pads[3]
    per_mm = min(
        max(mask.shape[1] / size[0], mask.shape[0] / size[1]), MAX_SIDE / max(whole)
    )
    pixels = [max(2, round(length * per_mm)) for length in size]
    pitch = size[0] / pixels[0], size[1] / pixels[1]
    image = Image.fromarray(np.asarray(mask, np.float32))
    level = np.asarray(image.resize(tuple(pixels), Image.Resampling.HAMMING))
    # Two more, so that the subject ends where the picture ends.
    before = [2 + round(pads[0] / pitch[0]), 2 + round(pads[2] / pitch[1])]
    after = [2 + round(pads[1] / pitch[0]), 2 + round(pads[3] / pitch[1])]
    level = np.pad(level, [(before[1], after[1]), (before[0], after[0])])
    level = softened(level) - np.float32(0.5)
    raster = Raster(
        left + (0.5 - before[0]) * pitch[0],
        top - (0.5 - before[1]) * pitch[1],
        pitch,
        level.shape,
    )
    return RasterField(raster, signed_distance(level, pitch))


def softened(coverage: np.ndarray) -> np.ndarray:
    """Coverage blurred with the binomial 1 2 1, the outermost pixels left as they are.

    The 0.5 line of plain coverage wriggles by up to 0.14 pixels along a slanted edge,
    that of blurred coverage by a few hundredths.
    """
    soft = np.array(coverage, np.float32)
    # Rows, then columns of the result.
    for view in (soft, soft.T):
        before = view.copy()
        view[1:-1] = (before[:-2] + before[2:]) / 4 + before[1:-1] / 2
    return soft
