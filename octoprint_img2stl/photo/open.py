"""Opening a photo that a stranger may have made.

The kind of file is told from its first bytes, only that one decoder is asked, the size is
checked before a pixel is decoded, and whatever a decoder then raises becomes one refusal.
`ImageFile.LOAD_TRUNCATED_IMAGES` stays off: half a photo would become half a print.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..files import written_at_once
from ..problems import INFO, N_, WARNING, Problem
from . import pixels
from .formats import HEAD_BYTES, OPENERS, heic_refused, kind_of
from .geometry import (
    STORED,
    TURNS,
    UPRIGHT,
    check_turn,
    crop_box,
    shown_size,
    stored_box,
)
from .refused import MAX_ASPECT, MAX_PIXELS, MIN_SIDE_PX, PhotoRefused
from .sources import ALPHA, BRIGHTNESS, DEPTH, check_source, no_alpha

__all__ = [
    "Colours",
    "Photo",
    "PhotoRefused",
    "open_colours",
    "open_photo",
    "write_display_copies",
]

LOW_SIDE_PX = 250
DISPLAY_SIDE_PX = 1280
THUMB_SIDE_PX = 256
EXIF_ORIENTATION = 0x0112
DISPLAY_JPEG = {"format": "JPEG", "quality": 88, "optimize": True}


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, ready to be shaped.

    Attributes:
        grey: (H, W) float32 in 0..1, row 0 on top, of the source that was asked for.
            Greys of 16 bits keep them.
        size_px: (width, height) of the whole photo after EXIF orientation, before turn,
            crop and reduction.
        cropped_px: (width, height) after turn and crop, before reduction.
        format: ``JPEG``, ``PNG``, ``WEBP``, ``GIF``, ``BMP``, ``TIFF`` or ``HEIC``.
        bits: 8, or 16 for all that is finer.
        notices: what the owner should know.
        alpha: (H, W) float32 in 0..1 beside `grey`, how much each pixel covers; None
            unless it was asked for and something is transparent.
    """

    grey: np.ndarray
    size_px: tuple[int, int]
    cropped_px: tuple[int, int]
    format: str
    bits: int
    notices: tuple[Problem, ...]
    alpha: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Colours:
    """A photo in colour, as far as it was asked for.

    Attributes:
        rgb: (H, W, 3) uint8, sRGB, row 0 on top; what is transparent stands on white.
        alpha: (H, W) float32 in 0..1, how much each pixel covers; None: all opaque.
        size_px: (width, height) of the whole photo after EXIF orientation.
        format: as in `Photo`.
        notices: what the owner should know.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None
    size_px: tuple[int, int]
    format: str
    notices: tuple[Problem, ...]


def open_photo(
    path: str | os.PathLike[str],
    *,
    turn_deg: int = 0,
    crop: Sequence[float] | None = None,
    max_side_px: int | None = None,
    source: str = BRIGHTNESS,
    with_alpha: bool = False,
) -> Photo:
    """Open a photo as grey values.

    The sources are the brightness (sRGB-encoded Rec. 709 luma) and the sRGB-encoded
    channels red, green and blue, all of them on white; the alpha itself, 1 where the photo
    is opaque; and the depth, for files that are depth maps: their values (of colours the
    luma) as they are, whatever profile they carry, and 0 where they are transparent.

    Args:
        path: the file.
        turn_deg: 0, 90, 180 or 270, clockwise, after EXIF orientation.
        crop: (left, top, right, bottom) as fractions 0..1 of the turned photo.
        max_side_px: reduce, antialiased, so that the longer side has at most this many
            pixels. A JPEG is then decoded at a reduced size, which saves most of the time
            and memory.
        source: one of `SOURCES`.
        with_alpha: whether to give the transparency as well.

    Raises:
        PhotoRefused: ``photo.unreadable``, ``photo.empty``, ``photo.not_an_image``,
            ``photo.svg``, ``photo.heic``, ``photo.unsupported_format``,
            ``photo.truncated``, ``photo.too_many_pixels``, ``photo.too_narrow``,
            ``photo.too_small``, ``photo.turn_invalid``, ``photo.crop_invalid``,
            ``photo.source_unknown``, and ``photo.no_alpha`` where the source is the alpha
            and nothing is transparent.
    """
    turn = TURNS[check_turn(turn_deg)]
    check_source(source)
    with _opened(path) as file:
        box, cropped_px = _part(file, turn, crop)
        read = file.read(box, max_side_px, source=source, with_alpha=with_alpha)
        if source == ALPHA and not read.transparent:
            raise no_alpha()
        return Photo(
            grey=_shown(read.values, file, turn),
            size_px=file.size_px,
            cropped_px=cropped_px,
            format=file.format,
            bits=file.bits,
            notices=file.notices(cropped_px, read.transparent, source),
            alpha=None if read.alpha is None else _shown(read.alpha, file, turn),
        )


def open_colours(
    path: str | os.PathLike[str],
    *,
    turn_deg: int = 0,
    crop: Sequence[float] | None = None,
    max_side_px: int | None = None,
) -> Colours:
    """Open a photo in colour, with its transparency.

    Args:
        path, turn_deg, crop, max_side_px: as for `open_photo`.

    Raises:
        PhotoRefused: as `open_photo`.
    """
    turn = TURNS[check_turn(turn_deg)]
    with _opened(path) as file:
        box, cropped_px = _part(file, turn, crop)
        read = file.read(box, max_side_px, colour=True, with_alpha=True)
        return Colours(
            rgb=_shown(read.values, file, turn),
            alpha=None if read.alpha is None else _shown(read.alpha, file, turn),
            size_px=file.size_px,
            format=file.format,
            # Nothing is lost of what is wanted here: colours of 8 bits and the alpha.
            notices=file.notices(cropped_px, read.transparent, ALPHA),
        )


def _part(
    file: _File, turn: int, crop: Sequence[float] | None
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """The part that was asked for, in upright pixels before the turn, and its size after."""
    box = crop_box(shown_size(file.size_px, turn), crop)
    cropped_px = (box[2] - box[0], box[3] - box[1])
    _check_shape(cropped_px, "photo" if crop is None else "photo.crop")
    return stored_box(box, file.size_px, turn), cropped_px


def _shown(values: np.ndarray, file: _File, turn: int) -> np.ndarray:
    return pixels.orient(pixels.orient(values, file.orientation), turn)


def write_display_copies(
    path: str | os.PathLike[str], folder: str | os.PathLike[str], suffix: str = ""
) -> dict[str, Any]:
    """Write ``photo.jpg`` (longer side at most 1280 px) and ``thumb.jpg`` (at most 256).

    Both are in colour, upright, in sRGB, on white, and carry no metadata (no place, no
    camera). Each appears whole or not at all.

    Args:
        path: the file.
        folder: where to write.
        suffix: put behind both names, before the dot.

    Returns:
        ``{"size_px": [width, height], "format": str, "bits": int, "notices": [Problem]}``
        with the size of the upright original.

    Raises:
        PhotoRefused: as `open_photo`.
    """
    with _opened(path) as file:
        whole = (0, 0, *file.size_px)
        read = file.read(whole, DISPLAY_SIDE_PX, colour=True)
        values = pixels.orient(read.values, file.orientation)
        facts = {
            "size_px": list(file.size_px),
            "format": file.format,
            "bits": file.bits,
            "notices": list(file.notices(file.size_px, read.transparent)),
        }
    shown = Image.fromarray(values)
    save_whole(shown, Path(folder) / f"photo{suffix}.jpg", **DISPLAY_JPEG)
    shown.thumbnail((THUMB_SIDE_PX, THUMB_SIDE_PX), Image.Resampling.LANCZOS)
    save_whole(shown, Path(folder) / f"thumb{suffix}.jpg", **DISPLAY_JPEG)
    return facts


@dataclass
class _File:
    """An image file whose header was read and found good."""

    image: Image.Image
    format: str
    orientation: int
    animated: bool
    coarsened: bool

    @property
    def size_px(self) -> tuple[int, int]:
        return shown_size(self._stored_px, self.orientation)

    def __post_init__(self) -> None:
        # A JPEG's `size` changes with the draft.
        self._stored_px = self.image.size
        self.bits = 16 if pixels.is_fine(self.image) else 8

    def read(
        self, box: tuple[int, int, int, int], max_side_px: int | None, **wanted: Any
    ) -> pixels.Pixels:
        """Decode `box`, given in upright pixels; the result is still as stored."""
        box = stored_box(box, self._stored_px, self.orientation)
        scale = pixels.draft(self.image, box, max_side_px)
        with _decoder(self.format):
            self.image.load()
        return pixels.read(self.image, box, scale, max_side_px, **wanted)

    def notices(
        self, used_px: tuple[int, int], transparent: bool, source: str = BRIGHTNESS
    ) -> tuple[Problem, ...]:
        found = []
        if self.animated:
            found.append(
                Problem(
                    "photo.first_frame_only",
                    INFO,
                    N_("The file holds several pictures; only the first one is used."),
                    field="photo",
                )
            )
        if transparent and source != ALPHA:
            taken = N_("The photo has transparent parts; they are taken as white.")
            if source == DEPTH:
                taken = N_("The photo has transparent parts; they are taken as far away.")
            found.append(Problem("photo.transparent", INFO, taken, field="photo"))
        if self.coarsened and source != ALPHA:
            found.append(
                Problem(
                    "photo.eight_bits",
                    INFO,
                    N_(
                        "The file has 16 bits per colour, of which 8 are used; save it in "
                        "greys without transparency to use them all."
                    ),
                    field="photo",
                )
            )
        if min(used_px) < LOW_SIDE_PX:
            found.append(
                Problem(
                    "photo.low_resolution",
                    WARNING,
                    N_(
                        "Only %(width)s x %(height)s px are used, so the print will show "
                        "little detail; take a larger photo or crop less."
                    ),
                    {"width": used_px[0], "height": used_px[1]},
                    field="photo",
                )
            )
        return tuple(found)


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[_File]:
    """The image behind `path` with only its header read, checked against all limits."""
    try:
        file = open(path, "rb")
    except OSError as error:
        raise _unreadable(error) from error
    with file:
        try:
            head = file.read(HEAD_BYTES)
            file.seek(0)
        except OSError as error:
            raise _unreadable(error) from error
        kind = kind_of(head)
        if kind == "HEIC":
            _register_heic()
        with _decoder(kind):
            image = Image.open(file, formats=OPENERS[kind])
        with image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise _too_many_pixels()
            _check_shape((width, height), "photo")
            coarsened = pixels.has_more_bits(image)
            with _decoder(kind):
                animated = bool(getattr(image, "is_animated", False))
                if kind == "TIFF":
                    image.load()  # Pillow 9 sets the turned size only now
            yield _File(image, kind, _orientation(image), animated, coarsened)


@contextmanager
def _decoder(kind: str) -> Iterator[None]:
    """Turn whatever a decoder raises on a broken or hostile file into a refusal.

    Decoders raise OSError, SyntaxError, ValueError, struct.error, IndexError and more, so
    every Exception counts, except the lack of memory, which is not the file's fault.
    Nothing but calls into Pillow may stand inside.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except Exception as error:
        raise PhotoRefused(
            "photo.truncated",
            N_(
                "The %(format)s file is incomplete or damaged; copy or download the "
                "photo again."
            ),
            field="photo",
            format=kind,
        ) from error


