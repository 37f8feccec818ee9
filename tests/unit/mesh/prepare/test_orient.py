"""Orientations: found, ranked, never worse, and not forced on what stands."""

import numpy as np
import pytest
from manifold3d import Manifold

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.kernel import from_kernel, to_kernel
from octoprint_img2stl.mesh.model import Mesh
from octoprint_img2stl.mesh.prepare import orientations, proposed, stands, turn
from octoprint_img2stl.mesh.prepare.support import layers
from octoprint_img2stl.mesh.settings import UPRIGHT
from tests.unit.mesh.prepare.models import (
    ball,
    block,
    bumpy,
    mushroom,
    open_box,
    rod,
    settings,
)
from tests.unit.mesh.shapes import box

MACHINE = Machine()
HALF = (0.0, 1.0, 0.0, 0.0)  # half a turn about x


def turned(mesh: Mesh, quaternion) -> Mesh:
    return turn.apply(mesh, settings(turn=quaternion), MACHINE).mesh


def truth(mesh: Mesh) -> float:
    """Support by brute force: fine slices, straight down to the bed."""
    solid = to_kernel(mesh)
    low, high = solid.bounding_box()[2], solid.bounding_box()[5]
    steps = 150
    step = (high - low) / steps
    sections = [solid.slice(low + (each + 0.5) * step) for each in range(steps)]
    total, held = 0.0, sections[0] - sections[0]
    for below, above in zip(sections[-2::-1], sections[:0:-1], strict=True):
        held = (held + (above - below.offset(step))) - below
        total += held.area() * step
    return total


def test_layers_measure_a_table():
    table = block(40, 40, 4, (0, 0, 20)) + block(10, 10, 21)
    found, contact = layers(table)
    assert found == pytest.approx((1600 - 100) * 20, rel=0.06)
    assert contact == pytest.approx(100, rel=1e-3)


def test_layers_let_45_degrees_pass_and_see_a_shelf_inside():
    cone = rod(5, 20, top=24.9)
    assert layers(cone)[0] < 0.02 * cone.volume()
    assert layers(rod(5, 10, top=25))[0] > 0.1 * rod(5, 10, top=25).volume()
    shelf = block(20, 20, 40) - block(15, 30, 20, (5, -5, 10))
    assert layers(shelf)[0] == pytest.approx(15 * 20 * 20, rel=0.1)


def test_a_mushroom_is_laid_on_its_cap():
    found = orientations(mushroom(), MACHINE)
    down = turn.matrix(found[0].turn) @ (0, 0, 1)
    assert down == pytest.approx((0, 0, -1), abs=1e-6)
    assert found[0].support_volume < 1
    assert found[0].contact_area == pytest.approx(np.pi * 25**2, rel=0.02)
    assert found[0].height == pytest.approx(45, abs=0.01)


def test_turns_are_what_they_say():
    mesh = mushroom()
    for each in orientations(mesh, MACHINE):
        made = turned(mesh, each.turn)
        assert np.ptp(made.vertices[:, 2]) == pytest.approx(each.height, rel=1e-4)
        assert layers(to_kernel(made))[0] == pytest.approx(
            each.support_volume, rel=0.05, abs=20
        )


@pytest.mark.parametrize("model", [
    mushroom(), box((10, 20, 30)), ball(10), bumpy(3_000, wave=0.3), open_box(),
    from_kernel(block(5, 5, 60) + block(30, 5, 5, (0, 0, 30)) + rod(2, 20, (25, 2.5, 31))),
    from_kernel(Manifold.tetrahedron().scale((20, 20, 20))),
])  # fmt: skip
@pytest.mark.parametrize("present", [UPRIGHT, HALF, (0.9, 0.1, 0.4, 0.1)])
def test_the_present_one_is_there_and_nothing_worse_is_before_it(model, present):
    present = settings(turn=present).turn
    found = orientations(model, MACHINE, present)
    current = [each for each in found if each.current]
    assert len(current) == 1 and current[0].turn == present
    before = found[: found.index(current[0])]
    for each in before:
        assert each.score < current[0].score
        assert each.support_volume <= current[0].support_volume + 1e-6
    assert [each.score for each in before] == sorted(each.score for each in before)


def test_what_is_found_needs_less_by_brute_force():
    arm = block(8, 8, 50) + block(40, 8, 8, (0, 0, 21))
    mesh = turned(from_kernel(arm), (0.8, 0.5, 0.2, 0.1))
    best = orientations(mesh, MACHINE)[0]
    assert truth(turned(mesh, best.turn)) < 0.25 * truth(mesh)


def test_one_that_does_not_fit_comes_after_the_present_one():
    # Upside down and lying need less support, but only standing fits this printer.
    tall = from_kernel(rod(4, 200) + rod(30, 5, (0, 0, 199)))
    narrow = Machine.from_bed("80x80x210")
    for each in orientations(tall, narrow):
        if each.current:
            break
        size = np.ptp(turned(tall, each.turn).vertices, axis=0)
        assert narrow.fits(*size.tolist())


def figurine() -> Mesh:
    """Stands on a round base, leaning a little, with an arm held out."""
    made = rod(15, 3) + rod(6, 40, (2, 0, 2)) + block(25, 5, 5, (0, 0, 30))
    return from_kernel(made)


def test_a_figurine_on_its_base_is_offered_others_and_keeps_its_own():
    assert stands(figurine(), MACHINE)
    assert proposed(figurine(), MACHINE).turn == UPRIGHT
    assert len(orientations(figurine(), MACHINE)) > 3


def test_what_does_not_stand_is_turned():
    assert not stands(mushroom(), MACHINE)  # on its stem: next to nothing for its size
    assert not stands(ball(20), MACHINE)
    assert not stands(open_box(), MACHINE)
    lying = turned(figurine(), (0.92, 0.38, 0, 0))
    assert not stands(lying, MACHINE)
    overhanging = from_kernel(block(10, 10, 5) + block(60, 10, 5, (0, 0, 4)))
    assert not stands(overhanging, MACHINE)  # flat below, but it falls over
    assert proposed(mushroom(), MACHINE).turn != UPRIGHT


def test_a_flat_mesh_keeps_what_it_has():
    flat = Mesh(
        np.array([(0, 0, 0), (9, 0, 0), (0, 9, 0)], np.float32), np.array([(0, 1, 2)])
    )
    (only,) = orientations(flat, MACHINE)
    assert only.current and only.turn == UPRIGHT
