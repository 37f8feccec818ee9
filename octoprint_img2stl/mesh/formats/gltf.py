"""glTF 2.0, as one file: GLB, or JSON with its data within. Metres, y up.

Format: Khronos glTF 2.0 specification. Every announced size is held against the size of the
file before anything is allocated. Figures with bones stand as they are posed.
"""

from __future__ import annotations

import binascii
import json
import os
import re
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from ...problems import N_
from ..model import CHUNK
from ..refused import MeshRefused
from .colours import distinct, of_faces, to_bytes, to_linear, to_srgb
from .part import Part
from .raw import (
    Damaged,
    Raw,
    external,
    point_cloud,
    require_at_most,
    valid_faces,
)

MAGIC = b"glTF"
JSON_CHUNK, BIN_CHUNK = 0x4E4F534A, 0x004E4942
MAX_JSON_BYTES = (
    8 * 2**20
)  # some 20,000 parts; read into Python it may take 50 times that
MAX_TEXT_BYTES = 100 * 2**20  # of a .gltf with its data within
MAX_PLACED = 100_000  # nodes
MAX_READ_BYTES = 2 * 2**30  # by all parts together; they may share what lies in the file
TO_MM = 1000.0  # section 3.4: metres
Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
TRIANGLES, STRIP, FAN = 4, 5, 6
COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
COMPRESSED = {
    "KHR_draco_mesh_compression": "Draco",
    "EXT_meshopt_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
}
INSTANCES = "EXT_mesh_gpu_instancing"
# What JSON that is no glTF makes of our reading.
_ODD = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError)


