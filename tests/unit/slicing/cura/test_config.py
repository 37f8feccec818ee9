from __future__ import annotations

import json

import pytest

from octoprint_img2stl.machine import CIRCULAR, Machine
from octoprint_img2stl.slicing.choices import MATERIALS
from octoprint_img2stl.slicing.cura.config import outside, slice_config
from octoprint_img2stl.slicing.cura.flat import write_flat
from octoprint_img2stl.slicing.cura.gcodes import substituted
from octoprint_img2stl.slicing.cura.keys import PLAIN_KEYS, allowed
from octoprint_img2stl.slicing.cura.ours import cura_values
from octoprint_img2stl.slicing.profiles import prusa_ini
from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.settings import SliceSettings

PLAIN = SliceSettings()
CUBE = (20.0, 20.0, 20.0)


@pytest.fixture
def config(definitions):
    def make(machine=None, settings=PLAIN, size=CUBE, **options):
        machine = machine or Machine()
        return slice_config(definitions, machine, settings, size, **options)

    return make


@pytest.mark.parametrize("material", MATERIALS)
@pytest.mark.parametrize(
    ("quality", "nozzle"), [("fine", 0.25), ("standard", 0.4), ("draft", 0.8)]
)
def test_it_means_the_same_as_for_prusaslicer(config, material, quality, nozzle):
    settings = SliceSettings(material=material, quality=quality, walls=4, infill=20)
    machine = Machine(nozzle=nozzle)
    ours = config(machine, settings, relief=False).values
    theirs = prusa_ini(machine, settings, CUBE)
    for cura, prusa in {
        "layer_height": "layer_height",
        "layer_height_0": "first_layer_height",
        "wall_line_width_0": "extrusion_width",
        "wall_line_count": "perimeters",
        "top_layers": "top_solid_layers",
        "bottom_layers": "bottom_solid_layers",
        "material_print_temperature": "temperature",
        "material_print_temperature_layer_0": "first_layer_temperature",
        "material_bed_temperature": "bed_temperature",
        "material_bed_temperature_layer_0": "first_layer_bed_temperature",
        "retraction_amount": "retract_length",
        "retraction_retract_speed": "retract_speed",
        "cool_fan_speed_min": "min_fan_speed",
        "cool_fan_speed_max": "max_fan_speed",
        "speed_travel": "travel_speed",
        "skirt_line_count": "skirts",
        "skirt_gap": "skirt_distance",
        "material_diameter": "filament_diameter",
    }.items():
        assert float(ours[cura]) == pytest.approx(float(theirs[prusa]), abs=1e-3), cura
    # as fast, but never more than the hot end melts, which PrusaSlicer sees to itself
    room = float(ours["line_width"]) * float(ours["layer_height"])
    for cura, prusa in {
        "speed_wall_0": "external_perimeter_speed",
        "speed_infill": "infill_speed",
        "speed_layer_0": "first_layer_speed",
    }.items():
        speed = float(ours[cura])
        assert speed <= float(theirs[prusa]) + 1e-6
        assert speed * room <= MATERIALS[material].max_flow + 0.01


def test_temperatures_are_those_of_the_material_from_begin_to_end(config):
    values = config(settings=SliceSettings(material="petg")).values
    for key in ("print", "initial_print", "final_print"):
        assert values[f"material_{key}_temperature"] == "235"
    assert values["material_print_temperature_layer_0"] == "240"


@pytest.mark.parametrize(
    ("infill", "pattern", "distance", "top"),
    [(0, "grid", "0", "4"), (15, "grid", "6", "4"), (100, "lines", "0.45", "0")],
)
def test_infill(config, infill, pattern, distance, top):
    values = config(settings=SliceSettings(infill=infill)).values
    assert values["infill_pattern"] == pattern
    assert values["infill_line_distance"] == distance and values["top_layers"] == top


@pytest.mark.parametrize("supports", ["none", "plate", "everywhere"])
def test_supports(config, supports):
    values = config(settings=SliceSettings(supports=supports)).values
    assert values["support_enable"] == ("false" if supports == "none" else "true")
    where = "buildplate" if supports == "plate" else "everywhere"
    assert values["support_type"] == where


