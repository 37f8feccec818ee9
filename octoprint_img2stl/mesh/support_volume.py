"""What supports would take: plastic, for those from the bed only and for those everywhere.

From the layers, from the top down: what a layer reaches out over the one below by more than
45 degrees is held, with a margin around, and what is held stays held down to the model or
the bed. Slicers fill that with a loose pattern, some draw a line around it, and the layers
next to the model are dense; `Style` says how much of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manifold3d import CrossSection

from .layers import Slicer
from .measure import MeshFacts
from .spans import held_direction

SLABS = 64  # a model is looked at in so many steps at most
REACH = (
    1.1  # of its height, what a layer may reach out: 45 degrees, and what rounding does
)
STRIP = 1.5  # of its height: a slope's part of a layer, of which only the rim is too much
ROUGH = 0.1  # mm that outlines are straightened by at most, and of a step:
ROUGH_SHARE = 0.1
SPECK = 0.3  # mm²; smaller parts of a layer need nothing below them
ANCHOR = 1.0  # mm beyond its end that a bridging line must find the layer below
SEGMENTS = 16
MOST_PARTS = 60  # of a layer that hang over and are looked at for bridges


@dataclass(frozen=True)
class Style:
    """How a slicer makes supports.

    Attributes:
        density: share of their inside that becomes plastic.
        sheath: width of the line drawn around them, mm; 0: none.
        dense: plastic that the dense layers at the model take, mm³ per mm².
        margin: how far they reach out beyond what they hold, mm.
        gap: to upright walls of the model, mm.
        under_bridges: whether they hold what hangs on the model, too; otherwise only
            `edge` mm along its free sides, the rest being printed as a bridge.
    """

    density: float
    sheath: float
    dense: float
    margin: float
    gap: float
    under_bridges: bool
    edge: float = 0.0


@dataclass(frozen=True)
class Supports:
    """Plastic of supports, mm³, and the share of what hangs over that the bed reaches."""

    plate: float
    everywhere: float
    reached: float


def supports(slicer: Slicer, facts: MeshFacts, layer: float, style: Style) -> Supports:
    """Work out what supports take.

    Args:
        slicer, facts: of a closed mesh with positive volume.
        layer: height of a layer, mm.
    """
    low, height = facts.low[2], facts.size[2]
    step = max(layer, height / SLABS)
    count = max(1, int(np.ceil(height / step - 1e-6)))
    step = height / count
    rough = min(ROUGH, ROUGH_SHARE * step)
    sections = [slicer.at(low + (k + 0.5) * step).simplify(rough) for k in range(count)]
    shades = _shades(sections)
    plate, everywhere = _Held(style), _Held(style)
    hung = reached = 0.0
    for k in range(count - 1, 0, -1):
        above, below = sections[k], sections[k - 1]
        over = _over(above, below, step, style)
        if not over.is_empty():
            free = over - shades[k - 1]
            hung += over.area()
            reached += free.area()
            everywhere.add(_wider(over, style) - below)
            plate.add(_wider(free, style) - shades[k - 1])
        if not everywhere.region.is_empty():
            walls = below.offset(style.gap, circular_segments=SEGMENTS)
            everywhere.down(below, walls, step)
            plate.down(below, walls, step)
    return Supports(plate.plastic, everywhere.plastic, reached / hung if hung else 1.0)


class _Held:
    """What is being supported on the way down, and the plastic so far."""

    def __init__(self, style: Style) -> None:
        self.region = CrossSection()
        self.plastic = 0.0
        self._style = style

    def add(self, part: CrossSection) -> None:
        self.plastic += self._style.dense * part.area()
        self.region = self.region + part

    def down(self, below: CrossSection, walls: CrossSection, step: float) -> None:
        """Go through one layer of the model, of this height."""
        if self.region.is_empty():
            return
        # What ends on the model is dense there, too.
        self.plastic += self._style.dense * (self.region ^ below).area()
        self.region = (self.region - walls).simplify(ROUGH)
        filled = self._style.density * self.region.area()
        drawn = self._style.sheath * _around(self.region)
        self.plastic += step * (filled + drawn)


def _wider(part: CrossSection, style: Style) -> CrossSection:
    return part.offset(style.margin, circular_segments=SEGMENTS)


def _shades(sections: list[CrossSection]) -> list[CrossSection]:
    """Of each layer what it and those below it cover, seen from above."""
    shade, found = CrossSection(), []
    for section in sections:
        shade = (shade + section).simplify(ROUGH)
        found.append(shade)
    return found


def _over(
    above: CrossSection, below: CrossSection, step: float, style: Style
) -> CrossSection:
    """What of a layer must be held from below."""
    over = above - below.offset(REACH * step, circular_segments=SEGMENTS)
    if over.is_empty():
        return over
    # With the whole strip of the layer it belongs to, not only what is too much.
    beyond = above - below
    strip = over.offset(STRIP * step, circular_segments=SEGMENTS) ^ beyond
    parts = [part for part in strip.decompose() if part.area() > SPECK]
    if not style.under_bridges and len(parts) <= MOST_PARTS:
        parts = [_without_bridge(part, below, style) for part in parts]
    found = CrossSection()
    for part in parts:
        found = found + part
    return found


def _without_bridge(
    part: CrossSection, below: CrossSection, style: Style
) -> CrossSection:
    """Of what hangs on the model already, only a band along the free sides.

    Where lines find both ends held, the sides along them are not free.
    """
    near = below.offset(style.edge, circular_segments=SEGMENTS)
    if (part ^ near).is_empty():
        return part
    turn_deg = held_direction(part, below, anchor=ANCHOR)
    if turn_deg is None:
        inner = part.offset(-style.edge, circular_segments=SEGMENTS)
    else:
        turned = part.rotate(turn_deg)
        inner = (
            turned
            ^ turned.translate((style.edge, 0.0))
            ^ turned.translate((-style.edge, 0.0))
        ).rotate(-turn_deg)
    return part - inner - (near if not inner.is_empty() else CrossSection())


def _around(region: CrossSection) -> float:
    """Length of all outlines, mm."""
    return sum(
        float(np.linalg.norm(loop - np.roll(loop, 1, axis=0), axis=1).sum())
        for loop in map(np.asarray, region.to_polygons())
    )
