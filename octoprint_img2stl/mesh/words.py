"""What choices and stages of a mesh are called for people. No numpy here."""

from __future__ import annotations

from ..problems import N_

# How far a repair had to go, lightest first; each with its words for people.
STAGES: dict[str, str] = {
    "off": N_("taken as it came"),
    "clean": N_("nothing had to be repaired"),
    "light": N_("small faults were mended"),
    "filled": N_("holes were closed"),
    "united": N_("overlapping parts were joined"),
    "thickened": N_("surfaces without thickness were made printable"),
    "mended": N_("a damaged part was built up again"),
    "wrapped": N_("a new surface was laid around the model"),
}

CHOICES: dict[str, dict[str, str]] = {
    "unit": {
        "mm": N_("millimetres"),
        "cm": N_("centimetres"),
        "m": N_("metres"),
        "inch": N_("inches"),
    },
    "up": {"z": N_("z"), "y": N_("y"), "x": N_("x")},
    "repair": {"auto": N_("repair"), "off": N_("leave it as it came")},
    "openings": {"cap": N_("close them"), "thicken": N_("give the sheet a thickness")},
    "cavities": {"keep": N_("keep them"), "fill": N_("fill them")},
    "size_by": {
        "percent": N_("percent"),
        "x": N_("width (x)"),
        "y": N_("depth (y)"),
        "z": N_("height (z)"),
        "longest": N_("longest side"),
        "bed": N_("fill the bed"),
    },
    "mirror": {
        "none": N_("no"),
        "x": N_("left and right"),
        "y": N_("front and back"),
        "z": N_("top and bottom"),
    },
    "base_cut_in": {"mm": N_("mm"), "percent": N_("percent of the height")},
    "split": {
        "none": N_("no"),
        "auto": N_("when it is too tall"),
        "at": N_("at a height"),
    },
}


def stage_label(stage: str) -> str:
    """What a stage of the repair is called, in English."""
    return STAGES.get(stage, stage)
