"""Plates of every outline: their sizes, where the photo lies on them, what is refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from octoprint_img2stl.relief.refused import ReliefRefused
from octoprint_img2stl.relief.settings import ReliefSettings
from octoprint_img2stl.relief.shapes import disc, heart, hexagon, oval, plate, rounded
from octoprint_img2stl.relief.shapes.canvas import Canvas, covering

SHAPES = {
    "plate": plate.SHAPE,
    "rounded": rounded.SHAPE,
    "disc": disc.SHAPE,
    "oval": oval.SHAPE,
    "hexagon": hexagon.SHAPE,
    "heart": heart.SHAPE,
}
# Whose picture is as large as the photo; the others show its middle.
WHOLE = {"plate", "rounded", "oval"}
every_shape = pytest.mark.parametrize("name", SHAPES)


def asked(**changes) -> ReliefSettings:
    return replace(ReliefSettings(), **changes)


def random_settings(name, rng):
    """Settings and an aspect that go together."""
    width = float(rng.uniform(20, 300))
    aspect = float(np.exp(rng.uniform(-1.2, 1.2)))
    settings = asked(
        shape=name,
        width=width,
        border=float(rng.choice([0, rng.uniform(0, 0.15 * width)])),
        corner_radius=float(rng.uniform(0, 0.1 * width)),
    )
    return settings, aspect


def grid(canvas: Canvas, count=400, beyond=1.2):
    """Points over the canvas and around it, and their greatest distance to each other."""
    sides = (beyond * canvas.width / 2, beyond * canvas.depth / 2)
    axes = [np.linspace(-side, side, count) for side in sides]
    return *np.meshgrid(*axes), max(sides) * 2 / (count - 1)


def outline_of(name, settings, canvas):
    """The shape's field; for the whole canvas the distance to its nearest side."""
    make = SHAPES[name].outline
    field = make(settings, canvas) if make else None
    left, bottom, right, top = canvas.shape
    return field or (
        lambda u, v: np.min([u - left, right - u, v - bottom, top - v], axis=0)
    )


def box_of(u, v, inside):
    return np.array([u[inside].min(), v[inside].min(), u[inside].max(), v[inside].max()])


@every_shape
def test_the_photo_keeps_its_aspect_and_covers_what_the_frame_leaves(name):
    rng = np.random.default_rng(1)
    for _ in range(16):
        settings, aspect = random_settings(name, rng)
        canvas = SHAPES[name].canvas(settings, aspect)
        left, bottom, right, top = canvas.picture
        assert (right - left) / (top - bottom) == pytest.approx(aspect)
        u, v, pitch = grid(canvas)
        seen = box_of(u, v, outline_of(name, settings, canvas)(u, v) > settings.border)
        free = np.array([*(seen[:2] - (left, bottom)), *((right, top) - seen[2:])])
        assert (free > -1e-9).all(), "a part of the shape has no picture"
        if name != "oval" or settings.border == 0:
            # No larger than needed: from edge to edge in one direction at least. (The
            # frame of an oval is nearer to its middle at the narrow ends.)
            touching = free < 1.5 * pitch
            assert touching[[0, 2]].all() or touching[[1, 3]].all()


@every_shape
def test_the_outline_fills_its_box_and_is_as_wide_as_asked(name):
    rng = np.random.default_rng(2)
    for _ in range(12):
        settings, aspect = random_settings(name, rng)
        canvas = SHAPES[name].canvas(settings, aspect)
        assert canvas.width == settings.width and not canvas.wraps
        half = (canvas.width / 2, canvas.depth / 2)
        assert canvas.shape == (-half[0], -half[1], *half)
        u, v, pitch = grid(canvas)
        found = box_of(u, v, outline_of(name, settings, canvas)(u, v) > 0)
        np.testing.assert_allclose(found, canvas.shape, atol=1.5 * pitch)


@every_shape
def test_the_outline_moves_with_its_box(name):
    """What extras add at the top must leave the shape and its photo together."""
    rng = np.random.default_rng(3)
    settings, aspect = random_settings(name, rng)
    canvas = SHAPES[name].canvas(settings, aspect)
    taller = canvas.taller(12.0)
    assert (taller.width, taller.depth) == (canvas.width, canvas.depth + 12)
    assert taller.shape[3] == pytest.approx(taller.depth / 2 - 12)
    assert taller.shape[1] == pytest.approx(-taller.depth / 2)
    np.testing.assert_allclose(
        np.subtract(taller.picture, taller.shape),
        np.subtract(canvas.picture, canvas.shape),
        atol=1e-9,
    )
    u, v = rng.uniform(-settings.width, settings.width, (2, 500))
    np.testing.assert_allclose(
        outline_of(name, settings, taller)(u, v - 6),
        outline_of(name, settings, canvas)(u, v),
        atol=1e-6,
    )


