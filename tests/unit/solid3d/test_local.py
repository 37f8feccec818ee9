"""The local generator: rounded bodies of outlines, closed whatever the mask looks like."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from extras.bench.solid.outline import outline_off_px
from octoprint_img2stl.mesh.kernel import is_strict, to_kernel
from octoprint_img2stl.mesh.model import Mesh, weld
from octoprint_img2stl.solid3d.local import Silhouette, solid_from
from octoprint_img2stl.solid3d.local.cubes import surface
from octoprint_img2stl.solid3d.local.silhouettes import box_of
from octoprint_img2stl.solid3d.refused import SolidRefused
from octoprint_img2stl.solid3d.settings import SolidSettings
from tests.unit.photo.scenes import bear, bust, drawn, mug


def make(*views, **chosen):
    """A solid of (role, mask) pairs, checked for all that holds of every solid."""
    solid = solid_from([Silhouette(*view) for view in views], SolidSettings(**chosen))
    assert (solid.vertices.dtype, solid.faces.dtype) == (np.float32, np.int32)
    mesh = Mesh(solid.vertices, solid.faces)
    assert is_strict(mesh)
    welded = weld(solid.vertices[solid.faces])
    assert len(welded.vertices) == len(mesh.vertices), "vertices fall together"
    assert len(welded.faces) == len(mesh.faces)
    body = to_kernel(mesh)
    assert len(body.decompose()) == 1
    assert body.volume() > 0
    low, high = solid.vertices.min(axis=0), solid.vertices.max(axis=0)
    assert low[2] == pytest.approx(0, abs=1e-4)
    assert low[:2] + high[:2] == pytest.approx([0, 0], abs=1e-3)
    return solid


def codes(solid):
    return [notice.code for notice in solid.notices]


def extents(solid):
    return np.ptp(solid.vertices, axis=0)


def kernel(solid):
    return to_kernel(Mesh(solid.vertices, solid.faces))


def disc(size=200, radius=80.0, at=(100, 100)):
    def paint(pen, unit):
        box = (at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius)
        pen.ellipse([edge * unit for edge in box], fill=255)

    return drawn((size, size), paint)


def star(size=300):
    def paint(pen, unit):
        corners = []
        for k in range(10):
            radius = (0.46 if k % 2 == 0 else 0.19) * size * unit
            angle = k * np.pi / 5
            corners.append(
                (size * unit / 2 + radius * np.sin(angle),
                 size * unit / 2 - radius * np.cos(angle))
            )  # fmt: skip
        pen.polygon(corners, fill=255)

    return drawn((size, size), paint)


# -- one photo --------------------------------------------------------------------------------


def test_nothing_heavy_is_loaded_before_it_is_used():
    script = (
        "import sys, octoprint_img2stl.solid3d.local as room;"
        "print({'numpy', 'PIL', 'scipy'} & set(sys.modules)); room.solid_from"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_a_disc_becomes_a_ball():
    solid = make(("front", disc()), size=50)
    assert codes(solid) == ["solid.inflated"]
    assert extents(solid) == pytest.approx([50, 50, 50], rel=0.02)
    assert kernel(solid).volume() == pytest.approx(np.pi / 6 * 50**3, rel=0.03)


def test_a_strip_becomes_a_round_bar():
    mask = np.zeros((100, 400), np.float32)
    mask[30:70, 20:380] = 1
    solid = make(("front", mask), size=90)
    assert extents(solid) == pytest.approx([90, 10, 10], rel=0.05)
    middle = solid.vertices[np.abs(solid.vertices[:, 0]) < 20]
    radii = np.hypot(middle[:, 1], middle[:, 2] - 5)
    assert radii.min() > 4.4 and radii.max() < 5.6


@pytest.mark.parametrize(
    ("paint", "detail"),
    [(star, "draft"), (bear, "draft"), (mug, "normal"), (star, "fine")],
)
def test_front_outline_is_the_masks(paint, detail):
    """Half a pixel of the mask, which is finer than the grid; only in notches that are
    narrower than a cell more, and there half a cell."""
    mask = paint()
    solid = make(("front", mask), detail=detail)
    box = box_of(mask)
    longest = max(box.width, box.height)
    right, _, up = solid.vertices.T
    off = outline_off_px(mask, right, up, solid.faces, 80 / longest)
    assert np.mean(off <= 0.5) > 0.99
    assert off.max() <= max(
        1, longest / {"draft": 64, "normal": 128, "fine": 192}[detail] / 2
    )
    assert off.mean() < 0.15


@pytest.mark.parametrize(
    ("detail", "cells"), [("draft", 64), ("normal", 128), ("fine", 192)]
)
def test_detail_is_cells_along_the_longest_side(detail, cells):
    # Two triangles a cell, on both sides of the disc.
    faces = len(make(("front", disc()), detail=detail).faces)
    assert faces / cells**2 == pytest.approx(np.pi, rel=0.08)


@pytest.mark.parametrize("thickness", [0.0, 3.0, 12.5, 60.0])
def test_thickness_and_size_are_as_asked(thickness):
    solid = make(("front", bear()), size=100, thickness=thickness)
    wide, deep, high = extents(solid)
    assert high == pytest.approx(100, rel=0.005)
    assert wide == pytest.approx(100 * 250 / 320, rel=0.01)
    assert deep == pytest.approx(thickness or 56, rel=0.02)
    # symmetric to the plane of the photo
    assert solid.vertices[:, 1].min() == pytest.approx(-deep / 2, rel=1e-3)


def test_thickness_is_never_more_than_the_longest_side():
    assert extents(make(("front", disc()), size=20, thickness=300)) == pytest.approx(
        [20, 20, 20], rel=0.01
    )


@pytest.mark.parametrize("thickness", [0.0, 4.0])
def test_flat_back_lies_on_it_with_the_front_up(thickness):
    solid = make(("front", bear()), size=100, back="flat", thickness=thickness)
    wide, tall, high = extents(solid)
    assert (wide, tall) == pytest.approx((100 * 250 / 320, 100), rel=0.01)
    assert high == pytest.approx(thickness or 28, rel=0.02)
    corners = solid.vertices[solid.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    down = (corners[..., 2] == 0).all(axis=1)
    area = np.linalg.norm(normals[down], axis=1).sum() / 2
    assert area == pytest.approx((bear() > 0.5).sum() * (100 / 320) ** 2, rel=0.01)
    # The arm is on the right also as it lies there.
    assert solid.vertices[solid.vertices[:, 0].argmax(), 1] == pytest.approx(-6, abs=5)


def test_right_is_right_and_up_is_up():
    right, _, up = make(("front", bear()), size=100).vertices.T
    assert up[right.argmax()] == pytest.approx(100 * 140 / 320, abs=3)  # the arm's tip
    assert right[up > 92].min() < 0 < right[up > 92].max()  # the ears


def test_a_mug_keeps_its_hole():
    assert kernel(make(("front", mug()))).genus() == 1


def test_a_bust_stands_flat_on_the_edge_of_the_photo():
    solid = make(("front", bust()), size=80)
    foot = solid.vertices[solid.vertices[:, 2] < 1e-4]
    assert np.ptp(foot[:, 0]) == pytest.approx(extents(solid)[0], rel=0.03)
    assert np.ptp(foot[:, 1]) > 0.9 * extents(solid)[1]


def test_of_several_parts_the_largest_is_made():
    mask = np.maximum(disc(), disc(radius=12, at=(20, 20)))
    mask[190:192, 190:192] = 1  # a crumb: not worth a word
    solid = make(("front", mask), size=50)
    assert codes(solid) == ["solid.parts_dropped", "solid.inflated"]
    assert solid.notices[0].values == {"count": 1}
    assert extents(solid)[2] == pytest.approx(50, rel=0.02)


def test_same_photos_same_solid():
    views = [Silhouette("front", bear()), Silhouette("left", mug())]
    one, two = (solid_from(views, SolidSettings(detail="draft")) for _ in range(2))
    assert one.vertices.tobytes() == two.vertices.tobytes()
    assert one.faces.tobytes() == two.faces.tobytes()


@pytest.mark.parametrize("seed", range(8))
def test_closed_whatever_the_mask(seed):
    """Blots of noise: thin bridges, holes, diagonal corners, the photo's edges."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.random((8 + seed, 9)).astype(np.float32))
    size = (60 + 37 * (seed % 4), 90 + 11 * seed)
    mask = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC))
    mask = np.clip((mask - 0.45) * (1 + 30 * (seed % 3)) + 0.5, 0, 1)
    for back in ("round", "flat"):
        make(("front", mask), detail="draft", back=back)


