"""Steps of an 8-bit source go, edges and fine data stay."""

from __future__ import annotations

import numpy as np
import pytest

from octoprint_img2stl.relief.tone.debanding import METHODS, dithered, smoothed

LEVEL = 1 / 255


def slope(shape=(200, 600)):
    """An even sky: 60 levels over 600 nodes one way, slower the other."""
    down, across = np.mgrid[: shape[0], : shape[1]]
    return 0.2 + 60 * LEVEL * across / 600 + 7 * LEVEL * down / 200


def rounded(values):
    return (np.rint(values * 255) / 255).astype(np.float32)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_sources_of_many_levels_are_left_alone(method):
    picture = slope().astype(np.float32)
    assert METHODS[method](picture, 0) is picture


def test_off():
    picture = rounded(slope())
    assert METHODS["off"](picture, LEVEL) is picture


def test_a_slope_becomes_smooth_again():
    true = slope()
    source = rounded(true)
    before = source.copy()
    result = smoothed(source, LEVEL)
    assert (source == before).all() and result.dtype == np.float32
    inner = np.s_[20:-20, 20:-20]
    error = np.abs(result - true)[inner].max() / LEVEL
    assert error < 0.05 and np.abs(source - true)[inner].max() / LEVEL > 0.49
    # No steps: they were a level high.
    assert np.abs(np.diff(result[inner], axis=1)).max() < 0.15 * LEVEL


def test_a_curved_surface_gets_finer():
    down, across = np.mgrid[:300, :400]
    true = 0.5 + 0.15 * np.sin(across / 60) * np.cos(down / 45)
    source = rounded(true)
    result = smoothed(source, LEVEL)
    assert np.std(result - true) < 0.3 * np.std(source - true)


@pytest.mark.parametrize("kind", ["photo", "noise", "binary"])
def test_nothing_moves_by_more_than_half_a_level(kind):
    dice = np.random.default_rng(1)
    values = dice.random((150, 170))
    if kind == "photo":
        values = slope((150, 170)) + 0.01 * dice.standard_normal((150, 170))
    elif kind == "binary":
        values = (values < 0.5).astype(float)
    source = rounded(values)
    moved = np.abs(smoothed(source, LEVEL) - source)
    assert moved.max() <= 0.5 * LEVEL + 1e-7


def test_edges_stay():
    source = rounded(slope() + 0.3 * (np.arange(600) >= 300))
    result = smoothed(source, LEVEL)
    step = (result[:, 300] - result[:, 299]) - (source[:, 300] - source[:, 299])
    assert np.abs(step).max() <= LEVEL + 1e-7
    # Right beside the edge nothing is pulled towards the other side.
    flat = rounded(0.2 + 0.5 * (np.arange(600) >= 300) + np.zeros((200, 1)))
    beside = np.s_[:, 295:305]
    assert np.abs(smoothed(flat, LEVEL) - flat)[beside].max() < 0.01 * LEVEL


@pytest.mark.parametrize("method", ["smooth", "dither"])
@pytest.mark.parametrize("shape", [(2, 2), (2, 50), (64, 64)])
def test_range_and_blank_pictures(method, shape):
    dice = np.random.default_rng(2)
    for picture in (dice.random(shape), np.full(shape, 0.4), dice.random(shape) < 0.5):
        picture = picture.astype(np.float32)
        result = METHODS[method](picture, LEVEL)
        assert result.shape == shape
        assert result.min() >= picture.min() - 1e-6
        assert result.max() <= picture.max() + 1e-6


def test_smoothing_mirrors():
    source = rounded(slope((120, 140)))
    result = smoothed(source, LEVEL)
    mirrored = smoothed(source[::-1, ::-1], LEVEL)[::-1, ::-1]
    assert np.abs(mirrored - result).max() < 1e-6


def test_dither_repeats_and_is_fine_grained():
    source = rounded(slope())
    result = dithered(source, LEVEL)
    assert (dithered(source, LEVEL) == result).all()
    noise = (result - source)[20:-20, 20:-20] / LEVEL
    assert np.abs(noise).max() <= 1 + 1e-4 and 0.2 < noise.std() < 0.5
    assert abs(noise.mean()) < 0.01
    # Hardly anything of it is left where the eye, or a nozzle, takes a mean.
    means = noise[:160, :560].reshape(20, 8, 70, 8).mean(axis=(1, 3))
    white = noise.std() / 8
    assert means.std() < 0.4 * white
    # Neither along the rows nor along the columns.
    for axis in (0, 1):
        assert noise.mean(axis=axis).std() < 0.4 * noise.std() / np.sqrt(
            noise.shape[axis]
        )


def test_dither_has_no_seams():
    """Down a column all but the first and the last of the random numbers cancel out."""
    tall = np.full((3000, 100), 0.5, np.float32)
    tall[0, :2] = 0.0, 1.0
    noise = (dithered(tall, LEVEL).astype(np.float64) - tall)[1:]
    assert np.abs(noise.sum(axis=0)).max() <= LEVEL
    assert np.abs(noise.sum(axis=1)).max() <= LEVEL
