from __future__ import annotations

from itertools import count

import pytest

from octoprint_img2stl.process import CANCELLED, EXIT, KILLED, MEMORY, TIMEOUT, Finished
from octoprint_img2stl.slicing.cura.header import set_header
from octoprint_img2stl.slicing.cura.output import Listener
from octoprint_img2stl.slicing.cura.pace import COSTS
from octoprint_img2stl.slicing.drivers import Kind, guessed
from octoprint_img2stl.slicing.effort import Effort
from octoprint_img2stl.slicing.gcode import read_gcode
from octoprint_img2stl.slicing.pace import Pace
from octoprint_img2stl.slicing.refused import SlicingRefused

# a model whose layers are all the same work, some minutes of it
ALIKE = Effort(1000, [0.5, 1.0], [1.0] * 100, outline_m=5000.0)


def finished(returncode=0, ended=EXIT):
    return Finished(returncode, ended, 1.0, 1.0, 1000)


def heard(*lines, progress=None):
    clock = count(1)
    stages = guessed(COSTS, ALIKE, Kind())
    pace = Pace(progress, stages, lambda: float(next(clock)))
    listener = Listener(pace if progress else None)
    for line in lines:
        listener.line("stderr", line)
    return listener


def refusal(listener, result, written=True):
    with pytest.raises(SlicingRefused) as caught:
        listener.refuse(result, written)
    assert "%(" not in caught.value.problem.message
    return caught.value


# What CuraEngine 4.13 said about a cube, shortened.
CUBE = """
Cura_SteamEngine version 4.13.0
Copyright (C) 2021 Ultimaker

This program is free software: you can redistribute it and/or modify
loading '/home/pi/x/model.stl' took 0.000 seconds
Loaded from disk in 0.008s
[WARNING]  -s mesh_position_z="0" -s machine_end_gcode="M140 S0
[ERROR] Layer height 0 is disallowed.
M84" -s top_layers="8" -s machine_start_gcode="G28
Gcode header after slicing:
;TIME:1
G92 E0" -s raft_airgap="0.3"
Progress: start accomplished in 0.000s
Starting slice...
slice of mesh took 0.014 seconds
Progress:slice:1:1 \t0.018531%
Progress:inset+skin:5:100 \t0.036549%
Progress:inset+skin:5:100 \t0.036549%
Progress:inset+skin:6:100 \t0.029075%
Progress:export:198:198 \t0.999648%
Progress:process:1:1 \t1.000000%
Total time elapsed  0.47s.
Gcode header after slicing:
;FLAVOR:Marlin
;TIME:2595
;Filament used: 0.71392m
;Layer height: 0.1
;MINX:32.2
;MAXZ:20
End of gcode header.
Print time (s): 2595
""".splitlines()


def test_a_good_run():
    seen = []
    listener = heard(*CUBE, progress=seen.append)
    listener.refuse(finished(), True)
    assert len(seen) >= 3 and seen == sorted(set(seen)) and seen[-1] < 1.0
    assert listener.header[1:3] == (";TIME:2595", ";Filament used: 0.71392m")
    assert len(listener.header) == 6 and not listener.warnings()
    assert listener.log.splitlines() == [
        "loading 'model.stl' took 0.000 seconds",
        "Loaded from disk in 0.008s",
        "Total time elapsed 0.47s.",
        "Print time (s): 2595",
    ]


def test_what_is_in_a_g_code_is_not_said_by_the_engine():
    """The dump of all settings has an error message in it, and a header."""
    listener = heard(*CUBE[:13])
    listener.refuse(finished(), True)
    assert listener.header == () and "disallowed" not in listener.log


@pytest.mark.parametrize(
    "line",
    [
        "Progress:slice:1:0 \t0.5%",
        "Progress:slice:-1:1 \t0.5%",
        "Progress:slice:99999999999999:1 \t9e999%",
        "Progress:slice:1",
        "Progress:another stage:1:1 \t0.5%",
    ],
)
def test_strange_progress_is_passed_over(line):
    seen = []
    listener = heard(line, progress=seen.append)
    assert all(fraction < 0.1 for fraction in seen) and listener.log == ""


