"""Bends: nothing mirrored, nothing torn, rims plane, and `sag` is a bound."""

from __future__ import annotations

import math

import numpy as np
import pytest

from octoprint_img2stl.relief.solid.bend import FLAT, STANDING, Arc, Box, Dome, Tube

SEEDS = range(12)


def dice(seed):
    return np.random.default_rng(seed)


def random_bend(kind, seed):
    """A bend, and points (u, v, h) that a body there may have, h from 0 to 5."""
    rng = dice([seed, *kind.encode()])
    radius = rng.uniform(8, 90)
    u, v, h = rng.uniform(-1, 1, (3, 4000))
    h = 2.5 * (1 + h)
    if kind == "arc":
        half = radius * math.radians(rng.uniform(10, 180)) / 2
        return Arc(radius), half * u, 60 * v, h
    if kind == "tube":
        bend = Tube(2 * math.pi * radius)
        return bend, bend.circumference / 2 * u, 60 * v, h
    if kind == "dome":
        bend = Dome(radius, rng.uniform(20, 90))
        rho = radius * math.radians(bend.cap_deg) * np.sqrt(np.abs(v))
        return bend, rho * np.cos(math.pi * u), rho * np.sin(math.pi * u), h
    bend = Box(rng.uniform(60, 400), rng.uniform(2, 6), rng.uniform(2.5, 7))
    return bend, bend.circumference / 2 * u, 60 * v, h


CURVED = ["arc", "tube", "dome", "box"]


def determinants(bend, u, v, h, step=1e-4):
    """Of the derivative by (u, v, h), by central differences."""
    columns = []
    for axis in range(3):
        ends = []
        for sign in (1, -1):
            place = [u, v, h]
            place[axis] = place[axis] + sign * step
            ends.append(bend.points(*place))
        columns.append((ends[0] - ends[1]) / (2 * step))
    return np.linalg.det(np.stack(columns, axis=-1))


def test_flat_and_standing():
    u, v, h = dice(0).uniform(-9, 9, (3, 50))
    assert np.array_equal(FLAT.points(u, v, h), np.column_stack([u, v, h]))
    assert np.array_equal(STANDING.points(u, v, h), np.column_stack([u, -h, v]))
    for bend in (FLAT, STANDING):
        assert (determinants(bend, u, v, h) > 0.99).all()
        assert bend.sag(5, 5, 9) == 0
        assert np.array_equal(bend.sag_at(u, v, 5, 5, 9, 9), np.zeros(50))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", CURVED)
def test_nothing_is_mirrored_or_squeezed(kind, seed):
    bend, u, v, h = random_bend(kind, seed)
    found = determinants(bend, u, v, h)
    # No volume gets smaller than on the back, where it is that of the slab.
    assert found.min() > (0.55 if kind == "dome" else 0.99)
    if kind == "dome":
        # At the rim of a dome seen from its back: sin(rho / R) / (rho / R).
        at_back = determinants(bend, u, v, 0 * h)
        theta = np.hypot(u, v) / bend.radius
        assert at_back == pytest.approx(np.sinc(theta / math.pi), abs=1e-5)
    elif kind != "box":
        assert found == pytest.approx(1 + h / bend.radius, abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["tube", "box"])
def test_negative_heights_reach_inward(kind, seed):
    bend, u, v, _ = random_bend(kind, seed)
    half = bend.radius if kind == "tube" else bend.side / 2
    inner = 0.0 if kind == "tube" else bend.hole_radius
    h = dice(seed).uniform(-0.95, -0.01, len(u)) * (half - inner)
    assert (determinants(bend, u, v, h) > 0).all()
    points = bend.points(u, v, h)
    assert (
        np.hypot(*points[:, :2].T) < np.hypot(*bend.points(u, v, 0 * h)[:, :2].T)
    ).all()


