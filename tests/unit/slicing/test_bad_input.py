"""What real slicers make of bad models and names: a sentence and no file, or a right one.

Rows of what was found to go wrong that the tests of each engine do not hold already.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.mesh.load import load_any
from octoprint_img2stl.slicing.cura.engine import CuraEngine
from octoprint_img2stl.slicing.gcode import read_gcode, verify
from octoprint_img2stl.slicing.imports.read import read_any
from octoprint_img2stl.slicing.profile_file import GCODE_LIMIT, allowed, read_profile
from octoprint_img2stl.slicing.prusaslicer import PrusaSlicer
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings
from tests.unit.slicing.conftest import BOUNDED, FACES
from tests.unit.slicing.cura.here import resources

PLAIN = SliceSettings()
PRUSA, CURA = PrusaSlicer.name, CuraEngine.name


@pytest.fixture(params=[PRUSA, CURA])
def slicer(request):
    program = {PRUSA: "prusa-slicer", CURA: "CuraEngine"}[request.param]
    path = shutil.which(program) or pytest.fail(f"{program} is not installed")
    if request.param == PRUSA:
        return PrusaSlicer(path)
    return CuraEngine(path, str(resources()))


def write_stl(path, triangles):
    data = (
        struct.pack("<12fH", 0, 0, 0, *(n for point in triangle for n in point), 0)
        for triangle in triangles
    )
    path.write_bytes(bytes(80) + struct.pack("<I", len(triangles)) + b"".join(data))
    return path


def box(x0, y0, z0, x1, y1, z1):
    corners = [(x, y, z) for z in (z0, z1) for y in (y0, y1) for x in (x0, x1)]
    triangles = []
    for a, b, c, d in FACES:
        triangles += [(corners[a], corners[b], corners[c])]
        triangles += [(corners[a], corners[c], corners[d])]
    return triangles


def ball(radius=10.0, around=24, up=16):
    """A sphere on the bed, of quadrangles between the poles."""

    def point(i, j):
        across, height = math.pi * j / up, 2 * math.pi * i / around
        ring = radius * math.sin(across)
        return (
            ring * math.cos(height),
            ring * math.sin(height),
            radius - radius * math.cos(across),
        )

    triangles = []
    for i in range(around):
        for j in range(up):
            a, b, c, d = (
                point(i, j),
                point(i + 1, j),
                point(i + 1, j + 1),
                point(i, j + 1),
            )
            triangles += [(a, c, d)] if j < up - 1 else []
            triangles += [(a, b, c)] if j else []
    return triangles


def cone_on_its_tip():
    tip, ring = (0.0, 0.0, 0.0), [(-8, -8, 16), (8, -8, 16), (8, 8, 16), (-8, 8, 16)]
    sides = [(tip, ring[(n + 1) % 4], ring[n]) for n in range(4)]
    return [*sides, (ring[0], ring[1], ring[2]), (ring[0], ring[2], ring[3])]


CUBE = box(-10, -10, 0, 10, 10, 20)
REFUSED = {
    "one of two beside the bed": (
        box(-5, -5, 0, 5, 5, 5) + box(300, -5, 0, 310, 5, 5),
        {PRUSA: "slicing.off_bed", CURA: "slicing.off_bed"},
    ),
    "metres taken for millimetres": (
        box(0, 0, 0, 0.02, 0.02, 0.02),
        {PRUSA: "slicing.empty", CURA: "slicing.empty"},
    ),
    "a cube without a quarter of its triangles": (
        CUBE[:9],
        {PRUSA: "slicing.empty", CURA: "slicing.empty"},
    ),
    # CuraEngine lowers it: tests of it hold that
    "a cone on its tip": (cone_on_its_tip(), {PRUSA: "slicing.no_first_layer"}),
}
RIGHT = {
    "a cube without its bottom": (CUBE[3:], 20, 100),
    "inside out": ([(a, c, b) for a, b, c in box(-10, -10, 0, 10, 10, 4)], 20, 20),
    "shells that overlap": (
        box(-10, -10, 0, 5, 5, 4) + box(-5, -5, 0, 10, 10, 4),
        20,
        20,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_printed(slicer, do_slice, tmp_path, case):
    triangles, codes = REFUSED[case]
    if slicer.name not in codes:
        return
    (tmp_path / "model.gcode").write_text("an older slice")
    with pytest.raises(SlicingRefused) as caught:
        do_slice(slicer, write_stl(tmp_path / "x.stl", triangles), Machine(), PLAIN)
    assert caught.value.code == codes[slicer.name]
    assert not (tmp_path / "model.gcode").exists()
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("case", RIGHT)
def test_what_looks_bad_and_is_printed(slicer, do_slice, tmp_path, case):
    triangles, side, layers = RIGHT[case]
    stl = write_stl(tmp_path / "x.stl", triangles)
    result, _ = do_slice(slicer, stl, Machine(), SliceSettings(brim=3))
    x0, y0, _, x1, y1, z1 = result.facts.bounds
    assert (x1 - x0, y1 - y0) == pytest.approx((side + 6, side + 6), abs=1.5)
    assert len(result.facts.layers) == layers and z1 == pytest.approx(layers / 5)


def test_a_ball_with_holes_all_gaps_are_told(slicer, do_slice, tmp_path):
    """PrusaSlicer itself names only the first gap, and prints the rest in the air."""
    chance = random.Random(5)
    triangles = [each for each in ball() if chance.random() > 0.1]
    stl = write_stl(tmp_path / "x.stl", triangles)
    result, _ = do_slice(slicer, stl, Machine(), PLAIN)
    gaps = [p.values for p in result.warnings if p.code == "slicing.empty_layer"]
    zs = [0.0, *(layer.z for layer in result.facts.layers)]
    true = [
        (low, high)
        for low, high in zip(zs, zs[1:], strict=False)
        if high - low > 0.4 + 1e-3
    ]
    assert true and len(gaps) == len(true)
    for gap, (low, high) in zip(gaps, true, strict=True):
        assert gap == {"low": low, "high": pytest.approx(high - 0.2)}
    assert len(result.facts.layers) < 100  # else this test says nothing


@pytest.mark.parametrize(
    "own",
    [
        {"start_gcode": "[nosuch]"},
        {"start_gcode": "G28\nG1 {"},
        {"first_layer_height": "0.9"},
        {"extrusion_width": "9"},
        {"perimeters": "-3"},
        {"layer_height": "1e-9"},
    ],
    ids=str,
)
def test_settings_that_prusaslicer_refuses(prusaslicer, do_slice, cube, tmp_path, own):
    with pytest.raises(SlicingRefused) as caught:
        do_slice(prusaslicer, cube, Machine(), PLAIN, profile=own)
    assert caught.value.code == "slicing.bad_profile"
    assert "inspect" not in caught.value.problem.message
    assert not (tmp_path / "model.gcode").exists()


def test_a_pattern_that_cannot_be_solid_is_mended(prusaslicer, do_slice, cube):
    own = {"fill_density": "100%", "fill_pattern": "grid"}
    result, _ = do_slice(prusaslicer, cube, Machine(), PLAIN, profile=own)
    assert result.facts.filament_cm3 == pytest.approx(8, rel=0.05)  # of the cube's 20 mm


# -- names ---------------------------------------------------------------------------------

NAMES = [
    'it\'s "quoted" %s %(path)s.stl',
    "-n",
    "--post-process=x.stl",
    "two\nlines.stl",
    "$(touch x)`touch x`;&|.stl",
    "Grüße 你好 \u202eלום.stl",
    os.fsdecode(b"latin-1 \xe4.stl"),
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_name_of_model_and_folder(slicer, tmp_path, monkeypatch, name):
    """The folders are the user's, too: where OctoPrint's data are."""
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    stl = write_stl(Path(name), box(-5, -5, 0, 5, 5, 1))
    work = Path("work of " + name.lstrip("-"))
    work.mkdir()
    gcode = Path(name + ".gcode")
    result = slicer.slice(
        stl, gcode, Machine(), PLAIN, work=work, limits=BOUNDED, relief=False
    )
    assert read_gcode(gcode).sha256 == result.facts.sha256
    assert len(result.facts.layers) == 5
    assert sorted(os.listdir()) == sorted([name, str(gcode), str(work)])
    assert os.listdir(work) == []


# -- profiles and projects -----------------------------------------------------------------

LONG = "G1 X10 F3000\\n" * 77_000  # 1 MB


def test_a_megabyte_of_start_g_code_is_left_out_and_said():
    assert len(LONG) > 1_000_000
    kept, problems = allowed({"start_gcode": LONG, "layer_height": "0.2"}, own_gcode=True)
    assert kept == {"layer_height": "0.2"}
    assert [problem.code for problem in problems] == ["slicing.profile_gcode_long"]
    assert problems[0].values == {"keys": "start_gcode", "limit": GCODE_LIMIT}


def test_a_megabyte_of_start_g_code_in_a_slice(prusaslicer, do_slice, cube):
    """A profile kept by an earlier version may have it."""
    own = {"start_gcode": LONG, "layer_height": "0.25"}
    result, path = do_slice(prusaslicer, cube, Machine(), PLAIN, profile=own)
    assert len(result.facts.layers) == 80 and path.stat().st_size < 1_000_000


def long_ini(folder):
    path = folder / "long.ini"
    path.write_text(f"layer_height = 0.2\nperimeters = 3\nstart_gcode = {LONG}\n")
    return path


def long_cura(folder):
    path = folder / "long.curaprofile"
    start = LONG.replace("\\n", "\n\t")
    text = (
        "[general]\nversion = 4\nname = long\ndefinition = fdmprinter\n\n[metadata]\n"
        "type = quality_changes\nsetting_version = 19\n\n[values]\nlayer_height = 0.2\n"
        f"machine_start_gcode = {start}\n"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("long", text)
    return path


def long_orca(folder):
    path = folder / "long.json"
    values = {
        "type": "machine",
        "name": "long",
        "from": "User",
        "layer_height": "0.2",
        "retraction_length": ["0.8"],
        "machine_start_gcode": LONG,
    }
    path.write_text(json.dumps(values))
    return path


@pytest.mark.parametrize("make", [long_ini, long_cura, long_orca])
def test_a_megabyte_of_start_g_code_in_a_file(tmp_path, make):
    """Refused with a sentence, or read without it and said."""
    path = make(tmp_path)
    try:
        found = read_any(path, own_gcode=True)
    except SlicingRefused as refusal:
        assert refusal.code == "slicing.bad_profile"
        assert len(refusal.problem.message) < 300
        return
    assert not any("G1 X10" in str(value) for value in found.values.values())
    assert "slicing.profile_gcode_long" in [problem.code for problem in found.problems]


def test_a_flat_ini_of_a_megabyte(tmp_path):
    with pytest.raises(SlicingRefused) as caught:
        read_profile(long_ini(tmp_path), own_gcode=True)
    assert caught.value.code == "slicing.bad_profile"


MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<model unit="millimeter" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">
<resources><object id="1" type="model"><mesh><vertices>{vertices}</vertices><triangles>
{triangles}</triangles></mesh></object></resources><build><item objectid="1"/></build>
</model>"""


