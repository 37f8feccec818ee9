"""Base cut, plinth, hollowing, cutting in two."""

import numpy as np
import pytest
from manifold3d import Manifold
from scipy.spatial import cKDTree

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.kernel import from_kernel, to_kernel
from octoprint_img2stl.mesh.model import Mesh
from octoprint_img2stl.mesh.prepare import base_cut, hollow, plinth, prepare, split
from octoprint_img2stl.mesh.prepare.level import surface
from octoprint_img2stl.mesh.refused import MeshRefused
from tests.unit.mesh.prepare.models import (
    assert_strict,
    ball,
    block,
    bumpy,
    codes,
    open_box,
    rod,
    settings,
    size_of,
    volume_of,
)
from tests.unit.mesh.shapes import box

MACHINE = Machine()
CUT, DRAINED = "mesh.base_cut", "mesh.hollow_sealed"


# -- base cut -----------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [
    {"base_cut": 2}, {"base_cut": 10, "base_cut_in": "percent"},
])  # fmt: skip
def test_the_base_is_flat_and_its_gain_is_said(chosen):
    step = base_cut.apply(ball(10), settings(**chosen), MACHINE)
    assert_strict(step.mesh)
    assert size_of(step.mesh)[2] == pytest.approx(18, abs=1e-4)
    (note,) = step.notes
    # The first layer is looked at 0.1 mm up: circles of a ball cut at 2.1 and at 0.1 mm.
    assert note.values["after"] == pytest.approx(np.pi * (100 - 7.9**2), rel=0.01)
    assert note.values["before"] == pytest.approx(np.pi * (100 - 9.9**2), rel=0.1)


def test_nothing_left_to_stand_is_refused():
    with pytest.raises(MeshRefused) as refused:
        base_cut.apply(ball(10), settings(base_cut=19.5), MACHINE)
    assert refused.value.problem.field == "mesh.base_cut"
    base_cut.apply(ball(10), settings(base_cut=refused.value.problem.suggest), MACHINE)


# -- plinth -------------------------------------------------------------------------------


def test_a_ball_stands_on_its_plinth_as_one_body():
    ready = prepare(ball(10), settings(plinth=3, plinth_margin=2), MACHINE)
    assert_strict(ready.mesh)
    assert len(to_kernel(ready.mesh).decompose()) == 1
    assert ready.size == pytest.approx((24, 24, 22.8), abs=0.05)  # sunk in by a layer
    base = to_kernel(ready.mesh).slice(1.0)
    assert base.area() == pytest.approx(np.pi * 12**2, rel=0.01)
    assert ready.notes == ()


def test_parts_that_float_above_the_plinth_are_said():
    two = from_kernel(Manifold.sphere(5, 32) + block(4, 4, 4, (0, 0, 8)))
    step = plinth.apply(two, settings(plinth=2), MACHINE)
    assert codes(step.notes) == ["mesh.plinth_not_reached"]
    assert step.notes[0].values["count"] == 1


# -- hollow -------------------------------------------------------------------------------


def walls(mesh: Mesh, inner: Mesh) -> np.ndarray:
    """Distance of every vertex of the inner surface from the outer one."""
    fine = to_kernel(mesh).refine_to_length(0.2).to_mesh()
    outer = cKDTree(np.asarray(fine.vert_properties)[:, :3])
    return outer.query(inner.vertices.astype(np.float64))[0]


@pytest.mark.parametrize("wall", [1.2, 2, 5])
def test_the_wall_is_as_thick_as_asked(wall):
    mesh = bumpy(4_000, radius=10 * wall**0.5)
    inner = from_kernel(hollow.cavity(to_kernel(mesh), mesh, wall))
    assert_strict(inner)
    found = walls(mesh, inner)
    assert found.min() > 0.9 * wall
    assert np.percentile(found, 99) < 1.1 * wall
    assert np.median(found) == pytest.approx(wall, rel=0.03)


def test_a_hollow_box():
    step = hollow.apply(from_kernel(block(40, 30, 20)), settings(hollow=2), MACHINE)
    assert_strict(step.mesh)
    assert volume_of(step.mesh) == pytest.approx(24000 - 36 * 26 * 16, rel=0.02)
    assert codes(step.notes) == ["mesh.hollowed", "mesh.hollow_sealed"]


