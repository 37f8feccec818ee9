"""A file's kind is told by its beginning first, then by its name; nothing is decoded."""

import pytest

from octoprint_img2stl.jobs.kinds import kind_of, suffix_of

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize(
    "head, name, kind",
    [
        (PNG, "a.png", "photo"),
        (PNG, "a.stl", "photo"),
        (JPEG, "a", "photo"),
        (b"BM", "a.bmp", "photo"),
        (b"BMW made this STL", "a.stl", "mesh"),
        (b"glTF", "a.jpg", "mesh"),
        (b"ply\nformat", "a", "mesh"),
        (b"OFF\n3 1 0", "a.txt", "mesh"),
        (b"solid cube", "a", "mesh"),
        (b"PK\x03\x04", "a", "mesh"),
        (b"\0\0\0", "a.STL", "mesh"),
        (b"v 0 0 0", "a.obj", "mesh"),
        (b"cube(1);", "C:\\x\\a.scad", "mesh"),
        (b"ISO-10303-21;", "a", "mesh"),
        (b"", "a.STP", "mesh"),
        (b"hello", "a.txt", "photo"),
        (b"", "a", "photo"),
    ],
)
def test_kinds(tmp_path, head, name, kind):
    file = tmp_path / "upload"
    file.write_bytes(head + bytes(100) * bool(head))
    assert kind_of(file, name) == kind


@pytest.mark.parametrize(
    "name, suffix",
    [("a.STL", ".stl"), ("x/y.3mf", ".3mf"), ("a.exe", ""), ("stl", ""), (".stl", "")],
)
def test_suffixes(name, suffix):
    assert suffix_of(name) == suffix
