"""The solids that were made, or are being made, of one job's photos: candidates."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..mesh.settings import MeshSettings
from ..solid3d.errand import Errand
from ..solid3d.settings import LOCAL, SolidSettings
from .generators import Generator

MOST_CANDIDATES = 12
SIDES = ("front", "side", "back")  # from which each is drawn
PENDING, DONE, FAILED, CANCELLED = "pending", "done", "failed", "cancelled"
UNSURE = "unsure"  # sent to a paid endpoint, and nobody knows whether it arrived
# What belongs to a candidate, half-written files included.
FILE = re.compile(r"\.?candidate-(\d+)[.-].*")
SAYS_UP = ("glb", "gltf", "3mf")  # formats that define which way is up


def stem(number: int) -> str:
    """What the names of a candidate's files begin with."""
    return f"candidate-{number}"


def picture_file(number: int, side: str) -> str:
    return f"{stem(number)}-{side}.jpg"


@dataclass
class Candidate:
    """One solid of a job's photos.

    Attributes:
        number: 1 and up, never given twice.
        endpoint: id of the endpoint, or `LOCAL`.
        label, host: of the endpoint at that time, for people; no host for the local one.
        settings: `SolidSettings.to_json` it was asked for with.
        created: seconds since 1970.
        state: `PENDING`, `DONE`, `FAILED`, `CANCELLED` or `UNSURE`.
        errand: how far it is at its endpoint, as `Errand.to_json`; None before and for `LOCAL`.
        views: of each photo as it is sent ``number``, ``role``, ``file``, ``size_px``,
            ``has_alpha``, ``how`` and ``coverage``; empty before.
        file: name of the mesh in the job's folder, empty before it arrived.
        up_axis: ``y`` or ``z`` where the format does not say.
        seconds: how long it took from being asked for, without waiting for its turn.
        mesh: facts on the mesh (`format`, `size`, `triangles`, `parts`), None before.
        findings: problems of the photos and of the solid, JSON-able.
        problem: why there is no solid, JSON-able.
    """

    number: int
    endpoint: str
    label: str
    host: str
    settings: dict[str, Any]
    created: float
    state: str = PENDING
    errand: dict[str, Any] | None = None
    views: list[dict[str, Any]] = field(default_factory=list)
    file: str = ""
    up_axis: str = "z"
    seconds: float | None = None
    mesh: dict[str, Any] | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
    problem: dict[str, Any] | None = None

    @classmethod
    def asked_of(
        cls, generator: Generator, number: int, solid: SolidSettings
    ) -> Candidate:
        """One that is to be made now."""
        return cls(
            number=number,
            endpoint=generator.id,
            label=generator.label,
            host=generator.host,
            settings=solid.to_json(),
            created=time.time(),
        )

    @property
    def is_local(self) -> bool:
        return self.endpoint == LOCAL

    @property
    def can_fetch(self) -> bool:
        """Whether it was made at its endpoint and only failed on its way back."""
        failed = self.state == FAILED and bool(self.errand) and not self.file
        return failed and Errand.from_json(self.errand).can_fetch

    def send_again(self) -> None:
        """Back to being made; what was made already and is still there is only fetched."""
        errand = None
        if self.can_fetch:
            errand = Errand.from_json(self.errand)
            errand.fetch_again()
        self.state, self.problem = PENDING, None
        self.errand = errand and errand.to_json()
        self.file, self.mesh = "", None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Candidate:
        """Raises KeyError or TypeError for what is none."""
        return cls(**{n: data[n] for n in cls.__dataclass_fields__ if n in data})


def first_mesh_settings(solid: SolidSettings, file: str, up_axis: str) -> MeshSettings:
    """What a candidate starts with on its way to the bed.

    A remote solid's size means nothing, so it gets the one that was asked for.
    """
    says_up = file.rpartition(".")[2] in SAYS_UP
    return MeshSettings(
        size_by="longest",
        size=solid.size,
        up="y" if up_axis == "y" and not says_up else "z",
    )
