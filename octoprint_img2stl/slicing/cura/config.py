"""CuraEngine's configuration for one slice, from the printer and the user's choices.

The engine gets one flat definition with a value for every setting, so that it looks for no
other file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ...machine import Machine
from ...problems import INFO, N_, WARNING, Problem
from .. import relief_mode
from ..choices import MATERIALS
from ..materials import notices as material_notices
from ..over import counted, overriding
from ..profile_file import names
from ..refused import SlicingRefused, clean_text
from ..room import Size, refuse_size
from ..settings import SUPPORT_REACH, SliceSettings
from .bed import forced
from .bounds import Value
from .definitions import Definitions
from .files import BASE
from .flat import text
from .gcodes import finish, with_lines
from .keys import MACHINE, allowed
from .ours import cura_values
from .over import laid_over

# Their G-code is understood neither by OctoPrint nor by our reader. Any other word, such
# as "Marlin", is Marlin to the engine (source: its `Settings::get<EGCodeFlavor>`).
OTHER_FLAVOURS = (
    "griffin", "ultigcode", "makerbot", "bfb", "mach3", "reprap (volumetric)"
)  # fmt: skip

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
            ``\\n`` as two characters; they win over the choices, unless it is a saved one
            and `SliceSettings.over` names the choice. ``definition`` is the id of a
            machine of Cura's whose ways (G-code, retraction …) are taken.
        relief: fast mode for reliefs and lithophanes.

    Raises:
        SlicingRefused: ``slicing.off_bed``, ``slicing.too_tall``, ``slicing.flavour``,
            ``slicing.bad_profile``, and what `Definitions.resolve` raises.
    """
    notices: list[Problem] = []
    # Checked once more: a stored profile may be older than the list of what is allowed.
    own = allowed(profile or {}, own_gcode=True).values
    base = own.pop(MACHINE, BASE)
    chosen = cura_values(machine, counted(settings), size)
    # Nothing is said of the material of an own profile without a name: it knows better.
    tell_material = not own or bool(settings.profile)
    material = MATERIALS[settings.material]
    own = laid_over(own, chosen, overriding(settings), material.max_flow)
    if own.get("adhesion_type") == "brim":  # as wide as Cura has it, not as ours is
        for key in ("brim_width", "brim_line_count"):
            chosen.pop(key)
    if base != BASE:
        for key in MACHINE_SAYS:
            chosen.pop(key, None)
    if relief:
        chosen.update(relief_mode.cura(machine.line_width))
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
    if tell_material:
        notices += _material_notices(settings.material, values, machine)
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
    left = finish(values, material.density)
    if left:
        notices.append(_unknown_tokens(left))
    return Config({key: text(value) for key, value in values.items()}, tuple(notices))


def _material_notices(
    material: str, values: Mapping[str, Value], machine: Machine
) -> tuple[Problem, ...]:
    """What the material wants, at the temperatures that were worked out."""
    keys = ("material_print_temperature", "material_print_temperature_layer_0")
    hottest = max(_number(values, key) for key in keys)
    return material_notices(
        material, heated_bed=machine.heated_bed, hottest_c=round(hottest)
    )


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
                "This printer of Cura's wants G-code of the kind %(flavour)s, which "
                "OctoPrint cannot print; choose another printer."
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
