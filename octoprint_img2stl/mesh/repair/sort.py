"""What each closed part is: a body, a cavity in one, a hidden shell; turned the right way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...problems import N_, Problem
from .bodies import Bodies, parents
from .model import Surface, done

SHELL_VOLUME = 0.12  # of the outer volume: a wall that holds no more is a double shell


@dataclass
class Sorted:
    """Attributes:

    surface: with parts turned and dropped.
    bodies: its parts, all positive but cavities.
    owner: (B,) int64: the part each belongs to: itself, or for a cavity what encloses it.
    changes: what was done.
    """

    surface: Surface
    bodies: Bodies
    owner: np.ndarray
    changes: list[Problem] = field(default_factory=list)
    filled: int = 0


def sort_out(
    surface: Surface, *, cavities: str, line_width: float, hidden_goes: bool = True
) -> Sorted:
    """Turn every part outward, find the cavities, drop what lies hidden in a solid.

    Args:
        surface: closed and consistently wound, part by part.
        cavities: ``keep`` or ``fill``.
        line_width: walls of a sealed double shell that are thinner cannot be printed: it
            is filled, mm.
        hidden_goes: drop what lies in a solid; else it stays as it is.
    """
    bodies = Bodies.of(surface)
    parent = parents(surface, bodies)
    count = len(bodies)
    flip = np.zeros(count, dtype=bool)
    drop = np.zeros(count, dtype=bool)
    owner = np.arange(count)
    hidden = filled = shells = 0
    positive = bodies.volume > 0
    for part in np.argsort(-np.abs(bodies.volume), kind="stable").tolist():
        above = int(parent[part])
        if above < 0:
            flip[part] = not positive[part]
            continue
        flip[part] = flip[above]  # as a whole, inside out or not
        outward = bool(positive[part]) != bool(flip[part])
        in_cavity = owner[above] != above
        if drop[above]:
            drop[part] = True
            hidden += 1
        elif in_cavity:
            if not outward:
                flip[part] = not flip[part]
        elif outward:
            drop[part] = hidden_goes
            hidden += hidden_goes
        else:
            shell = _is_double_shell(bodies, above, part, line_width)
            if cavities == "fill" or shell:
                drop[part] = True
                filled += not shell
                shells += shell
            else:
                owner[part] = above
    changes: list[Problem] = []
    outside = flip & (parent < 0)
    if outside.any():
        changes.append(
            done(
                "mesh.repair_inside_out",
                N_("Parts that were inside out were turned: %(count)s."),
                count=int(outside.sum()),
            )
        )
    if shells:
        changes.append(
            done(
                "mesh.repair_double_shell",
                N_("Hollow parts with a wall too thin to print were filled: %(count)s."),
                warn=True,
                count=shells,
            )
        )
    if filled:
        changes.append(
            done(
                "mesh.repair_cavities",
                N_("Sealed hollows that were filled: %(count)s."),
                count=filled,
            )
        )
    if hidden:
        changes.append(
            done(
                "mesh.repair_hidden",
                N_("Parts hidden inside others were dropped: %(count)s."),
                count=hidden,
            )
        )
    if not flip.any() and not drop.any():
        return Sorted(surface, bodies, owner, changes)
    faces = surface.faces.copy()
    turned = flip[bodies.label]
    faces[turned] = faces[turned][:, ::-1]
    keep = ~drop
    number = np.cumsum(keep) - 1
    kept_faces = keep[bodies.label]
    sorted_ = Bodies(
        label=number[bodies.label[kept_faces]],
        volume=np.where(flip, -bodies.volume, bodies.volume)[keep],
        area=bodies.area[keep],
        low=bodies.low[keep],
        high=bodies.high[keep],
        triangles=bodies.triangles[keep],
    )
    return Sorted(
        Surface(surface.points, faces[kept_faces]),
        sorted_,
        number[owner[keep]],
        changes,
        shells,
    )


def _is_double_shell(bodies: Bodies, outer: int, inner: int, line_width: float) -> bool:
    """Whether the wall between is thinner than a line, and next to all of it is hollow."""
    wall = abs(bodies.volume[outer]) - abs(bodies.volume[inner])
    thickness = 2 * wall / (bodies.area[outer] + bodies.area[inner])
    return thickness < line_width and wall < SHELL_VOLUME * abs(bodies.volume[outer])
