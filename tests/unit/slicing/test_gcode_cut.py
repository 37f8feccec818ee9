from __future__ import annotations

import re

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.gcode import read_gcode, verify
from octoprint_img2stl.slicing.gcode_cut import first_layers
from octoprint_img2stl.slicing.gcode_lines import layer_lines
from tests.unit.slicing.sliced import (
    cura_table,
    engine,
    prusa_table,
    table,
    table_gcode,
)

__all__ = ["cura_table", "engine", "prusa_table", "table", "table_gcode"]
MACHINE = Machine()
HEAD = "M104 S200\nG28\nM82\nG92 E0\n"


@pytest.mark.parametrize("count", [1, 3])
def test_the_first_layers_are_those_of_the_whole_print(table_gcode, engine, count):
    whole = read_gcode(table_gcode)
    drawn = [layer_lines(table_gcode, whole.layers, number) for number in range(count)]
    facts = first_layers(table_gcode, whole, count, MACHINE)
    assert facts == read_gcode(table_gcode)
    verify(facts, MACHINE, objects=1)
    assert [each.z for each in facts.layers] == [each.z for each in whole.layers[:count]]
    for number, lines in enumerate(drawn):
        assert layer_lines(table_gcode, facts.layers, number) == lines
    # time and filament are those of these layers, and the file says so
    kept = whole.layers[:count]
    laid = sum(each.filament_mm for each in kept)
    primed = 10 if engine == "cura" else 0
    assert facts.filament_mm == pytest.approx(laid + primed, abs=0.1)
    assert facts.print_time_s == pytest.approx(sum(each.time_s for each in kept), abs=7)
    assert not facts.time_estimated
    if engine == "prusa":
        grams = whole.filament_g * facts.filament_mm / whole.filament_mm
        assert facts.filament_g == pytest.approx(grams, abs=0.01)


def test_the_files_own_end_follows(table_gcode, engine):
    whole = read_gcode(table_gcode)
    facts = first_layers(table_gcode, whole, 2, MACHINE)
    end = table_gcode.read_text().split("; the first 2 of ")[1]
    assert end.count("M140 S0\nG91\nG1 E-2 F1800\nG1 Z5\nG90\nG28 X0 Y0\nM84\n") == 1
    # the E counter is what that end expects: its first move only retracts
    counter = float(re.search(r"^G92 E([\d.]+)$", end, re.M)[1])
    first = re.search(r"^G1 (?:F1500 )?E([\d.]+)", end, re.M)
    assert 0 < counter - float(first[1]) <= 5.01
    assert "G1 Z5.000 F600\n" in end  # as high as the whole print
    assert facts.travel[5] == pytest.approx(10) == whole.travel[5]
    if engine == "prusa":
        assert end.index("; stop printing object") < end.index("G91")
        assert end.count("; filament used [mm]") == 1 and "silent mode" not in end
        assert "; prusaslicer_config = end" in end  # the profile can still be read


def test_it_is_lifted_no_higher_than_the_whole_print(tmp_path):
    lines = []
    for number in range(1, 5):
        lines += [";LAYER_CHANGE", f"G1 Z{number}", "G1 X9 Y9", f"G1 X20 E{number}"]
    path = tmp_path / "x.gcode"
    path.write_text(HEAD + "\n".join([*lines, "G91", "G1 Z9", "M109 S0.0 ; off", ""]))
    first_layers(path, read_gcode(path), 3, Machine(height=4))
    end = path.read_text().split("; the first 3 of 4 layers\n")[1]
    assert end == (
        ";TYPE:Custom\nG21\nG90\nM83\nG1 E-2 F1800\nG1 Z4.000 F600\nM82\nG92 E4.00000\n"
        "G91\nG1 Z9\nM109 S0.0 ; off\n"
    )


@pytest.mark.parametrize(
    "end",
    ["", "G91\nG1 Z50\nM104 S170\n", "; M104 S0\n", "M107\nM104 S050\n"],
)
def test_without_an_end_that_switches_off_there_is_one(tmp_path, end):
    lines = []
    for number in range(1, 4):
        lines += [";LAYER_CHANGE", f"G1 Z{number}", "G1 X9 Y9", f"G1 X20 E{number}"]
    path = tmp_path / "x.gcode"
    path.write_text(HEAD + "\n".join([*lines, end]) + "; a remark\n")
    facts = first_layers(path, read_gcode(path), 2, Machine(height=6, x_max=8))
    text = path.read_text().split("; the first 2 of 3 layers\n")[1]
    commands = [line for line in text.splitlines() if not line.startswith(";")]
    assert commands == [
        *("M104 S0", "M140 S0", "M107", "G21", "G90", "M83", "G1 E-2 F1800"),
        *("G1 Z6.000 F600", "G1 X4.000 Y5.000 F6000", "M84"),
    ]
    assert text.endswith("; a remark\n")
    assert facts.time_estimated and len(facts.layers) == 2


@pytest.mark.parametrize("end", ["END_PRINT", "print_end", "PRINT_END X=1", "M104 T0 S0"])
def test_a_macro_may_be_the_end(tmp_path, end):
    text = HEAD + "".join(
        f";LAYER_CHANGE\nG1 Z{z}\nG1 X9 Y9\nG1 X20 E{z}\n" for z in (1, 2)
    )
    path = tmp_path / "x.gcode"
    path.write_text(text + end + "\n")
    first_layers(path, read_gcode(path), 1, MACHINE)
    assert path.read_text().endswith(f"M82\nG92 E2.00000\n{end}\n")


def test_a_print_of_no_more_layers_stays(table_gcode):
    data, facts = table_gcode.read_bytes(), read_gcode(table_gcode)
    assert first_layers(table_gcode, facts, len(facts.layers), MACHINE) == facts
    assert table_gcode.read_bytes() == data
    assert len(first_layers(table_gcode, facts, -3, MACHINE).layers) == 1


def test_relative_extrusion_needs_no_counter(tmp_path):
    text = HEAD.replace("M82", "M83") + "".join(
        f";LAYER:{z}\nG1 Z{z}\nG1 X9 Y9\nG1 X20 E1\n" for z in (1, 2)
    )
    path = tmp_path / "x.gcode"
    path.write_text(f";TIME:80\n;LAYER_COUNT:2\n{text};TIME_ELAPSED:80\nM104 S0\n")
    whole = read_gcode(path)
    facts = first_layers(path, whole, 1, MACHINE)
    assert path.read_text() == (
        f";TIME:{facts.print_time_s:g}\n;LAYER_COUNT:1\n"
        + text.split(";LAYER:2")[0]
        + "; the first 1 of 2 layers\n;TYPE:Custom\nG21\nG90\nM83\nG1 E-2 F1800\n"
        "G1 Z2.000 F600\nM83\nM104 S0\n"
    )
    assert facts.print_time_s < whole.print_time_s == 80 and facts.relative_e


def test_markers_of_layers_without_plastic_do_not_stay(tmp_path):
    text = HEAD + "".join(
        f";LAYER_CHANGE\nG1 Z{z}\nG1 X9 Y9\nG1 X20 E{z}\n" for z in (1, 2)
    )
    path = tmp_path / "x.gcode"
    path.write_text(text + ";LAYER_CHANGE\nG1 Z3\nM104 S0\n")
    assert len(first_layers(path, read_gcode(path), 1, MACHINE).layers) == 1
    assert path.read_text().count(";LAYER") == 1
