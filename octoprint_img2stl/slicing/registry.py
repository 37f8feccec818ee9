"""Which slicers there are, and where their programs are found."""

from __future__ import annotations

import glob
import os
import shutil
import stat

from ..problems import N_
from .choices import AUTOMATIC
from .cura.engine import CuraEngine
from .owner_paths import NOTHING_SET, OwnerPath, OwnerPaths
from .prusaslicer import PrusaSlicer
from .refused import SlicingRefused, clean_text
from .slicer import Slicer

# In the order in which they are taken where the user has no wish.
SLICERS: dict[str, type[Slicer]] = {
    PrusaSlicer.name: PrusaSlicer,
    CuraEngine.name: CuraEngine,
}


def find(name: str = AUTOMATIC, own: OwnerPaths = NOTHING_SET) -> Slicer:
    """A slicer that is installed here; it is not started.

    Args:
        name: key of `SLICERS`, or ``auto``: the first that is here.
        own: where the owner has them.

    Raises:
        SlicingRefused: ``slicing.unknown_slicer``, ``slicing.not_installed``,
            ``slicing.bad_path``.
    """
    if name == AUTOMATIC:
        return _first(own)
    if name not in SLICERS:
        raise SlicingRefused(
            "slicing.unknown_slicer",
            N_("There is no slicer called %(name)s; choose one of %(choices)s."),
            field="slicing.slicer",
            name=clean_text(str(name), 40),
            choices=", ".join(SLICERS),
        )
    slicer = SLICERS[name]
    set_path = own.get(name, OwnerPath())
    found = checked_path(set_path.program) if set_path.program else _search(slicer)
    if not found:
        raise SlicingRefused(
            "slicing.not_installed",
            N_(
                "%(slicer)s is not installed; type this on the machine that runs it: "
                "%(command)s"
            ),
            field="slicing.slicer",
            slicer=slicer.label,
            command=slicer.install,
        )
    return slicer(found, set_path.folder or None)


def program_of(name: str, own: OwnerPaths = NOTHING_SET) -> str:
    """Path of a slicer's program; empty where there is none that can be started."""
    try:
        return find(name, own).path
    except SlicingRefused:
        return ""


def _first(own: OwnerPaths) -> Slicer:
    missing: SlicingRefused | None = None
    for name in SLICERS:
        try:
            return find(name, own)
        except SlicingRefused as refusal:
            # A path that is wrong was set by somebody who wants to hear of it.
            if refusal.code != "slicing.not_installed":
                raise
            missing = missing or refusal
    assert missing is not None
    raise missing


def checked_path(path: str) -> str:
    """The same path, if it can be the program of a slicer.

    Raises:
        SlicingRefused: ``slicing.bad_path``: not absolute, or no executable regular file.
    """
    if not _is_program(path):
        raise SlicingRefused(
            "slicing.bad_path",
            N_(
                "The slicer %(path)s is no program that can be started; give the full "
                "path of its executable file in OctoPrint's settings, beginning with /."
            ),
            field="slicer_path",
            path=clean_text(os.path.basename(str(path)) or str(path), 80),
        )
    return path


def _search(slicer: type[Slicer]) -> str | None:
    candidates = [shutil.which(program) for program in slicer.programs]
    for place in slicer.places:
        candidates += sorted(glob.glob(os.path.expanduser(place)), reverse=True)
    return next((path for path in candidates if path and _is_program(path)), None)


def _is_program(path: str) -> bool:
    if not os.path.isabs(path) or "\0" in path:
        return False
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.X_OK)
    except OSError:
        return False
