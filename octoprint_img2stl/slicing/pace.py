"""How far a slicer is, by time: what it has used, and a guess of what it still needs.

Slicers tell their stages, not their time; of two models with as many triangles one takes
four times as long, and which one is only seen while it is sliced. So each stage has a guess
in seconds, and what the stages before it took on this machine with this model tells by how
much the guesses are wrong. The clock is the processor time of the slicer, which another busy
program does not stretch; what works on several cores at once passes so much faster.
"""

from __future__ import annotations

import heapq
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

ALMOST = 0.99  # until the slicer has ended
# A stage that takes longer than its guess has at least that share still before it.
OVERTIME = 0.08
# Share of the whole that is not worth a comparison: the clock ticks, and a program that
# begins is disturbed.
NEGLIGIBLE = 0.02
DOUBT = 0.3  # how much the guesses count against one stage that was sure, see `Stage`
AHEAD = 8  # layers that each core may be ahead of the one that is told
# Logarithms of how much longer the start takes: what chance does, and what can be.
STEADY, SLOWEST = 0.2, 3.4
UNSEEN = 0.02  # of the wall time: a wrapper's children hide their processor time


class Stage(NamedTuple):
    """One stage of a slicer, or what comes after it.

    Attributes:
        name: for `Pace.reached`.
        guess: seconds of processor time that it takes.
        cores: on how many it works at most; 0: on all there are.
        sure: how much it tells of the others that it took longer than was guessed, 0 to 1.
        work: share of its work that is done after each of its parts (layers), rising to
            1; empty: all parts alike.
    """

    name: str
    guess: float
    cores: int = 0
    sure: float = 0.3
    work: Sequence[float] = ()


