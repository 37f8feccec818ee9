"""All of it in order: what the defaults give, what is neutral, every combination."""

from __future__ import annotations

import math
import random
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from octoprint_img2stl.relief.tone.pipeline import tone
from octoprint_img2stl.relief.tone.sharpen import unsharp
from octoprint_img2stl.relief.tone.thickness import linear, transmitted

PITCH = (0.1, 0.1)
LINE = 0.45
LEVEL = 1 / 255
DEFAULTS = {
    "route": "relief",
    "base": 1.0,
    "relief_height": 2.0,
    "source": "brightness",
    "invert": False,
    "auto_levels": True,
    "black": 0.0,
    "white": 1.0,
    "gamma": 1.0,
    "curve": None,
    "contrast": 1.0,
    "local_contrast": 0.0,
    "edge_smoothing": 0.0,
    "smoothing": 0.2,
    "sharpening": 0.0,
    "steps": 0,
    "threshold": 0.5,
    "debanding": "smooth",
    "compression": 0.0,
    "transmission": 2.3,
    "light_true": True,
}
NEUTRAL = {"auto_levels": False, "smoothing": 0.0}


def settings(**changes):
    assert set(changes) <= set(DEFAULTS)
    return SimpleNamespace(**{**DEFAULTS, **changes})


def made(picture, level=0.0, pitch=PITCH, **changes):
    return tone(picture, settings(**changes), pitch, line_width=LINE, level=level)


def photo(seed=1, shape=(150, 200)):
    down, across = np.mgrid[: shape[0], : shape[1]]
    noise = np.random.default_rng(seed).standard_normal(shape)
    grey = 0.45 + 0.3 * np.sin(across / 31) * np.cos(down / 23) + 0.03 * noise
    grey[60:90, 50:100] = 0.9
    return (np.rint(np.clip(grey, 0, 1) * 255) / 255).astype(np.float32)


def by_hand(picture, sigma, contrast):
    """Gaussian, levels, contrast, clip, in 64 bits."""
    reach = math.ceil(3.5 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    grey = np.pad(picture.astype(np.float64), reach, mode="edge")
    for axis in (0, 1):
        grey = np.apply_along_axis(np.convolve, axis, grey, weights, "valid")
    ordered = np.sort(grey, axis=None)
    low, high = (ordered[round(share * (grey.size - 1))] for share in (0.005, 0.995))
    return np.clip(0.5 + contrast * ((grey - low) / (high - low) - 0.5), 0, 1)


@pytest.mark.parametrize("contrast", [0.5, 1.0, 2.0])
def test_defaults_smooth_then_level_then_contrast(contrast):
    picture = photo()
    expect = by_hand(picture, 2.0, contrast)
    assert np.abs(made(picture, contrast=contrast).share - expect).max() < 1e-5
    # Debanding may move a source level by half, before the levels are stretched.
    share = made(picture, level=LEVEL, contrast=contrast).share
    assert np.abs(share - expect).max() < contrast * LEVEL


def test_neutral_settings_give_back_the_very_picture():
    picture = photo()
    before = picture.copy()
    result = made(picture, **NEUTRAL)
    assert result.share is picture and (picture == before).all()
    assert result.thresholds == []
    for changes in ({"compression": 1.0}, {"source": "depth"}, {"light_true": False}):
        assert made(picture, **NEUTRAL, **changes).share is picture


def test_invert_and_the_lithophanes_are_mirror_images_in_height():
    picture = photo()
    assert made(picture, **NEUTRAL, invert=True).share == pytest.approx(1 - picture)
    litho = {**NEUTRAL, "route": "lithophane", "light_true": False}
    assert made(picture, **litho).share == pytest.approx(1 - picture)
    assert made(picture, **litho, invert=True).share is picture


@pytest.mark.parametrize("invert", [False, True])
def test_a_lithophane_shows_the_light_of_the_photo(invert):
    picture = photo()
    share = made(picture, **NEUTRAL, route="lithophane", invert=invert).share
    light = transmitted(1 + 2 * share.astype(np.float64), 2.3) / transmitted(1, 2.3)
    darkest = transmitted(2, 2.3)
    shown = 1 - picture if invert else picture
    expect = darkest + (1 - darkest) * linear(shown.astype(np.float64))
    assert np.abs(light - expect).max() < 1e-5


@pytest.mark.parametrize("route", ["relief", "lithophane"])
@pytest.mark.parametrize("light_true", [False, True])
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.83])
def test_the_threshold_is_a_grey_of_the_picture(route, light_true, invert, threshold):
    """Whatever height that grey has: the line runs along the same place."""
    across = np.tile(np.linspace(0, 1, 300, dtype=np.float32), (60, 1))
    result = made(
        across,
        **NEUTRAL,
        route=route,
        light_true=light_true,
        invert=invert,
        steps=2,
        threshold=threshold,
    )
    (cut,) = result.thresholds
    line = result.share[30].astype(np.float64) - cut
    (place,) = np.flatnonzero(np.diff(np.sign(line)))
    place += line[place] / (line[place] - line[place + 1])
    assert place / 299 == pytest.approx(threshold, abs=0.004)


def test_steps_are_clean():
    dice = np.random.default_rng(2)
    specks = photo() + (dice.random((150, 200)) < 0.01).astype(np.float32)
    result = made(np.clip(specks, 0, 1), **NEUTRAL, steps=3)
    assert result.thresholds == [1 / 3, 2 / 3]
    for cut in result.thresholds:
        high = np.pad(result.share > cut, 1, mode="edge")
        lone = high[1:-1, 1:-1] & ~(
            high[:-2, 1:-1] | high[2:, 1:-1] | high[1:-1, :-2] | high[1:-1, 2:]
        )
        assert not lone.any()


