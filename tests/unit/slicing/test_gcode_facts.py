"""What is found out beside layers, bounds and sums, which test_gcode.py has."""

from __future__ import annotations

import json

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing import gcode_file, gcode_state
from octoprint_img2stl.slicing.gcode import (
    GcodeFacts,
    Stop,
    Use,
    analysis,
    read_again,
    read_gcode,
    verify,
)
from octoprint_img2stl.slicing.gcode_remarks import duration_s, duration_text
from octoprint_img2stl.slicing.refused import SlicingRefused

HEAD = "M104 S200\nG28\nM83\n"


@pytest.fixture
def read(tmp_path):
    def run(text, **options):
        path = tmp_path / "x.gcode"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_gcode(path, **options)

    return run


def layer(*lines, z=0.2, marker=";LAYER_CHANGE"):
    return "\n".join([marker, f"G1 Z{z} F600", "G1 X10 Y10", *lines, ""])


def test_what_each_type_takes(read):
    facts = read(
        HEAD
        + "G1 X0 Y0\nG1 X9 E50\n"  # priming is of no type
        + layer(
            ";TYPE:Perimeter",
            *("G1 X70 E2 F600", "G1 E-1", "G1 X10 F6000", "G1 E1 F300"),
            ";TYPE:Support material",
            "G1 X40 E5 F600",
            ";TYPE:Perimeter",
            "G1 X70 E1",
        )
        + layer(";TYPE:Support material interface", "G1 X70 E4", z=0.4)
        + ";TYPE:Custom\nG1 X0 E9\n"
    )
    assert facts.kinds["Perimeter"] == Use(3, pytest.approx(9, abs=0.01))
    assert facts.kinds["Support material"] == Use(5, pytest.approx(3, abs=0.01))
    assert list(facts.kinds) == [
        *("Perimeter", "Support material", "Support material interface"),
    ]
    assert facts.support.filament_mm == 9
    assert [each.filament_mm for each in facts.layers] == [8, 4]
    assert [each.kinds for each in facts.layers] == [0b011, 0b100]
    assert facts.cm3(facts.filament_mm) == pytest.approx(facts.filament_cm3)


def test_times_are_stretched_to_the_slicers_own(read):
    body = HEAD + layer("G1 X70 E2 F600") + layer("G1 X70 E2", z=0.4)
    ours = read(body)
    told = read(body + "; estimated printing time (normal mode) = 1m 40s\n")
    factor = 100 / ours.print_time_s
    assert told.print_time_s == 100 and ours.time_estimated
    for before, after in zip(ours.layers, told.layers, strict=True):
        assert after.time_s == pytest.approx(before.time_s * factor, rel=0.02)
    assert told.kinds[""].time_s == pytest.approx(
        ours.kinds[""].time_s * factor, rel=0.02
    )


def test_curas_placeholder_is_no_time(read):
    body = HEAD + layer("G1 X70 E2", marker=";LAYER:0")
    assert read(";TIME:6666\n" + body).time_estimated
    assert read(f";TIME:6666\n{body};TIME_ELAPSED:61.25\n").print_time_s == 61.2
    assert read(f";TIME:6667\n{body};TIME_ELAPSED:61.25\n").print_time_s == 6667
    assert read(";Filament used: 0m\n" + body).filament_mm == 2


def test_the_first_layers_bounds(read):
    facts = read(HEAD + layer("G1 X20 Y15 E1") + layer("G1 X90 Y90 E1", z=0.4))
    assert facts.first_layer == (10, 10, 20, 15)
    assert read("").first_layer is None


@pytest.mark.parametrize(
    ("lines", "objects"),
    [
        ([], None),
        (["; printing object a.stl id:0 copy 0"] * 3, 1),
        ([f"; printing object a.stl id:0 copy {n}" for n in (0, 1)], 2),
        ([";MESH:a.stl", ";MESH:NONMESH", ";MESH:b.stl"], 2),
        ([";MESH:NONMESH"], None),
    ],
)
def test_objects(read, lines, objects):
    assert read(HEAD + layer(*lines, "G1 X20 E1")).objects == objects


