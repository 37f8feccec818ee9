"""A flat ini of PrusaSlicer, SuperSlicer or Slic3r (*File > Export > Export Config*)."""

from __future__ import annotations

from . import prusa
from .given import Given
from .imported import Imported
from .ini import sections


def read(given: Given) -> Imported | None:
    """The profile, or None if the file is none of this kind."""
    found = sections(given.text)
    if found is None or len(found) > 1:
        return None
    values = found[""]
    if not any(key in prusa.KNOWN or prusa.DANGEROUS.fullmatch(key) for key in values):
        return None
    return prusa.imported(values, given, source="prusa_flat")
