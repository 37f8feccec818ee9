import base64
import json
import struct

import numpy as np
import pytest
import trimesh

from octoprint_img2stl.mesh.measure import measure
from tests.unit.mesh.formats.reading import code, opened, refused

# A tetrahedron of 3 x 6 x 9 m in glTF's axes: 3 to the right, 6 up, 9 towards us.
POINTS = np.array([(0, 0, 0), (3, 0, 0), (0, 6, 0), (0, 0, 9)], dtype="<f4")
FACES = np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)], dtype="<u2")
VOLUME = 3 * 6 * 9 / 6 * 1e9
ARRAY, ELEMENTS = 0, 1


def document(**changes) -> dict:
    """Nodes and buffers; the buffers' data goes in with `glb` or `gltf`."""
    found = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": POINTS.nbytes},
            {"buffer": 0, "byteOffset": POINTS.nbytes, "byteLength": FACES.nbytes},
        ],
        "buffers": [{"byteLength": POINTS.nbytes + FACES.nbytes}],
    }
    found.update(changes)
    return found


DATA = POINTS.tobytes() + FACES.tobytes()


def glb(content: dict, data: bytes = DATA) -> bytes:
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    data += bytes(-len(data) % 4)
    total = 28 + len(text) + len(data)
    head = struct.pack("<4sIII", b"glTF", 2, total, len(text)) + b"JSON" + text
    return head + struct.pack("<I", len(data)) + b"BIN\0" + data


def gltf(content: dict, data: bytes = DATA) -> str:
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    return json.dumps({**content, "buffers": [{"byteLength": len(data), "uri": uri}]})


def added(content: dict, data: bytes, values: np.ndarray, kind: str, **more) -> bytes:
    """Append an accessor with these values to the document; the new data."""
    components = {"f4": 5126, "u1": 5121, "u2": 5123, "u4": 5125, "i1": 5120}
    view = {"buffer": 0, "byteOffset": len(data), "byteLength": values.nbytes}
    accessor = {
        "bufferView": len(content["bufferViews"]),
        "componentType": components[values.dtype.str[1:]],
        "count": len(values),
        "type": kind,
        **more,
    }
    content["bufferViews"].append(view)
    content["accessors"].append(accessor)
    data += values.tobytes()
    data += bytes(-len(data) % 4)
    content["buffers"] = [{"byteLength": len(data)}]
    return data


@pytest.mark.parametrize(("name", "pack"), [("x.glb", glb), ("x.gltf", gltf)])
def test_metres_and_y_up_become_millimetres_and_z_up(tmp_path, name, pack):
    loaded = opened(tmp_path, name, pack(document()))
    facts = measure(loaded.mesh)
    assert facts.low == (0, -9000, 0) and facts.high == (3000, 0, 6000)
    assert facts.watertight and facts.volume == pytest.approx(VOLUME)
    assert (loaded.format, loaded.unit, loaded.up, loaded.parts) == (
        name[2:], "m", "z", 1,
    )  # fmt: skip


def test_another_programs_scene_with_a_mirrored_copy(tmp_path):
    part = trimesh.creation.box((0.01, 0.03, 0.02))  # 30 mm tall in glTF's y
    part.apply_translation((0, 0, 0.1))  # towards the viewer
    mirror = np.diag([-1.0, 1, 1, 1])
    mirror[0, 3] = 0.05
    scene = trimesh.Scene()
    scene.add_geometry(part, node_name="one")
    scene.add_geometry(part, node_name="two", transform=mirror)
    loaded = opened(tmp_path, "x.glb", scene.export(file_type="glb"))
    facts = measure(loaded.mesh)
    assert facts.size == pytest.approx((60, 20, 30), abs=1e-3)
    assert facts.low[1] == pytest.approx(-110, abs=1e-3)
    assert facts.bodies == 2 and facts.closed and loaded.parts == 2
    assert facts.volume == pytest.approx(2 * 6000)


