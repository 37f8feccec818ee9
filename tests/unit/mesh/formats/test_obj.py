import numpy as np
import pytest
import trimesh

from octoprint_img2stl.mesh.measure import measure
from tests.unit.mesh.formats.reading import SIZE, code, opened

BOX = trimesh.creation.box(SIZE).export(file_type="obj")
TETRA = "v 0 0 0\nv 6 0 0\nv 0 6 0\nv 0 0 6\n"
FACES = "f 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n"


def test_another_programs_file(tmp_path):
    loaded = opened(tmp_path, "x.obj", BOX)
    facts = measure(loaded.mesh)
    assert facts.size == SIZE and facts.watertight and facts.volume == 6000
    assert (loaded.unit, loaded.up, loaded.parts) == (None, None, 1)


@pytest.mark.parametrize(
    "faces",
    [
        FACES,
        "f -4 -2 -3\nf -4 -3 -1\nf -3 -2 -1\nf -2 -4 -1\n",  # counted backwards
        FACES.replace("f 1 3 2", "f 1/7/8 3//9 2/1"),
        FACES.replace("f 1 3 2", "f 1 \\\n 3 \\\r\n 2  # the floor"),
        "g a\nusemtl b\ns off\nvn 0 0 1\nvt 0 0\nl 1 2\n\n" + FACES.replace("\n", "\r\n"),
        FACES.replace("\n", "\r"),
    ],
    ids=["plain", "relative", "slashes", "continued", "other lines", "old ends of lines"],
)
def test_every_way_to_say_the_same(tmp_path, faces):
    mesh = opened(tmp_path, "x.obj", TETRA + faces).mesh
    facts = measure(mesh)
    assert facts.watertight and facts.winding_ok and facts.volume == pytest.approx(36)


def test_relative_corners_count_from_where_they_stand(tmp_path):
    """Also across the blocks that the file is read in."""
    lone = "v 9 9 9\n"
    text = TETRA + "f -4 -2 -3\n" + lone + "f 1 2 4\nf -4 -3 -2\nf -3 -5 -2\n"
    assert measure(opened(tmp_path, "x.obj", text).mesh).volume == pytest.approx(36)


def test_blocks_end_anywhere(tmp_path, monkeypatch):
    for size in range(40, 70):
        monkeypatch.setattr("octoprint_img2stl.mesh.formats.text.BLOCK", size)
        facts = measure(opened(tmp_path, "x.obj", "o a\n" + BOX).mesh)
        assert facts.volume == 6000 and facts.watertight


def test_polygons(tmp_path):
    """A box of quadrilaterals, one of them written from every corner; an L as a prism."""
    points = "".join(f"v {x} {y} {z}\n" for z in (0, 3) for y in (0, 2) for x in (0, 1))
    quads = "f 1 3 4 2\nf 5 6 8 7\nf 1 2 6 5\nf 2 4 8 6\nf 4 3 7 8\nf 3 1 5 7\n"
    facts = measure(opened(tmp_path, "x.obj", points + quads).mesh)
    assert facts.triangles == 12 and facts.watertight and facts.volume == pytest.approx(6)
    outline = [(0, 0), (3, 0), (3, 1), (1, 1), (1, 3), (0, 3)]
    for turn in range(6):
        text = "".join(f"v {x} {y} {z}\n" for z in (0, 2) for x, y in outline)
        order = [(turn + k) % 6 + 1 for k in range(6)]
        text += "f " + " ".join(str(k + 6) for k in order) + "\n"
        text += "f " + " ".join(str(k) for k in reversed(order)) + "\n"
        for k in range(6):
            a, b = k + 1, (k + 1) % 6 + 1
            text += f"f {a} {b} {b + 6} {a + 6}\n"
        facts = measure(opened(tmp_path, "x.obj", text).mesh)
        assert facts.watertight and facts.winding_ok
        assert facts.volume == pytest.approx(10)
        assert facts.area == pytest.approx(2 * 5 + 2 * 12)  # nothing folded over


def test_a_dart_is_cut_along_the_diagonal_within_it(tmp_path):
    dart = [(0, 0), (4, 0), (1, 1), (0, 4)]
    for turn in range(4):
        text = "".join(f"v {x} {y} 0\n" for x, y in dart)
        text += "f " + " ".join(str((turn + k) % 4 + 1) for k in range(4)) + "\n"
        assert measure(opened(tmp_path, "x.obj", text).mesh).area == pytest.approx(4)


def test_colours_of_points(tmp_path):
    text = "".join(line + " 1 0 0.5\n" for line in TETRA.splitlines()) + FACES
    loaded = opened(tmp_path, "x.obj", text)
    assert loaded.colours.tolist() == [[255, 0, 128]] * 4
    assert loaded.colours.dtype == np.uint8


def test_no_other_file_is_read(tmp_path):
    (tmp_path / "secret.mtl").mkdir()  # opening it would fail
    assert opened(tmp_path, "x.obj", "mtllib secret.mtl\n" + BOX).mesh


BAD = {
    "missing corner": (TETRA + "f 1 2 5\n", "mesh.unreadable"),
    "corner 0": (TETRA + "f 0 1 2\n", "mesh.unreadable"),
    "too far back": (TETRA + "f -5 -1 -2\n", "mesh.unreadable"),
    "endless corner": (TETRA + "f 1 2 99999999999999999999\n", "mesh.unreadable"),
    "broken corner": (TETRA + "f 1 2 1.5\n", "mesh.unreadable"),
    "no corner": (TETRA + "f 1 2 //3\n", "mesh.unreadable"),
    "two corners": (TETRA + "f 1 2\n", "mesh.unreadable"),
    "two numbers": ("v 0 0\n" + TETRA + FACES, "mesh.unreadable"),
    "a word": (TETRA.replace("6", "six", 1) + FACES, "mesh.unreadable"),
    "nan": (TETRA.replace("6", "nan", 1) + FACES, "mesh.bad_coordinates"),
    "inf": (TETRA.replace("6", "1e39", 1) + FACES, "mesh.bad_coordinates"),
    "a point cloud": (TETRA, "mesh.point_cloud"),
    "lines": (TETRA + "l 1 2 3\n", "mesh.point_cloud"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(tmp_path, case):
    data, wanted = BAD[case]
    assert code(tmp_path, "x.obj", data) == wanted


def test_an_unused_point_may_be_anything(tmp_path):
    assert opened(tmp_path, "x.obj", TETRA + "v nan inf 0\n" + FACES).mesh


def test_too_many(tmp_path):
    assert code(tmp_path, "x.obj", BOX, max_triangles=11) == "mesh.too_big"
    assert opened(tmp_path, "x.obj", BOX, max_triangles=12).mesh
    fan = "".join(f"v {k} {k * k} 0\n" for k in range(30))
    fan += "f " + " ".join(str(k + 1) for k in range(30)) + "\n"
    assert code(tmp_path, "x.obj", fan, max_triangles=27) == "mesh.too_big"
    assert len(opened(tmp_path, "x.obj", fan, max_triangles=28).mesh.faces) == 28