@pytest.mark.parametrize("seed", range(3))
def test_closed_with_pixels_as_large_as_cells(seed):
    noise = np.random.default_rng(seed).random((70, 64))
    make(("front", (noise > 0.35).astype(np.float32)), detail="draft")


@pytest.mark.parametrize(
    "mask",
    [
        np.ones((7, 3), np.float32) * np.array([0, 1, 0], np.float32),
        np.eye(40, dtype=np.float32),
        np.pad(np.ones((6, 6), np.float32), 1),
    ],
    ids=["a line", "a diagonal", "six pixels"],
)
def test_the_least_outlines(mask):
    """Either a proper solid or a plain refusal."""
    try:
        make(("front", mask), detail="draft")
    except SolidRefused as refused:
        assert refused.code in ("solid.no_outline", "solid.nothing_left")


# -- several photos ---------------------------------------------------------------------------


# A body, a head, a nose to the front (-y), an arm to the right (+x), a tail: (at, radii).
FIGURE = (
    ((0, 0, -0.2), (0.45, 0.35, 0.6)),
    ((0.05, -0.05, 0.5), (0.28, 0.28, 0.3)),
    ((0.5, 0, -0.1), (0.4, 0.15, 0.14)),
    ((0.05, -0.4, 0.5), (0.14, 0.25, 0.14)),
    ((0, 0.5, -0.55), (0.14, 0.35, 0.14)),
)


