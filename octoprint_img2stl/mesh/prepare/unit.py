"""The file's numbers in millimetres, its up upwards, and a guess where that seems wrong."""

from __future__ import annotations

import numpy as np

from ...machine import Machine
from ...problems import N_, WARNING, Problem
from ..model import Mesh
from ..settings import LIMITS, UNITS, MeshSettings
from .step import Step, box, settled

SMALL = 10.0  # longest side of what is hardly meant so, mm
TIMES = 3.0  # as long as this many beds: hardly meant so either
GUESS = 100.0  # a size most printers can make and most models look well at, mm
# Which axes become x, y, z when that one points up, and the first one's sign: all turns.
AXES = {"z": ((0, 1, 2), 1), "y": ((0, 2, 1), -1), "x": ((1, 2, 0), 1)}


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Scale to millimetres and turn the chosen axis up."""
    factor = UNITS[settings.unit]
    order, sign = AXES[settings.up]
    if factor == 1.0 and settings.up == "z":
        return Step(mesh)
    points = mesh.vertices.astype(np.float64)[:, order]
    if sign < 0:  # y up: (x, y, z) becomes (x, -z, y)
        points[:, 1] = -points[:, 1]
    return Step(settled(points * factor, mesh.faces))


def unit_suspicion(mesh: Mesh, machine: Machine) -> Problem | None:
    """Whether the model's size says that its numbers are no millimetres.

    Asked of the mesh as it came. A model under 10 mm is tried in inches, metres and
    centimetres; where one of them gives a size that fits the printer it is suggested,
    else a size in percent. One longer than three beds gets a size that fits.
    """
    low, high = box(mesh)
    size = high - low
    longest = float(size.max())
    if not longest > 0:
        return None
    if longest < SMALL:
        for unit in ("inch", "m", "cm"):
            if longest * UNITS[unit] >= SMALL and machine.fits(*(size * UNITS[unit])):
                return Problem(
                    "mesh.unit_doubtful",
                    WARNING,
                    N_(
                        "The model is only %(longest)s mm long; if it was made in "
                        "another unit choose it, for example %(unit)s (%(then)s mm)."
                    ),
                    {
                        "longest": _short(longest),
                        "unit": unit,
                        "then": _short(longest * UNITS[unit]),
                    },
                    "mesh.unit",
                    unit,
                )
        percent = 100 * min(GUESS / longest, machine.fit_scale(*size, margin=5.0))
        if percent > LIMITS["size"][1]:
            return _speck(longest)
        return Problem(
            "mesh.size_doubtful",
            WARNING,
            N_(
                "The model is only %(longest)s mm long; give the size it should have, "
                "for example %(percent)s %%."
            ),
            {"longest": _short(longest), "percent": _short(percent)},
            "mesh.size",
            _short(percent),
        )
    if longest > TIMES * max(machine.width, machine.depth, machine.height):
        percent = 100 * min(1.0, machine.fit_scale(*size, margin=5.0))
        return Problem(
            "mesh.size_doubtful_large",
            WARNING,
            N_(
                "The model is %(longest)s mm long, far larger than the printer; give the "
                "size it should have, for example %(percent)s %%."
            ),
            {"longest": _short(longest), "percent": _short(percent)},
            "mesh.size",
            _short(percent),
        )
    return None


def guessed_size(mesh: Mesh, unit: str | None, machine: Machine) -> float | None:
    """A length in mm to begin with, where the file's numbers can hardly be meant so.

    Generators give models about one unit long, in formats without a unit or in glTF, whose
    unit is the metre. Formats that say millimetres or inches are believed.

    Args:
        mesh: as it came, mm.
        unit: as `Loaded.unit`.

    Returns:
        For the longest side, 100 mm or what fits the printer; None: the numbers may stand.
    """
    if unit not in (None, "m"):
        return None
    low, high = box(mesh)
    size = high - low
    longest = float(size.max())
    most = max(machine.width, machine.depth, machine.height)
    beds = 1.0 if unit == "m" else TIMES
    if not longest > 0 or SMALL <= longest <= beds * most:
        return None
    return _short(min(GUESS, longest * machine.fit_scale(*size, margin=5.0)))


def _speck(longest: float) -> Problem:
    return Problem(
        "mesh.speck",
        WARNING,
        N_("The model is only %(longest)s mm long; give its longest side in mm."),
        {"longest": _short(longest)},
        "mesh.size_by",
        "bed",
    )


def _short(number: float) -> float:
    """Three digits, downwards, so that what is suggested fits."""
    step = 10.0 ** (np.floor(np.log10(number)) - 2)
    return float(f"{np.floor(number / step) * step:.12g}")
