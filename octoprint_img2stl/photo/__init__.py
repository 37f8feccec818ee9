"""The room of the photo: opening a picture safely, orientation, crop, cut-out.

Importing the room loads neither numpy nor Pillow; they come with the first use of what
opens, cuts out or writes photos.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .geometry import cropped_size
from .refused import PhotoRefused
from .sources import SOURCES

__all__ = [
    "SOURCES",
    "CutOut",
    "Outgoing",
    "Photo",
    "PhotoRefused",
    "cropped_size",
    "cut_out",
    "open_colours",
    "open_photo",
    "read_mask",
    "write_display_copies",
    "write_outgoing",
]
_HEAVY = {
    "CutOut": "cutout",
    "Outgoing": "outgoing",
    "Photo": "open",
    "cut_out": "cutout",
    "open_colours": "open",
    "open_photo": "open",
    "read_mask": "outgoing",
    "write_display_copies": "open",
    "write_outgoing": "outgoing",
}


def __getattr__(name: str) -> Any:
    if name in _HEAVY:
        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
