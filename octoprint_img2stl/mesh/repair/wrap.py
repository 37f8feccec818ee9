"""The last resort: a new surface laid round whatever is there, on a grid.

Nodes of the grid that cannot be reached from outside without coming nearer to the surface
than half a sheet's thickness are solid, so are those that rays from several sides find
inside. There the new surface follows the old one exactly; where there is nothing solid
behind it, it becomes a sheet of printable thickness. (Dilate, fill, erode, surface.)

The surface is a net with one vertex in every cell that it passes (Gibson 1998, "Constrained
elastic surface nets"); where cells are ambiguous it touches itself, which `separate` mends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from .geometry import areas, sample, squared_distances
from .model import Surface
from .rays import columns

FINE, COARSE = 128, 96  # cells along the longest side
LITTLE_MEMORY = 1_000_000_000
CELLS_THICK = 1.6  # the thinnest sheet the grid can hold
MARGIN = 3  # cells around
SAMPLES = (60_000, 500_000)
BAND = 2  # cells to either side in which distances are exact
NEAREST = 4


@dataclass(frozen=True, eq=False)
class Grid:
    """Nodes at ``low + index * pitch``, `shape` of them, mm."""

    low: np.ndarray
    pitch: float
    shape: tuple[int, int, int]

    @classmethod
    def around(cls, points: np.ndarray, cells: int, thickness: float) -> Grid:
        low, high = points.min(axis=0), points.max(axis=0)
        pitch = float((high - low).max()) / cells
        margin = MARGIN * pitch + max(thickness, CELLS_THICK * pitch) / 2
        shape = np.ceil((high - low + 2 * margin) / pitch).astype(int) + 1
        # Off the round numbers that models are drawn on.
        return cls(low - margin + 0.0137 * pitch, pitch, tuple(shape.tolist()))

    def nodes(self, flat: np.ndarray) -> np.ndarray:
        """(n, 3) mm of nodes by their number."""
        return self.low + self.pitch * np.stack(
            np.unravel_index(flat, self.shape), axis=1
        )

    def at(self, points: np.ndarray) -> np.ndarray:
        """(n,) number of the node nearest to each point, within the grid."""
        index = np.rint((points - self.low) / self.pitch).astype(np.int64)
        np.clip(index, 0, np.array(self.shape) - 1, out=index)
        return np.ravel_multi_index(tuple(index.T), self.shape)


def wrapped(
    surface: Surface,
    *,
    thickness: float,
    inside_by_rays: bool,
    closing: float = 0.0,
    memory_bytes: int | None = None,
) -> Surface | None:
    """A closed surface around `surface`; None when nothing is solid.

    Args:
        surface: any triangles; for rays their winding counts.
        thickness: of sheets, mm; no less than `CELLS_THICK` cells.
        inside_by_rays: bridge openings wider than a sheet's thickness, too.
        closing: bridge openings up to that wide, mm.
    """
    little = memory_bytes is not None and memory_bytes < LITTLE_MEMORY
    cells = COARSE if little else FINE
    grid = Grid.around(surface.points, cells, max(thickness, closing))
    half = max(thickness, CELLS_THICK * grid.pitch) / 2
    area = areas(surface)
    count = int(np.clip(5 * area.sum() / grid.pitch**2, *SAMPLES))
    points, face = sample(surface, count, area=area)
    if not len(points):
        return None
    reach = max(half, closing / 2)
    band, distance, nearest = _band(surface, grid, points, face, reach)
    near = np.zeros(grid.shape, dtype=bool)
    near.ravel()[band[distance <= reach]] = True
    solid = _enclosed(near)
    if inside_by_rays:
        solid |= _by_rays(surface, grid) & ~near
    values = np.where(solid, np.float32(-1), np.float32(1)) * np.float32(
        BAND * grid.pitch
    )
    values.ravel()[band] = _signed(
        surface, grid, solid, near, points, face, band, distance, nearest, half, reach
    )
    # Never exactly on a node: corners would fall together.
    least = np.float32(0.03 * grid.pitch)
    values = np.where(np.abs(values) < least, np.copysign(least, values), values)
    return net(values, grid)


def _band(
    surface: Surface, grid: Grid, points: np.ndarray, face: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes near the surface, their distances, mm, and the sample nearest to each."""
    touched = np.zeros(grid.shape, dtype=bool)
    touched.ravel()[grid.at(points)] = True
    rounds = max(BAND, int(np.ceil(reach / grid.pitch)) + 1)
    touched = ndimage.binary_dilation(
        touched, ndimage.generate_binary_structure(3, 2), iterations=rounds
    )
    band = np.flatnonzero(touched)
    tree = cKDTree(points)
    distance = np.empty(len(band))
    nearest = np.empty(len(band), dtype=np.int64)
    for start in range(0, len(band), 65536):
        part = slice(start, start + 65536)
        nodes = grid.nodes(band[part])
        _, found = tree.query(nodes, NEAREST)
        best = np.full(len(nodes), np.inf)
        for column in found.reshape(len(nodes), -1).T:
            column = np.minimum(column, len(points) - 1)
            tried = squared_distances(nodes, surface.corners(face[column]))
            better = tried < best
            best[better] = tried[better]
            nearest[part][better] = column[better]
        distance[part] = np.sqrt(best)
    return band, distance, nearest


