"""The room of the relief: from the grey values of photos to closed solids.

Importing the room loads neither numpy nor Pillow; they come with `build_bodies`,
`write_stl` and `coarse_mesh`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .extras import EXTRAS
from .options import LIMITS, OPTIONS
from .refused import ReliefRefused
from .routes import PRESETS, ROUTES
from .settings import ReliefSettings
from .shapes import SHAPES
from .sizes import check_fits, outer_size, photo_side_px

_HEAVY = {
    "Picture": "build",
    "build_bodies": "build",
    "write_stl": "write",
    "coarse_mesh": "preview",
    "shade": "picture",
    "backlit": "picture",
}

__all__ = [
    "EXTRAS",
    "LIMITS",
    "OPTIONS",
    "PRESETS",
    "ROUTES",
    "SHAPES",
    "ReliefRefused",
    "ReliefSettings",
    "check_fits",
    "outer_size",
    "photo_side_px",
    *_HEAVY,
]


def __getattr__(name: str) -> Any:
    if name in _HEAVY:
        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
