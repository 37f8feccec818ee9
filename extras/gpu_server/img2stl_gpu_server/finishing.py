"""From what a model gave to what can be printed: one solid, no crumbs, not too many faces.

The plugin repairs what it gets as well; but here there is a large machine to do it on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from octoprint_img2stl.mesh.kernel import NotASolid, from_kernel, to_kernel
from octoprint_img2stl.mesh.model import Mesh, only_used, weld_shared
from octoprint_img2stl.mesh.prepare.quadrics import collapse
from octoprint_img2stl.mesh.prepare.step import settled
from octoprint_img2stl.mesh.refused import MeshRefused
from octoprint_img2stl.mesh.repair import repair
from octoprint_img2stl.mesh.settings import MeshSettings

from .backends.backend import RawMesh
from .order import Order
from .refused import REMOTE, Refused
from .watch import Watch

# Faces when nobody says how many: enough for prints of this size, little enough for a Pi.
USUAL_FACES = 150_000
# Beyond this many, faces are dropped before the repair, whose time grows with them.
REPAIRABLE = 400_000
FINEST, COARSEST = 5e-5, 0.05  # how far dropping faces may move the surface, of its size
HALVINGS = 3  # of the interval in which the least tolerance lies
ROUNDS = 6


@dataclass(frozen=True, eq=False)
class Finished:
    """A mesh as it is kept.

    Attributes:
        mesh: mm, z up, the front looks to -y; stands on z = 0, in the middle of x and y.
        notes: what its owner should know, sentences.
    """

    mesh: Mesh
    notes: tuple[str, ...]


def finish(
    raw: RawMesh, order: Order, watch: Watch, *, solid: bool, own_size: bool
) -> Finished:
    """Make one mesh fit to print.

    Args:
        raw: as the back end made it.
        solid: it is a sound solid already.
        own_size: its points are the millimetres that were asked for.

    Raises:
        Refused: there is nothing solid in it.
        Cancelled, Stopping: `watch` said so.
    """
    watch.report(0.0, "repairing")
    points, faces = only_used(_z_up(raw), raw.faces.astype(np.int32))
    if not len(faces):
        raise Refused(
            REMOTE, "The model made an empty mesh; try another seed or picture."
        )
    size = None if own_size else order.size
    points = _placed(points, size)
    mesh, _ = weld_shared(points.astype(np.float32), faces)
    notes = list(raw.notes)
    if len(mesh.faces) > REPAIRABLE and not solid:
        mesh = thinned(mesh, REPAIRABLE)
        watch.check()
    if not solid:
        mesh = _repaired(mesh, watch, notes)
    most = order.max_faces or USUAL_FACES
    if len(mesh.faces) > most:
        watch.report(0.7, "simplifying")
        mesh = reduced(mesh, most)
        if len(mesh.faces) > most:
            notes.append(
                f"It has {len(mesh.faces)} triangles; with {most} it would have lost its shape."
            )
    watch.report(1.0, "done")
    # Once more: without its crumbs it may be smaller.
    return Finished(settled(_placed(mesh.vertices, size), mesh.faces), tuple(notes))


def reduced(mesh: Mesh, most: int) -> Mesh:
    """The solid with at most so many faces, as near to it as it can be.

    The kernel's own simplification moves the surface by no more than a tolerance and keeps
    it a solid; the least tolerance that is enough is looked for.

    Returns:
        The same mesh where it is no solid. It has more faces than `most` where it would have
        to move by more than a twentieth of its size.
    """
    try:
        solid = to_kernel(mesh)
    except NotASolid:
        return mesh
    size = float(np.ptp(mesh.vertices, axis=0).max())
    low, high = 0.0, FINEST * size
    best = solid.simplify(high)
    while best.num_tri() > most:
        if high > COARSEST * size:
            break
        low, high = high, 2 * high
        best = solid.simplify(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        made = solid.simplify(middle)
        if made.num_tri() > most:
            low = middle
        else:
            best, high = made, middle
    try:
        return from_kernel(best)
    except NotASolid:
        return mesh


def thinned(mesh: Mesh, most: int) -> Mesh:
    """The mesh, solid or not, with fewer faces: about as many, where that can be had."""
    bound = FINEST * float(np.ptp(mesh.vertices, axis=0).max())
    for _ in range(ROUNDS):
        if len(mesh.faces) <= most:
            break
        made = settled(*collapse(mesh, bound, bound / 3))
        if not len(made.faces):
            break
        mesh, bound = made, 2 * bound
    return mesh


def _repaired(mesh: Mesh, watch: Watch, notes: list[str]) -> Mesh:
    report = watch.part(0.0, 0.7)
    try:
        done = repair(
            mesh,
            # Nobody sees them, and two skins print as a hollow.
            settings=MeshSettings(cavities="fill"),
            progress=lambda share: report(share, "repairing"),
        )
    except MeshRefused as error:
        raise Refused(
            REMOTE, f"What the model made is not solid: {error.problem.message}"
        ) from None
    notes += [change.message for change in done.changes if change.severity != "info"]
    return done.mesh


def _z_up(raw: RawMesh) -> np.ndarray:
    points = np.asarray(raw.points, np.float32)
    if raw.up == "z":
        return points
    x, y, z = points.T
    return np.stack((x, -z, y), axis=1)


def _placed(points: np.ndarray, size: float | None) -> np.ndarray:
    """float64, standing on z = 0 in the middle; longest side `size` mm, None: as it is."""
    low = points.min(axis=0).astype(np.float64)
    high = points.max(axis=0).astype(np.float64)
    scale = 1.0
    if size is not None:
        longest = float((high - low).max())
        if not longest > 0:
            raise Refused(
                REMOTE, "The model made a mesh without size; try another picture."
            )
        scale = size / longest
    origin = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    return (points - origin) * scale
