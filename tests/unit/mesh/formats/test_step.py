"""STEP files through the real PrusaSlicer, and what can go wrong with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from octoprint_img2stl.mesh.formats import step
from octoprint_img2stl.mesh.measure import measure
from tests.unit.mesh.formats.reading import code, opened, refused
from tests.unit.mesh.formats.step_files import step_box

BOX = step_box(20, 10, 5)


@pytest.fixture(scope="module")
def prusaslicer():
    return shutil.which("prusa-slicer") or pytest.fail("PrusaSlicer is not installed")


def program(folder: Path, script: str) -> str:
    path = folder / "prusa-slicer"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", ["x.step", "x.STP", "--help.step", "it's \n ü.stp"])
def test_a_step_file_becomes_a_mesh(prusaslicer, tmp_path, name):
    loaded = opened(tmp_path, name, BOX)
    facts = measure(loaded.mesh)
    assert (loaded.format, loaded.unit, loaded.up) == ("step", "mm", None)
    assert loaded.notes == () and facts.watertight
    assert facts.size == (20, 10, 5) and facts.volume == pytest.approx(1000)


def test_without_bubblewrap(prusaslicer, tmp_path, monkeypatch):
    monkeypatch.setattr(step, "walled", lambda folder: [])
    assert len(opened(tmp_path, "x.step", BOX).mesh.faces) == 12


def test_inches_are_made_into_millimetres(prusaslicer, tmp_path):
    facts = measure(opened(tmp_path, "x.step", step_box(2, 1, 0.5, inches=True)).mesh)
    assert facts.size == pytest.approx((50.8, 25.4, 12.7), abs=1e-3)


def test_the_content_decides(prusaslicer, tmp_path):
    loaded = opened(tmp_path, "x.stl", b"\xef\xbb\xbf\n" + BOX)
    assert loaded.format == "step"
    assert [note.code for note in loaded.notes] == ["mesh.wrong_extension"]
    assert code(tmp_path, "y.step", b"no STEP file at all") == "mesh.unreadable"


@pytest.mark.parametrize(
    "data",
    [
        BOX[: len(BOX) // 2],
        step.MAGIC,
        step.MAGIC + bytes(1000),
        step.MAGIC + b"\nHEADER;\nENDSEC;\nDATA;\n" + b"#1=A(" + b"(" * 50_000,
    ],
    ids=["half", "beginning", "zeros", "deep"],
)
def test_damaged_files(prusaslicer, tmp_path, data):
    assert code(tmp_path, "x.step", data) == "mesh.unreadable"


def test_a_file_without_a_solid(prusaslicer, tmp_path):
    data = BOX.replace(b"MANIFOLD_SOLID_BREP", b"SOMETHING_ELSE")
    assert code(tmp_path, "x.step", data) == "mesh.empty"


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(step.process, "run", None)
    monkeypatch.setattr(step, "MAX_BYTES", 100)
    assert code(tmp_path, "x.step", BOX) == "mesh.too_big"


def test_a_model_with_too_many_triangles(prusaslicer, tmp_path, monkeypatch):
    assert code(tmp_path, "x.step", BOX, max_triangles=10) == "mesh.too_big"
    monkeypatch.setattr(step, "MAX_MODEL_BYTES", 100)
    assert code(tmp_path, "x.step", BOX) == "mesh.too_big"


def test_without_prusaslicer_the_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(tmp_path, "x.step", BOX)
    assert error.code == "mesh.step_not_installed"
    assert "sudo apt-get install" in str(error)


def test_an_old_prusaslicer(tmp_path):
    """What 2.3 says (source: `Model::read_from_file` in PrusaSlicer's Model.cpp)."""
    old = program(
        tmp_path,
        "echo 'Unknown file format. Input file must have .stl, .obj' >&2; exit 1",
    )
    error = refused(tmp_path, "x.step", BOX, prusaslicer=old)
    assert error.code == "mesh.step_too_old"


def test_a_prusaslicer_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(step, "TIME_S", 0.5)
    hangs = program(tmp_path, "sleep 600")
    assert code(tmp_path, "x.step", BOX, prusaslicer=hangs) == "mesh.step_limit"


@pytest.mark.parametrize(
    "script",
    ["exit 0", "ln -s /etc/passwd out.stl", "mkdir out.stl", "kill -SEGV $$", "exit 1"],
)
def test_a_prusaslicer_that_misbehaves(tmp_path, script):
    bad = program(tmp_path, script)
    assert code(tmp_path, "x.step", BOX, prusaslicer=bad) == "mesh.unreadable"


def test_what_the_program_is_given(tmp_path):
    """Nothing but a copy of the file, in a folder of its own, and no name of the user's."""
    seen = tmp_path / "seen"
    asked = program(
        tmp_path,
        f'echo "$@" > {seen}; ls >> {seen}; env >> {seen}; cmp model.step {seen}',
    )
    refused(tmp_path, "secret name.step", BOX, prusaslicer=asked)
    words, leaf, *environment = seen.read_text().splitlines()
    assert words == "--export-stl --output out.stl model.step" and leaf == "model.step"
    assert not any("PYTEST" in line or "secret" in line for line in environment)
