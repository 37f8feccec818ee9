"""G2 and G3 as straight pieces."""

from __future__ import annotations

import math

ARC_STEP = math.radians(5.0)  # a straight piece's part of a circle


def arc_points(
    start: tuple[float, float],
    end: tuple[float, float],
    words: dict[str, float],
    *,
    clockwise: bool,
) -> list[tuple[float, float]] | None:
    """The points of an arc after its start, the end last.

    Args:
        start, end: mm. The same point means one whole turn.
        words: of the command, in mm: the centre as I, J from the start, or the radius R;
            a negative radius is the long way round, as in Marlin's G2 and G3.
        clockwise: G2.

    Returns:
        None where the numbers make no arc.
    """
    (x, y), (end_x, end_y) = start, end
    i, j = words.get("I", 0.0), words.get("J", 0.0)
    if "R" in words:
        i, j = _centre(end_x - x, end_y - y, words["R"], clockwise)
    radius = math.hypot(i, j)
    begin = math.atan2(-j, -i)
    turn = math.atan2(end_y - y - j, end_x - x - i) - begin
    turn = (-turn if clockwise else turn) % math.tau or math.tau
    turn = -turn if clockwise else turn
    if not math.isfinite(turn):
        return None
    steps = max(1, math.ceil(abs(turn) / ARC_STEP))
    angles = [begin + turn * step / steps for step in range(1, steps)]
    return [
        *(
            (x + i + radius * math.cos(angle), y + j + radius * math.sin(angle))
            for angle in angles
        ),
        end,
    ]


def _centre(
    across: float, up: float, radius: float, clockwise: bool
) -> tuple[float, float]:
    """Centre of the arc with a chord, both from its start."""
    chord = math.hypot(across, up)
    # factored, so that a number beyond all sense becomes infinite and raises nothing
    height = math.sqrt(max(0.0, (radius - chord / 2) * (radius + chord / 2)))
    side = height / chord if chord else 0.0
    if clockwise == (radius > 0):
        side = -side
    return across / 2 - up * side, up / 2 + across * side
