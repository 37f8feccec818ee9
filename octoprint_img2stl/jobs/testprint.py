"""A test print: a piece of the model goes to the slicer, the whole model stays as it is.

What the piece is lies in the job's `work` folder, for the step after the slicer's.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_atomic, write_json
from ..machine import Machine
from ..problems import ERROR, Problem
from ..slicing.heights import heights_of
from ..slicing.saved import SavedProfile
from ..slicing.settings import SliceSettings
from .pictures import png
from .pipeline import PREVIEW, STL, WORK

if TYPE_CHECKING:
    from ..mesh.model import Mesh
    from ..mesh.sample import Piece

WHOLE, SAMPLE, SCALED = "none", "sample", "scaled"  # of `slicing.choices.TEST_PRINTS`
PIECE_STL, PIECE_FACTS = f"{WORK}/piece.stl", f"{WORK}/piece.json"
PIECE_PICTURE = f"{WORK}/piece.png"
SCALE_FIELD = "slicing.scale_percent"
SAME = 0.01  # mm; such heights are those of one layer
PICTURE_PX = 320


def piece_of(
    mesh: Mesh,
    settings: SliceSettings,
    machine: Machine,
    saved: SavedProfile | None = None,
) -> tuple[Piece | None, list[Problem]]:
    """What is printed of a model, and what its owner should know; None: all of it.

    Args:
        saved: the profile that it is sliced with.

    Raises:
        MeshRefused: ``mesh.no_sample``, or a copy so small that it would not print.
    """
    from ..mesh.sample import sample, scaled

    if settings.test_print == SAMPLE:
        return sample(mesh), []
    if settings.test_print == SCALED:
        piece = scaled(mesh, settings.scale_percent)
        return piece, _too_small(piece, settings, machine, saved)
    return None, []


def _too_small(
    piece: Piece,
    settings: SliceSettings,
    machine: Machine,
    saved: SavedProfile | None,
) -> list[Problem]:
    """What the check for thin parts says of a smaller copy, with a percentage that does."""
    from ..mesh.checks import Printing, thin
    from ..mesh.refused import MeshRefused
    from ..mesh.subject import Subject

    printing = Printing(*heights_of(settings, machine, saved))
    said = []
    for finding in thin.check(Subject(piece.mesh, machine, printing)):
        problem = finding.problem
        enough = (
            settings.scale_percent * problem.suggest / 100 if problem.suggest else None
        )
        if enough and enough > 100:
            enough = None  # the whole model is as thin
        problem = replace(
            problem, field=SCALE_FIELD, suggest=enough and round(enough + 0.5)
        )
        if problem.severity == ERROR:
            raise MeshRefused.of(problem)
        said.append(problem)
    return said


def facts_of(piece: Piece, settings: SliceSettings) -> dict[str, Any]:
    """What of a piece is in the job's facts, JSON-able."""
    return {
        "kind": settings.test_print,
        "size": [round(side, 3) for side in piece.size],
        "percent": settings.scale_percent if settings.test_print == SCALED else None,
        "lifted": round(piece.lifted, 4),
        "scale": piece.scale,
    }


def prepare(
    folder: Path,
    settings: SliceSettings,
    machine: Machine,
    saved: SavedProfile | None = None,
) -> tuple[Path, dict[str, Any] | None, list[Problem]]:
    """The STL for the slicer, the facts of the piece that it is, and what to know of it.

    Args:
        folder: the job's, with the whole model.
        saved: the profile that it is sliced with.

    Raises:
        MeshRefused: as `piece_of`.
    """
    from ..mesh.draw import draw
    from ..mesh.load import load
    from ..mesh.stl import write_stl

    for name in (PIECE_STL, PIECE_FACTS, PIECE_PICTURE):
        (folder / name).unlink(missing_ok=True)
    if settings.test_print == WHOLE:
        return folder / STL, None, []
    piece, problems = piece_of(load(folder / STL), settings, machine, saved)
    facts = facts_of(piece, settings)
    write_stl(piece.mesh, folder / PIECE_STL)
    write_atomic(folder / PIECE_PICTURE, png(draw(piece.mesh, PICTURE_PX)))
    write_json(folder / PIECE_FACTS, facts)
    return folder / PIECE_STL, facts, problems


def picture(folder: Path) -> Path:
    """The picture that goes into the G-code: of the piece, if it is one."""
    piece = folder / PIECE_PICTURE
    return piece if piece.is_file() else folder / PREVIEW


def changes_of(
    folder: Path, changes: tuple[float, ...], first_layer: float
) -> tuple[float, ...]:
    """The heights of a model at which another filament is loaded, as they are in its piece.

    Those that come before the piece begins are dropped.

    Args:
        first_layer: where the piece's first layer ends, mm.
    """
    path = folder / PIECE_FACTS
    if not path.is_file():
        return changes
    facts = json.loads(path.read_text())
    moved = [round((z - facts["lifted"]) * facts["scale"], 4) for z in changes]
    return tuple(z for z in moved if z > first_layer + SAME)
