"""The bundles of the PrusaSlicer that is installed here, and a dozen real slices."""

from __future__ import annotations

import re

import pytest

from octoprint_img2stl.slicing.profile_file import GCODE_KEYS, allowed
from octoprint_img2stl.slicing.settings import SliceSettings
from octoprint_img2stl.slicing.vendor.bundle import PRINTER
from octoprint_img2stl.slicing.vendor.offers import first_number

from ..conftest import BOUNDED

# Of a dozen makers: ordinary ones, round beds, other nozzles, first layers in percent,
# relative extrusion, several extruders, volcano, macros that ask for the model.
DOZEN = [
    ("Anycubic", "Anycubic Mega Zero"),
    ("Artillery", "Artillery Sidewinder X1"),
    ("BIBO", "BIBO2 Touch E1 right only extrusion"),
    ("Creality", "Creality Ender-3 (0.4 mm nozzle)"),
    ("FLSun", "FLSun QQS Pro"),
    ("LulzBot", "Mini Aero 0.5mm"),
    ("PrusaResearch", "Original Prusa i3 MK3S & MK3S+ 0.6 nozzle"),
    ("PrusaResearch", "Original Prusa MINI & MINI+"),
    ("PrusaResearch", "Original Prusa i3 MK3S & MK3S+ MMU2S"),
    ("TriLAB", "DeltiQ 2"),
    ("Voron", "Voron_v2_250 0.6 volcano"),
    ("gCreate", "gMax 1.5XT Plus - 1.0mm nozzle"),
]


def presets(vendors):
    for vendor, _ in vendors.vendors():
        for printer in vendors.bundle(vendor).printers():
            yield vendor, printer.name


def test_every_printer_of_filament_is_found_by_its_model(installed):
    """385 printer presets of 18 makers with PrusaSlicer 2.5; two are for resin."""
    assert not installed.problems
    by_model = [
        (vendor, offer.id)
        for vendor, _ in installed.vendors()
        for model in installed.models(vendor)
        for offer in installed.printers(vendor, model.model)
    ]
    assert sorted(by_model) == sorted(presets(installed))
    named = [
        (vendor, name)
        for vendor, _ in installed.vendors()
        for name in installed.bundle(vendor).names(PRINTER)
    ]
    resin = {
        (vendor, name)
        for vendor, name in named
        if installed.bundle(vendor).preset(PRINTER, name).get("printer_technology")
        == "SLA"
    }
    assert len(by_model) > 90 and set(named) - resin == set(by_model)


def test_nothing_inherits_from_what_is_not_there(installed):
    for vendor, _ in installed.vendors():
        assert not installed.bundle(vendor).orphans()


def test_only_beds_that_are_left_empty_are_not_known(installed):
    for vendor, printer in presets(installed):
        flat = installed.flat(vendor, printer)
        said = installed.bundle(vendor).preset(PRINTER, printer).get("bed_shape")
        assert (flat.bed is not None) is bool(said), printer
        if flat.bed:
            corners = len(flat.bed.points)
            assert flat.bed.form == ("rectangular" if corners == 4 else "circular")
        codes = {problem.code for problem in flat.problems}
        assert ("slicing.profile_without_bed" in codes) is (flat.bed is None)
        assert "slicing.profile_bed_custom" not in codes


def test_every_printer_has_qualities_and_filaments_and_becomes_flat(installed):
    for vendor, printer in presets(installed):
        qualities = installed.prints(vendor, printer)
        assert qualities[0].default, printer
        heights = [quality.layer_height for quality in qualities[1:]]
        assert heights == sorted(heights)
        filaments = installed.filaments(vendor, printer, qualities[0].id)
        assert filaments[0].default, printer
        flat = installed.flat(vendor, printer, qualities[0].id, filaments[0].id)
        assert flat.machine().nozzle == flat.nozzle
        first = first_number(flat.values["first_layer_height"])
        assert 0 < first <= flat.nozzle, printer
        kept = allowed(flat.values, own_gcode=True).values
        assert kept["printer_model"] and kept["layer_height"]
        assert {key for key in GCODE_KEYS & flat.values.keys()} <= kept.keys()


def test_every_search_by_a_models_own_name_finds_it_first_or_among_its_like(installed):
    for vendor, _ in installed.vendors():
        for model in installed.models(vendor):
            name = model.name.partition(" (")[0]
            found = installed.search(f"{model.vendor_name} {name}", 5)
            assert model.model in [each.model for each in found], model.name


def test_what_people_type(installed):
    def first(text):
        model = installed.search(text)[0]
        return model.name, model.nozzle

    assert first("ender 3") == ("Creality Ender-3", "")
    assert first("creality ender3") == ("Creality Ender-3", "")
    assert first("mk3s 0.6") == ("Original Prusa i3 MK3S & MK3S+", "0.6")
    assert first("prusa mk3s") == ("Original Prusa i3 MK3S & MK3S+", "")
    assert first("mini prusa")[0] == "Original Prusa MINI & MINI+"


@pytest.mark.parametrize(("vendor", "printer"), DOZEN, ids=[name for _, name in DOZEN])
def test_a_dozen_slices(installed, prusaslicer, cube, tmp_path, vendor, printer):
    """On the preset's own bed with its own G-code, as `verify` wants it."""
    flat = installed.flat(vendor, printer)
    profile = allowed(flat.values, own_gcode=True).values
    result = prusaslicer.slice(
        cube,
        tmp_path / "out.gcode",
        flat.machine(),
        SliceSettings(),
        work=tmp_path,
        limits=BOUNDED,
        profile=profile,
        relief=False,
    )
    height = first_number(flat.values["layer_height"])
    assert len(result.facts.layers) == pytest.approx(20 / height, abs=2)
    # The maker's own G-code begins it; where it has none, PrusaSlicer's default does.
    start = flat.values.get("start_gcode", "G28").strip('"').split("\\n")
    plain = [re.split(r"[;{[\\]", line)[0].strip() for line in start]
    first = next(line for line in plain if line)
    assert first in (tmp_path / "out.gcode").read_text()
