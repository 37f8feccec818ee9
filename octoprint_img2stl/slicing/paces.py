"""What the owner's own slices took, kept in a small file, from which the next guess learns.

Of each of the last slices it has the numbers that decided its work (`effort`, `drivers`) and
the seconds that each stage took: nothing that tells what was printed. By how much a guess
was wrong is looked up among them; the more alike a slice is the more it counts, so the same
model sliced again, with other settings too, is known well.
"""

from __future__ import annotations

import fcntl
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ..files import PRIVATE, write_json
from .drivers import AFTERWARDS, Cost, Kind, guessed
from .effort import Effort
from .pace import Stage
from .small_files import read_bytes, strict_json

VERSION = 1
MOST = 60  # slices
FILE_LIMIT = 200_000  # bytes; sixty slices have a quarter of that
LARGEST = 1e15  # of any number in the file
# Two slices whose numbers differ by that, see `_apart`, count 0.6 of the same ones.
NEAR = 0.6
# How much the guess itself counts against slices that are alike.
GUESS = 0.1
OTHER_PROGRAM = 0.3  # how much a slice counts that another version made
# Seconds, as a share of the whole slice, below which two are as good as alike.
LEAST = 0.01
SURER = 2.0  # how much more a stage tells of the others where it is known

# The numbers of an `Effort` that are kept: all but those of each layer.
KEPT = tuple(name for name in Effort._fields if name not in ("work", "filling"))


class Slice(NamedTuple):
    """One slice that was made.

    Attributes:
        slicer: its name in the registry.
        program: `fingerprint` of it.
        effort: without the work of each layer, but with as many.
        kind: how it was sliced.
        took: seconds of processor time of each stage.
    """

    slicer: str
    program: str
    effort: Effort
    kind: Kind
    took: Mapping[str, float]


class Paces:
    """The slices that one slicer made.

    Args:
        file: where they are; None: nothing is kept.
        slicer: its name in the registry.
        program: its path.
    """

    def __init__(self, file: Path | str | None, slicer: str, program: str) -> None:
        self._file = None if file is None else Path(file)
        self._slicer, self._program = slicer, fingerprint(program)

    def taught(
        self, costs: Sequence[Cost], effort: Effort, kind: Kind, cores: int = 1
    ) -> tuple[Stage, ...]:
        """The stages of a slice that is about to be made, see `drivers.guessed`."""
        stages = guessed(costs, effort, kind, cores)
        if self._file is None:
            return stages
        alike = [
            (self._weight(each, effort, kind), each)
            for each in _read(self._file)
            if each.slicer == self._slicer
        ]
        return _corrected(stages, costs, alike)

    def keep(
        self, effort: Effort, kind: Kind, took: Mapping[str, float], after_s: float
    ) -> None:
        """Remember a slice that was made; that it cannot be kept disturbs nobody.

        Args:
            effort, kind: of the slice.
            took: seconds of processor time of the slicer's stages.
            after_s: the same of what came after the slicer.
        """
        if self._file is None:
            return
        every = {**took, AFTERWARDS: after_s}
        made = Slice(self._slicer, self._program, effort, kind, every)
        try:
            with _locked(self._file.parent):
                known = [each for each in _read(self._file) if not _same(each, made)]
                slices = [_to_json(each) for each in (*known, made)[-MOST:]]
                data = {"version": VERSION, "slices": slices}
                write_json(self._file, data, mode=PRIVATE)
        except OSError:
            pass

    def _weight(self, other: Slice, effort: Effort, kind: Kind) -> float:
        """How much another slice tells of this one, 0 to 1."""
        apart = _apart(other.effort, other.kind, effort, kind)
        weight = math.exp(-((apart / NEAR) ** 2) / 2)
        return weight if other.program == self._program else OTHER_PROGRAM * weight


def fingerprint(program: str) -> str:
    """Tells a program from the one that an update puts in its place."""
    try:
        found = os.stat(program)
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


