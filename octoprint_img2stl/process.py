"""Running another program confined: own process group, lowest priority, bounded, killable.

Everything heavy this project does happens in a child started here: the workers and the slicers.
The child's output is hostile: it is decoded leniently and its lines are cut.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONFINE = Path(__file__).with_name("confine.py")
LINE_LIMIT = 16_384
READ_SIZE = 65_536
TICK_S = 0.2  # how often cancel and time limit are looked at: well under the promised 2 s
MEMORY_TICK_S = 0.5
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR")

EXIT, TIMEOUT, CANCELLED, MEMORY, KILLED = (
    "exit",
    "timeout",
    "cancelled",
    "memory",
    "killed",
)


@dataclass(frozen=True)
class Limits:
    """What a child may use.

    Attributes:
        memory_bytes: private memory of the whole group; None: unlimited.
        time_s: wall-clock time; None: unlimited.
        nice: CPU niceness; the I/O class is always idle.
        spare_core: stay off one processor core, because a print is running on this machine.
    """

    memory_bytes: int | None = None
    time_s: float | None = None
    nice: int = 19
    spare_core: bool = False


@dataclass(frozen=True)
class Finished:
    """How a child ended.

    Attributes:
        returncode: exit status, negative for a signal.
        ended: ``exit``, ``timeout``, ``cancelled``, ``memory`` (we killed it for that reason) or
            ``killed`` (somebody else did).
        wall_s, cpu_s: time used.
        peak_memory_bytes: largest resident size of the child.
    """

    returncode: int
    ended: str
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int


def environment(
    home: Path | str, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The few variables a child gets; nothing of OctoPrint's own environment leaks."""
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    env.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    env.update(HOME=str(home), LANG="C.UTF-8", LC_ALL="C.UTF-8")
    env.update(extra or {})
    return env


class Child:
    """A confined child process whose output is read line by line.

    Args:
        argv: absolute program path and its arguments; never a shell line.
        cwd: working directory, also its HOME.
        limits: memory and niceness are set here, time is the caller's to watch.
        env: further environment variables.
        stdin: keep a pipe to the child's standard input, for `send`.
        die_with_thread: end the child when the thread that started it, or all of us, end.
        line_limit: longest line to keep, characters; what is beyond is dropped.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | str,
        limits: Limits,
        env: Mapping[str, str] | None = None,
        stdin: bool = False,
        die_with_thread: bool = True,
        line_limit: int = LINE_LIMIT,
    ) -> None:
        options = [
            "--nice",
            str(limits.nice),
            "--spare-core",
            str(int(limits.spare_core)),
        ]
        if limits.memory_bytes:
            options += ["--memory", str(limits.memory_bytes)]
        if die_with_thread:
            # The kernel's parent-death signal follows the *thread* that started the child.
            options += ["--parent", str(os.getpid())]
        self.limits = limits
        self._line_limit = line_limit
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(CONFINE), *options, "--", *map(str, argv)],
            cwd=str(cwd),
            env=environment(cwd, env),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            close_fds=True,
        )
        self.pid = self._process.pid
        self.cpu_s = 0.0
        self.peak_memory_bytes = 0
        self._pending = {"stdout": b"", "stderr": b""}
        self._selector = selectors.DefaultSelector()
        for name in self._pending:
            stream = getattr(self._process, name)
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ, name)

    @property
    def returncode(self) -> int | None:
        """Exit status once the child has ended, else None."""
        if self._process.returncode is None:
            try:
                pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            except ChildProcessError:
                self._process.returncode = NOT_KNOWN
                return NOT_KNOWN
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_s = usage.ru_utime + usage.ru_stime
                # ru_maxrss also counts the moment before exec, when the child still shared
                # our own memory; only a child too short to be looked at has nothing better.
                self.peak_memory_bytes = self.peak_memory_bytes or usage.ru_maxrss * 1024
        return self._process.returncode

    def send(self, line: str) -> None:
        """Write one line to the child's standard input.

        Raises:
            OSError: the child is gone.
        """
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def lines(self, timeout_s: float) -> list[tuple[str, str]]:
        """The complete lines that arrived, waiting at most `timeout_s` for the first."""
        if not self._selector.get_map():
            time.sleep(min(timeout_s, 0.02))
            return []
        found: list[tuple[str, str]] = []
        for key, _ in self._selector.select(timeout_s):
            name = key.data
            try:
                data = os.read(key.fileobj.fileno(), READ_SIZE)
            except BlockingIOError:
                continue
            if not data:
                self._selector.unregister(key.fileobj)
                data = b"\n" if self._pending[name] else b""
            *complete, rest = (self._pending[name] + data).split(b"\n")
            self._pending[name] = rest if len(rest) <= 4 * self._line_limit else b""
            if not self._pending[name] and rest:
                complete.append(rest)
            found += [
                (name, line.decode("utf-8", "replace")[: self._line_limit].rstrip("\r"))
                for line in complete
            ]
        return found

    @property
    def drained(self) -> bool:
        """Whether both outputs were read to their end."""
        return not self._selector.get_map()

    def group_memory_bytes(self) -> int:
        """Resident memory of all processes in the child's group, bytes."""
        return sum(_resident_bytes(pid) for pid in _group(self.pid))

    def note_peak_memory(self) -> None:
        """Remember the child's high-water mark, which only grows: a look now and then will do."""
        try:
            with open(f"/proc/{self.pid}/status") as file:
                mark = next(line for line in file if line.startswith("VmHWM:"))
        except (OSError, StopIteration):
            return
        self.peak_memory_bytes = int(mark.split()[1]) * 1024

    def kill(self) -> None:
        """End the whole process group at once and reap the child."""
        kill_group(self.pid)
        deadline = time.monotonic() + 2.0
        while self.returncode is None and time.monotonic() < deadline:
            time.sleep(0.01)

    def close(self) -> None:
        """Kill what is left and release the pipes."""
        self.kill()
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass


