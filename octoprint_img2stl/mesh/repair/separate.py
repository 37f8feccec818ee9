"""From closed to strict: what only touches is moved apart by a hair.

An STL holds float32 positions and nothing else, so bodies that touch along an edge look like
one edge with four faces to whoever reads it. The faces are sewn into the bodies they bound,
and the vertices of such an edge move inward by some millionths of the size.
"""

from __future__ import annotations

import numpy as np

from ..model import Mesh, weld
from .geometry import diagonal, vertex_normals
from .model import Surface
from .pairing import pair, split

ROUNDS = 14
FIRST_STEP = 2e-6  # of the diagonal; measured: 2e-6 to 1e-4 was enough for all of 133
LAST_STEP = 2e-4


def strict_mesh(surface: Surface | Mesh) -> tuple[Mesh, float] | None:
    """The surface as a mesh in which every edge has exactly two opposite faces.

    Args:
        surface: closed: at every place as many faces run one way along an edge as the other.

    Returns:
        The mesh and the largest distance a vertex was moved, mm; None when it is not closed,
        nothing is left of it, or it cannot be done.
    """
    if isinstance(surface, Mesh):
        surface = Surface.of(surface)
    mesh = _welded(surface)
    if mesh is None:
        return None
    crowded = crowded_vertices(mesh)
    if crowded is None:
        return None
    if not len(crowded):
        return mesh, 0.0
    size = diagonal(mesh.vertices)
    finest = 4 * float(np.spacing(np.abs(mesh.vertices).max()))
    random = np.random.default_rng(0)
    points = mesh.vertices.astype(np.float64)
    for attempt in range(ROUNDS):
        apart = _apart(Surface(points, mesh.faces))
        if apart is None:
            return None
        apart, suspects = apart
        share = attempt / (ROUNDS - 1)
        step = max(FIRST_STEP * (LAST_STEP / FIRST_STEP) ** share * size, finest)
        inward = -vertex_normals(apart)[suspects]
        # Not all by the same: two that face each other would meet again.
        inward += 0.35 * random.standard_normal(inward.shape)
        moved = apart.points.copy()
        moved[suspects] += step * (0.5 + random.random((len(suspects), 1))) * inward
        mesh = _welded(Surface(moved, apart.faces))
        if mesh is None:
            return None
        crowded = crowded_vertices(mesh)
        if crowded is None:
            return None
        if not len(crowded):
            return mesh, 2 * step
        points = mesh.vertices.astype(np.float64)
    return None


def crowded_vertices(mesh: Mesh) -> np.ndarray | None:
    """Vertices of edges with more than two faces; None when the mesh is not closed."""
    total = np.int64(len(mesh.vertices))
    start = mesh.faces.astype(np.int64)
    end = np.roll(start, -1, axis=1)
    keys = (np.minimum(start, end) * total + np.maximum(start, end)) * 2 + (start > end)
    keys = keys.ravel()
    del start, end
    keys.sort()
    backward = (keys & 1).astype(np.int32)
    keys >>= 1
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    count = np.diff(first, append=len(keys))
    if (2 * np.add.reduceat(backward, first) != count).any():
        return None
    many = keys[first[count > 2]]
    return np.unique(np.concatenate((many // total, many % total)))


def _welded(surface: Surface) -> Mesh | None:
    """At float32; faces that fell onto each other facing opposite ways cancel."""
    points = surface.points.astype(np.float32)
    mesh = weld(points[surface.faces])
    if not len(mesh.faces):
        return None
    ordered = np.sort(mesh.faces, axis=1).astype(np.int64)
    total = np.int64(len(mesh.vertices))
    # A face by its lowest corner's edges; a collision needs 2^63 / V^2 different faces.
    keys = (ordered[:, 0] * total + ordered[:, 1]) * 1_000_003 + ordered[:, 2]
    order = np.argsort(keys, kind="stable")
    equal = keys[order][1:] == keys[order][:-1]
    if not equal.any():
        return mesh
    drop = _cancelled(mesh.faces)
    if not drop.any():
        return mesh
    rest = mesh.faces[~drop]
    return weld(mesh.vertices[rest]) if len(rest) else None


def _cancelled(faces: np.ndarray) -> np.ndarray:
    """(F,) bool: faces that, with a twin of opposite winding, bound nothing."""
    lowest = faces.argmin(axis=1)
    turned = np.take_along_axis(faces, (lowest[:, None] + np.arange(3)) % 3, axis=1)
    odd = turned[:, 1] > turned[:, 2]
    ordered = turned.copy()
    ordered[odd] = ordered[odd][:, [0, 2, 1]]
    order = np.lexsort(ordered.T[::-1])
    ordered = ordered[order]
    new = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))
    group = np.empty(len(faces), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    drop = np.zeros(len(faces), dtype=bool)
    ways = np.bincount(group, odd, minlength=group.max() + 1).astype(np.int64)
    several = np.bincount(group)[group] > 1
    fewer = np.minimum(ways, np.bincount(group) - ways)
    left = {}
    for face in np.flatnonzero(several).tolist():
        key = (int(group[face]), bool(odd[face]))
        left.setdefault(key, int(fewer[group[face]]))
        if left[key]:
            left[key] -= 1
            drop[face] = True
    return drop


def _apart(surface: Surface) -> tuple[Surface, np.ndarray] | None:
    """Cut along crowded edges; and which vertices to move, so that none meet again."""
    mate, half = pair(surface.points, surface.faces)
    if (mate < 0).any():
        return None
    flat = surface.faces.ravel()
    if (flat == flat[mate]).any():  # sewn to a face that runs the same way
        return None
    suspects = np.zeros(len(surface.points), dtype=bool)
    suspects[flat[half]] = True
    suspects[flat[half - half % 3 + (half + 1) % 3]] = True
    faces, origin = split(surface.points, surface.faces, mate, suspects)
    suspects = suspects[origin]
    points, faces = _bridged(surface.points[origin], faces, mate, half)
    added = np.ones(len(points) - len(suspects), dtype=bool)
    return Surface(points, faces), np.flatnonzero(np.concatenate((suspects, added)))


def _bridged(
    points: np.ndarray, faces: np.ndarray, mate: np.ndarray, half: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where two edges of one body run between the same two vertices, halve one of them.

    Moving those vertices cannot part the edges; a vertex in the middle can.
    """
    flat = faces.ravel()
    start, end = flat[half], flat[half - half % 3 + (half + 1) % 3]
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((high, low))
    groups: dict[tuple[int, int], list[int]] = {}
    for at in order.tolist():
        groups.setdefault((int(low[at]), int(high[at])), []).append(int(half[at]))
    used: set[int] = set()
    middles, changed, added = [], {}, []
    for (one, other), halves in groups.items():
        if len(halves) <= 2:
            continue
        seen = {halves[0], int(mate[halves[0]])}  # one of the edges may stay
        for here in halves:
            there = int(mate[here])
            if here in seen or {here // 3, there // 3} & used or here // 3 == there // 3:
                continue
            seen |= {here, there}
            used |= {here // 3, there // 3}
            middle = len(points) + len(middles)
            middles.append((points[one] + points[other]) / 2)
            for each in (here, there):
                face, side = divmod(each, 3)
                a, b, c = (int(faces[face, (side + k) % 3]) for k in range(3))
                changed[face] = (a, middle, c)
                added.append((middle, b, c))
    if not middles:
        return points, faces
    faces = faces.copy()
    for face, corners in changed.items():
        faces[face] = corners
    return (
        np.concatenate((points, np.array(middles))),
        np.concatenate((faces, np.array(added, dtype=np.int32))),
    )
