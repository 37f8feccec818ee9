"""Small models and pretended slicers."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest

from octoprint_img2stl.process import Limits
from octoprint_img2stl.slicing.prusaslicer import PrusaSlicer

BOUNDED = Limits(time_s=120.0)  # a slicer that hangs is a failed test, not a hanging one

FACES = (
    (0, 2, 3, 1),
    (4, 5, 7, 6),
    (0, 1, 5, 4),
    (2, 6, 7, 3),
    (0, 4, 6, 2),
    (1, 3, 7, 5),
)


def boxes_stl(path: Path, *boxes: tuple[float, ...]) -> Path:
    """A binary STL of boxes (x0, y0, z0, x1, y1, z1), mm."""
    triangles = []
    for x0, y0, z0, x1, y1, z1 in boxes:
        corners = [(x, y, z) for z in (z0, z1) for y in (y0, y1) for x in (x0, x1)]
        for a, b, c, d in FACES:
            triangles += [(corners[a], corners[b], corners[c])]
            triangles += [(corners[a], corners[c], corners[d])]
    data = bytes(80) + struct.pack("<I", len(triangles))
    for triangle in triangles:
        data += struct.pack(
            "<12fH", 0, 0, 0, *(n for point in triangle for n in point), 0
        )
    path.write_bytes(data)
    return path


@pytest.fixture
def make_stl(tmp_path):
    """make_stl(*boxes, name=…) -> path of a binary STL."""

    def make(*boxes, name="model.stl"):
        return boxes_stl(tmp_path / name, *boxes)

    return make


@pytest.fixture
def cube(make_stl):
    return make_stl((-10, -10, 0, 10, 10, 20), name="cube.stl")


@pytest.fixture
def prusaslicer():
    path = shutil.which("prusa-slicer")
    if path is None:
        pytest.skip("PrusaSlicer is not installed")
    return PrusaSlicer(path)


@pytest.fixture
def fake(tmp_path):
    """fake(lines of shell) -> a PrusaSlicer whose program does just that.

    In the shell, $out is the file to be written.
    """

    def make(script: str) -> PrusaSlicer:
        program = tmp_path / "fake-slicer"
        find_output = (
            'for word in "$@"; do [ "$last" = --output ] && out=$word; last=$word; done'
        )
        program.write_text(f"#!/bin/sh\n{find_output}\n{script}\n")
        program.chmod(0o755)
        return PrusaSlicer(str(program))

    return make


@pytest.fixture
def do_slice(tmp_path):
    """do_slice(slicer, stl, machine, settings, …) -> (result, path of the G-code)."""

    def run(slicer, stl, machine, settings, *, limits=None, **options):
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        gcode = tmp_path / "model.gcode"
        result = slicer.slice(
            stl, gcode, machine, settings, work=work, limits=limits or BOUNDED, **options
        )
        return result, gcode

    return run