@pytest.mark.parametrize("kind", CURVED)
def test_equal_inputs_give_equal_bits(kind):
    """Wherever in an array they are: SIMD code must not treat ends differently."""
    bend, u, v, h = random_bend(kind, 1)
    if kind in ("tube", "box"):
        h = h - 2
    whole = bend.points(u, v, h)
    order = dice(2).permutation(len(u))
    assert np.array_equal(bend.points(u[order], v[order], h[order]), whole[order])
    for start in range(9):
        for count in (1, 2, 3, 5, 8, 13):
            part = np.s_[start : start + count]
            assert np.array_equal(bend.points(u[part], v[part], h[part]), whole[part])


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("kind", ["tube", "box"])
def test_seam_is_one_line(kind, seed):
    bend, _, v, h = random_bend(kind, seed)
    h = h - 2
    width = bend.circumference
    columns = np.linspace(-width / 2, width / 2, 1001)
    for left, right in ((-width / 2, width / 2), (columns[0], columns[-1])):
        assert left != right
        ends = [bend.points(np.full(len(v), u), v, h) for u in (left, right)]
        assert np.array_equal(*ends)
    # And nowhere else do neighbours meet or leap.
    points = bend.points(columns, 0 * columns, 0 * columns)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    # Chords of the corners are a little shorter.
    assert steps.max() <= width / 1000 * (1 + 1e-9) and steps.min() > 0.99 * width / 1000


