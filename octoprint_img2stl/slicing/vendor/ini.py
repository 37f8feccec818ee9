"""Reading the format of a bundle: bounded, because the file may be anybody's.

The format is that of boost's property tree, which PrusaSlicer reads: ``[section]``,
``key = value``, comment lines with ``;`` or ``#``; a section or key that comes twice, or a
line that is none of these, makes the whole file unreadable there and here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...problems import N_
from ..refused import SlicingRefused, clean_text

SIZE_LIMIT = 8_000_000  # bytes; the largest of PrusaSlicer 2.9 has 1.3 MB
SECTIONS_LIMIT = 30_000
LINE_LIMIT = 200_000  # characters; a bed's preview or a G-code may be long
NAME_LIMIT = 300  # of a section
_KEY = re.compile(r"[a-z][a-z0-9_]{0,80}")

UNREADABLE = N_(
    "The bundle of profiles %(file)s cannot be read; install PrusaSlicer once more or take "
    "the file away."
)
TOO_LARGE = N_(
    "The file %(file)s is too large to be a bundle of profiles; take it away from there."
)
NO_SECTION = N_(
    "Line %(line)s of the bundle of profiles %(file)s is no title of a section; install "
    "PrusaSlicer once more or take the file away."
)
NO_SETTING = N_(
    "Line %(line)s of the bundle of profiles %(file)s is no setting; install PrusaSlicer "
    "once more or take the file away."
)
TOO_LONG = N_(
    "Line %(line)s of the bundle of profiles %(file)s is too long; install PrusaSlicer once "
    "more or take the file away."
)
TWICE = N_(
    "Line %(line)s of the bundle of profiles %(file)s says a second time what was said "
    "before; install PrusaSlicer once more or take the file away."
)


class Section(NamedTuple):
    """One section: where it begins, and its own keys and values as written."""

    line: int
    values: dict[str, str]


def read_sections(
    path: Path, wanted: Callable[[str], bool] | None = None
) -> dict[str, Section]:
    """The sections of a bundle by their name, in the order of the file.

    Args:
        path: the file.
        wanted: asked with a section's name; the others are not kept.

    Raises:
        SlicingRefused: ``slicing.bad_bundle``, with the line where there is one.
    """
    return parse_sections(_text(path), path.name, wanted)


def parse_sections(
    text: str, file: str = "", wanted: Callable[[str], bool] | None = None
) -> dict[str, Section]:
    """As `read_sections`, of a text; `file` is how it is called in a refusal."""
    found: dict[str, Section] = {}
    seen: set[str] = set()
    values: dict[str, str] | None = None  # None: of a section that is not wanted
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line[0] in ";#":
            continue
        if line[0] == "[":
            name = line[1:-1].strip()
            if line[-1] != "]" or not name or len(name) > NAME_LIMIT:
                raise _bad(NO_SECTION, file, number)
            if name in seen:
                raise _bad(TWICE, file, number)
            if len(seen) >= SECTIONS_LIMIT:
                raise _bad(TOO_LARGE, file)
            seen.add(name)
            values = None
            if wanted is None or wanted(name):
                values = {}
                found[name] = Section(number, values)
        elif values is not None:
            key, equals, value = line.partition("=")
            key = key.rstrip()
            if not equals:
                raise _bad(NO_SETTING, file, number)
            if len(value) > LINE_LIMIT:
                raise _bad(TOO_LONG, file, number)
            if not _KEY.fullmatch(key):
                continue  # no key of a profile; nothing could be done with it
            if key in values:
                raise _bad(TWICE, file, number)
            values[key] = value.lstrip()
    return found


def words(text: str) -> tuple[str, ...]:
    """The strings of a list: separated by ``;``, each maybe in quotes with ``\\`` escapes.

    What is broken ends the list, as `unescape_strings_cstyle` in PrusaSlicer's Config.cpp
    does. Empty words are left out.
    """
    found = []
    position, end = 0, len(text)
    while position < end:
        while position < end and text[position] in " \t;":
            position += 1
        if position < end and text[position] == '"':
            match = _QUOTED.match(text, position)
            if not match:
                break
            found.append(unescaped(match[1]))
            position = match.end()
            if match[2] is None:  # something else than a ; follows
                break
        else:
            stop = text.find(";", position)
            stop = end if stop < 0 else stop
            found.append(text[position:stop].rstrip())
            position = stop
    return tuple(word for word in found if word)


def unescaped(text: str) -> str:
    """``\\n`` and ``\\r`` as line breaks, of every other escape what follows the ``\\``."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: _BREAKS.get(match[1], match[1]), text)


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?:[ \t]*(;|\Z))?', re.DOTALL)
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_BREAKS = {"n": "\n", "r": "\r"}


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _bad(UNREADABLE, path.name) from error
    if len(data) > SIZE_LIMIT:
        raise _bad(TOO_LARGE, path.name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(UNREADABLE, path.name) from error
    if "\0" in text:
        raise _bad(UNREADABLE, path.name)
    return text


def _bad(template: str, file: str, line: int = 0) -> SlicingRefused:
    values = {"file": clean_text(file, 80)}
    if line:
        values["line"] = str(line)
    return SlicingRefused("slicing.bad_bundle", template, field="profile", **values)
