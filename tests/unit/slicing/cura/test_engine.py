"""The real CuraEngine on any printer, with any settings, and with what goes wrong.

All of it also passes with Debian's CuraEngine 4.8 and 5.0 and their definition files.
"""

from __future__ import annotations

import struct

import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.process import Limits
from octoprint_img2stl.slicing.choices import MATERIALS
from octoprint_img2stl.slicing.cura.engine import CuraEngine
from octoprint_img2stl.slicing.gcode import analysis
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings
from tests.unit.slicing.cura.here import resources

PLAIN = SliceSettings()
MACHINES = {
    "lower left": Machine(height=200),
    "circular": Machine(-90, -90, 90, 90, height=200, form=CIRCULAR),
    "centre": Machine(-125, -105, 125, 105, height=200),
    "off-centre": Machine(-130, -150, 50, 30, height=100),
    "unheated": Machine(x_max=120, y_max=120, heated_bed=False),
    "0.25": Machine(nozzle=0.25),
    "0.6": Machine(x_max=300, y_max=300, nozzle=0.6),
}
SETTINGS = {
    "standard": PLAIN,
    "fine": SliceSettings(
        material="petg", quality="fine", infill=20, supports="everywhere", brim=5, walls=2
    ),
    "draft": SliceSettings(
        material="tpu", quality="draft", infill=100, supports="plate", walls=4
    ),
}
TEE = ((-3, -3, 0, 3, 3, 5), (-9, -6, 5, 9, 6, 8))


def kinds(path):
    lines = path.read_text().splitlines()
    return {line[6:] for line in lines if line.startswith(";TYPE:")}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_any_printer_with_any_settings(curaengine, do_slice, make_stl, machine, settings):
    result, path = do_slice(curaengine, make_stl(*TEE), machine, settings, relief=False)
    facts = result.facts
    x0, y0, z0, x1, y1, z1 = facts.bounds
    assert machine.contains(x0, y0) and machine.contains(x1, y1)
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    assert middle == pytest.approx(machine.centre, abs=0.5)
    assert z1 == pytest.approx(8, abs=machine.nozzle)
    assert 0 < z0 <= 0.75 * machine.nozzle + 1e-3
    material = MATERIALS[settings.material]
    assert facts.nozzle_c == material.first_temperature_c
    assert facts.bed_c == (material.bed_c if machine.heated_bed else 0)
    text = path.read_text()
    if not machine.heated_bed:
        assert "M140" not in text and "M190" not in text
    assert ";TIME:6666" not in text and "e+06" not in text
    assert facts.print_time_s > 30 and not facts.time_estimated
    assert facts.filament_mm > 100 and facts.filament_g == pytest.approx(
        facts.filament_cm3 * material.density, rel=1e-3
    )
    assert facts.generator == f"Cura_SteamEngine {result.version}"
    found = kinds(path)
    assert "SKIRT" in found and "WALL-OUTER" in found
    assert ("SUPPORT" in found) == (settings.supports != "none")
    if settings.supports != "none":  # else the skirt is around the narrow foot
        width = 18 + 2 * (settings.brim or 3 + 2 * machine.line_width)
        assert x1 - x0 == pytest.approx(width, abs=2)
    assert result.peak_memory_bytes > 1e6 and result.cpu_s > 0


def test_the_cube_in_detail(curaengine, do_slice, cube, tmp_path):
    seen = []
    result, path = do_slice(curaengine, cube, Machine(), PLAIN, progress=seen.append)
    facts = result.facts
    assert len(facts.layers) == 100
    assert [layer.z for layer in facts.layers[:3]] == [0.2, 0.4, 0.6]
    assert facts.bounds == pytest.approx((96.3, 96.3, 0.2, 123.7, 123.7, 20), abs=0.25)
    assert not result.warnings and result.version == curaengine.version()
    assert len(seen) > 50 and seen == sorted(seen) and seen[-1] == pytest.approx(1.0)
    assert seen[0] < 0.5  # starting alone is half of a cube's time
    assert result.log.splitlines()[0] == (
        "CuraEngine slice -v -p -j flat.def.json -l model.stl -o out.gcode"
    )
    assert str(tmp_path) not in result.log
    assert list((tmp_path / "work").iterdir()) == []
    lines = path.read_text().splitlines()
    assert lines[1] == f";TIME:{facts.print_time_s:g}"
    assert lines[4] == f";MINX:{facts.bounds[0]:g}" and lines[9] == ";MAXZ:20"
    assert "M109 S210" in lines and "M104 S205" in lines  # first layer, the others
    assert lines[-1] == ";End of Gcode"
    assert analysis(facts)["estimatedPrintTime"] == facts.print_time_s


