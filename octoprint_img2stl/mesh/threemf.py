"""3MF's geometry, read with the standard library.

trimesh's own reader needs lxml and networkx and leaves the unit to the caller; this one
needs neither, streams, and refuses document type declarations: no entity can grow.
Format: 3MF Core Specification 1.3, and the Production Extension's `path` on components.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from array import array
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

import numpy as np

from ..problems import N_
from .refused import MeshRefused
from .stl import require_at_most

UNITS = {
    "micron": 0.001,
    "millimeter": 1.0,
    "centimeter": 10.0,
    "inch": 25.4,
    "foot": 304.8,
    "meter": 1000.0,
}
MAX_PART_BYTES = 1500 * 2**20  # of all model files, unpacked
MAX_DEPTH = 16  # of components within components
READ_BYTES = 2**20
RELATIONS = "_rels/.rels"
MODEL_RELATION = "/3dmodel"  # how the type of the relation to the first model file ends
DEFAULT_MODEL = "3D/3dmodel.model"
IDENTITY = np.eye(4, 3)

# Where an object is to stand: model file or None for the same, object's id, 4x3 matrix.
_Place = tuple[str | None, str, np.ndarray]


@dataclass
class _Object:
    points: array = field(default_factory=lambda: array("d"))
    faces: array = field(default_factory=lambda: array("q"))
    components: list[_Place] = field(default_factory=list)


@dataclass
class _Part:
    """One model file of the package."""

    unit: float = 1.0
    objects: dict[str, _Object] = field(default_factory=dict)
    build: list[_Place] = field(default_factory=list)


def read_3mf(file: BinaryIO, name: str, max_triangles: int) -> np.ndarray:
    """All triangles to be built, in millimetres, (F, 3, 3) float32 (perhaps not finite).

    Raises:
        MeshRefused: `mesh.unreadable`, `mesh.too_big`.
    """
    try:
        with zipfile.ZipFile(file) as package:
            return _Package(package, name, max_triangles).corners()
    except _DAMAGED as error:
        raise MeshRefused(
            "mesh.unreadable",
            N_(
                "%(name)s cannot be read as %(format)s (%(reason)s); "
                "export it again, best as binary STL."
            ),
            name=name,
            format="3MF",
            reason=f"{type(error).__name__}: {error}"[:200],
        ) from error


_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    expat.ExpatError,
    KeyError,
    ValueError,
    OverflowError,
    EOFError,
    OSError,
    NotImplementedError,  # zipfile: a compression it does not know
    RuntimeError,  # zipfile: encrypted
)


class _Package:
    def __init__(self, package: zipfile.ZipFile, name: str, max_triangles: int) -> None:
        self._package = package
        self._name = name
        self._max_triangles = max_triangles
        self._parts: dict[str, _Part] = {}
        self._bytes = 0
        self._placed = 0
        self._found: list[np.ndarray] = []

    def corners(self) -> np.ndarray:
        root = self._root()
        for path, object_id, matrix in self._part(root).build:
            self._place(path or root, object_id, matrix, 0)
        if not self._found:
            return np.empty((0, 3, 3), dtype=np.float32)
        return np.concatenate(self._found)

    def _root(self) -> str:
        found = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if _local(tag) == "Relationship" and attributes.get("Type", "").endswith(
                MODEL_RELATION
            ):
                found.append(attributes["Target"].lstrip("/"))

        if RELATIONS in self._package.namelist():
            self._parse(RELATIONS, start)
        return found[0] if found else DEFAULT_MODEL

    def _part(self, path: str) -> _Part:
        if path not in self._parts:
            part = self._parts[path] = _Part()
            self._parse(path, _handler(part, self._name, self._max_triangles))
        return self._parts[path]

    def _parse(self, path: str, start) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with self._package.open(path) as stream:
            while data := stream.read(READ_BYTES):
                self._bytes += len(data)
                if self._bytes > MAX_PART_BYTES:
                    raise ValueError("unpacks to more than can be handled")
                parser.Parse(data)
            parser.Parse(b"", True)

    def _place(self, path: str, object_id: str, matrix: np.ndarray, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError("components nested too deep or within themselves")
        part = self._part(path)
        thing = part.objects[object_id]
        if thing.faces:
            points = np.frombuffer(thing.points, dtype=np.float64).reshape(-1, 3)
            faces = np.frombuffer(thing.faces, dtype=np.int64).reshape(-1, 3)
            if faces.min() < 0 or faces.max() >= len(points):
                raise ValueError("a triangle with a vertex that does not exist")
            self._placed += len(faces)
            require_at_most(self._placed, self._name, self._max_triangles)
            with np.errstate(all="ignore"):  # not finite is refused by the caller
                points = (points @ matrix[:3] + matrix[3]) * part.unit
                corners = points.astype(np.float32)[faces]
            # A mirroring placement turns the faces inside out.
            mirrored = np.linalg.det(matrix[:3]) < 0
            self._found.append(corners[:, ::-1] if mirrored else corners)
        for other, child_id, child in thing.components:
            combined = child @ matrix[:3]
            combined[3] += matrix[3]
            # Few bytes of components can ask for endless copies, even of nothing.
            self._placed += 1
            require_at_most(self._placed, self._name, self._max_triangles)
            self._place(other or path, child_id, combined, depth + 1)


def _handler(part: _Part, name: str, max_triangles: int):
    """What to do at each opening tag of a model file."""
    current = _Object()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal current
        tag = _local(tag)
        if tag == "vertex":
            current.points.extend(float(attributes[axis]) for axis in "xyz")
            # A closed mesh has fewer vertices than triangles; loose ones have three each.
            require_at_most(len(current.points) // 9, name, max_triangles)
        elif tag == "triangle":
            current.faces.extend(int(attributes[corner]) for corner in ("v1", "v2", "v3"))
            require_at_most(len(current.faces) // 3, name, max_triangles)
        elif tag == "object":
            current = part.objects[attributes["id"]] = _Object()
        elif tag == "component":
            current.components.append(_placement(attributes))
        elif tag == "item":
            part.build.append(_placement(attributes))
        elif tag == "model":
            part.unit = UNITS[attributes.get("unit", "millimeter")]

    return start


def _placement(attributes: dict[str, str]) -> _Place:
    matrix = IDENTITY
    if "transform" in attributes:
        numbers = [float(word) for word in attributes["transform"].split()]
        matrix = np.array(numbers, dtype=np.float64).reshape(4, 3)
    path = next(
        (value for key, value in attributes.items() if _local(key) == "path"), None
    )
    return path and path.lstrip("/"), attributes["objectid"], matrix


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _refuse_doctype(*_: object) -> None:
    raise ValueError("a document type declaration")
