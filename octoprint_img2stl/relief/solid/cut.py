"""Triangles where regions meet, cut along the line between them.

A corner of a piece is a place (u, v) and a node: the one whose height it has. Cuts take
the height of the node at their own side's end of the edge, so walls between regions are
upright.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .paint import OUT, Paint

NOBODY = -1


@dataclass(frozen=True, eq=False)
class Pieces:
    """Parts of cut triangles, counter-clockwise seen from above.

    Attributes:
        places: (n, 3, 2) u, v in mm.
        nodes: (n, 3).
    """

    places: np.ndarray
    nodes: np.ndarray


@dataclass(frozen=True, eq=False)
class Seams:
    """Where two regions meet: a line from start to end, one region left of it, one right.

    Attributes:
        start, end: (n, 2) u, v in mm.
        left, right: (n, 2) nodes whose heights hold at start and end.
        third: (n,) node of the third region that meets at the end, or -1.
    """

    start: np.ndarray
    end: np.ndarray
    left: np.ndarray
    right: np.ndarray
    third: np.ndarray


@dataclass(frozen=True, eq=False)
class Cuts:
    """The cut edges of a side.

    Attributes:
        edges: (n,) sorted keys, first node * nodes of the grid + second.
        places: (n, 2) u, v.
    """

    edges: np.ndarray
    places: np.ndarray
    _count: int

    @classmethod
    def of(cls, paint: Paint, known: Cuts | None = None) -> Cuts:
        """The cuts of all edges of mixed triangles.

        Args:
            known: those of the other side: where it has an edge at the outline, its cut
                is taken, to the last bit.
        """
        count = paint.label.size
        labels = paint.label.ravel()
        pairs = np.concatenate(
            [paint.mixed[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]
        )
        pairs = np.sort(pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]], axis=1)
        keys = np.unique(pairs[:, 0] * count + pairs[:, 1])
        edges = np.stack(np.divmod(keys, count), axis=1)
        places = paint.cuts(edges)
        if known is not None and len(keys):
            at_outline = (labels[edges] == OUT).any(axis=1)
            places[at_outline] = known.at(edges[at_outline])
        return cls(keys, places, count)

    def at(self, edges: np.ndarray) -> np.ndarray:
        """(n, 2) cuts of (n, 2) edges, their nodes in any order."""
        ordered = np.sort(edges, axis=1)
        keys = ordered[:, 0] * self._count + ordered[:, 1]
        return self.places[np.searchsorted(self.edges, keys)]


def cut(
    paint: Paint, cuts: Cuts, bent: np.ndarray | None = None
) -> tuple[Pieces, Seams, np.ndarray]:
    """Cut the mixed triangles of a side.

    Args:
        bent: (k, 3) triangles, as found in the third result for the other side, at whose
            outline there is a corner: this side must have it too.

    Returns:
        The pieces within the outline; the seams; and those triangles of three regions of
        which one is `OUT`.
    """
    triangles = paint.mixed
    labels = paint.label.ravel()[triangles]
    distinct = (
        (labels[:, 0] != labels[:, 1])
        & (labels[:, 1] != labels[:, 2])
        & (labels[:, 2] != labels[:, 0])
    )
    pieces: list[tuple[np.ndarray, np.ndarray]] = []
    seams: list[tuple[np.ndarray, ...]] = []

    def piece(*corners: tuple[np.ndarray, np.ndarray]) -> None:
        pieces.append(
            (
                np.stack([place for place, _ in corners], axis=1),
                np.stack([node for _, node in corners], axis=1),
            )
        )

    def seam(
        start: np.ndarray,
        end: np.ndarray,
        left: tuple[np.ndarray, np.ndarray],
        right: tuple[np.ndarray, np.ndarray],
        third: np.ndarray,
    ) -> None:
        seams.append((start, end, np.stack(left, axis=1), np.stack(right, axis=1), third))

    def place(node: np.ndarray) -> np.ndarray:
        return np.stack(paint.nodes.places(node), axis=1)

    # Two regions: a is alone, b and c belong together.
    a, b, c = _rotated(triangles[~distinct], labels[~distinct])
    corner = np.zeros(len(a), bool)
    if bent is not None and len(bent):
        corner = np.isin(_keys(np.stack([a, b, c], 1)), _keys(bent))
    ab, ac = cuts.at(np.stack([a, b], 1)), cuts.at(np.stack([a, c], 1))
    nobody = np.full(len(a), NOBODY)
    plain = ~corner
    seam(ab[plain], ac[plain], (a[plain],) * 2, (b[plain], c[plain]), nobody[plain])
    piece((ab, a), (ac, a), (place(a), a))
    piece((ab[plain], b[plain]), (place(b[plain]), b[plain]), (place(c[plain]), c[plain]))
    piece((ab[plain], b[plain]), (place(c[plain]), c[plain]), (ac[plain], c[plain]))
    if corner.any():
        b, c, ab, ac = b[corner], c[corner], ab[corner], ac[corner]
        middle = (ab + ac) / 2
        piece((place(b), b), (place(c), c), (ac, c))
        piece((place(b), b), (ac, c), (middle, b))
        piece((place(b), b), (middle, b), (ab, b))

    # Three regions, which meet in a point within.
    three = triangles[distinct]
    outer = (labels[distinct] == OUT).any(axis=1)
    # The one outside, if any, last.
    turn = np.where(labels[distinct] == OUT, 1, 0).argmax(axis=1)
    order = (turn[:, None] + np.array([1, 2, 3])) % 3
    three = np.take_along_axis(three, np.where(outer[:, None], order, [0, 1, 2]), axis=1)
    a, b, c = three.T
    ab, bc, ca = (cuts.at(np.stack(pair, 1)) for pair in ((a, b), (b, c), (c, a)))
    middle = np.where(outer[:, None], (bc + ca) / 2, (ab + bc + ca) / 3)
    for node, after, before in ((a, ab, ca), (b, bc, ab), (c, ca, bc)):
        piece((place(node), node), (after, node), (middle, node))
        piece((place(node), node), (middle, node), (before, node))
    for start, left, right, third in ((ab, a, b, c), (bc, b, c, a), (ca, c, a, b)):
        seam(start, middle, (left, left), (right, right), third)

    all_places, all_nodes = (np.concatenate(part) for part in zip(*pieces, strict=True))
    there = paint.label.ravel()[all_nodes[:, 0]] != OUT
    found = (np.concatenate(part) for part in zip(*seams, strict=True))
    return Pieces(all_places[there], all_nodes[there]), Seams(*found), three[outer]


def _rotated(triangles: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Corners of triangles of two labels, (3, n), the one that is alone first."""
    alone = np.where(
        labels[:, 0] == labels[:, 1], 2, np.where(labels[:, 0] == labels[:, 2], 1, 0)
    )
    order = (alone[:, None] + np.arange(3)) % 3
    return np.take_along_axis(triangles, order, axis=1).T


def _keys(triangles: np.ndarray) -> np.ndarray:
    """One number for each triangle, whatever its first corner."""
    # A finest triangle is known by its least node and the sum of all.
    return triangles.min(axis=1) * 2**34 + triangles.sum(axis=1)
