from __future__ import annotations

import configparser
import subprocess
import zipfile

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.imports import read_any
from octoprint_img2stl.slicing.imports.export import export_curaprofile, export_ini
from octoprint_img2stl.slicing.profiles import prusa_ini
from octoprint_img2stl.slicing.settings import SliceSettings

CURA = {
    "definition": "creality_ender3",
    "layer_height": "0.16",
    "adhesion_type": "brim",
    "wall_line_count": "=2 if layer_height > 0.1 else 3",
    "infill_sparse_density": "25",
    "machine_start_gcode": "G28\\nG1 Z5 F3000 ; up\\n\\nM117 [ready]",
}


def test_an_ini_goes_round(tmp_path):
    values = prusa_ini(Machine(), SliceSettings())
    export_ini(tmp_path / "a.ini", values)
    first = read_any(tmp_path / "a.ini", own_gcode=True)
    export_ini(tmp_path / "b.ini", first.values)
    again = read_any(tmp_path / "b.ini", own_gcode=True)
    assert again.values == first.values and len(first.values) > 60
    assert first.values["start_gcode"] == values["start_gcode"]


def test_prusaslicer_takes_the_ini(prusaslicer, tmp_path):
    wanted = {"layer_height": "0.17", "start_gcode": 'G28\\nM117 "a \\\\ b"'}
    wanted |= {"filament_type": "PETG", "fill_density": "21%", "printer_notes": "ä; #b"}
    export_ini(tmp_path / "a.ini", wanted)
    command = [prusaslicer.path, "--load", "a.ini", "--save", "b.ini"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    again = read_any(tmp_path / "b.ini", own_gcode=True)
    assert wanted.items() <= again.values.items()


@pytest.mark.parametrize("key", ["a b", "", "A\n"])
def test_a_key_cannot_smuggle_in_another_setting(tmp_path, key):
    with pytest.raises(ValueError):
        export_ini(tmp_path / "x.ini", {key: "1"})


def test_a_curaprofile_goes_round(tmp_path):
    path = tmp_path / "x.curaprofile"
    export_curaprofile(
        path,
        CURA,
        name="My one\n[values]",
        quality_type="standard",
    )
    again = read_any(path, own_gcode=True)
    assert again.values == CURA and again.name == "My one [values]"
    assert again.about["definition"] == "creality_ender3"
    assert again.about["quality_type"] == "standard"


def test_a_curaprofile_is_as_cura_reads_it(tmp_path):
    """With Python's configparser; the printer's own settings apart from the extruder's."""
    path = tmp_path / "x.curaprofile"
    export_curaprofile(path, CURA, name="Mine")
    read = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            parser = configparser.ConfigParser(interpolation=None)
            parser.read_string(archive.read(name).decode())
            assert parser["general"]["version"] == "4"
            assert parser["general"]["definition"] == "creality_ender3"
            assert parser["metadata"]["type"] == "quality_changes"
            assert parser["metadata"]["setting_version"] == "19"
            read[parser["metadata"].get("position")] = parser["values"]
    assert dict(read["0"]) == {
        key: CURA[key] for key in ("infill_sparse_density", "wall_line_count")
    }
    assert read[None]["layer_height"] == "0.16"
    start = read[None]["machine_start_gcode"]
    assert start == "G28\nG1 Z5 F3000 ; up\n\nM117 [ready]"


def test_only_what_may_come_in_goes_out(tmp_path):
    path = tmp_path / "x.curaprofile"
    export_curaprofile(path, {**CURA, "machine_width": "9", "a = b\nc": "d"}, name="")
    assert read_any(path, own_gcode=True).values == CURA


@pytest.mark.parametrize("name", ["a\nb", "../x", "a/b", "x" * 99])
def test_a_definition_cannot_be_anything(tmp_path, name):
    with pytest.raises(ValueError):
        export_curaprofile(tmp_path / "x", CURA, name="a", definition=name)
