"""Shapes cut along the subject: in one piece, nowhere too thin, as large as asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from octoprint_img2stl.relief.fonts import SHIPPED
from octoprint_img2stl.relief.refused import ReliefRefused
from octoprint_img2stl.relief.settings import ReliefSettings
from octoprint_img2stl.relief.shapes import cutter, outline, stencil
from octoprint_img2stl.relief.shapes.canvas import Canvas
from octoprint_img2stl.relief.solid import sdf
from octoprint_img2stl.relief.solid.components import components, without_holes
from octoprint_img2stl.relief.solid.distance import signed_distance
from octoprint_img2stl.relief.solid.masks import mask_field
from octoprint_img2stl.relief.solid.silhouette import NECK

SHAPES = {"outline": outline.SHAPE, "cutter": cutter.SHAPE, "stencil": stencil.SHAPE}
every_shape = pytest.mark.parametrize("name", SHAPES)
seeds = pytest.mark.parametrize("seed", range(4))


def asked(name, **changes) -> ReliefSettings:
    return replace(ReliefSettings(), shape=name, **changes)


def random_mask(seed, size=(150, 200)):
    """Cloudy parts of any form, some with holes, some at the edge."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(rng.integers(4, 9), rng.integers(4, 12)))
    cloud = Image.fromarray(coarse.astype(np.float32))
    soft = np.asarray(cloud.resize(size[::-1], Image.Resampling.BICUBIC))
    return np.clip(0.5 + 2 * soft, 0, 1)


def written(text, size=(240, 480), px=200):
    """The letters are the subject."""
    image = Image.new("L", size[::-1])
    font = ImageFont.truetype(str(SHIPPED), px)
    middle = (size[1] / 2, size[0] / 2)
    ImageDraw.Draw(image).text(middle, text, font=font, fill=255, anchor="mm")
    return np.asarray(image, np.float32) / 255


class Made:
    """A shape around a mask, looked at on a grid of its own."""

    def __init__(self, settings, mask, pitch=0.15):
        shape = SHAPES[settings.shape]
        self.settings = settings
        self.canvas = shape.canvas(settings, mask.shape[1] / mask.shape[0])
        self.mask = mask_field(mask, self.canvas)
        self.outline = shape.outline(settings, self.canvas, self.mask)
        self.upper = []
        if shape.upper_regions:
            self.upper = shape.upper_regions(settings, self.canvas, self.mask)
        self.pitch = (pitch, pitch)
        half = self.canvas.width / 2 + 2, self.canvas.depth / 2 + 2
        self.u, self.v = np.meshgrid(
            np.arange(-half[0], half[0], pitch), np.arange(half[1], -half[1], -pitch)
        )
        self.depth = self.outline(self.u, self.v)
        self.solid = self.depth > 0

    def at(self, u, v):
        return float(self.outline(np.array([u]), np.array([v]))[0])

    def parts(self):
        return len(components(self.solid)[1]) - 1

    def holes(self):
        return len(components(~self.solid)[1]) - 2

    def lost(self, width, *within):
        """mm2 of the largest part that no disc of this width within the solid reaches.

        Args:
            within: fields that the disc must be in as well.
        """
        level = np.minimum.reduce([self.depth, *(f(self.u, self.v) for f in within)])
        depth = signed_distance(level, self.pitch)
        apart = -signed_distance(depth - width / 2, self.pitch)
        # Half a node's width, or the rounding of nodes on the rim would count.
        reached = apart < width / 2 + self.pitch[0] / 2
        gone = components((level > 0) & ~reached)[1][1:]
        return gone.max(initial=0) * self.pitch[0] * self.pitch[1]

    def box(self):
        return (
            self.u[self.solid].min(),
            self.v[self.solid].min(),
            self.u[self.solid].max(),
            self.v[self.solid].max(),
        )


def disc(diameter_px=100, size=(120, 160)):
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    away = np.hypot(x - size[1] / 2, y - size[0] / 2)
    return np.clip(diameter_px / 2 - away + 0.5, 0, 1)


##~~ outline


