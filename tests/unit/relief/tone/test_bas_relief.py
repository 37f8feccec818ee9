"""Depth maps pressed flat: small shapes keep their height, cliffs lose theirs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from octoprint_img2stl.relief.tone import bas_relief
from octoprint_img2stl.relief.tone.bas_relief import compress
from octoprint_img2stl.relief.tone.poisson import surface_of

PITCH = (0.1, 0.1)


def bust(side=200):
    """A head with a nose, far before a wall that leans a little."""
    down, across = (np.mgrid[:side, :side] + 0.5) / side
    wall = 0.1 + 0.02 * down
    round_ = ((across - 0.5) / 0.3) ** 2 + ((down - 0.5) / 0.38) ** 2
    head = 0.8 + 0.1 * np.sqrt(np.maximum(1 - round_, 0))
    peak = ((across - 0.5) / 0.05) ** 2 + ((down - 0.55) / 0.08) ** 2
    nose = 0.04 * np.sqrt(np.maximum(1 - peak, 0))
    return np.where(round_ < 1, head + nose, wall).astype(np.float32)


def parts(depth):
    """Share of the whole range: the cliff around the head, its bulge, the nose."""
    side = len(depth)
    at = lambda down, across: float(depth[int(down * side), int(across * side)])  # noqa: E731
    spread = float(np.ptp(depth))
    cliff = at(0.5, 0.215) - at(0.5, 0.18)
    bulge = at(0.5, 0.42) - at(0.5, 0.215)
    nose = at(0.55, 0.5) - at(0.55, 0.56)
    return cliff / spread, bulge / spread, nose / spread


@pytest.mark.parametrize("shape", [(2, 2), (2, 9), (7, 3), (40, 51), (64, 64)])
@pytest.mark.parametrize("pitch", [(0.1, 0.1), (0.1, 0.23)])
def test_a_surface_comes_back_from_its_slopes(shape, pitch):
    surface = np.random.default_rng(1).random(shape)
    surface -= surface.mean()
    across = np.diff(surface, axis=1) / pitch[0]
    down = np.diff(surface, axis=0) / pitch[1]
    assert surface_of(across, down, pitch) == pytest.approx(surface, abs=1e-6)


def test_contradicting_slopes_are_fitted_by_least_squares():
    dice = np.random.default_rng(2)
    across, down = dice.random((5, 5)), dice.random((4, 6))
    fitted = surface_of(across, down, (1.0, 1.0)).astype(np.float64)

    def misfit(surface):
        return ((np.diff(surface, axis=1) - across) ** 2).sum() + (
            (np.diff(surface, axis=0) - down) ** 2
        ).sum()

    for _ in range(100):
        assert misfit(fitted) < misfit(fitted + 0.01 * dice.standard_normal((5, 6)))


def test_nothing_to_do_costs_nothing():
    depth = bust(60)
    assert compress(depth, 0.0, PITCH) is depth
    level = np.full((30, 40), 0.4, np.float32)
    assert compress(level, 1.0, PITCH) is level


def test_a_little_changes_little():
    depth = bust()
    before = depth.copy()
    assert np.abs(compress(depth, 1e-4, PITCH) - depth).max() < 2e-3
    assert (depth == before).all()


def test_features_gain_what_cliffs_lose():
    measured = [parts(compress(bust(), amount, PITCH)) for amount in (0, 0.25, 0.5, 1)]
    cliffs, bulges, noses = zip(*measured, strict=True)
    assert all(after < 0.8 * before for before, after in pairwise(cliffs))
    assert cliffs[0] > 0.7 and cliffs[-1] < 0.15
    assert bulges[2] > 3 * bulges[0] and noses[2] > 3 * noses[0]


@pytest.mark.parametrize("shape", [(2, 2), (2, 30), (31, 47), (100, 80)])
@pytest.mark.parametrize("kind", ["noise", "binary", "slope", "speck"])
@pytest.mark.parametrize("amount", [0.3, 1.0])
def test_range_is_kept(shape, kind, amount):
    dice = np.random.default_rng(3)
    depth = {
        "noise": dice.random(shape),
        "binary": dice.random(shape) < 0.5,
        "slope": np.linspace(0.2, 0.7, shape[0])[:, None] + np.zeros(shape),
        "speck": np.arange(shape[0] * shape[1]).reshape(shape) == 1,
    }[kind].astype(np.float32)
    depth[0, 0], depth[-1, -1] = 0.1, 0.9
    result = compress(depth, amount, PITCH)
    assert result.dtype == np.float32 and np.isfinite(result).all()
    assert result.min() == pytest.approx(depth.min(), abs=1e-6)
    assert result.max() == pytest.approx(depth.max(), abs=1e-6)


def test_an_even_slope_stays_one():
    across = np.tile(np.linspace(0, 1, 120, dtype=np.float32), (80, 1))
    assert compress(across, 0.7, PITCH) == pytest.approx(across, abs=0.02)


def test_scale_does_not_matter():
    depth = bust(120)
    result = compress(depth, 0.6, PITCH)
    assert compress(depth * 0.1, 0.6, PITCH) == pytest.approx(result * 0.1, abs=1e-5)
    assert compress(depth, 0.6, (1.0, 1.0)) == pytest.approx(result, abs=1e-4)


def test_mirror_images():
    depth = bust(90)[:, 10:]
    result = compress(depth, 0.6, (0.1, 0.12))
    assert np.abs(compress(depth[::-1], 0.6, (0.1, 0.12))[::-1] - result).max() < 1e-4
    assert np.abs(compress(depth.T, 0.6, (0.12, 0.1)).T - result).max() < 1e-4


def test_large_maps_are_solved_small_and_keep_their_detail(monkeypatch):
    depth = bust(300)
    down, across = np.mgrid[:300, :300]
    fine = 0.004 * np.sin(across * 2.2) * np.sin(down * 2.2)
    whole = compress(depth + fine.astype(np.float32), 0.5, PITCH)
    monkeypatch.setattr(bas_relief, "SOLVED", 100)
    reduced = compress(depth + fine.astype(np.float32), 0.5, PITCH)
    assert np.abs(reduced - whole).mean() < 0.02
    part = np.s_[130:150, 120:180]
    pattern = fine[part] / fine[part].std()
    heights = [
        np.mean((each[part] - each[part].mean()) * pattern) for each in (whole, reduced)
    ]
    assert heights[1] == pytest.approx(heights[0], rel=0.35)
    assert heights[1] > 1.5 * fine[part].std()
    # No ringing along the cliff.
    assert parts(reduced)[0] < 1.5 * parts(whole)[0] + 0.02
