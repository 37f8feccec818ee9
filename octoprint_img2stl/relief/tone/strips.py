"""A picture some rows at a time: what an operation needs in between stays small."""

from __future__ import annotations

from collections.abc import Iterator

# Nodes per strip: 256 KiB in 32-bit floats, within the reach of most second-level caches.
STRIP = 65536


def strips(shape: tuple[int, int]) -> Iterator[slice]:
    """Slices of rows that cover a picture of (rows, columns) once."""
    rows, columns = shape
    step = max(1, STRIP // columns)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
