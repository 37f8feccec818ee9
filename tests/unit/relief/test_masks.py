"""The subject of a photo, its parts, and how far each place is from its rim."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from octoprint_img2stl.relief.refused import ReliefRefused
from octoprint_img2stl.relief.settings import ReliefSettings
from octoprint_img2stl.relief.shapes.canvas import Canvas
from octoprint_img2stl.relief.solid.components import (
    components,
    largest,
    without_holes,
    without_specks,
)
from octoprint_img2stl.relief.solid.distance import nearest_points, signed_distance
from octoprint_img2stl.relief.solid.masks import (
    SPECK,
    mask_field,
    otsu_threshold,
    subject_mask,
)
from octoprint_img2stl.relief.solid.raster import Raster

seeds = pytest.mark.parametrize("seed", range(6))


def asked(**changes) -> ReliefSettings:
    return replace(ReliefSettings(), **changes)


class Discs:
    """Some discs apart from each other, with their exact signed distance."""

    def __init__(self, rng, width, height):
        self.x, self.y, self.radius = np.empty((3, 0))
        while len(self.x) < 4:
            x, y = rng.uniform(0.2, 0.8, 2) * (width, height)
            radius = rng.uniform(0.04, 0.19) * min(width, height)
            gaps = np.hypot(self.x - x, self.y - y) - self.radius - radius
            if (gaps > 0.04 * min(width, height)).all():
                self.x = np.append(self.x, x)
                self.y = np.append(self.y, y)
                self.radius = np.append(self.radius, radius)

    def distance(self, x, y):
        away = np.hypot(x[..., None] - self.x, y[..., None] - self.y)
        return (self.radius - away).max(axis=-1)

    def coverage(self, shape, pitch, fine=8):
        """Share of each pixel that is inside; the first pixel's middle is (0, 0)."""
        rows, columns = shape
        x = ((np.arange(columns * fine) + 0.5) / fine - 0.5) * pitch[0]
        y = ((np.arange(rows * fine) + 0.5) / fine - 0.5) * pitch[1]
        inside = self.distance(*np.meshgrid(x, y)) > 0
        return inside.reshape(rows, fine, columns, fine).mean(axis=(1, 3))


def places(shape, pitch):
    rows, columns = shape
    return np.meshgrid(np.arange(columns) * pitch[0], np.arange(rows) * pitch[1])


##~~ distances


@seeds
def test_distance_of_discs(seed):
    rng = np.random.default_rng(seed)
    shape, pitch = (70, 60), (0.4, float(rng.uniform(0.3, 0.6)))
    x, y = places(shape, pitch)
    discs = Discs(rng, x.max(), y.max())
    true = discs.distance(x, y)
    step = max(pitch)
    # The zero line alone counts: values may be as uneven as they like.
    level = discs.distance(x, y) * rng.uniform(0.5, 4)
    for given, near, far in (
        (level, 0.1, 0.15),
        (discs.coverage(shape, pitch) - 0.5, 0.16, 0.25),
        (discs.distance(x, y) > 0, 0.8, 0.8),
    ):
        error = np.abs(signed_distance(given, pitch) - true)
        assert error[np.abs(true) < step].max() < near * step
        assert error.max() < far * step


@seeds
def test_slope_is_one_near_the_line(seed):
    rng = np.random.default_rng(seed)
    shape, pitch = (120, 150), (0.2, 0.2)
    x, y = places(shape, pitch)
    distance = signed_distance(Discs(rng, x.max(), y.max()).distance(x, y), pitch)
    slope = np.hypot(*np.gradient(distance, 0.2))[np.abs(distance) < 0.5]
    assert np.percentile(slope, 5) > 0.95 and np.percentile(slope, 95) < 1.05


@pytest.mark.parametrize("angle_deg", [0, 10, 27, 45, 63, 90, 135])
def test_straight_edge_is_exact(angle_deg):
    x, y = places((50, 40), (1.0, 1.0))
    turn = math.radians(angle_deg)
    true = (x - 19.3) * math.cos(turn) + (y - 24.6) * math.sin(turn)
    error = signed_distance(3 * true, (1.0, 1.0)) - true
    # Elsewhere the line ends with the grid.
    error, true = error[15:35, 10:30], true[15:35, 10:30]
    assert np.abs(error[np.abs(true) < 1]).max() < 1e-5
    assert np.abs(error).max() < 0.15


def test_sign_is_that_of_the_mask_in_noise():
    mask = np.random.default_rng(1).random((90, 80)) > 0.5
    distance = signed_distance(mask, (1, 1))
    assert ((distance > 0) == mask).all()
    assert np.abs(distance).max() < 3


def test_nearest_points_lie_on_the_line_and_at_the_distance():
    x, y = places((60, 80), (0.5, 0.7))
    level = Discs(np.random.default_rng(8), x.max(), y.max()).distance(x, y)
    points = nearest_points(level, (0.5, 0.7))
    away = np.hypot(points[:, 0] - x, points[:, 1] - y)
    assert np.allclose(away, np.abs(signed_distance(level, (0.5, 0.7))), atol=1e-4)
    again = Discs(np.random.default_rng(8), x.max(), y.max())
    assert np.abs(again.distance(points[:, 0], points[:, 1])).max() < 0.1


