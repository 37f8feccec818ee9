"""What the warm worker answers about slicer profiles.

Bundles of makers and files that somebody brought are read here, never in OctoPrint's
process. What was read of the makers stays in memory until the worker leaves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..slicing.imports import read_any
from ..slicing.imports.imported import PRUSA
from ..slicing.profile_file import allowed
from ..slicing.saved import SavedProfile
from ..slicing.vendor.bundle import PRINTER
from ..slicing.vendor.index import Vendors, places
from ..slicing.vendor.search import PrinterModel

MODELS_LIMIT = 60  # shown of what a search finds
KEYS_KEPT = 4  # lists of settings; one has 120 kB

# What it was read from -> what was read.
_vendors: dict[tuple[Any, ...], Vendors] = {}
_keys: dict[tuple[Any, ...], list[dict[str, Any]]] = {}


def answer(task: Mapping[str, Any]) -> Any:
    """Answer a task ``{"do": "profiles", "what": …}``.

    Args:
        task: with ``what`` a key of `_ANSWERS`; ``program`` (PrusaSlicer's, or empty),
            ``cura`` (CuraEngine's) and ``definitions`` (of Cura, or empty) in every one.

    Raises:
        SlicingRefused: what the room said.
    """
    return _ANSWERS[task["what"]](task)


def vendors(program: str) -> Vendors:
    """The makers whose bundles are installed, read once while the files stay the same."""
    folders = places(program or None)
    key = tuple((str(folder), folder.stat().st_mtime_ns) for folder in folders)
    if key not in _vendors:
        _vendors.clear()
        _vendors[key] = Vendors.read(folders)
    return _vendors[key]


def models(task: Mapping[str, Any]) -> dict[str, Any]:
    """Models by what was typed (``q``), the best first."""
    known = vendors(task["program"])
    found = known.search(task["q"], limit=100_000)
    limit = min(task.get("limit") or MODELS_LIMIT, MODELS_LIMIT)
    return {
        "models": [_model(model) for model in found[:limit]],
        "total": len(found),
        "problems": [problem.to_json() for problem in known.problems],
    }


def _model(model: PrinterModel) -> dict[str, Any]:
    return {
        "vendor": model.vendor,
        "vendor_name": model.vendor_name,
        "id": model.model,
        "name": model.name,
        "variants": list(model.nozzles),
        "nozzle": model.nozzle,
    }


def options(task: Mapping[str, Any]) -> dict[str, Any]:
    """What goes together of a maker's presets; a pick that does not takes the default."""
    known, vendor = vendors(task["program"]), task["vendor"]
    wanted = task.get("printer") or ""
    model = task.get("model") or ""
    if not model:
        model = known.bundle(vendor).preset(PRINTER, wanted).get("printer_model")
    printers = known.printers(vendor, model)
    printer = _pick(wanted, printers)
    prints = known.prints(vendor, printer) if printer else []
    print_ = _pick(task.get("print"), prints)
    filaments = known.filaments(vendor, printer, print_) if print_ else []
    return {
        "model": model,
        "printers": [asdict(offer) for offer in printers],
        "printer": printer,
        "prints": [asdict(offer) for offer in prints],
        "print": print_,
        "filaments": [asdict(offer) for offer in filaments],
        "filament": _pick(task.get("filament"), filaments),
    }


def _pick(wanted: str | None, offers: list[Any]) -> str:
    """The id that was wanted if it is offered, else the first, which is the default."""
    ids = [offer.id for offer in offers]
    return wanted if wanted in ids else next(iter(ids), "")


def draft_vendor(task: Mapping[str, Any]) -> dict[str, Any]:
    """A maker's presets as a profile that could be kept."""
    flat = vendors(task["program"]).flat(
        task["vendor"], task["printer"], task["print"], task["filament"]
    )
    kept = allowed(flat.values, own_gcode=task["own_gcode"])
    profile = SavedProfile.of_flat(flat, flat.printer, kept.values)
    problems = (*flat.problems, *kept.problems)
    return _draft(replace(profile, problems=problems))


def draft_file(task: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody brought as a profile that could be kept, once nothing is undecided."""
    imported = read_any(
        Path(task["path"]),
        own_gcode=task["own_gcode"],
        name=task["name"],
        choose=task["choose"],
        system=lambda kind, name: vendors(task["program"]).system(kind, name),
    )
    return {
        **_draft(SavedProfile.of_imported(imported)),
        "undecided": imported.undecided,
        "choices": {kind: list(names) for kind, names in imported.choices.items()},
        "chosen": dict(imported.chosen),
    }


def _draft(profile: SavedProfile) -> dict[str, Any]:
    data = {"profile": profile.to_json(), "undecided": False}
    return {**data, "choices": {}, "chosen": {}}


def keys(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All settings that a profile of this engine can have, with their words."""
    from ..slicing.key_words import key_words

    engine, definitions = task["engine"], task["definitions"]
    program = task["program"] if engine == PRUSA else task["cura"]
    asked = (engine, program, _changed(program), definitions, _changed(definitions))
    if asked not in _keys:
        if len(_keys) >= KEYS_KEPT:
            _keys.clear()
        found = key_words(engine, program, definitions or None)
        _keys[asked] = [asdict(each) for each in found]
    return _keys[asked]


def _changed(path: str) -> int:
    """When a file or folder was changed last, 0 for none."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


_ANSWERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "models": models,
    "options": options,
    "draft_vendor": draft_vendor,
    "draft_file": draft_file,
    "keys": keys,
}
