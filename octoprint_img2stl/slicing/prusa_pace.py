"""How long PrusaSlicer's stages take, as far as the stages before them tell.

Fitted with 2.5 to reliefs of photos, noisy and smooth, a lithophane, vases, balls, pillars,
supports, on a busy and on a quiet machine: within 7 to 13 points of the truth for what takes
3 s and more of processor time, up to 17 for a relief, of which nobody can tell before how
noisy it is. The time to cut a model into layers betrays how
many outlines it has, which no count of triangles does; looking for hidden places for the
seams is the same second's work for nearly any model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .pace import Costs, Pace, Stage

# The start of the program, and what each triangle costs, seconds on the machine on which
# all the other numbers here were found: what the start takes here tells how fast this is.
START, LOAD = 0.12, 0.9e-6
SLOWEST, FASTEST = 30.0, 0.25  # times that machine's
FEW = 500  # triangles of a model for which no seam is hidden


def prusa_pace(
    progress: Callable[[float], None] | None,
    clock: Callable[[], float],
    triangles: int,
    layers: int,
    metres: float,
    *,
    supports: bool = False,
    work: Sequence[float] = (),
    before: float = 0.0,
) -> Pace:
    """A pace for one slice.

    Args:
        progress: called with a fraction 0..1 that never falls.
        clock: see `Pace`.
        triangles: of the model.
        layers: about.
        metres: of `effort.infill_metres`.
        supports: whether supports are made.
        work: of `effort.layer_work`.
        before: seconds of work before the slicer was started.
    """

    def slower(costs: Costs) -> float:
        factor = costs["start"] / (START + LOAD * triangles)
        return min(max(factor, FASTEST), SLOWEST)

    def walls(costs: Costs) -> float:
        return costs["extra"] + costs["perimeters"]

    def outlines(costs: Costs) -> float:
        """Of cutting into layers, what is more than the triangles explain."""
        return max(0.0, costs["slice"] - 0.064e-6 * triangles * slower(costs))

    def seams(costs: Costs) -> float:
        hidden = 0.79 if triangles > FEW else 0.03
        return (hidden + 0.031e-6 * triangles) * slower(costs) + 0.039 * walls(costs)

    def export(costs: Costs) -> float:
        usual = 0.01 + 0.00013 * layers + 0.00051 * metres
        return usual * slower(costs) + 0.098 * walls(costs)

    def extra(costs: Costs) -> float:
        return 0.02 * slower(costs) + 1.5 * outlines(costs)

    def perimeters(costs: Costs) -> float:
        return (0.01 + 0.001 * layers) * slower(costs) + 2.5 * costs["extra"]

    def fill(costs: Costs) -> float:
        usual = 0.03 + 1.8e-6 * triangles + 0.00086 * metres
        return usual * slower(costs) + 0.24 * walls(costs)

    def support(costs: Costs) -> float:
        return 0.05 * slower(costs) + 2.1 * walls(costs) if supports else 0.0

    stages = (
        Stage("start", lambda costs: START + LOAD * triangles),
        Stage("slice", lambda costs: (0.01 + 1.0e-6 * triangles) * slower(costs)),
        Stage("extra", extra),
        Stage("perimeters", perimeters, work),
        Stage("fill", fill),
        Stage("supports", support),
        Stage("seams", seams),
        Stage("export", export),
    )

    def reading(costs: Costs) -> float:
        return (0.03 + 1.5e-5 * layers) * slower(costs) + 1.8 * costs["export"]

    return Pace(progress, stages, reading, clock, before)
