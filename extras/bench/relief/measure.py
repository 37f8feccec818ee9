#!/usr/bin/env python3
"""CPU seconds, wall seconds and peak memory of one command and all its children.

    python measure.py RESULT.json LIMIT_S COMMAND [ARGUMENT ...]

A process of its own, and a small one: Linux counts into a new program's peak memory what
its parent held when it started it, so a parent full of triangles would spoil the figure.
This one holds some 11 MB, the least it can report. The peak is that of the largest single
process, not of all together.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time


def main() -> None:
    result, limit_s, *command = sys.argv[1:]
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )

    def stop() -> None:
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(float(limit_s), stop)
    timer.daemon = True
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    with open(result, "w") as file:
        json.dump(
            {
                "exit": os.waitstatus_to_exitcode(status),
                "cpu_s": usage.ru_utime + usage.ru_stime,
                "wall_s": time.monotonic() - started,
                "rss_mb": usage.ru_maxrss / 1024,
            },
            file,
        )


if __name__ == "__main__":
    main()