@pytest.mark.parametrize("name", sorted(WHOLE))
@pytest.mark.parametrize("border", [0.0, 4.0])
def test_the_whole_photo_lies_inside_the_border(name, border):
    canvas = SHAPES[name].canvas(asked(width=98.0, border=border), 1.5)
    inner = 98 - 2 * border
    assert canvas.depth == pytest.approx(inner / 1.5 + 2 * border)
    assert canvas.picture == pytest.approx((-inner / 2, -inner / 3, inner / 2, inner / 3))


def test_what_the_outlines_are():
    """A point of each rim, and one of each corner that is not there."""
    settings = asked(width=100.0, corner_radius=10.0)
    diagonal = 10 * (1 - np.sqrt(0.5))
    for name, rim, outside in (
        ("rounded", (50 - diagonal, 50 - diagonal), (49.5, 49.5)),
        ("disc", (30, 40), (36, 36)),
        ("oval", (30, 40), (36, 36)),
        ("hexagon", (50, 0), (49, 5)),
        ("hexagon", (20, 100 * np.sqrt(3) / 4), (49, 42)),
        ("heart", (0, -45.71), (20, -40)),
        ("heart", (50, 16.42), (0, 40)),
    ):
        canvas = SHAPES[name].canvas(settings, 1.0)
        u, v = np.array([rim, outside], float).T
        found = outline_of(name, settings, canvas)(u, v)
        assert abs(found[0]) < 0.01 and found[1] < -0.2, name


def test_no_outline_where_the_whole_canvas_is_meant():
    assert plate.SHAPE.outline is None
    canvas = rounded.SHAPE.canvas(asked(corner_radius=0.0), 1.0)
    assert rounded.SHAPE.outline(asked(corner_radius=0.0), canvas) is None


@every_shape
def test_a_border_too_wide_is_refused_with_one_that_is_not(name):
    rng = np.random.default_rng(4)
    for _ in range(40):
        width = float(rng.uniform(10, 200))
        aspect = float(np.exp(rng.uniform(-1.5, 1.5)))
        settings = asked(width=width, border=float(rng.uniform(0.3, 0.6)) * width)
        settings = replace(settings, corner_radius=0.0)
        try:
            SHAPES[name].canvas(settings, aspect)
        except ReliefRefused as refused:
            assert refused.code == "relief.border_too_wide"
            problem = refused.problem
        else:
            assert settings.border < width / 2 - 2.4
            continue
        assert problem.field == "relief.border"
        assert 0 <= problem.suggest < settings.border
        canvas = SHAPES[name].canvas(replace(settings, border=problem.suggest), aspect)
        u, v, _ = grid(canvas)
        field = outline_of(name, settings, canvas)(u, v)
        seen = box_of(u, v, field > problem.suggest)
        assert seen[2] - seen[0] > 4 and seen[3] - seen[1] > 0.9, "no picture left"


@pytest.mark.parametrize("name", sorted(WHOLE))
@pytest.mark.parametrize("border", [0.0, 3.0, 60.0])
def test_a_strip_is_refused_with_a_width_that_makes_a_plate(name, border):
    settings = asked(width=100.0, border=border, corner_radius=0.0)
    with pytest.raises(ReliefRefused) as refused:
        SHAPES[name].canvas(settings, 150.0)
    problem = refused.value.problem
    assert (problem.code, problem.field) == ("relief.too_slim", "relief.width")
    canvas = SHAPES[name].canvas(replace(settings, width=problem.suggest), 150.0)
    assert canvas.picture[3] - canvas.picture[1] == pytest.approx(1.0, abs=0.01)


def test_no_width_is_suggested_that_no_plate_can_have():
    with pytest.raises(ReliefRefused) as refused:
        plate.SHAPE.canvas(asked(width=500.0), 5000.0)
    assert refused.value.problem.suggest is None


def test_corners_too_round_are_refused_with_the_roundest():
    rng = np.random.default_rng(5)
    for _ in range(30):
        settings = asked(width=float(rng.uniform(10, 120)), corner_radius=70.0)
        aspect = float(np.exp(rng.uniform(-1.5, 1.5)))
        with pytest.raises(ReliefRefused) as refused:
            rounded.SHAPE.canvas(settings, aspect)
        problem = refused.value.problem
        assert problem.code == "relief.corners_too_round"
        assert problem.field == "relief.corner_radius"
        rounder = replace(settings, corner_radius=problem.suggest)
        canvas = rounded.SHAPE.canvas(rounder, aspect)
        most = min(canvas.width, canvas.depth) / 2
        assert most - 0.1 < problem.suggest <= most + 1e-6


def test_covering_is_the_smallest_that_covers():
    assert covering((0.0, 0.0, 4.0, 2.0), 2.0) == (0, 0, 4, 2)
    assert covering((0.0, 0.0, 4.0, 2.0), 1.0) == (0, -1, 4, 3)
    assert covering((0.0, 0.0, 4.0, 2.0), 4.0) == (-2, 0, 6, 2)


def test_light_to_import():
    script = (
        "import sys\n"
        "from octoprint_img2stl.relief import extras\n"
        "from octoprint_img2stl.relief.shapes import "
        "disc, heart, hexagon, oval, plate, rounded\n"
        "print({'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
