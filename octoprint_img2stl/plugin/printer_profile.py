"""Setting OctoPrint's printer profile to what a slicer profile says of its printer.

Only where somebody asks for just that. OctoPrint 1.11 and 2.0 have the same printer profiles
and the same manager of them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from octoprint.printer.profile import InvalidProfileError, SaveError

from ..machine import Machine
from ..problems import N_, Refusal
from ..slicing.saved import SavedProfile

LOW, HIGH = ("x_min", "y_min", "z_min"), ("x_max", "y_max", "z_max")


class PrinterProfileRefused(Refusal):
    """OctoPrint's printer profile was not changed."""


def set_printer(manager: Any, profile: SavedProfile, *, busy: bool) -> None:
    """Set bed, origin, form, height and nozzle of OctoPrint's current printer profile.

    Everything else of it stays, and so does what the profile does not say.

    Args:
        manager: OctoPrint's printer profile manager.
        profile: what says how the printer is.
        busy: whether it is printing.

    Raises:
        PrinterProfileRefused: ``profiles.printer_busy``, ``profiles.says_no_printer``,
            ``profiles.printer_unusable``.
        MachineRefused: sizes that cannot be.
    """
    if busy:
        raise PrinterProfileRefused(
            "profiles.printer_busy",
            N_("The printer is busy; set its profile when the print has ended."),
        )
    if profile.bed is None and profile.height is None and profile.nozzle is None:
        raise PrinterProfileRefused(
            "profiles.says_no_printer",
            N_("This profile says nothing about its printer; there is nothing to set."),
        )
    wanted = changed(manager.get_current_or_default(), profile)
    Machine.from_octoprint_profile(wanted)
    try:
        manager.save(wanted, allow_overwrite=True, trigger_event=True)
    except (InvalidProfileError, SaveError, OSError) as error:
        raise PrinterProfileRefused(
            "profiles.printer_unusable",
            N_(
                "OctoPrint did not take these sizes; enter them in OctoPrint's own printer "
                "profiles."
            ),
        ) from error


def changed(current: Mapping[str, Any], profile: SavedProfile) -> dict[str, Any]:
    """OctoPrint's printer profile with what a slicer profile says of the printer."""
    wanted = copy.deepcopy(dict(current))
    before = wanted["volume"]
    height = float(before["height"]) if profile.height is None else profile.height
    if profile.bed is None:
        volume = {**before, "height": height}
    else:
        volume = {**before, **profile.bed.octoprint_volume(height)}
    volume["custom_box"] = _box(before, volume)
    wanted["volume"] = volume
    if profile.nozzle is not None:
        wanted["extruder"]["nozzleDiameter"] = profile.nozzle
    return wanted


def _box(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, float] | bool:
    """The custom box around the new volume: as far beyond it as it was beyond the old one.

    Owners have such a box where the nozzle may leave the bed, to prime or to wipe.
    """
    box = before.get("custom_box")
    if not box:
        return False
    old, new = _volume_box(before), _volume_box(after)
    return {
        side: new[side] + float(box[side]) - old[side]
        if box.get(side) is not None
        else new[side]
        for side in (*LOW, *HIGH)
    }


def _volume_box(volume: Mapping[str, Any]) -> dict[str, float]:
    """The box of a volume as OctoPrint works it out."""
    width, depth = float(volume["width"]), float(volume["depth"])
    height = float(volume["height"])
    centred = volume.get("origin") == "center"
    x, y = (-width / 2, -depth / 2) if centred else (0.0, 0.0)
    low = dict(zip(LOW, (x, y, 0.0), strict=True))
    high = dict(zip(HIGH, (x + width, y + depth, height), strict=True))
    return {**low, **high}
