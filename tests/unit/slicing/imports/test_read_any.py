from __future__ import annotations

import json
import os
import tracemalloc
import zipfile
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octoprint_img2stl.slicing.imports import Imported, read_any
from octoprint_img2stl.slicing.imports.given import ENTRY_LIMIT, ZIP_LIMIT
from octoprint_img2stl.slicing.imports.ini import ENTRIES
from octoprint_img2stl.slicing.refused import SlicingRefused
from tests.unit.slicing.imports.conftest import orca_zip, zipped

STL = b"solid x" + bytes(200)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "no profile"),
        (" \n\n", "no profile"),
        ("# only a comment\n", "no profile"),
        ("nothing = known\n", "no profile"),
        ("[section]\nnothing = known\n", "no profile"),
        ("[print:]\n", "no profile"),
        ("G28\nG1 X10 Y10 E1\nM84\n", "no profile"),
        ("<html>layer_height = 0.2</html>\n", "no profile"),
        ("null", "no profile"),
        (STL, "no profile"),
        (b"\xff\xd8\xff\xe0" + bytes(3000), "no profile"),
        (b"\xff\xfel\x00a\x00y\x00", "no profile"),
        (zipped({}), "no profile"),
        (b"PK\x03\x04" + bytes(500), "damaged"),
        (zipped({"a.txt": "hello", "b/": ""}), "no profile"),
        (zipped({"3D/3dmodel.model": "<model/>"}), "3MF"),
        ("G28\n; CONFIG_BLOCK_START\n; a = b\n; CONFIG_BLOCK_END\n", "no profile"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(read, content, word):
    with pytest.raises(SlicingRefused) as caught:
        read(content, file="profile.ini")
    assert caught.value.code == "slicing.bad_profile"
    assert caught.value.problem.field == "profile"
    assert word in str(caught.value) and "\n" not in str(caught.value)


def test_the_sentence_names_what_can_be_given(read):
    with pytest.raises(SlicingRefused) as caught:
        read(STL)
    for word in ("PrusaSlicer", "SuperSlicer", "Cura", "OrcaSlicer", "G-code"):
        assert word in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # reading it would never end
    for name in ("none.ini", "", "pipe", "x\0y", "x" * 5000):
        with pytest.raises(SlicingRefused):
            read_any(tmp_path / name)


def test_the_names_ending_means_nothing(read):
    assert read("layer_height = 0.2\n", file="x.curaprofile").engine == "prusaslicer"


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\n" * 1_500_000,
        "".join(f"[print:{number}]\n" for number in range(ENTRIES + 1)),
        "".join(f"k{number} = 1\n" for number in range(ENTRIES + 1)),
        "layer_height = " + "9" * 8_000_000,
        "[print:a]\ninherits = " + " " * 4_000_000 + 'x"y;' + '"' * 1000 + "\n",
        "[" * 8_000_000,
        "[general]\n[values]\na = 1\n" + "\tb\n" * 2_000_000,
    ],
    ids=range(7),
)
def test_long_files_come_to_an_end(write, text):
    """Each would take minutes or forever where something is done again and again."""
    with suppress(SlicingRefused):
        assert not read_any(write(text)).values


@contextmanager
def traced(limit: int):
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < limit


def bomb(size: int) -> bytes:
    return zipped({"x": b"[general]\n" + b"[values]\n" + bytes(size)})


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(bomb(200_000_000), id="one large file"),
        pytest.param(
            zipped({str(number): b"{" + b" " * 900_000 for number in range(50)}),
            id="many",
        ),
        pytest.param(zipped({str(number): "" for number in range(3_000)}), id="names"),
        pytest.param(zipped({"a": bomb(5_000_000)}), id="one in the other"),
        pytest.param(b"PK\x03\x04" + os.urandom(ZIP_LIMIT), id="large"),
    ],
)
def test_a_zip_that_grows_is_not_unpacked(write, content):
    path = write(content, "x.curaprofile")
    with traced(limit=60_000_000), pytest.raises(SlicingRefused):
        read_any(path)


