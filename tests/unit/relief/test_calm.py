"""A relief of a photo is calm by default: grain makes no islands, edges stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief import Picture, ReliefSettings, build_bodies

from .solid.photo import sample_grey

RELIEF = ReliefSettings.defaults("relief")
LAYER = 0.2
LINE = Machine().line_width


def heights(grey, **changes):
    """(rows, columns) mm, and the pitch."""
    settings = replace(RELIEF, **changes)
    (body,) = build_bodies([Picture.of(grey)], settings, Machine()).bodies
    return np.array(body.upper), body.width / (body.upper.shape[1] - 1)


def layers(heights):
    """The middles of the layers, where slicers cut."""
    return np.arange(LAYER / 2, heights.max(), LAYER)


def parts(heights):
    """How many islands and holes all layers have."""
    return sum(
        ndimage.label(heights > cut)[1] + ndimage.label(heights <= cut)[1]
        for cut in layers(heights)
    )


def test_a_photo_has_far_fewer_islands_and_looks_the_same():
    calm, _ = heights(sample_grey())
    all_of_it, _ = heights(sample_grey(), edge_smoothing=0.0)
    assert parts(calm) < 0.75 * parts(all_of_it)
    apart = np.abs(calm - all_of_it)
    assert apart.max() < LAYER / 2 and apart.mean() < 0.1 * LAYER
    printed, expected = (np.searchsorted(layers(all_of_it), z) for z in (calm, all_of_it))
    assert np.abs(printed - expected).max() <= 1
    assert (printed != expected).mean() < 0.1


@pytest.mark.parametrize("width_px", [300, 700])
def test_grain_goes_and_outlines_stay(width_px):
    """In mm, however fine the photo is: the outline of a disc moves less than shows."""
    rows, columns = np.mgrid[:width_px, :width_px] / width_px - 0.5
    disc = np.where(np.hypot(rows, columns) < 0.3, 0.77, 0.23)
    fine = np.random.default_rng(7).standard_normal((240, 240))
    grain = np.asarray(Image.fromarray(fine.astype(np.float32)).resize(disc.shape))
    grey = np.clip(disc + 0.03 * grain, 0, 1).astype(np.float32)
    changes = {"width": 60.0, "auto_levels": False}
    calm, pitch = heights(grey, **changes)
    noisy, _ = heights(grey, edge_smoothing=0.0, **changes)
    assert parts(noisy) > 5 * parts(calm)
    # at mid height, as the radius of a disc as large
    middle = RELIEF.base + RELIEF.relief_height / 2
    radii = [np.sqrt((z > middle).sum() * pitch**2 / np.pi) for z in (calm, noisy)]
    assert abs(radii[0] - radii[1]) < 0.02 * LINE


def test_what_must_be_exact_is():
    for name in ("map", "sign", "stamp"):
        assert ReliefSettings.preset(name).edge_smoothing == 0, name
    assert ReliefSettings.defaults("lithophane").edge_smoothing == 0
