"""Small loose parts away from the body: dropped and listed, or kept and listed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from ...problems import N_, Problem
from .bodies import Bodies
from .geometry import diagonal, sample
from .model import Floater, Surface, done

SMALL = 0.01  # of the largest body's volume
TOUCHING = 0.002  # of the diagonal: nearer to the body is part of it
STANDING = 0.002  # of the height: what reaches down that far stands on the bed itself
MOST_AREA = 0.007  # of the whole, all together: beyond, they are part of the model
BODY_SAMPLES = 20000


@dataclass
class Swept:
    """Attributes:

    surface: without what was dropped.
    floaters: dropped or kept.
    changes: what was done.
    """

    surface: Surface
    floaters: list[Floater] = field(default_factory=list)
    changes: list[Problem] = field(default_factory=list)


def sweep(surface: Surface, bodies: Bodies, owner: np.ndarray, *, keep: bool) -> Swept:
    """Find the floaters and drop them, unless `keep`.

    Args:
        owner: (B,) as in `Sorted`: a cavity goes with what encloses it.
    """
    result = Swept(surface)
    own = owner == np.arange(len(bodies))
    largest = bodies.volume[own].max()
    small = own & (bodies.volume < SMALL * largest)
    if not small.any():
        return result
    bottom, top = bodies.low[:, 2].min(), bodies.high[:, 2].max()
    small &= bodies.low[:, 2] > bottom + STANDING * (top - bottom)
    small = np.flatnonzero(small & _away(surface, bodies, small, owner))
    small = small[np.argsort(bodies.area[small], kind="stable")]
    if not len(small):
        return result
    within = np.cumsum(bodies.area[small]) <= MOST_AREA * bodies.area.sum()
    dropped = small[within & (not keep)]
    gone = np.isin(owner, dropped)
    result.floaters = [
        Floater(
            low=tuple(bodies.low[part].tolist()),
            high=tuple(bodies.high[part].tolist()),
            volume=float(bodies.volume[part]),
            triangles=int(bodies.triangles[part]),
            kept=not gone[part],
        )
        for part in small.tolist()
    ]
    if len(dropped):
        result.surface = surface.keep(~gone[bodies.label])
        result.changes.append(
            done(
                "mesh.repair_floaters",
                N_(
                    "Small loose parts away from the body were dropped: %(count)s; choose "
                    "to keep them if they belong to the model."
                ),
                warn=True,
                count=len(dropped),
            )
        )
    kept = len(small) - len(dropped)
    if kept:
        result.changes.append(
            done(
                "mesh.repair_floaters_kept",
                N_("Small loose parts away from the body were kept: %(count)s."),
                count=kept,
            )
        )
    return result


def _away(
    surface: Surface, bodies: Bodies, small: np.ndarray, owner: np.ndarray
) -> np.ndarray:
    """(B,) bool: small parts that touch nothing large, nor a small part that does."""
    reach = TOUCHING * diagonal(np.concatenate((bodies.low, bodies.high)))
    large = ~small[owner]
    faces = large[bodies.label]
    points, _ = sample(surface.keep(faces), BODY_SAMPLES)
    corners = surface.points[np.unique(surface.faces[faces])]
    if len(corners) > 4 * BODY_SAMPLES:
        corners = corners[:: len(corners) // (4 * BODY_SAMPLES) + 1]
    tree = cKDTree(np.concatenate((points, corners)))
    away = np.zeros(len(bodies), dtype=bool)
    order = np.argsort(bodies.label, kind="stable")
    first = np.searchsorted(bodies.label[order], np.arange(len(bodies) + 1))
    for part in np.flatnonzero(small).tolist():
        mine = surface.keep(order[first[part] : first[part + 1]])
        probes = np.concatenate(
            (mine.points[np.unique(mine.faces)], sample(mine, 200)[0])
        )
        nearest, _ = tree.query(probes)
        away[part] = nearest.min() > reach
    return away
