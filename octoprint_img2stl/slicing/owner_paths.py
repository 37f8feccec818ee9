"""Where the owner of this machine has the slicers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class OwnerPath(NamedTuple):
    """Where the owner has one slicer.

    Attributes:
        program: the file that is started, absolute; empty: it is looked for.
        folder: what it needs besides, for CuraEngine the definition files; empty: looked
            for.
    """

    program: str = ""
    folder: str = ""


OwnerPaths = Mapping[str, OwnerPath]  # name in the registry -> where it is
NOTHING_SET: OwnerPaths = {}


def paths_to_json(own: OwnerPaths) -> dict[str, list[str]]:
    return {name: list(path) for name, path in own.items() if any(path)}


def paths_from_json(data: Mapping[str, Any]) -> OwnerPaths:
    return {name: OwnerPath(*path) for name, path in data.items()}


def key_of(own: OwnerPaths) -> str:
    """A text that is another one when another program would be started."""
    said = paths_to_json(own)
    return json.dumps(said, sort_keys=True) if said else ""
