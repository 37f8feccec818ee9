"""A saved profile as a file for its slicer."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from ..slicing.cura.keys import MACHINE
from ..slicing.imports.export import CURAPROFILE, INI, export_curaprofile, export_ini
from ..slicing.imports.imported import PRUSA
from ..slicing.saved import SavedProfile

ANY_MACHINE = "fdmprinter"  # Cura's definition from which all others inherit
_CURA_WORD = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def exported(profile: SavedProfile) -> tuple[bytes, str]:
    """The file's content, and the ending of its name."""
    ending = INI if profile.engine == PRUSA else CURAPROFILE
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"profile{ending}")
        if ending == INI:
            export_ini(path, profile.values)
        else:
            export_curaprofile(
                path, profile.values, name=profile.name, **_as_in_cura(profile)
            )
        return path.read_bytes(), ending


def _as_in_cura(profile: SavedProfile) -> dict[str, Any]:
    """What Cura wants to know of a profile beside its values, as far as it can be that."""
    about = profile.about
    definition = profile.values.get(MACHINE) or about.get("definition", "")
    found: dict[str, Any] = {
        "definition": definition if _CURA_WORD.fullmatch(definition) else ANY_MACHINE
    }
    if _CURA_WORD.fullmatch(about.get("quality_type", "")):
        found["quality_type"] = about["quality_type"]
    if re.fullmatch("[0-9]{1,4}", about.get("setting_version", "")):
        found["setting_version"] = int(about["setting_version"])
    return found
