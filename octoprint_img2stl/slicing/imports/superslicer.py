"""SuperSlicer's profiles: PrusaSlicer's keys, of which some mean something else.

What differs: `PrintConfig.cpp` of SuperSlicer 2.5.59 (``ratio_over``, ``to_prusa``). Widths
and heights in percent are of the nozzle there and of a layer here, many speeds may be
percentages of one another, and there are more patterns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

# Keys that only SuperSlicer has; one of them is enough.
_OWN = frozenset(
    "default_speed external_perimeter_overlap first_layer_size_compensation "
    "infill_connection perimeter_loop".split()
)
_OF_NOZZLE = frozenset(
    """
    external_perimeter_extrusion_width extrusion_width first_layer_extrusion_width
    first_layer_height infill_extrusion_width max_layer_height min_layer_height
    perimeter_extrusion_width solid_infill_extrusion_width
    support_material_bottom_contact_distance support_material_contact_distance
    support_material_extrusion_width top_infill_extrusion_width
    """.split()
)
# key -> the key that its percentage is of
_OF = {
    "bridge_acceleration": "default_acceleration",
    "bridge_speed": "default_speed",
    "default_acceleration": "machine_max_acceleration_x",
    "external_perimeter_acceleration": "perimeter_acceleration",
    "first_layer_acceleration": "default_acceleration",
    "gap_fill_speed": "perimeter_speed",
    "infill_acceleration": "solid_infill_acceleration",
    "infill_speed": "solid_infill_speed",
    "ironing_speed": "top_solid_infill_speed",
    "max_print_speed": "machine_max_feedrate_x",
    "perimeter_acceleration": "default_acceleration",
    "perimeter_speed": "default_speed",
    "solid_infill_acceleration": "default_acceleration",
    "solid_infill_speed": "default_speed",
    "support_material_speed": "default_speed",
    "top_solid_infill_acceleration": "solid_infill_acceleration",
    "top_solid_infill_speed": "solid_infill_speed",
    "travel_acceleration": "default_acceleration",
}
_PATTERNS = {
    "concentricgapfill": "concentric",
    "monotonicgapfill": "monotonic",
    "rectilineargapfill": "rectilinear",
    "rectiwithperimeter": "rectilinear",
    "sawtooth": "rectilinear",
    "scatteredrectilinear": "rectilinear",
    "smooth": "rectilinear",
    "smoothhilbert": "rectilinear",
    "smoothtriple": "rectilinear",
}
_SEAMS = {"allrandom": "random", "contiguous": "aligned", "cost": "nearest"}


def is_superslicer(raw: Mapping[str, str]) -> bool:
    """Whether these keys are SuperSlicer's."""
    return not _OWN.isdisjoint(raw)


def converted(raw: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The same settings as PrusaSlicer means them, and keys that cannot be worked out.

    Those are percentages of something that is not there; they would mean something else.
    """
    values = dict(raw)
    lost = []
    nozzle = _number(raw.get("nozzle_diameter", ""))
    for key in raw:
        if key in _OF_NOZZLE:
            values[key] = _percent_of(raw[key], nozzle)
        elif key in _OF:
            values[key] = _share(raw, key)
        else:
            continue
        if "%" in values[key]:
            del values[key]
            lost.append(key)
    if "bridge_flow_ratio" in raw:  # a percentage, here a factor
        flow = _number(raw["bridge_flow_ratio"].rstrip("%"))
        if flow is not None and raw["bridge_flow_ratio"].endswith("%"):
            values["bridge_flow_ratio"] = _text(flow / 100)
    for key, value in raw.items():
        if key.endswith("_pattern"):
            values[key] = _PATTERNS.get(value, value)
    seam = raw.get("seam_position", "")
    if seam in _SEAMS:
        values["seam_position"] = _SEAMS[seam]
    foot = _number(raw.get("first_layer_size_compensation", ""))
    if foot is not None:  # negative is inwards there, positive is inwards here
        values["elefant_foot_compensation"] = _text(max(0.0, -foot))
    values.pop("first_layer_size_compensation", None)
    return values, lost


def _share(raw: Mapping[str, str], key: str) -> str:
    """A percentage of another key, which may be one itself, worked out.

    It stays as it is where that key is missing. The table has no circles.
    """
    value = raw[key].split(",")[0].strip()
    base = _OF.get(key, "")
    if not value.endswith("%") or base not in raw:
        return raw[key]
    return _percent_of(value, _number(_share(raw, base)))


def _percent_of(value: str, whole: float | None) -> str:
    first = value.split(",")[0].strip()
    part = _number(first[:-1]) if first.endswith("%") else None
    if part is None or whole is None:
        return value
    return _text(part / 100 * whole)


def _number(text: str) -> float | None:
    try:
        number = float(text.split(",")[0])
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _text(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")
