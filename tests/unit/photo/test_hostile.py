"""Every bad file gives its one code and one sentence, never a traceback."""

from __future__ import annotations

import random
import struct
import sys
import types
import zlib

import pytest
from PIL import Image, ImageFile

from octoprint_img2stl.photo import PhotoRefused, open_photo, write_display_copies

HEIC = struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + b"\0" * 200
AVIF = struct.pack(">I", 28) + b"ftypavif\0\0\0\0mif1avifmiaf" + b"\0" * 200


def picture(size=(120, 80), mode="RGB", seed=1):
    """A picture with enough detail that a truncated file lacks something."""
    noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
    return Image.frombytes("RGB", size, noise).convert(mode)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
    )


def bomb(path, width, height):
    """A valid PNG of black 1-bit pixels, written in a stream."""
    packer, packed = zlib.compressobj(9), []
    row = bytes(1 + (width + 7) // 8)
    for _ in range(height):
        packed.append(packer.compress(row))
    packed.append(packer.flush())
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", b"".join(packed))
        + png_chunk(b"IEND", b"")
    )


def refusal(path, **how) -> PhotoRefused:
    """The refusal, which both ways to read a photo must give alike."""
    with pytest.raises(PhotoRefused) as caught:
        open_photo(path, **how)
    if not how:
        with pytest.raises(PhotoRefused) as again:
            write_display_copies(path, path.parent)
        assert again.value.problem == caught.value.problem
        assert sorted(path.parent.iterdir()) == [path], "left something behind"
    message = caught.value.problem.message
    assert message.endswith(".") and "\n" not in message and "%(" not in message
    return caught.value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo.empty"),
        (b"Dear reader, this is a text.", "photo.not_an_image"),
        (b"BMW is a car, and this is no bitmap at all.", "photo.not_an_image"),
        (b"PK\x03\x04" + b"\0" * 100, "photo.not_an_image"),
        (b"<html><body>404</body></html>", "photo.not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo.svg"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<SVG/>', "photo.svg"),
        (b'<?xml version="1.0"?><rss/>', "photo.not_an_image"),
        (HEIC, "photo.heic"),
        (HEIC.replace(b"ftypheic", b"ftypmsf1"), "photo.heic"),
        (AVIF, "photo.unsupported_format"),
        (b"8BPS" + b"\0" * 100, "photo.unsupported_format"),
        (b"%PDF-1.7 and so on", "photo.unsupported_format"),
        (b"\x89PNG\r\n\x1a\n", "photo.truncated"),
        (b"\xff\xd8\xff\xe0", "photo.truncated"),
        (b"GIF89a", "photo.truncated"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "photo.truncated"),
        (b"II*\0\x08\0\0\0", "photo.truncated"),
    ],
)
def test_not_a_photo(tmp_path, monkeypatch, data, code):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert refusal(path).code == code


def test_heic_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(HEIC)
    message = refusal(path).problem.message
    assert "JPEG" in message and "pillow-heif" in message


