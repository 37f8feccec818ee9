"""Cura's definition files on the disk: found, read with bounds, inheritance followed.

A machine's file says what differs from the one it ``inherits``, up to
``fdmprinter.def.json``, which has all settings in a tree; the file of an extruder does
the same up to ``fdmextruder.def.json``. The folder may be anybody's, so nothing in it is
trusted: sizes, depths and numbers are bounded, and a name leads nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...problems import N_
from ..refused import SlicingRefused, clean_text
from ..small_files import read_bytes, strict_json

BASE, BASE_EXTRUDER = "fdmprinter", "fdmextruder"
ENDING = ".def.json"
FILE_LIMIT = 2_000_000  # bytes; fdmprinter of 4.13 has 450 kB, any other under 20 kB
FILES_LIMIT = 3_000  # in a folder; the largest release has about 500
CHAIN_LIMIT = 12  # files that inherit from one another; Cura's longest chain has 6
SETTINGS_LIMIT = 2_000  # of a machine; 4.13 has 575
TREE_LIMIT = 12  # settings inside one another; Cura's deepest has 6

# A folder that somebody named -> where its definitions may be.
INSIDE = (
    "",
    "resources",
    "cura/resources",
    "share/cura/resources",
    "usr/share/cura/resources",
)
PLACES = (
    "/usr/share/cura/resources",
    "/usr/local/share/cura/resources",
    "~/cura/usr/share/cura/resources",
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,80}")

Json = dict[str, Any]


class Files:
    """The folder ``resources`` of a Cura: its ``definitions`` and ``extruders``."""

    def __init__(self, resources: Path) -> None:
        self.resources = resources

    @classmethod
    def at(cls, folder: str | Path) -> Files | None:
        """The files in a folder that somebody named: any of the usual levels will do."""
        path = Path(os.path.abspath(os.path.expanduser(folder)))
        candidates = [path / inside for inside in INSIDE]
        if path.name == "definitions":
            candidates.append(path.parent)
        for candidate in candidates:
            if (candidate / "definitions" / f"{BASE}{ENDING}").is_file():
                return cls(candidate)
        return None

    def names(self) -> Iterator[str]:
        """Ids of all machines' files, sorted."""
        with os.scandir(self.resources / "definitions") as entries:
            found = [
                entry.name.removesuffix(ENDING)
                for entry, _ in zip(entries, range(FILES_LIMIT), strict=False)
                if entry.name.endswith(ENDING)
            ]
        return (name for name in sorted(found) if _NAME.fullmatch(name))

    def about(self, name: str, known: dict[str, Json]) -> Json:
        """A machine's metadata, and its ``name``, without its settings.

        Args:
            name: its id.
            known: what earlier calls found out; filled on the way.

        Raises:
            SlicingRefused: as `machine` does.
        """
        chain: list[tuple[str, Json]] = []
        wanted: Any = name
        found: Json = {}
        while wanted is not None:
            if isinstance(wanted, str) and wanted in known:
                found = known[wanted]
                break
            if len(chain) >= CHAIN_LIMIT:
                raise _bad(name)
            file = self._read(wanted, ("definitions",))
            chain.append((wanted, file))
            wanted = file.get("inherits")
        for key, file in reversed(chain):
            found = {**found, **metadata([file]), "name": file.get("name")}
            known[key] = found
        return found

    def machine(self, name: str) -> list[Json]:
        """A machine's files, the root first.

        Raises:
            SlicingRefused: ``slicing.unknown_machine``, ``slicing.bad_definitions``.
        """
        return self._chain(name, ("definitions",))

    def extruder(self, name: str) -> list[Json]:
        """An extruder's files, the root first; raises as `machine` does."""
        return self._chain(name, ("extruders", "definitions"))

    def _chain(self, name: str, folders: tuple[str, ...]) -> list[Json]:
        chain: list[Json] = []
        wanted: Any = name
        while wanted is not None:
            if len(chain) >= CHAIN_LIMIT:
                raise _bad(name)
            chain.insert(0, self._read(wanted, folders))
            wanted = chain[0].get("inherits")
        return chain

    def _read(self, name: Any, folders: tuple[str, ...]) -> Json:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _unknown(name)
        for folder in folders:
            try:
                data = read_bytes(self.resources / folder / f"{name}{ENDING}", FILE_LIMIT)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                raise _bad(name) from error
            try:
                found = strict_json(data)
            except (ValueError, RecursionError) as error:
                raise _bad(name) from error
            if not isinstance(found, dict):
                raise _bad(name)
            return found
        raise _unknown(name)


def metadata(chain: list[Json]) -> Json:
    """The metadata of files that inherit, the last one's winning; Cura does the same."""
    found: Json = {}
    for file in chain:
        own = file.get("metadata")
        found.update(own if isinstance(own, dict) else {})
    return found


def settings(chain: list[Json]) -> tuple[dict[str, Json], dict[str, str]]:
    """All settings of files that inherit, and for each the setting it stands under.

    Raises:
        SlicingRefused: ``slicing.bad_definitions``.
    """
    found: dict[str, Json] = {}
    parents: dict[str, str] = {}
    for file in chain:
        _collect(file.get("settings"), "", found, parents, 0)
        overrides = file.get("overrides")
        for key, own in (overrides if isinstance(overrides, dict) else {}).items():
            # Cura, too, leaves out what overrides nothing.
            if key in found and isinstance(own, dict):
                found[key] = {**found[key], **own}
    return found, parents


def _collect(
    tree: Any, above: str, found: dict[str, Json], parents: dict[str, str], depth: int
) -> None:
    if not isinstance(tree, dict):
        return
    if depth > TREE_LIMIT or len(found) + len(tree) > SETTINGS_LIMIT:
        raise _bad(BASE)
    for key, own in tree.items():
        if not isinstance(own, dict):
            continue
        category = own.get("type") == "category"
        if not category:
            found[key] = {name: value for name, value in own.items() if name in KEPT}
            if above:
                parents[key] = above
        _collect(own.get("children"), "" if category else key, found, parents, depth + 1)


# The rest is text for people, and most of the memory.
KEPT = frozenset(
    "type default_value value resolve enabled minimum_value maximum_value options".split()
)


def _bad(name: Any) -> SlicingRefused:
    return SlicingRefused(
        "slicing.bad_definitions",
        N_(
            "Cura's definition file %(name)s cannot be used; install the package cura "
            "again, or name another folder."
        ),
        field="cura_definitions",
        name=clean_text(str(name), 80),
    )


def _unknown(name: Any) -> SlicingRefused:
    return SlicingRefused(
        "slicing.unknown_machine",
        N_("Cura's definition files know no printer %(name)s; choose another one."),
        field="slicing.machine",
        name=clean_text(str(name), 80),
    )
