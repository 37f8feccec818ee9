"""Programs that are no CuraEngine, or one that misbehaves."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.process import Limits
from octoprint_img2stl.slicing.cura import engine as module
from octoprint_img2stl.slicing.cura.engine import CuraEngine
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings
from tests.unit.slicing.cura.here import resources

PLAIN = SliceSettings()
GOOD = (
    ";Generated with Cura_SteamEngine 4.13.0\\nM109 S200\\nG28\\n;LAYER:0\\n"
    "G1 Z0.2\\nG1 X100 Y100\\nG1 X%s Y110 E1\\n"
)
ONLY_SKIRT = GOOD.replace(";LAYER:0", ";LAYER:0\\n;TYPE:SKIRT")
END = ";TIME_ELAPSED:1\\n;End of Gcode\\n"


def refused(call, *arguments, **options):
    with pytest.raises(SlicingRefused) as caught:
        call(*arguments, **options)
    problem = caught.value.problem
    assert len(problem.message) < 500 and "\n" not in problem.message
    assert "%(" not in problem.message
    return caught.value


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (f'printf "{GOOD % 120}" > "$out"', "slicing.incomplete"),
        (f'printf "{ONLY_SKIRT % 120}{END}" > "$out"', "slicing.empty"),
    ],
)
def test_what_only_this_engine_leaves_undone(fake, do_slice, cube, script, code):
    """What any slicer can do wrong: see test_bad_programs."""
    assert refused(do_slice, fake(script), cube, Machine(), PLAIN).code == code


def test_a_full_disk_is_told(fake, do_slice, cube, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(9, 9, 0))
    engine = fake(f'printf "{GOOD % 120}" > "$out"')
    assert refused(do_slice, engine, cube, Machine(), PLAIN).code == "slicing.disk_full"


def test_a_disk_that_is_full_from_the_beginning(fake, do_slice, cube, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_flat", full)
    engine = fake("exit 0")
    assert refused(do_slice, engine, cube, Machine(), PLAIN).code == "slicing.disk_full"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("PrusaSlicer-2.5.0", "slicing.not_a_slicer"),
        ("Cura_SteamEngine version master", "slicing.not_a_slicer"),
        ("", "slicing.not_a_slicer"),
        ("Cura_SteamEngine version 4.7.1", "slicing.too_old"),
        ("Cura_SteamEngine version 4.7", "slicing.too_old"),
        ("Cura_SteamEngine version 4.8", None),  # Debian's
        ("Cura_SteamEngine version 5.0.0", None),
    ],
)
def test_a_program_that_is_another(fake, answer, code):
    engine = fake("exit 0", help_text=answer)
    if code is None:
        assert engine.version() == answer.split()[-1]
    else:
        assert refused(engine.version).code == code


def test_an_engine_that_hangs_while_it_is_asked_for_its_version(do_slice, cube, tmp_path):
    program = tmp_path / "hangs"
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o755)
    engine = CuraEngine(str(program), str(resources()))
    limits = Limits(time_s=0.5)
    refusal = refused(do_slice, engine, cube, Machine(), PLAIN, limits=limits)
    assert refusal.code == "slicing.no_answer"
    groups = []
    refusal = refused(
        do_slice,
        engine,
        cube,
        Machine(),
        PLAIN,
        started=groups.append,
        cancelled=lambda: bool(groups),
    )
    assert refusal.code == "slicing.cancelled"


def test_what_the_engine_is_given(fake, do_slice, cube, tmp_path):
    """Absolute paths, no terminal, no environment of ours, our own configuration."""
    seen = tmp_path / "seen"
    engine = fake(
        f'for word in "$@"; do echo "[$word]"; done > {seen}; env >> {seen}\n'
        f"read line && echo STDIN >> {seen}\n"
        f'ls "$(dirname "$out")" >> {seen}\nprintf "{GOOD % 120}{END}" > "$out"'
    )
    os.environ["CURA_ENGINE_SEARCH_PATH"] = "/somewhere"
    try:
        result, path = do_slice(engine, cube, Machine(), PLAIN)
    finally:
        del os.environ["CURA_ENGINE_SEARCH_PATH"]
    lines = seen.read_text().splitlines()
    words = [line[1:-1] for line in lines if line.startswith("[") and line.endswith("]")]
    assert words[:4] == ["slice", "-v", "-p", "-j"] and words[5:8:2] == ["-l", "-o"]
    for word in (words[4], words[6], words[8]):
        assert word.startswith(str(tmp_path / "work") + "/")
    assert "STDIN" not in lines
    assert "flat.def.json" in lines and "flat_extruder.def.json" in lines
    assert not [line for line in lines if line.startswith("CURA_ENGINE_SEARCH_PATH")]
    assert path.read_text().endswith(";End of Gcode\n") and result.version == "4.13.0"
