"""Whether an STL is a closed solid of the right size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("flags", "<u2")])
CHUNK = 1 << 20


@dataclass(frozen=True)
class Closed:
    """What the edges of a mesh tell.

    Attributes:
        open_edges: belong to one triangle only.
        bad_edges: belong to several, but not to exactly two in opposite directions. A
            triangle with two corners in one place has such an edge.
        volume: mm³, negative if the mesh is inside out.
    """

    open_edges: int
    bad_edges: int
    volume: float

    @property
    def watertight(self) -> bool:
        return not self.open_edges and not self.bad_edges and self.volume > 0

    def text(self) -> str:
        if self.watertight:
            return "yes"
        faults = [
            f"{number} {kind}"
            for number, kind in ((self.open_edges, "open"), (self.bad_edges, "bad"))
            if number
        ]
        if self.volume <= 0:
            faults.append("inside out" if self.volume else "no volume")
        return "NO: " + ", ".join(faults)


def read_stl(path: Path) -> np.ndarray:
    """(n, 3, 3) float32 corners of a binary STL.

    Raises:
        ValueError: the file is no binary STL.
    """
    with open(path, "rb") as file:
        count = int.from_bytes(file.read(84)[80:], "little")
        if path.stat().st_size != 84 + 50 * count or not count:
            raise ValueError(f"{path.name} is empty or no binary STL")
        return np.fromfile(file, FACET, count)["corners"].copy()


def closed(corners: np.ndarray, step: float = 0.0) -> Closed:
    """Look at every edge of a mesh.

    Args:
        corners: (n, 3, 3) float32.
        step: x and y that are no further from the next are taken as the same; with 0 only
            those that are the same in all 32 bits.
    """
    ids = _vertices(corners, step).reshape(-1, 3)
    start, end = ids.ravel(), np.roll(ids, -1, axis=1).ravel()
    span = np.int64(ids.max()) + 1
    low, high = np.minimum(start, end), np.maximum(start, end)
    keys = (low * span + high) * 2 + (start > end)
    keys.sort()
    undirected = keys >> 1
    first = np.flatnonzero(np.diff(undirected, prepend=-1))
    counts = np.diff(first, append=len(keys))
    pairs = first[counts == 2]
    same_way = np.count_nonzero(keys[pairs] == keys[pairs + 1])
    return Closed(
        open_edges=int(np.count_nonzero(counts == 1)),
        bad_edges=int(np.count_nonzero(counts > 2) + same_way),
        volume=_volume(corners),
    )


def _vertices(corners: np.ndarray, step: float) -> np.ndarray:
    """A number for every corner, the same for the same place."""
    points = corners.reshape(-1, 3)
    found = np.zeros(len(points), np.int64)
    for axis in range(3):
        # -0 and 0 are the same place.
        along = points[:, axis] + np.float32(0)
        values, place = np.unique(along, return_inverse=True)
        if axis < 2:
            place = np.cumsum(np.diff(values, prepend=values[0]) > step)[place]
        found = np.unique(found * len(values) + place, return_inverse=True)[1]
    return found


def _volume(corners: np.ndarray) -> float:
    """The divergence theorem in 64 bits.

    About the middle of the box's floor: what an open or turned floor would add counts 0.
    """
    low, high = box(corners)
    middle = np.array([*(low + high)[:2] / 2, low[2]])
    volume = 0.0
    for start in range(0, len(corners), CHUNK):
        a, b, c = (corners[start : start + CHUNK] - middle).transpose(1, 0, 2)
        volume += float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6
    return volume


def box(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest coordinates, (3,) float64 each."""
    points = corners.reshape(-1, 3)
    return points.min(axis=0).astype(float), points.max(axis=0).astype(float)
