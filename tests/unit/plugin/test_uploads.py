"""Only what OctoPrint's server itself stored is taken for an upload."""

import pytest

from octoprint_img2stl.jobs.store import StoreRefused
from octoprint_img2stl.plugin.uploads import PREFIX, UploadRefused, received


def values(path, name="photo.jpg"):
    return {"file.path": str(path), "file.name": name}


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / f"{PREFIX}abc.tmp"
    path.write_bytes(bytes(1000))
    return path


def test_an_upload(upload):
    assert received(values(upload), "path", "name", 2000) == (upload, "photo.jpg")


def test_too_big(upload):
    with pytest.raises(StoreRefused) as refused:
        received(values(upload), "path", "name", 500)
    assert refused.value.code == "photo.file_too_big"


def test_nothing():
    with pytest.raises(UploadRefused) as refused:
        received({}, "path", "name", 500)
    assert refused.value.code == "upload.missing"


@pytest.mark.parametrize("kind", ["other name", "link", "folder", "gone"])
def test_forged(tmp_path, kind):
    secret = tmp_path / "secret"
    secret.write_text("x")
    path = secret if kind == "other name" else tmp_path / f"{PREFIX}x.tmp"
    if kind == "link":
        path.symlink_to(secret)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(UploadRefused) as refused:
        received(values(path), "path", "name", 500)
    assert refused.value.code == "upload.forged"
    assert secret.exists()
