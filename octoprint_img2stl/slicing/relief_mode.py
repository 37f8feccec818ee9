"""How reliefs of photos are sliced: the worst case of a slicer, for their outlines are noisy.

An outline may leave the mesh by less than a tenth of a line's width, which shows in no print.
"""

from __future__ import annotations

from typing import Any

# Following the outlines to the micrometre costs PrusaSlicer 2.5 five times the time
# (measured: 59 s -> 12 s, same print time).
PRUSA = {
    "perimeter_generator": "classic",
    "resolution": "0.05",
    "gcode_resolution": "0.05",
}
# In line widths; Cura's own 0.025 mm is half of it. Measured on a noisy relief of 160 000
# triangles: a tenth less G-code and no more time; without combing a quarter less time, but
# three times the retractions.
CURA_DEVIATION = 0.09


def cura(line_width: float) -> dict[str, Any]:
    """Cura's settings for reliefs.

    Args:
        line_width: mm.
    """
    return {"meshfix_maximum_deviation": round(CURA_DEVIATION * line_width, 4)}
