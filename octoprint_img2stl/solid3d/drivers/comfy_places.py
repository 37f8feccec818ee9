"""Where a job's photos and numbers go in a workflow: found, or as its owner says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...problems import N_
from ..driver import DETAILS, ROLES
from ..refused import SolidRefused
from ..words import plain_words
from .comfy_graph import Graph, Place, below, classes, copy_of, links, refused, title_of
from .sides import SUBJECTS

LOADS_IMAGE = re.compile(r"load_?image(?!s|_?(mask|list|batch|set))", re.I)
WORD = re.compile(r"[a-z]+")
SEEDS = ("seed", "noise_seed")
FACES = (
    "target_face_count", "target_face_num", "target_face_number", "face_count", "face_limit",
    "max_facenum", "max_faces", "max_face_num", "target_faces", "target_facenum",
)  # fmt: skip
FACES_NOT_OF = ("RemeshMesh",)  # where 0 means that the resolution decides
PRIMITIVE = re.compile(r"primitive|constant|^int$|seed", re.I)
GIVES_MESH = re.compile(
    r"(save|export|write|preview|download|output).*(glb|gltf|3d|mesh|obj|stl|ply|model)"
    r"|(glb|gltf|3d|mesh|obj|stl|ply|model).*(save|export|write|preview|download|output)"
    r"|^(tripo|rodin3d|meshy|tencent|hunyuan3d|trellis)",
    re.I,
)
# Both inputs are needed: where one photo is missing the other goes past it.
JOINS = {"ImageBatch": ("image1", "image2")}


@dataclass(frozen=True)
class Places:
    """Where things go in a workflow.

    Attributes:
        images: our role -> where the name of its photo goes; in the order of `ROLES`.
        seeds, faces: where those numbers go.
        outputs: ids of nodes whose mesh is wanted; empty: whichever gives one.
        detail: detail -> what is set for it.
    """

    images: Mapping[str, Place]
    seeds: tuple[Place, ...] = ()
    faces: tuple[Place, ...] = ()
    outputs: tuple[str, ...] = ()
    detail: Mapping[str, Mapping[Place, Any]] = field(default_factory=dict)


# -- finding ---------------------------------------------------------------------------------


def find_places(graph: Graph, mapping: str = "") -> Places:
    """Where photos, seed and number of faces go.

    Args:
        graph: the workflow.
        mapping: JSON of its owner, which goes before what is found: ``{"images": {"front":
            "2.image"}, "seed": ["7.seed"], "faces": ["9.target_face_count"], "output": ["10"],
            "detail": {"draft": {"7.steps": 10}}}``, all of it optional.

    Raises:
        SolidRefused: ``endpoint.workflow`` or ``endpoint.mapping``.
    """
    given = _Given(graph, mapping)
    images = given.images()
    if images is None:
        images = find_images(graph)
    if not images:
        raise refused(
            "solid.workflow_no_image",
            N_(
                "The workflow has no Load Image node that could take the photo; put one in "
                "and export it again."
            ),
        )
    outputs = given.nodes("output")
    if outputs is None and not any(map(GIVES_MESH.search, classes(graph))):
        raise refused(
            "solid.workflow_no_mesh",
            N_(
                "No node of the workflow saves a mesh; put in a Save 3D Model (SaveGLB) node "
                "and export it again."
            ),
        )
    seeds, faces = given.places("seed"), given.places("faces")
    return Places(
        {role: images[role] for role in ROLES if role in images},
        _numbers(graph, SEEDS) if seeds is None else seeds,
        _numbers(graph, FACES, FACES_NOT_OF) if faces is None else faces,
        outputs or (),
        given.detail(),
    )


def find_images(graph: Graph) -> dict[str, Place]:
    """Our role -> node that loads its photo.

    What it feeds says best which side it is, then its title; what is left goes by order.
    """
    loaders = [
        number
        for number, node in graph.items()
        if LOADS_IMAGE.search(node["class_type"])
        and isinstance(node["inputs"].get("image"), str)
    ]
    found: dict[str, str] = {}
    for number in loaders:
        role = _by_use(graph, number, loaders) or _by_title(graph, number)
        if role and role not in found:
            found[role] = number
    if not found:
        found = dict(zip(ROLES, loaders, strict=False))
    elif "front" not in found and len(found) < len(loaders):
        found["front"] = next(each for each in loaders if each not in found.values())
    return {role: Place(number, "image") for role, number in found.items()}


def _by_use(graph: Graph, number: str, loaders: list[str]) -> str | None:
    """The side a photo is of, by the input in which it meets the other photos."""
    ahead = below(graph, {number})
    own = ahead - below(graph, set(loaders) - {number})
    for each in ahead:
        for name, other in links(graph, each):
            side = _side(name) if other in own else None
            if side:
                return next(ours for ours, theirs in SUBJECTS.items() if theirs == side)
    return None


def _side(text: str) -> str | None:
    """The side in a name such as ``front``, ``image_left`` or ``mv_back``."""
    words = WORD.findall(text.lower())
    return next((side for side in SUBJECTS if side in words), None)


def _by_title(graph: Graph, number: str) -> str | None:
    words = WORD.findall(title_of(graph, number).lower())
    return next((role for role in ROLES[:-1] if role in words), None)


def _numbers(
    graph: Graph, names: tuple[str, ...], not_of: tuple[str, ...] = ()
) -> tuple[Place, ...]:
    """Inputs of these names that hold a whole number, here or in the node they come from."""
    found: dict[Place, None] = {}
    for number, node in graph.items():
        for name in names:
            value = node["inputs"].get(name)
            if node["class_type"] in not_of or value is None:
                continue
            if _is_whole(value):
                found[Place(number, name)] = None
            elif isinstance(value, (list, tuple)) and (place := _primitive(graph, value)):
                found[place] = None
    return tuple(found)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _primitive(graph: Graph, link: Any) -> Place | None:
    """The number of a node that does nothing but hold one."""
    node = graph.get(str(link[0])) if link else None
    if node is None or not PRIMITIVE.search(node["class_type"]):
        return None
    for name in ("value", "int", "number", "seed"):
        if _is_whole(node["inputs"].get(name)):
            return Place(str(link[0]), name)
    return None


# -- what the owner says ---------------------------------------------------------------------


class _Given:
    """The owner's own assignment, read and checked against the workflow."""

    def __init__(self, graph: Graph, text: str) -> None:
        self._graph = graph
        try:
            self._data = json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError):
            self._data = None
        known = {"images", "seed", "faces", "output", "detail"}
        if not isinstance(self._data, Mapping) or set(self._data) - known:
            raise refused(
                "solid.mapping_unknown",
                N_(
                    "The assignment cannot be read; write it as %(example)s, or leave it "
                    "empty."
                ),
                "mapping",
                example='{"images": {"front": "2.image"}, "seed": ["7.seed"]}',
            )

    def images(self) -> dict[str, Place] | None:
        given = self._data.get("images")
        if given is None:
            return None
        if not isinstance(given, Mapping) or not set(given) <= set(ROLES):
            raise self._wrong(given)
        return {role: self._place(text) for role, text in given.items()}

    def places(self, name: str) -> tuple[Place, ...] | None:
        given = self._list(name)
        return None if given is None else tuple(self._place(text) for text in given)

    def nodes(self, name: str) -> tuple[str, ...] | None:
        given = self._list(name)
        if given is None:
            return None
        for number in given:
            if str(number) not in self._graph:
                raise self._wrong(number)
        return tuple(str(number) for number in given)

    def detail(self) -> dict[str, dict[Place, Any]]:
        given = self._data.get("detail") or {}
        if not isinstance(given, Mapping) or not set(given) <= set(DETAILS):
            raise self._wrong(given)
        found: dict[str, dict[Place, Any]] = {}
        for detail, changes in given.items():
            if not isinstance(changes, Mapping):
                raise self._wrong(changes)
            found[detail] = {self._place(text): each for text, each in changes.items()}
            for each in found[detail].values():
                if not isinstance(each, (str, int, float)):
                    raise self._wrong(each)
        return found

    def _list(self, name: str) -> list[Any] | None:
        given = self._data.get(name)
        if isinstance(given, (str, int)):
            given = [given]
        if given is not None and not isinstance(given, list):
            raise self._wrong(given)
        return given

    def _place(self, text: Any) -> Place:
        number, _, name = str(text).partition(".")
        node = self._graph.get(number)
        if node is None or not name or name not in node["inputs"]:
            raise self._wrong(text)
        return Place(number, name)

    def _wrong(self, what: Any) -> SolidRefused:
        return refused(
            "solid.mapping_wrong",
            N_(
                "The assignment says %(what)s, which this workflow does not have; write the "
                "number of the node and the name of its input, such as 7.seed."
            ),
            "mapping",
            what=plain_words(what, 80),
        )


