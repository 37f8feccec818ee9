"""What supports will cost, by the slicer that is going to make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..machine import Machine
from ..slicing.choices import AUTOMATIC
from ..slicing.owner_paths import NOTHING_SET, OwnerPaths
from ..slicing.refused import SlicingRefused
from ..slicing.registry import SLICERS, find
from ..slicing.saved import SavedProfile
from ..slicing.settings import SliceSettings
from .support_style import style_of

if TYPE_CHECKING:
    from ..mesh.checks import Inspected, Printing


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
    line = printing.line_width or machine.line_width
    style = style_of(engine, line, layer, saved.values if saved else None)
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
