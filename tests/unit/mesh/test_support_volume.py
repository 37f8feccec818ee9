"""What supports would take, against shapes where that can be worked out by hand.

How it compares with what the slicers really lay is in tests/unit/jobs/test_support_costs.py.
"""

import math

import pytest
from manifold3d import Manifold, OpType

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.checks import Printing, inspect
from octoprint_img2stl.mesh.kernel import from_kernel
from octoprint_img2stl.mesh.layers import Slicer
from octoprint_img2stl.mesh.measure import measure
from octoprint_img2stl.mesh.support_volume import Style, supports

from .shapes import box, relief

SOLID = Style(1.0, 0.0, 0.0, 0.0, 0.0, under_bridges=True)
BRIDGES_ITSELF = Style(1.0, 0.0, 0.0, 0.0, 0.0, under_bridges=False, edge=2.0)


def made(*boxes):
    solids = [Manifold.cube(size).translate(at) for size, at in boxes]
    return from_kernel(Manifold.batch_boolean(solids, OpType.Add))


def tee():
    """Two arms of 25 x 10 mm, 30 mm above the bed."""
    return made(((10, 10, 30), (25, 0, 0)), ((60, 10, 8), (0, 0, 30)))


def shelf():
    """50 x 40 mm, 26 mm above its own foot."""
    back = ((6, 40, 40), (0, 0, 0))
    return made(((60, 40, 4), (0, 0, 0)), back, ((50, 40, 4), (0, 0, 30)))


def bridge():
    """Two posts 40 mm apart, 20 mm high and 12 mm deep."""
    posts = [((5, 12, 20), (x, 0, 0)) for x in (0, 45)]
    return made(*posts, ((50, 12, 3), (0, 0, 20)))


def of(mesh, style=SOLID, layer=0.2):
    return supports(Slicer(mesh), measure(mesh), layer, style)


def test_the_room_under_two_arms():
    found = of(tee())
    room = 2 * 25 * 10 * 30
    assert found.everywhere == pytest.approx(room, rel=0.03)
    assert found.plate == pytest.approx(room, rel=0.03) and found.reached == 1


def test_what_stands_over_the_model_is_not_reached_from_the_bed():
    found = of(shelf())
    assert found.everywhere == pytest.approx(44 * 40 * 26, rel=0.03)
    assert found.plate == 0 and found.reached == 0


def test_a_part_of_both():
    """The foot is half as long as the shelf."""
    mesh = made(
        ((28, 30, 4), (0, 0, 0)), ((8, 30, 30), (0, 0, 0)), ((48, 30, 4), (0, 0, 30))
    )
    found = of(mesh)
    assert found.plate == pytest.approx(20 * 30 * 30, rel=0.03)
    assert found.everywhere == pytest.approx(20 * 30 * 30 + 20 * 30 * 26, rel=0.03)
    assert found.reached == pytest.approx(0.5, abs=0.02)


def test_slopes_of_45_degrees_need_none_and_flatter_ones_do():
    steep = from_kernel(Manifold.cylinder(20, 2, 20, 64))
    assert of(steep).everywhere == 0
    flat = from_kernel(Manifold.cylinder(20, 2, 40, 64))
    cone = math.pi * 20 / 3 * (2 * 2 + 2 * 40 + 40 * 40)
    assert of(flat).everywhere == pytest.approx(math.pi * 40**2 * 20 - cone, rel=0.12)


def test_of_a_bridge_only_what_the_slicer_holds():
    assert of(bridge()).everywhere == pytest.approx(40 * 12 * 20, rel=0.03)
    # its lines run from post to post; no side is free
    assert of(bridge(), BRIDGES_ITSELF).everywhere == 0
    # the arms of a T hang at one end only: a band around, away from the stem
    arms = of(tee(), BRIDGES_ITSELF).everywhere
    assert arms == pytest.approx(2 * (25 * 10 - 23 * 6 - 2 * 4 - 4) * 30, rel=0.12)


def test_what_each_part_of_a_style_adds():
    plain = of(tee()).everywhere
    dense = of(tee(), Style(0.0, 0.0, 0.5, 0.0, 0.0, under_bridges=True)).everywhere
    assert dense == pytest.approx(0.5 * 500, rel=0.03)
    drawn = of(tee(), Style(0.0, 0.4, 0.0, 0.0, 0.0, under_bridges=True)).everywhere
    assert drawn == pytest.approx(0.4 * 2 * 70 * 30, rel=0.03)
    wide = of(tee(), Style(1.0, 0.0, 0.0, 1.5, 0.0, under_bridges=True)).everywhere
    assert wide > 1.3 * plain


# -- whether any are needed ---------------------------------------------------------------


def need(mesh, supports="none", style=SOLID):
    printing = Printing(0.2, 0.2, supports=supports, support_style=style)
    return inspect(mesh, Machine(), printing)


@pytest.mark.parametrize(
    ("mesh", "suggest"),
    [
        (tee(), "plate"),
        (shelf(), "everywhere"),
        (bridge(), "plate"),
        (box((30, 30, 10)), "none"),
        (relief(60, 50, 0.5), "none"),
    ],
    ids=["T", "shelf", "bridge", "box", "relief"],
)
def test_the_least_that_does_is_suggested(mesh, suggest):
    found = need(mesh).supports
    assert found.suggest == suggest and found.needed == (suggest != "none")
    # whatever is chosen already
    assert need(mesh, "everywhere").supports == found
    assert found.plate <= found.everywhere
    assert (found.everywhere > 0) == found.needed


def test_the_finding_tells_the_same_plastic():
    found = need(tee(), "everywhere")
    volume = next(p for p in found.problems if p.code == "mesh.support_volume")
    assert volume.values["plastic"] == round(found.supports.everywhere / 1000, 1)


def test_nobody_asked_and_no_inside():
    assert need(tee(), style=None).supports is None
    mesh = tee()
    holed = type(mesh)(mesh.vertices, mesh.faces[:-1])
    assert need(holed).supports is None
