"""What this room raises, and how foreign text becomes fit to be shown."""

from __future__ import annotations

import re
import unicodedata

from ..problems import Refusal

TEXT_LIMIT = 300
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_FOLDERS = re.compile(r"(?<![\w/])(?:/[^/\s'\"]+)+/(?=[^/\s])")


class SlicingRefused(Refusal):
    """The model could not be sliced, or a setting or profile cannot be used."""


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """A slicer's text without what could mislead a reader or tell about this machine.

    Control, format (bidirectional overrides!) and unassigned characters go, and
    folders: of ``/home/pi/x/out.gcode`` only ``out.gcode`` stays. At most `limit`
    characters are returned.
    """
    text = _ESCAPES.sub("", text[: 8 * limit])
    text = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or not unicodedata.category(char).startswith("C")
    )
    text = " ".join(_FOLDERS.sub("", text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
