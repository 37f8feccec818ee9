"""Slicer profiles as the browser sees them: JSON, translated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import format_decimal, gettext

from ..machine import CIRCULAR, RECTANGULAR, Machine
from ..problems import N_
from ..slicing.imports.compare import Contradiction, contradictions
from ..slicing.plain import plain_of
from ..slicing.refused import clean_text
from ..slicing.registry import SLICERS
from ..slicing.saved import PLAIN_SOURCE, VENDOR, SavedProfile
from ..slicing.vendor.bed import CUSTOM, BedSaid
from .views import problem_view

ABOUT_LENGTH = 100  # characters of a fact by the source's own names
MM = N_("%(number)s mm")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
FORMS = {
    RECTANGULAR: N_("Rectangular"),
    CIRCULAR: N_("Round"),
    CUSTOM: N_("Of another shape"),
}
# What `contradictions` compares.
COMPARED = {
    "bed": N_("Bed"),
    "origin": N_("Lower left corner of the bed"),
    "form": N_("Shape of the bed"),
    "height": N_("Height"),
    "nozzle": N_("Nozzle"),
}
SOURCES = {
    VENDOR: N_("Printer's maker"),
    PLAIN_SOURCE: N_("Plain settings"),
    "cura_profile": N_("Profile of Cura"),
    "cura_gcode": N_("G-code of Cura"),
    "orca": N_("Profile of OrcaSlicer"),
    "orca_gcode": N_("G-code of OrcaSlicer"),
    "prusa_gcode": N_("G-code of PrusaSlicer"),
    "prusa_bundle": N_("Bundle of PrusaSlicer"),
    "prusa_flat": N_("Settings of PrusaSlicer"),
}


@dataclass(frozen=True)
class ProfileViews:
    """Renders profiles for one user.

    Attributes:
        user: name of the user who asks.
        manages: whether those of others may be changed.
        creates: whether own ones may.
        defaults: material -> id of what is taken by itself for the current printer.
        usable: names of the slicers that are here.
        machine: the printer that is set up now; None where it cannot be used.
    """

    user: str
    manages: bool
    creates: bool
    defaults: Mapping[str, str]
    usable: Callable[[], Iterable[str]]
    machine: Machine | None

    def may_change(self, profile: SavedProfile) -> bool:
        return self.manages or (self.creates and profile.owner == self.user)

    def all(self, profiles: Iterable[SavedProfile]) -> list[dict[str, Any]]:
        usable = set(self.usable())
        return [self._one(profile, usable) for profile in profiles]

    def one(self, profile: SavedProfile) -> dict[str, Any]:
        """One line of the list of profiles."""
        return self._one(profile, set(self.usable()))

    def _one(self, profile: SavedProfile, usable: set[str]) -> dict[str, Any]:
        return {
            "id": profile.id,
            **_said(profile),
            "owner": profile.owner,
            "mine": profile.owner == self.user,
            "may_change": self.may_change(profile),
            "changed": profile.changed,
            "usable": profile.engine in usable,
            "default_for": [
                material for material, id_ in self.defaults.items() if id_ == profile.id
            ],
            "contradictions": self.contradictions(profile),
        }

    def full(self, profile: SavedProfile) -> dict[str, Any]:
        """A profile with all its values, and what is to be said about it."""
        return {
            **self.one(profile),
            "values": dict(profile.values),
            "problems": [problem_view(problem) for problem in profile.problems],
        }

    def draft(self, profile: SavedProfile, found: Mapping[str, Any]) -> dict[str, Any]:
        """A profile that is not saved yet; `found` is the worker's answer."""
        return {
            **_said(profile),
            "usable": profile.engine in set(self.usable()),
            "problems": [problem_view(problem) for problem in profile.problems],
            "undecided": found["undecided"],
            "choices": found["choices"],
            "chosen": found["chosen"],
            "contradictions": self.contradictions(profile),
        }

    def contradictions(self, profile: SavedProfile) -> list[dict[str, str]]:
        """What the profile says about the printer, and OctoPrint says otherwise."""
        if self.machine is None:
            return []
        return [
            {
                "what": each.what,
                "label": gettext(COMPARED[each.what]),
                "theirs": _compared(each, each.theirs),
                "ours": _compared(each, each.ours),
            }
            for each in contradictions(profile, self.machine)
        ]


def machine_view(machine: Machine) -> dict[str, Any]:
    """The printer as the browser needs it."""
    return {
        "name": machine.name,
        "width": machine.width,
        "depth": machine.depth,
        "height": machine.height,
        "form": machine.form,
        "nozzle": machine.nozzle,
        "heated_bed": machine.heated_bed,
    }


def _said(profile: SavedProfile) -> dict[str, Any]:
    """What a profile says, whether it is saved or not."""
    source = SOURCES.get(profile.source)
    return {
        "name": profile.name,
        "engine": profile.engine,
        "engine_label": SLICERS[profile.engine].label,
        "source": profile.source,
        "source_label": gettext(source) if source else "",
        "material": profile.material,
        "filament_type": clean_text(profile.filament_type, 40),
        "layer_height": profile.layer_height,
        "nozzle": profile.nozzle,
        "height": profile.height,
        "bed": _bed(profile.bed),
        "about": {
            clean_text(name, 40): clean_text(text, ABOUT_LENGTH)
            for name, text in profile.about.items()
        },
        "plain": plain_of(profile),
    }


def _bed(bed: BedSaid | None) -> dict[str, Any] | None:
    if bed is None:
        return None
    return {
        "form": bed.form,
        "label": gettext(FORMS[bed.form]),
        "x_min": bed.x_min,
        "y_min": bed.y_min,
        "width": bed.width,
        "depth": bed.depth,
        "centred": bed.centred,
    }


def _compared(contradiction: Contradiction, said: str) -> str:
    if contradiction.what == "form":
        return gettext(FORMS[said])
    shown = _NUMBER.sub(lambda found: format_decimal(float(found[0]), "0.##"), said)
    shown = shown.replace(" x ", " × ").replace(", ", " / ")  # some write 0,4
    return gettext(MM) % {"number": shown}
