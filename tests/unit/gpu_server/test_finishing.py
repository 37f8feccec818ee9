"""From what a model gives to what can be printed."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from img2stl_gpu_server.backends import RawMesh
from img2stl_gpu_server.finishing import Finished, finish, reduced, thinned
from img2stl_gpu_server.order import Order
from img2stl_gpu_server.refused import Cancelled, Refused
from img2stl_gpu_server.watch import Watch
from octoprint_img2stl.mesh.kernel import is_strict
from octoprint_img2stl.mesh.measure import measure
from octoprint_img2stl.mesh.model import Mesh, weld


def ball(radius: float = 1.0, fine: int = 4, at=(0, 0, 0)) -> trimesh.Trimesh:
    made = trimesh.creation.icosphere(fine, radius)
    made.apply_translation(at)
    return made


def both(*meshes: trimesh.Trimesh) -> trimesh.Trimesh:
    return trimesh.util.concatenate(meshes)


def finished(made: trimesh.Trimesh, up: str = "y", **order) -> Finished:
    raw = RawMesh(np.asarray(made.vertices, np.float32), np.asarray(made.faces), up)
    return finish(raw, Order(**order), Watch(), solid=False, own_size=False)


def volume(mesh: Mesh) -> float:
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).volume


def test_it_stands_on_the_bed_in_the_size_that_was_asked_for():
    pear = both(ball(1.0))
    pear.vertices[:, 1] *= 1.5  # y is up
    pear.apply_translation((7, -3, 40))
    mesh = finished(pear, size=60).mesh
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx([40, 40, 60], rel=1e-3)
    assert mesh.vertices[:, 2].min() == pytest.approx(0, abs=1e-4)
    middle = (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0)) / 2
    assert middle[:2] == pytest.approx([0, 0], abs=1e-3)
    assert volume(mesh) > 0 and is_strict(mesh)


def test_what_looks_to_us_in_gltf_looks_to_us_here():
    nosy = both(ball())
    nosy.vertices[nosy.vertices[:, 2] > 0.99, 2] += 1  # glTF's front is +z
    x, y, _ = finished(nosy).mesh.vertices.T
    widest = y[np.abs(x).argmax()]
    assert (widest - y.min()) / (y.max() - widest) == pytest.approx(2, rel=0.05)


def test_crumbs_are_dropped_and_the_rest_gets_their_room():
    crumbs = [ball(0.03, 1, at) for at in ((0, 3, 0), (1, 2.5, 0), (0, 1.5, 0.5))]
    done = finished(both(ball(), *crumbs), size=80)
    assert np.ptp(done.mesh.vertices, axis=0) == pytest.approx([80, 80, 80], rel=1e-3)
    assert volume(done.mesh) == pytest.approx(4 / 3 * np.pi * 40**3, rel=0.01)
    assert any("3" in note for note in done.notes)


def test_a_double_skin_becomes_solid():
    """As some models leave it: watertight, and nearly empty inside."""
    inner = ball(0.97)
    inner.invert()
    pinholes = both(ball(1.0), inner)
    pinholes.update_faces(np.arange(len(pinholes.faces)) % 997 != 0)
    done = finished(pinholes)
    assert is_strict(done.mesh)
    assert volume(done.mesh) == pytest.approx(4 / 3 * np.pi * 40**3, rel=0.1)


def test_holes_are_closed():
    torn = ball()
    torn.update_faces(torn.triangles_center[:, 1] < 0.9)
    mesh = finished(torn).mesh
    assert is_strict(mesh) and volume(mesh) > 0


def test_inside_out_is_turned():
    wrong = ball()
    wrong.invert()
    assert volume(finished(wrong).mesh) > 0


def test_as_many_faces_as_were_asked_for():
    done = finished(ball(fine=5), max_faces=3000)
    assert 1500 < len(done.mesh.faces) <= 3000
    assert is_strict(done.mesh)
    assert volume(done.mesh) == pytest.approx(4 / 3 * np.pi * 40**3, rel=0.01)
    assert measure(done.mesh)


def test_a_solid_is_reduced_to_what_it_can_be():
    made = ball(fine=4)
    mesh = weld(np.asarray(made.triangles, np.float32))
    for most in (2000, 500, 200):
        less = reduced(mesh, most)
        assert len(less.faces) <= most and is_strict(less)
    assert 4 < len(reduced(mesh, 4).faces) < 300  # with 4 it would be no ball any more


def test_what_is_no_solid_is_thinned_only():
    made = ball(fine=5)
    made.update_faces(made.triangles_center[:, 1] < 0.9)
    mesh = weld(np.asarray(made.triangles, np.float32))
    assert reduced(mesh, 100) is mesh
    assert len(thinned(mesh, 5000).faces) < len(mesh.faces)


@pytest.mark.parametrize(
    "points, faces",
    [
        (np.zeros((0, 3)), np.zeros((0, 3), int)),
        (np.zeros((3, 3)), [[0, 1, 2]]),
        (np.eye(3), [[0, 1, 1]]),
    ],
)
def test_nothing_solid_is_refused(points, faces):
    raw = RawMesh(np.asarray(points, np.float32), np.asarray(faces, np.int32))
    with pytest.raises(Refused) as refused:
        finish(raw, Order(), Watch(), solid=False, own_size=False)
    assert refused.value.kind == "remote"


def test_it_can_be_stopped():
    watch = Watch()
    watch.cancelled.set()
    raw = RawMesh(*(np.asarray(each) for each in (ball().vertices, ball().faces)))
    with pytest.raises(Cancelled):
        finish(raw, Order(), watch, solid=False, own_size=False)
