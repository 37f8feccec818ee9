"""Where the pixels of a photo go: EXIF orientation, turning by quarters, cropping.

All eight orientations are a swap of the axes followed by flips, so one table serves the
EXIF tag and the owner's turns alike. Pure arithmetic, no image library.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

from ..problems import N_
from .refused import PhotoRefused

Box = tuple[int, int, int, int]
Size = tuple[int, int]

# EXIF orientation -> (swap axes, flip x, flip y). A shown pixel (x, y) comes from the
# stored pixel found by swapping first and then flipping along the stored axes.
# Source: Exif 2.32, tag 0x0112: the side of the scene that row 0 and column 0 hold.
STORED = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
UPRIGHT = 1
# A turn clockwise shows the pixels as the EXIF orientation of the same name would.
TURNS = {0: 1, 90: 6, 180: 3, 270: 8}


def shown_size(size_px: Size, orientation: int) -> Size:
    """Size (width, height) after applying an orientation; its own inverse."""
    width, height = size_px
    return (height, width) if STORED[orientation][0] else (width, height)


def stored_box(box: Box, stored_px: Size, orientation: int) -> Box:
    """The part of the stored pixels that is shown as `box` (left, top, right, bottom)."""
    swap, flip_x, flip_y = STORED[orientation]
    left, top, right, bottom = box
    if swap:
        left, top, right, bottom = top, left, bottom, right
    if flip_x:
        left, right = stored_px[0] - right, stored_px[0] - left
    if flip_y:
        top, bottom = stored_px[1] - bottom, stored_px[1] - top
    return left, top, right, bottom


def check_turn(turn_deg: int) -> int:
    """The turn as 0, 90, 180 or 270.

    Raises:
        PhotoRefused: ``photo.turn_invalid``.
    """
    if isinstance(turn_deg, Real) and not isinstance(turn_deg, bool):
        if math.isfinite(turn_deg) and turn_deg % 360 in TURNS:
            return int(turn_deg % 360)
    raise PhotoRefused(
        "photo.turn_invalid",
        N_("A photo can be turned by 0, 90, 180 or 270 degrees; choose one of these."),
        field="photo.turn_deg",
        suggest=0,
    )


def crop_box(size_px: Size, crop: Sequence[float] | None) -> Box:
    """A crop (left, top, right, bottom) in fractions, as whole pixels of the photo.

    Raises:
        PhotoRefused: ``photo.crop_invalid`` unless 0 <= left < right <= 1 and likewise
            top and bottom.
    """
    width, height = size_px
    if crop is None:
        return 0, 0, width, height
    if not _is_crop(crop):
        raise PhotoRefused(
            "photo.crop_invalid",
            N_("The crop lies outside the photo or is empty; draw the frame again."),
            field="photo.crop",
        )
    left, right = _whole_pixels(crop[0], crop[2], width)
    top, bottom = _whole_pixels(crop[1], crop[3], height)
    return left, top, right, bottom


def cropped_size(
    size_px: Size, turn_deg: int = 0, crop: Sequence[float] | None = None
) -> Size:
    """Size (width, height) of what is left of a photo after turning and cropping.

    Args:
        size_px: size of the whole photo after EXIF orientation, as `write_display_copies`
            and `Photo.size_px` give it.
        turn_deg: 0, 90, 180 or 270, clockwise.
        crop: (left, top, right, bottom) as fractions of the turned photo, or None.

    Raises:
        PhotoRefused: ``photo.turn_invalid``, ``photo.crop_invalid``.
    """
    turned = shown_size(size_px, TURNS[check_turn(turn_deg)])
    left, top, right, bottom = crop_box(turned, crop)
    return right - left, bottom - top


def _is_crop(crop: Sequence[float]) -> bool:
    try:
        left, top, right, bottom = (float(edge) for edge in crop)
    except (TypeError, ValueError):
        return False
    # Written so that a NaN anywhere makes it false.
    return 0 <= left < right <= 1 and 0 <= top < bottom <= 1


def _whole_pixels(low: float, high: float, length: int) -> tuple[int, int]:
    start = min(round(low * length), length - 1)
    return start, max(start + 1, round(high * length))
