"""The rectangle over which a body lies, and where the photo and the shape are on it.

No numpy here. Coordinates are u (to the right) and v (up), millimetres, the origin in the
middle of the canvas; a box is (left, bottom, right, top).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NoReturn

from ...problems import N_
from ..refused import ReliefRefused

Box = tuple[float, float, float, float]

# Between the two sides of the border; less is no picture any more.
MIN_PICTURE = 5.0
# In the other direction, which follows from the photo's aspect.
MIN_PICTURE_DEPTH = 1.0
# Beyond this no width is offered: see the option's limits.
MAX_WIDTH = 1000.0


@dataclass(frozen=True)
class Canvas:
    """Where things lie.

    Attributes:
        width, depth: of the canvas.
        picture: where the photo lies, its whole area edge to edge; what reaches beyond
            the canvas is cropped.
        wraps: whether the left and the right edge are the same line in space.
        shape: the shape's own box, without what extras add around it; the whole canvas if
            it is not given.
    """

    width: float
    depth: float
    picture: Box
    wraps: bool = False
    shape: Box | None = None

    def __post_init__(self) -> None:
        if self.shape is None:
            half = (self.width / 2, self.depth / 2)
            object.__setattr__(self, "shape", (-half[0], -half[1], *half))

    def taller(self, top: float) -> Canvas:
        """The same with this much more room at the top, everything moved down by half."""
        left, bottom, right, upper = self.shape
        moved = (left, bottom - top / 2, right, upper - top / 2)
        left, bottom, right, upper = self.picture
        return replace(
            self,
            depth=self.depth + top,
            picture=(left, bottom - top / 2, right, upper - top / 2),
            shape=moved,
        )


def size(box: Box) -> tuple[float, float]:
    """Its width and its height."""
    return box[2] - box[0], box[3] - box[1]


def middle(box: Box) -> tuple[float, float]:
    """Its centre (u, v)."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def covering(box: Box, aspect: float) -> Box:
    """The smallest box of this aspect (width / height) about the same centre that covers
    `box`."""
    (u, v), (width, height) = middle(box), size(box)
    half_width = max(width, height * aspect) / 2
    half_height = max(height, width / aspect) / 2
    return (u - half_width, v - half_height, u + half_width, v + half_height)


def framed(width: float, border: float, aspect: float) -> Canvas:
    """A canvas as wide as asked on which the whole photo lies within the border.

    Args:
        width: border included.
        border: on all four sides.
        aspect: of the photo, width / height.

    Raises:
        ReliefRefused: ``relief.border_too_wide`` with `suggest`, the widest that leaves a
            picture; ``relief.too_slim`` with `suggest`, a width that would do.
    """
    least = max(MIN_PICTURE, MIN_PICTURE_DEPTH * aspect)
    inner = width - 2 * border
    if inner < MIN_PICTURE and width >= least:
        refuse_border(border, width, (width - least) / 2)
    depth = inner / aspect
    # The tolerance keeps a width that was suggested, and rounded up, from being refused.
    if inner < MIN_PICTURE or depth < MIN_PICTURE_DEPTH - 1e-9:
        enough = ceil(least + 2 * border)
        raise ReliefRefused(
            "relief.too_slim",
            N_(
                "The picture would be only %(depth)s mm high; make the plate at least "
                "%(enough)s mm wide, or crop the photo less."
            ),
            field="relief.width",
            suggest=enough if enough <= MAX_WIDTH else None,
            depth=round(max(depth, 0.0), 2),
            enough=enough,
        )
    half = (inner / 2, depth / 2)
    return Canvas(width, depth + 2 * border, (-half[0], -half[1], *half))


def refuse_border(border: float, width: float, most: float) -> NoReturn:
    """Refuse a border that leaves too little of the picture.

    Args:
        most: the widest that would do, 0 or more.

    Raises:
        ReliefRefused: ``relief.border_too_wide``.
    """
    raise ReliefRefused(
        "relief.border_too_wide",
        N_(
            "A border of %(border)s mm leaves no room for the picture on a plate of "
            "%(width)s mm; make it at most %(most)s mm wide."
        ),
        field="relief.border",
        suggest=floor(most),
        border=round(border, 2),
        width=round(width, 2),
        most=floor(most),
    )


def floor(length: float) -> float:
    """Down to a tenth of a millimetre, for a sentence."""
    return math.floor(length * 10 + 1e-6) / 10


def ceil(length: float) -> float:
    """Up to a tenth of a millimetre, for a sentence."""
    return math.ceil(length * 10 - 1e-6) / 10
