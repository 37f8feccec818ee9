"""The commands as a user types them: results, exit codes, and one sentence for what is wrong."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

import octoprint_img2stl
from octoprint_img2stl.cli import making as cli
from octoprint_img2stl.problems import Refusal
from octoprint_img2stl.relief import PRESETS, SHAPES, ReliefSettings

PACKAGE = Path(octoprint_img2stl.__file__).parent
SAMPLE = PACKAGE / "data" / "sample" / "cat.jpg"
ENV = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
QUICK = ("--width", "25", "--quality", "draft", "--max-error", "0.1")


def command(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "octoprint_img2stl", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=ENV,
        timeout=300,
    )


def refused(finished, code, status=1):
    """One plain sentence with its code on stderr, nothing else."""
    assert finished.returncode == status, finished.stderr
    assert finished.stdout == ""
    lines = finished.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].endswith("]") and f"[{code}" in lines[0]
    assert "Traceback" not in finished.stderr


def test_make_writes_four_files(tmp_path):
    finished = command("make", SAMPLE, "--out", "result", *QUICK, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    out = tmp_path / "result"
    assert sorted(path.name for path in out.iterdir()) == [
        "model.gcode",
        "model.stl",
        "preview.png",
        "report.json",
    ]
    report = json.loads((out / "report.json").read_text())
    assert report["route"] == "relief" and report["size"][0] == pytest.approx(
        25, abs=0.001
    )
    assert Image.open(out / "preview.png").size[0] > 200
    data = (out / "model.stl").read_bytes()
    assert struct.unpack("<I", data[80:84])[0] == report["triangles"]
    assert not data.startswith(b"solid")


def test_make_lithophane_as_json(tmp_path):
    finished = command(
        "make",
        SAMPLE,
        "--route",
        "lithophane",
        "--width",
        "40",
        "--height-min",
        "1",
        "--height-max",
        "2.5",
        "--no-slice",
        "--json",
        "--out",
        tmp_path / "o",
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report["size"][1] == pytest.approx(2.5, abs=0.001)  # it stands
    assert report["layers"] is None and report["slicer"] is None
    assert not (tmp_path / "o" / "model.gcode").exists()


# -- presets and settings ------------------------------------------------------------------


def chosen(*arguments):
    """The parameters that `make` takes from these arguments."""
    context = cli.make.make_context("make", [str(SAMPLE), "--out", "o", *arguments])
    return cli._params(context.params)


def refused_choice(*arguments):
    with pytest.raises(Refusal) as caught:
        chosen(*arguments)
    problem = caught.value.problem
    assert problem.message.endswith(".") and len(problem.message) < 250
    return problem


@pytest.mark.parametrize("preset", PRESETS)
def test_make_of_each_preset(tmp_path, preset):
    changes = ("--width", "30", "--samples-per-mm", "2", "--max-error", "0.2")
    changes += ("--set", "socket_hole=8", "--no-slice", "--json", "--out", "o")
    finished = command("make", SAMPLE, "--preset", preset, *changes, cwd=tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    report = json.loads(finished.stdout)
    expected = ReliefSettings.preset(preset).to_json()
    assert report["route"] == expected.pop("route") == PRESETS[preset].route
    changed = {"width": 30, "samples_per_mm": 2, "max_error": 0.2, "socket_hole": 8}
    assert report["parameters"]["relief"] == {**expected, **changed}
    assert report["watertight"] and report["size"][0] == pytest.approx(30, abs=1)
    assert [each for each in report["problems"] if each["severity"] == "error"] == []
    assert Image.open(tmp_path / "o" / "preview.png").size[0] > 200


def test_preset_and_route_must_agree(tmp_path):
    for route, preset in (("relief", "lamp"), ("lithophane", "medal")):
        problem = refused_choice("--route", route, "--preset", preset)
        assert problem.code == "command.preset_route"
        assert preset in problem.message
        same = PRESETS[preset].route
        assert chosen("--route", same, "--preset", preset) == chosen("--preset", preset)
    finished = command(
        "make",
        SAMPLE,
        "--route",
        "relief",
        "--preset",
        "lamp",
        "--out",
        "o",
        cwd=tmp_path,
    )
    refused(finished, "command.preset_route")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "option, value", [("--preset", "statue"), ("--shape", "star"), ("--steps", "two")]
)
def test_unknown_words_are_wrong_usage(tmp_path, option, value):
    finished = command("make", SAMPLE, option, value, "--out", "o", cwd=tmp_path)
    assert finished.returncode == 2 and value in finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_options_that_have_names_of_their_own():
    relief = chosen(
        *("--shape", "disc", "--width", "50", "--border", "2", "--invert", "--mirror"),
        *("--contrast", "1.5", "--smoothing", "0", "--steps", "3", "--text", "For you"),
        *("--max-error", "0", "--samples-per-mm", "5", "--base", "1.5"),
        *("--relief-height", "3"),
    ).relief
    assert relief == ReliefSettings.from_json(
        "relief",
        {
            "shape": "disc",
            "width": 50,
            "border": 2,
            "invert": True,
            "mirror": True,
            "contrast": 1.5,
            "smoothing": 0,
            "steps": 3,
            "text": "For you",
            "max_error": 0,
            "samples_per_mm": 5,
            "base": 1.5,
            "relief_height": 3,
        },
    )
    for shape in SHAPES:
        assert chosen("--shape", shape).relief.shape == shape


def test_what_is_given_wins_over_the_preset():
    assert PRESETS["stamp"].changes["mirror"] and PRESETS["stamp"].changes["steps"] == 2
    relief = chosen("--preset", "stamp", "--no-mirror", "--steps", "0").relief
    assert relief == ReliefSettings.from_json(
        "relief", {**PRESETS["stamp"].changes, "mirror": False, "steps": 0}
    )
    assert chosen("--preset", "medal", "--height-max", "5").relief.relief_height == 3.4
    assert chosen("--preset", "lamp").slicing.infill == 100


@pytest.mark.parametrize(
    "text, triangles",
    [
        ("400000", 400_000),
        ("400k", 400_000),
        (" 400 K ", 400_000),
        ("1.5k", 1500),
        ("2M", 2_000_000),
        ("0.25m", 250_000),
        ("20MB", 399_998),
        ("20 mb", 399_998),
        ("0.5MB", 9_998),
        ("none", None),
        (" None", None),
    ],
)
def test_budgets(text, triangles):
    assert chosen("--budget", text).relief.budget == triangles
    if "MB" in text.upper():
        most = float(text[:-2]) * 1e6
        assert 84 + 50 * triangles <= most < 84 + 50 * (triangles + 1)


@pytest.mark.parametrize(
    "text",
    ["", "many", "20GB", "-5k", "1e5", "k", "MB", "0x10", "4 00k", "٤k", "9" * 400],
)
def test_budgets_that_are_unreadable(text):
    problem = refused_choice("--budget", text)
    assert (problem.code, problem.field) == ("command.budget_unreadable", "relief.budget")


@pytest.mark.parametrize("text", ["999", "0", "0MB", "0.0001MB", "21M", "999999999999M"])
def test_budgets_out_of_range(text):
    problem = refused_choice("--budget", text)
    assert (problem.code, problem.field) == ("relief.out_of_range", "relief.budget")


def test_budget_is_kept(tmp_path):
    made = ("make", SAMPLE, *QUICK, "--max-error", "0.005", "--no-slice", "--out", "o")
    finished = command(*made, "--budget", "0.1MB", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "o" / "model.stl").stat().st_size <= 100_000
    assert "info: To stay below 1998 triangles" in finished.stderr
    finished = command(*made, "--budget", "lots", cwd=tmp_path)
    refused(finished, "command.budget_unreadable")


@pytest.mark.parametrize(
    "setting, value",
    [
        ("local_contrast=0.4", 0.4),
        ("local_contrast = 0.4 ", 0.4),
        ("magnets=3", 3),
        ("keyhole=true", True),
        ("auto_levels=false", False),
        ("holes=two", "two"),
        ('holes="two"', "two"),
        (" holes = two", "two"),
        ("frame_height=null", None),
        ("frame_height=2.5", 2.5),
        ("curve=[[0,0],[0.5,0.7],[1,1]]", ((0, 0), (0.5, 0.7), (1, 1))),
        ("curve=null", None),
        ("font=", ""),
        ("text=Our cat", "Our cat"),
        ('text="Our cat "', "Our cat "),
        ("text=2024", "2024"),
        ("text=true", "true"),
        ("text=a=b", "a=b"),
        ("text=", ""),
        ("shape=heart", "heart"),
        ("width=50", 50),
    ],
)
def test_any_other_setting(setting, value):
    name = setting.partition("=")[0].strip()
    assert getattr(chosen("--set", setting).relief, name) == value


def test_settings_add_up_and_the_last_one_counts():
    relief = chosen(
        *("--preset", "sign", "--width", "70", "--set", "holes=one"),
        *("--set", "width=80", "--set", "hole_diameter=3", "--set", "holes=four"),
    ).relief
    assert (relief.width, relief.holes, relief.hole_diameter) == (80, "four", 3)


@pytest.mark.parametrize(
    "setting, code, field",
    [
        ("colour=red", "relief.unknown_setting", "relief.colour"),
        ("=5", "relief.unknown_setting", "relief."),
        ("Width=50", "relief.unknown_setting", "relief.Width"),
        ("width=wide", "relief.wrong_type", "relief.width"),
        ("width=", "relief.wrong_type", "relief.width"),
        ("width=NaN", "relief.out_of_range", "relief.width"),
        ("width=1e999", "relief.out_of_range", "relief.width"),
        ("width=[50]", "relief.wrong_type", "relief.width"),
        ("keyhole=yes", "relief.wrong_type", "relief.keyhole"),
        ("holes=three", "relief.unknown_choice", "relief.holes"),
        ("shape=star", "relief.unknown_shape", "relief.shape"),
        ("curve=[[0,0]]", "relief.bad_curve", "relief.curve"),
        ("steps=1", "relief.one_step", "relief.steps"),
        ("width", "command.setting_unreadable", None),
        ("", "command.setting_unreadable", None),
    ],
)
def test_other_settings_that_cannot_be(setting, code, field):
    problem = refused_choice("--set", setting)
    assert (problem.code, problem.field) == (code, field)


def test_settings_that_do_not_go_together(tmp_path):
    finished = command(
        *("make", SAMPLE, *QUICK, "--preset", "lamp", "--set", "keyhole=true"),
        *("--no-slice", "--out", "o"),
        cwd=tmp_path,
    )
    assert finished.returncode == 1 and "Traceback" not in finished.stderr
    refused(finished, "relief.")
    assert list(tmp_path.iterdir()) == []


# -- several photos -------------------------------------------------------------------------


def test_make_takes_several_photos(tmp_path):
    Image.new("L", (300, 280), 90).save(tmp_path / "dog.png")
    made = ("make", SAMPLE, "dog.png", SAMPLE, *QUICK, "--no-slice", "--json")
    finished = command(*made, "--out", "o", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report["photo"]["size_px"] == [451, 300]
    assert [(each["number"], each["size_px"]) for each in report["photos"]] == [
        (2, [300, 280]),
        (3, [451, 300]),
    ]


@pytest.mark.parametrize(
    "more, code",
    [
        (["bad.jpg"], "photo.not_an_image"),
        (["nowhere.jpg"], "command.no_file"),
        (6 * [SAMPLE], "jobs.too_many_photos"),
    ],
)
def test_further_photos_are_checked_too(tmp_path, more, code):
    (tmp_path / "bad.jpg").write_text("once upon a time")
    finished = command("make", SAMPLE, *more, "--out", "o", cwd=tmp_path)
    refused(finished, code)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.jpg"]


def test_same_photo_same_mesh(tmp_path):
    for name in "ab":
        command(
            "make", SAMPLE, "--no-slice", *QUICK, "--out", tmp_path / name, cwd=tmp_path
        )
    assert (tmp_path / "a/model.stl").read_bytes() == (
        tmp_path / "b/model.stl"
    ).read_bytes()


def test_results_of_an_earlier_run_do_not_stay(tmp_path):
    out = tmp_path / "o"
    command("make", SAMPLE, *QUICK, "--out", out, cwd=tmp_path)
    command("make", SAMPLE, *QUICK, "--no-slice", "--out", out, cwd=tmp_path)
    assert not (out / "model.gcode").exists() and (out / "model.stl").exists()


def bomb(path, side=30_000):
    """A PNG of about 100 kB that says it has 30 000 x 30 000 pixels, and does."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )
    assert path.stat().st_size < 200_000


