"""One solid of several bodies that reach into each other (manifold3d)."""

from __future__ import annotations

import numpy as np
from manifold3d import Error, Manifold, OpType
from manifold3d import Mesh as KernelMesh

from .bodies import Bodies
from .model import Surface


def overlapping(low: np.ndarray, high: np.ndarray, slack: float) -> np.ndarray:
    """(B,) int64: groups of boxes that reach into each other, directly or through others."""
    count = len(low)
    group = np.arange(count)
    order = np.argsort(low[:, 0], kind="stable")
    alive: list[int] = []

    def root(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = group[number]
        return number

    for number in order.tolist():
        alive = [each for each in alive if high[each, 0] + slack >= low[number, 0]]
        if alive:
            near = np.array(alive)
            meet = (low[near, 1:] <= high[number, 1:] + slack).all(axis=1) & (
                high[near, 1:] + slack >= low[number, 1:]
            ).all(axis=1)
            for each in near[meet].tolist():
                one, other = root(each), root(number)
                group[max(one, other)] = min(one, other)
        alive.append(number)
    return np.array([root(number) for number in range(count)])


def united(
    surface: Surface, bodies: Bodies, owner: np.ndarray
) -> tuple[Surface, int, int]:
    """Unite the bodies that overlap.

    Args:
        surface: closed, oriented; its parts do not share vertices.
        owner: (B,) int64: the body each part belongs to (a cavity to what encloses it).

    Returns:
        The surface, how many bodies went into unions, and how many could not be united and
        were left as they were.
    """
    names, inverse = np.unique(owner, return_inverse=True)
    low = np.full((len(names), 3), np.inf)
    high = np.full((len(names), 3), -np.inf)
    np.minimum.at(low, inverse, bodies.low)
    np.maximum.at(high, inverse, bodies.high)
    slack = 1e-6 * float(np.ptp(bodies.high, axis=0).max() + 1e-30)
    group = overlapping(low, high, slack)
    body_of_face = inverse[bodies.label]
    group_of_face = group[body_of_face]
    sizes = np.bincount(group, minlength=len(names))
    joined = failed = 0
    parts: list[Surface] = []
    alone = sizes[group_of_face] == 1
    if alone.any():
        parts.append(surface.keep(alone))
    for number in np.flatnonzero(sizes > 1):
        faces = np.flatnonzero(group_of_face == number)
        made = _unite(surface, faces, body_of_face[faces])
        if made is None:
            parts.append(surface.keep(faces))
            failed += int(sizes[number])
        elif made is False:
            parts.append(surface.keep(faces))
        else:
            parts.append(made)
            joined += int(sizes[number])
    if not joined:
        return surface, 0, failed
    return together(parts), joined, failed


def together(parts: list[Surface]) -> Surface:
    """Several surfaces as one."""
    offset = np.cumsum([0, *(len(part.points) for part in parts[:-1])])
    return Surface(
        np.concatenate([part.points for part in parts]),
        np.concatenate(
            [
                part.faces + np.int32(shift)
                for part, shift in zip(parts, offset, strict=True)
            ]
        ),
    )


def _unite(
    surface: Surface, faces: np.ndarray, body: np.ndarray
) -> Surface | bool | None:
    """The union; False when the bodies do not meet, None when the kernel refuses."""
    solids = []
    for each in np.unique(body):
        solid = _solid(surface.keep(faces[body == each]))
        if solid is None:
            return None
        solids.append(solid)
    whole = Manifold.batch_boolean(solids, OpType.Add)
    if whole.status() != Error.NoError or whole.is_empty():
        return None
    before = sum(solid.volume() for solid in solids)
    triangles = sum(solid.num_tri() for solid in solids)
    if whole.num_tri() == triangles and abs(whole.volume() - before) <= 1e-9 * before:
        return False
    made = whole.to_mesh()
    return Surface(
        np.asarray(made.vert_properties[:, :3], dtype=np.float64),
        np.asarray(made.tri_verts, dtype=np.int32),
    )


def _solid(surface: Surface) -> Manifold | None:
    used, faces = np.unique(surface.faces, return_inverse=True)
    solid = Manifold(
        KernelMesh(
            vert_properties=surface.points[used].astype(np.float32),
            tri_verts=faces.reshape(-1, 3).astype(np.uint32),
        )
    )
    return None if solid.status() != Error.NoError or solid.is_empty() else solid
