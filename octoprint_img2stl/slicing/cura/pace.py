"""How long CuraEngine's stages take, as far as the stages before them tell.

Its own fractions are up to 40 points off for a relief. Fitted with 4.13 to reliefs of
photos, noisy and smooth, a lithophane, vases, balls, pillars, supports, on a busy and on a
quiet machine: within 7 to 15 points of the truth for what takes 3 s and more of processor
time, 18 for a noisy relief, 23 for a smooth one of 2 s. In the last stage the engine looks
for the shortest way between all islands of a layer, which grows with their square.
"""

from __future__ import annotations

from collections.abc import Callable

from ..effort import Effort
from ..pace import Costs, Pace, Stage, slowness

# As in `prusa_pace`: the start of the program and what each triangle costs, seconds.
START, LOAD = 0.02, 1.5e-6
WALLS, SKINS = "inset+skin", "skin"  # the engine has one name for both halves


def cura_pace(
    progress: Callable[[float], None] | None,
    clock: Callable[[], float],
    effort: Effort,
    *,
    supports: bool = False,
    before: float = 0.0,
) -> Pace:
    """A pace for one slice; the arguments are those of `prusa_pace`."""

    start = START + LOAD * effort.triangles

    def slower(costs: Costs) -> float:
        return slowness(costs, start)

    def shells(costs: Costs) -> float:
        return costs[WALLS] + costs[SKINS]

    def crowded(seconds: float, costs: Costs) -> float:
        """What grows with the square of the islands in a layer."""
        return seconds * seconds / slower(costs) / effort.layers

    def cutting(costs: Costs) -> float:
        return effort.seconds(0.01, triangles=0.219, cuts=0.00177) * slower(costs)

    def parts(costs: Costs) -> float:
        return effort.seconds(0.0, outline=68.7) * slower(costs)

    def walls(costs: Costs) -> float:
        usual = effort.seconds(
            0.01, triangles=0.494, layers=0.813, outline=2.6, cuts=0.155, crowd=231
        )
        return usual * slower(costs)

    def skins(costs: Costs) -> float:
        usual = effort.seconds(0.0, outline=0.543, crowd=61.5)
        grown = 2.09 * costs[WALLS] + 1.69 * crowded(costs[WALLS], costs)
        return usual * slower(costs) + grown

    def support(costs: Costs) -> float:
        usual = 0.02 * slower(costs)
        if not supports:
            return usual
        more = effort.seconds(0.0, outline=24.9) * slower(costs)
        return usual + more + 0.326 * shells(costs)

    def export(costs: Costs) -> float:
        usual = effort.seconds(0.01, infill=2.45, cuts=1.24, crowd=38.8)
        ways = 0.539 * shells(costs) + 1.25 * crowded(shells(costs), costs)
        return usual * slower(costs) + ways

    stages = (
        Stage("start", lambda costs: start),
        Stage("slice", cutting),
        Stage("layerparts", parts),
        Stage(WALLS, walls, effort.work),
        Stage(SKINS, skins, effort.work),
        Stage("support", support),
        Stage("export", export, effort.work),
    )

    def reading(costs: Costs) -> float:
        usual = 0.02
        return usual * slower(costs) + 0.203 * costs["export"]

    return Pace(progress, stages, reading, clock, before)