def _corrected(
    stages: Sequence[Stage], costs: Sequence[Cost], alike: Sequence[tuple[float, Slice]]
) -> tuple[Stage, ...]:
    """Guesses that take into account by how much those of other slices were wrong.

    It is the mean of the logarithms. What is LEAST of a whole is added to each stage, so
    that chance in a short one counts little, and taken away again.
    """
    weights = GUESS + sum(weight for weight, _ in alike)
    wrong = [0.0] * len(stages)
    overall = 0.0
    for weight, each in alike:
        theirs = guessed(costs, each.effort, each.kind)
        took_least = LEAST * sum(each.took.values()) + 1e-6
        guess_least = LEAST * sum(stage.guess for stage in theirs) + 1e-6
        overall += weight * math.log(took_least / guess_least)
        for n, stage in enumerate(theirs):
            took = each.took.get(stage.name, 0.0) + took_least
            wrong[n] += weight * math.log(took / (stage.guess + guess_least))
    least = LEAST * sum(stage.guess for stage in stages)
    again = least * math.exp(overall / weights)
    known = 1 - GUESS / weights
    return tuple(
        stage._replace(
            guess=max(0.0, (stage.guess + least) * math.exp(each / weights) - again),
            sure=stage.sure * (1 + (SURER - 1) * known),
        )
        for stage, each in zip(stages, wrong, strict=True)
    )


def _apart(one: Effort, its: Kind, other: Effort, their: Kind) -> float:
    """How unlike two slices are; of the same model 0 to about 0.5, of others 1 and more.

    What the model is like does not depend on the height of the layers.
    """
    model = zip(_model(one), _model(other), strict=True)
    apart = sum(math.log((a + 1) / (b + 1)) ** 2 for a, b in model)
    apart += 0.1 * math.log(max(one.layer, 0.01) / max(other.layer, 0.01)) ** 2
    apart += 0.15 * math.log((one.lines + 1) / (other.lines + 1)) ** 2
    apart += 0.05 * (its.walls - their.walls) ** 2
    apart += (its.supports != their.supports) * 0.4
    apart += (its.hidden_seams != their.hidden_seams) * 0.5
    apart += (its.relief != their.relief) * 1.0
    return math.sqrt(apart)


def _model(effort: Effort) -> tuple[float, ...]:
    """Of the model alone, about."""
    return (
        effort.triangles,
        effort.outline_m * effort.layer,
        effort.cuts * effort.layer,
        effort.islands,
        effort.slope,
        effort.spread,
        effort.layers * effort.layer,
    )


def _same(one: Slice, other: Slice) -> bool:
    """Whether a slice is made once more, so that the older one tells nothing."""
    return (
        (one.slicer, one.program, one.kind) == (other.slicer, other.program, other.kind)
        and one.effort.layers == other.effort.layers
        and all(
            _short(getattr(one.effort, name)) == _short(getattr(other.effort, name))
            for name in KEPT
        )
    )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone with a folder: of two who read, add and write one would lose the other's."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(file: Path) -> list[Slice]:
    """The slices in a file; one that is missing or damaged has none."""
    try:
        data = strict_json(read_bytes(file, FILE_LIMIT))
        if data["version"] != VERSION:
            return []
        return [_from_json(each) for each in data["slices"][-MOST:]]
    except (OSError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return []


def _to_json(made: Slice) -> dict[str, Any]:
    effort = {name: _short(getattr(made.effort, name)) for name in KEPT}
    return {
        "slicer": made.slicer,
        "program": made.program,
        "effort": {**effort, "layers": made.effort.layers},
        "kind": made.kind._asdict(),
        "took": {name: _short(seconds) for name, seconds in made.took.items()},
    }


def _from_json(data: Mapping[str, Any]) -> Slice:
    """Raises ValueError, TypeError or LookupError for what `_to_json` has not written."""
    effort = {name: _number(data["effort"][name]) for name in KEPT}
    layers = int(_number(data["effort"]["layers"]))
    if not 1 <= layers <= 1_000_000:
        raise ValueError("no number of layers")
    kind = {name: data["kind"][name] for name in Kind._fields}
    _number(kind["walls"])
    if not all(isinstance(kind[name], bool) for name in Kind._fields[1:]):
        raise ValueError("no kind")
    took = {str(name): _number(seconds) for name, seconds in data["took"].items()}
    return Slice(
        str(data["slicer"]),
        str(data["program"]),
        Effort(**{**effort, "work": range(layers)}),
        Kind(**kind),
        took,
    )


def _short(number: float) -> float:
    """Six digits: the file is small, and a number still itself when it comes back."""
    return float(f"{number:.6g}")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("no number")
    if not 0 <= value <= LARGEST:
        raise ValueError("no number that can be")
    return float(value)
