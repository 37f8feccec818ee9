"""What a route changes in a profile's own values, and tells.

`needs` is about plain choices, which somebody can overrule; this is about values that no
plain choice has. A lithophane is printed slowly, because every ringing of the printer shows
in its picture. Where another filament is loaded at a height, layers are all alike, so that
the height is that of a layer.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..machine import Machine
from ..problems import INFO, N_, Problem
from .cura.ours import cura_values
from .cura.over import number as cura_number
from .imports.imported import CURA, PRUSA
from .ini_values import said
from .over import counted
from .profiles import is_complete, prusa_ini
from .settings import SliceSettings

SLOW = ("lithophane",)  # routes
# The speeds that a picture is printed with. Percentages are of these, so they follow.
SPEEDS = {
    PRUSA: (
        "perimeter_speed", "external_perimeter_speed", "small_perimeter_speed",
        "infill_speed", "solid_infill_speed", "top_solid_infill_speed", "bridge_speed",
        "gap_fill_speed",
    ),
    CURA: (
        "speed_print", "speed_infill", "speed_wall", "speed_wall_0", "speed_wall_x",
        "speed_topbottom", "speed_roofing",
    ),
}  # fmt: skip
ADAPTIVE = "adaptive_layer_height_enabled"

Result = tuple[Mapping[str, str] | None, tuple[Problem, ...]]


def route_values(
    route: str,
    engine: str,
    values: Mapping[str, str] | None,
    settings: SliceSettings,
    machine: Machine,
) -> Result:
    """The profile's values as a route needs them, and what was changed, to tell.

    Args:
        route: of the job.
        engine: name in the registry.
        values: of `Chosen.profile`; None: there is no profile, and nothing to change.
        settings: the choices.
        machine: the printer.
    """
    if not values:
        return values, ()
    changed = dict(values)
    problems = []
    if route in SLOW:
        slow = _slow(engine, values, settings, machine)
        changed.update(slow)
        if slow:
            problems.append(_slowed(slow))
    if settings.changes and values.get(ADAPTIVE, "").lower() == "true":
        changed[ADAPTIVE] = "false"
        problems.append(
            Problem(
                "slicing.layers_alike",
                INFO,
                N_(
                    "The adaptive layers of the profile are switched off, so that the other "
                    "filament begins at the right height."
                ),
            )
        )
    return changed, tuple(problems)


def _slow(
    engine: str, values: Mapping[str, str], settings: SliceSettings, machine: Machine
) -> dict[str, str]:
    """The speeds that are lowered, to what our plain settings have."""
    settings = counted(settings)
    if engine == CURA:
        ours = cura_values(machine, settings)
        limits = {
            key: f"{float(ours.get(key, ours['speed_print'])):g}" for key in SPEEDS[CURA]
        }
        theirs = {key: cura_number(values.get(key)) for key in limits}
        return {
            key: limit
            for key, limit in limits.items()
            if (speed := theirs[key]) is not None and speed > float(limit)
        }
    ini = prusa_ini(machine, settings)
    whole, slow = is_complete(values), {}
    for key in SPEEDS[PRUSA]:
        value = values.get(key)
        if value is None:
            faster = whole  # PrusaSlicer's own
        elif value.split(",")[0].strip().endswith("%"):
            faster = False
        else:
            speed = said(value)
            faster = not speed or speed > float(ini[key])  # 0: as fast as it can
        if faster:
            slow[key] = ini[key]
    return slow


def _slowed(slow: Mapping[str, str]) -> Problem:
    return Problem(
        "slicing.slowed",
        INFO,
        N_(
            "A lithophane is printed slowly, because its picture shows every shake of the "
            "printer: no faster than %(speed)s mm/s, whatever the profile says."
        ),
        {"speed": max(map(float, slow.values()))},
    )
