"""The plate cut along the subject of the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...problems import N_
from ..refused import ReliefRefused
from .canvas import MIN_PICTURE, Canvas, floor, framed
from .shape import Shape

if TYPE_CHECKING:
    from ..settings import ReliefSettings
    from ..solid.body import Field


def canvas(settings: ReliefSettings, aspect: float) -> Canvas:
    """The photo and the margin around it, so that the rim is on the canvas whatever part
    of the photo the subject is.

    Raises:
        ReliefRefused: as `framed` and `around_photo`.
    """
    plate = framed(settings.width, settings.border, aspect)
    if margin(settings) == settings.border:
        return plate
    return around_photo(settings, aspect)


def margin(settings: ReliefSettings) -> float:
    """From the subject to the rim: the frame has its place there as well."""
    return max(settings.outline_margin, settings.border)


def around_photo(settings: ReliefSettings, aspect: float, rest: float = 0.0) -> Canvas:
    """A canvas as wide as asked: the photo, the margin and the `rest` around it.

    Raises:
        ReliefRefused: ``relief.margin_too_wide`` with `suggest`, the widest that leaves a
            picture; ``relief.too_slim``.
    """
    most = (settings.width - MIN_PICTURE) / 2 - rest
    if settings.outline_margin > most:
        raise ReliefRefused(
            "relief.margin_too_wide",
            N_(
                "A margin of %(margin)s mm leaves no room for the picture at a width of "
                "%(width)s mm; make it at most %(most)s mm."
            ),
            field="relief.outline_margin",
            suggest=floor(most),
            margin=round(settings.outline_margin, 2),
            width=round(settings.width, 2),
            most=floor(most),
        )
    return framed(settings.width, settings.outline_margin + rest, aspect)


def outline(settings: ReliefSettings, canvas: Canvas, mask: Field) -> Field:
    return subject_outline(mask, canvas, margin(settings))


def subject_outline(mask: Field, canvas: Canvas, room: float) -> Field:
    """One smooth piece around the subject, see `solid.silhouette`.

    Raises:
        ReliefRefused: ``relief.subject_too_thin`` with `suggest`, a margin that would do.
    """
    from ..solid.silhouette import NECK, silhouette

    field = silhouette(mask, canvas, room)
    if field is None:
        raise ReliefRefused(
            "relief.subject_too_thin",
            N_(
                "The subject is nowhere %(least)s mm wide; set a margin of at least "
                "%(least)s mm around it."
            ),
            field="relief.outline_margin",
            suggest=NECK,
            least=NECK,
        )
    return field


SHAPE = Shape(
    label=N_("Outline"),
    description=N_(
        "A plate cut along the outline of the subject, without its background."
    ),
    options=("outline_margin", "subject", "subject_threshold"),
    canvas=canvas,
    outline=outline,
    needs_mask=True,
)