@pytest.mark.parametrize(
    ("machine", "zero", "offset"),
    [
        (Machine(), "false", ("0", "0")),
        (Machine(-125, -105, 125, 105), "true", ("0", "0")),
        (Machine(-90, -90, 90, 90, form=CIRCULAR), "true", ("0", "0")),
        (Machine(x_min=12, x_max=190), "false", ("12", "0")),
        (Machine(-130, -150, 50, 30), "false", ("-130", "-150")),
    ],
)
def test_the_bed(config, machine, zero, offset):
    values = config(machine).values
    assert values["machine_center_is_zero"] == zero
    assert (values["mesh_position_x"], values["mesh_position_y"]) == offset
    assert float(values["machine_width"]) == machine.width
    shape = "elliptic" if machine.form == CIRCULAR else "rectangular"
    assert values["machine_shape"] == shape


def test_no_heated_bed(config):
    made = config(Machine(heated_bed=False), SliceSettings(material="abs"))
    codes = [problem.code for problem in made.notices]
    assert codes == ["slicing.needs_heated_bed", "slicing.wants_enclosure"]
    assert made.values["machine_heated_bed"] == "false"
    assert made.values["material_bed_temperature"] == "0"
    assert "M140" not in made.values["machine_end_gcode"]
    own = {"material_bed_temperature": "70", "material_bed_temperature_layer_0": "75"}
    made = config(Machine(heated_bed=False), profile=own)
    assert made.values["material_bed_temperature_layer_0"] == "0"


@pytest.mark.parametrize("size", [CUBE, (10.0, 10.0, 60.0)])
def test_a_profile_that_wants_a_brim_gets_one_as_wide_as_curas(config, size):
    """Profiles of Cura hold only what differs from Cura: 8 mm is not said."""
    kept = SliceSettings(profile="0123456789ab")
    brim = config(settings=kept, size=size, profile={"adhesion_type": "brim"}).values
    assert brim["brim_width"] == "8" and int(brim["brim_line_count"]) > 10


def test_the_skirt_gives_way_and_the_brim_does_not(config):
    machine, plate = Machine(x_max=120, y_max=120), (120.0, 120.0, 0.6)
    made = config(machine, size=plate)
    assert made.values["adhesion_type"] == "none"
    assert [problem.code for problem in made.notices] == ["slicing.no_room_for_skirt"]
    with pytest.raises(SlicingRefused) as caught:
        config(machine, SliceSettings(brim=5), plate)
    assert caught.value.code == "slicing.off_bed"
    standing = (3.0, 30.0, 30.0)
    assert config(size=standing).values["adhesion_type"] == "brim"
    narrow = config(Machine(x_max=5, y_max=40), size=standing).values
    assert narrow["adhesion_type"] == "brim" and narrow["brim_width"] == "1"


@pytest.mark.parametrize(
    ("size", "code"),
    [((10, 10, 251), "slicing.too_tall"), ((300, 10, 5), "slicing.off_bed")],
)
def test_what_surely_does_not_fit_is_refused_at_once(config, size, code):
    with pytest.raises(SlicingRefused) as caught:
        config(size=size)
    assert caught.value.code == code


def test_what_is_printed_outside_the_model():
    line = {"skirt_brim_line_width": 0.5, "initial_layer_line_width_factor": 120}
    skirt = {"adhesion_type": "skirt", "skirt_gap": 3, "skirt_line_count": 2}
    assert outside({**line, **skirt}, CUBE) == pytest.approx(3 + 2 * 0.6)
    longest = {**line, **skirt, "skirt_brim_minimal_length": 400}
    assert outside(longest, CUBE) == pytest.approx(3 + 5 * 0.6)
    assert outside({**line, **skirt, "skirt_line_count": 0}, CUBE) == 0
    raft = {**line, "adhesion_type": "raft", "raft_margin": 15}
    assert outside(raft, CUBE) == 15
    brim = {**line, "adhesion_type": "brim", "brim_line_count": 10}
    assert outside({**brim, "support_enable": True}, CUBE) == pytest.approx(6)
    assert outside({**line, "support_enable": True}, CUBE) == pytest.approx(1.2)


def test_the_end_stays_below_the_top():
    def lift(**machine):
        return cura_values(Machine(**machine), PLAIN, CUBE)["machine_end_gcode"]

    assert "G1 Z26 F3000" in lift(height=250)
    assert "G1 Z22 F3000" in lift(height=22)
    assert lift().endswith("G28 X0 Y0\nM84")
    delta = lift(x_min=-50, y_min=-50, x_max=50, y_max=50, form=CIRCULAR)
    assert delta.endswith("G28\nM84")


