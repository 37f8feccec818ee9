"""Profiles for OctoPrint's Slice button: the ready ones, and what may be changed in them.

A profile is a JSON file in OctoPrint's folder of slicing profiles. It carries the slicer and
the same choices as a job; OctoPrint puts the changes of one slice beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..problems import N_, Refusal
from ..slicing.choices import QUALITIES
from ..slicing.refused import clean_text
from ..slicing.registry import SLICERS
from ..slicing.saved import SavedProfile
from ..slicing.settings import SliceSettings

# Of SliceSettings. Anybody who may slice may change these for one slice, and none of them
# reaches a program otherwise than as a checked number or word.
CHANGEABLE = ("quality", "material", "infill", "walls", "supports", "brim")
ENGINE = "slicer"  # the profile's own; it is not changed for one slice
SAVED = "profile"  # as well: id of one of our saved profiles
FIRST_QUALITY = "standard"  # OctoPrint preselects the first profile that it is given
LARGEST_BYTES = 65_536
SAVED_PREFIX = "saved_"
_OF_SAVED = re.compile(SAVED_PREFIX + r"[0-9a-f]{12}")


class ProfileRefused(Refusal):
    """A profile, or a change to it, cannot be used."""


@dataclass(frozen=True)
class Profile:
    """A profile as it lies on the disk.

    Attributes:
        data: slicer and choices, not yet checked.
        changes: for one slice, not yet checked.
        display_name, description: the owner's words, if any.
    """

    data: Mapping[str, Any]
    changes: Mapping[str, Any] = field(default_factory=dict)
    display_name: str | None = None
    description: str | None = None

    def to_text(self) -> str:
        data = {
            "data": dict(self.data),
            "changes": dict(self.changes),
            "display_name": self.display_name,
            "description": self.description,
        }
        return json.dumps(data, indent=1, default=str)

    @classmethod
    def read(cls, path: Path | str) -> Profile:
        """Raises `ProfileRefused` for a file that none of ours can be."""
        try:
            with open(path, "rb") as file:
                found = json.loads(file.read(LARGEST_BYTES))
            return cls(
                dict(found["data"]),
                dict(found.get("changes") or {}),
                _words(found.get("display_name")),
                _words(found.get("description")),
            )
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise _unreadable() from error

    def merged(self) -> Profile:
        """The same with its changes made, to be kept."""
        return Profile(
            {**self.data, **self.changes}, {}, self.display_name, self.description
        )

    def settings(self) -> SliceSettings:
        """The choices, changes included.

        Raises:
            ProfileRefused: ``slicer.profile_unreadable``: there is nothing in it;
                ``slicer.unknown_setting``: nothing of that name can be chosen.
            SlicingRefused: a value that cannot be.
        """
        if not self.data:
            raise _unreadable()
        _require_known(self.data, (ENGINE, SAVED, *CHANGEABLE))
        _require_known(self.changes, CHANGEABLE)
        chosen = {**self.data, **self.changes}
        # what is said beside a saved profile is meant to count
        over = [name for name in CHANGEABLE if SAVED in chosen and name in chosen]
        return SliceSettings.from_json({**chosen, "over": over})


def ready_profiles(engine: str) -> dict[str, dict[str, Any]]:
    """Name -> data of the profiles that an engine comes with, the preselected one first."""
    qualities = sorted(QUALITIES, key=lambda quality: quality != FIRST_QUALITY)
    return {f"{engine}_{each}": {ENGINE: engine, "quality": each} for each in qualities}


def missing_profiles(
    engines: Iterable[str], there: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """The ready profiles to be made: those of engines of which there is none at all.

    So an owner may delete what is not wanted, and a slicer installed later gets its own.

    Args:
        engines: names of the slicers that were found.
        there: names of the profiles that exist.
    """
    there = set(there)
    wanted: dict[str, dict[str, Any]] = {}
    for engine in engines:
        ready = ready_profiles(engine)
        if not there.intersection(ready):
            wanted.update(ready)
    return wanted


def saved_name(profile_id: str) -> str:
    """What OctoPrint calls the profile that stands for a saved one."""
    return f"{SAVED_PREFIX}{profile_id}"


def saved_id(name: str) -> str:
    """Of such a name, the saved profile's id; of any other, nothing."""
    return name.removeprefix(SAVED_PREFIX) if _OF_SAVED.fullmatch(name) else ""


def saved_data(profile: SavedProfile) -> dict[str, Any]:
    return {ENGINE: profile.engine, SAVED: profile.id}


def gone_profiles(saved: Iterable[SavedProfile], there: Iterable[str]) -> list[str]:
    """Names of OctoPrint's profiles that stand for a saved one which is no more."""
    known = {saved_name(profile.id) for profile in saved}
    return [name for name in there if saved_id(name) and name not in known]


def ready_words(name: str) -> tuple[str, str] | None:
    """Of a ready profile the slicer's label and the English label of its quality."""
    for engine, slicer in SLICERS.items():
        data = ready_profiles(engine).get(name)
        if data:
            return slicer.label, QUALITIES[data["quality"]].label
    return None


def _unreadable() -> ProfileRefused:
    return ProfileRefused(
        "slicer.profile_unreadable",
        N_(
            "The slicing profile is empty or damaged; choose another one, or save it anew."
        ),
    )


def _require_known(given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise ProfileRefused(
            "slicer.unknown_setting",
            N_(
                "%(name)s cannot be set in a slicing profile here; leave it out. What can "
                "be set: %(choices)s."
            ),
            name=clean_text(unknown[0], 40),
            choices=", ".join(known),
        )


def _words(text: Any) -> str | None:
    return clean_text(str(text)) if text else None
