"""Arc, cylinder, dome and box: as large as asked, true to the photo, floors, slot and lid."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from octoprint_img2stl.relief.refused import ReliefRefused
from octoprint_img2stl.relief.settings import ReliefSettings
from octoprint_img2stl.relief.shapes import arc, box, cylinder, dome, lid
from octoprint_img2stl.relief.shapes.curved import check_socket, nearest, solve

SHAPES = {
    "arc": arc.SHAPE,
    "cylinder": cylinder.SHAPE,
    "dome": dome.SHAPE,
    "box": box.SHAPE,
}
SEEDS = range(12)


def lithophane(**changes):
    return ReliefSettings(
        route="lithophane",
        **{"base": 0.8, "relief_height": 2.2, "border": 3.0, **changes},
    )


def random_settings(seed, **changes):
    """Settings that every shape accepts, and the aspect of a photo."""
    rng = np.random.default_rng(seed)
    base, relief = rng.uniform(0.2, 3), rng.uniform(0.6, 4)
    chosen = {
        "width": rng.uniform(60, 300),
        "base": base,
        "relief_height": relief,
        "border": rng.choice([0.0, rng.uniform(0.5, 6)]),
        "frame_height": rng.choice([None, base + rng.uniform(0, 8)]),
        "angle_deg": rng.uniform(10, 180),
        "cap_deg": rng.uniform(20, 90),
    }
    return lithophane(**{**chosen, **changes}), rng.uniform(0.4, 2.5)


def walls(settings, shape, canvas):
    """Both sides of a shape whose picture is everywhere as high as it can be.

    Returns:
        (n, 3) points, among them all that can be the outermost ones.
    """
    left, bottom, right, top = canvas.shape
    border = settings.border
    # Either side of the frame's inner edge.
    edge = np.array([border * (1 - 1e-8), border])
    inner = [np.concatenate([low + edge, high - edge]) for low, high in (
        (left, right), (bottom, top)
    )]  # fmt: skip
    u, v = (grid.ravel() for grid in np.meshgrid(
        np.concatenate([np.linspace(left, right, 801), inner[0]]),
        np.concatenate([np.linspace(bottom, top, 41), inner[1]]),
    ))  # fmt: skip
    if shape is SHAPES["dome"]:
        # The same nodes as rings.
        rho = np.abs(v)
        u, v = rho * np.cos(u / right * math.pi), rho * np.sin(u / right * math.pi)
        rim = right - rho
    else:
        rim = np.minimum(v - bottom, top - v)
        if not canvas.wraps:
            rim = np.minimum(rim, np.minimum(u - left, right - u))
    height = np.full(len(u), settings.height)
    if shape.upper_regions:
        (frame,) = shape.upper_regions(settings, canvas)
        height[frame.inside(u, v) > 0] = frame.height
    if border > 0 and settings.frame_height is not None:
        # On the very edge of the frame the picture counts as well.
        height = np.where(rim < border * (1 - 1e-9), settings.frame_height, height)
    bend = shape.bend(settings, canvas)
    return np.concatenate([bend.points(u, v, height), bend.points(u, v, 0 * height)])


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("name", SHAPES)
def test_the_printed_box_is_what_is_told(name, seed):
    settings, aspect = random_settings(seed)
    shape = SHAPES[name]
    canvas = shape.canvas(settings, aspect)
    told = shape.size(settings, canvas)
    assert told[0] == settings.width
    found = np.ptp(walls(settings, shape, canvas), axis=0)
    assert found == pytest.approx(told, abs=1e-6)


@pytest.mark.parametrize("name, turn", [("arc", 40.0), ("arc", 170.0), ("dome", 40.0)])
@pytest.mark.parametrize("frame_height", [1.0, 40.0])
def test_size_with_a_frame_of_another_height(name, turn, frame_height):
    """The picture is wider than a low frame; a high one stands out above the pole."""
    border = 0.5 if frame_height == 1 else 16.0
    settings = lithophane(
        relief_height=9.0, border=border, frame_height=frame_height,
        angle_deg=turn, cap_deg=turn, width=160.0,
    )  # fmt: skip
    canvas = SHAPES[name].canvas(settings, 1.5)
    found = np.ptp(walls(settings, SHAPES[name], canvas), axis=0)
    assert found == pytest.approx(SHAPES[name].size(settings, canvas), abs=1e-6)
    assert found[0] == pytest.approx(160)


def lengths(bend, start, end, height):
    """Length of a line on the wall at a height."""
    u, v = (np.linspace(start[axis], end[axis], 4001) for axis in (0, 1))
    points = bend.points(u, v, np.full(4001, height))
    return np.linalg.norm(np.diff(points, axis=0), axis=1).sum()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SHAPES)
def test_the_photo_keeps_its_aspect(name, seed):
    settings, aspect = random_settings(seed)
    shape = SHAPES[name]
    canvas = shape.canvas(settings, aspect)
    left, bottom, right, top = canvas.picture
    if name == "dome":
        # Round its middle it is as wide as high; its box tells the rest.
        assert (right - left) / (top - bottom) == pytest.approx(aspect)
        assert min(right - left, top - bottom) == pytest.approx(
            canvas.width - 2 * settings.border
        )
        left, right = bottom, top = [
            (each * 0.5) for each in (-canvas.width, canvas.width)
        ]
        aspect = 1.0
    middle = (left + right) / 2, (bottom + top) / 2
    bend, height = shape.bend(settings, canvas), settings.height
    across = lengths(bend, (left, middle[1]), (right, middle[1]), height / 2)
    upright = lengths(bend, (middle[0], bottom), (middle[0], top), height / 2)
    assert across / upright == pytest.approx(aspect, rel=0.02)


@pytest.mark.parametrize("name", SHAPES)
def test_the_border_is_left_free_by_the_photo(name):
    settings = lithophane(width=120.0, border=5.0)
    canvas = SHAPES[name].canvas(settings, 1.0)
    left, bottom, right, top = canvas.picture
    assert bottom - canvas.shape[1] == pytest.approx(5)
    assert canvas.shape[3] - top == pytest.approx(5)
    assert canvas.wraps == (name in ("cylinder", "box"))
    if name == "cylinder":
        assert (left, right) == (canvas.shape[0], canvas.shape[2])
    elif name != "box":
        assert left - canvas.shape[0] == pytest.approx(5)


# -- floors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cylinder", "box"])
@pytest.mark.parametrize("seed", range(8))
def test_floor_with_a_round_hole(name, seed):
    hole = 10 + 4.3 * seed
    settings, aspect = random_settings(seed, floor=2.5, socket_hole=hole)
    shape = SHAPES[name]
    canvas = shape.canvas(settings, aspect)
    (floor,) = shape.lower_regions(settings, canvas)
    u = np.linspace(-canvas.width / 2, canvas.width / 2, 997)
    bottom = canvas.shape[1]
    for v, inside in ((bottom, True), (bottom + 2.4, True), (bottom + 2.6, False)):
        assert ((floor.inside(u, 0 * u + v) > 0) == inside).all()
    points = shape.bend(settings, canvas).points(u, 0 * u, 0 * u + floor.height)
    assert np.hypot(points[:, 0], points[:, 1]) == pytest.approx(hole / 2)


@pytest.mark.parametrize("name", ["cylinder", "box"])
def test_open_without_a_floor(name):
    settings = lithophane(socket_hole=30.0)
    canvas = SHAPES[name].canvas(settings, 1.5)
    assert SHAPES[name].lower_regions(settings, canvas) == []
    assert SHAPES[name].outline is None or SHAPES[name].outline(settings, canvas) is None


# -- the box -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_photos_of_a_box_lie_on_its_faces(seed):
    settings, aspect = random_settings(seed, floor=seed / 2, socket_hole=20.0)
    canvas = box.canvas(settings, aspect)
    bend = box.bend(settings, canvas)
    windows = box.windows(settings, canvas, [aspect])
    assert windows[0] == pytest.approx(canvas.picture)
    facing = [(0, -1), (1, 0), (0, 1), (-1, 0)]
    for (left, bottom, right, top), out in zip(windows, facing, strict=True):
        assert (right - left) / (top - bottom) == pytest.approx(aspect)
        u = np.linspace(left, right, 50)
        # Half a millimetre of level frame before the corner at least.
        assert (bend.sag_at(u, u, 1, 1, 1, 1) == 0).all()
        points = bend.points(u, 0 * u + bottom, 0 * u)
        assert points[:, :2] @ out == pytest.approx(bend.side / 2)
        assert points[:, :2].mean(axis=0) @ (-out[1], out[0]) == pytest.approx(
            0, abs=1e-9
        )
        assert canvas.shape[1] < bottom < top < canvas.shape[3]
        # Nothing of it in front of a floor, which no light would pass.
        assert bottom - canvas.shape[1] >= settings.floor - 1e-9
    (frame,) = box.upper_regions(settings, canvas)
    u = np.linspace(-canvas.width / 2, canvas.width / 2, 3001)
    in_frame = frame.inside(u, 0 * u) > 0
    assert in_frame[bend.sag_at(u, u, 1, 1, 1, 1) > 0].all()
    for left, _, right, _ in windows:
        assert not in_frame[(u > left + 1e-6) & (u < right - 1e-6)].any()
    # Level all the way around the frame's height, and nothing stands out further.
    assert frame.height == pytest.approx((settings.width - bend.side) / 2)


def test_photos_of_a_box_cover_their_windows():
    settings = lithophane()
    canvas = box.canvas(settings, 1.0)
    plain = box.windows(settings, canvas, [1.0])
    mixed = box.windows(settings, canvas, [1.0, 1.5, 0.5])
    for panel, aspect in enumerate([1.0, 1.5, 0.5, 1.0]):
        left, bottom, right, top = mixed[panel]
        assert (right - left) / (top - bottom) == pytest.approx(aspect)
        window = plain[panel]
        assert left <= window[0] + 1e-9 and right >= window[2] - 1e-9
        assert bottom <= window[1] + 1e-9 and top >= window[3] - 1e-9
    with_lid = replace(settings, lid_slot=True)
    assert len(box.windows(with_lid, canvas, [1.0] * 5)) == 4
    with pytest.raises(ReliefRefused) as refused:
        box.windows(settings, canvas, [1.0] * 5)
    assert (refused.value.code, refused.value.problem.suggest) == ("relief.no_lid", True)


def slot_heights(settings, canvas, u, v):
    """Of the back at points, nan where the box is not."""
    height = np.zeros(len(u))
    for region in box.lower_regions(settings, canvas):
        height[region.inside(u, v) > 0] = region.height
    height[box.outline(settings, canvas)(u, v) <= 0] = np.nan
    return height


def lid_of(settings):
    """Its field and heights above its back, around the box's axis."""
    ((shape, plain),) = box.parts(settings, 5)
    canvas = shape.canvas(plain, 1.3)
    outline = shape.outline(plain, canvas)
    axis = (canvas.picture[1] + canvas.picture[3]) / 2
    (frame,) = shape.upper_regions(plain, canvas)
    return (lambda x, y: outline(x, y + axis)), frame, canvas, axis


