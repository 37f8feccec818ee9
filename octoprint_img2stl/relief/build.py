"""From photos and settings to the bodies that make the print. Needs numpy.

A shape says where the photo lies, where the body ends and how it is bent; extras add a
frame, holes, letters. All of them are put together here, for any combination.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..machine import Machine
from .extras import text
from .resample import REDUCES, Nodes, nodes_within, resample
from .settings import ReliefSettings
from .shapes import SHAPES, Canvas, Shape
from .shapes.canvas import Box
from .sizes import canvas_of, extras_of, grid_of, things
from .solid.bend import FLAT, STANDING
from .solid.body import Body, Field, Region
from .solid.error_map import room_for
from .tone.pipeline import Tone, tone
from .tone.steps import heights

# How far a grid reaches beyond an outline at the edge of its canvas, in nodes.
BEYOND = 1.5
LEVELS_OF_8_BITS = 255


@dataclass(frozen=True, eq=False)
class Picture:
    """A photo as the room wants it.

    Attributes:
        grey: (H, W) float32 in 0..1, sRGB-encoded, row 0 on top, e.g. `Photo.grey`.
        size_px: (width, height) before `grey` was reduced, for its exact aspect.
        fine: whether it has more than 8 bits.
        alpha: (H, W) float32 in 0..1, how much of the photo is there, or None.
    """

    grey: np.ndarray
    size_px: tuple[int, int]
    fine: bool = False
    alpha: np.ndarray | None = None

    @classmethod
    def of(cls, grey: np.ndarray) -> Picture:
        """A picture of 8 bits that was not reduced."""
        return cls(grey, (grey.shape[1], grey.shape[0]))

    @property
    def aspect(self) -> float:
        return self.size_px[0] / self.size_px[1]


@dataclass(frozen=True, eq=False)
class Built:
    """What is to be printed.

    Attributes:
        bodies: side by side, in this order.
        histogram: of the first photo, 64 shares; see `tone.Tone`.
    """

    bodies: list[Body]
    histogram: list[float]


def build_bodies(
    pictures: Sequence[Picture], settings: ReliefSettings, machine: Machine
) -> Built:
    """Shape photos.

    Args:
        pictures: one or more; where the shape takes only one, each becomes a thing of its
            own.
        settings: as `ReliefSettings.from_json` checked them.
        machine: its nozzle sets the finest pitch and the least width of details.

    Raises:
        ReliefRefused: settings that do not go together.
    """
    if text.active(settings):
        text.check_strokes(settings, machine)
    bodies, histogram = [], None
    for indices in things(settings, len(pictures)):
        mine = [pictures[index] for index in indices]
        canvas = canvas_of(settings, mine[0].aspect, machine)
        shape = SHAPES[settings.shape]
        beside = shape.parts(settings, len(mine)) if shape.parts else []
        on_it = mine[: len(mine) - len(beside)] if beside else mine
        body, found = _body(shape, canvas, on_it, settings, machine)
        bodies.append(body)
        histogram = histogram or found.histogram
        for (part, own), picture in zip(beside, mine[len(on_it) :], strict=True):
            part_canvas = part.canvas(own, picture.aspect)
            bodies.append(_body(part, part_canvas, [picture], own, machine)[0])
        for extra in extras_of(settings):
            bodies += extra.parts(settings, canvas)
    return Built(bodies, histogram or [])


def _body(
    shape: Shape,
    canvas: Canvas,
    pictures: list[Picture],
    settings: ReliefSettings,
    machine: Machine,
) -> tuple[Body, Tone]:
    extras = extras_of(settings)
    mask = () if not shape.needs_mask else (_mask(pictures[0], settings, canvas),)
    own = shape.outline(settings, canvas, *mask) if shape.outline else None
    outline = own
    for extra in extras:
        outline = extra.outline(settings, canvas, outline)
    grid = _Grid.over(canvas, grid_of(settings, canvas, pictures[0].size_px, machine))
    if outline is not None:
        grid = grid.with_room()

    # The windows of several pictures, or the only one.
    windows: list[Box] = [canvas.picture]
    if shape.windows:
        windows = shape.windows(settings, canvas, [each.aspect for each in pictures])
    upper = room_for(grid.rows, grid.columns)
    upper[:] = 0
    first: Tone | None = None
    thresholds: list[float] = []
    for place, window in enumerate(windows):
        clipped = _clipped(window, canvas, place, len(windows))
        picture = pictures[place % len(pictures)]
        found = _paint_picture(upper, grid, picture, window, clipped, settings, machine)
        first = first or found
        thresholds = found.thresholds
    upper_regions: list[Region] = []
    if thresholds:
        share = np.array(upper)
        for cut, height in zip(thresholds, heights(settings.steps)[1:], strict=True):
            rise = settings.base + settings.relief_height * height
            upper_regions.append(Region(_above(share, cut), rise))
        upper[:] = settings.base
    else:
        upper *= settings.relief_height
        upper += settings.base

    if shape.upper_regions:
        upper_regions += shape.upper_regions(settings, canvas, *mask)
    lower_regions = shape.lower_regions(settings, canvas) if shape.lower_regions else []
    for extra in extras:
        upper_regions += extra.upper_regions(settings, canvas, own)
        lower_regions += extra.lower_regions(settings, canvas, outline)
    if shape.bend:
        bend = shape.bend(settings, canvas)
    else:
        bend = STANDING if settings.standing else FLAT
    body = Body(
        width=grid.width,
        depth=grid.depth,
        upper=upper,
        bend=bend,
        upper_regions=tuple(upper_regions),
        lower_regions=tuple(lower_regions),
        outline=outline,
        wraps=canvas.wraps,
        v_middle=grid.v_middle,
        name=shape.label,
    )
    return (mirrored(body) if settings.mirror else body), first


def _mask(picture: Picture, settings: ReliefSettings, canvas: Canvas) -> Field:
    from .solid.masks import mask_field, subject_mask

    return mask_field(subject_mask(picture.grey, picture.alpha, settings), canvas)


@dataclass(frozen=True)
class _Grid:
    """Nodes over a canvas, and perhaps a little beyond."""

    columns: int
    rows: int
    width: float
    depth: float
    v_middle: float
    wraps: bool

    @classmethod
    def over(cls, canvas: Canvas, nodes: tuple[int, int]) -> _Grid:
        return cls(*nodes, canvas.width, canvas.depth, 0.0, canvas.wraps)

    @property
    def pitch(self) -> tuple[float, float]:
        return self.width / (self.columns - 1), self.depth / (self.rows - 1)

    def with_room(self) -> _Grid:
        """More nodes around, so that an outline ends within.

        The canvas's edges, where outlines often run, come to lie halfway between nodes.
        """
        across, down = self.pitch
        if self.wraps:
            # Around there is no edge, and below is the one it stands on.
            return replace(
                self,
                rows=self.rows + 2,
                depth=self.depth + BEYOND * down,
                v_middle=BEYOND * down / 2,
            )
        return replace(
            self,
            columns=self.columns + 3,
            rows=self.rows + 3,
            width=self.width + 2 * BEYOND * across,
            depth=self.depth + 2 * BEYOND * down,
        )


def _clipped(window: Box, canvas: Canvas, place: int, count: int) -> Box:
    """The part of a window that is its own: on the canvas, and not its neighbours'."""
    half_width, half_depth = canvas.width / 2, canvas.depth / 2
    left = -half_width + place * canvas.width / count
    right = left + canvas.width / count
    return (
        max(window[0], left),
        max(window[1], -half_depth),
        min(window[2], right),
        min(window[3], half_depth),
    )


