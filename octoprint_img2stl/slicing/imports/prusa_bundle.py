"""A config bundle of PrusaSlicer (*File > Export > Export Config Bundle*).

Sections ``[print:name]``, ``[filament:name]``, ``[printer:name]``, and ``[presets]`` with
the ones in use (`PresetBundle::export_configbundle` and `load_configbundle`). A preset may
inherit from others of the file and from presets that came with the slicer.
"""

from __future__ import annotations

from dataclasses import replace

from ..vendor.ini import words
from . import prusa
from .combine import (
    Bundle,
    Preset,
    flatten,
    missing_problem,
    pick,
    to_be_chosen,
)
from .given import Given
from .imported import KINDS, Imported
from .ini import Sections, sections

# A preset that has these of its own is whole, whatever it was derived from: an export
# writes every key, and its parent's name only for information.
WHOLE = {
    "print": ("layer_height", "perimeters", "fill_density", "infill_speed", "skirts"),
    "filament": ("temperature", "bed_temperature", "filament_diameter", "cooling"),
    "printer": ("bed_shape", "nozzle_diameter", "gcode_flavor", "retract_length"),
}


def read(given: Given) -> Imported | None:
    """The chosen presets of a bundle laid over each other, or None if it is no bundle.

    Raises:
        SlicingRefused: nothing of use in it, or `given.choose` names what is not in it.
    """
    found = sections(given.text)
    if found is None:
        return None
    bundle = _bundle(found)
    if not any(bundle.presets.values()):
        return None
    picked = pick(bundle, given.choose)
    if picked.undecided:
        return to_be_chosen(picked, given.title, "prusa_bundle")
    values: dict[str, str] = {}
    missing: list[str] = []
    for kind in KINDS:
        name = picked.chosen.get(kind, "")
        if not name or name.startswith("- default"):
            continue
        own, lost = flatten(bundle.presets.get(kind, {}), name, kind, given.system)
        if not all(key in own for key in WHOLE[kind]):
            missing += lost
        values.update(own)
    for key in ("inherits", "alias", "renamed_from"):
        values.pop(key, None)
    imported = prusa.imported(
        values,
        given,
        source="prusa_bundle",
        problems=missing_problem(missing),
        name=" / ".join(
            picked.chosen[kind] for kind in ("print", "filament") if kind in picked.chosen
        ),
    )
    return replace(imported, choices=picked.choices, chosen=picked.chosen)


def _bundle(found: Sections) -> Bundle:
    presets: dict[str, dict[str, Preset]] = {kind: {} for kind in KINDS}
    for section, values in found.items():
        kind, _, name = section.partition(":")
        if kind in presets and name:
            presets[kind][name] = Preset(
                values, words(values.get("inherits", "")), not name.startswith("*")
            )
    active = {kind: found.get("presets", {}).get(kind, "").strip('"') for kind in KINDS}
    return Bundle(presets, {kind: name for kind, name in active.items() if name})
