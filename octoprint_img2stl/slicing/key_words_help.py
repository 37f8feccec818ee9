"""Reading PrusaSlicer's ``--help-fff``.

Every setting begins a line with its option, behind one blank; its words stand from a fixed
column on, over as many lines as they need. They end with what is in brackets: the unit or
the choices, and the default. (Source: `ConfigDef::print_cli_help` in Config.cpp.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

ENTRIES_LIMIT = 5_000
_OPTION = re.compile(r" (--[a-z0-9].*)")
_NAMES = re.compile(
    r"(?:--(?P<name>[a-z0-9][a-z0-9-]{0,80})|-[a-zA-Z])(?: (?P<value>N|ABCD|X,Y,?Z?))?(?:, )?"
)
_HEADING = re.compile(r"\S.*:")
_WORDS = re.compile(r" {8,}(.*)")
# Brackets inside the unit, as in "mm (zero to disable)", but not inside one another.
_END = re.compile(r"\((?P<what>[^()]*(?:\([^()]*\))?[^()]*?)default: ?(?P<default>.*)\)$")
_REMARK = re.compile(r"\s*\([^()]*\)")
_UNITS = {"approximate seconds": "s", "(minimum)": ""}


class Entry(NamedTuple):
    """What the help says of one setting.

    Attributes:
        keys: its names, as in an ini file.
        value: ``N`` a number, ``ABCD`` a text, or empty: a flag, or one of some words.
        text: what it does.
        unit: without remarks.
        choices: the words that it can be.
        default: as printed; of a flag there is none.
    """

    keys: tuple[str, ...]
    value: str
    text: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""


def entries(lines: Iterable[str]) -> list[Entry]:
    """All settings in the help's lines, in their order."""
    found: list[Entry] = []
    option, words = "", []
    for line in [*lines, "The end:"]:
        begun = _OPTION.fullmatch(line.rstrip())
        if begun or _HEADING.fullmatch(line):
            if option:
                found.append(_entry(option, words))
            option, words = (begun[1], []) if begun else ("", [])
        elif option and (more := _WORDS.fullmatch(line)):
            words.append(more[1])
        if len(found) > ENTRIES_LIMIT:
            break
    return found


def _entry(option: str, words: list[str]) -> Entry:
    keys, value, place = [], "", 0
    while match := _NAMES.match(option, place):
        if match["name"]:
            keys.append(match["name"].replace("-", "_"))
        value = match["value"] or value
        place = match.end()
        if not match[0].endswith(", "):
            break
    text = " ".join(" ".join([option[place:], *words]).split())
    end = _END.search(text)
    if not end:
        return Entry(tuple(keys), value, text)
    what, said = end["what"].strip(), text[: end.start()].rstrip()
    unit, choices = "", ()
    if what.endswith(";"):
        choices = tuple(word for word in what[:-1].split(", ") if word)
    elif what.endswith(","):
        what = what[:-1]
        unit = _UNITS.get(what, _REMARK.sub("", what).strip())
    return Entry(tuple(keys), value, said, unit, choices, end["default"])
