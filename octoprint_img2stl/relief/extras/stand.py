"""What a finished print stands on: a foot along its lower edge, or an easel beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from ..shapes.canvas import MIN_PICTURE_DEPTH, Canvas, size
from . import frame
from .extra import Extra, refuse_without_rim, solid

if TYPE_CHECKING:
    from ...machine import Machine
    from ..settings import ReliefSettings
    from ..solid.body import Body, Field, Region

# The foot: its height, and how far it sticks out on either side.
FOOT_HEIGHT = 3.0
LEAST_SIDE = 6.0
SIDE_SHARE = 0.12

# The easel: how far the plate leans (90 would be upright) and the walls of the profile.
LEAN_DEG = 75.0
EASEL_WIDTH = 30.0
PLAY = 0.4
FLOOR = 3.0
FRONT_WALL, FRONT_HEIGHT, TOE = 3.0, 5.0, 4.0
BACK_WALL, BACK_SHARE, BACK_LIMITS = 4.0, 0.35, (8.0, 60.0)
# Where the weight of a shape that is wide at its top acts, and how far beyond it the easel
# reaches, as shares of the plate's height.
WEIGHT, BEHIND, LEAST_BEHIND = 0.6, 0.1, 8.0
HEEL = 2.0
PITCH, MAX_NODES = 0.2, 500


def active(settings: ReliefSettings) -> bool:
    return settings.stand != "none"


def check(settings: ReliefSettings, canvas: Canvas, machine: Machine) -> None:
    """Refuse a stand that does not go with the shape.

    Raises:
        ReliefRefused: ``relief.extra_needs_plate``; ``relief.easel_needs_flat_shape``,
            ``relief.foot_needs_standing_plate``, ``relief.foot_or_hanging``,
            ``relief.plate_lower_than_foot`` with `suggest`.
    """
    from ..shapes import SHAPES

    refuse_without_rim(canvas, "stand", "none")
    curved = SHAPES[settings.shape].bend is not None
    if settings.stand == "easel" and curved:
        raise ReliefRefused(
            "relief.easel_needs_flat_shape",
            N_(
                "An easel carries only flat shapes; leave it out, or choose a flat shape."
            ),
            field="relief.stand",
            suggest="none",
        )
    if settings.stand != "foot":
        return
    if settings.shape != "plate" or not settings.standing:
        raise ReliefRefused(
            "relief.foot_needs_standing_plate",
            N_(
                "A foot can be made only for a rectangular plate that is printed "
                "standing; choose an easel, or no stand."
            ),
            field="relief.stand",
            suggest="none" if curved else "easel",
        )
    if settings.ring or settings.holes != "none":
        raise ReliefRefused(
            "relief.foot_or_hanging",
            N_(
                "A plate stands on a foot or hangs by a ring or holes, not both; choose "
                "an easel, or leave the ring and the holes out."
            ),
            field="relief.stand",
            suggest="easel",
        )
    if size(canvas.shape)[1] < FOOT_HEIGHT + MIN_PICTURE_DEPTH:
        raise ReliefRefused(
            "relief.plate_lower_than_foot",
            N_(
                "The plate is only %(height)s mm high and would vanish in its foot of "
                "%(foot)s mm; make the plate wider, or leave the foot out."
            ),
            field="relief.stand",
            suggest="none",
            height=round(size(canvas.shape)[1], 2),
            foot=FOOT_HEIGHT,
        )


def above_foot(settings: ReliefSettings, canvas: Canvas, outline: Field | None) -> Field:
    """Where there may be pockets and letters: within the outline, and not in a foot."""
    shape = solid(canvas, outline)
    if settings.stand != "foot":
        return shape
    from ..solid import sdf

    return sdf.difference(shape, _foot(canvas))


def upper_regions(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[Region]:
    if settings.stand != "foot":
        return []
    from ..solid.body import Region

    return [Region(_foot(canvas), reach(settings, canvas)[1])]


def lower_regions(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[Region]:
    if settings.stand != "foot":
        return []
    from ..solid.body import Region

    return [Region(_foot(canvas), reach(settings, canvas)[0])]


def reach(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float]:
    if settings.stand != "foot":
        return 0.0, 0.0
    side = max(LEAST_SIDE, SIDE_SHARE * size(canvas.shape)[1])
    return -side, _thickness(settings) + side


def parts(settings: ReliefSettings, canvas: Canvas) -> list[Body]:
    """The easel, lying on its side as it is printed."""
    if settings.stand != "easel":
        return []
    import numpy as np

    from ..solid import sdf
    from ..solid.bend import FLAT
    from ..solid.body import Body

    corners = np.array(profile(settings, canvas))
    extent = corners.max(axis=0) - corners.min(axis=0)
    pitch = max(PITCH, extent.max() / MAX_NODES)
    # Two nodes all around: the outline has to end within the grid.
    columns, rows = np.ceil(extent / pitch).astype(int) + 5
    corners -= (corners.max(axis=0) + corners.min(axis=0)) / 2
    return [
        Body(
            width=float((columns - 1) * pitch),
            depth=float((rows - 1) * pitch),
            upper=np.full((rows, columns), EASEL_WIDTH, np.float32),
            bend=FLAT,
            outline=sdf.polygon([(float(x), float(y)) for x, y in corners]),
            name=N_("Easel"),
        )
    ]


def part_sizes(
    settings: ReliefSettings, canvas: Canvas
) -> list[tuple[float, float, float]]:
    if settings.stand != "easel":
        return []
    x, y = zip(*profile(settings, canvas), strict=True)
    return [(max(x) - min(x), max(y) - min(y), EASEL_WIDTH)]


def profile(settings: ReliefSettings, canvas: Canvas) -> list[tuple[float, float]]:
    """The easel seen from the side, the picture looking to the left.

    Returns:
        the corners (x, y) counter-clockwise, mm, the table at y = 0.
    """
    lean = math.radians(LEAN_DEG)
    up = (math.cos(lean), math.sin(lean))  # along the plate
    back = (math.sin(lean), -math.cos(lean))  # through the plate
    slot = _thickness(settings) + PLAY
    height = size(canvas.shape)[1]
    rest = min(max(BACK_SHARE * height, BACK_LIMITS[0]), BACK_LIMITS[1])

    def place(along: float, through: float) -> tuple[float, float]:
        """From the slot's front lower corner, whose back lower corner is on the floor."""
        return (
            along * up[0] + through * back[0],
            along * up[1] + through * back[1] + FLOOR + slot * up[0],
        )

    lip = place(FRONT_HEIGHT, -FRONT_WALL)
    top = place(rest, slot + BACK_WALL)
    weight = place(WEIGHT * height, slot / 2)
    heel = max(top[0], weight[0] + max(LEAST_BEHIND, BEHIND * height))
    return [
        (lip[0] - TOE, 0.0),
        (heel, 0.0),
        (heel, HEEL),
        top,
        place(rest, slot),
        place(0, slot),
        place(0, 0),
        place(FRONT_HEIGHT, 0),
        lip,
    ]


def _foot(canvas: Canvas) -> Field:
    top = canvas.shape[1] + FOOT_HEIGHT
    return lambda u, v: top - v


def _thickness(settings: ReliefSettings) -> float:
    """Of the plate near its lower edge, at the most."""
    thickest = settings.base + settings.relief_height
    if frame.active(settings):
        thickest = max(thickest, frame.height(settings))
    if settings.text and settings.text_place == "bottom":
        thickest += max(settings.text_raise, 0.0)
    return thickest


EXTRA = Extra(
    active=active,
    check=check,
    upper_regions=upper_regions,
    lower_regions=lower_regions,
    parts=parts,
    part_sizes=part_sizes,
    reach=reach,
)