@seeds
def test_outline_is_one_sound_piece_around_the_subject(seed):
    rng = np.random.default_rng(seed)
    margin = float(rng.choice([0.0, 0.5, 2.0, 5.0]))
    made = Made(asked("outline", width=60, outline_margin=margin), random_mask(seed))
    assert (made.parts(), made.holes()) == (1, 0)
    assert made.lost(0.9 * NECK) < 0.05
    # Where it is, some subject is near; only closed gaps and holes lie further away.
    subject = made.mask(made.u, made.v)
    filled = without_holes(subject > -margin - 0.5)
    assert (filled | ~made.solid).all()
    # All of the subject near it is in it, if it is not a mere neck.
    kept = components((subject > NECK) | made.solid)
    assert (kept[0][subject > NECK] > 0).all()


@pytest.mark.parametrize("margin, border", [(0, 0), (2, 0), (6, 3), (2, 5)])
def test_outline_runs_at_the_margin(margin, border):
    settings = asked("outline", width=80, outline_margin=margin, border=border)
    made = Made(settings, disc())
    picture = made.canvas.picture[2] - made.canvas.picture[0]
    radius = picture * 100 / 160 / 2 + max(margin, border)
    assert picture + 2 * max(margin, border) == pytest.approx(80)
    true = radius - np.hypot(made.u, made.v)
    rim = np.abs(true) < 1
    assert np.abs(made.depth - true)[rim].max() < 0.05
    # A frame along it is as wide everywhere.
    if border:
        assert np.abs(made.depth - true)[np.abs(true - border) < 1].max() < 0.08


@pytest.mark.parametrize("neck, whole", [(0.7, False), (1.7, True)])
def test_necks_break_only_where_they_are_thin(neck, whole):
    mask = np.zeros((200, 400), np.float32)
    mask[40:160, 20:140] = mask[60:140, 280:360] = 1
    half = neck / 2 * 400 / 100
    mask[round(100 - half) : round(100 + half), 140:280] = 1
    made = Made(asked("outline", width=100, outline_margin=0), mask)
    assert made.parts() == 1
    assert (made.at(30, 0) > 0) == whole and made.at(-30, 0) > 0


def test_the_largest_part_is_kept_and_holes_are_filled():
    made = Made(asked("outline", width=100, outline_margin=1), written("O."))
    assert (made.parts(), made.holes()) == (1, 0)
    left, bottom, right, top = made.box()
    # The O alone: as high as wide or so.
    assert 0.7 < (right - left) / (top - bottom) < 1.3


def test_a_whole_photo_is_as_wide_as_asked():
    made = Made(asked("outline", width=70, outline_margin=3), np.ones((90, 120)))
    left, bottom, right, top = made.box()
    assert right - left == pytest.approx(70, abs=0.31)
    assert top - bottom == pytest.approx(64 * 90 / 120 + 6, abs=0.31)


def test_a_hair_is_refused_and_what_is_suggested_does():
    mask = np.zeros((100, 100), np.float32)
    mask[48:50] = 1
    settings = asked("outline", width=30, outline_margin=0)
    with pytest.raises(ReliefRefused) as refusal:
        Made(settings, mask)
    problem = refusal.value.problem
    assert problem.code == "relief.subject_too_thin"
    assert problem.field == "relief.outline_margin"
    assert Made(replace(settings, outline_margin=problem.suggest), mask).parts() == 1


##~~ cutter


@seeds
def test_cutter_is_one_open_ring_with_an_upright_wall(seed):
    rng = np.random.default_rng(seed)
    settings = asked(
        "cutter",
        width=float(rng.uniform(50, 90)),
        outline_margin=float(rng.uniform(0, 3)),
        cutter_height=float(rng.uniform(5, 30)),
    )
    made = Made(settings, random_mask(seed))
    assert made.parts() == 1
    flange, wall = made.upper
    assert flange.height == cutter.FLANGE_HEIGHT
    assert wall.height == settings.cutter_height
    assert (flange.inside(made.u, made.v) > 0).all()
    inside = wall.inside(made.u, made.v)
    # One opening for the cookie, the wall all around it, the flange around that.
    cookie = inside > cutter.WALL
    assert len(components(cookie)[1]) == 2 and not (made.solid & cookie).any()
    standing = made.solid & (inside > 0)
    assert len(components(standing)[1]) == 2
    apart = -signed_distance(inside - cutter.WALL, made.pitch)
    assert (standing == (apart > 0) & (apart < cutter.WALL)).mean() > 0.998
    assert (
        made.solid == (apart > 0) & (apart < cutter.WALL + cutter.FLANGE)
    ).mean() > 0.998
    assert made.lost(0.75 * cutter.WALL, wall.inside) < 0.05
    left, bottom, right, top = made.box()
    half = made.canvas.width / 2, made.canvas.depth / 2
    assert max(right, -left) <= half[0] + 1e-6 and max(top, -bottom) <= half[1] + 1e-6
    size = cutter.SHAPE.size(settings, made.canvas)
    assert size == (made.canvas.width, made.canvas.depth, settings.cutter_height)


