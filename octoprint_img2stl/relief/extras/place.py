"""Where a line of text goes on a shape. Needs numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..settings import ReliefSettings
from ..shapes.canvas import Canvas, middle
from ..solid import sdf
from ..solid.body import Field
from ..solid.lettering import Line
from .text import MIN_EDGE, edge_of

# Around the letters on a plate of their own.
PAD_SHARE, MIN_PAD = 0.3, 1.0
# Of the places that are tried, and of the points looked at in each.
STEP, STEPS = 0.25, 120
# A plate that would lie closer to the rim than its own height goes on to the rim.
BAND = 1.0


@dataclass(frozen=True, eq=False)
class Place:
    """Where the text is.

    Attributes:
        u, v: the middle of the ink, and the base line.
        plate: the flat ground to be made under it; None on the frame.
    """

    u: float
    v: float
    plate: Field | None


def find_place(
    settings: ReliefSettings, canvas: Canvas, room: Field, line: Line, size: float
) -> Place | None:
    """The place for a text: amid the frame, else inside it, as near the rim as it fits.

    Args:
        settings: `text_place` says at which end, `border` how wide the frame is.
        room: where there may be text.
        size: height of a capital, mm.

    Returns:
        None where there is no room in that half of the shape.
    """
    u, width = middle(canvas.shape)[0], canvas.width
    if canvas.wraps:
        # In the front, amid the photo, and clear of its sides.
        u, width = middle(canvas.picture)[0], canvas.picture[2] - canvas.picture[0]
    wide, high = line.width * size, (line.high - line.low) * size
    edge = edge_of(size)
    pad = max(PAD_SHARE * size, MIN_PAD)
    if wide + 2 * edge > width:
        return None
    sign = 1 if settings.text_place == "top" else -1
    rim = canvas.shape[3] if sign > 0 else canvas.shape[1]

    def at(centre: float, plate: Field | None) -> Place:
        return Place(u, centre - (line.high + line.low) * size / 2, plate)

    if high + 2 * edge <= settings.border:
        places = rim - sign * np.linspace(high / 2, settings.border - high / 2, STEPS + 1)
        near, far = _depths(room, (u, places), (wide, high), MIN_EDGE)
        clear = np.minimum(near, settings.border - far)
        if clear.max() >= edge - 1e-6:
            return at(float(places[clear.argmax()]), None)
    if wide + 2 * pad > width:
        return None
    places = _places(canvas, rim, sign, high)
    if not len(places):
        return None
    near, _ = _depths(room, (u, places), (wide, high), MIN_EDGE)
    fits = np.flatnonzero(near >= settings.border + pad)
    if not len(fits):
        return None
    centre = float(places[fits[0]])
    box = (
        u - wide / 2 - pad,
        centre - high / 2 - pad,
        u + wide / 2 + pad,
        centre + high / 2 + pad,
    )
    beyond = abs(rim - centre) - high / 2 - pad - settings.border
    if canvas.wraps or beyond > BAND * (high + 2 * pad):
        return at(centre, sdf.rounded_rectangle(*box, min(pad, high / 2)))
    inner = box[1] if sign > 0 else box[3]
    return at(centre, _band(room, inner, sign, settings.border))


def _places(canvas: Canvas, rim: float, sign: int, high: float) -> np.ndarray:
    """(n,) heights v of the text's middle to be tried, from the rim inwards."""
    start, end = rim - sign * high / 2, middle(canvas.shape)[1]
    length = (start - end) * sign
    if length < 0:
        return np.empty(0)
    step = max(STEP, length / STEPS)
    return np.linspace(start, end, max(2, math.ceil(length / step) + 1))


def _depths(
    room: Field,
    centres: tuple[float, np.ndarray],
    size: tuple[float, float],
    apart: float,
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) least and greatest depth in the shape of a box at each of the places."""
    counts = [min(STEPS, math.ceil(length / apart) + 1) for length in size]
    du, dv = (
        np.linspace(-length / 2, length / 2, max(2, count))
        for length, count in zip(size, counts, strict=True)
    )
    u = centres[0] + du
    v = centres[1][:, None] + dv
    shape = (*v.shape, len(u))
    depth = room(
        np.broadcast_to(u, shape).copy(), np.broadcast_to(v[..., None], shape).copy()
    )
    return depth.min(axis=(1, 2)), depth.max(axis=(1, 2))


def _band(room: Field, inner: float, sign: int, border: float) -> Field:
    """All between a level line and the rim, or the frame along it."""

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        band = sign * (v - inner)
        return np.minimum(band, room(u, v) - border) if border > 0 else band

    return field
