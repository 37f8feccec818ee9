from __future__ import annotations

import math

import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.slicing.gcode import read_gcode, verify
from octoprint_img2stl.slicing.gcode_edit import COMMANDS, M600, PAUSE, colour_change
from octoprint_img2stl.slicing.gcode_lines import layer_lines
from octoprint_img2stl.slicing.refused import SlicingRefused
from tests.unit.slicing.sliced import (
    by_cura,
    by_prusaslicer,
    cura_table,
    engine,
    prusa_table,
    table,
    table_gcode,
)

__all__ = ["cura_table", "engine", "prusa_table", "table", "table_gcode"]
MACHINE = Machine()


def written(path, *lines, start="M104 S200\nG28\nM82\nG92 E0\n"):
    path.write_text(start + "".join(f"{line}\n" for line in lines))
    return path


def layer(z, e, marker=";LAYER_CHANGE"):
    return [marker, f"G1 Z{z} F7800", "G1 X10 Y10 F6000", f"G1 X20 Y10 E{e} F1200"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_change_is_right_before_the_layers_plastic(table_gcode, command):
    before = read_gcode(table_gcode)
    wanted = next(n for n, each in enumerate(before.layers) if each.z >= 1.2 - 1e-6)
    drawn = layer_lines(table_gcode, before.layers, wanted)
    facts = colour_change(table_gcode, before, [1.2], command, MACHINE)
    assert facts == read_gcode(table_gcode)
    verify(facts, MACHINE)
    assert facts.stops == ((command, wanted),)
    lines = table_gcode.read_text().splitlines()
    at = lines.index(command)
    laid = [n for n, line in enumerate(lines) if is_plastic(line)]
    first = next(n for n in laid if n > at)
    # nothing of the new layer before, and all of it after
    assert before.layers[wanted - 1].end <= facts.layers[wanted].start
    offset = len("\n".join(lines[:at]))
    assert facts.layers[wanted].start < offset < facts.layers[wanted].end
    body = table_gcode.read_bytes()[facts.layers[wanted].start : offset]
    assert not any(map(is_plastic, body.decode().splitlines()))
    assert layer_lines(table_gcode, facts.layers, wanted) == drawn
    if command == M600:
        assert first == at + 1 and lines[at - 1] == "; colour change at 1.2 mm"
        assert facts.filament_mm == before.filament_mm


def is_plastic(line):
    words = {word[:1]: word[1:] for word in line.split(";")[0].split()}
    return "E" in words and ("X" in words or "Y" in words)


def test_the_file_but_for_the_change_stays_as_it_is(table_gcode):
    old = table_gcode.read_text()
    colour_change(table_gcode, read_gcode(table_gcode), [0.5, 2.0, 0.5], M600, MACHINE)
    new = table_gcode.read_text().splitlines(keepends=True)
    kept = [n for n in new if n != "M600\n" and not n.startswith("; colour change")]
    assert "".join(kept) == old and len(new) - len(kept) == 4


@pytest.mark.parametrize("relative", [False, True])
def test_a_pause_goes_aside_and_comes_back(tmp_path, relative):
    mode = "M83" if relative else "M82"
    path = written(
        tmp_path / "x.gcode",
        *(*layer(0.2, 3), *layer(0.4, 6 if not relative else 3), "G1 X30 Y10 E9"),
        start=f"M104 S200\nG28\n{mode}\nG92 E0\n",
    )
    before = read_gcode(path)
    after = colour_change(path, before, [0.4], PAUSE, MACHINE)
    text = path.read_text()
    away, back = text.split("@pause\n")
    away = away.split("; colour change at 0.4 mm\n")[1]
    assert away.splitlines() == [
        *("G21", "G90", "M83", "G1 E-2 F1800", "G1 Z5.400 F600"),
        *("G1 X5.000 Y5.000 F6000", "G1 E2 F1800"),
    ]
    counter = [] if relative else ["G92 E3.00000"]
    expected = [
        *("G21", "G90", "M83", "G1 E-2 F1800", "G1 Z5.400 F600"),
        *("G1 X10.000 Y10.000 F6000", "G1 Z0.400 F600", "G1 E2 F1800"),
        *(mode, *counter, "G1 F6000"),
    ]
    assert back.splitlines()[: len(expected)] == expected
    assert back.splitlines()[len(expected)].startswith("G1 X20 Y10 E")
    # what is printed, and how much plastic that takes, is the same
    assert (after.bounds, after.filament_mm) == (before.bounds, before.filament_mm)
    assert [each.filament_mm for each in after.layers] == [
        each.filament_mm for each in before.layers
    ]


def test_a_pause_goes_on_in_the_modes_it_found(tmp_path):
    path = written(
        tmp_path / "x.gcode",
        *layer(0.2, 3),
        *(";LAYER_CHANGE", "G1 Z.4", "G91", "G1 X5 E1 F900"),
    )
    before = read_gcode(path)
    after = colour_change(path, before, [0.4], PAUSE, MACHINE)
    assert path.read_text().endswith("M82\nG92 E3.00000\nG91\nG1 F1200\nG1 X5 E1 F900\n")
    assert after.bounds == before.bounds


def test_the_nozzle_waits_on_the_machine(tmp_path):
    path = written(tmp_path / "x.gcode", *layer(0.2, 3), *layer(58.0, 6))
    small = Machine(x_min=-30, y_min=-30, x_max=30, y_max=30, height=60, form=CIRCULAR)
    colour_change(path, read_gcode(path), [50], PAUSE, small)
    text = path.read_text()
    assert "G1 Z60.000 F600\nG1 X0.000 Y-25.000 F6000\n" in text
    assert "G1 Z63" not in text


@pytest.mark.parametrize(
    ("height", "code"),
    [
        (0.6, "slicing.change_above"),
        (0.2, "slicing.change_first_layer"),
        (-1, "slicing.change_first_layer"),
        (0.2049, "slicing.change_first_layer"),  # rounding, not another layer
        (math.nan, "slicing.change_above"),
        (math.inf, "slicing.change_above"),
    ],
)
def test_heights_that_cannot_be(tmp_path, height, code):
    path = written(tmp_path / "x.gcode", *layer(0.2, 3), *layer(0.4, 6))
    old = path.read_bytes()
    with pytest.raises(SlicingRefused) as caught:
        colour_change(path, read_gcode(path), [0.4, height], M600, MACHINE)
    assert caught.value.code == code
    assert path.read_bytes() == old


def test_an_empty_file_has_no_place_for_a_change(tmp_path):
    path = written(tmp_path / "x.gcode")
    with pytest.raises(SlicingRefused) as caught:
        colour_change(path, read_gcode(path), [1], M600, MACHINE)
    assert caught.value.code == "slicing.change_above"


def test_objects_one_after_another_are_refused(tmp_path, table):
    path = written(
        tmp_path / "x.gcode",
        *layer(0.2, 3),
        *layer(0.4, 6),
        *layer(0.2, 9),
        *layer(0.4, 12),
    )
    with pytest.raises(SlicingRefused) as caught:
        colour_change(path, read_gcode(path), [0.4], M600, MACHINE)
    assert caught.value.code == "slicing.change_one_by_one"
    # a raft is none of that, although Cura presses the layer on it deeper than the next
    raft = by_cura(tmp_path, table, adhesion_type="raft")
    facts = read_gcode(raft)
    assert any(b.z < a.z for a, b in zip(facts.layers, facts.layers[1:], strict=False))
    assert colour_change(raft, facts, [2.0], M600, MACHINE).stops


def test_a_pause_at_an_unknown_place_is_refused(tmp_path):
    path = written(
        tmp_path / "x.gcode",
        *layer(0.2, 3),
        *(";LAYER_CHANGE", "G1 Z.4", "G28 X0", "G1 Y20 E4"),
    )
    facts = read_gcode(path)
    with pytest.raises(SlicingRefused) as caught:
        colour_change(path, facts, [0.4], PAUSE, MACHINE)
    assert caught.value.code == "slicing.change_position"
    assert "@pause" not in path.read_text()
    colour_change(path, facts, [0.4], M600, MACHINE)  # the printer knows the place
    assert "M600\nG1 Y20 E4\n" in path.read_text()


def test_asking_again_changes_nothing(table_gcode):
    once = colour_change(table_gcode, read_gcode(table_gcode), [1.2], M600, MACHINE)
    data = table_gcode.read_bytes()
    assert colour_change(table_gcode, once, [1.2, 1.19], M600, MACHINE) == once
    assert colour_change(table_gcode, once, [], M600, MACHINE) == once
    assert table_gcode.read_bytes() == data
    with pytest.raises(ValueError):
        colour_change(table_gcode, once, [2.0], "M0", MACHINE)


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = written(tmp_path / "x.gcode", *layer(0.2, 3), *layer(0.4, 6))
    old, facts = path.read_bytes(), read_gcode(path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError):
        colour_change(path, facts, [0.4], M600, MACHINE)
    assert path.read_bytes() == old and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("slicer", ["prusa", "cura"])
def test_a_vase_whose_layers_are_one_spiral(tmp_path, table, slicer):
    if slicer == "prusa":
        options = {"spiral_vase": "1", "perimeters": "1", "top_solid_layers": "0"}
        options |= {"fill_density": "0", "support_material": "0"}
        path = by_prusaslicer(tmp_path, table, **options)
    else:
        options = {"magic_spiralize": "true", "support_enable": "false"}
        path = by_cura(tmp_path, table, **options)
    before = read_gcode(path)
    after = colour_change(path, before, [1.6], PAUSE, MACHINE)
    ((_, number),) = after.stops
    assert after.bounds == before.bounds and len(after.layers) == len(before.layers)
    # the spiral rises all the time, so the change is at its next turn
    assert (
        1.6 - 0.005 <= after.layers[number].z < 1.8 and before.layers[number - 1].z < 1.6
    )
