from __future__ import annotations

import os

import pytest

from octoprint_img2stl.slicing.cura import definitions as module
from octoprint_img2stl.slicing.cura.definitions import Definitions
from octoprint_img2stl.slicing.refused import SlicingRefused
from tests.unit.slicing.cura.here import resources


def refused(call, *arguments):
    with pytest.raises(SlicingRefused) as caught:
        call(*arguments)
    assert "%(" not in caught.value.problem.message
    return caught.value


# -- found, and of the right version ------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "definitions", "../..", "../../../.."])
def test_any_level_of_the_package_will_do(inside, tmp_path):
    real = tmp_path / "usr/share/cura"
    real.mkdir(parents=True)
    (real / "resources").symlink_to(resources())
    folder = os.path.normpath(real / "resources" / inside)
    assert Definitions.find("4.13.0", folder).setting_version == 19


def test_without_files_the_commands_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PLACES", (str(tmp_path / "nothing"),))
    for arguments in (("4.13.0",), ("4.13.0", str(tmp_path))):
        refusal = refused(Definitions.find, *arguments)
        assert refusal.code == "slicing.no_definitions"
        message = refusal.problem.message
        assert "sudo apt install --no-install-recommends cura" in message
        assert "apt-get download cura && dpkg-deb -x cura_*.deb ." in message


def test_the_usual_places_are_looked_at_and_the_fitting_one_is_taken(
    tmp_path, monkeypatch, make_folder
):
    old = make_folder({}, setting_version=16)
    monkeypatch.setattr(module, "PLACES", (str(old), str(resources())))
    assert Definitions.find("4.13.0").setting_version == 19
    assert Definitions.find("4.8.0").setting_version == 16


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("4.13.0", True),
        ("4.13.2", True),
        ("4.12.1", True),  # the same files
        ("4.11.0", False),
        ("4.8.0", False),
        ("5.0.0", False),
        ("5.9.0", True),  # not known: the engine will tell
        ("dev", True),
    ],
)
def test_the_files_must_fit_the_engine(version, fits):
    if fits:
        assert Definitions.find(version, str(resources()))
    else:
        refusal = refused(Definitions.find, version, str(resources()))
        assert refusal.code == "slicing.definitions_mismatch"
        assert version in refusal.problem.message and "19" in refusal.problem.message


# -- the real files ---------------------------------------------------------------------


def test_the_machines_that_cura_offers(definitions):
    machines = definitions.machines()
    assert len(machines) == 420
    ender = next(machine for machine in machines if machine.id == "creality_ender3")
    assert (ender.name, ender.manufacturer) == ("Creality Ender-3", "Creality3D")
    assert "fdmprinter" not in {machine.id for machine in machines}
    assert [m.name.lower() for m in machines] == sorted(m.name.lower() for m in machines)


