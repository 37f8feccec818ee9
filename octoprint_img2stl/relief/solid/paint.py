"""Regions painted over one side of a body: which node belongs to which, where they meet.

Between two nodes of different regions lies a cut: the point at which the field of the
region painted later is zero, by linear interpolation between the two. Triangles of a grid
that hold nodes of two or three regions must be of the finest kind (legs of one node);
`Paint.mixed` lists them. Every triangle that is cut in two has one cut on each of two
edges, one in three a cut on each edge and a point within, where the regions meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .body import Field, Region
from .error_map import Grid

OUT = np.uint8(255)
# A cut keeps this share of an edge's length from its nodes: no triangle without area.
NEAREST = 0.06
STRIP_ROWS = 128


@dataclass(frozen=True, eq=False)
class Nodes:
    """Where the nodes of a padded grid lie.

    Attributes:
        u: (columns,) mm; v: (rows,) mm; padding repeats the last ones.
        wraps: the last column is the first one.
    """

    u: np.ndarray
    v: np.ndarray
    last_column: int
    wraps: bool

    @classmethod
    def of(
        cls, grid: Grid, width: float, depth: float, wraps: bool, v_middle: float = 0.0
    ) -> Nodes:
        u = np.linspace(-width / 2, width / 2, grid.last_column + 1)
        v = np.linspace(depth / 2, -depth / 2, grid.last_row + 1)
        v += v_middle
        rows, columns = grid.z.shape
        return cls(
            np.pad(u, (0, columns - len(u)), mode="edge"),
            np.pad(v, (0, rows - len(v)), mode="edge"),
            grid.last_column,
            wraps,
        )

    def places(self, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(u, v) of nodes given as indices into the raveled grid."""
        row, column = np.divmod(nodes, len(self.u))
        return self.u.take(column), self.v.take(row)

    def same(self, nodes: np.ndarray) -> np.ndarray:
        """Nodes with those of the last column replaced by their twins in the first."""
        if not self.wraps:
            return nodes
        row, column = np.divmod(nodes, len(self.u))
        return row * len(self.u) + np.where(column == self.last_column, 0, column)


@dataclass(frozen=True, eq=False)
class Paint:
    """The regions of one side.

    Attributes:
        label: uint8, shaped like the padded grid: 0 where nothing is painted, k for the
            k-th region, `OUT` outside the outline. None: nothing is painted at all.
        mixed: (n, 3) nodes of the finest triangles with more than one label,
            counter-clockwise seen from above.
        forced: nodes that must be vertices so that these triangles exist.
    """

    label: np.ndarray | None
    mixed: np.ndarray
    forced: np.ndarray
    nodes: Nodes
    _fields: dict[int, Field | np.ndarray]

    @property
    def outside(self) -> np.ndarray | None:
        """bool, nodes outside the outline, or None if there is none."""
        if int(OUT) not in self._fields:
            return None
        return self.label == OUT

    def cuts(self, edges: np.ndarray) -> np.ndarray:
        """Where edges between nodes of different labels are cut.

        Args:
            edges: (n, 2) nodes, the first of each the lesser one, both labels different.

        Returns:
            (n, 2) places (u, v), mm.
        """
        twins = self.nodes.same(edges)
        flat = self.label.ravel()
        owner = flat[edges].max(axis=1)
        share = np.full(len(edges), 0.5)
        for number, field in self._fields.items():
            chosen = owner == number
            if chosen.any():
                first, second = (
                    _values(field, twins[chosen, end], self.nodes) for end in (0, 1)
                )
                with np.errstate(divide="ignore", invalid="ignore"):
                    found = first / (first - second)
                share[chosen] = np.where(first * second <= 0, found, 0.5)
        share = np.clip(np.nan_to_num(share, nan=0.5), NEAREST, 1 - NEAREST)[:, None]
        first, second = (np.stack(self.nodes.places(edges[:, end]), 1) for end in (0, 1))
        return first + share * (second - first)


def _values(field: Field | np.ndarray, nodes: np.ndarray, where: Nodes) -> np.ndarray:
    if isinstance(field, np.ndarray):
        row, column = np.divmod(nodes, len(where.u))
        return field[row, column].astype(np.float64)
    u, v = where.places(nodes)
    return np.asarray(field(np.ascontiguousarray(u), np.ascontiguousarray(v)))