def evil_3mf(path, program):
    """A 3MF of a cube, whose own configuration names a program to be run."""
    triangles = box(-5, -5, 0, 5, 5, 2)
    points = sorted({point for triangle in triangles for point in triangle})
    corners = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in points)
    numbers = (tuple(map(points.index, triangle)) for triangle in triangles)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in numbers)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/'
            '2006/content-types"><Default Extension="rels" ContentType="application/vnd.'
            'openxmlformats-package.relationships+xml"/><Default Extension="model" '
            'ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
            "</Types>",
        )
        package.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/'
            'package/2006/relationships"><Relationship Target="/3D/3dmodel.model" Id="r" '
            'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>'
            "</Relationships>",
        )
        package.writestr(
            "3D/3dmodel.model", MODEL.format(vertices=corners, triangles=faces)
        )
        package.writestr(
            "Metadata/Slic3r_PE.config",
            f"; generated by PrusaSlicer 2.5.0\n; post_process = {program}\n",
        )


def test_a_3mf_runs_nothing(slicer, do_slice, tmp_path):
    """It goes through our own reader, and the slicer gets an STL of it."""
    marker, program = tmp_path / "was-run", tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    project = tmp_path / "evil.3mf"
    evil_3mf(project, program)
    mesh = load_any(project).mesh
    triangles = [tuple(map(tuple, corners)) for corners in mesh.vertices[mesh.faces]]
    stl = write_stl(tmp_path / "model.stl", triangles)
    result, path = do_slice(slicer, stl, Machine(), PLAIN)
    assert len(result.facts.layers) == 10 and "evil" not in path.read_text()
    assert not marker.exists()
    if slicer.name == PRUSA:  # the test can fail: PrusaSlicer itself runs it
        output = tmp_path / "control.gcode"
        command = [slicer.path, "--export-gcode", "--output", output, project]
        subprocess.run(
            command, capture_output=True, input=b"Y\n", check=False, timeout=60
        )
        verify(read_gcode(output), Machine(), model=True)
        if (2, 3) <= tuple(map(int, slicer.version().split(".")[:2])) < (2, 6):
            assert marker.exists()
