"""A small bundle of a maker that does not exist, written for these tests."""

from __future__ import annotations

import shutil

import pytest

from octoprint_img2stl.slicing.vendor.bundle import Bundle
from octoprint_img2stl.slicing.vendor.index import Vendors, places
from octoprint_img2stl.slicing.vendor.ini import parse_sections

MAKER = r"""
# profiles of a maker that does not exist
[vendor]
name = Mäker & Söhne
config_version = 1.0.0

[printer_model:ONE]
name = Maker One && One+
variants = 0.4; 0.6
technology = FFF
default_materials = Good PLA @MAKER; Plain PETG @MAKER

[printer_model:TWO]
name = Maker Two
variants = "0.4"
technology = FFF

[printer_model:RESIN]
name = Maker Resin
variants = default
technology = SLA

[printer:*common*]
printer_technology = FFF
bed_shape = 0x0,220x0,220x210,0x210
max_print_height = 250
nozzle_diameter = 0.4
printer_notes = Keep these words!\nVENDOR_MAKER\n
gcode_flavor = marlin
start_gcode = G28\nM109 S[first_layer_temperature]
default_print_profile = 0.20mm NORMAL @MAKER
default_filament_profile = "Good PLA @MAKER"
retract_length = 5

[printer:*six*]
nozzle_diameter = 0.6
printer_variant = 0.6
retract_length = 4

[printer:Maker One]
inherits = *common*
printer_model = ONE
printer_variant = 0.4
renamed_from = "One"

[printer:Maker One 0.6]
inherits = Maker One; *six*
default_print_profile = 0.35mm GONE @MAKER

[printer:Maker Two]
inherits = *common*
printer_model = TWO
printer_variant = 0.4
bed_shape =
single_extruder_multi_material = 1

[printer:Maker Two of no such nozzle]
inherits = Maker Two
printer_variant = 0.9

[printer:Maker Resin]
printer_technology = SLA
printer_model = RESIN
printer_variant = default

[print:*common*]
layer_height = 0.2
first_layer_height = 150%
perimeters = 2
gap_fill_speed = 0
post_process = /bin/evil
compatible_printers_condition = printer_notes=~/.*VENDOR_MAKER.*/ and nozzle_diameter[0]==0.4

[print:0.12mm FINE @MAKER]
inherits = *common*
layer_height = 0.12

[print:0.20mm NORMAL @MAKER]
inherits = *common*

[print:0.28mm DRAFT @MAKER]
inherits = *common*
layer_height = 0.28
compatible_printers = "Maker One"; Maker Two

[print:0.30mm NORMAL @MAKER 0.6]
inherits = *common*
layer_height = 0.30
compatible_printers_condition = nozzle_diameter[0]==0.6

[print:0.40mm DRAFT @MAKER 0.6]
inherits = 0.30mm NORMAL @MAKER 0.6
layer_height = 0.40

[filament:*PLA*]
filament_type = PLA
temperature = 205
filament_notes = "one; two"

[filament:Good PLA @MAKER]
inherits = *PLA*

[filament:Other PLA]
inherits = *PLA*
compatible_printers_condition = printer_model=="ONE"
compatible_prints_condition = layer_height<0.25

[filament:Plain PETG @MAKER]
filament_type = PETG
compatible_printers_condition = this is no condition

[filament:Any TPU]
filament_type = FLEX
compatible_printers_condition = ! single_extruder_multi_material

[presets]
print = 0.20mm NORMAL @MAKER
"""


@pytest.fixture
def maker():
    return Bundle("Maker", parse_sections(MAKER))


@pytest.fixture
def vendors(tmp_path):
    (tmp_path / "Maker.ini").write_text(MAKER, encoding="utf-8")
    return Vendors.read([tmp_path])


@pytest.fixture(scope="module")
def installed():
    """The bundles of the PrusaSlicer that is installed here."""
    program = shutil.which("prusa-slicer")
    assert program, "PrusaSlicer has to be installed: apt-get install prusa-slicer"
    return Vendors.read(places(program))
