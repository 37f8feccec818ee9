"""One tool on one file: run it within limits, look at what comes out."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from environments import CACHE, NotInstalled
from judge import LOST, Shape, Visible, losses, visible_samples
from meshes import from_file, read_stl, write_stl
from tools import Command, Tool, slicer

HERE = Path(__file__).resolve().parent
MEASURE = HERE.parent / "relief" / "measure.py"
OWN_CACHE = HERE / ".cache"
CPU_LIMIT_S = 60
# A shared machine may give a process little of its time.
WALL_LIMIT_S = 600
MEMORY_LIMIT = 8 << 30
INFO_LIMIT_S = 120


@dataclass(frozen=True)
class Case:
    """A file of the corpus.

    Attributes:
        entry: of the fetch list.
        stl: its triangles as every tool gets them.
        shape: the same, looked at.
        visible: points of its surface that can be seen from outside.
    """

    entry: dict[str, Any]
    stl: Path
    shape: Shape
    visible: Visible


def prepared(entry: dict[str, Any], path: Path) -> Case:
    """A file made ready; what takes time is kept for the next run.

    Raises:
        Unreadable: it holds no triangles.
    """
    folder = OWN_CACHE / "inputs"
    folder.mkdir(parents=True, exist_ok=True)
    stl = folder / f"{entry['sha256'][:20]}.stl"
    if not stl.is_file():
        _into_place(stl, lambda made: write_stl(made, from_file(path)))
    shape = Shape(read_stl(stl))
    kept = stl.with_suffix(".npz")
    if not kept.is_file():
        found = visible_samples(shape)
        values = {"points": found.points, "corners": found.corners}
        _into_place(kept, lambda made: np.savez(made, **values))
    with np.load(kept) as values:
        visible = Visible(values["points"], values["corners"])
    return Case(entry, stl, shape, visible)


def run(tool: Tool, command: Command, case: Case, info: bool) -> dict[str, Any]:
    """What the tool made of the file, and at what cost.

    Args:
        info: ask PrusaSlicer as well whether the result is manifold.
    """
    row: dict[str, Any] = {"tool": tool.name, "file": case.entry["file"]}
    with tempfile.TemporaryDirectory(dir=OWN_CACHE) as folder:
        out, report = Path(folder) / "out.stl", Path(folder) / "report.json"
        places = {"IN": str(case.stl), "OUT": str(out), "REPORT": str(report)}
        words, more = command
        words = [places.get(word, word).replace("=OUT", f"={out}") for word in words]
        whole = _limited(words, more, Path(folder))
        found = json.loads(report.read_text()) if report.is_file() else {}
        if tool.whole:
            found = {"cpu_s": whole["cpu_s"], "extra_mb": whole["rss_mb"]}
        row |= found
        if "failed" in row:
            return row
        if whole["exit"] and not out.is_file():
            row["failed"] = _why(whole, found)
            row.setdefault("cpu_s", whole["cpu_s"])
            return row
        corners = read_stl(out) if out.is_file() else np.empty((0, 3, 3), np.float32)
        if not len(corners) or not np.isfinite(corners).all():
            row["failed"] = "empty" if not len(corners) else "not all finite"
            return row
        row |= _judged(case, corners, tool.lowers)
        if info:
            row["slicer_manifold"] = _manifold(out)
    return row


def _judged(case: Case, corners: np.ndarray, lowered: bool) -> dict[str, Any]:
    made = Shape(corners)
    lift = float(case.shape.points[:, 2].min()) if lowered else 0.0
    same = made.same_as(case.shape)
    lost, moved = losses(case.visible, case.shape.diagonal, made, lift)
    edges = made.edges
    return {
        "faces_made": len(made.faces),
        "strict": bool(made.strict),
        "closed": bool(made.closed),
        "lost": lost,
        "moved": moved,
        "faithful": bool(lost <= LOST),
        "untouched": same,
        "edges": [edges.open, edges.crowded, edges.flipped, edges.uneven],
        "volume": made.volume,
        "bodies": made.bodies,
    }


def _limited(words: list[str], more: dict[str, str], folder: Path) -> dict[str, Any]:
    result, log = folder / "result.json", folder / "log.txt"
    measure = [sys.executable, "-I", str(MEASURE), str(result), str(WALL_LIMIT_S)]
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    def limits() -> None:
        os.nice(5)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with open(log, "wb") as file:
        subprocess.run(
            [*measure, *words],
            env={**os.environ, **single, **more},
            stdout=file,
            stderr=file,
            preexec_fn=limits,
            check=True,
        )
    lines = log.read_text(errors="replace").strip().splitlines()
    return json.loads(result.read_text()) | {"log": lines[-1:] or [""]}


def _why(whole: dict[str, Any], found: dict[str, Any]) -> str:
    if whole["exit"] == -signal.SIGXCPU or whole["cpu_s"] >= CPU_LIMIT_S - 1:
        return f"not done after {CPU_LIMIT_S} CPU s"
    if whole["wall_s"] >= WALL_LIMIT_S:
        return f"not done after {WALL_LIMIT_S} s"
    return f"exit {whole['exit']}: {whole['log'][0][:200]}"


def _manifold(stl: Path) -> str:
    """What PrusaSlicer says of it: ``yes``, ``no`` or why it says nothing."""
    try:
        done = subprocess.run(
            [slicer(), "--info", str(stl)],
            capture_output=True,
            text=True,
            timeout=INFO_LIMIT_S,
        )
    except (NotInstalled, subprocess.TimeoutExpired) as problem:
        return str(problem)[:80]
    found = re.search(r"^manifold = (\w+)", done.stdout, re.MULTILINE)
    return found[1] if found else "no answer"


def _into_place(path: Path, write: Any) -> None:
    """A file that is there is whole, even when a run is cut short."""
    half = path.with_name(f"{path.stem}.half-{os.getpid()}{path.suffix}")
    write(half)
    half.rename(path)


__all__ = ["CACHE", "CPU_LIMIT_S", "Case", "prepared", "run"]
