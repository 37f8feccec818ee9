"""The forms into which a photo is made, one small module each. No numpy here."""

from __future__ import annotations

from . import (
    arc,
    box,
    cutter,
    cylinder,
    disc,
    dome,
    heart,
    hexagon,
    outline,
    oval,
    plate,
    rounded,
    stencil,
)
from .canvas import Canvas
from .shape import Shape

SHAPES: dict[str, Shape] = {
    "plate": plate.SHAPE,
    "rounded": rounded.SHAPE,
    "disc": disc.SHAPE,
    "oval": oval.SHAPE,
    "hexagon": hexagon.SHAPE,
    "heart": heart.SHAPE,
    "outline": outline.SHAPE,
    "arc": arc.SHAPE,
    "cylinder": cylinder.SHAPE,
    "dome": dome.SHAPE,
    "box": box.SHAPE,
    "cutter": cutter.SHAPE,
    "stencil": stencil.SHAPE,
}

__all__ = ["SHAPES", "Canvas", "Shape"]
