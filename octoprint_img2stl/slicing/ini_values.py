"""Numbers in PrusaSlicer's values."""

from __future__ import annotations

import math
from collections.abc import Mapping


def number(ini: Mapping[str, str], key: str) -> float:
    """A value's number, of the first extruder; 0 if it is none (``auto``, ``105%``)."""
    return said(ini.get(key)) or 0.0


def count(ini: Mapping[str, str], key: str) -> int:
    return int(number(ini, key))


def said(value: str | None) -> float | None:
    """The first number of ``0.4`` or ``0.4,0.4``; None if there is none."""
    try:
        found = float((value or "").split(",")[0])
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def percent(value: str | None) -> float | None:
    """The number of ``15%``, whose sign PrusaSlicer does not miss; None if it is none."""
    return said((value or "").split(",")[0].strip().removesuffix("%"))


def text(value: float) -> str:
    return f"{round(value, 4) + 0.0:.4f}".rstrip("0").rstrip(".")  # + 0.0: never "-0"
