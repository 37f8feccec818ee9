"""What a written solid has to be, measured on the file alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from octoprint_img2stl.machine import Machine
from octoprint_img2stl.relief.solid.bend import FLAT, STANDING
from octoprint_img2stl.relief.solid.body import Body
from octoprint_img2stl.relief.write import Written, write_stl

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
MACHINE = Machine.from_bed("1200x1200x1200")
# 32-bit floats at 3 mm.
ROUNDING = 2e-6


def surface(kind: str, rows: int, columns: int, seed: int = 0) -> np.ndarray:
    """Heights between 0.8 and 3 mm."""
    dice = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    heights = {
        "smooth": lambda: 1.9 + 0.5 * np.sin(x / 9) + 0.6 * np.cos(y / 7 + x / 30),
        "noise": lambda: 0.8 + 2.2 * dice.random((rows, columns)),
        "constant": lambda: np.full((rows, columns), 1.7),
        "binary": lambda: np.where(dice.random((rows, columns)) > 0.9, 3.0, 0.8),
        "step": lambda: np.where(x + 2 * y > (columns + 2 * rows) / 2, 3.0, 0.8),
    }
    return heights[kind]().astype(np.float32)


@dataclass(frozen=True, eq=False)
class Solid:
    """A written file.

    Attributes:
        corners, normals: (n, 3, 3) and (n, 3), as in the file.
        points: (m, 3) distinct corners; faces: (n, 3), their indices.
    """

    corners: np.ndarray
    normals: np.ndarray
    points: np.ndarray
    faces: np.ndarray

    @classmethod
    def read(cls, path: Path) -> Solid:
        data = path.read_bytes()
        # What begins like this is taken for text by some programs.
        assert not data.startswith(b"solid")
        facets = np.frombuffer(data, FACET, offset=84)
        assert int.from_bytes(data[80:84], "little") == len(facets)
        return cls.of(facets["corners"], facets["normal"])

    @classmethod
    def of(cls, corners: np.ndarray, normals: np.ndarray | None = None) -> Solid:
        flat = np.ascontiguousarray(corners, np.float32).reshape(-1, 3) + np.float32(0)
        keys = flat.view(np.dtype((np.void, 12))).ravel()
        _, first, faces = np.unique(keys, return_index=True, return_inverse=True)
        return cls(corners, normals, flat[first], faces.reshape(-1, 3).astype(np.int64))

    @property
    def box(self) -> np.ndarray:
        return np.array([self.points.min(axis=0), self.points.max(axis=0)])

    @property
    def size(self) -> np.ndarray:
        return self.box[1] - self.box[0]

    @property
    def crosses(self) -> np.ndarray:
        """(n, 3) twice the triangles' areas, outwards."""
        a, b, c = self.corners.astype(np.float64).transpose(1, 0, 2)
        return np.cross(b - a, c - a)

    @property
    def volume(self) -> float:
        """mm3, positive for a body with its outside out."""
        a, b, c = self.corners.astype(np.float64).transpose(1, 0, 2)
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)

    def laid(self, standing: bool, lowest: float = 0.0) -> np.ndarray:
        """(n, 3, 3) float64 corners as u, v, h, the middle of the box at u = v = 0.

        Args:
            lowest: height of the lowest point above the back.
        """
        u, v, h = self.corners.astype(np.float64).transpose(2, 0, 1)
        if standing:
            v, h = h, -v
        v = v - (v.min() + v.max()) / 2
        return np.stack([u, v, h - h.min() + lowest], axis=-1)

    def roots(self) -> np.ndarray:
        """(m,) for each point the least one that hangs together with it by edges."""
        root = np.arange(len(self.points))
        one, other = self.faces[:, [0, 1]].ravel(), self.faces[:, [1, 2]].ravel()
        while True:
            before = root
            least = np.minimum(root[one], root[other])
            root = root.copy()
            for end in (one, other):
                np.minimum.at(root, end, least)
                np.minimum.at(root, before[end], least)
            root = root[root]
            if np.array_equal(root, before):
                return root

    def bodies(self) -> int:
        """How many parts hang together by their edges."""
        return len(np.unique(self.roots()))

    def parts(self) -> list[Solid]:
        """Each of them on its own."""
        root = self.roots()[self.faces[:, 0]]
        return [Solid.of(self.corners[root == name]) for name in np.unique(root)]


