"""The repair, from the lightest touch to the heaviest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ...problems import N_
from ..model import Mesh
from ..refused import MeshRefused
from ..settings import MeshSettings
from ..topology import edge_facts
from .candidates import (
    Candidate,
    Work,
    better,
    filled_shell,
    net_around,
    part_by_part,
    rebuilt_parts,
)
from .gate import Gate
from .geometry import areas, diagonal, volumes
from .model import Repaired, Surface, done
from .native import can_uncross, uncrossed
from .separate import strict_mesh
from .tidy import drop_idle, join_near


def repair(
    mesh: Mesh,
    *,
    settings: MeshSettings | None = None,
    line_width: float = 0.45,
    progress: Callable[[float], None] = lambda fraction: None,
    memory_bytes: int | None = None,
) -> Repaired:
    """Make a mesh a solid that can be sliced, changing as little as possible.

    Args:
        mesh: as loaded, mm.
        settings: those of the repair count: openings, sheet, cavities, keep_floaters.
        line_width: of the printer, mm.
        progress: called with the share that is done, 0 to 1.
        memory_bytes: what may be used; little means a coarser last resort.

    Raises:
        MeshRefused: `mesh.beyond_repair`, saying why.
    """
    settings = settings or MeshSettings()
    if not len(mesh.faces) or diagonal(mesh.vertices) <= 0:
        raise _beyond(N_("The model has no surface; choose another file."))
    progress(0.02)
    work = _tidied(mesh, settings, line_width, memory_bytes)
    progress(0.1)
    best: Candidate | None = None
    for share, made in _candidates(work):
        progress(share)
        best = better(best, made)
        if best and best.verdict.faithful:
            break
    if best is None:
        raise _beyond(
            N_(
                "The surface encloses nothing and cannot be closed; repair it in a "
                "modelling program first."
            )
        )
    best = filled_shell(work, best) or best
    crossing = None
    if can_uncross():
        best, crossing = _uncrossed(work, best)
    progress(1.0)
    return _result(best, crossing)


def _tidied(
    mesh: Mesh, settings: MeshSettings, line_width: float, memory_bytes: int | None
) -> Work:
    edges = edge_facts(mesh)
    sound = not (edges.open or edges.crowded or edges.flipped)
    surface, changes = Surface.of(mesh), []
    if not sound:
        if edges.open:
            surface, more = join_near(surface)
            changes += more
        surface, more = drop_idle(surface)
        changes += more
        if not len(surface.faces):
            raise _beyond(
                N_("Nothing is left without the faces that cancel; choose another file.")
            )
    gate = Gate(Surface.of(mesh))
    return Work(
        mesh, surface, sound, tuple(changes), gate, settings, line_width, memory_bytes
    )


def _candidates(work: Work) -> Iterator[tuple[float, Candidate | None]]:
    """Ways to repair it, lightest first, each made only when it is asked for."""
    wanted = work.settings.openings
    made = part_by_part(work, wanted)
    yield 0.4, made
    if not work.sound:
        if made is None or made.closed.openings or made.closed.sheets:
            other = "thicken" if wanted == "cap" else "cap"
            yield 0.5, part_by_part(work, other)
        if any(change.code == "mesh.repair_back_to_back" for change in work.changes):
            yield 0.55, part_by_part(_with_sheets(work), wanted)
    # What one part hid of another could be seen.
    yield 0.6, part_by_part(work, wanted, unite=False)
    if not work.sound:
        yield 0.7, rebuilt_parts(work)
    if wanted == "cap":
        yield 0.8, net_around(work, inside_by_rays=True)
    yield 0.9, net_around(work, inside_by_rays=False)


def _with_sheets(work: Work) -> Work:
    """Faces that lie back to back may be a wall that can be seen: one of two stays."""
    surface, changes = join_near(Surface.of(work.mesh))
    surface, more = drop_idle(surface, one_stays=True)
    return replace(work, surface=surface, changes=(*changes, *more))


def _uncrossed(work: Work, best: Candidate) -> tuple[Candidate, int | None]:
    """Resolve self-intersections, where the extra for it is installed and the gate agrees.

    Returns:
        The better candidate, and how many faces still cross others, None if not known.
    """
    found = uncrossed(Surface.of(best.mesh))
    if found is None:
        return best, None
    surface, before, after = found
    if surface is None or after >= before:
        return best, before
    strict = strict_mesh(surface)
    if strict is None:
        return best, before
    made = Surface.of(strict[0])
    verdict = work.gate.judge(made)
    if volumes(made).sum() <= 0 or not verdict.faithful:
        return best, before
    change = done(
        "mesh.repair_uncrossed",
        N_("Faces that passed through others were cut and joined: %(count)s."),
        count=before - after,
    )
    stage = "united" if best.stage in ("clean", "light", "filled") else best.stage
    changes = [*best.changes, change]
    return (
        replace(best, mesh=strict[0], stage=stage, changes=changes, verdict=verdict),
        after,
    )


def _result(best: Candidate, crossing: int | None) -> Repaired:
    closed = best.closed
    share = 0.0
    if closed and closed.caps_area:
        share = 100 * closed.caps_area / float(areas(Surface.of(best.mesh)).sum())
    edges = edge_facts(best.mesh)
    return Repaired(
        mesh=best.mesh,
        stage=best.stage,
        changes=tuple(best.changes),
        lost_percent=best.verdict.lost_percent,
        added_percent=best.verdict.added_percent,
        largest_move=best.verdict.largest_move,
        floaters=tuple(best.floaters),
        caps_percent=min(share, 100.0),
        caps=closed.caps if closed else None,
        strict=not (edges.open or edges.crowded or edges.flipped),
        self_intersections=crossing,
    )


def _beyond(why: str) -> MeshRefused:
    return MeshRefused("mesh.beyond_repair", why)
