"""The flat definition that CuraEngine reads: every setting, and no other file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .bounds import Value

FLAT, FLAT_EXTRUDER = "flat.def.json", "flat_extruder.def.json"


def text(value: Value) -> str:
    """A value as the engine reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def write_flat(folder: Path, values: Mapping[str, str]) -> Path:
    """Write the engine's two files; returns the one for its option ``-j``.

    Both have all settings: the engine looks at the extruder first (source: CuraEngine's
    ``CommandLine::loadJSON``). All values are text, so that no number loses digits.
    """
    entries = {key: {"default_value": value} for key, value in values.items()}
    flat: dict[str, Any] = {"name": "flat", "version": 2}
    trains = {"machine_extruder_trains": {"0": FLAT_EXTRUDER.removesuffix(".def.json")}}
    for leaf, data in (
        (FLAT_EXTRUDER, {**flat, "settings": entries}),
        (FLAT, {**flat, "metadata": trains, "settings": entries}),
    ):
        (folder / leaf).write_text(json.dumps(data), encoding="utf-8")
    return folder / FLAT
