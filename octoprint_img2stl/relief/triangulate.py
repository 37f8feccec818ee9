"""From a heightmap to a closed solid in a binary STL file, written as it is made.

Lengths are millimetres. Besides the heightmap and its error map only one row of tiles is
held in memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .error_map import TILE, ErrorMap, error_map
from .heightmap import Heightmap

HEADER = b"Relief by OctoPrint-Img2STL, millimetres".ljust(80)
FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
CHUNK = 1 << 15
# Shares of the whole for the progress: the error map, then the writing.
MAPPED = 0.4


def write_relief_stl(
    heightmap: Heightmap,
    path: str | os.PathLike[str],
    *,
    max_error: float = 0.05,
    standing: bool = False,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Write the plate as a closed solid with a flat bottom and upright walls.

    The upper side is a right-triangulated irregular network that is nowhere further than
    `max_error` from the heightmap's nodes, and exact at its highest and lowest one. Walls
    use exactly the border vertices of the upper side, the bottom is a fan over the same:
    each edge belongs to exactly two triangles. The size is that of the heightmap to
    within the rounding of 32-bit floats.

    Args:
        heightmap: all heights finite and above 0.
        path: appears complete or not at all.
        max_error: mm, 0 or more.
        standing: upright, the photo's top at +z and its picture side facing -y, where it
            is not mirrored; otherwise flat, the photo's top at +y, the picture side
            facing +z. Either way the box's centre is at x = y = 0 and its lowest point at
            z = 0.
        progress: is called with 0..1 and may raise to cancel.

    Returns:
        ``{"triangles": int, "size": (x, y, z) in mm, "max_error": float}``, the last
        being the greatest error the mesh can have, at most what was asked for.

    Raises:
        ValueError: a heightmap or error that no caller should pass.
    """
    z = np.asarray(heightmap.z, np.float32)
    if z.ndim != 2 or min(z.shape) < 2 or not np.isfinite(z).all() or z.min() <= 0:
        raise ValueError("a heightmap needs 2 x 2 finite heights above 0")
    if not (heightmap.width > 0 and heightmap.depth > 0 and max_error >= 0):
        raise ValueError("width and depth must be above 0, the error at least 0")
    report = progress or (lambda share: None)
    report(0.0)
    errors = error_map(z, lambda share: report(MAPPED * share))
    place = _Place(heightmap, errors, standing)

    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb") as file:
            file.write(HEADER + bytes(4))
            count = 0
            rows = range(0, errors.last_row, TILE)
            for done, top in enumerate(rows, 1):
                count += _write(file, place.upper(_upper_side(errors, top, max_error)))
                report(MAPPED + (1 - MAPPED) * done / (len(rows) + 1))
            ring = _border(errors, max_error)
            count += _write(file, place.walls(ring))
            count += _write(file, place.bottom(ring))
            file.seek(len(HEADER))
            file.write(np.array(count, "<u4").tobytes())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    report(1.0)
    kept = errors.error <= max_error
    return {
        "triangles": count,
        "size": place.size,
        "max_error": float(np.max(errors.error, where=kept, initial=0.0)),
    }


def _upper_side(errors: ErrorMap, top: int, max_error: float) -> Iterator[np.ndarray]:
    """Triangles of one row of tiles, (n, 3) indices into the raveled `errors.z`.

    A triangle is (end, other end, apex) of its hypotenuse, counter-clockwise seen from
    above when row 0 is at the back. Its split gives two of the same kind.
    """
    stride = errors.z.shape[1]
    error = errors.error.ravel()
    lefts = np.arange(0, errors.last_column, TILE)
    upper_left = top * stride + lefts
    upper_right, lower_left = upper_left + TILE, upper_left + TILE * stride
    lower_right = lower_left + TILE
    # As `error_map` wants it: the diagonal from upper left to lower right in every other.
    main = lefts // TILE % 2 == 0
    ends = (
        np.where(main, upper_left, upper_right),
        np.where(main, lower_right, lower_left),
    )
    apexes = (
        np.where(main, upper_right, lower_right),
        np.where(main, lower_left, upper_left),
    )
    triangles = np.concatenate(
        [
            np.stack([ends[0], ends[1], apexes[0]], axis=1),
            np.stack([ends[1], ends[0], apexes[1]], axis=1),
        ]
    ).astype(np.int32)

    for _ in range(2 * int(np.log2(TILE))):
        first, second, apex = triangles.T
        middle = (first + second) // 2
        split = error[middle] > max_error
        yield from _inside(triangles[~split], errors)
        first, second, apex, middle = (
            corner[split] for corner in (first, second, apex, middle)
        )
        triangles = np.concatenate(
            [
                np.stack([apex, first, middle], axis=1),
                np.stack([second, apex, middle], axis=1),
            ]
        )
    yield from _inside(triangles, errors)


