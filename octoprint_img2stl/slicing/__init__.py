"""Slicing: from a mesh on the bed to a verified G-code file.

Everything but `draw` is plain standard library, so OctoPrint's own process may import it.
"""

from __future__ import annotations

from typing import Any

from .refused import SlicingRefused

_WHERE = {
    "SliceSettings": "settings",
    "find": "registry",
    "read_gcode": "gcode",
    "verify": "gcode",
    "analysis": "gcode",
    "add_thumbnails": "gcode",
    "read_profile": "profiles",
    "draw_layer": "draw",
    "colour_change": "gcode_edit",
    "first_layers": "gcode_cut",
    "layer_data": "gcode_lines",
    "layer_summary": "gcode_lines",
    "read_any": "imports",
}
__all__ = ["SlicingRefused", *_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_WHERE[name]}", __name__), name)
