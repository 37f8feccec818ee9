"""Files with several presets: which ones are meant, and what they inherit.

The same for PrusaSlicer's config bundles and OrcaSlicer's files: a preset has a kind, a
name, parents and values of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...problems import N_, WARNING, Problem
from ..refused import SlicingRefused, clean_text
from .imported import KINDS, NAME_LIMIT, PRUSA, Imported, System, people_name

SHOWN = 500  # choices of a kind


class Preset(NamedTuple):
    """One preset of a file.

    Attributes:
        values: its own keys.
        parents: names of presets of the same kind; a later one wins over an earlier one.
        open: whether it can be chosen; what only others build on cannot.
    """

    values: Mapping[str, Any]
    parents: tuple[str, ...] = ()
    open: bool = True


@dataclass(frozen=True)
class Bundle:
    """All presets of a file: kind -> name -> preset, and kind -> the one in use."""

    presets: Mapping[str, Mapping[str, Preset]]
    active: Mapping[str, str] = field(default_factory=dict)


class Picked(NamedTuple):
    """Kind -> the preset that is meant, and kind -> all names where there are several."""

    chosen: dict[str, str]
    choices: dict[str, tuple[str, ...]]
    undecided: bool


def pick(bundle: Bundle, choose: Mapping[str, str]) -> Picked:
    """Which preset of each kind is meant.

    What `choose` names, else what the file says is in use, else the only one there is.

    Raises:
        SlicingRefused: ``slicing.profile_no_such_choice``.
    """
    chosen: dict[str, str] = {}
    choices: dict[str, tuple[str, ...]] = {}
    undecided = False
    for kind in KINDS:
        presets = bundle.presets.get(kind, {})
        names = [name for name, preset in presets.items() if preset.open] or [*presets]
        wanted, active = str(choose.get(kind) or ""), bundle.active.get(kind, "")
        if wanted and wanted not in names and wanted != active:
            raise SlicingRefused(
                "slicing.profile_no_such_choice",
                N_("The file has no profile called %(name)s; choose one that is in it."),
                field="profile",
                name=clean_text(wanted, NAME_LIMIT),
            )
        if wanted or active:
            chosen[kind] = wanted or active
        elif len(names) == 1:
            chosen[kind] = names[0]
        elif names:
            undecided = True
        if len(names) > 1:
            choices[kind] = tuple(names[:SHOWN])
    return Picked(chosen, choices, undecided)


def to_be_chosen(picked: Picked, name: str, source: str) -> Imported:
    """What is known of a file while nobody has chosen among its presets."""
    problem = Problem(
        "slicing.profile_choose",
        WARNING,
        N_(
            "The file holds several profiles; choose the printer, print and filament "
            "settings you want."
        ),
        {},
        "profile",
    )
    return Imported(
        engine=PRUSA,
        name=people_name(name),
        values={},
        problems=(problem,),
        choices=picked.choices,
        chosen=picked.chosen,
        about={"source": source},
    )


def flatten(
    presets: Mapping[str, Preset],
    name: str,
    kind: str,
    system: System | None,
) -> tuple[dict[str, Any], list[str]]:
    """A preset's values with all it inherits, and the names of parents that are nowhere.

    Its own keys win, then its parents' from the last to the first, each with what it
    inherits itself (`flatten_configbundle_hierarchy` in PrusaSlicer's
    `PresetBundle.cpp`). Going down depth first and keeping what came first is the same, in
    time that grows with the file; a circle ends by itself.
    """
    values: dict[str, Any] = {}
    missing: list[str] = []
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        preset = presets.get(name)
        if preset is None:
            found = system(kind, name) if system is not None else None
            if found is None:
                missing.append(name)
                continue
            preset = Preset(found)
        for key, value in preset.values.items():
            values.setdefault(key, value)
        waiting.extend(preset.parents)  # the last one is taken first
    return values, missing


def missing_problem(names: Iterable[str]) -> tuple[Problem, ...]:
    """The problem that names parents which are neither in the file nor installed."""
    names = sorted(clean_text(name, NAME_LIMIT) for name in set(names))
    if not names:
        return ()
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return (
        Problem(
            "slicing.profile_parent_missing",
            WARNING,
            N_(
                "The profile builds on %(names)s, which is not in the file; what it would "
                "take from there comes from our settings."
            ),
            {"names": shown},
            "profile",
        ),
    )