def test_nodes_turn_scale_and_move_what_is_below_them(tmp_path):
    half = np.sqrt(0.5)
    nodes = [
        {"children": [1], "translation": [10, 0, 0], "scale": [2, 2, 2]},
        {"mesh": 0, "rotation": [0, 0, half, half]},  # x goes up, y to the left
    ]
    facts = measure(opened(tmp_path, "x.glb", glb(document(nodes=nodes))).mesh)
    assert facts.low == pytest.approx((-2000, -18000, 0), abs=0.01)
    assert facts.high == pytest.approx((10000, 0, 6000), abs=0.01)
    assert facts.volume == pytest.approx(8 * VOLUME)


def test_only_the_shown_scene(tmp_path):
    nodes = [{"mesh": 0}, {"mesh": 0, "translation": [50, 0, 0]}]
    content = document(nodes=nodes, scenes=[{"nodes": [1]}, {"nodes": [0, 1]}])
    assert opened(tmp_path, "x.glb", glb(content)).parts == 1
    assert opened(tmp_path, "x.glb", glb({**content, "scene": 1})).parts == 2
    for key in ("scenes", "scene"):
        content.pop(key)
    assert opened(tmp_path, "x.glb", glb(content)).parts == 2


@pytest.mark.parametrize("mode", ["list", "strip", "fan", "no indices"])
def test_ways_to_write_triangles(tmp_path, mode):
    content, data = document(), DATA
    primitive = content["meshes"][0]["primitives"][0]
    if mode == "no indices":
        data = added(content, data, POINTS[FACES.ravel()], "VEC3")
        primitive["attributes"]["POSITION"] = 2
        del primitive["indices"]
    elif mode != "list":
        strip = {"strip": [0, 2, 1, 3, 0, 2], "fan": [3, 0, 1, 2, 0]}[mode]
        data = added(content, data, np.array(strip, dtype="<u4"), "SCALAR")
        primitive.update(indices=2, mode={"strip": 5, "fan": 6}[mode])
        if mode == "fan":  # three sides about the tip, and the floor
            content["meshes"][0]["primitives"].append(
                {"attributes": {"POSITION": 0}, "indices": 1}
            )
            data = added(content, data, FACES[:1].ravel(), "SCALAR")
            content["meshes"][0]["primitives"][1]["indices"] = 3
    facts = measure(opened(tmp_path, "x.glb", glb(content, data)).mesh)
    assert facts.triangles == 4 and facts.watertight and facts.winding_ok
    assert facts.volume == pytest.approx(VOLUME)


def test_interleaved_and_sparse(tmp_path):
    content = document()
    rows = np.zeros((4, 6), dtype="<f4")
    rows[:, :3] = POINTS
    rows[3, :3] = 77  # the exception says otherwise
    data = added(content, DATA, rows, "VEC3")
    content["bufferViews"][2]["byteStride"] = 24
    content["accessors"][2]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": 3, "componentType": 5121},
        "values": {"bufferView": 4},
    }
    data = added(content, data, np.array([3], dtype="u1"), "SCALAR")
    data = added(content, data, POINTS[3:], "VEC3")
    content["meshes"][0]["primitives"][0]["attributes"]["POSITION"] = 2
    assert measure(opened(tmp_path, "x.glb", glb(content, data)).mesh).volume == (
        pytest.approx(VOLUME)
    )


def test_quantized_positions(tmp_path):
    content = document(extensionsRequired=["KHR_mesh_quantization"])
    data = added(content, DATA, POINTS.astype("u1"), "VEC3")
    content["meshes"][0]["primitives"][0]["attributes"]["POSITION"] = 2
    assert measure(opened(tmp_path, "x.glb", glb(content, data)).mesh).volume == (
        pytest.approx(VOLUME)
    )


def test_a_posed_figure(tmp_path):
    """The bones decide, and where the node of the figure stands does not."""
    nodes = [
        {"mesh": 0, "skin": 0, "translation": [500, 0, 0]},
        {"scale": [2, 2, 2]},
        {"translation": [0, 0, 5]},
    ]
    content = document(nodes=nodes, scenes=[{"nodes": [0, 1, 2]}])
    content["skins"] = [{"joints": [1, 2]}]
    joints = np.zeros((4, 4), dtype="u1")
    joints[:, 1] = 1
    data = added(content, DATA, joints, "VEC4")
    weights = np.tile(np.array([1, 0, 0, 0], dtype="<f4"), (4, 1))
    data = added(content, data, weights, "VEC4")
    primitive = content["meshes"][0]["primitives"][0]
    primitive["attributes"].update(JOINTS_0=2, WEIGHTS_0=3)
    facts = measure(opened(tmp_path, "x.glb", glb(content, data)).mesh)
    assert facts.size == (6000, 18000, 12000) and facts.low[0] == 0


