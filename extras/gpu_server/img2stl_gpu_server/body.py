"""From the bytes of a request to JSON and pictures, without trusting any of them."""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from pathlib import Path
from typing import Any

from .refused import INPUT, Refused

# A request holds a few dozen values; one of millions of brackets would take gigabytes.
MOST_PARTS = 20_000
MOST_SIDE_PX = 2048
DATA_URI = re.compile(r"data:[\w.+/;=-]{0,100};base64,")
SPACES = str.maketrans("", "", " \t\r\n")
# One picture is decoded at a time, whoever sends how many: that bounds the memory.
_decoding = threading.Lock()


def read_json(raw: bytes) -> Any:
    """The JSON of a request.

    Raises:
        Refused: it is none (400).
    """
    if sum(raw.count(each) for each in (b",", b"[", b"{", b":")) > MOST_PARTS:
        raise Refused(INPUT, "The request has far too many parts.", status=400)
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused(
            INPUT, "The request is not JSON, or not all of it has arrived.", status=400
        ) from None


def _no_number(name: str) -> None:
    raise ValueError(name)


def from_base64(text: str, what: str) -> bytes:
    """Bytes of strict base64; line breaks and the head of a data URI may be in it.

    Raises:
        Refused: it is something else.
    """
    head = DATA_URI.match(text)
    if head:
        text = text[head.end() :]
    try:
        raw = base64.b64decode(text.translate(SPACES), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(INPUT, f"The picture {what} is not base64.", status=400) from None
    if not raw:
        raise Refused(INPUT, f"The picture {what} is empty.")
    return raw


def write_view(raw: bytes, path: Path, what: str) -> bool:
    """Write a picture as a plain PNG: upright, in sRGB, at most 2048 px, no metadata.

    Returns:
        Whether anything in it is transparent.

    Raises:
        Refused: it is no picture, or one that would not fit into the memory.
    """
    from octoprint_img2stl.photo.open import PhotoRefused, open_colours

    incoming = path.with_name(path.name + ".incoming")
    try:
        incoming.write_bytes(raw)
        with _decoding:
            try:
                photo = open_colours(incoming, max_side_px=MOST_SIDE_PX)
            except PhotoRefused as error:
                raise Refused(INPUT, f"{what}: {error.problem.message}") from None
            except MemoryError:
                raise Refused(INPUT, f"The picture {what} is too large.") from None
            return _write(photo.rgb, photo.alpha, path)
    finally:
        incoming.unlink(missing_ok=True)


def _write(rgb: Any, alpha: Any, path: Path) -> bool:
    import numpy as np
    from PIL import Image

    if alpha is None:
        image = Image.fromarray(rgb)
    else:
        cover = np.rint(alpha * 255).astype(np.uint8)
        image = Image.fromarray(np.dstack((rgb, cover)))
    image.save(path, "PNG", compress_level=1)
    return alpha is not None
