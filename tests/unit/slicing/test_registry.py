from __future__ import annotations

import json
import os
import sys

import pytest

from octoprint_img2stl.slicing.choices import AUTOMATIC
from octoprint_img2stl.slicing.owner_paths import (
    OwnerPath,
    key_of,
    paths_from_json,
    paths_to_json,
)
from octoprint_img2stl.slicing.prusaslicer import PrusaSlicer
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.registry import SLICERS, find


def refused(call, *arguments):
    with pytest.raises(SlicingRefused) as caught:
        call(*arguments)
    assert "%(" not in caught.value.problem.message
    return caught.value


def test_prusaslicer_is_registered_under_its_name():
    assert SLICERS["prusaslicer"].name == "prusaslicer"
    assert all(name == slicer.name and slicer.label for name, slicer in SLICERS.items())


def test_an_unknown_slicer_is_refused():
    assert refused(find, "../slic3r").code == "slicing.unknown_slicer"


def test_without_a_slicer_the_command_to_install_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(PrusaSlicer, "places", (f"{tmp_path}/*/prusa-slicer",))
    refusal = refused(find, "prusaslicer")
    assert refusal.code == "slicing.not_installed"
    message = refusal.problem.message
    assert "sudo apt install --no-install-recommends prusa-slicer" in message


def test_it_is_found_on_the_path_and_in_usual_places(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(PrusaSlicer, "places", (f"{tmp_path}/opt*/prusa-slicer",))
    for folder in ("opt-2", "bin"):
        program = tmp_path / folder / "prusa-slicer"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        assert find("prusaslicer").path == str(program)


def test_a_relative_search_path_is_not_trusted(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prusa-slicer").write_text("#!/bin/sh\n")
    (tmp_path / "prusa-slicer").chmod(0o755)
    monkeypatch.setenv("PATH", ".")
    monkeypatch.setattr(PrusaSlicer, "places", ())
    assert refused(find, "prusaslicer").code == "slicing.not_installed"


def test_a_configured_path_must_be_an_absolute_executable_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("x")
    plain.chmod(0o644)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o755)
    for bad in (
        "prusa-slicer",
        "./prusa-slicer",
        "/nonexistent/prusa-slicer",
        str(tmp_path),
        str(plain),
        str(pipe),
        "/bin/true\0",
        "/bin/true; rm -rf /",
    ):
        refusal = refused(find, "prusaslicer", {"prusaslicer": OwnerPath(bad)})
        assert refusal.code == "slicing.bad_path"
        refusal = refused(find, AUTOMATIC, {"prusaslicer": OwnerPath(bad)})
        assert refusal.code == "slicing.bad_path"
    own = {"prusaslicer": OwnerPath(sys.executable)}
    assert find("prusaslicer", own).path == sys.executable


def test_without_a_wish_the_first_that_is_here_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for slicer in SLICERS.values():
        monkeypatch.setattr(slicer, "places", ())
    refusal = refused(find)
    assert refusal.code == "slicing.not_installed"
    assert refusal.problem.values["slicer"] == PrusaSlicer.label
    for name in ("CuraEngine", "prusa-slicer"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        assert find().path == str(tmp_path / name)
    own = {"curaengine": OwnerPath("", "/usr/share/elsewhere")}
    assert find("curaengine", own).definitions == "/usr/share/elsewhere"


def test_paths_survive_the_way_to_the_worker():
    own = {"prusaslicer": OwnerPath(), "curaengine": OwnerPath("/bin/cura", "/files")}
    sent = json.loads(json.dumps(paths_to_json(own)))
    assert paths_from_json(sent) == {"curaengine": OwnerPath("/bin/cura", "/files")}
    assert key_of({"prusaslicer": OwnerPath()}) == "" != key_of(own)


HELP = """#!/bin/sh
echo '[2026-01-01 00:00:00.1] [0x00007f] [trace]   Initializing StaticPrintConfigs'
echo 'PrusaSlicer-%s based on Slic3r (with GUI support)'
echo 'Usage: prusa-slicer [ ACTIONS ]'
"""


@pytest.mark.parametrize(
    ("line", "version"),
    [("2.5.0+UNKNOWN", "2.5.0"), ("2.9.2+debian1", "2.9.2"), ("2.10.11", "2.10.11")],
)
def test_the_version_is_found_in_any_line(tmp_path, line, version):
    program = tmp_path / "prusa-slicer"
    program.write_text(HELP % line)
    program.chmod(0o755)
    assert PrusaSlicer(str(program)).version() == version


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (HELP % "2.2.0", "slicing.too_old"),
        ("#!/bin/sh\necho Hello\n", "slicing.not_a_slicer"),
        ("#!/bin/sh\nexit 3\n", "slicing.not_a_slicer"),
        ("not a program at all", "slicing.not_started"),
        ("#!/bin/sh\necho PrusaSlicer-2.5\n", "slicing.not_a_slicer"),
    ],
)
def test_another_program_is_refused(tmp_path, script, code):
    program = tmp_path / "prusa-slicer"
    program.write_text(script)
    program.chmod(0o755)
    assert refused(PrusaSlicer(str(program)).version).code == code


def test_a_program_that_never_answers_is_given_up(tmp_path, monkeypatch):
    from octoprint_img2stl.process import Limits
    from octoprint_img2stl.slicing import prusaslicer as module

    program = tmp_path / "prusa-slicer"
    program.write_text("#!/bin/sh\nsleep 100\necho PrusaSlicer-2.5.0\n")
    program.chmod(0o755)
    monkeypatch.setattr(module, "PROBE", Limits(time_s=0.3))
    assert refused(PrusaSlicer(str(program)).version).code == "slicing.no_answer"


def test_the_real_version_is_found(prusaslicer):
    assert tuple(map(int, prusaslicer.version().split("."))) >= (2, 3, 0)
