"""The expert list, asked of the real programs that are installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict

import pytest

from octoprint_img2stl.slicing.cura.definitions import Definitions
from octoprint_img2stl.slicing.cura.key_words import KNOWN as CURA_KEYS
from octoprint_img2stl.slicing.cura.key_words import described as cura_described
from octoprint_img2stl.slicing.imports import prusa_values
from octoprint_img2stl.slicing.key_words import KINDS, key_words
from octoprint_img2stl.slicing.key_words_groups import FURTHER, GROUPS, group_of
from octoprint_img2stl.slicing.key_words_help import entries
from octoprint_img2stl.slicing.key_words_prusa import described, label_of
from octoprint_img2stl.slicing.profile_change import changed
from octoprint_img2stl.slicing.profile_file import GCODE_KEYS, PLAIN_KEYS
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.saved import SavedProfile
from tests.unit.slicing.cura.conftest import VERSION
from tests.unit.slicing.cura.here import resources

SEAMS = ("random", "nearest", "aligned", "rear")


@pytest.fixture(scope="module")
def program():
    path = shutil.which("prusa-slicer")
    assert path, "PrusaSlicer has to be installed: apt-get install prusa-slicer"
    return path


@pytest.fixture(scope="module")
def prusa(program):
    return {each.key: each for each in key_words("prusaslicer", program)}


@pytest.fixture(scope="module")
def cura():
    path = shutil.which("CuraEngine")
    assert path, "CuraEngine has to be installed: apt-get install cura-engine"
    return {each.key: each for each in key_words("curaengine", path, str(resources()))}


@pytest.fixture(params=["prusaslicer", "curaengine"])
def both(request):
    name = {"prusaslicer": "prusa", "curaengine": "cura"}[request.param]
    return request.param, request.getfixturevalue(name)


def test_prusaslicer_tells_every_key_that_it_knows(prusa, program, tmp_path):
    saved = tmp_path / "all.ini"
    subprocess.run(
        [program, "--save", saved], check=True, capture_output=True, timeout=60
    )
    known = {line.partition(" = ")[0] for line in saved.read_text().splitlines()}
    allowed = (PLAIN_KEYS | GCODE_KEYS) & known
    assert allowed <= prusa.keys() and len(allowed) > 150
    assert "filament_retract_length" in prusa  # which only the help has
    assert not {"post_process", "bed_shape", "nozzle_diameter"} & prusa.keys()
    told = [key for key, words in prusa.items() if words.help]
    assert len(told) >= len(prusa) - 3


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("layer_height", ("number", "mm", (), "0.3", "Layers")),
        ("fill_density", ("percent", "%", (), "20%", "Infill")),
        ("extrusion_width", ("number_or_percent", "mm or %", (), "0", "Line width")),
        ("support_material", ("bool", "", (), "0", "Supports and raft")),
        ("seam_position", ("choice", "", SEAMS, "aligned", "Walls")),
        ("perimeters", ("number", "", (), "3", "Walls")),
        ("retract_length", ("number", "mm", (), "2", "Retraction")),
        ("filament_retract_length", ("number", "mm", (), "nil", "Retraction")),
        ("slowdown_below_layer_time", ("number", "s", (), "5", "Cooling")),
        ("before_layer_gcode", ("gcode", "", (), "", "G-code")),
        ("machine_max_jerk_z", ("number", "mm/s", (), "0.2,0.4", "Printer limits")),
        ("temperature", ("number", "°C", (), "200", "Filament")),
        ("fan_always_on", ("bool", "", (), "0", "Cooling")),
        ("printer_model", ("text", "", (), "", "Printer")),
    ],
)  # fmt: skip
def test_prusaslicers_kinds_units_and_defaults(prusa, key, expected):
    words = prusa[key]
    found = (words.kind, words.unit, words.choices, words.default, words.category)
    assert found == expected


def test_words_over_several_lines_are_one_sentence(prusa):
    words = prusa["filament_deretract_speed"]
    assert words.help.endswith("If left to zero, the retraction speed is used.")
    assert "  " not in words.help and words.unit == "mm/s"
    assert prusa["end_gcode"].default.startswith(
        "M104 S0 ; turn off temperature\\nG28 X0"
    )
    assert prusa["layer_gcode"].help  # behind another name for it
    assert set(prusa["gcode_flavor"].choices) <= prusa_values.WORDS["gcode_flavor"]
    assert (
        prusa["filament_type"].kind == "text" and "PLA" in prusa["filament_type"].choices
    )


def test_every_key_has_a_group_and_most_a_telling_one():
    groups = [group_of(key) for key in sorted(PLAIN_KEYS | GCODE_KEYS)]
    assert set(groups) == set(GROUPS)
    assert groups.count(FURTHER) < 10


def test_the_list_is_by_category_and_begins_with_what_is_looked_for(prusa):
    order = list(dict.fromkeys(words.category for words in prusa.values()))
    assert order == [group for group in GROUPS if group in order]
    assert next(iter(prusa)) == "layer_height"
    assert label_of("machine_max_acceleration_e") == "Machine maximum acceleration E"
    assert prusa["start_gcode"].label == "Start G-code"


def test_cura_tells_every_key_of_its_version(cura):
    definitions = Definitions.find(VERSION, str(resources()))
    known = definitions.resolve("fdmprinter", {}).values.keys() & CURA_KEYS
    assert known <= cura.keys() and len(known) > 350
    assert all(words.help and words.label and words.category for words in cura.values())
    assert "cross_infill_density_image" not in cura and "machine_width" not in cura


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("layer_height", ("number", "mm", "0.2", "Quality")),
        ("infill_sparse_density", ("number", "%", "15", "Infill")),
        ("infill_line_distance", ("number", "mm", "6", "Infill")),  # by a formula
        ("support_enable", ("bool", "", "false", "Support")),
        ("wall_line_count", ("number", "", "3", "Walls")),
        ("adhesion_type", ("choice", "", "skirt", "Build Plate Adhesion")),
        ("infill_angles", ("text", "", "[ ]", "Infill")),
    ],
)
def test_curas_kinds_units_and_defaults(cura, key, expected):
    words = cura[key]
    assert (words.kind, words.unit, words.default, words.category) == expected
    assert ("raft" in words.choices) == (key == "adhesion_type")
    assert cura["machine_start_gcode"].kind == "gcode"
    assert "\n" not in cura["machine_start_gcode"].default


def test_both_are_json_of_known_kinds(both):
    _, found = both
    assert {words.kind for words in found.values()} <= set(KINDS)
    assert json.loads(json.dumps([asdict(words) for words in found.values()]))
    assert all(bool(w.choices) for w in found.values() if w.kind == "choice")


def test_every_default_is_a_value_that_a_profile_may_have(both):
    """What the list shows can be typed in, too."""
    engine, found = both
    values = {key: words.default for key, words in found.items() if words.default}
    profile = SavedProfile("Empty", engine, {}, "test")
    now = changed(profile, values=values, own_gcode=True)
    assert set(now.values) == set(values)


# -- what other versions may say, and hostile programs ---------------------------------------

HELP = """\
PrusaSlicer-9.9.9 based on Slic3r
Usage: something [ ACTIONS ]
Misc options:
 --layer-height N    Height (of a layer). (mm, default:
                     0.3)
 --x-old ABCD, --layer-gcode ABCD
                     Code with (brackets) and a
                     list: "a, b". (default: G1 ; (x)
                     M84)
 --seam-position     Where. (random, nearest; default: nearest)
 --gcode-label-objects
                     How. (disabled, octoprint; default: disabled)
 --perimeters N      Loops. ((minimum), default: 3)
 --wipe, -w          Wipes.
 --retract-length N  Pulls (mm (zero to disable), default: 2)
 --post-process ABCD Runs it. (default: )
 --printer-notes ABCD
