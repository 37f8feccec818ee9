import io
import json
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
import trimesh
from PIL import Image

from octoprint_img2stl.mesh.formats.package import paint_code
from octoprint_img2stl.mesh.formats.part import Part
from octoprint_img2stl.mesh.formats.write import FORMATS, write
from octoprint_img2stl.mesh.load import load_any
from octoprint_img2stl.mesh.measure import measure
from octoprint_img2stl.mesh.model import Mesh, weld
from tests.unit.mesh.shapes import box, box_corners, relief

COLOURED = ("3mf", "ply", "glb")
PNG = io.BytesIO()
Image.new("RGB", (4, 4)).save(PNG, "PNG")


def awkward() -> Mesh:
    """A relief whose coordinates are no round numbers, some a float's breadth apart."""
    mesh = relief(25, 20, 0.37)
    moved = mesh.vertices * np.float32(1.2345678) + np.float32(100.1)
    moved[0] = np.nextafter(moved[1], moved[0])
    return weld(moved[mesh.faces])


@pytest.mark.parametrize("format", FORMATS)
def test_a_round_trip_keeps_every_number(tmp_path, format):
    mesh = awkward()
    path = tmp_path / f"x.{format}"
    write(mesh, path, format, name="a <b> & c\nd", picture_png=PNG.getvalue())
    loaded = load_any(path)
    assert np.array_equal(loaded.mesh.vertices, mesh.vertices)
    assert np.array_equal(loaded.mesh.faces, mesh.faces)
    assert loaded.notes == () and loaded.format == format and loaded.colours is None
    before, after = measure(mesh), measure(loaded.mesh)
    assert after.size == before.size and after.volume == before.volume
    assert after.watertight and after.winding_ok


@pytest.mark.parametrize("format", [each for each in FORMATS if each != "3mf"])
def test_other_programs_read_the_same(tmp_path, format):
    path = tmp_path / f"x.{format}"
    write(box((10, 20, 30), at=(1, 2, 3)), path, format)
    judge = trimesh.load(path, force="mesh")
    judge.merge_vertices()
    assert judge.is_volume
    if format == "glb":  # metres, y up
        assert judge.extents == pytest.approx((0.01, 0.03, 0.02))
        assert judge.bounds[0] == pytest.approx((0.001, 0.003, -0.022))
        judge.apply_scale(1000)
    else:
        assert judge.extents == pytest.approx((10, 20, 30))
    assert judge.volume == pytest.approx(6000)


@pytest.mark.parametrize("format", FORMATS)
def test_several_objects(tmp_path, format):
    parts = [
        Part(box(), 'one "and" more', np.array([255, 0, 0])),
        Part(box(at=(20, 0, 0))),
        box(at=(40, 0, 0)),
    ]
    path = tmp_path / f"x.{format}"
    write(parts, path, format)
    loaded = load_any(path)
    assert measure(loaded.mesh).bodies == 3
    assert measure(loaded.mesh).size == (50, 10, 10)
    assert loaded.parts == (3 if format in ("3mf", "obj", "glb") else 1)
    if format in COLOURED:
        red = (loaded.colours == (255, 0, 0)).all(axis=1)
        middle = loaded.mesh.vertices[loaded.mesh.faces].mean(axis=1)
        assert np.array_equal(red, middle[:, 0] < 15)


@pytest.mark.parametrize("format", COLOURED)
@pytest.mark.parametrize("count", [3, 40])
def test_colours_of_faces(tmp_path, format, count):
    mesh = awkward()
    rng = np.random.default_rng(2)
    palette = rng.integers(0, 256, (count, 3), dtype=np.uint8)
    colours = palette[rng.integers(0, count, len(mesh.faces))]
    path = tmp_path / f"x.{format}"
    write(mesh, path, format, colours=colours)
    loaded = load_any(path)
    assert np.array_equal(loaded.mesh.vertices, mesh.vertices)
    assert np.array_equal(loaded.colours, colours)


def test_colours_must_fit(tmp_path):
    with pytest.raises(ValueError, match="colours"):
        write(box(), tmp_path / "x.ply", "ply", colours=np.zeros((11, 3)))
    with pytest.raises(ValueError, match="unknown format"):
        write(box(), tmp_path / "x.step", "step")
    assert list(tmp_path.iterdir()) == []


