#!/usr/bin/env python3
"""How far the slicing progress is from the truth, replayed from recorded slices.

    .venv/bin/python extras/bench/slicing/progress.py [--slicer prusaslicer] [--least 2.5]

The truth is the share of the time that the whole would have lasted had nothing else run on
the machine, our own work before and after the slicer included. For each recorded slice
(`slices.json`) it prints the greatest error, in points, of

* `first`: a first slice, with guesses that were fitted to the slices of all other models;
* `others`: the same after slices of all other models;
* `model`: the same, and the model was sliced before with other settings;
* `again`: the same, and it was sliced before as it is, every stage being disturbed by what
  other programs do to it (a seventh up or down, by chance, with a fixed seed);
* `shipped`: the guesses as they are, which know this very slice, so no measure.

With --fit it prints the seconds that each stage's drivers cost, fitted to all slices; those
in `prusa_pace` and `cura/pace` are these.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from octoprint_img2stl.slicing import prusa_pace  # noqa: E402
from octoprint_img2stl.slicing.cura import pace as cura_pace  # noqa: E402
from octoprint_img2stl.slicing.drivers import Cost, Kind, drivers, guessed  # noqa: E402
from octoprint_img2stl.slicing.effort import Effort  # noqa: E402
from octoprint_img2stl.slicing.pace import Pace, Stage  # noqa: E402
from octoprint_img2stl.slicing.paces import Paces  # noqa: E402

COSTS = {"prusaslicer": prusa_pace.COSTS, "curaengine": cura_pace.COSTS}
CORES = 2  # of the machine on which the slices were made
TICK_S = 0.1
SHARES = 1000  # a stage's parts, in a replay
NOISE = 0.14
ROUNDS = 4  # of the fit
SHORT_S = 0.9  # of processor time; what takes less is not fitted to
TITLES = ("first", "others", "model", "again", "shipped")


class Same(Sequence[float]):
    """The work of so many layers that are all alike."""

    def __init__(self, layers: int) -> None:
        self._layers = layers

    def __len__(self) -> int:
        return self._layers

    def __getitem__(self, layer: Any) -> Any:
        if not 0 <= layer < self._layers:
            raise IndexError(layer)
        return (layer + 1) / self._layers


class Recorded:
    """One recorded slice."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.slicer, self.model = data["slicer"], data["model"]
        self.name = f"{data['model']}, {data['settings']}"
        layers = data["effort"].pop("layers")
        # the work of the outlines is in the recorded shares of the stages
        self.effort = Effort(**data["effort"], work=Same(layers))
        self.kind = Kind(**data["kind"])
        self.before_s, self.after_s = data["before_s"], data["after_s"]
        self.cpu_s, self.calm_s = data["cpu_s"], data["calm_s"]
        self.events = data["events"]
        self.has = drivers(self.effort, self.kind)
        self.took = self._took()

    @property
    def whole_s(self) -> float:
        """Of processor time."""
        return self.cpu_s + self.after_s

    def _took(self) -> dict[str, float]:
        names = [cost.name for cost in COSTS[self.slicer]]
        took = dict.fromkeys(names, 0.0)
        at, begun = 0, 0.0
        for now, _, name, _ in [*self.events, (self.cpu_s, 0, names[-1], 0)]:
            if names.index(name) > at:
                took[names[at]] += now - begun
                at, begun = names.index(name), now
        took[names[-1]] = self.after_s
        return took


def replay(slice_: Recorded, stages: Sequence[Stage]) -> float:
    """The greatest error, signed; positive where too much was shown."""
    now, shown, worst = 0.0, 0.0, 0.0
    whole = slice_.before_s + slice_.calm_s + slice_.after_s

    def tell(fraction: float) -> None:
        nonlocal shown
        assert fraction > shown
        shown = fraction

    def look(calm: float) -> None:
        nonlocal worst
        error = shown - (slice_.before_s + calm) / whole
        worst = max(worst, error, key=abs)

    pace = Pace(tell, stages, lambda: now, slice_.before_s, CORES)
    last, before = 0.0, 0.0
    for at, calm, name, share in [
        *slice_.events,
        (slice_.cpu_s, slice_.calm_s, None, 0),
    ]:
        while now + TICK_S < at:
            now += TICK_S
            pace.tick()
            look(before + (calm - before) * (now - last) / (at - last))
        now = at
        look(calm)
        if name is None:
            pace.ended()
        else:
            pace.reached(name, round(share * SHARES), SHARES if share else 0)
        look(calm)
        last, before = at, calm
    return worst


