"""The printer as every room sees it: its bed, its height, its nozzle. Millimetres throughout."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .problems import N_, Refusal

RECTANGULAR, CIRCULAR = "rectangular", "circular"


class MachineRefused(Refusal):
    """The description of the printer cannot be used."""


@dataclass(frozen=True)
class Machine:
    """One printer.

    The box is the volume in which the nozzle may lay plastic, in the printer's own coordinates.
    A circular bed has its diameter as width and depth and its origin in the centre.

    Attributes:
        x_min, y_min, x_max, y_max: the bed's box in printer coordinates, mm.
        height: highest reachable z above the bed, mm.
        form: ``rectangular`` or ``circular``.
        nozzle: diameter of the nozzle's hole, mm.
        heated_bed: whether the bed can be heated.
        travel_speed: fastest sensible travel, mm/s.
        name: how the owner calls the profile.
        profile: OctoPrint's id of the profile, empty without OctoPrint.
    """

    x_min: float = 0.0
    y_min: float = 0.0
    x_max: float = 220.0
    y_max: float = 220.0
    height: float = 250.0
    form: str = RECTANGULAR
    nozzle: float = 0.4
    heated_bed: bool = True
    travel_speed: float = 120.0
    name: str = ""
    profile: str = ""

    def __post_init__(self) -> None:
        numbers = (
            self.x_min,
            self.y_min,
            self.x_max,
            self.y_max,
            self.height,
            self.nozzle,
        )
        if (
            not all(math.isfinite(number) for number in numbers)
            or self.width <= 0
            or self.depth <= 0
            or self.height <= 0
            or not 0.05 <= self.nozzle <= 2.0
        ):
            raise MachineRefused(
                "machine.invalid",
                N_(
                    "The printer profile has a bed or nozzle that cannot be "
                    "(%(width)s x %(depth)s x %(height)s mm, nozzle %(nozzle)s mm); correct it "
                    "in OctoPrint's printer profiles."
                ),
                width=self.width,
                depth=self.depth,
                height=self.height,
                nozzle=self.nozzle,
            )

    @property
    def width(self) -> float:
        return self.x_max - self.x_min

    @property
    def depth(self) -> float:
        return self.y_max - self.y_min

    @property
    def centre(self) -> tuple[float, float]:
        """Where the middle of a print goes, in printer coordinates."""
        return ((self.x_min + self.x_max) / 2, (self.y_min + self.y_max) / 2)

    @property
    def line_width(self) -> float:
        """Width of one extruded line: 1.125 nozzle diameters, PrusaSlicer's own default ratio."""
        return 1.125 * self.nozzle

    def fits(
        self, width: float, depth: float, height: float, margin: float = 0.0
    ) -> bool:
        """Whether a centred box of this size, with `margin` around it, can be printed."""
        return self.fit_scale(width, depth, height, margin) >= 1.0 - 1e-9

    def fit_scale(
        self, width: float, depth: float, height: float, margin: float = 0.0
    ) -> float:
        """Largest factor by which a centred box may be scaled and still fit (may be over 1).

        The margin (brim, skirt) is not scaled. 0 if not even the margin fits.
        """
        scales = [self.height / height if height > 0 else math.inf]
        if self.form == CIRCULAR:
            radius = min(self.width, self.depth) / 2 - margin
            diagonal = math.hypot(width, depth) / 2
            scales.append(radius / diagonal if diagonal > 0 else math.inf)
        else:
            for size, room in ((width, self.width), (depth, self.depth)):
                scales.append((room - 2 * margin) / size if size > 0 else math.inf)
        return max(0.0, min(scales))

    def contains(self, x: float, y: float, tolerance: float = 0.0) -> bool:
        """Whether the point (x, y) in printer coordinates lies on the bed."""
        if self.form == CIRCULAR:
            centre_x, centre_y = self.centre
            radius = min(self.width, self.depth) / 2 + tolerance
            return math.hypot(x - centre_x, y - centre_y) <= radius
        return (
            self.x_min - tolerance <= x <= self.x_max + tolerance
            and self.y_min - tolerance <= y <= self.y_max + tolerance
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Machine:
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**known)

    def fingerprint(self) -> str:
        """Hash over all that matters to a finished G-code file; names do not."""
        data = self.to_json()
        del data["name"], data["profile"]
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()

    @classmethod
    def from_octoprint_profile(cls, profile: Mapping[str, Any]) -> Machine:
        """From OctoPrint's printer profile dictionary (1.11 and 2.0 have the same keys).

        A custom bounding box wins over width and depth when it is smaller: OctoPrint's box may
        reach beyond the bed for priming, but a print must stay on both.

        Raises:
            MachineRefused: sizes that cannot be.
        """
        volume = profile["volume"]
        width, depth = float(volume["width"]), float(volume["depth"])
        circular = volume.get("formFactor") == CIRCULAR
        if circular:
            depth = width
        if circular or volume.get("origin") == "center":
            x_min, y_min = -width / 2, -depth / 2
        else:
            x_min = y_min = 0.0
        x_max, y_max = x_min + width, y_min + depth
        height = float(volume["height"])
        box = volume.get("custom_box") or None
        if box and not circular:
            x_min, x_max = (
                max(x_min, float(box["x_min"])),
                min(x_max, float(box["x_max"])),
            )
            y_min, y_max = (
                max(y_min, float(box["y_min"])),
                min(y_max, float(box["y_max"])),
            )
        if box:
            height = min(height, float(box["z_max"]))
        speeds = [
            float(profile.get("axes", {}).get(axis, {}).get("speed") or 0) / 60
            for axis in ("x", "y")
        ]
        travel = min([speed for speed in speeds if speed > 0], default=120.0)
        return cls(
            x_min=x_min,
            y_min=y_min,
            x_max=x_max,
            y_max=y_max,
            height=height,
            form=CIRCULAR if circular else RECTANGULAR,
            nozzle=float(profile.get("extruder", {}).get("nozzleDiameter") or 0.4),
            heated_bed=bool(profile.get("heatedBed", True)),
            travel_speed=min(travel, 120.0),
            name=str(profile.get("name") or ""),
            profile=str(profile.get("id") or ""),
        )

    @classmethod
    def from_bed(cls, bed: str, nozzle: float = 0.4) -> Machine:
        """From ``220x220x250`` (width x depth x height, mm), origin at the lower left.

        Raises:
            MachineRefused: not three positive numbers.
        """
        match = re.fullmatch(
            r"\s*" + r"\s*[x×*]\s*".join([r"(\d+(?:\.\d+)?)"] * 3) + r"\s*", bed
        )
        if not match:
            raise MachineRefused(
                "machine.bed_unreadable",
                N_("The bed size %(bed)s is not readable; write it as 220x220x250 (mm)."),
                field="bed",
                bed=bed,
            )
        width, depth, height = (float(part) for part in match.groups())
        return cls(x_max=width, y_max=depth, height=height, nozzle=nozzle, name=bed)
