"""pydelatin (greedy insertion after Garland and Heckbert), made a closed solid here.

The library gives the upper side only; walls and a fan as bottom are added with numpy.
"""

from __future__ import annotations

import numpy as np
from task import heights, task, write_stl


def solid(z: np.ndarray, width: float, depth: float, max_error: float) -> np.ndarray:
    """A closed solid over a heightmap.

    Args:
        z: (rows, columns) float32 heights above the flat bottom, mm; row 0 is at the back.

    Returns:
        (n, 3, 3) float32 corners of triangles, mm.
    """
    from pydelatin import Delatin

    rows, columns = z.shape
    mesh = Delatin(z, max_error=max_error)
    points, faces = mesh.vertices, mesh.triangles
    x, y = points[:, 0], points[:, 1]
    right, back = columns - 1, rows - 1
    sides = (
        (y == 0, x),
        (x == right, y),
        (y == back, -x),
        (x == 0, -y),
    )
    ring = []
    for on_side, along in sides:
        places = np.flatnonzero(on_side)
        ring.append(places[np.argsort(along[places])][:-1])
    ring = np.concatenate(ring)

    placed = points * np.array([width / right, depth / back, 1], np.float32)
    high, next_high = placed[ring], placed[np.roll(ring, -1)]
    low, next_low = high * [1, 1, 0], next_high * [1, 1, 0]
    middle = np.broadcast_to(np.float32([width / 2, depth / 2, 0]), low.shape)
    return np.concatenate(
        [
            placed[faces],
            np.stack([low, next_low, next_high], axis=1),
            np.stack([low, next_high, high], axis=1),
            np.stack([next_low, low, middle], axis=1),
        ]
    ).astype(np.float32)


def main() -> None:
    job = task()
    z = heights(job)
    write_stl(job.out, solid(z, job.width, job.depth, job.max_error))


if __name__ == "__main__":
    main()
