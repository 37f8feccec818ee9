"""Ini text of any slicer, cut into sections."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from ...problems import N_
from .imported import not_a_profile

ENTRIES = 200_000  # keys and sections of one file; every one costs memory
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,80}")
Sections = dict[str, dict[str, str]]


def lines(text: str) -> Iterator[str]:
    """The text's lines, one after the other; ended by ``\\n``, ``\\r\\n`` or ``\\r`` only.

    `str.splitlines` would also end them at form feeds and Unicode's line separators, which
    may stand in the middle of a value.
    """
    for line in io.StringIO(text, newline=None):
        yield line.rstrip("\n")


def sections(text: str, *, continued: bool = False) -> Sections | None:
    """Section -> key -> value; what stands before any section has the name ``""``.

    The last of equal keys wins, equal sections are one. None if it is no ini text, that is,
    if a line is neither section, comment nor ``key = value``.

    Args:
        text: the file's.
        continued: an indented line continues the value above it (as Python's configparser
            writes it, which Cura uses), joined by a line break.
    """
    found: Sections = {"": {}}
    part, last, count = found[""], "", 0
    more: list[
        str
    ] = []  # lines that continue the value of `last`; joined once, at its end

    def finish() -> None:
        nonlocal last
        if last and more:
            part[last] = "\n".join([part[last], *more]).rstrip("\n")
            more.clear()
        last = ""

    for line in lines(text):
        if continued and last and (not line.strip() or line[0] in " \t"):
            more.append(line.strip())
            continue
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        finish()
        count += 1
        if count > ENTRIES:
            raise not_a_profile(
                N_("The file has too many entries to be a profile; export it anew.")
            )
        if line.startswith("[") and line.endswith("]"):
            part = found.setdefault(line[1:-1].strip(), {})
            continue
        key, equals, value = line.partition("=")
        key = key.strip()
        if not equals or not KEY.fullmatch(key):
            return None
        part[key], last = value.strip(), key
    finish()
    return found
