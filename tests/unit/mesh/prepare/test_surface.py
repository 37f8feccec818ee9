"""Smoothing and simplifying, and the distance by which both are judged."""

import numpy as np
import pytest
from manifold3d import Manifold

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.kernel import from_kernel, is_strict, to_kernel
from octoprint_img2stl.mesh.model import Mesh
from octoprint_img2stl.mesh.prepare import prepare, simplify, smooth
from octoprint_img2stl.mesh.prepare.deviation import deviation, farthest, to_triangles
from octoprint_img2stl.mesh.prepare.quadrics import collapse
from octoprint_img2stl.mesh.topology import edge_facts
from tests.unit.mesh.prepare.models import (
    assert_strict,
    ball,
    block,
    bumpy,
    codes,
    open_box,
    radius_of,
    rod,
    settings,
    size_of,
    volume_of,
)
from tests.unit.mesh.shapes import box

MACHINE = Machine()
BOUND = 0.1 * MACHINE.line_width


def fine(solid: Manifold, edge: float) -> Mesh:
    made = solid.refine_to_length(edge).to_mesh()
    points = np.array(made.vert_properties[:, :3])
    return Mesh(points.astype(np.float32), np.array(made.tri_verts).astype(np.int32))


# -- distance -----------------------------------------------------------------------------


def test_distance_from_a_triangle_beside_densely_spread_points():
    random = np.random.default_rng(1)
    corners = random.normal(size=(60, 3, 3))
    points = random.normal(size=(60, 3)) * 2
    u, v = np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 200))
    inside = u + v <= 1
    u, v = u[inside][:, None], v[inside][:, None]
    for point, (a, b, c), found in zip(
        points, corners, to_triangles(points, corners), strict=True
    ):
        spread = a + u * (b - a) + v * (c - a)
        nearest = np.linalg.norm(spread - point, axis=1).min()
        assert nearest - 0.04 < found <= nearest + 1e-9


def test_distance_from_a_needle_and_a_point():
    needle = np.array([[(0, 0, 0), (10, 0, 0), (5, 0, 0)], [(1, 1, 1)] * 3], float)
    points = np.array([(5, 3, 4), (1, 1, 3)], float)
    assert to_triangles(points, needle).tolist() == [5, 2]


def test_equal_surfaces_do_not_differ():
    mesh = ball(10)
    assert deviation(mesh, mesh) < 1e-6


def test_one_small_thorn_is_found():
    plain = from_kernel(block(50, 50, 10))
    thorn = from_kernel(block(50, 50, 10) + rod(0.5, 2, (20, 20, 9), top=0.01))
    assert deviation(plain, thorn) == pytest.approx(1, abs=1e-3)
    assert deviation(thorn, plain) == pytest.approx(1, abs=1e-3)


def test_large_triangles_far_from_their_middles():
    # The nearest middle belongs to a small triangle farther away.
    plate = block(100, 100, 1) + block(1, 1, 1, (3, 3, 1.5))
    mesh = from_kernel(plate)
    assert farthest(np.array([(90.0, 4.0, 3.0)]), mesh) == pytest.approx(2)


# -- simplifying --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def waves() -> Mesh:
    return bumpy(40_000, wave=0.05)


def test_the_bound_is_kept_and_the_figure_is_true(waves):
    step = simplify.apply(waves, settings(simplify=True), MACHINE)
    assert_strict(step.mesh)
    assert len(step.mesh.faces) < 0.5 * len(waves.faces)
    # The true surface is known by its formula; the mesh it came from is this far from it.
    ways = waves.vertices[waves.faces].mean(axis=1).astype(np.float64)
    length = np.linalg.norm(ways, axis=1)
    own = np.abs(length - radius_of(ways / length[:, None], 0.05)).max()
    for points in (step.mesh.vertices, step.mesh.vertices[step.mesh.faces].mean(axis=1)):
        length = np.linalg.norm(points.astype(np.float64), axis=1)
        off = np.abs(length - radius_of(points / length[:, None], 0.05)).max()
        assert off <= BOUND + own
    assert 0.2 * BOUND < step.deviation <= BOUND
    assert deviation(waves, step.mesh, 60_000) <= BOUND
    assert codes(step.notes) == ["mesh.simplified"]


def test_a_wider_bound_leaves_fewer(waves):
    coarse = simplify.apply(waves, settings(simplify=True, max_error=0.5), MACHINE)
    usual = simplify.apply(waves, settings(simplify=True), MACHINE)
    assert len(coarse.mesh.faces) < 0.4 * len(usual.mesh.faces)
    assert BOUND < coarse.deviation <= 0.5
    assert_strict(coarse.mesh)


def test_flat_sides_and_sharp_edges_stay_exact():
    solid = block(20, 30, 40) - rod(5, 50, (10, 15, -1))
    mesh = fine(solid, 0.9)
    assert len(mesh.faces) > simplify.ENOUGH
    step = simplify.apply(mesh, settings(simplify=True), MACHINE)
    assert_strict(step.mesh)
    assert len(step.mesh.faces) < 0.08 * len(mesh.faces)
    assert size_of(step.mesh) == pytest.approx((20, 30, 40), abs=1e-5)
    assert volume_of(step.mesh) == pytest.approx(solid.volume(), rel=2e-3)


