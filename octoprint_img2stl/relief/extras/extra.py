"""What every extra tells about itself. No numpy here.

An extra adds something to a finished shape: a frame, a hole to hang it by, magnets. It is
asked in this order: `check`, `extend`, `outline`, then for regions and parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...problems import N_
from ..refused import ReliefRefused
from ..shapes.canvas import Canvas

if TYPE_CHECKING:
    from ...machine import Machine
    from ..settings import ReliefSettings
    from ..solid.body import Body, Field, Region

# Of plastic that has to stay between any hole or pocket and the next one or the rim.
WALL = 1.5


def _same_canvas(settings: ReliefSettings, canvas: Canvas) -> Canvas:
    return canvas


def _same_outline(
    settings: ReliefSettings, canvas: Canvas, field: Field | None
) -> Field | None:
    return field


def _no_regions(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[Region]:
    return []


def _no_parts(settings: ReliefSettings, canvas: Canvas) -> list[Body]:
    return []


def _no_sizes(
    settings: ReliefSettings, canvas: Canvas
) -> list[tuple[float, float, float]]:
    return []


def _no_reach(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float]:
    return 0.0, 0.0


def _nothing_to_refuse(
    settings: ReliefSettings, canvas: Canvas, machine: Machine
) -> None:
    pass


@dataclass(frozen=True)
class Extra:
    """One thing that can be added to a shape.

    Attributes:
        active: whether the owner wants it.
        check: refuses what can be seen from the numbers alone, without numpy.
        extend: the canvas with the room that the extra needs around the shape.
        outline: of the shape and all extras before this one (None: the whole of
            `canvas.shape`), with what this one adds or cuts; refuses what does not fit.
        upper_regions: painted over the picture side; gets the outline of the *shape*,
            before any extra.
        lower_regions: painted over the back; gets the outline with all extras; refuses
            what does not fit.
        parts: bodies to be printed beside the shape.
        part_sizes: the boxes (x, y, z) of these bodies as they are printed.
        reach: the lowest and the greatest height above the back that the extra takes.
    """

    active: Callable[[ReliefSettings], bool]
    check: Callable[[ReliefSettings, Canvas, Machine], None] = _nothing_to_refuse
    extend: Callable[[ReliefSettings, Canvas], Canvas] = _same_canvas
    outline: Callable[[ReliefSettings, Canvas, Field | None], Field | None] = (
        _same_outline
    )
    upper_regions: Callable[[ReliefSettings, Canvas, Field | None], list[Region]] = (
        _no_regions
    )
    lower_regions: Callable[[ReliefSettings, Canvas, Field | None], list[Region]] = (
        _no_regions
    )
    parts: Callable[[ReliefSettings, Canvas], list[Body]] = _no_parts
    part_sizes: Callable[[ReliefSettings, Canvas], list[tuple[float, float, float]]] = (
        _no_sizes
    )
    reach: Callable[[ReliefSettings, Canvas], tuple[float, float]] = _no_reach


def solid(canvas: Canvas, outline: Field | None) -> Field:
    """The outline as a field, also where it is the rectangle `canvas.shape`."""
    if outline is not None:
        return outline
    from ..solid import sdf

    left, bottom, right, top = canvas.shape
    if canvas.wraps:
        # Its left and right are no rims: as far away as nothing on the canvas is.
        left, right = left - canvas.width, right + canvas.width
    return sdf.rectangle(left, bottom, right, top)


def refuse_without_rim(canvas: Canvas, option: str, off: Any) -> None:
    """Refuse an extra that needs a plate on a shape that closes around itself.

    Args:
        option: the setting that asks for the extra.
        off: its value without the extra.

    Raises:
        ReliefRefused: ``relief.extra_needs_plate``.
    """
    if canvas.wraps:
        raise ReliefRefused(
            "relief.extra_needs_plate",
            N_(
                "Rings, holes, pockets and stands need a plate with an edge, and this "
                "shape runs all around; choose another shape, or leave them out."
            ),
            field=f"relief.{option}",
            suggest=off,
        )
