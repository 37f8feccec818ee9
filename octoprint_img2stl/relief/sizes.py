"""How large a print becomes, whether it fits, how fine it is sampled. No numpy here.

Lengths are millimetres; `size_px` is always the (width, height) of a photo after turn and
crop, before any reduction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..machine import Machine
from ..problems import N_
from .extras import EXTRAS, Extra
from .options import LIMITS
from .refused import ReliefRefused
from .settings import ReliefSettings
from .shapes import SHAPES, Canvas
from .shapes.canvas import middle, size
from .shapes.curved import greatest_height

# The heightmap's memory and the STL's size grow with these, whatever the owner asks for.
MAX_SAMPLES = 4096
# Nothing finer than a quarter of the nozzle survives printing (default pitch 0.1 mm).
SAMPLES_PER_NOZZLE = 4
# Tiles of the mesher: grids of whole tiles need no extra vertices along two edges.
TILE = 32
# Between things printed side by side: room for two skirts or brims.
GAP = 8.0


def extras_of(settings: ReliefSettings) -> list[Extra]:
    """What the owner wants to have added, in order.

    Raises:
        ReliefRefused: ``relief.no_extras``, for a shape that takes none.
    """
    active = {name: extra for name, extra in EXTRAS.items() if extra.active(settings)}
    if not SHAPES[settings.shape].plain:
        return list(active.values())
    # The border of such a shape is its own affair.
    active.pop("frame", None)
    for name in active:
        raise ReliefRefused(
            "relief.no_extras",
            N_(
                "Stencils and cookie cutters take no rings, holes, pockets, stands or "
                "text; switch them off."
            ),
            field=f"relief.{name}",
            suggest=getattr(ReliefSettings(), name),
        )
    return []


def canvas_of(settings: ReliefSettings, aspect: float, machine: Machine) -> Canvas:
    """The canvas of a shape with all its extras, all numbers checked.

    Args:
        aspect: of the photo, width / height.

    Raises:
        ReliefRefused: settings that do not go together.
    """
    canvas = SHAPES[settings.shape].canvas(settings, aspect)
    for extra in extras_of(settings):
        extra.check(settings, canvas, machine)
        canvas = extra.extend(settings, canvas)
    return canvas


def thing_size(
    settings: ReliefSettings, size_px: tuple[int, int], machine: Machine
) -> tuple[float, float, float]:
    """The box (width, depth, height) of one thing as it is printed."""
    canvas = canvas_of(settings, size_px[0] / size_px[1], machine)
    shape = SHAPES[settings.shape]
    bent = shape.bend is not None and shape.size is not None
    low, high = 0.0, settings.height
    if shape.size is not None and not bent:
        high = shape.size(settings, canvas)[2]
    for extra in extras_of(settings):
        reach = extra.reach(settings, canvas)
        low, high = min(low, reach[0]), max(high, reach[1])
    if bent:
        wide, deep, tall = shape.size(settings, canvas)
        tall += canvas.depth - size(canvas.shape)[1]
        # Letters stand out in front; on a box's first side, which mirrored is the last.
        front = max(0.0, high - greatest_height(settings))
        if settings.mirror and canvas.wraps and middle(canvas.picture)[0] != 0:
            return wide + front, deep, tall
        return wide, deep + front, tall
    if settings.standing:
        return canvas.width, high - low, canvas.depth
    return canvas.width, canvas.depth, high - low


def things(settings: ReliefSettings, count: int) -> list[list[int]]:
    """Which photos go on which thing: one each, or several where the shape takes them.

    Args:
        count: of the photos, at least 1.

    Returns:
        for each thing the indices of its photos.
    """
    most = SHAPES[settings.shape].photos[1]
    if most > 1:
        return [list(range(min(count, most)))]
    return [[index] for index in range(count)]


def outer_size(
    settings: ReliefSettings,
    sizes_px: Sequence[tuple[int, int]],
    machine: Machine,
    margin: float = 0.0,
) -> tuple[float, float, float]:
    """The box (width, depth, height) that the print takes, as it is printed.

    Args:
        sizes_px: of all photos.
        margin: room to keep around the print.
    """
    boxes = []
    shape = SHAPES[settings.shape]
    for photos in things(settings, len(sizes_px)):
        boxes.append(thing_size(settings, sizes_px[photos[0]], machine))
        for part, own in shape.parts(settings, len(photos)) if shape.parts else []:
            canvas = part.canvas(own, 1.0)
            boxes.append(part.size(own, canvas))
        aspect = sizes_px[photos[0]][0] / sizes_px[photos[0]][1]
        canvas = canvas_of(settings, aspect, machine)
        for extra in extras_of(settings):
            boxes += extra.part_sizes(settings, canvas)
    return arranged(boxes, machine.width - 2 * margin)[1]


def arranged(
    boxes: Sequence[tuple[float, float, float]], room: float
) -> tuple[list[tuple[float, float]], tuple[float, float, float]]:
    """Put boxes side by side, in rows no wider than `room` where that is possible.

    Returns:
        The middle (x, y) of each, the whole centred at 0, and the size of the whole.
    """
    rows: list[list[int]] = [[]]
    wide = 0.0
    for index, box in enumerate(boxes):
        if rows[-1] and wide + GAP + box[0] > room:
            rows.append([])
            wide = 0.0
        wide += box[0] + (GAP if rows[-1] else 0.0)
        rows[-1].append(index)
    widths = [sum(boxes[i][0] for i in row) + GAP * (len(row) - 1) for row in rows]
    depths = [max(boxes[i][1] for i in row) for row in rows]
    whole = (max(widths), sum(depths) + GAP * (len(rows) - 1))
    middles = [(0.0, 0.0)] * len(boxes)
    y = whole[1] / 2
    for row, wide, deep in zip(rows, widths, depths, strict=True):
        x = -wide / 2
        for index in row:
            middles[index] = (x + boxes[index][0] / 2, y - deep / 2)
            x += boxes[index][0] + GAP
        y -= deep + GAP
    return middles, (*whole, max(box[2] for box in boxes))


def check_fits(
    settings: ReliefSettings,
    sizes_px: Sequence[tuple[int, int]],
    machine: Machine,
    margin: float = 0.0,
) -> None:
    """Refuse a print that the machine has no room for, with the width that would fit.

    Args:
        sizes_px: of all photos.
        margin: room to keep around the print, e.g. for its brim.

    Raises:
        ReliefRefused: settings that do not go together; ``relief.too_big_for_bed`` with
            `suggest`, the largest width that fits rounded down to 0.1 mm;
            ``relief.no_width_fits`` where there is none.
    """

    def fits(width: float) -> bool:
        smaller = replace(settings, width=width)
        try:
            return machine.fits(*outer_size(smaller, sizes_px, machine, margin), margin)
        except ReliefRefused:
            return False

    box = outer_size(settings, sizes_px, machine, margin)
    if machine.fits(*box, margin):
        return
    shown = {
        "width": round(box[0], 1),
        "depth": round(box[1], 1),
        "height": round(box[2], 1),
        "bed_width": round(machine.width, 1),
        "bed_depth": round(machine.depth, 1),
        "bed_height": round(machine.height, 1),
    }
    width = _greatest(fits, settings.width)
    if width is None:
        raise ReliefRefused(
            "relief.no_width_fits",
            N_(
                "This needs %(width)s x %(depth)s x %(height)s mm and does not fit on the "
                "printer (%(bed_width)s x %(bed_depth)s x %(bed_height)s mm) at any width; "
                "crop the photo, take fewer photos, or choose another shape."
            ),
            field="relief.width",
            **shown,
        )
    raise ReliefRefused(
        "relief.too_big_for_bed",
        N_(
            "This needs %(width)s x %(depth)s x %(height)s mm and does not fit on "
            "the printer (%(bed_width)s x %(bed_depth)s x %(bed_height)s mm); make it "
            "at most %(fitting)s mm wide."
        ),
        field="relief.width",
        suggest=width,
        fitting=width,
        **shown,
    )


def _greatest(fits: Callable[[float], bool], width: float) -> float | None:
    """The greatest width in tenths of a millimetre that fits, below one that does not."""
    high = math.ceil(10 * width)
    low = math.ceil(10 * LIMITS["width"][0])
    # A narrow one may have no room for the border or a ring: look for any that will do.
    step = high
    found = None
    while step > 4 and found is None:
        step /= 2
        place = high - step
        while place >= low and found is None:
            if fits(round(place) / 10):
                found = round(place)
            place -= step
    if found is None:
        return low / 10 if fits(low / 10) else None
    low = found
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle / 10):
            low = middle
        else:
            high = middle
    return low / 10


def grid_of(
    settings: ReliefSettings, canvas: Canvas, size_px: tuple[int, int], machine: Machine
) -> tuple[int, int]:
    """Nodes (columns, rows) over the whole canvas.

    As fine as the nozzle can print (or the owner asked for). A bare picture is never
    sampled finer than its photo; edges of anything else are as fine as can be printed.
    Never more than 4096 a side.
    """
    pitch = 1 / (settings.samples_per_mm or SAMPLES_PER_NOZZLE / machine.nozzle)
    nodes = []
    for length, picture, photo_px in zip(
        (canvas.width, canvas.depth), size(canvas.picture), size_px, strict=True
    ):
        step = max(pitch, length / (MAX_SAMPLES - 1))
        photo_pitch = picture / max(photo_px - 1, 1)
        if is_bare(settings) and photo_pitch > 0.999 * step:
            nodes.append(max(2, round(length / photo_pitch) + 1))
            continue
        count = max(1, round(length / step))
        if count > 2 * TILE:
            count = min(round(count / TILE) * TILE, MAX_SAMPLES - TILE)
        nodes.append(count + 1)
    return nodes[0], nodes[1]


def is_bare(settings: ReliefSettings) -> bool:
    """Whether there is nothing but a rectangular picture."""
    return settings.shape == "plate" and settings.steps == 0 and not extras_of(settings)


def photo_side_px(
    settings: ReliefSettings, size_px: tuple[int, int], machine: Machine
) -> int:
    """The longer side, in pixels, of a photo reduced to what the grid can show."""
    canvas = canvas_of(settings, size_px[0] / size_px[1], machine)
    nodes = grid_of(settings, canvas, size_px, machine)
    wide, deep = size(canvas.picture)
    return (
        math.ceil(
            max(
                wide * (nodes[0] - 1) / canvas.width, deep * (nodes[1] - 1) / canvas.depth
            )
        )
        + 1
    )
