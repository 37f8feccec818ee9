"""Signed distances to plane figures, in mm, positive inside. Needs numpy.

Each function gives a `Field`: elementwise, finite everywhere, and, where nothing else is
said, the exact Euclidean distance to the figure's rim. Most are Inigo Quilez' formulas
(https://iquilezles.org/articles/distfunctions2d/) with the sign turned, because here the
inside counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce

import numpy as np

from .body import Field

Point = tuple[float, float]

# Newton's steps towards an ellipse's nearest point. Five do for 2 : 1; the slimmest need
# more near the ends of their longer axis, where many points are almost as near.
ELLIPSE_STEPS = 8


def rectangle(left: float, bottom: float, right: float, top: float) -> Field:
    """The upright rectangle between these sides (Quilez' ``sdBox``)."""
    return rounded_rectangle(left, bottom, right, top, 0.0)


def rounded_rectangle(
    left: float, bottom: float, right: float, top: float, radius: float
) -> Field:
    """An upright rectangle with quarter circles as corners (``sdRoundedBox``).

    Args:
        radius: of the corners, at most half the shorter side.
    """
    middle = ((left + right) / 2, (bottom + top) / 2)
    half = ((right - left) / 2 - radius, (top - bottom) / 2 - radius)

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        across = np.abs(u - middle[0]) - half[0]
        up = np.abs(v - middle[1]) - half[1]
        beyond = np.hypot(np.maximum(across, 0), np.maximum(up, 0))
        return radius - beyond - np.minimum(np.maximum(across, up), 0)

    return field


def circle(u: float, v: float, radius: float) -> Field:
    """The disc about (u, v)."""
    return capsule((u, v), (u, v), radius)


def capsule(start: Point, end: Point, radius: float) -> Field:
    """All that is within `radius` of the line from start to end (``sdSegment``)."""
    along = (end[0] - start[0], end[1] - start[1])
    squared = along[0] ** 2 + along[1] ** 2

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        du, dv = u - start[0], v - start[1]
        if squared > 0:
            share = np.clip((du * along[0] + dv * along[1]) / squared, 0, 1)
            du, dv = du - share * along[0], dv - share * along[1]
        return radius - np.hypot(du, dv)

    return field


def ellipse(left: float, bottom: float, right: float, top: float) -> Field:
    """The ellipse that fills this upright rectangle; the distance to within 0.001 mm.

    The nearest point of the rim to p = (p0, p1) is (a^2 p0 / (t + a^2), b^2 p1 / (t +
    b^2)) for the greatest root t of q0^2 + q1^2 = 1 with q = (a p0 / (t + a^2), b p1 /
    (t + b^2)) (D. Eberly, *Distance from a Point to an Ellipse*, 2013). Newton's method
    is applied to 1 / |q| = 1, which is nearly linear in t, as More and Sorensen do for
    trust regions (SIAM J. Sci. Stat. Comput. 4, 1983): from the left it rises to the root
    without ever passing it.
    """
    middle = ((left + right) / 2, (bottom + top) / 2)
    half = ((right - left) / 2, (top - bottom) / 2)
    squares = (half[0] ** 2, half[1] ** 2)
    # On an axis a denominator may vanish together with its numerator.
    least = 1e-9 * min(half)

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        point = (
            np.maximum(np.abs(u - middle[0]), least),
            np.maximum(np.abs(v - middle[1]), least),
        )
        t = np.maximum(half[0] * point[0] - squares[0], half[1] * point[1] - squares[1])
        for _ in range(ELLIPSE_STEPS):
            below = (t + squares[0], t + squares[1])
            parts = [
                (side * place / under) ** 2
                for side, place, under in zip(half, point, below, strict=True)
            ]
            length = parts[0] + parts[1]
            slope = parts[0] / below[0] + parts[1] / below[1]
            t = t + (np.sqrt(length) - 1) * length / slope
        return -t * np.hypot(point[0] / (t + squares[0]), point[1] / (t + squares[1]))

    return field


def regular_polygon(
    u: float, v: float, radius: float, sides: int, turn_deg: float = 0.0
) -> Field:
    """A regular polygon about (u, v), by folding the plane onto one of its sides.

    Args:
        radius: from the middle to a corner.
        turn_deg: where the first corner lies, counter-clockwise from the right.
    """
    sector = 2 * math.pi / sides
    turn = math.radians(turn_deg)
    apothem, half = radius * math.cos(sector / 2), radius * math.sin(sector / 2)

    def field(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        du, dv = x - u, y - v
        away = np.hypot(du, dv)
        angle = np.mod(np.arctan2(dv, du) - turn, sector) - sector / 2
        out = away * np.cos(angle) - apothem
        aside = np.maximum(away * np.abs(np.sin(angle)) - half, 0)
        return -np.where(out > 0, np.hypot(out, aside), out)

    return field


# Of the heart with its tip at (0, 0) and its notch at (0, 1): circles about (+-1/4, 3/4).
_HEART_RADIUS = math.sqrt(2) / 4
_HEART_WIDTH = 0.5 + 2 * _HEART_RADIUS


def heart(left: float, bottom: float, right: float) -> Field:
    """A square on its corner with a half circle on either upper side (``sdHeart``).

    Its tip is a right angle at v = `bottom`; it is 0.914 times as high as wide.
    """
    middle, scale = (left + right) / 2, (right - left) / _HEART_WIDTH

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        x, y = np.abs(u - middle) / scale, (v - bottom) / scale
        arc = np.hypot(x - 0.25, y - 0.75) - _HEART_RADIUS
        # Below the half circle's base the rim nearby is the side, or the notch.
        foot = np.clip((x + y) / 2, 0, 0.5)
        side = np.minimum(np.hypot(x, y - 1), np.hypot(x - foot, y - foot))
        return -scale * np.where(x + y > 1, arc, np.copysign(side, x - y))

    return field


def polygon(corners: Sequence[Point]) -> Field:
    """Any polygon whose sides do not cross, in either sense of turning (``sdPolygon``)."""

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        squared = np.full(np.shape(u), np.inf)
        inside = np.zeros(np.shape(u), bool)
        for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
            along = (end[0] - start[0], end[1] - start[1])
            length = along[0] ** 2 + along[1] ** 2
            if length == 0:
                continue
            du, dv = u - start[0], v - start[1]
            share = np.clip((du * along[0] + dv * along[1]) / length, 0, 1)
            away = (du - share * along[0]) ** 2 + (dv - share * along[1]) ** 2
            np.minimum(squared, away, out=squared)
            # Does the ray to the right cross this side? Corners belong to one side each.
            between = (v >= start[1]) != (v >= end[1])
            left_of = (along[0] * dv > du * along[1]) == (along[1] > 0)
            inside ^= between & left_of
        return np.where(inside, 1.0, -1.0) * np.sqrt(squared)

    return field


def union(*fields: Field) -> Field:
    """What is in any of them; inside, the distance may come out too small."""
    return lambda u, v: reduce(np.maximum, (field(u, v) for field in fields))


def intersection(*fields: Field) -> Field:
    """What is in all of them; outside, the distance may come out too small."""
    return lambda u, v: reduce(np.minimum, (field(u, v) for field in fields))


def difference(field: Field, *cut: Field) -> Field:
    """What is in `field` and in none of the others; never too far from a rim."""
    if not cut:
        return field
    gone = union(*cut)
    return lambda u, v: np.minimum(field(u, v), -gone(u, v))


def offset(field: Field, by: float) -> Field:
    """The figure grown by `by`, with round corners, or shrunk by a negative one."""
    return lambda u, v: field(u, v) + by


def translate(field: Field, u: float, v: float) -> Field:
    """The figure moved by (u, v)."""
    return lambda x, y: field(x - u, y - v)
