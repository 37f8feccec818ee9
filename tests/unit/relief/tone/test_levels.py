"""Levels, gamma, contrast, curves and the histogram."""

from __future__ import annotations

import random

import numpy as np
import pytest

from octoprint_img2stl.relief.tone import levels

CURVE = [[0.0, 0.1], [0.3, 0.6], [0.7, 0.65], [1.0, 1.0]]


def greys(seed=1, shape=(90, 110)):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def ramp(count=65536):
    """As many greys as 16 bits have."""
    return (np.arange(count, dtype=np.float64) / (count - 1)).astype(np.float32)[None]


@pytest.mark.parametrize(
    "operation",
    [
        lambda picture, **out: levels.levels(picture, 0.0, 1.0, **out),
        lambda picture, **out: levels.gamma(picture, 1.0, **out),
        lambda picture, **out: levels.contrast(picture, 1.0, **out),
        lambda picture, **out: levels.curve(picture, None, **out),
        lambda picture, **out: levels.clipped(picture, **out),
    ],
)
def test_neutral_values_cost_nothing(operation):
    picture = greys()
    assert operation(picture) is picture


@pytest.mark.parametrize(
    "operation",
    [
        levels.auto_levels,
        lambda picture, **out: levels.levels(picture, 0.1, 0.8, **out),
        lambda picture, **out: levels.gamma(picture, 2.2, **out),
        lambda picture, **out: levels.contrast(picture, 1.7, **out),
        lambda picture, **out: levels.curve(picture, CURVE, **out),
        lambda picture, **out: levels.clipped(picture, **out),
    ],
)
def test_order_of_greys_stays_and_so_does_the_callers_picture(operation):
    picture = 1.2 * greys() - 0.1
    before = picture.copy()
    result = operation(picture)
    assert (picture == before).all() and result.dtype == np.float32
    order = picture.ravel().argsort()
    assert (np.diff(result.ravel()[order]) >= 0).all()
    assert operation(picture, out=picture) is picture
    assert (picture == result).all()


@pytest.mark.parametrize("shape", [(2, 2), (3, 40), (200, 300)])
@pytest.mark.parametrize(
    "kind", ["even", "mostly one grey", "two greys", "rare extremes"]
)
def test_automatic_levels_find_the_same_percentiles_as_a_sort(shape, kind):
    dice = np.random.default_rng(5)
    picture = dice.random(shape)
    if kind == "mostly one grey":
        picture = np.where(dice.random(shape) < 0.97, 0.4, picture)
    elif kind == "two greys":
        picture = np.where(picture < 0.999, 0.2, 0.7)
    elif kind == "rare extremes":
        picture = 0.5 + 0.4 * (picture - 0.5) ** 9 * 2**8
    picture = picture.astype(np.float32)
    ordered = np.sort(picture, axis=None)
    low, high = (ordered[round(share * (picture.size - 1))] for share in (0.005, 0.995))
    result = levels.auto_levels(picture)
    if high - low < levels.LEAST_RANGE:
        assert result is picture
    else:
        assert np.abs(result - (picture - low) / (high - low)).max() < 1e-6


def test_blank_sheets_are_not_stretched():
    for base in (0.0, 0.5, 0.98):
        sheet = base + 0.0199 * greys()
        assert levels.auto_levels(sheet) is sheet
    stretched = levels.auto_levels(np.float32(0.025) * greys())
    assert np.ptp(np.clip(stretched, 0, 1)) == 1


def test_black_and_white_point():
    result = levels.levels(np.array([[0.1, 0.3, 0.5, 0.9]], np.float32), 0.1, 0.5)
    assert result[0] == pytest.approx([0, 0.5, 1, 2], abs=1e-6)
    for white in (0.4, 0.1):
        result = np.clip(levels.levels(ramp(), 0.4, white), 0, 1)
        assert set(np.unique(result)) <= {0.0, 1.0} or np.mean(result % 1 > 0) < 1e-4
        assert result.mean() == pytest.approx(0.6, abs=1e-4)


def test_gamma_brightens_above_one():
    picture = np.array([[0.0, 0.25, 1.0, 1.3, -0.2]], np.float32)
    assert levels.gamma(picture, 2.0)[0] == pytest.approx([0, 0.5, 1, 1, 0])
    there = levels.gamma(greys(), 2.7)
    assert levels.gamma(there, 1 / 2.7) == pytest.approx(greys(), abs=1e-5)


def test_contrast_turns_about_mid_grey():
    result = levels.contrast(np.array([[0.5, 0.6, 0.0, -0.1]], np.float32), 2.0)
    assert result[0] == pytest.approx([0.5, 0.7, -0.5, -0.7], abs=1e-6)


def test_straight_curve_changes_nothing():
    for points in ([[0, 0], [1, 1]], [[0, 0], [0.2, 0.2], [0.9, 0.9], [1, 1]]):
        assert np.abs(levels.curve(ramp(), points) - ramp()).max() < 1e-6


def test_curves_are_smooth_and_as_fine_as_sixteen_bits():
    result = levels.curve(ramp(), [[0, 0], [0.25, 0.5], [1, 1]])[0].astype(np.float64)
    # No grey of 65536 is lost to the table, but where 32-bit floats end.
    assert len(np.unique(result)) > 60000
    by_64 = result.reshape(-1, 64)[:, 0]
    assert np.abs(np.diff(by_64, 2)).max() < 2e-5


def test_curves_go_through_their_points_and_never_beyond():
    dice = random.Random(6)
    for _ in range(200):
        count = dice.randint(2, 16)
        x = sorted(dice.sample(range(101), count))
        y = [dice.random() if dice.random() < 0.7 else 0.5 for _ in x]
        points = [[place / 100, value] for place, value in zip(x, y, strict=True)]
        at = [place for place, _ in points]
        assert levels.curve_at(points, np.array(at)) == pytest.approx(y)
        fine = np.linspace(-0.2, 1.2, 3001)
        values = levels.curve_at(points, fine)
        pieces = np.clip(np.searchsorted(at, fine, side="right") - 1, 0, count - 2)
        ends = np.array(y)[np.stack([pieces, pieces + 1])]
        assert (values >= ends.min(axis=0) - 1e-12).all()
        assert (values <= ends.max(axis=0) + 1e-12).all()
        # Monotone between the points, in their direction.
        same = (pieces[1:] == pieces[:-1]) & (fine[1:] <= at[-1]) & (fine[:-1] >= at[0])
        rise = np.diff(values) * np.sign(np.diff(ends, axis=0)[0])[1:]
        assert (rise[same] >= -1e-12).all()
        assert (values[fine <= at[0]] == y[0]).all()
        assert values[fine >= at[-1]] == pytest.approx(y[-1])
        table = levels.curve(fine[None].astype(np.float32), points)[0]
        steepest = max(np.abs(np.diff(y) / np.diff(at)).max(), 1)
        inside = (fine > at[0]) & (fine < at[-1])
        expect = levels.curve_at(points, np.clip(fine, 0, 1))
        assert np.abs(table - expect)[inside].max() < 3 * steepest / levels.PIECES


def test_histogram_counts_every_node_once():
    picture = np.array([[-1, 0, 0.0156, 0.0157, 0.5, 1, 9, np.inf]], np.float32)
    shares = levels.histogram(picture, 64)
    assert len(shares) == 64 and sum(shares) == pytest.approx(1)
    assert [shares[bin] * 8 for bin in (0, 1, 32, 63)] == [3, 1, 1, 3]
    even = levels.histogram(greys(shape=(500, 400)), 10)
    assert even == pytest.approx([0.1] * 10, abs=0.01)
