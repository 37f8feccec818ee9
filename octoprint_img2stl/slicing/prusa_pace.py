"""What PrusaSlicer's stages cost, see `drivers`.

Fitted with 2.5 to reliefs, lithophanes, figures, gears, vases, grilles, pillars, towers,
layers of 0.12 to 0.28 mm and supports; classic walls.
"""

from __future__ import annotations

from .drivers import AFTERWARDS, OUTLINES, Cost

# The names are those of `prusa_output`. Seconds of processor time; it works on all cores
# but for the start and what it finds out about the shells (seen with two cores), and the
# layers are written in their order.
COSTS = (
    Cost("start", {"one": 0.194}, cores=1, sure=1.0),
    Cost("slice", {"cuts": 1.73e-6, "crowd": 9.02e-6, "slope": 2.04e-5}, sure=1.0),
    Cost("extra", {"careful crowd": 8.9e-6}, sure=0.1),
    Cost(
        "perimeters",
        {
            "walls": 4.21e-3,
            "careful busy": 6.73e-9,
            "careful islands": 8.54e-8,
            "bare": 8.16e-5,
            "relief crowd": 4.08e-5,
        },
        sure=0.1,
        layers=OUTLINES,
    ),
    Cost("solid", {"slope": 7.19e-5, "crowd": 9.02e-6}),
    Cost("external", {"slope": 1.11e-5}, sure=0.0),
    Cost("shells", {"bare shells cubed": 2.09e-6}, cores=1, sure=0.2),
    Cost(
        "fill", {"bare shells cubed": 2.73e-7, "careful": 0.0436, "bare shells": 3.9e-6}
    ),
    Cost("supports", {"support outline": 0.0369}),
    Cost("seams", {"seam outline": 5.54e-4}, sure=0.0),
    Cost("rays", {"seam rays": 7.18e-4, "seam layers": 2.27e-3}, sure=0.05),
    Cost("align", {"seam cuts": 1.04e-6, "seam outline": 2.77e-3}),
    Cost(
        "export",
        {
            "walls": 1.81e-3,
            "support outline": 8.34e-3,
            "slope": 1.56e-5,
            "careful cuts": 1.01e-6,
        },
        cores=2,
        layers=OUTLINES,
    ),
    Cost(
        AFTERWARDS,
        {
            "lines": 8.22e-6,
            "careful cuts": 2.59e-6,
            "outline": 2.67e-3,
            "careful": 0.137,
            "support outline": 0.0138,
            "bare": 1.61e-5,
        },
        cores=1,
    ),
)