def _enclosed(near: np.ndarray) -> np.ndarray:
    """Nodes away from the surface that cannot be reached from the grid's corner."""
    regions, _ = ndimage.label(~near)
    return ~near & (regions != regions[0, 0, 0])


def _by_rays(surface: Surface, grid: Grid) -> np.ndarray:
    """Nodes that rays along at least two axes find inside (Nooruddin & Turk 2003).

    A column of nodes whose crossings do not cancel has run through a hole: it abstains.
    """
    votes = np.zeros(grid.shape, dtype=np.int8)
    for axis in range(3):
        inside = columns(surface, grid.low, grid.pitch, grid.shape, axis)
        votes += inside
    return votes >= 2


def _signed(
    surface: Surface,
    grid: Grid,
    solid: np.ndarray,
    near: np.ndarray,
    points: np.ndarray,
    face: np.ndarray,
    band: np.ndarray,
    distance: np.ndarray,
    nearest: np.ndarray,
    half: float,
    settled_at: float,
) -> np.ndarray:
    """(n,) float32, mm: negative in the solid."""
    corners = surface.corners(face)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    np.divide(normal, length, out=normal, where=length > 0)
    reach = settled_at + 0.9 * grid.pitch
    flat = solid.ravel()
    behind = flat[grid.at(points - reach * normal)]
    before = flat[grid.at(points + reach * normal)]
    # Where the solid lies; 0: on both sides or on none.
    side = behind.astype(np.int8) - before.astype(np.int8)
    thick = ndimage.binary_dilation(
        solid,
        ndimage.generate_binary_structure(3, 2),
        iterations=int(np.ceil(settled_at / grid.pitch)) + 1,
    ).ravel()
    sheet = ~thick[grid.at(points)]
    both = behind & before
    ahead = (
        np.einsum("ij,ij->i", grid.nodes(band) - points[nearest], normal[nearest])
        * side[nearest]
    )
    index = ndimage.distance_transform_edt(
        near, return_distances=False, return_indices=True
    )
    settled = solid[tuple(axis.ravel()[band] for axis in index)]
    del index
    # Close to the surface the side of its plane decides, further off the nearest node that
    # is settled.
    plane = (distance < 0.5 * grid.pitch) & (side[nearest] != 0)
    inside = np.where(plane, ahead < 0, settled)
    inside |= both[nearest] & near.ravel()[band]
    values = np.where(inside, -distance, distance)
    values = np.where(sheet[nearest], distance - half, values)
    return values.astype(np.float32)


def net(values: np.ndarray, grid: Grid) -> Surface | None:
    """The closed surface between negative and positive nodes; its outside is positive."""
    inside = values < 0
    shape = tuple(size - 1 for size in values.shape)
    count = np.zeros(shape, dtype=np.int8)
    for corner in np.ndindex(2, 2, 2):
        count += inside[
            tuple(slice(c, c + s) for c, s in zip(corner, shape, strict=True))
        ]
    cell = np.flatnonzero((count > 0) & (count < 8))
    del count
    if not len(cell):
        return None
    at = np.stack(np.unravel_index(cell, shape), axis=1)
    place = np.zeros((len(cell), 3))
    crossings = np.zeros(len(cell))
    for axis in range(3):
        for others in np.ndindex(2, 2):
            corner = np.insert(np.array(others), axis, 0)
            one = at + corner
            other = one + np.eye(3, dtype=int)[axis]
            first, second = values[tuple(one.T)], values[tuple(other.T)]
            cut = (first < 0) != (second < 0)
            share = first[cut] / (first[cut] - second[cut])
            place[cut] += one[cut]
            place[cut, axis] += share
            crossings[cut] += 1
    place /= crossings[:, None]
    number = np.full(shape, -1, dtype=np.int32)
    number.ravel()[cell] = np.arange(len(cell), dtype=np.int32)
    quads = []
    for axis in range(3):
        along = np.moveaxis(inside, axis, 0)
        cells = np.moveaxis(number, axis, 0)
        for leaving in (True, False):
            from_, to = along[:-1, 1:-1, 1:-1], along[1:, 1:-1, 1:-1]
            i, j, k = np.nonzero((from_ & ~to) if leaving else (~from_ & to))
            around = [cells[i, j, k], cells[i, j + 1, k], cells[i, j + 1, k + 1],
                      cells[i, j, k + 1]]  # fmt: skip
            # Of (x, y, z) the axes after `axis` run in this order for 0 and 2, else turned.
            quads.append(
                np.stack(around if leaving != (axis == 1) else around[::-1], axis=1)
            )
    quad = np.concatenate(quads)
    points = grid.low + grid.pitch * place
    # Along the shorter diagonal.
    one = np.linalg.norm(points[quad[:, 0]] - points[quad[:, 2]], axis=1)
    other = np.linalg.norm(points[quad[:, 1]] - points[quad[:, 3]], axis=1)
    turned = other < one
    quad[turned] = np.roll(quad[turned], -1, axis=1)
    return Surface(points, np.concatenate((quad[:, [0, 1, 2]], quad[:, [0, 2, 3]])))
