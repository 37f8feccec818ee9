"""What ComfyUI lacks for a workflow, or does not like about it, in sentences for its owner."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...problems import N_
from ..refused import DriverFailed, ErrorKind
from ..words import plain_words, words_in
from .comfy_graph import Graph, title_of

# Inputs that name a model's file -> the folder of ComfyUI's models it belongs to.
MODEL_FOLDERS = {
    "ckpt_name": "checkpoints",
    "unet_name": "diffusion_models",
    "vae_name": "vae",
    "clip_name": "text_encoders",
    "clip_name1": "text_encoders",
    "clip_name2": "text_encoders",
    "lora_name": "loras",
    "control_net_name": "controlnet",
    "style_model_name": "style_models",
    "gligen_name": "gligen",
}
FOLDER_OF_CLASS = {"CLIPVisionLoader": "clip_vision"}
MODEL_FILE = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|onnx|gguf)$", re.I)
NO_NODE = re.compile(r"node (.{1,100}?) does not exist")
MOST_NAMED = 5


def refusal(
    data: Any, graph: Graph, models: Mapping[str, Any], host: str
) -> DriverFailed:
    """Why ``POST /prompt`` answered with 400, as a sentence that says what to do.

    Args:
        data: decoded.
        graph: what was sent.
        models: of our workflow, see `Workflow`.
        host: for people.
    """
    data = data if isinstance(data, Mapping) else {}
    error = data.get("error")
    error = error if isinstance(error, Mapping) else {"message": error or ""}
    lacking = _lacking(error)
    if lacking:
        return no_nodes([lacking], host)
    found: tuple[str, str] | None = None
    errors = data.get("node_errors")
    for number, node in errors.items() if isinstance(errors, Mapping) else ():
        for each in node.get("errors") or () if isinstance(node, Mapping) else ():
            if not isinstance(each, Mapping):
                continue
            model = _model_of(each, graph, str(number))
            if model:
                return no_models(
                    [(model, _folder(graph, str(number), each))], models, host
                )
            words = ": ".join(
                plain_words(each.get(name) or "", 150) for name in ("message", "details")
            )
            found = found or (title_of(graph, str(number)), words.strip(": "))
    title, said = found or ("?", words_in(error))
    return DriverFailed(
        ErrorKind.INPUT,
        "solid.workflow_refused",
        N_(
            "ComfyUI at %(host)s does not take the workflow; its node %(node)s says: "
            "%(said)s. Open the workflow there, run it once, and export it again."
        ),
        host=host,
        node=title,
        said=said or "?",
    )


def _lacking(error: Mapping[str, Any]) -> str:
    """The class of a node that ComfyUI does not have."""
    extra = error.get("extra_info")
    if error.get("type") == "missing_node_type" and isinstance(extra, Mapping):
        return plain_words(extra.get("class_type") or extra.get("node_title") or "?", 80)
    found = NO_NODE.search(str(error.get("message") or "")[:500])
    return plain_words(found[1], 80) if found else ""


def _model_of(error: Mapping[str, Any], graph: Graph, number: str) -> str:
    """The file of a model that ComfyUI does not have; empty: it is about something else."""
    if error.get("type") != "value_not_in_list":
        return ""
    extra = error.get("extra_info")
    extra = extra if isinstance(extra, Mapping) else {}
    value, name = extra.get("received_value"), extra.get("input_name")
    if not isinstance(value, str) or not is_model(str(name), value):
        return ""
    return plain_words(value, 100)


def _folder(graph: Graph, number: str, error: Mapping[str, Any]) -> str:
    extra = error.get("extra_info")
    name = extra.get("input_name") if isinstance(extra, Mapping) else None
    return folder_of(str((graph.get(number) or {}).get("class_type")), str(name))


def is_model(name: str, value: str) -> bool:
    """Whether an input names a model's file."""
    return name in MODEL_FOLDERS or bool(MODEL_FILE.search(value))


def folder_of(kind: str, name: str) -> str:
    return FOLDER_OF_CLASS.get(kind) or MODEL_FOLDERS.get(name, "")


def no_nodes(lacking: Sequence[str], host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.INPUT,
        "solid.missing_nodes",
        N_(
            "ComfyUI at %(host)s does not know the nodes %(nodes)s; update ComfyUI, or let its "
            "manager install the missing custom nodes of this workflow."
        ),
        host=host,
        nodes=listed(lacking),
    )


def no_models(
    lacking: Sequence[tuple[str, str]], models: Mapping[str, Any], host: str
) -> DriverFailed:
    """Models that are missing: file and folder of each."""
    known = [models[name] for name, _ in lacking if name in models]
    folders = [each["folder"] for each in known] or [each for _, each in lacking if each]
    values = {
        "host": host,
        "models": listed([name for name, _ in lacking]),
        "folders": listed([f"models/{each}" for each in dict.fromkeys(folders)]),
    }
    if known:
        return DriverFailed(
            ErrorKind.INPUT,
            "solid.missing_models",
            N_(
                "ComfyUI at %(host)s does not have %(models)s; download it from %(links)s "
                "into %(folders)s of ComfyUI."
            ),
            links=listed(list(dict.fromkeys(each["link"] for each in known))),
            **values,
        )
    return DriverFailed(
        ErrorKind.INPUT,
        "solid.missing_models",
        N_(
            "ComfyUI at %(host)s does not have %(models)s; download it into %(folders)s of "
            "ComfyUI, or choose another model in the workflow."
        ),
        **{**values, "folders": values["folders"] or "models"},
    )


def listed(names: Sequence[str]) -> str:
    shown = [plain_words(name, 100) for name in names[:MOST_NAMED]]
    return ", ".join(shown) + (", …" if len(names) > MOST_NAMED else "")
