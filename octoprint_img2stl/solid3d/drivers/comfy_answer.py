"""What ComfyUI says of a job, of a workflow it does not take, and where its mesh is.

Sources: https://github.com/comfyanonymous/ComfyUI, server.py and execution.py (0.3.64, 0.8.0
and of 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ...problems import N_
from ..driver import DONE, FAILED, FORMATS, Status
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
NO_NODE = re.compile(r"node (\S{1,100}) does not exist")
MOST_NAMED = 5
MOST_FILES = 2000
OTHER_MODELS = ("fbx", "gltf", "usdz", "usd", "blend", "dae", "splat", "spz")


# -- how a job ended ---------------------------------------------------------------------------


def ended(entry: Any, graph: Graph) -> Status:
    """What an entry of ``/history`` says: done, or failed and why.

    Args:
        entry: as ComfyUI has it.
        graph: the workflow, for the titles of its nodes.
    """
    entry = entry if isinstance(entry, Mapping) else {}
    status = entry.get("status")
    status = status if isinstance(status, Mapping) else {}
    if status.get("status_str") != "error":
        return Status(DONE, progress=1.0)
    for event, data in _messages(status.get("messages")):
        if event == "execution_interrupted":
            return Status(FAILED, error=ErrorKind.CANCELLED)
        if event == "execution_error":
            said = plain_words(data.get("exception_message") or "", 240)
            kind = plain_words(data.get("exception_type") or "", 60)
            title = title_of(graph, str(data.get("node_id", "")))
            return Status(
                FAILED,
                message=plain_words(f"{title}: {said or kind}"),
                error=ErrorKind.REMOTE,
            )
    return Status(FAILED, error=ErrorKind.REMOTE)


def _messages(messages: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The newest first."""
    for each in reversed(messages if isinstance(messages, list) else []):
        if isinstance(each, list) and len(each) == 2 and isinstance(each[1], Mapping):
            yield str(each[0]), each[1]


# -- what it does not take ---------------------------------------------------------------------


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


# -- what a server has -------------------------------------------------------------------------


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


# -- where the mesh is -------------------------------------------------------------------------


@dataclass(frozen=True)
class Output:
    """A file as ``/view`` gives it."""

    filename: str
    subfolder: str
    type: str
    format: str


def best_output(entry: Any, wanted: Sequence[str]) -> Output | None:
    """The mesh of a finished job.

    Args:
        entry: of ``/history``.
        wanted: nodes whose mesh goes before others'.
    """
    best: tuple[tuple[int, ...], Output] | None = None
    for place, (node, output) in enumerate(outputs(entry)):
        if output.format not in FORMATS:
            continue
        rated = (
            int(node not in wanted),
            int(output.type != "output"),
            FORMATS.index(output.format),
            -place,  # the last one made is the one that went through all nodes
        )
        if best is None or rated < best[0]:
            best = (rated, output)
    return best[1] if best else None


def other_formats(entry: Any) -> list[str]:
    """Formats of models we do not take, that the job made."""
    found = {output.format for _, output in outputs(entry)}
    return sorted(found & set(OTHER_MODELS))


def outputs(entry: Any) -> Iterator[tuple[str, Output]]:
    """Every file the nodes of a job made: node and file, in their order; bounded."""
    made = entry.get("outputs") if isinstance(entry, Mapping) else None
    seen = 0
    for node, parts in made.items() if isinstance(made, Mapping) else ():
        for files in parts.values() if isinstance(parts, Mapping) else ():
            for each in files if isinstance(files, (list, tuple)) else [files]:
                seen += 1
                if seen > MOST_FILES:
                    return
                output = _output(each)
                if output is not None:
                    yield str(node), output


def _output(each: Any) -> Output | None:
    if isinstance(each, Mapping) and isinstance(each.get("filename"), str):
        kind = each.get("type")
        folder = each.get("subfolder")
        return _named(
            each["filename"],
            folder if isinstance(folder, str) else "",
            kind if kind in ("output", "temp", "input") else "output",
        )
    if isinstance(each, str) and len(each) < 1000 and "\n" not in each:
        return _of_path(each)
    return None


def _of_path(text: str) -> Output | None:
    """Preview3D and many custom nodes give the path alone, some of them a whole one."""
    parts = PurePosixPath(text.strip().replace("\\", "/")).parts
    kind = "output"
    for place in reversed(range(len(parts) - 1)):
        if parts[place] in ("output", "temp"):
            kind, parts = parts[place], parts[place + 1 :]
            break
    else:
        if parts[:1] == ("/",) or (parts and parts[0].endswith(":")):
            parts = parts[-1:]  # somewhere else: let ComfyUI look in its output folder
    if not parts:
        return None
    return _named(parts[-1], "/".join(parts[:-1]), kind)


def _named(filename: str, subfolder: str, kind: str) -> Output | None:
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    if not 0 < len(filename) < 500 or not ending or len(ending) > 5:
        return None
    return Output(filename, subfolder[:500], kind, ending)