def test_thorns_and_thin_walls_are_not_lost():
    thorn = Manifold.cylinder(6, 0.2, 0.02, circular_segments=12)
    thorns = [thorn.translate((x, y, 1)) for x in (5, 15, 25) for y in (5, 25)]
    solid = block(30, 30, 2) + block(30, 0.1, 10, (0, 10, 0))
    for thorn in thorns:
        solid = solid + thorn
    mesh = fine(solid, 0.6)
    points, faces = collapse(mesh, BOUND, BOUND / 3)
    made = Mesh(points.astype(np.float32), faces)
    assert len(faces) < 0.5 * len(mesh.faces)
    assert farthest(mesh.vertices.astype(np.float64), made) <= BOUND
    assert farthest(points, mesh) <= BOUND


def test_small_and_irreducible_meshes_are_left_alone(waves):
    small = ball(20, 64)
    assert simplify.apply(small, settings(simplify=True), MACHINE).mesh is small
    tight = settings(simplify=True, max_error=1e-5)
    assert simplify.apply(waves, tight, MACHINE).mesh is waves
    assert simplify.apply(waves, settings(), MACHINE).mesh is waves


def test_an_open_rim_stays_where_it_is(waves):
    low = (waves.vertices[waves.faces][:, :, 2] > -20).all(axis=1)
    points, faces = collapse(Mesh(waves.vertices, waves.faces[low]), 0.1, 0.03)
    before = edge_facts(Mesh(waves.vertices, waves.faces[low]))
    after = edge_facts(Mesh(points.astype(np.float32), faces))
    assert after.open == before.open > 0
    assert after.crowded == after.flipped == 0
    assert len(faces) < 0.5 * np.count_nonzero(low)


# -- smoothing ----------------------------------------------------------------------------


def rough(mesh: Mesh, edges: np.ndarray, by: float) -> Mesh:
    points = mesh.vertices.astype(np.float64)
    random = np.random.default_rng(2)
    points[~edges] += by * random.normal(size=(np.count_nonzero(~edges), 3))
    return Mesh(points.astype(np.float32), mesh.faces)


def test_roughness_goes_and_edges_stay():
    cube = fine(block(20, 20, 20), 0.7)
    near = np.minimum(cube.vertices, 20 - cube.vertices)
    edges = (near < 1e-3).sum(axis=1) >= 2
    mesh = rough(cube, edges, 0.03)
    step = smooth.apply(mesh, settings(smooth=10), MACHINE)
    assert_strict(step.mesh)
    after = np.minimum(step.mesh.vertices, 20 - step.mesh.vertices).min(axis=1)
    before = np.minimum(mesh.vertices, 20 - mesh.vertices).min(axis=1)
    assert np.abs(after).std() < 0.6 * np.abs(before).std()
    assert (step.mesh.vertices[edges] == mesh.vertices[edges]).all()
    assert volume_of(step.mesh) == pytest.approx(8000, rel=0.01)
    assert codes(step.notes) == ["mesh.smoothed"]


def test_small_letters_stay():
    letters = block(0.6, 4, 0.5, (4, 3, 2)) + block(3, 0.6, 0.5, (4, 3, 2))
    mesh = fine(block(20, 10, 2.01) + letters, 0.3)
    made = smooth.apply(mesh, settings(smooth=50), MACHINE).mesh
    assert deviation(mesh, made) < 0.02


def test_a_ball_does_not_shrink():
    mesh = bumpy(5_000)
    made = smooth.apply(mesh, settings(smooth=50), MACHINE).mesh
    assert volume_of(made) == pytest.approx(volume_of(mesh), rel=0.01)
    moved = np.linalg.norm(made.vertices - mesh.vertices, axis=1).max()
    assert 0 < moved <= 0.5 * MACHINE.line_width + 1e-4


def test_what_has_only_edges_says_so():
    cube = box()
    step = smooth.apply(cube, settings(smooth=5), MACHINE)
    assert step.mesh is cube
    assert codes(step.notes) == ["mesh.not_smoothed"]


def test_an_open_mesh_can_be_smoothed_and_sized():
    mesh = open_box()
    ready = prepare(mesh, settings(smooth=3, size_by="x", size=40), MACHINE)
    assert ready.size[0] == pytest.approx(40)


def test_all_of_it_stays_strict():
    mesh = bumpy(30_000, wave=0.3)
    turned = settings(
        simplify=True, smooth=5, turn=(0.7, 0.1, -0.5, 0.3), size_by="longest", size=37.3
    )
    ready = prepare(mesh, turned, MACHINE)
    assert_strict(ready.mesh)
    assert is_strict(ready.mesh)
    assert to_kernel(ready.mesh).volume() > 0
    assert max(ready.size) == pytest.approx(37.3, abs=2 * BOUND)