def model_of(path) -> str:
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        return package.read("3D/3dmodel.model").decode()


def test_3mf_says_all_it_should(tmp_path):
    path = tmp_path / "x.3mf"
    colours = np.zeros((12, 3), np.uint8)
    colours[:4], colours[4:6] = (255, 0, 0), (0, 0, 255)
    write(box(), path, "3mf", name="A & B", picture_png=PNG.getvalue(), colours=colours)
    model = model_of(path)
    assert 'unit="millimeter"' in model and "A &amp; B" in model
    assert model.count("<m:color ") == 3 and "#FF0000FF" in model
    # Every triangle in both tongues: of the standard and of the slicers.
    assert model.count("paint_color=") == model.count("p1=") == 12
    with zipfile.ZipFile(path) as package:
        assert package.read("Metadata/thumbnail.png") == PNG.getvalue()
        relations = package.read("_rels/.rels").decode()
    assert "metadata/thumbnail" in relations and "/3D/3dmodel.model" in relations
    other = tmp_path / "y.3mf"
    write(box(), other, "3mf", name="A & B", picture_png=PNG.getvalue(), colours=colours)
    assert other.read_bytes() == path.read_bytes()


def test_3mf_without_colours_has_none(tmp_path):
    write(box(), tmp_path / "x.3mf", "3mf")
    assert "color" not in model_of(tmp_path / "x.3mf")


def test_paint_codes_are_those_of_the_slicers():
    codes = "4 8 0C 1C 2C 3C 4C 5C 6C 7C 8C 9C AC BC CC DC".split()
    assert [paint_code(filament) for filament in range(1, 17)] == codes


@pytest.mark.skipif(not shutil.which("prusa-slicer"), reason="needs PrusaSlicer")
def test_3mf_in_prusaslicer(tmp_path):
    mesh, colours = awkward(), None
    colours = np.zeros((len(mesh.faces), 3), np.uint8)
    colours[::2] = 200
    path = tmp_path / "x.3mf"
    parts = [Part(mesh, "one", colours), Part(box(at=(-50, 0, 0)), "two")]
    write(parts, path, "3mf", name="both", picture_png=PNG.getvalue())
    done = subprocess.run(
        ["prusa-slicer", "--info", str(path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    facts = [dict(_facts(each)) for each in done.stdout.split("[x.3mf]")[1:]]
    assert [each["manifold"] for each in facts] == ["yes", "yes"]
    size = [float(facts[0][f"size_{axis}"]) for axis in "xyz"]
    assert size == pytest.approx(measure(mesh).size, abs=1e-4)
    assert float(facts[0]["volume"]) == pytest.approx(measure(mesh).volume, rel=1e-4)
    assert float(facts[1]["volume"]) == pytest.approx(1000)


def _facts(text: str):
    for line in text.splitlines():
        name, mark, value = line.partition(" = ")
        if mark:
            yield name.strip(), value.strip()


def test_glb_is_metres_in_its_nodes_and_says_its_bounds(tmp_path):
    path = tmp_path / "x.glb"
    write(box((10, 20, 30)), path, "glb", name="box", colours=np.array([0, 128, 255]))
    data = path.read_bytes()
    length = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + length])
    assert int.from_bytes(data[8:12], "little") == len(data) and len(data) % 4 == 0
    positions = document["accessors"][0]
    assert positions["min"] == [0, 0, 0] and positions["max"] == [10, 20, 30]
    matrix = np.reshape(document["nodes"][0]["matrix"], (4, 4)).T
    assert matrix @ [1000, 2000, 3000, 1] == pytest.approx([1, 3, -2, 1])
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert (
            view["byteOffset"] + view["byteLength"]
            <= document["buffers"][0]["byteLength"]
        )


def test_stl_begins_with_no_word_that_misleads(tmp_path):
    path = tmp_path / "x.stl"
    write([box(), box(at=(20, 0, 0))], path, "stl")
    data = path.read_bytes()
    assert b"millimetres" in data[:80] and b"OctoPrint-Img2STL" in data[:80]
    assert not data[:80].lower().lstrip().startswith(b"solid")
    assert len(data) == 84 + 24 * 50


@pytest.mark.parametrize("format", FORMATS)
def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch, format):
    path = tmp_path / f"x.{format}"
    path.write_bytes(b"the old file")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError):
        write(weld(box_corners()), path, format)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"the old file"
