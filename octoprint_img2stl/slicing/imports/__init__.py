"""Profiles that people bring from their own slicer, and giving profiles back to them.

`read_any` recognises a file by its content and reads it through an allow-list, one small
module per source (see `read.SOURCES`); `contradictions` compares what it says about the
printer with OctoPrint's printer profile; `export` writes files for other slicers.
Nothing here starts a program, and no file is ever handed to one.

The readers are imported when one is asked for: slicing needs only `imported`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_FROM = {
    "Contradiction": "compare",
    "Imported": "imported",
    "contradictions": "compare",
    "read_any": "read",
}

__all__ = ["Contradiction", "Imported", "contradictions", "read_any"]


def __getattr__(name: str) -> Any:
    if name in _FROM:
        return getattr(import_module(f".{_FROM[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