@pytest.mark.parametrize("seed", SEEDS)
def test_lid_slides_in_and_then_stays(seed):
    settings, _ = random_settings(seed, lid_slot=True)
    canvas = box.canvas(settings, 1.0)
    bend = box.bend(settings, canvas)
    field, frame, *_ = lid_of(settings)
    half = bend.side / 2
    wall = settings.width / 2 - half
    high = canvas.shape[3] - lid.LIP
    low = high - lid.GROOVE_HEIGHT
    assert frame.height == lid.THICKNESS < lid.GROOVE_HEIGHT
    u = np.linspace(-canvas.width / 2, canvas.width / 2, 2001)

    # Beside the lid's edges, from the inner to the outer side of the wall.
    for level in (low + 0.05, low + lid.THICKNESS):
        back = slot_heights(settings, canvas, u, 0 * u + level)
        there = ~np.isnan(back)
        for share in (0, 0.3, 1):
            h = back + share * (wall - back)
            x, y, _ = bend.points(u[there], 0 * u[there], h[there]).T
            # At rest there is play; on its way from the back (+y) nothing is in the way.
            assert field(x, y).max() < -0.9 * lid.PLAY
            for way in (0.2, 1.0, 5.0, half, 2 * (half + wall)):
                assert field(x, y - way).max() < -0.9 * lid.PLAY

    # It lies on the wall below, and the lip is above it.
    (groove, *_) = box.lower_regions(settings, canvas)
    overlap = groove.height - lid.PLAY
    assert overlap > 0.25
    for level in (low - 0.05, high + 0.05):
        back = slot_heights(settings, canvas, u, 0 * u + level)
        x, y, _ = bend.points(u, 0 * u, back).T
        front = (y < 0) & (np.abs(x) < half - 5)
        sides = np.abs(y) < half - 5
        assert front.any() and sides.any()
        assert field(x, y)[front | sides] == pytest.approx(overlap)
        assert np.isnan(back[np.abs(u - canvas.width / 8) < half - 5]).all() == (
            level > high
        )
    # At the back it ends where the wall does.
    x, y, _ = bend.points(u, 0 * u, 0 * u + wall).T
    behind = (y > 0) & (np.abs(x) < half - 5)
    assert field(x, y)[behind] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_slot_leaves_walls(seed):
    settings, aspect = random_settings(seed, lid_slot=True)
    canvas = box.canvas(settings, aspect)
    left, bottom, right, top = canvas.shape
    u, v = (grid.ravel() for grid in np.meshgrid(
        np.linspace(left, right, 801), np.linspace(bottom, top, 400)[:-1]
    ))  # fmt: skip
    back = slot_heights(settings, canvas, u, v)
    there = ~np.isnan(back)
    (frame,) = box.upper_regions(settings, canvas)
    assert (frame.inside(u, v)[there & (back > 0)] > 1).all()
    rim = settings.frame_height if settings.border and settings.frame_height else 99
    assert np.nanmax(back) <= min(frame.height, rim) - 0.8 + 1e-9
    assert np.nanmax(back) >= lid.MIN_GROOVE_DEPTH - 1e-9
    # Low at the back only: on the third panel and the corners beside it.
    gone = ~there
    panel = canvas.width / 4
    assert gone.any() and (np.abs(u[gone] - panel / 2) < panel / 2 + 4).all()
    assert (v[gone] > box.windows(settings, canvas, [aspect])[0][3]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_recess_keeps_away_from_the_rim(seed):
    """Along the whole rim the back is the same, so that no wall of it ends there."""
    settings, aspect = random_settings(seed, lid_slot=True)
    canvas = box.canvas(settings, aspect)
    field = box.outline(settings, canvas)
    left, _, right, top = canvas.shape
    u, v = (grid.ravel() for grid in np.meshgrid(
        np.linspace(left, right, 2001), np.linspace(top - 8, top + 1, 181)
    ))  # fmt: skip
    near = np.abs(field(u, v)) < 0.4
    outer = np.zeros(len(u))
    for region in box.lower_regions(settings, canvas):
        outer[region.inside(u, v) > 0] = region.height
    assert near.sum() > 2000 and len(set(outer[near])) == 1 and outer[near][0] > 0
    # The canvas's left and right are the same line.
    v = np.linspace(top - 12, top + 2, 300)
    ends = [
        [each(0 * v + u, v) > 0 for each in (field, *(
            region.inside for region in box.lower_regions(settings, canvas)
        ))]
        for u in (left, right)
    ]  # fmt: skip
    assert np.array_equal(*ends)


def test_the_lid_is_there_for_a_fifth_photo():
    settings = lithophane(lid_slot=True, border=4.0, ring=True, text="Ada")
    assert box.parts(settings, 4) == []
    assert box.parts(replace(settings, lid_slot=False), 5) == []
    ((shape, plain),) = box.parts(settings, 5)
    assert (plain.border, plain.ring, plain.text) == (0, False, "")
    _, frame, canvas, axis = lid_of(settings)
    left, bottom, right, top = canvas.picture
    # The photo covers a square as wide as the box's other photos.
    side = box.canvas(settings, 1.0).picture
    assert top - bottom == pytest.approx(side[2] - side[0])
    assert (right - left) / (top - bottom) == pytest.approx(1.3)
    assert frame.inside(np.array([0.0]), np.array([axis]))[0] < 0
    assert frame.inside(np.array([0.0]), np.array([top + 0.1]))[0] > 0


# -- refusals ------------------------------------------------------------------------------------

REFUSED = [
    ("arc", {"width": 15.0, "angle_deg": 180.0}, "relief.arc_too_tight"),
    (
        "arc",
        {"width": 10.0, "angle_deg": 60.0, "relief_height": 15.0, "border": 0.0},
        "relief.arc_too_tight",
    ),
    ("arc", {"width": 40.0, "border": 25.0}, "relief.border_too_wide"),
    (
        "arc",
        {"width": 80.0, "border": 37.0, "frame_height": 9.0, "angle_deg": 60.0},
        "relief.border_too_wide",
    ),
    ("cylinder", {"width": 15.9}, "relief.cylinder_too_small"),
    ("cylinder", {"floor": 2.0}, "relief.socket_hole_too_small"),
    ("cylinder", {"floor": 2.0, "socket_hole": 4.9}, "relief.socket_hole_too_small"),
    ("cylinder", {"floor": 2.0, "socket_hole": 92.1}, "relief.socket_hole_too_big"),
    ("dome", {"width": 15.0}, "relief.dome_too_small"),
    ("dome", {"width": 40.0, "cap_deg": 20.0, "border": 25.0}, "relief.border_too_wide"),
    ("box", {"width": 18.9}, "relief.box_too_small"),
    ("box", {"width": 60.0, "border": 25.0}, "relief.box_too_small"),
    ("box", {"floor": 2.0}, "relief.socket_hole_too_small"),
    ("box", {"floor": 2.0, "socket_hole": 92.1}, "relief.socket_hole_too_big"),
    (
        "box",
        {"lid_slot": True, "relief_height": 0.5},
        "relief.wall_too_thin_for_lid",
    ),
    (
        "box",
        {"lid_slot": True, "frame_height": 1.3},
        "relief.wall_too_thin_for_lid",
    ),
]  # fmt: skip


@pytest.mark.parametrize("name, changes, code", REFUSED)
def test_refused_with_a_value_that_works(name, changes, code):
    settings = lithophane(**changes)
    with pytest.raises(ReliefRefused) as refused:
        SHAPES[name].canvas(settings, 1.0)
    problem = refused.value.problem
    assert problem.code == code
    assert "None" not in problem.message and "%" not in problem.message
    option = problem.field.removeprefix("relief.")
    assert SHAPES[name].canvas(replace(settings, **{option: problem.suggest}), 1.0)


@pytest.mark.parametrize("name", ["arc", "cylinder", "box"])
def test_a_strip_of_a_picture_is_refused(name):
    settings = lithophane(width=50.0)
    with pytest.raises(ReliefRefused) as refused:
        SHAPES[name].canvas(settings, 200.0)
    problem = refused.value.problem
    assert problem.code == "relief.too_slim" and problem.suggest > 50
    assert SHAPES[name].canvas(replace(settings, width=problem.suggest), 200.0)
    with pytest.raises(ReliefRefused):
        SHAPES[name].canvas(replace(settings, width=problem.suggest - 0.2), 200.0)
    with pytest.raises(ReliefRefused) as refused:
        SHAPES[name].canvas(settings, 1e5)
    assert refused.value.problem.suggest is None


def test_a_floor_as_high_as_the_cylinder_is_refused():
    settings = lithophane(width=50.0, floor=9.0, socket_hole=20.0)
    with pytest.raises(ReliefRefused) as refused:
        cylinder.canvas(settings, 30.0)
    problem = refused.value.problem
    assert problem.code == "relief.floor_too_thick"
    assert cylinder.canvas(replace(settings, floor=problem.suggest), 30.0)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("name", SHAPES)
def test_anything_is_made_or_refused(name, seed):
    """Whatever the owner asks for; what is suggested is not refused for the same reason."""
    rng = np.random.default_rng(seed)
    settings = lithophane(
        width=float(rng.choice([rng.uniform(10, 60), rng.uniform(10, 1000)])),
        base=rng.uniform(0.2, 20),
        relief_height=rng.uniform(0.2, 30),
        border=float(rng.choice([0, rng.uniform(0, 100)])),
        frame_height=rng.choice([None, rng.uniform(0, 40)]),
        angle_deg=rng.uniform(10, 180),
        cap_deg=rng.uniform(20, 90),
        floor=float(rng.choice([0, rng.uniform(0, 20)])),
        socket_hole=rng.uniform(0, 200),
        lid_slot=bool(rng.integers(2)),
    )
    aspect = math.exp(rng.uniform(-3, 3))
    shape = SHAPES[name]
    codes = []
    for _ in range(6):
        try:
            canvas = shape.canvas(settings, aspect)
        except ReliefRefused as refused:
            problem = refused.problem
            assert problem.code not in codes[-1:]
            codes.append(problem.code)
            if problem.suggest is None:
                return
            option = problem.field.removeprefix("relief.")
            settings = replace(settings, **{option: problem.suggest})
            continue
        size = shape.size(settings, canvas)
        assert size[0] == settings.width and all(0 < each < 1e5 for each in size)
        left, bottom, right, top = canvas.picture
        assert right - left >= 4.99 and top - bottom >= 0.99
        return
    pytest.fail(f"refused again and again: {codes}")


def test_solve_finds_the_last_digit():
    assert solve(lambda x: x * x, 2, 10) == pytest.approx(math.sqrt(2), abs=1e-15)
    assert solve(lambda x: x + 3, 2, 10) == pytest.approx(0, abs=1e-300)


def test_nearest_value_is_the_nearest():
    settings = lithophane(width=33.33, border=4.56)
    for limit in (33.4, 40.0, 77.7):
        assert (
            nearest(settings, "width", 1000.0, lambda s, at=limit: s.width >= at) == limit
        )
    for limit in (0.0, 2.3, 4.5):
        assert (
            nearest(settings, "border", 0.0, lambda s, at=limit: s.border <= at) == limit
        )
    assert nearest(settings, "border", 0.0, lambda s: False) is None


def test_socket_of_a_floor():
    settings = lithophane(floor=2.0, socket_hole=28.0)
    check_socket(settings, 30.0)
    with pytest.raises(ReliefRefused):
        check_socket(settings, 29.9)