def test_names_in_a_zip_are_no_paths(write, tmp_path):
    preset = json.dumps({"type": "process", "name": "x", "layer_height": "0.2"})
    content = zipped({"../../evil.json": preset, "/etc/evil": "no"})
    imported = read_any(write(content, "in.zip"))
    assert imported.values == {"layer_height": "0.2"}
    assert [each.name for each in tmp_path.iterdir()] == ["in.zip"]


def test_a_locked_or_strangely_packed_zip_is_refused(write, tmp_path):
    data = bytearray(zipped({"a": "[general]\n[values]\nlayer_height = 1\n"}))
    central = data.index(b"PK\x01\x02")
    for place in (6, central + 8):
        data[place] |= 1  # encrypted
    with pytest.raises(SlicingRefused, match="locked"):
        read_any(write(bytes(data)))
    path = tmp_path / "lzma.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", "[general]\n[values]\nlayer_height = 1\n")
    with pytest.raises(SlicingRefused):
        read_any(path)


def test_a_large_file_in_a_zip_is_passed_over(read):
    preset = {"type": "process", "name": "x", "layer_height": "0.2"}
    content = zipped(
        {"big.json": "{" + " " * ENTRY_LIMIT, "small.json": json.dumps(preset)}
    )
    assert read(content).values == {"layer_height": "0.2"}


# -- whatever the bytes are ---------------------------------------------------------------------

WORDS = st.sampled_from(
    """[presets] [print:a] [printer:a] [filament:*b*] [general] [values] [metadata] = ; #
    layer_height perimeters inherits print filament temperature start_gcode G28\\n {if}
    post_process bed_shape 0x0,1x0,1x1 nozzle_diameter 0.4 20% nil nan position version
    default_speed perimeter_loop ;SETTING_3 {"global_quality": "[general]\\n[values]\\n"}
    prusaslicer_config begin end GCDE PK\x03\x04 {"type":"process","layer_height":"1"}
    \x00 \ufeff \ud7ff \\ " \n \r \t""".split(" ")
)
SOUP = st.lists(WORDS | st.text(max_size=5), max_size=60).map(
    lambda words: " ".join(words).replace(" = ", "=").encode("utf-8", "replace")
)
KEYS = st.sampled_from(
    "name type inherits layer_height printable_area post_process machine_start_gcode "
    "nozzle_diameter filament_shrink line_width instantiation brim_type".split()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(KEYS, some, max_size=8),
    max_leaves=20,
)
VALUES = st.text(max_size=20) | st.lists(st.text(max_size=9), max_size=3) | JSON
PRESET = st.dictionaries(KEYS, VALUES, max_size=10)
CONTENT = st.one_of(
    st.binary(max_size=400),
    SOUP,
    JSON.map(lambda data: json.dumps(data).encode()),
    st.lists(PRESET, max_size=4).map(lambda presets: orca_zip(*presets)),
    SOUP.map(lambda text: zipped({"a": text, "b": b"[general]\n" + text})),
    SOUP.map(lambda text: b"G28\n; " + text.replace(b" ", b"\n; ")),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=CONTENT, own_gcode=st.booleans(), name=st.text(max_size=20))
def test_any_bytes_give_a_refusal_or_a_profile(tmp_path, content, own_gcode, name):
    path = tmp_path / "any"
    path.write_bytes(content)
    try:
        imported = read_any(path, own_gcode=own_gcode, name=name)
    except SlicingRefused as refused:
        assert refused.code == "slicing.bad_profile" and str(refused)
        return
    assert isinstance(imported, Imported)
    json.dumps(imported.to_json())
    assert "post_process" not in imported.values
    assert all(problem.message for problem in imported.problems)
    for value in imported.values.values():
        assert "\n" not in value and "\0" not in value