def photographed(side=240):
    """Masks by role, as cameras around the figure see it: the left one sees -y right."""

    def seen(across, up, mirrored=False):
        def paint(pen, unit):
            for at, radii in FIGURE:
                x = at[across] * (-1 if mirrored else 1)
                edges = (
                    x - radii[across], -at[up] - radii[up],
                    x + radii[across], -at[up] + radii[up],
                )  # fmt: skip
                pen.ellipse([(edge + 1) * side * unit / 2 for edge in edges], fill=255)

        return drawn((side, side), paint)

    return {
        "front": seen(0, 2), "back": seen(0, 2, mirrored=True),
        "right": seen(1, 2), "left": seen(1, 2, mirrored=True), "top": seen(0, 1),
    }  # fmt: skip


SEEN = photographed()
ALL = ("front", "back", "left", "right", "top")


def outline(solid, role):
    """Right and up of the vertices, as that camera sees them."""
    x, y, z = solid.vertices.T
    return {
        "front": (x, z), "back": (-x, z), "right": (y, z), "left": (-y, z), "top": (x, y),
    }[role]  # fmt: skip


@pytest.mark.parametrize(
    "roles",
    [("front", "left"), ("back", "right"), ("front", "back", "left", "right"), ALL],
    ids="+".join,
)
def test_hull_has_every_outline(roles):
    """Of a thing with a left and a right, within half a cell, from photos of any size."""
    views = []
    for n, role in enumerate(roles):
        image = Image.fromarray(SEEN[role])
        size = [round(side * (1.5 + 0.4 * n)) for side in image.size]
        larger = np.asarray(image.resize(size, Image.Resampling.BICUBIC))
        views.append((role, larger.clip(0, 1)))
    solid = make(*views)
    assert codes(solid) == ["solid.hull"]
    pixel = 80 / box_of(SEEN["front"]).height
    cell_px = box_of(SEEN["front"]).height / 128
    for role in roles:
        right, up = outline(solid, role)
        off = outline_off_px(SEEN[role], right, up, solid.faces, pixel)
        # What is seen from above carves the others a little more where they are thin.
        assert np.mean(off <= cell_px / 2) > (0.95 if "top" in roles else 0.98), role
        assert off.mean() < 0.3
        assert np.ptp(right) == pytest.approx(box_of(SEEN[role]).width * pixel, rel=0.01)


