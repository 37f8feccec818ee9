"""From PrusaSlicer's keys, wherever they were found, to an `Imported`."""

from __future__ import annotations

from collections.abc import Mapping

from ...problems import N_, Problem
from ..profile_file import DANGEROUS, GCODE_KEYS, PLAIN_KEYS, allowed, left_out, renamed
from . import superslicer
from .given import Given
from .imported import (
    PRUSA,
    Imported,
    bed_of,
    not_a_profile,
    people_name,
    positive,
    unfit_problem,
)
from .prusa_values import fitting

KNOWN = PLAIN_KEYS | GCODE_KEYS
ENOUGH = 20  # known keys from which some lines at a G-code's end are a profile
NOTHING_KNOWN = N_(
    "The profile holds no setting that is known; export one from PrusaSlicer."
)


def imported(
    raw: Mapping[str, str],
    given: Given,
    *,
    source: str,
    problems: tuple[Problem, ...] = (),
    unmatched: tuple[str, ...] = (),
    name: str = "",
) -> Imported:
    """All that `raw` says, as far as it is taken.

    Args:
        raw: keys and values as in PrusaSlicer's (or SuperSlicer's) ini files.
        given: the file they came from.
        source: name of the module that read it.
        problems: what that module found.
        unmatched: names of its settings that have no counterpart here.
        name: how the file calls itself.

    Raises:
        SlicingRefused: ``slicing.bad_profile``: nothing known in it, or a resin printer's.
    """
    if raw.get("printer_technology", "FFF").upper() == "SLA":
        raise not_a_profile(
            N_(
                "This profile is for a resin printer; choose one for a printer with "
                "filament."
            )
        )
    lost: list[str] = []
    if superslicer.is_superslicer(raw):
        raw, lost = superslicer.converted(raw)
    else:
        raw = renamed(raw)
    kept, left = allowed(raw, own_gcode=given.own_gcode)
    values, unfit = fitting(kept)
    if not values and not unfit:
        raise not_a_profile(NOTHING_KNOWN)
    return Imported(
        engine=PRUSA,
        name=people_name(name, given.title),
        values=values,
        problems=(
            *problems,
            *left,
            *left_out(ignored=(*unmatched, *lost)),
            *unfit_problem(unfit),
        ),
        bed=bed_of(raw.get("bed_shape", "")),
        nozzle=positive(raw.get("nozzle_diameter")),
        height=positive(raw.get("max_print_height")),
        material=people_name(raw.get("filament_type", "")) or None,
        layer_height=positive(values.get("layer_height")),
        about={"source": source},
    )


def looks_like_settings(raw: Mapping[str, str]) -> bool:
    """Whether so many keys are PrusaSlicer's that it is no accident."""
    return sum(1 for key in raw if key in KNOWN or DANGEROUS.fullmatch(key)) >= ENOUGH