NOT_KNOWN = -255  # another thread reaped the child; it has ended, nobody knows how


def run(
    argv: Sequence[str],
    *,
    cwd: Path | str,
    limits: Limits,
    on_line: Callable[[str, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    env: Mapping[str, str] | None = None,
    started: Callable[[int], None] | None = None,
    stdin: bool = False,
) -> Finished:
    """Run a program to its end, or until cancelled or over a limit; never raises for those.

    Args:
        argv: absolute program path and its arguments.
        cwd: working directory, also HOME.
        limits: see `Limits`.
        on_line: called with (``stdout`` or ``stderr``, line).
        cancelled: asked five times a second; True ends the whole process group.
        env: further environment variables.
        started: called with the child's process id, which is also its group's.
        stdin: hold a pipe to its standard input open, whose end tells it that we are gone.
    """
    child = Child(argv, cwd=cwd, limits=limits, env=env, stdin=stdin)
    ended = EXIT
    next_memory_look = child.started + MEMORY_TICK_S
    try:
        if started:
            started(child.pid)
        while child.returncode is None:
            for stream, line in child.lines(TICK_S):
                if on_line:
                    on_line(stream, line)
            child.note_peak_memory()
            now = time.monotonic()
            if cancelled and cancelled():
                ended = CANCELLED
            elif limits.time_s and now - child.started > limits.time_s:
                ended = TIMEOUT
            elif limits.memory_bytes and now >= next_memory_look:
                next_memory_look = now + MEMORY_TICK_S
                if child.group_memory_bytes() > limits.memory_bytes:
                    ended = MEMORY
            if ended != EXIT:
                child.kill()
                break
        wall_s = time.monotonic() - child.started
        _drain(child, on_line)
    finally:
        child.close()
    returncode = child.returncode
    if returncode is None:
        returncode = NOT_KNOWN
    if ended == EXIT and returncode == -signal.SIGKILL:
        ended = KILLED
    return Finished(returncode, ended, wall_s, child.cpu_s, child.peak_memory_bytes)


def _drain(child: Child, on_line: Callable[[str, str], None] | None) -> None:
    """Read what the child left in its pipes; a grandchild may hold them open, so not for long."""
    deadline = time.monotonic() + 1.0
    while not child.drained and time.monotonic() < deadline:
        for stream, line in child.lines(0.05):
            if on_line:
                on_line(stream, line)


def kill_group(pgid: int) -> None:
    """Kill a whole process group; nothing happens if it is gone."""
    try:
        os.killpg(pgid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def machine_memory_bytes() -> int:
    """The machine's physical memory, bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _group(pgid: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    # the command in parentheses may hold spaces: count fields after its end
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if len(fields) > 2 and int(fields[2]) == pgid:
                found.append(int(name))
    return found


def _resident_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
