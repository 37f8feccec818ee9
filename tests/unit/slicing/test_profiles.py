from __future__ import annotations

import math

import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.slicing.profiles import prusa_ini, slice_ini
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings

SMALL = (20.0, 20.0, 20.0)


def corners(ini):
    pairs = (corner.split("x") for corner in ini["bed_shape"].split(","))
    return [(float(x), float(y)) for x, y in pairs]


def profile(**volume):
    return {
        "volume": {"width": 220, "depth": 200, "height": 250, **volume},
        "extruder": {"nozzleDiameter": 0.4},
        "heatedBed": True,
    }


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({"origin": "lowerleft"}, [(0, 0), (220, 0), (220, 200), (0, 200)]),
        ({"origin": "center"}, [(-110, -100), (110, -100), (110, 100), (-110, 100)]),
        (
            {
                "origin": "lowerleft",
                "custom_box": {
                    "x_min": 5,
                    "y_min": 12,
                    "z_min": 0,
                    "x_max": 215,
                    "y_max": 195,
                    "z_max": 240,
                },
            },
            [(5, 12), (215, 12), (215, 195), (5, 195)],
        ),
    ],
)
def test_bed_shape_is_the_box_in_printer_coordinates(volume, expected):
    machine = Machine.from_octoprint_profile(profile(**volume))
    ini = prusa_ini(machine, SliceSettings())
    assert corners(ini) == expected
    assert float(ini["max_print_height"]) == machine.height


def test_circular_bed_is_a_polygon_within_the_circle():
    machine = Machine.from_octoprint_profile(profile(formFactor=CIRCULAR, width=180))
    found = corners(prusa_ini(machine, SliceSettings()))
    assert len(found) == 72
    assert all(math.hypot(x, y) == pytest.approx(90, abs=1e-3) for x, y in found)
    assert (90.0, 0.0) in found and (0.0, -90.0) in found


def test_an_unheated_bed_is_never_heated():
    for values in (None, {"bed_temperature": "90", "first_layer_bed_temperature": "95"}):
        ini, _ = slice_ini(
            Machine(heated_bed=False), SliceSettings(), SMALL, profile=values
        )
        assert ini["bed_temperature"] == ini["first_layer_bed_temperature"] == "0"
        assert "M140" not in ini["end_gcode"]


def test_a_material_that_needs_a_heated_bed_says_so():
    cold = Machine(heated_bed=False)
    _, notices = slice_ini(cold, SliceSettings(material="petg"), SMALL)
    assert [notice.code for notice in notices] == ["slicing.needs_heated_bed"]
    assert not slice_ini(cold, SliceSettings(), SMALL)[1]
    assert not slice_ini(Machine(), SliceSettings(material="petg"), SMALL)[1]


def test_a_whole_profile_is_not_filled_up_with_our_choices():
    few = {"brim_width": "4", "perimeters": "5"}
    ini, _ = slice_ini(Machine(), SliceSettings(), SMALL, profile=few)
    assert ini["brim_type"] == "no_brim" and ini["infill_speed"] == "60"
    whole = {**few, "layer_height": "0.15", "fill_density": "20%", "temperature": "200"}
    whole |= {"perimeter_speed": "50", "retract_length": "1", "extrusion_width": "0.4"}
    ini, _ = slice_ini(Machine(), SliceSettings(), SMALL, profile=whole, relief=False)
    assert "brim_type" not in ini and "infill_speed" not in ini
    assert ini["nozzle_diameter"] == "0.4" and ini["post_process"] == ""
    assert "M104 S0" in ini["end_gcode"] and ini["perimeters"] == "5"


