"""Changing a saved profile's values, each of which passes the engine's allow-list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..problems import N_
from . import profile_file
from .choices import MATERIALS
from .cura import keys as cura_keys
from .imports import cura_values, prusa_values
from .imports.imported import CURA, PRUSA, people_name, positive
from .material_names import matches
from .profile_file import Profile, one_line
from .refused import SlicingRefused, clean_text
from .saved import SavedProfile

# engine -> what of values may be used
ALLOWED: dict[str, Callable[..., Profile]] = {
    PRUSA: profile_file.allowed,
    CURA: cura_keys.allowed,
}
# engine -> which of those the engine can read, and the others
FITTING: dict[str, Callable[..., tuple[dict[str, str], list[str]]]] = {
    PRUSA: prusa_values.fitting,
    CURA: cura_values.fitting,
}
# engine -> keys that only somebody may change who may change the printer's settings
GCODE_KEYS = {
    PRUSA: profile_file.GCODE_KEYS,
    CURA: cura_keys.GCODE_KEYS | {cura_keys.RELATIVE_E},
}
CHANGES_LIMIT = 1_000  # keys in one change; both lists of allowed keys are shorter


def changed(
    profile: SavedProfile,
    *,
    material: str | None = None,
    values: Mapping[str, str | None] | None = None,
    own_gcode: bool,
) -> SavedProfile:
    """The profile with another material and other values.

    What it says of itself, `layer_height`, `filament_type` and `material`, follows the
    values.

    Args:
        profile: as it is.
        material: key of `choices.MATERIALS`, or empty: not known; None: as it was.
        values: what changes, key -> text; None: the profile says nothing about it any
            more. G-code may have line breaks.
        own_gcode: whether the user may change the printer's G-code.

    Raises:
        SlicingRefused: ``slicing.profile_bad_value``, its field ``profile.values.<key>``;
            ``slicing.profile_bad_material``.
    """
    if material:
        known_material(material)
    values = values or {}
    if not isinstance(values, Mapping) or len(values) > CHANGES_LIMIT:
        raise _bad_value("values", "")
    merged = dict(profile.values)
    for key, value in values.items():
        if key in merged and merged[key] == value:
            continue
        if value is None:
            if key in GCODE_KEYS[profile.engine] and not own_gcode and key in merged:
                raise _bad_value(key, "")
            merged.pop(key, None)
        else:
            merged[key] = _good(profile.engine, key, value, own_gcode)
    filament_type = profile.filament_type
    if "filament_type" in values:
        filament_type = people_name(merged.get("filament_type", ""))
    if material is None:
        material = profile.material
        if filament_type != profile.filament_type:
            material = matches(filament_type) or ""
    layer_height = profile.layer_height
    if "layer_height" in values:
        layer_height = positive(merged.get("layer_height"))
    return replace(
        profile,
        values=merged,
        material=material,
        filament_type=filament_type,
        layer_height=layer_height,
    )


def known_material(material: str) -> None:
    """Raise SlicingRefused ``slicing.profile_bad_material`` for what is no material's key."""
    if not isinstance(material, str) or material not in MATERIALS:
        raise SlicingRefused(
            "slicing.profile_bad_material",
            N_("%(material)s is no known material; choose one of %(choices)s."),
            field="profile.material",
            material=clean_text(str(material), 40),
            choices=", ".join(MATERIALS),
        )


def _good(engine: str, key: str, value: str, own_gcode: bool) -> str:
    """The value as it is kept."""
    if not isinstance(key, str) or not isinstance(value, str):
        raise _bad_value(key, value)
    is_gcode = key in GCODE_KEYS[engine]
    value = one_line(value) if is_gcode else value.strip()
    kept = ALLOWED[engine]({key: value}, own_gcode=own_gcode).values
    kept, _ = FITTING[engine](kept)
    if key not in kept:
        raise _bad_value(key, value)
    return kept[key]


def _bad_value(key: object, value: object) -> SlicingRefused:
    name = clean_text(str(key), 80)
    return SlicingRefused(
        "slicing.profile_bad_value",
        N_(
            "The profile's %(key)s cannot be changed to %(value)s; correct it, or leave it "
            "as it was."
        ),
        field=f"profile.values.{name}",
        key=name,
        value=clean_text(str(value), 60) or '""',
    )
