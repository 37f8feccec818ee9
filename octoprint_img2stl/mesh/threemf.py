"""3MF's geometry and colours, read with the standard library.

Needs neither lxml nor networkx, streams, and refuses document type declarations: no entity
can grow. Format: 3MF Core Specification 1.3, the Production Extension's `path` on
components, and colours of the Materials and Properties Extension.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from array import array
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

import numpy as np

from .formats.raw import Damaged, Raw, external, require_at_most, valid_faces

# unit in the file → what we call it, millimetres
UNITS = {
    "micron": ("micron", 0.001),
    "millimeter": ("mm", 1.0),
    "centimeter": ("cm", 10.0),
    "inch": ("inch", 25.4),
    "foot": ("foot", 304.8),
    "meter": ("m", 1000.0),
}
MAX_PART_BYTES = 800 * 2**20  # of all model files, unpacked: 400 a triangle
MAX_TAG_BYTES = 4 * 2**20  # expat keeps a whole tag in memory
MAX_ENTRIES_BYTES = 2 * 2**20  # of the package's table of contents: some 20,000 files
MAX_THINGS = 200_000  # objects, components and items together
MAX_COLOURS = 200_000
MAX_DEPTH = 16  # of components within components
READ_BYTES = 2**18
RELATIONS = "_rels/.rels"
MODEL_RELATION = "/3dmodel"  # how the type of the relation to the first model file ends
DEFAULT_MODEL = "3D/3dmodel.model"
IDENTITY = np.eye(4, 3)
NOT_PRINTED = ("support", "solidsupport", "other")
NO_COLOUR = -1

# Where an object is to stand: model file or None for the same, object's id, 4x3 matrix.
_Place = tuple[str | None, str, np.ndarray]


@dataclass
class _Object:
    kind: str = "model"
    pid: str | None = None
    pindex: int = 0
    points: array = field(default_factory=lambda: array("f"))
    faces: array = field(default_factory=lambda: array("i"))
    tints: array | None = None  # colour of each face, once one had its own
    components: list[_Place] = field(default_factory=list)


@dataclass
class _Part:
    """One model file of the package. Colours are 0xRRGGBB, by group and place in it."""

    unit: str = "millimeter"
    objects: dict[str, _Object] = field(default_factory=dict)
    groups: dict[str, array] = field(default_factory=dict)
    build: list[_Place] = field(default_factory=list)

    def colour(self, group: str | None, place: int) -> int:
        colours = self.groups.get(group) if group else None
        if not colours or not 0 <= place < len(colours):
            return NO_COLOUR
        return colours[place]


def read_3mf(file: BinaryIO, name: str, max_triangles: int) -> Raw:
    """All triangles to be built, in millimetres.

    Raises:
        Damaged: it breaks the rules of 3MF.
        MeshRefused: `mesh.too_big`, `mesh.external_file`.
    """
    try:
        require_few_entries(file)
        with zipfile.ZipFile(file) as package:
            return _Package(package, name, max_triangles).raw()
    except _DAMAGED as error:
        if isinstance(error, Damaged):
            raise
        raise Damaged(f"{type(error).__name__}: {error}") from error


_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    KeyError,
    ValueError,
    OverflowError,
    EOFError,
    OSError,
    NotImplementedError,  # zipfile: a version it does not know
    RuntimeError,  # zipfile: encrypted
)


def require_few_entries(file: BinaryIO) -> None:
    """zipfile reads the whole table of contents, several hundred bytes for each file."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 22 - 2**16 - 76))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(b"PK\5\6")
    sizes = []
    if place >= 0:
        sizes.append(int.from_bytes(tail[place + 12 : place + 16], "little"))
    if place >= 20 and tail[place - 20 : place - 16] == b"PK\6\7":  # of ZIP64
        start = int.from_bytes(tail[place - 12 : place - 4], "little")
        # zipfile looks for the record both where it is said to be and right before.
        for at in (start, max(0, size - len(tail) + place - 20 - 56)):
            if at < size:
                file.seek(at)
                record = file.read(56)
                if record[:4] == b"PK\6\6":
                    sizes.append(int.from_bytes(record[40:48], "little"))
        file.seek(0)
        sizes = sizes[1:] or sizes
    if sizes and max(sizes) > MAX_ENTRIES_BYTES:
        raise Damaged("too many files in the package")


