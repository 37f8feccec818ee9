"""Bent bodies: closed, and nowhere further from the bent surface than is told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from octoprint_img2stl.relief.solid import sdf
from octoprint_img2stl.relief.solid.bend import Arc, Box, Dome, Tube
from octoprint_img2stl.relief.solid.bodies import BodyMesh
from octoprint_img2stl.relief.solid.body import Body, Region
from octoprint_img2stl.relief.write import placed
from tests.unit.relief.solid.checking import Solid, check_closed, distances, surface

KINDS = ["smooth", "noise", "constant", "step", "binary"]
CORNER = 4.0
POST_HEIGHT = 3.2


def bent_body(name, seed, least=20, most=110):
    """A body of random size, and its own dice."""
    dice = np.random.default_rng([seed, *name.encode()])
    rows, columns = (int(count) for count in dice.integers(least, most, 2))
    radius, depth = dice.uniform(8, 60), dice.uniform(10, 80)
    kind, strength = KINDS[seed % len(KINDS)], dice.choice([0.3, 1, 2])
    changes = {"wraps": name in ("tube", "box")}
    if name == "arc":
        width, bend = radius * math.radians(dice.uniform(10, 180)), Arc(radius)
    elif name == "tube":
        width = 2 * math.pi * radius
        bend = Tube(width)
    elif name == "dome":
        bend = Dome(radius, dice.uniform(20, 90))
        rim = radius * math.radians(bend.cap_deg)
        rows = columns
        width = depth = 2 * rim * (1 + 3 / (columns - 4))
        changes["outline"] = sdf.circle(0, 0, rim)
    else:
        width, strength, columns = dice.uniform(80, 200), 1, max(columns, 60)
        bend = Box(width, CORNER, 3.0)
        half = math.pi / 4 * CORNER + 2 + width / columns
        panel = width / 4

        def posts(u, v):
            return half - np.abs(np.mod(u + panel / 2, panel) - panel / 2)

        changes["upper_regions"] = (Region(posts, POST_HEIGHT),)
    upper = surface(kind, rows, columns, seed) * np.float32(strength)
    return Body(width, depth, upper, bend, **changes), dice


def on_the_surface(body, heights, dice, count=1500):
    """(n, 3) points of the bent picture side, its heights interpolated as by the finest
    triangles; not next to an outline or a wall."""
    rows, columns = heights.shape
    z = heights.astype(np.float64)
    x, y = dice.uniform(0, columns - 1, count), dice.uniform(0, rows - 1, count)
    i, j = np.minimum(y.astype(int), rows - 2), np.minimum(x.astype(int), columns - 2)
    down, across = y - i, x - j
    a, b, c, d = z[i, j], z[i, j + 1], z[i + 1, j], z[i + 1, j + 1]
    main = np.where(
        across >= down,
        a + across * (b - a) + down * (d - b),
        a + down * (c - a) + across * (d - c),
    )
    other = np.where(
        across + down <= 1,
        a + across * (b - a) + down * (c - a),
        d + (1 - across) * (c - d) + (1 - down) * (b - d),
    )
    h = np.where((i + j) % 2 == 0, main, other)
    u = np.linspace(-body.width / 2, body.width / 2, columns)
    v = np.linspace(body.depth / 2, -body.depth / 2, rows) + body.v_middle
    cell = [(v[i + k], u[j + m]) for k in (0, 1) for m in (0, 1)]
    keep = np.ones(count, bool)
    if body.outline is not None:
        keep &= np.all([body.outline(at, up) > 0 for up, at in cell], axis=0)
    for region in body.upper_regions:
        inside = np.array([region.inside(at, up) > 0 for up, at in cell])
        keep &= inside.all(axis=0) | ~inside.any(axis=0)
    u = u[j] + across * (u[j + 1] - u[j])
    v = v[i] + down * (v[i + 1] - v[i])
    return body.bend.points(u[keep], v[keep], h[keep])


def check_bound(body, dice, max_error, budget=None):
    """Closed, and the surface is where it is told to be.

    Returns:
        what the mesh tells, and the greatest distance that was found.
    """
    mesh = BodyMesh(body, max_error, budget)
    parts = list(placed(mesh))
    check_closed(Solid.of(np.concatenate([corners for corners, _ in parts])), body.wraps)
    picture = np.concatenate([corners for corners, part in parts if part.is_picture])
    points = on_the_surface(body, mesh.heights, dice)
    assert len(points) > 200
    # 32-bit floats at 100 mm.
    rounding = 1e-5
    found = distances(points, picture.astype(np.float64), mesh.max_error + rounding)
    assert np.isfinite(found).all()
    return mesh, float(found.max())


@pytest.mark.parametrize("seed", range(7))
@pytest.mark.parametrize("name", ["arc", "tube", "dome", "box"])
def test_the_error_that_is_told_is_a_bound(name, seed):
    body, dice = bent_body(name, seed)
    max_error = float(dice.choice([0.0, 0.005, 0.02, 0.05, 0.2]))
    mesh, found = check_bound(body, dice, max_error)
    # And no idle one: a dome's, which leans, is the least sharp.
    assert found > 0.1 * mesh.max_error


@pytest.mark.parametrize("name", ["arc", "tube", "dome", "box"])
def test_with_a_budget_too(name):
    for seed in (3, 5):
        body, dice = bent_body(name, seed, least=90)
        check_bound(body, dice, 0.01, 6000)


@pytest.mark.parametrize("name", ["arc", "tube", "dome", "box"])
def test_a_fine_grid_keeps_what_was_asked_for(name):
    """Where the nodes are near enough the error is as asked, and not paid for twice."""
    dice = np.random.default_rng(3)
    columns = 400
    depth = 12.0
    v, u = np.mgrid[0:1:130j, 0 : 1 : columns * 1j]
    upper = (2 + 0.6 * np.sin(20 * u) * np.cos(9 * v)).astype(np.float32)
    radius = 20.0
    if name == "dome":
        rim = radius * math.radians(60)
        upper = np.tile(upper, (4, 1))[:columns]
        width = depth = 2 * rim * (1 + 3 / (columns - 4))
        changes = {"bend": Dome(radius, 60.0), "outline": sdf.circle(0, 0, rim)}
    elif name == "arc":
        width, changes = radius * 2, {"bend": Arc(radius)}
    else:
        width = 2 * math.pi * radius
        upper[:, -1] = upper[:, 0]
        changes = {"bend": Tube(width), "wraps": True}
        if name == "box":
            upper[:] = 2
            changes["bend"] = Box(width, CORNER)
    counts = []
    for max_error in (0.02, 0.1):
        body = Body(width, depth, np.array(upper), **changes)
        mesh, found = check_bound(body, dice, max_error)
        assert found <= mesh.max_error + 1e-5 and mesh.max_error <= max_error
        counts.append(sum(len(part.points) for part in mesh.parts()))
    assert counts[1] < 0.8 * counts[0] and counts[0] < 0.8 * 2 * upper.size


def test_a_tube_of_one_height_has_no_more_facets_than_it_needs():
    radius = 40.0
    upper = np.full((193, 1025), 2.0, np.float32)
    around = 2 * math.pi * radius
    mesh = BodyMesh(Body(around, 50.0, upper, Tube(around), wraps=True), 0.05)
    across = np.concatenate(
        [corners[..., 0].ravel() for corners, part in placed(mesh) if part.is_picture]
    )
    # A chord is 0.05 mm off over 2 sqrt(2 R 0.05) mm; the next power of two of nodes.
    needed = around / (2 * math.sqrt(2 * 42 * 0.05))
    assert needed < len(np.unique(across.round(4))) < 5 * needed
    assert mesh.max_error <= 0.05
    assert sum(len(part.points) for part in mesh.parts()) < 20_000


@pytest.mark.parametrize("name", ["arc", "tube", "dome"])
@pytest.mark.parametrize("budget", [None, 1000])
def test_facets_never_come_out_of_the_back_of_a_thin_wall(name, budget):
    """Whatever error is allowed, and however few triangles were asked for."""
    for seed in (3, 8):
        body, dice = bent_body(name, seed, least=90)
        body.upper[:] = 0.3 + body.upper / 20
        mesh, _ = check_bound(body, dice, 1.0, budget)
        finest = BodyMesh(body, 0.0).max_error
        thinnest = float(body.upper.min())
        assert mesh.max_error <= max(thinnest / 2, finest) + 1e-6
        assert mesh.met == (budget is None)


def test_the_back_of_a_bent_body_keeps_the_error():
    for name, seed in (("arc", 2), ("tube", 2), ("dome", 2), ("box", 2)):
        body, dice = bent_body(name, seed, least=80)
        mesh = BodyMesh(body, 0.05)
        back = np.concatenate(
            [
                corners
                for corners, part in placed(mesh)
                if len(part.points) and not part.is_picture
            ]
        ).astype(np.float64)
        points = on_the_surface(body, np.zeros_like(mesh.heights), dice, 400)
        finest = body.bend.sag(*mesh._pitch, 0.0)
        assert np.isfinite(distances(points, back, max(0.05, finest) + 1e-5)).all()