def test_the_photo_is_not_mirrored():
    """Seen from the front (towards +y) or from above, u goes to the right."""
    u, zero = np.array([-1.0, 0.0, 1.0]), np.zeros(3)
    for bend in (Arc(20), Tube(125)):
        points = bend.points(u, zero, zero)
        assert (np.diff(points[:, 0]) > 0).all()
        assert points[1] == pytest.approx([0, -bend.radius, 0], abs=1e-12)
        upper = bend.points(u, zero + 3, zero)
        assert upper == pytest.approx(points + [0, 0, 3])
    box = Box(200, 3)
    for face, out in enumerate([(0, -1), (1, 0), (0, 1), (-1, 0)]):
        points = box.points(u + 50 * face - 75, zero, zero + 2)
        assert points[:, :2] @ out == pytest.approx(box.side / 2 + 2)
        # To the right for somebody who looks at that face.
        assert np.diff(points[:, :2] @ (-out[1], out[0])) == pytest.approx(1)
    dome = Dome(30, 60)
    assert (np.diff(dome.points(u, zero, zero)[:, 0]) > 0).all()
    assert (np.diff(dome.points(zero, u, zero)[:, 1]) > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_box_is_offset_by_h(seed):
    bend, u, v, h = random_bend("box", seed)
    x, y, z = bend.points(u, v, h).T
    centre = bend.side / 2 - bend.corner_radius
    beyond = np.hypot(
        np.maximum(np.abs(x) - centre, 0), np.maximum(np.abs(y) - centre, 0)
    )
    # Both on the faces and around the corners' centres.
    assert beyond == pytest.approx(bend.corner_radius + h, abs=1e-9)
    assert np.array_equal(z, v)
    hole = np.full(len(u), bend.hole_radius - bend.side / 2)
    assert np.hypot(*bend.points(u, v, hole)[:, :2].T) == pytest.approx(bend.hole_radius)


@pytest.mark.parametrize("cap_deg", [20, 33.3, 70, 90])
def test_pole_of_a_dome(cap_deg):
    bend = Dome(40, cap_deg)
    zero, h = np.zeros(4), np.array([0, 0.5, 1, 3.0])
    with np.errstate(all="raise"):
        points = bend.points(zero, zero, h)
    assert (points[:, :2] == 0).all()
    assert points[:, 2] == pytest.approx(40 + h - 40 * math.cos(math.radians(cap_deg)))


@pytest.mark.parametrize("seed", SEEDS)
def test_rim_of_a_dome_is_plane(seed):
    bend, u, _, h = random_bend("dome", seed)
    rim = bend.radius * math.radians(bend.cap_deg)
    points = bend.points(rim * np.cos(u), rim * np.sin(u), h)
    assert np.abs(points[:, 2]).max() < 1e-9
    # Straight outwards, and above the rim there is nothing lower.
    reach = np.hypot(*points[:, :2].T)
    sine = math.sin(math.radians(bend.cap_deg))
    assert reach == pytest.approx(bend.radius * sine + h / sine)
    inside = bend.points(0.999 * rim * np.cos(u), 0.999 * rim * np.sin(u), h)
    assert (inside[:, 2] > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_dome_is_as_thick_as_asked(seed):
    bend, u, v, h = random_bend("dome", seed)
    centre = (0, 0, -bend.radius * math.cos(math.radians(bend.cap_deg)))
    away = np.linalg.norm(bend.points(u, v, h) - centre, axis=1) - bend.radius
    assert (away >= h - 1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_dome_is_one_to_one_up_to_the_rim(seed):
    """The mesh of a section neither folds nor crosses itself: its angles only grow."""
    bend, *_ = random_bend("dome", seed)
    rim = bend.radius * math.radians(bend.cap_deg)
    rho, h = np.meshgrid(np.linspace(0.6 * rim, rim, 300), np.linspace(0, 5, 60))
    points = bend.points(rho.ravel(), 0 * rho.ravel(), h.ravel()).reshape(*rho.shape, 3)
    x, z = (
        points[..., 0],
        points[..., 2] + bend.radius * math.cos(math.radians(bend.cap_deg)),
    )
    angle, away = np.arctan2(x, z), np.hypot(x, z)
    assert (np.diff(angle, axis=1) > 0).all()
    assert (np.diff(away, axis=0) > 0).all()
    # Quadrilaterals of the section, both diagonals: all of one orientation.
    along, up = np.diff(points[:-1], axis=1), np.diff(points[:, :-1], axis=0)
    assert (along[..., 2] * up[..., 0] - along[..., 0] * up[..., 2] < 0).all()


def worst_sag(bend, u, v, du, dv, h_max, rise, seed, level=None):
    """Greatest distance of bent triangles from flat ones, next to the points (u, v).

    Args:
        rise: how much higher one corner of a triangle can be than another.
        level: of which triangles all corners have the same height; if given, distances
            from the triangles' planes are taken.
    """
    rng = dice(seed)
    shape = (3, len(u))
    # Corners of the box are the worst places, so half of the corners lie there.
    spots = rng.random((3, *shape))
    spots = np.where(rng.random((3, *shape)) < 0.5, np.rint(spots), spots)
    cu, cv = u + du * (spots[0] - 0.5), v + dv * (spots[1] - 0.5)
    ch = (h_max - rise) * np.rint(rng.random(len(u))) + rise * spots[2]
    if level is not None:
        ch = np.where(level, ch[0], ch)
    corners = np.stack([bend.points(*one) for one in zip(cu, cv, ch, strict=True)])
    weights = rng.dirichlet([1, 1, 1], 40)
    weights[:6] = [(0.5, 0.5, 0), (0, 0.5, 0.5), (0.5, 0, 0.5)] * 2
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-9)[:, None]
    worst = np.zeros(len(u))
    for share in weights:
        bent = bend.points(*(np.tensordot(share, each, 1) for each in (cu, cv, ch)))
        flat = np.tensordot(share, corners, 1)
        apart = bent - flat
        if level is not None:
            apart = np.einsum("ij,ij->i", apart, normal)[:, None]
        worst = np.maximum(worst, np.linalg.norm(apart, axis=1))
    return worst


@pytest.mark.parametrize("size", [0.1, 0.8, 3.2])
@pytest.mark.parametrize("h_max, rise", [(0.0, 0.0), (0.6, 0.6), (5.0, 0.3), (5.0, 5.0)])
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", CURVED)
def test_sag_is_a_bound(kind, seed, size, h_max, rise):
    bend, u, v, _ = random_bend(kind, seed)
    highest = 0.0
    for dv in (size, size / 2):
        here = bend.sag_at(u, v, size, dv, h_max, rise)
        level = here > 0 if kind == "box" else None
        worst = worst_sag(bend, u, v, size, dv, h_max, rise, seed, level)
        assert (worst <= here + 1e-12).all()
        assert (here <= bend.sag(size, dv, h_max) * (1 + 1e-12)).all()
        highest = max(highest, worst.max() / here.max())
    # Not so loose that it would cost triangles for nothing.
    assert highest > 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_box_is_plane_beside_its_corners(seed):
    """Also for triangles that climb there."""
    bend, u, v, _ = random_bend("box", seed)
    plane = bend.sag_at(u, v, 1.6, 1.6, 5.0, 5.0) == 0
    assert 0.3 < plane.mean() < 1
    worst = worst_sag(bend, u, v, 1.6, 1.6, 5.0, 5.0, seed)
    assert worst[plane].max() < 1e-9 < worst[~plane].max()


@pytest.mark.parametrize("kind", CURVED)
def test_sag_of_a_grid(kind):
    bend, u, v, h = random_bend(kind, 3)
    rise = h[:1200].reshape(30, 40)
    grid = bend.sag_at(u[None, :40], v[:30, None], 1, 1, 5, rise)
    places = np.meshgrid(u[:40], v[:30])
    assert np.array_equal(grid, bend.sag_at(*places, 1, 1, 5, rise))
