"""From an opened Pillow image to pixels: alpha, colour spaces, 16 bits, reduction.

All work on the decoded pixels goes in strips of rows, so that besides the decoder's own
buffer only the (reduced) result is held.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from .geometry import STORED, Box
from .sources import ALPHA, BLUE, BRIGHTNESS, DEPTH, GREEN, RED

# ITU-R BT.709-6, 3.2: luma from the gamma-encoded R, G, B.
LUMA = (0.2126, 0.7152, 0.0722)
STRIP_PX = 1 << 18
ALPHA_MODES = ("RGBA", "LA", "PA", "La", "RGBa")
CHANNELS = {RED: "R", GREEN: "G", BLUE: "B"}
FINE_MODES = ("I", "F")  # and all that start with "I;16"
# Averaging whole blocks is cheap; the good filter has at least this left to do.
FILTERED_SHRINK = 1.5


@dataclass(frozen=True, eq=False)
class Pixels:
    """What was read, sRGB-encoded.

    Attributes:
        values: (H, W) float32 in 0..1, or in colour (H, W, 3) uint8.
        transparent: whether any pixel let the background behind it through.
        alpha: (H, W) float32, how much each pixel covers; None unless it was asked for and
            `transparent`.
    """

    values: np.ndarray
    transparent: bool
    alpha: np.ndarray | None = None


def has_more_bits(image: Image.Image) -> bool:
    """Whether the file, of which only the header was read, is finer than Pillow's pixels.

    Of colours, and of greys with alpha, Pillow gives 8 bits whatever the file holds.
    """
    if is_fine(image):
        return False
    if image.format == "TIFF":
        return max(image.tag_v2.get(258, (8,))) > 8  # TIFF 6.0: BitsPerSample
    # Such as "RGB;16B": how the decoder of a PNG is told to drop the lower half.
    return image.format == "PNG" and any(";16B" in str(tile[3]) for tile in image.tile)


def is_fine(image: Image.Image) -> bool:
    """Whether the pixels carry more than 8 bits that Pillow can give us (greys only)."""
    return image.mode in FINE_MODES or image.mode.startswith("I;16")


def draft(image: Image.Image, box: Box, max_side_px: int | None) -> float:
    """Ask a JPEG decoder for fewer pixels before it starts, where that is enough.

    Returns:
        Stored pixels per pixel that the decoder will now give: 1, 2, 4 or 8.
    """
    side = max(box[2] - box[0], box[3] - box[1])
    if max_side_px is None or side <= max_side_px or image.format not in ("JPEG", "MPO"):
        return 1
    full = image.size
    wanted = tuple(math.ceil(length * max_side_px / side) for length in full)
    drafted = image.draft(image.mode, wanted)
    return full[0] / drafted[1][2] if drafted else 1


def read(
    image: Image.Image,
    box: Box,
    scale: float = 1,
    max_side_px: int | None = None,
    *,
    source: str = BRIGHTNESS,
    colour: bool = False,
    with_alpha: bool = False,
) -> Pixels:
    """Pixels of `box` before a background, the longer side reduced to `max_side_px`.

    Without a reduction the pixels are the photo's own, untouched. With one, whole blocks
    are averaged first, then a Hamming filter does the rest: it has no negative lobes, so
    that an edge gets no halo that would become a ridge.

    Args:
        image: decoded image.
        box: (left, top, right, bottom) in stored pixels before `draft`.
        scale: what `draft` returned.
        max_side_px: None for no reduction.
        source: which greys, one of `SOURCES`. The background is white, for a depth map
            black: nothing is there, so it is far away.
        colour: whether colours are wanted rather than greys.
        with_alpha: whether the alpha is wanted beside them.
    """
    wide, high = box[2] - box[0], box[3] - box[1]
    part = [edge / scale for edge in box]
    left, top = math.floor(part[0]), math.floor(part[1])
    right = min(math.ceil(part[2]), image.size[0])
    bottom = min(math.ceil(part[3]), image.size[1])
    block = 1
    if max_side_px:
        shrink = max(wide, high) / scale / max_side_px
        block = max(1, math.floor(shrink / FILTERED_SHRINK))

    cut = _cutter(image, source, colour)
    shape = (math.ceil((bottom - top) / block), math.ceil((right - left) / block))
    if colour:
        values = np.empty((*shape, 3), np.uint8)
    else:
        values = np.empty(shape, np.float32)
    alpha, transparent = None, False
    rows = max(block, STRIP_PX // (right - left) // block * block)
    for start in range(top, bottom, rows):
        stop = min(start + rows, bottom)
        strip, cover = cut(image.crop((left, start, right, stop)))
        first = (start - top) // block
        strip = _block_mean(strip, block)
        values[first : first + len(strip)] = strip
        if cover is not None:
            transparent = True
        if cover is not None and with_alpha:
            if alpha is None:
                alpha = np.ones(shape, np.float32)
            alpha[first : first + len(strip)] = _block_mean(cover, block)

    if max_side_px and max_side_px < max(wide, high):
        shrink = max_side_px / max(wide, high)
        size = (max(1, round(wide * shrink)), max(1, round(high * shrink)))
        inner = (
            (part[0] - left) / block,
            (part[1] - top) / block,
            min((part[2] - left) / block, shape[1]),
            min((part[3] - top) / block, shape[0]),
        )
        values = _resize(values, size, inner)
        if alpha is not None:
            alpha = _resize(alpha, size, inner)
    return Pixels(values, transparent, alpha)


def orient(values: np.ndarray, orientation: int) -> np.ndarray:
    """Stored pixels as they are to be shown; colours may follow as the last axis."""
    swap, flip_x, flip_y = STORED[orientation]
    values = values[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    return np.ascontiguousarray(values.swapaxes(0, 1) if swap else values)


def _block_mean(values: np.ndarray, block: int) -> np.ndarray:
    if block == 1:
        return values
    rows, columns = values.shape[:2]
    short = ((0, -rows % block), (0, -columns % block), (0, 0))
    values = np.pad(values, short[: values.ndim], mode="edge")
    rows, columns = values.shape[0] // block, values.shape[1] // block
    blocks = values.reshape(rows, block, columns, block, *values.shape[2:])
    mean = blocks.mean(axis=(1, 3), dtype=np.float32)
    return mean if values.dtype == np.float32 else np.rint(mean).astype(values.dtype)


def _resize(
    values: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float]
) -> np.ndarray:
    image = Image.fromarray(values)
    done = np.array(image.resize(size, Image.Resampling.HAMMING, box=box))
    # The filter's weights may sum to a hair over 1.
    return done if done.dtype == np.uint8 else np.clip(done, 0, 1, out=done)


# A strip of the picture -> its values, and (H, W) float32 coverage where it is see-through.
Cut = Callable[[Image.Image], tuple[np.ndarray, np.ndarray | None]]


def _cutter(image: Image.Image, source: str, colour: bool) -> Cut:
    """How a strip becomes values before the background."""
    if is_fine(image):
        return _fine_cutter(image, colour)
    # A depth map's numbers are distances: no profile may bend them.
    profile = None if source == DEPTH else _to_srgb(image)
    background = 0 if source == DEPTH else 1

    def cut(part: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
        cover = None
        if part.mode in ALPHA_MODES or "transparency" in part.info:
            part = part.convert("RGBA")
            eight_bit = np.asarray(part.getchannel("A"))
            if (eight_bit < 255).any():
                cover = eight_bit * np.float32(1 / 255)
        if source == ALPHA:
            opaque = np.ones(part.size[::-1], np.float32)
            return opaque if cover is None else cover, cover
        if profile is not None:
            part = profile(part)
        else:
            part = part.convert("L" if part.mode in ("1", "L") and not colour else "RGB")
        if colour:
            if cover is not None:
                white = Image.new("RGB", part.size, "white")
                white.paste(part, mask=Image.fromarray(eight_bit))
                part = white
            return np.asarray(part), cover
        if source in CHANNELS and part.mode == "RGB":
            part = part.getchannel(CHANNELS[source])
        grey = _grey(np.asarray(part))
        if cover is not None:
            grey = grey * cover + (1 - cover) * background
        return grey, cover

    return cut


def _grey(eight_bit: np.ndarray) -> np.ndarray:
    if eight_bit.ndim == 2:
        return eight_bit * np.float32(1 / 255)
    grey = eight_bit[..., 0] * np.float32(LUMA[0] / 255)
    for channel in (1, 2):
        grey += eight_bit[..., channel] * np.float32(LUMA[channel] / 255)
    # The three rounded weights may sum to a hair over 1.
    return np.minimum(grey, 1, out=grey)


def _fine_cutter(image: Image.Image, colour: bool) -> Cut:
    """Greys of more than 8 bits; Pillow's own conversion would clip them to white.

    Integers up to 65535 keep their place on that scale (12-bit TIFFs on theirs). 32-bit
    values have no white point: floats within 0..1 are taken as they are, everything
    else (depth maps in millimetres, scientific pictures) is stretched between its own
    least and greatest value.
    """
    low, high = 0.0, 65535.0
    if image.mode.startswith("I;16"):
        tags = getattr(image, "tag_v2", {})
        if tags.get(258, (16,))[0] == 12:
            high = 4095.0
        # TIFF 6.0, PhotometricInterpretation 0: white is zero; Pillow minds it in 8 bits.
        if tags.get(262) == 0:
            low, high = high, 0.0
    else:
        values = np.asarray(image)
        values = values[np.isfinite(values)]
        least = float(values.min()) if values.size else 0.0
        most = float(values.max()) if values.size else 0.0
        if image.mode == "F" and least >= 0 and most <= 1:
            low, high = 0.0, 1.0
        elif image.mode == "F" or least < 0 or most > 65535:
            low, high = least, most
    span = (high - low) or 1.0

    def cut(part: Image.Image) -> tuple[np.ndarray, None]:
        values = np.nan_to_num(np.asarray(part), nan=low, posinf=high, neginf=low)
        grey = np.clip((values - low) / span, 0, 1).astype(np.float32)
        if colour:
            eight_bit = np.rint(grey * 255).astype(np.uint8)
            return np.repeat(eight_bit[..., None], 3, axis=2), None
        return grey, None

    return cut


def _to_srgb(image: Image.Image) -> Callable[[Image.Image], Image.Image] | None:
    """A conversion through the photo's own ICC profile; None where sRGB may be assumed.

    A profile that is broken or does not belong to the pixels is ignored, as browsers do.
    """
    icc: Any = image.info.get("icc_profile")
    if not icc:
        return None
    try:
        from PIL import ImageCms
    except ImportError:
        return None
    mode = {"L": "L", "CMYK": "CMYK"}.get(image.mode, "RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        transform = ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), mode, "RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return lambda part: ImageCms.applyTransform(part.convert(mode), transform)
