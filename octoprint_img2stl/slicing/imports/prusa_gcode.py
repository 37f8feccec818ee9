"""The settings at the end of a G-code that PrusaSlicer, SuperSlicer or Slic3r wrote.

From 2.4 on they stand between ``; prusaslicer_config = begin`` and ``= end``, before that
they are simply the last lines (`ConfigBase::load_from_gcode_file` in `Config.cpp`). The
file may have hundreds of megabytes; only its end is read.
"""

from __future__ import annotations

import re

from . import prusa
from .given import Given
from .imported import Imported, people_name

_BEGIN = re.compile(r"; \w{4,40}_config = begin")
_END = re.compile(r"; \w{4,40}_config = end")
_SETTING = re.compile(r"; ?([a-z][a-z0-9_]{2,80}) = ?(.*)")
AFTER = 200  # lines that something else may have written behind the settings


def read(given: Given) -> Imported | None:
    """The profile of a G-code, or None if there is none at its end."""
    values = settings(given.tail)
    if not prusa.looks_like_settings(values):
        return None
    name = people_name(values.get("print_settings_id", ""))
    return prusa.imported(values, given, source="prusa_gcode", name=name)


def settings(tail: str) -> dict[str, str]:
    """The keys and values in the last lines of a G-code."""
    lines = tail.split("\n")
    marked = [place for place, line in enumerate(lines) if _END.fullmatch(line.rstrip())]
    place = marked[-1] - 1 if marked else len(lines) - 1
    values: dict[str, str] = {}
    passed = 0
    while place >= 0:
        line = lines[place].rstrip("\r")
        place -= 1
        if _BEGIN.fullmatch(line.rstrip()):
            break
        match = _SETTING.fullmatch(line)
        if match:
            values.setdefault(match[1], match[2].strip())
        elif not marked and values:
            break
        else:
            passed += 1
            if passed > AFTER:
                break
    return values