@pytest.mark.parametrize("inside", [True, False])
def test_without_a_line_everything_is_far(inside):
    distance = signed_distance(np.full((30, 40), inside), (1.0, 1.0))
    assert distance.shape == (30, 40)
    assert (distance == distance[0, 0]).all() and np.isfinite(distance).all()
    assert distance[0, 0] == pytest.approx(50 if inside else -50)


##~~ connected parts


def flooded(mask):
    """Labels in the order of the first pixels, by going from pixel to pixel."""
    labels = np.zeros(mask.shape, int)
    count = 0
    for start in zip(*np.nonzero(mask), strict=True):
        if labels[start]:
            continue
        count += 1
        labels[start] = count
        ahead = [start]
        while ahead:
            row, column = ahead.pop()
            for i, j in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                place = row + i, column + j
                if (
                    0 <= place[0] < mask.shape[0]
                    and 0 <= place[1] < mask.shape[1]
                    and mask[place]
                    and not labels[place]
                ):
                    labels[place] = count
                    ahead.append(place)
    return labels, count


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.6, 0.8, 0.99])
@pytest.mark.parametrize("shape", [(1, 50), (50, 1), (40, 33)])
def test_components_against_flooding(share, shape):
    mask = np.random.default_rng(int(share * 100)).random(shape) < share
    labels, sizes = components(mask)
    expected, count = flooded(mask)
    assert (labels == expected).all()
    assert (sizes == np.bincount(expected.ravel(), minlength=count + 1)).all()


def test_components_of_a_long_winding_part():
    mask = np.zeros((61, 40), bool)
    mask[::2] = True
    mask[1::4, -1] = mask[3::4, 0] = True
    assert len(components(mask)[1]) == 2
    mask[30] = False
    assert len(components(mask)[1]) == 3


@pytest.mark.parametrize("value", [True, False])
def test_components_of_all_or_nothing(value):
    mask = np.full((5, 6), value)
    assert (components(mask)[1] == ([0, 30] if value else [30])).all()
    assert (largest(mask) == mask).all() and (without_holes(mask) == mask).all()


