from __future__ import annotations

import json
import math
import random

import pytest

from octoprint_img2stl.slicing import gcode_lines as module
from octoprint_img2stl.slicing.gcode import read_gcode
from octoprint_img2stl.slicing.gcode_lines import layer_data, layer_lines, layer_summary
from tests.unit.slicing.sliced import (
    cura_table,
    engine,
    prusa_table,
    table,
    table_gcode,
)

__all__ = ["cura_table", "engine", "prusa_table", "table", "table_gcode"]


def decoded(row):
    """The lines of a row of numbers, as a browser reads them."""
    lines, at, x, y = [], 0, 0, 0
    while at < len(row):
        count, points = row[at], []
        for place in range(at + 1, at + 1 + 2 * count, 2):
            x, y = x + row[place], y + row[place + 1]
            points.append((x * module.UNIT, y * module.UNIT))
        lines.append(points)
        at += 1 + 2 * count
    return lines


@pytest.mark.parametrize("number", [0, 5, -1])
def test_the_lines_come_as_they_are(table_gcode, number):
    facts = read_gcode(table_gcode)
    number %= len(facts.layers)
    data = json.loads(json.dumps(layer_data(table_gcode, facts.layers, number)))
    assert data["number"] == number and data["z"] == facts.layers[number].z
    assert data["height"] == facts.heights[number]
    assert data["time_s"] == facts.layers[number].time_s
    assert data["nearest"] == 0.02 and not data["travel_left_out"] and not data["cut"]
    lines = layer_lines(table_gcode, facts.layers, number)
    found = [
        (group["kind"], points)
        for group in data["lines"]
        for points in decoded(group["points"])
    ]
    assert sorted(kind for kind, _ in found) == sorted(line.kind for line in lines)
    ends = {
        (line.kind, *map(hundredths, (line.points[0], line.points[-1]))) for line in lines
    }
    assert ends == {
        (kind, hundredths(points[0]), hundredths(points[-1])) for kind, points in found
    }
    assert length(points for _, points in found) == pytest.approx(
        length(line.points for line in lines), rel=0.01
    )
    for group in data["lines"]:
        assert group["colour"].startswith("#") and group["family"] != "other"


def hundredths(point):
    return (round(point[0] * 100), round(point[1] * 100))


def length(lines):
    return sum(
        math.dist(a, b) for line in lines for a, b in zip(line, line[1:], strict=False)
    )


def test_travel_is_what_lies_between(tmp_path):
    path = tmp_path / "x.gcode"
    path.write_text(
        "G28\nM83\n;LAYER_CHANGE\nG1 X5 Y5 Z.2\n;TYPE:Perimeter\n;WIDTH:0.45\nG1 X9 E1\n"
        "G1 X9 Y9\nG1 X5 Y9\nG1 X5 Y5 E1\nG1 Z.6\nG1 X1\nG1 X2 E1\n"
    )
    data = layer_data(path, read_gcode(path).layers, 0)
    assert decoded(data["travel"]["points"]) == [
        [(9, 5), (9, 9), (5, 9)],
        [(5, 5), (1, 5)],
    ]
    (group,) = data["lines"]
    assert group["width"] == 0.45 and group["points"] == [
        *(2, 500, 500, 400, 0),
        *(2, -400, 400, 0, -400),
        *(2, -400, 0, 100, 0),
    ]


def test_points_that_nobody_can_see_are_left_out_but_no_end(tmp_path):
    path = tmp_path / "x.gcode"
    moves = [f"G1 X{1 + 0.003 * step:.3f} E.1" for step in range(1, 1002)]
    path.write_text("G28\nM83\n;LAYER_CHANGE\nG1 X1 Y1 Z.2\n" + "\n".join(moves))
    (group,) = layer_data(path, read_gcode(path).layers, 0)["lines"]
    (points,) = decoded(group["points"])
    assert 120 < len(points) < 180
    assert points[0] == (1, 1) and points[-1] == (4, 1)
    gaps = [b[0] - a[0] for a, b in zip(points, points[1:-1], strict=False)]
    assert min(gaps) >= 0.02 - 1e-9


def big_layer(path, count, step):
    """A layer of so many lines of one segment each."""
    chance = random.Random(1)
    lines = ["G28\nM83\n;LAYER_CHANGE\nG1 Z.2\n;TYPE:FILL"]
    for _ in range(count):
        x, y = chance.uniform(0, 200), chance.uniform(0, 200)
        lines.append(f"G0 X{x:.3f} Y{y:.3f}\nG1 X{x + step:.3f} Y{y + step:.3f} E1")
    path.write_text("\n".join(lines) + "\n")
    return read_gcode(path).layers


def test_a_big_layer_stays_below_two_megabytes(tmp_path):
    layers = big_layer(tmp_path / "x.gcode", 75_000, 0.8)  # 150 000 moves
    data = layer_data(tmp_path / "x.gcode", layers, 0)
    assert len(json.dumps(data, separators=(",", ":"))) < 2_000_000
    (group,) = data["lines"]
    assert len(decoded(group["points"])) == 75_000  # all of it
    assert data["travel_left_out"] and data["travel"]["points"] == [] and not data["cut"]


def test_a_monstrous_layer_is_thinned_out_and_says_so(tmp_path, monkeypatch):
    layers = big_layer(tmp_path / "x.gcode", 3000, 0.8)
    monkeypatch.setattr(module, "MOST_JSON_BYTES", 20_000)
    data = layer_data(tmp_path / "x.gcode", layers, 0)
    assert len(json.dumps(data, separators=(",", ":"))) < 20_000
    assert data["cut"] and data["travel_left_out"]
    assert len(decoded(data["lines"][0]["points"])) > 300
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    assert layer_data(tmp_path / "x.gcode", layers, 0)["cut"]


def test_layers_of_an_earlier_version_and_layers_that_are_not_there(table_gcode):
    layers = [layer[:3] for layer in read_gcode(table_gcode).layers]
    assert layer_data(table_gcode, json.loads(json.dumps(layers)), 3)["time_s"] == 0
    for number in (-1, len(layers)):
        with pytest.raises(IndexError):
            layer_data(table_gcode, layers, number)


def test_the_summary_has_a_row_for_each_layer_and_a_legend(table_gcode):
    text = table_gcode.read_text()
    facts = read_gcode(table_gcode)
    summary = json.loads(json.dumps(layer_summary(facts)))
    assert summary["z"][0] == 0.2 and summary["stops"] == []
    columns = ("z", "height", "time_s", "filament_mm", "kinds")
    assert {len(summary[name]) for name in columns} == {len(facts.layers)}
    for number in (0, 7, len(facts.layers) - 1):
        names = {
            legend["kind"]
            for bit, legend in enumerate(summary["legend"])
            if summary["kinds"][number] >> bit & 1
        }
        assert names == {
            line.kind for line in layer_lines(table_gcode, facts.layers, number)
        }
    total = sum(legend["cm3"] for legend in summary["legend"])
    assert total == pytest.approx(facts.cm3(sum(summary["filament_mm"])), rel=0.01)
    at = facts.layers[4].start
    table_gcode.write_text(text[:at] + "M600\n" + text[at:])
    after = layer_summary(read_gcode(table_gcode))
    assert after["stops"] == [{"command": "M600", "layer": 4, "z": facts.layers[4].z}]
