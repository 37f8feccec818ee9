"""Triangles that fill an outline, their rim where the mask's coverage is a half.

Marching squares over a grid, so that the rim is made of simple closed lines whatever the
mask looks like; where the rim runs through a cell it is followed pixel by pixel, so that
the grid's coarseness does not show in the outline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .silhouettes import Box, box_of, nothing_left, softened

# Rim vertices stay this far from a cell's corners, in cells: no needles.
LEAST_GAP = 0.01
# Pixels that the rim may lie off the mask's contour within a cell before it gets a vertex.
OFF_PX = 0.15
LEAST_REACH = 0.5  # of the outline's longer side
# Share of the outline's width that must reach the photo's lower edge to stand on it.
STANDS = 0.03


@dataclass(frozen=True, eq=False)
class Plane:
    """A triangulated outline, and the grid it was made on.

    Attributes:
        points: (P, 2) float64, pixels to the right and up; the grid's nodes inside first.
        faces: (F, 3) int64, counter-clockwise.
        rim: (P,) bool, the points where the outline ends.
        floor: (E, 2) int64 edges of faces along the photo's lower edge, from left to right,
            where the subject was cut off by it; their points are no rim but for the ends.
        inside: (R, C) bool, the grid's nodes, row 0 lowest.
        gaps: (4, R, C) float64, from each node inside to its right, upper, left and lower
            neighbour or, before that, to the rim; in cells.
        cell_px: between two nodes.
        box: of the outline.
        dropped: parts of the outline that the grid does not connect with it.
    """

    points: np.ndarray
    faces: np.ndarray
    rim: np.ndarray
    floor: np.ndarray
    inside: np.ndarray
    gaps: np.ndarray
    cell_px: float
    box: Box
    dropped: int

    @property
    def stands(self) -> bool:
        """Whether the lowest row of nodes is the photo's lower edge."""
        return len(self.floor) > 0


class _Cover:
    """A mask's coverage anywhere, x to the right and y up from its lower left corner."""

    def __init__(self, mask: np.ndarray, stands: bool) -> None:
        edge = "edge" if stands else "constant"
        padded = np.pad(mask, ((2, 0), (2, 2)))
        padded = np.pad(padded, ((0, 2), (0, 0)), mode=edge)
        self._padded = softened(padded)
        self._height = mask.shape[0]

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        at = np.stack((self._height - y + 1.5, x + 1.5))
        return ndimage.map_coordinates(self._padded, at, order=1, mode="nearest")


def plane(mask: np.ndarray, cells: int) -> Plane:
    """Fill an outline with triangles.

    Args:
        mask: (H, W) float32 in 0..1, of one part.
        cells: along the outline's longer side.

    Raises:
        SolidRefused: ``solid.nothing_left``: it is thinner than a cell.
    """
    box = box_of(mask)
    rows, _ = mask.shape
    stands = float((mask[-1] > 0.5).sum()) > STANDS * box.width
    cell = max(box.width, box.height) / cells
    cover = _Cover(mask, stands)
    wide = math.ceil(box.width / cell) + 3
    left = (box.left + box.right - (wide - 1) * cell) / 2
    low = 0.0 if stands else rows - box.bottom - cell
    tall = math.ceil((rows - box.top - low) / cell) + 2
    xs = left + cell * np.arange(wide)
    ys = low + cell * np.arange(tall)
    x, y = np.meshgrid(xs, ys)
    inside = cover(x, y) > 0.5
    if not stands:
        inside[0] = False
    inside, dropped = _largest(inside)
    if not _reaches(inside, max(box.width, box.height) / cell):
        raise nothing_left()

    gaps = np.ones((4, *inside.shape))
    points = [np.stack((x[inside], y[inside]), axis=1)]
    ids = np.full((5, *inside.shape), -1, np.int64)  # nodes; rim to the right and up
    ids[0][inside] = np.arange(len(points[0]))
    count = len(points[0])
    for way, (dx, dy) in enumerate(((1, 0), (0, 1))):
        here = inside[: inside.shape[0] - dy, : inside.shape[1] - dx]
        there = inside[dy:, dx:]
        row, column = np.nonzero(here != there)
        outward = np.where(here[row, column], 1, -1)
        row_in = row + dy * (outward < 0)
        column_in = column + dx * (outward < 0)
        gap = _first_crossing(
            cover, xs[column_in], ys[row_in], outward * dx, outward * dy, cell
        )
        gaps[way + np.where(outward > 0, 0, 2), row_in, column_in] = gap
        ids[1 + way, row, column] = count + np.arange(len(row))
        count += len(row)
        points.append(
            np.stack(
                (
                    xs[column_in] + outward * dx * gap * cell,
                    ys[row_in] + outward * dy * gap * cell,
                ),
                axis=1,
            )
        )
    nodes = len(points[0])
    faces, cells_of, chords = _squares(inside, ids)
    points = np.concatenate(points)
    points, faces = _follow(points, faces, cells_of, chords, cover, xs, ys, cell)
    rim = np.arange(len(points)) >= nodes
    floor = _floor(inside, ids) if stands else np.zeros((0, 2), np.int64)
    return Plane(points, faces, rim, floor, inside, gaps, cell, box, dropped)