@pytest.mark.parametrize(
    ("base", "role", "wrong"),
    [
        ("front", "left", "right"), ("front", "right", "left"),
        ("left", "front", "back"), ("left", "back", "front"),
    ],
)  # fmt: skip
def test_roles_are_told_apart(base, role, wrong):
    """The head sits before the tail, and left of the arm's tip; wrongly called, it does not."""
    axis = 1 if base == "front" else 0

    def head(solid):
        near = solid.vertices[np.abs(solid.vertices[:, 2] - 65) < 5, axis]
        return near.max() + near.min()

    good = make((base, SEEN[base]), (role, SEEN[role]), detail="draft")
    bad = make((base, SEEN[base]), (wrong, SEEN[role]), detail="draft")
    assert head(good) < -5
    assert head(bad) == pytest.approx(-head(good), abs=1.5)


def test_front_and_back_of_one_thing_are_inflated():
    solid = make(("front", SEEN["front"]), ("back", SEEN["back"]))
    assert codes(solid) == ["solid.inflated"]
    pixel = 80 / box_of(SEEN["front"]).height
    right, up = outline(solid, "front")
    off = outline_off_px(SEEN["front"], right, up, solid.faces, pixel)
    assert np.mean(off <= 0.75) > 0.99


def test_two_outlines_give_round_cross_sections():
    """Of two discs a ball, nearly, and no cushion with edges."""
    solid = make(("front", disc()), ("left", disc()), size=50)
    assert extents(solid) == pytest.approx([50, 50, 50], rel=0.02)
    volume = kernel(solid).volume()
    assert np.pi / 6 * 50**3 < volume < 1.12 * np.pi / 6 * 50**3
    squares = 2 / 3 * 50**3
    assert volume < 0.9 * squares


def test_a_photo_from_above_says_how_full_they_are():
    block = np.zeros((120, 120), np.float32)
    block[20:100, 20:100] = 1
    cube = make(("front", block), ("left", block), ("top", block), size=40)
    assert kernel(cube).volume() > 0.93 * 40**3
    can = make(("front", block), ("left", block), ("top", disc()), size=40)
    assert kernel(can).volume() == pytest.approx(np.pi / 4 * 40**3, rel=0.03)


def test_outlines_that_do_not_fit_are_said():
    squeezed = np.array(Image.fromarray(SEEN["back"]).resize((130, 174)))
    found = make(("front", SEEN["front"]), ("back", squeezed.clip(0, 1)))
    assert codes(found) == ["solid.inflated"]  # only the box counts: cameras differ
    found = make(("front", SEEN["front"]), ("back", SEEN["front"]))
    assert codes(found) == ["solid.inflated", "solid.views_differ"]
    found = make(("front", SEEN["front"]), ("left", SEEN["left"]), ("top", bear()))
    assert "solid.views_differ" in codes(found)
    assert found.notices[-1].severity == "warning"


@pytest.mark.parametrize("roles", [("front",), ("front", "left")])
def test_outlines_thinner_than_a_cell_are_refused(roles):
    hair = np.zeros((640, 640), np.float32)
    hair[5:-5, 320] = hair[320, 5:-5] = 1
    with pytest.raises(SolidRefused) as caught:
        make(*[(role, hair) for role in roles], detail="draft")
    assert caught.value.code == "solid.nothing_left"


