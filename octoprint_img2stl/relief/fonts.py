"""Which fonts there are for texts: the one that comes along, and the system's.

No numpy and no Pillow here, and no font is opened: names are made from file names.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from ..problems import N_
from .refused import ReliefRefused

SHIPPED = Path(__file__).parents[1] / "data" / "fonts" / "DejaVuSans-Bold-Latin.ttf"
FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
ENDINGS = (".ttf", ".otf")


def fonts() -> dict[str, Path]:
    """File of each font by its name, the one that comes along first, then by name.

    The system is searched once in the life of the process.
    """
    return dict(_found())


def font_path(name: str) -> Path:
    """File of a font; the empty name is the font that comes along.

    Raises:
        ReliefRefused: ``relief.unknown_font``.
    """
    if not name:
        return SHIPPED
    path = _found().get(name)
    if path is None:
        raise ReliefRefused(
            "relief.unknown_font",
            N_("There is no font %(font)s on this machine; choose another one."),
            field="relief.font",
            suggest="",
            font=name,
        )
    return path


@lru_cache(maxsize=1)
def _found() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        for place, _, files in os.walk(folder):
            for file in files:
                if file.lower().endswith(ENDINGS):
                    path = Path(place, file)
                    name = font_name(path)
                    # Of two with one name always the same, in whatever order they come.
                    found[name] = min(path, found.get(name, path))
    shipped = font_name(SHIPPED)
    found.pop(shipped, None)
    return {shipped: SHIPPED, **{name: found[name] for name in sorted(found)}}


def font_name(path: Path) -> str:
    """A name to show: ``NotoSans-BoldItalic.ttf`` becomes Noto Sans Bold Italic."""
    stem = re.sub(r"\[.*?\]", "", path.stem)  # the axes of a variable font
    words = re.sub(r"[-_\s]+", " ", stem)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)
    return words.replace("Deja Vu", "DejaVu").strip() or path.stem
