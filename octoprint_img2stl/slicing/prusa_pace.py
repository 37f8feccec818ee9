"""How long PrusaSlicer's stages take, as far as the stages before them tell.

Fitted with 2.5 to reliefs of photos, noisy and smooth, a lithophane, vases, balls, pillars,
supports, on a busy and on a quiet machine: within 8 to 14 points of the truth for what takes
3 s and more of processor time. How long the outlines are and how many islands they make is
known from the model; looking for hidden places for the seams is the same second's work for
nearly any model.
"""

from __future__ import annotations

from collections.abc import Callable

from .effort import Effort
from .pace import Costs, Pace, Stage, slowness

# The start of the program, and what each triangle costs, seconds on the machine on which
# all the other numbers here were found: what the start takes here tells how fast this is.
START, LOAD = 0.12, 0.9e-6
FEW = 500  # triangles of a model for which no seam is hidden


def prusa_pace(
    progress: Callable[[float], None] | None,
    clock: Callable[[], float],
    effort: Effort,
    *,
    supports: bool = False,
    before: float = 0.0,
) -> Pace:
    """A pace for one slice.

    Args:
        progress: called with a fraction 0..1 that never falls.
        clock: see `Pace`.
        effort: of the model.
        supports: whether supports are made.
        before: seconds of work before the slicer was started.
    """

    start = START + LOAD * effort.triangles

    def slower(costs: Costs) -> float:
        return slowness(costs, start)

    def walls(costs: Costs) -> float:
        return costs["extra"] + costs["perimeters"]

    def outlines(costs: Costs) -> float:
        """Of cutting into layers, what is more than was expected."""
        expected = effort.seconds(0.0, triangles=1.15, cuts=0.25)
        return max(0.0, costs["slice"] - expected * slower(costs))

    def cutting(costs: Costs) -> float:
        usual = effort.seconds(0.01, triangles=0.151, cuts=4.94, outline=0.199)
        return usual * slower(costs)

    def extra(costs: Costs) -> float:
        usual = effort.seconds(0.02, triangles=0.252, outline=2.35, crowd=1.15)
        return usual * slower(costs) + 2.43 * outlines(costs)

    def perimeters(costs: Costs) -> float:
        usual = effort.seconds(0.01, layers=0.00432, outline=5.38, crowd=97.6)
        return usual * slower(costs) + 1.13 * costs["extra"]

    def fill(costs: Costs) -> float:
        usual = effort.seconds(0.03, triangles=2.6, crowd=62.7)
        return usual * slower(costs) + 0.0609 * walls(costs)

    def support(costs: Costs) -> float:
        if not supports:
            return 0.0
        usual = effort.seconds(0.05, outline=16)
        return usual * slower(costs) + 0.891 * walls(costs)

    def seams(costs: Costs) -> float:
        hidden = 0.521 if effort.triangles > FEW else 0.03
        usual = effort.seconds(hidden, outline=0.182, cuts=7.77)
        return usual * slower(costs)

    def export(costs: Costs) -> float:
        usual = effort.seconds(0.01, infill=0.35, outline=1.77)
        return usual * slower(costs) + 0.0495 * walls(costs)

    stages = (
        Stage("start", lambda costs: start),
        Stage("slice", cutting),
        Stage("extra", extra),
        Stage("perimeters", perimeters, effort.work),
        Stage("fill", fill),
        Stage("supports", support),
        Stage("seams", seams),
        Stage("export", export),
    )

    def reading(costs: Costs) -> float:
        usual = effort.seconds(0.03, outline=2.01)
        return usual * slower(costs) + 1.43 * costs["export"]

    return Pace(progress, stages, reading, clock, before)
