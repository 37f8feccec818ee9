"""The room of the relief: from the grey values of a photo to a closed solid.

Importing the room loads neither numpy nor Pillow; they come with the first use of a
heightmap. The function that makes one is `relief.heightmap.heightmap`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .settings import (
    LIMITS,
    ROUTES,
    ReliefRefused,
    ReliefSettings,
    check_fits,
    outer_size,
    sample_size,
)

_HEAVY = {
    "Heightmap": "heightmap",
    "write_relief_stl": "triangulate",
    "shade": "picture",
    "backlit": "picture",
    "preview_grid": "picture",
}

__all__ = [
    "LIMITS",
    "ROUTES",
    "ReliefRefused",
    "ReliefSettings",
    "check_fits",
    "outer_size",
    "sample_size",
    *_HEAVY,
]


def __getattr__(name: str) -> Any:
    if name in _HEAVY:
        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
