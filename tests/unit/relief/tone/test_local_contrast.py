"""CLAHE: weak detail grows, nothing steps, noise is limited."""

from __future__ import annotations

import numpy as np
import pytest

from octoprint_img2stl.relief.tone.local_contrast import LIMIT, equalise


def scene(shape=(240, 320)):
    """A steep change of brightness with faint detail on either side."""
    down, across = np.mgrid[: shape[0], : shape[1]]
    faint = 0.02 * np.sin(across / 5) * np.sin(down / 5)
    return (0.15 + 0.7 * (across > shape[1] // 2) + faint).astype(np.float32)


def test_strength_zero_costs_nothing():
    picture = scene()
    assert equalise(picture, 0.0) is picture


def test_strength_blends():
    picture = scene()
    before = picture.copy()
    whole = equalise(picture, 1.0)
    assert (picture == before).all() and whole.dtype == np.float32
    half = equalise(picture, 0.5)
    assert np.abs(half - (picture + whole) / 2).max() < 1e-6
    assert equalise(picture, 1.0, out=picture) is picture
    assert (picture == whole).all()


def test_faint_detail_grows_within_the_limit():
    picture = scene()
    part = np.s_[60:120, 20:100]
    growth = equalise(picture, 1.0)[part].std() / picture[part].std()
    assert 1.5 < growth < LIMIT + 1


@pytest.mark.parametrize("strength", [0.3, 1.0])
@pytest.mark.parametrize("shape", [(2, 2), (2, 77), (5, 3), (130, 97)])
def test_range(shape, strength):
    dice = np.random.default_rng(1)
    for picture in (dice.random(shape), dice.random(shape) < 0.5, 3 * dice.random(shape)):
        result = equalise(picture.astype(np.float32), strength)
        assert result.shape == shape and 0 <= result.min() and result.max() <= 1


def test_blank_stays_blank():
    for grey in (0.0, 0.37, 1.0):
        result = equalise(np.full((64, 80), grey, np.float32), 1.0)
        assert np.ptp(result) < 1e-5
        assert result == pytest.approx(grey, abs=0.02)


@pytest.mark.parametrize("levels", [65535, 255, 100])
def test_a_smooth_slope_gets_no_steps(levels):
    """Though the maps come from a source of few levels with gaps between them."""
    across = np.linspace(0.2, 0.8, 2000)
    # The greys the maps come from, and in a few rows those in between.
    picture = np.tile(np.rint(across * levels) / levels, (96, 1)).astype(np.float32)
    picture[::24] = across
    line = equalise(picture, 1.0)[48].astype(np.float64)
    assert len(np.unique(line)) > 1900
    slopes = np.diff(line) / np.diff(across)
    assert slopes.max() < LIMIT + 1
    # Steps would be slopes that go up and down all the time.
    assert np.abs(np.diff(slopes)).sum() < 80


def test_order_within_a_place_stays():
    """Neighbouring nodes have nearly the same map, which is monotone."""
    picture = np.random.default_rng(2).random((200, 200)).astype(np.float32)
    result = equalise(picture, 1.0)
    rise, change = np.diff(picture, axis=1), np.diff(result, axis=1)
    assert (np.sign(rise) == np.sign(change))[np.abs(rise) > 0.03].all()


def test_mirror_images():
    picture = np.random.default_rng(3).random((160, 240)).astype(np.float32) ** 2
    result = equalise(picture, 0.8)
    assert np.abs(equalise(picture[::-1], 0.8)[::-1] - result).max() < 1e-5
    assert np.abs(equalise(picture[:, ::-1], 0.8)[:, ::-1] - result).max() < 1e-5
