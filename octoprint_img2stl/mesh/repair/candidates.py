"""The ways in which a mesh can be made solid; each gives a candidate for the gate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from manifold3d import Manifold

from ...problems import N_, Problem
from ..kernel import NotASolid, from_kernel, to_kernel
from ..model import Mesh, weld
from ..settings import MeshSettings
from .bodies import Bodies, labels
from .close import Closed, close, sew
from .floaters import sweep
from .gate import Gate, Verdict
from .geometry import areas, volumes
from .model import Floater, Surface, done
from .native import rebuilt
from .separate import strict_mesh
from .sort import SHELL_VOLUME, sort_out
from .union import together, united
from .wrap import wrapped

THICKEST = 0.016  # of the diagonal: a thickened sheet stays within 1 % of where it was
MOST_SHEETS = 2000
LINES = 2  # a printable wall, in line widths
SHELL_WALL = 0.005  # of the diagonal: a mean wall below is a shell
SHELL_BULK = 0.04  # of the diagonal: mean thickness of a filled shell; of a sheet: 0.01
SHELL_OPENING = 0.05  # of the diagonal, at most, for a shell to count as closed
NET_ERROR = 0.0005  # of the diagonal: what simplifying a wrap may move


@dataclass(frozen=True, eq=False)
class Work:
    """What every way starts from.

    Attributes:
        mesh: as it came.
        surface: the same, tidied.
        sound: whether each edge had two opposite faces from the start.
        changes: what tidying did.
        gate: knows the mesh as it came.
        settings, line_width, memory_bytes: as for `repair`.
    """

    mesh: Mesh
    surface: Surface
    sound: bool
    changes: tuple[Problem, ...]
    gate: Gate
    settings: MeshSettings
    line_width: float
    memory_bytes: int | None

    @property
    def thickness(self) -> float:
        """How thick a surface without thickness becomes, mm."""
        if self.settings.sheet:
            return self.settings.sheet
        return min(LINES * self.line_width, THICKEST * self.gate.size)


@dataclass
class Candidate:
    """One way to repair, and what came of it."""

    mesh: Mesh
    stage: str
    changes: list[Problem]
    verdict: Verdict
    closed: Closed | None = None
    floaters: list[Floater] = field(default_factory=list)


def better(one: Candidate | None, other: Candidate | None) -> Candidate | None:
    """The one that lost less; the first, if neither or both are faithful enough to keep."""
    if one is None or other is None:
        return one or other
    return other if other.verdict.lost_percent < one.verdict.lost_percent else one


def part_by_part(work: Work, openings: str, *, unite: bool = True) -> Candidate | None:
    """Close each part, keeping every vertex where it is as far as may be.

    Args:
        unite: make one solid of parts that reach into each other; else the slicer has to,
            and what can be seen through an opening of one stays.
    """
    if work.sound:
        closed = Closed(work.surface)
    else:
        closed = close(
            work.surface,
            openings=openings,
            thickness=work.thickness,
            line_width=work.line_width,
        )
    # Uniting so many would take minutes; the slicer does it layer by layer.
    unite = unite and closed.sheets <= MOST_SHEETS
    return _as_solid(work, closed, "filled" if closed.capped else "light", unite)


def rebuilt_parts(work: Work) -> Candidate | None:
    """Parts with rims, each closed and cleaned by pymeshfix; the others as they are."""
    surface = sew(work.surface).surface
    label = labels(surface)
    count = int(label.max()) + 1
    start, end = surface.faces, np.roll(surface.faces, -1, axis=1)
    keys = (
        np.minimum(start, end).astype(np.int64) * len(surface.points)
        + np.maximum(start, end)
    ).ravel()
    _, edge, sides = np.unique(keys, return_inverse=True, return_counts=True)
    open_ = np.zeros(count, dtype=bool)
    open_[label[np.flatnonzero(sides[edge] != 2) // 3]] = True
    if not open_.any():
        return None
    damaged = open_[label]
    made = rebuilt(surface.keep(damaged), label[damaged])
    if made is None:
        return None
    mended, _ = made
    parts = [mended] if damaged.all() else [surface.keep(~damaged), mended]
    closed = Closed(together(parts))
    closed.changes.append(
        done(
            "mesh.repair_rebuilt",
            N_("Damaged parts that were built up again: %(count)s."),
            warn=True,
            count=int(open_.sum()),
        )
    )
    return _as_solid(work, closed, "mended")


def _as_solid(
    work: Work, closed: Closed, stage: str, unite: bool = True
) -> Candidate | None:
    made = _finished(work, closed, stage, unite, work.settings.keep_floaters)
    dropped = made and any(not floater.kept for floater in made.floaters)
    if dropped and not made.verdict.faithful:
        # They were more of what can be seen than they seemed.
        made = better(made, _finished(work, closed, stage, unite, True))
    return made


def _finished(
    work: Work, closed: Closed, stage: str, unite: bool, keep_floaters: bool
) -> Candidate | None:
    """From closed parts to one strict mesh."""
    if not len(closed.surface.faces):
        return None
    changes = [*work.changes, *closed.changes]
    parts = sort_out(
        closed.surface,
        cavities=work.settings.cavities,
        line_width=work.line_width,
        hidden_goes=unite,
    )
    changes += parts.changes
    swept = sweep(parts.surface, parts.bodies, parts.owner, keep=keep_floaters)
    changes += swept.changes
    untouched = work.sound and not parts.changes
    if len(swept.surface.faces) < len(parts.surface.faces):
        untouched = False
        parts = sort_out(swept.surface, cavities="keep", line_width=0, hidden_goes=unite)
    whole, joined = parts.surface, 0
    if unite:
        whole, joined, _ = united(parts.surface, parts.bodies, parts.owner)
    if untouched and not joined:
        return Candidate(
            work.mesh, "clean", changes, Verdict(0, 0, 0), closed, swept.floaters
        )
    strict = strict_mesh(whole)
    if strict is None and joined:
        strict, joined = strict_mesh(parts.surface), 0
    if strict is None:
        return None
    made = Surface.of(strict[0])
    if volumes(made).sum() <= 0:
        return None
    if joined:
        stage = "united"
        changes.append(
            done(
                "mesh.repair_united",
                N_("Parts that reach into each other were joined: %(count)s."),
                count=joined,
            )
        )
    if closed.sheets:
        stage = "thickened"
    return Candidate(
        strict[0], stage, changes, work.gate.judge(made), closed, swept.floaters
    )


def filled_shell(work: Work, best: Candidate) -> Candidate | None:
    """A body that is all wall, thinner than a line, filled; None where that is not so.

    Both sides of such a wall hang together through an opening somewhere, so there is no
    cavity to drop. A cup or a bent sheet is none: it holds little more when filled.
    """
    mesh = Surface.of(best.mesh)
    volume, area = volumes(mesh).sum(), areas(mesh).sum()
    wall = 2 * volume / area
    if wall >= min(work.line_width, SHELL_WALL * work.gate.size):
        return None
    hull = Manifold.hull_points(best.mesh.vertices.astype(np.float64))
    if hull.volume() * SHELL_VOLUME < volume:
        return None  # a plate or a bar: nothing to fill
    net = wrapped(
        mesh,
        thickness=work.thickness,
        inside_by_rays=False,
        closing=SHELL_OPENING * work.gate.size,
        memory_bytes=0,  # coarse will do to tell, and rounds no more than the filling
    )
    if net is None or volumes(net).sum() * SHELL_VOLUME < volume:
        return None
    # The net's own sheets are thicker than the wall; only what is bulky was hollow.
    bulk = 2 * volumes(net).sum() / areas(net).sum()
    if bulk < SHELL_BULK * work.gate.size:
        return None
    strict = strict_mesh(net)
    if strict is None:
        return None
    made = simplified(strict[0], NET_ERROR * work.gate.size)
    verdict = work.gate.judge(Surface.of(made))
    if not verdict.faithful:
        return None
    change = done(
        "mesh.repair_shell",
        N_(
            "The model was a shell with a wall of %(wall)s mm, too thin to print; it was "
            "filled."
        ),
        warn=True,
        wall=round(float(wall), 2),
    )
    changes = [*best.changes, change]
    return Candidate(made, "wrapped", changes, verdict, None, best.floaters)


def net_around(work: Work, *, inside_by_rays: bool) -> Candidate | None:
    """A new surface laid around everything."""
    net = wrapped(
        sew(work.surface).surface,
        thickness=work.thickness,
        inside_by_rays=inside_by_rays,
        memory_bytes=work.memory_bytes,
    )
    strict = strict_mesh(net) if net is not None else None
    if strict is None:
        return None
    made = simplified(strict[0], NET_ERROR * work.gate.size)
    surface = Surface.of(made)
    bodies = Bodies.of(surface)
    swept = sweep(
        surface, bodies, np.arange(len(bodies)), keep=work.settings.keep_floaters
    )
    if len(swept.surface.faces) < len(surface.faces):
        surface = swept.surface
        made = weld(made.vertices[surface.faces])
    if volumes(surface).sum() <= 0:
        return None
    changes = [
        *work.changes,
        done(
            "mesh.repair_wrapped",
            N_(
                "The surface was too damaged to mend; a new one was laid around it, which "
                "rounds sharp edges. Compare it with the original."
            ),
            warn=True,
        ),
        *swept.changes,
    ]
    verdict = work.gate.judge(surface)
    return Candidate(made, "wrapped", changes, verdict, None, swept.floaters)


def simplified(mesh: Mesh, max_error: float) -> Mesh:
    """Fewer triangles, none moved further than `max_error`, mm; as it was if that fails."""
    try:
        made = from_kernel(to_kernel(mesh).simplify(max_error))
    except NotASolid:
        return mesh
    return made if len(made.faces) < len(mesh.faces) else mesh
