import json
import subprocess
import sys

import numpy as np
import pytest
import trimesh

from octoprint_img2stl.mesh.footprint import narrowest
from octoprint_img2stl.mesh.measure import measure
from octoprint_img2stl.mesh.model import Mesh, weld
from octoprint_img2stl.mesh.stl import write_stl
from octoprint_img2stl.mesh.topology import connected, edge_facts
from tests.unit.mesh.shapes import box, box_corners, relief, several


def from_trimesh(mesh) -> Mesh:
    return weld(np.ascontiguousarray(mesh.triangles, dtype=np.float32))


def test_the_room_is_light_to_import():
    code = (
        "import sys, octoprint_img2stl.mesh as room; room.MeshRefused; "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'trimesh', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_stl_needs_no_trimesh():
    code = (
        "import sys; from octoprint_img2stl.mesh import load, checks, place; "
        "sys.exit('trimesh' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    "judge",
    [
        trimesh.creation.icosphere(subdivisions=3, radius=7),
        trimesh.creation.torus(20, 5),
        trimesh.creation.annulus(5, 9, 30),
        trimesh.creation.cone(4, 11),
    ],
    ids=["sphere", "torus", "tube", "cone"],
)
def test_against_trimesh(judge):
    judge.apply_translation((500, -300, 20))
    facts = measure(from_trimesh(judge))
    assert facts.volume == pytest.approx(judge.volume, rel=1e-4)
    assert facts.area == pytest.approx(judge.area, rel=1e-4)
    assert facts.size == pytest.approx(judge.extents, rel=1e-4)
    assert (facts.watertight, facts.winding_ok, facts.bodies) == (True, True, 1)


def test_minus_zero_is_zero():
    corners = box_corners()
    corners[::2][corners[::2] == 0] = -0.0
    assert len(weld(corners).vertices) == 8


def test_degenerate_faces_and_their_vertices_are_dropped():
    sliver = np.array([[(50, 0, 0), (50, 0, 0), (60, 0, 0)]], dtype=np.float32)
    mesh = several(box_corners(), sliver)
    assert len(mesh.faces) == 12 and len(mesh.vertices) == 8
    assert measure(mesh).watertight


def test_edges():
    cube = box_corners()
    assert edge_facts(weld(cube)) == edge_facts(box()) and not measure(box()).open_edges
    hole = edge_facts(weld(cube[1:].copy()))
    assert (hole.open, hole.crowded, hole.flipped) == (3, 0, 0)
    flipped = cube.copy()
    flipped[0] = flipped[0, ::-1]
    wrong = edge_facts(weld(flipped))
    assert (wrong.open, wrong.crowded, wrong.flipped) == (0, 0, 3)
    touching = edge_facts(several(cube, box_corners(at=(10, 10, 0))))
    assert (touching.open, touching.crowded, touching.flipped) == (0, 1, 0)
    twice = edge_facts(several(cube, cube[:1]))
    assert twice.open == 3


def test_inward_faces_have_negative_volume():
    assert measure(weld(box_corners()[:, ::-1].copy())).volume == pytest.approx(-1000)


def test_bodies_agree_with_a_slow_search():
    random = np.random.default_rng(7)
    for _ in range(30):
        total = 60
        faces = random.integers(0, total, (random.integers(1, 45), 3))
        parent = list(range(total))

        def root(vertex, parent=parent):
            while parent[vertex] != vertex:
                vertex = parent[vertex]
            return vertex

        for a, b, c in faces.tolist():
            for one, other in ((a, b), (b, c)):
                low, high = sorted((root(one), root(other)))
                parent[high] = low
        assert connected(faces, total).tolist() == [
            root(vertex) for vertex in range(total)
        ]


def test_bodies_of_a_long_strip_in_any_order():
    order = np.random.default_rng(3).permutation(20_000)
    faces = np.stack((order[:-2], order[1:-1], order[2:]), axis=1)
    assert not connected(faces, 20_000).any()


def test_a_large_relief_in_modest_memory(tmp_path):
    """Half a million triangles must fit beside OctoPrint on a machine with 1 GB."""
    code = (
        "import sys, resource\n"
        "from octoprint_img2stl.mesh.checks import run_checks\n"
        "from octoprint_img2stl.mesh.load import load\n"
        "from octoprint_img2stl.machine import Machine\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "facts, problems = run_checks(load(sys.argv[1]), Machine())\n"
        "assert facts.watertight and facts.triangles > 450_000, facts\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    path = tmp_path / "big.stl"
    write_stl(relief(350, 340, 0.2), path)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 120  # MB


def test_huge_and_far_coordinates_are_measured():
    facts = measure(box((1e30, 1e30, 1e30)))
    assert facts.volume == pytest.approx(1e90)
    assert measure(box((1, 1, 1), at=(4096, 4096, 0))).volume == pytest.approx(1)


def test_to_json_is_plain():
    data = json.loads(json.dumps(measure(box()).to_json()))
    assert data["size"] == [10, 10, 10] and data["watertight"] is True


@pytest.mark.parametrize("turn_deg", [0, 0.37, 30, 45, 89.9, 133.3])
def test_narrowest_of_a_turned_plate(turn_deg):
    plate = trimesh.creation.box((100, 0.8, 50))
    plate.apply_transform(
        trimesh.transformations.rotation_matrix(np.radians(turn_deg), (0, 0, 1))
    )
    assert narrowest(from_trimesh(plate)) == pytest.approx(0.8, abs=1e-3)


def test_narrowest_of_a_disc():
    disc = trimesh.creation.cylinder(radius=10, height=1, sections=256)
    assert narrowest(from_trimesh(disc)) == pytest.approx(20, rel=2e-3)
