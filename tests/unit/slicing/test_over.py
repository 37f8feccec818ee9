"""Plain choices over a saved profile, in the G-code of the real engines.

The profile of PrusaSlicer is a maker's, from the bundles that are installed with it; that of
Cura was written for these tests, with settings that would undo a plain choice.
"""

from __future__ import annotations

import re
import shutil

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing.choices import MATERIALS
from octoprint_img2stl.slicing.chosen import choose
from octoprint_img2stl.slicing.cura import over as cura_over
from octoprint_img2stl.slicing.cura.ours import cura_values
from octoprint_img2stl.slicing.gcode_kinds import (
    INNER,
    INTERFACE,
    OUTER,
    SKIRT,
    SOLID,
    SPARSE,
    SUPPORT,
    TOP,
    family,
)
from octoprint_img2stl.slicing.over import counted
from octoprint_img2stl.slicing.over_prusa import laid_over
from octoprint_img2stl.slicing.owner_paths import OwnerPath
from octoprint_img2stl.slicing.profile_file import allowed
from octoprint_img2stl.slicing.profiles import prusa_ini, slice_ini
from octoprint_img2stl.slicing.saved import SavedProfile
from octoprint_img2stl.slicing.settings import PLAIN, SliceSettings
from octoprint_img2stl.slicing.vendor.index import Vendors, places
from tests.unit.slicing.conftest import BOUNDED, boxes_stl
from tests.unit.slicing.cura.here import resources

ID = "0123456789ab"
SIZE = (24.0, 14.0, 8.0)
TEE = ((-5, -5, 0, 5, 5, 5), (-12, -7, 5, 12, 7, 8))
VOLUME = 10 * 10 * 5 + 24 * 14 * 3  # mm³
FILAMENT = 2.405  # mm² of its cross-section
CURA = {
    "layer_height": "0.15",
    "layer_height_0": "0.25",
    "wall_thickness": "0.9",
    "top_layers": "4",
    "bottom_thickness": "0.6",
    "infill_sparse_density": "20",
    "infill_line_distance": "4",
    "infill_pattern": "triangles",
    "gradual_infill_steps": "2",
    "material_print_temperature": "=default_material_print_temperature + 3",
    "default_material_print_temperature": "195",
    "material_bed_temperature": "55",
    "adhesion_type": "raft",
    "support_enable": "False",
    "speed_print": "80",
}


@pytest.fixture(scope="module")
def vendor_profile():
    program = shutil.which("prusa-slicer")
    assert program, "PrusaSlicer has to be installed: apt-get install prusa-slicer"
    vendors = Vendors.read(places(program))
    printer = vendors.printers("Creality", "ENDER3")[0].id
    print_ = vendors.prints("Creality", printer)[0].id
    flat = vendors.flat("Creality", printer, print_, "Generic PLA @CREALITY")
    values = allowed(flat.values, own_gcode=True).values
    return SavedProfile.of_flat(flat, printer, values)


@pytest.fixture(scope="module")
def profile(vendor_profile):
    return {
        "prusaslicer": vendor_profile,
        "curaengine": SavedProfile("Mine", "curaengine", CURA, "cura_profile"),
    }


@pytest.fixture(scope="module")
def sliced(profile, tmp_path_factory):
    """sliced(engine, over, …choices) -> (facts, G-code), each made once."""
    folder = tmp_path_factory.mktemp("over")
    stl = boxes_stl(folder / "tee.stl", *TEE)
    own = {"curaengine": OwnerPath(folder=str(resources()))}
    made = {}

    def make(engine, *over, **choices):
        settings = SliceSettings(profile=ID, over=over, **choices)
        key = (engine, settings)
        if key not in made:
            chosen = choose(settings, own, saved=profile[engine])
            gcode = folder / f"{len(made)}.gcode"
            result = chosen.slicer.slice(
                stl,
                gcode,
                Machine(),
                chosen.settings,
                work=folder,
                limits=BOUNDED,
                profile=chosen.profile,
                relief=False,
            )
            made[key] = result.facts, gcode.read_text()
        return made[key]

    return make


def taken(facts):
    """Family of lines -> filament, mm."""
    found = {}
    for kind, use in facts.kinds.items():
        found[family(kind)] = found.get(family(kind), 0.0) + use.filament_mm
    return found


