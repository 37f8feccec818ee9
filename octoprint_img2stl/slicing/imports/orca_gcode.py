"""The settings in a G-code that OrcaSlicer or Bambu Studio wrote.

They stand between ``; CONFIG_BLOCK_START`` and ``; CONFIG_BLOCK_END``, at the end of
OrcaSlicer's files and at the beginning of those for Bambu's printers (`GCode.cpp` of
OrcaSlicer). Texts are escaped as in PrusaSlicer's ini files; of a list the first counts.
"""

from __future__ import annotations

import re

from ..vendor.ini import unescaped
from . import orca
from .given import Given
from .imported import Imported, people_name

_BEGIN, _END = "; CONFIG_BLOCK_START", "; CONFIG_BLOCK_END"
_SETTING = re.compile(r"; ([A-Za-z][A-Za-z0-9_]{2,80}) = ?(.*)")
_TEXTS = frozenset(
    "filament_type filament_vendor filament_start_gcode filament_end_gcode "
    "default_filament_colour".split()
)
_TEXT = re.compile(r"\w+_gcode|printer_(?:notes|model)|printable_area|post_process")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def read(given: Given) -> Imported | None:
    """The profile, or None if there is no such block."""
    lines = _block(given.tail) or _block(given.head.decode("utf-8", "replace"))
    settings = {}
    for line in lines:
        match = _SETTING.fullmatch(line.rstrip("\r"))
        if match:
            settings[match[1]] = _value(match[1], match[2].strip())
    if "layer_height" not in settings:
        return None
    name = people_name(settings.get("print_settings_id", ""))
    return orca.in_prusas_keys(settings, given, source="orca_gcode", name=name)


def _block(text: str) -> list[str]:
    """The lines of the last such block in a text."""
    end = text.rfind("\n" + _END)
    begin = text.rfind(_BEGIN, 0, end) if end >= 0 else -1
    return text[begin:end].split("\n")[1:] if begin >= 0 else []


def _value(key: str, value: str) -> str:
    if key in _TEXTS:
        match = _QUOTED.match(value)
        return unescaped(match[1]) if match else value.partition(";")[0]
    if _TEXT.fullmatch(key):
        return unescaped(value)
    return value.partition(",")[0]