def test_two_engines_need_about_the_same(prusaslicer, curaengine, do_slice, cube):
    """The same choices are the same print: as much plastic within a tenth."""
    ours, _ = do_slice(curaengine, cube, Machine(), PLAIN, relief=False)
    theirs, _ = do_slice(prusaslicer, cube, Machine(), PLAIN, relief=False)
    assert ours.facts.filament_g == pytest.approx(theirs.facts.filament_g, rel=0.1)
    assert ours.facts.bounds == pytest.approx(theirs.facts.bounds, abs=0.3)


@pytest.mark.parametrize(
    ("infill", "least", "most"), [(0, 2, 4), (15, 4, 5), (100, 9, 11)]
)
def test_infill(curaengine, do_slice, cube, infill, least, most):
    result, path = do_slice(curaengine, cube, Machine(), SliceSettings(infill=infill))
    assert least < result.facts.filament_g < most
    assert ("FILL" in kinds(path)) == (infill == 15)


def test_the_end_never_lifts_beyond_the_top(curaengine, do_slice, cube):
    _, path = do_slice(curaengine, cube, Machine(height=22), PLAIN)
    assert "G1 Z22 " in path.read_text().rpartition(";TIME_ELAPSED")[2]
    result, _ = do_slice(curaengine, cube, Machine(height=20), PLAIN)
    assert result.facts.travel[5] == 20


def test_a_plate_as_large_as_the_bed(curaengine, do_slice, make_stl):
    plate = make_stl((-60, -60, 0, 60, 60, 0.6))
    machine = Machine(x_max=120, y_max=120)
    result, path = do_slice(curaengine, plate, machine, PLAIN)
    assert [problem.code for problem in result.warnings] == ["slicing.no_room_for_skirt"]
    x0, y0, _, x1, y1, _ = result.facts.bounds
    assert 0 < x0 < 1 and 119 < x1 < 120 and 0 < y0 < 1 and 119 < y1 < 120
    assert "SKIRT" not in kinds(path)


def test_a_standing_plate_gets_its_brim(curaengine, do_slice, make_stl):
    result, _ = do_slice(
        curaengine, make_stl((-15, -1.5, 0, 15, 1.5, 20)), Machine(), PLAIN
    )
    _, y0, _, _, y1, _ = result.facts.bounds
    assert y1 - y0 == pytest.approx(3 + 2 * 5, abs=1.0)


def test_where_the_model_stands_in_its_file_does_not_matter(
    curaengine, do_slice, make_stl
):
    stl = make_stl((990, -510, 7, 1010, -490, 12))
    result, _ = do_slice(curaengine, stl, Machine(), PLAIN)
    x0, y0, z0, x1, y1, z1 = result.facts.bounds
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((110, 110), abs=0.1)
    assert (z0, z1) == (0.2, 5)


