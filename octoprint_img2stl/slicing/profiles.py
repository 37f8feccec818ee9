"""PrusaSlicer's configuration for one slice, from the printer and the user's choices.

Unknown keys are ignored by every PrusaSlicer from 2.3 to 2.9, so one table serves them
all; unknown *values* are fatal in 2.3, so only values that 2.3 knows are used for keys
it has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..machine import CIRCULAR, Machine
from ..problems import INFO, N_, Problem
from . import over_prusa, relief_mode
from .choices import MATERIALS, first_layer_height, layer_height
from .ini_values import count as _count
from .ini_values import number as _number
from .ini_values import text as _text
from .materials import notices as material_notices
from .over import counted, overriding, printed_material
from .own_gcode import START, end_gcode
from .profile_file import RELATIVE_E, Profile, allowed, read_profile, write_ini
from .profile_mend import mend
from .room import Size, fitting_brim, refuse_size
from .settings import SUPPORT_REACH, SliceSettings

__all__ = ["Profile", "prusa_ini", "read_profile", "slice_ini", "write_ini"]

SKIRTS, SKIRT_DISTANCE = 2, 3.0
TOP_SHELL, BOTTOM_SHELL = 0.8, 0.6  # mm of solid layers above and below the infill
BED_CORNERS = 72  # of the polygon that stands for a circular bed

# What a profile cannot change. `post_process` would be run as a program.
FORCED = {
    "printer_technology": "FFF",
    "post_process": "",
    "gcode_substitutions": "",
    "binary_gcode": "0",
    "thumbnails": "",
    "machine_limits_usage": "time_estimate_only",
    "complete_objects": "0",
    "spiral_vase": "0",
    "wipe_tower": "0",
}

# Ours also where the rest is a whole profile's, unless that has its own.
OURS = (
    "gcode_flavor", RELATIVE_E, "start_gcode", "end_gcode", "before_layer_gcode",
    "layer_gcode",
)  # fmt: skip
COMPLETE = frozenset(
    "layer_height perimeters fill_density perimeter_speed temperature retract_length "
    "extrusion_width".split()
)

# By PrusaSlicer's own macros, which know where the print ended.
LIFT = (
    "{if layer_z < max_print_height}G1 Z{min(layer_z + 5, max_print_height)} F3000{endif}"
)


def prusa_ini(
    machine: Machine, settings: SliceSettings, size: Size | None = None
) -> dict[str, str]:
    """The complete configuration, all keys and values as PrusaSlicer writes them.

    Args:
        machine: the printer.
        settings: the choices.
        size: of the model (width, depth, height), mm, for the automatic brim; None: no
            such brim.
    """
    material = MATERIALS[settings.material]
    layer = layer_height(settings.quality, machine.nozzle)
    first = first_layer_height(layer, machine.nozzle)
    brim = fitting_brim(machine, settings, size)
    line = machine.line_width

    def speed(normal: float) -> str:
        return _text(min(normal * material.speed, machine.travel_speed))

    return {
        **_machine_keys(machine),
        **FORCED,
        "gcode_flavor": "marlin",
        RELATIVE_E: "0",
        # A middle-class printer; only the estimate of the print time uses these.
        "machine_max_acceleration_x": "1000",
        "machine_max_acceleration_y": "1000",
        "machine_max_acceleration_extruding": "1000",
        "machine_max_acceleration_travel": "1000",
        "machine_max_jerk_x": "8",
        "machine_max_jerk_y": "8",
        "filament_diameter": "1.75",
        "extrusion_multiplier": "1",
        "filament_type": material.filament_type,
        "filament_density": _text(material.density),
        "filament_max_volumetric_speed": _text(material.max_flow),
        "temperature": str(material.temperature_c),
        "first_layer_temperature": str(material.first_temperature_c),
        "bed_temperature": str(material.bed_c if machine.heated_bed else 0),
        "first_layer_bed_temperature": str(material.bed_c if machine.heated_bed else 0),
        "layer_height": _text(layer),
        "first_layer_height": _text(first),
        "perimeters": str(settings.walls),
        "top_solid_layers": str(max(3, math.ceil(TOP_SHELL / layer - 1e-6))),
        "bottom_solid_layers": str(max(3, math.ceil(BOTTOM_SHELL / layer - 1e-6))),
        "fill_density": f"{_text(settings.infill)}%",
        # grid is refused at 100 %
        "fill_pattern": "rectilinear" if settings.infill > 99 else "grid",
        "solid_infill_below_area": "0",  # the default of 70 mm² fills slim columns solid
        "extrusion_width": _text(line),
        "first_layer_extrusion_width": _text(line),
        "perimeter_speed": speed(40),
        "external_perimeter_speed": speed(25),
        "small_perimeter_speed": speed(20),
        "infill_speed": speed(60),
        "solid_infill_speed": speed(40),
        "top_solid_infill_speed": speed(30),
        "support_material_speed": speed(40),
        "bridge_speed": speed(25),
        "gap_fill_speed": speed(20),
        "first_layer_speed": speed(20),
        "travel_speed": _text(machine.travel_speed),
        "retract_length": _text(material.retract),
        "retract_speed": "40",
        "retract_lift": "0",
        "retract_before_travel": "1.5",
        "cooling": "1",
        "fan_always_on": "1" if material.fan_min else "0",
        "min_fan_speed": str(material.fan_min),
        "max_fan_speed": str(material.fan_max),
        "bridge_fan_speed": str(material.bridge_fan),
        "disable_fan_first_layers": str(material.fan_off_layers),
        "slowdown_below_layer_time": "8",
        "min_print_speed": "10",
        "support_material": "0" if settings.supports == "none" else "1",
        "support_material_auto": "1",
        "support_material_buildplate_only": "1" if settings.supports == "plate" else "0",
        "support_material_threshold": "45",
        "support_material_spacing": "2",
        "support_material_contact_distance": "0.2",
        "support_material_interface_layers": "2",
        "brim_width": _text(brim),
        "brim_type": "outer_only" if brim else "no_brim",
        "brim_separation": "0",
        "skirts": "0" if brim else str(SKIRTS),  # a brim primes the nozzle as well
        "skirt_distance": _text(SKIRT_DISTANCE),
        "skirt_height": "1",
        "min_skirt_length": "0",
        "resolution": "0.0125",
        "gcode_resolution": "0.0125",
        "perimeter_generator": "classic",
        "gcode_comments": "0",
        "remaining_times": "0",
        "seam_position": "aligned",
        "avoid_crossing_perimeters": "0",
        "elefant_foot_compensation": "0.1",
        "arc_fitting": "disabled",
        "start_gcode": "\\n".join(START),
        "end_gcode": "\\n".join(end_gcode(machine, LIFT)),
        "before_layer_gcode": ";BEFORE_LAYER_CHANGE",
        "layer_gcode": ";AFTER_LAYER_CHANGE",
    }


def slice_ini(
    machine: Machine,
    settings: SliceSettings,
    size: Size,
    *,
    profile: Mapping[str, str] | None = None,
    relief: bool = True,
) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The configuration for one model, and what the user should know about it.

    Args:
        machine: the printer; its bed, height and nozzle always win.
        settings: the choices.
        size: of the model (width, depth, height), mm.
        profile: values of `read_profile`; they win over the choices, unless it is a saved
            one and `SliceSettings.over` names the choice.
        relief: fast mode for reliefs and lithophanes.

    Raises:
        SlicingRefused: ``slicing.off_bed``: the model and what must surround it do not
            fit.
    """
    notices: list[Problem] = []
    # Checked once more: a stored profile may be older than the allow-list, which has
    # neither the printer's keys nor the forced ones.
    own = allowed(profile or {}, own_gcode=True).values
    ours = prusa_ini(machine, counted(settings), size)
    ini = dict(ours)
    if is_complete(own):
        # What it leaves open is meant to be as PrusaSlicer has it, not as we do.
        kept = {*_machine_keys(machine), *FORCED, *OURS}
        ini = {key: value for key, value in ini.items() if key in kept}
    if own:
        ini.update(over_prusa.laid_over(own, ours, overriding(settings)))
        if not machine.heated_bed:
            ini.update(bed_temperature="0", first_layer_bed_temperature="0")
        mend(ini)
    notices += _material_notices(machine, settings, own, ini)
    if relief:
        # with supports it is no heightmap on its back
        flat_size = None if _count(ini, "support_material") else size
        ini.update(relief_mode.prusa(machine.line_width, flat_size))
    if _count(ini, "skirts") and not machine.fits(*size, _outside(ini)):
        ini["skirts"] = "0"
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
    refuse_size(machine, size, _outside(ini))
    return ini, tuple(notices)