def heats(gcode):
    """All temperatures asked for, in order, without the end's switching off."""
    found = re.findall(r"^M1(04|09|40|90)\b[^;\n]*?[SR](\d+)", gcode, re.MULTILINE)
    return [each for each in found if each[1] != "0"]


ENGINES = ("prusaslicer", "curaengine")
DAMP = ["wants_enclosure", "wants_drying"]


@pytest.mark.parametrize("engine", ENGINES)
def test_infill_is_another_and_nothing_else_is(sliced, engine):
    facts, gcode = sliced(engine)
    more, more_gcode = sliced(engine, "infill", infill=60)
    was, now = taken(facts), taken(more)
    # 15 % of the maker's and a spacing of 4 mm in three directions are much less than 60 %
    assert now[SPARSE] > 2 * was[SPARSE] > 0
    assert now[OUTER] == pytest.approx(was[OUTER], rel=0.02)
    assert now[TOP if engine == "prusaslicer" else SOLID] == pytest.approx(
        was[TOP if engine == "prusaslicer" else SOLID], rel=0.05
    )
    assert heats(more_gcode) == heats(gcode) != []
    assert [layer.z for layer in more.layers] == [layer.z for layer in facts.layers]


@pytest.mark.parametrize("engine", ENGINES)
def test_infill_of_100_percent_is_solid_whatever_the_pattern_was(sliced, engine):
    facts, _ = sliced(engine, "infill", infill=100)
    beside = (SKIRT, SUPPORT, INTERFACE)  # as Cura calls its rafts, too
    laid = sum(mm for kind, mm in taken(facts).items() if kind not in beside)
    assert laid * FILAMENT == pytest.approx(VOLUME, rel=0.05)


@pytest.mark.parametrize("engine", ENGINES)
def test_quality_changes_the_layers_and_keeps_the_shells_as_thick(sliced, engine):
    facts, gcode = sliced(engine)
    other, other_gcode = sliced(engine, "quality", quality="fine")
    was, now = (sorted({layer.z for layer in each.layers}) for each in (facts, other))
    before = 0.16 if engine == "prusaslicer" else 0.15
    assert was[-1] - was[-2] == pytest.approx(before, abs=1e-3)
    assert now[-1] - now[-2] == pytest.approx(0.12, abs=1e-3)
    # the shells keep their thickness, so they take as much filament in more layers
    shells = (TOP, SOLID)
    before, after = (
        sum(taken(each)[kind] for kind in shells if kind in taken(each))
        for each in (facts, other)
    )
    assert after == pytest.approx(before, rel=0.2)
    assert heats(other_gcode) == heats(gcode)


@pytest.mark.parametrize("engine", ENGINES)
def test_supports_are_printed_where_they_are_chosen(sliced, engine):
    assert sliced(engine)[0].support.filament_mm == pytest.approx(
        sliced(engine, "supports", supports="none")[0].support.filament_mm
    )
    with_them = sliced(engine, "supports", supports="everywhere")[0]
    assert with_them.support.filament_mm > sliced(engine)[0].support.filament_mm + 50
    # a choice that does not count is not there
    unseen = sliced(engine, "infill", infill=60, supports="everywhere")[0]
    assert unseen.support.filament_mm == sliced(engine)[0].support.filament_mm


@pytest.mark.parametrize("engine", ENGINES)
def test_walls_and_brim(sliced, engine):
    facts, _ = sliced(engine)
    more, _ = sliced(engine, "walls", walls=6)
    assert taken(more)[INNER] > 1.5 * taken(facts)[INNER]
    brim, _ = sliced(engine, "brim", brim=6)
    x0, y0, x1, y1 = brim.first_layer
    if engine == "prusaslicer":  # which keeps the maker's skirt around it
        assert taken(brim)[SKIRT] > taken(facts)[SKIRT] + 20
    else:
        assert (x1 - x0, y1 - y0) == pytest.approx((10 + 12, 10 + 12), abs=1.2)
        assert min(layer.z for layer in brim.layers) == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_another_material_brings_its_temperatures(sliced, engine):
    facts, gcode = sliced(engine)
    assert facts.nozzle_c == (210 if engine == "prusaslicer" else 198 + 5)
    other, other_gcode = sliced(engine, "material", material="petg")
    petg = MATERIALS["petg"]
    asked = heats(other_gcode)
    nozzle = {int(c) for m, c in asked if m in ("04", "09")}
    assert {petg.temperature_c, petg.first_temperature_c} <= nozzle
    assert other.nozzle_c == 240 and other.bed_c == petg.bed_c
    assert [layer.z for layer in other.layers] == [layer.z for layer in facts.layers]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_profile_of_an_unknown_material_stays_as_it_is(sliced, engine):
    chosen, _ = sliced(engine)
    stale, _ = sliced(engine, material="abs")
    assert (stale.nozzle_c, stale.bed_c) == (chosen.nozzle_c, chosen.bed_c)


