"""G-code of the real engines, straight from their command lines, sliced once a session.

The start G-code is that of many a vendor: it primes a line beside the bed. The models
need supports, so that there are layers of supports alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.slicing.conftest import boxes_stl
from tests.unit.slicing.cura.here import resources

START = "G21\nG90\nM82\nG28\nG92 E0\nG1 X-3 Y10 Z0.3 F3000\nG1 Y100 E10 F1000\nG92 E0"
END = "M104 S0\nM140 S0\nG91\nG1 E-2 F1800\nG1 Z5\nG90\nG28 X0 Y0\nM84"
BODY = (-10, -10, 0, 10, 10, 2)
PILLAR = (-5, -5, 2, -1, 5, 4)
ROOF = (-5, -5, 4, 12, 5, 5)

PRUSA = {
    "bed_shape": "0x0,220x0,220x220,0x220",
    "filament_diameter": "1.75",
    "filament_density": "1.24",
    "temperature": "205",
    "first_layer_temperature": "210",
    "layer_height": "0.2",
    "first_layer_height": "0.2",
    "support_material": "1",
    "support_material_threshold": "45",
    "gcode_label_objects": "1",
    "start_gcode": START.replace("\n", "\\n"),
    "end_gcode": END.replace("\n", "\\n"),
}
CURA = {
    "machine_width": 220,
    "machine_depth": 220,
    "machine_height": 250,
    "machine_nozzle_size": 0.4,
    "material_print_temperature": 205,
    "material_print_temperature_layer_0": 210,
    "material_initial_print_temperature": 205,
    "material_final_print_temperature": 205,
    "layer_height": 0.2,
    "layer_height_0": 0.2,
    "infill_line_distance": 5,
    "roofing_layer_count": 0,
    "adhesion_type": "skirt",
    "center_object": "true",
    "retraction_amount": 5,
    "support_enable": "true",
    "support_angle": 50,
    "machine_start_gcode": START,
    "machine_end_gcode": END,
}


def by_prusaslicer(folder: Path, stl: Path, **options: str) -> Path:
    program = shutil.which("prusa-slicer") or pytest.fail("PrusaSlicer is not installed")
    config, output = folder / "config.ini", folder / "prusa.gcode"
    lines = (f"{key} = {value}\n" for key, value in {**PRUSA, **options}.items())
    config.write_text("".join(lines))
    placed = ("--center", "110,110", "--dont-arrange")
    command = [program, "--export-gcode", "--load", config, *placed, "--output", output]
    subprocess.run([*command, stl], check=True, capture_output=True, timeout=60)
    return output


def by_cura(folder: Path, *stls: Path, **options: object) -> Path:
    program = shutil.which("CuraEngine") or pytest.fail("CuraEngine is not installed")
    output, where = folder / "cura.gcode", resources()
    settings = []
    for key, value in {**CURA, **options}.items():
        settings += ["-s", f"{key}={value}"]
    models = [word for stl in stls for word in ("-l", stl)]
    definition = where / "definitions/fdmprinter.def.json"
    command = [program, "slice", "-j", definition, *settings, *models, "-o", output]
    paths = f"{where}/definitions:{where}/extruders"
    environment = {**os.environ, "CURA_ENGINE_SEARCH_PATH": paths}
    subprocess.run(command, check=True, capture_output=True, timeout=60, env=environment)
    return output


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    """A body with a roof on a pillar."""
    return boxes_stl(tmp_path_factory.mktemp("stl") / "table.stl", BODY, PILLAR, ROOF)


@pytest.fixture(scope="session")
def prusa_table(table, tmp_path_factory):
    return by_prusaslicer(tmp_path_factory.mktemp("prusa"), table)


@pytest.fixture(scope="session")
def cura_table(table, tmp_path_factory):
    return by_cura(tmp_path_factory.mktemp("cura"), table)


@pytest.fixture(params=["prusa", "cura"])
def engine(request):
    return request.param


@pytest.fixture
def table_gcode(request, engine, tmp_path):
    """A copy of the table's G-code, of each engine in turn."""
    source = request.getfixturevalue(f"{engine}_table")
    return Path(shutil.copy(source, tmp_path / "table.gcode"))
