"""The settings of the installed PrusaSlicer, from its own help text and its own defaults.

``--help-fff`` says what each setting does, ``--save`` writes all of them with their values;
neither has the labels of its window, so they are made of the keys. Both work without a
display, in every version from 2.3 on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import process
from ..problems import N_
from ..process import Limits
from .imports import prusa_values
from .key_words import (
    BOOL,
    CHOICE,
    DEFAULT_LIMIT,
    GCODE,
    HELP_LIMIT,
    NAME_LIMIT,
    NUMBER,
    NUMBER_OR_PERCENT,
    PERCENT,
    TEXT,
    KeyWords,
)
from .key_words_groups import GROUPS, group_of
from .key_words_help import Entry, entries
from .profile_file import GCODE_KEYS, PLAIN_KEYS, RELATIVE_E
from .refused import SlicingRefused, clean_text

ASK = Limits(memory_bytes=1 << 30, time_s=30.0)
LINES_LIMIT = 20_000  # of the help; 2.5.0 has 1 000
SAVED_LIMIT = 1_000_000  # bytes of the file with the defaults; 2.5.0 writes 7 kB

# In each group these come first, because most people look for them.
FIRST = (
    "layer_height first_layer_height perimeters fill_density fill_pattern support_material "
    "brim_width perimeter_speed extrusion_width cooling filament_type temperature "
    "bed_temperature first_layer_temperature first_layer_bed_temperature retract_length "
    "start_gcode end_gcode"
).split()
_WORDS = {
    "gcode": "G-code",
    "xy": "XY",
    "e": "E",
    "x": "X",
    "y": "Y",
    "z": "Z",
    "max": "maximum",
    "min": "minimum",
    "dont": "don't",
    "dist": "distance",
    "pos": "position",
}
SILENT = Entry((), "ABCD", "")  # of what the help does not mention


def key_words_of(program: str) -> list[KeyWords]:
    """See `key_words.key_words`.

    Raises:
        SlicingRefused: ``slicing.bad_path``; ``slicing.no_key_words``: it does not answer
            as PrusaSlicer does.
    """
    from .registry import checked_path  # the registry's modules import ours

    checked_path(program)
    help_lines: list[str] = []

    def listen(stream: str, line: str) -> None:
        if stream == "stdout" and len(help_lines) < LINES_LIMIT:
            help_lines.append(line)

    with tempfile.TemporaryDirectory(prefix="img2stl-") as folder:
        process.run([program, "--help-fff"], cwd=folder, limits=ASK, on_line=listen)
        saved = Path(folder) / "defaults.ini"
        process.run([program, "--save", str(saved)], cwd=folder, limits=ASK)
        defaults = _read(saved)
    return described(entries(help_lines), defaults)


def described(
    help_entries: Iterable[Entry], defaults: Mapping[str, str]
) -> list[KeyWords]:
    """The settings that a profile may have.

    Args:
        help_entries: of the program's help.
        defaults: key -> value, of the file that it saved.

    Raises:
        SlicingRefused: ``slicing.no_key_words``: there are none.
    """
    known = PLAIN_KEYS | GCODE_KEYS
    told = {key: entry for entry in help_entries for key in entry.keys if key in known}
    keys = known & {*told, *defaults}
    if not keys:
        raise SlicingRefused(
            "slicing.no_key_words",
            N_(
                "PrusaSlicer does not say which settings it has; install it again, or name another "
                "program in the settings."
            ),
            field="slicer_path",
        )
    found = [
        _words(key, told.get(key, SILENT), _default(key, told, defaults)) for key in keys
    ]
    return sorted(found, key=_place)


def _place(words: KeyWords) -> tuple[int, int, str]:
    first = FIRST.index(words.key) if words.key in FIRST else len(FIRST)
    return GROUPS.index(words.category), first, words.label


def _default(key: str, told: Mapping[str, Entry], defaults: Mapping[str, str]) -> str:
    """The value where a profile does not say."""
    if key in defaults:
        return defaults[key]
    if defaults and key.startswith("filament_"):
        return (
            "nil"  # the help shows what the printer has, to which the filament leaves it
        )
    return told[key].default


def _words(key: str, entry: Entry, default: str) -> KeyWords:
    kind = _kind(key, entry)
    choices = entry.choices
    if kind == CHOICE:
        good = prusa_values.WORDS[key]
        choices = tuple(word for word in choices if word in good) or tuple(sorted(good))
    return KeyWords(
        key=key,
        label=label_of(key),
        help=clean_text(entry.text, HELP_LIMIT),
        unit=clean_text(entry.unit, NAME_LIMIT),
        kind=kind,
        choices=tuple(clean_text(word, NAME_LIMIT) for word in choices),
        category=group_of(key),
        default=default[:DEFAULT_LIMIT] if kind == GCODE else clean_text(default),
    )


def _kind(key: str, entry: Entry) -> str:
    if key in GCODE_KEYS - {RELATIVE_E}:
        return GCODE
    if key in prusa_values.WORDS:
        # Some were on or off before they became words.
        flag = not entry.choices and "0" in prusa_values.WORDS[key]
        return BOOL if flag else CHOICE
    for kind, keys in (
        (TEXT, prusa_values.TEXT),
        (PERCENT, prusa_values.PERCENT),
        (NUMBER_OR_PERCENT, prusa_values.EITHER),
    ):
        if key in keys:
            return kind
    return NUMBER if entry.value else BOOL


def label_of(key: str) -> str:
    """``retract_lift_above`` -> ``Retract lift above``."""
    text = " ".join(_WORDS.get(word, word) for word in key.split("_"))
    return text[:1].upper() + text[1:]


def _read(path: Path) -> dict[str, str]:
    """The program's own file; an older one that writes none is no mistake."""
    try:
        with open(path, "rb") as file:
            text = file.read(SAVED_LIMIT).decode("utf-8", "replace")
    except OSError:
        return {}
    values = {}
    for line in text.splitlines():
        key, equals, value = line.partition(" = ")
        if equals and not key.startswith("#"):
            values[key.strip()] = value
    return values
