"""A clock that only goes when somebody waits, and a driver that does what a test says."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from octoprint_img2stl.solid3d.courier import Courier, Errand
from octoprint_img2stl.solid3d.driver import (
    Cancel,
    Capabilities,
    Driver,
    JobSpec,
    MeshFile,
    RemoteRef,
    Status,
)
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.line import Line
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind

SECRET = "sk-0123456789abcdef"
START = 1_800_000_000.0
DAY_S = 86400.0
FREE = Capabilities()
PAID = Capabilities(costs_money=True)
PAID_ONCE = Capabilities(costs_money=True, submit_idempotent=True)


def failing(
    kind: ErrorKind, code: str = "solid.x", sent: bool = True, after: float | None = None
) -> DriverFailed:
    return DriverFailed(
        kind, code, f"{kind.value} %(said)s", sent=sent, retry_after_s=after, said="so"
    )


OFF = failing(ErrorKind.OFFLINE, "solid.offline", sent=False)
BROKEN = failing(ErrorKind.OFFLINE, "solid.connection_lost")
SILENT = failing(ErrorKind.TIMEOUT, "solid.no_answer")
RUNNING, QUEUED, DONE, LOST = (
    Status("running"),
    Status("queued"),
    Status("done"),
    Status("lost"),
)


class Clock:
    """Time as the test has it.

    Attributes:
        rests: every pause, seconds.
    """

    def __init__(self) -> None:
        self.now = START
        self.rests: list[float] = []
        self.wakes: list[float] = []  # lengths of pauses that end early
        self.most_rests = 20_000

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.rests.append(seconds)
        assert len(self.rests) < self.most_rests, "this does not end"
        self.now += min(seconds, self.wakes.pop(0)) if self.wakes else seconds


class Scripted(Driver):
    """Gives what the test lined up; the last of each line for ever."""

    name, label, description = "scripted", "Scripted", "For tests."

    def __init__(self, endpoint: Endpoint, clock: Clock) -> None:
        super().__init__(endpoint, Line(endpoint))
        self.clock = clock
        self.lines: dict[str, list[Any]] = {
            "submit": ["job"],
            "poll": [RUNNING, DONE],
            "fetch": [b"mesh"],
            "cancel": [Cancel.STOPPED],
            "find": [None],
        }
        self.calls: list[tuple[str, Any]] = []
        self.times: list[float] = []
        self.closed = 0

    def _next(self, name: str, what: Any) -> Any:
        self.calls.append((name, what))
        self.times.append(self.clock.now - START)
        line = self.lines[name]
        found = line.pop(0) if len(line) > 1 else line[0]
        if callable(found):
            found = found()
        if isinstance(found, Exception):
            raise found
        return found

    def _ref(self, name: str) -> RemoteRef:
        return RemoteRef(self.name, self.endpoint.id, {"id": name})

    def probe(self) -> Capabilities:
        return Capabilities()

    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        self.specs = [*getattr(self, "specs", []), job]
        note(self._ref(key))
        return self._ref(self._next("submit", key))

    def poll(self, ref: RemoteRef) -> Status:
        return self._next("poll", ref.ids["id"])

    def fetch(self, ref: RemoteRef, target: Path, **how: Any) -> MeshFile:
        data = self._next("fetch", ref.ids["id"])
        how["progress"](0.5)
        path = target.with_suffix(".glb")
        path.write_bytes(data)
        return MeshFile(path, "glb", "z", "mm", len(data), "")

    def cancel(self, ref: RemoteRef) -> Cancel:
        return self._next("cancel", ref.ids["id"])

    def find(self, job: JobSpec, key: str, since: float) -> RemoteRef | None:
        found = self._next("find", key)
        return None if found is None else self._ref(found)

    def close(self) -> None:
        self.closed += 1
        super().close()

    def named(self, name: str) -> list[Any]:
        return [what for call, what in self.calls if call == name]


class Carried:
    """One errand of a test, on disk as JSON after every save."""

    def __init__(
        self,
        folder: Path,
        capabilities: Capabilities = FREE,
        url: str = "http://192.168.1.20:8081",
        **endpoint: Any,
    ) -> None:
        self.clock = Clock()
        self.endpoint = Endpoint(
            "mine", "Mine", "scripted", url, auth="bearer", secret=SECRET, **endpoint
        )
        self.driver = Scripted(self.endpoint, self.clock)
        self.spec = JobSpec((), 0, "normal", 0, folder)
        self.target = folder / "candidate-1"
        self.errand = Errand.new(seed=7, now=START)
        self.capabilities = capabilities
        self.saved: list[dict[str, Any]] = []
        self.cancelled = self.stopping = False
        self.cancel_when: Callable[[Errand], bool] = lambda errand: False
        self.stop_when: Callable[[Errand], bool] = lambda errand: False

    def save(self, errand: Errand) -> None:
        data = errand.to_json()
        assert SECRET not in str(data)
        self.saved.append(data)
        self.cancelled = self.cancelled or self.cancel_when(errand)
        self.stopping = self.stopping or self.stop_when(errand)

    def carry(self, **lines: list[Any]) -> Errand:
        """Carry with these lines of the driver's until it ends or stops."""
        self.driver.lines.update(lines)
        courier = Courier(
            lambda: self.driver,
            self.endpoint,
            self.capabilities,
            clock=self.clock,
            pause=self.clock.pause,
            chance=random.Random(1),
        )
        courier.carry(
            self.errand,
            self.spec,
            self.target,
            save=self.save,
            cancelled=lambda: self.cancelled,
            stopping=lambda: self.stopping,
        )
        assert self.errand.to_json() == self.saved[-1] or self.stopping
        return self.errand

    def restart(self) -> None:
        """OctoPrint ends and starts again: all that is left is on disk."""
        self.errand = Errand.from_json(self.saved[-1])
        self.cancelled = self.stopping = False
        self.stop_when = lambda errand: False

    @property
    def states(self) -> list[str]:
        """The states that were saved, one after the other."""
        found: list[str] = []
        for data in self.saved:
            if not found or found[-1] != data["state"]:
                found.append(data["state"])
        return found
