"""What the user chooses for a slice, validated."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..machine import Machine
from ..problems import N_
from .choices import (
    AUTOMATIC,
    BRIMS,
    CHANGE_COMMANDS,
    INFILLS,
    MATERIALS,
    QUALITIES,
    SUPPORTS,
    TEST_PRINTS,
    WALLS,
)
from .profile_files import PROFILE_ID, no_such_profile
from .refused import SlicingRefused, clean_text

# field -> (smallest, largest): percent, mm, number of lines
LIMITS: dict[str, tuple[float, float]] = {
    "infill": (0, 100),
    "brim": (0, 20),
    "walls": (1, 10),
    "changes": (0, 2000),
    "first_layers": (0, 100_000),
    "scale_percent": (5, 100),
}
MOST_CHANGES = 50
# The plain choices; with a saved profile each counts only where the user wants it to.
PLAIN = ("material", "quality", "infill", "supports", "brim", "walls")
AUTOMATIC_BRIM = 5.0
# Line widths by which supports stand out; 2.5.0 was measured: 0.87 mm with 0.45 mm lines.
SUPPORT_REACH = 2.0
# A model this many times taller than its narrower side gets the automatic brim.
SLIM = 3.0


@dataclass(frozen=True)
class SliceSettings:
    """The choices of one slice.

    Attributes:
        slicer: name in the registry, or ``auto``: the first that is installed.
        material: key of `choices.MATERIALS`.
        quality: key of `choices.QUALITIES`.
        infill: density inside, percent.
        supports: ``none``, ``plate`` (standing on the bed only) or ``everywhere``.
        brim: width of the brim, mm; None: a brim under slim standing models only.
        walls: outlines per layer.
        changes: heights at which another filament is loaded, mm: the top of the first
            layer that is printed with it.
        change_command: key of `choices.CHANGE_COMMANDS`.
        first_layers: how many layers are printed, to see whether they stick; 0: all.
        profile: id of a saved profile, whose settings are taken; empty: none.
        over: of a slice with a profile, which of the plain choices count all the same.
        test_print: key of `choices.TEST_PRINTS`.
        scale_percent: size of a test print that is a smaller copy.

    Raises:
        SlicingRefused: a value that cannot be, with its field.
    """

    slicer: str = AUTOMATIC
    material: str = "pla"
    quality: str = "standard"
    infill: float = 15
    supports: str = "none"
    brim: float | None = None
    walls: int = 3
    changes: tuple[float, ...] = ()
    change_command: str = next(iter(CHANGE_COMMANDS))
    first_layers: int = 0
    profile: str = ""
    over: tuple[str, ...] = ()
    test_print: str = next(iter(TEST_PRINTS))
    scale_percent: float = 50

    def __post_init__(self) -> None:
        from .registry import SLICERS  # the registry's modules import this one

        _one_of("slicer", self.slicer, (AUTOMATIC, *SLICERS))
        _one_of("material", self.material, MATERIALS)
        _one_of("quality", self.quality, QUALITIES)
        _one_of("supports", self.supports, SUPPORTS)
        _number("infill", self.infill)
        if self.brim is not None:
            _number("brim", self.brim)
        _number("walls", self.walls, whole=True)
        _one_of("change_command", self.change_command, CHANGE_COMMANDS)
        _number("first_layers", self.first_layers, whole=True)
        object.__setattr__(self, "changes", _heights(self.changes))
        _profile_id(self.profile)
        object.__setattr__(self, "over", _over(self.over))
        _one_of("test_print", self.test_print, TEST_PRINTS)
        _number("scale_percent", self.scale_percent)

    @classmethod
    def defaults(cls, route: str) -> SliceSettings:
        """A route's good settings: a lithophane is solid, fine, and stands on a brim."""
        if route == "lithophane":
            return cls(quality="fine", infill=100, brim=5)
        return cls()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SliceSettings:
        """Validate what came from outside; what is left out takes its default.

        Raises:
            SlicingRefused: an unknown setting or a value that cannot be.
        """
        unknown = sorted(str(name) for name in set(data) - set(cls.__dataclass_fields__))
        if unknown:
            name = clean_text(unknown[0], 40)
            raise SlicingRefused(
                "slicing.unknown_setting",
                N_("There is no slicing setting called %(name)s; leave it out."),
                field=f"slicing.{name}",
                name=name,
            )
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "changes": list(self.changes), "over": list(self.over)}

    def brim_for(self, width: float, depth: float, height: float) -> float:
        """The brim (mm) under a model of this size (mm), the automatic one worked out."""
        if self.brim is not None:
            return float(self.brim)
        return AUTOMATIC_BRIM if height > SLIM * min(width, depth) else 0.0