def test_a_header_that_does_not_end_is_none():
    assert heard("Gcode header after slicing:", ";TIME:5").header == ()
    lines = ["Gcode header after slicing:", *[f";TIME:{n}" for n in range(99)], "M112"]
    listener = heard(*lines, ";TIME:\x07", "End of gcode header.")
    assert len(listener.header) == 20 and "M112" not in listener.header


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            "[ERROR] Trying to retrieve setting with no value given: "
            "'material_shrinkage_percentage_z'",
            "slicing.definitions_mismatch",
        ),
        ("[ERROR] Failed to load model: /x/y.stl. (error number 2)",)
        + ("slicing.model_unreadable",),
        (
            "Stopping process because there are no non-empty layers.",
            "slicing.empty",
        ),
        ("[ERROR] Layer height 0 is disallowed.", "slicing.bad_profile"),
        ("[ERROR] Initial layer height 0 is disallowed.", "slicing.bad_profile"),
        ("[ERROR] Extrusion rate is infinite!", "slicing.bad_profile"),
        ("[ERROR] Failed to open /x/out.gcode for output.", "slicing.disk_full"),
        ("terminate called after throwing an instance of 'std::bad_alloc'",)
        + ("slicing.out_of_memory",),
    ],
)
def test_known_words_count_whatever_the_exit_code(line, code):
    for result in (finished(), finished(1)):
        refused = refusal(heard(line), result)
        assert refused.code == code and "/x/" not in refused.problem.message


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (finished(-11), "slicing.crashed"),
        (finished(139), "slicing.crashed"),
        (finished(127), "slicing.not_started"),
        (finished(2), "slicing.failed"),
        (finished(0, CANCELLED), "slicing.cancelled"),
        (finished(0, TIMEOUT), "slicing.timeout"),
        (finished(0, MEMORY), "slicing.out_of_memory"),
        (finished(-9, KILLED), "slicing.out_of_memory"),
    ],
)
def test_how_it_ended(result, code):
    assert refusal(heard(*CUBE), result).code == code
    assert refusal(heard(), result).code == code


def test_no_file_is_a_failure():
    assert refusal(heard(*CUBE), finished(), written=False).code == "slicing.no_output"


def test_holes_are_told():
    listener = heard(*["[WARNING] Mesh has disconnected faces!"] * 3)
    assert [problem.code for problem in listener.warnings()] == ["slicing.open_mesh"]


def test_the_log_is_short_and_safe():
    noise = ["[WARNING] WARNING: line added as polygon! (LayerPlan)"] * 500
    lines = [f"line {n} \x1b[31m /home/pi/secret/x.stl {'y' * 500}" for n in range(999)]
    log = heard(*noise, *lines, "12 - -3").log
    assert len(log.splitlines()) == 300 and "secret" not in log and "\x1b" not in log
    assert "polygon" not in log


# -- the header --------------------------------------------------------------------------

PLACEHOLDER = """;FLAVOR:Marlin
;TIME:6666
;Filament used: 0m
;Layer height: 0.2
;MINX:2.14748e+06
;MINY:2.14748e+06
;MINZ:2.14748e+06
;MAXX:-2.14748e+06
;MAXY:-2.14748e+06
;MAXZ:-2.14748e+06

;Generated with Cura_SteamEngine 4.13.0
G28
"""
TRUE = (
    ";FLAVOR:Marlin",
    ";TIME:1231",
    ";Filament used: 1.37445m",
    ";Layer height: 0.2",
    ";MINX:-53.575",
    ";MINY:-73.575",
    ";MINZ:0.2",
    ";MAXX:-26.425",
    ";MAXY:-46.425",
    ";MAXZ:20",
)


def test_the_true_header_takes_the_placeholders_place(tmp_path):
    path = tmp_path / "out.gcode"
    path.write_text(PLACEHOLDER)
    assert set_header(path, TRUE)
    text = path.read_text()
    assert len(text) == len(PLACEHOLDER)
    assert text.split("\n")[: len(TRUE)] == list(TRUE)
    assert text.endswith("\n;Generated with Cura_SteamEngine 4.13.0\nG28\n")
    facts = read_gcode(path)
    assert facts.print_time_s == 1231 and facts.filament_mm == pytest.approx(1374.45)


def test_a_header_that_is_longer_gives_up_what_matters_least(tmp_path):
    path = tmp_path / "out.gcode"
    path.write_text(PLACEHOLDER)
    long = [line if ":" not in line else f"{line}" for line in TRUE]
    long[4:] = [
        f"{line}.123456789012" if "." not in line else f"{line}3456789012" * 1
        for line in TRUE[4:]
    ]
    assert set_header(path, long)
    text = path.read_text()
    assert len(text) == len(PLACEHOLDER) and ";MINX:-53.6\n" in text
    path.write_text(PLACEHOLDER)
    assert set_header(path, [*TRUE[:4], *[f";MINX:{'x' * 40}"] * 6])
    text = path.read_text()
    assert "MINX" not in text and ";TIME:1231\n" in text


@pytest.mark.parametrize("header", [(), [";TIME:" + "1" * 500]])
def test_false_figures_are_blanked_where_the_true_ones_are_not_known(tmp_path, header):
    path = tmp_path / "out.gcode"
    path.write_text(PLACEHOLDER)
    assert not set_header(path, header)
    text = path.read_text()
    assert len(text) == len(PLACEHOLDER)
    assert "6666" not in text and "e+06" not in text and ";FLAVOR:Marlin\n" in text
    assert read_gcode(path).generator == "Cura_SteamEngine 4.13.0"


@pytest.mark.parametrize("data", [b"", b"G28\n", b"\xff" * 9000])
def test_a_file_without_a_header_stays_as_it_is(tmp_path, data):
    path = tmp_path / "out.gcode"
    path.write_bytes(data)
    assert not set_header(path, TRUE)
    assert path.read_bytes() == data
