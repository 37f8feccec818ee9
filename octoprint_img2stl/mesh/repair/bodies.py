"""The connected parts of a closed surface: which is a body, a cavity, a leftover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..topology import connected
from .geometry import areas, volumes
from .model import Surface
from .rays import winding

MOST_ENCLOSERS = 1000  # the largest: among thousands of scraps nobody looks for cavities
PROBES = 5  # corners of a part that must all lie in another for it to be inside


@dataclass(frozen=True, eq=False)
class Bodies:
    """Attributes, B parts:

    label: (F,) int64: the part a face belongs to.
    volume, area: (B,) mm3 (signed), mm2.
    low, high: (B, 3) corners of their boxes, mm.
    triangles: (B,) number of faces.
    """

    label: np.ndarray
    volume: np.ndarray
    area: np.ndarray
    low: np.ndarray
    high: np.ndarray
    triangles: np.ndarray

    def __len__(self) -> int:
        return len(self.volume)

    @classmethod
    def of(cls, surface: Surface) -> Bodies:
        label = labels(surface)
        count = int(label.max()) + 1
        order = np.argsort(label, kind="stable")
        first = np.searchsorted(label[order], np.arange(count))
        low = np.empty((count, 3))
        high = np.empty((count, 3))
        for axis in range(3):
            along = surface.points[:, axis][surface.faces]
            low[:, axis] = np.minimum.reduceat(along.min(axis=1)[order], first)
            high[:, axis] = np.maximum.reduceat(along.max(axis=1)[order], first)
        return cls(
            label=label,
            volume=np.bincount(label, volumes(surface), minlength=count),
            area=np.bincount(label, areas(surface), minlength=count),
            low=low,
            high=high,
            triangles=np.bincount(label, minlength=count),
        )


def labels(surface: Surface) -> np.ndarray:
    """(F,) int64, 0 … : which connected part each face belongs to."""
    roots = connected(surface.faces, len(surface.points))
    _, label = np.unique(roots[surface.faces[:, 0]], return_inverse=True)
    return label.reshape(-1)


def parents(surface: Surface, bodies: Bodies) -> np.ndarray:
    """(B,) int64: the smallest part that encloses each, -1 for none."""
    parent = np.full(len(bodies), -1, dtype=np.int64)
    if len(bodies) < 2:
        return parent
    size = np.abs(bodies.volume)
    order = np.argsort(-size, kind="stable")
    by_label = np.argsort(bodies.label, kind="stable")
    first = np.searchsorted(bodies.label[by_label], np.arange(len(bodies) + 1))
    slack = 1e-7 * np.ptp(bodies.high, axis=0).max()
    for outer in order[:MOST_ENCLOSERS]:
        within = (
            (bodies.low >= bodies.low[outer] - slack).all(axis=1)
            & (bodies.high <= bodies.high[outer] + slack).all(axis=1)
            & (size < size[outer])
        )
        inner = np.flatnonzero(within)
        if not len(inner):
            continue
        faces = by_label[first[inner]]
        probes = []
        for step in range(PROBES):
            # Centres of faces spread over the part: its corners may touch the other's.
            at = first[inner] + step * (bodies.triangles[inner] - 1) // (PROBES - 1)
            faces = by_label[at]
            probes.append(surface.corners(faces).mean(axis=1))
        whole = surface.keep(by_label[first[outer] : first[outer + 1]])
        inside = winding(whole, np.concatenate(probes)) != 0
        inside = inside.reshape(PROBES, -1).all(axis=0)
        parent[inner[inside]] = outer  # largest first: the smallest encloser stays
    return parent
