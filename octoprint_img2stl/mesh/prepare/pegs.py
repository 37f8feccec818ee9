"""Pegs on one half and holes in the other, where the section has room for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manifold3d import CrossSection, Manifold, OpType

from .section import deepest

RADII = (4.0, 3.0, 2.5, 2.0, 1.5, 1.0)  # tried from the thickest, mm
WALL = 1.2  # what stays round a hole, mm: about three printed lines
DEPTH = 2.0  # length over radius, on either side of the cut
ROOT = 0.5  # how far a peg starts inside its half, of its length
SPARE = 0.5  # a hole is deeper than its peg, mm
APART = 3.0  # distance of two pegs, in radii at least
TIP = 0.85  # radius of the tip over that of the peg
SEGMENTS = 48


@dataclass(frozen=True)
class Pegs:
    """Where pegs go: middles (N, 2) in the plane of the cut, their radius and length, mm."""

    middles: tuple[tuple[float, float], ...]
    radius: float
    length: float


def longest() -> float:
    """What a peg may add to the height of its half, mm."""
    return max(RADII) * DEPTH


def find(solid: Manifold, height: float, clearance: float, share: float) -> Pegs | None:
    """The thickest two pegs that fit at the height, one where no two do, else None.

    Args:
        share: of the model's height that may be taken by a peg's length on either side.
    """
    one = None
    for radius in RADII:
        length = min(DEPTH * radius, share)
        if length < radius / 2:
            continue
        room = _room(solid, height, length, radius + clearance + WALL)
        middles = _farthest_two(room)
        if len(middles) == 2:
            gap = np.hypot(*np.subtract(*middles))
            if gap >= APART * radius:
                return Pegs(tuple(middles), radius, length)
        if middles and one is None:
            one = Pegs((deepest(room),), radius, length)
    return one


def bodies(pegs: Pegs, height: float, clearance: float) -> tuple[Manifold, Manifold]:
    """What is added to the lower half and what is taken from the upper one."""
    root = ROOT * pegs.length
    peg = Manifold.cylinder(root, pegs.radius, circular_segments=SEGMENTS)
    tip = Manifold.cylinder(
        pegs.length, pegs.radius, pegs.radius * TIP, circular_segments=SEGMENTS
    )
    peg = peg + tip.translate((0, 0, root))
    hole = Manifold.cylinder(
        pegs.length + SPARE + 1.0,
        pegs.radius + clearance,
        circular_segments=SEGMENTS,
    )
    return (
        _at(peg, pegs.middles, height - root),
        # A little below the cut as well, so that no skin is left over the hole.
        _at(hole, pegs.middles, height - 1.0),
    )


def _at(body: Manifold, middles: Sequence[tuple[float, float]], z: float) -> Manifold:
    return Manifold.batch_boolean(
        [body.translate((x, y, z)) for x, y in middles], OpType.Add
    )


def _room(solid: Manifold, height, length, inset) -> CrossSection:
    """Where a peg's middle may be: inside the solid along its whole length."""
    below, above = height - length * ROOT, height + length + SPARE + WALL
    sections = [solid.slice(float(z)) for z in np.linspace(below, above, 5)]
    sections.append(solid.slice(height))
    shared = CrossSection.batch_boolean(sections, OpType.Intersect)
    return shared.offset(-inset, circular_segments=SEGMENTS)


def _farthest_two(room: CrossSection) -> list[tuple[float, float]]:
    """Two corners of the room far apart: opposite ends of it, seen from its middle."""
    outlines = room.to_polygons()
    if room.is_empty() or not outlines:
        return []
    points = np.concatenate([np.asarray(each) for each in outlines])
    first = points[np.hypot(*(points - points.mean(axis=0)).T).argmax()]
    second = points[np.hypot(*(points - first).T).argmax()]
    return [tuple(map(float, first)), tuple(map(float, second))]