@pytest.mark.parametrize(
    "name",
    ["--next.stl", "-s.stl", "-o.stl", "a b;$(touch x).stl", "ünï'\".stl", "x.3mf"],
)
def test_the_models_name_is_only_a_name(
    curaengine, do_slice, make_stl, tmp_path, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    make_stl((-5, -5, 0, 5, 5, 2), name=name)
    result, path = do_slice(curaengine, name, Machine(), PLAIN)
    assert path.is_file() and len(result.facts.layers) == 10
    assert not (tmp_path / "x").exists() and name not in path.read_text()


def test_a_profile_and_the_owners_gcode(curaengine, do_slice, cube):
    own = {
        "layer_height": "0.25",
        "machine_start_gcode": "G28\\nM104 S{material_print_temperature_layer_0}\\n"
        'G1 X-3 Y0 F5000\\nG1 X60 E9 ; "prime" beside the bed é',
        "machine_end_gcode": "G1 E-1 F2100\\nM84 ; the owner's {layer_height}",
    }
    result, path = do_slice(curaengine, cube, Machine(), PLAIN, profile=own)
    text = path.read_text()
    assert "M104 S210\n" in text and '"prime" beside the bed é\n' in text
    assert "M84 ; the owner's 0.25\n" in text and "M109" not in text
    assert "M190 S60" in text  # nobody heats the bed but the engine
    assert result.facts.bounds[0] > 90  # priming is not the print
    assert len(result.facts.layers) == 80


def test_relative_extrusion(curaengine, do_slice, cube):
    plain, _ = do_slice(curaengine, cube, Machine(), PLAIN)
    own = {"relative_extrusion": "True"}
    result, _ = do_slice(curaengine, cube, Machine(), PLAIN, profile=own)
    assert result.facts.relative_e and not plain.facts.relative_e
    assert result.facts.filament_mm == pytest.approx(plain.facts.filament_mm, rel=1e-3)


def test_own_g_code_that_lifts_beyond_the_top_is_told(curaengine, do_slice, cube):
    own = {"machine_end_gcode": "G91\\nG1 Z10 F3000\\nG90\\nM84"}
    result, _ = do_slice(curaengine, cube, Machine(height=25), PLAIN, profile=own)
    assert [p.code for p in result.warnings] == ["slicing.lifts_too_high"]
    assert result.warnings[0].values == {"height": 30.0, "limit": 25}


@pytest.mark.parametrize("machine", ["creality_ender3", "anycubic_kossel_linear_plus"])
def test_a_machine_of_cura_s(curaengine, do_slice, cube, machine):
    own = {"definition": machine}
    result, path = do_slice(curaengine, cube, Machine(), PLAIN, profile=own)
    assert len(result.facts.layers) == 100 and "{" not in path.read_text()


# -- slicers.md 2.5: an exit code of 0 means nothing ---------------------------------------


@pytest.mark.parametrize(
    ("boxes", "settings", "code"),
    [
        ([(-5, -5, 0, 5, 5, 0.05)], PLAIN, "slicing.empty"),
        ([(-0.02, -5, 0, 0.02, 5, 5)], PLAIN, "slicing.empty"),
        ([(0, 0, 0, 0.02, 0.02, 0.02)], PLAIN, "slicing.empty"),
        ([(-5, -5, 0, 5, 5, 251)], PLAIN, "slicing.too_tall"),
        ([(-150, -5, 0, 150, 5, 5)], PLAIN, "slicing.off_bed"),
        ([(-106, -5, 0, 106, 5, 5)], SliceSettings(brim=8), "slicing.off_bed"),
    ],
)
def test_what_cannot_be_printed_leaves_no_file(
    curaengine, do_slice, make_stl, tmp_path, boxes, settings, code
):
    (tmp_path / "model.gcode").write_text("an older slice")
    with pytest.raises(SlicingRefused) as caught:
        do_slice(curaengine, make_stl(*boxes), Machine(), settings)
    assert caught.value.code == code
    assert not (tmp_path / "model.gcode").exists()
    assert list((tmp_path / "work").iterdir()) == []


def test_a_draft_shield_beside_the_bed_is_found_in_the_g_code(
    curaengine, do_slice, make_stl
):
    """A margin that nobody worked out before: the engine prints it off the bed, rc 0."""
    own = {"draft_shield_enabled": "True", "draft_shield_dist": "20"}
    with pytest.raises(SlicingRefused) as caught:
        do_slice(
            curaengine, make_stl((-100, -9, 0, 100, 9, 2)), Machine(), PLAIN, profile=own
        )
    assert caught.value.code == "slicing.off_bed"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"solid ascii\nendsolid\n",
        b"garbage" * 40,
        bytes(84),
        bytes(80) + b"\2\0\0\0" + bytes(50),
        bytes(80) + b"\1\0\0\0" + b"\xff" * 50,
    ],
)
def test_a_file_that_is_no_model(curaengine, do_slice, tmp_path, data):
    path = tmp_path / "bad.stl"
    path.write_bytes(data)
    with pytest.raises(SlicingRefused) as caught:
        do_slice(curaengine, path, Machine(), PLAIN)
    assert caught.value.code == "slicing.model_unreadable"


