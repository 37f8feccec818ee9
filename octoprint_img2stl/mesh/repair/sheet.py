"""Thickness for surfaces that have none: a copy on either side, joined along the rims."""

from __future__ import annotations

import numpy as np

from .geometry import vertex_normals
from .model import Surface
from .pairing import pair, split


def thickened(surface: Surface, thickness: float) -> Surface:
    """A closed surface about an open one, half the thickness to either side.

    Args:
        surface: oriented; at most two faces at an edge, by vertex number.
        thickness: mm.
    """
    faces, points = surface.faces, surface.points
    mate, half = pair(points, faces)
    flat = faces.ravel()
    suspects = np.zeros(len(points), dtype=bool)
    rim = np.flatnonzero(mate < 0)
    for some in (rim, half):
        suspects[flat[some]] = True
        suspects[flat[some - some % 3 + (some + 1) % 3]] = True
    faces, origin = split(points, faces, mate, suspects)
    used, faces = np.unique(faces, return_inverse=True)
    faces = faces.reshape(-1, 3).astype(np.int32)
    sheet = Surface(points[origin[used]], faces)
    out = vertex_normals(sheet) * (thickness / 2)
    count = np.int32(len(sheet.points))
    start = faces.ravel()[rim]
    end = faces.ravel()[rim - rim % 3 + (rim + 1) % 3]
    rims = np.concatenate(
        (
            np.stack((end, start, start + count), axis=1),
            np.stack((end, start + count, end + count), axis=1),
        )
    )
    return Surface(
        np.concatenate((sheet.points + out, sheet.points - out)),
        np.concatenate((faces, faces[:, ::-1] + count, rims)).astype(np.int32),
    )
