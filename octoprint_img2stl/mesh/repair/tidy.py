"""The lightest touch: joining what is nearly at one place, dropping faces that are none."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ...problems import N_, Problem
from .geometry import areas, diagonal
from .model import Surface, done

# Of the diagonal, each with the share of the open edges that joining must close: further
# off, only what is cracked all over.
TOLERANCES = ((1e-6, 0.3), (1e-5, 0.3), (1e-4, 0.3), (5e-4, 0.7))
MOST_FACES = 0.1  # share of the faces that may collapse by it


def join_near(surface: Surface) -> tuple[Surface, list[Problem]]:
    """Join the ends of open edges that lie within a rising tolerance of each other.

    A tolerance is kept only if it closes its share of the open edges and costs less than
    `MOST_FACES` of the faces.
    """
    changes: list[Problem] = []
    size = diagonal(surface.points)
    rim, before = _rim(surface)
    for tolerance, worth in TOLERANCES:
        if not before:
            break
        tried, moved = _joined(surface, rim, tolerance * size)
        if tried is None:
            continue
        rim_after, after = _rim(tried)
        if before - after >= worth * before and len(tried.faces) > (1 - MOST_FACES) * len(
            surface.faces
        ):
            changes.append(
                done(
                    "mesh.repair_welded",
                    N_(
                        "Open edges were closed by joining corners up to %(distance)s mm "
                        "apart: %(count)s."
                    ),
                    count=before - after,
                    distance=float(f"{moved:.2g}"),
                )
            )
            surface, rim, before = tried, rim_after, after
    return surface, changes


def _rim(surface: Surface) -> tuple[np.ndarray, int]:
    """Vertices of edges with an odd number of faces, and how many such edges there are."""
    total = np.int64(len(surface.points))
    start = surface.faces.astype(np.int64)
    end = np.roll(start, -1, axis=1)
    keys = np.sort((np.minimum(start, end) * total + np.maximum(start, end)).ravel())
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    odd = keys[first[np.diff(first, append=len(keys)) % 2 == 1]]
    return np.unique(np.concatenate((odd // total, odd % total))), len(odd)


def _joined(
    surface: Surface, rim: np.ndarray, distance: float
) -> tuple[Surface | None, float]:
    pairs = cKDTree(surface.points[rim]).query_pairs(distance, output_type="ndarray")
    if not len(pairs):
        return None, 0.0
    apart = surface.points[rim[pairs[:, 0]]] - surface.points[rim[pairs[:, 1]]]
    _, group = connected_components(
        coo_matrix(
            (np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])),
            shape=(len(rim),) * 2,
        ),
        directed=False,
    )
    _, first = np.unique(group, return_index=True)
    name = np.arange(len(surface.points), dtype=np.int32)
    name[rim] = rim[first[group]]
    faces = name[surface.faces]
    return (
        Surface(surface.points, faces[_proper(faces)]),
        float(np.linalg.norm(apart, axis=1).max()),
    )


def _proper(faces: np.ndarray) -> np.ndarray:
    a, b, c = faces.T
    return (a != b) & (b != c) & (c != a)


def drop_idle(
    surface: Surface, *, one_stays: bool = False
) -> tuple[Surface, list[Problem]]:
    """Drop copies of faces, and of two that lie back to back what is too much.

    A pair back to back is the wall between two bodies that share it, or a sheet seen from
    both sides. It goes where the faces around it close without it; where they do not, one
    of the two stays.

    Args:
        one_stays: one stays everywhere.
    """
    changes: list[Problem] = []
    keep, group, odd = _copies(surface.faces)
    copies = len(surface.faces) - int(keep.sum())
    if copies:
        changes.append(
            done(
                "mesh.repair_duplicates",
                N_("Faces that were there twice were dropped: %(count)s."),
                count=copies,
            )
        )
        surface, group, odd = surface.keep(keep), group[keep], odd[keep]
    twin = np.bincount(group)[group] == 2
    if not twin.any():
        return surface, changes
    drop = twin & odd if one_stays else _back_to_back(surface, twin, group, odd)
    changes.append(
        done(
            "mesh.repair_back_to_back",
            N_("Faces that lay back to back with another were dropped: %(count)s."),
            count=int(drop.sum()),
        )
    )
    return surface.keep(~drop), changes


def _copies(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which faces to keep so that each is there once a way; same corners, which way."""
    lowest = faces.argmin(axis=1)
    turned = np.take_along_axis(faces, (lowest[:, None] + np.arange(3)) % 3, axis=1)
    odd = turned[:, 1] > turned[:, 2]
    turned[odd] = turned[odd][:, [0, 2, 1]]
    order = np.lexsort((odd, turned[:, 2], turned[:, 1], turned[:, 0]))
    ordered = turned[order]
    new = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))
    group = np.empty(len(faces), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    other_way = np.concatenate(([True], odd[order][1:] != odd[order][:-1]))
    keep = np.empty(len(faces), dtype=bool)
    keep[order] = new | other_way
    return keep, group, odd


def _back_to_back(
    surface: Surface, twin: np.ndarray, group: np.ndarray, odd: np.ndarray
) -> np.ndarray:
    """(F,) bool: for each patch of twins, both or one, whatever leaves fewer open edges."""
    total = np.int64(len(surface.points))
    start = surface.faces.astype(np.int64)
    end = np.roll(start, -1, axis=1)
    keys = np.minimum(start, end) * total + np.maximum(start, end)
    front = np.flatnonzero(twin & ~odd)
    _, edge = np.unique(keys, return_inverse=True)
    edge = edge.reshape(-1, 3)
    others = np.bincount(edge[~twin].ravel(), minlength=edge.max() + 1)
    fronts = np.bincount(edge[front].ravel(), minlength=edge.max() + 1)
    # Patches: fronts joined over edges where exactly two of them meet.
    sides = edge[front]
    inner = (fronts[sides] == 2) & (others[sides] == 0)
    name = np.repeat(np.arange(len(front)), 3)[inner.ravel()]
    at = sides.ravel()[inner.ravel()]
    order = np.argsort(at, kind="stable")
    one, other = name[order][::2], name[order][1::2]
    _, patch = connected_components(
        coo_matrix(
            (np.ones(len(one), dtype=np.int8), (one, other)), shape=(len(front),) * 2
        ),
        directed=False,
    )
    # An edge is closed with an even number of faces, but not with none, where the sheet ends.
    border = ~inner
    around, ours = others[sides], fronts[sides]
    without = np.where(around % 2 == 1, 1, 0) + np.where(around == 0, 1, 0)
    with_one = np.where((around + ours) % 2 == 1, 1, 0)
    with_one = np.where((around == 0) & (ours == 1), 0, with_one)
    count = int(patch.max()) + 1
    loss = np.bincount(
        np.repeat(patch, 3), ((without - with_one) * border).ravel(), minlength=count
    )
    # A patch without border is a closed shell, doubled: one of the two is the body.
    bordered = np.bincount(np.repeat(patch, 3), border.ravel(), minlength=count) > 0
    both = np.zeros(int(group.max()) + 1, dtype=bool)
    both[group[front]] = ((loss < 0) & bordered)[patch]
    return twin & (odd | both[group])


def areas_of(surface: Surface, label: np.ndarray, count: int) -> np.ndarray:
    """(count,) mm2: area of each labelled group of faces."""
    return np.bincount(label, areas(surface), minlength=count)
