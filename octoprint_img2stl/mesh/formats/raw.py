"""What the reader of a format hands over, and the refusals all readers share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...problems import N_, Problem
from ..refused import MeshRefused


class Damaged(ValueError):
    """The file breaks the rules of its format; says how, in a few words."""


@dataclass(frozen=True, eq=False)
class Raw:
    """The triangles of a file before equal points are joined.

    Attributes:
        points: (P, 3) float32, perhaps not finite, perhaps unused; mm and z up if the
            format says so.
        faces: (F, 3) int32 into `points`, each within it.
        unit: the file's own word for what its numbers were, a key of
            `settings.UNITS` or ``foot``, ``micron``; None: it has none.
        up: ``z`` where the format defines what is up (`points` are turned), else None.
        parts: how many objects stand in it.
        colours: (F, 3) uint8 sRGB, or None.
        notes: what its owner should know.
    """

    points: np.ndarray
    faces: np.ndarray
    unit: str | None = None
    up: str | None = None
    parts: int = 1
    colours: np.ndarray | None = None
    notes: tuple[Problem, ...] = ()


def require_at_most(count: int, name: str, max_triangles: int) -> None:
    """Raises `MeshRefused` (`mesh.too_big`) for more triangles than can be handled."""
    if count > max_triangles:
        raise MeshRefused(
            "mesh.too_big",
            N_(
                "%(name)s has %(count)s triangles, more than the %(most)s that can be "
                "handled; simplify it in a modelling program first."
            ),
            name=name,
            count=count,
            most=max_triangles,
        )


def unreadable(name: str, kind: str, reason: str) -> MeshRefused:
    return MeshRefused(
        "mesh.unreadable",
        N_(
            "%(name)s cannot be read as %(format)s (%(reason)s); "
            "export it again, best as binary STL."
        ),
        name=name,
        format=kind,
        reason=reason[:200],
    )


def point_cloud(name: str) -> MeshRefused:
    return MeshRefused(
        "mesh.point_cloud",
        N_(
            "%(name)s has points but no faces between them; make a surface of them in the "
            "scanning program and export that."
        ),
        name=name,
    )


def external(name: str, other: str, instead: str) -> MeshRefused:
    """Refusal of a file whose mesh lies in another one."""
    return MeshRefused(
        "mesh.external_file",
        N_(
            "%(name)s needs another file (%(other)s), which is not opened; export the "
            "model again as %(instead)s, which holds all in one file."
        ),
        name=name,
        other=other[:80],
        instead=instead,
    )


def valid_faces(faces: np.ndarray, points: int) -> np.ndarray:
    """The same as int32, if every corner is one of so many points.

    Raises:
        Damaged: one is not.
    """
    if len(faces) and (faces.min() < 0 or faces.max() >= points):
        raise Damaged("a face with a corner that does not exist")
    return faces.astype(np.int32, copy=False)
