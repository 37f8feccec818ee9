"""Greys from one channel, from the transparency, from a depth map; and the alpha beside them."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from octoprint_img2stl.photo import SOURCES, PhotoRefused, open_photo
from octoprint_img2stl.photo.pixels import LUMA

from .profiles import linear_profile

SIZE = (320, 260)
COLOURS = ("red", "green", "blue")


def noise(seed, channels, dtype=np.uint8):
    most = np.iinfo(dtype).max
    shape = (SIZE[1], SIZE[0], channels) if channels else SIZE[::-1]
    return np.random.default_rng(seed).integers(0, most, shape, dtype, endpoint=True)


def codes(photo):
    return [notice.code for notice in photo.notices]


def refused(*args, **kwargs):
    with pytest.raises(PhotoRefused) as caught:
        open_photo(*args, **kwargs)
    return caught.value


def png(path, pixels, bits):
    """A PNG of RGB, RGBA or grey with alpha, which Pillow cannot write in 16 bits."""

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows, columns, channels = pixels.shape
    kind = {2: 4, 3: 2, 4: 6}[channels]
    data = pixels.astype(">u2" if bits == 16 else "u1")
    lines = b"".join(b"\0" + line.tobytes() for line in data)
    header = struct.pack(">IIBBBBB", columns, rows, bits, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(lines, 1))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("channel", range(3))
def test_one_channel(tmp_path, channel):
    path = tmp_path / "photo.png"
    pixels = noise(channel, 3)
    Image.fromarray(pixels).save(path)
    grey = open_photo(path, source=COLOURS[channel]).grey
    assert grey.dtype == np.float32
    assert np.abs(grey - pixels[..., channel] / 255).max() < 1e-6


@pytest.mark.parametrize("source", ["brightness", *COLOURS, "depth"])
def test_every_source_of_greys_is_the_grey(tmp_path, source):
    values = noise(1, 0, np.uint16)
    for name, pixels, most in (
        ("eight.png", (values >> 8).astype(np.uint8), 255),
        ("sixteen.png", values, 65535),
        ("sixteen.tif", values, 65535),
    ):
        path = tmp_path / name
        Image.fromarray(pixels).save(path)
        photo = open_photo(path, source=source)
        assert np.abs(photo.grey - pixels / most).max() < 1e-6
        assert photo.bits == (8 if most == 255 else 16) and codes(photo) == []


def test_channels_are_in_srgb_and_depth_is_as_it_is(tmp_path):
    """In a photo of linear light 100/255 is 0.658 of sRGB (IEC 61966-2-1)."""
    path = tmp_path / "photo.png"
    Image.new("RGB", (300, 300), (100, 30, 100)).save(path, icc_profile=linear_profile())
    for source in ("red", "blue"):
        assert open_photo(path, source=source).grey.mean() == pytest.approx(
            0.658, abs=4e-3
        )
    depth = open_photo(path, source="depth").grey
    as_it_is = (100 * (LUMA[0] + LUMA[2]) + 30 * LUMA[1]) / 255
    assert depth.mean() == pytest.approx(as_it_is, abs=1e-5)


def tiff(path, pixels):
    """An uncompressed TIFF of RGB, which Pillow cannot write in 16 bits."""
    rows, columns, channels = pixels.shape
    bits = 8 * pixels.itemsize
    data = pixels.astype(f"<u{pixels.itemsize}").tobytes()
    tags = [
        *[(256, 4, 1, columns), (257, 4, 1, rows), (258, 3, 3, 8), (259, 3, 1, 1)],
        *[(262, 3, 1, 2), (273, 4, 1, 14), (277, 3, 1, 3), (278, 4, 1, rows)],
        (279, 4, 1, len(data)),
    ]
    directory = struct.pack("<H", len(tags))
    directory += b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    head = struct.pack("<2sHI3H", b"II", 42, 14 + len(data), bits, bits, bits)
    path.write_bytes(head + data + directory)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_depth_of_greys_saved_as_colours(tmp_path, mode):
    """As many programs save them, with a profile for the screen."""
    path = tmp_path / "depth.png"
    values = noise(2, 0)
    image = Image.fromarray(values)
    if mode == "P":
        image = image.quantize(256)
        values = np.asarray(image.convert("RGB"))[..., 0]
    image = image if mode == "P" else image.convert(mode)
    image.save(path, icc_profile=linear_profile())
    assert np.abs(open_photo(path, source="depth").grey - values / 255).max() < 1e-6


@pytest.mark.parametrize("side", [None, 100])
def test_depth_keeps_sixteen_bits(tmp_path, side):
    """A slope of less than one 8-bit step, of which 8 bits would make at most two levels."""
    path = tmp_path / "depth.png"
    slope = np.linspace(20_000, 20_200, SIZE[0])[None, :].repeat(SIZE[1], axis=0)
    Image.fromarray(slope.astype(np.uint16)).save(path)
    grey = open_photo(path, source="depth", max_side_px=side).grey
    assert len(np.unique(np.rint(grey[50] * 65535))) > 80
    assert grey.mean() == pytest.approx(20_100 / 65535, abs=2e-5)


def transparent(path, seed=3):
    """A noisy photo whose alpha is a disc with a soft rim; returns its RGBA."""
    pixels = noise(seed, 4)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    distance = np.hypot(x - 150, y - 120)
    pixels[..., 3] = np.clip(255 * (100 - distance) / 40, 0, 255)
    Image.fromarray(pixels).save(path)
    return pixels


def test_alpha_as_the_grey(tmp_path):
    path = tmp_path / "photo.png"
    pixels = transparent(path)
    photo = open_photo(path, source="alpha")
    assert photo.grey.dtype == np.float32 and photo.alpha is None
    assert np.abs(photo.grey - pixels[..., 3] / 255).max() < 1e-6
    assert codes(photo) == []


def test_transparent_parts_lie_on_white_but_far_away_in_a_depth_map(tmp_path):
    path = tmp_path / "photo.png"
    pixels = transparent(path) / 255
    red = open_photo(path, source="red")
    expect = pixels[..., 0] * pixels[..., 3] + 1 - pixels[..., 3]
    assert np.abs(red.grey - expect).max() < 1e-5
    depth = open_photo(path, source="depth")
    expect = pixels[..., :3] @ np.array(LUMA) * pixels[..., 3]
    assert np.abs(depth.grey - expect).max() < 1e-5
    assert codes(red) == codes(depth) == ["photo.transparent"]
    assert "white" in red.notices[0].message and "far" in depth.notices[0].message


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "I;16"])
def test_alpha_of_an_opaque_photo_is_refused(tmp_path, mode):
    path = tmp_path / "photo.png"
    if mode == "I;16":
        Image.fromarray(noise(4, 0, np.uint16)).save(path)
    else:
        Image.fromarray(noise(4, 3)).convert(mode).save(path)
    refusal = refused(path, source="alpha")
    assert refusal.code == "photo.no_alpha"
    assert (refusal.problem.field, refusal.problem.suggest) == (
        "relief.source",
        "brightness",
    )
    assert open_photo(path, with_alpha=True).alpha is None


def test_alpha_of_an_opaque_part_is_refused(tmp_path):
    path = tmp_path / "photo.png"
    transparent(path)
    crop = (0.45, 0.4, 0.5, 0.5)
    assert refused(path, source="alpha", crop=crop).code == "photo.no_alpha"
    assert open_photo(path, crop=crop, with_alpha=True).alpha is None


@pytest.mark.parametrize("source", ["sepia", "", None, ["red"], 3])
def test_unknown_source(tmp_path, source):
    path = tmp_path / "photo.png"
    Image.fromarray(noise(5, 3)).save(path)
    refusal = refused(path, source=source)
    assert refusal.code == "photo.source_unknown"
    assert all(name in refusal.problem.message for name in SOURCES)


@pytest.mark.parametrize("seed", range(6))
def test_alpha_lies_beside_the_grey(tmp_path, seed):
    """Under any turn, crop and reduction both show the same place.

    All of the photo is black, so that on white the grey must be 1 - alpha.
    """
    random = np.random.default_rng(seed)
    path = tmp_path / "photo.png"
    pixels = transparent(path, seed)
    pixels[..., :3] = 0
    exif = Image.Exif()
    exif[0x0112] = int(random.integers(1, 9))
    Image.fromarray(pixels).save(path, exif=exif)
    low, high = random.uniform(0, 0.3, 2), random.uniform(0.5, 1, 2)
    photo = open_photo(
        path,
        turn_deg=int(random.choice([0, 90, 180, 270])),
        crop=(*low, *high),
        max_side_px=int(random.choice([40, 77, 150, 1000])),
        with_alpha=True,
    )
    assert photo.alpha.dtype == np.float32 and photo.alpha.shape == photo.grey.shape
    assert 0 <= photo.alpha.min() < photo.alpha.max() <= 1
    assert np.abs(photo.grey - (1 - photo.alpha)).max() < 1e-5


def test_alpha_costs_nothing_unless_it_is_asked_for(tmp_path):
    path = tmp_path / "photo.png"
    transparent(path)
    assert open_photo(path).alpha is None
    assert open_photo(path, source="alpha", with_alpha=True).alpha is not None


def test_alpha_that_begins_late_in_the_photo(tmp_path):
    """Read in strips: what lies before the first transparent one is opaque."""
    path = tmp_path / "photo.png"
    pixels = np.full((1200, 900, 4), 255, np.uint8)
    pixels[1100:, :, 3] = 51
    Image.fromarray(pixels).save(path, compress_level=1)
    alpha = open_photo(path, with_alpha=True).alpha
    assert (alpha[:1100] == 1).all() and alpha[1100:] == pytest.approx(0.2)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_bits_that_are_dropped_are_said(tmp_path, channels):
    """Pillow has no pixels for more than 8 bits of colour, nor for greys with alpha."""
    path = tmp_path / "photo.png"
    pixels = noise(7, channels, np.uint16)
    if channels != 3:
        pixels[..., -1] = 65535
    png(path, pixels, 16)
    photo = open_photo(path)
    assert codes(photo) == ["photo.eight_bits"] and photo.bits == 8
    assert photo.notices[0].severity == "info"
    colours = pixels[..., :3] / 65535 if channels > 2 else pixels[..., :1].repeat(3, -1)
    expect = colours @ np.array(LUMA) / (1 if channels > 2 else 65535)
    assert np.abs(photo.grey - expect).max() < 1.01 / 255
    png(path, pixels >> 8, 8)
    assert codes(open_photo(path)) == []


def test_bits_that_are_dropped_from_a_tiff_are_said(tmp_path):
    path = tmp_path / "photo.tif"
    for dtype, expect in ((np.uint16, ["photo.eight_bits"]), (np.uint8, [])):
        pixels = noise(8, 3, dtype)
        tiff(path, pixels)
        photo = open_photo(path)
        assert codes(photo) == expect
        grey = pixels / np.iinfo(dtype).max @ np.array(LUMA)
        assert np.abs(photo.grey - grey).max() < 1.01 / 255


def test_bits_of_a_bitmap_of_sixteen_bits_are_all_there(tmp_path):
    """5, 6 and 5 bits a colour are no loss."""
    path = tmp_path / "photo.bmp"
    rows, columns = 256, 256
    offset = 14 + 40 + 12
    header = struct.pack("<2sIHHI", b"BM", offset + rows * columns * 2, 0, 0, offset)
    info = struct.pack("<IiiHHIIiiII", 40, columns, rows, 1, 16, 3, 0, 0, 0, 0, 0)
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    path.write_bytes(header + info + masks + noise(8, 0).tobytes()[: rows * columns] * 2)
    assert codes(open_photo(path)) == []
