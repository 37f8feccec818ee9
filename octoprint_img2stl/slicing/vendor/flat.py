"""One print, one filament and one printer as the flat values of an engine's profile.

`Flat.values` come before `profile_file.allowed`, through which every value goes. Bundles
of the installed PrusaSlicer are part of a package of the owner's machine, which runs its
programs anyway: their start and end G-code may be used, ``allowed(…, own_gcode=True)``,
and should be, for it is how that printer homes and heats. Those macros read
``printer_model`` and ``printer_notes``, which `allowed` keeps. What a profile says about
the printer otherwise than OctoPrint, `imports.compare.contradictions` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...machine import Machine
from ...problems import INFO, N_, WARNING, Problem
from ..profile_file import renamed
from ..profile_mend import absolute_first_layer, reset_on_every_layer
from ..refused import clean_text
from .bed import CUSTOM, BedSaid, bed_said
from .bundle import Preset
from .offers import first_number

# PrusaSlicer's defaults (PrintConfig.cpp) of what a printer may leave unsaid.
DEFAULT_BED = "0x0,200x0,200x200,0x200"
DEFAULT_HEIGHT = 200.0
DEFAULT_NOZZLE = 0.4
NOZZLES, HEIGHTS = (0.05, 2.0), (1.0, 10_000.0)  # that can be, mm

# About the bundle and the window, not about the print. What runs a program or rewrites the
# G-code stays: `allowed` drops it and says so.
_DROPPED = re.compile(
    r"alias|compatible_.*|default_(?:print|filament|sla).*_profile"
    r"|host_type|(?:print_?host|printhost).*|bed_custom_.*|thumbnails.*"
    r"|output_filename_format"
)


@dataclass(frozen=True)
class Flat:
    """A printer ready to slice with.

    Attributes:
        vendor, printer, print_, filament: ids of what was chosen.
        values: PrusaSlicer's keys and values, as its ini files have them.
        bed: the printer's bed; None where the profile says none.
        nozzle: diameter of the (first) nozzle, mm.
        height: highest z, mm.
        problems: what the owner should know.
    """

    vendor: str
    printer: str
    print_: str
    filament: str
    values: dict[str, str]
    bed: BedSaid | None
    nozzle: float
    height: float
    problems: tuple[Problem, ...] = ()

    def machine(self) -> Machine:
        """The printer that the profile is made for, with PrusaSlicer's bed if it says none.

        Raises:
            MachineRefused: sizes that cannot be.
        """
        bed = self.bed or bed_said(DEFAULT_BED)
        return bed.machine(self.height, self.nozzle, clean_text(self.printer, 80))


def flattened(vendor: str, printer: Preset, print_: Preset, filament: Preset) -> Flat:
    """The three presets in one, mended where PrusaSlicer's command line would stumble.

    The order is that of PrusaSlicer's full_fff_config: what is said twice counts as the
    filament has it, then as the printer.
    """
    merged = {**print_.values(), **printer.values(), **filament.values()}
    values = renamed(
        {key: value for key, value in merged.items() if not _DROPPED.fullmatch(key)}
    )
    # Macros ask for these names, so PrusaSlicer fills them in (full_fff_config).
    values["printer_settings_id"] = printer.name
    values["print_settings_id"] = print_.name
    quoted = filament.name.replace("\\", "\\\\").replace('"', '\\"')
    values["filament_settings_id"] = f'"{quoted}"'
    _mend(values)
    bed = bed_said(values.get("bed_shape", ""))
    if bed is None:
        values["bed_shape"] = DEFAULT_BED
    return Flat(
        vendor=vendor,
        printer=printer.name,
        print_=print_.name,
        filament=filament.name,
        values=values,
        bed=bed,
        nozzle=_within(values, "nozzle_diameter", NOZZLES, DEFAULT_NOZZLE),
        height=_within(values, "max_print_height", HEIGHTS, DEFAULT_HEIGHT),
        problems=tuple(_notices(printer.name, values, bed)),
    )


def _notices(
    printer: str, values: dict[str, str], bed: BedSaid | None
) -> Iterator[Problem]:
    said = {"printer": clean_text(printer, 80)}
    if bed is None:
        yield Problem(
            "slicing.profile_without_bed",
            WARNING,
            N_(
                "%(printer)s does not say how large its bed is; the bed of OctoPrint's "
                "printer profile counts."
            ),
            said,
            "profile",
        )
    elif bed.form == CUSTOM:
        yield Problem(
            "slicing.profile_bed_custom",
            INFO,
            N_(
                "The bed of %(printer)s is neither a rectangle nor a circle; only the "
                "box around it is known here, so keep clear of its corners."
            ),
            said,
            "profile",
        )
    extruders = len(values.get("nozzle_diameter", "").split(","))
    if extruders > 1:
        yield Problem(
            "slicing.profile_several_extruders",
            INFO,
            N_(
                "%(printer)s has %(count)s extruders or filaments; only the first one "
                "prints here."
            ),
            {**said, "count": extruders},
            "profile",
        )


def _mend(values: dict[str, str]) -> None:
    """Say what PrusaSlicer's window works out and its command line does not."""
    absolute_first_layer(values)
    reset_on_every_layer(values)
    gap = first_number(values.get("gap_fill_speed", ""))
    if gap is not None and gap <= 0:
        values["gap_fill_enabled"] = "0"
    for key in ("start_filament_gcode", "end_filament_gcode"):
        if key in values:
            values[key] = _first_text(values[key])
    if "binary_gcode" in values:
        values["binary_gcode"] = "0"  # OctoPrint reads only text


def _first_text(value: str) -> str:
    """The first of a list of texts, as written: there is one filament.

    PrusaSlicer's window cuts such lists to the number of extruders, its command line
    prints them all. A G-code that begins with ``;`` without quotes is a list, too: of an
    empty text and what follows.
    """
    quoted = re.match(r'\s*("(?:[^"\\]|\\.)*")', value)
    if quoted:
        return quoted[1]
    return value if value.lstrip().startswith('"') else value.partition(";")[0]


def _within(
    values: dict[str, str], key: str, limits: tuple[float, float], default: float
) -> float:
    number = first_number(values.get(key, ""))
    return number if number and limits[0] <= number <= limits[1] else default
