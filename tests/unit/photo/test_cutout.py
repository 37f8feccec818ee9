"""The subject: by alpha, from plain backgrounds of every kind, or honestly not at all."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from octoprint_img2stl.photo import PhotoRefused, cut_out

from .scenes import BLUE, GREY, WHITE, bear, bust, mug, overlap, photographed


def codes(found):
    return [notice.code for notice in found.notices]


def larger(mask, times):
    size = mask.shape[1] * times, mask.shape[0] * times
    return np.clip(np.array(Image.fromarray(mask).resize(size, Image.BICUBIC)), 0, 1)


def edge_off(found, true):
    """How far the mask's contour lies off the true one on average, in pixels."""
    length = np.abs(np.diff(true > 0.5, axis=0)).sum()
    length = max(length, np.abs(np.diff(true > 0.5, axis=1)).sum())
    return float(((found > 0.5) != (true > 0.5)).sum() / length)


@pytest.mark.parametrize("wall", [WHITE, BLUE, GREY, (28, 27, 30)])
@pytest.mark.parametrize(
    "how",
    [
        {"noise": 0.0, "quality": 97},
        {"shadow": 0.35},
        {"shadow": 0.5, "falloff": 0.3, "noise": 4.0, "quality": 60},
    ],
    ids=["clean", "shadow", "rough"],
)
def test_plain_backgrounds(wall, how):
    true = bear()
    found = cut_out(photographed(true, wall=wall, **how), None)
    assert found.how == "plain" and codes(found) == []
    assert found.mask.dtype == np.float32 and found.mask.shape == true.shape
    assert overlap(found.mask, true) > 0.96
    assert found.coverage == pytest.approx(true.mean(), rel=0.04)


def test_edge_follows_the_picture_at_full_size():
    """Decided at 512 pixels, but within a third of a pixel of a photo four times as large."""
    true = larger(bear(), 4)
    found = cut_out(photographed(true, noise=1.5, quality=92), None)
    assert edge_off(found.mask, true) < 1 / 3
    soft = (found.mask > 0.05) & (found.mask < 0.95)
    assert 0 < soft.mean() < 0.01


def test_grey_thing_with_its_shadow():
    """Only the shadow begins softly, although both are grey on white."""
    true = bear()
    found = cut_out(photographed(true, paint=(130, 130, 130), shadow=0.3), None)
    assert overlap(found.mask, true) > 0.95


def test_handle_of_a_mug_stays_open():
    true = mug()
    for how in ({}, {"shadow": 0.3, "falloff": 0.2}):
        found = cut_out(photographed(true, **how), None)
        assert found.mask[210, 320] < 0.05
        assert overlap(found.mask, true) > 0.96


def test_white_belly_stays_closed():
    """What is of the background's colour but shaded is no hole."""
    true = bear()
    seen = photographed(true, noise=1.0, quality=95).astype(float)
    y, x = np.mgrid[: true.shape[0], : true.shape[1]]
    radius = np.hypot((x - 240) / 55, (y - 260) / 65)
    belly = np.clip(1 - radius, 0, 1) > 0
    seen[belly] = np.array(WHITE) * (1 - 0.12 * radius[belly, None])
    found = cut_out(seen.astype(np.uint8), None)
    assert overlap(found.mask, true) > 0.96


def test_bust_at_the_lower_edge():
    true = bust()
    found = cut_out(photographed(true, falloff=0.2), None)
    assert overlap(found.mask, true) > 0.97
    assert codes(found) == []


def test_cut_off_at_a_side_is_said():
    true = np.roll(bear(), 140, axis=1)
    true[:, :140] = 0
    found = cut_out(photographed(true), None)
    assert codes(found) == ["photo.cut_touches_border"]


def test_of_two_things_both_stay_and_crumbs_go():
    true = np.zeros((400, 480), np.float32)
    true[100:300, 60:200] = true[120:300, 280:420] = 1
    crumbs = true.copy()
    crumbs[40:46, 40:46] = crumbs[350:353, 300:310] = 1
    found = cut_out(photographed(crumbs), None)
    assert overlap(found.mask, true) > 0.98
    assert found.mask[42, 42] < 0.1


