"""What is chosen, as a profile of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.chosen import choose
from octoprint_img2stl.slicing.cura.config import slice_config
from octoprint_img2stl.slicing.cura.definitions import Definitions
from octoprint_img2stl.slicing.owner_paths import OwnerPath
from octoprint_img2stl.slicing.plain import as_printed, plain_of
from octoprint_img2stl.slicing.profile_change import changed
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


AUTOMATIC = replace(CHOSEN, brim=None)
SLIM, FLAT = (10.0, 20.0, 60.0), (30.0, 20.0, 10.0)


@pytest.fixture
def kept_of(tmp_path):
    """kept_of(settings, engine) -> the profile of these choices, and that it is chosen."""

    def make(settings, engine):
        made = replace(profile_of(settings, MACHINE, engine), id=KEPT.profile)
        program = tmp_path / engine
        program.write_text("")
        program.chmod(0o755)
        own = {engine: OwnerPath(str(program))}
        return made, lambda wish=KEPT: choose(wish, own, saved=made)

    return make


@pytest.mark.parametrize("size", [SLIM, FLAT])
def test_an_automatic_brim_stays_automatic_for_prusaslicer(kept_of, size):
    made, chosen = kept_of(AUTOMATIC, "prusaslicer")
    assert made.automatic_brim and not {"brim_width", "skirts"} & made.values.keys()
    by_choice, _ = slice_ini(MACHINE, AUTOMATIC, size, relief=False)
    found = chosen()
    by_profile, _ = slice_ini(
        MACHINE, found.settings, size, profile=found.profile, relief=False
    )
    assert by_choice.pop("min_skirt_length") == "0"  # which PrusaSlicer has by itself
    by_profile.pop("raft_layers", None)  # none, as by itself
    assert by_profile == by_choice
    assert by_profile["brim_width"] == ("5" if size == SLIM else "0")


@pytest.mark.parametrize("size", [SLIM, FLAT])
def test_an_automatic_brim_stays_automatic_for_curaengine(kept_of, size):
    made, chosen = kept_of(AUTOMATIC, "curaengine")
    assert made.automatic_brim and "adhesion_type" not in made.values
    definitions = Definitions.find("4.13.0", str(resources()))
    by_choice = slice_config(definitions, MACHINE, AUTOMATIC, size, relief=False)
    found = chosen()
    by_profile = slice_config(
        definitions, MACHINE, found.settings, size, profile=found.profile, relief=False
    )
    assert by_profile.values["adhesion_type"] == ("brim" if size == SLIM else "skirt")
    for key in ("brim_line_count", "skirt_line_count"):
        assert by_profile.values[key] == by_choice.values[key]
    assert by_profile.values["adhesion_type"] == by_choice.values["adhesion_type"]


@pytest.mark.parametrize("engine", ["prusaslicer", "curaengine"])
def test_everybody_is_told_of_the_automatic_brim(kept_of, engine):
    made, chosen = kept_of(AUTOMATIC, engine)
    assert plain_of(made)["brim"] is None and plain_of(made)["automatic_brim"]
    assert as_printed(KEPT, made).brim_for(*SLIM) == 5
    wish = replace(KEPT, brim=2, over=("brim",))  # the user's own choice is the user's
    assert chosen(wish).settings.brim == 2
    again = profile_of(KEPT, MACHINE, engine, made)
    assert again.automatic_brim


@pytest.mark.parametrize(
    ("engine", "values", "brim"),
    [
        ("prusaslicer", {"brim_width": "3"}, 3),
        ("prusaslicer", {"raft_layers": "2"}, 0),
        ("curaengine", {"adhesion_type": "none"}, 0),
    ],
)
def test_a_brim_that_is_set_in_it_counts(kept_of, engine, values, brim):
    made, _ = kept_of(AUTOMATIC, engine)
    now = changed(made, values=values, own_gcode=False)
    assert not now.automatic_brim and plain_of(now)["brim"] == brim
    back = changed(now, values=dict.fromkeys(values), own_gcode=False)
    assert back.automatic_brim


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