Support material:
 --raft-layers N
Other words without an option
"""


def test_the_help_is_read_whatever_its_layout():
    found = {key: entry for entry in entries(HELP.splitlines()) for key in entry.keys}
    assert found["layer_height"][1:] == ("N", "Height (of a layer).", "mm", (), "0.3")
    assert found["layer_gcode"].default == "G1 ; (x) M84"
    assert found["layer_gcode"].text == 'Code with (brackets) and a list: "a, b".'
    assert found["seam_position"].choices == ("random", "nearest")
    assert (found["perimeters"].unit, found["perimeters"].default) == ("", "3")
    assert (found["retract_length"].unit, found["retract_length"].text) == ("mm", "Pulls")
    assert (found["wipe"].value, found["wipe"].text) == ("", "Wipes.")
    assert found["raft_layers"].value == "N" and found["raft_layers"].text == ""
    words = {each.key: each for each in described(entries(HELP.splitlines()), {})}
    assert words["gcode_label_objects"].kind == "choice"
    assert words["wipe"].kind == "bool" and "post_process" not in words
    assert words["printer_notes"].kind == "text"


def test_a_program_that_says_nothing_or_nonsense_is_refused(tmp_path):
    program = tmp_path / "slicer"
    for script in ("exit 0", "yes nonsense | head -n 100000", "kill -9 $$"):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        with pytest.raises(SlicingRefused) as caught:
            key_words("prusaslicer", str(program))
        assert caught.value.code == "slicing.no_key_words"
    for engine in ("prusaslicer", "curaengine"):
        with pytest.raises(SlicingRefused) as caught:
            key_words(engine, "not/absolute")
        assert caught.value.code == "slicing.bad_path"


def test_hostile_words_are_made_harmless_and_short():
    lines = [" --layer-height N    \u202eevil\x07 /home/pi/secret/x (mm, default: 1)"]
    lines += [" --perimeters N"] + ["                     word" for _ in range(3000)]
    words = {each.key: each for each in described(entries(lines), {})}
    assert words["layer_height"].help == "evil x"
    assert len(words["perimeters"].help) <= 2000


def test_hostile_definitions_are_made_harmless(tmp_path):
    nest: dict = {"layer_height": {"type": "float", "default_value": 0.2}}
    for depth in range(40):
        nest = {f"d{depth}": {"type": "float", "default_value": 1, "children": nest}}
    settings = {
        "group": {
            "type": "category",
            "label": ["no", "text"],
            "children": {
                "wall_line_count": {
                    "type": "int",
                    "default_value": 2,
                    "label": "A\u202eB",
                    "description": 7,
                    "unit": "x" * 1000,
                },
                "adhesion_type": {"type": "enum", "default_value": "x", "options": 3},
                "nothing": None,
            },
        }
    }
    (tmp_path / "definitions").mkdir()
    for name, tree in (("fdmprinter", settings), ("fdmextruder", {})):
        data = {"name": name, "settings": tree, "metadata": {"setting_version": 19}}
        (tmp_path / f"definitions/{name}.def.json").write_text(json.dumps(data))
    found = {w.key: w for w in cura_described(Definitions.find(VERSION, str(tmp_path)))}
    assert set(found) == {"wall_line_count", "adhesion_type"}
    assert found["wall_line_count"].label == "AB" and found["wall_line_count"].help == ""
    assert len(found["wall_line_count"].unit) <= 120
    assert found["adhesion_type"].choices == ()
    deep = {"name": "fdmprinter", "settings": nest, "metadata": {"setting_version": 19}}
    (tmp_path / "definitions/fdmprinter.def.json").write_text(json.dumps(deep))
    with pytest.raises(SlicingRefused) as caught:
        cura_described(Definitions.find(VERSION, str(tmp_path)))
    assert caught.value.code == "slicing.bad_definitions"
