"""The workflow of an endpoint: one of ours (data/solid3d/comfyui) or its owner's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ...problems import N_
from ..driver import JobSpec, View
from ..refused import SolidRefused
from .comfy_graph import Graph, Place, copy_of, read_graph
from .comfy_places import Places, find_places, put, without_photos
from .sides import views_by_role

OWN = "own"
HUNYUAN, MULTIVIEW, TRELLIS = "hunyuan3d-2.1", "hunyuan3d-2mv", "trellis2"
# name -> what is told apart by people; the files have these names
PRESETS = {
    HUNYUAN: "Hunyuan3D 2.1",
    MULTIVIEW: "Hunyuan3D 2mv",
    TRELLIS: "TRELLIS.2",
}
FOLDER = Path(__file__).parents[2] / "data" / "solid3d" / "comfyui"
CROP = "ImageCropToMask"
REMOVES_BACKGROUND = (
    "removebackground",
    "rembg",
    "birefnet",
    "rmbg",
    "bria",
    "inspyrenet",
)


@dataclass(frozen=True)
class Workflow:
    """A workflow that is ready for photos.

    Attributes:
        name: of a preset, or `OWN`.
        graph, places: what and where.
        models: of a preset: file -> its ``folder`` in ComfyUI's models, and a ``link``.
    """

    name: str
    graph: Graph
    places: Places
    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def removes_background(self) -> bool:
        names = [node["class_type"].lower() for node in self.graph.values()]
        return any(word in name for name in names for word in REMOVES_BACKGROUND)

    @property
    def does_without_crop(self) -> bool:
        """Whether it can be rewritten for an older ComfyUI, see `without_crop`."""
        return self.name in (HUNYUAN, MULTIVIEW)


def workflow_of(options: Mapping[str, Any]) -> Workflow:
    """The workflow an endpoint's options describe.

    Raises:
        SolidRefused: with the field ``endpoint.preset``, ``.workflow`` or ``.mapping``.
    """
    text = str(options.get("workflow") or "").strip()
    name = str(options.get("preset") or (OWN if text else HUNYUAN))
    if name in PRESETS:
        return preset(name)
    if name != OWN:
        raise SolidRefused(
            "solid.unknown_choice",
            N_("%(value)s is not a choice for %(setting)s; choose one of %(choices)s."),
            field="endpoint.preset",
            setting="preset",
            value=name[:40],
            choices=", ".join((OWN, *PRESETS)),
        )
    if not text:
        raise SolidRefused(
            "solid.workflow_empty",
            N_(
                "Paste the workflow here as ComfyUI exports it with Workflow, Export (API), "
                "or choose one of the workflows of this plugin."
            ),
            field="endpoint.workflow",
        )
    graph = read_graph(text)
    return Workflow(OWN, graph, find_places(graph, str(options.get("mapping") or "")))


@cache
def preset(name: str) -> Workflow:
    data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    graph = read_graph(json.dumps(data["workflow"]))
    places = find_places(graph, json.dumps(data["mapping"]))
    return Workflow(name, graph, places, data["models"])


def views_for(workflow: Workflow, job: JobSpec) -> dict[str, View]:
    """Our role -> photo, for the roles this workflow has places for; at least one."""
    roles = tuple(workflow.places.images)
    if len(roles) == 1:
        return {roles[0]: job.front}
    views = views_by_role(job, roles)
    found = {role: views[role] for role in roles if role in views}
    return found or {roles[0]: job.front}


def filled(workflow: Workflow, job: JobSpec, names: Mapping[str, str]) -> Graph:
    """The workflow as it is sent.

    Args:
        workflow: is not changed.
        job: what is asked.
        names: our role -> name of the photo that was uploaded for it.
    """
    places = workflow.places
    graph = without_photos(workflow.graph, places, names)
    changes: dict[Place, Any] = dict(places.detail.get(job.detail, {}))
    changes |= {places.images[role]: name for role, name in names.items()}
    changes |= dict.fromkeys(places.seeds, job.seed)
    if job.max_faces:
        changes |= dict.fromkeys(places.faces, job.max_faces)
    for place, value in changes.items():
        if place.node in graph:
            put(graph, place, value)
    return graph


def without_crop(
    workflow: Workflow, graph: Graph, sizes: Mapping[str, tuple[int, int]]
) -> Graph:
    """One of our workflows for an older ComfyUI, which has no `CROP`.

    The photo is laid in the middle of a square of the background's colour instead, with nodes
    that ComfyUI always had; the subject is not brought closer.

    Args:
        graph: filled; is not changed.
        sizes: our role -> (width, height) of its photo.
    """
    graph, made = copy_of(graph), {}
    loaded = {place.node: role for role, place in workflow.places.images.items()}
    for number, node in graph.items():
        if node["class_type"] != CROP:
            continue
        inputs = node["inputs"]
        width, height = sizes[loaded[inputs["images"][0]]]
        side = max(width, height)
        made[f"{number}s"] = {
            "class_type": "EmptyImage",
            "inputs": {
                "width": side,
                "height": side,
                "batch_size": 1,
                "color": int(inputs["background"].lstrip("#"), 16),
            },
        }
        node["class_type"] = "ImageCompositeMasked"
        node["inputs"] = {
            "destination": [f"{number}s", 0],
            "source": inputs["images"],
            "mask": inputs["masks"],
            "x": (side - width) // 2,
            "y": (side - height) // 2,
            "resize_source": False,
        }
    return {**graph, **made}
