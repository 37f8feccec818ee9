"""Turning a mesh, and the turns themselves."""

from __future__ import annotations

import numpy as np

from ...machine import Machine
from ..model import Mesh
from ..settings import UPRIGHT, MeshSettings
from .step import Step, box, settled

Quaternion = tuple[float, float, float, float]
EXACT = 1e-12  # entries of a turn this near to 0 or 1 are meant to be it
ALIKE = np.cos(np.radians(1.0))  # normals of faces that belong to the one clicked


def apply(mesh: Mesh, settings: MeshSettings, machine: Machine) -> Step:
    """Turn about the middle of the box, in float64."""
    if settings.turn == UPRIGHT:
        return Step(mesh)
    low, high = box(mesh)
    points = (mesh.vertices - (low + high) / 2) @ matrix(settings.turn).T
    return Step(settled(points, mesh.faces))


def matrix(turn: Quaternion) -> np.ndarray:
    """(3, 3) float64 of the unit quaternion w, x, y, z: turned = matrix @ point.

    (Shoemake, Animating rotation with quaternion curves, 1985.) Quarter turns are exact.
    """
    w, x, y, z = np.asarray(turn, dtype=np.float64) / np.linalg.norm(turn)
    turned = np.array(
        [
            (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
            (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
            (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
        ]
    )
    whole = np.round(turned)
    return np.where(np.abs(turned - whole) < EXACT, whole, turned)


def product(after: Quaternion, before: Quaternion) -> Quaternion:
    """The turn that turns by `before` and then by `after`."""
    w, a = after[0], np.asarray(after[1:])
    v, b = before[0], np.asarray(before[1:])
    return _tuple(w * v - a @ b, w * b + v * a + np.cross(a, b))


def between(start: np.ndarray, end: np.ndarray) -> Quaternion:
    """The smallest turn that brings direction `start` onto `end`."""
    start = np.asarray(start, dtype=np.float64) / np.linalg.norm(start)
    end = np.asarray(end, dtype=np.float64) / np.linalg.norm(end)
    half = start + end
    if np.linalg.norm(half) < 1e-7:  # opposite: half a turn about any axis across
        across = np.eye(3)[np.abs(start).argmin()]
        axis = np.cross(start, across)
        return _tuple(0.0, axis / np.linalg.norm(axis))
    half /= np.linalg.norm(half)
    return _tuple(start @ half, np.cross(start, half))


def flat_on(mesh: Mesh, face_normal) -> Quaternion:
    """The turn that lays the mesh on the side with this outward normal.

    Faces within one degree of the normal are taken together by area, so that a click on
    one facet of a slightly uneven side lays down the side and not the facet.

    Raises:
        ValueError: the normal has no direction.
    """
    normal = np.asarray(face_normal, dtype=np.float64)
    length = np.linalg.norm(normal)
    if normal.shape != (3,) or not np.isfinite(length) or not length > 0:
        raise ValueError("a normal has three numbers and a direction")
    normal = normal / length
    total = np.zeros(3)
    for _, corners in mesh.corner_chunks():
        each = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        total += each[each @ normal > ALIKE * np.linalg.norm(each, axis=1)].sum(axis=0)
    return between(total if total.any() else normal, (0.0, 0.0, -1.0))


def _tuple(w: float, axis: np.ndarray) -> Quaternion:
    numbers = np.array((w, *axis), dtype=np.float64)
    numbers /= np.linalg.norm(numbers)
    if numbers[0] < 0:
        numbers = -numbers
    return tuple((numbers + 0.0).tolist())
