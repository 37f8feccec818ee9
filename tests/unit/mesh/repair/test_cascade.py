"""The whole repair, on meshes with one fault each."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from octoprint_img2stl.mesh.kernel import is_strict
from octoprint_img2stl.mesh.measure import measure
from octoprint_img2stl.mesh.model import Mesh
from octoprint_img2stl.mesh.refused import MeshRefused
from octoprint_img2stl.mesh.repair import STAGES, cascade, repair
from octoprint_img2stl.mesh.repair.separate import strict_mesh
from octoprint_img2stl.mesh.repair.sheet import thickened
from octoprint_img2stl.mesh.settings import MeshSettings

from ..shapes import box, box_corners, relief, several
from .broken import ball, mesh, sheet, strip, surface, turned, volume, volume_of

CAP, THICKEN = MeshSettings(), MeshSettings(openings="thicken")
HALF = ball()[ball().mean(axis=1)[:, 2] > 0]


def codes(result) -> list[str]:
    return [change.code for change in result.changes]


def check(result) -> None:
    """What holds for every repair."""
    assert result.strict and is_strict(result.mesh)
    assert volume_of(result.mesh) > 0
    assert result.stage in STAGES
    assert 0 <= result.lost_percent <= 1
    for change in result.changes:
        assert change.message.endswith(".")


@pytest.mark.parametrize(
    "sound",
    [
        box(),
        relief(20, 20, 1.0),
        mesh(ball()),
        several(box_corners(), box_corners(at=(30, 0, 0))),
        mesh(ball(), turned(ball(12))),
    ],
    ids=["box", "relief", "ball", "two bodies", "cavity"],
)
def test_what_is_sound_comes_back_as_the_very_same(sound):
    result = repair(sound)
    assert result.mesh is sound
    assert (result.stage, result.changes, result.largest_move) == ("clean", (), 0)


def test_a_body_that_crosses_itself_but_is_closed_is_left_alone():
    crossing = mesh(ball())
    points = crossing.vertices.copy()
    points[points[:, 2] > 15, 2] -= 40  # the top pushed out through the bottom
    crossing = Mesh(points, crossing.faces)
    assert repair(crossing).mesh is crossing


def test_holes_are_closed_without_moving_a_vertex():
    whole = ball(rings=60)
    broken = mesh(np.delete(whole, [5, 6, 1000, 1001, 1002, 3000], axis=0))
    result = repair(broken)
    check(result)
    assert result.stage == "filled"
    assert "mesh.repair_small_holes" in codes(result)
    kept = {tuple(point) for point in result.mesh.vertices.tolist()}
    assert {tuple(point) for point in broken.vertices.tolist()} <= kept
    assert result.largest_move == 0
    assert volume_of(result.mesh) == pytest.approx(volume(whole), rel=0.01)


def test_faces_that_look_inwards_are_turned():
    faces = ball()
    wrong = np.random.default_rng(0).random(len(faces)) < 0.3
    faces[wrong] = faces[wrong][:, ::-1]
    result = repair(mesh(faces))
    check(result)
    assert "mesh.repair_turned" in codes(result)
    assert volume_of(result.mesh) == pytest.approx(volume(ball()), rel=1e-5)


def test_copies_of_faces_are_dropped():
    result = repair(mesh(ball(), ball()[:40]))
    check(result)
    assert codes(result) == ["mesh.repair_duplicates"]
    assert len(result.mesh.faces) == len(ball())


def test_a_body_inside_out_is_turned_with_its_cavity():
    result = repair(mesh(turned(ball()), ball(12)))
    check(result)
    assert "mesh.repair_inside_out" in codes(result)
    wanted = volume(ball()) - volume(ball(12))
    assert volume_of(result.mesh) == pytest.approx(wanted, rel=1e-5)


def test_a_ball_seen_from_both_sides_is_one_ball():
    result = repair(mesh(ball(), turned(ball())))
    check(result)
    assert volume_of(result.mesh) == pytest.approx(volume(ball()), rel=1e-5)


def test_cracks_are_welded():
    cracked = ball() + np.random.default_rng(0).normal(0, 1e-5, ball().shape)
    result = repair(mesh(cracked))
    check(result)
    assert "mesh.repair_welded" in codes(result)
    assert result.largest_move < 1e-3


def test_bodies_that_reach_into_each_other_become_one():
    result = repair(mesh(ball(), ball(at=(25, 1, 2))))
    check(result)
    assert result.stage == "united"
    assert measure(result.mesh).bodies == 1
    assert volume(ball()) < volume_of(result.mesh) < 2 * volume(ball())


def test_a_body_hidden_in_another_is_dropped():
    result = repair(mesh(ball(), ball(8)))
    check(result)
    assert "mesh.repair_hidden" in codes(result)
    assert volume_of(result.mesh) == pytest.approx(volume(ball()), rel=1e-5)


def test_bodies_that_touch_along_an_edge_come_apart_by_a_hair():
    touching = several(box_corners(), box_corners(at=(10, 10, 0)))
    assert not is_strict(touching)
    result = repair(touching)
    check(result)
    assert 0 < result.largest_move < 0.002
    assert volume_of(result.mesh) == pytest.approx(2000, rel=1e-3)


def test_bodies_that_share_a_wall_become_one():
    result = repair(several(box_corners(), box_corners(at=(10, 0, 0))))
    check(result)
    assert volume_of(result.mesh) == pytest.approx(2000, rel=1e-5)
    assert measure(result.mesh).bodies == 1


def test_a_floater_is_dropped_and_listed():
    both = mesh(ball(), ball(1, at=(0, 0, 30)))
    result = repair(both)
    check(result)
    (floater,) = result.floaters
    assert not floater.kept and floater.triangles == len(ball())
    assert floater.low[2] == pytest.approx(29, abs=1e-3)
    assert floater.volume == pytest.approx(volume(ball(1)), rel=1e-3)
    assert "mesh.repair_floaters" in codes(result)
    kept = repair(both, settings=MeshSettings(keep_floaters=True))
    assert kept.mesh is both
    assert [floater.kept for floater in kept.floaters] == [True]


def test_many_small_parts_are_the_model_itself():
    """What would be lost can be seen: more than a hundredth of it is no floater."""
    parts = [ball(1.2, at=(x, y, 40), rings=6) for x in range(0, 60, 6) for y in (0, 9)]
    result = repair(mesh(ball(8, at=(20, 5, 0)), *parts))
    check(result)
    assert sum(not floater.kept for floater in result.floaters) < len(parts)


def test_a_small_part_on_the_bed_is_no_floater():
    both = several(box_corners((40, 40, 40)), box_corners((3, 3, 3), at=(60, 0, 0)))
    assert repair(both).mesh is both


def test_a_cavity_is_filled_if_wanted():
    hollow = mesh(ball(), turned(ball(12)))
    result = repair(hollow, settings=MeshSettings(cavities="fill"))
    check(result)
    assert "mesh.repair_cavities" in codes(result)
    assert volume_of(result.mesh) == pytest.approx(volume(ball()), rel=1e-5)


def test_a_sealed_shell_too_thin_to_print_is_filled():
    result = repair(mesh(ball(), turned(ball(19.8))))
    check(result)
    assert "mesh.repair_double_shell" in codes(result)
    assert volume_of(result.mesh) == pytest.approx(volume(ball()), rel=1e-5)


def test_a_thin_shell_with_a_small_opening_is_filled():
    """Closed, strict, and nothing a slicer could print: outside and inside are one."""
    wall = ball(rings=60)[4:]
    made, _ = strict_mesh(thickened(surface(wall), 0.2))
    result = repair(made)
    check(result)
    assert codes(result) == ["mesh.repair_shell"]
    assert volume_of(result.mesh) == pytest.approx(volume(ball(rings=60)), rel=0.02)


def test_a_thin_plate_that_is_sound_is_left_alone():
    plate = several(box_corners((60, 60, 0.3)))
    assert repair(plate).mesh is plate


def test_a_thin_bowl_that_is_sound_is_left_alone():
    made, _ = strict_mesh(thickened(surface(HALF), 0.1))
    assert repair(made).mesh is made


def test_what_shows_through_an_opening_does_not_disappear():
    """A lid over the bowl would bury the ball in it: the bowl becomes a wall instead."""
    bowl = turned(ball()[ball().mean(axis=1)[:, 2] < 0]) * (1, 1, 0.5)
    result = repair(mesh(bowl, ball(6, at=(0, 0, -2))))
    check(result)
    assert result.stage == "thickened"
    assert result.lost_percent < 0.2


def test_parts_stay_apart_where_uniting_would_hide_them():
    """The inner of two balls shows through holes of the outer one."""
    outer = ball(rings=40)
    holes = np.random.default_rng(2).random(len(outer)) < 0.06
    result = repair(mesh(outer[~holes], ball(15, rings=10)))
    check(result)
    assert measure(result.mesh).bodies >= 2


def test_an_open_half_is_capped_and_that_is_said():
    result = repair(mesh(HALF))
    check(result)
    assert result.stage == "filled"
    assert "mesh.repair_large_holes" in codes(result)
    assert 25 < result.caps_percent < 40
    assert result.caps.dtype == np.float32 and result.caps.shape[1] == 3
    assert np.abs(result.caps[:, 2]).max() < 1e-3
    assert volume_of(result.mesh) == pytest.approx(volume(ball()) / 2, rel=0.01)


def test_an_open_half_is_thickened_if_wanted():
    result = repair(mesh(HALF), settings=THICKEN)
    check(result)
    assert (result.stage, result.caps_percent) == ("thickened", 0)
    area = 2 * np.pi * 20**2
    # Two lines would be 0.9 mm; a sheet stays within a hundredth of the diagonal.
    assert volume_of(result.mesh) == pytest.approx(area * 0.9, rel=0.05)
    thin = repair(mesh(HALF), settings=replace(THICKEN, sheet=0.5))
    assert volume_of(thin.mesh) == pytest.approx(area * 0.5, rel=0.05)


@pytest.mark.parametrize(
    "flat",
    [
        mesh(sheet(size=60)),
        mesh(sheet(size=60), turned(sheet(size=60))),
        mesh(sheet(lambda x, y: 0.1 * np.sin(x), size=60)),
    ],
    ids=["one side", "both sides", "hardly wavy"],
)
def test_a_sheet_gets_a_printable_thickness(flat):
    result = repair(flat)
    check(result)
    assert result.stage == "thickened"
    assert volume_of(result.mesh) == pytest.approx(120**2 * 0.9, rel=0.02)


@pytest.mark.parametrize("turns", [1, 3])
def test_a_strip_with_one_side_becomes_a_solid(turns):
    result = repair(mesh(strip(turns)))
    check(result)
    assert "mesh.repair_one_sided" in codes(result)


def test_a_wall_inside_a_solid_is_dropped():
    box_ = box_corners((20, 20, 20))
    wall = np.array(
        [[(0, 0, 10), (20, 0, 10), (20, 20, 10)], [(0, 0, 10), (20, 20, 10), (0, 20, 10)]]
    )
    cut = [(0, 0, 0), (0, 0, 10)]
    halves = [box_corners((20, 20, 10), at) for at in cut]
    outer = [half[np.abs(half[:, :, 2] - 10).max(axis=1) > 1e-6] for half in halves]
    result = repair(mesh(*outer, wall))
    check(result)
    assert volume_of(result.mesh) == pytest.approx(volume(box_), rel=1e-4)


def test_a_soup_of_triangles_becomes_plates():
    soup = np.random.default_rng(1).random((40, 3, 3)) * 100
    result = repair(mesh(soup))
    check(result)
    assert result.stage == "thickened"


def test_a_net_is_laid_around_what_nothing_else_can_save(monkeypatch):
    monkeypatch.setattr(cascade, "part_by_part", lambda work, openings, unite=True: None)
    monkeypatch.setattr(cascade, "rebuilt_parts", lambda work: None)
    broken = mesh(np.delete(ball(), [5, 6, 100, 101, 102, 300], axis=0))
    result = repair(broken, memory_bytes=500_000_000)
    check(result)
    assert result.stage == "wrapped"
    assert volume_of(result.mesh) == pytest.approx(volume(ball()), rel=0.02)
    assert result.largest_move < 0.7


def test_two_points_are_beyond_repair():
    nothing = Mesh(np.zeros((3, 3), np.float32), np.empty((0, 3), np.int32))
    with pytest.raises(MeshRefused) as refused:
        repair(nothing)
    assert refused.value.code == "mesh.beyond_repair"


def test_faces_in_one_line_are_beyond_repair():
    line = np.array([[[0, 0, 0], [1, 0, 0], [2, 0, 0]]], dtype=float)
    with pytest.raises(MeshRefused) as refused:
        repair(mesh(line))
    assert refused.value.code == "mesh.beyond_repair"


def test_progress_only_grows_and_ends_at_one():
    told: list[float] = []
    repair(mesh(HALF), progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0


def test_the_report_is_json():
    data = json.loads(json.dumps(repair(mesh(HALF, ball(1, at=(0, 0, 40)))).to_json()))
    assert data["stage"] == "filled" and data["strict"]
    assert data["floaters"][0]["triangles"] == len(ball())


@pytest.mark.parametrize("far", [0.0, 5000.0])
@pytest.mark.parametrize("scale", [0.001, 1.0, 1000.0])
def test_size_and_place_do_not_matter(scale, far):
    broken = np.delete(ball(rings=10), [5, 6, 50], axis=0) * scale + far * scale
    result = repair(mesh(broken))
    check(result)
    assert result.stage == "filled"
