"""Values in a Cura profile that no print could want."""

from __future__ import annotations

import pytest

from tests.unit.slicing.imports.conftest import codes, said, zipped


def profile(**values):
    """A .curaprofile of the printer's container alone."""
    lines = ["[general]", "version = 4", "name = x", "definition = creality_ender3"]
    lines += ["[values]", *(f"{key} = {value}" for key, value in values.items())]
    return zipped({"x": "\n".join(lines)})


def test_a_start_gcode_of_a_megabyte_is_left_out_and_said(read):
    content = profile(layer_height="0.2", machine_start_gcode="G1 X1\n\t" * 100_000)
    imported = read(content, own_gcode=True)
    assert imported.values["layer_height"] == "0.2"
    assert "machine_start_gcode" not in imported.values
    assert "slicing.profile_gcode_long" in codes(imported)


@pytest.mark.parametrize("value", ["nan", "-Infinity", "1\x07", "9" * 2000])
def test_values_that_are_nonsense_are_left_out_and_said(read, value):
    imported = read(profile(layer_height=value, speed_print="50"))
    assert "layer_height" not in imported.values and imported.layer_height is None
    assert "layer_height" in said(imported, "slicing.profile_ignored")
