from __future__ import annotations

import pytest

from octoprint_img2stl.slicing.cura.effort import layer_work
from octoprint_img2stl.slicing.cura.pace import Pace

STAGES = ("slice", "layerparts", "inset+skin", "support", "export")


@pytest.mark.parametrize("supports", [False, True])
def test_stages_in_their_order(supports):
    seen = []
    pace = Pace(seen.append, supports, clock=lambda: 0.0)
    for stage in STAGES:
        for n in range(101):
            pace.reached(stage, n, 100)
        if stage == "inset+skin":
            assert seen[-1] == pytest.approx(0.28 if supports else 0.40)
    assert seen == sorted(set(seen)) and seen[-1] == 1.0
    pace.reached("slice", 0, 1)
    assert seen[-1] == 1.0


def test_layers_count_by_their_work():
    seen = []
    pace = Pace(seen.append, work=[0.1, 0.2, 0.9, 1.0], clock=lambda: 0.0)
    for n in range(5):
        pace.reached("export", n, 4)
    assert seen == pytest.approx([0.46, 0.514, 0.568, 0.946, 1.0])


@pytest.mark.parametrize(
    ("stage", "done", "total"),
    [("export", 1, 0), ("another", 1, 1), ("slice", 10**30, 1), ("slice", 0, 1)],
)
def test_strange_stages(stage, done, total):
    seen = []
    Pace(seen.append, clock=lambda: 0.0).reached(stage, done, total)
    assert seen in ([], [0.02])


def test_a_silence_goes_on_as_before_but_not_far():
    now, seen = [0.0], []
    pace = Pace(seen.append, clock=lambda: now[0])
    now[0] = 5.0
    pace.tick()
    assert seen == []  # nothing is known yet
    now[0] = 10.0
    pace.reached("inset+skin", 50, 100)
    now[0] = 15.0
    pace.tick()
    assert seen == pytest.approx([0.10, 0.125])
    now[0] = 1000.0
    pace.tick()
    pace.reached("inset+skin", 60, 100)  # less than what was shown: that stays
    assert seen == pytest.approx([0.10, 0.125, 0.22])
    pace.reached("export", 99, 100)
    now[0] = 9999.0
    pace.tick()
    assert seen[-1] < 1.0


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
