"""Outlines and regions with upright walls: closed wherever and however they meet."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from octoprint_img2stl.relief.solid import sdf
from octoprint_img2stl.relief.solid.bend import FLAT, STANDING, Arc, Box, Dome, Tube
from octoprint_img2stl.relief.solid.bodies import BodyMesh
from octoprint_img2stl.relief.solid.body import Region
from octoprint_img2stl.relief.write import placed
from tests.unit.relief.solid.checking import (
    ROUNDING,
    Solid,
    check_closed,
    make,
    plate,
    seen_from_above,
    surface,
    upper_errors,
)

WIDTH, DEPTH = 60.0, 45.0
ROWS, COLUMNS = 91, 121  # half a millimetre apart
RECTANGLE = sdf.rectangle(-WIDTH / 2, -DEPTH / 2, WIDTH / 2, DEPTH / 2)
ROOM = sdf.offset(RECTANGLE, -0.8)


def slab(kind="smooth", seed=0, **changes):
    return plate(surface(kind, ROWS, COLUMNS, seed), WIDTH, DEPTH, **changes)


def nodes(body):
    rows, columns = body.upper.shape
    return np.meshgrid(
        np.linspace(-body.width / 2, body.width / 2, columns),
        np.linspace(body.depth / 2, -body.depth / 2, rows) + body.v_middle,
    )


def values(field, body):
    return field if isinstance(field, np.ndarray) else field(*nodes(body))


def painted(body):
    """(rows, columns) heights with the regions over them, NaN outside the outline."""
    z = np.array(body.upper, np.float64)
    for region in body.upper_regions:
        z = np.where(values(region.inside, body) > 0, region.height, z)
    if body.outline is not None:
        z[values(body.outline, body) <= 0] = np.nan
    return z


def waves(seed, scale, bias=0.0):
    """A field of many islands; the finer, the larger `scale`."""
    dice = np.random.default_rng(seed)
    across, up = dice.normal(size=(2, 6)) * scale
    phase = dice.uniform(0, 7, 6)

    def field(u, v):
        total = sum(np.sin(across[k] * u + up[k] * v + phase[k]) for k in range(6))
        return total / 6 / scale + bias

    return field


def area(field, body, fine=4):
    """mm2 where a signed distance is above 0: shares of the cells of a finer grid."""
    rows, columns = body.upper.shape
    u, v = (
        ((np.arange(count * fine) + 0.5) / (count * fine) - 0.5) * length
        for count, length in ((columns, body.width), (rows, body.depth))
    )
    share = np.clip(field(*np.meshgrid(u, v)) / (u[1] - u[0]) + 0.5, 0, 1)
    return share.mean() * body.width * body.depth


##~~ outlines

OUTLINES = {
    "disc": (sdf.circle(0, 0, 21), 0),
    "hole": (sdf.difference(sdf.circle(0, 0, 21), sdf.circle(5, 4, 3)), 1),
    "hole in a plate": (sdf.difference(ROOM, sdf.circle(-12, 3, 2.2)), 1),
    "four holes": (
        sdf.difference(
            ROOM, *(sdf.circle(u, v, 2.5) for u in (-20, 20) for v in (-15, 15))
        ),
        4,
    ),
    "notch": (sdf.difference(sdf.circle(0, 0, 21), sdf.rectangle(-1, 5, 1, 30)), 0),
    "rounded": (sdf.rounded_rectangle(-29, -21, 29, 21, 6), 0),
    "heart": (sdf.heart(-21, -20, 21), 0),
    "tilted": (sdf.polygon([(-25, -9), (24, -19), (13, 20)]), 0),
}


@pytest.mark.parametrize("bend", [FLAT, STANDING], ids=["flat", "standing"])
@pytest.mark.parametrize("name", OUTLINES)
def test_outline(tmp_path, name, bend):
    field, holes = OUTLINES[name]
    for kind, max_error in (("smooth", 0.05), ("noise", 0.0), ("constant", 0.5)):
        body = slab(kind, bend=bend, outline=field)
        heights = painted(body)
        u, v = nodes(body)
        solid, made = make(body, tmp_path / "a.stl", max_error)
        check_closed(solid, holes)
        corners = solid.laid(bend is STANDING)
        # `laid` centres on the box.
        inside = ~np.isnan(heights)
        middle = [(at[inside].min() + at[inside].max()) / 2 for at in (u, v)]
        corners[..., :2] += np.round(np.array(middle) * 2) / 2
        plan = Solid.of(corners)
        span = plan.size[:2]
        for axis, at in enumerate((u, v)):
            nodes_in = np.ptp(at[inside])
            assert nodes_in < span[axis] < nodes_in + 2 * 0.5
        assert made.max_error <= max_error
        if kind == "constant":
            expected = 1.7 * area(field, body)
            assert solid.volume == pytest.approx(expected, rel=0.004)


@pytest.mark.parametrize("bend", [FLAT, STANDING], ids=["flat", "standing"])
@pytest.mark.parametrize("radius", [1.0, 3.3, 12.0, 21.9])
def test_a_circle_is_round(tmp_path, radius, bend):
    """Straight between its cuts, whose radius is right to a hundredth of a millimetre."""
    body = slab("smooth", bend=bend, outline=sdf.circle(0, 0, radius))
    solid, _ = make(body, tmp_path / "a.stl", 0.05)
    away = rim_of(solid.laid(bend is STANDING)) - radius
    assert len(away) > 2 * math.pi * radius / 0.5
    # As far as linear interpolation is off, pitch^2 / 8 / radius, and, where the circle
    # passes right by a node, the little that a cut keeps away from it.
    exact = 2 * 0.25 / 8 / radius
    assert np.abs(away).max() < exact + 0.06 * 0.5 * math.sqrt(2)
    assert (np.abs(away) < max(0.01, exact)).mean() > 0.8


def rim_of(laid):
    """Distances from the middle of all corners of upright walls."""
    facing = np.cross(laid[:, 1] - laid[:, 0], laid[:, 2] - laid[:, 0])
    walls = laid[np.abs(facing[:, 2]) < 1e-9 * np.abs(facing).max()]
    return np.hypot(*walls[..., :2].reshape(-1, 2).T)


def test_the_rim_of_a_disc_is_exact_on_the_default_pitch():
    """At 0.1 mm every cut lies within 0.01 mm of the circle."""
    body = plate(np.full((221, 221), 2.0), 22.0, 22.0, outline=sdf.circle(0, 0, 9.7))
    solid = built(body, holes=0)
    away = rim_of(solid.corners.astype(float))
    assert len(away) > 600 and np.abs(away - 9.7).max() < 0.01
    # Towards the middle there are few triangles.
    assert (np.hypot(*solid.points[:, :2].T) < 9.4).sum() < 1000


def test_an_outline_of_noise_is_closed(tmp_path):
    """Hundreds of crumbs that touch in no point, even where one node is on its own."""
    dice = np.random.default_rng(8)
    for share in (0.1, 0.5, 0.9):
        field = dice.random((ROWS, COLUMNS)).astype(np.float32) - np.float32(1 - share)
        field[:2] = field[-2:] = -1
        field[:, :2] = field[:, -2:] = -1
        body = slab("noise", outline=field)
        solid, _ = make(body, tmp_path / "a.stl", 0.0)
        check_closed(solid, holes=None, bodies=solid.bodies())
        assert solid.bodies() > 20 or share > 0.4


def test_an_outline_may_not_leave_its_grid():
    for field in (sdf.circle(0, 0, 28), sdf.circle(WIDTH / 2, 0, 9)):
        with pytest.raises(ValueError):
            BodyMesh(slab(outline=field), 0.05)


##~~ the picture side


def frame(border, height):
    return Region(lambda u, v: border - RECTANGLE(u, v), height)


def check_upper(body, path, max_error=0.05, holes=0):
    """Closed, as near to the painted heights as asked at every node, upright between."""
    heights = painted(body)
    solid, made = make(body, path, max_error)
    check_closed(solid, holes)
    assert made.max_error <= max_error
    if body.outline is None:
        errors = upper_errors(solid, heights, body)
        assert errors.max() <= max_error + ROUNDING
        assert made.max_error == pytest.approx(errors.max(), abs=1e-3 * max_error + 3e-6)
    return solid


@pytest.mark.parametrize("bend", [FLAT, STANDING], ids=["flat", "standing"])
@pytest.mark.parametrize("border", [0.1, 0.5, 2.2, 7.03])
def test_frame(tmp_path, border, bend):
    body = slab("smooth", bend=bend, upper_regions=(frame(border, 4.0),))
    solid = check_upper(body, tmp_path / "a.stl")
    walls = np.abs(solid.crosses[:, 1 if bend is STANDING else 2]) < 1e-9
    assert walls.any()
    laid = solid.laid(bend is STANDING)
    top = laid[(laid[..., 2] > 4 - 1e-6).all(axis=1)]
    found = np.cross(top[:, 1] - top[:, 0], top[:, 2] - top[:, 0])[:, 2].sum() / 2
    inner = (WIDTH - 2 * border) * (DEPTH - 2 * border)
    # Its inner corners are cut a little, and its walls keep a little away from nodes.
    slack = 4.3 * border + 0.06 * 0.5 * 2 * (WIDTH + DEPTH)
    assert found == pytest.approx(WIDTH * DEPTH - inner, abs=slack)


def test_a_wall_between_levels_is_where_the_field_says(tmp_path):
    """Not at the next node: half the pitch would be seen."""
    for place in (0.13, 0.25, 0.31):
        body = slab("constant", upper_regions=(Region(lambda u, v, p=place: u - p, 3.0),))
        solid = check_upper(body, tmp_path / "a.stl", 0.0)
        edge = solid.corners[np.abs(solid.crosses[:, 2]) < 1e-9].reshape(-1, 3)
        edge = edge[(np.abs(edge[:, 0]) < 5) & (np.abs(edge[:, 1]) < 20)]
        assert edge[:, 0] == pytest.approx(place, abs=1e-5)


def test_nested_terraces_meet_the_outline_and_the_edge_of_the_grid(tmp_path):
    hill = Region(sdf.circle(20, -12, 25), 3.4)
    terraces = tuple(
        Region(sdf.circle(20, -12, 25 - 5 * step), 3.4 + 0.7 * step) for step in range(4)
    )
    for outline in (
        None,
        sdf.circle(3, 0, 19),
        sdf.rounded_rectangle(-28, -20, 28, 20, 5),
    ):
        for regions in ((hill,), terraces, terraces[::-1], (*terraces, frame(3, 2.5))):
            check_upper(slab(upper_regions=regions, outline=outline), tmp_path / "a.stl")


def test_levels_from_values_at_the_nodes(tmp_path):
    """As posterised photos are made: one array, cut at several heights."""
    share = surface("smooth", ROWS, COLUMNS)
    levels = tuple(Region(share - np.float32(cut), 1 + cut) for cut in (1.2, 1.7, 2.2))
    body = slab("constant", upper_regions=levels)
    body.upper[:] = 0.8
    solid = check_upper(body, tmp_path / "a.stl", 0.0)
    level = np.unique(solid.corners[..., 2])
    assert level == pytest.approx([0, 0.8, 2.2, 2.7, 3.2], abs=1e-5)
    # Cuts are between the nodes: edges are smooth lines, not steps.
    facing = np.abs(solid.crosses[:, 2]) < 1e-9
    assert len(np.unique(solid.corners[facing][..., 0])) > 500


@pytest.mark.parametrize("share", [0.03, 0.5, 0.97])
def test_thresholds_of_noise(tmp_path, share):
    """The worst there is: three regions meet at nearly every node."""
    dice = np.random.default_rng(5)
    regions = tuple(
        Region(dice.random((ROWS, COLUMNS)).astype(np.float32) - share, 3.2 + step)
        for step in range(3)
    )
    for outline, bend in ((None, FLAT), (sdf.circle(2, 1, 19), STANDING)):
        body = slab("noise", upper_regions=regions, outline=outline, bend=bend)
        heights = painted(body)
        solid, _ = make(body, tmp_path / "a.stl", 0.0)
        check_closed(solid)
        if outline is None:
            assert upper_errors(solid, heights, body).max() < 2 * ROUNDING


def test_three_regions_meet_in_one_point(tmp_path):
    """Like slices of a cake, at every angle, over the picture and over each other."""

    def slice_of(start_deg, place):
        normal = [
            (
                math.cos(math.radians(start_deg + turn)),
                math.sin(math.radians(start_deg + turn)),
            )
            for turn in (90, 0)
        ]
        return lambda u, v: np.minimum(
            *((u - place[0]) * n[0] + (v - place[1]) * n[1] for n in normal)
        )

    for turn in range(0, 90, 23):
        place = (0.1 + turn / 90, -0.2)
        regions = tuple(
            Region(slice_of(turn + step * 90, place), 3.2 + (step * 7 % 4))
            for step in range(3)
        )
        check_upper(slab("noise", upper_regions=regions), tmp_path / "a.stl", 0.0)


def test_a_region_may_have_heights_of_its_own(tmp_path):
    own = surface("noise", ROWS, COLUMNS, 7) + np.float32(2)
    body = slab("smooth", upper_regions=(Region(sdf.circle(4, 5, 13.1), own),))
    check_upper(body, tmp_path / "a.stl", 0.02)


def test_what_is_painted_over_entirely_leaves_no_trace(tmp_path):
    noise = slab("noise", upper_regions=(Region(lambda u, v: 1 + 0 * u, 2.0),))
    solid, _ = make(noise, tmp_path / "a.stl", 0.05)
    check_closed(solid)
    plain, _ = make(slab("constant"), tmp_path / "b.stl", 0.05)
    assert solid.size[2] == 2 and len(solid.faces) < 1.1 * len(plain.faces)


def test_a_region_outside_the_outline_does_nothing(tmp_path):
    disc = sdf.circle(-8, 0, 12)
    far = Region(sdf.circle(20, 0, 5), 9.0)
    one, _ = make(slab(outline=disc), tmp_path / "a.stl", 0.05)
    other, _ = make(slab(outline=disc, upper_regions=(far,)), tmp_path / "b.stl", 0.05)
    assert one.volume == pytest.approx(other.volume, rel=1e-4)
    assert other.size[2] < 4


##~~ the back


def seen_from_below(solid, body):
    """(rows, columns) of the lowest downward triangle."""
    laid = solid.laid(body.bend is STANDING, lowest=lowest(body))
    flipped = laid[:, ::-1] * (1, 1, -1)
    return -seen_from_above(flipped, body.width, body.depth, body.upper.shape)


def lowest(body):
    return min([body.lower, *(region.height for region in body.lower_regions)])


@pytest.mark.parametrize("bend", [FLAT, STANDING], ids=["flat", "standing"])
def test_pockets(tmp_path, bend):
    places = [(-20, 12), (20, 12), (-20, -12), (3, 0)]
    pockets = sdf.union(*(sdf.circle(u, v, 4.1) for u, v in places))
    body = slab("noise", bend=bend, lower_regions=(Region(pockets, 0.6),))
    solid, _ = make(body, tmp_path / "a.stl", 0.0)
    check_closed(solid)
    found = seen_from_below(solid, body)
    expected = np.where(values(pockets, body) > 0, 0.6, 0.0)
    assert found == pytest.approx(expected, abs=1e-5)
    level = solid.laid(bend is STANDING)
    top = level[(np.abs(level[..., 2] - 0.6) < 1e-5).all(axis=1)]
    missing = -np.cross(top[:, 1] - top[:, 0], top[:, 2] - top[:, 0])[:, 2].sum() / 2
    assert missing == pytest.approx(4 * math.pi * 4.1**2, rel=0.01)


def keyhole(pitch=1.0):
    """As the extra paints it, at some size."""
    opening = sdf.union(sdf.circle(0, -5, 4.2 * pitch), sdf.capsule((0, -5), (0, 4), 2.1))
    pocket = sdf.union(sdf.circle(0, -5, 4.8 * pitch), sdf.capsule((0, -5), (0, 4), 4.2))
    return Region(pocket, 0.0, hollow=(1.2, 4.0)), Region(opening, 4.0)


@pytest.mark.parametrize("count", [31, 46, 91, 181])
@pytest.mark.parametrize("bend", [FLAT, STANDING], ids=["flat", "standing"])
def test_keyhole(tmp_path, bend, count):
    """Also on grids so coarse that the lip, the opening and the back meet in one point."""
    columns = (count - 1) * 4 // 3 + 1
    upper = surface("smooth", count, columns) + np.float32(4)
    for shift in (0.0, 0.37):
        regions = [
            replace(
                region,
                inside=sdf.translate(region.inside, shift, 1.3 * shift),
            )
            for region in keyhole()
        ]
        body = plate(upper, WIDTH, DEPTH, bend=bend, lower_regions=tuple(regions))
        solid, _ = make(body, tmp_path / "a.stl", 0.05)
        check_closed(solid, holes=None)
        if count < 91:
            continue
        check_closed(solid, holes=0)
        solid_below, _ = make(
            plate(upper, WIDTH, DEPTH, bend=bend), tmp_path / "b.stl", 0.05
        )
        pocket, opening = (area(region.inside, body) for region in regions)
        gone = 4.0 * opening + 2.8 * (pocket - opening)
        assert solid_below.volume - solid.volume == pytest.approx(gone, rel=0.02)


def test_a_hollow_alone_is_a_bubble(tmp_path):
    """Two surfaces: nothing of it is open, its walls are those of the hollow."""
    upper = surface("constant", ROWS, COLUMNS) + np.float32(4)
    bubble = Region(sdf.circle(0, 0, 8), 0.0, hollow=(1.0, 3.0))
    solid, _ = make(
        plate(upper, WIDTH, DEPTH, lower_regions=(bubble,)), tmp_path / "a.stl"
    )
    check_closed(solid, holes=0, bodies=2)
    expected = 5.7 * WIDTH * DEPTH - 2 * math.pi * 64
    assert solid.volume == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("bend", [FLAT, STANDING], ids=["flat", "standing"])
def test_foot(tmp_path, bend):
    """Regions of both sides that cross the same edges of the grid at the same places."""
    for top in (-17.3, -18.0, -20.11):
        foot = lambda u, v, top=top: top - v  # noqa: E731
        for border in (0.0, 1.6, 6.0):
            uppers = (
                (frame(border, 3.5), Region(foot, 9.0)) if border else (Region(foot, 9),)
            )
            pocket = Region(sdf.circle(10, 8, 3), 0.5)
            body = slab(
                "smooth",
                bend=bend,
                upper_regions=uppers,
                lower_regions=(Region(foot, -6.0), pocket),
            )
            solid, _ = make(body, tmp_path / "a.stl", 0.05)
            check_closed(solid)
            thick = solid.size[1 if bend is STANDING else 2]
            assert thick == pytest.approx(15, abs=1e-5)
            below = seen_from_below(solid, body)
            v = nodes(body)[1]
            assert below[v < top] == pytest.approx(-6, abs=1e-5)
            assert np.abs(below[v > top]).max() < 0.51


def test_random_pockets_below_random_terraces(tmp_path):
    for seed in range(5):
        dice = np.random.default_rng(seed)
        uppers = tuple(
            Region(
                waves(dice.integers(99), dice.choice([0.3, 1, 3])), dice.uniform(3.1, 6)
            )
            for _ in range(dice.integers(0, 3))
        )
        lowers = tuple(
            Region(
                sdf.intersection(
                    ROOM, waves(dice.integers(99), dice.choice([0.3, 1, 3]), -0.2)
                ),
                dice.uniform(-2, 0.7),
            )
            for _ in range(dice.integers(1, 4))
        )
        outline = [None, sdf.offset(ROOM, -0.1), sdf.circle(0, 0, 21)][seed % 3]
        kind = "noise" if seed < 2 else "smooth"
        body = slab(
            kind, seed, upper_regions=uppers, lower_regions=lowers, outline=outline
        )
        solid, _ = make(body, tmp_path / "a.stl", float(dice.choice([0, 0.05, 0.5])))
        check_closed(solid, holes=None, bodies=solid.bodies())


def test_pockets_that_would_meet_the_outline_withdraw(tmp_path):
    """On a coarse grid the wall between a pocket and the rim is less than a triangle."""
    for gap in (0.5, 0.1, 0.0, -2.0):
        disc = sdf.circle(0, 0, 20)
        pockets = sdf.union(
            *(
                sdf.circle((16 - gap) * math.cos(turn), (16 - gap) * math.sin(turn), 4)
                for turn in range(6)
            )
        )
        upper = surface("smooth", 31, 41)
        body = plate(
            upper, WIDTH, DEPTH, outline=disc, lower_regions=(Region(pockets, 0.5),)
        )
        solid, _ = make(body, tmp_path / "a.stl", 0.05)
        check_closed(solid)
        # They are still there, and only at the rim are they less than asked for.
        laid = solid.laid(False)
        top = laid[(np.abs(laid[..., 2] - 0.5) < 1e-5).all(axis=1)]
        found = -np.cross(top[:, 1] - top[:, 0], top[:, 2] - top[:, 0])[:, 2].sum() / 2
        asked = area(sdf.intersection(pockets, disc), body)
        assert 0.6 * asked < found < 1.02 * asked


##~~ bent


def tube(kind, rows=70, columns=97, radius=14.0, **changes):
    around = 2 * math.pi * radius
    upper = surface(kind, rows, columns)
    changes = {"bend": Tube(around), **changes}
    return plate(upper, around, 40.0, wraps=True, **changes)


def built(body, max_error=0.05, holes=1):
    """The solid straight from the mesh, not moved to the bed."""
    mesh = BodyMesh(body, max_error)
    solid = Solid.of(np.concatenate([corners for corners, _ in placed(mesh)]))
    check_closed(solid, holes)
    return solid


@pytest.mark.parametrize("kind", ["smooth", "noise", "step"])
def test_tube(tmp_path, kind):
    solid, _ = make(tube(kind), tmp_path / "a.stl", 0.05)
    check_closed(solid, holes=1)
    assert solid.size[2] == pytest.approx(40, abs=1e-4)


def stripe(low, high):
    return lambda u, v: np.minimum(v - low, high - v)


@pytest.mark.parametrize("hole", [3.0, 8.0])
def test_tube_with_a_floor(hole):
    floor = Region(stripe(-25, -17), hole - 14.0)
    solid = built(tube("smooth", lower_regions=(floor,)))
    away = np.hypot(*solid.points[:, :2].T)
    low = solid.points[:, 2] < -16.9
    # Chords lie within the circle.
    assert away[low].min() == pytest.approx(hole, rel=0.01)
    assert away[solid.points[:, 2] > -16].min() == pytest.approx(14, rel=0.01)


def test_tube_with_a_groove_a_floor_and_a_cut_top():
    """All that a box with a lid has: the outline follows the rim, the groove behind it."""
    floor = Region(stripe(-25, -17), -9.0)
    groove = Region(stripe(12, 15), 0.6)
    door = (6.0, 20.0)

    def beside(u, v):
        return np.maximum(door[0] - u, u - door[1])

    for outline in (
        lambda u, v: 18.4 - v,
        lambda u, v: np.minimum(18.4 - v, np.maximum(10.7 - v, beside(u, v))),
        lambda u, v: 17 + np.sin(u * 2 / 14) - v,
    ):
        for kind in ("smooth", "noise"):
            built(tube(kind, lower_regions=(floor, groove), outline=outline))


def test_regions_across_the_seam():
    """Where the left edge is the right one nothing tears, whatever is painted there."""
    spot = sdf.union(sdf.circle(-44, 3, 5), sdf.circle(44, 3, 5))
    for upper in (spot, waves(3, 1.0), lambda u, v: v - 3 * np.cos(u / 14)):
        body = tube("noise", upper_regions=(Region(upper, 3.5),))
        solid = built(body)
        assert np.hypot(*solid.points[:, :2].T).max() == pytest.approx(17.5, rel=0.01)


@pytest.mark.parametrize("name", ["disc", "hole", "heart", "notch"])
def test_arc_with_an_outline(name):
    field, holes = OUTLINES[name]
    body = slab("noise", bend=Arc(25.0), outline=field, upper_regions=(frame(9, 3.3),))
    built(body, holes=holes)


def test_dome(tmp_path):
    rim = 20 * math.radians(70)
    body = plate(
        surface("smooth", 91, 91),
        2 * rim + 2,
        2 * rim + 2,
        bend=Dome(20.0, 70.0),
        outline=sdf.circle(0, 0, rim),
        upper_regions=(Region(lambda u, v: 3 - sdf.circle(0, 0, rim)(u, v), 3.0),),
        lower_regions=(Region(sdf.circle(3, 2, 4), 0.5),),
    )
    solid, _ = make(body, tmp_path / "a.stl", 0.05)
    check_closed(solid)
    # Its rim is level, and all of it is on the bed.
    edge = np.hypot(*solid.points[:, :2].T) > 20 * math.sin(math.radians(70)) - 0.01
    on_bed = solid.points[:, 2] < 0.03
    assert (np.hypot(*solid.points[on_bed, :2].T) > 18.7).all()
    assert on_bed[edge].sum() > 100


def test_box_with_a_floor(tmp_path):
    around = 120.0
    panel = around / 4

    def posts(u, v):
        return math.pi + 3 - np.abs(np.mod(u + panel / 2, panel) - panel / 2)

    body = plate(
        surface("noise", 70, 161),
        around,
        40.0,
        bend=Box(around, 4.0, 5.0),
        wraps=True,
        upper_regions=(Region(posts, 3.2),),
        lower_regions=(Region(stripe(-25, -17), 5.0 - Box(around, 4.0).side / 2),),
    )
    solid, _ = make(body, tmp_path / "a.stl", 0.05)
    check_closed(solid, holes=1)
    side = Box(around, 4.0).side + 2 * 3.2
    assert solid.size == pytest.approx([side, side, 40], rel=0.01)
