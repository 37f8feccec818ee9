"""Runs every tool on every file, and writes what was found."""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import job
from environments import NotInstalled
from fetch import CORPUS, listed
from meshes import Unreadable
from table import failures, markdown
from tools import TOOLS

# Whose results PrusaSlicer is asked about.
ASKED = ("nothing", "ours")


def compare(options: argparse.Namespace) -> None:
    """Run, print the table, write the files that `options` name."""
    known = {tool.name: tool for tool in TOOLS}
    wanted = options.only.split(",") if options.only else list(known)
    wanted = [name for name in wanted if name not in options.without.split(",")]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"no tool is called {unknown[0]}; there are: {', '.join(known)}")
    had, missing = {}, {}
    for name in wanted:
        say(f"installing {name}")
        try:
            had[name] = known[name].install()
        except NotInstalled as reason:
            missing[name] = str(reason)
    found = _kept(options) if options.only or options.without else {}
    files, unread = found.get("files", {}), {}
    rows = {(row["tool"], row["file"]): row for row in found.get("rows", ())}
    missing = {
        name: why for name, why in found.get("missing", {}).items() if name not in had
    } | missing
    folder = options.corpus or CORPUS
    job.OWN_CACHE.mkdir(exist_ok=True)

    def one(entry: dict[str, Any]) -> None:
        name = entry["file"]
        try:
            case = job.prepared(entry, folder / name)
        except (Unreadable, OSError) as problem:
            unread[name] = str(problem)
            return
        files[name] = {
            "faces": len(case.shape.faces),
            "broken": not case.shape.strict,
            "flat": bool(case.shape.flat),
            "bodies": case.shape.bodies,
            "ai": entry.get("ai", ""),
        }
        row = {}
        for tool in had:
            row = job.run(known[tool], had[tool], case, tool in ASKED)
            rows[tool, name] = row
        say(f"{name}: {len(case.shape.faces)} faces, {_result(row)}")

    def written() -> str:
        """The files as far as it has come, so that a run that is cut short is not lost."""
        order = list(known)
        result = {
            "machine": machine(),
            "about": {name: known[name].about for name in order},
            "whole": [name for name in order if known[name].whole],
            "missing": missing,
            "unread": unread,
            "files": dict(sorted(files.items())),
            "rows": sorted(
                rows.values(), key=lambda row: (order.index(row["tool"]), row["file"])
            ),
        }
        text = markdown(result)
        if options.out:
            options.out.write_text(text)
            options.out.with_suffix(".json").write_text(json.dumps(result, indent=1))
        if options.failures:
            options.failures.write_text(failures(result))
        return text

    entries = [x for x in listed() if fnmatch.fnmatch(x["file"], options.files)]
    with ThreadPoolExecutor(options.jobs) as pool:
        for number, done in enumerate([pool.submit(one, entry) for entry in entries]):
            done.result()
            if number % 10 == 9:
                written()
    print(written())


def _result(row: dict[str, Any]) -> str:
    if "failed" in row:
        return f"{row['tool']} failed: {row['failed']}"
    words = [word if row[word] else f"NOT {word}" for word in ("strict", "faithful")]
    return f"{row['tool']} {', '.join(words)}, {row['cpu_s']:.2f} CPU s"


def _kept(options: argparse.Namespace) -> dict[str, Any]:
    """What an earlier run found."""
    if options.out and options.out.with_suffix(".json").is_file():
        return json.loads(options.out.with_suffix(".json").read_text())
    return {}


def machine() -> str:
    model = "unknown processor"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            models = [line for line in file if line.startswith("model name")]
        model = models[0].partition(":")[2].strip() if models else model
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, load at the end {load:.1f}"


def say(text: str) -> None:
    """Progress, beside the table."""
    print(text, file=sys.stderr, flush=True)
