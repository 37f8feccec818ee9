"""What a ComfyUI has, and whether it is enough for a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...problems import N_
from ..line import Answer, Line, failed_by_status
from ..refused import DriverFailed, ErrorKind
from ..words import plain_words
from .comfy_graph import classes, title_of
from .comfy_refusal import folder_of, is_model, listed, no_models, no_nodes
from .comfy_workflow import CROP, Workflow

ABSENT = (404, 405, 501)
MOST_CLASSES = 300
GIGABYTE = 2**30
MOST_BYTES = 2**50


def decoded(answer: Answer) -> Any:
    """The JSON of an answer; None where it is none."""
    try:
        return answer.json()
    except DriverFailed:
        return None


def stats_of(line: Line) -> Mapping[str, Any]:
    """What ``/system_stats`` says.

    Raises:
        DriverFailed: something else answers there (``bad_result``).
    """
    answer = line.get("/system_stats")
    found = decoded(answer) if answer.ok else None
    if isinstance(found, Mapping) and isinstance(found.get("system"), Mapping):
        return found
    if not answer.ok and answer.status not in ABSENT:
        raise failed_by_status(answer)
    raise DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.no_comfyui",
        N_(
            "Something answers at %(host)s, but it is no ComfyUI; check the address, the "
            "port (ComfyUI's is 8188) and the kind of endpoint."
        ),
        sent=False,
        host=line.host,
    )


def version_of(stats: Mapping[str, Any]) -> str:
    """Name, version, graphics card and its memory, for people."""
    words = [f"ComfyUI {plain_words(stats['system'].get('comfyui_version') or '?', 20)}"]
    devices = stats.get("devices")
    for device in devices[:2] if isinstance(devices, list) else ():
        if not isinstance(device, Mapping):
            continue
        name = plain_words(device.get("name") or "", 60)
        # as ComfyUI writes it: "cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync"
        name = name.partition(" : ")[0].removeprefix("cuda:0 ")
        memory = device.get("vram_total")
        size = f" ({memory / GIGABYTE:.0f} GB)" if _is_size(memory) else ""
        words.append(name + size)
    return ", ".join(words)


def _is_size(value: Any) -> bool:
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    return good and 0 < value < MOST_BYTES


def most_upload(line: Line) -> int | None:
    """Bytes of a photo that are taken; None: it does not say."""
    answer = line.get("/features")
    found = decoded(answer) if answer.ok else None
    most = found.get("max_upload_size") if isinstance(found, Mapping) else None
    return most if isinstance(most, int) and 0 < most < MOST_BYTES else None


def about_class(line: Line, kind: str) -> Mapping[str, Any] | None:
    """What it says of a class of nodes; None: it does not have it."""
    answer = line.get(f"/object_info/{quote(kind, safe='')}")
    if not answer.ok:
        if answer.status in ABSENT:
            return None
        raise failed_by_status(answer)
    found = answer.json()
    about = found.get(kind) if isinstance(found, Mapping) else None
    return about if isinstance(about, Mapping) else None


def check(line: Line, workflow: Workflow) -> bool:
    """Make sure that all nodes and models of a workflow are there.

    Returns:
        Whether a job costs money: some nodes ask paid services.

    Raises:
        DriverFailed: ``input``, which names what is missing.
    """
    found = {
        kind: about_class(line, kind) for kind in classes(workflow.graph)[:MOST_CLASSES]
    }
    spare = (CROP,) if workflow.does_without_crop else ()
    lacking = [
        kind for kind, about in found.items() if about is None and kind not in spare
    ]
    if lacking:
        raise no_nodes(lacking, line.host)
    _check_choices(line, workflow, found)
    return any(about and about.get("api_node") is True for about in found.values())


def _check_choices(line: Line, workflow: Workflow, found: Mapping[str, Any]) -> None:
    photos = {(each.node, each.input) for each in workflow.places.images.values()}
    models: dict[tuple[str, str], None] = {}
    for number, node in workflow.graph.items():
        kind = node["class_type"]
        for name, value in node["inputs"].items():
            about = found.get(kind) if isinstance(value, str) else None
            choices = choices_of(about, name)
            if choices is None or value in choices or (number, name) in photos:
                continue
            if is_model(name, value):
                models[(value, folder_of(kind, name))] = None
                continue
            raise DriverFailed(
                ErrorKind.INPUT,
                "solid.missing_choice",
                N_(
                    "The node %(node)s of the workflow wants %(value)s for %(name)s, which "
                    "ComfyUI at %(host)s does not know (%(choices)s); update ComfyUI, or "
                    "export the workflow again."
                ),
                sent=False,
                node=title_of(workflow.graph, number),
                value=plain_words(value, 80),
                name=plain_words(name, 60),
                host=line.host,
                choices=listed(choices) or "-",
            )
    if models:
        raise no_models(list(models), workflow.models, line.host)


def choices_of(about: Any, name: str) -> list[str] | None:
    """What an input can be chosen from; None: anything, or it is not known.

    Args:
        about: of ``/object_info``, for one class.
        name: of the input.
    """
    inputs = about.get("input") if isinstance(about, Mapping) else None
    for part in ("required", "optional"):
        described = inputs.get(part) if isinstance(inputs, Mapping) else None
        found = described.get(name) if isinstance(described, Mapping) else None
        if not isinstance(found, (list, tuple)) or not found:
            continue
        extra = found[1] if len(found) > 1 and isinstance(found[1], Mapping) else {}
        options = found[0] if isinstance(found[0], list) else extra.get("options")
        if not isinstance(options, list) or extra.get("remote"):
            return None
        return [
            str(each.get("key")) if isinstance(each, Mapping) else str(each)
            for each in options
        ]
    return None