# Values that Cura itself worked out. "um3": a settings list that its window sent to the
# engine, kept by CuraEngine 4.13 as tests/test_global_settings.txt; "taz": the command
# line of a LulzBot Cura of 2020, published in SynDaver's Web Cura; "hello": the settings
# written down for Cura 4.1 in electop/AI_Driven_Robot_Development; "log": Cura's log in
# its issues 8784 and 11740. Left what was given, right what the formulas made of it.
KNOWN = {
    "um3 lines": (
        {"wall_line_width_0": 0.35, "wall_line_width_x": 0.3, "wall_line_count": 3},
        {
            "skin_preshrink": 0.95,
            "top_skin_preshrink": 0.95,
            "expand_skins_expand_distance": 0.95,
        },
    ),
    "um3 walls": (
        {"wall_thickness": 1, "wall_line_width_0": 0.35, "wall_line_width_x": 0.3},
        {"wall_line_count": 3},
    ),
    "um3 overlap": (
        {
            "skin_line_width": 0.35,
            "wall_line_width_x": 0.3,
            "wall_line_width_0": 0.35,
            "skin_overlap": 10,
        },
        {"skin_overlap_mm": 0.0325},
    ),
    "um3 solid": (
        {"infill_sparse_density": 100, "infill_line_width": 0.42},
        {
            "infill_line_distance": 0.42,
            "infill_pattern": "lines",
            "top_layers": 0,
            "bottom_layers": 999999,
            "infill_overlap": 0,
            "infill_overlap_mm": 0,
        },
    ),
    "um3 brim": (
        {
            "brim_width": 7,
            "skirt_brim_line_width": 0.35,
            "initial_layer_line_width_factor": 120,
        },
        {"brim_line_count": 17},
    ),
    "um3 raft": (
        {"line_width": 0.35, "speed_print": 35, "layer_height": 0.2}
        | {"layer_height_0": 0.201},
        {
            "raft_interface_line_width": 0.7,
            "raft_interface_line_spacing": 0.9,
            "raft_interface_thickness": 0.3,
            "raft_base_thickness": 0.2412,
            "raft_speed": 17.5,
            "raft_base_speed": 13.125,
            "layer_0_z_overlap": 0.15,
            "raft_surface_thickness": 0.2,
        },
    ),
    "um3 speeds": (
        {"speed_print": 35, "speed_travel": 250, "speed_layer_0": 20}
        | {"speed_wall_0": 20, "speed_topbottom": 20, "cool_min_speed": 5}
        | {"meshfix_maximum_resolution": 0.04},
        {
            "speed_travel_layer_0": 142.85714285714286,
            "bridge_wall_speed": 10,
            "bridge_skin_speed": 10,
            "meshfix_maximum_travel_resolution": 0.2857142857142857,
        },
    ),
    "um3 acceleration": (
        {"acceleration_print": 4000, "acceleration_layer_0": 500, "jerk_print": 25}
        | {"jerk_layer_0": 5},
        {"acceleration_travel_layer_0": 625, "jerk_travel_layer_0": 6},
    ),
    "um3 cooling": (
        {"cool_fan_full_at_height": 1.0010000000000001}
        | {"layer_height": 0.2, "layer_height_0": 0.201},
        {"cool_fan_full_layer": 6},
    ),
    "um3 heat": (
        {"material_print_temperature": 200},
        {
            "material_initial_print_temperature": 190,
            "material_final_print_temperature": 185,
        },
    ),
    "um3 one extruder": ({"prime_tower_enable": "=True"}, {"prime_tower_enable": True}),
    "taz": (
        {"line_width": 0.5, "infill_sparse_density": 20, "infill_pattern": "grid"}
        | {"cool_fan_full_at_height": 1, "layer_height": 0.38, "layer_height_0": 0.425}
        | {"speed_layer_0": 15, "speed_travel": 175, "speed_print": 60}
        | {"machine_nozzle_tip_outer_diameter": 1, "wall_line_count": 2}
        | {"machine_nozzle_size": 0.5, "top_layers": 2},
        {
            "infill_line_distance": 5,
            "infill_overlap_mm": 0.05,
            "skin_overlap_mm": 0.025,
            "cool_fan_full_layer": 3,
            "speed_travel_layer_0": 43.75,
            "speed_support_interface": 40,
            "travel_avoid_distance": 0.625,
            "raft_interface_line_spacing": 1.2,
            "infill_wipe_dist": 0.125,
            "top_skin_preshrink": 1,
            "min_skin_width_for_expansion": 4.6536578367599424e-17,
        },
    ),
    "hello": (
        {"infill_sparse_density": 40, "infill_pattern": "cubicsubdiv"}
        | {"line_width": 0.4, "top_bottom_thickness": 1.2, "layer_height": 0.2}
        | {"wall_thickness": 1.2, "speed_print": 40},
        {
            "infill_line_distance": 3,
            "wall_line_count": 3,
            "top_layers": 6,
            "bottom_layers": 6,
            "speed_wall_0": 20,
            "speed_wall_x": 40,
            "speed_topbottom": 20,
            "speed_layer_0": 20,
            "speed_support": 40,
            "infill_sparse_thickness": 0.2,
        },
    ),
    "log": (
        {"support_line_width": 0.4, "support_pattern": "zigzag", "top_layers": 4}
        | {"layer_height": 0.2},
        {
            "support_line_distance": 2.6666666666666665,
            "support_initial_layer_line_distance": 2.6666666666666665,
            "min_skin_width_for_expansion": 4.898587196589413e-17,
        },
    ),
}


