"""The server as it starts without a word: outlines become solids, on any machine."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image, ImageDraw

from octoprint_img2stl.mesh.kernel import is_strict
from octoprint_img2stl.mesh.load import load_any
from octoprint_img2stl.mesh.model import Mesh
from tests.unit.gpu_server.serving import Running, disc, encoded, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("silhouette")) as made:
        yield made


def bar(side: int, wide: float, high: float) -> str:
    """A bar of these shares of the picture, cut out."""
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    x, y = side * wide / 2, side * high / 2
    box = (side / 2 - x, side / 2 - y, side / 2 + x, side / 2 + y)
    ImageDraw.Draw(image).rectangle(box, (40, 90, 160, 255))
    return encoded(image)


def made(server: Running, **order) -> Mesh:
    uid = server.send(**order)
    told = server.ended(uid)
    assert told["status"] == "completed", told
    assert "no reconstruction" in told["message"]  # it says so honestly
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.3mf"
        path.write_bytes(server.get(f"/result/{uid}?type=3mf").content)
        return load_any(path).mesh


def test_it_needs_neither_card_nor_weights(server: Running):
    found = server.get("/capabilities").json()
    assert found["backend"]["name"] == "silhouette"
    assert found["views"]["max"] == 5 and found["seed"] is False


@pytest.mark.parametrize(
    "image", [disc(200), disc(200, alpha=False)], ids=["cut", "plain"]
)
def test_one_photo_becomes_a_rounded_solid(server: Running, image):
    mesh = made(server, images={"front": encoded(image)}, detail="draft", size=60)
    assert is_strict(mesh)
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx([60, 60, 60], rel=0.03)


def test_its_thickness_and_its_back(server: Running):
    order = {"detail": "draft", "size": 60, "thickness": 10}
    round_ = made(server, images={"front": encoded(disc(200))}, **order)
    assert np.ptp(round_.vertices[:, 1]) == pytest.approx(10, rel=0.05)
    flat = made(server, images={"front": encoded(disc(200))}, back="flat", **order)
    assert np.ptp(flat.vertices[:, 2]) == pytest.approx(10, rel=0.1)  # lies on its back


def test_three_sides_carve_a_block(server: Running):
    images = {
        "front": bar(200, 0.5, 0.8),
        "left": bar(200, 0.3, 0.8),
        "top": bar(200, 0.5, 0.3),
    }
    mesh = made(server, images=images, detail="draft", size=80)
    assert is_strict(mesh)
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx([50, 30, 80], rel=0.06)


def test_an_old_clients_glb_is_readable_by_others(server: Running):
    answer = server.post(
        "/generate", {"image": encoded(disc(200)), "octree_resolution": 64}
    )
    scene = trimesh.load(io.BytesIO(answer.content), file_type="glb")
    assert scene.extents.max() == pytest.approx(2, rel=0.01)
    assert next(iter(scene.geometry.values())).is_watertight


def test_photos_in_which_there_is_nothing(server: Running):
    blank = encoded(Image.new("RGB", (200, 200), "white"))
    told = server.ended(server.send(images={"front": blank}))
    assert told["status"] == "error" and told["error_kind"] == "input"
    assert "front" in told["message"] and "background" in told["message"]
    clear = encoded(Image.new("RGBA", (200, 200), (0, 0, 0, 0)))
    told = server.ended(server.send(images={"front": clear}))
    assert told["status"] == "error" and told["error_kind"] == "input"
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    told = server.ended(server.send(images={"front": encoded(Image.fromarray(noise))}))
    assert told["error_kind"] == "input" and "not plain" in told["message"]


def test_views_that_contradict_each_other(server: Running):
    images = {"front": bar(200, 0.9, 0.05), "top": bar(200, 0.02, 0.9)}
    told = server.ended(server.send(images=images, detail="draft"))
    assert told["status"] in ("completed", "error")
    assert told["message"]


def test_a_role_it_cannot_use(server: Running):
    images = {"front": bar(200, 0.5, 0.5), "other": bar(200, 0.5, 0.5)}
    answer = server.post("/send", {"api": 1, "images": images})
    assert answer.status_code == 422 and "other" in answer.json()["message"]