def test_histogram_is_of_what_the_levels_see():
    picture = 0.4 + 0.2 * photo()
    shares = made(picture, black=0.3, gamma=3.0).histogram
    assert len(shares) == 64 and sum(shares) == pytest.approx(1)
    assert shares == made(picture).histogram
    assert sum(share > 0 for share in shares) > 55
    unstretched = made(picture, auto_levels=False).histogram
    assert sum(share > 0 for share in unstretched) < 20


def test_more_than_eight_bits_survive_everything():
    across = np.tile(np.linspace(0.4, 0.5, 2000, dtype=np.float32), (60, 1))
    for changes in (
        {},
        {"gamma": 1.7, "curve": [[0, 0], [0.4, 0.6], [1, 1]]},
        {"local_contrast": 1.0, "edge_smoothing": 0.5},
        {"sharpening": 2.0, "contrast": 0.8},
        {"route": "lithophane"},
        {"source": "depth", "compression": 0.5},
    ):
        line = made(across, **changes).share[30]
        inner = line[(line > 0) & (line < 1)]
        assert len(np.unique(inner)) > 0.95 * len(inner) > 1500, changes


def test_what_is_whiter_than_white_does_not_shine_on_its_surroundings():
    picture = photo()
    result = made(picture, **NEUTRAL, contrast=3.0, sharpening=2.0).share
    grey = np.clip(3 * (picture - 0.5) + 0.5, 0, 1)
    expect = np.clip(unsharp(grey, 2.0, LINE, PITCH), 0, 1)
    assert np.abs(result - expect).max() < 1e-5


def test_each_setting_is_used():
    picture = photo()
    usual = {
        route: made(picture, level=LEVEL, route=route).share
        for route in ("relief", "lithophane")
    }
    for name, value in {
        "invert": True,
        "auto_levels": False,
        "black": 0.2,
        "white": 0.8,
        "gamma": 1.5,
        "curve": [[0, 1], [1, 0]],
        "contrast": 1.5,
        "local_contrast": 0.5,
        "edge_smoothing": 1.0,
        "smoothing": 0.5,
        "sharpening": 1.0,
        "steps": 4,
        "debanding": "off",
        "transmission": 4.0,
        "light_true": False,
        "base": 2.0,
        "relief_height": 1.0,
    }.items():
        changed = [
            np.abs(made(picture, level=LEVEL, route=route, **{name: value}).share - share)
            for route, share in usual.items()
        ]
        only_light = name in ("transmission", "light_true", "relief_height", "base")
        assert (changed[0].max() > 1e-4) != only_light, name
        assert (changed[1].max() > 1e-4) != (name == "base"), name
    depth = made(picture, source="depth", compression=0.5).share
    assert np.abs(depth - made(picture, source="depth").share).max() > 0.05


def test_any_settings_give_shares():
    dice = random.Random(3)
    for turn in range(60):
        shape = dice.choice([(2, 2), (2, 31), (40, 57), (90, 64)])
        numbers = np.random.default_rng(turn)
        picture = {
            0: numbers.random(shape),
            1: numbers.random(shape) < 0.5,
            2: np.full(shape, dice.random()),
            3: np.linspace(0, 1, shape[0])[:, None] + np.zeros(shape),
        }[turn % 4].astype(np.float32)
        before = picture.copy()
        changes = {
            "route": dice.choice(["relief", "lithophane"]),
            "source": dice.choice(["brightness", "depth"]),
            "invert": dice.random() < 0.5,
            "auto_levels": dice.random() < 0.5,
            "black": dice.choice([0.0, 0.3, 1.0]),
            "white": dice.choice([1.0, 0.6, 0.0]),
            "gamma": dice.choice([1.0, 0.2, 5.0]),
            "curve": dice.choice([None, [[0, 1], [0.5, 0.2], [1, 0.9]]]),
            "contrast": dice.choice([1.0, 0.2, 3.0]),
            "local_contrast": dice.choice([0.0, 0.4, 1.0]),
            "edge_smoothing": dice.choice([0.0, 0.05, 5.0]),
            "smoothing": dice.choice([0.0, 1e-300, 0.2, 5.0]),
            "sharpening": dice.choice([0.0, 3.0]),
            "steps": dice.choice([0, 2, 5, 16]),
            "threshold": dice.random(),
            "debanding": dice.choice(["smooth", "dither", "off"]),
            "compression": dice.choice([0.0, 0.5, 1.0]),
            "light_true": dice.random() < 0.5,
            "transmission": dice.choice([0.3, 2.3, 20.0]),
        }
        with np.errstate(all="raise", under="ignore"):
            result = made(
                picture,
                level=dice.choice([0.0, LEVEL, 0.1]),
                pitch=dice.choice([PITCH, (0.4, 0.3), (0.02, 0.025)]),
                **changes,
            )
        assert (picture == before).all()
        assert result.share.shape == shape and result.share.dtype == np.float32
        assert 0 <= result.share.min() and result.share.max() <= 1, changes
        assert len(result.thresholds) == max(0, changes["steps"] - 1)
        assert all(0 <= cut <= 1 for cut in result.thresholds)
        assert result.thresholds == sorted(result.thresholds)
        if turn % 4 == 2:
            assert np.ptp(result.share) < 0.02, changes


def test_the_usual_settings_need_less_than_two_more_pictures():
    picture = photo(shape=(750, 1000))
    made(picture, level=LEVEL)
    for level in (0.0, LEVEL):
        tracemalloc.start()
        try:
            made(picture, level=level)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 2 * picture.nbytes
