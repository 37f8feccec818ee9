"""Where findings sit: bits for faces, points, and where the camera turns."""

import numpy as np
import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.checks import (
    Finding,
    Where,
    bits,
    flags,
    inspect,
    target,
)
from octoprint_img2stl.mesh.model import weld
from octoprint_img2stl.problems import INFO, Problem
from tests.unit.mesh.shapes import box, box_corners, several

MACHINE = Machine()
NOTHING = Problem("mesh.test", INFO, "Test.")


def found(mesh, code):
    for finding in inspect(mesh, MACHINE).findings:
        if finding.problem.code == code:
            return finding
    raise AssertionError(code)


def faces_of(mesh, low, high):
    """Faces whose centres lie in a box."""
    centres = mesh.vertices[mesh.faces].mean(axis=1)
    return np.flatnonzero(((centres >= low) & (centres <= high)).all(axis=1))


def test_a_thin_wall_is_coloured_and_the_rest_is_not():
    mesh = several(box_corners((60, 30, 2)), box_corners((0.3, 12, 9), at=(20, 5, 1)))
    finding = found(mesh, "mesh.thin_walls")
    marks = flags(mesh, [finding])
    assert marks.dtype == np.uint32 and len(marks) == len(mesh.faces)
    wall = faces_of(mesh, (19.9, 4.9, 0.9), (20.4, 17.1, 10.1))
    upright = [face for face in wall if np.ptp(mesh.vertices[mesh.faces[face], 2]) > 1]
    assert len(upright) == 8 and (marks[upright] == 1).all()
    # Two of the plate's twelve faces have the wall on them.
    assert np.count_nonzero(marks) <= len(wall) + 2
    aim = target(mesh, finding.where)
    assert aim["centre"] == pytest.approx([20.15, 11, 6], abs=1.5)
    assert abs(aim["normal"][0]) > 0.8  # on its broad side
    assert 4 < aim["radius"] < 12


def test_overhang_is_its_own_faces():
    mesh = several(box_corners((10, 10, 20)), box_corners((40, 10, 5), at=(0, 0, 20)))
    finding = found(mesh, "mesh.overhang")
    normal = np.array(target(mesh, finding.where)["normal"])
    assert normal == pytest.approx((0, 0, -1))
    heights = mesh.vertices[mesh.faces[finding.where.faces]][..., 2]
    assert (heights == 20).all()


def test_holes_are_shown_at_their_rims():
    mesh = weld(box_corners((20, 20, 20))[1:].copy())
    marks = flags(mesh, [found(mesh, "mesh.open_edges")])
    # The three neighbours of the missing face, at least.
    assert 3 <= np.count_nonzero(marks) <= len(mesh.faces)


def test_bits_leave_out_what_has_no_place_and_end_at_31():
    mesh = box()
    somewhere = Finding(NOTHING, Where(faces=np.array([3])))
    many = [Finding(NOTHING), *([somewhere] * 40)]
    assert bits(many)[:3] == [None, 0, 1]
    assert bits(many)[31] == 30 and bits(many)[32:] == [None] * 9
    marks = flags(mesh, many)
    assert marks[3] == 2**31 - 1 and np.count_nonzero(marks) == 1


def test_a_point_on_a_large_face_hits_it_and_not_its_far_neighbours():
    mesh = box((100, 100, 100))
    for point in ((0, 30, 55), (0, 70, 12)):
        where = Where(points=np.array([point], dtype=np.float32), reach=1.0)
        hit = np.flatnonzero(flags(mesh, [Finding(NOTHING, where)]))
        assert len(hit) == 1
        assert (mesh.vertices[mesh.faces[hit[0]]][:, 0] == 0).all()
        assert target(mesh, where)["normal"] == pytest.approx([-1, 0, 0])


def test_the_camera_turns_to_the_largest_cluster():
    mesh = several(box_corners((5, 5, 5)), box_corners((5, 5, 5), at=(50, 0, 0)))
    tops = faces_of(mesh, (0, 0, 4.9), (5, 5, 5.1))
    sides = faces_of(mesh, (54.9, 0, 0), (55.1, 5, 5))
    where = Where(faces=np.concatenate((tops[:1], sides)))
    aim = target(mesh, where)
    assert aim["normal"] == pytest.approx([1, 0, 0])
    assert aim["centre"] == pytest.approx([55, 2.5, 2.5], abs=0.5)


def test_nothing_touched_is_no_target():
    far = Where(points=np.array([(500, 500, 500)], dtype=np.float32))
    assert target(box(), far) is None
    assert not flags(box(), [Finding(NOTHING, far)]).any()


def test_faces_become_points_for_a_simplified_mesh():
    mesh = box((20, 20, 20))
    top = faces_of(mesh, (0, 0, 19.9), (20, 20, 20.1))
    where = Where(faces=top).as_points(mesh)
    assert where.faces is None and len(where.points) > 50
    other = box((20, 20, 20))
    assert set(np.flatnonzero(flags(other, [Finding(NOTHING, where)]))) >= set(top)