def test_heic_with_its_reader(tmp_path, monkeypatch):
    """The reader is an optional package, so a stand-in registers as the real one does."""

    class Reader(ImageFile.ImageFile):
        format = "HEIF"

        def _open(self):
            self._size, self.tile = (60, 40), []
            # Pillow 10.1 made `mode` a read-only view of `_mode`.
            setattr(self, "_mode" if hasattr(type(self), "mode") else "mode", "L")

        def load(self):
            self.im = Image.new("L", self.size, 128).im
            return super().load()

    def register():
        Image.register_open("HEIF", Reader, lambda head: head[4:8] == b"ftyp")

    monkeypatch.setitem(
        sys.modules, "pillow_heif", types.SimpleNamespace(register_heif_opener=register)
    )
    Image.init()  # or readers that are loaded meanwhile would be forgotten with the copy
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(HEIC)
    photo = open_photo(path)
    assert photo.format == "HEIC" and photo.grey.shape == (40, 60)
    assert photo.grey == pytest.approx(128 / 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_truncated(tmp_path, kind):
    path = tmp_path / f"photo.{kind.lower()}"
    picture().save(path, kind)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    assert refusal(path).code == "photo.truncated"
    assert refusal(path, max_side_px=20).code == "photo.truncated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_damaged_anywhere(tmp_path, kind):
    """Flipped bytes and cuts at every place give a photo or a refusal, nothing else."""
    path = tmp_path / "photo"
    picture((40, 30)).save(path, kind)
    whole, dice = path.read_bytes(), random.Random(7)
    refused = 0
    for turn in range(150):
        data = bytearray(whole)
        if turn % 3 == 0:
            del data[dice.randrange(1, len(data)) :]
        else:
            for _ in range(dice.choice((1, 3, 20))):
                at = dice.randrange(len(data) if turn % 2 else min(len(data), 300))
                data[at] = dice.randrange(256)
        path.write_bytes(data)
        try:
            open_photo(path, max_side_px=20)
        except PhotoRefused:
            refused += 1
    assert refused > 30


def test_pixel_bomb(tmp_path):
    path = tmp_path / "bomb.png"
    bomb(path, 30_000, 30_000)
    assert path.stat().st_size < 150_000
    refused = refusal(path)
    assert refused.code == "photo.too_many_pixels"
    assert refused.problem.values == {"most": 80}


@pytest.mark.filterwarnings("error")
def test_just_too_many_pixels(tmp_path):
    """Above our limit, below that at which Pillow only warns or itself refuses."""
    for width, height in ((10_000, 8_001), (10_000, 9_500)):
        path = tmp_path / "large.png"
        bomb(path, width, height)
        assert refusal(path).code == "photo.too_many_pixels"


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((1, 1), "photo.too_small"),
        ((15, 100), "photo.too_small"),
        ((4000, 12), "photo.too_narrow"),
        ((20, 401), "photo.too_narrow"),
    ],
)
def test_shape(tmp_path, size, code):
    path = tmp_path / "photo.png"
    Image.new("L", size, 90).save(path)
    refused = refusal(path)
    assert refused.code == code
    assert refused.problem.values["width"] == size[0]


def test_smallest_and_narrowest_allowed(tmp_path):
    path = tmp_path / "photo.png"
    Image.new("L", (16, 320), 90).save(path)
    assert open_photo(path).grey.shape == (320, 16)


def test_crop_below_the_limits(tmp_path):
    path = tmp_path / "photo.png"
    picture((200, 200)).save(path)
    refused = refusal(path, crop=(0, 0, 0.05, 0.05))
    assert (refused.code, refused.problem.field) == ("photo.too_small", "photo.crop")
    refused = refusal(path, crop=(0, 0, 1, 0.01))
    assert (refused.code, refused.problem.field) == ("photo.too_narrow", "photo.crop")


@pytest.mark.parametrize(
    "crop",
    [
        (0.5, 0, 0.5, 1),
        (0.6, 0, 0.4, 1),
        (-0.1, 0, 1, 1),
        (0, 0, 1, 1.01),
        (0, float("nan"), 1, 1),
        (0, 0, 1),
        "abcd",
        5,
        (0, 0, None, 1),
    ],
)
def test_crop_invalid(tmp_path, crop):
    path = tmp_path / "photo.png"
    picture().save(path)
    assert refusal(path, crop=crop).code == "photo.crop_invalid"


@pytest.mark.parametrize("turn", [45, "90", None, float("nan"), True])
def test_turn_invalid(tmp_path, turn):
    path = tmp_path / "photo.png"
    picture().save(path)
    assert refusal(path, turn_deg=turn).code == "photo.turn_invalid"


def test_unreadable(tmp_path):
    with pytest.raises(PhotoRefused) as caught:
        open_photo(tmp_path / "nobody.jpg")
    assert caught.value.code == "photo.unreadable"
    with pytest.raises(PhotoRefused) as caught:
        open_photo(tmp_path)
    assert caught.value.code == "photo.unreadable"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_several_pictures(tmp_path, kind):
    path = tmp_path / "photo"
    frames = [Image.new("RGB", (300, 260), tone) for tone in ("#404040", "#c0c0c0")]
    frames[0].save(path, kind, save_all=True, append_images=frames[1:])
    photo = open_photo(path)
    assert [notice.code for notice in photo.notices] == ["photo.first_frame_only"]
    assert photo.grey == pytest.approx(0x40 / 255, abs=0.02)
    assert photo.format == ("JPEG" if kind == "MPO" else kind)


def test_never_loads_half_photos():
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
