"""Values: 16 bits, alpha, palettes, CMYK, profiles. Places: orientation, turn, crop."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from octoprint_img2stl.photo import cropped_size, open_photo, write_display_copies
from octoprint_img2stl.photo.pixels import LUMA

from .profiles import linear_profile

SAMPLE = Path(__file__).parents[3] / "octoprint_img2stl/data/sample/cat.jpg"


def ramp(width=300, height=260, most=255, dtype=np.uint8):
    """Every pixel tells its place: brighter to the right, and half as fast downwards."""
    x, y = np.meshgrid(np.linspace(0, 2, width), np.linspace(0, 1, height))
    return np.rint((x + y) / 3 * most).astype(dtype)


def near(got, expect, within=1e-6):
    """No value differs by more; pytest.approx takes seconds for large arrays."""
    assert got.shape == expect.shape
    return float(np.abs(got - expect).max()) <= within


def codes(photo):
    return [notice.code for notice in photo.notices]


def test_light_to_import():
    script = (
        "import sys, octoprint_img2stl.photo as room;"
        "room.PhotoRefused; room.cropped_size;"
        "print({'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_luma_is_rec_709(tmp_path):
    path = tmp_path / "photo.png"
    colours = np.zeros((300, 300, 3), np.uint8)
    colours[:100, :, 0] = colours[100:200, :, 1] = colours[200:, :, 2] = 255
    Image.fromarray(colours).save(path)
    grey = open_photo(path).grey
    assert grey.dtype == np.float32
    assert grey[[50, 150, 250], 7] == pytest.approx(LUMA, abs=1e-6)


def test_sixteen_bit_png_keeps_its_bits(tmp_path):
    path = tmp_path / "depth.png"
    values = ramp(700, 400, 65535, np.uint16)
    Image.fromarray(values).save(path)
    photo = open_photo(path)
    assert photo.bits == 16
    assert len(np.unique(photo.grey)) == len(np.unique(values)) > 40_000
    assert near(photo.grey, values / 65535)
    reduced = open_photo(path, max_side_px=100).grey
    assert len(np.unique(np.rint(reduced * 65535))) > 3_000


@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_sixteen_bit_tiff(tmp_path, dtype):
    """Modes I;16 and I;16B."""
    path = tmp_path / "depth.tif"
    values = ramp(most=65535, dtype=np.uint16)
    image = Image.fromarray(values.astype(dtype))
    assert image.mode == ("I;16" if dtype == "<u2" else "I;16B")
    image.save(path)
    photo = open_photo(path)
    assert photo.bits == 16
    assert near(photo.grey, values / 65535)


def test_white_is_zero_in_sixteen_bits(tmp_path):
    path = tmp_path / "scan.tif"
    values = ramp(most=65535, dtype=np.uint16)
    Image.fromarray(values).save(path, tiffinfo={262: 0})
    assert near(open_photo(path).grey, 1 - values / 65535)


def test_mode_i(tmp_path):
    values = ramp(most=65535, dtype=np.int32)
    for name, change, expect in (
        ("sixteen.tif", values, values / 65535),
        ("wide.tif", values * 1000 - 7, values / 65535),
    ):
        Image.fromarray(change).save(tmp_path / name)
        photo = open_photo(tmp_path / name)
        assert photo.bits == 16
        assert near(photo.grey, expect)


def test_mode_f(tmp_path):
    values = (ramp(most=10_000, dtype=np.float32) / 10_000) ** 2
    path = tmp_path / "depth.tif"
    Image.fromarray(values).save(path)
    assert near(open_photo(path).grey, values)
    millimetres = values * 1234 + 400
    millimetres[3, 5] = np.nan
    Image.fromarray(millimetres).save(path)
    values[3, 5] = 0
    grey = open_photo(path).grey
    assert np.isfinite(grey).all()
    assert near(grey, values, 1e-5)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_alpha_on_white(tmp_path, kind):
    path = tmp_path / "photo"
    pixels = np.zeros((300, 400, 4), np.uint8)
    pixels[:, :, 0] = 200  # hidden where alpha is 0
    pixels[:100, :, 3], pixels[100:200, :, 3] = 255, 128
    Image.fromarray(pixels).save(path, kind, lossless=True, exact=True)
    photo = open_photo(path)
    red = 200 / 255 * LUMA[0]
    half = red * 128 / 255 + 127 / 255
    assert photo.grey[[50, 150, 250], 9] == pytest.approx([red, half, 1], abs=1e-5)
    assert codes(photo) == ["photo.transparent"]


def test_opaque_alpha_is_no_news(tmp_path):
    path = tmp_path / "photo.png"
    Image.new("RGBA", (300, 300), (10, 20, 30, 255)).save(path)
    assert codes(open_photo(path)) == []


def test_palette_with_transparency(tmp_path):
    for kind in ("PNG", "GIF"):
        path = tmp_path / f"photo.{kind}"
        indices = np.repeat(np.arange(3, dtype=np.uint8), 100)[:, None].repeat(
            300, axis=1
        )
        image = Image.fromarray(indices, "P")
        image.putpalette([0, 0, 0, 255, 255, 0, 90, 90, 90])
        image.save(path, kind, transparency=0)
        photo = open_photo(path)
        yellow = LUMA[0] + LUMA[1]
        assert photo.grey[[50, 150, 250], 9] == pytest.approx(
            [1, yellow, 90 / 255], abs=1e-5
        )
        assert codes(photo) == ["photo.transparent"]


def test_grey_with_alpha(tmp_path):
    path = tmp_path / "photo.png"
    pixels = np.zeros((300, 300, 2), np.uint8)
    pixels[:150, :, 0], pixels[:150, :, 1] = 51, 255
    Image.fromarray(pixels, "LA").save(path)
    photo = open_photo(path)
    assert photo.grey[[9, 290], 9] == pytest.approx([0.2, 1])


def test_one_bit(tmp_path):
    path = tmp_path / "photo.png"
    image = Image.fromarray(ramp()).convert("1")
    image.save(path)
    assert np.array_equal(open_photo(path).grey, np.asarray(image).astype(np.float32))


def test_cmyk(tmp_path):
    path = tmp_path / "photo.jpg"
    colour = Image.open(SAMPLE)
    colour.convert("CMYK").save(path, quality=95)
    expect = open_photo(SAMPLE).grey
    assert np.abs(open_photo(path).grey - expect).mean() < 0.01


def test_jpeg_in_a_tiff(tmp_path):
    path = tmp_path / "photo.tif"
    Image.open(SAMPLE).save(path, compression="jpeg", quality=95)
    assert np.abs(open_photo(path).grey - open_photo(SAMPLE).grey).mean() < 0.01


def test_embedded_profile_is_used(tmp_path):
    """One that says sRGB changes nothing; one of linear light brightens."""
    path = tmp_path / "photo.jpg"
    grey = np.full((300, 300, 3), 100, np.uint8)
    Image.fromarray(grey).save(path, quality=95)
    plain = open_photo(path).grey.mean()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    Image.fromarray(grey).save(path, quality=95, icc_profile=srgb.tobytes())
    assert open_photo(path).grey.mean() == pytest.approx(plain, abs=1e-6)
    Image.fromarray(grey).save(path, quality=95, icc_profile=linear_profile())
    # 100/255 of linear light is 0.658 in sRGB (IEC 61966-2-1).
    assert open_photo(path).grey.mean() == pytest.approx(0.658, abs=0.004)
    write_display_copies(path, tmp_path)
    with Image.open(tmp_path / "photo.jpg") as copy:
        assert np.asarray(copy).mean() / 255 == pytest.approx(0.658, abs=0.006)
        assert "icc_profile" not in copy.info


def test_broken_profile_is_ignored(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(ramp()).save(path, icc_profile=b"no profile at all")
    assert near(open_photo(path).grey, ramp() / 255)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, kind, orientation):
    """As Pillow's own transposition, which is independent of our table."""
    path = tmp_path / "photo"
    image = Image.fromarray(ramp())
    exif = Image.Exif()
    exif[0x0112] = orientation
    extra = {"lossless": True} if kind == "WEBP" else {}
    image.save(path, kind, exif=exif, **extra)
    image.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(image)) / 255
    photo = open_photo(path)
    assert photo.size_px == (upright.shape[1], upright.shape[0])
    assert near(photo.grey, upright, 0.02)
    # A crop of the upright photo, also when the decoder itself reduces.
    crop = open_photo(path, crop=(0.1, 0.2, 0.6, 0.9))
    rows, columns = upright.shape
    left, right = round(0.1 * columns), round(0.6 * columns)
    part = upright[round(0.2 * rows) : round(0.9 * rows), left:right]
    assert crop.cropped_px == (part.shape[1], part.shape[0])
    assert near(crop.grey, part, 0.02)


