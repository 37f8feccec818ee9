"""A photo as it leaves for a generator: upright, in sRGB, cut out, nothing but pixels.

What the camera wrote beside them (place, time, serial number, preview) stays here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from ..problems import Problem
from .cutout import ALPHA, PLAIN, WHOLE, CutOut, cut_out
from .open import open_colours, save_whole

MAX_SIDE_PX = 2048
AUTO, KEEP = "auto", "keep"
JPEG = {"format": "JPEG", "quality": 92}
PNG = {"format": "PNG", "compress_level": 4}
CLEAR = 255  # colour of what is wholly transparent
SOLID = 0.97  # coverage from which a pixel's colour is the subject's own


@dataclass(frozen=True)
class Outgoing:
    """A photo that was written.

    Attributes:
        path: the file, ``.png`` with transparency or ``.jpg``.
        size_px: (width, height).
        has_alpha: whether the subject was cut out.
        how: as in `CutOut`; ``whole`` where the photo was left as it is.
        coverage: share of it that is subject, 0 to 1.
        notices: what the owner should know.
    """

    path: Path
    size_px: tuple[int, int]
    has_alpha: bool
    how: str
    coverage: float
    notices: tuple[Problem, ...]


def write_outgoing(
    source: str | os.PathLike[str],
    stem: str | os.PathLike[str],
    *,
    turn_deg: int = 0,
    crop: Sequence[float] | None = None,
    cut: str = AUTO,
    tolerance: float = 0.0,
    max_side_px: int = MAX_SIDE_PX,
) -> Outgoing:
    """Write a photo for a generator, whole or not at all.

    Args:
        source: the file that was uploaded.
        stem: where to write, without an ending: ``.png`` or ``.jpg`` is added, and a file
            with the other of the two is removed.
        turn_deg, crop: as for `open_photo`.
        cut: ``auto`` cuts the subject out, where that is possible; ``keep`` leaves the photo
            whole, on white where it is transparent.
        tolerance: as for `cut_out`.
        max_side_px: the longer side is reduced to at most this.

    Raises:
        PhotoRefused: as `open_photo` and `cut_out`.
    """
    photo = open_colours(source, turn_deg=turn_deg, crop=crop, max_side_px=max_side_px)
    size_px = (photo.rgb.shape[1], photo.rgb.shape[0])
    found = CutOut(np.ones((0, 0), np.float32), WHOLE, 1.0, ())
    if cut != KEEP:
        found = cut_out(photo.rgb, photo.alpha, tolerance=tolerance)
    has_alpha = found.how != WHOLE
    stem = Path(stem)
    path = stem.with_name(stem.name + (".png" if has_alpha else ".jpg"))
    if has_alpha:
        save_whole(Image.fromarray(_cut(photo.rgb, found)), path, **PNG)
    else:
        save_whole(Image.fromarray(photo.rgb), path, **JPEG)
    other = stem.with_name(stem.name + (".jpg" if has_alpha else ".png"))
    other.unlink(missing_ok=True)
    notices = tuple(
        notice
        for notice in (*photo.notices, *found.notices)
        if notice.code != "photo.transparent"  # here it says what the subject is
    )
    return Outgoing(path, size_px, has_alpha, found.how, found.coverage, notices)


def read_mask(path: str | os.PathLike[str]) -> np.ndarray:
    """(H, W) float32 in 0..1 of a file that `write_outgoing` wrote: all 1 without alpha."""
    with Image.open(path, formats=("PNG", "JPEG")) as image:
        if image.mode != "RGBA":
            return np.ones((image.height, image.width), np.float32)
        return np.asarray(image.getchannel("A")) * np.float32(1 / 255)


def _cut(rgb: np.ndarray, found: CutOut) -> np.ndarray:
    """(H, W, 4) uint8, the subject's colours without the background's at its edge."""
    cover = np.rint(found.mask * 255).astype(np.uint8)
    cut = np.dstack((rgb, cover))
    cut[cover == 0, :3] = CLEAR
    edge = np.nonzero((cover > 0) & (found.mask < SOLID))
    if not len(edge[0]):
        return cut
    if found.how == ALPHA:
        # The colours stand on white: take it out again.
        part = found.mask[edge][:, None]
        own = (rgb[edge] - (1 - part) * 255) / np.maximum(part, 1 / 255)
    elif found.how == PLAIN:
        own = _own_colours(rgb, found.mask, edge)
    cut[(*edge, slice(3))] = np.clip(np.rint(own), 0, 255)
    return cut


def _own_colours(
    rgb: np.ndarray, mask: np.ndarray, edge: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """(n, 3) float32: at the edge the mean colour of the subject's solid pixels nearby."""
    solid = mask >= SOLID
    own = rgb[edge].astype(np.float32)
    for width in (15, 5):  # the nearer ones, where there are any, have the last word
        weight = ndimage.uniform_filter(solid.astype(np.float32), width)[edge]
        known = weight > 0.5 / width**2
        for k in range(3):
            values = np.where(solid, rgb[..., k], 0).astype(np.float32)
            mean = ndimage.uniform_filter(values, width)[edge]
            own[known, k] = mean[known] / weight[known]
    return own
