"""How far a workflow is, from the messages ComfyUI sends while it runs it.

ComfyUI counts every node from nothing again; here each node weighs as much as it usually
takes, and what is told never goes back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .comfy_graph import Graph, above, title_of

WEIGHTS = (
    (re.compile(r"sampler|generat|diffus", re.I), 20.0),
    (re.compile(r"remesh|cellocut", re.I), 8.0),
    (re.compile(r"decode|voxeltomesh|unwrap|bake", re.I), 6.0),
    (re.compile(r"load.*(checkpoint|unet|model|vae|clip)|(checkpoint|unet|model|vae|vision)load",
                re.I), 3.0),
    (re.compile(r"decimate|simplif|removebackground|rembg|birefnet", re.I), 3.0),
)  # fmt: skip
OTHERS = 0.5


class Progress:
    """See the module.

    Args:
        graph: what runs.
        outputs: nodes whose result is wanted; without them all nodes count.
        prompt_id: of the job; messages of others are passed over.

    Attributes:
        fraction: 0..1; None: nothing has begun.
        stage: title of the node that runs.
    """

    def __init__(self, graph: Graph, outputs: tuple[str, ...], prompt_id: str) -> None:
        self.fraction: float | None = None
        self.stage = ""
        self._graph = graph
        self._prompt_id = prompt_id
        running = above(graph, outputs) if outputs else set(graph)
        self._weights = {number: weight_of(graph, number) for number in running}
        self._total = sum(self._weights.values()) or 1.0
        self._parts: dict[str, float] = {}
        self._current: str | None = None

    def take(self, message: Any) -> None:
        """Learn from a decoded message; anything else is passed over."""
        data = message.get("data") if isinstance(message, Mapping) else None
        if not isinstance(data, Mapping) or data.get("prompt_id") != self._prompt_id:
            return
        kind = message.get("type")
        if kind == "execution_cached":
            for number in data.get("nodes") or () if _is_list(data.get("nodes")) else ():
                self._set(number, 1.0)
        elif kind == "executing":
            self._begin(data.get("node"))
        elif kind == "executed":
            self._set(data.get("node"), 1.0)
        elif kind == "progress":
            self._set(data.get("node"), _part(data.get("value"), data.get("max")))
        elif kind == "progress_state" and isinstance(data.get("nodes"), Mapping):
            for number, state in list(data["nodes"].items())[:5000]:
                self._state(number, state)
        elif kind == "execution_success":
            self._parts = dict.fromkeys(self._weights, 1.0)
        done = sum(
            self._weights[number] * part
            for number, part in self._parts.items()
            if number in self._weights
        )
        self.fraction = max(self.fraction or 0.0, min(done / self._total, 1.0))

    def _state(self, number: Any, state: Any) -> None:
        if not isinstance(state, Mapping):
            return
        if state.get("state") == "finished":
            self._set(number, 1.0)
        elif state.get("state") == "running":
            self._set(number, _part(state.get("value"), state.get("max")))

    def _begin(self, number: Any) -> None:
        known = self._known(number)
        if self._current is not None and known != self._current:
            self._set(self._current, 1.0)
        self._current = known
        if known is not None:
            self.stage = title_of(self._graph, known)

    def _set(self, number: Any, part: float) -> None:
        known = self._known(number)
        if known is not None:
            self._parts[known] = max(self._parts.get(known, 0.0), part)

    def _known(self, number: Any) -> str | None:
        """The node of the workflow; a node may have been unfolded into others (``12.0.3``)."""
        if not isinstance(number, (str, int)) or isinstance(number, bool):
            return None
        text = str(number)[:100]
        return text if text in self._graph else self._root(text)

    def _root(self, text: str) -> str | None:
        root = re.split("[.:]", text)[0]
        return root if root in self._graph else None


def weight_of(graph: Graph, number: str) -> float:
    kind = graph[number]["class_type"]
    if kind.startswith("KSamplerSelect"):
        return OTHERS
    return next((weight for name, weight in WEIGHTS if name.search(kind)), OTHERS)


def _part(value: Any, most: Any) -> float:
    good = all(
        isinstance(each, (int, float)) and not isinstance(each, bool)
        for each in (value, most)
    )
    if not good or not most > 0:
        return 0.0
    return min(max(value / most, 0.0), 1.0)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) <= 5000
