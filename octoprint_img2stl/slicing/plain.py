"""What a profile says in the words of the plain choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .cura.over import BRIM_LINES
from .cura.over import number as cura_number
from .imports.imported import CURA, PRUSA
from .ini_values import percent, said
from .over import counted
from .profiles import is_complete
from .saved import SavedProfile
from .settings import LIMITS, SliceSettings

Values = Mapping[str, str]
# Of PrusaSlicer itself, where a whole profile leaves it out (PrintConfig.cpp).
_PRUSA_DEFAULTS = {"support_material": "0", "brim_width": "0"}
_TRUE = ("true", "True", "1")
_FALSE = ("false", "False", "0")


def plain_of(profile: SavedProfile) -> dict[str, Any]:
    """What a profile says of the plain choices, JSON-able; None where it does not say.

    Returns:
        ``layer_height`` (mm), ``infill`` (percent), ``supports`` (as in `SliceSettings`),
        ``brim`` (mm), ``walls`` (lines), ``temperature_c``, ``bed_c``, ``filament_type``,
        ``material`` (key of `choices.MATERIALS`), ``nozzle`` (mm); ``automatic_brim``:
        whether a brim that it does not say depends on the model.
    """
    said = _SAID[profile.engine](profile.values)
    if profile.automatic_brim:
        said["brim"] = None  # nor does PrusaSlicer's own count
    return {
        **said,
        "automatic_brim": profile.automatic_brim,
        "filament_type": profile.filament_type or None,
        "material": profile.material or None,
        "nozzle": profile.nozzle,
    }


def as_printed(settings: SliceSettings, saved: SavedProfile | None) -> SliceSettings:
    """The settings with what the profile says of the plain choices that it decides.

    For everybody who asks what will be printed: supports, brim, walls, infill and
    material. The layer height is none of our qualities, `heights.heights_of` tells it.
    """
    settings = counted(settings)
    if saved is None or not settings.profile:
        return settings
    plain = plain_of(saved)
    names = [
        name
        for name in ("material", "infill", "supports", "brim", "walls")
        if name not in settings.over and plain[name] is not None
    ]
    return replace(settings, **{name: _bounded(name, plain[name]) for name in names})


def _bounded(name: str, value: Any) -> Any:
    """Within what `SliceSettings` takes; profiles may have 25 walls."""
    if name not in LIMITS:
        return value
    low, high = LIMITS[name]
    return type(value)(min(max(value, low), high))


def _prusa(values: Values) -> dict[str, Any]:
    if is_complete(values):
        values = {**_PRUSA_DEFAULTS, **values}
    walls = said(values.get("perimeters"))
    brim = said(values.get("brim_width"))
    return {
        "layer_height": said(values.get("layer_height")),
        "infill": percent(values.get("fill_density")),
        "supports": _prusa_supports(values),
        "brim": 0.0 if values.get("brim_type") == "no_brim" else brim,
        "walls": None if walls is None else int(walls),
        "temperature_c": said(values.get("temperature")),
        "bed_c": said(values.get("bed_temperature")),
    }


def _prusa_supports(values: Values) -> str | None:
    made = said(values.get("support_material"))
    if made is None:
        return None
    # Without the automatic they stand only where somebody painted them, and nobody does.
    if not made or values.get("support_material_auto") == "0":
        return "none"
    plate = said(values.get("support_material_buildplate_only"))
    return "plate" if plate else "everywhere"


def _cura(values: Values) -> dict[str, Any]:
    walls = cura_number(values.get("wall_line_count"))
    return {
        "layer_height": cura_number(values.get("layer_height")),
        "infill": None
        if "infill_line_distance" in values
        else cura_number(values.get("infill_sparse_density")),
        "supports": _cura_supports(values),
        "brim": _cura_brim(values),
        "walls": None if walls is None else int(walls),
        "temperature_c": cura_number(
            values.get("material_print_temperature")
            or values.get("default_material_print_temperature")
        ),
        "bed_c": cura_number(
            values.get("material_bed_temperature")
            or values.get("default_material_bed_temperature")
        ),
    }


def _cura_supports(values: Values) -> str | None:
    made = values.get("support_enable")
    if made in _FALSE:
        return "none"
    if made not in _TRUE:
        return None
    return "plate" if values.get("support_type") == "buildplate" else "everywhere"


def _cura_brim(values: Values) -> float | None:
    adhesion = values.get("adhesion_type")
    if adhesion is None or adhesion.startswith("="):
        return None
    if adhesion != "brim":
        return 0.0
    # The number of lines is what counts, and how wide they are is not known here.
    if values.get("brim_line_count", BRIM_LINES) != BRIM_LINES:
        return None
    return cura_number(values.get("brim_width"))


_SAID: dict[str, Callable[[Values], dict[str, Any]]] = {PRUSA: _prusa, CURA: _cura}
