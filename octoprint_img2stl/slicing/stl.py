"""The size of a binary STL in plain Python: OctoPrint's process may need it too."""

from __future__ import annotations

import math
import struct
from array import array
from pathlib import Path

from ..problems import N_
from .refused import SlicingRefused

HEADER, RECORD = 84, 50  # bytes: 80 of text and a count; 12 float32 and two spare bytes
PAIR = 2 * RECORD // 4  # two records are a whole number of float32
CHUNK = 20_000 * RECORD
CORNERS = (3, 6, 9)  # where the three corners begin in a record, in float32


def stl_size(path: Path | str) -> tuple[float, float, float]:
    """Width, depth and height (mm) of the box around a binary STL.

    Raises:
        SlicingRefused: ``slicing.model_unreadable``: not a binary STL, empty, or not
            finite.
        OSError: the file cannot be read.
    """
    low, high = [math.inf] * 3, [-math.inf] * 3
    length = Path(path).stat().st_size
    with open(path, "rb") as file:
        head = file.read(HEADER)
        count = struct.unpack("<I", head[80:])[0] if len(head) == HEADER else 0
        if count == 0 or length != HEADER + RECORD * count:
            raise _unreadable()
        while data := file.read(CHUNK):
            # Every other record begins on a whole float32; the rest does after a shift.
            for part in (data, data[RECORD:]):
                numbers = array("f", part[: len(part) // 4 * 4])
                for axis in range(3):
                    for corner in CORNERS:
                        column = numbers[corner + axis :: PAIR]
                        if column:
                            low[axis] = min(low[axis], min(column))
                            high[axis] = max(high[axis], max(column))
    size = [top - bottom for bottom, top in zip(low, high, strict=True)]
    if not all(math.isfinite(side) for side in size):
        raise _unreadable()
    return size[0], size[1], size[2]


def _unreadable() -> SlicingRefused:
    return SlicingRefused(
        "slicing.model_unreadable",
        N_("The model is not a complete binary STL file; make it again."),
    )
