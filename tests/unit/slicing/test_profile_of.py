"""What is chosen, as a profile of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.cura.config import slice_config
from octoprint_img2stl.slicing.cura.definitions import Definitions
from octoprint_img2stl.slicing.plain import plain_of
from octoprint_img2stl.slicing.profile_of import profile_of
from octoprint_img2stl.slicing.profiles import slice_ini
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.settings import SliceSettings
from tests.unit.slicing.cura.here import resources

MACHINE = Machine(x_max=180, y_max=170, height=160, nozzle=0.6, travel_speed=90)
CHOSEN = SliceSettings(
    material="petg", quality="fine", infill=100, supports="plate", brim=4, walls=2
)
SIZE = (30.0, 20.0, 10.0)
KEPT = SliceSettings(profile="0123456789ab")


def test_prusaslicer_slices_with_it_as_with_the_choices():
    made = profile_of(CHOSEN, MACHINE, "prusaslicer")
    by_choice, _ = slice_ini(MACHINE, CHOSEN, SIZE, relief=False)
    by_profile, _ = slice_ini(MACHINE, KEPT, SIZE, profile=made.values, relief=False)
    assert by_choice.pop("min_skirt_length") == "0"  # which PrusaSlicer has by itself
    assert by_profile == by_choice


def test_curaengine_slices_with_it_as_with_the_choices():
    made = profile_of(CHOSEN, MACHINE, "curaengine")
    definitions = Definitions.find("4.13.0", str(resources()))
    by_choice = slice_config(definitions, MACHINE, CHOSEN, SIZE, relief=False)
    by_profile = slice_config(
        definitions,
        MACHINE,
        replace(KEPT, material=made.material),
        SIZE,
        profile=made.values,
        relief=False,
    )
    assert by_profile.values == by_choice.values


@pytest.mark.parametrize("engine", ["prusaslicer", "curaengine"])
def test_what_it_says_of_itself(engine):
    made = profile_of(replace(CHOSEN, infill=40), MACHINE, engine)
    said = plain_of(made)
    assert (said["infill"], said["supports"], said["walls"]) == (40, "plate", 2)
    assert (said["brim"], said["layer_height"]) == (4, 0.18)
    assert (made.material, made.filament_type, made.nozzle) == ("petg", "PETG", 0.6)
    assert (made.bed.x_max, made.bed.y_max, made.height) == (180, 170, 160)


def test_the_gcode_is_in_it_to_be_changed():
    values = profile_of(CHOSEN, MACHINE, "prusaslicer").values
    assert "G28" in values["start_gcode"] and "M84" in values["end_gcode"]
    assert (
        "G28" in profile_of(CHOSEN, MACHINE, "curaengine").values["machine_start_gcode"]
    )


def test_what_counts_over_a_profile_goes_into_the_new_one():
    values = {"fill_density": "11%", "perimeters": "7", "filament_type": "ABS"}
    saved = SavedProfile(
        "Mine", "prusaslicer", values, "prusa_flat", id="0123456789ab", material="abs"
    )
    settings = replace(KEPT, infill=40, material="tpu", over=("infill", "material"))
    made = profile_of(settings, MACHINE, "prusaslicer", saved)
    assert (made.id, made.name, made.source) == ("", "Mine", "prusa_flat")
    assert made.values["fill_density"] == "40%" and made.values["perimeters"] == "7"
    assert (made.material, made.values["filament_type"]) == ("tpu", "FLEX")
    assert saved.values == values