def bad_photo(kind, path):
    jpeg = SAMPLE.read_bytes()
    if kind == "bomb":
        bomb(path)
    elif kind == "huge":
        with open(path, "wb") as file:
            file.truncate(300 * 2**20)
    else:
        path.write_bytes(
            {
                "empty": b"",
                "text": b"once upon a time",
                "truncated": jpeg[: len(jpeg) // 2],
                "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
                "heic": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(300),
            }[kind]
        )


@pytest.mark.parametrize(
    "kind, code",
    [
        ("empty", "photo.empty"),
        ("text", "photo.not_an_image"),
        ("truncated", "photo.truncated"),
        ("svg", "photo.svg"),
        ("heic", "photo.heic"),
        ("bomb", "photo.too_many_pixels"),
        ("huge", "photo.file_too_big"),
    ],
)
def test_bad_photos(tmp_path, kind, code):
    photo = tmp_path / "photo.jpg"
    bad_photo(kind, photo)
    finished = command("make", photo, "--out", tmp_path / "out", cwd=tmp_path)
    refused(finished, code)
    assert [path.name for path in tmp_path.iterdir()] == [
        "photo.jpg"
    ]  # nothing half-written


@pytest.mark.parametrize(
    "name", ["--help.jpg", "-rf .jpg", "$(touch evil).jpg", "a b;c.jpg"]
)
def test_hostile_names(tmp_path, name):
    (tmp_path / name).write_bytes(SAMPLE.read_bytes())
    finished = command("make", "--out", "o", *QUICK, "--", name, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "o" / "model.gcode").exists()
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "arguments, code",
    [
        (("--width", "0"), "relief."),
        (("--width", "-5"), "relief."),
        (("--width", "nan"), "relief."),
        (("--width", "inf"), "relief."),
        (("--width", "400"), "relief.too_big_for_bed"),
        (("--height-min", "2", "--height-max", "1"), "relief."),
        (("--bed", "wide"), "machine.bed_unreadable"),
        (("--nozzle", "0"), "machine.invalid"),
        (("--crop", "0,0,0,0"), "photo.crop_invalid"),
        (("--crop", "a,b"), "photo.crop_invalid"),
        (("--turn", "45"), "photo.turn_invalid"),
        (("--infill", "250"), "slicing.out_of_range"),
    ],
)
def test_bad_values(tmp_path, arguments, code):
    finished = command("make", SAMPLE, "--out", "out", *arguments, cwd=tmp_path)
    refused(finished, code)
    assert list(tmp_path.iterdir()) == []


