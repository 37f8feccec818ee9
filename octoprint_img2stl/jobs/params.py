"""What the owner chose for one job, validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..machine import Machine
from ..mesh.settings import MeshSettings
from ..photo import PhotoRefused, cropped_size
from ..photo.geometry import check_turn
from ..problems import N_, Refusal
from ..relief import ROUTES, ReliefSettings, check_fits
from ..slicing.over import counted
from ..slicing.settings import SliceSettings, margin
from ..solid3d.settings import SolidSettings
from .photos import FIRST, FURTHER

FIRST_ROUTE = "relief"  # what a new photo is offered as
MESH_ROUTE = "mesh"  # what begins with a mesh
SOLID_ROUTE = "solid3d"  # a mesh that is made of photos


class ParamsRefused(Refusal):
    """A parameter of the job cannot be used."""


@dataclass(frozen=True)
class PhotoSettings:
    """How a photo is laid before anything is made of it.

    Attributes:
        turn_deg: clockwise turn after the camera's own orientation: 0, 90, 180 or 270.
        crop: (left, top, right, bottom) as fractions of the turned photo, or None for all of it.
        number: which photo of the job; see `photos`.
    """

    turn_deg: int = 0
    crop: tuple[float, float, float, float] | None = None
    number: int = FIRST

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "turn_deg": self.turn_deg,
            "crop": list(self.crop) if self.crop else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], number: int = FIRST) -> PhotoSettings:
        """Raises `PhotoRefused` for a turn or crop that cannot be."""
        turn_deg = check_turn(data.get("turn_deg", 0))
        crop = data.get("crop")
        if crop is not None:
            cropped_size((1, 1), turn_deg, crop)  # refuses what is not a crop
            crop = tuple(float(edge) for edge in crop)
        return cls(turn_deg, crop, number)

    def cropped_size_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """Width and height of what remains of a photo of `size_px`, pixels."""
        return cropped_size(size_px, self.turn_deg, self.crop)


@dataclass(frozen=True)
class Params:
    """All that was chosen for one job.

    Attributes:
        photo: of the first photo.
        photos: of the further ones, in the owner's order.
        mesh: of a job that begins with a mesh or makes one of its photos, None otherwise.
        solid: of a job that makes a solid of its photos, None otherwise.
        anyway: slice a mesh although a check says that it will not print.
    """

    photo: PhotoSettings = field(default_factory=PhotoSettings)
    photos: tuple[PhotoSettings, ...] = ()
    relief: ReliefSettings = field(default_factory=ReliefSettings)
    slicing: SliceSettings = field(default_factory=SliceSettings)
    mesh: MeshSettings | None = None
    anyway: bool = False
    solid: SolidSettings | None = None

    @property
    def route(self) -> str:
        if self.solid is not None:
            return SOLID_ROUTE
        return self.relief.route if self.mesh is None else MESH_ROUTE

    def to_json(self) -> dict[str, Any]:
        if self.solid is not None:
            return {
                "route": SOLID_ROUTE,
                "photo": self.photo.to_json(),
                "photos": [each.to_json() for each in self.photos],
                "solid": self.solid.to_json(),
                "mesh": self.mesh.to_json(),
                "slicing": self.slicing.to_json(),
                "anyway": self.anyway,
            }
        if self.mesh is not None:
            return {
                "route": MESH_ROUTE,
                "mesh": self.mesh.to_json(),
                "slicing": self.slicing.to_json(),
                "anyway": self.anyway,
            }
        relief = self.relief.to_json()
        relief.pop("route", None)
        return {
            "route": self.route,
            "photo": self.photo.to_json(),
            "photos": [each.to_json() for each in self.photos],
            "relief": relief,
            "slicing": self.slicing.to_json(),
        }

    @classmethod
    def defaults(cls, route: str) -> Params:
        if route == MESH_ROUTE:
            return cls(mesh=MeshSettings(), slicing=SliceSettings())
        if route == SOLID_ROUTE:
            return cls(
                mesh=MeshSettings(), slicing=SliceSettings(), solid=SolidSettings()
            )
        return cls(
            relief=ReliefSettings.defaults(route), slicing=SliceSettings.defaults(route)
        )

    @classmethod
    def preset(cls, name: str) -> Params:
        """The settings of a preset.

        Raises:
            ReliefRefused: there is none of that name.
        """
        relief = ReliefSettings.preset(name)
        return cls(relief=relief, slicing=SliceSettings.defaults(relief.route))

    def laid_sizes_px(
        self, sizes_px: Mapping[int, tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """Sizes of all photos after turn and crop, in the owner's order.

        Args:
            sizes_px: of the whole photos, by their numbers.
        """
        return [
            each.cropped_size_px(sizes_px[each.number])
            for each in (self.photo, *self.photos)
            if each.number in sizes_px
        ]

    def check_fits(
        self, sizes_px: Mapping[int, tuple[int, int]], machine: Machine
    ) -> None:
        """Refuse a print that the machine has no room for, brim and supports included.

        Args:
            sizes_px: of the whole photos, before turn and crop, by their numbers.

        Raises:
            ReliefRefused: with the width that would fit.
        """
        if self.mesh is not None:
            return  # its size is known once it is made ready; the checks tell
        check_fits(
            self.relief,
            self.laid_sizes_px(sizes_px),
            machine,
            margin(counted(self.slicing), machine),
        )

    def fitted(
        self, machine: Machine | None, size_px: tuple[int, int] = (1, 1)
    ) -> Params:
        """The same, made smaller where the photo would not fit on the bed."""
        if machine is None:
            return self
        try:
            self.check_fits({FIRST: size_px}, machine)
        except Refusal as refusal:
            width = refusal.problem.suggest
            if width and refusal.problem.field == "relief.width":
                return replace(self, relief=replace(self.relief, width=width))
        return self

    @classmethod
    def from_json(cls, data: Any) -> Params:
        """Validate what came from outside; what is left out takes the route's default.

        Raises:
            ParamsRefused, PhotoRefused, ReliefRefused, MeshRefused, SlicingRefused: with the
                field concerned.
        """
        if not isinstance(data, Mapping):
            data = {}
        route = data.get("route", FIRST_ROUTE)
        if route == MESH_ROUTE:
            return cls._mesh_from_json(data)
        if route == SOLID_ROUTE:
            return replace(
                cls._mesh_from_json(data),
                photo=PhotoSettings.from_json(_part(data, "photo")),
                photos=_further(data.get("photos")),
                solid=SolidSettings.from_json(_part(data, "solid")),
            )
        if not isinstance(route, str) or route not in ROUTES:
            raise ParamsRefused(
                "jobs.unknown_route",
                N_("There is no route %(route)s; choose one of %(routes)s."),
                field="route",
                route=str(route)[:40],
                routes=", ".join((*ROUTES, SOLID_ROUTE, MESH_ROUTE)),
            )
        photo, relief, slicing = (
            _part(data, name) for name in ("photo", "relief", "slicing")
        )
        relief = {name: value for name, value in relief.items() if name != "route"}
        return cls(
            photo=PhotoSettings.from_json(photo),
            photos=_further(data.get("photos")),
            relief=ReliefSettings.from_json(route, relief),
            slicing=SliceSettings.from_json(
                {**SliceSettings.defaults(route).to_json(), **slicing}
            ),
        )

    @classmethod
    def _mesh_from_json(cls, data: Mapping[str, Any]) -> Params:
        mesh, slicing = (_part(data, name) for name in ("mesh", "slicing"))
        return cls(
            mesh=MeshSettings.from_json(mesh),
            slicing=SliceSettings.from_json(slicing),
            anyway=data.get("anyway") is True,
        )


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = data.get(name)
    return part if isinstance(part, Mapping) else {}


def _further(data: Any) -> tuple[PhotoSettings, ...]:
    """Settings of the further photos; who names no number means the next one."""
    found: dict[int, PhotoSettings] = {}
    for place, each in enumerate(data if isinstance(data, list) else []):
        each = each if isinstance(each, Mapping) else {}
        number = each.get("number", FURTHER[0] + place)
        if not isinstance(number, int) or number not in FURTHER or number in found:
            raise ParamsRefused(
                "jobs.bad_photo_number",
                N_(
                    "The further photos have the numbers %(least)s to %(most)s, each once, so "
                    "%(number)s is not possible; reload the page."
                ),
                field=f"photos.{place}.number",
                least=FURTHER[0],
                most=FURTHER[-1],
                number=str(number)[:40],
            )
        try:
            found[number] = PhotoSettings.from_json(each, number)
        except PhotoRefused as refusal:
            _, _, name = (refusal.problem.field or "").rpartition(".")
            refusal.problem = replace(refusal.problem, field=f"photos.{place}.{name}")
            raise
    return tuple(found.values())