@seeds
def test_largest_holes_and_specks(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((40, 50)) < rng.uniform(0.4, 0.7)
    labels, count = flooded(mask)
    best = largest(mask)
    assert len(components(best)[1]) == 2 and (mask | ~best).all()
    assert best.sum() == max((labels == k).sum() for k in range(1, count + 1))

    filled = without_holes(mask)
    outside, _ = flooded(~np.pad(filled, 1))
    assert (filled | ~mask).all() and outside.max() == 1

    clean = without_specks(mask, 9)
    for inside in (clean, ~clean):
        assert (components(inside)[1][1:] >= 9).all()


##~~ the subject


def scene(rng, dark=False, size=(120, 160)):
    """A photo of some discs in front of an even background, with noise and specks."""
    height, width = size
    x, y = places(size, (1.0, 1.0))
    discs = Discs(rng, width, height)
    grey = 0.25 + 0.5 * discs.coverage(size, (1.0, 1.0), 4)
    grey += rng.normal(0, 0.03, size)
    for _ in range(12):
        i, j = rng.integers(0, height - 4), rng.integers(0, width - 4)
        grey[i : i + 3, j : j + 3] = rng.choice([0.2, 0.8])
    grey = np.clip(grey, 0, 1)
    return (1 - grey if dark else grey), discs.distance(x, y)


@seeds
@pytest.mark.parametrize("dark", [False, True])
def test_auto_finds_what_the_background_is_not(seed, dark):
    grey, inner = scene(np.random.default_rng(seed), dark)
    mask = subject_mask(grey, None, asked(subject="auto"))
    assert mask.dtype == np.float32 and mask.min() >= 0 and mask.max() <= 1
    sure = np.abs(inner) > 1.5
    # Specks are larger than what may stay only where they touch the rim.
    wrong = sure & ((mask > 0.5) != (inner > 0))
    assert wrong.mean() < 0.004
    for inside in (mask > 0.5, mask <= 0.5):
        assert components(inside)[1][1:].min() >= SPECK * mask.size


def test_dark_and_bright_are_each_others_opposite():
    grey = np.random.default_rng(2).random((20, 20)).repeat(12, 0).repeat(12, 1)
    masks = [
        subject_mask(grey, None, asked(subject=side, subject_threshold=0.3))
        for side in ("dark", "bright")
    ]
    assert np.allclose(masks[0], 1 - masks[1], atol=1e-6)
    assert ((masks[0] > 0.5) == (grey < 0.3)).mean() > 0.999


def test_the_rim_is_where_the_grey_is_the_threshold():
    ramp = np.tile(np.linspace(0, 1, 101), (40, 1))
    for threshold in (0.1, 0.37, 0.9):
        mask = subject_mask(
            ramp, None, asked(subject="bright", subject_threshold=threshold)
        )
        rim = np.interp(0.5, mask[0], np.arange(101)) / 100
        assert rim == pytest.approx(threshold, abs=1e-4)


def test_alpha_wins_in_auto_where_there_is_any():
    grey, inner = scene(np.random.default_rng(4))
    alpha = np.clip(0.5 - inner, 0, 1)
    mask = subject_mask(grey, alpha, asked(subject="auto"))
    assert np.allclose(mask, alpha, atol=1e-6)
    opaque = subject_mask(grey, np.ones_like(grey), asked(subject="auto"))
    assert np.array_equal(opaque, subject_mask(grey, None, asked(subject="auto")))


def refused(*arguments):
    with pytest.raises(ReliefRefused) as refusal:
        subject_mask(*arguments)
    return refusal.value.problem


def test_refusals_and_what_they_suggest():
    grey, _ = scene(np.random.default_rng(5))
    none = asked(subject="alpha")
    problem = refused(grey, None, none)
    assert (problem.code, problem.field) == ("relief.no_alpha", "relief.subject")
    subject_mask(grey, None, replace(none, subject=problem.suggest))
    assert refused(grey, np.ones_like(grey), none).code == "relief.no_alpha"

    for side, threshold in (("dark", 0.0), ("bright", 1.0), ("dark", 1.0)):
        wrong = asked(subject=side, subject_threshold=threshold)
        problem = refused(grey, None, wrong)
        assert problem.code == "relief.no_subject"
        assert problem.field == "relief.subject_threshold"
        assert str(problem.suggest) in problem.message
        subject_mask(grey, None, replace(wrong, subject_threshold=problem.suggest))

    for side in ("auto", "dark"):
        problem = refused(np.full((30, 30), 0.4), None, asked(subject=side))
        assert (problem.code, problem.suggest) == ("relief.no_subject", None)


@pytest.mark.parametrize("low, high", [(0.1, 0.9), (0.4, 0.5), (0.0, 0.2)])
def test_otsu_lies_amid_two_greys(low, high):
    grey = np.where(np.random.default_rng(3).random((50, 50)) > 0.2, low, high)
    assert otsu_threshold(grey) == pytest.approx((low + high) / 2, abs=0.01)


@pytest.mark.parametrize(
    "canvas",
    [
        Canvas(60, 40, (-30, -20, 30, 20)),
        Canvas(80, 50, (-25, -22, 35, 18)),
        Canvas(40, 30, (-30, -20, 30, 20)),
    ],
    ids=["tight", "roomy", "cropped"],
)
@pytest.mark.parametrize("per_mm", [2, 5, 30])
def test_field_of_a_disc(canvas, per_mm):
    left, _, _, top = canvas.picture
    u0, v0, radius = left + 21.3, top - 17.2, 12.4
    shape, pitch = (40 * per_mm, 60 * per_mm), (1 / per_mm, 1 / per_mm)
    x, y = places(shape, pitch)
    u, v = left + x + 0.5 / per_mm, top - y - 0.5 / per_mm
    inner = radius - np.hypot(u - u0, v - v0)
    field = mask_field(np.clip(0.5 + inner * per_mm, 0, 1), canvas)
    u, v = Raster.over(canvas, 5.0).nodes()
    true = radius - np.hypot(u - u0, v - v0)
    error = np.abs(field(u, v) - true)
    pixel = max(field.raster.pitch)
    assert pixel <= max(1 / per_mm, 0.1)
    assert error[np.abs(true) < 1].max() < 0.15 * pixel
    on_canvas = (np.abs(u) <= canvas.width / 2) & (np.abs(v) <= canvas.depth / 2)
    # The very middle is a tip, which no grid shows.
    assert error[on_canvas & (true < radius - 2 * pixel)].max() < 0.3 * pixel


def test_field_is_finite_and_falls_far_beyond():
    canvas = Canvas(20, 20, (-10, -10, 10, 10))
    field = mask_field(np.ones((50, 50), np.float32), canvas)
    away = np.array([0.0, 10.0, 11.0, 20.0, 1e3, 1e6])
    for values in (field(away, 0 * away), field(0 * away, -away), field(away, away)):
        assert np.isfinite(values).all() and (np.diff(values) < 0).all()
        assert values[0] == pytest.approx(10, abs=0.25)
    # All of the photo is subject, and it ends with the photo.
    assert field(np.array([10.0]), np.array([0.0]))[0] == pytest.approx(0, abs=0.02)


@seeds
def test_field_is_elementwise(seed):
    rng = np.random.default_rng(seed)
    grey, _ = scene(rng)
    canvas = Canvas(40, 30, (-20, -15, 20, 15))
    field = mask_field(subject_mask(grey, None, asked()), canvas)
    u, v = rng.uniform(-25, 25, (2, 300))
    together = field(u, v)
    assert np.array_equal(together, field(u, v))
    assert np.array_equal(together[7:9], field(u[7:9], v[7:9]))
    assert np.array_equal(together, field(u.reshape(3, 100), v.reshape(3, 100)).ravel())
