"""What supports will cost, by the slicer that is going to make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..machine import Machine
from ..slicing.choices import AUTOMATIC
from ..slicing.cura.engine import CuraEngine
from ..slicing.owner_paths import NOTHING_SET, OwnerPaths
from ..slicing.refused import SlicingRefused
from ..slicing.registry import SLICERS, find
from ..slicing.saved import SavedProfile
from ..slicing.settings import SliceSettings

if TYPE_CHECKING:
    from ..mesh.checks import Inspected, Printing
    from ..mesh.support_volume import Style

SPACING = 2.0  # mm between the lines of supports, in both slicers' configurations


def engine_of(
    settings: SliceSettings, own: OwnerPaths, saved: SavedProfile | None = None
) -> str:
    """The slicer that these settings lead to; the first of all where none is here."""
    if saved is not None:
        return saved.engine
    if settings.slicer != AUTOMATIC:
        return settings.slicer
    try:
        return find(AUTOMATIC, own).name
    except SlicingRefused:
        return next(iter(SLICERS))


def style_of(engine: str, line: float, layer: float) -> Style:
    """How a slicer makes supports, with our configuration.

    Both lay lines `SPACING` apart. PrusaSlicer 2.5.0 draws a line around them, 1.5 mm
    beyond what they hold, and leaves the middle of level undersides that hang on the
    model to bridges. CuraEngine 4.13.0 joins the lines in zigzags, which amounts to half
    such a line, and holds everything. The shares were fitted to what the two laid for
    twelve shapes, among them a table, a mushroom, an arch, spheres, and T shapes, at
    0.2 mm layers: each is within a factor 1.25, at 0.12 mm within 1.35.

    Args:
        line: width of a line, mm.
        layer: height of a layer, mm.
    """
    from ..mesh.support_volume import Style

    density = line / (SPACING + line)
    if engine == CuraEngine.name:
        return Style(density, 0.5 * line, 2 * layer, 0.3, 0.2, under_bridges=True)
    return Style(
        0.82 * density, 0.93 * line, 3 * layer, 1.5, 0.25, under_bridges=False, edge=3.5
    )


def with_style(
    printing: Printing,
    settings: SliceSettings,
    machine: Machine,
    own: OwnerPaths = NOTHING_SET,
    saved: SavedProfile | None = None,
) -> Printing:
    """The same, so that the checks work out what supports take."""
    layer = printing.layer_height or machine.nozzle / 2
    engine = engine_of(settings, own, saved)
    style = style_of(engine, printing.line_width or machine.line_width, layer)
    return replace(printing, support_style=style)


def facts_of(inspected: Inspected) -> dict[str, Any] | None:
    """Of a mesh that was inspected, JSON-able.

    Returns:
        ``plate_cm3``, ``everywhere_cm3``: plastic; ``needed``; ``suggest``: a key of
        `slicing.choices.SUPPORTS`. None where the mesh has no inside.
    """
    need = inspected.supports
    if need is None:
        return None
    return {
        "plate_cm3": round(need.plate / 1000, 2),
        "everywhere_cm3": round(need.everywhere / 1000, 2),
        "needed": need.needed,
        "suggest": need.suggest,
    }


def with_suggestion(
    problems: list[dict[str, Any]], facts: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """Problems that propose supports, with those from the bed where they are enough."""
    if facts is None or facts["suggest"] != "plate":
        return problems
    return [
        {**each, "suggest": "plate"}
        if each["field"] == "slicing.supports" and each["suggest"] == "everywhere"
        else each
        for each in problems
    ]