def _register_heic() -> None:
    try:
        import pillow_heif
    except ImportError:
        raise heic_refused() from None
    pillow_heif.register_heif_opener()


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return UPRIGHT  # Pillow turns these itself while loading
    # A photo with broken metadata is still a photo.
    try:
        value = image.getexif().get(EXIF_ORIENTATION, UPRIGHT)
        return value if value in STORED else UPRIGHT
    except Exception:
        return UPRIGHT


def _check_shape(size_px: tuple[int, int], field: str) -> None:
    width, height = size_px
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise PhotoRefused(
            "photo.too_narrow",
            N_(
                "The picture is too narrow (%(width)s x %(height)s px); one side may be "
                "at most %(most)s times as long as the other."
            ),
            field=field,
            width=width,
            height=height,
            most=MAX_ASPECT,
        )
    if min(width, height) < MIN_SIDE_PX:
        raise PhotoRefused(
            "photo.too_small",
            N_(
                "The picture is too small (%(width)s x %(height)s px); use one with at "
                "least %(least)s px on each side."
            ),
            field=field,
            width=width,
            height=height,
            least=MIN_SIDE_PX,
        )


def _too_many_pixels() -> PhotoRefused:
    return PhotoRefused(
        "photo.too_many_pixels",
        N_(
            "The photo has more than %(most)s megapixels; reduce it in a picture editor, "
            "4000 px on the longer side are plenty."
        ),
        field="photo",
        most=MAX_PIXELS // 1_000_000,
    )


def _unreadable(error: OSError) -> PhotoRefused:
    return PhotoRefused(
        "photo.unreadable",
        N_(
            "The photo file cannot be read (%(reason)s); check its name and choose it "
            "again."
        ),
        field="photo",
        reason=error.strerror or type(error).__name__,
    )


def save_whole(image: Image.Image, path: Path, **how: Any) -> None:
    """Save a picture whole or not at all, without any metadata.

    Args:
        how: ``format`` and the options of Pillow's writer for it.
    """
    with written_at_once(path, sync=False) as file:
        image.save(file, **how)
