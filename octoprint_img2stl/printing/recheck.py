"""The last look before a print begins: is everything as it was when it was checked?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..machine import Machine
from ..problems import Problem
from . import reasons
from .model import Bounds, Item
from .printer import PrinterState

TOLERANCE = 0.05  # mm: rounding of G-code coordinates
BLOCK_BYTES = 2**20


def sha256_of(path: str) -> str | None:
    """Hexadecimal hash of a file's content; None if there is no such file."""
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    return digest.hexdigest()


def printer_obstacle(printer: PrinterState) -> Problem | None:
    """Why no print can begin on the printer now, or None."""
    if printer.printing:
        return reasons.busy()
    return None if printer.ready else reasons.printer_not_ready()


def item_obstacle(item: Item, machine: Machine, sha256: str | None) -> Problem | None:
    """Why this item must not be printed on this machine now, or None.

    Args:
        sha256: of the file as it is now, None if it is gone.
    """
    if sha256 is None:
        return reasons.file_missing(item.name)
    if sha256 != item.sha256:
        return reasons.file_changed(item.name)
    if machine.fingerprint() != item.machine:
        return reasons.machine_changed(item.name)
    if not inside(item.bounds, machine):
        return reasons.out_of_bounds(item.name)
    return None


def inside(bounds: Bounds, machine: Machine) -> bool:
    """Whether the box lies within the machine's box.

    On a round bed this compares with the bed's bounding square, for a round part's box
    has corners off the bed; the slicing room has checked the true outline.
    """
    x0, y0, z0, x1, y1, z1 = bounds
    return (
        machine.x_min - TOLERANCE <= x0 <= x1 <= machine.x_max + TOLERANCE
        and machine.y_min - TOLERANCE <= y0 <= y1 <= machine.y_max + TOLERANCE
        and -TOLERANCE <= z0 <= z1 <= machine.height + TOLERANCE
    )