def _reaches(inside: np.ndarray, cells: float) -> bool:
    """Whether what is inside is of about the outline's size, not a blob left of hairs."""
    if not inside.any():
        return False
    return max(np.ptp(at) + 1 for at in np.nonzero(inside)) > LEAST_REACH * cells


def _largest(inside: np.ndarray) -> tuple[np.ndarray, int]:
    labels, count = ndimage.label(inside)
    if count <= 1:
        return inside, 0
    sizes = np.bincount(labels.ravel())[1:]
    others = int((sizes > max(4, 0.01 * sizes.max())).sum()) - 1
    return labels == 1 + sizes.argmax(), others


def _first_crossing(
    cover: _Cover,
    x: np.ndarray,
    y: np.ndarray,
    dx: np.ndarray,
    dy: np.ndarray,
    cell: float,
) -> np.ndarray:
    """(n,) how far from nodes inside, along an edge of the grid, coverage falls below a half.

    In cells, between `LEAST_GAP` and 1 - `LEAST_GAP`.
    """
    steps = np.linspace(0, 1, max(3, math.ceil(2 * cell) + 1))
    values = cover(
        x[:, None] + (dx * cell)[:, None] * steps,
        y[:, None] + (dy * cell)[:, None] * steps,
    )
    below = values <= 0.5
    below[:, 0] = False
    below[:, -1] = True
    after = below.argmax(axis=1)
    each = np.arange(len(x))
    one, two = values[each, after - 1], values[each, after]
    share = np.clip((one - 0.5) / np.maximum(one - two, 1e-6), 0, 1)
    gap = (after - 1 + share) * steps[1]
    return np.clip(gap, LEAST_GAP, 1 - LEAST_GAP)


def _polygons() -> list[list[list[int]]]:
    """For each set of corners inside a square its polygons, counter-clockwise.

    Corners are 0 to 3 from the lower left counter-clockwise, 4 to 7 the rim on the edges
    behind them. Each polygon begins with its corners; of diagonal corners each has its own.
    """
    table = []
    for case in range(16):
        has = [bool(case >> k & 1) for k in range(4)]
        if case in (0b0101, 0b1010):
            table.append([[k, 4 + k, 4 + (k - 1) % 4] for k in range(4) if has[k]])
            continue
        ring = []
        for k in range(4):
            ring += [k] * has[k] + [4 + k] * (has[k] != has[(k + 1) % 4])
        if ring and case != 15:
            begin = next(n for n, part in enumerate(ring) if part < 4 <= ring[n - 1])
            ring = ring[begin:] + ring[:begin]
        table.append([ring] if ring else [])
    return table


POLYGONS = _polygons()


def _squares(
    inside: np.ndarray, ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[int, tuple[int, ...]]]:
    """Triangles of all squares.

    Returns:
        faces: (F, 3) points.
        cells_of: (F,) number of the square, row * columns + column, or -1 where it is not
            passed by the rim in one line.
        chords: for those that are, the polygon's points: its corners, then both ends of
            the rim in it.
    """
    rows, columns = inside.shape
    square = np.stack(
        [
            ids[0, :-1, :-1], ids[0, :-1, 1:], ids[0, 1:, 1:], ids[0, 1:, :-1],
            ids[1, :-1, :-1], ids[2, :-1, 1:], ids[1, 1:, :-1], ids[2, :-1, :-1],
        ],
        axis=-1,
    ).reshape(-1, 8)  # fmt: skip
    case = sum((square[:, k] >= 0).astype(np.int64) << k for k in range(4))
    faces, cells_of, chords = [], [], {}
    for kind in range(1, 16):
        which = np.flatnonzero(case == kind)
        row, column = np.divmod(which, columns - 1)
        number = row * columns + column
        single = kind not in (0b0101, 0b1010, 0b1111)
        for ring in POLYGONS[kind]:
            corners = square[which][:, ring]
            for k in range(1, len(ring) - 1):
                faces.append(corners[:, [0, k, k + 1]])
                cells_of.append(number if single else np.full(len(number), -1))
            if single:
                chords.update(
                    zip(number.tolist(), map(tuple, corners.tolist()), strict=True)
                )
    return np.concatenate(faces), np.concatenate(cells_of), chords


