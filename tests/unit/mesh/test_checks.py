import numpy as np
import pytest
import trimesh

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.mesh.checks import CHECKS, Printing, inspect, run_checks
from octoprint_img2stl.mesh.model import weld
from tests.unit.mesh.shapes import box, box_corners, relief, several, standing

MACHINE = Machine()
ROUND = Machine(x_min=-60, y_min=-60, x_max=60, y_max=60, height=200, form=CIRCULAR)


def from_trimesh(mesh):
    return weld(np.ascontiguousarray(mesh.triangles, dtype=np.float32))


def problems(mesh, machine=MACHINE) -> dict:
    _, found = run_checks(mesh, machine)
    for problem in found:
        assert problem.message and "%(" not in problem.message
        assert problem.to_json()["code"] == problem.code
    codes = [problem.code for problem in found]
    assert len(set(codes)) == len(codes)
    return {problem.code: problem for problem in found}


def test_the_registry_holds_every_file():
    from pathlib import Path

    import octoprint_img2stl.mesh.checks as room

    files = {path.stem for path in Path(room.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(CHECKS) == files


def test_a_good_relief_is_good():
    assert problems(relief(100, 80, 0.4)) == {}


def test_a_good_lithophane_is_only_told_of_its_brim():
    plate = standing(relief(160, 140, 0.25, base=0.8, height=2.2))
    found = problems(plate)
    assert list(found) == ["mesh.tips_over"]
    assert found["mesh.tips_over"].severity == "warning"
    assert found["mesh.tips_over"].field == "slicing.brim"
    assert found["mesh.tips_over"].suggest == 5.0


def test_gravest_first():
    mesh = several(box_corners((300, 300, 1)), box_corners((5, 5, 5), at=(0, 0, 50)))
    _, found = run_checks(mesh, MACHINE)
    assert [problem.code for problem in found][:2] == [
        "mesh.too_big_for_bed",
        "mesh.loose_parts",
    ]


def corners_of(case: str) -> np.ndarray:
    cube = box_corners((20, 20, 20))
    if case == "hole":
        return cube[1:].copy()
    if case == "flipped face":
        cube[0] = cube[0, ::-1].copy()
    if case == "inside out":
        return cube[:, ::-1].copy()
    if case == "touching":
        return np.concatenate((cube, box_corners((20, 20, 20), at=(20, 20, 0))))
    return cube


@pytest.mark.parametrize(
    ("case", "code", "severity"),
    [
        ("hole", "mesh.open_edges", "error"),
        ("flipped face", "mesh.winding", "error"),
        ("inside out", "mesh.inside_out", "error"),
        ("touching", "mesh.touching_edges", "warning"),
    ],
)
def test_solid(case, code, severity):
    found = problems(weld(corners_of(case)))
    assert found[code].severity == severity
    solid = {"mesh.open_edges", "mesh.winding", "mesh.inside_out", "mesh.no_volume"}
    assert set(found) & solid == {code} & solid


def test_a_sheet_has_no_volume():
    sheet = np.array([[(0, 0, 0), (30, 0, 0), (0, 30, 30)]], dtype=np.float32)
    found = problems(several(sheet, sheet[:, ::-1]))
    assert found["mesh.no_volume"].severity == "error" and "mesh.inside_out" not in found


@pytest.mark.parametrize(
    ("machine", "size", "code"),
    [
        (MACHINE, (220, 220, 250), None),
        (MACHINE, (221, 20, 20), "mesh.too_big_for_bed"),
        (MACHINE, (20, 500, 20), "mesh.too_big_for_bed"),
        (MACHINE, (20, 20, 251), "mesh.too_tall"),
        (MACHINE, (300, 20, 600), "mesh.too_big_for_bed"),
        (ROUND, (84, 84, 20), None),
        (ROUND, (86, 86, 20), "mesh.too_big_for_bed"),
        (ROUND, (20, 20, 201), "mesh.too_tall"),
    ],
)
def test_bed(machine, size, code):
    found = problems(box(size, at=(1000, 1000, -7)), machine)
    hits = set(found) & {"mesh.too_big_for_bed", "mesh.too_tall"}
    assert hits == ({code} if code else set())
    if code:
        scale = found[code].suggest / 100
        assert found[code].field == "mesh.size" and found[code].severity == "error"
        assert machine.fits(*(side * scale for side in size))
        assert not machine.fits(*(side * (scale + 0.002) for side in size))


def test_bed_for_something_absurd():
    assert problems(box((1e30, 1e30, 1e30)))["mesh.too_big_for_bed"].suggest is None


@pytest.mark.parametrize(
    ("size", "severity", "suggest"),
    [
        ((0.1, 0.08, 0.05), "error", ("mesh.unit", "m")),
        ((1.9, 1, 1), "error", ("mesh.unit", "inch")),
        ((8, 8, 8), "warning", ("mesh.unit", "inch")),
        ((0.001, 0.001, 0.001), "error", ("mesh.size", None)),
        ((0.005, 0.1, 0.1), "error", ("mesh.unit", "m")),
        ((10, 1, 1), None, None),
    ],
)
def test_units(size, severity, suggest):
    found = problems(box(size)).get("mesh.tiny")
    assert (found.severity if found else None) == severity
    assert found is None or (found.field, found.suggest) == suggest


@pytest.mark.parametrize(
    ("size", "code", "severity"),
    [
        ((50, 50, 0.1), "mesh.too_flat", "error"),
        ((50, 50, 0.3), "mesh.too_flat", "warning"),
        ((50, 50, 0.4), None, None),
        ((50, 0.4, 15), "mesh.thin", "error"),
        ((50, 0.8, 15), "mesh.thin", "warning"),
        ((50, 0.9, 15), None, None),
    ],
)
def test_thin(size, code, severity):
    found = problems(box(size))
    assert set(found) & {"mesh.thin", "mesh.too_flat"} == ({code} if code else set())
    assert code is None or found[code].severity == severity


def test_thin_follows_the_nozzle():
    assert "mesh.thin" in problems(box((50, 1.5, 15)), Machine(nozzle=0.8))
    assert "mesh.thin" not in problems(box((50, 1.5, 15)), Machine(nozzle=0.4))


@pytest.mark.parametrize(
    ("at", "count"),
    [
        ((50, 0, 30), 1),  # beside and above
        ((0, 0, 30), 1),  # straight above
        ((50, 0, 0), 0),  # beside, on the bed
        ((5, 5, 5), 0),  # overlapping
        ((0, 0, 20), 0),  # standing on it
    ],
)
def test_loose_parts(at, count):
    mesh = several(box_corners((20, 20, 20)), box_corners((9, 9, 9), at=at))
    found = problems(mesh).get("mesh.loose_parts")
    assert (found.values["count"] if found else 0) == count


def test_a_torn_surface_is_not_taken_for_loose_parts():
    scrap = box_corners((9, 9, 9), at=(50, 0, 30))[:2]
    found = problems(several(box_corners((20, 20, 20)), scrap))
    assert "mesh.open_edges" in found and "mesh.loose_parts" not in found


def test_a_sealed_cavity_is_neither_a_loose_part_nor_inside_out():
    cavity = box_corners((5, 5, 5), at=(7, 7, 7))[:, ::-1]
    found = problems(several(box_corners((20, 20, 20)), cavity))
    assert "mesh.loose_parts" not in found and "mesh.inside_out" not in found


def test_contact():
    ball = trimesh.creation.icosphere(subdivisions=4, radius=20)
    found = problems(from_trimesh(ball))
    assert found["mesh.small_contact"].values["area"] < 25
    cone = trimesh.creation.cone(10, 18)
    assert "mesh.small_contact" not in problems(from_trimesh(cone))
    cone.apply_transform(trimesh.transformations.rotation_matrix(np.pi, (1, 0, 0)))
    assert problems(from_trimesh(cone))["mesh.small_contact"].values["area"] == 0


@pytest.mark.parametrize(
    ("size", "warned"),
    [
        ((100, 3, 75), True),
        ((100, 3, 29), False),
        ((8, 8, 90), True),
        ((1, 1, 15), False),
        ((100, 100, 200), False),
    ],
)
def test_tips_over(size, warned):
    assert ("mesh.tips_over" in problems(box(size))) is warned


def table(leg: float = 20.0):
    """A plate of 60 x 60 on one block: its underside hangs in the air all round."""
    return several(
        box_corners((20, 20, leg), at=(20, 20, 0)),
        box_corners((60, 60, 5), at=(0, 0, leg)),
    )


def test_overhang_of_a_table():
    found = problems(table())["mesh.overhang"]
    assert found.severity == "warning" and found.field == "slicing.supports"
    assert (
        found.values["area"] == 3600
    )  # the plate's whole underside; bodies are not united


def wedge(run: float, rise: float):
    """A prism whose underside leans out by `run` over `rise`, 40 mm deep."""
    outline = [(0, 0), (20, 0), (20 + run, rise), (0, rise)]
    points = np.array([(x, y, z) for y in (0, 40) for x, z in outline], dtype=np.float32)
    faces = [
        (0, 1, 2), (0, 2, 3), (4, 6, 5), (4, 7, 6), (0, 5, 1), (0, 4, 5),
        (1, 6, 2), (1, 5, 6), (2, 7, 3), (2, 6, 7), (3, 4, 0), (3, 7, 4),
    ]  # fmt: skip
    return weld(points[faces])


def test_overhang_begins_beyond_45_degrees():
    assert set(problems(wedge(20, 20))) == set()
    found = problems(wedge(21, 20))["mesh.overhang"]
    assert found.values["area"] == round(40 * (21**2 + 20**2) ** 0.5)


def test_short_ledges_are_no_overhang():
    plate = box_corners((60, 60, 5))
    for reach, told in ((2.0, False), (6.0, True)):
        ledge = box_corners((reach, 60, 5), at=(60, 0, 20))
        post = box_corners((10, 60, 25), at=(50, 0, 0))
        found = problems(several(plate, post, ledge))
        assert ("mesh.overhang" in found) is told


def test_lying_on_the_bed_is_no_overhang():
    assert problems(box((100, 100, 30), at=(0, 0, 500))) == {}


def test_a_flat_cut_is_proposed_with_what_it_gains():
    ball = trimesh.creation.icosphere(subdivisions=5, radius=20)
    found = problems(from_trimesh(ball))["mesh.small_contact"]
    assert (found.field, found.suggest) == ("mesh.base_cut", 0.3)
    # A cap cut off a ball at depth d has pi (2 r d - d^2).
    assert found.values["then"] == pytest.approx(np.pi * (40 * 0.3 - 0.09), rel=0.02)
    spike = trimesh.creation.cone(3, 40)
    spike.apply_transform(trimesh.transformations.rotation_matrix(np.pi, (1, 0, 0)))
    told = problems(from_trimesh(spike))["mesh.small_contact"]
    assert told.values.get("then", 0) < 5


def test_no_room_for_the_brim_or_the_skirt():
    mesh = box((214, 100, 10))
    found = {
        (finding.problem.code, finding.problem.field, finding.problem.suggest)
        for printing in (Printing(brim=5), Printing(brim=3), Printing(skirt=4))
        for finding in inspect(mesh, MACHINE, printing).findings
    }
    assert found == {
        ("mesh.no_room_for_brim", "slicing.brim", 3.0),
        ("mesh.no_room_for_skirt", None, None),
    }


def test_falls_over_when_its_weight_is_beside_its_foot():
    crane = several(box_corners((12, 12, 40)), box_corners((80, 12, 20), at=(0, 0, 40)))
    assert "mesh.falls_over" in problems(crane)
    tower = several(
        box_corners((12, 12, 40)), box_corners((32, 32, 5), at=(-10, -10, 40))
    )
    assert "mesh.falls_over" not in problems(tower)


def test_support_volume_is_the_room_below():
    found = problems(table(20))["mesh.support_volume"]
    # Under 60 x 60 mm, without the block of 20 x 20 that ends at its underside.
    assert found.values["volume"] == pytest.approx((3600 - 400) * 20 / 1000, rel=0.05)


def test_sealed_hollows_are_counted():
    cavity = box_corners((5, 5, 5), at=(7, 7, 7))[:, ::-1]
    found = problems(several(box_corners((20, 20, 20)), cavity))["mesh.cavities"]
    assert (found.severity, found.field, found.suggest) == (
        "info",
        "mesh.cavities",
        "fill",
    )
    assert found.values == {"count": 1, "volume": pytest.approx(0.125, abs=0.01)}
