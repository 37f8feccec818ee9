"""The file: bodies side by side, upright, complete or not there at all."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import trimesh

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief import ReliefRefused
from octoprint_img2stl.relief.sizes import GAP
from octoprint_img2stl.relief.solid import sdf
from octoprint_img2stl.relief.solid.bend import FLAT, STANDING, Arc, Tube
from octoprint_img2stl.relief.solid.bodies import BodyMesh
from octoprint_img2stl.relief.solid.body import Region
from octoprint_img2stl.relief.write import placed, write_stl
from tests.unit.relief.solid.checking import MACHINE, Solid, check_closed, plate, surface
from tests.unit.sources import ROOT

BED = Machine()


def slab(kind="smooth", rows=90, columns=130, width=100.0, depth=70.0, **changes):
    return plate(surface(kind, rows, columns), width, depth, **changes)


def several():
    """A plate, a standing one, a disc and a tube; of different heights."""
    around = 60.0
    return [
        slab("noise", 40, 60, 60.0, 40.0),
        slab("smooth", 40, 60, 60.0, 40.0, bend=STANDING),
        slab("smooth", 60, 60, 42.0, 42.0, outline=sdf.circle(0, 0, 19)),
        slab("step", 40, 90, around, 30.0, bend=Tube(around), wraps=True),
    ]


##~~ places


@pytest.mark.parametrize("bend", [FLAT, STANDING], ids=["flat", "standing"])
def test_not_mirrored(tmp_path, bend):
    """A high dot in the photo's upper left, a lower one in its lower left."""
    z = np.ones((101, 201), np.float32)
    z[5:15, 5:15], z[85:95, 5:15] = 3, 2
    path = tmp_path / "a.stl"
    write_stl([plate(z, 200.0, 100.0, bend=bend)], path, MACHINE)
    corners = Solid.read(path).corners.reshape(-1, 3)
    if bend is STANDING:
        # Looking along +y with z up, x runs to the right; what is nearest has the least y.
        right, up, near = corners[:, 0], corners[:, 2] - 50, 1.5 - corners[:, 1]
    else:
        # Looking down with y up on the page, x runs to the right.
        right, up, near = corners.T
    for height, low, high in ((3, 35, 46), (2, -46, -34)):
        dot = np.abs(near - height) < 0.01
        assert dot.any()
        assert (
            (right[dot] < -80).all() and (low < up[dot]).all() and (up[dot] < high).all()
        )


def test_one_body_is_in_the_middle_and_on_the_bed(tmp_path):
    """Wherever its bend leaves it."""
    around = 80.0
    for body in (
        slab(),
        slab(v_middle=7.0, bend=STANDING),
        slab(bend=Arc(40.0)),
        slab(columns=65, width=around, bend=Tube(around), wraps=True),
        slab(outline=sdf.circle(-20, 9, 15)),
        slab(lower_regions=(Region(sdf.circle(9, 9, 12), -4.0),)),
    ):
        made = write_stl([body], tmp_path / "a.stl", BED)
        solid = Solid.read(tmp_path / "a.stl")
        low, high = solid.box
        assert abs(low[2]) < 1e-6 and np.abs(low + high)[:2].max() < 1e-4
        assert np.abs(np.array(made.size) - solid.size).max() < 1e-5


def test_bodies_stand_side_by_side(tmp_path):
    made = write_stl(several(), tmp_path / "a.stl", BED, max_error=0.05)
    solid = Solid.read(tmp_path / "a.stl")
    check_closed(solid, holes=1, bodies=4)
    assert made.bodies == 4 and made.triangles == len(solid.faces)
    assert np.abs(np.array(made.size) - solid.size).max() < 1e-5
    low, high = solid.box
    assert np.abs(low + high)[:2].max() < 1e-4 and low[2] == 0
    boxes = [part.box for part in solid.parts()]
    assert len(boxes) == 4
    for place, one in enumerate(boxes):
        # Each is on the bed, and away from the others.
        assert abs(one[0, 2]) < 1e-6
        for other in boxes[:place]:
            apart = np.maximum(one[0] - other[1], other[0] - one[1])[:2]
            assert apart.max() >= GAP - 1e-3


