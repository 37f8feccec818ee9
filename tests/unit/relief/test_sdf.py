"""Signed distances against brute force: the nearest of many points of the rim."""

from __future__ import annotations

import math

import numpy as np
import pytest

from octoprint_img2stl.relief.solid import sdf

TURN = 2 * math.pi


def dense(corners: np.ndarray, count: int = 20000) -> np.ndarray:
    """(n, 2) points along a closed polygon, evenly spread over its length."""
    closed = np.vstack([corners, corners[:1]])
    lengths = np.hypot(*np.diff(closed, axis=0).T)
    at = np.concatenate([[0], np.cumsum(lengths)])
    where = np.linspace(0, at[-1], count, endpoint=False)
    return np.stack([np.interp(where, at, closed[:, axis]) for axis in (0, 1)], axis=1)


def arc(u, v, radius, start_deg, end_deg, count=4000) -> np.ndarray:
    angle = np.radians(np.linspace(start_deg, end_deg, count))
    return np.stack([u + radius * np.cos(angle), v + radius * np.sin(angle)], axis=1)


def turns(rim: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How often the rim goes around each point: the sum of the angles it is seen under."""
    total = np.zeros(len(points))
    for index, point in enumerate(points):
        seen = np.arctan2(rim[:, 1] - point[1], rim[:, 0] - point[0])
        step = np.diff(seen, append=seen[:1])
        total[index] = np.sum((step + math.pi) % TURN - math.pi) / TURN
    return np.rint(total)


def nearest(rim: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.array([np.hypot(*(rim - point).T).min() for point in points])


def check(field, rim: np.ndarray, rng, count=150):
    """The field against the rim, at random points around it and right next to it."""
    low, high = rim.min(axis=0), rim.max(axis=0)
    room = 0.5 * (high - low)
    points = rng.uniform(low - room, high + room, (count, 2))
    next_to = rim[rng.integers(len(rim), size=count // 2)]
    next_to = next_to + rng.normal(0, 0.01 * room.max(), next_to.shape)
    points = np.vstack([points, next_to])
    away = nearest(rim, points)
    points, away = points[away > 0.02], away[away > 0.02]
    wanted = np.where(turns(rim, points) != 0, away, -away)
    with np.errstate(all="raise"):
        found = field(points[:, 0], points[:, 1])
    assert found.shape == wanted.shape and found.dtype == np.float64
    np.testing.assert_allclose(found, wanted, rtol=0, atol=0.01)


def box(rng):
    left, bottom = rng.uniform(-40, 40, 2)
    width, height = rng.uniform(2, 60, 2)
    return float(left), float(bottom), float(left + width), float(bottom + height)


def corners_of(left, bottom, right, top):
    return np.array([(left, bottom), (right, bottom), (right, top), (left, top)])


def rounded_rim(sides, radius):
    left, bottom, right, top = sides
    return dense(
        np.vstack(
            [
                arc(right - radius, top - radius, radius, 0, 90),
                arc(left + radius, top - radius, radius, 90, 180),
                arc(left + radius, bottom + radius, radius, 180, 270),
                arc(right - radius, bottom + radius, radius, 270, 360),
            ]
        )
    )


@pytest.mark.parametrize("seed", range(3))
def test_rectangle(seed):
    rng = np.random.default_rng(seed)
    sides = box(rng)
    check(sdf.rectangle(*sides), dense(corners_of(*sides)), rng)


@pytest.mark.parametrize("share", [0.1, 0.7, 1.0])
def test_rounded_rectangle(share):
    rng = np.random.default_rng(round(10 * share))
    sides = box(rng)
    radius = share * min(sides[2] - sides[0], sides[3] - sides[1]) / 2
    check(sdf.rounded_rectangle(*sides, radius), rounded_rim(sides, radius), rng)


def test_circle_and_capsule():
    rng = np.random.default_rng(4)
    check(sdf.circle(3.0, -7.0, 12.0), dense(arc(3, -7, 12, 0, 360)), rng)
    lying = np.vstack([arc(20, 5, 4, -90, 90), arc(-10, 5, 4, 90, 270)])
    angle = math.radians(30)
    turned = np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    start, end = (tuple(turned @ place) for place in ((-10, 5), (20, 5)))
    check(sdf.capsule(start, end, 4.0), dense(lying @ turned.T), rng)


@pytest.mark.parametrize("half", [(50, 30), (30, 50), (40, 40), (60, 12), (3, 100)])
def test_ellipse(half):
    rng = np.random.default_rng(half[0])
    rim = dense(arc(0, 0, 1, 0, 360) * half + (5, -2))
    field = sdf.ellipse(5 - half[0], -2 - half[1], 5 + half[0], -2 + half[1])
    check(field, rim, rng)


def test_ellipse_on_its_axes_and_in_its_middle():
    """Where the formula's denominators vanish together with their numerators."""
    field = sdf.ellipse(-50.0, -20.0, 50.0, 20.0)
    u = np.array([0.0, 0.0, 0.0, 50.0, 60.0, 49.0, -50.0])
    v = np.array([0.0, 20.0, -25.0, 0.0, 0.0, 0.0, 0.0])
    with np.errstate(all="raise"):
        found = field(u, v)
    np.testing.assert_allclose(found, [20, 0, -5, 0, -10, 1, 0], atol=1e-3)


@pytest.mark.parametrize("sides", [3, 5, 6, 9])
def test_regular_polygon(sides):
    rng = np.random.default_rng(sides)
    turn = float(rng.uniform(0, 360))
    angle = np.radians(turn) + TURN * np.arange(sides) / sides
    corners = np.stack([7 + 30 * np.cos(angle), -3 + 30 * np.sin(angle)], axis=1)
    check(sdf.regular_polygon(7.0, -3.0, 30.0, sides, turn), dense(corners), rng)


def heart_rim(left, bottom, right):
    """A square on its corner and two half circles, from its drawing."""
    # The diagonal d of the square: the half circles reach d / 4 + sqrt(2) d / 4 from the
    # middle.
    diagonal = (right - left) / 2 / (0.25 + math.sqrt(2) / 4)
    u, radius = (left + right) / 2, math.sqrt(2) / 4 * diagonal
    quarter = diagonal / 4
    return dense(
        np.vstack(
            [
                [(u, bottom)],
                arc(u + quarter, bottom + 3 * quarter, radius, -45, 135),
                arc(u - quarter, bottom + 3 * quarter, radius, 45, 225),
            ]
        )
    )


def test_heart():
    rng = np.random.default_rng(5)
    rim = heart_rim(-33.0, 4.0, 27.0)
    check(sdf.heart(-33.0, 4.0, 27.0), rim, rng, count=300)
    assert np.ptp(rim[:, 1]) == pytest.approx(0.9142 * 60, abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_polygon_of_any_form_and_sense(seed):
    """Stars with random rays: concave, some corners level with each other."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, TURN, 11))
    angle += np.arange(11) * 1e-3
    away = rng.uniform(5, 40, 11)
    corners = np.stack([away * np.cos(angle), away * np.sin(angle)], axis=1)
    corners[:, 1] = np.round(corners[:, 1] / 4) * 4
    corners = corners[:: rng.choice([-1, 1])]
    field = sdf.polygon([tuple(corner) for corner in corners])
    rim = dense(corners)
    points = rng.uniform(-45, 45, (300, 2))
    points[:60, 1] = np.round(points[:60, 1] / 4) * 4  # level with corners
    away = nearest(rim, points)
    points, away = points[away > 0.01], away[away > 0.01]
    # Rounding may have made the star cross itself: what lies in it twice is outside.
    inside = turns(rim, points) % 2 != 0
    found = field(points[:, 0], points[:, 1])
    np.testing.assert_allclose(found, np.where(inside, away, -away), atol=0.005)


def test_a_polygon_may_repeat_a_corner():
    square = [(0, 0), (4, 0), (4, 0), (4, 4), (0, 4)]
    u, v = np.array([2.0, 5.0]), np.array([1.0, 2.0])
    assert sdf.polygon(square)(u, v).tolist() == [1.0, -1.0]


def test_putting_together():
    rng = np.random.default_rng(6)
    u, v = rng.uniform(-30, 30, (2, 400))
    one, two = sdf.circle(-4.0, 0.0, 12.0), sdf.rectangle(0.0, -20.0, 22.0, 9.0)
    in_one, in_two = np.hypot(u + 4, v) < 12, (u > 0) & (u < 22) & (v > -20) & (v < 9)
    for field, wanted in (
        (sdf.union(one, two), in_one | in_two),
        (sdf.intersection(one, two), in_one & in_two),
        (sdf.difference(one, two), in_one & ~in_two),
        (sdf.difference(two, one, sdf.circle(10.0, 0.0, 3.0)),
         in_two & ~in_one & (np.hypot(u - 10, v) > 3)),
        (sdf.difference(one), in_one),
        (sdf.translate(one, 5.0, 3.0), np.hypot(u - 1, v - 3) < 12),
        (sdf.offset(one, 2.5), np.hypot(u + 4, v) < 14.5),
    ):  # fmt: skip
        assert ((field(u, v) > 0) == wanted).all()


def test_inside_what_was_put_together_no_rim_is_nearer_than_said():
    """So a wall that a field promises is there."""
    rng = np.random.default_rng(7)
    field = sdf.difference(
        sdf.union(sdf.circle(-4.0, 0.0, 12.0), sdf.rectangle(0.0, -20.0, 22.0, 9.0)),
        sdf.circle(3.0, -2.0, 5.0),
    )
    u, v = rng.uniform(-25, 25, (2, 300))
    depth = field(u, v)
    u, v, depth = u[depth > 0], v[depth > 0], depth[depth > 0]
    for angle in np.linspace(0, TURN, 72, endpoint=False):
        step = 0.999 * depth
        assert (field(u + step * np.cos(angle), v + step * np.sin(angle)) > 0).all()


def test_points_keep_their_shape():
    u, v = np.meshgrid(np.linspace(-9.0, 9.0, 7), np.linspace(-5.0, 5.0, 4))
    for field in (
        sdf.rectangle(-3.0, -2.0, 3.0, 2.0),
        sdf.ellipse(-3.0, -2.0, 3.0, 2.0),
        sdf.heart(-3.0, -2.0, 3.0),
        sdf.regular_polygon(0.0, 0.0, 3.0, 6),
        sdf.polygon([(0, 0), (3, 0), (0, 3)]),
        sdf.capsule((0, 0), (1, 1), 2.0),
    ):
        whole = field(u, v)
        assert whole.shape == u.shape
        assert np.array_equal(whole[2], field(u[2], v[2]))
