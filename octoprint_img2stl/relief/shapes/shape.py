"""What every shape tells about itself. No numpy here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .canvas import Box, Canvas

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Bend, Field, Region


@dataclass(frozen=True)
class Shape:
    """One form into which a photo is made.

    The functions take the settings, then the canvas; what is None is as for a plate.

    Attributes:
        label: English name for the owner, marked for translation.
        description: one English sentence, marked for translation.
        options: names of the settings that matter only for such shapes.
        canvas: from the settings and the photo's aspect (width / height after the crop);
            raises `ReliefRefused` where they do not go together.
        outline: where the shape is; None, or giving None, for the whole rectangle. With
            `needs_mask` it gets the subject's field as a third argument.
        bend: how it lies in space; None: flat, or upright with `settings.standing`.
        size: the box (x, y, z) of the print; None: canvas x height.
        lower_regions, upper_regions: what is painted over the two sides.
        needs_mask: whether `outline` follows the photo's subject.
        stands: whether a lithophane of this form is printed upright on its lower edge.
        photos: the least and the greatest number of photos it takes.
        plain: whether it is made for its outline alone, with no extras.
        windows: where several photos lie, from their aspects, for shapes that take more
            than one; photos come again where they are fewer.
        parts: what is printed beside it, from the number of photos: shapes of their own
            with the settings to make them by; the last photos are for them.
    """

    label: str
    description: str
    options: tuple[str, ...]
    canvas: Callable[[ReliefSettings, float], Canvas]
    outline: Callable[..., Field | None] | None = None
    bend: Callable[[ReliefSettings, Canvas], Bend] | None = None
    size: Callable[[ReliefSettings, Canvas], tuple[float, float, float]] | None = None
    lower_regions: Callable[[ReliefSettings, Canvas], list[Region]] | None = None
    upper_regions: Callable[[ReliefSettings, Canvas], list[Region]] | None = None
    needs_mask: bool = False
    photos: tuple[int, int] = (1, 1)
    stands: bool = False
    plain: bool = False
    windows: Callable[[ReliefSettings, Canvas, Sequence[float]], list[Box]] | None = None
    parts: Callable[[ReliefSettings, int], list[tuple[Shape, ReliefSettings]]] | None = (
        None
    )
