"""What every tool is asked to make: a plate 100 mm wide, 0.8 to 3.0 mm thick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WIDTH = 100.0
BASE = 0.8
RELIEF = 2.2
MAX_ERRORS = (0.02, 0.05)


@dataclass(frozen=True)
class Job:
    """One solid.

    Attributes:
        picture: the prepared picture; dark parts become thick.
        out: the STL.
        size_px: (columns, rows) of the picture.
        max_error: mm, for the tools that have such a bound.
        photo: whether `picture` is a camera's photo, to be taken with each tool's defaults
            for the number of nodes.
    """

    picture: Path
    out: Path
    size_px: tuple[int, int]
    max_error: float
    photo: bool = False

    @property
    def pitch(self) -> float:
        """From node to node, mm, where every pixel is one node."""
        return WIDTH / (self.size_px[0] - 1)

    @property
    def size(self) -> tuple[float, float, float]:
        """The box asked for, mm."""
        return WIDTH, WIDTH * self.size_px[1] / self.size_px[0], BASE + RELIEF

    def arguments(self) -> list[str]:
        """As `drivers/task.py` reads them."""
        numbers = (WIDTH, self.size[1], BASE, RELIEF, self.max_error)
        return [str(self.picture), str(self.out), *map(str, numbers)]
