"""The unsharp mask."""

from __future__ import annotations

import numpy as np
import pytest

from octoprint_img2stl.relief.tone.sharpen import unsharp
from octoprint_img2stl.relief.tone.smooth import gaussian

PITCH = (0.1, 0.1)


def test_amount_zero_costs_nothing():
    picture = np.random.default_rng(1).random((40, 50)).astype(np.float32)
    assert unsharp(picture, 0.0, 0.45, PITCH) is picture


@pytest.mark.parametrize("radius", [0.2, 0.45, 1.5])
def test_is_the_difference_from_the_blurred(radius):
    picture = np.random.default_rng(1).random((140, 150)).astype(np.float32)
    before = picture.copy()
    result = unsharp(picture, 1.5, radius, PITCH)
    assert (picture == before).all()
    expect = picture + 1.5 * (picture - gaussian(picture, radius, PITCH))
    assert result == pytest.approx(expect, abs=1e-5)
    assert unsharp(picture, 1.5, radius, PITCH, out=picture) is picture
    assert (picture == result).all()


def test_soft_edges_become_steeper_and_stay_in_place():
    across = (np.arange(200) - 99.5) * 0.1
    soft = np.tile(1 / (1 + np.exp(-across / 0.5)), (30, 1)).astype(np.float32)
    steepest = [
        np.diff(unsharp(soft, amount, 0.45, PITCH)[15]).max() for amount in (0, 1, 3)
    ]
    assert steepest[0] * 1.1 < steepest[1] and steepest[1] * 1.1 < steepest[2]
    sharp = unsharp(soft, 2.0, 0.45, PITCH)
    assert np.abs(sharp + sharp[:, ::-1] - 1).max() < 1e-5


@pytest.mark.parametrize("shape", [(2, 2), (3, 60), (50, 50)])
def test_level_parts_stay(shape):
    level = np.full(shape, 0.6, np.float32)
    assert unsharp(level, 3.0, 0.45, PITCH) == pytest.approx(0.6, abs=1e-5)
