"""What slices took, kept in a file that may be damaged and is written by several at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat

import pytest

from octoprint_img2stl.slicing.drivers import Kind, guessed
from octoprint_img2stl.slicing.effort import Effort
from octoprint_img2stl.slicing.paces import FILE_LIMIT, MOST, Paces, fingerprint
from octoprint_img2stl.slicing.prusa_pace import COSTS

VASE = Effort(
    triangles=80_000,
    work=[(n + 1) / 200 for n in range(200)],
    layer=0.2,
    outline_m=50.0,
    cuts=2e5,
    busy=2e8,
    islands=1.0,
    crowd=4000.0,
    slope=3000.0,
    spread=6.0,
    lines=2e4,
    overhang_m=3.0,
)
KIND = Kind()


def seconds(factor=1.0, effort=VASE):
    """What the stages of such a slice are guessed to take, times a factor."""
    *stages, after = guessed(COSTS, effort, KIND)
    return {s.name: factor * s.guess for s in stages}, factor * after.guess


def whole(paces, effort=VASE, kind=KIND):
    return sum(stage.guess for stage in paces.taught(COSTS, effort, kind))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "paces.json"


@pytest.fixture
def paces(file):
    return Paces(file, "prusaslicer", __file__)


GUESS = sum(stage.guess for stage in guessed(COSTS, VASE, KIND))


def test_what_a_slice_took_is_known_the_next_time(paces, file):
    assert whole(paces) == pytest.approx(GUESS)
    paces.keep(VASE, KIND, *seconds(4.0))
    assert whole(Paces(file, "prusaslicer", __file__)) > 3.4 * GUESS
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert not list(file.parent.glob(".*"))


def test_the_more_alike_a_slice_is_the_more_it_tells(paces):
    paces.keep(VASE, KIND, *seconds(4.0))
    finer = VASE._replace(layer=0.12, outline_m=80.0, cuts=3.3e5, work=[1.0] * 333)
    other = VASE._replace(triangles=500, outline_m=9.0, cuts=9e3, slope=5.0, spread=30.0)
    more = [
        whole(paces, effort) / sum(s.guess for s in guessed(COSTS, effort, KIND))
        for effort in (VASE, finer, other)
    ]
    assert more[0] > more[1] > 2.0 and more[2] < 1.2


def test_another_slicer_tells_nothing_and_another_version_less(file):
    Paces(file, "prusaslicer", __file__).keep(VASE, KIND, *seconds(4.0))
    known = whole(Paces(file, "prusaslicer", __file__))
    assert whole(Paces(file, "curaengine", __file__)) == pytest.approx(GUESS)
    assert GUESS < whole(Paces(file, "prusaslicer", "/bin/sh")) < known
    assert fingerprint("/bin/sh") != fingerprint(__file__)
    assert fingerprint("/nowhere/at/all") == ""


def test_nothing_is_kept_without_a_file(tmp_path):
    paces = Paces(None, "prusaslicer", __file__)
    paces.keep(VASE, KIND, *seconds(4.0))
    assert whole(paces) == pytest.approx(GUESS) and not list(tmp_path.iterdir())


def test_that_it_cannot_be_kept_disturbs_nobody(tmp_path):
    paces = Paces(tmp_path / "missing" / "paces.json", "prusaslicer", __file__)
    paces.keep(VASE, KIND, *seconds(4.0))
    assert whole(paces) == pytest.approx(GUESS)


def test_the_file_stays_small_and_says_nothing_of_what_was_printed(paces, file):
    for n in range(MOST + 15):
        paces.keep(VASE._replace(triangles=1000 + n), KIND, *seconds())
    paces.keep(VASE._replace(triangles=1000 + n), KIND, *seconds(2.0))  # made again
    data = json.loads(file.read_text())
    assert len(data["slices"]) == MOST
    assert [s["effort"]["triangles"] for s in data["slices"]] == [
        1000 + n for n in range(15, MOST + 15)
    ]
    assert file.stat().st_size < FILE_LIMIT / 2
    kept = data["slices"][0]
    assert set(kept) == {"slicer", "program", "effort", "kind", "took"}
    numbers = [*kept["effort"].values(), *kept["kind"].values(), *kept["took"].values()]
    assert not any(isinstance(each, str) for each in numbers)


HUGE = '{"version": 1, "slices": [' + "1," * FILE_LIMIT + "1]}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"version"',
        '{"version": 2, "slices": []}',
        '{"version": 1}',
        '{"version": 1, "slices": 5}',
        '{"version": 1, "slices": {"a": 1}}',
        '{"version": 1, "slices": [null]}',
        '{"version": 1, "slices": [{"slicer": "prusaslicer"}]}',
        "[" * 100_000,
        "\x00\xff",
        HUGE,
    ],
    ids=lambda text: text[:12] or "empty",
)
def test_a_damaged_file_is_passed_over_and_replaced(paces, file, text):
    file.write_text(text)
    assert whole(paces) == pytest.approx(GUESS)
    paces.keep(VASE, KIND, *seconds(4.0))
    assert whole(paces) > 3.4 * GUESS
    assert len(json.loads(file.read_text())["slices"]) == 1


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("effort", "outline_m", "1e9"),
        ("effort", "outline_m", -1),
        ("effort", "outline_m", 1e300),
        ("effort", "triangles", None),
        ("effort", "layers", 0),
        ("effort", "layers", 1e12),
        ("kind", "walls", [3]),
        ("kind", "relief", "yes"),
        ("took", "slice", True),
        ("took", "slice", 10**400),
        ("took", "slice", {}),
    ],
)
def test_numbers_that_cannot_be(paces, file, part, name, value):
    paces.keep(VASE, KIND, *seconds(4.0))
    data = json.loads(file.read_text())
    data["slices"][0][part][name] = value
    file.write_text(json.dumps(data))
    assert whole(paces) == pytest.approx(GUESS)


def test_numbers_that_are_none(paces, file):
    paces.keep(VASE, KIND, *seconds(4.0))
    file.write_text(file.read_text().replace("80000", "NaN"))
    assert whole(paces) == pytest.approx(GUESS)


def test_a_pipe_or_a_folder_in_its_place_holds_nobody_up(paces, file):
    os.mkfifo(file)
    assert whole(paces) == pytest.approx(GUESS)
    file.unlink()
    file.mkdir()
    assert whole(paces) == pytest.approx(GUESS)
    paces.keep(VASE, KIND, *seconds(4.0))
    assert file.is_dir()


def _keep_some(file, first):
    paces = Paces(file, "prusaslicer", "")
    for n in range(8):
        paces.keep(VASE._replace(triangles=first + n), KIND, *seconds())


def test_two_processes_lose_none_of_each_others(file):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_keep_some, args=(file, at)) for at in (1000, 2000)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    slices = json.loads(file.read_text())["slices"]
    assert len({each["effort"]["triangles"] for each in slices}) == 16
    assert [path.name for path in file.parent.iterdir()] == ["paces.json"]
