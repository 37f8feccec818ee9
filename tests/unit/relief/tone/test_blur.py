"""The Gaussian at every width: against the plain sum, at the edges, in place."""

from __future__ import annotations

import math

import numpy as np
import pytest

from octoprint_img2stl.relief.tone.blur import Blur


def blurred(picture, sigma):
    out = np.full_like(picture, np.nan)
    for rows, means in Blur.gaussian(picture.shape, sigma).strips(picture):
        out[rows] = means
    return out


def plain(picture, sigma):
    """The same in 64 bits, weight by weight, the edges repeated."""
    result = picture.astype(np.float64)
    for axis, width in enumerate(sigma):
        reach = math.ceil(6 * width)
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
        weights /= weights.sum()
        pads = [(0, 0), (0, 0)]
        pads[axis] = (reach, reach)
        padded = np.pad(result, pads, mode="edge")
        result = np.apply_along_axis(np.convolve, axis, padded, weights, "valid")
    return result


@pytest.mark.parametrize(
    "sigma",
    [(0.4, 0.4), (2.0, 1.0), (3.0, 3.0), (3.2, 2.9), (8.0, 8.0), (21.3, 17.0), (90, 80)],
)
def test_is_a_gaussian(sigma):
    dice = np.random.default_rng(1)
    picture = dice.random((90, 131)).astype(np.float32)
    picture[:, 70:] += 1
    apart = np.abs(blurred(picture, sigma) - plain(picture, sigma)).max()
    # Narrow ones are cut at 3.5 sigmas, where 0.05 % of the weight is left.
    assert apart < (2e-3 if max(sigma) <= 3 else 1e-4)


def test_keeps_an_even_slope_even():
    """Samples far apart must not show: neither as steps nor as waves."""
    slope = np.tile(np.arange(600, dtype=np.float32) / 600, (40, 1))
    for sigma in (2.0, 5.0, 12.0, 25.0):
        line = blurred(slope, (1.0, sigma))[20, 150:450].astype(np.float64)
        assert np.abs(line - slope[20, 150:450]).max() < 1e-5
        assert np.diff(line) == pytest.approx(1 / 600, abs=2e-6)


@pytest.mark.parametrize("shape", [(2, 2), (2, 40), (3, 5), (70, 33)])
@pytest.mark.parametrize("sigma", [(0.1, 0.1), (1.5, 2.5), (4.0, 4.0), (60.0, 50.0)])
def test_means_of_any_shape_stay_between_the_extremes(shape, sigma):
    picture = np.random.default_rng(2).random(shape).astype(np.float32)
    result = blurred(picture, sigma)
    assert picture.min() - 1e-6 <= result.min() and result.max() <= picture.max() + 1e-6
    level = np.full(shape, 0.7, np.float32)
    assert blurred(level, sigma) == pytest.approx(0.7, abs=1e-6)


@pytest.mark.parametrize("sigma", [(2.0, 2.0), (7.0, 9.0)])
def test_mirror_images(sigma):
    picture = np.random.default_rng(3).random((61, 82)).astype(np.float32)
    result = blurred(picture, sigma)
    assert np.abs(blurred(picture[::-1], sigma)[::-1] - result).max() < 2e-6
    assert np.abs(blurred(picture[:, ::-1], sigma)[:, ::-1] - result).max() < 2e-6
    assert np.abs(blurred(picture.T, sigma[::-1]).T - result).max() < 2e-6


@pytest.mark.parametrize("sigma", [(2.0, 2.0), (11.0, 11.0)])
def test_rows_handed_out_may_be_overwritten(sigma):
    picture = np.random.default_rng(4).random((200, 50)).astype(np.float32)
    expect = blurred(picture, sigma)
    for rows, means in Blur.gaussian(picture.shape, sigma).strips(picture):
        picture[rows] = means
    assert (picture == expect).all()