def test_colours(tmp_path):
    content = document(
        materials=[{"pbrMetallicRoughness": {"baseColorFactor": [1, 0.2158605, 0, 1]}}]
    )
    assert opened(tmp_path, "x.glb", glb(content)).colours is None
    primitive = content["meshes"][0]["primitives"][0]
    primitive["material"] = 0
    # 0.2158605 is half the signal: colours in glTF are linear light.
    assert opened(tmp_path, "x.glb", glb(content)).colours.tolist() == [[255, 128, 0]] * 4
    tints = np.tile(np.array([0, 255, 255, 255], dtype="u1"), (4, 1))
    data = added(content, DATA, tints, "VEC4", normalized=True)
    primitive["attributes"]["COLOR_0"] = 2
    loaded = opened(tmp_path, "x.glb", glb(content, data))
    assert loaded.colours.tolist() == [[0, 128, 0]] * 4


# ---- what is refused


def test_what_announces_more_than_there_is(tmp_path):
    whole = glb(document())
    longer = whole[:8] + struct.pack("<I", 4_000_000_000) + whole[12:]
    error = refused(tmp_path, "x.glb", longer)
    assert error.code == "mesh.truncated" and "4000000000" in str(error)
    assert code(tmp_path, "x.glb", whole[:-8]) == "mesh.truncated"
    chunk = whole[:12] + struct.pack("<I", 2**32 - 1) + whole[16:]
    assert code(tmp_path, "x.glb", chunk) == "mesh.unreadable"
    for count, of_nothing in ((2**20, "mesh.empty"), (4 * 10**15, "mesh.too_big")):
        content = document()
        content["accessors"][0]["count"] = count
        assert code(tmp_path, "x.glb", glb(content)) == "mesh.unreadable"
        del content["accessors"][0]["bufferView"]  # by the format all zero then
        assert code(tmp_path, "x.glb", glb(content)) == of_nothing
        content = document()
        content["bufferViews"][0]["byteLength"] = count * 100
        content["buffers"][0]["byteLength"] = count * 1000
        content["accessors"][0]["count"] = count
        assert code(tmp_path, "x.glb", glb(content)) == "mesh.unreadable"
        assert code(tmp_path, "x.gltf", gltf(content)) == "mesh.unreadable"


@pytest.mark.parametrize(
    ("extension", "where", "word"),
    [
        ("KHR_draco_mesh_compression", "primitive", "Draco"),
        ("KHR_draco_mesh_compression", "required", "Draco"),
        ("EXT_meshopt_compression", "view", "meshopt"),
        ("EXT_meshopt_compression", "required", "meshopt"),
    ],
)
def test_compression_is_named(tmp_path, extension, where, word):
    content = document()
    if where == "primitive":
        content["meshes"][0]["primitives"][0]["extensions"] = {extension: {}}
    elif where == "view":
        content["bufferViews"][0]["extensions"] = {extension: {}}
    else:
        content["extensionsRequired"] = [extension]
    error = refused(tmp_path, "x.glb", glb(content))
    assert error.code == "mesh.compressed"
    assert word in str(error) and "without compression" in str(error)


def test_data_in_another_file(tmp_path):
    (tmp_path / "x.bin").write_bytes(DATA)
    content = document(buffers=[{"byteLength": len(DATA), "uri": "x.bin"}])
    for name, data in (("x.gltf", json.dumps(content)), ("x.glb", glb(content))):
        error = refused(tmp_path, name, data)
        assert error.code == "mesh.external_file"
        assert "x.bin" in str(error) and "GLB" in str(error)
    content["buffers"][0]["uri"] = "file:///etc/passwd"
    assert code(tmp_path, "x.gltf", json.dumps(content)) == "mesh.external_file"


def test_lines_and_points_are_no_surface(tmp_path):
    content = document()
    content["meshes"][0]["primitives"][0]["mode"] = 0
    assert code(tmp_path, "x.glb", glb(content)) == "mesh.point_cloud"
    assert code(tmp_path, "x.glb", glb(document(nodes=[{}]))) == "mesh.empty"