def fitted(costs: Sequence[Cost], slices: Sequence[Recorded]) -> tuple[Cost, ...]:
    """The same costs, their seconds fitted to some slices: least squares of the error as a
    share of the whole slice and, less, of the stage; what is far off counts less."""
    whole = np.array([each.whole_s + 0.5 for each in slices])
    found = []
    for cost in costs:
        took = np.array([each.took[cost.name] for each in slices])
        rows = np.array([[each.has[name] for name in cost.costs] for each in slices])
        scale = np.maximum(rows.max(axis=0), 1e-12)
        own = 0.06 / (np.maximum(took, 0.02) + 0.05)
        trust = np.ones(len(slices))
        for _ in range(ROUNDS):
            weight = np.concatenate([trust / whole, trust * own])
            seconds = _least_squares(
                np.vstack([rows, rows]) / scale * weight[:, None],
                np.concatenate([took, took]) * weight,
            )
            error = np.abs(rows / scale @ seconds - took) / whole
            trust = 1 / np.sqrt(1 + error / 0.08)
        values = [float(f"{value:.3g}") for value in seconds / scale]
        found.append(cost._replace(costs=dict(zip(cost.costs, values, strict=True))))
    return tuple(found)


def _least_squares(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """None of them negative: the best of all choices of columns, which are few."""
    columns = rows.shape[1]
    best, least = np.zeros(columns), float(wanted @ wanted)
    for chosen in range(1, 1 << columns):
        some = [n for n in range(columns) if chosen >> n & 1]
        found = np.linalg.lstsq(rows[:, some], wanted, rcond=None)[0]
        if (found < 0).any():
            continue
        rest = wanted - rows[:, some] @ found
        if rest @ rest < least:
            least = float(rest @ rest)
            best = np.zeros(columns)
            best[some] = found
    return best


def taught(
    costs: Sequence[Cost], slice_: Recorded, history: Sequence[Recorded], file: Path
) -> tuple[Stage, ...]:
    """The stages of a slice after others were made."""
    file.unlink(missing_ok=True)
    paces = Paces(file, slice_.slicer, "")
    for each in history:
        paces.keep(each.effort, each.kind, each.took, each.after_s)
    return paces.taught(costs, slice_.effort, slice_.kind, CORES)


def disturbed(slice_: Recorded, chance: random.Random) -> Recorded:
    other = object.__new__(Recorded)
    other.__dict__.update(slice_.__dict__)
    other.took = {
        name: seconds * math.exp(chance.gauss(0.0, NOISE))
        for name, seconds in slice_.took.items()
    }
    return other


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slicer", choices=COSTS)
    parser.add_argument("--least", type=float, default=2.5, help="s of processor time")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    text = (HERE / "slices.json").read_text()
    slices = [Recorded(each) for each in json.loads(text)["slices"]]
    for slicer in [options.slicer] if options.slicer else COSTS:
        ours = [each for each in slices if each.slicer == slicer]
        if options.fit:
            for cost in fitted(COSTS[slicer], [e for e in ours if e.whole_s > SHORT_S]):
                print(slicer, cost.name, cost.costs)
        else:
            table(slicer, ours, options.least)


def table(slicer: str, slices: Sequence[Recorded], least_s: float) -> None:
    chance = random.Random(7)
    print(f"\n| {slicer} | CPU s | {' | '.join(TITLES)} |\n|{'---|' * (len(TITLES) + 2)}")
    found: dict[str, list[float]] = {title: [] for title in TITLES}
    with tempfile.TemporaryDirectory() as folder:
        for each in slices:
            if each.whole_s < least_s:
                continue
            errors = measured(each, slices, chance, Path(folder) / "paces.json")
            for title, error in errors.items():
                found[title].append(abs(error))
            cells = [
                f"{errors[title]:+.0f}" if title in errors else "" for title in TITLES
            ]
            print(f"| {each.name} | {each.cpu_s:.1f} | {' | '.join(cells)} |", flush=True)
    for title, of in (("greatest", max), ("mean", statistics.mean)):
        print(f"| {title} | | {' | '.join(f'{of(e):.0f}' for e in found.values())} |")


def measured(
    slice_: Recorded, slices: Sequence[Recorded], chance: random.Random, file: Path
) -> dict[str, float]:
    """The greatest errors of one slice, points, by what was known before."""
    shipped = COSTS[slice_.slicer]
    others = [other for other in slices if other.model != slice_.model]
    family = [
        other for other in slices if other.model == slice_.model and other is not slice_
    ]
    costs = fitted(shipped, [other for other in others if other.whole_s > SHORT_S])

    def after(history: Sequence[Recorded]) -> float:
        return 100 * replay(slice_, taught(costs, slice_, history, file))

    errors = {"first": after([]), "others": after(others)}
    if family:
        errors["model"] = after([*others, *family])
    errors["again"] = after([*others, disturbed(slice_, chance)])
    stages = guessed(shipped, slice_.effort, slice_.kind, CORES)
    return {**errors, "shipped": 100 * replay(slice_, stages)}


if __name__ == "__main__":
    main()