@pytest.mark.parametrize("broken", [0, 9, 1000])
def test_exif_orientation_beyond_the_standard(tmp_path, broken):
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = broken
    Image.fromarray(ramp()).save(path, exif=exif)
    assert open_photo(path).size_px == (300, 260)


@pytest.mark.parametrize(("turn", "quarters"), [(0, 0), (90, -1), (180, 2), (270, 1)])
def test_turn_is_clockwise_and_comes_before_the_crop(tmp_path, turn, quarters):
    path = tmp_path / "photo.png"
    Image.fromarray(ramp()).save(path)
    turned = np.rot90(ramp() / 255, quarters)
    photo = open_photo(path, turn_deg=turn)
    assert near(photo.grey, turned)
    assert photo.size_px == (300, 260)
    crop = (0.25, 0.0, 1.0, 0.5)
    rows, columns = turned.shape
    part = turned[: rows // 2, columns // 4 :]
    assert near(open_photo(path, turn_deg=turn, crop=crop).grey, part)
    assert cropped_size((300, 260), turn, crop) == (part.shape[1], part.shape[0])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("size", [(1200, 900), (1201, 899)])
@pytest.mark.parametrize("side", [400, 399, 250, 64, 1199, 1201, 5000])
def test_reduction_keeps_the_place(tmp_path, kind, size, side):
    """Reduced, a linear ramp is the same ramp sampled at the larger pixels' centres."""
    path = tmp_path / "photo"
    x = (np.arange(size[0]) + 0.5) / size[0]
    y = (np.arange(size[1]) + 0.5) / size[1]
    values = (x[None, :] * 2 + y[:, None]) / 3
    Image.fromarray(np.rint(values * 255).astype(np.uint8)).save(path, kind, quality=95)
    crop = (0.25, 0.125, 0.875, 1.0)
    photo = open_photo(path, crop=crop, max_side_px=side)
    wide, high = photo.cropped_px
    shrink = min(1, side / max(wide, high))
    assert photo.grey.shape == (round(high * shrink), round(wide * shrink))
    rows, columns = photo.grey.shape
    at_x = (round(0.25 * size[0]) + (np.arange(columns) + 0.5) * wide / columns) / size[0]
    at_y = (round(0.125 * size[1]) + (np.arange(rows) + 0.5) * high / rows) / size[1]
    expect = (at_x[None, :] * 2 + at_y[:, None]) / 3
    inner = (slice(3, -3), slice(3, -3))
    # Half a pixel of shift anywhere would be a mean of 0.002 and more.
    assert abs((photo.grey - expect)[inner].mean()) < 7e-4
    assert near(photo.grey[inner], expect[inner], 0.012)


def test_reduction_is_antialiased(tmp_path):
    path = tmp_path / "photo.png"
    stripes = np.zeros((600, 900), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(path)
    for side in (450, 400, 300, 123):
        grey = open_photo(path, max_side_px=side).grey[5:-5, 5:-5]
        assert np.abs(grey - 0.5).max() < 0.12, side


def test_low_resolution_is_said(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(ramp(600, 400)).save(path)
    assert codes(open_photo(path)) == []
    photo = open_photo(path, crop=(0, 0, 0.3, 0.5))
    assert codes(photo) == ["photo.low_resolution"]
    assert "180 x 200" in photo.notices[0].message


def test_display_copies(tmp_path):
    path = tmp_path / "photo.bin"
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera maker"
    exif.get_ifd(0x8825)[1] = "N"
    with Image.open(SAMPLE) as sample:
        sample.resize((2400, 1600)).save(path, "JPEG", exif=exif, comment="secret place")
    out = tmp_path / "job"
    out.mkdir()
    facts = write_display_copies(path, out)
    assert facts == {"size_px": [1600, 2400], "format": "JPEG", "bits": 8, "notices": []}
    assert sorted(file.name for file in out.iterdir()) == ["photo.jpg", "thumb.jpg"]
    with Image.open(out / "photo.jpg") as photo, Image.open(out / "thumb.jpg") as thumb:
        assert photo.size == (853, 1280) and max(thumb.size) == 256
        assert photo.mode == "RGB" and not photo.getexif() and "comment" not in photo.info
        with Image.open(SAMPLE) as sample:
            expect = np.asarray(sample.rotate(-90, expand=True).resize((85, 128)))
        got = np.asarray(photo.resize((85, 128)))
        assert np.abs(got.astype(int) - expect).mean() < 4


def test_display_copies_of_greys_and_alpha(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(ramp(most=65535, dtype=np.uint16)).save(path)
    assert write_display_copies(path, tmp_path)["bits"] == 16
    with Image.open(tmp_path / "photo.jpg") as copy:
        assert np.abs(np.asarray(copy)[..., 0].astype(int) - ramp()).mean() < 2
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(path)
    notices = write_display_copies(path, tmp_path)["notices"]
    assert [notice.code for notice in notices] == ["photo.transparent"]
    json.dumps([notice.to_json() for notice in notices])
    with Image.open(tmp_path / "photo.jpg") as copy:
        assert np.asarray(copy).min() > 250


def test_sample_photo():
    photo = open_photo(SAMPLE)
    assert photo.size_px == (451, 300) and photo.notices == ()
    assert SAMPLE.stat().st_size < 150_000
    assert "CC0" in SAMPLE.with_name("ORIGIN.txt").read_text()


def test_memory_of_a_large_jpeg(tmp_path):
    """12 MP, reduced while decoding: less than the 48 MB that its float pixels take."""
    path = tmp_path / "large.jpg"
    rows = ramp(4032, 3024)
    Image.merge("RGB", [Image.fromarray(rows)] * 3).save(path, quality=90)
    del rows
    script = (
        "import resource, sys; from octoprint_img2stl.photo import open_photo\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "open_photo(sys.argv[1], max_side_px=200); start = peak()\n"
        "grey = open_photo(sys.argv[2], max_side_px=1000).grey\n"
        "assert grey.shape == (750, 1000), grey.shape\n"
        "print(peak() - start)"
    )
    command = [sys.executable, "-c", script, str(SAMPLE), str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 32_000  # kB


def test_orientations_and_turns_form_one_group(tmp_path):
    """EXIF and owner's turn compose: a photo stored askew and turned back is itself."""
    path = tmp_path / "photo.png"
    undo = {6: 270, 3: 180, 8: 90}
    for orientation, crop in itertools.product(undo, (None, (0.1, 0.3, 0.7, 0.8))):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(ramp()).save(path, exif=exif)
        askew = open_photo(path, turn_deg=undo[orientation], crop=crop)
        Image.fromarray(ramp()).save(path)
        assert np.array_equal(askew.grey, open_photo(path, crop=crop).grey)
