"""Cura's profiles, written after `CuraProfileWriter.py`, `GCodeWriter.py` of Cura 4.13."""

from __future__ import annotations

import json
import shutil

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.cura.engine import CuraEngine
from octoprint_img2stl.slicing.cura.keys import allowed
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings
from octoprint_img2stl.slicing.vendor.bed import BedSaid
from tests.unit.slicing.cura.here import resources
from tests.unit.slicing.imports.conftest import codes, said, zipped


def container(values, position=None, *, name="My fine one", scripts=""):
    """A container's text as Python's configparser writes it."""
    lines = ["[general]", "version = 4", f"name = {name}", "definition = creality_ender3"]
    lines += ["", "[metadata]", "type = quality_changes", "quality_type = standard"]
    lines += ["setting_version = 19"]
    lines += [f"position = {position}"] if position is not None else []
    lines += [f"post_processing_scripts = {scripts}"] if scripts else []
    lines += ["", "[values]"]
    lines += [f"{key} = {value}" for key, value in values.items()]
    return "\n".join(lines) + "\n\n"


ENDER = {"definition": "creality_ender3"}
WHOLE = {"layer_height": "0.16", "adhesion_type": "brim", "infill_sparse_density": "5"}
EXTRUDER = {
    "infill_sparse_density": "25.0",
    "wall_line_count": "=2 if layer_height > 0.1 else 3",
    "material_print_temperature": "207",
}


def curaprofile(*texts):
    return zipped(
        {f"creality_ender3_{number}": text for number, text in enumerate(texts)}
    )


def escaped(data) -> str:
    """What Cura appends to its G-code: escaped, cut into lines of 80 characters."""
    text = json.dumps(data)
    for char, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(char, escape)
    room = 80 - len(";SETTING_3 ")
    pieces = [text[start : start + room] for start in range(0, len(text), room)]
    return "".join(f";SETTING_3 {piece}\n" for piece in pieces)


def gcode(*texts):
    whole, *extruders = texts
    data = {"global_quality": whole, "extruder_quality": extruders}
    return ";FLAVOR:Marlin\nG28\n;LAYER_COUNT:1\n;End of Gcode\n" + escaped(data)


@pytest.fixture(params=[curaprofile, gcode], ids=["curaprofile", "gcode"])
def make(request):
    return request.param


def test_the_extruder_wins_over_the_printer(read, make):
    imported = read(make(container(WHOLE), container(EXTRUDER, 0)), file="some.thing")
    assert imported.engine == "curaengine" and imported.name == "My fine one"
    assert imported.values == {**ENDER, **WHOLE, **EXTRUDER}
    assert imported.layer_height == 0.16
    assert imported.about["definition"] == "creality_ender3"
    assert imported.about["quality_type"] == "standard"
    assert imported.about["setting_version"] == "19"
    assert codes(imported) == ["slicing.profile_only_changes"]
    assert "standard" in said(imported, "slicing.profile_only_changes")


def test_an_extruder_of_a_cura_before_3(read, make):
    text = container(EXTRUDER).replace("[values]", "extruder = fdmextruder\n\n[values]")
    imported = read(make(container(WHOLE), text))
    assert imported.values == {**ENDER, **WHOLE, **EXTRUDER}


def test_a_second_extruder_is_left_out_and_said(read, make):
    other = {"speed_print": "99"}
    imported = read(make(container(WHOLE), container(other, 1), container(EXTRUDER, 0)))
    assert "speed_print" not in imported.values
    assert "speed_print (2)" in said(imported, "slicing.profile_ignored")


GCODE_ONLY = {"machine_start_gcode": "G28\n\tM117 layer {layer_height}\n\tG92 E0"}
GCODE = {"layer_height": "0.2", "machine_start_gcode": "G28\n\tG1 Z5 ;up\n\n\tM117 = [x]"}


def test_gcode_only_from_whom_may_bring_it(read, make):
    imported = read(make(container(GCODE)))
    assert imported.values == {**ENDER, "layer_height": "0.2"}
    assert "machine_start_gcode" in said(imported, "slicing.profile_gcode")
    imported = read(make(container(GCODE)), own_gcode=True)
    assert imported.values["machine_start_gcode"] == "G28\\nG1 Z5 ;up\\n\\nM117 = [x]"


def test_what_opens_files_or_runs_is_dropped_and_said(read, make):
    values = {"layer_height": "0.2", "cross_infill_density_image": "/etc/passwd"}
    imported = read(make(container(values, scripts="SearchAndReplace")))
    assert imported.values == {**ENDER, "layer_height": "0.2"}
    message = said(imported, "slicing.profile_dangerous")
    assert "cross_infill_density_image" in message and "post_processing" in message


def test_the_printers_own_values_are_only_told(read, make):
    values = {
        "layer_height": "0.2",
        "machine_width": "180",
        "machine_depth": "180",
        "machine_height": "170",
        "machine_shape": "elliptic",
        "machine_center_is_zero": "True",
        "machine_nozzle_size": "0.6",
        "machine_gcode_flavor": "Griffin",
    }
    imported = read(make(container(values)))
    assert imported.values == {**ENDER, "layer_height": "0.2"}
    assert imported.bed == BedSaid("circular", -90, -90, 90, 90)
    assert (imported.height, imported.nozzle) == (170, 0.6)
    assert codes(imported) == ["slicing.profile_only_changes"]


@pytest.mark.parametrize(
    "key", "magic_spiralize print_sequence infill_mesh wireframe_enabled what_is".split()
)
def test_other_kinds_of_prints_and_unknown_keys_are_left_out(read, key):
    imported = read(curaprofile(container({"layer_height": "0.2", key: "True"})))
    assert imported.values == {**ENDER, "layer_height": "0.2"}


def test_what_comes_out_passes_the_engines_gate(read, make):
    imported = read(make(container(GCODE), container(EXTRUDER, 0)), own_gcode=True)
    assert allowed(imported.values, own_gcode=True) == (imported.values, ())


def test_it_slices(read, cube, do_slice):
    """With the real CuraEngine, which gets the formula's result."""
    path = shutil.which("CuraEngine")
    assert path, "CuraEngine is not installed: apt-get install cura-engine"
    values = {
        "layer_height": "0.25",
        "wall_line_count": "=5 if layer_height > 0.2 else 1",
    }
    content = curaprofile(container(values), container(GCODE_ONLY, 0))
    imported = read(content, own_gcode=True)
    engine = CuraEngine(path, str(resources()))
    result, gcode = do_slice(
        engine, cube, Machine(), SliceSettings(), profile=imported.values
    )
    text = gcode.read_text()
    assert len(result.facts.layers) == 80 and "M117 layer 0.25\n" in text
    assert text.count(";TYPE:WALL-INNER") >= 80


def test_an_old_profile_that_is_no_zip(read):
    assert read(container(WHOLE), file="old.curaprofile").values == {**ENDER, **WHOLE}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(curaprofile(container({})), id="nothing changed"),
        pytest.param(";SETTING_3 {\n;SETTING_3 what\n", id="damaged"),
        pytest.param(escaped(["no", "object"]), id="a list"),
        pytest.param(escaped({"global_quality": 7}), id="numbers"),
        pytest.param(escaped({"extruder_quality": ["no ini"]}), id="no container"),
    ],
)
def test_what_is_no_profile_is_refused_in_one_sentence(read, content):
    with pytest.raises(SlicingRefused) as caught:
        read(content, file="x.gcode")
    assert caught.value.code == "slicing.bad_profile" and "Cura" in str(caught.value)
