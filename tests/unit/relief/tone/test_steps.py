"""Flat levels in which everything is wide enough to print."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from octoprint_img2stl.relief.tone import steps
from octoprint_img2stl.relief.tone.smooth import gaussian

PITCH = (0.1, 0.1)
LINE = 0.45


def line_art(seed, size=(260, 200)):
    """Antialiased lines of 0.1 to 1.5 mm, boxes and dots, in several greys."""
    dice = np.random.default_rng(seed)
    image = Image.new("L", (4 * size[0], 4 * size[1]))
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        x, y = dice.integers(0, 4 * size[0], 2).tolist()
        dx, dy = dice.integers(-150, 150, 2).tolist()
        width, grey = int(dice.integers(4, 60)), int(dice.integers(0, 256))
        draw.line((x, y, x + dx, y + dy), fill=grey, width=width)
        draw.ellipse((y, x, y + width, x + width), fill=255 - grey)
    return np.asarray(image.resize(size, Image.Resampling.BOX), np.float32) / 255


def disc_sides(mask, width, pitch):
    """Which nodes lie in a digital disc of that diameter within `mask`, by brute force."""
    nodes = [int(np.ceil(width / step - 1e-6)) for step in pitch[::-1]]
    places = [
        (down, across)
        for down in range(nodes[0])
        for across in range(nodes[1])
        if ((2 * down + 1) / nodes[0] - 1) ** 2 + ((2 * across + 1) / nodes[1] - 1) ** 2
        <= 1
    ]
    beyond = [count - 1 for count in nodes]
    wide = np.pad(mask, [(beyond[0],) * 2, (beyond[1],) * 2], mode="symmetric")
    shape = [whole - pad for whole, pad in zip(wide.shape, beyond, strict=True)]
    fits = np.ones(shape, bool)
    for down, across in places:
        fits &= wide[down : down + shape[0], across : across + shape[1]]
    covered = np.zeros(wide.shape, bool)
    for down, across in places:
        covered[down : down + shape[0], across : across + shape[1]] |= fits
    return covered[
        beyond[0] : wide.shape[0] - beyond[0], beyond[1] : wide.shape[1] - beyond[1]
    ]


def test_thresholds_and_heights():
    assert steps.thresholds_for(0, 0.3) == []
    assert steps.thresholds_for(2, 0.3) == [0.3]
    assert steps.thresholds_for(4, 0.3) == [0.25, 0.5, 0.75]
    assert steps.heights(2) == [0, 1] and steps.heights(5) == [0, 0.25, 0.5, 0.75, 1]
    for count in range(2, 17):
        assert len(steps.heights(count)) == len(steps.thresholds_for(count, 0.5)) + 1


@pytest.mark.parametrize(
    "width, pitch",
    [(LINE, PITCH), (0.4, PITCH), (0.2, PITCH), (LINE, (0.1, 0.15)), (0.8, (0.12, 0.1))],
)
@pytest.mark.parametrize("kind", ["lines", "blotches", "noise"])
def test_everything_is_as_wide_as_a_line(kind, width, pitch):
    dice = np.random.default_rng(7)
    picture = dice.random((150, 170)).astype(np.float32)
    if kind == "lines":
        picture = line_art(7)
    elif kind == "blotches":
        picture = 0.5 + 4 * (gaussian(picture, 0.25, PITCH) - 0.5)
    cuts = [0.5] if kind == "noise" else [0.3, 0.5, 0.7]
    clean = steps.clean_steps(picture, cuts, width, pitch)
    assert clean.dtype == np.float32
    slightly_less = width - 0.01
    for cut in cuts:
        for side in (clean > cut, clean <= cut):
            for diameter in (width, slightly_less):
                assert (disc_sides(side, diameter, pitch) == side).all()
    # And there was something to do.
    assert not all(
        (disc_sides(side, width, pitch) == side).all()
        for cut in cuts
        for side in (picture > cut, picture <= cut)
    )


def test_opening_and_closing_alone_would_leave_necks():
    """Two dots, too near for a gap, too far for a good bridge."""
    down, across = np.mgrid[:60, :60]
    dots = np.zeros((60, 60), np.float32)
    for place in (21, 38):
        dots[(down - 30) ** 2 + (across - place) ** 2 <= 6.5**2] = 1
    width = 1.25
    disc = steps._disc(width, PITCH)
    usual = steps.closed(steps.opened(dots, disc), disc)
    assert (steps.opened(usual, disc) != usual).any()
    clean = steps.clean_steps(dots, [0.5], width, PITCH)
    assert (steps.opened(clean, disc) == clean).all()
    assert (steps.closed(clean, disc) == clean).all()
    assert (clean >= usual).all() and (clean != usual).mean() < 0.05


def test_wide_shapes_keep_their_edges_between_the_nodes():
    """A slanted antialiased edge is left exactly as it is, away from corners."""
    down, across = np.mgrid[:120, :120]
    for angle in (0, 10, 33, 45, 71, 90):
        turned = np.cos(np.radians(angle)) * across + np.sin(np.radians(angle)) * down
        edge = np.clip(turned - turned.mean() + 0.5, 0, 1).astype(np.float32)
        clean = steps.clean_steps(edge, [0.5], LINE, PITCH)
        assert (clean == edge)[8:-8, 8:-8].all()


def test_thin_things_go_and_thick_things_stay():
    picture = np.zeros((100, 100), np.float32)
    picture[20:24, 10:90] = 1  # 0.4 mm
    picture[40:45, 10:90] = 1  # 0.5 mm
    picture[60:95, 10:90] = 1
    picture[75:78, 10:90] = 0  # a groove of 0.3 mm
    clean = steps.clean_steps(picture, [0.5], LINE, PITCH)
    assert clean[22].max() == 0
    assert (clean[40:45, 13:87] == 1).all()
    assert (clean[60:95, 13:87] == 1).all()


def test_a_second_time_changes_nothing():
    for seed in (1, 2):
        clean = steps.clean_steps(line_art(seed), [0.5], LINE, PITCH)
        assert (steps.clean_steps(clean, [0.5], LINE, PITCH) == clean).all()


def test_greys_and_thresholds_commute():
    picture = line_art(3)
    disc = steps._disc(LINE, PITCH)
    for operation in (steps.opened, steps.closed):
        result = operation(picture, disc)
        for cut in (0.2, 0.5, 0.8):
            flat = operation((picture > cut).astype(np.float32), disc)
            assert ((result > cut) == (flat > 0.5)).all()


@pytest.mark.parametrize("width", [LINE, 0.4])
def test_mirror_images(width):
    noise = np.random.default_rng(4).random((150, 170)).astype(np.float32)
    for picture in (line_art(4), 0.5 + 4 * (gaussian(noise, 0.25, PITCH) - 0.5)):
        clean = steps.clean_steps(picture, [0.3, 0.6], width, PITCH)
        for turn in (np.s_[::-1], np.s_[:, ::-1]):
            mirrored = steps.clean_steps(picture[turn], [0.3, 0.6], width, PITCH)
            assert (mirrored[turn] == clean).all()


def test_small_and_blank_pictures():
    assert (steps.clean_steps(np.ones((2, 2), np.float32), [0.5], LINE, PITCH) == 1).all()
    for grey in (0.0, 0.5, 1.0):
        blank = np.full((50, 70), grey, np.float32)
        assert (steps.clean_steps(blank, [0.5], LINE, PITCH) == grey).all()
    mixed = np.array([[0, 1], [1, 0]], np.float32)
    assert np.ptp(steps.clean_steps(mixed, [0.5], LINE, PITCH)) == 0
    assert steps.clean_steps(mixed, [0.5], LINE, (0.5, 0.5)) is mixed
