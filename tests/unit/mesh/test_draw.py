import numpy as np
import pytest

from octoprint_img2stl.mesh.draw import PAPER, PLASTIC, draw
from octoprint_img2stl.mesh.model import Mesh, weld
from tests.unit.mesh.shapes import box, box_corners, relief, several

RED, GREEN = (250, 0, 0), (0, 250, 0)


def pixels(mesh, size_px=64, **options) -> np.ndarray:
    picture = draw(mesh, size_px, **options)
    assert picture.mode == "RGB" and picture.size == (size_px, size_px)
    return np.asarray(picture)


def covered(picture: np.ndarray) -> np.ndarray:
    return (picture != PAPER).any(axis=2)


def test_a_box_from_the_front_fills_its_silhouette():
    seen = covered(pixels(box((20, 10, 10)), 100, turn_deg=0, tilt_deg=0))
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    # As wide as the picture less its margins, half as tall, in the middle.
    assert (columns[0], columns[-1]) == (4, 95) and (rows[0], rows[-1]) == (27, 72)
    assert seen[27:73, 4:96].all()


def test_the_nearest_face_is_seen():
    """A red box before a larger green one, in whichever order they are written."""
    near, far = box_corners((10, 5, 10), (5, 0, 5)), box_corners((20, 5, 20), (0, 10, 0))
    for parts in ((near, far), (far, near)):
        mesh = several(*parts)
        front = mesh.vertices[mesh.faces][:, :, 1].mean(axis=1) < 7
        shades = np.where(front[:, None], RED, GREEN).astype(np.uint8)
        seen = pixels(mesh, 100, shades=shades, turn_deg=0, tilt_deg=0)
        assert seen[50, 50, 0] > 100 and seen[50, 50, 1] == 0
        assert seen[50, 10, 1] > 100 and seen[50, 10, 0] == 0
        behind = pixels(mesh, 100, shades=shades, turn_deg=180, tilt_deg=0)
        assert behind[50, 50, 1] > 100 and behind[50, 50, 0] == 0


def test_up_is_up_and_right_is_right():
    parts = [box_corners((10, 10, 10)), box_corners((2, 2, 10), (8, 0, 10))]
    seen = covered(pixels(several(*parts), turn_deg=0, tilt_deg=0))
    assert not seen[10, :32].any() and seen[10, 34:44].any()
    # Turned to the right, seen from above, what was in front comes from the right.
    turned = covered(pixels(several(*parts), turn_deg=90, tilt_deg=0))
    assert turned[10].any()
    assert np.flatnonzero(turned[10]).mean() > 32


def test_looking_down_shows_the_top():
    top = pixels(box((10, 10, 1)), turn_deg=0, tilt_deg=90)
    side = pixels(box((10, 10, 1)), turn_deg=0, tilt_deg=0)
    assert covered(top).sum() > 8 * covered(side).sum()


def test_sides_differ_in_light_and_the_top_is_bright():
    seen = pixels(box(), 200)
    inner = seen[covered(seen)]
    colours, counts = np.unique(inner, axis=0, return_counts=True)
    three = colours[np.argsort(counts)[-3:]]
    assert len({tuple(each) for each in three}) == 3
    assert three.max() > 0.6 * max(PLASTIC) and three.min() > 40


def test_an_open_mesh_shows_its_inside_darker():
    mesh = weld(box_corners()[:2])  # the floor, facing down
    above = pixels(mesh, turn_deg=0, tilt_deg=60)
    below = pixels(mesh, turn_deg=0, tilt_deg=-60)
    assert covered(above).any() and covered(below).any()
    assert above[32, 32].max() < below[32, 32].max()


@pytest.mark.parametrize("scale", [1e-20, 1e-3, 1e30])
def test_any_size_is_drawn_alike(scale):
    mesh = box((10, 20, 30))
    scaled = Mesh((mesh.vertices * scale).astype(np.float32), mesh.faces)
    difference = np.abs(pixels(mesh).astype(int) - pixels(scaled))
    assert np.count_nonzero(difference.max(axis=2) > 8) < 10


def test_far_away_and_flat_and_many():
    assert covered(pixels(box(at=(1e6, -1e6, 5e5)))).any()
    flat = weld(np.array([[(0, 0, 0), (1, 0, 0), (0, 0, 1)]], dtype=np.float32))
    assert not covered(pixels(flat, turn_deg=90, tilt_deg=0)).any()  # from its edge
    assert covered(pixels(flat, turn_deg=0, tilt_deg=0)).any()
    assert covered(pixels(relief(150, 150, 0.2), 200)).mean() > 0.2