@pytest.mark.parametrize(
    ("start", "heated"),
    [
        ("M104 S200", True),
        ("M109 R200", True),
        ("M104 T0 S200", True),
        ("M104 T0 S200\nM104 T1 S0", True),  # the other tool stays cold
        ("T1\nM104 S200\nT0\nM104 T1 S0", False),
        ("M104 S200\nM104 S0", False),  # and off again
        ("M104 S0", False),
        ("M140 S60\nG21\nM107", False),
        ("G10", False),  # a retraction
        ("G10 P0 S205 R150", True),  # RepRapFirmware sets a tool's temperature with it
        ("M568 P0 S205", True),
        ("START_PRINT EXTRUDER_TEMP=205", None),  # Klipper's macro may heat
        ("print_start", None),
        ("M98 P/macros/start.g", None),
        (";FLAVOR:UltiGCode", None),  # the printer heats before the first command
        (";FLAVOR:Marlin", False),
        ("; START_PRINT", False),
    ],
)
def test_whether_it_is_heated_first(read, start, heated):
    facts = read(f"{start}\nG28\nM83\n{layer('G1 X20 E1')}M104 S210\n")
    assert facts.heated is heated
    if heated is False:
        with pytest.raises(SlicingRefused) as caught:
            verify(facts, Machine())
        assert caught.value.code == "slicing.cold"
    else:
        verify(facts, Machine())


def test_a_temperature_set_in_the_layer_is_too_late_only_after_its_first_line(read):
    assert read("G28\nM83\n" + layer("M104 S200", "G1 X20 E1")).heated is True
    assert read("G28\nM83\n" + layer("G1 X20 E1", "M104 S200")).heated is False


def test_tools(read):
    body = HEAD + layer("T0", "G1 X20 E1", "T1", "G1 X30 E2", "T0", "G1 X40 E1", "T7")
    facts = read(body)
    assert facts.tools == {0: 2, 1: 2}
    found = analysis(facts)["filament"]
    assert {tool: each["length"] for tool, each in found.items()} == {
        "tool0": 2,
        "tool1": 2,
    }
    # the slicer's own sums know the priming, too
    told = read(
        body + "; filament used [mm] = 12.5, 20.5\n; filament used [g] = 1.5, 2\n"
    )
    assert told.tools == {0: 12.5, 1: 20.5} and told.filament_mm == 33
    assert told.filament_g == 3.5
    assert read(body + ";Filament used: 1.5m, 0.25m\n").filament_mm == 1750
    assert list(read(HEAD + "T99999999999\n" + layer("G1 X20 E1")).tools) == [31]
    only_second = read(
        HEAD + layer("T1", "G1 X20 E1") + "; filament used [mm] = 0.0, 7\n"
    )
    assert analysis(only_second)["filament"].keys() == {"tool1"}


@pytest.mark.parametrize(
    "command",
    [
        "M600",
        "M600 ; now",
        "m601",
        "@pause",
        "@PAUSE now",
        "M0",
        "M1 wait",
        "M25",
        "PAUSE",
    ],
)
def test_stops(read, command):
    name = command.split()[0]
    name = name.upper() if name[0] in "mM" else name
    name = "@pause" if name[0] == "@" else name
    facts = read(
        HEAD
        + layer("G1 X20 E1")
        + layer(command, "G1 X20 E1", z=0.4)
        + layer("G1 X20 E1", command, "G1 X10 E1", z=0.6)
        + command  # in front of the layer's marker
        + "\n"
        + layer("G1 X20 E1", command, "G1 X90", z=0.8)  # when all is printed
    )
    assert facts.stops == (Stop(name, 1), Stop(name, 2), Stop(name, 3))


def test_fan(read):
    assert read(HEAD + "M106 S255\n" + layer("M106 S51", "G1 X20 E1")).fan_percent == 20
    assert read(HEAD + layer("M106", "G1 X20 E1")).fan_percent == 100
    assert read(HEAD + layer("M106 S1e9", "M106 S-3", "G1 X20 E1")).fan_percent <= 100


def test_binary_gcode_has_a_sentence_of_its_own(read):
    facts = read(b"GCDE\x01\x00\x00\x00" + bytes(range(256)) * 300)
    assert facts.binary and facts.size_bytes == 8 + 256 * 300
    with pytest.raises(SlicingRefused) as caught:
        verify(facts, Machine())
    assert caught.value.code == "slicing.binary_gcode"
    assert not read(HEAD + "; GCDE").binary


def test_too_many_layers_fill_no_memory(read, monkeypatch):
    monkeypatch.setattr(gcode_state, "MOST_LAYERS", 3)
    text = HEAD + "".join(layer("G1 X20 E1", z=z) for z in range(1, 4))
    verify(read(text), Machine())
    facts = read(text + layer("G1 X20 E1", z=4))
    assert len(facts.layers) == 3
    with pytest.raises(SlicingRefused) as caught:
        verify(facts, Machine())
    assert caught.value.code == "slicing.too_many_layers"