def choices() -> dict[str, Any]:
    """What a form offers for each setting, JSON-able.

    Either ``{"value", "label"}`` with an English label, or a bare value; null: automatic.
    A material has its ``density`` (g/cm³) as well. The label of an infill says what it is
    good for, without the number.
    """
    tables = {"material": MATERIALS, "quality": QUALITIES}
    worded: dict[str, Mapping[Any, str]] = {
        "supports": SUPPORTS,
        "infill": INFILLS,
        "change_command": CHANGE_COMMANDS,
        "test_print": TEST_PRINTS,
    }
    offers: dict[str, Any] = {
        field: [{"value": name, "label": entry.label} for name, entry in table.items()]
        for field, table in tables.items()
    }
    for offer in offers["material"]:
        offer["density"] = MATERIALS[offer["value"]].density
    for field, words in worded.items():
        offers[field] = [{"value": name, "label": text} for name, text in words.items()]
    offers["slicer"] = slicers()
    offers.update(brim=[None, *BRIMS], walls=list(WALLS))
    return offers


def slicers() -> list[dict[str, str]]:
    """What is offered as a slicer; whether it is installed here is another question."""
    from .registry import SLICERS

    names = [{"value": name, "label": each.label} for name, each in SLICERS.items()]
    return [{"value": AUTOMATIC, "label": N_("Chosen by itself")}, *names]


def margin(settings: SliceSettings, machine: Machine) -> float:
    """What a slice surely needs outside the model on each side, mm: brim, supports.

    Neither the skirt nor an automatic brim counts: they give way where they do not fit.
    """
    supports = 0.0 if settings.supports == "none" else SUPPORT_REACH * machine.line_width
    return max(float(settings.brim or 0), supports)


def _one_of(field: str, value: Any, known: Collection[str]) -> None:
    if not isinstance(value, str) or value not in known:
        raise SlicingRefused(
            "slicing.unknown_choice",
            N_("%(value)s is not a choice for %(setting)s; choose one of %(choices)s."),
            field=f"slicing.{field}",
            setting=field,
            value=clean_text(str(value), 40),
            choices=", ".join(known),
        )


def _profile_id(value: Any) -> None:
    if value != "" and (not isinstance(value, str) or not PROFILE_ID.fullmatch(value)):
        raise no_such_profile()


def _over(values: Any) -> tuple[str, ...]:
    """Those of the plain choices, in their order, each once."""
    if not isinstance(values, (list, tuple)):
        values = ()
    for value in values:
        _one_of("over", value, PLAIN)
    return tuple(name for name in PLAIN if name in values)


def _heights(values: Any) -> tuple[float, ...]:
    """Sorted, each once."""
    if not isinstance(values, (list, tuple)) or len(values) > MOST_CHANGES:
        raise SlicingRefused(
            "slicing.bad_changes",
            N_(
                "The heights for another filament cannot be understood; give a list of at "
                "most %(most)s heights in mm."
            ),
            field="slicing.changes",
            most=MOST_CHANGES,
        )
    for value in values:
        _number("changes", value)
    return tuple(sorted({float(value) for value in values}))


def _number(field: str, value: Any, *, whole: bool = False) -> None:
    low, high = LIMITS[field]
    kinds = int if whole else (int, float)
    good = isinstance(value, kinds) and not isinstance(value, bool)
    good = good and math.isfinite(value)
    if not good or not low <= value <= high:
        raise SlicingRefused(
            "slicing.out_of_range",
            N_(
                "%(value)s cannot be used for %(setting)s; "
                "give a number from %(low)s to %(high)s."
            ),
            field=f"slicing.{field}",
            suggest=min(max(value, low), high) if good else None,
            setting=field,
            value=clean_text(str(value), 40),
            low=low,
            high=high,
        )
