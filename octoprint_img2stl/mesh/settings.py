"""What the owner chose for a mesh on its way to the bed, validated. No numpy here.

A mesh is repaired first (`MeshSettings.repair_json` is what that depends on), then made
ready: unit and up, mirror, turn, size, smoothing, simplifying, base cut, plinth, hollowing,
cutting in two, copies, in this order. The base is cut before hollowing so that the floor
gets its wall.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..problems import N_
from .refused import MeshRefused

UNITS = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "inch": 25.4}
UPS = ("z", "y", "x")
REPAIRS = ("auto", "off")
OPENINGS = ("cap", "thicken")
CAVITIES = ("keep", "fill")
SIZE_BY = ("percent", "x", "y", "z", "longest", "bed")
MIRRORS = ("none", "x", "y", "z")
CUT_IN = ("mm", "percent")
SPLITS = ("none", "auto", "at")
UPRIGHT = (1.0, 0.0, 0.0, 0.0)

# field -> (smallest, largest)
LIMITS: dict[str, tuple[float, float]] = {
    "sheet": (0.0, 20.0),
    "size": (0.01, 100_000.0),
    "smooth": (0, 50),
    "max_error": (0.0, 5.0),
    "hollow": (0.0, 50.0),
    "drain": (0.0, 50.0),
    "base_cut": (0.0, 1000.0),
    "plinth": (0.0, 100.0),
    "plinth_margin": (0.0, 100.0),
    "split_at": (0.0, 10_000.0),
    "peg_clearance": (0.0, 2.0),
    "copies": (1, 200),
    "gap": (0.0, 100.0),
}
WHOLE = ("smooth", "copies")
CHOICES: dict[str, tuple[str, ...]] = {
    "unit": tuple(UNITS),
    "up": UPS,
    "repair": REPAIRS,
    "openings": OPENINGS,
    "cavities": CAVITIES,
    "size_by": SIZE_BY,
    "mirror": MIRRORS,
    "base_cut_in": CUT_IN,
    "split": SPLITS,
}
SWITCHES = ("keep_floaters", "simplify", "pegs")


@dataclass(frozen=True)
class MeshSettings:
    """All that was chosen for one mesh.

    Attributes:
        unit: how the file's numbers are read, where the format does not say; key of `UNITS`.
        up: which of the file's axes points up; a format that says so is turned on loading.
        repair: ``off`` takes the mesh as it came ("undo repair").
        openings: ``cap`` closes open sheets over their rims, ``thicken`` gives them `sheet`.
        sheet: thickness of what has none, mm; 0: two printed lines.
        cavities: ``fill`` drops sealed hollows.
        keep_floaters: keep the small loose parts that repair would drop.
        mirror: axis along which the mesh is mirrored.
        turn: unit quaternion (w, x, y, z) that turns the mesh as it came.
        size_by: what `size` says: percent of the size as it came, the extent along an axis
            or the longest in mm (all uniform), or ``bed``: as large as the bed allows.
        size: percent or mm.
        smooth: rounds of Taubin smoothing.
        simplify: drop triangles the printer cannot resolve.
        max_error: bound on what simplifying moves, mm; 0: a tenth of a printed line.
        hollow: thickness of the wall that is left, mm; 0: solid.
        drain: diameter of the drain hole in a hollow mesh's floor, mm; 0: none.
        base_cut, base_cut_in: what is cut off flat from below, mm or percent of the height.
        plinth, plinth_margin: height of a plate under the mesh and how far it stands out, mm.
        split: cut in two above one another: ``auto`` when taller than the printer, ``at``
            at `split_at`.
        split_at: height of that cut, mm.
        pegs, peg_clearance: whether the halves get pegs and holes, and the play between, mm.
        copies, gap: how many, and the distance between them on the bed, mm.

    Raises:
        MeshRefused: a value that cannot be, with its field.
    """

    unit: str = "mm"
    up: str = "z"
    repair: str = "auto"
    openings: str = "cap"
    sheet: float = 0.0
    cavities: str = "keep"
    keep_floaters: bool = False
    mirror: str = "none"
    turn: tuple[float, float, float, float] = UPRIGHT
    size_by: str = "percent"
    size: float = 100.0
    smooth: int = 0
    simplify: bool = True
    max_error: float = 0.0
    hollow: float = 0.0
    drain: float = 0.0
    base_cut: float = 0.0
    base_cut_in: str = "mm"
    plinth: float = 0.0
    plinth_margin: float = 2.0
    split: str = "none"
    split_at: float = 0.0
    pegs: bool = True
    peg_clearance: float = 0.2
    copies: int = 1
    gap: float = 5.0

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            _one_of(name, getattr(self, name), known)
        for name in LIMITS:
            _number(name, getattr(self, name))
        for name in SWITCHES:
            if not isinstance(getattr(self, name), bool):
                _one_of(name, getattr(self, name), (True, False))
        object.__setattr__(self, "turn", _unit_quaternion(self.turn))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MeshSettings:
        """Validate what came from outside; what is left out takes its default.

        Raises:
            MeshRefused: an unknown setting or a value that cannot be.
        """
        unknown = sorted(str(name) for name in set(data) - set(cls.__dataclass_fields__))
        if unknown:
            raise MeshRefused(
                "mesh.unknown_setting",
                N_("There is no setting of a mesh called %(name)s; leave it out."),
                field=f"mesh.{unknown[0][:40]}",
                name=unknown[0][:40],
            )
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "turn": list(self.turn)}

    def repair_json(self) -> dict[str, Any]:
        """What the repair depends on, JSON-able; all else is done after it."""
        return {name: getattr(self, name) for name in REPAIR_FIELDS}


REPAIR_FIELDS = (
    "unit", "up", "repair", "openings", "sheet", "cavities", "keep_floaters",
)  # fmt: skip


def _one_of(name: str, value: Any, known: tuple[Any, ...]) -> None:
    if value not in known or isinstance(value, bool) != isinstance(known[0], bool):
        raise MeshRefused(
            "mesh.unknown_choice",
            N_("%(value)s is not a choice for %(setting)s; choose one of %(choices)s."),
            field=f"mesh.{name}",
            setting=name,
            value=str(value)[:40],
            choices=", ".join(str(each) for each in known),
        )


def _is_number(value: Any) -> bool:
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    return good and math.isfinite(value)


def _number(name: str, value: Any) -> None:
    low, high = LIMITS[name]
    good = _is_number(value) and (name not in WHOLE or value == int(value))
    if not good or not low <= value <= high:
        raise MeshRefused(
            "mesh.out_of_range",
            N_(
                "%(value)s cannot be used for %(setting)s; "
                "give a number from %(low)s to %(high)s."
            ),
            field=f"mesh.{name}",
            suggest=min(max(value, low), high) if good else None,
            setting=name,
            value=str(value)[:40],
            low=low,
            high=high,
        )


def _unit_quaternion(value: Any) -> tuple[float, float, float, float]:
    if isinstance(value, (list, tuple)) and len(value) == 4:
        if all(_is_number(each) for each in value):
            length = math.sqrt(sum(float(each) ** 2 for each in value))
            if length > 1e-6:
                return tuple(float(each) / length for each in value)
    raise MeshRefused(
        "mesh.bad_turn",
        N_("%(value)s is no turn; give a quaternion of four numbers w, x, y, z."),
        field="mesh.turn",
        value=str(value)[:60],
    )