def test_holes_are_told(curaengine, do_slice, cube, tmp_path):
    data = cube.read_bytes()
    data = data[:80] + struct.pack("<I", 9) + data[84 : 84 + 9 * 50]
    path = tmp_path / "open.stl"
    path.write_bytes(data)
    try:
        result, _ = do_slice(curaengine, path, Machine(), PLAIN)
    except SlicingRefused as refusal:
        assert refusal.code == "slicing.empty"
    else:
        assert "slicing.open_mesh" in [problem.code for problem in result.warnings]


def test_a_cone_on_its_tip_stands_on_the_bed(curaengine, do_slice, tmp_path):
    """The engine drops the layers that are empty and lowers the rest; that is a print."""
    tip, ring = (0.0, 0.0, 0.0), [(-8, -8, 16), (8, -8, 16), (8, 8, 16), (-8, 8, 16)]
    triangles = [(tip, ring[(n + 1) % 4], ring[n]) for n in range(4)]
    triangles += [(ring[0], ring[1], ring[2]), (ring[0], ring[2], ring[3])]
    path = tmp_path / "tip.stl"
    path.write_bytes(
        bytes(80)
        + struct.pack("<I", len(triangles))
        + b"".join(
            struct.pack("<12fH", 0, 0, 0, *(n for point in t for n in point), 0)
            for t in triangles
        )
    )
    result, _ = do_slice(curaengine, path, Machine(), PLAIN)
    assert result.facts.bounds[2] == pytest.approx(0.2)


def test_a_gap_in_the_model_is_told(curaengine, do_slice, make_stl):
    stl = make_stl((-5, -5, 0, 5, 5, 5), (-5, -5, 10, 5, 5, 12))
    result, _ = do_slice(curaengine, stl, Machine(), PLAIN)
    problem = next(p for p in result.warnings if p.code == "slicing.empty_layer")
    assert problem.values == {"low": 5.0, "high": 10.0}


def test_definitions_of_another_version(engine_path, do_slice, cube, make_folder):
    """Refused before; and where nobody knows it before, the engine's own words are."""
    old = CuraEngine(engine_path, str(make_folder({}, setting_version=1)))
    with pytest.raises(SlicingRefused) as caught:
        do_slice(old, cube, Machine(), PLAIN)
    assert caught.value.code == "slicing.definitions_mismatch"


def test_a_setting_that_is_missing(engine_path, do_slice, cube, tmp_path):
    folder = tmp_path / "part"
    (folder / "definitions").mkdir(parents=True)
    for leaf in ("fdmprinter", "fdmextruder"):
        text = (resources() / f"definitions/{leaf}.def.json").read_text()
        text = text.replace('"meshfix_maximum_deviation":', '"renamed":')
        (folder / f"definitions/{leaf}.def.json").write_text(text)
    with pytest.raises(SlicingRefused) as caught:
        do_slice(CuraEngine(engine_path, str(folder)), cube, Machine(), PLAIN)
    assert caught.value.code == "slicing.definitions_mismatch"
    assert "meshfix_maximum_deviation" in caught.value.problem.message


def test_no_definitions(engine_path, do_slice, cube, tmp_path):
    with pytest.raises(SlicingRefused) as caught:
        do_slice(CuraEngine(engine_path, str(tmp_path)), cube, Machine(), PLAIN)
    assert caught.value.code == "slicing.no_definitions"


def test_too_little_memory_is_told(curaengine, do_slice, cube):
    limits = Limits(memory_bytes=3_000_000)
    with pytest.raises(SlicingRefused) as caught:
        do_slice(curaengine, cube, Machine(), PLAIN, limits=limits)
    assert caught.value.code in ("slicing.out_of_memory", "slicing.not_started")


def test_the_real_engine_does_not_notice_a_full_disk(
    engine_path, do_slice, cube, tmp_path
):
    """Its file may not grow beyond 64 kB, as on a full disk; it ends with exit code 0."""
    program = tmp_path / "engine"
    program.write_text(
        "#!/bin/sh\ntrap '' XFSZ\nif [ \"$1\" = slice ]; then ulimit -f 128; fi\n"
        f'exec {engine_path} "$@"\n'
    )
    program.chmod(0o755)
    with pytest.raises(SlicingRefused) as caught:
        do_slice(CuraEngine(str(program), str(resources())), cube, Machine(), PLAIN)
    assert caught.value.code == "slicing.incomplete"
    assert not (tmp_path / "model.gcode").exists()
    assert list((tmp_path / "work").iterdir()) == []