def test_the_drain_opens_the_hollow_through_floor_and_plinth():
    ready = prepare(ball(20), settings(hollow=2, drain=4, plinth=3, base_cut=1), MACHINE)
    assert_strict(ready.mesh)
    solid = to_kernel(ready.mesh)
    assert len(solid.decompose()) == 1  # the cavity is no shell of its own any more
    assert solid.genus() == 0 and volume_of(ready.mesh) > 0
    holes = [np.asarray(each) for each in solid.slice(0.5).to_polygons()]
    areas = sorted(_area(each) for each in holes)
    assert areas[0] == pytest.approx(-np.pi * 4, rel=0.01)
    assert codes(ready.notes) == [CUT, "mesh.hollowed"]


def _area(outline: np.ndarray) -> float:
    x, y = outline.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def test_a_hole_inside_gets_its_wall_too():
    shell = Manifold.sphere(20, 64) - Manifold.sphere(8, 48)
    step = hollow.apply(from_kernel(shell), settings(hollow=2), MACHINE)
    expected = 4 / 3 * np.pi * ((20**3 - 18**3) + (10**3 - 8**3))
    assert volume_of(step.mesh) == pytest.approx(expected, rel=0.06)
    assert_strict(step.mesh)


def test_every_part_is_drained():
    two = from_kernel(block(20, 20, 20) + block(20, 20, 20, (30, 0, 0)))
    step = hollow.apply(two, settings(hollow=2, drain=3), MACHINE)
    assert all(part.genus() == 0 for part in to_kernel(step.mesh).decompose())
    assert len(to_kernel(step.mesh).decompose()) == 2


def test_a_wall_that_leaves_nothing_is_refused_with_one_that_does():
    thick = settings(hollow=12)
    with pytest.raises(MeshRefused) as refused:
        hollow.apply(ball(10), thick, MACHINE)
    assert refused.value.code == "mesh.nothing_to_hollow"
    thinner = refused.value.problem.suggest
    assert 0 < thinner < 10
    assert hollow.apply(ball(10), settings(hollow=thinner), MACHINE).notes


def test_a_wall_too_thin_for_the_grid_is_refused_with_one_that_is_not():
    large = box((300, 300, 300))
    with pytest.raises(MeshRefused) as refused:
        hollow.cavity(to_kernel(large), large, 0.5)
    assert refused.value.code == "mesh.wall_too_thin"
    assert 0.5 < refused.value.problem.suggest < 4


def test_the_surface_of_noise_is_strict():
    values = np.random.default_rng(0).normal(size=(14, 15, 16))
    values[[0, -1]] = values[:, [0, -1]] = values[:, :, [0, -1]] = -1
    points, faces = surface(values, np.zeros(3), 1.0)
    assert_strict(Mesh(points.astype(np.float32), faces.astype(np.int32)))


def test_the_surface_of_a_ball_is_a_ball():
    nodes = np.stack(np.meshgrid(*[np.arange(-12, 13)] * 3, indexing="ij"), axis=-1)
    values = 9.3 - np.linalg.norm(nodes, axis=-1)
    points, faces = surface(values, np.full(3, -12.0), 1.0)
    assert np.abs(np.linalg.norm(points, axis=1) - 9.3).max() < 0.04
    made = Mesh(points.astype(np.float32), faces.astype(np.int32))
    assert volume_of(made) == pytest.approx(4 / 3 * np.pi * 9.3**3, rel=0.01)


# -- in two -------------------------------------------------------------------------------


def halves(mesh: Mesh) -> list[Manifold]:
    parts = to_kernel(mesh).decompose()
    return sorted(parts, key=lambda part: part.bounding_box()[0])


def test_a_tall_column_is_cut_so_that_both_halves_fit():
    ready = prepare(box((30, 30, 400)), settings(split="auto"), MACHINE)
    assert_strict(ready.mesh)
    lower, upper = halves(ready.mesh)
    for half in (lower, upper):
        assert half.bounding_box()[2] == pytest.approx(0, abs=1e-4)
        assert half.bounding_box()[5] <= MACHINE.height
    assert upper.bounding_box()[0] - lower.bounding_box()[3] == pytest.approx(5, abs=1e-3)
    assert codes(ready.notes) == ["mesh.split"]


def test_what_fits_is_not_cut():
    mesh = box((30, 30, 200))
    assert split.apply(mesh, settings(split="auto"), MACHINE).mesh is mesh


