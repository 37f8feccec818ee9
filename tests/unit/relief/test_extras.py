"""What is added to a shape: it holds together, stays apart, and says what it cannot."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief.extras import EXTRAS, holes, magnets, ring, stand
from octoprint_img2stl.relief.extras.extra import WALL
from octoprint_img2stl.relief.refused import ReliefRefused
from octoprint_img2stl.relief.settings import ReliefSettings
from octoprint_img2stl.relief.shapes import SHAPES
from octoprint_img2stl.relief.shapes.canvas import Canvas
from octoprint_img2stl.relief.solid import sdf

MACHINE = Machine()
FLAT_SHAPES = ("plate", "rounded", "disc", "oval", "hexagon", "heart")
every_shape = pytest.mark.parametrize("shape", FLAT_SHAPES)
ANGLES = np.linspace(0, 2 * math.pi, 180, endpoint=False)


def asked(**changes) -> ReliefSettings:
    return replace(ReliefSettings(), **changes)


def standing(**changes) -> ReliefSettings:
    return replace(ReliefSettings.defaults("lithophane"), **changes)


@dataclass
class Made:
    settings: ReliefSettings
    canvas: Canvas
    shape: Any  # field of the shape alone
    outline: Any  # with its extras; None for the plain rectangle
    upper: list
    lower: list
    parts: list


def made(settings: ReliefSettings, aspect: float = 1.3) -> Made:
    """All extras that are wanted, asked in their order."""
    shape = SHAPES[settings.shape]
    wanted = [extra for extra in EXTRAS.values() if extra.active(settings)]
    canvas = shape.canvas(settings, aspect)
    for extra in wanted:
        extra.check(settings, canvas, MACHINE)
    for extra in wanted:
        canvas = extra.extend(settings, canvas)
    own = shape.outline(settings, canvas) if shape.outline else None
    outline = own
    for extra in wanted:
        outline = extra.outline(settings, canvas, outline)
    return Made(
        settings,
        canvas,
        own or sdf.rectangle(*canvas.shape),
        outline,
        [r for extra in wanted for r in extra.upper_regions(settings, canvas, own)],
        [r for extra in wanted for r in extra.lower_regions(settings, canvas, outline)],
        [part for extra in wanted for part in extra.parts(settings, canvas)],
    )


def settled(settings: ReliefSettings, aspect: float = 1.3) -> Made:
    """What comes out when every suggestion is followed."""
    for _ in range(6):
        try:
            return made(settings, aspect)
        except ReliefRefused as refused:
            problem = refused.problem
            assert problem.suggest is not None, problem.message
            name = problem.field.removeprefix("relief.")
            assert getattr(settings, name) != problem.suggest, problem.message
            settings = replace(settings, **{name: problem.suggest})
    raise AssertionError(f"never content: {problem.message}")


def refusal(settings: ReliefSettings, aspect: float = 1.3):
    with pytest.raises(ReliefRefused) as refused:
        made(settings, aspect)
    return refused.value.problem


def random_settings(shape, rng, **changes) -> tuple[ReliefSettings, float]:
    width = float(rng.uniform(35, 160))
    wanted = {
        "shape": shape,
        "width": width,
        "border": float(rng.choice([0, rng.uniform(1, 0.1 * width)])),
        "corner_radius": float(rng.uniform(0, 0.15 * width)),
        "base": float(rng.uniform(0.4, 6)),
        **changes,
    }
    return asked(**wanted), float(np.exp(rng.uniform(-0.7, 0.7)))


def grid(canvas: Canvas, count: int = 300):
    return np.meshgrid(
        np.linspace(-canvas.width / 2, canvas.width / 2, count),
        np.linspace(-canvas.depth / 2, canvas.depth / 2, count),
    )


def around(centre, radius):
    """Points on a circle, and in its middle."""
    u = np.append(centre[0] + radius * np.cos(ANGLES), centre[0])
    v = np.append(centre[1] + radius * np.sin(ANGLES), centre[1])
    return u, v


def holds(field, centre, radius) -> bool:
    """Whether the disc lies within the field, seen from its rim."""
    return bool((field(*around(centre, radius)) > 0).all())


def apart(centres, least) -> bool:
    return all(
        math.dist(one, other) >= least - 1e-9
        for index, one in enumerate(centres)
        for other in centres[:index]
    )


@every_shape
def test_without_extras_nothing_changes(shape):
    settings = asked(shape=shape)
    plain = made(settings)
    assert plain.canvas == SHAPES[shape].canvas(settings, 1.3)
    assert (plain.outline is None) == (shape == "plate")
    assert plain.upper == plain.lower == plain.parts == []


# -- frame -------------------------------------------------------------------------------


@every_shape
def test_frame_follows_the_outline(shape):
    rng = np.random.default_rng(1)
    for _ in range(4):
        settings, aspect = random_settings(shape, rng, border=float(rng.uniform(1, 3)))
        framed = made(settings, aspect)
        (region,) = framed.upper
        u, v = grid(framed.canvas)
        away = framed.shape(u, v)
        clear = (np.abs(away - settings.border) > 1e-6) & (away > 0)
        assert ((region.inside(u, v) > 0) == (away < settings.border))[clear].all()
        assert region.height == settings.base + settings.relief_height


def test_frame_of_a_plate_covers_no_part_of_the_photo():
    framed = made(asked(border=4.0))
    left, bottom, right, top = framed.canvas.picture
    inside = framed.upper[0].inside
    u, v = np.meshgrid(np.linspace(left, right, 50), np.linspace(bottom, top, 50))
    assert (inside(u, v) < 1e-9).all()
    assert (inside(u - 0.01 - (u - left), v) > 0).all()


def test_frame_has_its_own_height():
    assert made(asked(border=3.0, frame_height=1.5)).upper[0].height == 1.5
    extra = EXTRAS["frame"]
    canvas = Canvas(100.0, 80.0, (-50.0, -40.0, 50.0, 40.0))
    assert extra.reach(asked(border=3.0, frame_height=7.0), canvas) == (0, 7)
    problem = refusal(asked(border=3.0, base=2.0, frame_height=1.5))
    assert (problem.code, problem.suggest) == ("relief.frame_too_low", 2.0)
    settled(asked(border=3.0, base=2.0, frame_height=1.5))


def test_frame_of_a_tube_is_at_its_ends_only():
    canvas = Canvas(100.0, 60.0, (-50.0, -30.0, 50.0, 30.0), wraps=True)
    (region,) = EXTRAS["frame"].upper_regions(asked(border=5.0), canvas, None)
    u, v = grid(canvas)
    away = 30 - np.abs(v)
    clear = np.abs(away - 5) > 1e-6
    assert ((region.inside(u, v) > 0) == (away < 5))[clear].all()


@pytest.mark.parametrize(("width", "wraps"), [(60.0, False), (20.0, True)])
def test_frame_wider_than_a_shape_allows(width, wraps):
    canvas = Canvas(width, 20.0, (-30.0, -10.0, 30.0, 10.0), wraps)
    with pytest.raises(ReliefRefused) as refused:
        EXTRAS["frame"].check(asked(border=9.6), canvas, MACHINE)
    assert refused.value.problem.suggest == 9.5
    EXTRAS["frame"].check(asked(border=9.5), canvas, MACHINE)


# -- ring --------------------------------------------------------------------------------


def ring_hole(solid: Made) -> tuple[tuple[float, float], float, float]:
    """Centre, radius and upper wall of the hole, found along the middle line."""
    u = (solid.canvas.shape[0] + solid.canvas.shape[2]) / 2
    v = np.linspace(solid.canvas.depth / 2 + 0.1, solid.canvas.shape[1], 200001)
    inside = solid.outline(np.full_like(v, u), v) > 0
    turns = v[1:][inside[1:] != inside[:-1]]
    rim, upper, lower = turns[:3]
    return (u, (upper + lower) / 2), (upper - lower) / 2, rim - upper


@every_shape
def test_ring_bears_the_plate_and_costs_no_picture(shape):
    rng = np.random.default_rng(2)
    for _ in range(5):
        settings, aspect = random_settings(
            shape, rng, ring=True, ring_hole=float(rng.uniform(2, 9))
        )
        plain = made(replace(settings, ring=False), aspect)
        hung = made(settings, aspect)
        centre, radius, wall = ring_hole(hung)
        assert radius == pytest.approx(settings.ring_hole / 2, abs=0.01)
        assert wall >= 2 - 0.01
        # Plastic all around the hole, and from there down into the shape.
        ringed = sdf.union(hung.outline, sdf.circle(*centre, radius + 0.01))
        assert holds(ringed, centre, radius + wall - 0.02)
        v = np.linspace(centre[1] - radius - 0.01, np.mean(hung.canvas.shape[1::2]), 500)
        for side in (-0.9, 0.0, 0.9):
            u = np.full_like(v, centre[0] + side * radius)
            assert (hung.outline(u, v) > 0).all()
        # None of it on the shape, all of it on the canvas, which is as large as needed.
        assert not (hung.shape(*around(centre, radius + wall - 0.02)) > 0).any()
        u, v = grid(hung.canvas)
        inside, on_shape = hung.outline(u, v) > 0, hung.shape(u, v) > 0
        assert (inside | ~on_shape).all()
        tab = hung.upper[-1]
        assert holds(tab.inside, centre, radius + wall - 0.02)
        on_tab = tab.inside(u, v) > 0
        assert not (on_tab & on_shape).any()
        in_hole = np.hypot(u - centre[0], v - centre[1]) < radius
        assert ((on_tab & ~in_hole | on_shape) == inside).mean() > 0.9999
        assert tab.height >= max(2, settings.base)
        edge = np.linspace(-hung.canvas.width / 2, hung.canvas.width / 2, 500)
        assert (hung.outline(edge, np.full(500, hung.canvas.depth / 2 + 1e-6)) < 0).all()
        assert hung.canvas.depth - plain.canvas.depth <= 2 * (radius + wall) + 0.05


@pytest.mark.parametrize(
    ("border", "height"), [(0.0, 2.0), (3.0, 3.0)], ids=["no frame", "frame"]
)
def test_ring_is_flush_with_the_frame_or_just_thick_enough(border, height):
    settings = asked(ring=True, border=border)
    assert made(settings).upper[-1].height == height
    assert ring.EXTRA.reach(settings, made(settings).canvas) == (0, height)


def test_ring_larger_than_the_plate_is_refused_with_one_that_fits():
    rng = np.random.default_rng(3)
    for _ in range(20):
        width = float(rng.uniform(10, 28))
        settings = asked(width=width, ring=True, ring_hole=20.0)
        problem = refusal(settings)
        assert problem.code == "relief.ring_outside_plate"
        made(replace(settings, ring_hole=problem.suggest))
        with pytest.raises(ReliefRefused):
            made(replace(settings, ring_hole=problem.suggest + 0.2))


def test_ring_needs_something_to_hold_on_to():
    canvas = Canvas(60.0, 60.0, (-30.0, -30.0, 30.0, 30.0)).taller(8.0)
    gap = sdf.difference(
        sdf.rectangle(*canvas.shape), sdf.rectangle(-9.0, -20.0, 9.0, 90.0)
    )
    with pytest.raises(ReliefRefused) as refused:
        ring.EXTRA.outline(asked(ring=True), canvas, gap)
    assert refused.value.problem.suggest is False


def test_ring_reaches_down_to_a_shape_below_its_box():
    canvas = Canvas(60.0, 60.0, (-30.0, -30.0, 30.0, 30.0)).taller(8.0)
    low = sdf.circle(0.0, -10.0, 14.0)
    hung = Made(
        asked(),
        canvas,
        low,
        ring.EXTRA.outline(asked(ring=True), canvas, low),
        [],
        [],
        [],
    )
    centre, radius, _ = ring_hole(hung)
    assert centre[1] == pytest.approx(4 + 2 + radius, abs=0.1)


# -- holes -------------------------------------------------------------------------------


@every_shape
@pytest.mark.parametrize("number", ["one", "two", "four"])
def test_holes_keep_their_walls(shape, number):
    rng = np.random.default_rng(4)
    for _ in range(5):
        settings, aspect = random_settings(
            shape, rng, holes=number, hole_diameter=float(rng.uniform(1, 12))
        )
        drilled = settled(settings, aspect)
        if drilled.settings.holes == "none":
            continue
        radius = drilled.settings.hole_diameter / 2
        centres = holes.places(drilled.settings, drilled.canvas, drilled.shape)
        assert len(centres) == {"one": 1, "two": 2, "four": 4}[number]
        assert apart(centres, 2 * radius + WALL)
        for centre in centres:
            assert holds(drilled.shape, centre, radius + WALL - 0.01)
            assert (drilled.outline(*around(centre, 0.999 * radius)) < 0).all()
            assert (drilled.outline(*around(centre, radius + 0.01))[:-1] > 0).all()
        # Nothing else is cut, and the sides are alike.
        u, v = grid(drilled.canvas)
        gone = (drilled.shape(u, v) > 0) & ~(drilled.outline(u, v) > 0)
        near = np.min([np.hypot(u - a, v - b) for a, b in centres], axis=0)
        assert (gone == ((near <= radius) & (drilled.shape(u, v) > 0))).all()
        np.testing.assert_allclose(
            sorted((-u, v) for u, v in centres), sorted(centres), atol=1e-9
        )


def test_holes_in_the_corners_of_any_plate_are_as_far_from_either_side():
    for aspect in (0.3, 1.0, 4.0):
        drilled = made(asked(holes="four", hole_diameter=5.0), aspect)
        half = (drilled.canvas.width / 2, drilled.canvas.depth / 2)
        for u, v in holes.places(drilled.settings, drilled.canvas, drilled.shape):
            assert half[0] - abs(u) == pytest.approx(2.5 + WALL, abs=0.06)
            assert half[1] - abs(v) == pytest.approx(2.5 + WALL, abs=0.06)


def test_holes_too_big_are_refused_with_the_biggest():
    settings = asked(width=30.0, holes="two", hole_diameter=15.0)
    problem = refusal(settings)
    assert (problem.code, problem.field) == (
        "relief.holes_too_big",
        "relief.hole_diameter",
    )
    # Three walls and two holes side by side on 30 mm.
    assert problem.suggest == pytest.approx((30 - 3 * WALL) / 2, abs=0.1)
    made(replace(settings, hole_diameter=problem.suggest))


def test_no_room_for_any_holes():
    settings = asked(width=12.0, holes="four")
    problem = refusal(settings, aspect=5.0)
    assert (problem.code, problem.suggest) == ("relief.no_room_for_holes", "none")


# -- keyhole -----------------------------------------------------------------------------


@every_shape
def test_keyhole_takes_a_screw_and_holds_it(shape):
    rng = np.random.default_rng(5)
    seen = 0
    for _ in range(8):
        settings, aspect = random_settings(shape, rng, keyhole=True)
        hung = settled(settings, aspect)
        if not hung.settings.keyhole:
            continue
        seen += 1
        lip, opening = hung.lower
        assert lip.height == 0
        lowest, highest = lip.hollow
        assert 1 <= lowest and highest - lowest >= 2.4 and opening.height == highest
        assert hung.settings.base >= highest + 0.8 - 1e-9
        u, v = grid(hung.canvas, 500)
        hollow = lip.inside(u, v)
        open_ = opening.inside(u, v)
        # The opening's rim stays 0.6 mm and more within the lip's.
        assert hollow[open_ > -0.59].min() > 0
        # All the pocket has its wall.
        assert (hung.shape(u, v) >= WALL - 1e-6)[hollow > 0].all()
        # A head of 8 mm goes in, up by 8 mm and more, and a shank of 4 mm goes with it.
        mid = np.mean(hung.canvas.shape[0::2])
        line = np.linspace(*hung.canvas.shape[1::2], 3000)
        column = np.full_like(line, mid)
        entry = line[np.argmax(opening.inside(column, line))]
        up = line[lip.inside(column, line) > 4.1].max()
        assert up - entry > 8
        assert holds(opening.inside, (mid, entry), 4)
        for height in np.linspace(entry, up, 30):
            assert holds(lip.inside, (mid, height), 4)
            assert holds(opening.inside, (mid, height), 2)
        assert not holds(opening.inside, (mid, up), 2.6), "nothing holds the head"
        assert up >= np.mean(hung.canvas.shape[1::2]) - 0.3, "it would turn over"
    assert seen >= 4


def test_keyhole_is_as_high_up_as_it_can_be():
    hung = made(asked(keyhole=True, base=5.0))
    line = np.linspace(0, hung.canvas.depth / 2, 20001)
    pocket = line[hung.lower[0].inside(np.zeros_like(line), line) > 0]
    assert hung.canvas.depth / 2 - pocket.max() == pytest.approx(WALL, abs=0.06)


@pytest.mark.parametrize(
    "outline",
    [
        # Narrow below, where the entry is the widest part.
        sdf.polygon([(-40, 30), (0, -14), (40, 30)]),
        # A crack just where the head would slide.
        sdf.difference(
            sdf.rectangle(-40, -30, 40, 30), sdf.capsule((9, 19), (40, 19), 4)
        ),
    ],
    ids=["wedge", "crack"],
)
def test_keyhole_finds_its_place_in_any_outline(outline):
    canvas = Canvas(80.0, 60.0, (-40.0, -30.0, 40.0, 30.0))
    settings = asked(keyhole=True, base=6.0)
    lip, _ = EXTRAS["keyhole"].lower_regions(settings, canvas, outline)
    u, v = grid(canvas, 500)
    hollow = lip.inside(u, v) > 0
    assert hollow.any() and outline(u, v)[hollow].min() >= WALL - 1e-6


def test_keyhole_is_as_wide_as_its_entry():
    canvas = Canvas(80.0, 60.0, (-40.0, -30.0, 40.0, 30.0))
    settings, place = asked(keyhole=True, base=6.0), EXTRAS["keyhole"].lower_regions
    place(settings, canvas, sdf.rectangle(-6.4, -30.0, 6.4, 30.0))
    with pytest.raises(ReliefRefused):
        place(settings, canvas, sdf.rectangle(-6.2, -30.0, 6.2, 30.0))


def test_keyhole_is_never_below_the_middle():
    canvas = Canvas(80.0, 60.0, (-40.0, -30.0, 40.0, 30.0))
    outline = sdf.rectangle(-40.0, -30.0, 40.0, 4.0)
    with pytest.raises(ReliefRefused) as refused:
        EXTRAS["keyhole"].lower_regions(asked(keyhole=True, base=6.0), canvas, outline)
    assert refused.value.problem.suggest is False


def test_keyhole_leaves_the_foot_alone():
    settings = standing(keyhole=True, base=6.0, border=0.0, width=100.0)
    made(settings, aspect=100 / 22)
    problem = refusal(replace(settings, stand="foot"), aspect=100 / 22)
    assert problem.code == "relief.no_room_for_keyhole"


def test_keyhole_needs_thickness_and_room():
    problem = refusal(asked(keyhole=True, base=2.0))
    assert (problem.code, problem.field) == (
        "relief.base_too_thin_for_keyhole",
        "relief.base",
    )
    made(asked(keyhole=True, base=problem.suggest))
    problem = refusal(asked(keyhole=True, base=6.0, width=16.0))
    assert (problem.code, problem.suggest) == ("relief.no_room_for_keyhole", False)


# -- magnets -----------------------------------------------------------------------------


@every_shape
def test_magnets_stay_within_and_apart(shape):
    rng = np.random.default_rng(6)
    for number in range(1, 9):
        settings, aspect = random_settings(
            shape,
            rng,
            magnets=number,
            magnet_diameter=float(rng.uniform(2, 15)),
            magnet_depth=float(rng.uniform(0.5, 5)),
        )
        glued = settled(settings, aspect)
        if not glued.settings.magnets:
            continue
        (region,) = glued.lower
        radius = glued.settings.magnet_diameter / 2
        centres = magnets.places(glued.settings, glued.canvas, glued.outline)
        assert len(centres) == glued.settings.magnets
        assert apart(centres, 2 * radius + 0.2 + WALL)
        for centre in centres:
            assert holds(region.inside, centre, radius + 0.09)
            assert holds(glued.shape, centre, radius + 0.1 + WALL - 0.01)
        assert region.height == pytest.approx(glued.settings.magnet_depth + 0.2)
        assert glued.settings.base - region.height >= 0.6 - 1e-6
        u, v = grid(glued.canvas)
        near = np.min([np.hypot(u - a, v - b) for a, b in centres], axis=0)
        assert ((region.inside(u, v) > 0) == (near < radius + 0.1)).all()


@pytest.mark.parametrize("aspect", [0.5, 2.0])
@pytest.mark.parametrize("number", range(1, 9))
def test_magnets_hold_a_plate_evenly(number, aspect):
    settings = asked(width=120.0, magnets=number, base=4.0)
    glued = made(settings, aspect)
    centres = np.array(magnets.places(settings, glued.canvas, None))
    assert centres[:, 0].mean() == pytest.approx(0, abs=1e-9)
    if number == 3:
        # Two of them at the top, where it would come off the wall.
        assert sorted(np.sign(centres[:, 1])) == [-1, 1, 1]
    else:
        assert centres[:, 1].mean() == pytest.approx(0, abs=1e-9)
    if number == 6:
        # Not two of them side by side at the short sides.
        assert apart([tuple(centre) for centre in centres], 45)


def test_too_many_magnets_are_refused_with_how_many_fit():
    settings = asked(width=30.0, base=4.0, magnets=8)
    problem = refusal(settings)
    assert (problem.code, problem.field) == (
        "relief.too_many_magnets",
        "relief.magnets",
    )
    assert 1 <= problem.suggest < 8
    made(replace(settings, magnets=problem.suggest))
    problem = refusal(replace(settings, magnet_diameter=30.0))
    assert (problem.code, problem.suggest) == ("relief.no_room_for_magnets", 0)
    problem = refusal(asked(magnets=2, magnet_depth=3.0, base=2.0))
    assert (problem.field, problem.suggest) == ("relief.base", 3.8)


# -- stand -------------------------------------------------------------------------------


@pytest.mark.parametrize("aspect", [0.5, 1.5])
def test_foot_carries_the_plate_and_keeps_it_from_tipping(aspect):
    footed = made(standing(stand="foot"), aspect)
    height = footed.canvas.depth
    side = max(6, 0.12 * height)
    (lower,), upper = footed.lower, footed.upper[-1]
    assert lower.height == pytest.approx(-side)
    assert upper.height == pytest.approx(0.8 + 2.2 + side)
    assert EXTRAS["stand"].reach(footed.settings, footed.canvas) == (
        lower.height,
        upper.height,
    )
    u, v = grid(footed.canvas)
    for region in (lower, upper):
        assert ((region.inside(u, v) > 0) == (v < 3 - height / 2)).all()
    assert footed.outline is None, "a plain plate has no outline to cut"


def test_foot_only_where_it_can_be():
    assert refusal(asked(stand="foot")).suggest == "easel"
    assert refusal(standing(stand="foot", shape="disc")).suggest == "easel"
    made(standing(stand="easel", shape="disc"))
    for hanging in ({"ring": True}, {"holes": "two"}):
        problem = refusal(standing(stand="foot", **hanging))
        assert (problem.code, problem.suggest) == ("relief.foot_or_hanging", "easel")
        made(standing(stand="easel", **hanging))
    problem = refusal(standing(stand="foot", border=0.0), aspect=30.0)
    assert (problem.code, problem.suggest) == ("relief.plate_lower_than_foot", "none")


@pytest.mark.parametrize("stands", ["foot", "easel"])
def test_no_stand_for_a_shape_that_is_not_flat(stands):
    curved = next(name for name, shape in SHAPES.items() if shape.bend is not None)
    canvas = Canvas(60.0, 60.0, (-30.0, -30.0, 30.0, 30.0))
    with pytest.raises(ReliefRefused) as refused:
        EXTRAS["stand"].check(standing(shape=curved, stand=stands), canvas, MACHINE)
    assert refused.value.problem.suggest == "none"


def polygon_area(corners) -> float:
    x, y = np.array(corners).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def test_easel_is_a_slab_cut_along_its_profile():
    for width, border in ((20.0, 0.0), (100.0, 3.0), (400.0, 0.0)):
        eased = made(asked(width=width, border=border, stand="easel"))
        (part,) = eased.parts
        rows, columns = part.upper.shape
        assert part.upper.dtype == np.float32 and (part.upper == 30).all()
        assert eased.lower == [] and not part.wraps and part.lower == 0
        axes = (
            np.linspace(-part.width / 2, part.width / 2, columns),
            np.linspace(-part.depth / 2, part.depth / 2, rows),
        )
        depth = part.outline(*np.meshgrid(*axes))
        pitch = axes[0][1] - axes[0][0]
        rim = np.concatenate([depth[[0, -1]].ravel(), depth[:, [0, -1]].ravel()])
        assert rim.max() <= -pitch, "the outline has to end within the grid"
        profile = stand.profile(eased.settings, eased.canvas)
        area = (depth > 0).sum() * pitch**2
        assert area == pytest.approx(polygon_area(profile), rel=0.02)


def test_easel_carries_what_it_is_made_for():
    """Its slot takes the plate, leaning by 75 degrees, and its weight is over its base."""
    rng = np.random.default_rng(8)
    for _ in range(20):
        settings, aspect = random_settings(
            "plate", rng, stand="easel", base=float(rng.uniform(0.5, 8))
        )
        canvas = made(settings, aspect).canvas
        profile = stand.profile(settings, canvas)
        field, thick = sdf.polygon(profile), settings.base + settings.relief_height
        corners = np.array(profile)
        assert corners[:, 1].min() == 0 and polygon_area(profile) > 0
        behind, below, front = corners[4:7]
        assert np.hypot(*(below - front)) == pytest.approx(thick + 0.4)
        along = (behind - below) / np.hypot(*(behind - below))
        assert math.degrees(math.atan2(along[1], along[0])) == pytest.approx(75)
        through = (below - front) / np.hypot(*(below - front))
        # The plate, 0.1 mm off the slot's walls, meets no plastic; it does without play.
        share, height = np.meshgrid(
            np.linspace(0.1, thick + 0.3, 30), np.linspace(0.1, canvas.depth, 200)
        )
        u, v = (
            front[axis] + share * through[axis] + height * along[axis] for axis in (0, 1)
        )
        assert (field(u, v) < 0).all()
        for place in (-0.1, thick + 0.5):
            assert field(*(np.array([x]) for x in front + place * through + along)) > 0
        weight = front + (thick / 2) * through + canvas.depth / 2 * along
        bottom = corners[corners[:, 1] == 0][:, 0]
        assert bottom.min() + 3 < weight[0] < bottom.max() - 5
        assert field(np.array([below[0]]), np.array([below[1] / 2])) > 0


# -- together ----------------------------------------------------------------------------


@every_shape
def test_everything_at_once_stays_apart(shape):
    rng = np.random.default_rng(9)
    for _ in range(3):
        settings, aspect = random_settings(
            shape,
            rng,
            width=float(rng.uniform(110, 160)),
            base=6.0,
            ring=True,
            holes=str(rng.choice(["one", "two", "four"])),
            keyhole=True,
            magnets=int(rng.integers(1, 9)),
        )
        full = settled(settings, aspect)
        lip, opening, pockets = full.lower
        u, v = grid(full.canvas, 600)
        depth = full.outline(u, v)
        for region in (lip, pockets):
            assert region.inside(u, v).max() > 1
            assert depth[region.inside(u, v) > 0].min() >= WALL - 1e-6
        near = lip.inside(u, v)[pockets.inside(u, v) > 0]
        assert near.max() <= -WALL + 1e-6
        assert opening.height < full.settings.base > pockets.height


def test_a_foot_is_not_hollowed():
    settings = standing(stand="foot", base=5.0, magnets=8, keyhole=True, width=120.0)
    full = settled(settings, 1.0)
    u, v = grid(full.canvas, 500)
    foot = full.lower[-1].inside(u, v) > 0
    for region in full.lower[:-1]:
        assert region.inside(u, v)[foot].max() <= -WALL + 1e-6


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("ring", {"ring": True}),
        ("holes", {"holes": "two"}),
        ("keyhole", {"keyhole": True, "base": 6.0}),
        ("magnets", {"magnets": 3, "base": 6.0}),
        ("stand", {"stand": "easel"}),
    ],
)
def test_a_tube_has_no_edge_for_extras(name, changes):
    canvas = Canvas(100.0, 60.0, (-50.0, -30.0, 50.0, 30.0), wraps=True)
    settings = asked(**changes)
    with pytest.raises(ReliefRefused) as refused:
        EXTRAS[name].check(settings, canvas, MACHINE)
    problem = refused.value.problem
    assert problem.code == "relief.extra_needs_plate"
    option = problem.field.removeprefix("relief.")
    assert not EXTRAS[name].active(replace(settings, **{option: problem.suggest}))


def test_checks_need_no_numpy():
    script = """
import sys
from dataclasses import replace
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief.extras import EXTRAS
from octoprint_img2stl.relief.settings import ReliefSettings
from octoprint_img2stl.relief.shapes import SHAPES

settings = replace(
    ReliefSettings(), base=6.0, border=3.0, ring=True, holes="four", keyhole=True,
    magnets=4, stand="easel",
)
canvas = SHAPES["plate"].canvas(settings, 1.5)
for extra in EXTRAS.values():
    assert not extra.active(ReliefSettings())
    extra.check(settings, canvas, Machine())
    canvas = extra.extend(settings, canvas)
    extra.reach(settings, canvas)
print({"numpy", "PIL"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
