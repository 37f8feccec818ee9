"""Each step of the repair by itself."""

from __future__ import annotations

import numpy as np
import pytest

from octoprint_img2stl.mesh.kernel import from_kernel, is_strict, to_kernel
from octoprint_img2stl.mesh.repair import native
from octoprint_img2stl.mesh.repair.bodies import Bodies, labels, parents
from octoprint_img2stl.mesh.repair.close import sew
from octoprint_img2stl.mesh.repair.gate import Gate, sphere, visible
from octoprint_img2stl.mesh.repair.geometry import sample, squared_distances
from octoprint_img2stl.mesh.repair.loops import rims
from octoprint_img2stl.mesh.repair.pairing import pair
from octoprint_img2stl.mesh.repair.rays import winding
from octoprint_img2stl.mesh.repair.separate import strict_mesh
from octoprint_img2stl.mesh.repair.sheet import thickened
from octoprint_img2stl.mesh.repair.tidy import drop_idle, join_near
from octoprint_img2stl.mesh.repair.triangulate import (
    _ears_in_plane,
    _ears_in_space,
    _least_area,
    over_loop,
)
from octoprint_img2stl.mesh.repair.union import overlapping
from octoprint_img2stl.mesh.repair.wrap import wrapped

from ..shapes import box_corners
from .broken import ball, mesh, sheet, strip, surface, turned, volume, volume_of


def ring(count: int, wobble: float = 0.0) -> np.ndarray:
    angle = 2 * np.pi * np.arange(count) / count
    reach = 10 + wobble * np.cos(5 * angle)
    height = wobble * np.sin(3 * angle)
    return np.stack((reach * np.cos(angle), reach * np.sin(angle), height), axis=1)


# ~~ tidy


