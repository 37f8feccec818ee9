"""Progress by time, replayed from recorded runs: no clock, no slicer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from octoprint_img2stl.slicing.cura.pace import cura_pace
from octoprint_img2stl.slicing.effort import Effort, effort
from octoprint_img2stl.slicing.pace import Pace, Stage, Worked
from octoprint_img2stl.slicing.prusa_pace import prusa_pace

RUNS = json.loads((Path(__file__).parent / "recorded_runs.json").read_text())["runs"]
PACES = {"prusaslicer": prusa_pace, "curaengine": cura_pace}
TICK_S = 0.1  # of processor time, between what the slicer says


def _whole(work, layers):
    """The work of all layers, of which some were recorded."""
    places = [(layer + 1) * len(work) / layers for layer in range(layers)]
    rows = [0.0, *work]
    return [
        rows[int(at)] + (at % 1) * (rows[min(int(at) + 1, len(work))] - rows[int(at)])
        for at in places
    ]


def replayed(run, slower=1.0):
    """(true share of the time, what was shown just before and just after) of a run."""
    now, shown, found = 0.0, 0.0, []
    before, after = run["before_s"] * slower, run["after_s"] * slower
    whole = before + run["cpu_s"] * slower + after

    def tell(fraction):
        nonlocal shown
        assert fraction > shown
        found.append(((before + now) / whole, shown, fraction))
        shown = fraction

    pace = PACES[run["slicer"]](
        tell,
        lambda: round(now, 2),
        Effort(
            run["triangles"],
            _whole(run["work"], run["layers"]),
            run["metres"],
            run["outline"],
            run["cuts"],
            run["crowd"],
        ),
        supports=run["supports"],
        before=before,
    )
    for at, stage, done, total in [*run["events"], (run["cpu_s"], "", 0, 0)]:
        while now + TICK_S * slower < at * slower:
            now += TICK_S * slower
            pace.tick()
        now = at * slower
        pace.reached(stage, done, total)
        found.append(((before + now) / whole, shown, shown))
    end = pace.ended()
    assert end == shown < 1.0
    found.append(((before + now) / whole, end, end))
    return found


@pytest.mark.parametrize("slower", [1.0, 5.0], ids=["as recorded", "five times slower"])
@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run['slicer']} {run['model']}")
def test_how_far_it_is_by_time(run, slower):
    worst = max(
        (abs(shown - true) for true, *both in replayed(run, slower) for shown in both)
    )
    assert worst <= run["within"]


def test_what_is_reached():
    """Of what takes some seconds most is within some ten points; the rest is reliefs."""
    long = [run["within"] for run in RUNS if run["cpu_s"] > 3]
    assert len(long) == 18
    assert sum(within <= 0.12 for within in long) >= 13 and max(long) <= 0.18


def two_stages(seen, now, **options):
    stages = (
        Stage("first", lambda costs: 2.0),
        Stage("left out", lambda costs: 5.0),
        Stage("second", lambda costs: 3 * costs["first"], options.pop("work", ())),
    )
    return Pace(seen.append, stages, lambda costs: 0.0, lambda: now[0], **options)


def test_a_stage_is_measured_and_the_next_ones_are_guessed_by_it():
    seen, now = [], [0.0]
    pace = two_stages(seen, now)
    pace.tick()
    assert seen == []
    now[0] = 1.0
    pace.tick()
    assert seen[-1] == pytest.approx(1 / 13)
    now[0] = 4.0  # twice as long as guessed
    pace.reached("second")
    assert seen[-1] == pytest.approx(4 / 16)
    now[0] = 10.0
    pace.reached("second", 1, 2)
    assert seen[-1] == pytest.approx(10 / 16)
    pace.reached("first", 1, 2)  # said too late
    pace.reached("nobody knows")
    pace.reached("second", 10**30, 1)
    assert seen[-1] <= 0.99 and seen == sorted(set(seen))
    assert pace.ended() == seen[-1] == 0.99


def test_a_guess_that_was_wrong_never_reaches_the_end_nor_falls_back():
    seen, now = [], [0.0]
    pace = two_stages(seen, now)
    pace.reached("second")
    for second in range(1, 200):
        now[0] = float(second)
        pace.tick()
    assert seen == sorted(set(seen)) and 0.9 < seen[-1] < 0.95
    pace.reached("second", 1, 10)  # not before some 2000 s
    assert seen[-1] < 0.95


def test_layers_count_by_their_work():
    seen, now = [], [0.0]
    pace = two_stages(seen, now, work=[0.1, 0.2, 0.9, 1.0])
    now[0] = 1.0
    pace.reached("second")
    now[0] = 11.0
    pace.reached("second", 2, 4)  # a fifth of the work in 10 s
    # so 50 s for all of it; the guess of 3 s has still four fifths of the say
    assert seen[-1] == pytest.approx(11 / (1 + 0.8 * 3 + 0.2 * 50))


def test_what_was_before_and_comes_after():
    seen, now = [], [0.0]
    stages = (Stage("only", lambda costs: 6.0),)
    pace = Pace(seen.append, stages, lambda costs: 2.0, lambda: now[0], before=2.0)
    now[0] = 3.0
    pace.tick()
    assert seen == [0.5]
    now[0] = 6.0
    assert pace.ended() == pytest.approx(0.8)
    assert Pace(None, stages, lambda costs: 0.0, lambda: 0.0).ended() == 0.0


def test_the_clock_is_the_processes_own_time():
    told = []
    worked = Worked(told.append)
    assert worked() < 1.0
    worked.started(os.getpid())
    used = sum(os.times()[:4])
    assert told == [os.getpid()] and worked() == pytest.approx(used, abs=0.1)
    worked.started(2**22 + 1)  # gone: what was seen stays
    assert worked() == pytest.approx(used, abs=0.1)


def layer_work(stl, layer, first):
    size = {"layer": layer, "first": first, "density": 20, "line": 0.4}
    return effort(stl, (1, 1, 1), **size).work


def test_the_work_of_layers(make_stl):
    stl = make_stl(
        (-20, -20, 3, 20, 20, 5), *((x, 0, 5, x + 1, 1, 7) for x in range(-19, 19, 2))
    )
    work = layer_work(stl, 0.2, 0.2)
    assert len(work) == 20 and work == sorted(work) and work[-1] == pytest.approx(1)
    assert work[9] < 0.42  # 19 pillars are more work than a slab
    assert layer_work(stl, 0.2, 0.4)[-1] == pytest.approx(1)
    assert layer_work(stl, 0.0, 0.2) == [1.0]
    assert len(layer_work(stl, 1e-9, 0.2)) == 20_000
    assert layer_work(make_stl((0, 0, 0, 1, 1, 0.01)), 0.2, 0.2) == [1.0]


def test_the_effort_of_a_model(make_stl):
    tower = make_stl((-5, -5, 0, 5, 5, 10))
    size = {"layer": 0.2, "first": 0.2, "density": 20, "line": 0.4}
    one = effort(tower, (10, 10, 10), **size)
    assert one.triangles == 12 and one.layers == 50
    assert one.outline_m == pytest.approx(50 * 0.040)  # four sides in each layer
    assert one.infill_m == pytest.approx(10 * 10 * 10 * 0.2 / 0.4 / 0.2 / 1000)
    assert one.cuts == pytest.approx(8 * 50) and one.crowd == pytest.approx(8 * 50 * 4)
    # a hundred pillars have more outline, and it is crowded
    pillars = make_stl(
        *((x, y, 0, x + 1, y + 1, 10) for x in range(0, 20, 2) for y in range(0, 20, 2))
    )
    many = effort(pillars, (19, 19, 10), **size)
    assert many.outline_m == pytest.approx(50 * 0.4)
    assert many.crowd > 100 * one.crowd
    assert effort(tower, (10, 10, 10), **{**size, "layer": 0.0}).cuts == 0


def test_what_a_stage_costs():
    known = Effort(1000, [0.5, 1.0], 3.0, 4.0, 500.0, 2e6)
    assert known.seconds(1.0) == 1.0
    each = {"triangles": 1, "layers": 1, "infill": 1, "outline": 1, "cuts": 1, "crowd": 1}
    assert known.seconds(0.0, **each) == pytest.approx(
        1e-6 * (1000 + 500) + 1e-3 * (2 + 3 + 4) + 1e-9 * 2e6
    )
