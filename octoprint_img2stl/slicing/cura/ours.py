"""Our choices in Cura's settings, before anything is worked out.

The same choices mean here what `slicing.profiles` makes of them for PrusaSlicer: the same
heights, line widths, speeds, temperatures, shells and margins.
"""

from __future__ import annotations

from typing import Any

from ...machine import Machine
from ..choices import MATERIALS, first_layer_height, layer_height
from ..own_gcode import START, end_gcode
from ..profiles import BOTTOM_SHELL, SKIRT_DISTANCE, SKIRTS, TOP_SHELL
from ..room import Size, fitting_brim
from ..settings import SliceSettings
from .gcodes import lift

MARLIN = "RepRap (Marlin/Sprinter)"
SOLID = "infill_sparse_density > 99"


def cura_values(
    machine: Machine, settings: SliceSettings, size: Size | None = None
) -> dict[str, Any]:
    """Our choices in Cura's settings; what they leave open comes from its formulas.

    Args:
        machine: the printer.
        settings: the choices.
        size: of the model (width, depth, height), mm, for the automatic brim and the end
            G-code.
    """
    material = MATERIALS[settings.material]
    layer = layer_height(settings.quality, machine.nozzle)
    first = first_layer_height(layer, machine.nozzle)
    brim = fitting_brim(machine, settings, size)
    line = machine.line_width
    # Cura has no limit of what the hot end melts; PrusaSlicer is given that limit itself.
    fastest = min(machine.travel_speed, material.max_flow / (line * max(layer, first)))

    def speed(normal: float) -> float:
        return round(min(normal * material.speed, fastest), 2)

    return {
        "machine_name": "OctoPrint",
        "machine_gcode_flavor": MARLIN,
        "machine_start_gcode": "\n".join(START),
        "machine_end_gcode": "\n".join(end_gcode(machine, lift(machine, size))),
        # A middle-class printer; only the estimate of the print time uses these.
        "machine_acceleration": 1000,
        "machine_max_acceleration_x": 1000,
        "machine_max_acceleration_y": 1000,
        "machine_max_jerk_xy": 8,
        "acceleration_enabled": False,
        "jerk_enabled": False,
        "material_diameter": 1.75,
        "material_flow": 100,
        "material_print_temperature": material.temperature_c,
        "material_print_temperature_layer_0": (
            "=material_print_temperature + "
            f"{material.first_temperature_c - material.temperature_c}"
        ),
        # Cura's formulas begin and end 10 and 15 degrees cooler, for several extruders.
        "material_initial_print_temperature": "=material_print_temperature",
        "material_final_print_temperature": "=material_print_temperature",
        "material_bed_temperature": material.bed_c,
        "material_bed_temperature_layer_0": "=material_bed_temperature",
        "layer_height": layer,
        "layer_height_0": first,
        "line_width": line,
        "wall_line_count": settings.walls,
        # A solid model is all bottom, as in Cura's own formulas.
        "top_layers": f"=0 if {SOLID} else {_layers_of(TOP_SHELL)}",
        "bottom_layers": f"=999999 if {SOLID} else {_layers_of(BOTTOM_SHELL)}",
        "infill_sparse_density": settings.infill,
        "infill_pattern": f"='lines' if {SOLID} else 'grid'",
        "speed_print": speed(60),
        "speed_infill": speed(60),
        "speed_wall_0": speed(25),
        "speed_wall_x": speed(40),
        "speed_topbottom": speed(40),
        "speed_roofing": speed(30),
        "speed_support": speed(40),
        "speed_layer_0": speed(20),
        "speed_travel": machine.travel_speed,
        "retraction_amount": material.retract,
        "retraction_speed": 40,
        "retraction_hop_enabled": False,
        "retraction_min_travel": 1.5,
        "retraction_combing": "noskin",
        "cool_fan_enabled": material.fan_max > 0,
        "cool_fan_speed_min": material.fan_min,
        "cool_fan_speed_max": material.fan_max,
        "cool_fan_speed_0": 0,
        "cool_fan_full_layer": material.fan_off_layers + 1,
        "cool_min_layer_time": 8,
        "cool_min_speed": 10,
        "support_enable": settings.supports != "none",
        "support_type": "buildplate" if settings.supports == "plate" else "everywhere",
        "support_angle": 45,
        "support_z_distance": 0.2,
        "support_line_distance": round(2 + line, 3),
        "support_interface_enable": True,
        "support_interface_height": "=2 * layer_height",
        "adhesion_type": "brim" if brim else "skirt",  # a brim primes the nozzle as well
        "brim_width": brim,
        "brim_line_count": int(brim / line + 1e-6),  # not wider than it was asked for
        "skirt_line_count": SKIRTS,
        "skirt_gap": SKIRT_DISTANCE,
        "skirt_brim_minimal_length": 0,
        "xy_offset_layer_0": -0.1,  # the first layer is pressed wider than it should be
    }


def _layers_of(thickness: float) -> str:
    """A formula for how many layers make a shell (mm); three at least."""
    return f"max(3, math.ceil({thickness} / layer_height - 0.000001))"
