"""What the 3D view gets: few triangles, and problems no larger than they are."""

import base64

import numpy as np
import pytest
from PIL import Image

from octoprint_img2stl.jobs import mesh_views
from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.checks import inspect
from octoprint_img2stl.mesh.kernel import from_kernel, to_kernel

from . import shapes

# a plate with a wall thinner than a line standing on it, one body
PLATE = from_kernel(
    to_kernel(shapes.mesh(shapes.box((60.0, 60.0, 4.0))))
    + to_kernel(shapes.mesh(shapes.box((0.3, 20.0, 15.0), (30.0, 20.0, 3.5))))
)


def viewed(mesh, findings):
    view = mesh_views.view(mesh, findings)
    read = {
        name: np.frombuffer(base64.b64decode(text), kind)
        for (name, text), kind in zip(view.items(), ("<f4", "<u4", "<u4"), strict=True)
    }
    return (
        read["vertices"].reshape(-1, 3),
        read["faces"].reshape(-1, 3),
        read["flags"],
    )


def area(vertices, faces):
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_a_small_problem_on_large_faces_is_shown_small():
    findings = inspect(PLATE, Machine()).findings
    (thin,) = [each for each in mesh_views.findings_json(PLATE, findings)
               if each["code"].startswith("mesh.thin")]  # fmt: skip
    vertices, faces, flags = viewed(PLATE, findings)
    marked = faces[(flags >> np.uint32(thin["bit"])) & 1 == 1]
    assert area(vertices, faces) == pytest.approx(area(PLATE.vertices, PLATE.faces), 1e-5)
    # the wall's two sides, not the plate's top of 3600 mm2
    assert 2 * 20 * 12 < area(vertices, marked) < 2 * 20 * 15 + 250
    assert abs(vertices[marked].mean(axis=1)[:, 0] - 30).max() < 5
    assert thin["target"]["centre"][0] == pytest.approx(30, abs=1)


def test_a_large_mesh_is_made_coarser_and_keeps_its_marks(monkeypatch):
    fine = from_kernel(to_kernel(PLATE).refine_to_length(1.5))
    monkeypatch.setattr(mesh_views, "MOST_VIEWED", 2000)
    assert len(fine.faces) > 2000
    findings = inspect(fine, Machine()).findings
    vertices, faces, flags = viewed(fine, findings)
    assert len(flags) == len(faces) < len(fine.faces)
    assert np.ptp(vertices, axis=0) == pytest.approx([60, 60, 18.5], abs=0.1)
    (thin,) = [each for each in mesh_views.findings_json(fine, findings)
               if each["code"].startswith("mesh.thin")]  # fmt: skip
    assert ((flags >> np.uint32(thin["bit"])) & 1).any()


def test_without_problems_nothing_is_cut_or_marked():
    cube = shapes.mesh(shapes.box())
    vertices, faces, flags = viewed(cube, [])
    assert len(vertices) == 8 and len(faces) == 12 and not flags.any()


def test_a_picture_of_the_problems(tmp_path):
    path = tmp_path / "problems.png"
    mesh_views.draw_findings(PLATE, inspect(PLATE, Machine()).findings, path)
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    orange = (pixels[..., 0] - pixels[..., 2] > 80).mean()
    grey = (abs(pixels[..., 0] - pixels[..., 2]) < 20).mean()
    assert 0.005 < orange < 0.2 < grey
