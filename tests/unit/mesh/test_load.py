import io
import os
import struct
import zipfile

import numpy as np
import pytest
import trimesh

from octoprint_img2stl.mesh import MeshRefused
from octoprint_img2stl.mesh.load import load
from octoprint_img2stl.mesh.measure import measure
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
    "nothing.obj": (b"# only a comment\n", None),
    "garbage.ply": (b"ply\nformat binary_little_endian 1.0\nelement vertex 4000000000\n"
                    b"property float x\nend_header\n", None),
    "garbage.off": (b"OFF\n8 99999 0\n1 2 3\n", None),
    "garbage.glb": (b"glTF" + bytes(100), "mesh.unreadable"),
    "garbage.3mf": (b"PK\x03\x04" + bytes(100), "mesh.unreadable"),
    "renamed.3mf": (stl_bytes(box_corners()), "mesh.unreadable"),
    "model.step": (b"ISO-10303-21;", "mesh.unsupported_format"),
    "model": (b"x", "mesh.unsupported_format"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_sentence(tmp_path, name):
    data, code = BAD[name]
    found = refused(save(tmp_path, name, data))
    assert found == code if code else found in ("mesh.unreadable", "mesh.empty")


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
    monkeypatch.setattr("octoprint_img2stl.mesh.load.MAX_BYTES", 100)
    assert refused(save(tmp_path, "x.stl", stl_bytes(box_corners()))) == "mesh.too_big"


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


@pytest.mark.parametrize("kind", ["obj", "ply", "off"])
def test_formats_without_unit(tmp_path, kind):
    data = trimesh.creation.box(SIZE).export(file_type=kind)
    facts = measure(load(save(tmp_path, f"x.{kind}", data)))
    assert facts.size == SIZE
    assert facts.watertight and facts.volume == pytest.approx(6000)


def test_glb_is_in_metres_with_y_up(tmp_path):
    part = trimesh.creation.box((0.01, 0.03, 0.02))  # 30 mm tall in glTF's y
    part.apply_translation((0, 0, 0.1))  # towards the viewer
    mirror = np.diag([-1.0, 1, 1, 1])
    mirror[0, 3] = 0.05
    scene = trimesh.Scene()
    scene.add_geometry(part, node_name="one")
    scene.add_geometry(part, node_name="two", transform=mirror)
    facts = measure(load(save(tmp_path, "x.glb", scene.export(file_type="glb"))))
    assert facts.size == pytest.approx((60, 20, 30), abs=1e-3)
    assert facts.low[1] == pytest.approx(-110, abs=1e-3)
    assert facts.bodies == 2 and facts.closed
    assert facts.volume == pytest.approx(2 * 6000)


def test_glb_that_announces_endless_arrays(tmp_path):
    json = (
        b'{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],'
        b'"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],"accessors":[{"componentType"'
        b':5126,"count":4000000000000000,"type":"VEC3"}]}'
    )
    json += b" " * (-len(json) % 4)
    data = (
        struct.pack("<4sIIII", b"glTF", 2, 20 + len(json), len(json), 0x4E4F534A) + json
    )
    assert refused(save(tmp_path, "x.glb", data)) in ("mesh.too_big", "mesh.unreadable")


def test_obj_does_not_read_other_files(tmp_path):
    (tmp_path / "secret.mtl").mkdir()  # opening it would fail
    data = "mtllib secret.mtl\n" + trimesh.creation.box(SIZE).export(file_type="obj")
    assert measure(load(save(tmp_path, "x.obj", data))).size == SIZE


# ---- 3MF

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"


def mesh_xml(mesh) -> str:
    points = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in mesh.vertices)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in mesh.faces)
    return f"<mesh><vertices>{points}</vertices><triangles>{faces}</triangles></mesh>"


def model_xml(resources: str, build: str, unit="millimeter", before="") -> str:
    return (
        f'<?xml version="1.0"?>{before}'
        f'<model unit="{unit}" xmlns="{CORE}" xmlns:p="prod">'
        f"<resources>{resources}</resources><build>{build}</build></model>"
    )


def package(folder, **parts: str):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return save(folder, "x.3mf", data.getvalue())


OBJECT = f'<object id="1">{mesh_xml(box(SIZE))}</object>'
ITEM = '<item objectid="1"/>'


