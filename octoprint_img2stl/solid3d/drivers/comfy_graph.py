"""A workflow of ComfyUI in its API format: what it is, and what of it depends on what.

A workflow is JSON of node id -> ``{"class_type", "inputs", "_meta": {"title"}}``; an input is a
value, or a link ``[node id, output]``. What ComfyUI saves for itself (``nodes`` and ``links``)
is another format, which its server does not take.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...problems import N_
from ..refused import SolidRefused
from ..words import plain_words

Graph = dict[str, dict[str, Any]]

MOST_NODES = 2000
MOST_TITLE = 60


@dataclass(frozen=True)
class Place:
    """An input of a node."""

    node: str
    input: str

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


# -- reading ---------------------------------------------------------------------------------


def read_graph(text: str) -> Graph:
    """The workflow that was exported.

    Raises:
        SolidRefused: with the field ``endpoint.workflow``.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise refused(
            "solid.workflow_not_json",
            N_(
                "The workflow cannot be read; paste the whole file that ComfyUI exported, "
                "without changes."
            ),
        ) from None
    if isinstance(data, Mapping) and isinstance(data.get("prompt"), Mapping):
        data = data["prompt"]  # as it is sent
    if isinstance(data, Mapping) and isinstance(data.get("nodes"), list):
        raise refused(
            "solid.workflow_of_the_editor",
            N_(
                "This is the workflow as ComfyUI saves it for itself. Open it there, choose "
                "Workflow, Export (API), and paste that file; older versions call it Save (API "
                "format), once the developer mode is on in their settings."
            ),
        )
    if not is_graph(data):
        raise refused(
            "solid.workflow_unknown",
            N_(
                "This is no workflow of ComfyUI; export one there with Workflow, Export "
                "(API), and paste that file."
            ),
        )
    return {str(number): dict(node) for number, node in data.items()}


def is_graph(data: Any) -> bool:
    """Whether it is a workflow in the API format."""
    return (
        isinstance(data, Mapping)
        and 0 < len(data) <= MOST_NODES
        and all(
            isinstance(node, Mapping)
            and isinstance(node.get("class_type"), str)
            and isinstance(node.get("inputs"), Mapping)
            for node in data.values()
        )
    )


def refused(
    code: str, template: str, which: str = "workflow", **values: Any
) -> SolidRefused:
    return SolidRefused(code, template, field=f"endpoint.{which}", **values)


def title_of(graph: Graph, number: str) -> str:
    """A node's title, as its owner wrote it, for people."""
    node = graph.get(number) or graph.get(re.split("[.:]", number)[0]) or {}
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, Mapping) else None
    return plain_words(title or node.get("class_type") or number, MOST_TITLE)


def links(graph: Graph, number: str) -> Iterator[tuple[str, str]]:
    """Inputs of a node that come from other nodes: input, id of the other."""
    for name, value in graph[number]["inputs"].items():
        if (
            isinstance(value, (list, tuple))
            and len(value) == 2
            and str(value[0]) in graph
        ):
            yield name, str(value[0])


def below(graph: Graph, starts: Iterable[str]) -> set[str]:
    """The starts and every node that depends on one of them."""
    after: dict[str, list[str]] = {}
    for number in graph:
        for _, other in links(graph, number):
            after.setdefault(other, []).append(number)
    return _reached(starts, after)


def above(graph: Graph, starts: Iterable[str]) -> set[str]:
    """The starts and every node that one of them depends on."""
    before = {number: [other for _, other in links(graph, number)] for number in graph}
    return _reached(starts, before)


def _reached(starts: Iterable[str], ways: Mapping[str, list[str]]) -> set[str]:
    found, waiting = set(), list(starts)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += ways.get(number, ())
    return found


def classes(graph: Graph) -> list[str]:
    return sorted({node["class_type"] for node in graph.values()})


def copy_of(graph: Graph) -> Graph:
    return json.loads(json.dumps(graph))
