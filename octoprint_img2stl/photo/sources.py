"""What of a photo may be taken for its greys."""

from __future__ import annotations

from ..problems import N_
from .refused import PhotoRefused

BRIGHTNESS, RED, GREEN, BLUE = "brightness", "red", "green", "blue"
ALPHA, DEPTH = "alpha", "depth"
SOURCES = (BRIGHTNESS, RED, GREEN, BLUE, ALPHA, DEPTH)


def check_source(source: str) -> str:
    """The source itself.

    Raises:
        PhotoRefused: ``photo.source_unknown`` unless it is one of `SOURCES`.
    """
    if isinstance(source, str) and source in SOURCES:
        return source
    raise PhotoRefused(
        "photo.source_unknown",
        N_("The heights cannot come from %(source)s; choose one of %(sources)s."),
        field="relief.source",
        suggest=BRIGHTNESS,
        source=str(source)[:40],
        sources=", ".join(SOURCES),
    )


def no_alpha() -> PhotoRefused:
    """The refusal of a photo that is opaque where its transparency was asked for."""
    return PhotoRefused(
        "photo.no_alpha",
        N_(
            "The photo has no transparent parts to make heights of; choose the brightness, "
            "or give a PNG with a transparent background."
        ),
        field="relief.source",
        suggest=BRIGHTNESS,
    )
