"""Paths into JSON answers, and the few places that texts and bodies of requests may have.

A path is names and numbers with dots between them: ``data.outputs.0.url``. A text may have
``{id}`` and the like, nothing else: no formats, no attributes, no expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

PATH = re.compile(r"[^.{}\s]{1,80}(\.[^.{}\s]{1,80}){0,11}")
PLACE = re.compile(r"\{([^{}]*)\}")
MOST_VALUE = 500
MOST_DEPTH = 12


class Nothing:
    """Of a place for which there is nothing; whatever holds it is left out."""


NOTHING = Nothing()


def at(data: Any, path: str) -> Any:
    """What stands at a path in JSON; None: nothing."""
    for name in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(name)
        elif isinstance(data, list) and name.isdecimal() and int(name) < len(data):
            data = data[int(name)]
        else:
            return None
    return data


def text_at(data: Any, path: str) -> str:
    """A text or number at a path, as text; empty: there is none."""
    found = at(data, path) if path else None
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return ""
    return str(found)


def number_at(data: Any, path: str) -> float | None:
    """A number that is not negative at a path."""
    found = at(data, path) if path else None
    if isinstance(found, str):
        try:
            found = float(found.rstrip("% "))
        except ValueError:
            return None
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    return float(found) if 0 <= found < 1e9 else None


def places_in(text: str) -> Iterator[str]:
    return (match[1] for match in PLACE.finditer(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its places filled; those that are not known stay as they are."""
    return PLACE.sub(lambda match: values.get(match[1], match[0])[:MOST_VALUE], text)


def quoted(values: Mapping[str, str]) -> dict[str, str]:
    """Values for the path of a URL: no id can leave its place in it.

    Models (``owner/name``) keep their slashes; of dots alone nothing is left.
    """
    found = {}
    for name, value in values.items():
        parts = value.split("/") if name in ("model", "app") else [value]
        good = [quote(part, safe="") for part in parts if part.strip(".")]
        found[name] = "/".join(good)
    return found


def expanded(
    template: Any,
    values: Mapping[str, str],
    special: Callable[[Mapping[str, Any]], Any],
    depth: int = 0,
) -> Any:
    """A body with its places filled.

    Args:
        template: JSON.
        values: of places in texts.
        special: gives the value of an object that stands for something (a photo, the seed),
            None for one that is an object and nothing else, `NOTHING` where it has no value.
    """
    if depth > MOST_DEPTH:
        return NOTHING
    if isinstance(template, str):
        return filled(template, values)
    if isinstance(template, list):
        found = [expanded(each, values, special, depth + 1) for each in template]
        return [each for each in found if each is not NOTHING]
    if isinstance(template, Mapping):
        meant = special(template)
        if meant is not None:
            return meant
        whole = {
            name: expanded(each, values, special, depth + 1)
            for name, each in template.items()
        }
        return {name: each for name, each in whole.items() if each is not NOTHING}
    return template
