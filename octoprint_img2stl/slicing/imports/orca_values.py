"""OrcaSlicer's settings turned into PrusaSlicer's, by the tables of `orca_keys`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...problems import N_, WARNING, Problem
from ..profile_file import (
    DANGEROUS,
    GCODE_KEYS,
    GCODE_LIMIT,
    NOTHING,
    RELATIVE_E,
)
from ..refused import clean_text
from . import orca_keys as keys
from .orca_macros import in_prusas_words

PLATE = "High Temp Plate"  # a heated bed of glass, steel or PEI
_SPECIAL = frozenset(
    "ironing_type support_type support_style brim_type curr_bed_type default_bed_type "
    "spiral_mode print_sequence wall_infill_order enable_pressure_advance "
    "pressure_advance".split()
)


class Translated(NamedTuple):
    """PrusaSlicer's values (not yet allow-listed), what was dropped, what has no counterpart."""

    values: dict[str, str]
    problems: tuple[Problem, ...]
    unmatched: tuple[str, ...]


def translated(settings: Mapping[str, Any]) -> Translated:
    """All settings of a printer, a process and a filament in PrusaSlicer's words.

    Args:
        settings: texts, or lists of texts of which the first extruder's counts.
    """
    trees = _first("support_type", settings.get("support_type", "")).startswith("tree")
    values: dict[str, str] = {}
    unmatched: list[str] = []
    foreign: dict[str, list[str]] = {}
    for key, value in settings.items():
        text = _first(key, value)
        if DANGEROUS.fullmatch(key):
            values[key] = text  # the allow-list drops it and says so
        elif key in keys.RENAMED or key in keys.SAME:
            new = keys.RENAMED.get(key, key)
            if new in keys.TEXT:
                values[new], unknown = _ini_text(new, text)
                if unknown:
                    del values[new]
                    foreign[key] = unknown
            else:
                text = text.strip()
                values[new] = keys.WORDS.get(new, {}).get(text, text)
        elif (
            key not in _SPECIAL
            and not (key.startswith("tree_support_") and not trees)
            and key not in keys.BED_KEYS
            and text not in NOTHING
            and not keys.QUIET.fullmatch(key)
        ):
            unmatched.append(key)
    unmatched += _special(settings, values)
    unmatched += _numbers(values)
    return Translated(values, _foreign_problem(foreign), tuple(unmatched))


def _foreign_problem(foreign: Mapping[str, list[str]]) -> tuple[Problem, ...]:
    if not foreign:
        return ()
    names = sorted({name for unknown in foreign.values() for name in unknown})
    shown = ", ".join(clean_text(name, 40) for name in names[:3])
    return (
        Problem(
            "slicing.profile_gcode_foreign",
            WARNING,
            N_(
                "The profile's own G-code (%(keys)s) was left out because PrusaSlicer "
                "does not know %(names)s in it; ours homes, heats and switches off."
            ),
            {
                "keys": ", ".join(sorted(foreign)[:5]),
                "names": shown + (", …" if len(names) > 3 else ""),
            },
            "profile",
        ),
    )


def _first(key: str, value: Any) -> str:
    """One text: the first extruder's; of a bed all corners, of programs all of them."""
    if isinstance(value, str):
        text = value
    elif key == "printable_area":
        text = ",".join(value)
    elif key == "post_process":
        text = ";".join(value)
    else:
        text = value[0] if value else ""
    return text


def _ini_text(key: str, text: str) -> tuple[str, list[str]]:
    """A text as PrusaSlicer's ini files have it, and placeholders that it does not know.

    Backslashes and line breaks are escaped (`escape_string_cstyle` in its `Config.cpp`), and
    of a list the text is quoted, or it would end at its first semicolon.
    """
    unknown: list[str] = []
    if key in GCODE_KEYS and len(text) <= GCODE_LIMIT:
        text, unknown = in_prusas_words(text)
    text = text.replace("\r\n", "\n").replace("\\", "\\\\")
    text = text.replace("\n", "\\n").replace("\r", "\\r")
    if key in keys.TEXTS:
        text = '"' + text.replace('"', '\\"') + '"'
    return text, unknown


def _special(settings: Mapping[str, Any], values: dict[str, str]) -> list[str]:
    """What is one setting there and two here, or the other way round."""
    unmatched = []

    def said(key: str) -> str:
        return _first(key, settings[key]).strip() if key in settings else ""

    ironing = said("ironing_type")
    if ironing:
        values["ironing"] = "0" if ironing == "no ironing" else "1"
        if ironing != "no ironing":
            values["ironing_type"] = ironing
    supports = said("support_type")
    if supports:
        values["support_material_auto"] = "0" if supports.endswith("(manual)") else "1"
    style = said("support_style")
    if supports.startswith("tree"):
        values["support_material_style"] = "organic"
    elif style in ("grid", "snug"):
        values["support_material_style"] = style
    brim = said("brim_type")
    if brim in ("auto_brim", "brim_ears", "painted"):  # we decide by the model's form
        values.pop("brim_width", None)
        unmatched += ["brim_type"] if brim != "auto_brim" else []
    elif brim:
        values["brim_type"] = brim
    plate = said("curr_bed_type") or said("default_bed_type")
    begin = keys.PLATES.get(plate, keys.PLATES[PLATE])
    for new, old in (
        ("bed_temperature", begin),
        ("first_layer_bed_temperature", begin + "_initial_layer"),
    ):
        if said(old):
            values[new] = said(old)
    order = said("wall_infill_order")  # what wall_sequence and is_infill_first were once
    if order:
        values.setdefault("infill_first", "1" if order.startswith("infill") else "0")
        outside = "outer wall/inner wall" in order
        values.setdefault("external_perimeters_first", "1" if outside else "0")
    if "machine_start_gcode" in settings:  # a printer; relative is OrcaSlicer's default
        values.setdefault(RELATIVE_E, "1")
    if said("enable_pressure_advance") == "1":
        unmatched.append("pressure_advance")
    if said("spiral_mode") not in ("", "0"):
        unmatched.append("spiral_mode")
    if said("print_sequence") not in ("", "by layer"):
        unmatched.append("print_sequence")
    return unmatched


def _numbers(values: dict[str, str]) -> list[str]:
    """Make percentages and times what PrusaSlicer means by them.

    A share of something that is not known goes out, and is returned: PrusaSlicer would take
    it for a share of something else.
    """
    nozzle = _number(values.get("nozzle_diameter", ""))
    before = dict(values)
    lost = []
    for key, value in before.items():
        number = _number(value.rstrip("%"))
        if number is None:
            continue  # whoever checks the values says so
        share = value.endswith("%")
        if key in keys.PERCENT:
            values[key] = f"{_text(number)}%"
        elif key in keys.SHRINKAGE:
            values[key] = f"{_text(100 - number)}%"
        elif key in keys.WHOLE_NUMBERS:
            values[key] = str(round(number))
        elif share and (key.endswith("extrusion_width") or key in keys.OF):
            whole = _number(before.get(keys.OF[key], "")) if key in keys.OF else nozzle
            if whole is None:
                del values[key]
                lost.append(key)
            else:
                values[key] = _text(number / 100 * whole)
    return lost


def _number(text: str) -> float | None:
    if not re.fullmatch(r"[+-]?\d{0,9}\.?\d{0,9}", text):
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _text(number: float) -> str:
    return f"{round(number, 4) + 0.0:.4f}".rstrip("0").rstrip(".")