def _paint_picture(
    upper: np.ndarray,
    grid: _Grid,
    picture: Picture,
    window: Box,
    clipped: Box,
    settings: ReliefSettings,
    machine: Machine,
) -> Tone:
    """Put a picture's shares of the height into its window of `upper`."""
    across_pitch, down_pitch = grid.pitch
    left, top = -grid.width / 2, grid.v_middle + grid.depth / 2
    height_px, width_px = picture.grey.shape
    across = _cut(
        nodes_within(
            grid.columns, across_pitch, window[0] - left, window[2] - left, width_px
        ),
        across_pitch,
        clipped[0] - left,
        clipped[2] - left,
    )
    down = _cut(
        nodes_within(grid.rows, down_pitch, top - window[3], top - window[1], height_px),
        down_pitch,
        top - clipped[3],
        top - clipped[1],
    )
    fine = picture.fine or max(across.step, down.step) > REDUCES
    found = tone(
        resample(picture.grey, across, down),
        settings,
        grid.pitch,
        line_width=machine.line_width,
        level=0.0 if fine else 1 / LEVELS_OF_8_BITS,
        overwrite=True,
    )
    rows = slice(down.first, down.first + down.count)
    columns = slice(across.first, across.first + across.count)
    upper[rows, columns] = found.share
    return found


def _cut(nodes: Nodes, pitch: float, low: float, high: float) -> Nodes:
    """Of the nodes of a window those between two places."""
    first = max(nodes.first, math.ceil(low / pitch - 1e-6))
    last = min(nodes.first + nodes.count - 1, math.floor(high / pitch + 1e-6))
    start = nodes.start + (first - nodes.first) * nodes.step
    # A window so narrow that no node hits it still shows one.
    return replace(nodes, first=first, count=max(1, last - first + 1), start=start)


def _above(share: np.ndarray, cut: float) -> np.ndarray:
    return share - np.float32(cut)


def mirrored(body: Body) -> Body:
    """The same with left and right swapped, as a stamp must be."""

    def swapped(field: Field | np.ndarray) -> Field | np.ndarray:
        if isinstance(field, np.ndarray):
            return np.ascontiguousarray(field[:, ::-1])
        return lambda u, v: field(-u, v)

    def regions(of: tuple[Region, ...]) -> tuple[Region, ...]:
        return tuple(replace(region, inside=swapped(region.inside)) for region in of)

    body.upper[:] = body.upper[:, ::-1].copy()
    return replace(
        body,
        upper_regions=regions(body.upper_regions),
        lower_regions=regions(body.lower_regions),
        outline=None if body.outline is None else swapped(body.outline),
    )