def test_tokens_in_g_code():
    values = {
        "material_print_temperature": 205,
        "material_bed_temperature": 60.0,
        "layer_height": 0.1 + 0.2,
        "machine_start_gcode": "{layer_height}",
        "acceleration_enabled": True,
        "extruder_nr": 0,
    }
    text = (
        "M104 S{material_print_temperature} T{initial_extruder_nr}\n"
        "M190 S{material_bed_temperature, 0} ;{layer_height} {acceleration_enabled}\n"
        "{unknown} {} {material print} {machine_start_gcode} {print_temperature}"
    )
    assert substituted(text, values) == (
        "M104 S205 T0\nM190 S60 ;0.3 True\n"
        "{unknown} {} {material print} {machine_start_gcode} 205"
    )


@pytest.mark.parametrize(
    ("start", "bed", "nozzle"),
    [
        ("G28", "true", "true"),
        ("M190 S{material_bed_temperature_layer_0}", "false", "true"),
        ("M104 S{material_print_temperature, 0}", "true", "false"),
        ("M140 S60\\nM109 S200", "false", "false"),
        ("; M140 S60 {material_print_temperature}", "true", "true"),
    ],
)
def test_who_heats(config, start, bed, nozzle):
    values = config(profile={"machine_start_gcode": start}).values
    assert values["material_bed_temp_prepend"] == bed
    assert values["material_print_temp_prepend"] == nozzle


def test_a_profile_wins_over_the_choices(config):
    own = {
        "layer_height": "0.15",
        "speed_print": "80",
        "wall_thickness": "1.8",
        "material_print_temperature": "220",
        "infill_sparse_density": "30",
        "skin_overlap_mm": "=wall_line_width_0 / 10",
        "machine_start_gcode": "G28\\nM107 ; {layer_height}",
        "machine_width": "999",
        "machine_nozzle_size": "0.8",
    }
    values = config(profile=own).values
    assert values["layer_height"] == "0.15" and values["speed_wall_0"] == "40"
    assert values["wall_line_count"] == "4"
    assert values["material_print_temperature_layer_0"] == "225"  # 5 more, as for PLA
    assert values["material_final_print_temperature"] == "220"
    assert values["infill_line_distance"] == "3" and values["skin_overlap_mm"] == "0.045"
    assert values["machine_start_gcode"].endswith("G28\nM107 ; 0.15")
    assert (values["machine_width"], values["machine_nozzle_size"]) == ("220", "0.4")


def test_what_a_profile_may_not_say():
    profile = allowed(
        {
            "layer_height": "0.2",
            "cross_infill_density_image": "/etc/passwd",
            "cross_support_density_image": "",
            "post_processing_scripts": "x",
            "machine_start_gcode": "M112",
            "machine_end_gcode": ";nothing\\n; at all",
            "machine_width": "9",
            "infill_mesh": "True",
            "cutting_mesh": "False",
            "mesh_position_x": "50",
            "magic_spiralize": "True",
            "speed_print": "60\nspeed_travel = 900",
            "definition": "../x",
            "speed_travel": "inf",
            "relative_extrusion": "True",
            "_plugin__curaenginetiledinfill__0_2_0__maximum_size": "10",
            "wall_thickness": "1" * 2000,
        },
        own_gcode=False,
    )
    assert profile.values == {"layer_height": "0.2"}
    told = {problem.code: problem.message for problem in profile.problems}
    assert "cross_infill_density_image" in told["slicing.profile_dangerous"]
    assert "post_processing_scripts" in told["slicing.profile_dangerous"]
    assert "machine_start_gcode" in told["slicing.profile_gcode"]
    assert "machine_end_gcode" not in told["slicing.profile_gcode"]
    assert "tiledinfill" in told["slicing.profile_dangerous"]
    for key in ("infill_mesh", "magic_spiralize", "speed_print", "speed_travel"):
        assert key in told["slicing.profile_ignored"]
    for key in ("machine_width", "mesh_position_x", "cutting_mesh"):
        assert key not in told["slicing.profile_ignored"]
    kept = allowed(
        {"machine_end_gcode": "M84\\nM107", "definition": "creality_ender3"},
        own_gcode=True,
    )
    assert set(kept.values) == {"machine_end_gcode", "definition"}
    assert not kept.problems
    long = allowed({"machine_end_gcode": "M84\\n" * 200_000}, own_gcode=True)
    assert not long.values
    assert [problem.code for problem in long.problems] == ["slicing.profile_gcode_long"]


