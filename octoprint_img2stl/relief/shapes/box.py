"""The square box, such as a lamp: a photo on each of four sides, one more on the lid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import (
    MAX_WIDTH,
    MIN_PICTURE,
    MIN_PICTURE_DEPTH,
    Box,
    Canvas,
    ceil,
    covering,
    size,
)
from .curved import (
    check_socket,
    frame_height,
    greatest_height,
    nearest,
    refuse_slim,
    stripe,
)
from .lid import (
    PLAY,
    SLOT_ROOM,
    check_wall,
    groove_depth,
    lid,
    slot_outline,
    slot_regions,
)
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Bend, Field, Region

PANELS = 4
# Of the back's corners: rounder ones take from the photos, sharper ones need more triangles.
CORNER_RADIUS = 4.0
# The frame around each photo is level across the corners and a little beyond.
MIN_POST = CORNER_RADIUS + 1.0
MIN_RIM = 2.0


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """Once around the back; all four photos are as wide as the posts allow.

    Raises:
        ReliefRefused: ``relief.box_too_small``, ``relief.wall_too_thin_for_lid``,
            ``relief.too_slim``, ``relief.socket_hole_too_small``,
            ``relief.socket_hole_too_big``; each with `suggest` where there is a value
            that would do.
    """
    wall, wide = greatest_height(settings), _window_width(settings)
    # The tolerance keeps a width that was suggested, and rounded up, from being refused.
    if wide < MIN_PICTURE - 1e-9:
        enough = ceil(settings.width + MIN_PICTURE - wide)
        raise ReliefRefused(
            "relief.box_too_small",
            N_(
                "A box %(width)s mm wide has no room for photos between its corner posts "
                "and walls of %(wall)s mm; make it at least %(enough)s mm wide."
            ),
            field="relief.width",
            suggest=enough if enough <= MAX_WIDTH else None,
            width=round(settings.width, 2),
            wall=round(wall, 2),
            enough=enough,
        )
    if settings.lid_slot:
        check_wall(frame_height(settings))
    deep = wide / aspect
    if deep < MIN_PICTURE_DEPTH - 1e-9:

        def high(wider: ReliefSettings) -> bool:
            return _window_width(wider) / aspect >= MIN_PICTURE_DEPTH

        refuse_slim(deep, nearest(settings, "width", MAX_WIDTH, high))
    if settings.floor > 0:
        check_socket(settings, _side(settings))
    around = PANELS * _side(settings) - (8 - 2 * math.pi) * CORNER_RADIUS
    depth = _bottom_rim(settings) + deep + _top_rim(settings)
    bottom = -depth / 2 + _bottom_rim(settings)
    left = (around / PANELS - wide) / 2 - around / 2
    picture = (left, bottom, left + wide, bottom + deep)
    return Canvas(around, depth, picture, wraps=True)


def windows(
    settings: ReliefSettings, canvas: Canvas, aspects: Sequence[float]
) -> list[Box]:
    """Where each side's photo lies, from the front counter-clockwise seen from above.

    A photo that is wider or higher than its window covers it; the frame hides the rest as
    far as the middle of the posts, beyond which it must be cut off.

    Args:
        aspects: of the photos; if they are fewer than the sides, they come again. A fifth
            is the lid's.

    Raises:
        ReliefRefused: ``relief.no_lid``.
    """
    if len(aspects) > PANELS and not settings.lid_slot:
        raise ReliefRefused(
            "relief.no_lid",
            N_(
                "A fifth photo belongs on a lid; switch the groove for a lid on, or take one "
                "photo away."
            ),
            field="relief.lid_slot",
            suggest=True,
        )
    sides = aspects[:PANELS]
    return [
        covering(window, sides[panel % len(sides)])
        for panel, window in enumerate(_windows(canvas))
    ]


def outline(settings: ReliefSettings, canvas: Canvas) -> Field | None:
    """With a lid, the back is lower, so that the lid can slide in.

    The lower rim is no part of it: that is where the canvas ends.
    """
    return slot_outline(canvas, _door(canvas)) if settings.lid_slot else None


def bend(settings: ReliefSettings, canvas: Canvas) -> Bend:
    from ..solid import bend as bends

    hole = settings.socket_hole / 2 if settings.floor > 0 else 0.0
    return bends.Box(canvas.width, CORNER_RADIUS, hole)


def printed(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float, float]:
    """The box: as wide as asked, as high as the canvas."""
    return settings.width, settings.width, size(canvas.shape)[1]


def upper_regions(settings: ReliefSettings, canvas: Canvas) -> list[Region]:
    """The posts and rims around the photos."""
    from ..solid import sdf
    from ..solid.body import Region

    photos = sdf.union(*(sdf.rectangle(*window) for window in _windows(canvas)))
    return [Region(lambda u, v: -photos(u, v), greatest_height(settings))]


def lower_regions(settings: ReliefSettings, canvas: Canvas) -> list[Region]:
    """The floor, from the walls to the socket's hole, and the lid's groove."""
    from ..solid.body import Region

    regions = []
    if settings.floor > 0:
        bottom = canvas.shape[1]
        # From below the rim, so that its lower end is the body's own.
        inside = stripe(bottom - settings.floor, bottom + settings.floor)
        height = settings.socket_hole / 2 - _side(settings) / 2
        regions.append(Region(inside, height))
    if settings.lid_slot:
        depth = groove_depth(frame_height(settings))
        regions += slot_regions(canvas, _door(canvas), depth)
    return regions


def parts(settings: ReliefSettings, photos: int) -> list[tuple[Shape, ReliefSettings]]:
    """What is printed besides the box: the lid, if there is a photo for it.

    Returns:
        Shapes of their own, with the settings to make them by.
    """
    if not settings.lid_slot or photos <= PANELS:
        return []
    plain = replace(
        settings,
        border=0.0,
        ring=False,
        holes="none",
        keyhole=False,
        magnets=0,
        stand="none",
        text="",
    )
    plate = lid(
        _side(settings),
        greatest_height(settings),
        CORNER_RADIUS,
        groove_depth(frame_height(settings)),
        _window_width(settings),
    )
    return [(plate, plain)]


def _side(settings: ReliefSettings) -> float:
    """Of the square inside."""
    return settings.width - 2 * greatest_height(settings)


def _window_width(settings: ReliefSettings) -> float:
    """Of each photo, between the posts."""
    return _side(settings) - 2 * max(settings.border, MIN_POST)


def _bottom_rim(settings: ReliefSettings) -> float:
    """Below the photos; the floor is behind it."""
    return max(settings.border, MIN_RIM, settings.floor)


def _top_rim(settings: ReliefSettings) -> float:
    """Above the photos; the lid's groove is behind it."""
    return max(settings.border, MIN_RIM, SLOT_ROOM if settings.lid_slot else 0.0)


def _windows(canvas: Canvas) -> list[Box]:
    """The four places of the photos, from the left."""
    left, bottom, right, top = canvas.picture
    panel = canvas.width / PANELS
    return [
        (left + panel * place, bottom, right + panel * place, top)
        for place in range(PANELS)
    ]


def _door(canvas: Canvas) -> tuple[float, float]:
    """From where to where the wall is low for the lid: the third face and the corners
    beside it."""
    panel = canvas.width / PANELS
    half = panel / 2 + math.pi / 4 * CORNER_RADIUS + PLAY
    return panel / 2 - half, panel / 2 + half


SHAPE = Shape(
    label=N_("Box"),
    description=N_("A square lampshade with a photo on each side and room for a lid."),
    options=("floor", "socket_hole", "lid_slot"),
    canvas=canvas,
    outline=outline,
    bend=bend,
    size=printed,
    lower_regions=lower_regions,
    upper_regions=upper_regions,
    photos=(1, 5),
    windows=windows,
    parts=parts,
)
