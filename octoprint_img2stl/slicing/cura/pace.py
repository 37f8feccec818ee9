"""How long CuraEngine's stages take, as far as the stages before them tell.

Its own fractions are up to 40 points off for a relief. Fitted with 4.13 to reliefs of
photos, noisy and smooth, a lithophane, vases, balls, pillars, supports: within 6 to 12
points of the truth for what takes 3 s and more of processor time, within 20 for reliefs, of
which nobody can tell before how noisy they are. In the last stage the engine looks for the
shortest way between all islands of a layer, which grows with their square.
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
        outlines = max(0.0, costs["slice"] - 0.27e-6 * triangles * slower(costs))
        usual = 0.01 + 1.5e-6 * triangles + 0.00068 * layers
        return usual * slower(costs) + 40 * outlines

    def skins(costs: Costs) -> float:
        return 2.1 * costs[WALLS] + 12 * crowded(costs[WALLS], costs)

    def support(costs: Costs) -> float:
        usual = (0.02 + 3e-6 * layers) * slower(costs)
        return usual + (0.001 + (0.77 if supports else 0.0)) * shells(costs)

    def export(costs: Costs) -> float:
        usual = 0.01 + 0.002 * metres
        ways = 0.55 * shells(costs) + 3.7 * crowded(shells(costs), costs)
        return usual * slower(costs) + ways

    stages = (
        Stage("start", lambda costs: START + LOAD * triangles),
        Stage("slice", lambda costs: (0.01 + 0.25e-6 * triangles) * slower(costs)),
        Stage("layerparts", lambda costs: 0.0),
        Stage(WALLS, walls, work),
        Stage(SKINS, skins, work),
        Stage("support", support),
        Stage("export", export, work),
    )

    def reading(costs: Costs) -> float:
        return (0.02 + 2e-5 * layers) * slower(costs) + 0.15 * costs["export"]

    return Pace(progress, stages, reading, clock, before)
