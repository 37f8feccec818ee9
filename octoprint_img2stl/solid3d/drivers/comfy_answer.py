"""What ComfyUI says of a job, of a workflow it does not take, and where its mesh is.

Sources: https://github.com/comfyanonymous/ComfyUI, server.py and execution.py (0.3.64, 0.8.0
and of 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..driver import DONE, FAILED, FORMATS, Status
from ..refused import ErrorKind
from ..words import plain_words
from .comfy_graph import Graph, title_of

MOST_FILES = 2000
OTHER_MODELS = ("fbx", "gltf", "usdz", "usd", "blend", "dae", "splat", "spz")


# -- how a job ended ---------------------------------------------------------------------------


def status_of(entry: Any, graph: Graph) -> Status:
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
