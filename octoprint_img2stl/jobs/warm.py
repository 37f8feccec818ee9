"""A worker kept warm for short questions: previews, layer pictures, opening a photo."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..problems import N_, Problem, Refusal
from ..process import EXIT, MEMORY, NOT_KNOWN, TIMEOUT, Child, Finished, Limits
from .engine import WORKER_ENV, how_it_ended, worker_argv

SCRATCH = "scratch"  # inside the folder
ANSWER_TIME_S = 120.0  # a 12-megapixel photo on the slowest Pi, with much to spare
# characters; a layer's picture or a preview has under one million
ANSWER_LIMIT = 16 * 2**20
TICK_S = 0.2
# A worker kept from before that ends so soon after a question did not end because of it.
DYING_S = 0.4


class Superseded(Refusal):
    """A newer question of the same kind makes the answer pointless."""

    def __init__(self) -> None:
        super().__init__("jobs.superseded", N_("A newer preview was asked for."))


class WarmWorker:
    """One worker process that answers tasks one after the other and leaves when idle.

    Args:
        folder: where the process runs.
        memory_bytes: returns the memory limit, asked whenever a process starts.
        idle_s: returns after how many seconds without a task the process leaves.
    """

    def __init__(
        self,
        folder: Path,
        memory_bytes: Callable[[], int | None],
        idle_s: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._idle_s = idle_s
        self._turn = threading.Lock()
        self._child: Child | None = None
        self._newest: dict[str, int] = defaultdict(int)
        self._newest_lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Process id while a worker is there."""
        child = self._child
        return child.pid if child is not None and child.returncode is None else None

    def ask(self, task: dict[str, Any], *, kind: str | None = None) -> Any:
        """The worker's answer to a task.

        Args:
            task: see `steps.answer`.
            kind: of several waiting tasks of one kind only the newest is done.

        Raises:
            Superseded: a newer task of the same kind came meanwhile.
            Refusal: what the room said, or that the worker died, hung or ran out of memory.
        """
        if kind is not None:
            with self._newest_lock:
                self._newest[kind] += 1
                number = self._newest[kind]
        with self._turn:
            if kind is not None and self._newest[kind] != number:
                raise Superseded
            answer, problem = self._ask(task)
        if problem is not None:
            raise Refusal.of(problem)
        return answer

    def _ask(self, task: dict[str, Any]) -> tuple[Any, Problem | None]:
        line = json.dumps(task)
        kept = self.pid is not None
        child = self._running()
        try:
            child.send(line)
        except OSError:  # it left, being idle, at this very moment
            kept = False
            child = self._running(fresh=True)
            child.send(line)
        asked = time.monotonic()
        deadline = time.monotonic() + ANSWER_TIME_S
        while True:
            alive = child.returncode is None
            for stream, text in child.lines(TICK_S):
                if stream != "stdout":
                    continue
                event = json.loads(text)
                if event["event"] == "answer":
                    self._leave_later()
                    return event["answer"], None
                return None, Problem.from_json(event["problem"])
            if not alive and child.drained:
                if kept and time.monotonic() - asked < DYING_S:
                    # It was about to end when it was asked, and never heard of the task.
                    kept = False
                    child = self._running(fresh=True)
                    child.send(line)
                    continue
                return None, self._ended(child, EXIT)
            if time.monotonic() > deadline:
                return None, self._ended(child, TIMEOUT)
            limit = child.limits.memory_bytes
            if limit and child.group_memory_bytes() > limit:
                return None, self._ended(child, MEMORY)

    def _running(self, fresh: bool = False) -> Child:
        child = self._child
        if child is not None and (fresh or child.returncode is not None):
            child.close()
            child = None
        if child is None:
            # what a killed worker left behind goes before the next one
            scratch = self._folder / SCRATCH
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            child = self._child = Child(
                worker_argv("serve", str(self._idle_s())),
                cwd=self._folder,
                limits=Limits(self._memory_bytes()),
                env={**WORKER_ENV, "TMPDIR": str(scratch)},
                stdin=True,
                # started from a thread that answers one request and may then end
                die_with_thread=False,
                line_limit=ANSWER_LIMIT,
            )
        return child

    def _ended(self, child: Child, ended: str) -> Problem:
        child.close()
        returncode = child.returncode
        if ended == EXIT and returncode == -9:
            ended = "killed"
        wall_s = time.monotonic() - child.started
        code = NOT_KNOWN if returncode is None else returncode
        return how_it_ended(Finished(code, ended, wall_s, 0.0, 0))

    def _leave_later(self) -> None:
        """Look after the process once it should have left, so that no zombie stays."""
        timer = threading.Timer(self._idle_s() + 5.0, lambda: self.pid)
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        child = self._child
        if child is not None:
            child.kill()
        shutil.rmtree(self._folder / SCRATCH, ignore_errors=True)
