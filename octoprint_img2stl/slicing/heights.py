"""How high the layers of a slice will be, before it is sliced."""

from __future__ import annotations

from ..machine import Machine
from .choices import THINNEST, first_layer_height, layer_height
from .cura.over import number as cura_number
from .imports.imported import CURA
from .ini_values import percent, said
from .over import counted, overriding
from .profiles import is_complete
from .saved import SavedProfile
from .settings import SliceSettings

# Of PrusaSlicer, where a whole profile does not say (PrintConfig.cpp).
PRUSA_FIRST = 0.35


def heights_of(
    settings: SliceSettings, machine: Machine, saved: SavedProfile | None = None
) -> tuple[float, float]:
    """Height of a layer and of the first one, mm.

    Args:
        settings: the choices.
        machine: the printer.
        saved: the profile that `settings.profile` names.
    """
    layer = layer_height(counted(settings).quality, machine.nozzle)
    first = first_layer_height(layer, machine.nozzle)
    if saved is None or not settings.profile or "quality" in overriding(settings):
        return layer, first
    if saved.engine == CURA:
        layer = _height(cura_number(saved.values.get("layer_height")), layer)
        first = _height(cura_number(saved.values.get("layer_height_0")), first)
        return layer, first
    layer = _height(said(saved.values.get("layer_height")), layer)
    text = saved.values.get("first_layer_height", "")
    if text.strip().endswith("%"):
        factor = percent(text)
        return layer, _height(factor and factor / 100 * layer, first)
    return layer, _height(said(text), PRUSA_FIRST if is_complete(saved.values) else first)


def _height(said_mm: float | None, otherwise: float) -> float:
    return said_mm if said_mm is not None and said_mm >= THINNEST else otherwise