class Pace:
    """Turns the stages that a slicer tells into a fraction 0..1 that never falls.

    Args:
        progress: called with the fraction.
        stages: in their order; one that is not told is left out. The last one is what
            comes after the slicer.
        clock: seconds that the slicer has worked, on all cores together.
        before: seconds of work before the slicer was started.
        cores: that it may use.
    """

    def __init__(
        self,
        progress: Callable[[float], None] | None,
        stages: Sequence[Stage],
        clock: Callable[[], float],
        before: float = 0.0,
        cores: int = 1,
    ) -> None:
        self._progress, self._clock = progress, clock
        self._before, self._cores = before, max(1, cores)
        self._stages = tuple(stages)
        self._places = {stage.name: n for n, stage in enumerate(self._stages)}
        self._least = NEGLIGIBLE * sum(stage.guess for stage in self._stages)
        self._took: dict[str, float] = {}
        self._at, self._begun = 0, 0.0  # the stage at hand, and when it began
        self._part, self._part_at = 0.0, 0.0  # of it, and when that was reached
        self._told = 0.0

    @property
    def took(self) -> Mapping[str, float]:
        """Seconds of processor time that each stage took that has ended."""
        return self._took

    def reached(self, name: str, done: int = 0, total: int = 0) -> None:
        """The slicer said that it is at a stage, perhaps which part of it is done.

        What it says of an earlier stage, or one that is not known, counts nothing.
        """
        now = self._enter(name)
        if now is None:
            return
        if total > 0:
            work = self._stages[self._at].work
            self._did(_worked(work, min(1.0, done / total)), now)
        self._tell(now)

    def layer(self, name: str, number: int) -> None:
        """The slicer said that it has done a layer, from 0, in whatever order."""
        now = self._enter(name)
        if now is None:
            return
        work = self._stages[self._at].work
        if 0 <= number < len(work):
            own = work[number] - (work[number - 1] if number else 0.0)
            self._did(min(1.0, self._part + own), now)
        self._tell(now)

    def tick(self) -> None:
        """Time went on; to be called several times a second."""
        self._tell(self._clock())

    def ended(self) -> float:
        """The slicer has ended: the fraction reached, the rest is what comes after it."""
        self._tell(self._enter(self._stages[-1].name))
        return self._told

    def _enter(self, name: str) -> float | None:
        """Be at a stage; the time, or None if it cannot be."""
        place = self._places.get(name)
        if place is None or place < self._at:
            return None
        now = self._clock()
        if place > self._at:
            self._took[self._stages[self._at].name] = now - self._begun
            for skipped in self._stages[self._at + 1 : place]:
                self._took[skipped.name] = 0.0
            self._at, self._begun, self._part = place, now, 0.0
        return now

    def _did(self, part: float, now: float) -> None:
        if part > self._part:
            self._part, self._part_at = part, now

    def _tell(self, now: float) -> None:
        at, later = self._stages[self._at], self._stages[self._at + 1 :]
        spent = now - self._begun
        guess = at.guess * self._wrong(self._took)
        present = self._present(guess, spent)
        seen = self._took if present <= guess else {**self._took, at.name: present}
        wrong = self._wrong(seen)
        done = self._before + self._time(at, spent)
        for stage in self._stages[: self._at]:
            done += self._time(stage, self._took[stage.name])
        left = self._time(at, present - spent)
        left += sum(self._time(stage, stage.guess * wrong) for stage in later)
        if done + left <= 0:
            return
        fraction = min(done / (done + left), ALMOST)
        if fraction > self._told:
            self._told = fraction
            if self._progress:
                self._progress(fraction)

    def _time(self, stage: Stage, seconds: float) -> float:
        """How long so much processor time of a stage lasts where nothing disturbs it."""
        return seconds / min(stage.cores or self._cores, self._cores)

    def _wrong(self, took: Mapping[str, float]) -> float:
        """By how much the guesses are wrong, from stages that took so long.

        It is the mean of the logarithms; each stage counts as much as it is sure, and less
        if it was guessed to be short. Against all of them counts how fast the machine is.
        """
        weights = DOUBT
        total = weights * self._machine(took)
        for stage in self._stages[: self._at + 1]:
            if took.get(stage.name, 0.0) > 0 and self._least > 0:
                weight = stage.sure * stage.guess / (stage.guess + 2 * self._least)
                ratio = (took[stage.name] + self._least) / (stage.guess + self._least)
                total += weight * math.log(ratio)
                weights += weight
        return math.exp(total / weights)

    def _machine(self, took: Mapping[str, float]) -> float:
        """How slow the machine is, a logarithm: what the first stage tells, the start,
        which is short, but nearly the same for each model."""
        start = self._stages[0]
        if not (took.get(start.name, 0.0) > 0 and start.guess > 0):
            return 0.0
        slow = math.log(took[start.name] / start.guess)
        slow = min(max(slow, -SLOWEST), SLOWEST)
        return math.copysign(max(0.0, abs(slow) - STEADY), slow)

    def _present(self, guess: float, spent: float) -> float:
        """What the stage at hand takes: the guess gives way to what is seen."""
        if self._part > 0:
            seen = (self._part_at - self._begun) / self._part
            guess += (seen - guess) * self._part
        return max(guess, spent * (1 + OVERTIME))


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


def in_order(layers: Sequence[float], cores: int) -> list[float]:
    """Share of the work that is done when each layer is told to be done, rising to 1.

    Several layers are worked on at the same time, but told in their order (source:
    CuraEngine 4.13, ``run_multiple_producers_ordered_consumer``): while a large one is not
    done, those above it may be.

    Args:
        layers: work of each.
        cores: that many layers at the same time.
    """
    free = [0.0] * min(max(1, cores), len(layers))
    told: list[float] = []
    latest = 0.0
    for work in layers:
        first = heapq.heappop(free)
        if len(told) >= AHEAD * cores:  # nobody is further ahead than that
            first = max(first, told[-AHEAD * cores])
        heapq.heappush(free, first + work)
        latest = max(latest, first + work)
        told.append(latest)
    return [each / latest for each in told] if latest > 0 else []


def cores_here() -> int:
    """On how many processor cores this process and its children may work."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux tells
        return os.cpu_count() or 1


def _worked(work: Sequence[float], part: float) -> float:
    """Share of the work behind a share of the layers."""
    if not work:
        return part
    layers = part * len(work)
    whole = min(int(layers), len(work) - 1)
    below = work[whole - 1] if whole else 0.0
    return below + (work[whole] - below) * min(1.0, layers - whole)
