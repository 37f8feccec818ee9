"""What the owner chose for one job, validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..machine import Machine
from ..photo import cropped_size
from ..photo.geometry import check_turn
from ..problems import N_, Refusal
from ..relief.settings import ROUTES, ReliefSettings, check_fits
from ..slicing.settings import SliceSettings, margin

FIRST_ROUTE = "relief"  # what a new photo is offered as


class ParamsRefused(Refusal):
    """A parameter of the job cannot be used."""


@dataclass(frozen=True)
class PhotoSettings:
    """How the photo is laid before anything is made of it.

    Attributes:
        turn_deg: clockwise turn after the camera's own orientation: 0, 90, 180 or 270.
        crop: (left, top, right, bottom) as fractions of the turned photo, or None for all of it.
    """

    turn_deg: int = 0
    crop: tuple[float, float, float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        return {"turn_deg": self.turn_deg, "crop": list(self.crop) if self.crop else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PhotoSettings:
        """Raises `PhotoRefused` for a turn or crop that cannot be."""
        turn_deg = check_turn(data.get("turn_deg", 0))
        crop = data.get("crop")
        if crop is not None:
            cropped_size((1, 1), turn_deg, crop)  # refuses what is not a crop
            crop = tuple(float(edge) for edge in crop)
        return cls(turn_deg, crop)

    def cropped_size_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """Width and height of what remains of a photo of `size_px`, pixels."""
        return cropped_size(size_px, self.turn_deg, self.crop)


@dataclass(frozen=True)
class Params:
    """All that was chosen for one job."""

    photo: PhotoSettings = field(default_factory=PhotoSettings)
    relief: ReliefSettings = field(default_factory=ReliefSettings)
    slicing: SliceSettings = field(default_factory=SliceSettings)

    @property
    def route(self) -> str:
        return self.relief.route

    def to_json(self) -> dict[str, Any]:
        relief = self.relief.to_json()
        relief.pop("route", None)
        return {
            "route": self.route,
            "photo": self.photo.to_json(),
            "relief": relief,
            "slicing": self.slicing.to_json(),
        }

    @classmethod
    def defaults(cls, route: str) -> Params:
        return cls(
            relief=ReliefSettings.defaults(route), slicing=SliceSettings.defaults(route)
        )

    def check_fits(self, size_px: tuple[int, int], machine: Machine) -> None:
        """Refuse a print that the machine has no room for, brim and supports included.

        Args:
            size_px: of the whole photo, before turn and crop.

        Raises:
            ReliefRefused: with the width that would fit.
        """
        cropped_px = self.photo.cropped_size_px(size_px)
        check_fits(self.relief, cropped_px, machine, margin(self.slicing, machine))

    @classmethod
    def fitting(
        cls, route: str, machine: Machine | None, size_px: tuple[int, int] = (1, 1)
    ) -> Params:
        """A route's defaults, made smaller where the photo would not fit on the bed."""
        params = cls.defaults(route)
        if machine is not None:
            try:
                params.check_fits(size_px, machine)
            except Refusal as refusal:
                width = refusal.problem.suggest
                if width:
                    params = replace(params, relief=replace(params.relief, width=width))
        return params

    @classmethod
    def from_json(cls, data: Any) -> Params:
        """Validate what came from outside; what is left out takes the route's default.

        Raises:
            ParamsRefused, PhotoRefused, ReliefRefused, SlicingRefused: with the field concerned.
        """
        if not isinstance(data, Mapping):
            data = {}
        route = data.get("route", FIRST_ROUTE)
        if not isinstance(route, str) or route not in ROUTES:
            raise ParamsRefused(
                "jobs.unknown_route",
                N_("There is no route %(route)s; choose one of %(routes)s."),
                field="route",
                route=str(route)[:40],
                routes=", ".join(ROUTES),
            )
        photo, relief, slicing = (
            part if isinstance(part := data.get(name), Mapping) else {}
            for name in ("photo", "relief", "slicing")
        )
        relief = {name: value for name, value in relief.items() if name != "route"}
        return cls(
            photo=PhotoSettings.from_json(photo),
            relief=ReliefSettings.from_json(route, relief),
            slicing=SliceSettings.from_json(
                {**SliceSettings.defaults(route).to_json(), **slicing}
            ),
        )
