"""Pictures of plates, and the small grid for the browser."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from octoprint_img2stl.relief import Heightmap, backlit, preview_grid, shade


def luma(image):
    return np.asarray(image.convert("L")).astype(float)


def bump(rows=120, columns=200):
    """A dome of 2 mm on a plate of 1 mm."""
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    z = 1 + 2 * np.clip(1 - (x**2 + y**2) * 2, 0, 1)
    return Heightmap(z.astype(np.float32), 100.0, 60.0)


@pytest.mark.parametrize("paint", [shade, backlit])
@pytest.mark.parametrize("shape", [(2, 2), (120, 200), (700, 2), (1500, 900)])
def test_size_and_mode(paint, shape):
    z = np.random.default_rng(1).random(shape).astype(np.float32) + 1
    image = paint(Heightmap(z, 100.0, 60.0), 300)
    assert image.mode == "RGB" and image.size == (300, 180)
    assert paint(Heightmap(z, 30.0, 60.0)).size == (256, 512)


def test_light_comes_from_the_upper_left():
    picture = luma(shade(bump(), 200))
    rows, columns = picture.shape
    upper, lower = picture[: rows // 2], picture[rows // 2 :][::-1]
    assert upper.mean() > lower.mean() + 3
    assert picture[:, : columns // 2].mean() > picture[:, columns // 2 :].mean() + 3


def test_thin_is_bright_before_a_lamp():
    made = bump()
    picture = luma(backlit(made, 200))
    middle = picture[60, 100]
    assert picture[0, 0] > 200 and middle < picture[0, 0] / 2
    falling = picture[60, 100:170]
    assert (np.diff(falling) >= 0).all()
    red, _, blue = np.asarray(backlit(made, 200))[0, 0]
    assert red > blue + 40


@pytest.mark.parametrize("paint", [shade, backlit])
def test_flat_plate_is_one_tone(paint):
    picture = np.asarray(paint(Heightmap(np.full((50, 80), 2, np.float32), 80.0, 50.0)))
    assert (picture == picture[0, 0]).all() and picture[0, 0].min() > 100


def decoded(grid):
    json.dumps(grid, allow_nan=False)
    steps = np.frombuffer(base64.b64decode(grid["z16"]), "<u2")
    heights = grid["z_min"] + steps / 65535 * (grid["z_max"] - grid["z_min"])
    return heights.reshape(grid["rows"], grid["columns"])


def test_small_heightmaps_are_sent_as_they_are():
    made = bump()
    grid = preview_grid(made)
    assert (grid["columns"], grid["rows"]) == (200, 120)
    assert (grid["width"], grid["depth"]) == (100.0, 60.0)
    assert np.abs(decoded(grid) - made.z).max() < 2 / 65535


def test_large_heightmaps_are_reduced_without_moving():
    rows, columns = 601, 1001
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    made = Heightmap((1 + x + 2 * y).astype(np.float32), 100.0, 60.0)
    heights = decoded(preview_grid(made, 150))
    assert heights.shape == (90, 150)
    y, x = np.mgrid[0:1:90j, 0:1:150j]
    apart = np.abs(heights - (1 + x + 2 * y))
    assert apart[1:-1, 1:-1].max() < 1e-3 and apart.max() < 0.02


def test_constant_grid():
    grid = preview_grid(Heightmap(np.full((3, 4), 2.5, np.float32), 4.0, 3.0))
    assert grid["z_min"] == grid["z_max"] == 2.5
    assert (decoded(grid) == 2.5).all()
