"""What an endpoint sent: meshes by their content, and everything that is none."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octoprint_img2stl.solid3d import results
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind
from tests.fakes.glb import glb

MOST = 10 * 2**20
CORNERS = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))
FACES = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))


def binary_stl(header: bytes = b"a test", facets: int = 4) -> bytes:
    facet = struct.pack("<12fH", 0, 0, 1, *CORNERS[0], *CORNERS[1], *CORNERS[2], 0)
    return header.ljust(80, b" ") + struct.pack("<I", facets) + facet * facets


TEXT_STL = b"solid thing\n" + (
    b"facet normal 0 0 1\n outer loop\n  vertex 0 0 0\n  vertex 1 0 0\n  vertex 0 1 0\n"
    b" endloop\nendfacet\n" * 4
) + b"endsolid thing\n"  # fmt: skip
OBJ = (
    b"# made by a test\nmtllib x.mtl\no thing\n"
    + b"".join(b"v %d %d %d\n" % corner for corner in CORNERS)
    + b"".join(b"f %d %d %d\n" % tuple(n + 1 for n in face) for face in FACES)
)


def ply(kind: str = "ascii", faces: int = 4) -> bytes:
    head = (
        f"ply\nformat {kind} 1.0\ncomment x\nelement vertex 4\nproperty float x\n"
        f"property float y\nproperty float z\nelement face {faces}\n"
        "property list uchar int vertex_indices\nend_header\n"
    ).encode()
    if kind == "ascii":
        rows = [f"{x} {y} {z}" for x, y, z in CORNERS]
        rows += [f"3 {a} {b} {c}" for a, b, c in FACES[:faces]]
        return head + "\n".join(rows).encode()
    points = b"".join(struct.pack("<3f", *corner) for corner in CORNERS)
    return head + points + b"".join(struct.pack("<B3i", 3, *f) for f in FACES[:faces])


def threemf(name: str = "3D/3dmodel.model", model: bytes = b"<model/>" * 100) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr(name, model)
    return file.getvalue()


GOOD = {
    "glb": glb(),
    "stl": binary_stl(),
    "stl, colours": binary_stl(b"COLOR=\x01\x02\x03\xff"),
    "stl, solid in its header": binary_stl(b"solid but binary"),
    "stl, something after it": binary_stl() + b"\n",
    "stl, text": TEXT_STL,
    "obj": OBJ,
    "obj, no remarks": OBJ.partition(b"o thing\n")[2],
    "obj, windows": OBJ.replace(b"\n", b"\r\n"),
    "obj, many corners": b"v 0 0 0\n" * 200_000 + b"f 1 2 3\n",
    "ply, text": ply(),
    "ply, binary": ply("binary_little_endian"),
    "3mf": threemf(),
    "3mf, elsewhere": threemf("3D/other.MODEL"),
}


def take(data: bytes, folder: Path, **how) -> results.MeshFile:
    part = folder / "mesh.part"
    part.write_bytes(data)
    how.setdefault("max_bytes", MOST)
    try:
        return results.take_in(part, folder / "candidate-1", **how)
    finally:
        assert not part.exists()


@pytest.mark.parametrize("name", GOOD)
def test_meshes_are_taken(name, tmp_path):
    found = take(GOOD[name], tmp_path, up_axis="z", unit_hint="mm")
    expected = name.partition(",")[0]
    assert found.format == expected
    assert found.path == tmp_path / f"candidate-1.{expected}"
    assert found.path.read_bytes() == GOOD[name]
    assert found.size_bytes == len(GOOD[name])
    assert found.sha256 == hashlib.sha256(GOOD[name]).hexdigest()
    assert found.unit_hint == "mm"
    # GLB is y up whatever the endpoint says (glTF 2.0, section 3.4).
    assert found.up_axis == ("y" if expected == "glb" else "z")


def refusal(data: bytes, folder: Path, **how) -> DriverFailed:
    with pytest.raises(DriverFailed) as caught:
        take(data, folder, **how)
    assert caught.value.kind is ErrorKind.BAD_RESULT
    assert list(folder.iterdir()) == []
    return caught.value


@pytest.mark.parametrize(
    "data, what",
    [
        (b"<!DOCTYPE html><html>", "page"),
        (b"\xef\xbb\xbf\n <HTML>", "page"),
        (b"<?xml version='1.0'?><Error/>", "page"),
        (b'{"status": "processing"}', "json"),
        (b"[]", "json"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "picture"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "picture"),
        (b"Kaydara FBX Binary  \x00", "fbx"),
        (b"\x1f\x8b\x08" + bytes(50), "archive"),
        (threemf("readme.txt"), "package"),
        (b"Internal Server Error", "unknown"),
        (b"solid words are no mesh\n", "unknown"),
        (bytes(1000), "unknown"),
        (b"glTF\x01\x00\x00\x00" + struct.pack("<I", 20) + bytes(8), "old_gltf"),
        (glb().replace(b"JSON", b"XXXX"), "unknown"),
        (b"v 0 0 0\n" * 100, "points"),
        (ply("binary_little_endian", 0), "points"),
        (b"f\n", "unknown"),
    ],
)
def test_what_is_no_mesh_is_said(data, what, tmp_path):
    found = refusal(data, tmp_path)
    assert found.code == "solid.no_mesh"
    assert found.problem.values["what"] == what


CUT = {
    "glb": GOOD["glb"][:-1],
    "glb, its header alone": GOOD["glb"][:12],
    "glb, four bytes": b"glTF",
    "stl": GOOD["stl"][:-30],
    "stl, text": TEXT_STL[:-40],
    "ply": ply("binary_little_endian")[:-60],
    "ply, its header alone": ply()[:60],
    "3mf": GOOD["3mf"][:-5],
    "3mf, half": GOOD["3mf"][:100],
}


@pytest.mark.parametrize("name", CUT)
def test_half_a_mesh_is_not_taken(name, tmp_path):
    assert refusal(CUT[name], tmp_path).code == "solid.cut_short"


def test_an_empty_file(tmp_path):
    assert refusal(b"", tmp_path).code == "solid.empty"


def test_sizes_that_are_claimed(tmp_path):
    claims = b"glTF\x02\x00\x00\x00" + struct.pack("<I", 2**32 - 1) + glb()[12:]
    assert refusal(claims, tmp_path).code == "solid.mesh_too_large"
    assert refusal(glb(), tmp_path, max_bytes=100).code == "solid.mesh_too_large"
    inner = glb()
    bad_chunk = inner[:12] + struct.pack("<I", 2**31) + inner[16:]
    assert refusal(bad_chunk, tmp_path).code == "solid.cut_short"


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    bomb = threemf(model=bytes(45 * 2**20))
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        found = refusal(bomb, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.code == "solid.mesh_too_large" and peak < 2**20
    take(bomb, tmp_path, max_bytes=20 * 2**20)


def test_a_zip_with_a_directory_of_its_own_size(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for number in range(6000):
            package.writestr(f"{number}.model", "x")
    found = refusal(file.getvalue(), tmp_path)
    assert found.problem.values["what"] == "package"


def test_a_3mf_that_says_its_sizes_the_long_way(tmp_path):
    """As programs write them that do not know the sizes beforehand (zip64)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        with package.open("3D/3dmodel.model", "w", force_zip64=True) as model:
            model.write(b"<model/>")
    data = file.getvalue()
    end = data.rfind(b"PK\x05\x06")
    entries, length, place = struct.unpack_from("<HII", data, end + 10)
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, length, place
    )
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    long = data[:end] + record + locator + data[end:]
    assert take(long, tmp_path).format == "3mf"
    wrong = (
        data[:end] + record + struct.pack("<4sIQI", b"PK\6\7", 0, 2**63, 1) + data[end:]
    )
    (tmp_path / "candidate-1.3mf").unlink()
    assert refusal(wrong, tmp_path).code == "solid.cut_short"


