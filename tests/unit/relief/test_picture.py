"""Pictures of prints, in light from the side and before a lamp."""

from __future__ import annotations

import numpy as np
import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief import (
    Picture,
    ReliefSettings,
    backlit,
    build_bodies,
    shade,
)
from octoprint_img2stl.relief.solid.bend import FLAT, STANDING, Tube
from octoprint_img2stl.relief.solid.bodies import BodyMesh
from octoprint_img2stl.relief.solid.body import Body


def luma(image):
    return np.asarray(image.convert("L")).astype(float)


def meshed(z, width=100.0, depth=60.0, **more):
    body = Body(width, depth, np.array(z, np.float32), **{"bend": FLAT, **more})
    return BodyMesh(body, 0.05)


def bump(rows=120, columns=200, **more):
    """A dome of 2 mm on a plate of 1 mm."""
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    return meshed(1 + 2 * np.clip(1 - (x**2 + y**2) * 2, 0, 1), **more)


def disc(u, v):
    return 20 - np.hypot(u, v)


@pytest.mark.parametrize("paint", [shade, backlit])
@pytest.mark.parametrize("shape", [(2, 2), (120, 200), (700, 2), (1500, 900)])
def test_size_and_mode(paint, shape):
    z = np.random.default_rng(1).random(shape).astype(np.float32) + 1
    image = paint(meshed(z), 300)
    assert image.mode == "RGB" and image.size == (300, 180)
    assert paint(meshed(z, width=30.0)).size == (256, 512)


@pytest.mark.parametrize("paint", [shade, backlit])
def test_a_thin_strip_keeps_two_rows(paint):
    assert paint(meshed(np.ones((2, 50)), 1000.0, 1.0), 100).size == (100, 2)


def test_light_comes_from_the_upper_left():
    picture = luma(shade(bump(), 200))
    rows, columns = picture.shape
    upper, lower = picture[: rows // 2], picture[rows // 2 :][::-1]
    assert upper.mean() > lower.mean() + 3
    assert picture[:, : columns // 2].mean() > picture[:, columns // 2 :].mean() + 3


def test_thin_is_bright_before_a_lamp():
    picture = luma(backlit(bump(), 200))
    middle = picture[60, 100]
    assert picture[0, 0] > 200 and middle < picture[0, 0] / 2
    falling = picture[60, 100:170]
    assert (np.diff(falling) >= 0).all()
    red, _, blue = np.asarray(backlit(bump(), 200))[0, 0]
    assert red > blue + 40


@pytest.mark.parametrize("transmission", [0.5, 2.3, 8.0])
def test_light_falls_off_as_the_filament_lets_it(transmission):
    """1 mm more plastic leaves 10 ** (-1 / transmission) of the light."""
    z = np.ones((40, 60))
    z[:, 30:] = 2.0
    red = np.asarray(backlit(meshed(z), 60, transmission=transmission))[..., 0]
    light = 10 ** (-1 / transmission)
    # IEC 61966-2-1
    encoded = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    assert red[20, 5] == 255
    assert red[20, 55] == pytest.approx(255 * encoded, abs=1)


@pytest.mark.parametrize("paint", [shade, backlit])
def test_flat_plate_is_one_tone(paint):
    picture = np.asarray(paint(meshed(np.full((50, 80), 2), 80.0, 50.0)))
    assert (picture == picture[0, 0]).all() and picture[0, 0].min() > 100


@pytest.mark.parametrize("paint", [shade, backlit])
@pytest.mark.parametrize("bend, more", [(STANDING, {}), (Tube(100.0), {"wraps": True})])
def test_what_stands_or_is_bent_is_shown_unrolled(paint, bend, more):
    z = np.asarray(bump().heights)
    flat, bent = (luma(paint(meshed(z, **each))) for each in ({}, {"bend": bend, **more}))
    assert bent.shape == flat.shape and np.abs(bent - flat).max() <= 3


@pytest.mark.parametrize("paint", [shade, backlit])
def test_around_an_outline_all_is_white(paint):
    picture = np.asarray(paint(bump(outline=disc), 200))
    y, x = np.mgrid[30:-30:120j, -50:50:200j]
    outside, inside = np.hypot(x, y) > 21, np.hypot(x, y) < 19
    assert (picture[outside] == 255).all()
    assert (picture[inside] != 255).any(axis=-1).all()


@pytest.mark.parametrize("paint", [shade, backlit])
def test_what_is_around_an_outline_changes_nothing_within(paint):
    """The heights there are those of nothing: they give no light, no shadow, no slope."""
    high, low = np.full((2, 120, 200), 2.0)
    y, x = np.mgrid[30:-30:120j, -50:50:200j]
    high[np.hypot(x, y) > 21], low[np.hypot(x, y) > 21] = 30.0, 1.0
    one, other = (np.asarray(paint(meshed(z, outline=disc), 200)) for z in (high, low))
    assert (one == other).all()
    inside = one[np.hypot(x, y) < 18]
    assert (inside == inside[0]).all()


def test_pictures_of_what_is_made():
    """Before a lamp a lithophane shows the photo; in the hand its dark side is thick."""
    grey = np.repeat(np.linspace(0, 1, 90, dtype=np.float32)[None], 60, axis=0)
    settings = ReliefSettings.from_json(
        "lithophane", {"width": 30, "samples_per_mm": 3, "border": 0, "smoothing": 0}
    )
    (body,) = build_bodies([Picture.of(grey)], settings, Machine()).bodies
    mesh = BodyMesh(body, 0.01)
    picture = luma(backlit(mesh, 90, transmission=settings.transmission))
    assert picture.shape == (60, 90)
    # Less than a tenth of the light is nothing that this thickness can show.
    assert np.corrcoef(picture[30], grey[30])[0, 1] > 0.98
    assert (np.diff(picture[30]) >= 0).all()
    assert mesh.heights[30, 5] > mesh.heights[30, -5] + 1
