"""OrcaSlicer and Bambu Studio: JSON presets, one alone or several in a zip.

What people have: a preset from the configuration folder (``.json``), and the exports
``.orca_printer``, ``.orca_filament``, ``.orca_bundle``, ``.bbscfg``, ``.bbsflmt`` and a
``.zip`` of presets, which are all zips of JSON files with a ``bundle_structure.json`` in
most of them (`CreatePresetsDialog.cpp` of OrcaSlicer). A preset is a flat object of texts
and lists of texts (one for each extruder); ``inherits`` names the preset it builds on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...problems import N_, Problem
from . import prusa
from .combine import (
    Bundle,
    Preset,
    flatten,
    missing_problem,
    pick,
    to_be_chosen,
)
from .given import ZIP_MAGIC, Given, as_text
from .imported import KINDS, Imported, not_a_profile
from .jsons import loads
from .orca_values import translated

_KINDS = {"machine": "printer", "process": "print", "filament": "filament"}
# Keys by which the kind shows where an export leaves out the ``type``.
_OWN = {
    "printer": ("printer_settings_id", "printable_area", "machine_start_gcode"),
    "filament": ("filament_settings_id", "nozzle_temperature", "filament_type"),
    "print": ("print_settings_id", "layer_height", "wall_loops", "outer_wall_speed"),
}
# What a whole preset has, whatever it was derived from.
WHOLE = {
    "print": ("layer_height", "wall_loops", "sparse_infill_density", "skirt_loops"),
    "filament": ("nozzle_temperature", "filament_diameter", "fan_max_speed"),
    "printer": ("printable_area", "nozzle_diameter", "retraction_length"),
}


def read(given: Given) -> Imported | None:
    """The chosen presets laid over each other, or None if there is no preset.

    Raises:
        SlicingRefused: nothing of use in it, or `given.choose` names what is not in it.
    """
    if given.head.startswith(ZIP_MAGIC):
        texts = [
            as_text(content)
            for name, content in given.archive.items()
            if content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
            and not name.endswith("bundle_structure.json")
        ]
    elif given.head[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        texts = [given.text]
    else:
        return None
    presets: dict[str, dict[str, Preset]] = {kind: {} for kind in KINDS}
    for text in texts:
        _add(presets, loads(text))
    if not any(presets.values()):
        if given.head.startswith(ZIP_MAGIC):
            return None
        raise not_a_profile(
            N_(
                "The JSON file is no profile of OrcaSlicer; export one with File > Export "
                "> Export Preset Bundle."
            )
        )
    picked = pick(Bundle(presets), given.choose)
    if picked.undecided:
        return to_be_chosen(picked, given.title, "orca")
    values: dict[str, Any] = {}
    missing: list[str] = []
    for kind in KINDS:
        if kind in picked.chosen:
            own, lost = flatten(presets[kind], picked.chosen[kind], kind, None)
            if not all(key in own for key in WHOLE[kind]):
                missing += lost
            values.update(own)
    name = " / ".join(
        picked.chosen[kind] for kind in ("print", "filament") if kind in picked.chosen
    )
    imported = in_prusas_keys(
        values,
        given,
        source="orca",
        name=name or picked.chosen.get("printer", ""),
        problems=missing_problem(missing),
    )
    return replace(imported, choices=picked.choices, chosen=picked.chosen)


def in_prusas_keys(
    settings: Mapping[str, Any],
    given: Given,
    *,
    source: str,
    name: str,
    problems: tuple[Problem, ...] = (),
) -> Imported:
    """Settings of a printer, a process and a filament as a profile for PrusaSlicer."""
    found = translated(settings)
    return prusa.imported(
        found.values,
        given,
        source=source,
        problems=(*problems, *found.problems),
        unmatched=found.unmatched,
        name=name,
    )


def _add(presets: dict[str, dict[str, Preset]], data: Any) -> None:
    """Add one file's preset, if it is one."""
    if not isinstance(data, dict):
        return
    kind = _KINDS.get(str(data.get("type", "")), "") or _kind_by_keys(data)
    if not kind:
        return
    name = data.get("name")
    if not isinstance(name, str) or not name:
        name = f"{kind} {len(presets[kind]) + 1}"
    parent = data.get("inherits")
    values = {
        key: value
        for key, value in data.items()
        if isinstance(value, str)
        or (isinstance(value, list) and all(isinstance(each, str) for each in value))
    }
    presets[kind][name] = Preset(
        values,
        (parent,) if isinstance(parent, str) and parent else (),
        data.get("instantiation", "true") != "false",
    )


def _kind_by_keys(data: Mapping[str, Any]) -> str:
    if "type" in data:  # a printer's model, a vendor's list
        return ""
    for kind, keys in _OWN.items():
        if any(key in data for key in keys):
            return kind
    return ""