class _Package:
    def __init__(self, package: zipfile.ZipFile, name: str, max_triangles: int) -> None:
        self._package = package
        self._name = name
        self._max_triangles = max_triangles
        self._parts: dict[str, _Part] = {}
        self._bytes = 0
        self._things = 0  # opened so far, in all model files
        self._visits = 0
        self._placed = 0
        self._points: list[np.ndarray] = []
        self._faces: list[np.ndarray] = []
        self._tints: list[np.ndarray] = []
        self._total = 0

    def raw(self) -> Raw:
        root = self._root()
        part = self._part(root)
        for path, object_id, matrix in part.build:
            self._place(path or root, object_id, matrix, 0)
        unit, to_mm = UNITS[part.unit]
        if not self._faces:
            return Raw(
                np.empty((0, 3), np.float32), np.empty((0, 3), np.int32), unit, "z"
            )
        return Raw(
            np.concatenate(self._points),
            np.concatenate(self._faces),
            unit,
            "z",
            len(self._faces),
            self._colours(),
        )

    def _colours(self) -> np.ndarray | None:
        tints = np.concatenate(self._tints)
        if (tints == NO_COLOUR).all():
            return None
        tints[tints == NO_COLOUR] = 0xFFFFFF
        parts = [tints >> 16, tints >> 8 & 255, tints & 255]
        return np.stack(parts, axis=1).astype(np.uint8)

    def _root(self) -> str:
        found = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            kind = attributes.get("Type", "")
            if _local(tag) != "Relationship" or not kind.endswith(MODEL_RELATION):
                return
            target = attributes["Target"]
            if attributes.get("TargetMode") == "External" or "://" in target:
                raise external(self._name, target, "binary STL")
            found.append(posixpath.normpath("/" + target).lstrip("/"))

        if RELATIONS in self._package.namelist():
            self._parse(RELATIONS, start)
        return found[0] if found else DEFAULT_MODEL

    def _part(self, path: str) -> _Part:
        if path not in self._parts:
            part = self._parts[path] = _Part()
            self._parse(path, _handler(part, self._name, self._max_triangles, self))
        return self._parts[path]

    def count_thing(self) -> None:
        self._things += 1
        if self._things > MAX_THINGS:
            raise Damaged("objects without end")

    def _parse(self, path: str, start) -> None:
        try:
            info = self._package.getinfo(path)
        except KeyError:
            if "://" in path:
                raise external(self._name, path, "binary STL") from None
            raise Damaged(f"there is no {path[:80]} in the package") from None
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Damaged("a compression that 3MF does not know")
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = _refuse_doctype
        fed = 0
        with self._package.open(info) as stream:
            while data := stream.read(READ_BYTES):
                self._bytes += len(data)
                fed += len(data)
                if self._bytes > MAX_PART_BYTES:
                    raise Damaged("it unpacks to more than can be handled")
                parser.Parse(data)
                if fed - max(0, parser.CurrentByteIndex) > MAX_TAG_BYTES:
                    raise Damaged("a tag without end")
            parser.Parse(b"", True)

    def _place(self, path: str, object_id: str, matrix: np.ndarray, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Damaged("components nested too deep or within themselves")
        part = self._part(path)
        thing = part.objects.get(object_id)
        if thing is None:
            raise Damaged("an object that does not exist")
        if thing.kind in NOT_PRINTED:
            return
        if thing.faces:
            self._add(thing, part, matrix)
        for other, child_id, child in thing.components:
            with np.errstate(all="ignore"):  # not finite is refused by the caller
                combined = child @ matrix[:3]
                combined[3] += matrix[3]
            # Few bytes of components can ask for endless copies, even of nothing.
            self._visits += 1
            require_at_most(self._visits, self._name, self._max_triangles)
            self._place(other or path, child_id, combined, depth + 1)

    def _add(self, thing: _Object, part: _Part, matrix: np.ndarray) -> None:
        points = np.frombuffer(thing.points, dtype=np.float32).reshape(-1, 3)
        faces = np.frombuffer(thing.faces, dtype=np.int32).reshape(-1, 3)
        faces = valid_faces(faces, len(points))
        self._placed += len(faces)
        require_at_most(self._placed, self._name, self._max_triangles)
        # Points nobody uses cost as much, at each place again.
        self._total += len(points)
        require_at_most(self._total // 3, self._name, self._max_triangles)
        with np.errstate(all="ignore"):
            placed = (points @ matrix[:3] + matrix[3]) * UNITS[part.unit][1]
            self._points.append(placed.astype(np.float32))
            # A mirroring placement turns the faces inside out.
            mirrored = np.linalg.det(matrix[:3]) < 0
        faces = faces[:, ::-1] if mirrored else faces
        self._faces.append(faces + np.int32(self._total - len(points)))
        whole = part.colour(thing.pid, thing.pindex)
        if thing.tints is None:
            self._tints.append(np.full(len(faces), whole, dtype=np.int32))
        else:
            tints = np.frombuffer(thing.tints, dtype=np.int32)
            self._tints.append(np.where(tints == NO_COLOUR, whole, tints))


def _handler(part: _Part, name: str, max_triangles: int, package: _Package):
    """What to do at each opening tag of a model file."""
    current = _Object()
    group = array("i")

    def vertex(attributes: dict[str, str]) -> None:
        points = current.points
        points.append(float(attributes["x"]))
        points.append(float(attributes["y"]))
        points.append(float(attributes["z"]))
        # A closed mesh has fewer vertices than triangles; loose ones have three each.
        if len(points) > 9 * max_triangles:
            require_at_most(len(points) // 9 + 1, name, max_triangles)

    def triangle(attributes: dict[str, str]) -> None:
        faces = current.faces
        faces.append(int(attributes["v1"]))
        faces.append(int(attributes["v2"]))
        faces.append(int(attributes["v3"]))
        if len(faces) > 3 * max_triangles:
            require_at_most(len(faces) // 3, name, max_triangles)
        if "p1" in attributes:
            tints = current.tints
            if tints is None:
                tints = current.tints = array("i")
            tints.extend([NO_COLOUR] * (len(faces) // 3 - 1 - len(tints)))
            tints.append(
                part.colour(attributes.get("pid", current.pid), int(attributes["p1"]))
            )
        elif current.tints is not None:
            current.tints.append(NO_COLOUR)

    def start_object(attributes: dict[str, str]) -> None:
        nonlocal current
        package.count_thing()
        current = part.objects[attributes["id"]] = _Object(
            kind=attributes.get("type", "model"),
            pid=attributes.get("pid"),
            pindex=int(attributes.get("pindex", 0)),
        )

    def component(attributes: dict[str, str]) -> None:
        package.count_thing()
        current.components.append(_placement(attributes))

    def item(attributes: dict[str, str]) -> None:
        package.count_thing()
        part.build.append(_placement(attributes))

    def model(attributes: dict[str, str]) -> None:
        part.unit = attributes.get("unit", "millimeter")
        if part.unit not in UNITS:
            raise Damaged("a unit that 3MF does not know")

    def start_group(attributes: dict[str, str]) -> None:
        nonlocal group
        package.count_thing()
        group = part.groups[attributes["id"]] = array("i")

    def colour(attributes: dict[str, str]) -> None:
        if len(group) >= MAX_COLOURS:
            raise Damaged("colours without end")
        text = attributes.get("color") or attributes["displaycolor"]
        group.append(int(text[1:7], 16) if text[:1] == "#" else NO_COLOUR)

    handlers = {
        "vertex": vertex,
        "triangle": triangle,
        "object": start_object,
        "component": component,
        "item": item,
        "model": model,
        "colorgroup": start_group,
        "basematerials": start_group,
        "color": colour,
        "base": colour,
    }

    def start(tag: str, attributes: dict[str, str]) -> None:
        handler = handlers.get(tag) or handlers.get(_local(tag))
        if handler:
            handler(attributes)

    return start


def _placement(attributes: dict[str, str]) -> _Place:
    matrix = IDENTITY
    if "transform" in attributes:
        numbers = [float(word) for word in attributes["transform"].split()]
        if len(numbers) != 12:
            raise Damaged("a transform that is not of twelve numbers")
        matrix = np.array(numbers, dtype=np.float64).reshape(4, 3)
    path = next(
        (value for key, value in attributes.items() if _local(key) == "path"), None
    )
    return path and path.lstrip("/"), attributes["objectid"], matrix


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _refuse_doctype(*_: object) -> None:
    raise Damaged("a document type declaration")
