"""How long CuraEngine's stages take, as far as the stages before them tell.

Its own fractions are up to 40 points off for a relief. Fitted with 4.13 to reliefs of
photos, noisy and smooth, a lithophane, vases, balls, pillars, supports, on a busy and on a
quiet machine: within 7 to 14 points of the truth for what takes 3 s and more of processor
time, 17 for a noisy relief and 28 for a smooth one, of which nobody can tell before which it
is. In the last stage the engine looks for the shortest way between all islands
of a layer, which grows with their square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..pace import Costs, Pace, Stage

# As in `prusa_pace`: the start of the program and what each triangle costs, seconds.
START, LOAD = 0.02, 1.5e-6
SLOWEST, FASTEST = 30.0, 0.25
WALLS, SKINS = "inset+skin", "skin"  # the engine has one name for both halves


def cura_pace(
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
    """A pace for one slice; the arguments are those of `prusa_pace`."""

    def slower(costs: Costs) -> float:
        factor = costs["start"] / (START + LOAD * triangles)
        return min(max(factor, FASTEST), SLOWEST)

    def shells(costs: Costs) -> float:
        return costs[WALLS] + costs[SKINS]

    def crowded(seconds: float, costs: Costs) -> float:
        """What grows with the square of the islands in a layer."""
        return seconds * seconds / slower(costs) / layers

    def walls(costs: Costs) -> float:
        # Of cutting into layers, what is more than the triangles explain.
        outlines = max(0.0, costs["slice"] - 0.23e-6 * triangles * slower(costs))
        usual = 0.01 + 1.7e-6 * triangles
        return usual * slower(costs) + 120 * outlines

    def skins(costs: Costs) -> float:
        return 2.1 * costs[WALLS] + 9.7 * crowded(costs[WALLS], costs)

    def support(costs: Costs) -> float:
        usual = 0.02 * slower(costs)
        return usual + (0.81 * shells(costs) if supports else 0.0)

    def export(costs: Costs) -> float:
        usual = 0.01 + 0.0026 * metres
        ways = 0.54 * shells(costs) + 1.4 * crowded(shells(costs), costs)
        return usual * slower(costs) + ways

    stages = (
        Stage("start", lambda costs: START + LOAD * triangles),
        Stage("slice", lambda costs: (0.01 + 0.22e-6 * triangles) * slower(costs)),
        Stage("layerparts", lambda costs: 0.0),
        Stage(WALLS, walls, work),
        Stage(SKINS, skins, work),
        Stage("support", support),
        Stage("export", export, work),
    )

    def reading(costs: Costs) -> float:
        return (0.02 + 8.1e-5 * layers) * slower(costs) + 0.2 * costs["export"]

    return Pace(progress, stages, reading, clock, before)
