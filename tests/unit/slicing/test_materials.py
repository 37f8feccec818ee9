"""The table of materials, what it says about each, and what people call them."""

from __future__ import annotations

import dataclasses
import re

import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.slicing import choices, material_names
from octoprint_img2stl.slicing.material_names import matches
from octoprint_img2stl.slicing.materials import MATERIALS, Material, notices
from octoprint_img2stl.slicing.settings import SliceSettings


def test_choices_still_offer_the_table():
    assert choices.MATERIALS is MATERIALS and choices.Material is Material


def test_first_materials_keep_their_values():
    """Of slices that were made before there were more; their G-code must not change."""
    kept = {
        "pla": (205, 210, 60, 100, 100, 100, 1, 1.0, 11.0, 5.0),
        "petg": (235, 240, 80, 30, 50, 50, 3, 0.9, 8.0, 5.0),
        "abs": (245, 250, 100, 0, 20, 25, 3, 0.9, 11.0, 5.0),
        "tpu": (220, 225, 50, 50, 100, 100, 2, 0.5, 3.5, 1.5),
    }
    names = [field.name for field in dataclasses.fields(Material)][3:13]
    assert names[0] == "temperature_c" and names[-1] == "retract"
    for key, values in kept.items():
        assert tuple(getattr(MATERIALS[key], name) for name in names) == values


# What the presets of PrusaSlicer 2.5.0 and makers give, °C; see the module's docstring.
RANGES = {
    "asa": ((240, 260), (80, 110)),
    "pc": ((250, 275), (90, 115)),
    "pa": ((240, 265), (50, 110)),
    "pvb": ((190, 220), (25, 75)),
    "hips": ((220, 235), (100, 110)),
}


@pytest.mark.parametrize("key", RANGES)
def test_new_materials_are_within_what_their_makers_give(key):
    material = MATERIALS[key]
    (coldest, hottest), (bed_low, bed_high) = RANGES[key]
    assert coldest <= material.temperature_c <= material.first_temperature_c <= hottest
    assert bed_low <= material.bed_c <= bed_high


@pytest.mark.parametrize("key", MATERIALS)
def test_every_material_is_complete(key):
    material = MATERIALS[key]
    # the highest target that Marlin takes where nobody changed its limits
    assert 180 <= material.temperature_c <= material.first_temperature_c <= 260
    assert 0 <= material.fan_min <= material.fan_max <= 100
    assert 0 <= material.bridge_fan <= 100
    assert 0.9 <= material.density <= 1.4
    assert 0.3 <= material.speed <= 1 and 1 <= material.max_flow <= 15
    assert material.cost_per_kg is None
    assert re.fullmatch(r"[A-Z]{2,4}", material.filament_type)
    assert SliceSettings(material=key).material == key


@pytest.mark.parametrize(
    ("key", "codes"),
    [
        ("pla", []),
        ("petg", []),
        ("tpu", []),
        ("abs", ["wants_enclosure"]),
        ("asa", ["wants_enclosure"]),
        ("hips", ["wants_enclosure"]),
        ("pvb", ["wants_drying"]),
        ("pc", ["wants_metal", "wants_enclosure", "wants_drying"]),
        ("pa", ["wants_metal", "wants_enclosure", "wants_drying"]),
    ],
)
def test_what_should_be_known_of_each(key, codes):
    found = notices(key)
    assert [each.code for each in found] == [f"slicing.{code}" for code in codes]
    for each in found:
        assert each.message.startswith(MATERIALS[key].label)
        assert "%" not in each.message


def test_the_metal_is_for_what_is_hot():
    (hot, *_) = notices("pc")
    assert hot.severity == "warning"
    assert "260 °C" in hot.message and "250 °C" in hot.message


@pytest.mark.parametrize("key", RANGES)
def test_prusaslicer_heats_as_the_table_says(key, prusaslicer, do_slice, make_stl):
    """With the real engine: it takes the values, and the file has them."""
    stl = make_stl((-4, -4, 0, 4, 4, 0.9))
    settings = SliceSettings(material=key, infill=0)
    result, gcode = do_slice(prusaslicer, stl, Machine(), settings)
    assert result.facts.layers
    text = gcode.read_text(encoding="utf-8")
    material = MATERIALS[key]
    heats = [int(float(each)) for each in re.findall(r"^M10[49] S(\d\S*)", text, re.M)]
    assert set(heats) == {material.first_temperature_c, material.temperature_c, 0}
    beds = [int(float(each)) for each in re.findall(r"^M1[49]0 S(\d\S*)", text, re.M)]
    assert set(beds) == {material.bed_c, 0}


# -- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("PLA", "pla"),
        ("pla ", "pla"),
        ("PLA+", "pla"),
        ("PLA_plus", "pla"),  # so in SpoolManager's own list
        ("Silk PLA", "pla"),
        ("SilkPLA", "pla"),
        ("PLA-CF", "pla"),
        ("PLA+WOOD", "pla"),
        ("HTPLA", "pla"),
        ("PLA850", "pla"),
        ("Prusament PLA Galaxy Black", "pla"),
        ("ＰＬＡ", "pla"),  # full width
        ("PETG", "petg"),
        ("PET-G", "petg"),
        ("PETG-CF", "petg"),
        ("PETG HF", "petg"),
        ("PET", "petg"),
        ("ABS+GF20", "abs"),
        ("ABS-T", "abs"),
        ("ASA-CF", "asa"),
        ("TPU 95A", "tpu"),
        ("TPU95A", "tpu"),
        ("TPU-85A", "tpu"),
        ("Flexible (TPE 32D)", "tpu"),
        ("Flex", "tpu"),
        ("NinjaFlex", "tpu"),
        ("Soft PLA Flex", "tpu"),
        ("Nylon", "pa"),
        ("NYLON", "pa"),
        ("PA12", "pa"),
        ("Nylon 6/66", "pa"),
        ("PC", "pc"),
        ("Polycarbonate (PC)", "pc"),
        ("PC/ABS", "pc"),
        ("PC+ABS", "pc"),
        ("PCABS", "pc"),
        ("PVB", "pvb"),
        ("PolySmooth", "pvb"),
        ("HIPS", "hips"),
    ],
)
def test_names_people_use(text, key):
    assert matches(text) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Wood",
        "FLAX",
        "PVA",
        "PCTG",
        "PEEK",
        "Polypropylene (PP)",
        "PLA Support",
        "Support for PLA",
        "PVA for PLA",
        "PLA or PETG",
        "ABS/ASA",
        "PET-CF",  # hotter by far than PETG
        "PET-G or PET CF",
        "PA6-CF",
        "PA-GF30",
        "Nylon Carbon Fiber",
        "PAHT-CF",
        "PC-CF",
        "PLAN",
        "display",
        "laplace",
        "PC PA",
    ],
)
def test_no_key_rather_than_a_wrong_one(text):
    assert matches(text) is None


@pytest.mark.parametrize("text", [None, 5, b"PLA", ["PLA"], {"PLA": 1}, float("nan")])
def test_what_is_no_text_means_nothing(text):
    assert matches(text) is None


@pytest.mark.parametrize("text", ["a" * 10**6, "pla" * 10**5, "é\x00\u202e\ud800" * 1000])
def test_hostile_names_are_read_in_a_moment(text):
    assert matches(text) is None
    assert matches("PLA " + text) == "pla"


def test_every_material_is_found_by_its_own_names():
    assert set(material_names._NAMES) == set(MATERIALS)
    for key, material in MATERIALS.items():
        assert matches(key) == key
        assert matches(material.label) == key
        assert matches(material.filament_type) == key
