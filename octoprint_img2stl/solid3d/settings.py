"""What the owner chose for full 3D, validated. No numpy here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..problems import N_
from .driver import DETAILS, ROLES
from .refused import SolidRefused

LOCAL = "local"  # the generator on this machine, where others have an endpoint's id
SEEDS = 2**31  # seeds are smaller
BACKS = ("round", "flat")
CUTS = ("auto", "keep")
MOST_VIEWS = 6
FACES_AUTO = 0

# field -> (smallest, largest)
LIMITS: dict[str, tuple[float, float]] = {
    "seed": (0, SEEDS - 1),
    "max_faces": (0, 1_000_000),
    "size": (5.0, 1000.0),
    "thickness": (0.0, 500.0),
    "tolerance": (0.0, 100.0),
}
WHOLE = ("seed", "max_faces")
CHOICES: dict[str, tuple[str, ...]] = {
    "detail": DETAILS,
    "back": BACKS,
    "cut": CUTS,
}
FEWEST_FACES = 1000


@dataclass(frozen=True)
class SolidSettings:
    """All that was chosen for one solid.

    Attributes:
        endpoint: id of an endpoint, or `LOCAL`.
        detail: how much time it may take.
        seed: another one gives another solid, where the endpoint knows seeds.
        max_faces: triangles to aim at, 0: as the endpoint likes.
        size: longest side as printed, mm.
        thickness: of the local generator's solid, mm; 0: as round as its outline.
        back: of the local generator's solid from one photo.
        cut: ``auto`` cuts the subject out before anything else, ``keep`` leaves the photo whole.
        tolerance: how unlike the background a pixel must be to belong to the subject, 0 to 100;
            0: found automatically.
        roles: where the camera stood, by the photo's number.
        candidate: number of the solid that was chosen; 0: none yet.

    Raises:
        SolidRefused: a value that cannot be, with its field.
    """

    endpoint: str = LOCAL
    detail: str = "normal"
    seed: int = 0
    max_faces: int = FACES_AUTO
    size: float = 80.0
    thickness: float = 0.0
    back: str = "round"
    cut: str = "auto"
    tolerance: float = 0.0
    roles: Mapping[int, str] = field(default_factory=dict)
    candidate: int = 0

    def __post_init__(self) -> None:
        for name in LIMITS:
            _number(name, getattr(self, name))
        for name in WHOLE:
            object.__setattr__(self, name, int(getattr(self, name)))
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise _unknown_choice(name, getattr(self, name), known)
        if not isinstance(self.endpoint, str) or not 0 < len(self.endpoint) <= 40:
            raise SolidRefused(
                "solid.no_endpoint",
                N_("Choose what is to make the solid."),
                field="solid.endpoint",
            )
        if not _is_whole(self.candidate) or not 0 <= self.candidate < 1000:
            raise _unknown_choice("candidate", self.candidate, (0,))
        object.__setattr__(self, "roles", _roles(self.roles))

    def role_of(self, number: int, place: int = 0) -> str:
        """The role of a photo.

        Args:
            number: of the photo.
            place: among the job's photos, 0 for the first; decides where nothing was chosen.
        """
        return self.roles.get(number) or ROLES[min(place, len(ROLES) - 1)]

    def to_json(self) -> dict[str, Any]:
        roles = {str(number): role for number, role in sorted(self.roles.items())}
        return {**asdict(self), "roles": roles}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SolidSettings:
        """Validate what came from outside; what is left out takes its default.

        Raises:
            SolidRefused: an unknown setting or a value that cannot be.
        """
        unknown = sorted(str(name) for name in set(data) - set(cls.__dataclass_fields__))
        if unknown:
            raise SolidRefused(
                "solid.unknown_setting",
                N_("Full 3D has no setting called %(name)s; leave it out."),
                field=f"solid.{unknown[0][:40]}",
                name=unknown[0][:40],
            )
        return cls(**data)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(name: str, value: Any) -> None:
    low, high = LIMITS[name]
    good = (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and (name not in WHOLE or value == int(value))
    )
    if name == "max_faces" and good and 0 < value < FEWEST_FACES:
        low, good = FEWEST_FACES, False
    if not good or not low <= value <= high:
        raise SolidRefused(
            "solid.out_of_range",
            N_(
                "%(value)s cannot be used for %(setting)s; "
                "give a number from %(low)s to %(high)s."
            ),
            field=f"solid.{name}",
            setting=name,
            value=str(value)[:40],
            low=low,
            high=high,
        )


def _unknown_choice(name: str, value: Any, known: tuple[Any, ...]) -> SolidRefused:
    return SolidRefused(
        "solid.unknown_choice",
        N_("%(value)s is not a choice for %(setting)s; choose one of %(choices)s."),
        field=f"solid.{name}",
        setting=name,
        value=str(value)[:40],
        choices=", ".join(str(each) for each in known),
    )


def _roles(value: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, role in value.items() if isinstance(value, Mapping) else ():
        if role not in ROLES:
            raise _unknown_choice("roles", role, ROLES)
        if not str(number).isdecimal() or not 1 <= int(number) <= MOST_VIEWS:
            raise _unknown_choice("roles", number, tuple(range(1, MOST_VIEWS + 1)))
        found[int(number)] = role
    return found