def test_each_body_is_the_same_as_alone(tmp_path):
    """Its place and the others change nothing about it."""
    write_stl(several(), tmp_path / "all.stl", BED, max_error=0.05)
    whole = Solid.read(tmp_path / "all.stl").parts()
    volumes = []
    for body in several():
        write_stl([body], tmp_path / "one.stl", BED, max_error=0.05)
        volumes.append(Solid.read(tmp_path / "one.stl").volume)
    assert np.allclose(sorted(part.volume for part in whole), sorted(volumes), rtol=1e-4)


def test_parts_that_do_not_fit_are_refused(tmp_path):
    small = Machine.from_bed("64x64x64")
    with pytest.raises(ReliefRefused) as caught:
        write_stl(several(), tmp_path / "a.stl", small)
    problem = caught.value.problem
    assert problem.code == "relief.parts_do_not_fit" and problem.field == "relief.width"
    assert "64" in problem.message and list(tmp_path.iterdir()) == []
    write_stl(several()[:1], tmp_path / "a.stl", small)


##~~ what is told


def test_the_error_told_is_the_worst_of_all_bodies(tmp_path):
    bodies = [slab("constant"), slab("smooth")]
    errors = [BodyMesh(body, 0.05).max_error for body in bodies]
    assert errors[0] < errors[1]
    bodies = [slab("constant"), slab("smooth")]
    assert write_stl(bodies, tmp_path / "a.stl", BED, max_error=0.05).max_error == max(
        errors
    )


def test_the_budget_is_for_all_bodies_together(tmp_path):
    bodies = [
        slab("noise", 97, 129, 60.0, 40.0),
        slab("smooth", 97, 129, 60.0, 40.0),
        slab("noise", 33, 33, 20.0, 20.0),
    ]
    for budget, met in ((40_000, True), (12_000, True), (50, False)):
        copies = [plate(body.upper, body.width, body.depth) for body in bodies]
        made = write_stl(copies, tmp_path / "a.stl", BED, max_error=0.01, budget=budget)
        assert made.budget_met is met and (made.triangles <= budget) is met
    assert made.triangles > 50


def test_same_bytes_every_time(tmp_path):
    for name in ("a.stl", "b.stl"):
        write_stl(several(), tmp_path / name, BED)
    assert (tmp_path / "a.stl").read_bytes() == (tmp_path / "b.stl").read_bytes()


def test_each_mesh_can_be_seen(tmp_path):
    seen = []
    bodies = several()
    write_stl(bodies, tmp_path / "a.stl", BED, seen=seen.append)
    assert [mesh.body for mesh in seen] == bodies


def test_the_header_is_no_text(tmp_path):
    write_stl([slab()], tmp_path / "a.stl", BED)
    data = (tmp_path / "a.stl").read_bytes()
    assert not data[:80].lower().startswith(b"solid") and b"millimetres" in data[:80]
    assert len(data) == 84 + 50 * int.from_bytes(data[80:84], "little")


##~~ complete or not at all


class Cancelled(Exception):
    pass


def test_progress_and_cancel(tmp_path):
    shares = []
    path = tmp_path / "a.stl"
    write_stl([slab("noise", 300, 200)], path, BED, progress=shares.append)
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares)
    assert len(shares) > 15
    shares.clear()
    write_stl(several(), path, BED, progress=shares.append)
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares)

    def cancel_at(when):
        def cancel(share):
            if share > when:
                raise Cancelled

        return cancel

    before = path.read_bytes()
    for when in (-1, 0.2, 0.7, 0.98):
        with pytest.raises(Cancelled):
            write_stl(several(), path, BED, max_error=0, progress=cancel_at(when))
        assert [file.name for file in tmp_path.iterdir()] == ["a.stl"]
        assert path.read_bytes() == before


