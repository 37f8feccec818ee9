"""Unit, mirror, turn and size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.kernel import from_kernel
from octoprint_img2stl.mesh.model import Mesh
from octoprint_img2stl.mesh.prepare import flat_on, mirror, prepare, size, turn, unit
from octoprint_img2stl.mesh.prepare import unit_suspicion as suspicion
from octoprint_img2stl.mesh.prepare.step import settled
from octoprint_img2stl.mesh.refused import MeshRefused
from tests.unit.mesh.prepare.models import (
    assert_strict,
    ball,
    block,
    codes,
    rod,
    settings,
    size_of,
    volume_of,
)
from tests.unit.mesh.shapes import box

MACHINE = Machine.from_bed("220x200x250")
ROUND = Machine(x_min=-100, y_min=-100, x_max=100, y_max=100, height=250, form="circular")
QUARTER = np.sqrt(0.5)
NUMBER = st.floats(-1, 1)
TURNS = st.tuples(NUMBER, NUMBER, NUMBER, NUMBER).filter(
    lambda each: sum(part * part for part in each) > 0.01
)


def wedge() -> Mesh:
    """Without any symmetry: 10 x 20 x 30 with a corner that sticks out of (0, 0, 30)."""
    return from_kernel(block(10, 20, 30) + block(3, 2, 1, (0, 0, 29.5)))


@pytest.mark.parametrize(
    "name, factor", [("mm", 1), ("cm", 10), ("m", 1000), ("inch", 25.4)]
)
def test_units_become_millimetres(name, factor):
    made = unit.apply(box((1, 2, 3)), settings(unit=name), MACHINE).mesh
    assert size_of(made) == pytest.approx(np.array((1, 2, 3)) * factor, rel=1e-6)


@pytest.mark.parametrize("up, low, expected", [
    ("z", (0, 0, 7), (0, 0, 7)),
    ("y", (0, 7, 0), (0, 0, 7)),
    ("x", (7, 0, 0), (0, 0, 7)),
])  # fmt: skip
def test_what_was_up_is_up(up, low, expected):
    mesh = from_kernel(block(1, 1, 1, low))
    made = unit.apply(mesh, settings(up=up), MACHINE).mesh
    middle = (made.vertices.min(axis=0) + made.vertices.max(axis=0)) / 2
    assert np.abs(middle - (np.array(expected) + 0.5)).max() < 1.01
    assert middle[2] == pytest.approx(7.5)
    assert volume_of(made) == pytest.approx(1)  # turned, not mirrored


def test_y_up_is_a_turn_about_x_as_for_glb():
    mesh = Mesh(
        np.array([(1, 2, 3), (4, 5, 6), (7, 8, 9)], np.float32), np.array([(0, 1, 2)])
    )
    made = unit.apply(mesh, settings(up="y"), MACHINE).mesh
    assert made.vertices[0].tolist() == [1, -3, 2]


def test_nothing_chosen_keeps_the_very_arrays():
    mesh = box((10, 10, 10), (-5, -5, 0))
    ready = prepare(mesh, settings(), MACHINE)
    assert ready.mesh is mesh and ready.single is mesh
    assert ready.notes == () and ready.deviation is None


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_mirrored_faces_stay_outward(axis):
    mesh = wedge()
    made = mirror.apply(mesh, settings(mirror=axis), MACHINE).mesh
    assert_strict(made)
    at = "xyz".index(axis)
    assert (np.sort(made.vertices[:, at]) == np.sort(-mesh.vertices[:, at])).all()
    again = mirror.apply(made, settings(mirror=axis), MACHINE).mesh
    assert (again.vertices == mesh.vertices).all()


def test_a_quarter_turn_is_exact():
    mesh = box((10, 20, 30), (-5, -10, -15))
    made = turn.apply(mesh, settings(turn=(QUARTER, QUARTER, 0, 0)), MACHINE).mesh
    assert size_of(made).tolist() == [10, 30, 20]


def test_a_turn_about_z_is_counter_clockwise():
    assert turn.matrix((QUARTER, 0, 0, QUARTER)) @ (1, 0, 0) == pytest.approx((0, 1, 0))


@given(TURNS, TURNS)
@budget(max_examples=60, deadline=None)
def test_a_product_turns_by_the_right_one_first(after, before):
    after, before = settings(turn=after).turn, settings(turn=before).turn
    both = turn.matrix(turn.product(after, before))
    assert both == pytest.approx(turn.matrix(after) @ turn.matrix(before), abs=1e-9)


@given(TURNS)
@budget(max_examples=30, deadline=None)
def test_any_turn_keeps_the_body(quaternion):
    mesh = wedge()
    made = turn.apply(mesh, settings(turn=quaternion), MACHINE).mesh
    assert_strict(made)
    assert volume_of(made) == pytest.approx(volume_of(mesh), rel=1e-5)


@pytest.mark.parametrize("normal", [
    (0, 0, -1), (0, 0, 1), (1, 0, 0), (0, -1, 0), (1, 2, 3), (-1, 1e-9, 1), (0, 1e-8, 1),
])  # fmt: skip
def test_a_face_is_laid_flat(normal):
    flat = flat_on(ball(5, 8), normal)
    length = np.linalg.norm(normal)
    down = turn.matrix(flat) @ (np.array(normal) / length)
    # A facet of the ball near the normal may decide instead: within a degree.
    assert down[2] < -np.cos(np.radians(1.01))
    assert np.linalg.norm(flat) == pytest.approx(1)


def test_the_side_decides_not_its_crooked_facet():
    mesh = box((10, 10, 10))
    crooked = (0.012, 0, 1)
    assert turn.matrix(flat_on(mesh, crooked)) @ (0, 0, 1) == pytest.approx((0, 0, -1))


@pytest.mark.parametrize("normal", [(0, 0, 0), (np.nan, 0, 1), (1, 0)])
def test_no_direction_is_refused(normal):
    with pytest.raises(ValueError):
        flat_on(box(), normal)


@pytest.mark.parametrize("by, wanted, expected", [
    ("percent", 50, (5, 10, 15)),
    ("x", 5, (5, 10, 15)),
    ("y", 5, (2.5, 5, 7.5)),
    ("z", 60, (20, 40, 60)),
    ("longest", 3, (1, 2, 3)),
])  # fmt: skip
def test_sizes(by, wanted, expected):
    ready = prepare(box((10, 20, 30)), settings(size_by=by, size=wanted), MACHINE)
    assert ready.size == pytest.approx(expected, rel=1e-6)
    assert ready.mesh.vertices[:, 2].min() == 0
    middle = (ready.mesh.vertices.min(axis=0) + ready.mesh.vertices.max(axis=0)) / 2
    assert np.abs(middle[:2]).max() < 1e-5


@pytest.mark.parametrize("shape, machine, expected", [
    ((10, 10, 1), MACHINE, 190 / 10),  # the depth of 200 mm, 5 mm free on either side
    ((21, 10, 1), MACHINE, 210 / 21),
    ((1, 1, 10), MACHINE, 25),  # the height
    ((30, 40, 1), ROUND, 2 * 95 / 50),  # the diagonal across the round bed
])  # fmt: skip
def test_as_large_as_the_bed_allows(shape, machine, expected):
    ready = prepare(box(shape), settings(size_by="bed"), machine)
    assert ready.size[0] / shape[0] == pytest.approx(expected, rel=1e-4)
    width, depth, height = ready.size
    assert machine.fits(width, depth, height, margin=5 - 1e-3)
    assert codes(ready.notes) == ["mesh.sized_to_bed"]


def test_the_bed_leaves_room_for_the_plinth():
    ready = prepare(
        box((10, 10, 40)), settings(size_by="bed", plinth=5, plinth_margin=10), MACHINE
    )
    assert 248 < ready.size[2] <= 250
    flat = prepare(
        box((10, 10, 1)), settings(size_by="bed", plinth=5, plinth_margin=10), MACHINE
    )
    assert 189.9 < flat.size[1] <= 190


def test_a_flat_mesh_has_no_height_to_give():
    mesh = Mesh(
        np.array([(0, 0, 0), (9, 0, 0), (0, 9, 0)], np.float32), np.array([(0, 1, 2)])
    )
    with pytest.raises(MeshRefused) as refused:
        size.apply(mesh, settings(size_by="z", size=5), MACHINE)
    assert refused.value.code == "mesh.flat"
    assert size_of(size.apply(mesh, settings(size_by="x", size=5), MACHINE).mesh)[0] == 5


def test_points_that_rounding_brings_together_are_mended():
    mesh = ball(3, 96)
    far = mesh.vertices.astype(np.float64) + 2.0**21  # a quarter of a mm is left
    made = settled(far, mesh.faces)
    assert len(made.vertices) < len(mesh.vertices)
    assert_strict(made)
    assert volume_of(
        Mesh(made.vertices - np.float32(2**21), made.faces)
    ) == pytest.approx(volume_of(mesh), rel=0.05)


@pytest.mark.parametrize("shape, expected", [
    ((100, 50, 20), None),
    ((10, 1, 1), None),
    ((2, 1, 1), ("mesh.unit", "inch")),
    ((0.15, 0.1, 0.1), ("mesh.unit", "m")),
    ((0.3, 0.3, 0.3), ("mesh.size", None)),  # no unit makes it fit and be over 10 mm
    ((2000, 300, 10), ("mesh.size", None)),
    ((500, 300, 10), None),  # too big for the bed, but that is for a check
])  # fmt: skip
def test_doubtful_units(shape, expected):
    found = suspicion(box(shape), MACHINE)
    if expected is None:
        assert found is None
    else:
        assert found.field == expected[0]
        assert expected[1] is None or found.suggest == expected[1]
    if found is not None:
        assert str(shape[0])[:3] in found.message


@pytest.mark.parametrize(
    "shape", [(2000, 300, 10), (5000, 9000, 7000), (0.25, 0.25, 0.25)]
)
def test_a_suggested_size_fits(shape):
    found = suspicion(box(shape), MACHINE)
    ready = prepare(box(shape), settings(size=found.suggest), MACHINE)
    assert max(ready.size) >= 10
    assert MACHINE.fits(*ready.size, margin=5)


def test_a_speck_may_fill_the_bed():
    found = suspicion(box((0.001, 0.001, 0.001)), MACHINE)
    assert (found.field, found.suggest) == ("mesh.size_by", "bed")


def test_a_rod_in_metres_is_recognised_standing():
    found = suspicion(from_kernel(rod(0.02, 0.2)), MACHINE)
    assert (found.field, found.suggest) == ("mesh.unit", "m")