def test_cutter_of_a_disc_has_its_measures():
    made = Made(asked("cutter", width=90, outline_margin=2), disc())
    picture = made.canvas.picture[2] - made.canvas.picture[0]
    inner = picture * 100 / 160 / 2 + 2
    wall = made.upper[1].inside
    for angle in np.linspace(0, 6, 13):
        for radius, solid, standing in (
            (inner - 0.1, False, True),
            (inner + 0.1, True, True),
            (inner + cutter.WALL - 0.1, True, True),
            (inner + cutter.WALL + 0.1, True, False),
            (inner + cutter.WALL + cutter.FLANGE - 0.1, True, False),
            (inner + cutter.WALL + cutter.FLANGE + 0.1, False, False),
        ):
            u, v = radius * np.cos(angle), radius * np.sin(angle)
            assert (made.at(u, v) > 0) == solid
            assert (wall(np.array([u]), np.array([v]))[0] > 0) == standing


##~~ stencil


def cut_away(made):
    """What is solid although the subject is there: bars and smoothed corners."""
    return made.solid & (made.mask(made.u, made.v) > 0.4)


@pytest.mark.parametrize("text", ["OB8", "AQR", "e@%", "§&4", "dab", "Ø60"])
def test_islands_of_letters_are_held(text):
    mask = written(text)
    made = Made(asked("stencil", width=100, bridge=1.2), mask)
    assert made.parts() == 1
    # Every island is still there: none has been cut away to make one part.
    sheet = made.mask(made.u, made.v) < -0.5
    labels, sizes = components(sheet)
    assert len(sizes) > 2
    for island in set(range(1, len(sizes))) - {labels[0, 0]}:
        if sizes[island] * 0.15**2 > 3:
            assert made.solid[labels == island].all()
    # What holds them is little, and as wide as asked.
    bars = cut_away(made)
    subject = (made.mask(made.u, made.v) > 0.4).sum()
    assert 0 < bars.sum() < 0.12 * subject
    assert made.lost(0.75) < 0.1


@pytest.mark.parametrize("bridge", [0.8, 2.0, 8.0])
def test_bars_are_as_wide_as_asked_and_two_for_a_big_island(bridge):
    y, x = np.mgrid[:200, :200] + 0.5
    away = np.hypot(x - 100, y - 100)
    ring = np.clip(20 - np.abs(away - 60) + 0.5, 0, 1)
    made = Made(asked("stencil", width=120, bridge=bridge), ring, pitch=0.1)
    pixel = (made.canvas.picture[2] - made.canvas.picture[0]) / 200
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    middle = made.outline(60 * pixel * np.cos(turn), 60 * pixel * np.sin(turn)) > 0
    starts = np.count_nonzero(middle & ~np.roll(middle, 1))
    assert made.parts() == 1
    assert starts == (2 if bridge < 4 else 1)
    width = middle.mean() * 2 * np.pi * 60 * pixel / starts
    assert width == pytest.approx(bridge, abs=0.08)


@seeds
def test_stencil_of_anything_is_one_flat_sheet(seed):
    rng = np.random.default_rng(seed)
    settings = asked(
        "stencil",
        width=float(rng.uniform(40, 120)),
        bridge=float(rng.uniform(0.8, 3)),
        border=float(rng.choice([0.0, 6.0])),
        base=float(rng.uniform(0.4, 3)),
    )
    made = Made(settings, random_mask(seed + 20))
    assert made.parts() == 1
    assert made.lost(0.7) < 0.15
    left, bottom, right, top = made.box()
    assert right - left == pytest.approx(settings.width, abs=0.31)
    assert top - bottom == pytest.approx(made.canvas.depth, abs=0.31)
    (sheet,) = made.upper
    assert sheet.height == settings.base
    assert (sheet.inside(made.u, made.v) > 0).all()
    assert stencil.SHAPE.size(settings, made.canvas)[2] == settings.base
    # Most of the subject is open.
    deep = made.mask(made.u, made.v) > 0.4
    assert cut_away(made).sum() < 0.2 * deep.sum()


