"""The room of the photo: opening a picture safely, orientation, crop, reduction.

Importing the room loads neither numpy nor Pillow; they come with the first use of
`open_photo`, `write_display_copies` or `Photo`.
"""

from __future__ import annotations

from typing import Any

from .geometry import cropped_size
from .refused import PhotoRefused
from .sources import SOURCES

__all__ = [
    "SOURCES",
    "Photo",
    "PhotoRefused",
    "cropped_size",
    "open_photo",
    "write_display_copies",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import open as heavy

        return getattr(heavy, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
