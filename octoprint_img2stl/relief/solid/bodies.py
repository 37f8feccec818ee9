"""One body as a stream of triangles in its own coordinates: closed, with upright walls.

The picture side is a triangle mesh nowhere further from its heights than allowed, the
back one as coarse as its edges and its bend let it be. Both have the same corners along
the outline and at the edges of the grid, so that each edge belongs to two triangles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .bend import FLAT, STANDING
from .body import Body
from .cut import NOBODY, Cuts, Pieces, Seams, cut
from .error_map import SIDES, TILE, Grid, error_map
from .fit import DENSE, MOST_START, Fitted, exact, fit, start
from .hierarchy import coarsest
from .paint import OUT, Nodes, paint
from .rim import Chain, Fringe, chain, lines, rim_walls
from .sag import finest_sag
from .sheet import triangles
from .walls import walls

# Beyond so many nodes it takes longer to save triangles than to write them.
MOST_FITTED = 2_000_000
# A bend of the back is followed no closer than this, mm, however small the error may be.
LEAST_SAG = 1e-3


@dataclass(frozen=True, eq=False)
class Part:
    """Some triangles of a body.

    Attributes:
        points: (n, 3, 3) u, v, h in mm, counter-clockwise seen from outside.
        loose: whether some may have no area and are to be dropped.
        is_picture: whether they belong to the picture side.
    """

    points: np.ndarray
    loose: bool = False
    is_picture: bool = False


class BodyMesh:
    """A body, meshed.

    Args:
        body: what to mesh; its `upper` is used up.
        max_error: greatest distance from the heights at the nodes, mm; 0 for all nodes.
        most: at most so many triangles, or None: then the error grows as needed.
        progress: is called with 0..1.

    Attributes:
        max_error: greatest distance of the mesh from the heights at any node, mm; of a
            bent body also from its bent surface.
        met: whether `most` was kept.

    Raises:
        ValueError: heights that are not finite or not above the back.
    """

    def __init__(
        self,
        body: Body,
        max_error: float,
        most: int | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> None:
        rows, columns = body.upper.shape
        self.body = body
        self._grid = grid = Grid.of(body.upper)
        if body.wraps:
            grid.z[:, grid.last_column :] = grid.z[:, :1]
        nodes = Nodes.of(grid, body.width, body.depth, body.wraps, body.v_middle)
        back = Grid(
            np.broadcast_to(np.float32(body.lower), grid.z.shape), rows - 1, columns - 1
        )
        self._paint = paint(grid, nodes, body.upper_regions, body.outline)
        if body.wraps:
            grid.z[:, grid.last_column :] = grid.z[:, :1]
        self._back_paint = paint(
            back, nodes, body.lower_regions, body.outline, heights=False
        )
        self._back_heights = np.array(
            [body.lower, *(float(region.height) for region in body.lower_regions)]
        )
        self._check(grid)
        self._cut_both()
        self._lines = lines(grid, self._paint, body.wraps)
        self._triangulate_back(back, max_error)
        self._triangulate(max_error, most, progress)

    def _check(self, grid: Grid) -> None:
        if not np.isfinite(grid.z).all():
            raise ValueError("heights must be finite")
        if self._thinnest() <= 0:
            raise ValueError("heights must be above the back")

    def _thinnest(self) -> float:
        """Least distance of the two sides at any node, mm."""
        there = True if self.outside is None else ~self.outside
        label = self._back_paint.label
        found = np.inf
        for number, height in enumerate(self._back_heights):
            chosen = there
            if label is not None:
                rows, columns = self.heights.shape
                chosen = there & (label[:rows, :columns] == number)
            least = np.min(self.heights, where=chosen, initial=np.inf)
            found = min(found, float(least) - float(height))
        return found

    def _below(self, nodes: np.ndarray) -> np.ndarray:
        """Heights of the back at nodes within the outline."""
        label = self._back_paint.label
        if label is None:
            return np.full(nodes.shape, self._back_heights[0])
        labels = label.take(nodes)
        return self._back_heights[np.where(labels == OUT, 0, labels)]

    def _cut_both(self) -> None:
        """Cut both sides, so that they have the same corners along the outline."""
        self._cuts = self._pieces = self._seams = None
        self._back_cuts = self._back_pieces = self._back_seams = None
        bent = None
        if self._paint.label is not None and len(self._paint.mixed):
            self._cuts = Cuts.of(self._paint)
            self._pieces, self._seams, bent = cut(self._paint, self._cuts)
        if self._back_paint.label is not None and len(self._back_paint.mixed):
            self._back_cuts = Cuts.of(self._back_paint, self._cuts)
            self._back_pieces, self._back_seams, _ = cut(
                self._back_paint, self._back_cuts, bent
            )

    @property
    def _pitch(self) -> tuple[float, float]:
        grid, body = self._grid, self.body
        return body.width / grid.last_column, body.depth / grid.last_row

    def _sag(
        self, side: int, rows: slice, columns: slice, rise: np.ndarray
    ) -> np.ndarray:
        """What the bend does to triangles of the picture side; see `error_map.Sag`."""
        across, down = self._pitch
        spots = self._paint.nodes
        return self.body.bend.sag_at(
            spots.u[columns],
            spots.v[rows, None],
            side * across,
            side * down,
            float(self._grid.z.max()),
            rise,
        )

    def _seam_nodes(self) -> np.ndarray:
        """All nodes where a body that goes around meets itself: they must be vertices."""
        if not self.body.wraps:
            return np.empty(0, np.int64)
        stride = self._grid.z.shape[1]
        rows = np.arange(self._grid.last_row + 1)
        found = np.concatenate([rows * stride, rows * stride + self._grid.last_column])
        row, column = np.divmod(found, stride)
        return found[(row % TILE != 0) | (column % TILE != 0)]

    def _triangulate_back(self, back: Grid, max_error: float) -> None:
        forced = [self._back_paint.forced, self._seam_nodes()]
        forced += self._bent_nodes(back, max(max_error, LEAST_SAG))
        self._back = back
        self._back_active = coarsest(back, np.concatenate(forced))

    def _bent_nodes(self, back: Grid, tolerance: float) -> Iterator[np.ndarray]:
        """Nodes where the bend leaves level triangles further than the tolerance."""
        body, spots, stride = self.body, self._back_paint.nodes, back.z.shape[1]
        across, down = self._pitch
        highest = max(0.0, float(self._back_heights.max()))
        for side in SIDES:
            du, dv = side * across, side * down
            if body.bend.sag(du, dv, highest) <= tolerance:
                continue
            every, middles = slice(None, None, side), slice(side // 2, None, side)
            for rows, columns in ((middles, middles), (every, middles), (middles, every)):
                row = np.arange(back.z.shape[0])[rows]
                column = np.arange(stride)[columns]
                sag = body.bend.sag_at(
                    spots.u[column], spots.v[row, None], du, dv, highest, np.zeros(1)
                )
                bent = np.broadcast_to(sag > tolerance, (len(row), len(column)))
                bent = bent & (row[:, None] <= back.last_row)
                i, j = np.nonzero(bent & (column <= back.last_column))
                yield row[i] * stride + column[j]

    def _triangulate(
        self, max_error: float, most: int | None, progress: Callable[[float], None]
    ) -> None:
        self.met = True
        bulges = self.body.bend.sag(*self._pitch, 0.0) > 0
        least, limit = 0.0, np.inf
        if bulges:
            least = finest_sag(self.body.bend, self._grid, self._paint, self._pitch)
            # Facets that bulge further could come out of the back of a thin wall.
            limit = self._thinnest() / 2
            max_error = min(max_error, limit)
        if max_error == 0 and most is None:
            self._use(exact(self._grid, None, least))
            return
        # The back's corners at the edges of the grid are the picture side's as well.
        edges = [
            line.nodes[self._back_active.ravel()[line.nodes]] for line in self._lines
        ]
        error = error_map(
            self._grid,
            forced=np.concatenate([self._paint.forced, self._seam_nodes(), *edges]),
            outside=self._paint.outside,
            sag=self._sag if bulges else None,
            progress=progress,
        )
        count = self._counter(error) if most is not None else None
        # How far a bent surface is from its triangles is in `error`, but not in `fit`.
        if count is None or count(max_error * (1 if bulges else MOST_START)) <= most:
            fitted = self._bounded(error, max_error, least)
            self._use(fitted)
            if count is None or count(fitted.active) <= most:
                return
        high = min(float(_greatest(error)), limit)
        threshold, self.met = _within(count, max_error, high, most)
        active = error > threshold
        kept = float(np.max(error, where=~active, initial=least))
        plain = exact(self._grid, active, kept)
        if bulges or error.size > MOST_FITTED:
            self._use(plain)
            return
        tolerance = max(plain.max_error, 1e-6)
        moved = fit(
            self._grid, active, tolerance, outside=self._paint.outside, strict=False
        )
        self._use(moved if moved.max_error <= plain.max_error else plain)

    def _use(self, fitted: Fitted) -> None:
        self._fitted, self._active = fitted, fitted.active
        self.max_error = fitted.max_error

    def _bounded(self, error: np.ndarray, max_error: float, least: float) -> Fitted:
        """The coarsest mesh within `max_error`.

        Args:
            least: error of the finest mesh: above 0 only where the bend makes it bulge.
        """
        active = error > max_error
        share = float(active.mean())
        if least > 0 or max_error == 0 or share > DENSE or error.size > MOST_FITTED:
            kept = float(np.max(error, where=~active, initial=least))
            return exact(self._grid, active, kept)
        active = error > start(share) * max_error
        return fit(self._grid, active, max_error, outside=self._paint.outside)

    def _counter(self, error: np.ndarray) -> Callable[[float | np.ndarray], int]:
        """How many triangles the body has for a threshold of the error, or for vertices.

        A vertex splits two triangles. At an edge of the grid it splits one, and adds two
        to the wall and one to the back.
        """
        inner = np.s_[: self._grid.last_row + 1, : self._grid.last_column + 1]
        rim = np.concatenate([line.nodes for line in self._lines] or [np.empty(0, int)])
        rim = np.unique(rim)

        def vertices(active: np.ndarray) -> int:
            whole = np.count_nonzero(active[inner])
            return 2 * whole + 2 * np.count_nonzero(active.ravel()[rim])

        least = np.isinf(error)
        self._use(exact(self._grid, least, np.inf))
        fixed = sum(_solid(part) for part in self.parts()) - vertices(least)
        return lambda wanted: (
            fixed + vertices(wanted if isinstance(wanted, np.ndarray) else error > wanted)
        )

    @property
    def estimate(self) -> int:
        """About how many triangles there are, for the progress of writing them."""
        if self._active is None:
            return 2 * self._grid.last_row * self._grid.last_column
        return 2 * int(np.count_nonzero(self._active))

    @property
    def heights(self) -> np.ndarray:
        """(rows, columns) float32 heights of the picture side, regions included."""
        return self._grid.z[: self._grid.last_row + 1, : self._grid.last_column + 1]

    @property
    def outside(self) -> np.ndarray | None:
        """bool (rows, columns), nodes outside the outline; None if there is none."""
        found = self._paint.outside
        if found is None:
            return None
        return found[: self._grid.last_row + 1, : self._grid.last_column + 1]

    def parts(self) -> Iterator[Part]:
        """All triangles, a few thousand at a time."""
        fitted, spots = self._fitted, self._paint.nodes
        # Where nothing is left to be calculated, what will be written.
        kind = np.float32 if self.body.bend in (FLAT, STANDING) else np.float64
        for chunk in triangles(self._grid, self._active, self._paint):
            points = np.empty((*chunk.shape, 3), kind)
            points[..., 0], points[..., 1] = spots.places(chunk)
            points[..., 2] = fitted.heights(chunk)
            yield Part(points, is_picture=True)
        if self._pieces is not None:
            nodes = self._pieces.nodes
            yield Part(
                _raised(self._pieces.places, fitted.heights(nodes)), is_picture=True
            )
            yield Part(self._seam_walls(), loose=True)
        sides = [(self._paint, self._cuts), (self._back_paint, self._back_cuts)]
        chains = [chain(line, self._active, sides) for line in self._lines]
        for one in chains:
            ends = np.stack([one.first, one.second], axis=1)
            yield Part(
                rim_walls(one, fitted.heights(ends), self._below(ends)), loose=True
            )
        yield from self._back_parts(chains)

    def _seam_walls(self) -> np.ndarray:
        """Between regions of the picture side, and along the outline."""
        seams = self._seams
        label = self._paint.label.ravel()

        def heights(nodes: np.ndarray, beside: np.ndarray) -> np.ndarray:
            found = self._fitted.heights(nodes).astype(np.float64)
            out = label[nodes] == OUT
            return np.where(out, self._below(np.where(out, beside, nodes)), found)

        # The side outside takes the back's height below the node within.
        left, right = (
            tuple(heights(mine[:, k], theirs[:, k]) for k in (0, 1))
            for mine, theirs in (
                (seams.left, seams.right),
                (seams.right, seams.left),
            )
        )
        alone = seams.third == NOBODY
        third = heights(
            np.where(alone, seams.left[:, 1], seams.third),
            np.where(label[seams.left[:, 1]] == OUT, seams.right[:, 1], seams.left[:, 1]),
        )
        third[alone] = np.nan
        return walls(seams.start, seams.end, right, left, ([], [third]))

    def _back_parts(self, chains: list[Chain]) -> Iterator[Part]:
        spots = self._back_paint
        fringe, fringed = Fringe(chains, spots), []
        for chunk in triangles(self._back, self._back_active, spots):
            touched = fringe.touched(chunk)
            fringed.append(chunk[touched])
            chunk = chunk[~touched]
            places = np.stack(spots.nodes.places(chunk), axis=-1)
            yield from self._back_surface(Pieces(places, chunk))
        yield from self._back_surface(fringe.cut(np.concatenate(fringed)))
        if self._back_pieces is not None:
            yield from self._back_surface(self._back_pieces)
            yield Part(self._back_seam_walls(self._back_seams), loose=True)

    def _back_surface(self, pieces: Pieces) -> Iterator[Part]:
        """The back's own surface, seen from below, and those of hollows behind it."""
        yield Part(_raised(pieces.places, self._below(pieces.nodes))[:, ::-1])
        if not any(region.hollow for region in self.body.lower_regions):
            return
        labels = self._back_paint.label.ravel()[pieces.nodes[:, 0]]
        for number, region in enumerate(self.body.lower_regions, 1):
            if region.hollow is None:
                continue
            places = pieces.places[labels == number]
            for height, step in zip(region.hollow, (1, -1), strict=True):
                heights = np.full(places.shape[:2], height)
                yield Part(_raised(places, heights)[:, ::step])

    def _back_seam_walls(self, seams: Seams) -> np.ndarray:
        """Between regions of the back."""
        label = self._back_paint.label.ravel()
        first, second = label[seams.left[:, 0]], label[seams.right[:, 0]]
        # Along the outline, the picture side's walls come down to the back.
        between = (first != OUT) & (second != OUT)
        first, second = first[between], second[between]
        left, right = self._back_heights[first], self._back_heights[second]
        for number, region in enumerate(self.body.lower_regions, 1):
            if region.hollow is None:
                continue
            low, high = region.hollow
            for mine, theirs, other in (
                (left, right, second[first == number]),
                (right, left, first[second == number]),
            ):
                chosen = (first if mine is left else second) == number
                plain = self._back_heights[other] == region.height
                # Beside the plain back the wall is that of the hollow, beside what is
                # open the one of the lip in front of it.
                mine[chosen] = np.where(plain, high, region.height)
                theirs[chosen] = low
        found = walls(
            seams.start[between],
            seams.end[between],
            (right, right),
            (left, left),
            ([], self._third_heights(seams.third[between])),
        )
        return found[:, ::-1]

    def _third_heights(self, nodes: np.ndarray) -> list[np.ndarray]:
        """Heights at which walls of the back's third region end, where three meet.

        Args:
            nodes: (n,) of the third region, or `NOBODY`.

        Returns:
            (n,) each, NaN for none.
        """
        labels = self._back_paint.label.take(nodes)
        regions = self.body.lower_regions
        hollows = [
            (np.nan, np.nan),
            *(region.hollow or (np.nan,) * 2 for region in regions),
        ]
        heights = np.column_stack([self._back_heights, hollows])
        # Where one is outside the outline, nobody comes here: see `paint`.
        found = heights[np.where(labels == OUT, 0, labels)]
        found[nodes == NOBODY] = np.nan
        return list(found.T)


def _solid(part: Part) -> int:
    """How many triangles of a part have three different corners."""
    if not part.loose:
        return len(part.points)
    a, b, c = part.points.astype(np.float32).transpose(1, 0, 2)
    flat = (a == b).all(axis=1) | (b == c).all(axis=1) | (c == a).all(axis=1)
    return len(a) - int(flat.sum())


def _raised(places: np.ndarray, heights: np.ndarray) -> np.ndarray:
    return np.concatenate([places, heights[..., None]], axis=-1)


def _greatest(error: np.ndarray) -> float:
    """The greatest error that is not infinite."""
    return np.max(error, where=np.isfinite(error), initial=0.0)


def _within(
    count: Callable[[float], int], low: float, high: float, most: int
) -> tuple[float, bool]:
    """The least threshold, to a thousandth of its range, that needs at most `most`."""
    if count(high) > most:
        return high, False
    for _ in range(24):
        middle = (low + high) / 2
        if count(middle) > most:
            low = middle
        else:
            high = middle
    return high, True