# -- filling in ------------------------------------------------------------------------------


def put(graph: Graph, place: Place, value: Any) -> None:
    graph[place.node]["inputs"][place.input] = value


def without_photos(graph: Graph, places: Places, roles: Iterable[str]) -> Graph:
    """The workflow without what only the photos of other roles are for.

    Args:
        graph: is not changed.
        places: of the workflow.
        roles: that there are photos of.
    """
    graph, kept = copy_of(graph), set(roles)
    absent = {place.node for role, place in places.images.items() if role not in kept}
    present = {place.node for role, place in places.images.items() if role in kept}
    gone = below(graph, absent) - below(graph, present) - present
    _go_past(graph, gone)
    for number in gone:
        del graph[number]
    for node in graph.values():
        node["inputs"] = {
            name: value
            for name, value in node["inputs"].items()
            if not (isinstance(value, list) and value[:1] and str(value[0]) in gone)
        }
    return graph


def _go_past(graph: Graph, gone: set[str]) -> None:
    """Let what came from a node that joins two photos come from the one that is there."""
    for number, node in graph.items():
        names = JOINS.get(node["class_type"], ())
        ways = [node["inputs"].get(name) for name in names]
        left = [way for way in ways if isinstance(way, list) and str(way[0]) not in gone]
        if number in gone or len(left) != 1 or len(ways) < 2:
            continue
        for other in graph.values():
            for name, value in other["inputs"].items():
                if isinstance(value, list) and value[:1] == [number]:
                    other["inputs"][name] = list(left[0])
        gone.add(number)