def _follow(
    points: np.ndarray,
    faces: np.ndarray,
    cells_of: np.ndarray,
    chords: dict[int, tuple[int, ...]],
    cover: _Cover,
    xs: np.ndarray,
    ys: np.ndarray,
    cell: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the rim further points where it leaves the straight line through its square."""
    numbers = np.array(sorted(chords), np.int64)
    ends = np.array([chords[number][-2:] for number in numbers.tolist()])
    begin, end = points[ends[:, 0]], points[ends[:, 1]]
    along = end - begin
    length = np.maximum(np.hypot(*along.T), 1e-9)
    # Corners, then the rim, counter-clockwise: outside is to the right of the rim.
    outward = np.stack((along[:, 1], -along[:, 0]), axis=1) / length[:, None]
    shares = np.arange(1, max(2, math.ceil(cell))) / max(2, math.ceil(cell))
    base = begin[:, None] + along[:, None] * shares[:, None]
    off = _offsets(cover, base, outward, cell)
    column = numbers % len(xs)
    row = numbers // len(xs)
    low = np.stack((xs[column], ys[row]), axis=1)[:, None] + LEAST_GAP * cell
    high = low + (1 - 2 * LEAST_GAP) * cell
    bent = np.clip(base + off[..., None] * outward[:, None], low, high)
    far = np.abs(((bent - base) * outward[:, None]).sum(axis=2)).max(axis=1) > OFF_PX

    replaced, extra, triangles = [], [], []
    count = len(points)
    for n in np.flatnonzero(far):
        polygon = chords[int(numbers[n])]
        line = np.concatenate((begin[n : n + 1], bent[n], end[n : n + 1]))
        keep = _corners(line, OFF_PX)
        fresh = list(range(count, count + len(keep) - 2))
        rim = [polygon[-2], *fresh, polygon[-1]]
        corners = list(polygon[:-2])
        places = [*points[corners], *line[keep]]
        strip = _strip(len(corners), np.array(places), cell)
        if strip is None:
            continue
        names = np.array(corners + rim)
        triangles.append(names[strip])
        extra.append(line[keep[1:-1]])
        count += len(fresh)
        replaced.append(int(numbers[n]))
    if not replaced:
        return points, faces
    stay = ~np.isin(cells_of, replaced)
    return np.concatenate((points, *extra)), np.concatenate((faces[stay], *triangles))


def _offsets(
    cover: _Cover, base: np.ndarray, outward: np.ndarray, cell: float
) -> np.ndarray:
    """(n, k) how far from (n, k, 2) places the contour is along (n, 2) directions, in pixels.

    The crossing nearest to the place at which the subject ends; 0 where there is none
    within a cell.
    """
    reach = np.linspace(-cell, cell, 2 * math.ceil(2 * cell) + 1)
    best = np.zeros(base.shape[:2])
    for k in range(base.shape[1]):
        x = base[:, k, :1] + outward[:, :1] * reach
        y = base[:, k, 1:] + outward[:, 1:] * reach
        values = cover(x, y)
        ends = (values[:, :-1] > 0.5) & (values[:, 1:] <= 0.5)
        drop = np.where(ends, values[:, :-1] - values[:, 1:], 1)
        at = reach[:-1] + (values[:, :-1] - 0.5) / drop * (reach[1] - reach[0])
        at = np.where(ends, at, np.inf)
        nearest = np.abs(at).argmin(axis=1)
        found = at[np.arange(len(at)), nearest]
        best[:, k] = np.where(np.isfinite(found), found, 0)
    return best


def _corners(line: np.ndarray, off: float) -> list[int]:
    """Which points of a line to keep so that no other lies further off than `off`.

    Douglas and Peucker, Cartographica 10, 1973.
    """
    keep, todo = {0, len(line) - 1}, [(0, len(line) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        way = line[last] - line[first]
        length = math.hypot(*way) or 1e-9
        part = line[first + 1 : last] - line[first]
        away = np.abs(part[:, 0] * way[1] - part[:, 1] * way[0]) / length
        most = int(away.argmax())
        if away[most] > off:
            middle = first + 1 + most
            keep.add(middle)
            todo += [(first, middle), (middle, last)]
    return sorted(keep)


def _strip(corners: int, places: np.ndarray, cell: float) -> np.ndarray | None:
    """Triangles between a polygon's corners and the line of its rim.

    Every edge within it goes from a corner to the rim: two of the rim joined would lie in
    the solid's front and back alike.

    Args:
        corners: how many of the places are corners; the rim follows.

    Returns:
        (T, 3) into places; None where the line does not let it.
    """
    corner, rim, last = corners - 1, corners, len(places) - 1
    triangles = []
    while corner > 0 or rim < last:
        to_rim = math.dist(places[corner], places[rim + 1]) if rim < last else math.inf
        back = math.dist(places[corner - 1], places[rim]) if corner > 0 else math.inf
        if to_rim <= back:
            triangles.append((corner, rim, rim + 1))
            rim += 1
        else:
            triangles.append((corner - 1, corner, rim))
            corner -= 1
    a, b, c = (places[[triangle[k] for triangle in triangles]] for k in range(3))
    one, two = b - a, c - a
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    return np.array(triangles) if (area > 1e-4 * cell * cell).all() else None


def _floor(inside: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """(E, 2) edges of faces along the lowest row, from left to right."""
    edges = []
    here, there = inside[0, :-1], inside[0, 1:]
    node, after, crossing = ids[0, 0, :-1], ids[0, 0, 1:], ids[1, 0, :-1]
    both = here & there
    edges.append(np.stack((node[both], after[both]), axis=1))
    ends = here & ~there
    edges.append(np.stack((node[ends], crossing[ends]), axis=1))
    begins = ~here & there
    edges.append(np.stack((crossing[begins], after[begins]), axis=1))
    return np.concatenate(edges)
