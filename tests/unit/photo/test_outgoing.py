"""What leaves the house: upright, small enough, cut out, and nothing but pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from octoprint_img2stl.photo import PhotoRefused, read_mask, write_outgoing

from .profiles import linear_profile
from .scenes import bear, overlap, photographed

SECRET = b"Villa Rosa 7, serial 4711"


def codes(written):
    return [notice.code for notice in written.notices]


def on_white(path):
    image = Image.open(path).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"), float)


@pytest.fixture
def photo(tmp_path):
    """A photo with all that a camera writes into it, stored lying on its side."""
    image = Image.fromarray(photographed(bear()))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 14.1)
    path = tmp_path / "from the camera.jpg"
    image.transpose(Image.Transpose.ROTATE_90).save(
        path,
        exif=exif,
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        comment=SECRET,
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>",
    )
    assert path.read_bytes().count(SECRET) == 3
    return path


def bare(path):
    """The picture, of whose file nothing but pixels is left."""
    data = path.read_bytes()
    assert SECRET not in data
    for name in (b"Exif", b"ICC_PROFILE", b"xmp", b"iCCP", b"tEXt", b"iTXt", b"eXIf"):
        assert name not in data
    image = Image.open(path)
    image.load()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    return image


def test_cut_out_without_metadata(photo, tmp_path):
    written = write_outgoing(photo, tmp_path / "1")
    assert written.path.name == "1.png" and written.has_alpha
    assert written.size_px == (480, 400) and written.how == "plain"
    assert codes(written) == []
    image = bare(written.path)
    assert image.mode == "RGBA" and image.size == (480, 400)
    assert overlap(read_mask(written.path), bear()) > 0.96
    assert written.coverage == pytest.approx(read_mask(written.path).mean(), abs=0.001)
    pixels = np.asarray(image)
    assert (pixels[pixels[..., 3] == 0] == (255, 255, 255, 0)).all()
    assert sorted(path.name for path in tmp_path.glob("1*")) == ["1.png"]


def test_whole_without_metadata(photo, tmp_path):
    written = write_outgoing(photo, tmp_path / "1", cut="keep")
    assert written.path.name == "1.jpg" and not written.has_alpha
    assert (written.how, written.coverage) == ("whole", 1.0)
    image = bare(written.path)
    assert (image.mode, image.size) == ("RGB", (480, 400))
    assert (read_mask(written.path) == 1).all()
    seen = np.asarray(image, float)
    assert np.abs(seen - photographed(bear())).mean() < 3


def test_only_the_last_choice_is_left(photo, tmp_path):
    for cut, name in (("auto", "1.png"), ("keep", "1.jpg"), ("auto", "1.png")):
        write_outgoing(photo, tmp_path / "1", cut=cut)
        assert sorted(path.name for path in tmp_path.glob("1*")) == [name]


def test_turn_crop_and_size(photo, tmp_path):
    written = write_outgoing(
        photo, tmp_path / "1", turn_deg=90, crop=(0, 0, 1, 0.9), max_side_px=216
    )
    assert written.size_px == (200, 216)
    small = Image.fromarray(np.rint(bear() * 255).astype(np.uint8))
    small = small.transpose(Image.Transpose.ROTATE_270).crop((0, 0, 400, 432))
    true = np.asarray(small.resize((200, 216), Image.Resampling.BOX)) / 255
    assert overlap(read_mask(written.path), true) > 0.94


def test_reduced_to_2048_px(tmp_path):
    Image.new("RGB", (3000, 1500), "white").save(tmp_path / "large.png")
    written = write_outgoing(tmp_path / "large.png", tmp_path / "1", cut="keep")
    assert written.size_px == (2048, 1024)


def test_colours_of_another_profile_become_srgb(tmp_path):
    linear = np.zeros((300, 300, 3), np.uint8)
    linear[:] = (51, 128, 204)
    path = tmp_path / "linear.png"
    Image.fromarray(linear).save(path, icc_profile=linear_profile())
    written = write_outgoing(path, tmp_path / "1", cut="keep")
    shown = np.asarray(bare(written.path), int)[150, 150]
    assert shown == pytest.approx((124, 188, 231), abs=3)


def test_transparent_photos_keep_their_colours_at_the_edge(tmp_path):
    """What is half transparent was never white; the text in the file goes."""
    true = bear()
    cut = np.zeros((*true.shape, 4), np.uint8)
    cut[..., :3] = (20, 90, 30)
    cut[..., 3] = np.rint(true * 255)
    notes = PngInfo()
    notes.add_text("Comment", SECRET.decode())
    path = tmp_path / "cut.png"
    Image.fromarray(cut).save(path, pnginfo=notes)
    written = write_outgoing(path, tmp_path / "1")
    assert (written.how, codes(written)) == ("alpha", [])
    sent = np.asarray(bare(written.path))
    assert np.array_equal(sent[..., 3], cut[..., 3])
    clear = sent[sent[..., 3] > 40][:, :3].astype(int)
    assert np.abs(clear - (20, 90, 30)).max() <= 5
    kept = write_outgoing(path, tmp_path / "2", cut="keep")
    assert kept.path.suffix == ".jpg"
    assert np.abs(on_white(kept.path) - on_white(path)).mean() < 2


def test_the_wall_leaves_no_fringe(tmp_path):
    """The wall's blue is not seen at the edge of a red thing."""
    path = tmp_path / "blue.png"
    Image.fromarray(
        photographed(bear(), wall=(60, 90, 220), paint=(200, 60, 50), quality=95)
    ).save(path)
    sent = np.asarray(Image.open(write_outgoing(path, tmp_path / "1").path)).astype(int)
    edge = sent[(sent[..., 3] > 25) & (sent[..., 3] < 230)]
    assert len(edge) > 300
    assert (edge[:, 2] < 110).mean() > 0.97


def test_not_plain_stays_whole_and_is_said(tmp_path):
    noise = np.random.default_rng(3).integers(0, 255, (300, 300, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    written = write_outgoing(tmp_path / "noise.png", tmp_path / "1")
    assert (written.how, written.path.suffix) == ("whole", ".jpg")
    assert codes(written) == ["photo.background_not_plain"]


@pytest.mark.parametrize("name", ["1.png", "1.jpg"])
def test_refused_photos_leave_nothing_new(tmp_path, name):
    (tmp_path / name).write_bytes(b"of an earlier run")
    Image.new("RGB", (300, 300), "white").save(tmp_path / "blank.png")
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    for source, code in (("blank.png", "no_subject"), ("text.jpg", "not_an_image")):
        with pytest.raises(PhotoRefused) as caught:
            write_outgoing(tmp_path / source, tmp_path / "1")
        assert caught.value.code == f"photo.{code}"
    assert sorted(path.name for path in tmp_path.glob("1*")) == [name]
    assert (tmp_path / name).read_bytes() == b"of an earlier run"


def test_sixteen_bit_greys(tmp_path):
    grey = np.full((300, 300), 60000, np.uint16)
    grey[100:200, 80:220] = 9000
    Image.fromarray(grey).save(tmp_path / "grey.png")
    written = write_outgoing(tmp_path / "grey.png", tmp_path / "1")
    assert written.coverage == pytest.approx(14 / 90, rel=0.03)