def test_many_types_objects_and_stops_fill_no_memory(read, monkeypatch):
    monkeypatch.setattr(gcode_state, "MOST_KINDS", 5)
    monkeypatch.setattr(gcode_state, "MOST_OBJECTS", 5)
    monkeypatch.setattr(gcode_state, "MOST_STOPS", 5)
    lines = []
    for number in range(20):
        lines += [f";TYPE:{number}", f";MESH:{number}", "M600", f"G1 X{20 + number} E1"]
    facts = read(HEAD + layer(*lines))
    assert len(facts.kinds) <= 6 and facts.objects == 5 and len(facts.stops) == 5
    assert sum(use.filament_mm for use in facts.kinds.values()) == 20


def test_heights_wherever_the_layers_come_in_the_file(read):
    zs = (0.3, 0.5, 0.55, 0.3, 0.5)
    facts = read(HEAD + "".join(layer("G1 X20 E1", z=z) for z in zs))
    assert facts.heights == [0.3, 0.2, 0.05, 0.3, 0.2]


def test_facts_of_an_earlier_version_can_be_read(read):
    facts = read(HEAD + layer("; printing object a", "M600", "G1 X20 E1"))
    data = json.loads(json.dumps(facts.to_json()))
    assert GcodeFacts.from_json(data) == facts
    new = ("first_layer", "kinds", "objects", "tools", "heated", "fan_percent", "stops")
    for name in (*new, "binary", "too_many_layers"):
        del data[name]
    data["layers"] = [each[:3] for each in data["layers"]]
    old = GcodeFacts.from_json(data | {"of_a_later_version": 1})
    assert old.layers[0][:3] == facts.layers[0][:3] and old.layers[0].time_s == 0
    assert (old.objects, old.heated, old.stops, old.kinds) == (None, None, (), {})
    verify(old, Machine(), objects=5)
    assert analysis(old) == analysis(facts)
    assert GcodeFacts.from_json(json.loads(json.dumps(old.to_json()))) == old


def test_the_filament_may_be_told(read, tmp_path):
    body = HEAD + layer("G1 X20 E100")
    facts = read(body, diameter=2.85, density=1.25)
    assert facts.filament_cm3 == pytest.approx(0.6379, abs=1e-3)
    assert facts.filament_g == pytest.approx(0.797, abs=1e-3)
    assert read(body + "; filament_diameter = 1.75\n", diameter=2.85) == read(
        body + "; filament_diameter = 1.75\n"
    )
    read(body, diameter=2.85, density=1.25)
    again = read_again(tmp_path / "x.gcode", facts)
    assert again.filament_g == pytest.approx(facts.filament_g, rel=1e-3)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(36, "36s"), (1296, "21m 36s"), (3601, "1h 0m 1s"), (262923, "3d 1h 2m 3s")],
)
def test_durations_are_written_as_they_are_read(seconds, text):
    assert duration_text(seconds + 0.4) == text and duration_s(text) == seconds
    assert duration_text(0) == "0s"


@pytest.mark.parametrize(
    "hostile",
    [
        "G4 S" + "9" * 400,
        "M104 S" + "9" * 400,
        "M104 S-" + "9" * 400,
        ";TIME:" + "9" * 150,
        "; filament used [mm] = " + "9" * 150,
        "; estimated printing time (normal mode) = " + "9" * 100 + "d",
        ";TIME_ELAPSED:1e300",
        ";TIME_ELAPSED:nan",
        ";WIDTH:inf",
        "G1 F1e-323\nG1 X90",
        "G2 X1e300 I1e300 E1",
        "G3 R1e308 X3 E1",
        "G92 X" + "9" * 400,
        "G1 Z1e999",
        "T" + "9" * 400,
        ";TYPE:" + "x" * 100_000,
    ],
)
def test_numbers_beyond_all_sense(read, hostile, monkeypatch):
    monkeypatch.setattr(gcode_file, "LINE_LIMIT", 1 << 10)
    facts = read(HEAD + layer(hostile, "G1 X20 E1", hostile))
    data = json.dumps(facts.to_json(), allow_nan=False)
    assert GcodeFacts.from_json(json.loads(data)) == facts
    assert len(data) < 5000 and facts.print_time_s < 1e13
