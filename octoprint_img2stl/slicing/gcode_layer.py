"""What a G-code file consists of: layers, lines of plastic, places where it stops."""

from __future__ import annotations

from typing import NamedTuple


class Layer(NamedTuple):
    """One layer: height of its extrusion above the bed (mm), first and last byte + 1.

    `time_s` is its share of the whole time; `filament_mm` what its lines of plastic take;
    `kinds` has a bit for each type of line in it, in the order of `GcodeFacts.kinds`.
    """

    z: float
    start: int
    end: int
    time_s: float = 0.0
    filament_mm: float = 0.0
    kinds: int = 0


class Path(NamedTuple):
    """One unbroken line of plastic.

    Its type as the slicer calls it, its width (mm; 0: unknown), its points (mm).
    """

    kind: str
    width: float
    points: list[tuple[float, float]]


class Stop(NamedTuple):
    """A command that stops the print: which, and the number of the layer it is in."""

    command: str
    layer: int
