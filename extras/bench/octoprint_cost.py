#!/usr/bin/env python3
"""What the plugin costs OctoPrint: seconds of its start and megabytes of its memory.

Starts OctoPrint in turn without and with the plugin and prints the medians and their
difference. Run it with the interpreter whose environment holds both:

    .venv/bin/python extras/bench/octoprint_cost.py [--runs 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import yaml  # noqa: E402

from tests.serving import Server  # noqa: E402

SETTLE_S = 5.0
GOAL_MB, GOAL_S = 15.0, 0.5


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return (
        int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1])
        / 1024
    )


def measure(server: Server) -> tuple[float, float, float]:
    started = time.monotonic()
    server.start()
    wall_s = time.monotonic() - started
    pid = server.process.pid
    cpu_s = cpu_seconds(pid)
    time.sleep(SETTLE_S)
    memory = resident_mb(pid)
    server.stop()
    return wall_s, cpu_s, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        servers = {}
        for name in ("without", "with"):
            server = servers[name] = Server(Path(folder) / name)
            if name == "without":
                path = server.base / "config.yaml"
                config = yaml.safe_load(path.read_text())
                config["plugins"]["_disabled"].append("img2stl")
                path.write_text(yaml.safe_dump(config))
            measure(server)  # the first start also makes caches
        found: dict[str, list] = {name: [] for name in servers}
        for run in range(runs):
            for name, server in servers.items():
                found[name].append(measure(server))
                print(
                    f"{run + 1}/{runs} {name:8} %.2f s wall %.2f s CPU %.1f MB"
                    % found[name][-1],
                    flush=True,
                )
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in found.items()
    }
    wall, cpu, memory = (
        b - a for a, b in zip(medians["without"], medians["with"], strict=True)
    )
    print(
        f"the plugin adds (medians of {runs}): {wall:+.2f} s wall, {cpu:+.2f} s CPU, "
        f"{memory:+.1f} MB resident (goals: under {GOAL_S} s, under {GOAL_MB:.0f} MB)"
    )


if __name__ == "__main__":
    main()