@given(st.sampled_from(sorted(GOOD)), st.data())
@settings(max_examples=150, deadline=None)
def test_damage_is_refused_or_still_a_mesh(tmp_path_factory, name, data):
    folder = tmp_path_factory.mktemp("damage")
    whole = bytearray(GOOD[name][:20_000])
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        take(bytes(whole[: data.draw(st.integers(0, len(whole)))]), folder)
    except DriverFailed as failure:
        assert failure.kind is ErrorKind.BAD_RESULT
        assert list(folder.iterdir()) == []


@given(st.binary(max_size=500))
@settings(max_examples=200, deadline=None)
def test_any_bytes(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("bytes")
    try:
        take(data, folder)
    except DriverFailed:
        assert list(folder.iterdir()) == []


# -- where it is ---------------------------------------------------------------------------

GLB_URI = "data:application/octet-stream;base64," + base64.b64encode(glb()).decode()
ANSWERS = [
    ({"model_mesh": {"url": "https://a/b/mesh.glb", "content_type": "x"}}, "https://a/b/mesh.glb"),
    ({"output": ["https://a/x.png", "https://a/x.obj", "https://a/x.glb"]}, "https://a/x.glb"),
    ({"model_urls": {"fbx": "https://a/x.fbx", "glb": "https://a/x.glb?Expires=1&Sig=a.b"}},
     "https://a/x.glb?Expires=1&Sig=a.b"),
    ({"model_urls": {"glb": "https://a/signed", "thumbnail": "https://a/thumb"}}, "https://a/signed"),
    ({"data": [{"value": {"path": "/tmp/gradio/ab/white_mesh.glb"}, "__type__": "update"}]},
     "/tmp/gradio/ab/white_mesh.glb"),
    ({"images": [{"filename": "C_1_.png"}], "3d": [{"filename": "mesh_1_.glb"}]}, "mesh_1_.glb"),
    ({"preview_model": "https://a/preview.glb", "result": "https://a/final.glb"}, "https://a/final.glb"),
    ({"file": {"url": "https://a/files/17", "file_name": "thing.stl"}}, "https://a/files/17"),
    ({"model": {"url": "https://a/files/17", "content_type": "model/gltf-binary"}}, "https://a/files/17"),
    ({"output": GLB_URI}, GLB_URI),
    ({"output": {"mesh": "https://a/files/17"}}, "https://a/files/17"),
    ({"image": "https://a/in.png", "status_url": "https://a/status"}, None),
    ({"output": {"url": "https://a/in.png"}}, None),
    ({"logs": "a long way " * 30 + "to /x/mesh.glb"}, None),
    ({"image_to_3d": {"model": {"url": "https://a/files/17"}}}, "https://a/files/17"),
    ({"output": "data:image/png;base64,AAAA"}, None),
    ("https://a/x.GLB", "https://a/x.GLB"),
    ("/output/x.obj", "/output/x.obj"),
    (None, None), (17, None), ([], None), ({"a": {"b": [[["c"]]]}}, None),
]  # fmt: skip


@pytest.mark.parametrize("answer, url", ANSWERS)
def test_finds_the_mesh_in_an_answer(answer, url):
    assert results.find_mesh_url(answer) == url


def test_finds_what_is_wanted_first():
    answer = {"a": "https://a/x.obj", "b": "https://a/x.stl"}
    assert results.find_mesh_url(answer, ("stl", "obj")) == "https://a/x.stl"
    assert results.find_mesh_url(answer, ("glb",)) is None


def test_the_search_ends():
    deep: object = "https://a/x.glb"
    for _ in range(5000):
        deep = {"model": [deep]}
    assert results.find_mesh_url(deep) is None
    wide = {"output": [{"x": ["y"] * 50}] * 50_000}
    assert results.find_mesh_url(wide) is None
    assert results.find_mesh_url({"url": "https://[bad/x.glb"}) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=40),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(max_size=10), inner, max_size=4)
        ),
        max_leaves=10,
    )
)
@settings(max_examples=50, deadline=None)
def test_any_json_is_searched(answer):
    found = results.find_mesh_url(answer)
    assert found is None or json.dumps(found)[1:-1] in json.dumps(answer)


