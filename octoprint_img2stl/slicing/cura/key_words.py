"""The settings of the installed CuraEngine, from the definition files that belong to it."""

from __future__ import annotations

from typing import Any

from ...machine import Machine
from ...problems import N_
from ..key_words import (
    BOOL,
    CHOICE,
    DEFAULT_LIMIT,
    GCODE,
    HELP_LIMIT,
    NAME_LIMIT,
    NUMBER,
    TEXT,
    KeyWords,
)
from ..refused import SlicingRefused, clean_text
from ..settings import SliceSettings
from .bounds import Value
from .definitions import Definitions
from .files import BASE, BASE_EXTRUDER, TREE_LIMIT, Json
from .flat import text
from .keys import GCODE_KEYS, PLAIN_KEYS, RELATIVE_E
from .ours import cura_values

KNOWN = PLAIN_KEYS | GCODE_KEYS | {RELATIVE_E}
CHOICES_LIMIT = 60  # words of one choice; the longest of 4.13 has 14
_KINDS = {"float": NUMBER, "int": NUMBER, "bool": BOOL, "enum": CHOICE}


def key_words_of(program: str, folder: str | None) -> list[KeyWords]:
    """See `key_words.key_words`.

    Raises:
        SlicingRefused: ``slicing.bad_path``, ``slicing.no_key_words``, and what
            `CuraEngine.version` and `Definitions.find` raise.
    """
    from ..registry import checked_path  # the registry's modules import ours
    from .engine import CuraEngine

    version = CuraEngine(checked_path(program)).version()
    return described(Definitions.find(version, folder))


def described(definitions: Definitions) -> list[KeyWords]:
    """The settings that a profile may have, in Cura's own order.

    Their defaults are what our plain settings mean for a nozzle of 0.4 mm; that is what
    counts where a profile does not say.

    Raises:
        SlicingRefused: ``slicing.no_key_words``, ``slicing.bad_definitions``.
    """
    files = definitions.files
    found: dict[str, KeyWords] = {}
    defaults = definitions.resolve(BASE, cura_values(Machine(), SliceSettings())).values
    for file in (*files.machine(BASE), *files.extruder(BASE_EXTRUDER)):
        _collect(file.get("settings"), "", defaults, found, 0)
    if not found:
        raise SlicingRefused(
            "slicing.no_key_words",
            N_("Cura's definition files describe no settings; install the package cura."),
            field="cura_definitions",
        )
    return list(found.values())


def _collect(
    tree: Any,
    category: str,
    defaults: dict[str, Value],
    found: dict[str, KeyWords],
    depth: int,
) -> None:
    if not isinstance(tree, dict) or depth > TREE_LIMIT:
        return
    for key, own in tree.items():
        if not isinstance(own, dict):
            continue
        group = category
        if own.get("type") == "category":
            group = _clean(own.get("label"), NAME_LIMIT)
        elif key in KNOWN:
            found[key] = _words(key, own, group, defaults.get(key))
        _collect(own.get("children"), group, defaults, found, depth + 1)


def _words(key: str, own: Json, category: str, default: Value) -> KeyWords:
    kind = GCODE if key in GCODE_KEYS else _KINDS.get(str(own.get("type")), TEXT)
    options = own.get("options") if kind == CHOICE else None
    value = "" if default is None else text(default)
    if kind == GCODE:
        value = value.replace("\n", "\\n")
    return KeyWords(
        key=key,
        label=_clean(own.get("label"), NAME_LIMIT) or key,
        help=_clean(own.get("description"), HELP_LIMIT),
        unit=_clean(own.get("unit"), NAME_LIMIT),
        kind=kind,
        choices=tuple(
            _clean(word, NAME_LIMIT)
            for word in list(options if isinstance(options, dict) else ())[:CHOICES_LIMIT]
        ),
        category=category,
        default=value[:DEFAULT_LIMIT],
    )


def _clean(value: Any, limit: int) -> str:
    return clean_text(value, limit) if isinstance(value, str) else ""