def paint(
    grid: Grid,
    nodes: Nodes,
    regions: tuple[Region, ...],
    outline: Field | np.ndarray | None,
    *,
    heights: bool = True,
) -> Paint:
    """Give every node its region.

    Args:
        heights: those of the regions replace the ones of `grid`, in place. Without, it is
            the back: where two of its regions would meet at the outline, which takes a
            grid coarser than the wall between, the later one withdraws by a node.
    """
    if not regions and outline is None:
        none = np.empty(0, np.int64)
        return Paint(None, none.reshape(0, 3), none, nodes, {})
    label = np.zeros(grid.z.shape, np.uint8)
    fields: dict[int, Field | np.ndarray] = {}
    for number, region in enumerate(regions, 1):
        fields[number] = region.inside
        for rows, inside in _strips(region.inside, grid, nodes):
            there = inside > 0
            label[rows][there] = number
            if heights:
                height = region.height
                if isinstance(height, np.ndarray):
                    height = _padded_part(height, rows, grid)[there]
                grid.z[rows][there] = height
    if outline is not None:
        beyond = _negated(outline)
        fields[int(OUT)] = beyond
        for rows, inside in _strips(beyond, grid, nodes):
            # A node right on the line is out: on the tip of a corner it would be alone.
            label[rows][inside >= 0] = OUT
    if nodes.wraps:
        label[:, grid.last_column :] = label[:, :1]
    mixed = _mixed(label, grid)
    while not heights and _withdraw(label, mixed):
        if nodes.wraps:
            np.minimum(label[:, 0], label[:, grid.last_column], out=label[:, 0])
            label[:, grid.last_column :] = label[:, :1]
        mixed = _mixed(label, grid)
    forced = mixed.ravel()
    row, column = np.divmod(forced, grid.z.shape[1])
    # The vertices at right angles are the ones whose split makes these triangles.
    return Paint(label, mixed, np.unique(forced[(row + column) % 2 == 1]), nodes, fields)


def _negated(field: Field | np.ndarray) -> Field | np.ndarray:
    if isinstance(field, np.ndarray):
        return -field
    return lambda u, v: -np.asarray(field(u, v))


def _strips(
    field: Field | np.ndarray, grid: Grid, nodes: Nodes
) -> Iterator[tuple[slice, np.ndarray]]:
    """Slices of rows with the field's values there, beyond the edges repeated."""
    count, columns = grid.z.shape
    for top in range(0, count, STRIP_ROWS):
        rows = slice(top, min(top + STRIP_ROWS, count))
        if isinstance(field, np.ndarray):
            yield rows, _padded_part(field, rows, grid)
        else:
            u = np.broadcast_to(nodes.u, (rows.stop - top, columns))
            v = np.broadcast_to(nodes.v[rows, None], u.shape)
            yield rows, np.asarray(field(u.copy(), v.copy()))


def _padded_part(array: np.ndarray, rows: slice, grid: Grid) -> np.ndarray:
    row = np.minimum(np.arange(rows.start, rows.stop), grid.last_row)
    column = np.minimum(np.arange(grid.z.shape[1]), grid.last_column)
    return array[row[:, None], column]


def _withdraw(label: np.ndarray, mixed: np.ndarray) -> bool:
    """Leave the earlier of two regions in triangles that the outline crosses, in place.

    Returns:
        whether there were any.
    """
    flat = label.ravel()
    labels = flat[mixed]
    earliest = np.broadcast_to(labels.min(axis=1, keepdims=True), labels.shape)
    crossed = (labels == OUT).any(axis=1, keepdims=True)
    late = crossed & (labels != OUT) & (labels != earliest)
    np.minimum.at(flat, mixed[late], earliest[late])
    return bool(late.any())


def _mixed(label: np.ndarray, grid: Grid) -> np.ndarray:
    """The finest triangles with more than one label."""
    inner = label[: grid.last_row + 1, : grid.last_column + 1]
    across = inner[:, 1:] != inner[:, :-1]
    cell = (inner[1:] != inner[:-1])[:, :-1]
    cell |= (inner[1:] != inner[:-1])[:, 1:]
    cell |= across[:-1]
    cell |= across[1:]
    rows, columns = np.nonzero(cell)
    stride = label.shape[1]
    upper_left = rows * stride + columns
    upper_right, lower_left = upper_left + 1, upper_left + stride
    lower_right = lower_left + 1
    # The diagonal joins the two corners whose row and column have an even sum.
    main = (rows + columns) % 2 == 0
    triangles = np.concatenate(
        [
            np.stack(
                [
                    np.where(main, upper_left, upper_right),
                    np.where(main, lower_right, upper_left),
                    np.where(main, upper_right, lower_left),
                ],
                axis=1,
            ),
            np.stack(
                [
                    np.where(main, upper_left, upper_right),
                    lower_left,
                    lower_right,
                ],
                axis=1,
            ),
        ]
    )
    labels = label.ravel()[triangles]
    return triangles[(labels != labels[:, :1]).any(axis=1)]