def test_what_a_material_wants_is_said_where_no_profile_knows_better():
    abs_ = SliceSettings(material="abs")
    _, notices = slice_ini(Machine(), abs_, SMALL)
    assert [notice.code for notice in notices] == ["slicing.wants_enclosure"]
    own = {"temperature": "245"}
    assert not slice_ini(Machine(), abs_, SMALL, profile=own)[1]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            SliceSettings(material="petg", infill=100, walls=4),
            {
                "temperature": "235",
                "first_layer_temperature": "240",
                "bed_temperature": "80",
                "fill_density": "100%",
                "fill_pattern": "rectilinear",
                "perimeters": "4",
                "support_material": "0",
            },
        ),
        (
            SliceSettings(material="tpu", infill=0, supports="plate", brim=3),
            {
                "filament_type": "FLEX",
                "retract_length": "1.5",
                "perimeter_speed": "20",
                "fill_density": "0%",
                "support_material": "1",
                "support_material_buildplate_only": "1",
                "brim_width": "3",
                "brim_type": "outer_only",
                "skirts": "0",
            },
        ),
        (
            SliceSettings(quality="fine", supports="everywhere"),
            {
                "layer_height": "0.12",
                "first_layer_height": "0.2",
                "top_solid_layers": "7",
                "support_material": "1",
                "support_material_buildplate_only": "0",
                "brim_type": "no_brim",
                "skirts": "2",
            },
        ),
    ],
)
def test_choices_become_configuration(settings, expected):
    ini = prusa_ini(Machine(), settings, SMALL)
    assert {key: ini[key] for key in expected} == expected


def test_nothing_moves_faster_than_the_printer():
    ini = prusa_ini(Machine(travel_speed=30), SliceSettings(), SMALL)
    speeds = {key: value for key, value in ini.items() if key.endswith("_speed")}
    moving = [key for key in speeds if "fan" not in key and key != "retract_speed"]
    assert len(moving) > 8
    assert all(float(speeds[key]) <= 30 for key in moving)


def test_reliefs_are_sliced_the_fast_way_even_with_a_profile():
    own = {"perimeter_generator": "arachne", "resolution": "0"}
    fast, _ = slice_ini(Machine(), SliceSettings(), SMALL, profile=own, relief=True)
    assert fast["perimeter_generator"] == "classic"
    assert (fast["resolution"], fast["gcode_resolution"]) == ("0.0315", "0.0135")
    exact, _ = slice_ini(Machine(), SliceSettings(), SMALL, profile=own, relief=False)
    assert exact["perimeter_generator"] == "arachne"
    assert exact["resolution"] == "0"


@pytest.mark.parametrize(
    ("size", "supports", "flat"),
    [
        ((80.0, 60.0, 4.0), "none", True),
        ((80.0, 4.0, 60.0), "none", False),
        # nothing hangs over on a heightmap's back; who wants supports has something else
        ((80.0, 60.0, 4.0), "everywhere", False),
    ],
)
def test_what_lies_flat_is_not_searched_for_overhangs(size, supports, flat):
    ini, _ = slice_ini(Machine(), SliceSettings(supports=supports), size, relief=True)
    assert (ini.get("overhangs") == "0") is flat


def test_the_skirt_gives_way_on_a_full_bed():
    machine = Machine(x_max=100, y_max=100)
    with_room, none = slice_ini(machine, SliceSettings(), (92.0, 92.0, 1.0))
    assert with_room["skirts"] == "2" and not none
    ini, notices = slice_ini(machine, SliceSettings(), (93.0, 92.0, 1.0))
    assert ini["skirts"] == "0"
    assert [notice.code for notice in notices] == ["slicing.no_room_for_skirt"]


@pytest.mark.parametrize(
    ("room", "expected"), [(20, "5"), (8, "4"), (5, "2.5"), (1.5, "0"), (0, "0")]
)
def test_an_automatic_brim_gives_way_to_the_bed(room, expected):
    machine = Machine(x_max=60 + room, y_max=60 + room)
    ini, _ = slice_ini(machine, SliceSettings(), (60.0, 5.0, 60.0))
    assert ini["brim_width"] == expected
    assert ini["brim_type"] == ("outer_only" if expected != "0" else "no_brim")