def test_alpha_wins():
    true = bear()
    nonsense = np.random.default_rng(1).integers(0, 255, (*true.shape, 3)).astype("uint8")
    found = cut_out(nonsense, true, tolerance=50)
    assert found.how == "alpha" and codes(found) == []
    assert np.array_equal(found.mask, true)


def test_alpha_that_means_nothing_is_left_aside():
    true = bear()
    found = cut_out(photographed(true), np.full(true.shape, 0.98, np.float32))
    assert found.how == "plain"


def forest(seed=3):
    noise = np.random.default_rng(seed).normal(110, 60, (50, 60, 3))
    image = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))
    return np.asarray(image.resize((480, 400), Image.BICUBIC))


def test_no_plain_background_is_said_and_nothing_cut():
    found = cut_out(forest(), None)
    assert found.how == "whole" and found.coverage == 1 and (found.mask == 1).all()
    assert codes(found) == ["photo.background_not_plain"]
    assert found.notices[0].severity == "warning"


def test_the_owner_may_insist():
    true = bear()[..., None]
    seen = (forest() // 4 + 150) * (1 - true) + np.array((200, 10, 10)) * true
    seen = seen.astype(np.uint8)
    assert cut_out(seen, None).how == "whole"
    found = cut_out(seen, None, tolerance=60)
    assert found.how == "plain" and "photo.background_not_plain" in codes(found)
    assert overlap(found.mask, true[..., 0]) > 0.9


def test_tolerance_moves_the_threshold():
    """A pale thing beside a strong one: a high tolerance leaves the pale one out."""
    true = np.zeros((400, 480), np.float32)
    true[100:300, 60:200] = true[120:300, 280:420] = 1
    seen = photographed(true, paint=(60, 60, 160), noise=1.0, quality=95)
    pale = seen.copy()
    pale[:, 240:] = 246 - (246 - seen[:, 240:].astype(int)) // 6
    both = cut_out(pale, None, tolerance=8)
    one = cut_out(pale, None, tolerance=40)
    assert overlap(both.mask, true) > 0.95
    true[:, 240:] = 0
    assert overlap(one.mask, true) > 0.95


def test_nearly_all_and_nearly_nothing_are_said():
    alpha = np.ones((200, 200), np.float32)
    alpha[:4, :4] = 0
    white = np.full((200, 200, 3), 255, np.uint8)
    assert codes(cut_out(white, alpha)) == ["photo.cut_nearly_all"]
    found = cut_out(white, 1 - alpha)
    assert codes(found) == ["photo.cut_nearly_nothing"]
    assert "0.04" in found.notices[0].message


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_blank_photos_are_refused(grey):
    rng = np.random.default_rng(2)
    noisy = np.clip(grey + rng.normal(0, 2, (300, 300, 3)), 0, 255).astype(np.uint8)
    for blank in (np.full((300, 300, 3), grey, np.uint8), noisy):
        with pytest.raises(PhotoRefused) as caught:
            cut_out(blank, None)
        assert caught.value.code == "photo.no_subject"
        assert caught.value.problem.field == "photo"


def test_too_high_a_tolerance_is_refused_with_advice():
    with pytest.raises(PhotoRefused) as caught:
        cut_out(photographed(bear(), paint=(200, 200, 200)), None, tolerance=90)
    problem = caught.value.problem
    assert (problem.code, problem.field) == ("photo.no_subject", "solid.tolerance")
    assert problem.suggest == 0 and "90" in problem.message


def test_wholly_transparent_is_refused():
    with pytest.raises(PhotoRefused) as caught:
        cut_out(np.zeros((50, 50, 3), np.uint8), np.zeros((50, 50), np.float32))
    assert caught.value.code == "photo.no_subject"


@pytest.mark.parametrize("shape", [(16, 16), (16, 320), (320, 16), (17, 33)])
def test_smallest_and_narrowest_photos(shape):
    """No error whatever the shape; a block in the middle is found."""
    rgb = np.full((*shape, 3), 240, np.uint8)
    true = np.zeros(shape, np.float32)
    rows = slice(shape[0] // 4, -(shape[0] // 4))
    true[rows, shape[1] // 4 : -(shape[1] // 4)] = 1
    rgb[true > 0] = (30, 60, 120)
    found = cut_out(rgb, None)
    assert found.mask.shape == shape
    assert overlap(found.mask, true) > 0.8
