"""What is to be made solid: heights over a grid, regions with upright walls, an outline.

A body is a slab over a rectangular canvas. Its coordinates are u (to the right), v (up,
towards the photo's top) and h (height above the back), millimetres, the origin of u and v
in the middle of the canvas. Row 0 of the grid lies at v = depth / 2, column 0 at
u = -width / 2. A `Bend` then lays the slab into space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

# Signed distance in mm of points (u, v), positive inside: two float64 arrays of one shape
# give a third. Only its sign and its values next to zero matter.
Field = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Bend(Protocol):
    """How a slab lies in space; see `bend`."""

    def points(self, u: np.ndarray, v: np.ndarray, h: np.ndarray) -> np.ndarray:
        """(n, 3) float64 places of points of the slab, mm; handedness is kept."""

    def sag(self, du: float, dv: float, h_max: float) -> float:
        """Greatest distance of the bent slab from a flat triangle over du x dv, mm, for
        heights from 0 to h_max and for level triangles below 0."""

    def sag_at(
        self,
        u: np.ndarray,
        v: np.ndarray,
        du: float,
        dv: float,
        h_max: float,
        rise: np.ndarray,
    ) -> np.ndarray:
        """The same about places (u, v), for triangles whose corners' heights are no
        further apart than `rise`; all are broadcast."""


@dataclass(frozen=True, eq=False)
class Region:
    """A part of one side of a body, bounded by upright walls.

    Attributes:
        inside: where it is: a field, or its (rows, columns) values at the nodes.
        height: of the surface there, mm: one, or (rows, columns) at the nodes.
        hollow: on the lower side, heights between which the body is empty as well.
    """

    inside: Field | np.ndarray
    height: float | np.ndarray
    hollow: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Body:
    """One solid.

    Attributes:
        width, depth: distance of the first column from the last, of the first row from
            the last.
        upper: (rows, columns) float32, at least 2 x 2: heights of the picture side. The
            mesher may use the array for its own ends.
        lower: height of the back.
        upper_regions, lower_regions: painted over the sides in order.
        outline: None: the body ends where the grid ends. Otherwise it ends within the
            grid, at least one node from the edges (with `wraps`: from the upper edge; it
            may reach the lower one all along).
        bend: how it lies in space, None: flat on its back.
        wraps: the first and the last column are the same line in space.
        v_middle: v of the middle of the grid, where it is not the canvas's.
        name: what to call it to people, for prints of several bodies.
    """

    width: float
    depth: float
    upper: np.ndarray
    bend: Bend
    lower: float = 0.0
    upper_regions: tuple[Region, ...] = ()
    lower_regions: tuple[Region, ...] = ()
    outline: Field | np.ndarray | None = None
    wraps: bool = False
    v_middle: float = 0.0
    name: str = ""
