"""The coarse mesh for the browser: the same print, quick to send and draw."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief import PRESETS, SHAPES, ReliefRefused, ReliefSettings
from octoprint_img2stl.relief.build import Picture, build_bodies
from octoprint_img2stl.relief.preview import SIDE, coarse, coarse_mesh
from octoprint_img2stl.relief.sizes import canvas_of, grid_of, outer_size
from octoprint_img2stl.relief.write import write_stl
from tests.unit.relief.solid.checking import Solid, check_closed
from tests.unit.relief.solid.photo import sample_grey

MACHINE = Machine()
MOST = 46_000
FLAT_SHAPES = [name for name, shape in SHAPES.items() if shape.bend is None]
LITHOPHANE = ReliefSettings.defaults("lithophane")
RELIEF = ReliefSettings.defaults("relief")


def photo():
    return Picture.of(sample_grey())


def unpacked(found):
    """Vertices (n, 3), faces (m, 3), thickness (n,) or None."""
    mesh = found["mesh"]
    vertices, faces = (
        np.frombuffer(base64.b64decode(mesh[name]), kind).reshape(-1, 3)
        for name, kind in (("vertices", "<f4"), ("faces", "<u4"))
    )
    thickness = mesh.get("thickness")
    if thickness is not None:
        thickness = np.frombuffer(base64.b64decode(thickness), "<f4")
        assert len(thickness) == len(vertices)
    assert faces.max() == len(vertices) - 1 and len(np.unique(faces)) == len(vertices)
    assert len(faces) == found["triangles"]
    return vertices, faces, thickness


def check(settings, pictures, machine=MACHINE):
    """Sound, small, as large as the print.

    Returns:
        what the browser gets, and the mesh as a solid.
    """
    found = coarse_mesh(pictures, settings, machine)
    json.dumps(found)
    vertices, faces, thickness = unpacked(found)
    assert (thickness is not None) == (settings.route == "lithophane")
    solid = Solid.of(vertices[faces])
    assert np.abs(solid.size - found["size"]).max() < 2e-3
    low, high = solid.box
    assert abs(low[2]) < 1e-5 and np.abs(low + high)[:2].max() < 1e-3
    # A stencil's rims may be as long as its photo is rough.
    most = 1.5 * MOST if settings.shape == "stencil" else MOST
    assert 300 < found["triangles"] < most
    assert sum(found["histogram"]) == pytest.approx(1, abs=1e-3)
    return found, solid


@pytest.mark.parametrize("route", ["relief", "lithophane"])
@pytest.mark.parametrize("shape", FLAT_SHAPES)
def test_flat_shapes(shape, route):
    settings = replace(ReliefSettings.defaults(route), shape=shape, width=90.0)
    if shape == "cutter":
        settings = replace(settings, border=0.0)
    _, solid = check(settings, [photo()])
    check_closed(solid, holes=None)
    if not SHAPES[shape].needs_mask:
        told = outer_size(settings, [(451, 300)], MACHINE)
        pitch = 90 / SIDE
        assert np.abs(solid.size - told).max() <= pitch


@pytest.mark.parametrize("shape", ["arc", "cylinder", "dome", "box"])
def test_bent_shapes(shape):
    settings = replace(LITHOPHANE, shape=shape, width=70.0)
    found = coarse_mesh([photo()], settings, MACHINE)
    vertices, faces, thickness = unpacked(found)
    solid = Solid.of(vertices[faces])
    check_closed(solid, holes=1 if shape in ("cylinder", "box") else 0)
    assert found["triangles"] < 60_000
    told = np.array(outer_size(settings, [(451, 300)], MACHINE))
    assert np.abs(solid.size[:2] - told[:2]).max() < 0.02 * 70
    # The picture is on it, as thick as it is on the plate.
    assert thickness.max() == pytest.approx(3.0, abs=1e-4)
    assert (thickness > 0).sum() > 2000


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name):
    settings = ReliefSettings.preset(name)
    try:
        found = coarse_mesh([photo()], settings, MACHINE)
    except ReliefRefused as refused:
        pytest.fail(f"{name}: {refused}")
    vertices, faces, _ = unpacked(found)
    check_closed(Solid.of(vertices[faces]), holes=None)


def test_it_is_the_print_only_coarser(tmp_path):
    settings = replace(RELIEF, border=3.0, shape="rounded", holes="two", text="Cat")
    _, solid = check(settings, [photo()])
    made = build_bodies([photo()], settings, MACHINE)
    write_stl(made.bodies, tmp_path / "a.stl", MACHINE)
    fine = Solid.read(tmp_path / "a.stl")
    assert np.abs(fine.size - solid.size).max() < 100 / SIDE
    assert solid.volume == pytest.approx(fine.volume, rel=0.02)


def test_the_thickness_is_that_of_the_plastic_behind():
    """At each vertex of the picture side, and 0 on walls and back."""
    settings = replace(LITHOPHANE, width=80.0)
    found, _ = check(settings, [photo()])
    vertices, faces, thickness = unpacked(found)
    # Standing: the picture side faces -y, the back is upright at the greatest y.
    behind = vertices[:, 1].max() - vertices[:, 1]
    front = thickness > 0
    assert np.abs(thickness[front] - behind[front]).max() < 1e-4
    assert thickness[front].min() >= 0.8 - 1e-5 and thickness.max() <= 3 + 1e-5
    # A triangle is all picture or not at all.
    assert (front[faces].all(axis=1) == front[faces].any(axis=1)).all()
    a, b, c = vertices[faces].astype(float).transpose(1, 0, 2)
    facing = np.cross(b - a, c - a)[:, 1]
    assert (facing[front[faces].all(axis=1)] < 0).all()
    assert (facing[~front[faces].any(axis=1)] > -1e-6).all()


def test_no_thickness_of_a_relief():
    assert "thickness" not in coarse_mesh([photo()], RELIEF, MACHINE)["mesh"]


def test_several_photos_stand_side_by_side():
    settings = replace(RELIEF, width=40.0)
    found, solid = check(settings, [photo(), photo(), photo()])
    check_closed(solid, bodies=3)
    assert found["size"][:2] == pytest.approx(
        outer_size(settings, [(451, 300)] * 3, MACHINE)[:2], abs=0.4
    )


def test_a_large_plate_has_pockets_and_a_keyhole_too():
    """Walls between pockets and rim may be less than a node of the coarse grid."""
    large = Machine.from_bed("1100x1100x1100")
    for width in (330.0, 600.0, 1000.0):
        for shape in ("plate", "disc", "rounded", "heart"):
            settings = replace(
                RELIEF, shape=shape, width=width, base=6.0, magnets=4, keyhole=True
            )
            _, solid = check(settings, [photo()], large)
            # Where nothing is left of their lip, pockets may be bubbles.
            assert solid.volume > 0
            check_closed(solid, holes=None, bodies=solid.bodies())


def test_coarse_keeps_all_but_the_samples():
    settings = replace(RELIEF, width=80.0, ring=True)
    found = coarse(settings, 1.5, MACHINE, SIDE)
    assert replace(found, samples_per_mm=None) == settings
    canvas = canvas_of(found, 1.5, MACHINE)
    nodes = grid_of(found, canvas, (3000, 2000), MACHINE)
    assert SIDE * 0.8 < max(nodes) <= SIDE * 1.1
    # An owner's own coarser choice is respected.
    assert (
        coarse(replace(settings, samples_per_mm=0.7), 1.5, MACHINE, SIDE).samples_per_mm
        == 0.7
    )


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ReliefRefused):
        coarse_mesh([photo()], replace(RELIEF, border=60.0), MACHINE)
