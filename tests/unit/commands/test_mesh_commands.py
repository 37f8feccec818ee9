"""The commands for meshes as a user types them."""

import json

import numpy as np
import pytest
from PIL import Image

from octoprint_img2stl.jobs.pipeline import EXPORTS
from octoprint_img2stl.mesh.formats.write import write
from octoprint_img2stl.mesh.kernel import is_strict
from octoprint_img2stl.mesh.load import load, load_any
from tests.unit.jobs import shapes

from .test_cli import command, refused

LID = (2, 3)


@pytest.fixture
def open_box(tmp_path):
    return shapes.write(tmp_path / "open box.stl", shapes.box(), without=LID)


@pytest.mark.parametrize("ending", ["stl", *EXPORTS])
def test_repair_writes_a_solid_in_the_format_of_its_ending(tmp_path, open_box, ending):
    before = open_box.read_bytes()
    done = command("repair", open_box, "-o", f"out/box.{ending}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "were closed" in done.stdout and "lost 0 %" in done.stdout
    assert is_strict(load(tmp_path / "out" / f"box.{ending}"))
    assert open_box.read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"box.{ending}"]


def test_repair_as_json(tmp_path, open_box):
    done = command("repair", open_box, "-o", "box.stl", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["triangles"] == 10 and told["format"] == "STL" and told["unit"] is None
    assert told["repair"]["strict"] and told["repair"]["changes"]
    assert told["repaired"] >= 12


def test_repair_keeps_colours(tmp_path):
    cube = shapes.mesh(shapes.box())
    colours = np.tile(np.uint8([250, 20, 20]), (12, 1))
    colours[:6] = 20, 20, 250
    write(cube, tmp_path / "cube.ply", "ply", colours=colours)
    done = command("repair", "cube.ply", "-o", "cube.3mf", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = load_any(tmp_path / "cube.3mf").colours
    assert {tuple(colour) for colour in found.tolist()} == {(250, 20, 20), (20, 20, 250)}


def test_repair_refuses_in_a_sentence(tmp_path, open_box):
    refused(
        command("repair", open_box, "-o", "box.step", cwd=tmp_path),
        "command.unknown_ending",
    )
    refused(command("repair", "no.stl", "-o", "x.stl", cwd=tmp_path), "command.no_file")
    (tmp_path / "bad.stl").write_bytes(bytes(90))
    refused(command("repair", "bad.stl", "-o", "x.stl", cwd=tmp_path), "mesh.")
    assert not (tmp_path / "x.stl").exists()


def test_check_says_where_and_draws_it(tmp_path, open_box):
    done = command("check", open_box, "--picture", "p.png", "--json", cwd=tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    (hole,) = [each for each in told["problems"] if each["code"] == "mesh.open_edges"]
    assert hole["bit"] is not None and len(hole["target"]["centre"]) == 3
    assert not told["printable"] and told["format"] == "stl"
    with Image.open(tmp_path / "p.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert (pixels[..., 0] - pixels[..., 2] > 100).mean() > 0.001  # red


def test_check_knows_the_slice(tmp_path):
    """A table overhangs; with supports that is no warning any more."""
    file = shapes.write(
        tmp_path / "table.stl",
        shapes.box((60.0, 60.0, 5.0), (-20.0, -20.0, 19.9)),
        shapes.box(),
    )
    command("repair", file, "-o", "one.stl", cwd=tmp_path)
    alone = command("check", "one.stl", cwd=tmp_path)
    held = command("check", "one.stl", "--supports", "everywhere", cwd=tmp_path)
    assert "warning" in alone.stdout and "overhang" in alone.stdout
    assert "warning" not in held.stdout and "stand on supports" in held.stdout


def test_make_of_a_model(tmp_path, open_box):
    done = command(
        "make", open_box, "--out", "o", "--width", "30", "--quality", "draft",
        "--set", "base_cut=2", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["route"] == "mesh" and report["repair"]["strict"]
    assert report["size"] == pytest.approx([30, 30, 28], abs=0.01)
    assert report["layers"] > 20
    names = {path.name for path in (tmp_path / "o").iterdir()}
    assert names == {"model.stl", "model.gcode", "preview.png", "report.json"}


def test_make_stops_at_what_will_not_print_unless_told(tmp_path, open_box):
    options = ("--set", "repair=off", "--no-slice")
    stopped = command("make", open_box, "--out", "o", *options, cwd=tmp_path)
    refused(stopped, "mesh.open_edges")
    done = command("make", open_box, "--out", "o", *options, "--anyway", cwd=tmp_path)
    assert done.returncode == 0 and "open edges" in done.stderr


@pytest.mark.parametrize(
    "options, code",
    [
        (("--shape", "heart"), "command.only_for_photos"),
        (("--preset", "medal"), "command.only_for_photos"),
        (("--turn", "90"), "command.only_for_photos"),
        (("--crop", "0,0,1,1"), "command.only_for_photos"),
        (("--set", "hollow=-1"), "mesh.out_of_range"),
        (("--set", "shape=heart"), "mesh.unknown_setting"),
    ],
)
def test_options_that_a_model_does_not_have(tmp_path, open_box, options, code):
    refused(command("make", open_box, "--out", "o", *options, cwd=tmp_path), code)


def test_one_model_at_a_time(tmp_path, open_box):
    refused(
        command("make", open_box, open_box, "--out", "o", cwd=tmp_path),
        "command.one_mesh",
    )