# -- what is laid over, without an engine ---------------------------------------------------


def over(engine, profile, *names, **choices):
    settings = counted(SliceSettings(profile=ID, over=names, **choices))
    if engine == "prusaslicer":
        return laid_over(profile, prusa_ini(Machine(), settings, SIZE), names)
    flow = MATERIALS[settings.material].max_flow
    return cura_over.laid_over(
        profile, cura_values(Machine(), settings, SIZE), names, flow
    )


def test_prusaslicers_filament_goes_with_all_that_is_its_own():
    profile = {
        "temperature": "205",
        "filament_settings_id": '"Generic PLA"',
        "filament_retract_length": "0.8",
        "start_filament_gcode": '"M900 K30"',
        "filament_cost": "20",
        "filament_diameter": "2.85",
        "full_fan_speed_layer": "4",
        "retract_length": "0.8,0.8",
        "perimeter_speed": "200",
        "printer_notes": "Keep",
    }
    values = over("prusaslicer", profile, "material", material="tpu")
    assert values["temperature"] == "220" and values["filament_type"] == "FLEX"
    assert values["retract_length"] == "0.8" and values["filament_diameter"] == "2.85"
    assert values["filament_max_volumetric_speed"] == "3.5"
    assert values["perimeter_speed"] == "200" and values["printer_notes"] == "Keep"
    assert values["filament_settings_id"] == '"FLEX"'
    gone = {"filament_retract_length", "start_filament_gcode", "filament_cost"}
    assert not (gone | {"full_fan_speed_layer"}) & values.keys()
    long = {"retract_length": "6.5"}
    assert (
        over("prusaslicer", long, "material", material="tpu")["retract_length"] == "1.5"
    )
    assert over("prusaslicer", long, "material", material="petg") == {
        **over("prusaslicer", {}, "material", material="petg"),
        "retract_length": "6.5",
    }


def test_prusaslicers_shells_stay_as_thick():
    profile = {"layer_height": "0.2", "top_solid_layers": "5", "bottom_solid_layers": "0"}
    values = over("prusaslicer", profile, "quality", quality="fine")
    assert values["layer_height"] == "0.12" and values["first_layer_height"] == "0.2"
    assert (values["top_solid_layers"], values["bottom_solid_layers"]) == ("9", "0")
    few = over("prusaslicer", {}, "quality", quality="fine")
    assert (few["top_solid_layers"], few["bottom_solid_layers"]) == ("7", "5")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("gyroid", "rectilinear"), ("concentric", "concentric"), (None, "rectilinear")],
)
def test_a_solid_infill_has_a_pattern_that_can_be_solid(
    vendor_profile, pattern, expected
):
    own = {**vendor_profile.values, "fill_pattern": pattern}
    own = {key: value for key, value in own.items() if value is not None}
    settings = SliceSettings(profile=ID, over=("infill",), infill=100)
    ini, _ = slice_ini(Machine(), settings, SIZE, profile=own)
    assert (ini["fill_density"], ini["fill_pattern"]) == ("100%", expected)
    # so it has where the profile itself is solid
    own["fill_density"] = "100%"
    ini, _ = slice_ini(Machine(), SliceSettings(profile=ID), SIZE, profile=own)
    assert ini["fill_pattern"] == expected


def test_supports_that_nobody_wants_are_not_enforced():
    own = {"support_material": "1", "support_material_enforce_layers": "3"}
    values = over("prusaslicer", own, "supports", supports="none")
    assert values["support_material"] == values["support_material_enforce_layers"] == "0"
    own["support_material_auto"] = "0"
    values = over("prusaslicer", own, "supports", supports="plate")
    assert values["support_material_auto"] == "1"
    assert values["support_material_buildplate_only"] == "1"
    assert values["support_material_enforce_layers"] == "3"


