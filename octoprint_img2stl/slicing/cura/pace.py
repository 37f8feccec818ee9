"""What CuraEngine's stages cost, see `drivers`.

Its own fractions are up to 40 points off for a relief. Fitted with 4.13 to the same models
as PrusaSlicer's.
"""

from __future__ import annotations

from ..drivers import AFTERWARDS, FILLING, Cost

WALLS, SKINS = "inset+skin", "skin"  # the engine has one name for both halves
AFTER = "support"  # also what it does there when there are none

# Seconds of processor time. Walls and skins are told as they are done, in whatever order,
# layers of the export as they are begun.
COSTS = (
    Cost("start", {"triangles": 2.37e-6, "one": 0.0803}, cores=2, sure=0.5),
    Cost("slice", {"triangles": 5.32e-7, "cuts": 2.55e-7}),
    Cost("layerparts", {"layers": 1.53e-5}, sure=0.0),
    Cost(
        WALLS,
        {
            "cuts": 1.81e-6,
            "slope's corners": 6.6e-10,
            "islands' corners": 5.52e-7,
            "slope": 5.6e-5,
        },
        sure=0.7,
    ),
    Cost(SKINS, {"slope's corners": 2.14e-9, "one": 0.115}),
    Cost(
        AFTER,
        {
            "corners": 2.42e-6,
            "support": 4.4e-3,
            "support outline": 0.0858,
            "slope": 2.76e-5,
            "islands' corners": 6.56e-7,
        },
        cores=1,
        sure=0.5,
    ),
    Cost(
        "export",
        {
            "outline": 0.0293,
            "lines": 3.28e-5,
            "bare": 5.39e-4,
            "bare shells": 1.48e-4,
            "support outline": 0.0607,
        },
        layers=FILLING,
    ),
    Cost(
        AFTERWARDS,
        {
            "lines": 8.21e-8,
            "corners": 1.42e-6,
            "careful": 0.294,
            "slope's corners": 4.11e-10,
        },
        cores=1,
    ),
)
