"""All operations in their order, each only where it was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...machine import Machine
from ...problems import N_, WARNING, Problem
from ..kernel import NotASolid
from ..model import Mesh
from ..settings import MeshSettings
from . import (
    base_cut,
    copies,
    hollow,
    mirror,
    plinth,
    simplify,
    size,
    smooth,
    split,
    turn,
    unit,
)
from .step import Step, box, placed

Operation = Callable[[Mesh, MeshSettings, Machine], Step]


@dataclass(frozen=True)
class Entry:
    """An operation of the table.

    Attributes:
        name: the setting that asks for it.
        apply: does it; gives the same mesh back where there is nothing to do.
        weight: about how long it takes beside the others.
        needs_solid: what to say where the mesh has no inside; None where none is needed.
    """

    name: str
    apply: Operation
    weight: float = 1.0
    needs_solid: str | None = None


# The base is cut and the plinth joined before hollowing: the floor gets its wall, and the
# drain goes through the plinth.
OPERATIONS: tuple[Entry, ...] = (
    Entry("unit", unit.apply),
    Entry("mirror", mirror.apply),
    Entry("turn", turn.apply),
    Entry("size", size.apply),
    Entry("smooth", smooth.apply, 2.0),
    Entry("simplify", simplify.apply, 10.0),
    Entry(
        "base_cut",
        base_cut.apply,
        2.0,
        N_("The base was not cut because the model is not closed; let it be repaired."),
    ),
    Entry(
        "plinth",
        plinth.apply,
        2.0,
        N_("No plinth was added because the model is not closed; let it be repaired."),
    ),
    Entry(
        "hollow",
        hollow.apply,
        6.0,
        N_("The model was not hollowed because it is not closed; let it be repaired."),
    ),
    Entry(
        "split",
        split.apply,
        3.0,
        N_("The model was not cut in two because it is not closed; let it be repaired."),
    ),
)
AS_IT_CAME = ("unit", "mirror")


@dataclass(frozen=True, eq=False)
class Prepared:
    """A mesh ready for the printer.

    Attributes:
        mesh: all copies, lowest point on z = 0, centred on x = y = 0.
        single: one copy, placed the same way.
        size: of the single one, mm.
        notes: what was done or could not be done.
        deviation: how far simplifying moved the surface at most, mm; None: it did not.
        placements: of the copies: x, y (mm) and turn about z (degrees) of each.
    """

    mesh: Mesh
    single: Mesh
    size: tuple[float, float, float]
    notes: tuple[Problem, ...]
    deviation: float | None
    placements: tuple[tuple[float, float, float], ...]


def prepare(
    mesh: Mesh,
    settings: MeshSettings,
    machine: Machine,
    *,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Prepared:
    """Make a mesh ready: every operation that was chosen, in the order of the table.

    A mesh without an inside gets those that need none, and a note for each that does.

    Args:
        mesh: as it came or was repaired. Where its format says a unit and an up, it is in
            mm and upright already and `settings` say mm and z.
        progress: is told the fraction done, 0 to 1.

    Raises:
        MeshRefused: what was chosen leaves nothing or cannot be, with its setting.
    """
    total = sum(entry.weight for entry in OPERATIONS) + 1.0
    notes: list[Problem] = []
    deviation = None
    done = 0.0
    progress(0.0)
    for entry in OPERATIONS:
        try:
            step = entry.apply(mesh, settings, machine)
        except NotASolid:
            if entry.needs_solid is None:
                raise
            step = Step(mesh, (_not_a_solid(entry),))
        mesh = step.mesh
        notes.extend(step.notes)
        deviation = step.deviation if step.deviation is not None else deviation
        done += entry.weight
        progress(done / total)
    single = placed(mesh)
    arranged = copies.apply(single, settings, machine)
    notes.extend(arranged.notes)
    low, high = box(single)
    progress(1.0)
    return Prepared(
        mesh=arranged.mesh,
        single=single,
        size=tuple((high - low).tolist()),
        notes=tuple(notes),
        deviation=deviation,
        placements=arranged.placements,
    )


def as_it_came(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Mesh:
    """The mesh in millimetres, upright and mirrored: what `settings.turn` is applied to."""
    for entry in OPERATIONS:
        if entry.name in AS_IT_CAME:
            mesh = entry.apply(mesh, settings, machine).mesh
    return mesh


def _not_a_solid(entry: Entry) -> Problem:
    return Problem(
        f"mesh.{entry.name}_needs_solid",
        WARNING,
        entry.needs_solid,
        {},
        "mesh.repair",
        "auto",
    )
