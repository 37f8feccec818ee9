"""The background goes away: the picture's own alpha, rembg where it is there, or a plain one."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from octoprint_img2stl.photo.cutout import WHOLE, cut_out
from octoprint_img2stl.photo.refused import PhotoRefused

from ..refused import INPUT, Refused
from .backend import Picture, Settings, opened

# Apache-2.0, as is rembg's code (MIT); not RMBG, whose weights are for non-commercial use.
REMBG_MODEL = "isnet-general-use"


class Cutter:
    """Cuts subjects out, with one of two means."""

    def __init__(self, settings: Settings) -> None:
        self._rembg = _rembg(settings.cutter)
        self._session: Any = None

    def cut(self, picture: Picture, *, wanted: bool = True) -> Image.Image:
        """The picture as RGBA.

        Args:
            wanted: whether the background is to go; a picture's own alpha always counts.

        Raises:
            Refused: nothing of it is left.
        """
        image = opened(picture.path)
        if image.mode == "RGBA" or not wanted:
            return _checked(image.convert("RGBA"), picture.role)
        if self._rembg is not None:
            if self._session is None:
                self._session = self._rembg.new_session(REMBG_MODEL)
            made = self._rembg.remove(image, session=self._session)
            return _checked(made.convert("RGBA"), picture.role)
        return _plain(image, picture.role)


def mask_of(image: Image.Image) -> np.ndarray:
    """(H, W) float32 in 0..1, the alpha of an RGBA picture."""
    return np.asarray(image.getchannel("A"), np.float32) / 255


def _plain(image: Image.Image, role: str) -> Image.Image:
    rgb = np.asarray(image.convert("RGB"))
    try:
        cut = cut_out(rgb, None)
    except PhotoRefused as error:
        raise Refused(INPUT, f"{role}: {error.problem.message}") from None
    if cut.how == WHOLE:
        raise Refused(
            INPUT,
            f"{role}: the background is not plain, so the subject cannot be told from it; cut "
            "it out before sending, or install rembg beside this server.",
        )
    cover = np.rint(cut.mask * 255).astype(np.uint8)
    return Image.fromarray(np.dstack((rgb, cover)))


def _checked(image: Image.Image, role: str) -> Image.Image:
    if image.getextrema()[3][1] < 128:
        raise Refused(
            INPUT, f"{role}: nothing is left of the picture without its background."
        )
    return image


def _rembg(cutter: str) -> Any:
    if cutter == "plain":
        return None
    try:
        import rembg
    except ImportError:
        if cutter == "rembg":
            raise Refused(
                INPUT, "rembg is not installed; pip install 'rembg[cpu]'.", status=500
            ) from None
        return None
    return rembg


def squared(image: Image.Image, background: int, border: float) -> Image.Image:
    """RGB of the subject alone, in the middle of a square, on one grey.

    Args:
        image: RGBA.
        background: grey, 0 to 255.
        border: on each side, as a share of the subject's longer side.
    """
    box = image.getchannel("A").point(lambda value: 255 * (value > 12)).getbbox()
    subject = image.crop(box or (0, 0, *image.size))
    width, height = subject.size
    side = max(width, height)
    side += 2 * round(side * border)
    made = Image.new("RGB", (side, side), (background,) * 3)
    made.paste(subject, ((side - width) // 2, (side - height) // 2), subject)
    return made
