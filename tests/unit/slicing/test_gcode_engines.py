"""The reader on G-code of the real engines."""

from __future__ import annotations

import json
import re

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.gcode import read_gcode, verify
from octoprint_img2stl.slicing.gcode_kinds import OTHER_FAMILY, family
from octoprint_img2stl.slicing.refused import SlicingRefused
from tests.unit.slicing.conftest import boxes_stl
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


def test_a_print_with_supports_is_understood(table_gcode, engine):
    facts = read_gcode(table_gcode)
    verify(facts, Machine(), objects=1)
    assert facts.objects == 1 and facts.heated is True and facts.stops == ()
    assert list(facts.tools) == [0] and facts.nozzle_c == 210
    assert facts.unknown_moves == 0 and not facts.time_estimated
    assert facts.fan_percent == 100
    assert len({family(kind) for kind in facts.kinds}) >= 5
    assert all(family(kind) != OTHER_FAMILY for kind in facts.kinds)
    top = facts.layers[-1].z
    assert top == pytest.approx(5.0) and max(facts.heights) <= 0.2001
    assert sum(layer.time_s for layer in facts.layers) == pytest.approx(
        facts.print_time_s, rel=0.1
    )


def test_what_supports_take_is_what_is_saved_without_them(
    table_gcode, engine, table, tmp_path
):
    facts = read_gcode(table_gcode)
    if engine == "prusa":
        without = read_gcode(by_prusaslicer(tmp_path, table, support_material="0"))
    else:
        without = read_gcode(by_cura(tmp_path, table, support_enable="false"))
    assert without.support == (0, 0)
    saved = facts.filament_mm - without.filament_mm
    assert saved > 10
    # the skirt goes round the supports, too, and bridges become roofs
    assert facts.support.filament_mm == pytest.approx(saved, rel=0.1)
    assert facts.support.time_s > 5


def test_priming_beside_the_bed_is_not_the_print(table_gcode):
    facts = read_gcode(table_gcode)
    assert facts.travel[0] == -3 and facts.bounds[0] > 90
    laid = sum(layer.filament_mm for layer in facts.layers)
    assert sum(use.filament_mm for use in facts.kinds.values()) == pytest.approx(
        laid, abs=0.05
    )
    assert laid == pytest.approx(sum(facts.tools.values()), abs=0.1)
    # Cura's sum, ours here, has the primed 10 mm; PrusaSlicer's own has them not
    primed = 10 if facts.generator.startswith("Cura") else 0
    assert facts.filament_mm == pytest.approx(laid + primed, abs=0.05)


def test_the_height_of_a_layer_is_that_of_its_plastic(table_gcode, engine):
    """Cura moves to the height before the layer's marker, PrusaSlicer after it."""
    text = table_gcode.read_text()
    facts = read_gcode(table_gcode)
    if engine == "prusa":
        told = [float(z) for z in re.findall(r"^;LAYER_CHANGE\n;Z:([\d.]+)", text, re.M)]
        assert [layer.z for layer in facts.layers] == pytest.approx(told, abs=0.001)
        return
    assert [layer.z for layer in facts.layers] == pytest.approx(
        [0.2 * number for number in range(1, 26)]
    )
    before = text[: facts.layers[7].start]
    assert re.findall(r"Z([\d.]+)", before)[-1] == "1.6"  # already there
    told = [float(each) for each in re.findall(r";TIME_ELAPSED:([\d.]+)", text)]
    assert facts.print_time_s == pytest.approx(told[-1], abs=0.1)  # and not 6666
    times = [layer.time_s for layer in facts.layers]
    assert times[3] == pytest.approx(told[3] - told[2], abs=0.01)


def test_objects_are_counted(tmp_path):
    two = [
        boxes_stl(tmp_path / f"{name}.stl", (x, 0, 0, x + 8, 8, 1))
        for name, x in (("left", -12), ("right", 4))
    ]
    facts = read_gcode(by_cura(tmp_path, *two))
    assert facts.objects == 2
    verify(facts, Machine(), objects=2)
    with pytest.raises(SlicingRefused) as caught:
        verify(facts, Machine(), objects=3)
    assert caught.value.code == "slicing.objects_missing"
    unnamed = read_gcode(by_prusaslicer(tmp_path, two[0], gcode_label_objects="0"))
    assert unnamed.objects is None
    verify(unnamed, Machine(), objects=3)  # nobody knows


def test_a_print_that_is_never_heated_is_refused(table, tmp_path):
    cold = by_cura(tmp_path, table, material_print_temp_prepend="false")
    with pytest.raises(SlicingRefused) as caught:
        verify(read_gcode(cold), Machine())
    assert caught.value.code == "slicing.cold"


def test_relative_extrusion_and_a_raft(table, tmp_path):
    facts = read_gcode(
        by_cura(tmp_path, table, relative_extrusion="true", adhesion_type="raft")
    )
    verify(facts, Machine(), objects=1)
    assert facts.relative_e and facts.layers[0].z == 0.3
    assert all(height > 0 for height in facts.heights)


def test_several_extruders_of_which_one_prints(table, tmp_path):
    path = by_prusaslicer(tmp_path, table, nozzle_diameter="0.4,0.4")
    facts = read_gcode(path)
    verify(facts, Machine())
    assert list(facts.tools) == [0]
    assert facts.filament_mm == pytest.approx(facts.tools[0], abs=0.5)


@pytest.mark.parametrize(
    ("spelling", "other"),
    [
        (r"^G([01]) ", r"G\1  "),
        (r"^(G[01] .*)$", r"\1 ; a comment"),
        (r"^G([01]) ", r"g0\1 "),
    ],
)
def test_moves_are_understood_however_they_are_spelt(table_gcode, spelling, other):
    """The short way that the reader has for the usual spelling finds the same."""
    usual = json.loads(json.dumps(read_gcode(table_gcode).to_json()))
    text = re.sub(spelling, other, table_gcode.read_text(), flags=re.M)
    table_gcode.write_text(text)
    found = json.loads(json.dumps(read_gcode(table_gcode).to_json()))
    assert found.pop("size_bytes") > usual.pop("size_bytes")
    for facts in (usual, found):
        del facts["sha256"]
        facts["layers"] = [[z, *rest] for z, _, _, *rest in facts["layers"]]
    assert found == approximately(usual)


def approximately(value):
    """Moves spelt otherwise are rounded to a millionth on their way."""
    if isinstance(value, dict):
        return {key: approximately(each) for key, each in value.items()}
    if isinstance(value, list):
        return [approximately(each) for each in value]
    return pytest.approx(value, abs=0.02) if isinstance(value, float) else value
