"""Programs that are no CuraEngine, or one that misbehaves."""

from __future__ import annotations

import os
import shutil
import time
from collections import namedtuple
from pathlib import Path

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
        ("kill -SEGV $$", "slicing.crashed"),
        ("sh -c 'kill -ABRT $$'; exit $?", "slicing.crashed"),
        ("kill -KILL $$", "slicing.out_of_memory"),
        ("exit 0", "slicing.no_output"),
        ("read answer; exit 0", "slicing.no_output"),
        (': > "$out"', "slicing.empty"),
        ('echo ";Generated with Cura_SteamEngine 4.13.0" > "$out"', "slicing.empty"),
        ('head -c 300000 /dev/urandom > "$out"', "slicing.empty"),
        (f'printf "{GOOD % 999}{END}" > "$out"', "slicing.off_bed"),
        (f'printf "{GOOD % 120}" > "$out"', "slicing.incomplete"),
        (f'printf "{ONLY_SKIRT % 120}{END}" > "$out"', "slicing.empty"),
        (f'printf "{GOOD % 120}{END}" > "$out"; kill -SEGV $$', "slicing.crashed"),
        (f'printf "{GOOD % 120}{END}" > "$out"; echo no >&2; exit 1', "slicing.failed"),
        ('ln -s /etc/passwd "$out"', "slicing.no_output"),
        ('mkdir "$out"', "slicing.no_output"),
        ('mkfifo "$out"', "slicing.no_output"),
        ('echo "$out: cannot do it" >&2; exit 2', "slicing.failed"),
        ("exit 3", "slicing.failed"),
        (
            "head -c 3000000 /dev/zero | tr "
            "'\\0' 'x' >&2; echo >&2; echo End >&2; exit 2",
            "slicing.failed",
        ),
    ],
)
def test_engines_that_misbehave(fake, do_slice, cube, tmp_path, script, code):
    refusal = refused(do_slice, fake(script), cube, Machine(), PLAIN)
    assert refusal.code == code
    assert str(tmp_path) not in refusal.problem.message
    assert not (tmp_path / "model.gcode").exists()
    assert list((tmp_path / "work").iterdir()) == []


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


def test_a_program_that_cannot_start(do_slice, cube, tmp_path):
    program = tmp_path / "for-another-machine"
    program.write_bytes(b"\x7fELF" + bytes(100))
    program.chmod(0o755)
    engine = CuraEngine(str(program), str(resources()))
    for call, arguments in (
        (engine.version, ()),
        (do_slice, (engine, cube, Machine(), PLAIN)),
    ):
        assert refused(call, *arguments).code == "slicing.not_started"
    program.chmod(0o644)
    assert refused(engine.version).code == "slicing.not_started"
    program.unlink()  # gone since it was found
    assert refused(engine.version).code == "slicing.not_started"


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


def gone(number: Path) -> bool:
    child = Path("/proc") / number.read_text().strip() / "stat"
    for _ in range(100):
        # gone, or dead and not yet collected by its new parent
        if not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


def test_an_engine_that_hangs_is_ended_with_its_children(fake, do_slice, cube, tmp_path):
    number = tmp_path / "child"
    engine = fake(f"sleep 600 &\necho $! > {number}\nwait")
    limits = Limits(time_s=1.0)
    refusal = refused(do_slice, engine, cube, Machine(), PLAIN, limits=limits)
    assert refusal.code == "slicing.timeout" and gone(number)


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


def test_cancelling(fake, do_slice, cube, tmp_path):
    number = tmp_path / "child"
    engine = fake(f"sleep 600 &\necho $! > {number}.new; mv {number}.new {number}\nwait")
    begun = []

    def cancelled():
        if number.exists():
            begun.append(time.monotonic())
        return bool(begun)

    refusal = refused(do_slice, engine, cube, Machine(), PLAIN, cancelled=cancelled)
    assert refusal.code == "slicing.cancelled" and gone(number)


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