def test_no_slicer_makes_the_stl_and_says_so(tmp_path):
    finished = command(
        "make",
        SAMPLE,
        *QUICK,
        "--slicer-path",
        "/nonexistent/slicer",
        "--out",
        "o",
        cwd=tmp_path,
    )
    assert finished.returncode == 1
    assert (tmp_path / "o" / "model.stl").exists()
    assert "warning:" in finished.stderr


def test_interrupted_leaves_nothing(tmp_path):
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "octoprint_img2stl",
            "make",
            str(SAMPLE),
            "--out",
            "out",
            "--route",
            "lithophane",
        ],
        cwd=tmp_path,
        env=ENV,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while (
        not list(tmp_path.glob("out/.img2stl-*/jobs/*/work"))
        and time.monotonic() < deadline
    ):
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert said == "Interrupted; nothing was written.\n"
    assert list(tmp_path.iterdir()) == []


def test_progress_bar_only_on_a_terminal(tmp_path):
    import pty

    main, terminal = pty.openpty()
    arguments = ["make", str(SAMPLE), *QUICK, "--out", "o"]
    running = subprocess.Popen(
        [sys.executable, "-m", "octoprint_img2stl", *arguments],
        cwd=tmp_path,
        env=ENV,
        stderr=terminal,
        stdout=subprocess.DEVNULL,
    )
    os.close(terminal)
    seen = b""
    while True:
        try:
            data = os.read(main, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        seen += data
    os.close(main)
    assert running.wait(60) == 0
    assert b"100%" in seen and b"Slicing" in seen
    quiet = command(*arguments, cwd=tmp_path)
    assert quiet.stderr == ""


def test_check(tmp_path):
    command("make", SAMPLE, "--no-slice", *QUICK, "--out", tmp_path, cwd=tmp_path)
    good = command("check", "model.stl", cwd=tmp_path)
    assert good.returncode == 0 and "Printable." in good.stdout
    small = command("check", "model.stl", "--bed", "20x20x20", "--json", cwd=tmp_path)
    assert small.returncode == 1
    answer = json.loads(small.stdout)
    assert answer["printable"] is False and answer["watertight"] is True
    assert answer["problems"][0]["code"] == "mesh.too_big_for_bed"
    data = bytearray((tmp_path / "model.stl").read_bytes())
    data[84 : 84 + 50] = data[84 + 50 : 84 + 100]  # one triangle is lost, one is doubled
    (tmp_path / "open.stl").write_bytes(data)
    leaky = command("check", "open.stl", cwd=tmp_path)
    assert leaky.returncode == 1 and "not watertight" in leaky.stdout
    (tmp_path / "cut.stl").write_bytes(data[:1000])
    refused(command("check", "cut.stl", cwd=tmp_path), "mesh.truncated", status=2)
    refused(command("check", "nothing.stl", cwd=tmp_path), "command.no_file", status=2)


def test_slice(tmp_path):
    command("make", SAMPLE, "--no-slice", *QUICK, "--out", tmp_path, cwd=tmp_path)
    (tmp_path / "model.stl").rename(tmp_path / "--help.stl")
    finished = command(
        "slice",
        "-o",
        "out.gcode",
        "--quality",
        "draft",
        "--json",
        "--",
        "--help.stl",
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)
    assert answer["layers"] > 5 and answer["slicer"]["version"]
    assert b";LAYER_CHANGE" in (tmp_path / "out.gcode").read_bytes()
    big = command(
        "slice", "--bed", "20x20x20", "-o", "big.gcode", "--", "--help.stl", cwd=tmp_path
    )
    refused(big, "slicing.")
    assert not (tmp_path / "big.gcode").exists()
    assert not list(tmp_path.glob(".img2stl-*"))


def test_slice_with_own_profile(tmp_path):
    command("make", SAMPLE, "--no-slice", *QUICK, "--out", tmp_path, cwd=tmp_path)
    evil = tmp_path / "evil"
    (tmp_path / "my.ini").write_text(
        f"layer_height = 0.25\nfill_density = 20%\npost_process = /usr/bin/touch {evil}\n"
    )
    finished = command(
        "slice", "model.stl", "-o", "out.gcode", "--profile", "my.ini", cwd=tmp_path
    )
    assert finished.returncode == 0, finished.stderr
    assert not evil.exists()
    text = (tmp_path / "out.gcode").read_text()
    assert "; layer_height = 0.25" in text and "; fill_density = 20%" in text


def test_a_test_print_is_a_piece_of_the_model(tmp_path):
    command("make", SAMPLE, "--no-slice", *QUICK, "--out", tmp_path, cwd=tmp_path)
    slicing = ("slice", "model.stl", "-o", "out.gcode", "--quality", "draft")
    sample = command(*slicing, "--test-print", "sample", "--json", cwd=tmp_path)
    assert sample.returncode == 0, sample.stderr
    answer = json.loads(sample.stdout)
    assert answer["test_print"]["kind"] == "sample"
    assert answer["test_print"]["size"][0] == pytest.approx(20, abs=0.01)

    half = command(*slicing, "--test-print", "scaled", cwd=tmp_path)
    assert half.returncode == 0, half.stderr
    assert "Test print: 12.5 x " in half.stdout
    refused(command(*slicing, "--scale-percent", "5", cwd=tmp_path), "mesh.too_flat")


def test_making_a_test_print_keeps_the_whole_model(tmp_path):
    test = ("--test-print", "scaled", "--scale-percent", "80")
    made = command("make", SAMPLE, "--out", "o", *QUICK, *test, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "Test print: 20 x " in made.stdout
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    assert report["size"][0] == pytest.approx(25, abs=0.001)
    assert report["test_print"]["size"][0] == pytest.approx(20, abs=0.001)
    low_x, _, _, high_x, *_ = report["bounds"]
    assert high_x - low_x < 32  # with the skirt around it
