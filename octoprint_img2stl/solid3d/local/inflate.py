"""One outline blown up to a rounded body.

The height h over the outline is the root of the solution u of Poisson's equation with a
constant right side, 0 along the outline: Baran and Lehtinen, Notes on Inflating Curves
(2009). A disc becomes a ball, a strip an elliptical bar, and there is no ridge where the
distance from the outline has one.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from .plane import Plane


def heights(plane: Plane) -> np.ndarray:
    """(P,) float64 over each point, largest 1, 0 along the rim."""
    u = np.zeros(len(plane.points))
    u[: int(plane.inside.sum())] = _poisson(plane)
    return np.sqrt(u / u.max())


def roundness(plane: Plane) -> float:
    """Radius of the largest disc within the outline, in pixels.

    That is how far a body stands out on each side that is as round as its outline.
    """
    inside = np.pad(plane.inside, 1)
    if plane.stands:
        # It goes on below the photo's edge: as far as it does above.
        inside = np.concatenate((inside[:0:-1], inside[1:]))
    return float(ndimage.distance_transform_edt(inside).max()) * plane.cell_px


def _poisson(plane: Plane) -> np.ndarray:
    """(nodes,) the solution of -Laplace(u) = 4 at the nodes inside; cells are the unit.

    The five-point stencil with the rim's true distance (Shortley and Weller, Journal of
    Applied Physics 9, 1938): next to the rim, where the root is steep, u has to be right to
    the third order. Nothing flows through the floor, so that the body does not round off
    where it was cut.
    """
    inside, gaps = plane.inside, plane.gaps
    count = int(inside.sum())
    number = np.full((inside.shape[0] + 2, inside.shape[1] + 2), -1, np.int64)
    number[1:-1, 1:-1][inside] = np.arange(count)
    right, up, left, down = (gap[inside] for gap in gaps)
    weights = [2 / (right * (right + left)), 2 / (up * (up + down))]
    weights += [2 / (left * (right + left)), 2 / (down * (up + down))]
    if plane.stands:
        floor = np.nonzero(inside)[0] == 0
        weights[1][floor], weights[3][floor] = 2 / up[floor] ** 2, 0
    rows, columns, values = [np.arange(count)], [np.arange(count)], [sum(weights)]
    for weight, (dx, dy) in zip(weights, ((1, 0), (0, 1), (-1, 0), (0, -1)), strict=True):
        there = np.roll(number, (-dy, -dx), (0, 1))[1:-1, 1:-1][inside]
        joined = np.flatnonzero((there >= 0) & (weight > 0))
        rows.append(joined)
        columns.append(there[joined])
        values.append(-weight[joined])
    at = np.concatenate(rows), np.concatenate(columns)
    matrix = coo_matrix((np.concatenate(values), at), shape=(count, count)).tocsc()
    return np.maximum(spsolve(matrix, np.full(count, 4.0)), 1e-12)


def doubled(
    plane: Plane, front: np.ndarray, back: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Front and back of a body over one outline, joined along its rim.

    Args:
        front, back: (P,) how far each point stands out to the front and to the back, 0
            along the rim.

    Returns:
        points: (V, 3) float64: right, up, and towards us.
        faces: (F, 3) int64, counter-clockwise seen from outside.
    """
    points = len(plane.points)
    behind = np.where(plane.rim, np.arange(points), 0)
    own = ~plane.rim
    behind[own] = points + np.arange(int(own.sum()))
    places = np.empty((points + int(own.sum()), 3))
    places[:points, :2], places[:points, 2] = plane.points, front
    places[points:, :2], places[points:, 2] = plane.points[own], -back[own]
    parts = [plane.faces, behind[plane.faces[:, ::-1]]]
    if len(plane.floor):
        a, b = plane.floor.T
        walls = np.concatenate(
            (
                np.stack((b, a, behind[a]), axis=1),
                np.stack((b, behind[a], behind[b]), axis=1),
            )
        )
        # At the ends of the floor one of the two is nothing.
        parts.append(walls[(walls[:, 1] != walls[:, 2]) & (walls[:, 0] != walls[:, 2])])
    return places, np.concatenate(parts)