def read_glb(file: BinaryIO, name: str, max_triangles: int) -> Raw:
    """Raises `Damaged`, `MeshRefused` (also `mesh.truncated`, `mesh.compressed` …)."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    magic, version, length = np.frombuffer(_exactly(file, 12), "<u4").tolist()
    if magic != int.from_bytes(MAGIC, "little"):
        raise Damaged("it does not begin with glTF")
    if version != 2:
        raise Damaged(f"glTF of version {version}, not 2")
    if length > size:
        raise MeshRefused(
            "mesh.truncated",
            N_(
                "%(name)s is cut short: it announces %(announced)s bytes and has "
                "%(size)s; copy or export it again."
            ),
            name=name,
            announced=length,
            size=size,
        )
    text, binary = b"", (0, 0)
    place = 12
    while place + 8 <= length:
        file.seek(place)
        chunk, kind = np.frombuffer(_exactly(file, 8), "<u4").tolist()
        if chunk > length - place - 8:
            raise Damaged("a piece that is longer than the file")
        if kind == JSON_CHUNK and not text:
            if chunk > MAX_JSON_BYTES:
                raise _too_many_parts(name)
            text = _exactly(file, chunk)
        elif kind == BIN_CHUNK and not binary[1]:
            binary = place + 8, chunk
        place += 8 + chunk
        if chunk % 4 and not _is_chunk(file, place):
            place += -chunk % 4  # lengths count the padding, but not every program's do
    data = _Data(file, {0: binary}, {})
    return _read(text, data, name, max_triangles)


def _is_chunk(file: BinaryIO, place: int) -> bool:
    file.seek(place + 4)
    return int.from_bytes(file.read(4), "little") in (JSON_CHUNK, BIN_CHUNK)


_DATA_URI = re.compile(rb'"data:([^",]{0,100}),([A-Za-z0-9+/=\\\\]*)"')


def read_gltf(file: BinaryIO, name: str, max_triangles: int) -> Raw:
    """The same for the text form. Its data stays bytes, so that JSON has little to read."""
    text = file.read(MAX_TEXT_BYTES + 1)
    if len(text) > MAX_TEXT_BYTES:
        raise _too_many_parts(name)
    kept: dict[str, tuple[int, int]] = {}
    pieces, done = [], 0
    for match in _DATA_URI.finditer(text):
        key = f"data:{len(kept)}"
        kept[key] = match.span(2)
        pieces += [text[done : match.start()], b'"%s"' % key.encode()]
        done = match.end()
    pieces.append(text[done:])
    short = b"".join(pieces)
    if len(short) > MAX_JSON_BYTES:
        raise _too_many_parts(name)
    return _read(short, _Data(file, {}, kept), name, max_triangles)


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise Damaged("it ends before all that it announces")
    return data


def _too_many_parts(name: str) -> MeshRefused:
    return MeshRefused(
        "mesh.too_big",
        N_(
            "%(name)s describes too many parts; export the model as binary STL or as GLB."
        ),
        name=name,
    )


def _read(text: bytes, data: _Data, name: str, max_triangles: int) -> Raw:
    try:
        try:
            document = json.loads(text.decode("utf-8-sig"))
        except ValueError:  # of JSON or of UTF-8
            raise Damaged("its description is damaged") from None
        if not isinstance(document["asset"], dict):
            raise Damaged("it says nothing about itself")
        return _Scene(document, data, name, max_triangles).raw()
    except Damaged:
        raise
    except RecursionError:
        raise Damaged("nested too deep") from None
    except _ODD as error:
        raise Damaged("its description contradicts itself") from error


class _Data:
    """The bytes that accessors look into."""

    def __init__(
        self,
        file: BinaryIO,
        spans: dict[int, tuple[int, int]],
        kept: dict[str, tuple[int, int]],
    ) -> None:
        """
        Args:
            spans: buffer → where its bytes lie in the file and how many there are.
            kept: name of data in the text → where its base64 lies in the file.
        """
        self._file = file
        self._spans = spans
        self._kept = kept
        self._decoded: dict[str, bytes] = {}

    def bytes(self, buffers: list[dict], index: int, start: int, count: int, name: str):
        """So many bytes of a buffer, as far as it and the file have them."""
        buffer = buffers[index]
        uri = buffer.get("uri")
        if start < 0 or count < 0 or start + count > _whole(buffer, "byteLength"):
            raise Damaged("data beyond the end of its buffer")
        if uri is None:
            place, length = self._spans.get(index, (0, 0))
            if start + count > length:
                raise Damaged("it announces more data than there is")
            self._file.seek(place + start)
            return _exactly(self._file, count)
        if uri not in self._kept:
            other = "data" if str(uri)[:5] == "data:" else os.path.basename(str(uri))
            raise external(name, other, "GLB")
        if uri not in self._decoded:
            first, last = self._kept[uri]
            self._file.seek(first)
            self._decoded[uri] = binascii.a2b_base64(_exactly(self._file, last - first))
        found = self._decoded[uri][start : start + count]
        if len(found) != count:
            raise Damaged("it announces more data than there is")
        return found


def _whole(thing: dict, key: str, default: int | None = None) -> int:
    value = thing[key] if default is None else thing.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise Damaged(f"{key} is no number of things")
    return value


class _Scene:
    def __init__(
        self, document: dict, data: _Data, name: str, max_triangles: int
    ) -> None:
        self._document = document
        self._data = data
        self._name = name
        self._max_triangles = max_triangles
        self._nodes: list[dict] = document.get("nodes", [])
        self._worlds: dict[int, np.ndarray] = {}
        self._made: dict[int, list] = {}
        self._loaded = 0  # triangles of all meshes
        self._read_bytes = 0
        self._other_modes = False

    def raw(self) -> Raw:
        required = set(self._document.get("extensionsRequired", ()))
        for extension, compression in COMPRESSED.items():
            if extension in required:
                raise self._compressed(compression)
        if INSTANCES in required:
            raise Damaged("copies by " + INSTANCES)
        order = self._walk()
        points, faces, colours = [], [], []
        total = placed = 0
        tinted = False
        for node, mesh in order:
            for local, index, tint, joints in self._mesh(mesh):
                placed += len(index)
                require_at_most(placed, self._name, self._max_triangles)
                matrix = self._worlds.get(node, np.eye(4))
                skin = self._nodes[node].get("skin") if node >= 0 else None
                with np.errstate(all="ignore"):  # not finite is refused by the caller
                    if skin is not None and joints is not None:
                        local = self._posed(local, joints, skin)
                        matrix = np.eye(4)
                    points.append(_placed(TO_MM * Z_UP @ matrix, local))
                    flipped = np.linalg.det(matrix[:3, :3]) < 0
                if flipped:  # a mirroring placement turns the faces inside out
                    index = index[:, ::-1]
                faces.append(index + np.int32(total))
                total += len(local)
                tinted = tinted or tint is not None
                colours.append(
                    np.full((len(index), 3), 255, np.uint8) if tint is None else tint
                )
        if not faces:
            if self._other_modes:
                raise point_cloud(self._name)
            return Raw(np.empty((0, 3), np.float32), np.empty((0, 3), np.int32))
        return Raw(
            np.concatenate(points),
            np.concatenate(faces),
            unit="m",
            up="z",
            parts=len(order),
            colours=np.concatenate(colours) if tinted else None,
        )

    def _compressed(self, compression: str) -> MeshRefused:
        return MeshRefused(
            "mesh.compressed",
            N_(
                "%(name)s is packed with %(compression)s, which cannot be read here; "
                "export the model without compression."
            ),
            name=self._name,
            compression=compression,
        )

    # ---- nodes

    def _walk(self) -> list[tuple[int, int]]:
        """(node, mesh) of all that stands in the scene; sets where nodes are."""
        nodes, scenes = self._nodes, self._document.get("scenes", [])
        if scenes:
            roots = scenes[_whole(self._document, "scene", 0)].get("nodes", [])
        else:
            below = {child for node in nodes for child in node.get("children", ())}
            roots = [index for index in range(len(nodes)) if index not in below]
        if not nodes:  # a library of meshes
            return [(-1, mesh) for mesh in range(len(self._document.get("meshes", [])))]
        found = []
        waiting = [(_node(root, nodes), np.eye(4)) for root in reversed(roots)]
        visits = 0
        while waiting:
            index, parent = waiting.pop()
            visits += 1
            if visits > MAX_PLACED:
                raise Damaged("nodes without end")
            if index in self._worlds:
                raise Damaged("a node that stands in two places")
            node = nodes[index]
            with np.errstate(all="ignore"):
                self._worlds[index] = parent @ _local(node)
            if "mesh" in node:
                if INSTANCES in node.get("extensions", {}):
                    raise Damaged("copies by " + INSTANCES)
                found.append((index, _whole(node, "mesh")))
            for child in reversed(node.get("children", ())):
                waiting.append((_node(child, nodes), self._worlds[index]))
        return found

    def _posed(self, points: np.ndarray, joints, skin_index: int) -> np.ndarray:
        """Points moved by their bones (section 3.7.3.3); where the node stands is nothing."""
        skin = self._document["skins"][skin_index]
        bones = [_node(each, self._nodes) for each in skin["joints"]]
        matrices = np.array([self._worlds.get(bone, np.eye(4)) for bone in bones])
        if "inverseBindMatrices" in skin:
            inverse = self._accessor(_whole(skin, "inverseBindMatrices"), "MAT4")
            if len(inverse) < len(bones):
                raise Damaged("bones without a place")
            inverse = inverse[: len(bones)].reshape(-1, 4, 4).transpose(0, 2, 1)
            matrices = matrices @ inverse.astype(np.float64)
        index, weights = joints
        if len(index) and index.max() >= len(bones):
            raise Damaged("a bone that does not exist")
        posed = np.zeros((len(points), 3))
        for start in range(0, len(points), CHUNK):
            some = slice(start, start + CHUNK)
            for slot in range(4):
                at = matrices[index[some, slot]]
                moved = (
                    np.einsum("nij,nj->ni", at[:, :3, :3], points[some]) + at[:, :3, 3]
                )
                posed[some] += weights[some, slot, None] * moved
        return posed

    # ---- meshes

    def _mesh(self, index: int) -> list:
        """(points, faces, colours of faces, (bones, weights)) of each primitive."""
        if index not in self._made:
            primitives = self._document["meshes"][index]["primitives"]
            made = [self._primitive(each) for each in primitives]
            self._made[index] = [each for each in made if each is not None]
        return self._made[index]

    def _primitive(self, primitive: dict):
        for extension in primitive.get("extensions", {}):
            if extension in COMPRESSED:
                raise self._compressed(COMPRESSED[extension])
        mode = _whole(primitive, "mode", TRIANGLES)
        attributes = primitive["attributes"]
        if mode not in (TRIANGLES, STRIP, FAN) or "POSITION" not in attributes:
            self._other_modes = True
            return None
        points = self._accessor(_whole(attributes, "POSITION"), "VEC3")
        if "indices" in primitive:
            index = self._accessor(_whole(primitive, "indices"), "SCALAR", whole=True)
            index = valid_faces(index.reshape(-1), len(points))
        else:
            index = np.arange(len(points), dtype=np.int32)
        faces = _triangles(index, mode)
        self._loaded += len(faces)
        require_at_most(self._loaded, self._name, self._max_triangles)
        joints = None
        if "JOINTS_0" in attributes and "WEIGHTS_0" in attributes:
            joints = (
                self._accessor(_whole(attributes, "JOINTS_0"), "VEC4", whole=True),
                self._accessor(_whole(attributes, "WEIGHTS_0"), "VEC4", scaled=True),
            )
            if any(len(each) != len(points) for each in joints):
                raise Damaged("bones of other points")
        tint = self._tint(primitive, faces, len(points))
        if len(points) > len(faces):  # parts often share one array of points
            used = np.unique(faces)
            faces = np.searchsorted(used, faces).astype(np.int32)
            points = points[used]
            joints = joints and tuple(each[used] for each in joints)
        return points, faces, tint, joints

    def _tint(self, primitive: dict, faces: np.ndarray, points: int) -> np.ndarray | None:
        factor = None
        if "material" in primitive:
            material = self._document["materials"][_whole(primitive, "material")]
            values = material.get("pbrMetallicRoughness", {}).get("baseColorFactor")
            if values is not None:
                factor = np.array([float(each) for each in values[:3]])
        colours = primitive["attributes"].get("COLOR_0")
        if colours is None:
            if factor is None or factor.shape != (3,):
                return None
            return np.tile(to_bytes(to_srgb(factor)), (len(faces), 1))
        values = self._accessor(colours, None, scaled=True)[:, :3]
        if len(values) != points or values.shape[1] != 3:
            raise Damaged("colours of other points")
        with np.errstate(all="ignore"):
            values = values if factor is None else values * factor
            return of_faces(to_bytes(to_srgb(values)), faces)

    # ---- accessors

    def _accessor(
        self, index: int, kind: str | None, *, whole: bool = False, scaled: bool = False
    ) -> np.ndarray:
        """(count, width) numbers as they are stored; bounded before they are read.

        Args:
            kind: what it has to be, None: anything.
            whole: has to hold whole numbers.
            scaled: whole numbers stand for 0 to 1.
        """
        accessor = self._document["accessors"][index]
        if kind not in (None, accessor["type"]):
            raise Damaged(f"{accessor['type']} where {kind} belongs")
        width = WIDTHS[accessor["type"]]
        dtype = np.dtype(COMPONENTS[accessor["componentType"]])
        if whole and dtype.kind != "u":
            raise Damaged("broken numbers of points")
        count = _whole(accessor, "count")
        if "bufferView" in accessor:
            offset = _whole(accessor, "byteOffset", 0)
            values = self._view(accessor["bufferView"], offset, count, width, dtype)
            require_at_most(count // 3, self._name, self._max_triangles)
        else:
            if width > 4:
                raise Damaged("matrices of nothing")
            require_at_most(count // 3, self._name, self._max_triangles)
            self._note_read(count * width * dtype.itemsize)
            values = np.zeros((count, width), dtype=dtype)
        if "sparse" in accessor:
            values = values.copy()
            self._put_sparse(accessor["sparse"], values)
        if dtype.kind != "f" and (scaled or accessor.get("normalized") is True):
            values = np.maximum(values / np.iinfo(dtype).max, -1.0)
        return values

    def _put_sparse(self, sparse: dict, values: np.ndarray) -> None:
        count = _whole(sparse, "count")
        if count > len(values):
            raise Damaged("more exceptions than values")
        indices, others = sparse["indices"], sparse["values"]
        kind = np.dtype(COMPONENTS[indices["componentType"]])
        if kind.kind != "u":
            raise Damaged("broken numbers of points")
        offset = _whole(indices, "byteOffset", 0)
        where = self._view(indices["bufferView"], offset, count, 1, kind)[:, 0]
        if count and where.max() >= len(values):
            raise Damaged("an exception for a point that does not exist")
        offset = _whole(others, "byteOffset", 0)
        width = values.shape[1]
        values[where] = self._view(
            others["bufferView"], offset, count, width, values.dtype
        )

    def _view(self, index: int, offset: int, count: int, width: int, dtype: np.dtype):
        view = self._document["bufferViews"][index]
        for extension in view.get("extensions", {}):
            if extension in COMPRESSED:
                raise self._compressed(COMPRESSED[extension])
        item = width * dtype.itemsize
        stride = _whole(view, "byteStride", item) or item
        needed = stride * (count - 1) + item if count else 0
        if stride < item or offset + needed > _whole(view, "byteLength"):
            raise Damaged("data beyond the end of its view")
        self._note_read(needed)
        data = self._data.bytes(
            self._document["buffers"],
            _whole(view, "buffer"),
            _whole(view, "byteOffset", 0) + offset,
            needed,
            self._name,
        )
        return np.ndarray((count, width), dtype, data, strides=(stride, dtype.itemsize))

    def _note_read(self, count: int) -> None:
        self._read_bytes += count
        if self._read_bytes > MAX_READ_BYTES:
            raise _too_many_parts(self._name)


def _node(index: Any, nodes: list) -> int:
    if not isinstance(index, int) or not 0 <= index < len(nodes):
        raise Damaged("a node that does not exist")
    return index


def _local(node: dict) -> np.ndarray:
    """(4, 4) where a node stands within its parent."""
    if "matrix" in node:
        return np.array([float(each) for each in node["matrix"]]).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = (float(each) for each in node.get("rotation", (0, 0, 0, 1)))
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= [float(each) for each in node.get("scale", (1, 1, 1))]
    matrix[:3, 3] = [float(each) for each in node.get("translation", (0, 0, 0))]
    return matrix


def _placed(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points moved by a (4, 4) matrix, (P, 3) float32."""
    moved = np.empty((len(points), 3), dtype=np.float32)
    for start in range(0, len(points), CHUNK):
        some = slice(start, start + CHUNK)
        moved[some] = points[some] @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def _triangles(index: np.ndarray, mode: int) -> np.ndarray:
    """(F, 3) of a list, a strip or a fan of corners."""
    if mode == TRIANGLES:
        return index[: len(index) // 3 * 3].reshape(-1, 3)
    if len(index) < 3:
        return np.empty((0, 3), dtype=np.int32)
    if mode == FAN:
        first = np.broadcast_to(index[:1], (len(index) - 2,))
        return np.stack((first, index[1:-1], index[2:]), axis=1)
    faces = np.stack((index[:-2], index[1:-1], index[2:]), axis=1)
    faces[1::2] = faces[1::2][:, [1, 0, 2]]
    return faces


# ---- writing


def write_glb(file: BinaryIO, parts: Sequence[Part], title: str) -> None:
    """GLB in metres with y up, colours at the points.

    The points stay the millimetres they are, and each node's matrix makes metres of them:
    rounding them to metres would let some fall together.
    """
    views, accessors, meshes, nodes, blobs = [], [], [], [], []
    place = 0

    def add(rows: np.ndarray, target: int, **accessor: Any) -> int:
        nonlocal place
        data = np.ascontiguousarray(rows)
        views.append(
            {
                "buffer": 0,
                "byteOffset": place,
                "byteLength": data.nbytes,
                "target": target,
            }
        )
        accessors.append({"bufferView": len(views) - 1, "count": len(rows), **accessor})
        blobs.append(data)
        place += data.nbytes
        return len(accessors) - 1

    matrix = np.diag([1 / TO_MM, 1 / TO_MM, 1 / TO_MM, 1]) @ Z_UP.T
    for number, part in enumerate(parts, 1):
        points, faces, tints = _with_colours(part)
        attributes = {
            "POSITION": add(
                points.astype("<f4"),
                34962,
                componentType=5126,
                type="VEC3",
                min=points.min(axis=0).tolist(),
                max=points.max(axis=0).tolist(),
            )
        }
        if tints is not None:
            attributes["COLOR_0"] = add(
                tints, 34962, componentType=5123, type="VEC4", normalized=True
            )
        index = add(faces.astype("<u4").ravel(), 34963, componentType=5125, type="SCALAR")
        meshes.append({"primitives": [{"attributes": attributes, "indices": index}]})
        nodes.append(
            {
                "mesh": number - 1,
                "name": part.name or f"part {number}",
                "matrix": matrix.T.ravel().tolist(),
            }
        )
    document = {
        "asset": {"version": "2.0", "generator": "OctoPrint-Img2STL"},
        "scene": 0,
        "scenes": [
            {"nodes": list(range(len(nodes))), **({"name": title} if title else {})}
        ],
        "nodes": nodes,
        "meshes": meshes,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": place}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + place
    file.write(MAGIC + np.array([2, total], "<u4").tobytes())
    file.write(np.array([len(text), JSON_CHUNK], "<u4").tobytes() + text)
    file.write(np.array([place, BIN_CHUNK], "<u4").tobytes())
    for blob in blobs:
        file.write(blob.data)


def _with_colours(part: Part) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Points, faces and (P, 4) uint16 linear colours: a point once for each of its colours."""
    points, faces = part.mesh.vertices, part.mesh.faces
    if part.colours is None:
        return points, faces, None
    palette, which = distinct(part.face_colours())
    linear = np.rint(to_linear(palette / 255.0) * 65535).astype("<u2")
    linear = np.concatenate((linear, np.full((len(linear), 1), 65535, "<u2")), axis=1)
    keys = faces.astype(np.int64) * len(palette) + which[:, None]
    pairs, index = np.unique(keys, return_inverse=True)
    point, colour = np.divmod(pairs, len(palette))
    return points[point], index.reshape(-1, 3), linear[colour]