def test_nested_islands_are_held_by_each_other():
    y, x = np.mgrid[:300, :300] + 0.5
    away = np.hypot(x - 150, y - 150)
    rings = ((away > 30) & (away < 60)) | ((away > 90) & (away < 120))
    made = Made(asked("stencil", width=100), rings.astype(np.float32))
    assert made.parts() == 1
    assert made.at(0, 0) > 0 and made.at(75 * 92 / 300, 0) > 0


def test_dots_are_left_out():
    mask = np.zeros((200, 200), np.float32)
    mask[40:160, 40:160] = 1
    mask[99:101, 99:101] = 0
    made = Made(asked("stencil", width=100), mask)
    assert made.parts() == 1 and not cut_away(made).any()


def test_a_subject_that_fills_the_photo_leaves_the_rim():
    made = Made(asked("stencil", width=100), np.ones((80, 100)))
    assert (made.parts(), made.holes()) == (1, 1)
    assert made.at(-48, 0) > 0 and made.at(0, 0) < 0


##~~ all of them


@every_shape
def test_photo_lies_on_the_canvas_at_its_aspect(name):
    rng = np.random.default_rng(7)
    for _ in range(200):
        width = float(rng.uniform(30, 400))
        aspect = float(np.exp(rng.uniform(-1.5, 1.5)))
        settings = asked(
            name,
            width=width,
            outline_margin=float(rng.uniform(0, 9)),
            border=0.0 if name == "cutter" else float(rng.uniform(0, 5)),
        )
        canvas = SHAPES[name].canvas(settings, aspect)
        left, bottom, right, top = canvas.picture
        assert canvas.width == pytest.approx(width)
        assert (right - left) / (top - bottom) == pytest.approx(aspect)
        gaps = [left + canvas.width / 2, canvas.width / 2 - right]
        gaps += [bottom + canvas.depth / 2, canvas.depth / 2 - top]
        assert np.ptp(gaps) < 1e-9 and min(gaps) > -1e-9


@every_shape
def test_what_is_refused_comes_with_what_works(name):
    rng = np.random.default_rng(11)
    codes = set()
    for _ in range(300):
        settings = asked(
            name,
            width=float(rng.uniform(10, 60)),
            outline_margin=float(rng.uniform(0, 50)),
            border=float(rng.choice([0, 1, 1, 1]) * rng.uniform(0, 40)),
        )
        aspect = float(np.exp(rng.uniform(-1, 1)))
        for _ in range(4):
            try:
                SHAPES[name].canvas(settings, aspect)
                break
            except ReliefRefused as refusal:
                problem = refusal.problem
                codes.add(problem.code)
                option = problem.field.partition(".")[2]
                assert problem.suggest is not None
                settings = replace(settings, **{option: problem.suggest})
        else:
            pytest.fail(f"{problem.message} did not help")
    assert codes


@every_shape
def test_fields_follow_a_canvas_with_room_for_a_ring(name):
    settings = asked(name, width=60)
    mask = random_mask(3)
    plain = Made(settings, mask)
    canvas = plain.canvas.taller(8)
    field = SHAPES[name].outline(settings, canvas, mask_field(mask, canvas))
    rng = np.random.default_rng(1)
    u = rng.uniform(-30, 30, 4000)
    v = rng.uniform(-22, 22, 4000)
    moved, still = field(u, v - 4), plain.outline(u, v)
    rim = np.abs(still) < 0.5
    assert rim.any() and np.percentile(np.abs(moved - still)[rim], 95) < 0.1


@every_shape
def test_shape_says_what_matters_for_it(name):
    shape = SHAPES[name]
    fields = ReliefSettings.__dataclass_fields__
    assert shape.needs_mask and set(shape.options) <= set(fields)
    assert {"subject", "subject_threshold"} <= set(shape.options)


def test_everything_stays_finite_far_away():
    for name, shape in SHAPES.items():
        settings = asked(name, width=60)
        canvas = shape.canvas(settings, 1.0)
        assert isinstance(canvas, Canvas)
        field = shape.outline(settings, canvas, sdf.circle(0, 0, 15))
        far = np.array([-1e4, 0.0, 1e4])
        values = field(far, far)
        assert np.isfinite(values).all() and values[0] < 0 and values[2] < 0