@pytest.mark.parametrize(("given", "expected"), KNOWN.values(), ids=KNOWN)
def test_values_that_cura_worked_out(definitions, given, expected):
    resolved = definitions.resolve("fdmprinter", given)
    found = {key: resolved.values[key] for key in expected}
    assert found == {
        key: pytest.approx(value, rel=1e-9) if type(value) in (int, float) else value
        for key, value in expected.items()
    }
    assert not resolved.fallen_back and not resolved.problems


def test_without_formulas_it_would_be_wrong(definitions):
    """15 % infill: the default beside it is 2 mm, which is 40 %."""
    resolved = definitions.resolve("fdmprinter", {"infill_sparse_density": 15})
    assert resolved.values["infill_line_distance"] == pytest.approx(5.3333, abs=1e-3)


def test_a_machine_inherits_and_overrides(definitions):
    resolved = definitions.resolve("creality_ender3", {})
    values = resolved.values
    assert resolved.name == "Creality Ender-3"
    assert (values["machine_width"], values["machine_height"]) == (235, 250)
    assert values["machine_start_gcode"].startswith("; Ender 3 Custom Start")
    assert (values["speed_print"], values["speed_wall_0"]) == (50, 25)
    assert values["speed_travel"] == 150  # a formula of the base of all Crealitys
    assert values["material_diameter"] == 1.75  # of its extruder, not 2.85
    assert len(values) == 587 and len(resolved.kinds) == 587


@pytest.mark.parametrize(
    ("machine", "key", "value"),
    [
        ("zav_max", "machine_buildplate_type", "glass"),  # a text without quotes
        ("strateo3d", "support_bottom_distance", 0.1),
    ],
)
def test_mistakes_of_a_machine_are_told(definitions, machine, key, value):
    resolved = definitions.resolve(machine, {})
    assert resolved.fallen_back == (key,)
    assert resolved.values[key] == value
    assert [problem.code for problem in resolved.problems] == [
        "slicing.definition_mistake"
    ]
    assert key in resolved.problems[0].message


def test_a_value_of_the_user_silences_what_is_under_it(definitions):
    """As in Cura's window: a new print speed is one for the walls as well."""
    overrides = {"speed_wall_0": 25, "speed_infill": 60, "infill_line_distance": 9}
    own = {"speed_print": "80", "infill_line_distance": "=line_width * 10"}
    values = definitions.resolve("fdmprinter", overrides, own).values
    assert (values["speed_wall_0"], values["speed_infill"]) == (40, 80)
    assert values["infill_line_distance"] == 4


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("layer_height", "abc", "slicing.profile_ignored"),
        ("layer_height", "nan", "slicing.profile_ignored"),
        ("layer_height", "1e400", "slicing.profile_ignored"),
        ("layer_height", "-0.2", "slicing.profile_out_of_range"),
        ("infill_pattern", "sparkles", "slicing.profile_ignored"),
        ("support_enable", "perhaps", "slicing.profile_ignored"),
        ("support_angle", "120", "slicing.profile_out_of_range"),
        ("not_a_setting", "1", "slicing.profile_ignored"),
    ],
)
def test_values_that_cannot_be_are_left_out_and_told(definitions, key, value, code):
    plain = definitions.resolve("fdmprinter", {})
    resolved = definitions.resolve("fdmprinter", {}, {key: value})
    assert [problem.code for problem in resolved.problems] == [code]
    assert key in resolved.problems[0].message
    assert resolved.values == plain.values


