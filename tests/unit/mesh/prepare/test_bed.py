"""Copies on the bed, progress, and the order of the table."""

import numpy as np
import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.kernel import to_kernel
from octoprint_img2stl.mesh.prepare import OPERATIONS, as_it_came, copies, prepare
from tests.unit.mesh.prepare.models import (
    assert_strict,
    ball,
    codes,
    settings,
    volume_of,
)
from tests.unit.mesh.shapes import box

MACHINE = Machine.from_bed("220x200x250")
ROUND = Machine(x_min=-60, y_min=-60, x_max=60, y_max=60, height=250, form="circular")


def boxes_of(mesh) -> np.ndarray:
    """(N, 4): x and y of the low and high corner of every body."""
    found = np.array([part.bounding_box() for part in to_kernel(mesh).decompose()])
    return found[:, [0, 1, 3, 4]]


def apart(found: np.ndarray) -> float:
    """Smallest gap between any two boxes."""
    best = np.inf
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            gap = np.maximum(one[:2] - other[2:], other[:2] - one[2:])
            best = min(best, gap.max())
    return best


@pytest.mark.parametrize("count", [2, 3, 7, 12])
def test_copies_stand_apart_in_the_middle(count):
    ready = prepare(box((20, 30, 10)), settings(copies=count, gap=4), MACHINE)
    assert_strict(ready.mesh)
    found = boxes_of(ready.mesh)
    assert len(found) == len(ready.placements) == count
    assert apart(found) == pytest.approx(4, abs=1e-3)
    low, high = found[:, :2].min(axis=0), found[:, 2:].max(axis=0)
    assert np.abs(low + high).max() < 1e-3
    assert (high - low <= (210, 190)).all()
    assert volume_of(ready.mesh) == pytest.approx(count * 6000, rel=1e-5)
    assert ready.size == pytest.approx((20, 30, 10))
    assert len(ready.single.faces) * count == len(ready.mesh.faces)
    assert ready.notes == ()


def test_as_many_as_fit_and_how_many_that_is():
    # 210 x 190 mm: 4 columns of 50 + 3 gaps of 3, 3 rows of 60 + 2 gaps.
    ready = prepare(box((50, 60, 10)), settings(copies=200, gap=3), MACHINE)
    assert len(ready.placements) == 12
    (note,) = ready.notes
    assert (note.code, note.field, note.suggest) == (
        "mesh.fewer_copies",
        "mesh.copies",
        12,
    )


def test_turned_where_more_fit_across():
    # Straight: 1 column, 2 rows; across: 2 columns, 1 row ... of 205 mm: only across.
    ready = prepare(box((80, 205, 10)), settings(copies=2, gap=5), MACHINE)
    assert [turn for _, _, turn in ready.placements] == [90, 90]
    found = boxes_of(ready.mesh)
    assert found[:, 2:] - found[:, :2] == pytest.approx(
        np.array([(205, 80)] * 2), abs=1e-3
    )
    assert_strict(ready.mesh)


def test_copies_stay_on_a_round_bed():
    ready = prepare(box((20, 20, 10)), settings(copies=200, gap=2), ROUND)
    found = boxes_of(ready.mesh)
    corner = np.hypot(*np.abs(found).reshape(-1, 2, 2).max(axis=1).T)
    assert corner.max() <= 55 + 1e-3
    assert len(found) == 15  # rows of 1, 4, 5, 4 and 1
    assert apart(found) >= 2 - 1e-3
    assert codes(ready.notes) == ["mesh.fewer_copies"]


def test_no_gap_still_keeps_bodies_apart():
    ready = prepare(box((20, 20, 10)), settings(copies=4, gap=0), MACHINE)
    assert_strict(ready.mesh)
    assert apart(boxes_of(ready.mesh)) >= MACHINE.line_width - 1e-3


def test_one_too_large_is_left_for_the_checks():
    ready = prepare(box((500, 20, 10)), settings(copies=3), MACHINE)
    assert len(ready.placements) == 1
    assert codes(ready.notes) == ["mesh.fewer_copies"]


def test_copies_have_a_bound_on_triangles(monkeypatch):
    monkeypatch.setattr(copies, "MOST_FACES", 40)
    ready = prepare(box((20, 20, 10)), settings(copies=9), MACHINE)
    assert len(ready.placements) == 3
    assert codes(ready.notes) == ["mesh.copies_too_heavy"]


def test_progress_grows_to_one():
    told = []
    prepare(ball(10), settings(base_cut=1, copies=2), MACHINE, progress=told.append)
    assert told[0] == 0 and told[-1] == 1
    assert told == sorted(told) and len(told) > len(OPERATIONS)


def test_every_operation_with_nothing_chosen_gives_the_same_mesh():
    mesh = ball(10)
    for entry in OPERATIONS:
        assert entry.apply(mesh, settings(), MACHINE).mesh is mesh, entry.name


def test_what_the_turn_is_applied_to():
    mesh = box((10, 20, 30))
    chosen = settings(unit="inch", up="y", mirror="x", turn=(0, 1, 0, 0), size=50)
    came = as_it_came(mesh, chosen, MACHINE)
    assert np.ptp(came.vertices, axis=0) == pytest.approx(
        np.array((10, 30, 20)) * 25.4, rel=1e-6
    )