def test_near_corners_are_joined_only_at_open_edges():
    apart = ball()
    apart[: len(apart) // 2] += 1e-5
    joined, changes = join_near(surface(apart))
    assert (pair(joined.points, joined.faces)[0] >= 0).all()
    assert [change.code for change in changes] == ["mesh.repair_welded"]
    whole, none = join_near(surface(ball(), ball(20.00001, at=(1e-5, 0, 0))))
    assert not none and len(whole.faces) == 2 * len(ball())


def test_wide_cracks_are_joined_only_if_they_are_everywhere():
    whole, random = ball(), np.random.default_rng(3)
    joined, changes = join_near(
        surface(whole + random.uniform(-0.008, 0.008, whole.shape))
    )
    assert [change.code for change in changes] == ["mesh.repair_welded"]
    assert (pair(joined.points, joined.faces)[0] >= 0).all()
    # One wide crack beside a wide hole: joining would close less than most.
    open_ = whole[whole.mean(axis=1)[:, 2] < 10]
    open_[0, :, :] += 0.015
    assert join_near(surface(open_))[1] == []


def test_a_shared_wall_goes_and_a_fin_stays():
    mirrored = turned(box_corners() * (-1, 1, 1)) + (20, 0, 0)
    walls, _ = drop_idle(surface(box_corners(), mirrored))
    assert len(walls.faces) == 24 - 4
    fin = sheet(size=3)
    both, _ = drop_idle(surface(fin, turned(fin)))
    assert len(both.faces) == len(fin)


def test_one_of_two_faces_back_to_back_stays_if_wanted():
    mirrored = turned(box_corners() * (-1, 1, 1)) + (20, 0, 0)
    walls, _ = drop_idle(surface(box_corners(), mirrored), one_stays=True)
    assert len(walls.faces) == 24 - 2


# ~~ pairing, orient, split


def test_four_faces_at_an_edge_are_paired_round_the_solid():
    touching = surface(box_corners(), box_corners(at=(10, 10, 0)))
    assert labels(touching).max() == 0
    sewn = sew(touching)
    assert sewn.crowded == 1
    assert (sewn.mate >= 0).all()
    parts = Bodies.of(sewn.surface)
    assert parts.volume == pytest.approx([1000, 1000])


def test_faces_are_wound_alike_by_the_larger_share():
    wrong = ball()
    wrong[::5] = wrong[::5, ::-1]
    sewn = sew(surface(wrong))
    assert sewn.turned == len(wrong[::5])
    assert volume(sewn.surface.corners()) == pytest.approx(volume(ball()), rel=1e-4)


@pytest.mark.parametrize("turns, cut", [(0, False), (1, True), (2, False), (3, True)])
def test_only_one_sided_surfaces_are_cut(turns, cut):
    assert (sew(surface(strip(turns))).cut > 0) is cut


# ~~ loops and what is laid over them


def test_two_holes_that_meet_in_a_point_are_two_holes():
    whole = ball()
    centre = np.abs(whole - whole[100, 0]).max(axis=2).min(axis=1) < 1e-9
    around = np.flatnonzero(centre)
    assert len(around) == 6
    order = np.argsort(
        [np.arctan2(*(whole[face].mean(axis=0) - whole[100, 0])[:2]) for face in around]
    )
    gone = around[order[[0, 3]]]
    sewn = sew(surface(np.delete(whole, gone, axis=0)))
    loops, same = rims(sewn.surface.faces, sewn.mate, sewn.origin)
    assert sorted(map(len, loops)) == [3, 3]
    assert len(same) == 1


def closes(triangles: np.ndarray, count: int) -> bool:
    """Whether the triangles' open edges are the loop, each in its direction."""
    start, end = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    edges = set(zip(start.tolist(), end.tolist(), strict=True))
    assert len(edges) == len(start)
    rim = {edge for edge in edges if edge[::-1] not in edges}
    return rim == {(at, (at + 1) % count) for at in range(count)}


@pytest.mark.parametrize("count", [3, 4, 7, 40, 300])
@pytest.mark.parametrize("wobble", [0.0, 1.0, 6.0])
def test_a_loop_is_covered_by_its_own_corners(count, wobble):
    triangles = over_loop(ring(count, wobble))
    assert triangles.shape == (count - 2, 3)
    assert closes(triangles, count)


@pytest.mark.parametrize("way", [_least_area, _ears_in_space])
def test_every_way_covers_an_outline_that_turns_in(way):
    star = ring(24)
    star[::2] *= 0.3
    triangles = way(star)
    assert closes(triangles, 24)


def test_ears_in_the_plane_keep_the_outline():
    star = ring(24)[:, :2]
    star[::2] *= 0.3
    assert closes(_ears_in_plane(star), 24)
    straight = np.array([(0, 0), (1, 0), (2, 0), (2, 2), (0, 2)], dtype=float)
    found = _ears_in_plane(straight)
    assert found is None or closes(found, 5)


def test_the_least_area_of_a_bent_square_is_found():
    bent = np.array([(0, 0, 0), (10, 0, 3), (10, 10, 0), (0, 12, 9)], dtype=float)
    found = bent[_least_area(bent)]
    doubled = np.cross(found[:, 1] - found[:, 0], found[:, 2] - found[:, 0])
    other = bent[[(1, 2, 3), (1, 3, 0)]]
    doubled_other = np.cross(other[:, 1] - other[:, 0], other[:, 2] - other[:, 0])
    area = np.linalg.norm(doubled, axis=1).sum()
    assert area <= np.linalg.norm(doubled_other, axis=1).sum() + 1e-9


# ~~ rays, bodies


def test_winding_counts_how_often_a_surface_goes_round():
    whole = surface(ball(), ball(8), turned(ball(3)))
    points = np.array([(0, 0, 0), (0, 0, 5), (0.1, 2, 12), (0, 0, 25), (30, 0, 0)])
    assert winding(whole, points.astype(float)).tolist() == [1, 2, 1, 0, 0]


def test_parts_know_what_encloses_them():
    whole = surface(ball(), ball(12), ball(5), ball(3, at=(40, 0, 0)))
    bodies = Bodies.of(whole)
    order = np.argsort(-bodies.volume)
    parent = parents(whole, bodies)
    assert parent[order].tolist() == [-1, order[0], order[1], -1]


def test_boxes_are_grouped_through_others():
    low = np.array([(0, 0, 0), (4, 0, 0), (8, 0, 0), (20, 0, 0)], dtype=float)
    group = overlapping(low, low + 5, 0.0)
    assert group[0] == group[1] == group[2] != group[3]


# ~~ sheets


def test_a_sheet_is_thickened_evenly():
    made = thickened(surface(sheet(size=10)), 0.8)
    strict, moved = strict_mesh(made)
    assert is_strict(strict) and moved == 0
    assert volume_of(strict) == pytest.approx(20 * 20 * 0.8, rel=1e-4)


# ~~ gate


def test_the_gate_measures_what_is_gone_and_what_is_new():
    gate = Gate(surface(ball()))
    kept = ball()[ball().mean(axis=1)[:, 2] < 15]
    verdict = gate.judge(surface(kept))
    # The cap above 15 mm, but for a rim a hundredth of the diagonal wide.
    assert 7 < verdict.lost_percent < 12.5
    assert not verdict.faithful
    more = gate.judge(surface(ball(), ball(10, at=(60, 0, 0))))
    assert (more.lost_percent, more.largest_move) == (0, 0)
    assert more.added_percent == pytest.approx(20, abs=1)


def test_the_gate_measures_moves():
    moved = ball()
    moved[:, :, 2] += 0.3
    assert Gate(surface(ball())).judge(surface(moved)).largest_move == pytest.approx(
        0.3, abs=0.02
    )


def test_what_cannot_be_seen_is_not_lost():
    inner = surface(ball(), ball(8))
    verdict = Gate(inner).judge(surface(ball()))
    assert verdict.faithful and verdict.lost_percent == 0
    points, face = sample(inner, 400)
    hidden = np.linalg.norm(points, axis=1) < 10
    assert 0 < hidden.sum() < 400
    assert np.array_equal(visible(inner, points, 0.01), ~hidden)


def test_directions_look_everywhere():
    directions = sphere(64)
    assert np.linalg.norm(directions, axis=1) == pytest.approx(np.ones(64))
    assert np.linalg.norm(directions.sum(axis=0)) < 1
    assert len(np.unique(directions.round(6), axis=0)) == 64


def test_distances_to_a_triangle():
    triangle = np.array([[(0, 0, 0), (4, 0, 0), (0, 4, 0)]], dtype=float)
    points = np.array([(1, 1, 2), (-3, 0, 0), (2, -1, 0), (4, 4, 0), (6, 0, 0)])
    found = squared_distances(points.astype(float), np.repeat(triangle, 5, axis=0))
    assert found == pytest.approx([4, 9, 1, 8, 4])


# ~~ separate, and the kernel's way back


def test_two_edges_of_one_body_between_the_same_corners_are_told_apart():
    """Boxes round a square hole that meet along two edges of it, as one body."""
    pieces = [
        box_corners((10, 10, 10), at)
        for at in ((0, 0, 0), (10, 10, 0), (10, 0, 10), (0, 10, 10))
    ]
    made = from_kernel(
        to_kernel(mesh(pieces[0]))
        + to_kernel(mesh(pieces[1]))
        + to_kernel(mesh(pieces[2]))
        + to_kernel(mesh(pieces[3]))
    )
    assert is_strict(made)
    assert volume_of(made) == pytest.approx(4000, rel=1e-3)


def test_the_kernel_gives_strict_meshes_even_where_float32_is_coarse():
    one = to_kernel(mesh(box_corners()))
    far = one.translate((5000, 0, 0)) + one.translate((5010, 10, 0.00001))
    assert is_strict(from_kernel(far))


def test_what_is_not_closed_cannot_be_made_strict():
    assert strict_mesh(surface(ball()[1:])) is None
    assert strict_mesh(surface(sheet(), turned(sheet()))) is None


# ~~ wrap


@pytest.mark.parametrize("inside_by_rays", [True, False])
def test_a_net_follows_a_ball_with_cracks(inside_by_rays):
    cracked = np.delete(ball(rings=24), [100, 101, 500], axis=0)
    made = wrapped(
        surface(cracked),
        thickness=3.0,
        inside_by_rays=inside_by_rays,
        memory_bytes=0,
    )
    strict, _ = strict_mesh(made)
    assert is_strict(strict)
    reach = np.linalg.norm(strict.vertices, axis=1)
    assert abs(np.median(reach) - 20) < 0.1
    assert volume_of(strict) == pytest.approx(volume(ball(rings=24)), rel=0.03)


def test_a_net_gives_a_sheet_its_thickness():
    made = wrapped(
        surface(sheet(size=20)), thickness=1.5, inside_by_rays=True, memory_bytes=0
    )
    strict, _ = strict_mesh(made)
    assert volume_of(strict) == pytest.approx(40 * 40 * 1.5, rel=0.15)


# ~~ native


def test_a_part_is_rebuilt_in_a_child():
    broken = surface(ball()[3:])
    made = native.rebuilt(broken, np.zeros(len(broken.faces), dtype=np.int64))
    assert made is not None
    whole, done = made
    assert done.tolist() == [0]
    strict, _ = strict_mesh(whole)
    assert volume_of(strict) == pytest.approx(volume(ball()), rel=0.02)


@pytest.mark.parametrize("fault", ["raise SystemExit(3)", "import os; os.abort()"])
def test_a_child_that_dies_is_no_answer(monkeypatch, tmp_path, fault):
    program = tmp_path / "child.py"
    program.write_text(fault)
    monkeypatch.setattr(native, "CHILD", program)
    broken = surface(ball()[3:])
    assert native.rebuilt(broken, np.zeros(len(broken.faces), dtype=np.int64)) is None


def test_a_child_that_hangs_is_ended(monkeypatch, tmp_path):
    program = tmp_path / "child.py"
    program.write_text("while True: pass")
    monkeypatch.setattr(native, "CHILD", program)
    monkeypatch.setattr(native, "REBUILD_S", 0.3)
    broken = surface(ball()[3:])
    assert native.rebuilt(broken, np.zeros(len(broken.faces), dtype=np.int64)) is None


def test_the_child_program_imports_nothing_of_ours():
    source = native.CHILD.read_text()
    assert "octoprint_img2stl" not in source and "from ." not in source
