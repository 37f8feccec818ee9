"""Whatever the bytes: the reader comes to an end, and to facts that can be kept."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing import gcode_file
from octoprint_img2stl.slicing.gcode import GcodeFacts, analysis, read_gcode, verify
from octoprint_img2stl.slicing.gcode_cut import first_layers
from octoprint_img2stl.slicing.gcode_edit import COMMANDS, colour_change
from octoprint_img2stl.slicing.gcode_lines import layer_data, layer_summary
from octoprint_img2stl.slicing.refused import SlicingRefused

NUMBERS = st.one_of(
    st.integers(-300, 300).map(str),
    st.floats(-1000, 1000).map(lambda value: f"{value:.3f}"),
    st.sampled_from(["", "-", ".", "1e999", "nan", "inf", "9" * 400, "1_0", "0x9", "-0"]),
)
WORDS = st.tuples(st.sampled_from("XYZEFIJRSPTxye;*N"), NUMBERS).map("".join)
COMMAND = st.sampled_from(
    "G0 G1 G1 G1 G2 G3 G4 G10 G20 G21 G28 G90 G91 G92 M82 M83 M104 M109 M106 M600 M0 T0 T1 "
    "g1 G01 G1X N5G1 @pause PAUSE END".split()
)
MOVES = st.tuples(COMMAND, st.lists(WORDS, max_size=5)).map(
    lambda parts: " ".join([parts[0], *parts[1]]).encode()
)
COMMENTS = st.sampled_from(
    [
        *(b";LAYER_CHANGE", b";LAYER:1", b";LAYER:-3", b";TYPE:Custom", b";TYPE:FILL"),
        *(b";TIME_ELAPSED:5", b";MESH:a", b"; printing object a", b";WIDTH:.4"),
        *(b";TIME:6666", b"; filament used [mm] = 3", b";WIDTH:nan", b"", b"\r"),
    ]
)
LINES = st.lists(st.one_of(MOVES, COMMENTS, st.binary(max_size=40)), max_size=60)
# A file that does print, but for what is mixed into it.
COORDINATES = st.integers(1, 99)
GOOD = st.tuples(COORDINATES, COORDINATES, COORDINATES).map(
    lambda at: b"G1 X%d Y%d E%d" % at
)
TRAVEL = st.tuples(COORDINATES, COORDINATES).map(lambda at: b"G0 X%d Y%d" % at)
BODIES = st.lists(st.one_of(GOOD, GOOD, TRAVEL, MOVES, COMMENTS), max_size=8)
LAYERS = st.lists(
    st.tuples(
        st.sampled_from([b";LAYER_CHANGE", b";LAYER:0"]), st.integers(1, 60), BODIES
    )
)
PRINTS = st.tuples(st.sampled_from([b"M83", b"M82", b"M83\nG20"]), LAYERS).map(
    lambda parts: (
        b"M104 S200\nG28\nG1 X1 Y1 Z1\n"
        + b"\n".join(
            [parts[0]]
            + [
                b"\n".join([marker, b"G1 Z%d" % z, b"G1 X2 Y2 E1", *body])
                for marker, z, body in parts[1]
            ]
        )
    )
)
SMALL = Machine(x_max=100, y_max=100, height=50)


@given(
    st.one_of(st.binary(max_size=400), LINES.map(b"\n".join), PRINTS, PRINTS),
    st.integers(1, 200),
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_survive(data, block):
    with tempfile.TemporaryDirectory() as folder, smaller(block):
        path = Path(folder, "x.gcode")
        path.write_bytes(data)
        facts = read_gcode(path)
        text = json.dumps(facts.to_json(), allow_nan=False)
        assert GcodeFacts.from_json(json.loads(text)) == facts
        json.dumps([analysis(facts), layer_summary(facts)], allow_nan=False)
        with contextlib.suppress(SlicingRefused):
            verify(facts, SMALL, objects=2)
        ends = [0]
        for number, layer in enumerate(facts.layers):
            assert ends[-1] <= layer.start < layer.end <= len(data)
            assert data[layer.start : layer.start + 6] == b";LAYER"
            ends.append(layer.end)
            if number < 3:
                found = layer_data(path, facts.layers, number)
                json.dumps(found, allow_nan=False)
        change_and_cut(path, facts)


def test_the_prints_do_print():
    """Guards the test above: that what it is fed has layers, good ones and bad ones."""
    found = set()

    @given(PRINTS)
    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    def look(data):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "x.gcode")
            path.write_bytes(data)
            facts = read_gcode(path)
        found.add(min(len(facts.layers), 3))
        try:
            verify(facts, SMALL)
            found.add("good")
        except SlicingRefused as refused:
            found.add(refused.code)

    look()
    # which refusals come up is left to chance, but there are more than one
    assert {0, 1, 2, 3, "good"} <= found and len(found) >= 7, found


def change_and_cut(path, facts):
    data = path.read_bytes()
    for command in COMMANDS:
        try:
            changed = colour_change(path, facts, [0.5], command, SMALL)
        except SlicingRefused:
            assert path.read_bytes() == data
            continue
        text = json.dumps(changed.to_json(), allow_nan=False)
        assert GcodeFacts.from_json(json.loads(text)) == changed
        if command == "M600":
            assert changed == read_gcode(path)
        path.write_bytes(data)
    cut = first_layers(path, facts, 1, SMALL)
    assert len(cut.layers) == min(1, len(facts.layers))


@contextlib.contextmanager
def smaller(block):
    """Blocks and lines so small that their seams are everywhere."""
    old = gcode_file.BLOCK, gcode_file.LINE_LIMIT
    gcode_file.BLOCK, gcode_file.LINE_LIMIT = block, 300
    try:
        yield
    finally:
        gcode_file.BLOCK, gcode_file.LINE_LIMIT = old
