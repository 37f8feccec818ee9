"""Edge collapse by quadric error, many edges at a time, with a bound on the error.

Garland & Heckbert 1997 in whole-array form: every round takes all edges whose collapse
costs less than the bound and that are the cheapest of their neighbourhood, so that no
collapse touches a face of another (independent sets as in parallel decimation, Papageorgiou
& Platis 2015). An edge is only collapsed if its ends share exactly two neighbours (the link
condition, Dey et al. 1999), so a strict surface stays strict, and if no face turns over.
"""

from __future__ import annotations

import numpy as np

from ..model import CHUNK, Mesh
from .deviation import to_triangles

ROUNDS = 120
WORTH = 0.02  # a round that drops fewer of the faces is the last
TURNED = (
    0.3  # cosine between a face before and after below which it counts as turned over
)
LEANS = (
    0.35  # cosine between a face and the mean of those round it, below which planes lie
)
NEEDLE = 0.01  # height over longest side below which a face counts as a needle
PULL = 1e-6  # how much the middle of the edge counts where the surface does not decide
SHUFFLE = 3.0  # ln of the range within which costs count as alike


def collapse(mesh: Mesh, bound: float, rms: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (float64) and faces of the mesh with as few faces as the bounds allow.

    Args:
        bound: how far a new vertex may lie from the planes of the faces it replaces, mm.
        rms: how far, as root of the mean square over the area, it may lie from the planes
            of all first faces it stands for, mm.

    Open and crowded edges and their ends are not touched. The bounds steer; the distance of
    the surfaces is for the caller to measure.
    """
    middle = mesh.vertices.mean(axis=0, dtype=np.float64)
    points = mesh.vertices - middle
    faces = mesh.faces.astype(np.int32)
    quadrics = _quadrics(points, faces)
    fixed, edges = _irregular(faces, len(points))
    edges = edges[~(fixed[edges[:, 0]] | fixed[edges[:, 1]])]
    costs = _costs(points, quadrics, edges)
    spent = np.zeros(len(points))
    random = np.random.default_rng(4)  # the same mesh gives the same result
    for _ in range(ROUNDS):
        chosen = _independent(edges, costs, rms**2, len(points), random)
        tried = len(chosen)
        if not tried:
            break
        good = _linked(faces, edges[chosen], len(points))
        costs[chosen[~good]] = np.inf  # until something round it has changed
        chosen = chosen[good]
        spots, _ = _best(points, quadrics, edges[chosen])
        left = bound - spent[edges[chosen]].max(axis=1)
        good, moved = _keeps_shape(points, faces, edges[chosen], spots, left)
        costs[chosen[~good]] = np.inf
        kept, gone = edges[chosen[good]].T
        spent[kept] = np.maximum(spent[kept], spent[gone]) + moved[good]
        points[kept] = spots[good]
        quadrics[kept] += quadrics[gone]
        renamed = np.arange(len(points), dtype=np.int32)
        renamed[gone] = kept
        faces = renamed[faces]
        a, b, c = faces.T
        faces = faces[(a != b) & (b != c) & (c != a)]
        changed = np.zeros(len(points), dtype=bool)
        changed[kept] = changed[gone] = True
        touched = changed[edges[:, 0]] | changed[edges[:, 1]]
        fresh = _once(renamed[edges[touched]], len(points))
        new_costs = _costs(points, quadrics, fresh)
        edges = np.concatenate((edges[~touched], fresh))
        costs = np.concatenate((costs[~touched], new_costs))
        if tried < WORTH * len(faces):
            break
    used = np.zeros(len(points), dtype=bool)
    used[faces] = True
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    return points[used] + middle, renumbered[faces]


def _quadrics(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 11): per vertex the sums over its faces of area times
    xx xy xz yy yz zz, -Ax, -Ay, -Az (towards A p = b), d squared, and of the area."""
    a, b, c = points[faces[:, 0]], points[faces[:, 1]], points[faces[:, 2]]
    normals = np.cross(b - a, c - a)
    area = np.linalg.norm(normals, axis=1)
    normals /= np.where(area > 0, area, 1.0)[:, None]
    offset = np.einsum("ij,ij->i", normals, a)
    x, y, z = normals.T
    each = np.stack(
        (x * x, x * y, x * z, y * y, y * z, z * z, x * offset, y * offset, z * offset)
        + (offset * offset, np.ones_like(x))
    )  # fmt: skip
    each *= area
    sums = np.empty((len(points), len(each)))
    corners = faces.T.ravel()
    for column, values in enumerate(each):
        sums[:, column] = np.bincount(corners, np.tile(values, 3), len(points))
    return sums


def _once(pairs: np.ndarray, vertices: int) -> np.ndarray:
    """(E, 2) int64 of the pairs, lower vertex first, each once, none of one vertex."""
    low = np.minimum(pairs[:, 0], pairs[:, 1]).astype(np.int64)
    high = np.maximum(pairs[:, 0], pairs[:, 1])
    keys = _distinct((low * vertices + high)[low != high])
    return np.stack((keys // vertices, keys % vertices), axis=1)


def _distinct(keys: np.ndarray) -> np.ndarray:
    keys.sort()
    new = np.ones(len(keys), dtype=bool)
    new[1:] = keys[1:] != keys[:-1]
    return keys[new]


def _irregular(faces: np.ndarray, vertices: int) -> tuple[np.ndarray, np.ndarray]:
    """(V,) bool: ends of edges that have not exactly two faces; and all edges (E, 2)."""
    start, end = faces.T.ravel().astype(np.int64), np.roll(faces, -1, axis=1).T.ravel()
    keys = np.minimum(start, end) * vertices + np.maximum(start, end)
    keys.sort()
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    odd = keys[first[np.diff(first, append=len(keys)) != 2]]
    fixed = np.zeros(vertices, dtype=bool)
    fixed[odd // vertices] = fixed[odd % vertices] = True
    return fixed, np.stack((keys[first] // vertices, keys[first] % vertices), axis=1)


def _costs(points, quadrics, edges) -> np.ndarray:
    """Of all edges, by parts: a large mesh has millions."""
    costs = np.empty(len(edges))
    for start in range(0, len(edges), CHUNK):
        part = slice(start, start + CHUNK)
        costs[part] = _best(points, quadrics, edges[part])[1]
    return costs


def _best(points, quadrics, edges):
    """Where each edge's one vertex goes, (E, 3), and the mean square distance there."""
    sums = (quadrics[edges[:, 0]] + quadrics[edges[:, 1]]).T
    area = np.where(sums[10] > 0, sums[10], 1.0)
    sums = sums[:10] / area
    xx, xy, xz, yy, yz, zz, rx, ry, rz, constant = sums
    mx, my, mz = ((points[edges[:, 0]] + points[edges[:, 1]]) / 2).T
    # A p = r, drawn a little to the middle of the edge: solvable on planes and ridges too.
    axx, ayy, azz = xx + PULL, yy + PULL, zz + PULL
    bx, by, bz = rx + PULL * mx, ry + PULL * my, rz + PULL * mz
    c0, c1, c2 = ayy * azz - yz * yz, xz * yz - xy * azz, xy * yz - xz * ayy
    whole = axx * c0 + xy * c1 + xz * c2
    px = (bx * c0 + by * c1 + bz * c2) / whole
    py = (bx * c1 + by * (axx * azz - xz * xz) + bz * (xy * xz - axx * yz)) / whole
    pz = (bx * c2 + by * (xy * xz - axx * yz) + bz * (axx * ayy - xy * xy)) / whole
    costs = px * (xx * px + 2 * (xy * py + xz * pz - rx)) + py * (
        yy * py + 2 * (yz * pz - ry)
    )
    costs += pz * (zz * pz - 2 * rz) + constant
    return np.stack((px, py, pz), axis=1), np.maximum(costs, 0.0)


def _independent(edges, costs, most, vertices, random) -> np.ndarray:
    """Indices of edges of at most this cost, of which no two are joined by an edge.

    Costs are shuffled a little: a smooth cost has few minima, and every minimum is one
    collapse.
    """
    indices = np.flatnonzero(costs <= most)
    mixed = np.log(costs[indices] + 1e-12) + SHUFFLE * random.random(len(indices))
    rank = np.full(len(edges), len(edges), dtype=np.int32)
    rank[indices[np.argsort(mixed)]] = np.arange(len(indices), dtype=np.int32)
    u, v = edges.T
    own = _least(vertices, u, v, rank, rank)
    around = np.minimum(own, _least(vertices, u, v, own[v], own[u]))
    ends = edges[indices]
    least = np.minimum(around[ends[:, 0]], around[ends[:, 1]])
    return indices[rank[indices] == least]


def _least(vertices, u, v, at_u, at_v) -> np.ndarray:
    least = np.full(vertices, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(least, u, at_u)
    np.minimum.at(least, v, at_v)
    return least


def _linked(faces: np.ndarray, pairs: np.ndarray, vertices: int) -> np.ndarray:
    """Whether the two ends of each pair (N, 2) have exactly two common neighbours.

    No vertex is next to two pairs' ends in a way that counts here: pairs are independent.
    """
    end = np.zeros(vertices, dtype=bool)
    end[pairs] = True
    a, b, c = faces.T
    near = faces[end[a] | end[b] | end[c]]
    links = np.concatenate((near[:, :2], near[:, 1:], near[:, ::2]))
    one, other = links[end[links[:, 0]]].T, links[end[links[:, 1]]].T
    rows = np.concatenate((one[0], other[1])).astype(np.int64)
    keys = _distinct(rows * vertices + np.concatenate((one[1], other[0])))
    rows, beside = keys // vertices, keys % vertices
    pair = np.full(vertices, -1)
    pair[pairs[:, 0]] = pair[pairs[:, 1]] = np.arange(len(pairs))
    # A neighbour met twice by a pair is common to both of its ends.
    met = np.sort(pair[rows] * vertices + beside)
    twice = met[1:][met[1:] == met[:-1]] // vertices
    return np.bincount(twice, minlength=len(pairs)) == 2


def _keeps_shape(points, faces, pairs, spots, left) -> tuple[np.ndarray, np.ndarray]:
    """Whether each pair's (N, 2) spot is near the faces round it and turns over none.

    Planes reach farther than their faces: of a thorn they meet at its foot as well as at
    its tip. So where the faces look in very different directions the distance between the
    surfaces before and after is calculated.

    Args:
        left: (N,) how far the surface may still move, mm.

    Returns:
        (N,) bool, and (N,) how far it moves there, mm; 0 where planes decide.
    """
    owner = np.full(len(points), -1, dtype=np.int32)
    owner[pairs[:, 0]] = owner[pairs[:, 1]] = np.arange(len(pairs), dtype=np.int32)
    a, b, c = (owner[side] for side in faces.T)
    touched = np.flatnonzero((a >= 0) | (b >= 0) | (c >= 0))
    owners = np.stack((a[touched], b[touched], c[touched]), axis=1)
    hits = (owners[:, 0] >= 0) + (owners[:, 1] >= 0).astype(np.int8) + (owners[:, 2] >= 0)
    corners, each = points[faces[touched]], np.maximum(*owners[:, :2].T)
    each = np.maximum(each, owners[:, 2])
    good = np.ones(len(pairs), dtype=bool)

    before = _normals(corners)
    sizes = _length(before)
    away = np.einsum("ij,ij->i", spots[each] - corners[:, 0], before)
    good[each[np.abs(away) > left[each] * sizes]] = False

    stays = hits == 1  # those with both ends vanish
    at = each[stays]
    moved = np.where(
        (owners[stays] >= 0)[:, :, None], spots[at][:, None, :], corners[stays]
    )
    after = _normals(moved)
    new_sizes = _length(after)
    turn = np.einsum("ij,ij->i", before[stays], after)
    over = turn < TURNED * sizes[stays] * new_sizes
    old_side, new_side = _longest(corners[stays]), _longest(moved)
    needle = new_sizes < NEEDLE * new_side
    needle &= new_sizes * old_side < sizes[stays] * new_side  # and worse than it was
    good[at[over | needle]] = False

    mean = np.stack(
        [np.bincount(each, before[:, axis], len(pairs)) for axis in range(3)], axis=1
    )
    leans = np.einsum("ij,ij->i", before, mean[each])
    doubtful = np.zeros(len(pairs), dtype=bool)
    doubtful[each[leans < LEANS * sizes * _length(mean)[each]]] = True
    doubtful &= good
    distance = np.zeros(len(pairs))
    if doubtful.any():
        chosen = doubtful[each]
        distance = _nearest(spots, each[chosen], corners[chosen], len(pairs))
        chosen = doubtful[at]
        for end in points[pairs.T]:
            lost = _nearest(end, at[chosen], moved[chosen], len(pairs))
            np.maximum(distance, lost, out=distance)
        distance[~doubtful] = 0.0
        good &= distance <= left
    return good, distance


def _nearest(spots, owners, corners, count) -> np.ndarray:
    """(count,) distance of each spot from the nearest of its own triangles."""
    nearest = np.full(count, np.inf)
    np.minimum.at(nearest, owners, to_triangles(spots[owners], corners))
    return nearest


def _normals(corners: np.ndarray) -> np.ndarray:
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _length(ways: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("ij,ij->i", ways, ways))


def _longest(corners: np.ndarray) -> np.ndarray:
    """Square of the longest side."""
    longest = np.zeros(len(corners))
    for side in range(3):
        way = corners[:, side] - corners[:, side - 1]
        np.maximum(longest, np.einsum("ij,ij->i", way, way), out=longest)
    return longest
