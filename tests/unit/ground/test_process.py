"""Confined children: limits, cancel, and nobody left behind."""

import os
import signal
import subprocess
import sys
import time

from octoprint_img2stl.process import (
    CANCELLED,
    EXIT,
    KILLED,
    MEMORY,
    TIMEOUT,
    Child,
    Limits,
    environment,
    run,
)

PYTHON = sys.executable


def gone(pid):
    """Whether a process has ended (a zombie has)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_gone(pid, seconds=5):
    deadline = time.monotonic() + seconds
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return gone(pid)


def python(code, tmp_path, **kwargs):
    lines = []
    limits = kwargs.pop("limits", Limits())
    finished = run(
        [PYTHON, "-c", code],
        cwd=tmp_path,
        limits=limits,
        on_line=lambda stream, line: lines.append((stream, line)),
        **kwargs,
    )
    return finished, lines


def test_output_and_status(tmp_path):
    code = "import sys; print('a'); print('b', file=sys.stderr); print('c', end=''); sys.exit(3)"
    finished, lines = python(code, tmp_path)
    assert (finished.returncode, finished.ended) == (3, EXIT)
    assert sorted(lines) == [("stderr", "b"), ("stdout", "a"), ("stdout", "c")]
    assert finished.cpu_s > 0 and finished.peak_memory_bytes > 2**20


def test_lowest_priority_and_first_to_be_killed(tmp_path):
    code = "import os; print(os.nice(0), open('/proc/self/oom_score_adj').read().strip())"
    _, lines = python(code, tmp_path)
    assert lines == [("stdout", "19 900")]
    ionice = subprocess.run(
        ["which", "ionice"], capture_output=True, text=True
    ).stdout.strip()
    if ionice:
        seen = []
        run(
            [ionice],
            cwd=tmp_path,
            limits=Limits(),
            on_line=lambda s, line: seen.append(line),
        )
        assert seen == ["idle"]


def test_one_core_is_spared(tmp_path):
    code = "import os; print(len(os.sched_getaffinity(0)))"
    _, all_cores = python(code, tmp_path)
    _, spared = python(code, tmp_path, limits=Limits(spare_core=True))
    assert int(spared[0][1]) == max(1, int(all_cores[0][1]) - 1)


def test_environment_does_not_leak(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "do not tell")
    _, lines = python("import os; print(sorted(os.environ))", tmp_path)
    assert "SECRET_TOKEN" not in lines[0][1]
    assert environment("/home")["HOME"] == "/home"


def test_memory_limit_by_the_kernel(tmp_path):
    code = "bytearray(400 << 20)"
    finished, lines = python(code, tmp_path, limits=Limits(memory_bytes=200 << 20))
    assert finished.returncode == 1
    assert ("stderr", "MemoryError") in lines


def test_memory_of_the_whole_group_counts(tmp_path):
    # two children of 120 MB each: each alone is within the limit, together they are not
    code = (
        "import subprocess, sys\n"
        "hog = 'x = bytearray(b\"1\") * (120 << 20); import time; time.sleep(60)'\n"
        "hogs = [subprocess.Popen([sys.executable, '-c', hog]) for _ in range(2)]\n"
        "[hog.wait() for hog in hogs]"
    )
    finished, _ = python(code, tmp_path, limits=Limits(memory_bytes=200 << 20))
    assert finished.ended == MEMORY


def test_timeout_and_cancel_kill_grandchildren(tmp_path):
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True); child.wait()"
    )
    finished, lines = python(code, tmp_path, limits=Limits(time_s=1.0))
    assert finished.ended == TIMEOUT
    assert wait_gone(int(lines[0][1]))
    seen = []
    finished = run(
        [PYTHON, "-c", code],
        cwd=tmp_path,
        limits=Limits(),
        on_line=lambda stream, line: seen.append(line),
        cancelled=lambda: bool(seen),
    )
    assert finished.ended == CANCELLED
    assert wait_gone(int(seen[0]))


def test_killed_from_outside(tmp_path):
    finished, _ = python("import os; os.kill(os.getpid(), 9)", tmp_path)
    assert (finished.ended, finished.returncode) == (KILLED, -signal.SIGKILL)


def test_program_that_cannot_start(tmp_path):
    lines = []
    finished = run(
        ["/nonexistent/program"],
        cwd=tmp_path,
        limits=Limits(),
        on_line=lambda stream, line: lines.append(line),
    )
    assert finished.returncode == 127
    assert lines == ["/nonexistent/program: No such file or directory"]


def test_endless_line_is_cut(tmp_path):
    code = "import sys; sys.stdout.write('x' * 3_000_000); print(); print('end')"
    finished, lines = python(code, tmp_path)
    assert finished.returncode == 0
    assert lines[-1] == ("stdout", "end")
    assert max(len(line) for _, line in lines) <= 16_384


def test_dies_with_its_parent(tmp_path):
    package = os.path.dirname(
        os.path.dirname(os.path.abspath(sys.modules[run.__module__].__file__))
    )
    code = (
        "import sys, os; from octoprint_img2stl.process import *\n"
        "run([sys.executable, '-c', 'import time; time.sleep(60)'], cwd='.', limits=Limits(),\n"
        "    started=lambda pid: print(pid, flush=True))"
    )
    parent = subprocess.Popen(
        [PYTHON, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": package},
    )
    child = int(parent.stdout.readline())
    assert not gone(child)
    parent.kill()
    parent.wait()
    assert wait_gone(child)
    parent.stdout.close()


def test_conversation(tmp_path):
    code = "import sys\nfor line in sys.stdin: print(line.upper(), end='', flush=True)"
    child = Child([PYTHON, "-c", code], cwd=tmp_path, limits=Limits(), stdin=True)
    try:
        child.send("hello")
        lines = []
        while not lines:
            lines = child.lines(1.0)
        assert lines == [("stdout", "HELLO")]
    finally:
        child.close()
    assert gone(child.pid)
