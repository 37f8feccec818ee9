"""CuraEngine's configuration for one slice, from the printer and the user's choices.

The same choices mean here what `slicing.profiles` makes of them for PrusaSlicer: the same
heights, line widths, speeds, temperatures, shells and margins. The engine gets one flat
definition with a value for every setting, so that it looks for no other file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...machine import Machine
from ...problems import INFO, N_, WARNING, Problem
from .. import relief_mode
from ..choices import MATERIALS, first_layer_height, layer_height
from ..materials import cold_bed
from ..own_gcode import START, end_gcode
from ..profile_file import names
from ..profiles import BOTTOM_SHELL, SKIRT_DISTANCE, SKIRTS, TOP_SHELL
from ..refused import SlicingRefused, clean_text
from ..room import Size, fitting_brim, refuse_size
from ..settings import SUPPORT_REACH, SliceSettings
from .bed import forced
from .bounds import Value
from .definitions import Definitions
from .files import BASE
from .flat import text
from .gcodes import finish, lift, with_lines
from .keys import MACHINE, allowed

MARLIN = "RepRap (Marlin/Sprinter)"
# Their G-code is understood neither by OctoPrint nor by our reader. Any other word, such
# as "Marlin", is Marlin to the engine (source: its `Settings::get<EGCodeFlavor>`).
OTHER_FLAVOURS = (
    "griffin", "ultigcode", "makerbot", "bfb", "mach3", "reprap (volumetric)"
)  # fmt: skip

SOLID = "infill_sparse_density > 99"

# What the definition of a machine that the profile names knows better than we do.
MACHINE_SAYS = (
    "machine_gcode_flavor", "machine_start_gcode", "machine_end_gcode", "machine_name",
    "machine_acceleration", "machine_max_acceleration_x", "machine_max_acceleration_y",
    "machine_max_jerk_xy", "acceleration_enabled", "jerk_enabled", "retraction_amount",
    "retraction_speed", "retraction_min_travel", "retraction_hop_enabled",
)  # fmt: skip


@dataclass(frozen=True)
class Config:
    """What the engine is told.

    Attributes:
        values: every setting, as the engine reads it.
        notices: what the user should know.
    """

    values: dict[str, str]
    notices: tuple[Problem, ...]


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


def slice_config(
    definitions: Definitions,
    machine: Machine,
    settings: SliceSettings,
    size: Size,
    *,
    profile: Mapping[str, str] | None = None,
    relief: bool = True,
) -> Config:
    """The configuration for one model, and what the user should know about it.

    Args:
        definitions: of the engine's version.
        machine: the printer; its bed, height and nozzle always win.
        settings: the choices.
        size: of the model (width, depth, height), mm.
        profile: values in Cura's settings, text as its own files have it, G-code with
            ``\\n`` as two characters; they win over the choices. ``definition`` is the
            id of a machine of Cura's whose ways (G-code, retraction …) are taken.
        relief: fast mode for reliefs and lithophanes.

    Raises:
        SlicingRefused: ``slicing.off_bed``, ``slicing.too_tall``, ``slicing.flavour``,
            ``slicing.bad_profile``, and what `Definitions.resolve` raises.
    """
    notices: list[Problem] = []
    # Checked once more: a stored profile may be older than the list of what is allowed.
    own = allowed(profile or {}, own_gcode=True).values
    base = own.pop(MACHINE, BASE)
    chosen = cura_values(machine, settings, size)
    if base != BASE:
        for key in MACHINE_SAYS:
            chosen.pop(key, None)
    if relief:
        chosen.update(relief_mode.cura(machine.line_width))
    if not own:
        notices += cold_bed(settings.material, heated_bed=machine.heated_bed)
    own = {
        key: with_lines(value) if "gcode" in key else value for key, value in own.items()
    }
    chosen.update(forced(machine))
    if not machine.heated_bed:
        for key in ("material_bed_temperature", "material_bed_temperature_layer_0"):
            chosen[key] = 0
            own.pop(key, None)
    resolved = definitions.resolve(base, chosen, own)
    notices += resolved.problems
    values = dict(resolved.values)
    _refuse_values(values, machine)
    for key, value in values.items():
        if "extruder_nr" in key and str(value) not in ("0", "-1"):
            values[key] = 0  # machines of several extruders; the engine would crash
    if values.get("adhesion_type") == "skirt" and not machine.fits(
        *size, outside(values, size)
    ):
        values["adhesion_type"] = "none"
        notices.append(
            Problem(
                "slicing.no_room_for_skirt",
                INFO,
                N_(
                    "There is no room for the line around the print that gets the "
                    "filament flowing; watch the first seconds of the print."
                ),
            )
        )
    refuse_size(machine, size, outside(values, size))
    density = MATERIALS[settings.material].density
    left = finish(values, density)
    if left:
        notices.append(_unknown_tokens(left))
    return Config({key: text(value) for key, value in values.items()}, tuple(notices))


def outside(values: Mapping[str, Value], size: Size) -> float:
    """How far beyond the model's box a configuration prints, mm; rather too much.

    A skirt stands around supports.
    """
    line = _number(values, "skirt_brim_line_width")
    line *= max(1.0, _number(values, "initial_layer_line_width_factor") / 100)
    beyond = 0.0
    if values.get("support_enable"):
        beyond = SUPPORT_REACH * line + max(0.0, _number(values, "support_offset"))
    adhesion = values.get("adhesion_type")
    if adhesion == "brim":
        beyond = max(beyond, _number(values, "brim_line_count") * line)
    elif adhesion == "raft":
        beyond += _number(values, "raft_margin")
    elif adhesion == "skirt":
        around = 2 * (size[0] + size[1])
        shortest = _number(values, "skirt_brim_minimal_length")
        lines = max(
            _number(values, "skirt_line_count"),
            math.ceil(shortest / around) if around else 0,
        )
        if _number(values, "skirt_line_count"):
            beyond += _number(values, "skirt_gap") + lines * line
    return beyond + max(0.0, _number(values, "xy_offset"))


def _refuse_values(values: Mapping[str, Value], machine: Machine) -> None:
    flavour = values.get("machine_gcode_flavor")
    if str(flavour).strip().lower() in OTHER_FLAVOURS:
        raise SlicingRefused(
            "slicing.flavour",
            N_(
                "This machine of Cura's wants G-code of the kind %(flavour)s, which "
                "OctoPrint cannot print; choose another machine."
            ),
            field="profile",
            flavour=clean_text(str(flavour), 40),
        )
    for key in ("layer_height", "layer_height_0"):
        height = _number(values, key)
        if not 0 < height <= machine.nozzle:
            raise SlicingRefused(
                "slicing.bad_profile",
                N_(
                    "The profile's %(key)s of %(height)s mm cannot be printed with a "
                    "nozzle of %(nozzle)s mm; use another profile."
                ),
                field="profile",
                key=key,
                height=round(height, 4),
                nozzle=machine.nozzle,
            )


def _unknown_tokens(left: list[str]) -> Problem:
    return Problem(
        "slicing.unknown_token",
        WARNING,
        N_(
            "The profile's own G-code asks for %(names)s, which nobody can fill in; "
            "correct it before printing."
        ),
        {"names": names(left)},
        "profile",
    )


def _number(values: Mapping[str, Value], key: str) -> float:
    value = values.get(key)
    return float(value) if isinstance(value, (int, float)) else 0.0
