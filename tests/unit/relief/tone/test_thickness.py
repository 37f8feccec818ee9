"""Lithophanes let through the light of the photo."""

from __future__ import annotations

import numpy as np
import pytest

from octoprint_img2stl.relief.tone.thickness import linear, transmitted, true_light

GREYS = np.linspace(0, 1, 4097, dtype=np.float32)[None]


def test_srgb_has_its_known_values():
    encoded = np.array([[0, 0.04045, 0.2, 0.5, 188 / 255, 1]], np.float32)
    expect = [0, 0.0031308, 0.0331048, 0.2140411, 0.5028865, 1]
    assert linear(encoded)[0] == pytest.approx(expect, abs=1e-6)


@pytest.mark.parametrize("transmission", [0.3, 1.5, 2.3, 5.5, 20.0])
@pytest.mark.parametrize("thin, thick", [(0.8, 3.0), (0.6, 1.0), (1.0, 31.0)])
def test_light_is_proportional_to_the_photos(thin, thick, transmission):
    share = true_light(GREYS, thin, thick, transmission)
    assert share.dtype == np.float32 and 0 <= share.min() and share.max() <= 1
    thickness = thin + (thick - thin) * share.astype(np.float64)
    light = transmitted(thickness, transmission) / transmitted(thin, transmission)
    darkest = transmitted(thick - thin, transmission)
    expect = darkest + (1 - darkest) * linear(GREYS.astype(np.float64))
    assert light == pytest.approx(expect, rel=2e-5, abs=1e-7)


def test_white_is_thin_black_is_thick_and_nothing_turns_back():
    share = true_light(GREYS, 0.8, 3.0, 2.3)[0]
    assert share[-1] == 0 and share[0] == pytest.approx(1, abs=1e-6)
    assert (np.diff(share) < 0).all()


def test_a_tenth_gets_through_each_transmission():
    assert transmitted(2.3, 2.3) == pytest.approx(0.1)
    assert transmitted(np.array([0.0, 4.6]), 2.3) == pytest.approx([1, 0.01])


def test_in_place_or_not():
    picture = GREYS.copy()
    result = true_light(picture, 1, 3, 2.3)
    assert (picture == GREYS).all()
    assert true_light(picture, 1, 3, 2.3, out=picture) is picture
    assert (picture == result).all()
