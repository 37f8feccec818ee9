"""The project's own sources, parsed, for the tests that hold its rules."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "octoprint_img2stl"
FOLDER = ROOT / PACKAGE


@dataclass(frozen=True)
class Module:
    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """Relative to the package: `jobs.store`, and `jobs` for its `__init__`."""
        parts = self.path.relative_to(FOLDER).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def where(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(ROOT)}:{node.lineno}"

    def imports(self) -> Iterator[tuple[ast.AST, str]]:
        """Every import, wherever it stands, as an absolute dotted name.

        `from a import b` gives `a.b`, whether b is a module or a name in it.
        """
        package = [PACKAGE, *self.path.relative_to(FOLDER).parent.parts]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node, alias.name
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                stem = base + ([node.module] if node.module else [])
                for alias in node.names:
                    yield node, ".".join([*stem, alias.name])


@functools.cache
def modules() -> tuple[Module, ...]:
    """All Python modules of the package."""
    return tuple(
        Module(path, ast.parse(path.read_text(encoding="utf-8"), str(path)))
        for path in sorted(FOLDER.rglob("*.py"))
    )


def nodes(kind: type) -> Iterator[tuple[Module, ast.AST]]:
    """Every node of that kind in the package."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, kind):
                yield module, node


def files(folder: str, ending: str) -> list[Path]:
    """Files below a folder of the package, without what others wrote (vendor/)."""
    found = sorted((FOLDER / folder).rglob(f"*{ending}"))
    return [path for path in found if "vendor" not in path.parts]


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a name or attribute, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""
