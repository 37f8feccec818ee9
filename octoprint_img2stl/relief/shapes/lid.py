"""A box's lid, and the slot in the box into which it slides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import Canvas, covering, middle, size
from .curved import stripe
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field, Region

# The lid's edges lie in a groove, under a lip, with some play on all sides.
THICKNESS = 2.0
PLAY = 0.3
GROOVE_HEIGHT = THICKNESS + PLAY
GROOVE_DEPTH, MIN_GROOVE_DEPTH = 1.2, 0.6
LIP = 2.0
# What the groove leaves of the wall.
MIN_WALL = 0.8
# From the top to the photos, which keep some distance from the groove.
SLOT_ROOM = LIP + GROOVE_HEIGHT + 2.0
# Between the box's rim and the edges of what is recessed behind it: a region of the back
# that met the rim could not be meshed, so the lip and the step below the groove keep away.
APART = 0.6


def check_wall(wall: float) -> None:
    """Refuse a groove in a wall that is too thin for it.

    Raises:
        ReliefRefused: ``relief.wall_too_thin_for_lid``.
    """
    # The tolerance is for sums of round numbers that come out just below.
    if wall < MIN_WALL + MIN_GROOVE_DEPTH - 1e-9:
        raise ReliefRefused(
            "relief.wall_too_thin_for_lid",
            N_(
                "Walls of %(wall)s mm are too thin for a lid's groove; make them, base and "
                "relief height or the frame, at least %(enough)s mm thick, or do without "
                "the lid."
            ),
            field="relief.lid_slot",
            suggest=False,
            wall=round(wall, 2),
            enough=round(MIN_WALL + MIN_GROOVE_DEPTH, 2),
        )


def groove_depth(wall: float) -> float:
    """How deep the groove goes into a wall as thick as that."""
    return min(GROOVE_DEPTH, wall - MIN_WALL)


def slot_outline(canvas: Canvas, door: tuple[float, float]) -> Field:
    """The box's outline: at the door no higher than the groove's lower edge.

    Args:
        door: from where to where, in u, the lid comes in.
    """
    import numpy as np

    top, low = canvas.shape[3], _groove(canvas)[0]
    beside = _beside(door)
    return lambda u, v: np.minimum(top - v, np.maximum(low - v, beside(u, v)))


def slot_regions(canvas: Canvas, door: tuple[float, float], depth: float) -> list[Region]:
    """The groove: all from its lower edge to the top is recessed, but not the lip.

    At the door the recess reaches further down, and the lip ends before it, so that the
    rim has the recess, and nothing else, behind it all along.

    Args:
        depth: of the groove.
    """
    import numpy as np

    from ..solid.body import Region

    low, high = _groove(canvas)
    beside = _beside(door)
    below = stripe(low - APART, high)
    lip = stripe(high, canvas.shape[3] - APART)
    return [
        Region(
            lambda u, v: np.maximum(
                v - low, np.minimum(below(u, v), APART - beside(u, v))
            ),
            depth,
        ),
        Region(lambda u, v: np.minimum(lip(u, v), beside(u, v) - APART), 0.0),
    ]


def lid(
    side: float, wall: float, corner_radius: float, groove: float, photo: float
) -> Shape:
    """The lid: a plate whose lower end goes in first.

    There its corners are as round as the groove's, at the other end as round as the box.

    Args:
        side: of the square inside the box.
        wall: the box's.
        corner_radius: of that square.
        groove: its depth.
        photo: side of the square photo on the lid, above the middle of the box.
    """
    # From the box's axis as far into the groove as it reaches; the axis on the canvas.
    reach = side / 2 + groove - PLAY
    outer = side / 2 + wall
    axis = (reach - outer) / 2
    window = (-photo / 2, axis - photo / 2, photo / 2, axis + photo / 2)

    def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
        return Canvas(2 * reach, reach + outer, covering(window, aspect))

    def outline(settings: ReliefSettings, canvas: Canvas) -> Field:
        from ..solid import sdf

        inner_radius = corner_radius + groove - PLAY
        beyond = outer + inner_radius
        figure = sdf.intersection(
            sdf.rounded_rectangle(-reach, -reach, reach, beyond, inner_radius),
            sdf.rounded_rectangle(-outer, -outer, outer, outer, corner_radius + wall),
        )
        return sdf.translate(figure, 0.0, middle(canvas.shape)[1] + axis)

    def upper_regions(settings: ReliefSettings, canvas: Canvas) -> list[Region]:
        from ..solid import sdf
        from ..solid.body import Region

        picture = sdf.translate(sdf.rectangle(*window), *middle(canvas.shape))
        return [Region(lambda u, v: -picture(u, v), THICKNESS)]

    def printed(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float, float]:
        return *size(canvas.shape), max(settings.height, THICKNESS)

    return Shape(
        label=N_("Lid"),
        description=N_("A plate that slides into the box's groove."),
        options=(),
        canvas=canvas,
        outline=outline,
        size=printed,
        upper_regions=upper_regions,
    )


def _groove(canvas: Canvas) -> tuple[float, float]:
    """Lower and upper edge of the groove."""
    high = canvas.shape[3] - LIP
    return high - GROOVE_HEIGHT, high


def _beside(door: tuple[float, float]) -> Field:
    """Distance along the wall from the door; negative within."""
    import numpy as np

    return lambda u, v: np.maximum(door[0] - u, u - door[1])