def is_complete(profile: Mapping[str, str]) -> bool:
    """Whether a profile is a whole one, as slicers export it, and not a few changes."""
    return COMPLETE <= set(profile)


def _material_notices(
    machine: Machine,
    settings: SliceSettings,
    own: Mapping[str, str],
    ini: Mapping[str, str],
) -> tuple[Problem, ...]:
    """What the material wants; nothing of an own profile without a name: it knows better."""
    material: str | None = settings.material
    if own:
        material = None
        if settings.profile:
            material = printed_material(settings, own.get("filament_type"))
    if material is None:
        return ()
    hottest = max(_number(ini, "temperature"), _number(ini, "first_layer_temperature"))
    return material_notices(
        material, heated_bed=machine.heated_bed, hottest_c=round(hottest)
    )


def _outside(ini: Mapping[str, str]) -> float:
    """How far beyond the model's box a configuration prints, mm; rather too much.

    A skirt stands around brim and supports.
    """
    line = (
        _number(ini, "first_layer_extrusion_width")
        or _number(ini, "extrusion_width")
        or 1.125 * _number(ini, "nozzle_diameter")
    )
    beyond = 0.0
    if ini.get("brim_type") != "no_brim":
        beyond = _number(ini, "brim_width")
    if _count(ini, "support_material"):
        beyond = max(beyond, SUPPORT_REACH * line)
    skirts = _count(ini, "skirts")
    if skirts:
        beyond += _number(ini, "skirt_distance") + skirts * line
    return beyond


def _machine_keys(machine: Machine) -> dict[str, str]:
    if machine.form == CIRCULAR:
        middle_x, middle_y = machine.centre
        radius = min(machine.width, machine.depth) / 2
        turns = [2 * math.pi * corner / BED_CORNERS for corner in range(BED_CORNERS)]
        corners = [
            (middle_x + radius * math.cos(turn), middle_y + radius * math.sin(turn))
            for turn in turns
        ]
    else:
        corners = [
            (machine.x_min, machine.y_min),
            (machine.x_max, machine.y_min),
            (machine.x_max, machine.y_max),
            (machine.x_min, machine.y_max),
        ]
    return {
        "bed_shape": ",".join(f"{_text(x)}x{_text(y)}" for x, y in corners),
        "max_print_height": _text(machine.height),
        "nozzle_diameter": _text(machine.nozzle),
    }
