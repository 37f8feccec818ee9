"""How a slicer makes supports, as far as what they cost depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..slicing.cura.engine import CuraEngine
from ..slicing.cura.over import number
from ..slicing.ini_values import percent, said
from ..slicing.profiles import is_complete

if TYPE_CHECKING:
    from ..mesh.support_volume import Style

SPACING = 2.0  # mm between the lines of supports, in both slicers' configurations
INTERFACE = 2  # dense layers, there too
# Of PrusaSlicer itself, where a whole profile leaves it out (PrintConfig.cpp).
PRUSA_SPACING, PRUSA_INTERFACE = 2.5, 3
WIDEST = 5.0  # mm of a line
MOST = 50.0  # mm, or layers; what is more is no support any more
GRID = 0.61  # of the distance between lines: how far a grid of them reaches out
SNUG = 0.5  # mm that supports reach out that follow the outline
_FALSE = ("false", "False", "0")
# Lines of these cross each other, so that there are more of them at the same distance
# (source: ``support_line_distance`` in Cura's fdmprinter.def.json).
_CROSSING = {"grid": 2, "triangles": 3}
_WITH_A_WALL = ("grid", "triangles")


def style_of(
    engine: str, line: float, layer: float, profile: Mapping[str, str] | None = None
) -> Style:
    """How a slicer makes supports, with our configuration and what a profile says of them.

    Ours lays lines `SPACING` apart. PrusaSlicer 2.5.0 draws a line around them, 1.5 mm
    beyond what they hold, and leaves the middle of level undersides that hang on the
    model to bridges. CuraEngine 4.13.0 joins the lines in zigzags, which amounts to half
    such a line, and holds everything. The shares were fitted to what the two laid for
    twelve shapes, among them a table, a mushroom, an arch, spheres, and T shapes, at
    0.2 mm layers: each is within a factor 1.25, at 0.12 mm within 1.35. What profiles say
    was measured with a table, an arch and a T shape: within 1.35, but for distances above
    5 mm, at which PrusaSlicer's grid leaves out what is narrower than its cells. Trees are
    told as if they were ordinary supports.

    Args:
        engine: name in the registry.
        line: width of a line, mm, where the profile does not say it.
        layer: height of a layer, mm.
        profile: values of a saved profile for that engine.
    """
    make = _cura if engine == CuraEngine.name else _prusa
    return make(line, layer, profile or {})


def _prusa(line: float, layer: float, values: Mapping[str, str]) -> Style:
    from ..mesh.support_volume import Style

    def say(name: str, otherwise: float) -> float:
        found = said(values.get(f"support_material_{name}"))
        return otherwise if found is None or not 0 <= found <= MOST else found

    whole = is_complete(values)
    for key in ("support_material_extrusion_width", "extrusion_width"):
        width = said(values.get(key)) or 0.0
        if 0 < width < WIDEST and not values[key].strip().endswith("%"):
            line = width
            break
    spacing = say("spacing", PRUSA_SPACING if whole else SPACING)
    layers = say("interface_layers", PRUSA_INTERFACE if whole else INTERFACE)
    dense = line / (line + say("interface_spacing", 0.0)) if layers else 0.0
    style = values.get("support_material_style", "grid")
    honeycomb = values.get("support_material_pattern") == "honeycomb"
    share = 1.15 if honeycomb else 0.82
    return Style(
        density=share * line / (spacing + line),
        sheath=(0.93 if say("with_sheath", 1) else 0.62) * line,
        dense=dense * (layers + 1) * layer,
        margin=SNUG if style == "snug" else GRID * (spacing + line),
        gap=0.25,
        under_bridges=said(values.get("dont_support_bridges")) == 0,
        edge=3.5,
    )


def _cura(line: float, layer: float, values: Mapping[str, str]) -> Style:
    from ..mesh.support_volume import Style

    def say(name: str, otherwise: float) -> float:
        found = number(values.get(f"support_{name}"))
        return otherwise if found is None or not 0 <= found <= MOST else found

    for key in ("support_line_width", "line_width"):
        width = number(values.get(key)) or 0.0
        if 0 < width < WIDEST:
            line = width
            break
    pattern = values.get("support_pattern", "zigzag")
    rate = number(values.get("support_infill_rate"))
    if "support_line_distance" in values or rate is None:
        distance = say("line_distance", SPACING + line)
        crossing = _CROSSING.get(pattern, 1)
        density = min(1.0, crossing * line / distance) if distance else 0.0
    else:
        density = min(max(rate, 0.0), 100.0) / 100
    walls = say("wall_count", 1 if pattern in _WITH_A_WALL else 0)
    joined = 0.5 * line if pattern == "zigzag" and density else 0.0
    height = say("interface_height", INTERFACE * layer)
    share = percent(values.get("support_interface_density"))
    dense = height * (1.0 if share is None else min(max(share, 0.0), 100.0) / 100)
    if values.get("support_interface_enable") in _FALSE:
        dense = 0.0
    return Style(
        density=density,
        sheath=walls * line or joined,
        dense=dense,
        margin=0.3,
        gap=0.2,
        under_bridges=True,
    )
