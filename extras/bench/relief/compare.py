"""Runs every tool on every picture and looks at what comes out."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import commands
import numpy as np
import slicing
from cases import Case, cases, chosen
from check import box, closed, read_stl
from commands import Command
from environments import CACHE, NotInstalled
from errors import height_errors
from peers import PEERS
from pictures import pixel_heights

HERE = Path(__file__).resolve().parent
# A tool whose first run takes longer is not run again.
ONCE_CPU_S = 60.0
SIZE_TOLERANCE = 0.001
# mm, within which vertices are merged for a second look at a mesh with gaps.
MERGED = 1e-4
COSTS = ("cpu_s", "wall_s", "rss_mb")


class Failed(Exception):
    """A run ended without a result; the message says how."""


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Everything that `table.markdown` shows.

    Args:
        options: of `run.py`.
    """
    known = {peer.name: peer for peer in PEERS}
    wanted = options.peers.split(",") if options.peers else list(known)
    slicer = slicing.find() if options.slice else None
    if options.slice and not slicer:
        sys.exit("--slice needs PrusaSlicer on the PATH")
    had, missing = {}, {}
    for name in wanted:
        if name not in known:
            sys.exit(f"no peer is called {name}; there are: {', '.join(known)}")
        say(f"installing {name}")
        try:
            had[name] = known[name].install()
        except NotInstalled as reason:
            missing[name] = str(reason)
    found, lost = chosen(options)
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        out = Path(folder) / "model.stl"
        bench = Bench(had, options.limit, slicer)
        listed = cases(options, found, [known[name] for name in had], out)
        rows = [bench.first(case) for case in listed]
        for number in range(1, options.repeat):
            for case, row in zip(listed, rows, strict=True):
                if row["runs"] and row["runs"][0]["cpu_s"] <= ONCE_CPU_S:
                    say(f"run {number + 1}: {_name(case)}")
                    try:
                        row["runs"].append(bench.run(bench.command(case)))
                    except Failed as problem:
                        row["failed"] = f"in run {number + 1}: {problem}"
    for row in rows:
        for cost in COSTS if row["runs"] else ():
            row[cost] = statistics.median(run[cost] for run in row["runs"])
    return {
        "machine": _machine(),
        "repeat": options.repeat,
        "about": {name: known[name].about for name in had},
        "missing": missing | lost,
        "rows": rows,
    }


class Bench:
    """Runs single cases.

    Args:
        had: what each installed peer's `install` returned.
        limit_s: of a run.
        slicer: its program, None not to slice.
    """

    def __init__(self, had: dict[str, str], limit_s: float, slicer: str | None) -> None:
        self._had = had
        self._limit_s = limit_s
        self._slicer = slicer
        self._heights: dict[tuple, np.ndarray] = {}

    def command(self, case: Case) -> Command:
        return case.peer.command(self._had[case.peer.name], case.job)

    def first(self, case: Case) -> dict[str, Any]:
        """Run a case, look at its solid and slice it."""
        say(_name(case))
        peer, job = case.peer, case.job
        row: dict[str, Any] = {
            "picture": case.picture,
            "px": case.size,
            "peer": peer.name,
            "eps": job.max_error if peer.bounded else None,
            "runs": [],
        }
        command = self.command(case)
        stl = command.out or job.out
        try:
            run = self.run(command)
            row |= self._look(stl, case)
            row["runs"].append(run)
            if self._slicer:
                row["slice"] = self._slice(stl, job.pitch if peer.unit_px else 1.0)
        except (Failed, ValueError, OSError) as problem:
            row["failed"] = str(problem)
        stl.unlink(missing_ok=True)
        return row

    def run(self, command: Command) -> dict[str, float]:
        """Run a command once.

        Raises:
            Failed: it did not end well, or not in time.
        """
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            result, log = Path(folder) / "result.json", Path(folder) / "log.txt"
            line = [sys.executable, "-I", str(HERE / "measure.py"), str(result)]
            with open(log, "wb") as file:
                subprocess.run(
                    [*line, str(self._limit_s), *command.line],
                    env={**os.environ, **command.env},
                    stderr=file,
                    check=True,
                )
            run = json.loads(result.read_text())
            lines = log.read_text(errors="replace").strip().splitlines()
        if run["exit"]:
            over = run["wall_s"] >= self._limit_s
            why = f"not done after {self._limit_s:g} s" if over else (lines or ["?"])[-1]
            raise Failed(f"exit {run['exit']}: {why}")
        return {cost: run[cost] for cost in COSTS}

    def _look(self, stl: Path, case: Case) -> dict[str, Any]:
        if not stl.is_file():
            raise Failed("wrote no STL")
        corners = read_stl(stl)
        low, high = box(corners)
        size = (high - low).tolist()
        state = closed(corners)
        facts = {
            "triangles": len(corners),
            "stl_mb": stl.stat().st_size / 1e6,
            "watertight": state.watertight,
            "closed": state.text(),
            "closed_merged": "" if state.watertight else closed(corners, MERGED).text(),
            "volume": state.volume,
            "size": size,
            "size_right": all(
                abs(side - asked) <= SIZE_TOLERANCE
                for side, asked in zip(size, case.job.size, strict=True)
            ),
        }
        expected = self._expected(case)
        if expected is not None:
            errors = height_errors(corners, case.peer, case.job, expected)
            facts["max_error"] = errors.greatest
            facts["rms_error"] = errors.rms
            facts["missing_nodes"] = errors.missing
            facts["turned"] = errors.turned
        return facts

    def _expected(self, case: Case) -> np.ndarray | None:
        """The heights to compare with: the pixels', or those that ours was made from."""
        if not case.peer.own_heights:
            return pixel_heights(case.grey) if case.grey else None
        key = (case.picture, case.size)
        if key not in self._heights:
            self._heights.clear()
            kept = case.job.out.with_name("heights.npy")
            spare = replace(case.job, out=kept.with_suffix(".stl"))
            self.run(commands.engine(sys.executable, spare, kept))
            self._heights[key] = np.load(kept)
        return self._heights[key]

    def _slice(self, stl: Path, scale: float) -> dict[str, Any]:
        gcode = stl.with_suffix(".gcode")
        try:
            line = slicing.command(self._slicer, stl, gcode, scale)
            return self.run(Command(line)) | slicing.facts(gcode)
        except (Failed, OSError) as problem:
            return {"failed": str(problem)}
        finally:
            gcode.unlink(missing_ok=True)


def say(text: str) -> None:
    """Progress, beside the table."""
    print(text, file=sys.stderr, flush=True)


def _name(case: Case) -> str:
    error = f" {case.job.max_error}" if case.peer.bounded else ""
    return f"{case.picture} {case.size}: {case.peer.name}{error}"


def _machine() -> dict[str, Any]:
    models = []
    if os.path.exists("/proc/cpuinfo"):
        text = Path("/proc/cpuinfo").read_text()
        models = [x for x in text.splitlines() if x.lower().startswith("model name")]
    return {
        "processor": models[0].partition(":")[2].strip()
        if models
        else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load": os.getloadavg()[0],
    }
