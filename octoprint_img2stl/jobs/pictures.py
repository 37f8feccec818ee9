"""The photos of a job as the relief wants them, between two steps and for previews."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import written_at_once
from .params import Params

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..photo import Photo
    from ..relief.build import Picture

GREYS = 65535


def open_photos(folder: Path, params: Params, sides_px: list[int]) -> list[Photo]:
    """Open a job's photos, each reduced to what is of use.

    Args:
        sides_px: the longer side that is of use, for each photo in order.

    Raises:
        PhotoRefused: a photo that cannot be read so.
    """
    from ..photo import open_photo
    from ..relief import SHAPES
    from . import photos

    mask = SHAPES[params.relief.shape].needs_mask
    found = []
    for laid, side in zip((params.photo, *params.photos), sides_px, strict=True):
        photo = open_photo(
            folder / photos.photo_file(laid.number),
            turn_deg=laid.turn_deg,
            crop=laid.crop,
            max_side_px=side,
            source=params.relief.source,
            with_alpha=mask,
        )
        found.append(photo)
    return found


def picture_of(photo: Photo) -> Picture:
    from ..relief.build import Picture

    return Picture(photo.grey, photo.cropped_px, photo.bits > 8, photo.alpha)


def save(photos: list[Photo], path: Path) -> None:
    """Keep photos for the next step; all of them or nothing."""
    import numpy as np

    arrays: dict[str, Any] = {}
    for place, photo in enumerate(photos):
        arrays[f"grey{place}"] = _levels(photo.grey)
        arrays[f"facts{place}"] = np.array([*photo.cropped_px, photo.bits])
        if photo.alpha is not None:
            arrays[f"alpha{place}"] = _levels(photo.alpha)
    with written_at_once(path, sync=False) as file:
        np.savez(file, **arrays)


def load(path: Path) -> list[Picture]:
    """What `save` kept."""
    import numpy as np

    from ..relief.build import Picture

    found = []
    with np.load(path) as arrays:
        while f"grey{len(found)}" in arrays:
            place = len(found)
            width, height, bits = arrays[f"facts{place}"].tolist()
            alpha = f"alpha{place}"
            found.append(
                Picture(
                    _shares(arrays[f"grey{place}"]),
                    (width, height),
                    bits > 8,
                    _shares(arrays[alpha]) if alpha in arrays else None,
                )
            )
    return found


def _levels(share: Any) -> Any:
    import numpy as np

    levels = share * np.float32(GREYS)
    return np.rint(levels, out=levels).astype(np.uint16)


def _shares(levels: Any) -> Any:
    import numpy as np

    shares = levels.astype(np.float32)
    shares /= GREYS
    return shares


def png(picture: Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