NAN = float("nan")
ODD = {
    "a node within itself": {"nodes": [{"mesh": 0, "children": [0]}]},
    "a node twice": {"nodes": [{"mesh": 0}], "scenes": [{"nodes": [0, 0]}]},
    "no such node": {"scenes": [{"nodes": [7]}]},
    "node -1": {"scenes": [{"nodes": [-1]}]},
    "no such mesh": {"nodes": [{"mesh": 7}]},
    "half a matrix": {"nodes": [{"mesh": 0, "matrix": [1, 0, 0]}]},
    "a matrix of words": {"nodes": [{"mesh": 0, "matrix": ["a"] * 16}]},
    "nodes are words": {"nodes": "many"},
    "no accessors": {"accessors": []},
    "no asset": {"asset": None},
    "copies": {"nodes": [{"mesh": 0, "extensions": {"EXT_mesh_gpu_instancing": {}}}]},
}


@pytest.mark.parametrize("case", ODD)
def test_odd_scenes(tmp_path, case):
    assert code(tmp_path, "x.glb", glb(document(**ODD[case]))) == "mesh.unreadable"


@pytest.mark.parametrize("value", [NAN, float("inf"), 1e308])
def test_transforms_that_are_not_finite(tmp_path, value):
    nodes = [{"mesh": 0, "translation": [value, 0, 0]}]
    assert code(tmp_path, "x.glb", glb(document(nodes=nodes))) == "mesh.bad_coordinates"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("type", "VEC4"),
        ("componentType", 5),
        ("count", -1),
        ("count", 2.5),
        ("byteOffset", 4),
    ],
)
def test_odd_accessors(tmp_path, key, value):
    content = document()
    content["accessors"][0][key] = value
    assert code(tmp_path, "x.glb", glb(content)) == "mesh.unreadable"


def test_a_corner_that_does_not_exist(tmp_path):
    content, data = document(), POINTS.tobytes() + (FACES + 1).tobytes()
    assert code(tmp_path, "x.glb", glb(content, data)) == "mesh.unreadable"


def test_few_bytes_that_ask_for_endless_triangles(tmp_path):
    content = document(nodes=[{"mesh": 0}] * 30, scenes=[{"nodes": list(range(30))}])
    assert code(tmp_path, "x.glb", glb(content), max_triangles=119) == "mesh.too_big"
    assert opened(tmp_path, "x.glb", glb(content), max_triangles=120).parts == 30
    primitive = {"attributes": {"POSITION": 0}, "indices": 1}
    content = document(meshes=[{"primitives": [primitive] * 30}])
    assert code(tmp_path, "x.glb", glb(content), max_triangles=119) == "mesh.too_big"


def test_json_that_would_fill_the_memory(tmp_path):
    text = b'{"asset":{"version":"2.0"},"extras":[' + b"[]," * 3_000_000 + b"0]}"
    head = struct.pack("<4sIII", b"glTF", 2, 20 + len(text), len(text)) + b"JSON"
    assert code(tmp_path, "x.glb", head + text) == "mesh.too_big"
    assert code(tmp_path, "x.gltf", text) == "mesh.too_big"
    deep = b'{"asset":{"version":"2.0"},"extras":' + b"[" * 100_000
    assert code(tmp_path, "x.gltf", deep) == "mesh.unreadable"


@pytest.mark.parametrize("padded", [False, True], ids=["counted", "not counted"])
def test_pieces_whose_lengths_are_no_multiples_of_four(tmp_path, padded):
    """glTF 2.0, 4.4: lengths count the padding; files of others are read as well."""
    text = json.dumps(document()).encode()
    text += b" " * (-len(text) % 4 + 2)
    gap = b"  " if padded else b""
    total = 28 + len(text) + len(gap) + len(DATA)
    data = struct.pack("<4sIII", b"glTF", 2, total, len(text)) + b"JSON" + text + gap
    data += struct.pack("<I", len(DATA)) + b"BIN\0" + DATA
    assert measure(opened(tmp_path, "x.glb", data).mesh).volume == pytest.approx(VOLUME)
