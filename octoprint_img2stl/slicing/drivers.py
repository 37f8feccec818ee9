"""What decides how long each stage of a slicer takes, and the guesses made of it.

A stage's guess is a sum: so many seconds for each of its drivers. The seconds were fitted
to recorded slices, none of them negative; `extras/bench/slicing/progress.py` has the slices,
fits them again and tells how well a model is met by what the others teach.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .effort import Effort
from .pace import Stage, in_order

AFTERWARDS = "reading"  # name of the stage that comes after the slicer
OUTLINES, FILLING = "outlines", "filling"
FEW = 100  # triangles of a model for which no hidden place for seams is looked for


class Kind(NamedTuple):
    """How a model is sliced.

    Attributes:
        walls: outlines per layer.
        relief: whether it is sliced the fast way, see `relief_mode`.
        supports: whether supports are made.
        hidden_seams: whether a hidden place is looked for where each outline begins.
    """

    walls: int = 3
    relief: bool = False
    supports: bool = False
    hidden_seams: bool = True


class Cost(NamedTuple):
    """What a stage costs.

    Attributes:
        name, cores, sure: see `pace.Stage`.
        costs: seconds for each of its `drivers`.
        layers: what of each layer is done when it is told, of `OUTLINES` or `FILLING`;
            empty: all layers are alike, or not told.
    """

    name: str
    costs: Mapping[str, float]
    cores: int = 0
    sure: float = 0.3
    layers: str = ""


def drivers(effort: Effort, kind: Kind) -> dict[str, float]:
    """Everything that costs time, of one slice.

    Those whose name begins with ``careful`` count where no relief is sliced the fast way,
    those with ``seam`` where seams are hidden, those with ``support`` where there are any.
    """
    outline, cuts, corners = effort.outline_m, effort.cuts, effort.corners
    islands, bare = effort.islands, effort.slope_outline
    seams = kind.hidden_seams and effort.triangles > FEW
    found = {
        "one": 1.0,
        "triangles": float(effort.triangles),
        "layers": float(effort.layers),
        "outline": outline,
        "walls": outline * kind.walls,
        "cuts": cuts,
        "corners": corners,
        "islands' corners": corners * math.log1p(islands),
        "crowd": effort.crowd,
        "slope": effort.slope,
        "slope's corners": effort.slope * corners,
        "bare": bare,
        "bare shells": bare * effort.shells,
        # each layer of a shell is compared with each other one
        "bare shells cubed": bare * effort.shells**3,
        "lines": effort.lines,
        # rays are sent from the surface, and each looks at what is spread out before it
        "seam rays": effort.spread**2 * math.log2(1 + effort.triangles),
        "seam layers": float(effort.layers),
        "seam outline": outline,
        "seam cuts": cuts,
        "support": effort.overhang_m,
        "support outline": outline,
        "careful": 1.0,
        "careful outline": outline,
        "careful cuts": cuts,
        "careful busy": effort.busy,
        "careful crowd": effort.crowd,
        "careful islands": cuts * islands,
        "relief crowd": effort.crowd,
    }
    left_out = {
        "seam": not seams,
        "support": not kind.supports,
        "careful": kind.relief,
        "relief": not kind.relief,
    }
    return {
        name: 0.0 if left_out.get(name.partition(" ")[0]) else value
        for name, value in found.items()
    }


def guessed(
    costs: Sequence[Cost], effort: Effort, kind: Kind, cores: int = 1
) -> tuple[Stage, ...]:
    """The stages of one slice with their guesses; the last is what comes after it.

    Args:
        costs: of each stage.
        effort, kind: of the slice.
        cores: on how many the slicer may work.
    """
    has = drivers(effort, kind)
    layers = {"": (), OUTLINES: effort.work, FILLING: ()}
    if any(cost.layers == FILLING for cost in costs):
        layers[FILLING] = in_order(effort.filling, cores)
    return tuple(
        Stage(
            cost.name,
            sum(seconds * has[name] for name, seconds in cost.costs.items()),
            cost.cores,
            cost.sure,
            layers[cost.layers],
        )
        for cost in costs
    )
