"""Cuts a closed mesh into its layers, one at a time.

Cutting is exact for every surface that encloses a volume, also where it touches itself;
only the triangles that a plane meets are looked at, so that memory stays small.
"""

from __future__ import annotations

import numpy as np
from manifold3d import CrossSection, FillRule

from .model import Mesh


class Slicer:
    """Cross sections of one mesh.

    Args:
        mesh: closed, every edge with as many faces one way as the other.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        height = mesh.vertices[:, 2]
        low = height[mesh.faces[:, 0]]
        high = low.copy()
        for corner in (1, 2):
            z = height[mesh.faces[:, corner]]
            np.minimum(low, z, out=low)
            np.maximum(high, z, out=high)
        order = np.argsort(low, kind="stable").astype(np.int32)
        self._order, self._low, self._high = order, low[order], high[order]
        self._tallest = float((high - low).max(initial=0.0))

    def crossings(self, planes: np.ndarray) -> np.ndarray:
        """(P,) how many triangles each plane meets; `planes` ascending, mm."""
        begun = np.searchsorted(self._low, planes, side="left")
        ended = np.searchsorted(np.sort(self._high), planes, side="left")
        return begun - ended

    def at(self, z: float) -> CrossSection:
        """What lies inside the mesh at height `z`, mm. Overlapping bodies are united."""
        loops = self.outlines(z)
        return CrossSection(loops, FillRule.Positive) if loops else CrossSection()

    def outlines(self, z: float) -> list[np.ndarray]:
        """Closed lines, each (n, 2) float64, mm, the inside on their left.

        A corner exactly at `z` counts as above. Every triangle across the plane goes
        down through it on one side and up on another; on the way round a loop the side
        by which one triangle goes up is that by which the next goes down.
        """
        plane = np.float32(z)
        until = np.searchsorted(self._low, plane, side="left")
        since = np.searchsorted(self._low, plane - self._tallest - 1e-3, side="left")
        window = slice(since, until)
        faces = self.mesh.faces[self._order[window][self._high[window] >= plane]]
        if len(faces) < 3:
            return []
        above = self.mesh.vertices[:, 2][faces] >= plane
        after = np.roll(above, -1, axis=1)
        rows = np.arange(len(faces))
        downward, upward = (
            (above & ~after).argmax(axis=1),
            (~above & after).argmax(axis=1),
        )
        total = np.int64(len(self.mesh.vertices))

        def side(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            one, other = faces[rows, number], faces[rows, (number + 1) % 3]
            return np.minimum(one, other), np.maximum(one, other)

        first, second = side(downward)
        enters = first.astype(np.int64) * total + second
        lower, upper = side(upward)
        leaves = lower.astype(np.int64) * total + upper
        follower = np.empty(len(faces), dtype=np.int64)
        follower[np.argsort(leaves, kind="stable")] = np.argsort(enters, kind="stable")
        # From the lower-numbered corner, so that both triangles of an edge agree.
        start = self.mesh.vertices[first].astype(np.float64)
        end = self.mesh.vertices[second].astype(np.float64)
        share = (float(plane) - start[:, 2]) / (end[:, 2] - start[:, 2])
        points = start[:, :2] + share[:, None] * (end[:, :2] - start[:, :2])
        return [points[loop] for loop in _loops(follower.tolist())]


def _loops(follower: list[int]) -> list[list[int]]:
    """The cycles of a permutation, those of three and more."""
    seen = bytearray(len(follower))
    loops = []
    for start in range(len(follower)):
        if seen[start]:
            continue
        loop, at = [], start
        while not seen[at]:
            seen[at] = 1
            loop.append(at)
            at = follower[at]
        if len(loop) > 2:
            loops.append(loop)
    return loops
