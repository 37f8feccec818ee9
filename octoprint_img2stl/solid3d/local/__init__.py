"""A solid without any endpoint: outlines inflated, or carved from several sides.

No weights, no graphics card, a second of a small computer's time. Importing the room loads
nothing heavy; that comes with the first use of what it offers.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Silhouette", "Solid", "solid_from"]
_HEAVY = {"Silhouette": "silhouettes", "Solid": "solid", "solid_from": "solid"}


def __getattr__(name: str) -> Any:
    if name in _HEAVY:
        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
