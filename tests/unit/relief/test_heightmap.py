"""Levels, smoothing, places and borders."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief import ReliefRefused, ReliefSettings, sample_size
from octoprint_img2stl.relief.heightmap import Heightmap, heightmap

MACHINE = Machine()
PLAIN = ReliefSettings.from_json("relief", {"smoothing": 0, "auto_levels": False})


def ramp(width, height):
    """Linear in x as an area: the pixel from x to x + 1 has the mean of its part."""
    return np.tile(((np.arange(width) + 0.5) / width).astype(np.float32), (height, 1))


def test_linear_map_and_size():
    made = heightmap(ramp(2000, 1000), PLAIN, MACHINE)
    assert isinstance(made, Heightmap)
    assert made.z.dtype == np.float32 and made.z.shape == (501, 1001)
    assert (made.width, made.depth) == (100, 50)
    inner = made.z[:, 5:-5]
    expect = 1 + 2 * np.linspace(0, 1, 1001)[5:-5]
    assert np.abs(inner - expect).max() < 1e-3


def test_sizes_come_from_the_photo_before_its_reduction():
    made = heightmap(
        np.zeros((667, 1000), np.float32), PLAIN, MACHINE, size_px=(3000, 2000)
    )
    assert made.depth == pytest.approx(200 / 3, abs=1e-12)


def test_lithophane_is_thick_where_dark():
    litho = ReliefSettings.from_json(
        "lithophane", {"border": 0, "smoothing": 0, "auto_levels": False}
    )
    grey = ramp(2000, 1000)
    made = heightmap(grey, litho, MACHINE).z
    assert made[:, 0] == pytest.approx(3.0, abs=0.01)
    assert made[:, -1] == pytest.approx(0.8, abs=0.01)
    swapped = heightmap(grey, replace(litho, invert=True), MACHINE).z
    assert np.abs(made + swapped - 3.8).max() < 1e-5


@pytest.mark.parametrize("invert", [False, True])
def test_levels_reach_base_and_full_height_despite_smoothing(invert):
    dice = np.random.default_rng(3)
    grey = (0.4 + 0.2 * dice.random((300, 400))).astype(np.float32)
    settings = ReliefSettings.from_json("relief", {"smoothing": 0.5, "invert": invert})
    z = heightmap(grey, settings, MACHINE).z
    assert z.min() == 1.0 and z.max() == 3.0
    for height, share in ((1.0, 0.005), (3.0, 0.005)):
        assert 0 < np.mean(z == height) < 2 * share


def test_blank_sheet_is_not_stretched():
    noise = np.random.default_rng(1).random((200, 200)).astype(np.float32)
    for grey in (noise * 0, noise * 0 + 1, noise * 0 + 0.25, noise * 0.01 + 0.5):
        z = heightmap(grey, ReliefSettings.defaults("relief"), MACHINE).z
        assert z.mean() == pytest.approx(1 + 2 * grey.mean(), abs=1e-3)
        assert np.ptp(z) < 0.03


def test_contrast_is_about_mid_grey():
    grey = np.full((100, 100), 0.6, np.float32)
    for contrast, expect in ((1, 0.6), (2, 0.7), (3, 0.8), (0.5, 0.55)):
        settings = replace(PLAIN, contrast=contrast)
        z = heightmap(grey, settings, MACHINE).z
        assert z == pytest.approx(1 + 2 * expect, abs=1e-5)
    z = heightmap(
        np.full((100, 100), 0.9, np.float32), replace(PLAIN, contrast=3), MACHINE
    ).z
    assert (z == 3).all()


def test_more_than_eight_bits_survive():
    grey = (0.5 + ramp(3000, 50) / 64).astype(np.float32)
    z = heightmap(grey, replace(PLAIN, border=0), MACHINE).z
    assert len(np.unique(z[8])) > 950


@pytest.mark.parametrize("width", [1000, 1001, 2000, 2345, 250, 251, 64, 4096])
@pytest.mark.parametrize("border", [0.0, 3.0, 4.4])
@pytest.mark.parametrize("transpose", [False, True])
def test_places_are_exact(width, border, transpose):
    """An edge between two pixels lies at its place on the plate, not half a pixel off."""
    height = 80
    for share in (0.25, 0.5, 0.8125):
        split = round(share * width)
        grey = np.zeros((height, width), np.float32)
        grey[:, split:] = 1
        settings = replace(PLAIN, border=border, width=100.0)
        if transpose:
            inner = (100.0 - 2 * border) * height / width
            settings = replace(settings, width=inner + 2 * border)
            if settings.width < 10:
                continue
            made = heightmap(np.ascontiguousarray(grey.T), settings, MACHINE)
            line, length = made.z[:, made.z.shape[1] // 2], made.depth
        else:
            made = heightmap(grey, settings, MACHINE)
            line, length = made.z[made.z.shape[0] // 2], made.width
        pitch = length / (len(line) - 1)
        at = np.arange(len(line)) * pitch
        picture = (at > border + 1e-6) & (at < length - border - 1e-6)
        # The height that is missing on the way up is the place of the edge.
        low = (3 - line[picture]) / 2
        missing = (low.sum() - (low[0] + low[-1]) / 2) * pitch
        start = at[picture][0]
        expect = border + split / width * (100 - 2 * border) - start
        assert missing == pytest.approx(expect, abs=0.02 + 0.05 * pitch), (share, pitch)


def test_places_do_not_depend_on_the_reduction():
    x = np.linspace(0, 1, 2400, dtype=np.float32)
    grey = np.tile(0.5 + 0.4 * np.sin(x * 40), (1200, 1)).astype(np.float32)
    reduced = grey.reshape(300, 4, 600, 4).mean(axis=(1, 3))
    whole = heightmap(grey, PLAIN, MACHINE)
    small = heightmap(reduced, PLAIN, MACHINE, size_px=(2400, 1200))
    assert (small.width, small.depth) == (whole.width, whole.depth)
    at = np.linspace(0, 100, whole.z.shape[1])
    line = np.interp(at, np.linspace(0, 100, small.z.shape[1]), small.z[10])
    assert np.abs(line - whole.z[20])[20:-20].max() < 0.006


@pytest.mark.parametrize("border", [0.05, 1.0, 3.0, 3.33])
def test_border(border):
    settings = replace(PLAIN, border=border)
    z = heightmap(np.zeros((600, 900), np.float32), settings, MACHINE).z
    rows, columns = z.shape
    made = heightmap(np.zeros((600, 900), np.float32), settings, MACHINE)
    assert made.depth == pytest.approx((100 - 2 * border) * 2 / 3 + 2 * border)
    # Upright, one sample wide: every node is either border or picture.
    assert set(np.unique(z)) == {np.float32(1), np.float32(3)}
    across = np.arange(columns) * 100 / (columns - 1)
    on_border = z[rows // 2] == 3
    # An ideal wall at its place, met by the nodes next to it.
    assert (across[on_border & (across < 50)] < border).all()
    assert (across[~on_border] >= border - 1e-4).all()
    assert (100 - across[~on_border] >= border - 1e-4).all()
    assert (z == z[::-1]).all() and (z == z[:, ::-1]).all()


def test_border_is_neither_smoothed_nor_stretched():
    settings = ReliefSettings.from_json("lithophane", {"smoothing": 2.0})
    dice = np.random.default_rng(2)
    z = heightmap(dice.random((400, 600)).astype(np.float32), settings, MACHINE).z
    assert (z[:10] == np.float32(3.0)).all() and (z[:, -10:] == np.float32(3.0)).all()


@pytest.mark.parametrize("smoothing", [0.1, 0.2, 1.0, 5.0])
def test_smoothing_is_a_gaussian_in_millimetres(smoothing):
    grey = np.zeros((500, 1000), np.float32)
    grey[:, 500:] = 1
    grey = grey if smoothing < 2 else np.ascontiguousarray(grey.T)
    settings = replace(PLAIN, smoothing=smoothing)
    made = heightmap(grey, settings, MACHINE)
    sharp = heightmap(grey, PLAIN, MACHINE)
    axis = 1 if smoothing < 2 else 0
    line = (made.z.take(3, axis=1 - axis) - 1) / 2
    length = made.width if axis == 1 else made.depth
    at = np.linspace(-length / 2, length / 2, len(line))
    # The edge itself is as soft as one sample.
    sigma = math.hypot(smoothing, 0.4 * (at[1] - at[0]))
    expect = [(1 + math.erf(x / sigma / math.sqrt(2))) / 2 for x in at]
    assert np.abs(line - expect).max() < 0.03
    assert made.z.mean() == pytest.approx(sharp.z.mean(), abs=1e-3)


def test_fine_stripes_leave_no_moire():
    """Detail that the nozzle cannot print averages out instead of aliasing."""
    grey = np.zeros((400, 3000), np.float32)
    grey[:, ::2] = 1
    z = heightmap(grey, PLAIN, MACHINE).z[:, 5:-5]
    assert np.ptp(z) < 0.25


def test_too_slim():
    with pytest.raises(ReliefRefused) as caught:
        heightmap(np.zeros((16, 320), np.float32), replace(PLAIN, width=10.0), MACHINE)
    assert caught.value.code == "relief.too_slim"


def test_any_valid_settings_give_a_sound_heightmap():
    dice = random.Random(5)
    done = 0
    while done < 150:
        size_px = (dice.randint(16, 320), dice.randint(16, 320))
        if max(size_px) > 20 * min(size_px):
            continue
        data = {
            "width": round(dice.uniform(10, 300), 2),
            "border": dice.choice([0, 0.01, 0.4, 3, 30]),
            "smoothing": dice.choice([0, 0.01, 0.2, 3]),
            "samples_per_mm": dice.choice([None, 0.5, 3.3, 12]),
            "contrast": dice.choice([0.2, 1, 3]),
            "invert": dice.random() < 0.5,
            "auto_levels": dice.random() < 0.5,
        }
        route = dice.choice(["relief", "lithophane"])
        grey = np.random.default_rng(done).random(size_px[::-1]).astype(np.float32)
        try:
            settings = ReliefSettings.from_json(route, data)
            made = heightmap(grey, settings, Machine(nozzle=dice.choice([0.2, 0.4, 1])))
        except ReliefRefused as refused:
            assert refused.code in ("relief.border_too_wide", "relief.too_slim")
            continue
        done += 1
        assert np.isfinite(made.z).all() and min(made.z.shape) >= 2
        assert made.z.min() >= np.float32(settings.base) - 1e-6
        assert made.z.max() <= np.float32(settings.height) + 1e-6
        inner = settings.width - 2 * settings.border
        depth = inner * size_px[1] / size_px[0] + 2 * settings.border
        assert (made.width, made.depth) == pytest.approx((settings.width, depth))


def test_shape_is_what_was_announced():
    for size_px in ((451, 300), (300, 451), (1500, 1500)):
        for route in ("relief", "lithophane"):
            settings = ReliefSettings.defaults(route)
            made = heightmap(np.zeros(size_px[::-1], np.float32), settings, MACHINE)
            assert made.z.shape[::-1] == sample_size(settings, size_px, MACHINE)
