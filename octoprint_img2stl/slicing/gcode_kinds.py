"""The types of line that slicers name in their G-code, and the colour of each."""

from __future__ import annotations

OUTER, INNER, OVERHANG, SOLID, TOP = "outer", "inner", "overhang", "solid", "top"
SPARSE, BRIDGE, GAP, SKIRT = "sparse", "bridge", "gap", "skirt"
SUPPORT, INTERFACE, IRONING, TOWER = "support", "interface", "ironing", "tower"
OTHER_FAMILY = "other"

# A line's type as its slicer calls it -> its family, which is the same for all slicers.
# PrusaSlicer 2.3 to 2.9 and SuperSlicer; CuraEngine 4.8 to 5.0; OrcaSlicer.
FAMILIES = {
    "External perimeter": OUTER,
    "WALL-OUTER": OUTER,
    "Outer wall": OUTER,
    "Perimeter": INNER,
    "Internal perimeter": INNER,
    "WALL-INNER": INNER,
    "Inner wall": INNER,
    "Overhang perimeter": OVERHANG,
    "Overhang wall": OVERHANG,
    "Solid infill": SOLID,
    "Internal solid infill": SOLID,
    "Bottom surface": SOLID,
    "SKIN": SOLID,
    "Top solid infill": TOP,
    "Top surface": TOP,
    "Internal infill": SPARSE,
    "Sparse infill": SPARSE,
    "FILL": SPARSE,
    "Bridge infill": BRIDGE,
    "Internal bridge infill": BRIDGE,
    "Bridge": BRIDGE,
    "Internal Bridge": BRIDGE,
    "Gap fill": GAP,
    "Gap infill": GAP,
    "Thin wall": GAP,
    "Skirt/Brim": SKIRT,
    "Skirt": SKIRT,
    "Brim": SKIRT,
    "SKIRT": SKIRT,
    "Support material": SUPPORT,
    "Support": SUPPORT,
    "SUPPORT": SUPPORT,
    "Support material interface": INTERFACE,
    "Support interface": INTERFACE,
    "SUPPORT-INTERFACE": INTERFACE,
    "Ironing": IRONING,
    "Wipe tower": TOWER,
    "Prime tower": TOWER,
    "PRIME-TOWER": TOWER,
}

# PrusaSlicer's own colours, which many know.
FAMILY_COLOURS = {
    OUTER: "#ff7d38",
    INNER: "#ffe64d",
    OVERHANG: "#5b6cff",
    SOLID: "#9654cc",
    TOP: "#f04040",
    SPARSE: "#c04038",
    BRIDGE: "#4d80ba",
    GAP: "#ffffff",
    SKIRT: "#00a088",
    SUPPORT: "#40d040",
    INTERFACE: "#209020",
    IRONING: "#ff8c69",
    TOWER: "#b3e3ab",
    OTHER_FAMILY: "#b8c0c8",
}
TRAVEL_COLOUR = "#5c7fa8"
SUPPORTS = (SUPPORT, INTERFACE)


def family(kind: str) -> str:
    """The family of a line's type; ``other`` for a name that nobody knows."""
    return FAMILIES.get(kind, OTHER_FAMILY)


def colour(kind: str) -> str:
    """The colour of a line's type, ``#rrggbb``."""
    return FAMILY_COLOURS[family(kind)]
