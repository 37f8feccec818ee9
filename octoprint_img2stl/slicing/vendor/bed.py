"""The bed as a PrusaSlicer profile says it, and what it means for a `Machine`.

``bed_shape`` is a polygon: ``0x0,220x0,220x220,0x220``, mm, in the printer's coordinates.
A round bed is a polygon of many corners; PrusaSlicer writes 72 or so.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from ...machine import CIRCULAR, RECTANGULAR, Machine

CUSTOM = "custom"
CORNERS_LIMIT = 2_000
FARTHEST = 10_000.0  # mm; no printer reaches so far, and a number must stay a number
ROUND_CORNERS = 12  # a polygon of fewer corners is a polygon
EQUAL = 0.05  # mm within which two measures of a bed are the same
ROUND = 0.01  # of the radius, by which corners of a round bed may lie in and out
# Round beds were calculated: 1.53203e-14 is their zero.
_NUMBER = r"(-?(?:\d{1,6}(?:\.\d{0,18})?|\.\d{1,18})(?:e[-+]?\d{1,4})?)"
_CORNER = re.compile(rf"\s*{_NUMBER}x{_NUMBER}\s*")


@dataclass(frozen=True)
class BedSaid:
    """A bed in the printer's own coordinates, mm.

    Attributes:
        form: ``rectangular``, ``circular`` or ``custom``, any other polygon.
        x_min, y_min, x_max, y_max: the box around it.
        points: its corners as said.
    """

    form: str
    x_min: float
    y_min: float
    x_max: float
    y_max: float
    points: tuple[tuple[float, float], ...] = ()

    @property
    def width(self) -> float:
        return self.x_max - self.x_min

    @property
    def depth(self) -> float:
        return self.y_max - self.y_min

    @property
    def centred(self) -> bool:
        """Whether the origin is in the middle, as with most deltas."""
        return (
            abs(self.x_min + self.x_max) <= 2 * EQUAL
            and abs(self.y_min + self.y_max) <= 2 * EQUAL
        )

    def machine(self, height: float, nozzle: float, name: str = "") -> Machine:
        """A printer with this bed; of a custom bed the box around it.

        Raises:
            MachineRefused: sizes that cannot be.
        """
        return Machine(
            x_min=self.x_min,
            y_min=self.y_min,
            x_max=self.x_max,
            y_max=self.y_max,
            height=height,
            form=CIRCULAR if self.form == CIRCULAR else RECTANGULAR,
            nozzle=nozzle,
            name=name,
        )

    def octoprint_volume(self, height: float) -> dict[str, Any]:
        """The ``volume`` of an OctoPrint printer profile that comes closest.

        OctoPrint knows beds that begin at the origin or have it in their middle. A bed
        that begins elsewhere gets the part from the origin to its far corner.
        """
        shape = {"height": height, "formFactor": RECTANGULAR, "custom_box": False}
        if self.form == CIRCULAR and self.centred:
            width = min(self.width, self.depth)
            return {
                **shape,
                "formFactor": CIRCULAR,
                "width": width,
                "depth": width,
                "origin": "center",
            }
        if self.centred:
            sizes = {"width": self.width, "depth": self.depth, "origin": "center"}
        elif self.x_max > 0 and self.y_max > 0:
            sizes = {"width": self.x_max, "depth": self.y_max, "origin": "lowerleft"}
        else:
            sizes = {"width": self.width, "depth": self.depth, "origin": "lowerleft"}
        return {**shape, **sizes}


def bed_said(shape: str) -> BedSaid | None:
    """The bed of a ``bed_shape``; None where it says no area."""
    corners = shape.split(",")
    if not 3 <= len(corners) <= CORNERS_LIMIT:
        return None
    points = []
    for corner in corners:
        match = _CORNER.fullmatch(corner)
        if not match:
            return None
        x, y = float(match[1]), float(match[2])
        if max(abs(x), abs(y)) > FARTHEST:
            return None
        points.append((x, y))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    box = (min(xs), min(ys), max(xs), max(ys))
    if box[2] - box[0] < 1 or box[3] - box[1] < 1:
        return None
    return BedSaid(_form(points, box), *box, tuple(points))


def _form(points: list[tuple[float, float]], box: tuple[float, ...]) -> str:
    x_min, y_min, x_max, y_max = box
    corners = {(x_min, y_min), (x_max, y_min), (x_max, y_max), (x_min, y_max)}
    if set(points) == corners:
        return RECTANGULAR
    x, y = (x_min + x_max) / 2, (y_min + y_max) / 2
    radii = [math.hypot(each_x - x, each_y - y) for each_x, each_y in points]
    largest = max(radii)
    # A corner may be missing where the box ends, which moves its middle by a little.
    even = max(radii) - min(radii) <= 2 * ROUND * largest
    if even and len(points) >= ROUND_CORNERS:
        return CIRCULAR
    return CUSTOM
