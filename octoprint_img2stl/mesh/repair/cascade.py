"""The repair, from the lightest touch to the heaviest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...problems import N_, Problem
from ..kernel import NotASolid, from_kernel, to_kernel
from ..model import Mesh, weld
from ..refused import MeshRefused
from ..settings import MeshSettings
from ..topology import edge_facts
from .bodies import Bodies
from .close import Closed, close, sew
from .floaters import sweep
from .gate import Gate, Verdict
from .geometry import areas, diagonal, volumes
from .model import Floater, Repaired, Surface, done
from .separate import strict_mesh
from .sort import sort_out
from .tidy import drop_idle, join_near
from .union import united
from .wrap import wrapped

THICKEST = 0.016  # of the diagonal: a thickened sheet stays within 1 % of where it was
NET_ERROR = 0.0005  # of the diagonal: what simplifying a wrap may move
LINES = 2  # a printable wall, in line widths


@dataclass
class Candidate:
    """One way to repair, and what came of it."""

    mesh: Mesh
    stage: str
    changes: list[Problem]
    verdict: Verdict
    closed: Closed | None = None
    floaters: list[Floater] = field(default_factory=list)


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
        raise _beyond(N_("%(name)s has no surface; choose another file."))
    progress(0.02)
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
            raise _beyond(N_("Nothing is left when faces that cancel are dropped."))
    progress(0.1)
    gate = Gate(Surface.of(mesh))
    best: Candidate | None = None
    ways = [settings.openings]
    if not sound:
        ways.append("thicken" if settings.openings == "cap" else "cap")
    for number, way in enumerate(ways):
        made = _lightly(
            mesh, surface, sound, list(changes), gate, settings, way, line_width
        )
        progress(0.1 + 0.4 * (number + 1) / len(ways))
        best = _better(best, made)
        if best and best.verdict.faithful:
            break
        if made and made.closed and not (made.closed.openings or made.closed.sheets):
            break  # the other way would be the same
    if best is None or not best.verdict.faithful:
        best = _wrapped(surface, changes, gate, settings, line_width, memory_bytes, best)
    progress(0.95)
    if best is None:
        raise _beyond(
            N_("The surface cannot be closed; repair it in a modelling program first.")
        )
    progress(1.0)
    return _result(mesh, best)


def _lightly(
    mesh: Mesh,
    surface: Surface,
    sound: bool,
    changes: list[Problem],
    gate: Gate,
    settings: MeshSettings,
    openings: str,
    line_width: float,
) -> Candidate | None:
    """Part by part, keeping every vertex where it is as far as may be."""
    keep = settings.keep_floaters
    args = (mesh, surface, sound, changes, gate, settings, openings, line_width)
    made = _part_by_part(*args, keep)
    dropped = made and any(not floater.kept for floater in made.floaters)
    if dropped and not made.verdict.faithful:
        # They were more of what can be seen than they seemed.
        made = _better(made, _part_by_part(*args, True))
    return made


def _part_by_part(
    mesh: Mesh,
    surface: Surface,
    sound: bool,
    changes: list[Problem],
    gate: Gate,
    settings: MeshSettings,
    openings: str,
    line_width: float,
    keep_floaters: bool,
) -> Candidate | None:
    if sound:
        closed = Closed(surface)
    else:
        closed = close(
            surface,
            openings=openings,
            thickness=_sheet(settings, line_width, gate.size),
            line_width=line_width,
        )
    if not len(closed.surface.faces):
        return None
    changes = changes + closed.changes
    stage = "light"
    if closed.capped:
        stage = "filled"
    sorted_ = sort_out(closed.surface, cavities=settings.cavities, line_width=line_width)
    changes += sorted_.changes
    surface = sorted_.surface
    swept = sweep(surface, sorted_.bodies, sorted_.owner, keep=keep_floaters)
    changes += swept.changes
    if len(swept.surface.faces) < len(surface.faces):
        surface = swept.surface
        sorted_ = sort_out(surface, cavities="keep", line_width=0)
    whole, joined, failed = united(sorted_.surface, sorted_.bodies, sorted_.owner)
    if joined:
        stage = "united"
    if closed.sheets:
        stage = "thickened"
    if sound and not joined and not sorted_.changes and not swept.changes:
        return Candidate(mesh, "clean", [], Verdict(0, 0, 0), closed, swept.floaters)
    strict = strict_mesh(whole)
    if strict is None and joined:
        strict, joined = strict_mesh(sorted_.surface), 0
    if strict is None:
        return None
    made, _ = strict
    if joined:
        changes.append(
            done(
                "mesh.repair_united",
                N_("%(count)s parts that reach into each other were joined into one."),
                count=joined,
            )
        )
    found = Surface.of(made)
    if volumes(found).sum() <= 0:
        return None
    return Candidate(made, stage, changes, gate.judge(found), closed, swept.floaters)


def _wrapped(
    surface: Surface,
    changes: list[Problem],
    gate: Gate,
    settings: MeshSettings,
    line_width: float,
    memory_bytes: int | None,
    best: Candidate | None,
) -> Candidate | None:
    """A new surface around it; of both kinds and what was there, what lost least."""
    ways = (True, False) if settings.openings == "cap" else (False,)
    oriented = sew(surface).surface
    for inside_by_rays in ways:
        thickness = _sheet(settings, line_width, gate.size)
        net = wrapped(
            oriented,
            thickness=thickness,
            inside_by_rays=inside_by_rays,
            memory_bytes=memory_bytes,
        )
        made = _net_candidate(net, list(changes), gate, settings)
        best = _better(best, made)
        if made and made.verdict.faithful:
            break
    return best


def _net_candidate(
    net: Surface | None, changes: list[Problem], gate: Gate, settings: MeshSettings
) -> Candidate | None:
    strict = strict_mesh(net) if net is not None else None
    if strict is None:
        return None
    made = simplified(strict[0], NET_ERROR * gate.size)
    surface = Surface.of(made)
    bodies = Bodies.of(surface)
    swept = sweep(surface, bodies, np.arange(len(bodies)), keep=settings.keep_floaters)
    if len(swept.surface.faces) < len(surface.faces):
        surface = swept.surface
        made = weld(made.vertices[surface.faces])
    if volumes(surface).sum() <= 0:
        return None
    changes.append(
        done(
            "mesh.repair_wrapped",
            N_(
                "The surface was too damaged to mend; a new one was laid around it, which "
                "rounds sharp edges. Compare it with the original."
            ),
            warn=True,
        )
    )
    return Candidate(
        made,
        "wrapped",
        changes + swept.changes,
        gate.judge(surface),
        None,
        swept.floaters,
    )


def simplified(mesh: Mesh, max_error: float) -> Mesh:
    """Fewer triangles, none moved further than `max_error`, mm; as it was if that fails."""
    try:
        made = from_kernel(to_kernel(mesh).simplify(max_error))
    except NotASolid:
        return mesh
    return made if len(made.faces) < len(mesh.faces) else mesh


def _sheet(settings: MeshSettings, line_width: float, size: float) -> float:
    """How thick a surface without thickness becomes, mm."""
    if settings.sheet:
        return settings.sheet
    return min(LINES * line_width, THICKEST * size)


def _better(one: Candidate | None, other: Candidate | None) -> Candidate | None:
    if one is None or other is None:
        return one or other
    return other if other.verdict.lost_percent < one.verdict.lost_percent else one


def _result(mesh: Mesh, best: Candidate) -> Repaired:
    closed = best.closed
    caps = closed.caps if closed else None
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
        caps=caps,
        strict=not (edges.open or edges.crowded or edges.flipped),
    )


def _beyond(why: str) -> MeshRefused:
    return MeshRefused("mesh.beyond_repair", why)
