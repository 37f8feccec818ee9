"""Progress by time, replayed from recorded slices: no clock, no slicer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import mean

import pytest

from octoprint_img2stl.slicing.cura.pace import COSTS as CURA
from octoprint_img2stl.slicing.drivers import Kind, drivers, guessed
from octoprint_img2stl.slicing.effort import Effort, effort
from octoprint_img2stl.slicing.pace import Pace, Stage, Worked, cores_here, in_order
from octoprint_img2stl.slicing.paces import Paces
from octoprint_img2stl.slicing.prusa_pace import COSTS as PRUSA

ROOT = Path(__file__).resolve().parents[3]
SLICES = json.loads((ROOT / "extras/bench/slicing/slices.json").read_text())["slices"]
# What takes less is over before anybody looks.
LONG = [each for each in SLICES if each["cpu_s"] > 3]
COSTS = {"prusaslicer": PRUSA, "curaengine": CURA}
CORES = 2
TICK_S = 0.1  # of processor time, between what the slicer says


def work_of(slice_):
    """Effort and kind; the layers of outlines are alike, as the shares were recorded."""
    numbers = dict(slice_["effort"])
    layers = numbers.pop("layers")
    work = [(n + 1) / layers for n in range(layers)]
    return Effort(**numbers, work=work), Kind(**slice_["kind"])


def took(slice_):
    """Processor seconds of each stage, and of what came after."""
    names = [cost.name for cost in COSTS[slice_["slicer"]]]
    found, at, begun = dict.fromkeys(names[:-1], 0.0), 0, 0.0
    for now, _, name, _ in [*slice_["events"], (slice_["cpu_s"], 0, names[-1], 0)]:
        if names.index(name) > at:
            found[names[at]] += now - begun
            at, begun = names.index(name), now
    return found, slice_["after_s"]


def replayed(slice_, stages, slower=1.0):
    """The greatest distance from the truth of a slice, 0 to 1."""
    now, shown, worst = 0.0, 0.0, 0.0
    before = slice_["before_s"] * slower
    whole = before + (slice_["calm_s"] + slice_["after_s"]) * slower

    def tell(fraction):
        nonlocal shown
        assert shown < fraction < 1.0
        shown = fraction

    def look(calm):
        nonlocal worst
        worst = max(worst, abs(shown - (before + calm * slower) / whole))

    pace = Pace(tell, stages, lambda: now, before, CORES)
    last_at = last_calm = 0.0
    for at, calm, name, share in [
        *slice_["events"],
        (slice_["cpu_s"], slice_["calm_s"], "", 0),
    ]:
        while now + TICK_S * slower < at * slower:
            now += TICK_S * slower
            pace.tick()
            part = (now / slower - last_at) / (at - last_at)
            look(last_calm + (calm - last_calm) * part)
        now = at * slower
        look(calm)
        pace.reached(name, round(1000 * share), 1000 if share else 0)
        look(calm)
        last_at, last_calm = at, calm
    assert pace.ended() == shown
    look(slice_["calm_s"])
    return worst


def first_error(slice_, slower=1.0):
    stages = guessed(COSTS[slice_["slicer"]], *work_of(slice_), CORES)
    return replayed(slice_, stages, slower)


def learned_error(slice_, history, file):
    """After other slices were made."""
    file.unlink(missing_ok=True)
    paces = Paces(file, slice_["slicer"], "")
    for each in history:
        paces.keep(*work_of(each), *took(each))
    stages = paces.taught(COSTS[slice_["slicer"]], *work_of(slice_), CORES)
    return replayed(slice_, stages)


def ours(slicer):
    return [each for each in LONG if each["slicer"] == slicer]


@pytest.mark.parametrize("slower", [1.0, 5.0], ids=["as recorded", "five times slower"])
@pytest.mark.parametrize(
    ("slicer", "most", "mostly"), [("prusaslicer", 0.2, 0.09), ("curaengine", 0.25, 0.11)]
)
def test_a_first_slice(slicer, most, mostly, slower):
    """The guesses know these models; of others the bench tells the error."""
    errors = [first_error(each, slower) for each in ours(slicer)]
    assert len(errors) >= 20
    if slower > 1.0:  # which only the start tells, and is known the next time
        most, mostly = 0.42, 0.16
    assert max(errors) <= most and mean(errors) <= mostly


@pytest.mark.parametrize("slicer", COSTS)
def test_a_model_that_was_sliced_before_is_within_ten_points(slicer, tmp_path):
    file = tmp_path / "paces.json"
    errors = [learned_error(each, [each], file) for each in ours(slicer)]
    assert sum(error <= 0.1 for error in errors) >= len(errors) - 2
    assert max(errors) <= 0.18 and mean(errors) <= 0.065


def test_other_settings_of_a_model_that_was_sliced_before(tmp_path):
    known = [
        e for e in ours("prusaslicer") if e["model"] in ("tower", "vase", "lithophane")
    ]
    for each in known:
        family = [o for o in known if o["model"] == each["model"] and o is not each]
        assert family
        assert learned_error(each, family, tmp_path / "paces.json") <= 0.11


def test_a_slower_machine_is_learned(tmp_path):
    """What a slice took there is told by others that were made there."""
    lumpy, sphere = (
        next(e for e in ours("prusaslicer") if e["model"] == model)
        for model in ("lumpy", "sphere")
    )
    paces = Paces(tmp_path / "paces.json", "prusaslicer", "")
    stages, after = took(sphere)
    slow = {name: 6 * seconds for name, seconds in stages.items()}
    paces.keep(*work_of(sphere), slow, 6 * after)
    here = sum(s.guess for s in guessed(PRUSA, *work_of(lumpy)))
    there = sum(s.guess for s in paces.taught(PRUSA, *work_of(lumpy)))
    assert there > 1.5 * here


def two_stages(seen, now, **options):
    stages = (
        Stage("first", 2.0, sure=1.0),
        Stage("left out", 5.0),
        Stage("second", 6.0, work=options.pop("work", ())),
        Stage("after", 0.0),
    )
    return Pace(seen.append, stages, lambda: now[0], **options)


def test_a_stage_is_measured_and_the_next_ones_are_guessed_by_it():
    seen, now = [], [0.0]
    pace = two_stages(seen, now)
    pace.tick()
    assert seen == []
    now[0] = 1.0
    pace.tick()
    assert seen[-1] == pytest.approx(1 / 13)
    now[0] = 4.0  # twice as long as guessed: so will the second be, or nearly
    pace.reached("second")
    assert 4 / 16 < seen[-1] < 4 / 10
    assert pace.took == {"first": 4.0, "left out": 0.0}
    now[0] = 10.0
    pace.reached("second", 1, 2)
    assert 10 / 18 < seen[-1] < 10 / 14
    pace.reached("first", 1, 2)  # said too late
    pace.layer("first", 0)
    pace.reached("nobody knows")
    pace.reached("second", 10**30, 1)
    assert seen[-1] <= 0.99 and seen == sorted(set(seen))
    assert pace.ended() == seen[-1] == 0.99
    assert pace.took["second"] == 6.0


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
    stages = (Stage("only", 3.0, work=[0.1, 0.2, 0.9, 1.0]), Stage("after", 0.0))
    pace = Pace(seen.append, stages, lambda: now[0])
    now[0] = 10.0
    pace.reached("only", 2, 4)  # a fifth of the work in 10 s
    # so 50 s for all of it; the guess of 3 s has still four fifths of the say
    assert seen[-1] == pytest.approx(10 / (0.8 * 3 + 0.2 * 50))


def test_layers_are_done_in_any_order():
    seen, now = [], [0.0]
    stages = (Stage("only", 5.0, work=[0.1, 0.2, 0.9, 1.0]), Stage("after", 0.0))
    pace = Pace(seen.append, stages, lambda: now[0])
    for layer in (-1, 99, 2, 0):  # the first two are none
        now[0] += 0.0 if layer in (-1, 99) else 2.0
        pace.layer("only", layer)
    # seven and eight tenths of the work in 2 s and 4 s
    assert seen == [pytest.approx(2 / (0.3 * 5 + 2)), pytest.approx(4 / 5)]


def test_what_was_before_and_comes_after():
    seen, now = [], [0.0]
    stages = (Stage("only", 6.0), Stage("after", 2.0))
    pace = Pace(seen.append, stages, lambda: now[0], before=2.0)
    now[0] = 3.0
    pace.tick()
    assert seen == [0.5]
    now[0] = 6.0
    assert pace.ended() == pytest.approx(0.8)
    nothing = (Stage("only", 0.0), Stage("after", 0.0))
    assert Pace(None, nothing, lambda: 0.0).ended() == 0.0


def test_processor_time_of_several_cores_passes_faster():
    seen, now = [], [0.0]
    stages = (
        Stage("alone", 2.0, cores=1),
        Stage("all", 8.0),
        Stage("after", 2.0, cores=1),
    )
    pace = Pace(seen.append, stages, lambda: now[0], cores=4)
    now[0] = 2.0
    pace.reached("all")
    assert seen[-1] == pytest.approx(2 / (2 + 8 / 4 + 2))
    now[0] = 10.0
    assert pace.ended() == pytest.approx(4 / 6)
    assert cores_here() >= 1


def test_layers_that_are_told_in_their_order():
    assert in_order([1, 1, 1, 1], 1) == [0.25, 0.5, 0.75, 1.0]
    assert in_order([1, 1, 1, 1], 2) == [0.5, 0.5, 1.0, 1.0]
    # while one is worked on for long, the other core does all that come after it
    assert in_order([1, 8, 1, 1, 1], 2) == [0.125, 1.0, 1.0, 1.0, 1.0]
    assert in_order([], 2) == in_order([0.0], 2) == []
    assert in_order([1.0] * 100, 2)[49] == pytest.approx(0.5)


def test_the_clock_is_the_processes_own_time():
    told = []
    worked = Worked(told.append)
    assert worked() < 1.0
    worked.started(os.getpid())
    used = sum(os.times()[:4])
    assert told == [os.getpid()] and worked() == pytest.approx(used, abs=0.1)
    worked.started(2**22 + 1)  # gone: what was seen stays
    assert worked() == pytest.approx(used, abs=0.1)


SIZE = {"layer": 0.2, "first": 0.2, "density": 20, "line": 0.4}


def test_the_work_of_layers(make_stl):
    stl = make_stl(
        (-20, -20, 3, 20, 20, 5), *((x, 0, 5, x + 1, 1, 7) for x in range(-19, 19, 2))
    )

    def work(stl, **more):
        return effort(stl, (40, 40, 4), **{**SIZE, **more}).work

    layers = work(stl)
    assert len(layers) == 20 and layers == sorted(layers)
    assert layers[-1] == pytest.approx(1)
    assert layers[9] < 0.42  # 19 pillars are more work than a slab
    assert work(stl, first=0.4)[-1] == pytest.approx(1)
    assert work(stl, layer=0.0) == [1.0]
    assert len(work(stl, layer=1e-9)) == 20_000
    assert work(make_stl((0, 0, 0, 1, 1, 0.01))) == [1.0]


def test_the_effort_of_a_model(make_stl):
    tower = make_stl((-5, -5, 0, 5, 5, 10))
    one = effort(tower, (10, 10, 10), **SIZE)
    assert one.triangles == 12 and one.layers == 50 == len(one.filling)
    assert one.outline_m == pytest.approx(50 * 0.040)  # four sides in each layer
    assert one.cuts == pytest.approx(8 * 50)
    assert one.busy == pytest.approx(8**2 * 50)
    assert one.crowd == pytest.approx(50 * 40**2 / 100)
    assert one.spread == pytest.approx((4 * 50 + 8 * 50) / 300, abs=2.1)
    assert one.slope == one.overhang_m == 0.0
    # 0.8 mm below the top and above the bottom whole, a fifth of the rest; in the mean a
    # line reaches pi times the area over the outline
    metres = (160 + 0.2 * 840) / 0.4 / 0.2 / 1000
    assert one.lines == pytest.approx(1000 * metres / (3.14159 * 100 / 40), rel=1e-3)
    # a hundred pillars have more outline, and it is crowded
    pillars = make_stl(
        *((x, y, 0, x + 1, y + 1, 10) for x in range(0, 20, 2) for y in range(0, 20, 2))
    )
    many = effort(pillars, (19, 19, 10), **SIZE)
    assert many.outline_m == pytest.approx(50 * 0.4)
    assert many.islands > 100 * one.islands and many.crowd > 20 * one.crowd
    assert effort(tower, (10, 10, 10), **{**SIZE, "layer": 0.0}).cuts == 0


def test_what_lies_in_the_air_is_an_overhang(make_stl):
    table = make_stl((0, 0, 0, 1, 1, 9), (0, 0, 9, 20, 10, 10))
    found = effort(table, (20, 10, 10), **SIZE)
    assert found.overhang_m == pytest.approx(200 * 9 / 0.4 / 0.2 / 1000, rel=0.05)


def test_what_counts_depends_on_how_a_model_is_sliced():
    known = Effort(
        1000,
        [0.5, 1.0],
        [1.0, 1.0],
        0.2,
        4.0,
        500.0,
        1e5,
        2.0,
        30.0,
        10.0,
        5.0,
        60.0,
        7.0,
    )
    plain, relief = drivers(known, Kind()), drivers(known, Kind(2, True, True, False))
    assert plain["walls"] == 12.0 and relief["walls"] == 8.0
    assert plain["careful cuts"] == 500.0 and relief["careful cuts"] == 0.0
    assert plain["support"] == 0.0 and relief["support"] == 7.0
    assert plain["seam rays"] > 0.0 and relief["seam rays"] == 0.0
    assert plain["relief crowd"] == 0.0 and relief["relief crowd"] == 30.0
    few = drivers(known._replace(triangles=12), Kind())
    assert few["seam rays"] == 0.0  # a box hides nothing
    assert set(plain) >= {name for c in (*PRUSA, *CURA) for name in c.costs}
