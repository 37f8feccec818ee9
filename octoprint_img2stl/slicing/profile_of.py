"""The choices of a slice as a profile of their own, in which then everything can be changed.

That is how somebody without a profile sets a temperature, a filament of 2.85 mm or another
start G-code: the plain choices give a whole profile to begin with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..machine import Machine
from . import over_prusa
from .choices import MATERIALS
from .cura import over as over_cura
from .cura.flat import text
from .cura.ours import cura_values
from .imports.imported import CURA, PRUSA, people_name, positive
from .over import counted, overriding, printed_material
from .profile_change import ALLOWED
from .profile_mend import mend
from .profiles import prusa_ini
from .saved import PLAIN_SOURCE, SavedProfile
from .settings import SliceSettings
from .vendor.bed import BedSaid

# engine -> what is not said where the brim depends on the model; see
# `SavedProfile.automatic_brim`
_OF_THE_BRIM = {
    PRUSA: ("brim_width", "brim_type", "skirts"),  # of a brim and a skirt there is one
    CURA: ("adhesion_type", "brim_width", "brim_line_count"),
}


def profile_of(
    settings: SliceSettings,
    machine: Machine,
    engine: str,
    saved: SavedProfile | None = None,
) -> SavedProfile:
    """A profile that slices as these choices do; it has no name of its own yet.

    Its custom G-code is ours, or that of the profile that was chosen, so that nobody brings
    any in this way.

    Args:
        settings: the choices.
        machine: the printer.
        engine: name in the registry; of a saved profile that one's.
        saved: the one that the choices name, if any; what counts over it is put into it.
    """
    values = _VALUES[engine](settings, machine, saved.values if saved else {})
    kept = ALLOWED[engine](values, own_gcode=True).values
    if settings.brim is None and (saved is None or saved.automatic_brim):
        kept = {key: kept[key] for key in kept if key not in _OF_THE_BRIM[engine]}
    if saved is None:
        return SavedProfile(
            name="",
            engine=engine,
            values=kept,
            source=PLAIN_SOURCE,
            material=settings.material,
            filament_type=MATERIALS[settings.material].filament_type,
            layer_height=positive(kept.get("layer_height", "")),
            nozzle=machine.nozzle,
            height=machine.height,
            bed=_bed(machine),
        )
    filament_type = saved.filament_type
    if "material" in settings.over:
        filament_type = MATERIALS[settings.material].filament_type
    return replace(
        saved,
        id="",
        values=kept,
        layer_height=positive(kept.get("layer_height", "")) or saved.layer_height,
        filament_type=people_name(filament_type),
        material=printed_material(settings, filament_type) or saved.material,
        problems=(),
    )


def _prusa(
    settings: SliceSettings, machine: Machine, own: Mapping[str, str]
) -> dict[str, str]:
    ours = prusa_ini(machine, counted(settings))
    if not own:
        return ours
    values = over_prusa.laid_over(own, ours, overriding(settings))
    mend(values)
    return values


def _cura(
    settings: SliceSettings, machine: Machine, own: Mapping[str, str]
) -> dict[str, str]:
    ours = cura_values(machine, counted(settings))
    if own:
        max_flow = MATERIALS[settings.material].max_flow
        return over_cura.laid_over(own, ours, overriding(settings), max_flow)
    del ours["machine_end_gcode"]  # it is made for the height of each model
    if ours["adhesion_type"] == "brim":
        ours["brim_line_count"] = over_cura.BRIM_LINES
    return {key: text(value).replace("\n", "\\n") for key, value in ours.items()}


_VALUES = {PRUSA: _prusa, CURA: _cura}


def _bed(machine: Machine) -> BedSaid:
    return BedSaid(
        machine.form, machine.x_min, machine.y_min, machine.x_max, machine.y_max
    )
