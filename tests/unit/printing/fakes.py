"""A printer, a clock and a machine that do as they are told."""

from __future__ import annotations

from pathlib import Path

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.printing import PrinterState, PrintQueue

IDLE = PrinterState(connected=True, ready=True, printing=False)
FINISHING = PrinterState(connected=True, ready=False, printing=False)
OFFLINE = PrinterState(connected=False, ready=False, printing=False)
MACHINE = Machine()
BOX = (10.0, 10.0, 0.2, 100.0, 100.0, 5.0)


def printing(path: str | None) -> PrinterState:
    return PrinterState(connected=True, ready=False, printing=True, path=path)


class FakePrinter:
    def __init__(self) -> None:
        self.now = IDLE
        self.started: list[tuple[str, str]] = []
        self.on_start = lambda: None

    def state(self) -> PrinterState:
        return self.now

    def start(self, path: str, user: str) -> None:
        self.started.append((path, user))
        self.on_start()


class Bench:
    """A queue with everything around it under control."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printer = FakePrinter()
        self.machine = MACHINE
        self.hashes: dict[str, str | None] = {}
        self.on_hash = lambda: None
        self.time = 1000.0
        self.wall = 1_700_000_000.0
        self.changes = 0
        self.queue = self.open()

    def open(self) -> PrintQueue:
        """A new queue over the same folder: a restart."""
        self.queue = PrintQueue(
            self.folder,
            self.printer,
            lambda: self.machine,
            hash_file=self._hash,
            changed=self._changed,
            clock=lambda: self.time,
            wall_clock=lambda: self.wall,
        )
        return self.queue

    def _hash(self, path: str) -> str | None:
        self.on_hash()
        return self.hashes.get(path, "good")

    def _changed(self) -> None:
        self.queue.to_json()  # would hang for ever if called under the lock
        self.changes += 1

    def add(self, path: str = "img2stl/a.gcode", copies: int = 1, **changes) -> str:
        values = {
            "job_id": "0123456789abcdef",
            "name": path.rpartition("/")[2],
            "path": path,
            "sha256": "good",
            "bounds": BOX,
            "machine": MACHINE.fingerprint(),
            "print_time_s": 3600.0,
            "owner": "ann",
            "copies": copies,
            **changes,
        }
        return self.queue.add(**values)[0]

    @property
    def generation(self) -> int:
        return self.queue.to_json()["bed_generation"]

    @property
    def reason(self) -> str | None:
        reason = self.queue.to_json()["reason"]
        return reason and reason["code"]

    def item(self, item_id: str) -> dict:
        data = self.queue.to_json()
        return next(i for i in (*data["items"], *data["history"]) if i["id"] == item_id)

    def states(self) -> list[str]:
        return [item["state"] for item in self.queue.to_json()["items"]]

    def confirm(self, item_id: str, user: str = "bob") -> str:
        return self.queue.confirm(item_id, self.generation, user)

    def start(self, item_id: str, user: str = "bob") -> None:
        self.queue.start(item_id, self.confirm(item_id, user), user)

    def print(self, item_id: str) -> str:
        """Until it prints; returns its path."""
        self.start(item_id)
        path = self.queue.state.find(item_id).path
        self.printer.now = printing(path)
        self.queue.print_started(path, "bob")
        return path
