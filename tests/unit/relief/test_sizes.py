"""How large a print becomes, whether it fits, how fine it is sampled."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.relief import SHAPES, ReliefRefused, ReliefSettings
from octoprint_img2stl.relief.build import Picture, build_bodies
from octoprint_img2stl.relief.shapes.canvas import size
from octoprint_img2stl.relief.sizes import (
    GAP,
    MAX_SAMPLES,
    arranged,
    canvas_of,
    check_fits,
    grid_of,
    outer_size,
    photo_side_px,
    thing_size,
    things,
)
from octoprint_img2stl.relief.write import write_stl
from tests.unit.relief.solid.checking import Solid
from tests.unit.sources import ROOT

MACHINE = Machine()
RELIEF = ReliefSettings.defaults("relief")
LITHOPHANE = ReliefSettings.defaults("lithophane")
PHOTO = (1500, 1000)


##~~ side by side


def rectangles(boxes, middles):
    return [
        (x - box[0] / 2, y - box[1] / 2, x + box[0] / 2, y + box[1] / 2)
        for box, (x, y) in zip(boxes, middles, strict=True)
    ]


@pytest.mark.parametrize("seed", range(40))
def test_arranged_bodies_keep_apart_and_the_whole_is_in_the_middle(seed):
    dice = random.Random(seed)
    boxes = [
        tuple(round(dice.uniform(3, 120), 2) for _ in range(3))
        for _ in range(dice.randint(1, 9))
    ]
    room = dice.uniform(50, 400)
    middles, whole = arranged(boxes, room)
    placed = rectangles(boxes, middles)
    for place, one in enumerate(placed):
        for other in placed[:place]:
            apart = max(
                one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3]
            )
            assert apart >= GAP - 1e-9
    low = [min(box[axis] for box in placed) for axis in (0, 1)]
    high = [max(box[axis] for box in placed) for axis in (2, 3)]
    for axis in (0, 1):
        assert high[axis] - low[axis] <= whole[axis] + 1e-9
        assert (
            -whole[axis] / 2 <= low[axis] + 1e-9 and high[axis] <= whole[axis] / 2 + 1e-9
        )
    assert high[0] - low[0] == pytest.approx(whole[0])
    assert whole[2] == max(box[2] for box in boxes)
    # No wider than there is room for, unless one alone is.
    assert whole[0] <= max(room, max(box[0] for box in boxes)) + 1e-9


def test_arranged_in_rows_from_the_upper_left():
    boxes = [(40, 20, 1), (50, 30, 2), (30, 10, 3)]
    middles, whole = arranged(boxes, 100)
    assert whole == (98, 48, 3)
    assert middles == [(-29, 9), (24, 9), (0, -19)]
    assert arranged(boxes, 200) == (
        [(-48, 0), (5, 0), (53, 0)],
        (136, 30, 3),
    )
    assert arranged([(7, 8, 9)], 1)[0] == [(0, 0)]


def test_things():
    assert things(RELIEF, 3) == [[0], [1], [2]]
    box = replace(LITHOPHANE, shape="box")
    assert things(box, 1) == [[0]] and things(box, 5) == [[0, 1, 2, 3, 4]]
    assert things(box, 8) == [[0, 1, 2, 3, 4]]


##~~ how large


def test_a_plate_is_its_canvas():
    assert thing_size(RELIEF, PHOTO, MACHINE) == pytest.approx((100, 200 / 3, 3))
    framed = replace(RELIEF, border=5.0, frame_height=4.0)
    assert thing_size(framed, PHOTO, MACHINE) == pytest.approx((100, 70, 4))
    upright = replace(framed, route="lithophane")
    assert thing_size(upright, PHOTO, MACHINE) == pytest.approx((100, 4, 70))


def test_extras_count():
    plain = thing_size(RELIEF, PHOTO, MACHINE)
    ring = thing_size(replace(RELIEF, ring=True, ring_hole=4.0), PHOTO, MACHINE)
    assert ring == pytest.approx((100, plain[1] + 8, 3))
    text = thing_size(replace(RELIEF, text="Hi", text_raise=1.5), PHOTO, MACHINE)
    assert text == pytest.approx((100, plain[1], 4.5))
    foot = thing_size(replace(LITHOPHANE, stand="foot"), PHOTO, MACHINE)
    bare = thing_size(LITHOPHANE, PHOTO, MACHINE)
    assert foot[::2] == bare[::2] and foot[1] > bare[1] + 10


CASES = {
    "plate": (RELIEF, {}),
    "standing": (LITHOPHANE, {}),
    "foot": (LITHOPHANE, {"stand": "foot"}),
    "ring": (RELIEF, {"ring": True, "shape": "disc"}),
    "text": (RELIEF, {"text": "Hello", "border": 2.0}),
    "low frame": (RELIEF, {"border": 4.0, "frame_height": 1.0}),
    "hexagon": (RELIEF, {"shape": "hexagon", "border": 3.0, "frame_height": 5.0}),
    "arc": (LITHOPHANE, {"shape": "arc"}),
    "arc with a ring": (LITHOPHANE, {"shape": "arc", "ring": True}),
    "arc with letters": (LITHOPHANE, {"shape": "arc", "text": "Hello", "text_size": 5.0}),
    "cylinder": (LITHOPHANE, {"shape": "cylinder", "floor": 2.0, "socket_hole": 20.0}),
    "box": (LITHOPHANE, {"shape": "box", "lid_slot": True}),
    "box with letters": (LITHOPHANE, {"shape": "box", "text": "Hi", "text_size": 5.0}),
    "box with letters, mirrored": (
        LITHOPHANE,
        {"shape": "box", "text": "Hi", "text_size": 5.0, "mirror": True},
    ),
    "dome": (LITHOPHANE, {"shape": "dome"}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_print_is_as_large_as_was_told(name, tmp_path):
    """Of a black photo, which is nowhere lower than it may be."""
    settings, changes = CASES[name]
    settings = replace(settings, width=64.0, samples_per_mm=2.0, **changes)
    thick = np.full((60, 90), float(settings.route == "relief"), np.float32)
    told = outer_size(settings, [(90, 60)], MACHINE)
    made = build_bodies([Picture.of(thick)], settings, MACHINE).bodies
    found = write_stl(made, tmp_path / "a.stl", MACHINE).size
    pitch = 0.5
    slack = np.maximum(0.01 * np.array(told), 1e-3)
    if SHAPES[settings.shape].outline or settings.ring:
        slack[:2] = pitch
    assert (np.abs(np.array(found) - told) <= slack).all(), (found, told)
    assert np.abs(Solid.read(tmp_path / "a.stl").size - found).max() < 1e-5


def test_several_things_take_their_places(tmp_path):
    settings = replace(RELIEF, width=70.0, samples_per_mm=1.0)
    sizes_px = [(90, 60), (60, 90), (50, 50), (90, 60)]
    told = outer_size(settings, sizes_px, MACHINE)
    assert told[0] == pytest.approx(70 * 2 + GAP)
    pictures = [Picture.of(np.ones(px[::-1], np.float32)) for px in sizes_px]
    made = build_bodies(pictures, settings, MACHINE).bodies
    assert write_stl(made, tmp_path / "a.stl", MACHINE).size == pytest.approx(
        told, abs=1e-3
    )


def test_a_lid_needs_room_too(tmp_path):
    box = replace(LITHOPHANE, shape="box", width=60.0, samples_per_mm=1.0, lid_slot=True)
    photos = [(60, 60)] * 5
    told = outer_size(box, photos, MACHINE)
    assert told[0] > outer_size(box, photos[:4], MACHINE)[0] + 50
    pictures = [Picture.of(np.zeros((60, 60), np.float32))] * 5
    made = build_bodies(pictures, box, MACHINE).bodies
    found = write_stl(made, tmp_path / "a.stl", MACHINE).size
    assert np.abs(np.array(found) - told).max() < 1.0


##~~ whether it fits


def refusal(settings, sizes_px, machine, margin=0.0):
    with pytest.raises(ReliefRefused) as caught:
        check_fits(settings, sizes_px, machine, margin)
    problem = caught.value.problem
    assert problem.field == "relief.width" and problem.message.endswith(".")
    return problem


WIDTHS = [10 + 3.7 * step for step in range(16)]


def fits(settings, width, size_px, machine):
    try:
        check_fits(replace(settings, width=width), [size_px], machine)
    except ReliefRefused:
        return False
    return True


@pytest.mark.parametrize("shape", [s for s in SHAPES if s not in ("cutter", "stencil")])
@pytest.mark.parametrize("route", ["relief", "lithophane"])
def test_the_suggested_width_fits_and_the_next_one_does_not(shape, route):
    round_bed = Machine(x_max=150, y_max=150, form=CIRCULAR)
    beds = [MACHINE, Machine.from_bed("120x200x90"), round_bed]
    for machine in beds:
        for margin in (0.0, 5.0):
            for aspect in ((1500, 1000), (700, 2000)):
                settings = replace(
                    ReliefSettings.defaults(route), shape=shape, width=900.0, cap_deg=60.0
                )
                problem = refusal(settings, [aspect], machine, margin)
                if problem.code == "relief.no_width_fits":
                    assert not any(fits(settings, w, aspect, machine) for w in WIDTHS)
                    continue
                assert problem.code == "relief.too_big_for_bed"
                width = problem.suggest
                assert width == round(width, 1) and str(width) in problem.message
                check_fits(replace(settings, width=width), [aspect], machine, margin)
                more = replace(settings, width=round(width + 0.1, 1))
                refusal(more, [aspect], machine, margin)


def test_what_fits_is_let_through():
    for width in (10.0, 100.0, 219.9, 220.0):
        check_fits(replace(RELIEF, width=width), [(1000, 1000)], MACHINE)
    refusal(replace(RELIEF, width=220.1), [(1000, 1000)], MACHINE)
    refusal(replace(RELIEF, width=220.0), [(1000, 1000)], MACHINE, 0.5)


def test_height_counts():
    tall = replace(LITHOPHANE, width=100.0, border=0.0)
    problem = refusal(tall, [(200, 1000)], MACHINE)
    assert problem.suggest == 50.0
    check_fits(replace(tall, route="relief", width=40.0), [(200, 1000)], MACHINE)


def test_several_photos_share_the_bed():
    settings = replace(RELIEF, width=100.0)
    check_fits(settings, [(1000, 1000)] * 4, MACHINE)
    problem = refusal(settings, [(1000, 1000)] * 5, MACHINE)
    assert 60 < problem.suggest < 70
    check_fits(replace(settings, width=problem.suggest), [(1000, 1000)] * 5, MACHINE)


def test_a_narrow_way_between_too_large_and_too_small_is_found():
    """A wide border leaves a picture only in widths that just fit."""
    settings = replace(RELIEF, width=300.0, border=100.0)
    problem = refusal(settings, [(1000, 1000)], MACHINE)
    assert problem.suggest == 220.0


def test_where_no_width_fits_it_says_so():
    tiny = Machine.from_bed("60x60x1.5")
    problem = refusal(replace(RELIEF, width=40.0), [PHOTO], tiny)
    assert problem.code == "relief.no_width_fits" and problem.suggest is None
    # At any width the plate would be higher than the printer can reach.
    assert "60" in problem.message


##~~ how fine


def test_grids_are_as_fine_as_the_nozzle_prints():
    canvas = canvas_of(RELIEF, 1.5, MACHINE)
    columns, rows = grid_of(RELIEF, canvas, (4500, 3000), MACHINE)
    assert (columns - 1) % 32 == (rows - 1) % 32 == 0
    assert 100 / (columns - 1) == pytest.approx(0.1, rel=0.02)
    fine = Machine(nozzle=0.2)
    assert grid_of(RELIEF, canvas, (4500, 3000), fine)[0] > 1.9 * columns
    asked = replace(RELIEF, samples_per_mm=3.0)
    assert grid_of(asked, canvas, (4500, 3000), MACHINE)[0] == pytest.approx(300, abs=17)


def test_a_bare_picture_is_never_finer_than_its_photo():
    canvas = canvas_of(RELIEF, 1.5, MACHINE)
    assert grid_of(RELIEF, canvas, (451, 300), MACHINE)[0] <= 452
    framed = replace(RELIEF, border=3.0)
    canvas = canvas_of(framed, 1.5, MACHINE)
    # Edges of anything else are as fine as can be printed.
    assert grid_of(framed, canvas, (451, 300), MACHINE)[0] > 900


def test_grids_have_a_limit_and_at_least_two_nodes():
    dice = random.Random(4)
    for _ in range(300):
        settings = replace(
            RELIEF,
            width=dice.choice([10.0, 33.3, 250.0, 1000.0]),
            border=dice.choice([0.0, 2.0]),
            samples_per_mm=dice.choice([None, 0.5, 7.7, 50.0]),
        )
        size_px = (dice.randint(16, 9000), dice.randint(16, 9000))
        try:
            canvas = canvas_of(settings, size_px[0] / size_px[1], MACHINE)
        except ReliefRefused as refused:
            assert refused.code in ("relief.too_slim", "relief.border_too_wide")
            continue
        nodes = grid_of(settings, canvas, size_px, MACHINE)
        assert 2 <= min(nodes) and max(nodes) <= MAX_SAMPLES


def test_a_photo_need_not_be_larger_than_its_grid():
    for settings in (
        RELIEF,
        replace(RELIEF, shape="disc"),
        replace(LITHOPHANE, width=60),
    ):
        for size_px in ((4000, 3000), (1000, 5000)):
            canvas = canvas_of(settings, size_px[0] / size_px[1], MACHINE)
            nodes = grid_of(settings, canvas, size_px, MACHINE)
            side = photo_side_px(settings, size_px, MACHINE)
            longer = 0 if size_px[0] > size_px[1] else 1
            picture = size(canvas.picture)[longer]
            pitch = (canvas.width, canvas.depth)[longer] / (nodes[longer] - 1)
            # One pixel for each node of the whole photo, also of what is cropped.
            assert side == pytest.approx(picture / pitch, abs=0.02 * side + 2)
            assert side >= math.floor(picture / pitch)


def test_sizes_need_no_numpy():
    script = (
        "import sys\n"
        "from octoprint_img2stl.machine import Machine\n"
        "from octoprint_img2stl.relief import ReliefSettings, check_fits, SHAPES\n"
        "from dataclasses import replace\n"
        "for name in SHAPES:\n"
        "    route = ReliefSettings.defaults('relief')\n"
        "    check_fits(replace(route, shape=name), [(1500, 1000)], Machine())\n"
        "assert not {'numpy', 'PIL'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
