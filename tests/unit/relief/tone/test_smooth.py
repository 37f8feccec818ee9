"""Smoothing in mm, and edges that stay."""

from __future__ import annotations

import numpy as np
import pytest

from octoprint_img2stl.relief.tone.smooth import edge_preserving, gaussian

PITCH = (0.1, 0.125)


def edge(shape=(120, 200)):
    picture = np.full(shape, 0.25, np.float32)
    picture[:, shape[1] // 2 :] = 0.75
    return picture


@pytest.mark.parametrize("smooth", [gaussian, edge_preserving])
def test_nothing_to_do_costs_nothing(smooth):
    picture = edge()
    assert smooth(picture, 0.0, PITCH) is picture
    assert smooth(picture, 1e-200, PITCH) is picture


@pytest.mark.parametrize("smooth", [gaussian, edge_preserving])
@pytest.mark.parametrize("width", [0.1, 0.2, 1.0, 5.0])
def test_leaves_the_picture_alone_unless_told_otherwise(smooth, width):
    picture = np.random.default_rng(1).random((90, 70)).astype(np.float32)
    before = picture.copy()
    result = smooth(picture, width, PITCH)
    assert (picture == before).all() and result.dtype == np.float32
    assert smooth(picture, width, PITCH, out=picture) is picture
    assert (picture == result).all()


@pytest.mark.parametrize("smooth", [gaussian, edge_preserving])
def test_level_stays_level(smooth):
    for shape in ((2, 2), (2, 30), (80, 90)):
        level = np.full(shape, 0.3, np.float32)
        for width in (0.1, 0.6, 3.0):
            assert smooth(level, width, PITCH) == pytest.approx(0.3, abs=1e-5)


def test_any_radius_at_any_pitch():
    """Few samples may lie so that the first of them is needed by no node."""
    for rows in range(2, 130, 3):
        level = np.full((rows, 5), 0.3, np.float32)
        for radius in (0.02, 0.03, 0.05, 0.08, 0.097, 0.107, 0.115, 0.13, 0.2, 0.4):
            result = edge_preserving(level, radius, (0.1, 0.1))
            assert result == pytest.approx(0.3, abs=1e-5)


def test_gaussian_is_as_wide_in_mm_along_both_axes():
    dot = np.zeros((401, 401), np.float32)
    dot[200, 200] = 1
    for sigma in (0.3, 1.0, 3.0):
        spread = gaussian(dot, sigma, PITCH).astype(np.float64)
        for axis, pitch in enumerate(PITCH):
            at = (np.arange(401) - 200) * pitch
            line = spread.sum(axis=axis)
            assert line @ at**2 / line.sum() == pytest.approx(sigma**2, rel=0.02)


@pytest.mark.parametrize("radius", [0.5, 1.0, 3.0])
def test_noise_goes_and_edges_stay(radius):
    dice = np.random.default_rng(2)
    clean = edge((300, 400))
    noisy = clean + 0.02 * dice.standard_normal(clean.shape).astype(np.float32)
    result = edge_preserving(noisy, radius, PITCH)
    assert result[50:250, 50:150].std() < 0.35 * noisy[50:250, 50:150].std()
    step = result[:, 200].mean() - result[:, 199].mean()
    assert step > 0.85 * 0.5
    # A Gaussian that calms the noise as well has no edge left.
    blurred = gaussian(noisy, radius / 2, PITCH)
    assert blurred[:, 200].mean() - blurred[:, 199].mean() < 0.4 * step


def test_faint_edges_go_with_the_noise():
    picture = 0.5 + (edge() - 0.5) * 0.04
    result = edge_preserving(picture, 1.0, PITCH)
    assert result[60, 100] - result[60, 99] < 0.25 * np.ptp(picture)


def test_edge_preserving_mirrors():
    picture = np.random.default_rng(3).random((75, 64)).astype(np.float32)
    result = edge_preserving(picture, 0.7, PITCH)
    mirrored = edge_preserving(picture[::-1, ::-1], 0.7, PITCH)[::-1, ::-1]
    assert np.abs(mirrored - result).max() < 1e-5
