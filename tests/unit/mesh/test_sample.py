"""A piece of a model: from where the details are, closed, and standing on the bed."""

import numpy as np
import pytest
from manifold3d import Manifold, OpType

from octoprint_img2stl.mesh.kernel import from_kernel, is_strict
from octoprint_img2stl.mesh.measure import measure
from octoprint_img2stl.mesh.model import Mesh
from octoprint_img2stl.mesh.refused import MeshRefused
from octoprint_img2stl.mesh.sample import SIDE, sample, scaled

from .shapes import box, box_corners, several, standing

TEETH = [Manifold.cube((1, 6, 2.8)).translate((70 + 2 * i, 55, 1)) for i in range(8)]


def plate(*more):
    """100 x 80 x 3 mm with fine teeth of 0.8 mm around (78, 58)."""
    solids = [Manifold.cube((100, 80, 3)), *TEETH, *more]
    return from_kernel(Manifold.batch_boolean(solids, OpType.Add))


def stands(piece):
    """A closed solid on z = 0, in the middle."""
    low, high = piece.mesh.vertices.min(axis=0), piece.mesh.vertices.max(axis=0)
    assert low[2] == 0 and abs(low[:2] + high[:2]).max() < 1e-3
    assert is_strict(piece.mesh) and measure(piece.mesh).volume > 0
    return piece


def test_the_sample_is_where_the_details_are():
    piece = stands(sample(plate()))
    assert piece.size == pytest.approx((20, 20, 3.8), abs=1e-3)
    assert piece.lifted == 0
    # all eight teeth, 0.8 mm above the plate
    assert measure(piece.mesh).volume == pytest.approx(20 * 20 * 3 + 8 * 6 * 0.8, abs=0.1)


def test_an_upright_model_is_looked_at_from_where_it_is_thin():
    for model in (standing(plate()), turned(standing(plate()))):
        piece = stands(sample(model))
        assert sorted(piece.size) == pytest.approx((3.8, 20, 20), abs=1e-3)
        assert piece.size[2] == pytest.approx(20)
        assert measure(piece.mesh).volume == pytest.approx(1200 + 38.4, abs=0.1)
        assert 35 < piece.lifted < 55  # the teeth are at 55 to 61 mm


def turned(mesh):
    """By 180 degrees about z: its face is on the other side."""
    return Mesh(mesh.vertices * np.float32((-1, -1, 1)), mesh.faces)


def test_a_tall_wall_or_the_outline_is_no_detail():
    """A block as tall as the sample is wide has more upright surface than the teeth."""
    block = Manifold.cube((30, 30, 18)).translate((5, 5, 0))
    piece = sample(plate(block))
    assert piece.size == pytest.approx((20, 20, 3.8), abs=1e-3)


@pytest.mark.parametrize("size", [(20, 20, 20), (8, 15, 3)])
def test_a_small_model_is_its_own_sample(size):
    piece = stands(sample(box(size, at=(7, 8, 9))))
    assert piece.size == pytest.approx(size) and piece.lifted == 0


def test_of_a_thick_model_the_upper_part_is_taken():
    piece = stands(sample(box((60, 50, 45))))
    assert piece.size == pytest.approx((20, 20, 20), abs=0.02)
    assert piece.lifted == pytest.approx(25, abs=0.02)


def test_no_sliver_is_left_under_a_sample():
    piece = sample(box((60, 50, 21)))
    assert piece.size[2] == pytest.approx(21) and piece.lifted == 0


def test_what_hangs_in_the_air_without_the_rest_is_left_out():
    """A bar over the plate, held far away by two posts."""
    bar = Manifold.cube((100, 4, 4)).translate((0, 60, 12))
    posts = [Manifold.cube((4, 4, 14)).translate((x, 60, 0)) for x in (0, 96)]
    piece = stands(sample(plate(bar, *posts)))
    assert piece.size == pytest.approx((20, 20, 3.8), abs=1e-3)


def test_bodies_that_overlap_are_one():
    """Letters of their own that begin within the plate neither float nor get lost."""
    teeth = [box_corners((1, 6, 2.8), (70 + 2 * i, 55, 1)) for i in range(8)]
    piece = stands(sample(several(box_corners((100, 80, 3)), *teeth)))
    assert piece.size == pytest.approx((20, 20, 3.8), abs=1e-3)
    assert measure(piece.mesh).volume == pytest.approx(1200 + 38.4, abs=0.1)


def test_a_hollow_stays_hollow():
    ball = Manifold.sphere(4, 24).translate((20, 20, 7))
    piece = stands(sample(from_kernel(Manifold.cube((40, 40, 15)) - ball)))
    assert measure(piece.mesh).volume == pytest.approx(6000 - ball.volume(), abs=1)


def test_a_plain_ring_gives_a_piece_of_the_ring_and_not_of_its_hole():
    ring = Manifold.cylinder(3, 50, 50, 96)
    ring -= Manifold.cylinder(9, 30, 30, 96).translate((0, 0, -1))
    piece = stands(sample(from_kernel(ring)))
    assert measure(piece.mesh).volume > 0.7 * SIDE * SIDE * 3


def test_a_model_larger_than_any_printer_takes_no_more_memory():
    assert sample(box((90_000, 60_000, 5))).size == pytest.approx((20, 20, 5), abs=0.1)


@pytest.mark.parametrize("fault", ["open", "inside out"])
def test_what_encloses_nothing_gives_no_sample(fault):
    whole = box((50, 40, 5))
    faces = whole.faces[:-1] if fault == "open" else whole.faces[:, ::-1].copy()
    with pytest.raises(MeshRefused) as caught:
        sample(Mesh(whole.vertices, faces))
    problem = caught.value.problem
    assert problem.code == "mesh.no_sample"
    assert (problem.field, problem.suggest) == ("slicing.test_print", "scaled")


def test_a_smaller_copy():
    piece = stands(scaled(box((60, 40, 10), at=(5, 5, 5)), 25))
    assert piece.size == pytest.approx((15, 10, 2.5)) and piece.scale == 0.25
