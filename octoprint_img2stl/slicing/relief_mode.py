"""How reliefs of photos are sliced: the worst case of a slicer, for their outlines are noisy.

An outline may leave the mesh by a tenth of a line's width, which shows in no print; and
what a slicer looks for that no relief has need not be looked for. Every setting is here
for what it was measured to save, with the same filament, time and closed surfaces; of
those that are not here, `extras/bench/slicing` has what they save, or spoil.
"""

from __future__ import annotations

from typing import Any

from .room import Size

# PrusaSlicer straightens a layer's outline, and then each line along it: the shares of
# the tenth of a line's width for either.
OUTLINES, LINES = 0.07, 0.03
# In line widths; Cura's own 0.025 mm is about half of it.
CURA_DEVIATION = 0.09
# Pieces up to this length are straightened, mm; Cura's own 0.5 is less than what is
# straight between two slopes.
CURA_LONGEST = 1.0
# A thing this many times flatter than wide and deep lies on its back.
FLAT = 4.0


def prusa(line_width: float, size: Size | None = None) -> dict[str, str]:
    """PrusaSlicer's settings for reliefs.

    Args:
        line_width: mm.
        size: of the model (width, depth, height), mm; None: as if it stood upright.
    """
    chosen = {
        # Walls of changing width take more time than all the rest together.
        "perimeter_generator": "classic",
        "resolution": _text(OUTLINES * line_width),
        "gcode_resolution": _text(LINES * line_width),
        # More walls where a slope would leave a gap: solid infill closes it anyway
        # (`ensure_vertical_shell_thickness`); the same G-code, a tenth less time.
        "extra_perimeters": "0",
    }
    if size is not None and is_flat(size):
        # A heightmap on its back overhangs nowhere; every wall would be cut by the layer
        # below to find out. A third of the time, of very noisy reliefs half.
        chosen["overhangs"] = "0"
        # Where thousands of small islands begin shows nowhere, and to hide it each corner
        # is looked at from thousands of directions. A fifth of the time.
        chosen["seam_position"] = "rear"
        # Ridges narrower than two lines get two walls instead of one along their middle, as
        # the makers' own profiles have it: of the contour that a line can follow a quarter
        # to a fifth as much is off by more than a tenth of it, with the same places left
        # without a wall (2.6 % for 2.3, of a texture 3.7 for 4.6). A tenth of the time. Not
        # for what stands: a lithophane's thinnest places are less than two lines.
        chosen["thin_walls"] = "0"
    return chosen


def is_flat(size: Size) -> bool:
    """Whether a model lies on its back, as reliefs do and lithophanes do not."""
    return FLAT * size[2] <= min(size[:2])


def cura(line_width: float) -> dict[str, Any]:
    """Cura's settings for reliefs.

    Most of its time no setting saves: for each island the engine shrinks and widens the
    outline of all that is below it, to find overhangs (4.13; seen in a profile of its
    calls; `outlines_below` in its ``FffGcodeWriter::processInsets``, which no setting
    turns off). Islands below the size of a line it leaves out before. Only calmer
    outlines help, which is why reliefs of photos are smoothed by default. Without combing
    it would save a twentieth, for three times the retractions.

    Args:
        line_width: mm.
    """
    return {
        # A tenth less G-code.
        "meshfix_maximum_deviation": round(CURA_DEVIATION * line_width, 4),
        "meshfix_maximum_resolution": CURA_LONGEST,
        # Skin is looked for between the layer and the last one of the shell instead of
        # between all of them, which is the same where nothing hangs over a gap. A fifth
        # of the time.
        "skin_no_small_gaps_heuristic": True,
    }


def _text(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")
