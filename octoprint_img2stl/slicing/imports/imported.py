"""What reading a brought profile gives, and small helpers of those who read one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ...problems import N_, WARNING, Problem
from ..refused import SlicingRefused, clean_text
from ..vendor.bed import BedSaid, bed_said

PRUSA, CURA = "prusaslicer", "curaengine"  # names of the engines in the registry
KINDS = ("printer", "print", "filament")  # of presets, in the order they are laid over
NAME_LIMIT = 80

# (kind, name) -> the keys of a preset that comes with the slicer, or None
System = Callable[[str, str], "Mapping[str, str] | None"]


@dataclass(frozen=True)
class Imported:
    """A profile as far as it is taken.

    Attributes:
        engine: name in the registry of the slicer whose keys `values` are.
        name: for people.
        values: the engine's keys and text, allow-listed; newlines are ``\\n``. A Cura value
            that begins with ``=`` is a formula. Empty while `undecided`.
        problems: what was left out or could not be understood, to tell the user.
        bed, nozzle, height: of the printer it was made for, mm, as far as it says.
        material: as the slicer calls it (``PLA``), or None.
        layer_height: mm, or None.
        choices: of a file with several presets: kind (``printer``, ``print``,
            ``filament``) -> their names.
        chosen: kind -> the name that was taken.
        about: further facts by the source's own names: ``source``, and of Cura
            ``definition``, ``quality_type``, ``setting_version``.
    """

    engine: str
    name: str
    values: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    bed: BedSaid | None = None
    nozzle: float | None = None
    height: float | None = None
    material: str | None = None
    layer_height: float | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def undecided(self) -> bool:
        """Whether somebody has to choose among the presets first."""
        return any(
            len(names) > 1 and kind not in self.chosen
            for kind, names in self.choices.items()
        )

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["problems"] = [problem.to_json() for problem in self.problems]
        data["choices"] = {kind: list(names) for kind, names in self.choices.items()}
        data["undecided"] = self.undecided
        return data


def not_a_profile(template: str, **values: Any) -> SlicingRefused:
    """The refusal of a file that is no profile; `template` says what to do."""
    return SlicingRefused("slicing.bad_profile", template, field="profile", **values)


def unfit_problem(unfit: list[str]) -> tuple[Problem, ...]:
    """The problem that names values which the engine would not understand."""
    if not unfit:
        return ()
    shown = "; ".join(sorted(unfit)[:3]) + ("; …" if len(unfit) > 3 else "")
    return (
        Problem(
            "slicing.profile_values",
            WARNING,
            N_(
                "Values of the profile that are not understood were left out: %(values)s."
            ),
            {"values": clean_text(shown, 200)},
            "profile",
        ),
    )


def people_name(*names: str) -> str:
    """The first name that says something, fit to be shown."""
    for name in names:
        name = clean_text(str(name).strip().strip('"').split(";")[0], NAME_LIMIT)
        if name and not name.lower().startswith("- default"):
            return name
    return ""


def positive(text: Any) -> float | None:
    """A value's first number (``0.4,0.4`` -> 0.4), if it is a sensible size in mm."""
    first = re.split(r"[,;]", str(text), maxsplit=1)[0].strip()
    try:
        number = float(first)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 < number < 10_000 else None


def bed_of(corners: str) -> BedSaid | None:
    """The bed of a ``0x0,220x0,220x220,0x220``, as PrusaSlicer and Orca write it, mm.

    Its form and its box; a round one has too many corners to carry them about.
    """
    bed = bed_said(corners)
    return None if bed is None else replace(bed, points=())


def sorted_out(
    values: Mapping[str, str], fits: Callable[[str, str], bool]
) -> tuple[dict[str, str], list[str]]:
    """The values that fit their keys, and the others as ``key = value``."""
    good: dict[str, str] = {}
    bad = []
    for key, value in values.items():
        if fits(key, value):
            good[key] = value
        else:
            bad.append(f"{key} = {value[:40]}")
    return good, bad
