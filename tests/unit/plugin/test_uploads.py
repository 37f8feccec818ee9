"""Only what OctoPrint's server itself stored is taken for an upload."""

import pytest

from octoprint_img2stl.jobs.model import MESH, PHOTO
from octoprint_img2stl.jobs.store import StoreRefused
from octoprint_img2stl.plugin.uploads import PREFIX, UploadRefused, received

LIMITS = {PHOTO: 2000, MESH: 3000}


def values(path, name="photo.jpg"):
    return {"file.path": str(path), "file.name": name}


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / f"{PREFIX}abc.tmp"
    path.write_bytes(bytes(1000))
    return path


def test_an_upload(upload):
    found = received(values(upload), "path", "name", LIMITS)
    assert found == (upload, "photo.jpg", PHOTO)


def test_a_mesh_is_told_by_its_name_or_its_beginning(upload):
    assert received(values(upload, "A.STL"), "path", "name", LIMITS)[2] == MESH
    upload.write_bytes(b"glTF" + bytes(1000))
    assert received(values(upload, "a.jpg"), "path", "name", LIMITS)[2] == MESH
    upload.write_bytes(b"\x89PNG\r\n" + bytes(1000))
    assert received(values(upload, "a.stl"), "path", "name", LIMITS)[2] == PHOTO


def test_where_only_photos_are_taken_a_mesh_counts_as_one(upload):
    found = received(values(upload, "a.stl"), "path", "name", {PHOTO: 2000})
    assert found[2] == PHOTO


@pytest.mark.parametrize("name, kind", [("a.jpg", "photo"), ("a.stl", "mesh")])
def test_too_big(upload, name, kind):
    with pytest.raises(StoreRefused) as refused:
        received(values(upload, name), "path", "name", {PHOTO: 500, MESH: 500})
    assert refused.value.code == f"{kind}.file_too_big"


def test_nothing():
    with pytest.raises(UploadRefused) as refused:
        received({}, "path", "name", LIMITS)
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
        received(values(path), "path", "name", LIMITS)
    assert refused.value.code == "upload.forged"
    assert secret.exists()
