"""A saved profile: a maker's printer or what somebody brought, under a name of the owner's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..problems import Problem
from .imports.imported import CURA, PRUSA, Imported
from .material_names import matches
from .vendor.bed import BedSaid
from .vendor.flat import Flat

# As a source: of its maker, and of the plain choices; the others are those of
# `imports.read.SOURCES`.
VENDOR, PLAIN_SOURCE = "vendor", "plain"
# engine -> what says whether there is a brim, or a raft instead
BRIM_KEYS = {PRUSA: {"brim_width", "raft_layers"}, CURA: {"adhesion_type"}}


@dataclass(frozen=True)
class SavedProfile:
    """A profile as it is kept.

    Attributes:
        name: for people.
        engine: name in the registry of the slicer whose keys `values` are.
        values: the engine's keys and values, allow-listed.
        source: where it is from.
        id: of a kept one, 12 hexadecimal digits; empty before.
        material: key of `choices.MATERIALS`, empty where none matches.
        filament_type: as the slicer calls it, may be empty.
        layer_height, nozzle, height: mm, as far as it says.
        bed: of the printer that it was made for, as far as it says.
        problems: what was left out, to tell the user.
        owner: who made it.
        about: further facts by the source's own names.
        changed: when it was last changed, seconds since 1970.
    """

    name: str
    engine: str
    values: Mapping[str, str]
    source: str
    id: str = ""
    material: str = ""
    filament_type: str = ""
    layer_height: float | None = None
    nozzle: float | None = None
    height: float | None = None
    bed: BedSaid | None = None
    problems: tuple[Problem, ...] = ()
    owner: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    changed: float = 0.0

    @property
    def automatic_brim(self) -> bool:
        """Whether it was made of plain choices whose brim depends on the model.

        It is silent about the brim then; as soon as somebody sets one, that counts.
        """
        said = BRIM_KEYS[self.engine] & self.values.keys()
        return self.source == PLAIN_SOURCE and not said

    @property
    def fingerprint(self) -> str:
        """Another text where slicing with it would give something else."""
        # the material decides what a profile leaves open
        said = json.dumps([self.engine, self.material, dict(self.values)], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["problems"] = [problem.to_json() for problem in self.problems]
        data["values"], data["about"] = dict(self.values), dict(self.about)
        if self.bed is not None:  # a round one has too many corners to carry them about
            data["bed"] = asdict(replace(self.bed, points=()))
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SavedProfile:
        bed = data["bed"]
        return cls(
            **{
                **data,
                "problems": tuple(Problem.from_json(each) for each in data["problems"]),
                "bed": None if bed is None else BedSaid(**{**bed, "points": ()}),
            }
        )

    @classmethod
    def of_flat(cls, flat: Flat, name: str, values: Mapping[str, str]) -> SavedProfile:
        """Of a maker's presets; `values` are the flat ones as far as they are allowed."""
        filament_type = _first(flat.values.get("filament_type", ""))
        return cls(
            name=name,
            engine=PRUSA,
            values=values,
            source=VENDOR,
            material=matches(filament_type) or "",
            filament_type=filament_type,
            layer_height=_number(flat.values.get("layer_height", "")),
            nozzle=flat.nozzle,
            height=flat.height,
            bed=flat.bed,
            problems=flat.problems,
            about={
                "vendor": flat.vendor,
                "printer": flat.printer,
                "print": flat.print_,
                "filament": flat.filament,
            },
        )

    @classmethod
    def of_imported(cls, imported: Imported, name: str = "") -> SavedProfile:
        """Of what somebody brought, nothing being undecided."""
        return cls(
            name=name or imported.name,
            engine=imported.engine,
            values=imported.values,
            source=imported.about.get("source", ""),
            material=matches(imported.material or "") or "",
            filament_type=imported.material or "",
            layer_height=imported.layer_height,
            nozzle=imported.nozzle,
            height=imported.height,
            bed=imported.bed,
            problems=imported.problems,
            about={**imported.about, **imported.chosen},
        )


def _first(text: str) -> str:
    return text.split(";")[0].strip().strip('"')


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