@pytest.mark.parametrize(
    ("unit", "factor"), [("millimeter", 1), ("inch", 25.4), ("meter", 1e3)]
)
def test_3mf_unit(tmp_path, unit, factor):
    path = package(tmp_path, **{"3D/3dmodel.model": model_xml(OBJECT, ITEM, unit)})
    facts = measure(load(path))
    assert facts.size == pytest.approx([side * factor for side in SIZE])
    assert facts.watertight and facts.volume == pytest.approx(6000 * factor**3)


def test_3mf_components_in_other_files_with_transforms(tmp_path):
    relations = (
        '<Relationships><Relationship Id="r" Target="/model/top.model" '
        'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
    )
    # A quarter turn about z, then 100 to the right; and a mirrored copy.
    resources = (
        '<object id="7"><components>'
        '<component objectid="1" p:path="/model/part.model" '
        'transform="0 1 0 -1 0 0 0 0 1 100 0 0"/>'
        '<component objectid="1" p:path="/model/part.model" '
        'transform="-1 0 0 0 1 0 0 0 1 0 0 0"/></components></object>'
    )
    item = '<item objectid="7" transform="1 0 0 0 1 0 0 0 1 0 0 5"/>'
    path = package(
        tmp_path,
        **{
            "_rels/.rels": relations,
            "model/top.model": model_xml(resources, item),
            "model/part.model": model_xml(OBJECT, ""),
        },
    )
    facts = measure(load(path))
    assert facts.low == pytest.approx((-10, 0, 5)) and facts.high == pytest.approx(
        (100, 20, 35)
    )
    assert facts.bodies == 2 and facts.closed and facts.volume == pytest.approx(12000)


def nested(levels: int) -> str:
    """Each object is ten times the one before: 10**levels in the end."""
    text = OBJECT
    for level in range(2, levels + 2):
        child = f'<component objectid="{level - 1}"/>'
        text += f'<object id="{level}"><components>{child * 10}</components></object>'
    return text


BAD_3MF = {
    "loop": (
        '<object id="1"><components><component objectid="1"/></components></object>',
        ITEM,
        "mesh.unreadable",
    ),
    "bomb": (nested(9), '<item objectid="10"/>', "mesh.too_big"),
    "empty bomb": (
        nested(9).replace(OBJECT, '<object id="1"/>'),
        '<item objectid="10"/>',
        "mesh.too_big",
    ),
    "missing object": (OBJECT, '<item objectid="9"/>', "mesh.unreadable"),
    "negative vertex": (OBJECT.replace('v1="0"', 'v1="-1"', 1), ITEM, "mesh.unreadable"),
    "no such vertex": (OBJECT.replace('v1="0"', 'v1="8"', 1), ITEM, "mesh.unreadable"),
    "word for a number": (
        OBJECT.replace('x="0.0"', 'x="zero"', 1),
        ITEM,
        "mesh.unreadable",
    ),
    "nan": (OBJECT.replace('x="0.0"', 'x="nan"', 1), ITEM, "mesh.bad_coordinates"),
    "short matrix": (OBJECT, '<item objectid="1" transform="1 0 0"/>', "mesh.unreadable"),
    "nothing to build": (OBJECT, "", "mesh.empty"),
}


@pytest.mark.parametrize("case", BAD_3MF)
def test_bad_3mf(tmp_path, case):
    resources, build, code = BAD_3MF[case]
    path = package(tmp_path, **{"3D/3dmodel.model": model_xml(resources, build)})
    assert refused(path, max_triangles=10_000) == code


def test_3mf_without_a_model_or_with_a_doctype(tmp_path):
    assert refused(package(tmp_path, readme="hello")) == "mesh.unreadable"
    declared = model_xml(OBJECT, ITEM, before='<!DOCTYPE model [<!ENTITY a "b">]>')
    assert (
        refused(package(tmp_path, **{"3D/3dmodel.model": declared})) == "mesh.unreadable"
    )


def test_3mf_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("octoprint_img2stl.mesh.threemf.MAX_PART_BYTES", 10_000)
    model = model_xml(OBJECT + " " * 20_000, ITEM)
    assert refused(package(tmp_path, **{"3D/3dmodel.model": model})) == "mesh.unreadable"


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
