"""The profile at the end of a G-code that Cura wrote.

Lines ``;SETTING_3 …`` one after the other hold JSON with ``global_quality`` and a list
``extruder_quality`` of containers' texts, backslashes and line breaks escaped once more
(`GCodeWriter.py` and `GCodeProfileReader.py` of Cura).
"""

from __future__ import annotations

import re

from ...problems import N_
from . import cura
from .given import Given
from .imported import Imported, not_a_profile
from .jsons import loads

_LINE = re.compile(r"^;SETTING_3 (.*?)\r?$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\nr])")
_MEANT = {"\\": "\\", "n": "\n", "r": "\r"}


def read(given: Given) -> Imported | None:
    """The profile, or None if no line of the G-code's end is one of Cura's settings."""
    parts = _LINE.findall(given.tail)
    if not parts:
        return None
    text = _ESCAPED.sub(lambda match: _MEANT[match[1]], "".join(parts))
    data = loads(text)
    containers = []
    if isinstance(data, dict):
        extruders = data.get("extruder_quality")
        texts = [data.get("global_quality")]
        texts += extruders[:100] if isinstance(extruders, list) else []
        found = [cura.container(each) for each in texts if isinstance(each, str)]
        containers = [each for each in found if each is not None]
    if not containers:
        raise not_a_profile(
            N_(
                "The settings at the end of Cura's G-code are damaged; export the "
                "profile from Cura instead."
            )
        )
    return cura.imported(containers, given, source="cura_gcode")
