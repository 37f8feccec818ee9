"""Letters: in which fonts, where they go, how high they stand, what cannot be set."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief import fonts
from octoprint_img2stl.relief.extras import frame, text
from octoprint_img2stl.relief.refused import ReliefRefused
from octoprint_img2stl.relief.settings import ReliefSettings
from octoprint_img2stl.relief.shapes import SHAPES
from octoprint_img2stl.relief.shapes.canvas import middle
from octoprint_img2stl.relief.solid import sdf
from octoprint_img2stl.relief.solid.components import components
from octoprint_img2stl.relief.solid.lettering import THIN_SHARE, Line, missing

MACHINE = Machine()
FLAT = ("plate", "rounded", "disc", "oval", "hexagon", "heart")
CURVED = ("arc", "cylinder", "dome", "box")
STEP = 0.2


def asked(**changes) -> ReliefSettings:
    return replace(ReliefSettings(), **changes)


class Set:
    """A text on a shape, looked at on a grid."""

    def __init__(self, settings, aspect=1.4):
        shape = SHAPES[settings.shape]
        self.settings, self.canvas = settings, shape.canvas(settings, aspect)
        self.outline = shape.outline(settings, self.canvas) if shape.outline else None
        text.check(settings, self.canvas, MACHINE)
        regions = text.upper_regions(settings, self.canvas, self.outline)
        *self.plate, self.letters = regions
        half = self.canvas.width / 2, self.canvas.depth / 2
        self.u, self.v = np.meshgrid(
            np.arange(-half[0], half[0] + STEP, STEP),
            np.arange(half[1], -half[1] - STEP, -STEP),
        )
        self.ink = self.letters.inside(self.u, self.v) > 0

    def depth(self):
        """In the shape, from its own rim."""
        field = self.outline or sdf.rectangle(*self.canvas.shape)
        if self.canvas.wraps:
            low, high = self.canvas.shape[1], self.canvas.shape[3]
            return np.minimum(self.v - low, high - self.v)
        return field(self.u, self.v)

    def box(self):
        u, v = self.u[self.ink], self.v[self.ink]
        return u.min(), v.min(), u.max(), v.max()


def refused(settings, aspect=1.4):
    with pytest.raises(ReliefRefused) as refusal:
        Set(settings, aspect)
    problem = refusal.value.problem
    assert problem.field.partition(".")[2] in ReliefSettings.__dataclass_fields__
    return problem


def with_suggested(settings, problem):
    option = problem.field.partition(".")[2]
    return replace(settings, **{option: problem.suggest})


##~~ fonts


def test_the_font_that_comes_along_comes_first_with_its_licence():
    name, path = next(iter(fonts.fonts().items()))
    assert path == fonts.SHIPPED == fonts.font_path("") == fonts.font_path(name)
    assert path.stat().st_size < 60_000
    licence = path.with_name("LICENSE-DejaVu.txt").read_text(encoding="utf-8")
    assert "Bitstream" in licence and "Permission is hereby granted" in licence


def test_names_lead_to_files():
    found = fonts.fonts()
    assert len(set(found.values())) == len(found)
    for name, path in found.items():
        assert path.is_file() and path.suffix.lower() in fonts.ENDINGS
        assert fonts.font_path(name) == path and name.strip() == name != ""


@pytest.mark.parametrize(
    "file, name",
    [
        ("DejaVuSans-BoldOblique.ttf", "DejaVu Sans Bold Oblique"),
        ("NotoSans[wdth,wght].ttf", "Noto Sans"),
        ("liberation_mono-regular.otf", "liberation mono regular"),
        ("[x].ttf", "[x]"),
    ],
)
def test_font_name(file, name):
    assert fonts.font_name(Path(file)) == name


@pytest.mark.parametrize("name", ["Comic Papyrus", "../../etc/passwd", " "])
def test_unknown_font_is_refused(name):
    problem = refused(asked(text="Hi", font=name))
    assert (problem.code, problem.field) == ("relief.unknown_font", "relief.font")
    assert name in problem.message
    Set(with_suggested(asked(text="Hi", font=name), problem))


def test_the_font_covers_latin():
    languages = "ÄÖÜäöüß ÀÉÎÕÇ àéîõç ÅØÆåøæ ŠŽČŘĎŤŇ šžčřďťň ŁĄĘŻ łąęż ŐŰőű ĞİŞğış"
    assert missing(languages + "€„“”‚‘’–—…«»°²³½×÷§&@№™", fonts.SHIPPED) == []
    assert missing("a日ж b日", fonts.SHIPPED) == ["日", "ж"]


##~~ letters


@pytest.mark.parametrize("size", [3.0, 8.0, 31.7, 60.0])
def test_capitals_are_as_high_as_asked(size):
    field = Line.of("H", fonts.SHIPPED).field(size)
    v = np.linspace(-0.2 * size, 1.2 * size, 4000)
    # Down the left stem of the H.
    u, _ = field.raster.nodes()
    left = u[field.values > 0].min()
    inside = field(np.full_like(v, left + 0.08 * size), v) > 0
    assert v[inside].min() == pytest.approx(0, abs=0.01 * size)
    assert v[inside].max() == pytest.approx(size, abs=0.01 * size)
    # The stems are upright: the rim is at the same place all along.
    row = np.linspace(left - 1, left + 1, 2001)
    rims = [
        np.interp(0, field(row, np.full_like(row, share * size)), row)
        for share in (0.1, 0.3, 0.7, 0.9)
    ]
    assert np.ptp(rims) < 0.005 * size


def test_ink_is_centred_and_measured():
    for words in ("Hi", "jolly good", "ÉÀ", "—", "AVAVA"):
        line = Line.of(words, fonts.SHIPPED)
        field = line.field(10)
        u, v = field.raster.nodes()
        ink = field.values > 0
        assert u[ink].min() == pytest.approx(-u[ink].max(), abs=0.15)
        assert np.ptp(u[ink]) == pytest.approx(line.width * 10, rel=0.01, abs=0.2)
        assert v[ink].min() >= line.low * 10 - 0.15
        assert v[ink].max() <= line.high * 10 + 0.15
        assert line.low <= 0 and line.high >= 1


def test_letters_are_the_right_way_round():
    field = Line.of("L", fonts.SHIPPED).field(10)
    u, v = field.raster.nodes()
    ink = field.values > 0
    assert v[ink].mean() < 4 and u[ink].mean() < 0
    before = Line.of("Li", fonts.SHIPPED).field(10)
    u, _ = before.raster.nodes()
    area = [(before.values > 0)[side].sum() for side in (u < 0, u > 0)]
    assert area[0] > area[1]


def test_field_has_slope_one_at_the_rim():
    field = Line.of("Sog8", fonts.SHIPPED).field(8)
    slope = np.hypot(*np.gradient(field.values, field.raster.pitch[0]))
    near = slope[np.abs(field.values) < 0.15]
    assert 0.95 < np.percentile(near, 5) and np.percentile(near, 95) < 1.05


def test_accents_are_set_whichever_way_they_are_written():
    apart, joined = "ne\u0301e", "n\u00e9e"
    assert unicodedata.normalize("NFC", apart) == joined
    assert text.line_of(asked(text=f"  {apart} ")) == joined
    assert np.array_equal(Set(asked(text=apart)).ink, Set(asked(text=joined)).ink)


##~~ where it goes


def random_text(rng):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzäéß0123456789&!-."
    return "".join(rng.choice(list(letters), rng.integers(1, 8)))


@pytest.mark.parametrize("shape", FLAT)
def test_text_lies_within_the_shape(shape):
    rng = np.random.default_rng(sum(map(ord, shape)))
    made = 0
    for _ in range(5):
        settings = asked(
            shape=shape,
            width=float(rng.uniform(80, 160)),
            text=random_text(rng),
            text_size=float(rng.uniform(3, 12)),
            text_place=str(rng.choice(["top", "bottom"])),
            border=float(rng.choice([0, 3, 20])),
            frame_height=float(rng.choice([1.0, 2.5, 6.0])),
        )
        try:
            found = Set(settings)
        except ReliefRefused as refusal:
            if refusal.problem.code == "relief.no_room_for_text":
                continue
            settings = with_suggested(settings, refusal.problem)
            found = Set(settings)
        made += 1
        depth, border = found.depth(), settings.border
        assert depth[found.ink].min() > 0.5
        lower, upper = found.box()[1::2]
        beyond = middle(found.canvas.shape)[1] - settings.text_size
        assert lower > beyond if settings.text_place == "top" else upper < -beyond
        if found.plate:
            (plate,) = found.plate
            assert plate.height == settings.base + settings.relief_height
            under = plate.inside(found.u, found.v)
            # Flat for some way around the letters, and clear of the frame.
            assert under[found.ink].min() > 0.9
            on_plate = (under > 0) & (depth > 0)
            assert depth[on_plate].min() > border - 1e-6
            assert len(components(on_plate)[1]) == 2
            assert found.letters.height == plate.height + settings.text_raise
        else:
            assert depth[found.ink].max() < border - 0.5
            assert found.letters.height == frame.height(settings) + settings.text_raise
    assert made >= 3


@pytest.mark.parametrize("shape", CURVED)
@pytest.mark.parametrize("place", ["top", "bottom"])
def test_text_on_curved_shapes(shape, place):
    settings = asked(shape=shape, width=110.0, text="Anna", text_place=place, text_size=6)
    found = Set(settings, aspect=3.0)
    assert found.ink.any() and found.depth()[found.ink].min() > 0.5
    left, _, right, _ = found.canvas.picture
    box = found.box()
    assert left < box[0] and box[2] < right
    assert box[0] + box[2] == pytest.approx(left + right, abs=0.5)
    (plate,) = found.plate
    assert plate.inside(found.u, found.v)[found.ink].min() > 0.9


def test_text_is_on_the_frame_where_that_is_wide_enough():
    narrow, wide = (
        Set(asked(width=150, border=border, text="Ada", text_size=6))
        for border in (4, 12)
    )
    assert narrow.plate and not wide.plate
    _, bottom, _, top = wide.box()
    low = wide.canvas.shape[1]
    assert bottom - low == pytest.approx(low + 12 - top, abs=0.41)


def test_text_keeps_off_a_foot():
    route = asked(shape="plate", width=100, text="Ada", stand="foot")
    found = Set(replace(route, route="lithophane"))
    assert found.box()[1] - found.canvas.shape[1] > 4


##~~ heights


def test_engraved_letters_leave_the_base():
    for base in (0.2, 0.4, 1.0, 5.0):
        for relief_height in (0.5, 1.0, 4.0):
            for text_raise in (-0.3, -1.0, -3.0):
                settings = asked(
                    base=base, relief_height=relief_height, text_raise=text_raise
                )
                ground = text.ground(settings, False)
                floor = text.letters_height(settings, ground)
                assert floor == max(ground + text_raise, base, text.LEAST_FLOOR)
                assert ground - floor >= text.LEAST_STEP - 1e-9


@pytest.mark.parametrize(
    "changes",
    [
        {"text_raise": 0.0},
        {"text_raise": 0.15},
        {"text_raise": -0.1},
        {"text_raise": -2.0, "base": 0.2, "relief_height": 0.3},
    ],
)
def test_letters_without_a_step_are_refused(changes):
    settings = asked(text="Ada", **changes)
    problem = refused(settings)
    assert (problem.code, problem.field) == ("relief.text_flat", "relief.text_raise")
    Set(with_suggested(settings, problem))


@pytest.mark.parametrize(
    "border, frame_height", [(0, None), (3, 7.0), (15, 1.2), (15, 9)]
)
@pytest.mark.parametrize("text_raise", [-0.5, 1.5])
def test_reach_covers_the_letters(border, frame_height, text_raise):
    settings = asked(
        text="Ada", border=border, frame_height=frame_height, text_raise=text_raise
    )
    try:
        found = Set(settings)
    except ReliefRefused as refusal:
        assert refusal.problem.code == "relief.text_flat"
        return
    low, high = text.reach(settings, found.canvas)
    assert low == 0
    top = max(region.height for region in [*found.plate, found.letters])
    assert top <= high
    if border < 10:
        assert top == high


##~~ what is refused


@pytest.mark.parametrize("place", ["top", "bottom"])
@pytest.mark.parametrize("shape", FLAT)
def test_too_big_a_text_is_refused_with_the_size_that_fits(shape, place):
    settings = asked(shape=shape, width=120, text="Grossmutter", text_size=20)
    settings = replace(settings, text_place=place)
    problem = refused(settings)
    assert (problem.code, problem.field) == ("relief.text_too_big", "relief.text_size")
    assert 3 <= problem.suggest < 20 and str(problem.suggest) in problem.message
    Set(with_suggested(settings, problem))
    bigger = replace(settings, text_size=problem.suggest + 0.1)
    assert refused(bigger).code == "relief.text_too_big"


def test_no_size_fits():
    settings = asked(width=40, text="All work and no play makes Jack a dull boy")
    problem = refused(settings)
    assert problem.code == "relief.no_room_for_text"
    assert not text.active(with_suggested(settings, problem))


@pytest.mark.parametrize("nozzle", [0.4, 0.8, 1.2])
def test_thin_strokes_are_refused_with_the_size_that_does(nozzle):
    machine = Machine(nozzle=nozzle)
    settings = asked(text="Hamburg", text_size=3.0)
    line = Line.of("Hamburg", fonts.SHIPPED)
    try:
        text.check_strokes(settings, machine)
        assert nozzle == 0.4
    except ReliefRefused as refusal:
        problem = refusal.problem
        assert (problem.code, problem.field) == (
            "relief.text_too_thin",
            "relief.text_size",
        )
        settings = with_suggested(settings, problem)
        text.check_strokes(settings, machine)
        slim = line.thin_share(problem.suggest - 0.3, machine.line_width)
        assert slim > 0.8 * THIN_SHARE


def test_thin_share_tells_thin_from_thick():
    line = Line.of("HI", fonts.SHIPPED)
    # The stems of this font are 0.258 of a capital wide; discs do not reach corners.
    assert line.thin_share(10, 1.5) < 0.03
    assert line.thin_share(10, 2.5) < THIN_SHARE
    assert line.thin_share(10, 2.65) > 0.7
    assert line.thin_share(10, 30) == 1.0


def test_characters_without_a_glyph_are_named():
    problem = refused(asked(text="Tokyo 東京"))
    assert problem.code == "relief.text_no_glyph"
    assert "東 京" in problem.message and "T" not in problem.values["characters"]


@pytest.mark.parametrize("words", ["שלום", "سلام", "a\u0303\u0303", "नमस्ते"])
def test_scripts_with_their_own_rules_are_refused(words):
    problem = refused(asked(text=words))
    assert problem.code == "relief.text_script"
    assert problem.field == "relief.text"


@pytest.mark.parametrize(
    "words, plain",
    [("a\nb", "a b"), ("a\tb\x00", "a b"), ("\u202eabc", "abc"), ("x\u200by", "x y")],
)
def test_control_characters_are_refused(words, plain):
    problem = refused(asked(text=words))
    assert problem.code == "relief.text_control"
    assert problem.suggest == plain
    Set(with_suggested(asked(text=words), problem))


def test_a_file_that_is_no_font_is_refused(tmp_path, monkeypatch):
    broken = tmp_path / "Broken.ttf"
    broken.write_bytes(b"not a font")
    monkeypatch.setattr(fonts, "FOLDERS", (tmp_path,))
    fonts._found.cache_clear()
    try:
        problem = refused(asked(text="Ada", font="Broken"))
    finally:
        fonts._found.cache_clear()
    assert (problem.code, problem.suggest) == ("relief.font_unreadable", "")
    assert "Broken" in problem.message


@pytest.mark.parametrize("words, wanted", [("", False), ("   ", False), ("Ada", True)])
def test_only_ink_counts(words, wanted):
    assert text.active(asked(text=words)) == wanted
