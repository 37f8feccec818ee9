"""The slicer of one slice: the user's choice, or the one that the profile is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..problems import N_, Problem
from .choices import AUTOMATIC
from .imports import read_any
from .owner_paths import OwnerPaths
from .refused import SlicingRefused
from .registry import SLICERS, find
from .saved import SavedProfile
from .settings import SliceSettings
from .slicer import Slicer


@dataclass(frozen=True)
class Chosen:
    """What slices, and with which values of an own profile.

    Attributes:
        slicer: it is installed here.
        settings: to slice with: those given, the material being the saved profile's where
            that is known and counts.
        profile: for `Slicer.slice`, or None.
        problems: what of the profile was left out; of a saved one that was told before.
    """

    slicer: Slicer
    settings: SliceSettings
    profile: Mapping[str, str] | None = None
    problems: tuple[Problem, ...] = ()


def choose(
    settings: SliceSettings,
    own: OwnerPaths,
    profile: Path | str | None = None,
    saved: SavedProfile | None = None,
) -> Chosen:
    """The slicer for these settings.

    Args:
        settings: the choices.
        own: where the owner has the slicers.
        profile: a file of the owner's, of any kind that `imports` reads; its own G-code is
            kept.
        saved: the saved profile that `settings.profile` names; the file does not count
            then.

    Raises:
        SlicingRefused: as `registry.find` and `imports.read_any`;
            ``slicing.profile_undecided``, ``slicing.profile_of_another``.
    """
    if saved is not None:
        _refuse_another(settings, saved.engine)
        if saved.material and "material" not in settings.over:
            settings = replace(settings, material=saved.material)
        if saved.automatic_brim and "brim" not in settings.over:
            # what it was made of counts: the brim of our own, which depends on the model
            settings = replace(settings, brim=None, over=(*settings.over, "brim"))
        return Chosen(find(saved.engine, own), settings, saved.values)
    if not profile:
        return Chosen(find(settings.slicer, own), settings)
    brought = read_any(profile, own_gcode=True)
    if brought.undecided:
        names = [name for each in brought.choices.values() for name in each]
        raise SlicingRefused(
            "slicing.profile_undecided",
            N_(
                "This file holds several profiles (%(names)s); export the one you want by "
                "itself."
            ),
            field="profile",
            names=", ".join(names[:6]) + (", …" if len(names) > 6 else ""),
        )
    _refuse_another(settings, brought.engine)
    slicer = find(brought.engine, own)
    return Chosen(slicer, settings, brought.values, brought.problems)


def _refuse_another(settings: SliceSettings, engine: str) -> None:
    if settings.slicer in (AUTOMATIC, engine):
        return
    raise SlicingRefused(
        "slicing.profile_of_another",
        N_("This profile is for %(theirs)s; choose that slicer, or another profile."),
        field="slicing.slicer",
        suggest=engine,
        theirs=SLICERS[engine].label,
    )
