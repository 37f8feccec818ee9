"""What the bent shapes share: heights, sizes that must be solved, refusals. No numpy here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import floor

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field

# Of the back, on the inside: tighter walls neither print well nor show a picture.
MIN_RADIUS = 5.0
# Holes of lamp sockets: none is smaller; the thread of an E27 holder.
MIN_SOCKET, TYPICAL_SOCKET = 5.0, 40.0
# A floor reaches at least so far in from the wall.
MIN_LEDGE = 1.0


def frame_height(settings: ReliefSettings) -> float:
    """Height of the frame along the outline above the back; the picture's without one."""
    if settings.border == 0 or settings.frame_height is None:
        return settings.height
    return settings.frame_height


def greatest_height(settings: ReliefSettings) -> float:
    """The wall's greatest thickness, the frame included."""
    return max(settings.height, frame_height(settings))


def middle_height(settings: ReliefSettings) -> float:
    """Where the photo keeps its aspect: in the middle of the wall."""
    return settings.height / 2


def solve(grows: Callable[[float], float], value: float, most: float) -> float:
    """Where a growing function reaches a value, between 0 and `most`, to the last digit.

    Returns:
        0 if it is above the value everywhere.
    """
    low, high = 0.0, most
    while low < (middle := (low + high) / 2) < high:
        if grows(middle) <= value:
            low = middle
        else:
            high = middle
    return low


def nearest(
    settings: ReliefSettings,
    name: str,
    limit: float,
    fits: Callable[[ReliefSettings], bool],
) -> float | None:
    """The nearest value of a setting, in tenths, that would do instead of the present one.

    Args:
        name: of the setting; its present value does not fit.
        limit: where to look; in whole tenths.
        fits: true from some value on as far as the limit.

    Returns:
        None if not even the limit fits.
    """

    def works(tenths: int) -> bool:
        return fits(replace(settings, **{name: tenths / 10}))

    value, good = 10 * getattr(settings, name), round(10 * limit)
    if not works(good):
        return None
    bad = math.floor(value) if good > value else math.ceil(value)
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        if works(middle):
            good = middle
        else:
            bad = middle
    return good / 10


def refuse_slim(depth: float, suggest: float | None) -> None:
    """Refuse a picture that is hardly more than a line.

    Args:
        depth: how high it would be.
        suggest: a width that would do, None if there is none.

    Raises:
        ReliefRefused: ``relief.too_slim``.
    """
    raise ReliefRefused(
        "relief.too_slim",
        N_(
            "The picture would be only %(depth)s mm high; make the shape wider, or crop "
            "the photo less."
        ),
        field="relief.width",
        suggest=suggest,
        depth=round(max(depth, 0.0), 2),
    )


def check_socket(settings: ReliefSettings, inner: float) -> None:
    """Refuse a floor whose hole does not suit it.

    Args:
        inner: how wide the floor is from wall to wall, at least twice `MIN_RADIUS`.

    Raises:
        ReliefRefused: ``relief.socket_hole_too_small``, ``relief.socket_hole_too_big``.
    """
    hole, most = settings.socket_hole, floor(inner - 2 * MIN_LEDGE)
    values: dict[str, Any] = {"hole": round(hole, 2), "most": most}
    if hole < MIN_SOCKET:
        raise ReliefRefused(
            "relief.socket_hole_too_small",
            N_(
                "A hole of %(hole)s mm in the floor is too small for a lamp's socket; make it "
                "%(least)s to %(most)s mm wide, or switch the floor off with 0."
            ),
            field="relief.socket_hole",
            suggest=min(TYPICAL_SOCKET, most),
            least=MIN_SOCKET,
            **values,
        )
    if hole > inner - 2 * MIN_LEDGE:
        raise ReliefRefused(
            "relief.socket_hole_too_big",
            N_(
                "A socket hole of %(hole)s mm leaves nothing of the floor, which is "
                "%(inner)s mm wide inside; make it at most %(most)s mm."
            ),
            field="relief.socket_hole",
            suggest=most,
            inner=round(inner, 2),
            **values,
        )


def stripe(bottom: float, top: float) -> Field:
    """All between two heights v, all the way around."""
    import numpy as np

    return lambda u, v: np.minimum(v - bottom, top - v)
