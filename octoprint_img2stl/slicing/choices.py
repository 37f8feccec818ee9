"""The plain choices of a slice, and what stands behind each of them."""

from __future__ import annotations

from dataclasses import dataclass

from ..problems import N_
from .materials import MATERIALS, Material

__all__ = [
    "AUTOMATIC",
    "BRIMS",
    "CHANGE_COMMANDS",
    "INFILLS",
    "MATERIALS",
    "QUALITIES",
    "SUPPORTS",
    "TEST_PRINTS",
    "WALLS",
    "Material",
    "Quality",
    "first_layer_height",
    "layer_height",
]


@dataclass(frozen=True)
class Quality:
    """A layer height, as it is with a nozzle of 0.4 mm; other nozzles scale it."""

    label: str
    layer_height: float


QUALITIES: dict[str, Quality] = {
    "draft": Quality(N_("Draft (fast, visible layers)"), 0.28),
    "standard": Quality(N_("Standard"), 0.20),
    "fine": Quality(N_("Fine (slow, smooth)"), 0.12),
}

AUTOMATIC = "auto"  # the slicer that is installed
# Who stops the print for another filament; the first is what every firmware can.
CHANGE_COMMANDS: dict[str, str] = {
    "@pause": N_("OctoPrint pauses the print"),
    "M600": N_("The printer does it (M600)"),
}
SUPPORTS: dict[str, str] = {
    "none": N_("No supports"),
    "plate": N_("From the bed"),
    "everywhere": N_("Everywhere"),
}
# What is printed of the model to see whether the rest is worth it; the first is all of it.
TEST_PRINTS: dict[str, str] = {
    "none": N_("The whole model"),
    "sample": N_("A 20 mm sample of its details"),
    "scaled": N_("A smaller copy"),
}

# What is offered; any value within settings.LIMITS is accepted.
INFILLS: dict[int, str] = {  # percent -> what for
    0: N_("Empty"),
    10: N_("Decorative"),
    15: N_("Normal"),
    20: N_("Firm"),
    40: N_("Strong"),
    100: N_("Solid"),
}
BRIMS = (0, 3, 5, 8)
WALLS = (2, 3, 4)


# mm; a layer that is less is a mistake, and would keep a slicer busy for days
THINNEST = 0.01


def layer_height(quality: str, nozzle: float) -> float:
    """Layer height for a nozzle (mm): scaled with it, at most 0.75 of it."""
    scaled = QUALITIES[quality].layer_height * nozzle / 0.4
    return round(min(scaled, 0.75 * nozzle), 4)


def first_layer_height(layer: float, nozzle: float) -> float:
    """Height of the first layer (mm): at least 0.2 to stick, at most 0.75 nozzles."""
    return round(min(max(0.2, layer), 0.75 * nozzle), 4)
