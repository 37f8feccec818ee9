"""What every driver does around the repair itself: read, measure, write, report.

    python by_TOOL.py IN.stl OUT.stl REPORT.json [ARGUMENT ...]

Only the repair is measured: not the start of the interpreter, not the imports, not the
reading, welding and writing, which are the same for all.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from meshes import read_stl, weld, write_stl  # noqa: E402

ARGUMENTS = sys.argv[4:]
KB = 1024.0


def run(repair: Callable[[np.ndarray, np.ndarray], tuple]) -> None:
    """Repair one file.

    Args:
        repair: gets points (v, 3) float32 and faces (n, 3), and returns points, faces and
            what else there is to report, a dict.
    """
    source, out, report = map(Path, sys.argv[1:4])
    points, faces = weld(read_stl(source))
    points, faces = np.ascontiguousarray(points), np.ascontiguousarray(faces, np.int32)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts here
    before, started = _memory("VmRSS"), _cpu()
    found = {}
    try:
        made_points, made_faces, found = repair(points, faces)
        failed = None
    except Exception as problem:
        failed = f"{type(problem).__name__}: {problem}"[:300]
    found |= {"cpu_s": _cpu() - started, "extra_mb": _memory("VmHWM") - before}
    if failed is not None:
        found["failed"] = failed
    else:
        corners = np.asarray(made_points, dtype=np.float32)[np.asarray(made_faces)]
        write_stl(out, corners.reshape(-1, 3, 3))
    report.write_text(json.dumps(found))


def _cpu() -> float:
    both = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(sum(resource.getrusage(who)[:2]) for who in both)


def _memory(name: str) -> float:
    """MB, of this process."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[1]) / KB
