"""A layer of a G-code file as a picture, seen from above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

from ..machine import CIRCULAR, Machine
from .gcode_kinds import TRAVEL_COLOUR, colour
from .gcode_layer import Path as Line
from .gcode_lines import layer_lines

Box = tuple[float, float, float, float]  # x0, y0, x1, y1, mm

SUPERSAMPLING = 3
AROUND = 0.12  # space around the print, as a part of its longer side
GRID = 10.0  # mm
MAP = 0.085  # side of the bed's map, as a part of the picture's: it fits into AROUND

BACKGROUND, BED, GRID_COLOUR, EDGE = "#1d2126", "#2a3037", "#363e47", "#75808c"
INSET_PRINT = "#ff9e57"


def draw_layer(
    path: Path | str,
    layers: Sequence[Sequence[float]],
    number: int,
    machine: Machine,
    size_px: int = 640,
    *,
    travel: bool = False,
) -> Image.Image:
    """Draw one layer, coloured by type, the bed hinted behind it.

    All layers of a print are shown in the same frame as its first, so that one can leaf
    through them; a small map in the corner shows where on the bed the print stands.

    Args:
        path, layers, number: as for `gcode_lines.layer_lines`.
        machine: the printer.
        size_px: width and height of the picture.
        travel: whether movements without plastic are shown, too.

    Returns:
        An RGB image, size_px x size_px.

    Raises:
        IndexError: there is no such layer.
        OSError: the file cannot be read.
    """
    travels: list[list[tuple[float, float]]] | None = [] if travel else None
    lines = layer_lines(path, layers, number, travels)
    first = layer_lines(path, layers, 0) if number else lines
    bed = (machine.x_min, machine.y_min, machine.x_max, machine.y_max)
    box = _box([*first, *lines]) or bed
    view = _View.around(box, size_px * SUPERSAMPLING)
    picture = Image.new("RGB", (view.side, view.side), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    _draw_bed(draw, view, machine)
    for line in lines:
        _draw_line(draw, view, line, line.width or machine.line_width)
    for points in travels or ():
        pixels = [view.at(x, y) for x, y in points]
        draw.line(pixels, fill=TRAVEL_COLOUR, width=SUPERSAMPLING)
    if not _shows_bed(view, machine):
        _draw_map(draw, view.side, machine, box)
    return picture.resize((size_px, size_px), Image.Resampling.BOX)


class _View(NamedTuple):
    """The square that is seen: left and upper edge (mm), pixels per mm, side (px)."""

    left: float
    top: float
    scale: float
    side: int

    @classmethod
    def around(cls, box: Box, side: int) -> _View:
        x0, y0, x1, y1 = box
        shown = max(x1 - x0, y1 - y0, 2.0) * (1 + 2 * AROUND)
        return cls((x0 + x1 - shown) / 2, (y0 + y1 + shown) / 2, side / shown, side)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return ((x - self.left) * self.scale, (self.top - y) * self.scale)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float) -> list[float]:
        return [*self.at(x0, y1), *self.at(x1, y0)]


def _draw_bed(draw: ImageDraw.ImageDraw, view: _View, machine: Machine) -> None:
    edges = view.rectangle(machine.x_min, machine.y_min, machine.x_max, machine.y_max)
    edge_px = 2 * SUPERSAMPLING
    shape = draw.ellipse if machine.form == CIRCULAR else draw.rectangle
    shape(edges, fill=BED)
    seen = view.side / view.scale
    middle_x, middle_y = machine.centre
    for x in _grid(view.left, view.left + seen, machine.x_min, machine.x_max):
        half = _half_chord(machine, x - middle_x, machine.depth / 2)
        ends = [view.at(x, middle_y + half), view.at(x, middle_y - half)]
        draw.line(ends, fill=GRID_COLOUR, width=SUPERSAMPLING)
    for y in _grid(view.top - seen, view.top, machine.y_min, machine.y_max):
        half = _half_chord(machine, y - middle_y, machine.width / 2)
        ends = [view.at(middle_x - half, y), view.at(middle_x + half, y)]
        draw.line(ends, fill=GRID_COLOUR, width=SUPERSAMPLING)
    shape(edges, outline=EDGE, width=edge_px)


def _grid(low: float, high: float, bed_low: float, bed_high: float) -> list[float]:
    """Where grid lines are both seen and on the bed, mm."""
    steps = range(math.ceil(low / GRID), math.floor(high / GRID) + 1)
    return [step * GRID for step in steps if bed_low < step * GRID < bed_high]


def _half_chord(machine: Machine, off_centre: float, whole: float) -> float:
    """Half the length of a grid line on the bed, mm."""
    if machine.form != CIRCULAR:
        return whole
    return math.sqrt(max(0.0, whole * whole - off_centre * off_centre))


def _draw_line(draw: ImageDraw.ImageDraw, view: _View, line: Line, width: float) -> None:
    points = [view.at(x, y) for x, y in line.points]
    # a little narrower than the plastic, so that neighbouring lines can be told apart
    thick = max(1, round(0.82 * width * view.scale))
    shade = colour(line.kind)
    draw.line(points, fill=shade, width=thick)
    if thick >= 2 * SUPERSAMPLING:
        half = thick / 2
        for x, y in points:
            draw.ellipse([x - half, y - half, x + half, y + half], fill=shade)


def _draw_map(draw: ImageDraw.ImageDraw, side: int, machine: Machine, box: Box) -> None:
    """The whole bed, small, in the lower right corner, with the print's place on it."""
    scale = MAP * side / max(machine.width, machine.depth)
    gap = 0.01 * side
    left = side - gap - machine.width * scale
    view = _View(machine.x_min - left / scale, 0.0, scale, side)
    view = view._replace(top=machine.y_min + (side - gap) / scale)
    shape = draw.ellipse if machine.form == CIRCULAR else draw.rectangle
    bed = view.rectangle(machine.x_min, machine.y_min, machine.x_max, machine.y_max)
    shape(bed, fill=BACKGROUND, outline=EDGE, width=SUPERSAMPLING)
    draw.rectangle(view.rectangle(*box), fill=INSET_PRINT)


def _shows_bed(view: _View, machine: Machine) -> bool:
    seen = view.side / view.scale
    return (
        view.left <= machine.x_min
        and view.left + seen >= machine.x_max
        and view.top >= machine.y_max
        and view.top - seen <= machine.y_min
    )


def _box(lines: list[Line]) -> Box | None:
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    return (min(xs), min(ys), max(xs), max(ys)) if xs else None