# -- meshes within answers -----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        GLB_URI,
        "data:;base64," + base64.b64encode(glb()).decode(),
        "data:model/gltf-binary;name=x.glb;base64," + base64.b64encode(glb()).decode(),
        base64.b64encode(glb()).decode(),
        base64.encodebytes(glb()).decode(),
        base64.b64encode(glb()).decode().rstrip("="),
    ],
)
def test_saves_what_is_in_a_text(text, tmp_path):
    results.save_data_uri(text, tmp_path / "part", MOST)
    assert (tmp_path / "part").read_bytes() == glb()


@pytest.mark.parametrize(
    "text", ["data:text/plain,hello", "data:x;base64,@@@@", "Z2xUR!", "data:", "A"]
)
def test_text_that_is_none(text, tmp_path):
    with pytest.raises(DriverFailed) as caught:
        results.save_data_uri(text, tmp_path / "part", MOST)
    assert caught.value.code == "solid.no_mesh"
    assert list(tmp_path.iterdir()) == []


def test_a_long_text_is_decoded_piece_by_piece(tmp_path):
    text = base64.b64encode(bytes(9 * 2**20 + 1)).decode()
    tracemalloc.start()
    try:
        results.save_data_uri(text, tmp_path / "part", MOST)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "part").stat().st_size == 9 * 2**20 + 1 and peak < 6 * 2**20
    for most in (9 * 2**20, 1000):
        with pytest.raises(DriverFailed) as caught:
            results.save_data_uri(text, tmp_path / "part", most)
        assert caught.value.code == "solid.mesh_too_large"
        assert not (tmp_path / "part").exists()
