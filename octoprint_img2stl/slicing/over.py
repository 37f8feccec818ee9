"""The plain choices that count although a saved profile says otherwise.

Without a profile every plain choice counts. With one, everything is as the profile has it,
except for the choices that `SliceSettings.over` names: for those, the keys of our own
configuration take the place of the profile's, and of what in it would undo them.
"""

from __future__ import annotations

from dataclasses import replace

from .material_names import matches
from .settings import PLAIN, SliceSettings

_DEFAULTS = {name: SliceSettings.__dataclass_fields__[name].default for name in PLAIN}


def overriding(settings: SliceSettings) -> tuple[str, ...]:
    """The plain choices that count over a profile."""
    return settings.over if settings.profile else ()


def counted(settings: SliceSettings) -> SliceSettings:
    """The settings with our defaults for the plain choices that do not count.

    They fill in what a profile leaves open; what somebody had chosen before taking the
    profile is not on the screen any more and must not show in the print. The material
    alone stays: a profile without one is for the spool that is loaded.
    """
    if not settings.profile:
        return settings
    unseen = {
        name: _DEFAULTS[name]
        for name in PLAIN
        if name not in settings.over and name != "material"
    }
    return replace(settings, **unseen)


def printed_material(settings: SliceSettings, filament_type: str | None) -> str | None:
    """The material that is printed, key of `choices.MATERIALS`; None: not known.

    Args:
        settings: the choices, with a saved profile.
        filament_type: what the profile says; None: nothing.
    """
    if filament_type is None or "material" in settings.over:
        return settings.material
    return matches(filament_type.split(";")[0])