def test_a_bad_formula_of_the_user_falls_back(definitions):
    own = {"infill_line_distance": "=__import__('os').getpid()"}
    resolved = definitions.resolve("fdmprinter", {}, own)
    assert resolved.fallen_back == ("infill_line_distance",)
    assert resolved.values["infill_line_distance"] == 2


# -- hostile files ----------------------------------------------------------------------

DEEP = '{"settings": ' + '{"a": {"children": ' * 3000 + "{}" + "}}" * 3000 + "}"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"m": "{"}, "slicing.bad_definitions"),
        ({"m": "[1]"}, "slicing.bad_definitions"),
        ({"m": '{"name": NaN}'}, "slicing.bad_definitions"),
        ({"m": "\udcff".encode("utf-8", "surrogateescape").decode("latin-1")}, None),
        ({"m": DEEP}, None),
        ({"m": "[" * 100_000}, "slicing.bad_definitions"),
        ({"m": " " * 2_000_001}, "slicing.bad_definitions"),
        ({"m": {"inherits": "m"}}, "slicing.bad_definitions"),
        ({"m": {"inherits": "n"}, "n": {"inherits": "m"}}, "slicing.bad_definitions"),
        ({"m": {"inherits": "../../etc/x"}}, "slicing.unknown_machine"),
        ({"m": {"inherits": 7}}, "slicing.unknown_machine"),
        ({"m": {"inherits": ["m"]}}, "slicing.unknown_machine"),
        ({}, "slicing.unknown_machine"),
        (
            {"m": {"settings": {f"k{n}": {"type": "int"} for n in range(3000)}}},
            "slicing.bad_definitions",
        ),
    ],
)
def test_hostile_files_are_refused(make_folder, files, code):
    found = Definitions.find("4.13.0", str(make_folder(files)))
    refusal = refused(found.resolve, "m", {})
    assert refusal.code == code if code else refusal.code.startswith("slicing.")
    assert isinstance(found.machines(), list)


@pytest.mark.parametrize(
    "name", ["../fdmprinter", "/etc/passwd", "a/b", "", "x\0y", ".."]
)
def test_a_machines_name_leads_nowhere_else(definitions, name):
    assert refused(definitions.resolve, name, {}).code == "slicing.unknown_machine"


def test_a_pipe_does_not_hang(make_folder):
    folder = make_folder({})
    os.mkfifo(folder / "definitions/m.def.json")
    found = Definitions.find("4.13.0", str(folder))
    assert refused(found.resolve, "m", {}).code == "slicing.bad_definitions"
    assert found.machines() == []


def test_strange_contents_do_no_harm(make_folder):
    settings = {
        "list": {"type": "float", "default_value": [1], "value": {"a": 1}},
        "a": {"type": "float", "default_value": 1, "value": "b + 1"},
        "b": {"type": "float", "default_value": 2, "value": "a + 1"},
        "none": {"type": "float"},
        "text": {"type": "str", "default_value": "x" * 200_000},
        "number": {"type": "float", "default_value": 1e300},
        "weird": 5,
        "typeless": {"default_value": True},
    }
    machine = {
        "name": ["x"],
        "metadata": {"visible": True, "machine_extruder_trains": {"0": "../x"}},
        "inherits": "fdmprinter",
        "settings": settings,
        "overrides": {"a": 3, "unknown": {"value": 1}, "none": {"value": "1 / 0"}},
    }
    found = Definitions.find("4.13.0", str(make_folder({"m": machine})))
    assert [(m.id, m.name) for m in found.machines()] == [("m", "m")]
    resolved = found.resolve("m", {"unknown": 1})
    # a and b depend on one another: one of them keeps its default, and it is told
    assert resolved.values["a"] in (1, 3.0) and resolved.values["b"] in (2, 2.0)
    assert {"none", "number", "text"}.isdisjoint(resolved.values)
    assert "a" in resolved.fallen_back or "b" in resolved.fallen_back
    assert resolved.problems
