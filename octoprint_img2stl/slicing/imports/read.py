"""Reading whatever somebody brings: the sources, and which of them a file is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ...problems import N_
from . import (
    cura_gcode,
    cura_profile,
    orca,
    orca_gcode,
    prusa_bundle,
    prusa_flat,
    prusa_gcode,
)
from .given import ZIP_MAGIC, Given
from .imported import Imported, System, not_a_profile

# In the order in which they are asked; the first that knows the file reads it. G-code comes
# before ini text: it is recognised by its end, and may be far too large to be read whole.
SOURCES: dict[str, Callable[[Given], Imported | None]] = {
    "cura_profile": cura_profile.read,
    "orca": orca.read,
    "cura_gcode": cura_gcode.read,
    "orca_gcode": orca_gcode.read,
    "prusa_gcode": prusa_gcode.read,
    "prusa_bundle": prusa_bundle.read,
    "prusa_flat": prusa_flat.read,
}
BINARY_GCODE = b"GCDE"
MODEL = "3D/3dmodel.model"
NOT_KNOWN = N_(
    "This is no profile that can be read. Give an ini file or bundle of PrusaSlicer or "
    "SuperSlicer, a profile of Cura (.curaprofile), a profile or bundle of OrcaSlicer, or a "
    "G-code file that one of them wrote."
)


def read_any(
    path: Path | str,
    *,
    own_gcode: bool = False,
    name: str = "",
    choose: Mapping[str, str] | None = None,
    system: System | None = None,
) -> Imported:
    """Read a profile of any kind that is known, recognised by its content.

    Args:
        path: the file; at most its first 512 kB, its last 2 MB and, of small files, all of
            it is read.
        own_gcode: keep its custom G-code; only for a file from somebody who may change the
            printer's settings.
        name: what the file was called where it came from, for people.
        choose: of a file with several presets, kind (``printer``, ``print``, ``filament``)
            -> name; without it the file's own choice counts, and without that the result
            is `Imported.undecided` and lists the `choices`.
        system: kind and name -> the values of a preset that comes with PrusaSlicer, or
            None, for presets that build on one.

    Raises:
        SlicingRefused: ``slicing.bad_profile`` (one sentence that says what to do),
            ``slicing.profile_no_such_choice``.
    """
    given = Given(Path(path), own_gcode, name, dict(choose or {}), system)
    _refuse_by_the_head(given)
    for read in SOURCES.values():
        found = read(given)
        if found is not None:
            return found
    raise not_a_profile(NOT_KNOWN)


def _refuse_by_the_head(given: Given) -> None:
    """What is known well enough to say something better than that it is not known."""
    if given.head.startswith(BINARY_GCODE):
        raise not_a_profile(
            N_(
                "This is binary G-code; in PrusaSlicer switch off Binary G-code in the "
                "printer settings and export again, or export the settings themselves."
            )
        )
    if given.head.startswith(ZIP_MAGIC):
        if MODEL in given.archive:
            raise not_a_profile(
                N_(
                    "This is a 3MF project; open it in its slicer and export the "
                    "settings instead."
                )
            )