def test_nothing_is_left_of_impossible_heights(tmp_path):
    for z in (np.zeros((5, 5)), np.full((5, 5), np.nan), np.full((5, 5), np.inf)):
        with pytest.raises(ValueError):
            write_stl([slab(), plate(z, 50.0, 50.0)], tmp_path / "a.stl", BED)
    assert list(tmp_path.iterdir()) == []


##~~ triangles in space


def test_placed_leaves_nothing_without_area():
    body = slab("noise", upper_regions=(Region(sdf.circle(3, 4, 22), 2.9),))
    mesh = BodyMesh(body, 0.05)
    raw = sum(len(part.points) for part in mesh.parts())
    corners = np.concatenate([corners for corners, _ in placed(mesh)])
    assert len(corners) <= raw
    check_closed(Solid.of(corners))
    for points, part in placed(mesh):
        assert points.dtype == np.float32 and points.shape == part.points.shape
        assert np.abs(points - part.points).max(initial=0.0) < 1e-5


def test_the_picture_side_is_known():
    body = slab(
        "smooth", bend=STANDING, lower_regions=(Region(sdf.circle(0, 0, 9), 0.4),)
    )
    for corners, part in placed(BodyMesh(body, 0.05)):
        if not len(corners):
            continue
        a, b, c = corners.astype(float).transpose(1, 0, 2)
        to_front = np.cross(b - a, c - a)[:, 1] < -1e-9
        assert to_front.all() if part.is_picture else not to_front.any()


##~~ other programs


def test_trimesh_agrees(tmp_path):
    for bodies in ([slab("binary", 77, 130, bend=STANDING)], several()):
        made = write_stl(bodies, tmp_path / "a.stl", BED)
        mesh = trimesh.load_mesh(tmp_path / "a.stl")
        assert mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0
        assert len(mesh.faces) == made.triangles
        assert np.abs(mesh.extents - made.size).max() < 1e-3


@pytest.mark.parametrize("parts", [1, 4])
def test_prusaslicer_agrees(tmp_path, parts):
    bodies = [slab("noise", 97, 130, bend=STANDING)] if parts == 1 else several()
    made = write_stl(bodies, tmp_path / "plate.stl", BED)
    command = ["/usr/bin/prusa-slicer", "--info", "plate.stl"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    said = dict(
        line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line
    )
    assert said["manifold"] == "yes" and said["number_of_parts"].strip() == str(parts)
    assert int(said["number_of_facets"]) == made.triangles
    assert "open_edges" not in said and float(said["volume"]) > 0
    size = [float(said[f"size_{axis}"]) for axis in "xyz"]
    assert np.abs(np.array(size) - made.size).max() < 1e-3


def test_memory_does_not_grow_with_the_triangles(tmp_path):
    """4 million triangles, 200 MB of STL, in less than 60 MB above the heights' own."""
    script = (
        "import resource, sys, numpy as np\n"
        "from octoprint_img2stl.machine import Machine\n"
        "from octoprint_img2stl.relief.solid.bend import FLAT\n"
        "from octoprint_img2stl.relief.solid.body import Body\n"
        "from octoprint_img2stl.relief.write import write_stl\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "def made(z):\n"
        "    body = Body(len(z) / 16, len(z) / 16, z, FLAT)\n"
        "    return write_stl([body], sys.argv[1], Machine(), max_error=0.05)\n"
        "z = np.random.default_rng(1).random((1409, 1409), dtype=np.float32) + 1\n"
        "made(z[:40, :40].copy()); before = peak()\n"
        "print(made(z).triangles, peak() - before)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.stl")]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    triangles, grown = map(int, done.stdout.split())
    assert triangles > 3_600_000
    assert grown < 60