def test_a_brim_takes_the_place_of_a_raft_and_no_brim_leaves_it():
    raft = {"raft_layers": "3", "skirts": "2"}
    values = over("prusaslicer", raft, "brim", brim=5)
    assert (values["brim_width"], values["raft_layers"]) == ("5", "0")
    assert values["skirts"] == "2"
    values = over("prusaslicer", raft, "brim", brim=0)
    assert (values["brim_type"], values["raft_layers"]) == ("no_brim", "3")
    values = over("curaengine", CURA, "brim", brim=5)
    assert (values["adhesion_type"], values["brim_width"]) == ("brim", "5")
    assert over("curaengine", CURA, "brim", brim=0)["adhesion_type"] == "raft"
    own = {"adhesion_type": "brim", "brim_width": "8", "brim_line_count": "20"}
    assert over("curaengine", own, "brim", brim=0)["adhesion_type"] == "skirt"


def test_curas_shells_and_lines_do_not_undo_a_choice():
    values = over("curaengine", CURA, "infill", infill=40)
    assert values["infill_sparse_density"] == "40"
    assert (
        "infill_line_distance" not in values and values["infill_pattern"] == "triangles"
    )
    solid = {**CURA, "bottom_layers": "999999", "top_layers": "0"}
    values = over("curaengine", solid, "infill", infill=40)
    assert not {"bottom_layers", "top_layers"} & values.keys()
    values = over("curaengine", CURA, "infill", infill=100)
    assert not {"infill_pattern", "top_layers", "bottom_thickness"} & values.keys()
    values = over("curaengine", CURA, "quality", quality="draft")
    assert values["top_layers"] == "=math.ceil(0.6 / layer_height - 0.000001)"
    assert values["bottom_thickness"] == "0.6"
    assert (values["layer_height"], values["layer_height_0"]) == ("0.28", "0.28")


def test_curas_speeds_are_those_that_the_material_melts():
    own = {"speed_print": "80", "speed_wall": "=speed_print", "speed_travel": "150"}
    own |= {"layer_height": "0.3", "retraction_amount": "0"}
    values = over("curaengine", own, "material", material="tpu")
    assert float(values["speed_print"]) == pytest.approx(3.5 / (0.45 * 0.3), abs=0.01)
    assert values["speed_wall"] == "=speed_print" and values["speed_travel"] == "150"
    assert values["retraction_amount"] == "0"
    del own["retraction_amount"]
    values = over("curaengine", own, "material", material="tpu")
    assert values["retraction_amount"] == "1.5"


def test_without_a_profile_over_means_nothing_and_all_choices_count():
    settings = SliceSettings(over=("infill",), walls=5, infill=40)
    assert counted(settings) is settings
    ini, _ = slice_ini(Machine(), settings, SIZE)
    assert ini == slice_ini(Machine(), SliceSettings(walls=5, infill=40), SIZE)[0]
    assert (ini["perimeters"], ini["fill_density"]) == ("5", "40%")


def test_choices_that_do_not_count_do_not_fill_what_a_profile_leaves_open():
    settings = SliceSettings(profile=ID, walls=7, infill=80, brim=9, material="petg")
    ini, _ = slice_ini(Machine(), settings, SIZE, profile={"fill_angle": "30"})
    assert (ini["perimeters"], ini["fill_density"]) == ("3", "15%")
    assert ini["brim_width"] == "0" and ini["fill_angle"] == "30"
    assert ini["temperature"] == "235"  # the spool's, for nobody says otherwise
    everything = SliceSettings(**{**settings.to_json(), "over": PLAIN})
    ini, _ = slice_ini(Machine(), everything, SIZE, profile={"perimeters": "2"})
    assert (ini["perimeters"], ini["brim_width"]) == ("7", "9")


@pytest.mark.parametrize(
    ("profile", "over", "expected"),
    [
        ({"filament_type": "ABS"}, (), ["wants_enclosure"]),
        ({"filament_type": "PLA"}, (), []),
        ({"filament_type": "PEEK"}, (), []),
        ({"filament_type": "ABS"}, ("material",), ["wants_metal", *DAMP]),
        ({"filament_type": "PC"}, (), DAMP),  # at 240 °C, as the profile has it
        ({}, (), DAMP),
    ],
)
def test_what_the_printed_material_wants_is_said(profile, over, expected):
    settings = SliceSettings(profile=ID, over=over, material="pa")
    own = {"temperature": "240", "first_layer_temperature": "240", **profile}
    _, notices = slice_ini(Machine(), settings, SIZE, profile=own)
    codes = [notice.code.removeprefix("slicing.") for notice in notices]
    assert codes == expected
