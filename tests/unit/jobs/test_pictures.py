"""Photos on their way from one step to the next keep all that they show."""

import numpy as np
import pytest
from PIL import Image

from octoprint_img2stl.jobs import pictures
from octoprint_img2stl.jobs.params import Params
from octoprint_img2stl.photo import Photo, PhotoRefused

DICE = np.random.default_rng(7)
HALF_A_STEP = 0.51 / 65535


def photo(width, height, bits=8, alpha=False):
    """A photo of noise, reduced from one four times as large."""
    levels = 255 if bits == 8 else 65535

    def noise():
        values = DICE.integers(0, levels + 1, (height, width))
        return (values / levels).astype(np.float32)

    size = (4 * width, 4 * height)
    return Photo(noise(), size, size, "PNG", bits, (), noise() if alpha else None)


def same(picture, photo, within=1e-7):
    assert picture.grey.dtype == np.float32
    np.testing.assert_allclose(picture.grey, photo.grey, rtol=0, atol=within)
    assert picture.size_px == photo.cropped_px and picture.fine is (photo.bits > 8)
    assert (picture.alpha is None) == (photo.alpha is None)
    if photo.alpha is not None:
        assert picture.alpha.dtype == np.float32
        np.testing.assert_allclose(picture.alpha, photo.alpha, rtol=0, atol=within)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [False, True])
def test_levels_of_8_and_16_bits_come_back(tmp_path, bits, alpha):
    one = photo(37, 21, bits, alpha)
    before = one.grey.copy()
    pictures.save([one], tmp_path / "photos.npz")
    (back,) = pictures.load(tmp_path / "photos.npz")
    same(back, one)
    assert (one.grey == before).all()
    levels = back.grey.astype(np.float64) * (255 if bits == 8 else 65535)
    assert np.abs(levels - np.rint(levels)).max() < 0.01


def test_values_between_the_levels_stay_within_half_a_step(tmp_path):
    values = DICE.random((50, 70), dtype=np.float32)
    values[0, :2] = 0, 1
    one = Photo(values, (70, 50), (70, 50), "JPEG", 8, ())
    pictures.save([one], tmp_path / "photos.npz")
    (back,) = pictures.load(tmp_path / "photos.npz")
    same(back, one, within=HALF_A_STEP)
    assert back.grey[0, 0] == 0 and back.grey[0, 1] == 1


def test_several_photos_keep_their_order_and_kind(tmp_path):
    given = [photo(9, 5), photo(4, 8, 16), photo(6, 6, 8, True), photo(5, 9, 16, True)]
    pictures.save(given, tmp_path / "photos.npz")
    back = pictures.load(tmp_path / "photos.npz")
    assert len(back) == 4
    for picture, each in zip(back, given, strict=True):
        same(picture, each)
        same(pictures.picture_of(each), each)


def test_saved_whole_or_not_at_all(tmp_path):
    path = tmp_path / "photos.npz"
    pictures.save([photo(9, 5)], path)
    before = path.read_bytes()
    broken = Photo(None, (1, 1), (1, 1), "PNG", 8, ())
    with pytest.raises(TypeError):
        pictures.save([photo(8, 8), broken], path)
    assert path.read_bytes() == before
    pictures.save([photo(7, 7)], path)
    assert pictures.load(path)[0].grey.shape == (7, 7)
    assert [each.name for each in tmp_path.iterdir()] == ["photos.npz"]


# -- from real files ---------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A job's folder with a depth map of 16 bits and a picture with transparent parts."""
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "photo.original", "PNG")
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[..., 0], pixels[..., 1] = 200, 90
    pixels[10:30, 20:40, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "photo-3.original", "PNG")
    return tmp_path


def opened(folder, sides_px=(64, 64), **relief):
    photos = [{"number": 3, "turn_deg": 90, "crop": [0, 0, 1, 0.5]}]
    params = Params.from_json({"photos": photos, "relief": relief})
    return pictures.open_photos(folder, params, list(sides_px))


def test_opened_in_order_each_as_it_is_laid(folder, tmp_path):
    first, further = opened(folder)
    assert (first.bits, first.cropped_px, first.alpha) == (16, (64, 48), None)
    assert (further.bits, further.cropped_px, further.alpha) == (8, (40, 30), None)
    assert len(np.unique(first.grey)) > 1000
    pictures.save([first, further], tmp_path / "photos.npz")
    for picture, each in zip(
        pictures.load(tmp_path / "photos.npz"), [first, further], strict=True
    ):
        same(picture, each, within=HALF_A_STEP)


def test_reduced_to_what_is_of_use(folder):
    first, further = opened(folder, (32, 16))
    assert first.grey.shape == (24, 32) and further.grey.shape == (12, 16)
    assert (first.cropped_px, further.cropped_px) == ((64, 48), (40, 30))


@pytest.mark.parametrize("shape, wanted", [("plate", False), ("outline", True)])
def test_transparency_is_kept_for_shapes_that_follow_the_subject(folder, shape, wanted):
    first, further = opened(folder, shape=shape)
    assert first.alpha is None
    assert (further.alpha is not None) is wanted
    if wanted:
        assert further.alpha.shape == further.grey.shape
        assert set(np.unique(further.alpha)) == {0, 1}


def test_the_source_is_the_one_that_was_chosen(folder):
    red, green = (opened(folder, source=name)[1].grey for name in ("red", "green"))
    opaque = np.unique(red)[0], np.unique(green)[0]
    assert opaque == pytest.approx((200 / 255, 90 / 255), abs=1e-3)
    with pytest.raises(PhotoRefused) as refused:
        opened(folder, source="alpha")  # the first has none
    assert refused.value.problem.field == "relief.source"
