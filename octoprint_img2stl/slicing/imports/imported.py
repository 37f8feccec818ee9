"""What reading a brought profile gives, and the facts about the printer in it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...machine import CIRCULAR, RECTANGULAR
from ...problems import Problem
from ..refused import SlicingRefused, clean_text

POLYGON = "polygon"
PRUSA, CURA = "prusaslicer", "curaengine"  # names of the engines in the registry
KINDS = ("printer", "print", "filament")  # of presets, in the order they are laid over
ROUND_FROM = 12  # corners from which a regular polygon stands for a circular bed
NAME_LIMIT = 80

# (kind, name) -> the keys of a preset that comes with the slicer, or None
System = Callable[[str, str], "Mapping[str, str] | None"]


@dataclass(frozen=True)
class BedSaid:
    """The bed a profile was made for: its form, and its box in printer coordinates, mm."""

    form: str
    x_min: float
    y_min: float
    x_max: float
    y_max: float


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
    """The bed of a ``0x0,220x0,220x220,0x220``, as PrusaSlicer and Orca write it, mm."""
    points = []
    for corner in corners.split(",")[:1000]:
        x, _, y = corner.strip().partition("x")
        try:
            points.append((float(x), float(y)))
        except ValueError:
            return None
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    flat = [number for point in points for number in point]
    if len(points) < 3 or not all(
        math.isfinite(number) and abs(number) < 10_000 for number in flat
    ):
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    box = (min(xs), min(ys), max(xs), max(ys))
    if box[0] >= box[2] or box[1] >= box[3]:
        return None
    return BedSaid(_form(points, box), *box)


def _form(points: list[tuple[float, float]], box: tuple[float, ...]) -> str:
    x_min, y_min, x_max, y_max = box
    if len(points) == 4 and set(points) == {
        (x, y) for x in (x_min, x_max) for y in (y_min, y_max)
    }:
        return RECTANGULAR
    middle_x, middle_y = (x_min + x_max) / 2, (y_min + y_max) / 2
    radii = [math.hypot(x - middle_x, y - middle_y) for x, y in points]
    even = max(radii) - min(radii) <= 0.02 * max(radii)
    return CIRCULAR if even and len(points) >= ROUND_FROM else POLYGON
