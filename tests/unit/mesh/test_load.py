import os

import numpy as np
import pytest
import trimesh

from octoprint_img2stl.mesh import MeshRefused
from octoprint_img2stl.mesh.load import MAX_BYTES, MAX_TRIANGLES, load, load_any
from octoprint_img2stl.mesh.measure import measure
from octoprint_img2stl.mesh.model import only_used, weld, weld_shared
from octoprint_img2stl.mesh.place import place
from octoprint_img2stl.mesh.stl import write_stl
from tests.unit.mesh.shapes import ascii_stl, box, box_corners, save, stl_bytes

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
SIZE = (10.0, 20.0, 30.0)


def refused(path, **options) -> str:
    with pytest.raises(MeshRefused) as caught:
        load(path, **options)
    problem = caught.value.problem
    assert problem.severity == "error"
    assert "%" not in problem.message and problem.message.endswith((".", ")."))
    assert "\n" not in problem.message
    return problem.code


def with_number(value: float) -> bytes:
    corners = box_corners()
    corners[3, 1, 2] = value
    return stl_bytes(corners)


BAD = {
    "empty.stl": (b"", "mesh.empty"),
    "no_triangles.stl": (stl_bytes(np.empty((0, 3, 3))), "mesh.empty"),
    "ascii_empty.stl": (b"solid nothing\nendsolid nothing\n", "mesh.empty"),
    "points.stl": (stl_bytes(np.zeros((5, 3, 3))), "mesh.empty"),
    "short.stl": (b"\0" * 50, "mesh.truncated"),
    "cut.stl": (stl_bytes(box_corners())[:-30], "mesh.truncated"),
    "garbage.stl": (bytes(range(256)) * 7, "mesh.truncated"),
    "4_billion.stl": (stl_bytes(box_corners(), count=2**32 - 1), "mesh.truncated"),
    "nan.stl": (with_number(float("nan")), "mesh.bad_coordinates"),
    "inf.stl": (with_number(float("inf")), "mesh.bad_coordinates"),
    "photo.stl": (PNG, "mesh.unreadable"),
    "jpeg.stl": (b"\xff\xd8\xff\xe0" + bytes(200), "mesh.unreadable"),
    "solid_png.obj": (PNG, "mesh.unreadable"),
    "cut_ascii.stl": (ascii_stl(box_corners())[:400], "mesh.unreadable"),
    "bad_ascii.stl": ("solid x\nvertex 1 2\n", "mesh.unreadable"),
    "words.stl": ("solid ground is what we stand on\nand so on\n", "mesh.unreadable"),
    "quad.stl": ("solid x\n" + "vertex 0 0 0\n" * 4 + "endloop\n", "mesh.unreadable"),
    "huge_number.stl": (
        ascii_stl(box_corners()).replace("1.000000e+01", "1e99", 1),
        "mesh.bad_coordinates",
    ),
    "ascii_nan.stl": (
        ascii_stl(box_corners()).replace("1.000000e+01", "nan", 1),
        "mesh.bad_coordinates",
    ),
    "nothing.obj": (b"# only a comment\n", "mesh.empty"),
    "garbage.ply": (b"ply\nformat binary_little_endian 1.0\nelement vertex 4000000000\n"
                    b"property float x\nend_header\n", "mesh.point_cloud"),
    "garbage.off": (b"OFF\n8 99999 0\n1 2 3\n", "mesh.unreadable"),
    "garbage.glb": (b"glTF" + bytes(100), "mesh.unreadable"),
    "garbage.3mf": (b"PK\x03\x04" + bytes(100), "mesh.unreadable"),
    "zipped.stl": (b"PK\x03\x04" + bytes(100), "mesh.unreadable"),
    "notes.ply": (b"some words\n", "mesh.unreadable"),
    "page.obj": (b"<!DOCTYPE html><html><body>Not found", "mesh.unreadable"),
    "model.step": (b"ISO-10303-21;", "mesh.unreadable"),
    "model.txt": (b"some words\n", "mesh.unsupported_format"),
    "model": (b"x", "mesh.unsupported_format"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_sentence(tmp_path, name):
    data, code = BAD[name]
    found = refused(save(tmp_path, name, data))
    assert found == code


def test_what_is_no_file_is_refused(tmp_path):
    assert refused(tmp_path / "gone.stl") == "mesh.not_found"
    folder = tmp_path / "folder.stl"
    folder.mkdir()
    assert refused(folder) == "mesh.unreadable"
    pipe = tmp_path / "pipe.stl"
    os.mkfifo(pipe)
    assert refused(pipe) == "mesh.unreadable"


def test_a_name_like_an_option_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused("--help.stl") == "mesh.not_found"
    save(tmp_path, "--help.stl", stl_bytes(box_corners()))
    assert len(load("--help.stl").faces) == 12


def test_too_many_triangles(tmp_path):
    for name, data in (
        ("b.stl", stl_bytes(box_corners())),
        ("a.stl", ascii_stl(box_corners())),
        ("o.off", trimesh.creation.box().export(file_type="off")),
    ):
        path = save(tmp_path, name, data)
        assert refused(path, max_triangles=11) == "mesh.too_big"
        assert len(load(path, max_triangles=12).faces) == 12


def test_too_many_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("octoprint_img2stl.mesh.load.OWN_MAX_BYTES", 100)
    path = save(tmp_path, "x.stl", stl_bytes(box_corners()))
    assert refused(path) == "mesh.too_big"
    with pytest.raises(MeshRefused, match="larger than 0 MB"):
        load_any(path, max_bytes=683)
    assert load_any(path, max_bytes=684)


# ---- the content decides


WRONG_ENDINGS = {
    "x.obj": (stl_bytes(box_corners()), "stl"),
    "x.3mf": (stl_bytes(box_corners()), "stl"),
    "x.glb": (ascii_stl(box_corners()), "stl"),
    "x.stl": (trimesh.creation.box().export(file_type="obj"), "obj"),
    "x.off": (trimesh.creation.box().export(file_type="ply"), "ply"),
    "x.ply": (trimesh.creation.box().export(file_type="off"), "off"),
    "x.zip": (trimesh.creation.box().export(file_type="glb"), "glb"),
}


@pytest.mark.parametrize("name", WRONG_ENDINGS)
def test_a_wrong_ending_is_only_noted(tmp_path, name):
    data, kind = WRONG_ENDINGS[name]
    loaded = load_any(save(tmp_path, name, data))
    assert loaded.format == kind and len(loaded.mesh.faces) == 12
    (note,) = loaded.notes
    assert (note.code, note.severity) == ("mesh.wrong_extension", "info")
    assert note.message.startswith(f"{name} is a {kind.upper()} file")


@pytest.mark.parametrize("name", ["x.stl", "x.STL", "x.stlb", "x"])
def test_a_right_or_no_ending_is_not_noted(tmp_path, name):
    path = save(tmp_path, "upload", stl_bytes(box_corners()))
    assert load_any(path, name=name).notes == ()


def test_the_name_in_sentences_is_the_owners(tmp_path):
    path = save(tmp_path, "upload-17", PNG)
    with pytest.raises(MeshRefused, match="^my cat.stl is no mesh but a PNG file"):
        load_any(path, name="my cat.stl")


def test_one_triangle_is_nothing_to_print(tmp_path):
    path = save(tmp_path, "x.stl", stl_bytes(box_corners()[:1]))
    with pytest.raises(MeshRefused) as caught:
        load_any(path)
    assert caught.value.code == "mesh.one_triangle"
    assert len(load_any(save(tmp_path, "x.stl", stl_bytes(box_corners()[:2]))).mesh.faces)


def test_the_limits_are_those_that_are_promised():
    assert (MAX_TRIANGLES, MAX_BYTES) == (2_000_000, 200 * 2**20)


def test_ten_million_triangles_are_refused_at_once(tmp_path):
    path = tmp_path / "x.stl"
    path.write_bytes(stl_bytes(np.empty((0, 3, 3)), count=10_000_000))
    os.truncate(path, 84 + 50 * 10_000_000)  # a sparse file
    with pytest.raises(MeshRefused) as caught:
        load_any(path)
    assert caught.value.code == "mesh.too_big"
    with pytest.raises(MeshRefused, match="10000000 triangles, more than the 2000000"):
        load_any(path, max_bytes=2**30)


def test_text_stl_across_blocks(tmp_path, monkeypatch):
    """The pieces that the text is read in end anywhere within a triangle."""
    data = ascii_stl(box_corners(SIZE))
    path = save(tmp_path, "x.stl", data)
    for size in range(60, 90):
        monkeypatch.setattr("octoprint_img2stl.mesh.formats.text.BLOCK", size)
        facts = measure(load(path))
        assert facts.triangles == 12 and facts.volume == pytest.approx(6000)
        without_ends = save(tmp_path, "y.stl", data.replace("endloop", "", 7))
        assert refused(without_ends) == "mesh.unreadable"


def test_a_damaged_text_stl_says_where(tmp_path):
    lines = ascii_stl(box_corners()).splitlines()
    lines.insert(1 + 5 * 7 + 3, "and now for something else")
    path = save(tmp_path, "x.stl", "\n".join(lines))
    with pytest.raises(MeshRefused, match="damaged after triangle 5;"):
        load(path)


def test_a_text_line_without_end(tmp_path):
    path = save(tmp_path, "x.stl", b"solid " + b"x" * 5 * 2**20)
    assert refused(path) == "mesh.unreadable"


def test_welding_shared_points_is_welding_their_corners():
    rng = np.random.default_rng(5)
    points = rng.integers(-2, 2, (300, 3)).astype(np.float32)
    points[points == 0] *= -1
    faces = rng.integers(0, 300, (500, 3)).astype(np.int32)
    mesh = weld(points[faces])
    shared, kept = weld_shared(*only_used(points, faces))
    assert np.array_equal(mesh.vertices, shared.vertices)
    assert np.array_equal(mesh.faces, shared.faces)
    assert np.array_equal(points[faces[kept]], mesh.vertices[mesh.faces])


@pytest.mark.parametrize(
    "data",
    [
        stl_bytes(box_corners(SIZE)),
        stl_bytes(box_corners(SIZE), header=b"solid says the binary file"),
        stl_bytes(box_corners(SIZE), header=b"BM by some program"),
        stl_bytes(box_corners(SIZE)) + b"trailing",
        ascii_stl(box_corners(SIZE)),
        ascii_stl(box_corners(SIZE)).upper().replace("\n", "\r\n"),
    ],
    ids=["binary", "binary solid", "binary BM", "trailing bytes", "ascii", "ascii crlf"],
)
def test_stl_in_every_dress(tmp_path, data):
    mesh = load(save(tmp_path, "x.STL", data))
    facts = measure(mesh)
    assert (facts.size, facts.triangles, len(mesh.vertices)) == (SIZE, 12, 8)
    assert facts.volume == pytest.approx(6000) and facts.watertight and facts.winding_ok


# ---- placing and writing


def test_place_and_write(tmp_path):
    mesh = place(box(SIZE, at=(1000, -500, 77)), scale=2.0)
    path = tmp_path / "out.stl"
    write_stl(mesh, path)
    data = path.read_bytes()
    assert len(data) == 84 + 50 * 12 and not data.lower().startswith(b"solid")
    facts = measure(load(path))
    assert facts.low == (-10, -20, 0) and facts.high == (10, 20, 60)
    assert facts.watertight and facts.volume == pytest.approx(48000)
    judge = trimesh.load_mesh(path)
    assert judge.is_volume and judge.volume == pytest.approx(48000)
    stored = np.frombuffer(data[84:], dtype=[("numbers", "<f4", 12), ("spare", "<u2")])
    assert np.allclose(stored["numbers"][:, :3], judge.face_normals, atol=1e-6)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    path = save(tmp_path, "out.stl", b"the old file")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError):
        write_stl(box(), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.stl"]
    assert path.read_bytes() == b"the old file"
