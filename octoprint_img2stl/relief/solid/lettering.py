"""A line of text as a field. Needs numpy and Pillow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .distance import signed_distance
from .masks import softened
from .raster import Raster, RasterField

# Pixels of a font's size (em) when it is measured, and when characters are compared.
MEASURED_PX, COMPARED_PX = 400, 64
# Pixels in the height of a capital: with the soft rims of FreeType's exact coverage their
# outlines are true to a fiftieth of a pixel or so. Long lines get fewer.
CAPITAL_PX = 120
MAX_PIXELS = 2_000_000
FINEST = 0.02
# No character has this code: what a font draws for it, it draws for all that it lacks.
NO_CHARACTER = "\U0010ffff"
# Share of the letters' area that may be thinner than asked: corners always are, and the
# tips of strokes.
THIN_SHARE = 0.15
# Between the shares measured at one size and at another.
ROUNDING = 0.01
ROOM = 4


@dataclass(frozen=True)
class Line:
    """A line of text in one font, in heights of a capital.

    Attributes:
        text, path: what, and the font's file.
        width: of the ink.
        low, high: lower and upper end of the ink above the base line; at least those of
            a capital.
    """

    text: str
    path: Path
    width: float
    low: float
    high: float

    @classmethod
    def of(cls, text: str, path: Path) -> Line:
        """Measure a text whose characters the font has; `text` has some ink.

        Raises:
            OSError: a font that cannot be read.
        """
        capital = _capital(path)
        ink, base = _drawn(text, _font(path, MEASURED_PX))
        return cls(
            text=text,
            path=path,
            width=ink.width / capital,
            low=min(0.0, (base - ink.height) / capital),
            high=max(1.0, base / capital),
        )

    def field(self, size: float) -> RasterField:
        """Distance to the letters' rims, mm; u = 0 is amid the ink, v = 0 the base line.

        Args:
            size: height of a capital, mm.
        """
        return _lettered(self, size)

    def thin_share(self, size: float, width: float) -> float:
        """Share of the letters' area that is in strokes thinner than `width`, mm.

        That is what an opening with a disc of this width takes away.
        """
        field = self.field(size)
        inside = field.values > 0
        level = field.values - np.float32(width / 2)
        if not (level > 0).any():
            return 1.0
        kept = signed_distance(level, field.raster.pitch) > -width / 2
        return 1 - np.count_nonzero(kept & inside) / np.count_nonzero(inside)

    def size_for(self, width: float, size: float, most: float) -> float | None:
        """The least size, in tenths, whose strokes are `width` mm wide.

        Args:
            size: one that is too small.

        Returns:
            None if not even `most` would do.
        """

        def thin(tenths: int) -> bool:
            # The same letters, and the disc instead of them scaled.
            share = self.thin_share(size, width * size / (tenths / 10))
            return share > THIN_SHARE - ROUNDING

        low, high = math.floor(size * 10), math.floor(most * 10)
        if thin(high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            if thin(middle):
                low = middle
            else:
                high = middle
        return high / 10


def missing(text: str, path: Path) -> list[str]:
    """Characters, each once, that the font does not have.

    Raises:
        OSError: a font that cannot be read.
    """
    font = _font(path, COMPARED_PX)

    def drawn(character: str) -> tuple[tuple[int, int], bytes]:
        mask = font.getmask(character, "L")
        return mask.size, bytes(mask)

    nothing = drawn(NO_CHARACTER)
    found = []
    for character in dict.fromkeys(text):
        if not character.isspace():
            picture = drawn(character)
            if picture == nothing or not any(picture[1]):
                found.append(character)
    return found


def _font(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    # The basic layout is the same on every machine; the other may not be installed.
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)


def _drawn(text: str, font: ImageFont.FreeTypeFont) -> tuple[Image.Image, int]:
    """Coverage of the ink, nothing around it; the base line, in pixels from its top."""
    left, top, right, bottom = font.getbbox(text, anchor="ls")
    image = Image.new("L", (right - left + 2 * ROOM, bottom - top + 2 * ROOM))
    ImageDraw.Draw(image).text(
        (ROOM - left, ROOM - top), text, font=font, fill=255, anchor="ls"
    )
    # The font's box starts at the pen's place and ends at its next, not with the ink.
    box = image.getbbox()
    return image.crop(box), ROOM - top - box[1]


@lru_cache(maxsize=8)
def _capital(path: Path) -> float:
    """Height of a capital at a size of `MEASURED_PX`, in pixels.

    An H, or what the font draws in its place: fonts of scripts without capitals.
    """
    fine = 5
    top = _font(path, fine * MEASURED_PX).getbbox("H", anchor="ls")[1]
    return -top / fine if top < 0 else 0.7 * MEASURED_PX


@lru_cache(maxsize=4)
def _lettered(line: Line, size: float) -> RasterField:
    area = line.width * (line.high - line.low) * size**2
    pitch = max(size / CAPITAL_PX, math.sqrt(area / MAX_PIXELS), FINEST)
    em = size * MEASURED_PX / _capital(line.path)
    size_px = max(8, math.ceil(em / pitch))
    pitch = em / size_px
    ink, base = _drawn(line.text, _font(line.path, size_px))
    coverage = softened(np.pad(np.asarray(ink, np.float32) / 255, ROOM))
    # Pixels count as areas: the first one's middle is half a pixel from its edge.
    raster = Raster(
        (0.5 - ROOM - ink.width / 2) * pitch,
        (base + ROOM - 0.5) * pitch,
        (pitch, pitch),
        coverage.shape,
    )
    values = signed_distance(coverage - np.float32(0.5), raster.pitch)
    return RasterField(raster, values)
