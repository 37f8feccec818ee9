"""The plugin's settings: defaults, what may be changed by whom, and what values make sense."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..slicing.refused import clean_text
from .spool import checked

VERSION = 1
MB = 2**20

DEFAULTS: dict[str, Any] = {
    # empty: looked for
    "prusaslicer_path": "",
    "curaengine_path": "",
    "cura_definitions": "",
    "upload_mb": 50,
    "mesh_upload_mb": 200,
    "quota_mb": 2000,
    "memory_mb": 0,  # 0: half of the machine's memory
    "time_limit_min": 120,
    "worker_idle_min": 5,
    "work_while_printing": True,
    "filament_price": 0.0,  # for 1 kg; 0: not known, no cost is shown
    "currency": "€",
}
RANGES = {
    "upload_mb": (1, 500),
    "mesh_upload_mb": (1, 1000),
    "quota_mb": (100, 1_000_000),
    "memory_mb": (0, 1_000_000),
    "time_limit_min": (1, 24 * 60),
    "worker_idle_min": (1, 120),
}
MOST_PRICE = 100_000.0
CURRENCY_LENGTH = 8  # characters
# Paths of what is executed: only for administrators who gave their password just now.
PROGRAMS = ("prusaslicer_path", "curaengine_path")
FOLDERS = ("cura_definitions",)
SENSITIVE = (*PROGRAMS, *FOLDERS)
SMALLEST_MEMORY_MB = 200  # below, not even the slicer starts


def cleaned(data: Mapping[str, Any], *, may_change_sensitive: bool) -> dict[str, Any]:
    """Those of the changes that are known, sensible and allowed; the rest is dropped.

    OctoPrint swallows exceptions from here, so a bad value cannot be refused, only left out;
    the browser validates as well and says so at the field.
    """
    good: dict[str, Any] = {}
    for name, value in data.items():
        if name in RANGES:
            lowest, highest = RANGES[name]
            try:
                number = int(value)
            except (TypeError, ValueError):
                continue
            if lowest <= number <= highest:
                if name == "memory_mb" and 0 < number < SMALLEST_MEMORY_MB:
                    number = SMALLEST_MEMORY_MB
                good[name] = number
        elif name == "work_while_printing":
            good[name] = bool(value)
        elif name == "filament_price":
            price = checked(value, (0.0, MOST_PRICE))
            if price is not None:
                good[name] = price
        elif name == "currency":
            currency = clean_text(str(value or ""))
            if len(currency) <= CURRENCY_LENGTH:
                good[name] = currency
        elif name in SENSITIVE and may_change_sensitive:
            path = str(value or "").strip()
            if not path or _is_there(path, folder=name in FOLDERS):
                good[name] = path
    return good


def _is_there(path: str, *, folder: bool) -> bool:
    if not os.path.isabs(path) or "\0" in path:
        return False
    if folder:
        return os.path.isdir(path)
    return os.path.isfile(path) and os.access(path, os.X_OK)