@pytest.mark.parametrize(
    ("size", "settings", "code", "field"),
    [
        ((101.0, 50.0, 5.0), SliceSettings(), "slicing.off_bed", None),
        ((50.0, 50.0, 81.0), SliceSettings(), "slicing.too_tall", None),
        ((95.0, 50.0, 5.0), SliceSettings(brim=5), "slicing.off_bed", "slicing.brim"),
    ],
)
def test_what_cannot_fit_is_refused_before_slicing(size, settings, code, field):
    machine = Machine(x_max=100, y_max=100, height=80)
    with pytest.raises(SlicingRefused) as caught:
        slice_ini(machine, settings, size)
    assert (caught.value.code, caught.value.problem.field) == (code, field)


def test_a_round_model_may_fill_a_round_bed():
    machine = Machine(x_min=-50, y_min=-50, x_max=50, y_max=50, form=CIRCULAR)
    assert slice_ini(machine, SliceSettings(), (90.0, 90.0, 5.0))[0]["skirts"] == "0"


def test_a_profile_wins_over_choices_but_not_over_the_printer_or_safety():
    own = {
        "layer_height": "0.16",
        "temperature": "199",
        "bed_shape": "0x0,1000x0,1000x1000,0x1000",
        "nozzle_diameter": "1.2,1.2",
        "max_print_height": "900",
        "printer_technology": "SLA",
        "post_process": "/bin/evil",
        "gcode_substitutions": "G1;G2",
        "binary_gcode": "1",
        "spiral_vase": "1",
    }
    ini, _ = slice_ini(Machine(), SliceSettings(quality="draft"), SMALL, profile=own)
    ours = prusa_ini(Machine(), SliceSettings(quality="draft"), SMALL)
    assert (ini["layer_height"], ini["temperature"]) == ("0.16", "199")
    for key in own.keys() - {"layer_height", "temperature"}:
        assert ini[key] == ours[key] != own[key]


def test_a_profile_is_complete_without_our_defaults():
    own = {"perimeters": "5"}
    ini, _ = slice_ini(Machine(), SliceSettings(), SMALL, profile=own, relief=False)
    assert ini["perimeters"] == "5"
    assert ini.keys() == prusa_ini(Machine(), SliceSettings()).keys()


def test_first_layer_percentage_becomes_millimetres():
    own = {"layer_height": "0.2", "first_layer_height": "150%"}
    ini, _ = slice_ini(Machine(), SliceSettings(), SMALL, profile=own)
    assert ini["first_layer_height"] == "0.3"


@pytest.mark.parametrize(
    ("layer_gcode", "expected"),
    [
        (";L", ";L\\nG92 E0"),
        ("", "G92 E0"),
        ("G92 E0 ; reset", "G92 E0 ; reset"),
        (";G92 E0 is a comment", ";G92 E0 is a comment\\nG92 E0"),
    ],
)
def test_relative_extrusion_gets_its_reset(layer_gcode, expected):
    own = {"use_relative_e_distances": "1", "layer_gcode": layer_gcode}
    ini, _ = slice_ini(Machine(), SliceSettings(), SMALL, profile=own)
    assert ini["use_relative_e_distances"] == "1"
    assert ini["layer_gcode"] == expected


@pytest.mark.parametrize(
    "has", [{"before_layer_gcode": "G92 E0.0"}, {"gcode_flavor": "reprapfirmware"}]
)
def test_relative_extrusion_is_left_alone_where_prusaslicer_takes_it(has):
    own = {"use_relative_e_distances": "1", "layer_gcode": ";L", **has}
    ini, _ = slice_ini(Machine(), SliceSettings(), SMALL, profile=own)
    assert ini["layer_gcode"] == ";L"


def test_the_profiles_own_brim_and_skirt_are_measured():
    machine = Machine(x_max=100, y_max=100)
    own = {"skirts": "1", "skirt_distance": "10", "brim_width": "0"}
    ini, notices = slice_ini(machine, SliceSettings(), (85.0, 50.0, 3.0), profile=own)
    assert ini["skirts"] == "0" and notices[0].code == "slicing.no_room_for_skirt"
    with pytest.raises(SlicingRefused) as caught:
        slice_ini(
            machine,
            SliceSettings(),
            (85.0, 50.0, 3.0),
            profile={"brim_width": "9", "brim_type": "outer_only"},
        )
    assert caught.value.code == "slicing.off_bed"
