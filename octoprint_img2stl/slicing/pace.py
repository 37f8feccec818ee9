"""How far a slicer is, by time: what it has used, and a guess of what it still needs.

Slicers tell their stages, not their time; of two models with as many triangles one takes
four times as long, and which one is only seen while it is sliced. So each stage has a guess
in seconds that knows how long the stages before it took on this machine with this model.
The clock is the processor time of the slicer, which another busy program does not stretch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

ALMOST = 0.99  # until the slicer has ended
# A stage that takes longer than its guess has at least that share still before it.
OVERTIME = 0.08
UNSEEN = 0.02  # of the wall time: a wrapper's children hide their processor time

SLOWEST, FASTEST = 30.0, 0.25  # times the machine on which the guesses were found

Costs = Mapping[str, float]


def slowness(costs: Costs, start: float) -> float:
    """How much slower this machine is than the one on which the guesses were found.

    Args:
        costs: of the stages before; what ``start`` took tells it.
        start: seconds that it took there.
    """
    return min(max(costs["start"] / start, FASTEST), SLOWEST)


class Stage(NamedTuple):
    """One stage of a slicer.

    Attributes:
        name: for `Pace.reached`.
        guess: seconds that it takes, from what the stages before it took.
        work: share of its work that is done after each of its parts (layers), rising to
            1; empty: all parts alike.
    """

    name: str
    guess: Callable[[Costs], float]
    work: Sequence[float] = ()


class Pace:
    """Turns the stages that a slicer tells into a fraction 0..1 that never falls.

    Args:
        progress: called with the fraction.
        stages: in their order; one that is not told is left out.
        after: seconds of what comes after the slicer, guessed as a stage.
        clock: seconds that the slicer has worked.
        before: seconds of work before the slicer was started.
    """

    def __init__(
        self,
        progress: Callable[[float], None] | None,
        stages: Sequence[Stage],
        after: Callable[[Costs], float],
        clock: Callable[[], float],
        before: float = 0.0,
    ) -> None:
        self._progress, self._after, self._clock = progress, after, clock
        self._before = before
        self._stages = tuple(stages)
        self._places = {stage.name: n for n, stage in enumerate(self._stages)}
        self._took: dict[str, float] = {}
        self._at, self._begun = 0, 0.0  # the stage at hand, and when it began
        self._part, self._part_at = 0.0, 0.0  # of it, and when that was reached
        self._told = 0.0

    def reached(self, name: str, done: int = 0, total: int = 0) -> None:
        """The slicer said that it is at a stage, perhaps which part of it is done.

        What it says of an earlier stage, or one that is not known, counts nothing.
        """
        place = self._places.get(name)
        if place is None or place < self._at:
            return
        now = self._clock()
        if place > self._at:
            self._took[self._stages[self._at].name] = now - self._begun
            for skipped in self._stages[self._at + 1 : place]:
                self._took[skipped.name] = 0.0
            self._at, self._begun, self._part = place, now, 0.0
        if total > 0:
            part = _worked(self._stages[place].work, min(1.0, done / total))
            if part > self._part:
                self._part, self._part_at = part, now
        self._tell(now)

    def tick(self) -> None:
        """Time went on; to be called several times a second."""
        self._tell(self._clock())

    def ended(self) -> float:
        """The slicer has ended: the fraction reached, the rest is what comes after it."""
        now = self._clock()
        costs = dict(self._took)
        costs[self._stages[self._at].name] = now - self._begun
        for stage in self._stages[self._at + 1 :]:
            costs[stage.name] = 0.0
        self._of(now, now + max(0.0, self._after(costs)))
        return self._told

    def _tell(self, now: float) -> None:
        costs = dict(self._took)
        for stage in self._stages[self._at :]:
            costs[stage.name] = max(0.0, stage.guess(costs))
            if stage is self._stages[self._at]:
                costs[stage.name] = self._present(costs[stage.name], now)
        self._of(now, sum(costs.values()) + max(0.0, self._after(costs)))

    def _present(self, guess: float, now: float) -> float:
        """What the stage at hand takes: the guess gives way to what is seen."""
        spent = now - self._begun
        if self._part > 0:
            seen = (self._part_at - self._begun) / self._part
            guess += (seen - guess) * self._part
        return max(guess, spent * (1 + OVERTIME))

    def _of(self, spent: float, whole: float) -> None:
        """So much of so much is done, what was before the slicer not counted."""
        if whole <= 0:
            return
        fraction = min((self._before + spent) / (self._before + whole), ALMOST)
        if fraction > self._told:
            self._told = fraction
            if self._progress:
                self._progress(fraction)


class Worked:
    """A clock: processor seconds of the process that `started` is told of.

    Args:
        told: is told of it, too.
    """

    def __init__(self, told: Callable[[int], None] | None = None) -> None:
        self._told, self._pid = told, 0
        self._begun = time.monotonic()
        self._last = 0.0

    def started(self, pid: int) -> None:
        self._pid, self._begun = pid, time.monotonic()
        if self._told:
            self._told(pid)

    def __call__(self) -> float:
        unseen = UNSEEN * (time.monotonic() - self._begun)
        self._last = max(self._last, unseen, _processor_s(self._pid))
        return self._last  # the process may be gone


def work_begun() -> Callable[[], float]:
    """A clock: processor seconds of this thread from now on."""
    begun = time.thread_time()
    return lambda: time.thread_time() - begun


def _processor_s(pid: int) -> float:
    """Of a process and those of its children that have ended (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # behind the name, which may hold anything: fields 14 to 17 of the line
            fields = file.read().rpartition(b")")[2].split()[11:15]
    except OSError:
        return 0.0
    return sum(map(int, fields)) / os.sysconf("SC_CLK_TCK")


def _worked(work: Sequence[float], part: float) -> float:
    """Share of the work behind a share of the layers."""
    if not work:
        return part
    layers = part * len(work)
    whole = min(int(layers), len(work) - 1)
    below = work[whole - 1] if whole else 0.0
    return below + (work[whole] - below) * min(1.0, layers - whole)