def test_photos_that_are_not_used_are_said():
    solid = make(
        ("front", disc()), ("front", bear()), ("other", bear()), ("left", disc())
    )
    assert codes(solid) == ["solid.views_unused", "solid.hull"]
    assert solid.notices[0].values == {"count": 2}


@pytest.mark.parametrize("role", ["other", "left", "top"])
def test_a_single_photo_may_have_any_role(role):
    solid = make((role, bear()), size=100)
    assert codes(solid) == ["solid.inflated"]
    assert extents(solid)[2] == pytest.approx(100, rel=0.01)


# -- refusals, progress -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("views", "code"),
    [
        ([], "no_photo"),
        ([("front", np.zeros((90, 90)))], "no_outline"),
        ([("front", np.full((90, 90), 0.4))], "no_outline"),
        ([("front", np.full((90, 90), np.nan))], "no_outline"),
        ([("front", np.pad(np.ones((3, 3)), 40))], "no_outline"),
        ([("front", np.ones((90, 90)))], "nothing_cut"),
        ([("front", disc()), ("left", np.zeros((90, 90)))], "no_outline"),
    ],
)
def test_blank_photos_are_refused(views, code):
    with pytest.raises(SolidRefused) as caught:
        solid_from([Silhouette(*view) for view in views], SolidSettings())
    assert caught.value.code == f"solid.{code}"
    assert caught.value.problem.field.startswith("solid.")


@pytest.mark.parametrize("roles", [("front",), ("front", "left", "top")])
def test_progress_rises_to_one(roles):
    told = []
    solid_from(
        [Silhouette(role, SEEN[role]) for role in roles], SolidSettings(), told.append
    )
    assert told == sorted(told) and told[0] > 0 and told[-1] == 1 and len(told) > 3


# -- the surface of a grid --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_surface_of_noise_is_manifold(seed):
    """Every one of the 256 cubes occurs, beside every other."""
    field = np.full((26, 24, 25), -1, np.float32)
    noise = np.random.default_rng(seed).random((24, 22, 23)) - 0.3 - 0.1 * seed
    field[1:-1, 1:-1, 1:-1] = noise
    points, faces = surface(field > 0, [field])
    mesh = Mesh(points.astype(np.float32), faces.astype(np.int32))
    assert is_strict(mesh)
    assert len(to_kernel(mesh).decompose()) >= 1
    # around each vertex the faces make one closed fan
    corners = np.stack(
        (faces, np.roll(faces, -1, axis=1), np.roll(faces, -2, axis=1)), -1
    )
    after = {}
    for vertex, one, two in corners.reshape(-1, 3).tolist():
        after.setdefault(vertex, {})[one] = two
    for ring in after.values():
        start = place = next(iter(ring))
        for _ in ring:
            place = ring[place]
            if place == start:
                break
        length, place = 1, ring[start]
        while place != start:
            length, place = length + 1, ring[place]
        assert length == len(ring)


def test_surface_lies_where_the_first_field_ends():
    x, y, z = np.meshgrid(*[np.arange(20, dtype=np.float32)] * 3, indexing="ij")
    ball = 7.3 - np.sqrt((x - 9.5) ** 2 + (y - 9.5) ** 2 + (z - 9.5) ** 2)
    slab = (12.2 - z) * 5  # steeper
    inside = (ball > 0) & (slab > 0)
    points, _ = surface(inside, [ball, slab])
    radii = np.linalg.norm(points - 9.5, axis=1)
    assert radii.max() < 7.33
    assert points[:, 2].max() == pytest.approx(12.2, abs=1e-3)
    under = points[:, 2] < 11
    assert radii[under] == pytest.approx(np.full(int(under.sum()), 7.3), abs=0.05)