def test_two_pegs_and_holes_with_play():
    step = split.apply(box((40, 30, 60)), settings(split="at", split_at=25), MACHINE)
    assert_strict(step.mesh)
    lower, upper = halves(step.mesh)
    low, high = lower.bounding_box()[5], upper.bounding_box()[5]
    assert high == pytest.approx(35, abs=1e-4)
    assert low == pytest.approx(25 + 8, abs=1e-3)  # pegs of 4 mm radius, twice as long
    pegs = lower.slice(25.05).decompose()
    holes = [e for e in upper.slice(0.05).to_polygons() if _area(np.asarray(e)) < 0]
    assert len(pegs) == len(holes) == 2
    for peg in pegs:
        assert peg.area() == pytest.approx(np.pi * 16, rel=0.02)
    for hole in holes:
        assert -_area(np.asarray(hole)) == pytest.approx(np.pi * 4.2**2, rel=0.02)
    # Put together again they do not overlap and fill the box but for the play.
    shift = np.array(lower.bounding_box())[:2] - np.array(upper.bounding_box())[:2]
    again = upper.translate((*shift.tolist(), 25))
    assert (lower ^ again).volume() < 1e-3
    assert 0 < 72000 - lower.volume() - again.volume() < 500


def test_no_pegs_on_request_and_none_where_there_is_no_room():
    bare = split.apply(
        box((40, 30, 60)), settings(split="at", split_at=25, pegs=False), MACHINE
    )
    assert volume_of(bare.mesh) == pytest.approx(72000, rel=1e-4)
    thin = split.apply(box((2, 2, 60)), settings(split="at", split_at=25), MACHINE)
    assert codes(thin.notes) == ["mesh.split", "mesh.no_room_for_pegs"]
    one = split.apply(box((9, 9, 60)), settings(split="at", split_at=25), MACHINE)
    assert codes(one.notes) == ["mesh.split"]
    narrow = from_kernel(rod(2.6, 60))
    single = split.apply(narrow, settings(split="at", split_at=25), MACHINE)
    assert codes(single.notes) == ["mesh.split", "mesh.one_peg"]


def test_pegs_of_a_slanted_body_stay_inside():
    column = block(16, 16, 80).transform(
        np.array([(1, 0, 0.5, 0), (0, 1, 0, 0), (0, 0, 1, 0)], float)
    )
    mesh = from_kernel(column)
    step = split.apply(mesh, settings(split="at", split_at=40), MACHINE)
    lower, upper = halves(step.mesh)
    base = min(each.bounding_box()[0] for each in (lower, upper))
    assert base < 0
    # The holes do not break through a wall: the upper half stays without tunnels.
    assert upper.genus() == 0 and lower.genus() == 0
    assert_strict(step.mesh)


@pytest.mark.parametrize("at", [0, 60, 100])
def test_a_cut_outside_is_refused_with_one_inside(at):
    with pytest.raises(MeshRefused) as refused:
        split.apply(box((20, 20, 60)), settings(split="at", split_at=at), MACHINE)
    assert refused.value.problem.suggest == 30


def test_halves_that_do_not_fit_are_said():
    huge = prepare(box((30, 30, 600)), settings(split="auto"), MACHINE)
    assert "mesh.half_too_tall" in codes(huge.notes)
    wide = prepare(box((180, 180, 300)), settings(split="auto"), MACHINE)
    assert "mesh.halves_not_beside" in codes(wide.notes)


# -- no inside ----------------------------------------------------------------------------


def test_what_needs_an_inside_is_said_and_the_rest_is_done():
    chosen = settings(
        size=200, base_cut=1, plinth=2, hollow=1, split="at", split_at=5, copies=2
    )
    ready = prepare(open_box(), chosen, MACHINE)
    assert ready.size == pytest.approx((40, 40, 40))
    assert codes(ready.notes) == [
        "mesh.base_cut_needs_solid",
        "mesh.plinth_needs_solid",
        "mesh.hollow_needs_solid",
        "mesh.split_needs_solid",
    ]
    assert len(ready.placements) == 2


def test_an_inside_out_mesh_has_no_inside():
    cube = box()
    ready = prepare(Mesh(cube.vertices, cube.faces[:, ::-1]), settings(plinth=1), MACHINE)
    assert codes(ready.notes) == ["mesh.plinth_needs_solid"]