def check_closed(solid: Solid, holes: int | None = 0, bodies: int = 1) -> None:
    """Every edge is met once in either direction; all triangles have an area and face out.

    Args:
        holes: through all bodies together, like those of a ring; None for any number.
        bodies: how many there are.
    """
    faces, count = solid.faces, len(solid.points)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    assert (edges[:, 0] != edges[:, 1]).all(), "a triangle with two equal corners"
    there = np.sort(edges[:, 0] * count + edges[:, 1])
    back = np.sort(edges[:, 1] * count + edges[:, 0])
    assert (there[1:] != there[:-1]).all(), "an edge used twice"
    assert np.array_equal(there, back), "an open edge"
    assert solid.bodies() == bodies
    euler = count - len(edges) // 2 + len(faces)
    if holes is not None:
        assert euler == 2 * bodies - 2 * holes
    else:
        assert euler <= 2 * bodies and euler % 2 == 0
    crosses = solid.crosses
    area = np.linalg.norm(crosses, axis=1)
    assert (area > 0).all(), "a triangle without area"
    assert solid.volume > 0
    if solid.normals is not None:
        normals = solid.normals.astype(np.float64)
        assert np.abs(np.linalg.norm(normals, axis=1) - 1).max() < 1e-5
        along = np.einsum("ij,ij->i", crosses, normals) / area
        # Of walls as low as a rounding error the corners do not tell a direction.
        assert along[area > 1e-5].min() > 0.999


def make(
    body: Body, path: Path, max_error: float = 0.0, budget: int | None = None
) -> tuple[Solid, Written]:
    """Write one body, and see that the file is what it says."""
    made = write_stl([body], path, MACHINE, max_error=max_error, budget=budget)
    solid = Solid.read(path)
    assert made.triangles == len(solid.faces) and made.bodies == 1
    assert made.size == pytest.approx(solid.size, abs=1e-5)
    low, high = solid.box
    assert abs(low[2]) < 1e-6
    assert (low + high)[:2] == pytest.approx([0, 0], abs=1e-4)
    return solid, made


def plate(upper: np.ndarray, width: float, depth: float, **changes) -> Body:
    """A flat body of its own copy of the heights."""
    changes = {"bend": FLAT, **changes}
    return Body(width=width, depth=depth, upper=np.array(upper, np.float32), **changes)


def is_standing(body: Body) -> bool:
    assert body.bend in (FLAT, STANDING)
    return body.bend is STANDING


def seen_from_above(
    corners: np.ndarray, width: float, depth: float, shape: tuple[int, int]
) -> np.ndarray:
    """(rows, columns) height of the uppermost triangle above each node; NaN for none.

    Args:
        corners: (n, 3, 3) u, v, h.
    """
    rows, columns = shape
    found = np.full(shape, -np.inf)
    a, b, c = corners.transpose(1, 0, 2)
    facing = np.cross(b - a, c - a)[:, 2]
    upper = corners[facing > 1e-9]
    x = (upper[..., 0] / width + 0.5) * (columns - 1)
    y = (0.5 - upper[..., 1] / depth) * (rows - 1)
    # Cuts keep away from nodes: what is so close to one is that node, rounded.
    x, y = (np.where(np.abs(at - np.rint(at)) < 0.01, np.rint(at), at) for at in (x, y))
    for node_x, node_y, chosen in _nodes_under(x, y, shape):
        (x0, x1, x2), (y0, y1, y2) = x[chosen].T[..., None], y[chosen].T[..., None]
        z0, z1, z2 = upper[chosen, :, 2].T[..., None]
        whole = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        first = ((node_x - x0) * (y2 - y0) - (x2 - x0) * (node_y - y0)) / whole
        second = ((x1 - x0) * (node_y - y0) - (node_x - x0) * (y1 - y0)) / whole
        # Nodes are corners of triangles: rounding must not lose them.
        inside = (first >= -1e-3) & (second >= -1e-3) & (first + second <= 1 + 1e-3)
        plane = z0 + first * (z1 - z0) + second * (z2 - z0)
        np.maximum.at(found, (node_y[inside], node_x[inside]), plane[inside])
    return np.where(np.isinf(found), np.nan, found)