def test_tokens_that_nobody_can_fill_in_are_told(config):
    own = {"machine_start_gcode": "M109 S{temperature} ; {day}\\nG1 F{travel_speed}"}
    made = config(profile=own)
    assert [problem.code for problem in made.notices] == ["slicing.unknown_token"]
    assert made.notices[0].values == {"names": "temperature"}
    start = made.values["machine_start_gcode"]
    assert start.endswith("M109 S{temperature} ; {day}\nG1 F120")


def test_a_machine_of_several_extruders_prints_with_the_first(config):
    values = config(profile={"definition": "SV02"}).values
    numbers = {value for key, value in values.items() if "extruder_nr" in key}
    assert numbers == {"0", "-1"} and values["machine_extruder_count"] == "1"


def test_start_g_code_that_leaves_relative_extrusion_on(config):
    """The engine said M82 before it and would go on in absolute numbers."""
    start = {"machine_start_gcode": "G28\\nM83"}
    assert config(profile=start).values["machine_start_gcode"].endswith("M83\nM82")
    relative = config(profile={**start, "relative_extrusion": "True"}).values
    assert relative["machine_start_gcode"].endswith("M83")
    assert relative["relative_extrusion"] == "true"


def test_the_allowed_keys_are_cura_s(definitions):
    """Of 4.13, or of 5.0; the two that open files are not there."""
    known = set(definitions.resolve("fdmprinter", {}).values)
    newer = {key for key in PLAIN_KEYS if key not in known}
    assert newer == {
        "inset_direction",
        "material_shrinkage_percentage_xy",
        "material_shrinkage_percentage_z",
        "min_bead_width",
        "min_even_wall_line_width",
        "min_feature_size",
        "min_odd_wall_line_width",
        "min_wall_line_width",
        "speed_equalize_flow_width_factor",
        "wall_distribution_count",
        "wall_transition_angle",
        "wall_transition_filter_deviation",
        "wall_transition_filter_distance",
        "wall_transition_length",
    }
    assert not [key for key in PLAIN_KEYS if key.endswith(("_image", "_mesh", "_gcode"))]
    assert not [key for key in PLAIN_KEYS if key.startswith(("machine_", "mesh_"))]


def test_a_machine_of_cura_s(config):
    values = config(profile={"definition": "creality_ender3"}).values
    assert values["machine_start_gcode"].splitlines()[2].startswith("; Ender 3 Custom")
    assert values["machine_name"] == "Creality Ender-3"
    assert values["machine_max_feedrate_x"] == "500" and values["machine_width"] == "220"
    assert values["layer_height"] == "0.2"  # the choices still hold
    with pytest.raises(SlicingRefused) as caught:
        config(profile={"definition": "ultimaker2"})
    assert caught.value.code == "slicing.flavour"
    assert "UltiGCode" in caught.value.problem.message
    with pytest.raises(SlicingRefused) as caught:
        config(profile={"definition": "no_such_machine"})
    assert caught.value.code == "slicing.unknown_machine"


@pytest.mark.parametrize("height", ["0.9", "=machine_nozzle_size * 2"])
def test_a_layer_that_no_nozzle_lays_is_refused(config, height):
    with pytest.raises(SlicingRefused) as caught:
        config(profile={"layer_height": height})
    assert caught.value.code == "slicing.bad_profile"


def test_the_files_for_the_engine(config, tmp_path):
    values = config(profile={"machine_end_gcode": 'M117 "x" é\\nM84'}).values
    path = write_flat(tmp_path, values)
    flat = json.loads(path.read_text())
    extruder = flat["metadata"]["machine_extruder_trains"]["0"]
    second = json.loads((tmp_path / f"{extruder}.def.json").read_text())
    for key, value in values.items():
        assert flat["settings"][key] == {"default_value": value}
        assert second["settings"][key] == {"default_value": value}
    assert flat["settings"]["machine_end_gcode"]["default_value"] == 'M117 "x" é\nM84'
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "flat.def.json",
        "flat_extruder.def.json",
    ]
