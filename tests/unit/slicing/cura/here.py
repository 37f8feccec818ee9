"""Where the definition files of Cura 4.13 are on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[4]
PLACES = (
    CHECKOUT / ".cura/usr/share/cura/resources",
    Path("/usr/share/cura/resources"),
)


def resources() -> Path:
    """The folder ``resources``; a missing one is a failed test, not a skipped one."""
    for place in PLACES:
        if (place / "definitions/fdmprinter.def.json").is_file():
            return place
    pytest.fail(
        "Cura's definition files are not here; run extras/dev test, which brings them, "
        "or install the package cura."
    )
