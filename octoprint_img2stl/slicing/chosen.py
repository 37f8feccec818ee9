"""The slicer of one slice: the user's choice, or the one that the owner's profile is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..problems import N_, Problem
from .choices import AUTOMATIC
from .imports import read_any
from .owner_paths import OwnerPaths
from .refused import SlicingRefused
from .registry import SLICERS, find
from .settings import SliceSettings
from .slicer import Slicer


@dataclass(frozen=True)
class Chosen:
    """What slices, and with which values of an own profile.

    Attributes:
        slicer: it is installed here.
        profile: for `Slicer.slice`, or None.
        problems: what of the profile was left out.
    """

    slicer: Slicer
    profile: Mapping[str, str] | None = None
    problems: tuple[Problem, ...] = ()


def choose(
    settings: SliceSettings, own: OwnerPaths, profile: Path | str | None = None
) -> Chosen:
    """The slicer for these settings.

    Args:
        settings: the choices.
        own: where the owner has the slicers.
        profile: a file of the owner's, of any kind that `imports` reads; its own G-code is
            kept.

    Raises:
        SlicingRefused: as `registry.find` and `imports.read_any`;
            ``slicing.profile_undecided``, ``slicing.profile_of_another``.
    """
    if not profile:
        return Chosen(find(settings.slicer, own))
    brought = read_any(profile, own_gcode=True)
    if brought.undecided:
        names = [name for each in brought.choices.values() for name in each]
        raise SlicingRefused(
            "slicing.profile_undecided",
            N_(
                "This file holds several presets (%(names)s); export the one that you want "
                "by itself."
            ),
            field="profile",
            names=", ".join(names[:6]) + (", …" if len(names) > 6 else ""),
        )
    if settings.slicer not in (AUTOMATIC, brought.engine):
        raise SlicingRefused(
            "slicing.profile_of_another",
            N_("This profile is for %(theirs)s; choose that slicer, or another profile."),
            field="slicing.slicer",
            suggest=brought.engine,
            theirs=SLICERS[brought.engine].label,
        )
    slicer = find(brought.engine, own)
    return Chosen(slicer, brought.values, brought.problems)
