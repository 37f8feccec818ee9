"""Fields that are known at the nodes of a grid over the canvas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..shapes.canvas import Canvas
from .body import Field

# Nodes along the longer side: fine enough for outlines, whose zero lines lie between the
# nodes, and small enough that a preview with several distance transforms feels live.
MAX_SIDE = 500
# Finer than what any nozzle prints.
FINEST = 0.05


@dataclass(frozen=True)
class Raster:
    """Where the nodes are.

    Attributes:
        left, top: u of column 0 and v of row 0, mm.
        pitch: mm from column to column and from row to row (v falls).
        shape: (rows, columns), at least 2 x 2.
    """

    left: float
    top: float
    pitch: tuple[float, float]
    shape: tuple[int, int]

    @classmethod
    def over(cls, canvas: Canvas, room: float = 0.0) -> Raster:
        """Nearly square cells over a canvas and some `room` on all its sides, mm.

        Two nodes more lie around them, so that what ends with the canvas ends within.
        """
        sides = canvas.width + 2 * room, canvas.depth + 2 * room
        step = max(FINEST, max(sides) / (MAX_SIDE - 5))
        columns, rows = (math.ceil(side / step - 1e-9) + 1 for side in sides)
        pitch = sides[0] / (columns - 1), sides[1] / (rows - 1)
        return cls(
            -sides[0] / 2 - 2 * pitch[0],
            sides[1] / 2 + 2 * pitch[1],
            pitch,
            (rows + 4, columns + 4),
        )

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """(rows, columns) float64 u and v of all nodes."""
        rows, columns = self.shape
        u = self.left + np.arange(columns) * self.pitch[0]
        v = self.top - np.arange(rows) * self.pitch[1]
        return tuple(np.meshgrid(u, v))

    def sample(self, field: Field) -> np.ndarray:
        """(rows, columns) values of a field at the nodes."""
        return field(*self.nodes())


@dataclass(frozen=True, eq=False)
class RasterField:
    """A field from its values at the nodes: bilinear between them.

    Beyond the outermost nodes it falls by 1 per mm from its value at the nearest place of
    the raster: what lies there is further outside.

    Attributes:
        raster: where the nodes are.
        values: (rows, columns) float32, finite.
    """

    raster: Raster
    values: np.ndarray

    def __call__(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        raster = self.raster
        rows, columns = raster.shape
        x = (u - raster.left) / raster.pitch[0]
        y = (raster.top - v) / raster.pitch[1]
        across, down = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
        j = np.minimum(across.astype(np.intp), columns - 2)
        i = np.minimum(down.astype(np.intp), rows - 2)
        beyond = np.hypot((x - across) * raster.pitch[0], (y - down) * raster.pitch[1])
        across -= j
        down -= i
        at = i * columns + j
        flat = self.values.ravel()
        upper = flat[at] * (1 - across) + flat[at + 1] * across
        at += columns
        lower = flat[at] * (1 - across) + flat[at + 1] * across
        return upper * (1 - down) + lower * down - beyond


def everywhere(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The field of a region without a rim."""
    return np.ones_like(u)