def _inside(triangles: np.ndarray, errors: ErrorMap) -> Iterator[np.ndarray]:
    """Chunks of those triangles that lie on the heightmap, not on its padding."""
    stride = errors.z.shape[1]
    for start in range(0, len(triangles), CHUNK):
        chunk = triangles[start : start + CHUNK]
        rows, columns = np.divmod(chunk, stride)
        keep = (rows <= errors.last_row) & (columns <= errors.last_column)
        yield chunk[keep.all(axis=1)]


def _border(errors: ErrorMap, max_error: float) -> np.ndarray:
    """Vertices on the border, clockwise from the upper left, indices into raveled `z`."""
    stride = errors.z.shape[1]
    last_row, last_column = errors.last_row, errors.last_column
    vertex = errors.error > max_error
    vertex[::TILE, ::TILE] = True
    upper = np.flatnonzero(vertex[0, : last_column + 1])
    right = np.flatnonzero(vertex[: last_row + 1, last_column])
    lower = np.flatnonzero(vertex[last_row, : last_column + 1])
    left = np.flatnonzero(vertex[: last_row + 1, 0])
    return np.concatenate(
        [
            upper[:-1],
            right[:-1] * stride + last_column,
            last_row * stride + lower[:0:-1],
            left[:0:-1] * stride,
        ]
    )


class _Place:
    """Where the nodes lie in space."""

    def __init__(self, heightmap: Heightmap, errors: ErrorMap, standing: bool) -> None:
        rows, columns = heightmap.z.shape
        self._stride = errors.z.shape[1]
        self._z = errors.z.ravel()
        self._x = np.linspace(-heightmap.width / 2, heightmap.width / 2, columns)
        self._y = np.linspace(heightmap.depth / 2, -heightmap.depth / 2, rows)
        self._standing = standing
        self._thickness = float(heightmap.z.max())
        self._half_depth = heightmap.depth / 2
        flat = (heightmap.width, heightmap.depth, self._thickness)
        self.size = (flat[0], flat[2], flat[1]) if standing else flat

    def upper(self, chunks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for indices in chunks:
            yield self._points(indices)

    def walls(self, ring: np.ndarray) -> Iterator[np.ndarray]:
        after = np.roll(ring, -1)
        high, low = self._points(ring), self._points(ring, on_bottom=True)
        next_high, next_low = self._points(after), self._points(after, on_bottom=True)
        yield np.stack([high, next_high, next_low], axis=1)
        yield np.stack([high, next_low, low], axis=1)

    def bottom(self, ring: np.ndarray) -> Iterator[np.ndarray]:
        low = self._points(ring, on_bottom=True)
        middle = self._turned(np.zeros((1, 3))).repeat(len(ring), axis=0)
        yield np.stack([low, np.roll(low, -1, axis=0), middle], axis=1)

    def _points(self, indices: np.ndarray, on_bottom: bool = False) -> np.ndarray:
        """(…, 3) float32 coordinates of nodes, or of the bottom below them."""
        rows, columns = np.divmod(indices, self._stride)
        points = np.empty((*indices.shape, 3))
        points[..., 0] = self._x[columns]
        points[..., 1] = self._y[rows]
        points[..., 2] = 0 if on_bottom else self._z[indices]
        return self._turned(points)

    def _turned(self, points: np.ndarray) -> np.ndarray:
        if self._standing:
            # A quarter turn about x: up becomes -y, the photo's top becomes up.
            turned = np.empty_like(points)
            turned[..., 0] = points[..., 0]
            turned[..., 1] = self._thickness / 2 - points[..., 2]
            turned[..., 2] = points[..., 1] + self._half_depth
            points = turned
        return points.astype(np.float32)


def _write(file: BinaryIO, chunks: Iterator[np.ndarray]) -> int:
    """Append triangles, (n, 3, 3) corners each, with their unit normals; how many."""
    count = 0
    for corners in chunks:
        facets = np.zeros(len(corners), FACET)
        facets["corners"] = corners
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        facets["normal"] = normals / np.linalg.norm(normals, axis=1, keepdims=True)
        facets.tofile(file)
        count += len(facets)
    return count
