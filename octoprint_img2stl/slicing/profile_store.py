"""The saved profiles: a folder of small files, and which of them is taken by itself."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..files import tidy
from ..problems import N_, WARNING, Problem
from .choices import MATERIALS
from .profile_change import ALLOWED, changed, known_material
from .profile_files import (
    DAMAGE,
    ENDING,
    PROFILE_ID,
    load_saved,
    no_such_profile,
    read_json,
    read_profile_file,
    write_json,
)
from .refused import SlicingRefused, clean_text
from .saved import SavedProfile

__all__ = ["ProfileStore", "load_saved"]

MOST = 200  # profiles
NAME_LIMIT = 80  # characters
PRINTERS_LIMIT = 200  # printer profiles of OctoPrint's that have defaults
NOTICES_LIMIT = 20
BROKEN = ".broken"


class ProfileStore:
    """All saved profiles in a folder; one object per folder writes to it.

    The folder has ``<id>.json`` for each profile, and ``defaults.json``: OctoPrint's
    printer profile -> material -> id. Every method may be called from any thread.

    Args:
        folder: made if it is missing.

    Attributes:
        notices: what was wrong with files found in it, the last ones.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.notices: list[Problem] = []
        self._lock = threading.RLock()
        self._profiles: dict[str, SavedProfile] | None = None
        self._defaults: dict[str, dict[str, str]] = {}

    def all(self) -> list[SavedProfile]:
        """All of them, by name."""
        with self._lock:
            found = list(self._read().values())
        return sorted(found, key=lambda profile: (profile.name.casefold(), profile.id))

    def get(self, profile_id: str) -> SavedProfile:
        """One of them.

        Raises:
            SlicingRefused: ``slicing.no_such_profile``.
        """
        with self._lock:
            found = self._read().get(profile_id)
        if found is None:
            raise no_such_profile()
        return found

    def add(self, profile: SavedProfile, owner: str) -> SavedProfile:
        """Keep a profile under its name; of equal names the later gets a number.

        Its custom G-code is kept: who made the profile knew whether it may be there.

        Args:
            profile: its id and owner do not matter.
            owner: whose it is.

        Raises:
            SlicingRefused: ``slicing.too_many_profiles``.
            OSError: it cannot be written.
        """
        with self._lock:
            profiles = self._read()
            if len(profiles) >= MOST:
                raise SlicingRefused(
                    "slicing.too_many_profiles",
                    N_(
                        "There are %(most)s saved profiles already; delete one that is no "
                        "longer used."
                    ),
                    field="profile",
                    most=MOST,
                )
            kept = ALLOWED[profile.engine](profile.values, own_gcode=True).values
            return self._write(
                replace(
                    profile,
                    id=self._new_id(),
                    owner=owner,
                    name=self._free_name(profile.name),
                    values=kept,
                )
            )

    def change(
        self,
        profile_id: str,
        *,
        name: str | None = None,
        material: str | None = None,
        values: Mapping[str, str | None] | None = None,
        own_gcode: bool,
    ) -> SavedProfile:
        """Another name, material or other values; all of it or nothing.

        Args:
            profile_id: which profile.
            name: None or nothing readable: as it was.
            material, values, own_gcode: see `profile_change.changed`.

        Raises:
            SlicingRefused: ``slicing.no_such_profile``, and as `profile_change.changed`.
            OSError: it cannot be written.
        """
        with self._lock:
            was = self.get(profile_id)
            now = changed(was, material=material, values=values, own_gcode=own_gcode)
            if name is not None and _cleaned(name) and _cleaned(name) != was.name:
                now = replace(now, name=self._free_name(name, profile_id))
            return was if now == was else self._write(now)

    def remove(self, profile_id: str) -> None:
        """Delete a profile; where it was the default, there is none.

        Raises:
            SlicingRefused: ``slicing.no_such_profile``.
            OSError: it cannot be deleted.
        """
        with self._lock:
            self.get(profile_id)
            self._path(profile_id).unlink(missing_ok=True)
            del self._read()[profile_id]
            left = {
                printer: {key: id_ for key, id_ in ids.items() if id_ != profile_id}
                for printer, ids in self._defaults.items()
            }
            if left != self._defaults:
                self._write_defaults(left)

    def default(self, printer: str, material: str) -> str:
        """Id of the profile that is taken by itself, or empty.

        Args:
            printer: id of OctoPrint's printer profile.
            material: key of `choices.MATERIALS`.
        """
        return self.defaults(printer).get(material, "")

    def defaults(self, printer: str) -> dict[str, str]:
        """Material -> id of the profile that is taken for it by itself."""
        with self._lock:
            profiles = self._read()
            ids = self._defaults.get(printer, {})
            return {key: id_ for key, id_ in ids.items() if id_ in profiles}

    def set_default(self, printer: str, material: str, profile_id: str) -> None:
        """Take a profile by itself from now on; an empty id: none.

        Raises:
            SlicingRefused: ``slicing.no_such_profile``, ``slicing.unknown_choice``.
            OSError: it cannot be written.
        """
        known_material(material)
        with self._lock:
            if profile_id:
                self.get(profile_id)
            ids = {**self.defaults(printer), material: profile_id}
            rest = {key: found for key, found in self._defaults.items() if key != printer}
            # The printer that was set last stands last; the longest forgotten one goes.
            rest = dict(list(rest.items())[-(PRINTERS_LIMIT - 1) :])
            self._write_defaults({**rest, printer: ids})

    # -- the files ------------------------------------------------------------------------

    def _read(self) -> dict[str, SavedProfile]:
        """The profiles by their ids; the files are read once."""
        if self._profiles is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tidy(self.folder)
            found: dict[str, SavedProfile] = {}
            for path in sorted(self.folder.glob(f"*{ENDING}")):
                if not PROFILE_ID.fullmatch(path.name.removesuffix(ENDING)):
                    continue
                try:
                    profile = read_profile_file(path)
                except OSError:
                    self._notice(path, aside=False)
                except DAMAGE:
                    self._notice(path, aside=True)
                else:
                    found[profile.id] = profile
            self._profiles = found
            self._defaults = self._read_defaults()
        return self._profiles

    def _read_defaults(self) -> dict[str, dict[str, str]]:
        path = self.folder / f"defaults{ENDING}"
        try:
            return _defaults(read_json(path))
        except FileNotFoundError:
            return {}
        except OSError:
            self._notice(path, aside=False)
        except DAMAGE:
            self._notice(path, aside=True)
        return {}

    def _write(self, profile: SavedProfile) -> SavedProfile:
        profile = replace(profile, changed=time.time())
        write_json(self._path(profile.id), profile.to_json())
        self._read()[profile.id] = profile
        return profile

    def _write_defaults(self, defaults: dict[str, dict[str, str]]) -> None:
        said = {
            printer: {key: id_ for key, id_ in ids.items() if id_}
            for printer, ids in defaults.items()
        }
        said = {printer: ids for printer, ids in said.items() if ids}
        write_json(self.folder / f"defaults{ENDING}", said)
        self._defaults = said

    def _path(self, profile_id: str) -> Path:
        return self.folder / f"{profile_id}{ENDING}"

    def _notice(self, path: Path, *, aside: bool) -> None:
        """Tell of a file that cannot be used, and move a damaged one out of the way."""
        if aside:
            try:
                os.replace(path, path.with_name(path.name + BROKEN))
            except OSError:
                pass
        self.notices.append(
            Problem(
                "slicing.profile_damaged",
                WARNING,
                N_(
                    "The file %(file)s of the saved profiles cannot be read and was left "
                    "out; choose or bring that profile again."
                ),
                {"file": clean_text(path.name, 60)},
            )
        )
        del self.notices[:-NOTICES_LIMIT]

    # -- names ----------------------------------------------------------------------------

    def _new_id(self) -> str:
        profiles = self._read()
        while True:
            made = secrets.token_hex(6)
            if made not in profiles and not self._path(made).exists():
                return made

    def _free_name(self, name: str, but: str = "") -> str:
        """A name that no other profile has."""
        wanted = _cleaned(name) or "Profile"
        taken = {
            profile.name.casefold()
            for profile in self._read().values()
            if profile.id != but
        }
        found, number = wanted, 1
        while found.casefold() in taken:
            number += 1
            tail = f" ({number})"
            found = wanted[: NAME_LIMIT - len(tail)].rstrip() + tail
        return found


def _cleaned(name: object) -> str:
    return clean_text(str(name), NAME_LIMIT)


def _defaults(data: Any) -> dict[str, dict[str, str]]:
    """What `defaults.json` says; raises one of `DAMAGE`."""
    return {
        printer: {
            key: profile_id
            for key, profile_id in ids.items()
            if key in MATERIALS and PROFILE_ID.fullmatch(profile_id)
        }
        for printer, ids in data.items()
    }