def _nodes_under(
    x: np.ndarray, y: np.ndarray, shape: tuple[int, int]
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The nodes in the boxes of triangles, for those of one size at a time."""
    left, top = (np.ceil(at.min(axis=1) - 1e-3).astype(int) for at in (x, y))
    wide = np.floor(x.max(axis=1) + 1e-3).astype(int) - left + 1
    high = np.floor(y.max(axis=1) + 1e-3).astype(int) - top + 1
    for size in set(zip(wide.tolist(), high.tolist(), strict=True)):
        if min(size) < 1:
            continue
        chosen = np.flatnonzero((wide == size[0]) & (high == size[1]))
        across, down = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        node_x = left[chosen, None] + across.ravel()
        node_y = top[chosen, None] + down.ravel()
        assert node_x.min() >= 0 and node_x.max() < shape[1]
        assert node_y.min() >= 0 and node_y.max() < shape[0]
        yield node_x, node_y, chosen


def upper_errors(solid: Solid, heights: np.ndarray, body: Body) -> np.ndarray:
    """(rows, columns) how far the upper side is from given heights, NaN where there is
    no solid; a flat or standing one without anything below its back."""
    corners = solid.laid(is_standing(body))
    seen = seen_from_above(corners, body.width, body.depth, heights.shape)
    return np.abs(seen - heights)


def volume_under(heights: np.ndarray, width: float, depth: float) -> float:
    """mm3 below the finest triangles, whose diagonals join the nodes with an even sum of
    row and column."""
    z = heights.astype(np.float64)
    rows, columns = z.shape
    i, j = np.mgrid[0 : rows - 1, 0 : columns - 1]
    four = z[:-1, :-1], z[:-1, 1:], z[1:, :-1], z[1:, 1:]
    shared = np.where((i + j) % 2 == 0, four[0] + four[3], four[1] + four[2])
    cell = width / (columns - 1) * depth / (rows - 1)
    return float(((sum(four) + shared) / 6).sum() * cell)


def distances(points: np.ndarray, corners: np.ndarray, within: float) -> np.ndarray:
    """(n,) distance of points to the nearest of triangles, inf where it is above `within`.

    Each point is looked at with the triangles whose boxes, grown by `within`, hold it.
    The nearest point of a triangle is within, or on one of its sides.

    Args:
        points: (n, 3); corners: (m, 3, 3).
    """
    low, high = corners.min(axis=1) - within, corners.max(axis=1) + within
    found = np.full(len(points), np.inf)
    order = np.argsort(low[:, 0])
    low, high, corners = low[order], high[order], corners[order]
    for first in range(0, len(points), 256):
        part = points[first : first + 256]
        last = np.searchsorted(low[:, 0], part[:, 0].max(), side="right")
        near = np.flatnonzero(high[:last, 0] >= part[:, 0].min())
        inside = np.ones((len(part), len(near)), bool)
        for axis in range(3):
            inside &= part[:, None, axis] >= low[near, axis]
            inside &= part[:, None, axis] <= high[near, axis]
        point, which = np.nonzero(inside)
        away = _to_triangles(part[point], corners[near[which]])
        np.minimum.at(found, first + point, away)
    return np.where(found <= within, found, np.inf)


def _to_triangles(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(n,) distance of each point to its own triangle."""
    a, b, c = corners.transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    squared = np.einsum("ij,ij->i", normal, normal)
    over = np.einsum("ij,ij->i", points - a, normal)
    inside = np.ones(len(points), bool)
    nearest = np.full(len(points), np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        along, to = end - start, points - start
        inside &= np.einsum("ij,ij->i", np.cross(along, to), normal) >= 0
        length = np.einsum("ij,ij->i", along, along)
        share = np.clip(np.einsum("ij,ij->i", to, along) / length, 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(to - share[:, None] * along, axis=1))
    return np.where(inside, np.minimum(nearest, np.abs(over) / np.sqrt(squared)), nearest)
