"""The height errors of a tool's solid against what it was asked to make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from check import box
from job import Job
from peers import Peer
from raster import Grid, upper_side

TURNS = {
    "": lambda z: z,
    "mirrored": lambda z: z[:, ::-1],
    "upside down": lambda z: z[::-1],
    "half a turn": lambda z: z[::-1, ::-1],
    "transposed": lambda z: z.T,
    "a quarter turn left": lambda z: np.rot90(z),
    "a quarter turn right": lambda z: np.rot90(z, -1),
    "transposed, half a turn": lambda z: np.rot90(z, 2).T,
}


@dataclass(frozen=True)
class Errors:
    """Of the upper side at every node.

    Attributes:
        greatest, rms: mm.
        missing: nodes without mesh.
        turned: how the picture lies, empty if as it should.
    """

    greatest: float
    rms: float
    missing: int
    turned: str


def height_errors(
    corners: np.ndarray, peer: Peer, job: Job, expected: np.ndarray
) -> Errors:
    """Draw the upper side over the nodes and compare.

    The nodes are spread over the solid's own box, so that a wrong size counts once, as a
    wrong size. The eight ways to lie are tried, so that a mirrored picture is called that.
    """
    rows, columns = expected.shape
    low, high = box(corners)
    if peer.cells:
        sides = [
            (high - low)[axis] / count / 2 for axis, count in ((0, columns), (1, rows))
        ]
    else:
        sides = [
            (high - low)[axis] * peer.rim / (count - 1 + 2 * peer.rim)
            for axis, count in ((0, columns), (1, rows))
        ]
    grid = Grid(
        columns,
        rows,
        left=low[0] + sides[0],
        right=high[0] - sides[0],
        back=high[1] - sides[1],
        front=low[1] + sides[1],
    )
    scale = job.pitch if peer.unit_px else 1.0
    top = upper_side(corners, grid) * scale
    floor = low[2] * scale
    if peer.from_top:
        floor = high[2] * scale - expected.max()
    top -= floor
    there = np.isfinite(top)
    missing = int(np.count_nonzero(~there))
    top[~there] = 0
    found = []
    for turned, turn in TURNS.items():
        turned_back = turn(expected)
        if turned_back.shape == top.shape:
            apart = (top - turned_back)[there]
            rms = float(np.sqrt(np.mean(apart**2))) if len(apart) else np.inf
            greatest = float(np.abs(apart).max(initial=0))
            found.append(Errors(greatest, rms, missing, turned))
    best = min(found, key=lambda errors: errors.rms)
    # A picture that hardly changes when it is turned counts as upright.
    return found[0] if found[0].rms <= best.rms * 1.01 else best
